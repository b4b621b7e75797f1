/* SPDX-License-Identifier: Apache-2.0 */
/* Modes, marks, interfaces and offload: what the kernel could not do, or would do nothing with. */
#include <strings.h>
#include "config/check.h"

static void no_effect(const struct checking *c, const char *name, const char *reason)
{
	if (check_setting(c->merge, name, 0) != NULL)
		check_say(c, CHECK_NO_EFFECT, true, name, 0, "%s= has no effect %s", name, reason);
}

static void no_effect_end(const struct checking *c, const char *name, const char *reason)
{
	for (unsigned side = 0; side < 2; side++)
		if (check_setting(c->merge, name, side) != NULL)
			check_say(c, CHECK_NO_EFFECT, true, name, side, "%s%s= has no effect %s",
				  side == 0 ? "left" : "right", name, reason);
}

static bool has_mark(const struct config_conn *conn)
{
	return conn->mark_unique || conn->mark != 0 || conn->mark_in != 0 || conn->mark_out != 0;
}

/* The keyword that gives a mark. */
static const char *mark_keyword(const struct checking *c)
{
	return check_setting(c->merge, "mark", 0) != NULL      ? "mark"
	       : check_setting(c->merge, "mark-in", 0) != NULL ? "mark-in"
							       : "mark-out";
}

static void check_unique_mark(const struct checking *c)
{
	const char *other = check_setting(c->merge, "mark-in", 0) != NULL    ? "mark-in"
			    : check_setting(c->merge, "mark-out", 0) != NULL ? "mark-out"
									     : NULL;

	if (c->conn->mark_unique && other != NULL)
		check_say(c, CHECK_INTERFACE, false, other, 0,
			  "%s= with mark=%%unique: a tunnel has one mark of its own, in both "
			  "directions",
			  other);
	if (c->conn->mark_unique && conn_is_shunt(c->conn))
		check_say(c, CHECK_INTERFACE, false, "mark", 0,
			  "mark=%%unique needs a tunnel: what goes in clear or is dropped has no "
			  "SA that could mark it");
}

static void check_interface(const struct checking *c)
{
	const struct config_conn *conn = c->conn;
	const struct setting *if_id = check_setting(c->merge, "if-id", 0);

	if (!conn->interface) {
		no_effect_end(c, "interface-ip", "without ipsec-interface=");
		if (conn->if_id != 0 && has_mark(conn))
			check_say(c, CHECK_INTERFACE, true, mark_keyword(c), 0,
				  "%s= with if-id=: only packets with the mark that are routed "
				  "through the interface are protected",
				  mark_keyword(c));
		return;
	}
	if (if_id != NULL && conn->if_id != interface_id(conn))
		check_say(
			c, CHECK_INTERFACE, false, "if-id", 0,
			"ipsec-interface=%u belongs to if-id=%u, not to if-id=%u: leave if-id= out",
			conn->interface_number, interface_id(conn), conn->if_id);
	if (has_mark(conn))
		check_say(c, CHECK_INTERFACE, false, mark_keyword(c), 0,
			  "%s= with ipsec-interface=: packets are chosen by their route to the "
			  "interface, not by a mark; write one of them",
			  mark_keyword(c));
	if (conn->vti_interface != NULL)
		check_say(c, CHECK_INTERFACE, false, "vti-interface", 0,
			  "vti-interface= and ipsec-interface= are both given: a tunnel belongs to "
			  "one interface");
	if (conn->type == TYPE_TRANSPORT)
		check_say(
			c, CHECK_INTERFACE, true, "ipsec-interface", 0,
			"ipsec-interface= with type=transport: the peer's own address must not be "
			"routed through the interface, so only packets of another interface in it "
			"(GRE) are protected");
}

static void check_vti(const struct checking *c)
{
	const struct config_conn *conn = c->conn;

	if (conn->vti_interface == NULL) {
		no_effect(c, "vti-routing", "without vti-interface=");
		no_effect(c, "vti-shared", "without vti-interface=");
		no_effect_end(c, "vti", "without vti-interface=");
		return;
	}
	if (conn->mark_in == 0 || conn->mark_out == 0)
		check_say(
			c, CHECK_INTERFACE, false, "vti-interface", 0,
			"vti-interface= needs mark= (or mark-in= and mark-out=): by it the device "
			"knows its packets");
	if (conn->type == TYPE_TRANSPORT)
		check_say(c, CHECK_INTERFACE, false, "vti-interface", 0,
			  "vti-interface= needs type=tunnel");
}

static void check_protocol(const struct checking *c)
{
	const struct setting *phase2 = check_setting(c->merge, "phase2", 0);
	bool says_ah = phase2 != NULL && strcasecmp(phase2->value, "ah") == 0;

	if (phase2 != NULL && says_ah != c->conn->ah)
		check_say(c, CHECK_MODE, false, "phase2", 0,
			  "phase2=%s, but the algorithms are those of %s: write %s=", phase2->value,
			  c->conn->ah ? "ah=" : "esp=", says_ah ? "ah" : "esp");
	if (!c->conn->ah)
		return;
	if (c->conn->encapsulation == TRI_YES)
		check_say(c, CHECK_MODE, false, "encapsulation", 0,
			  "AH cannot be put into UDP (its ICV covers the addresses): write esp=");
	no_effect(c, "tfc", "with AH");
}

static void check_compress(const struct checking *c)
{
	if (c->conn->compress && c->conn->tfc != 0)
		no_effect(c, "tfc", "on what compress= takes: Linux pads no tunnel of IPComp");
}

#define IPTFS_PACKET_LEAST 128	/* IPv6, UDP, ESP, and something in it */
#define IPTFS_QUEUE_LEAST  1500 /* one packet */

static void check_iptfs_values(const struct checking *c)
{
	const struct config_iptfs *iptfs = &c->conn->iptfs;

	if (iptfs->packet_size != 0 && iptfs->packet_size < IPTFS_PACKET_LEAST)
		check_say(c, CHECK_MODE, false, "iptfs-packet-size", 0,
			  "iptfs-packet-size=%u has no room for the headers of ESP: write 0 (what "
			  "the path takes) or at least %d",
			  iptfs->packet_size, IPTFS_PACKET_LEAST);
	if (iptfs->max_queue_size < IPTFS_QUEUE_LEAST)
		check_say(c, CHECK_MODE, false, "iptfs-max-queue-size", 0,
			  "iptfs-max-queue-size=%u holds no whole packet: write at least %d",
			  iptfs->max_queue_size, IPTFS_QUEUE_LEAST);
}

static void check_iptfs(const struct checking *c)
{
	static const char *const names[] = { "iptfs-fragmentation",
					     "iptfs-packet-size",
					     "iptfs-max-queue-size",
					     "iptfs-reorder-window",
					     "iptfs-init-delay",
					     "iptfs-drop-time",
					     NULL };

	if (!c->conn->iptfs.on) {
		for (unsigned i = 0; names[i] != NULL; i++)
			no_effect(c, names[i], "without iptfs=yes");
		return;
	}
	if (c->conn->type != TYPE_TUNNEL || c->conn->ah)
		check_say(c, CHECK_MODE, false, "iptfs", 0,
			  "iptfs= needs ESP and type=tunnel (RFC 9347)");
	if (c->conn->compress)
		check_say(c, CHECK_MODE, false, "compress", 0,
			  "compress= cannot be used with iptfs=");
	no_effect(
		c, "tfc",
		"where the peer agrees to iptfs=: Linux pads nothing there, and a packet that goes "
		"alone shows its length");
	check_iptfs_values(c);
}

/* Linux refuses to offload these (net/xfrm/xfrm_device.c). */
static void check_offload(const struct checking *c)
{
	const struct config_conn *conn = c->conn;
	const char *what = conn->ah			    ? "ah"
			   : conn->encapsulation == TRI_YES ? "encapsulation"
			   : conn->tfc != 0		    ? "tfc"
			   : conn->compress		    ? "compress"
			   : conn->iptfs.on		    ? "iptfs"
							    : NULL;

	if ((conn->nic_offload == OFFLOAD_CRYPTO || conn->nic_offload == OFFLOAD_PACKET) &&
	    what != NULL)
		check_say(c, CHECK_OFFLOAD, false, "nic-offload", 0,
			  "nic-offload= cannot be used with %s=: write nic-offload=no or auto",
			  what);
}

void check_kernel(const struct checking *c)
{
	check_unique_mark(c);
	if (conn_is_shunt(c->conn))
		return;
	check_interface(c);
	check_vti(c);
	check_protocol(c);
	check_compress(c);
	check_iptfs(c);
	check_offload(c);
	if (c->conn->type == TYPE_TRANSPORT) {
		no_effect(c, "tfc", "in transport mode");
		no_effect(c, "encap-dscp", "in transport mode: there is one header");
		no_effect(c, "decap-dscp", "in transport mode: there is one header");
	}
}
