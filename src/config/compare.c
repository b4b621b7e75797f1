/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "config/loader.h"

/* Fields without pointers or padding, by their keyword. */
struct field {
	const char *keyword;
	size_t offset, size;
};
#define FIELD(keyword_, member)                                                                    \
	{                                                                                          \
		keyword_, offsetof(struct config_conn, member),                                    \
			sizeof(((struct config_conn *)NULL)->member)                               \
	}

static const struct field peer_fields[] = {
	FIELD("ikev2", ikev2),
	FIELD("authby", authby),
	FIELD("keyingtries", keyingtries),
	FIELD("retransmit-timeout", retransmit_timeout),
	FIELD("retransmit-base", retransmit_base),
	FIELD("retransmit-tries", retransmit_tries),
	FIELD("retransmit-jitter", retransmit_jitter),
	FIELD("retransmit-limit", retransmit_limit),
	FIELD("ikelifetime", ikelifetime),
	FIELD("rekeymargin", rekeymargin),
	FIELD("initial-contact", initial_contact),
	FIELD("childless", childless),
	FIELD("rekeyfuzz", rekeyfuzz),
	FIELD("rekey", rekey),
	FIELD("reauth", reauth),
	FIELD("session-resumption", session_resumption),
	FIELD("send-redirect", send_redirect),
	FIELD("accept-redirect", accept_redirect),
	FIELD("dpddelay", dpddelay),
	FIELD("dpdretry", dpdretry),
	FIELD("dpdtimeout", dpdtimeout),
	FIELD("encapsulation", encapsulation),
	FIELD("fragmentation", fragmentation),
	FIELD("fragment-size", fragment_size),
	FIELD("mobike", mobike),
	FIELD("ppk", ppk),
	FIELD("intermediate", intermediate),
	FIELD("authby", signatures.pss),
	FIELD("authby", signatures.pkcs1),
	FIELD("authby", signatures.ecdsa),
	FIELD("require-id-on-certificate", require_id_on_certificate),
	FIELD("dns-match-id", dns_match_id),
	FIELD("modecfgpull", modecfgpull),
	{ NULL, 0, 0 },
};

static const struct field tunnel_fields[] = {
	FIELD("auto", start),
	FIELD("type", type),
	FIELD("pfs", pfs),
	FIELD("salifetime", salifetime),
	FIELD("dpdaction", dpdaction),
	FIELD("replay-window", replay_window),
	FIELD("esn", esn),
	FIELD("mark", mark),
	FIELD("mark", mark_mask),
	FIELD("if-id", if_id),
	FIELD("ipsec-max-bytes", ipsec_max_bytes),
	FIELD("ipsec-max-packets", ipsec_max_packets),
	FIELD("marginbytes", margin_bytes),
	FIELD("marginpackets", margin_packets),
	FIELD("reqid", reqid),
	FIELD("priority", priority),
	FIELD("mark-in", mark_in),
	FIELD("mark-in", mark_in_mask),
	FIELD("mark-out", mark_out),
	FIELD("mark-out", mark_out_mask),
	FIELD("ipsec-interface", interface),
	FIELD("ipsec-interface", interface_number),
	FIELD("vti-routing", vti_routing),
	FIELD("vti-shared", vti_shared),
	FIELD("narrowing", narrowing),
	FIELD("phase2", ah),
	FIELD("compress", compress),
	FIELD("nic-offload", nic_offload),
	FIELD("encap-dscp", encap_dscp),
	FIELD("decap-dscp", decap_dscp),
	FIELD("nopmtudisc", pmtudisc),
	FIELD("send-no-esp-tfc", send_no_esp_tfc),
	FIELD("tfc", tfc),
	FIELD("mtu", mtu),
	FIELD("metric", metric),
	FIELD("iptfs", iptfs.on),
	FIELD("iptfs-fragmentation", iptfs.fragmentation),
	FIELD("iptfs-packet-size", iptfs.packet_size),
	FIELD("iptfs-max-queue-size", iptfs.max_queue_size),
	FIELD("iptfs-reorder-window", iptfs.reorder_window),
	FIELD("iptfs-init-delay", iptfs.init_delay),
	FIELD("iptfs-drop-time", iptfs.drop_time),
	{ NULL, 0, 0 },
};

static const char *difference(const struct field *fields, const struct config_conn *a,
			      const struct config_conn *b)
{
	for (; fields->keyword != NULL; fields++)
		if (!span_equal(span_make((const char *)a + fields->offset, fields->size),
				span_make((const char *)b + fields->offset, fields->size)))
			return fields->keyword;
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_proposals(const struct proposal_list *a, const struct proposal_list *b)
{
	return a == b || (a != NULL && b != NULL && proposal_equal(a, b));
}

static bool same_host(const struct config_end *a, const struct config_end *b)
{
	if (a->kind != b->kind || a->ikeport != b->ikeport)
		return false;
	switch (a->kind) {
	case HOST_ADDRESS:
		return ip_equal(&a->addr, &b->addr);
	case HOST_NAME:
		return same_text(a->name, b->name);
	case HOST_ANY:
		return a->addr.family == b->addr.family;
	case HOST_DEFAULTROUTE:
		return true;
	case HOST_RANGE:
		return range_equal(&a->range, &b->range);
	}
	return false;
}

static bool same_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
	return span_equal(span_make(a, a_len), span_make(b, b_len));
}

static bool same_key(const struct config_key *a, const struct config_key *b)
{
	return a->form == b->form && same_text(a->file, b->file) &&
	       same_bytes(a->data, a->len, b->data, b->len);
}

static bool same_pools(const struct config_end *a, const struct config_end *b)
{
	if (a->pool_count != b->pool_count)
		return false;
	for (unsigned i = 0; i < a->pool_count; i++)
		if (a->pools[i].lease != b->pools[i].lease ||
		    !range_equal(&a->pools[i].range, &b->pools[i].range))
			return false;
	return true;
}

static bool same_signatures(const struct config_signatures *a, const struct config_signatures *b)
{
	return a->pss == b->pss && a->pkcs1 == b->pkcs1 && a->ecdsa == b->ecdsa;
}

/* Who an end must prove to be, and what addresses it gives or gets; by the names for left and
 * right. */
static const char *end_difference(const struct config_end *a, const struct config_end *b,
				  unsigned side)
{
	static const char *const names[][2] = {
		{ "leftauth", "rightauth" },
		{ "leftpubkey", "rightpubkey" },
		{ "leftca", "rightca" },
		{ "leftaddresspool", "rightaddresspool" },
		{ "leftmodecfgserver", "rightmodecfgserver" },
		{ "leftmodecfgclient", "rightmodecfgclient" },
		{ "leftid", "rightid" },
	};
	bool same[] = {
		a->auth == b->auth && same_signatures(&a->signatures, &b->signatures),
		same_key(&a->key, &b->key),
		a->ca_same == b->ca_same && same_bytes(a->ca, a->ca_len, b->ca, b->ca_len),
		same_pools(a, b),
		a->modecfgserver == b->modecfgserver,
		a->modecfgclient == b->modecfgclient && a->sourceip_wanted == b->sourceip_wanted,
		a->id_fromcert == b->id_fromcert,
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!same[i])
			return names[i][side];
	return NULL;
}

bool conn_same_ends(const struct config_conn *a, const struct config_conn *b)
{
	return same_host(&a->left, &b->left) && same_host(&a->right, &b->right) &&
	       identity_equal(&a->left.id, &b->left.id) &&
	       identity_equal(&a->right.id, &b->right.id);
}

static bool same_addresses(const struct config_conn *a, const struct config_conn *b)
{
	if (a->modecfgdns_count != b->modecfgdns_count)
		return false;
	for (unsigned i = 0; i < a->modecfgdns_count; i++)
		if (!ip_equal(&a->modecfgdns[i], &b->modecfgdns[i]))
			return false;
	return true;
}

static const char *ike_difference(const struct config_conn *a, const struct config_conn *b)
{
	const char *keyword = end_difference(&a->left, &b->left, 0);

	if (keyword == NULL)
		keyword = end_difference(&a->right, &b->right, 1);
	if (keyword != NULL)
		return keyword;
	if (!same_proposals(a->ike, b->ike))
		return "ike";
	if (!same_text(a->redirect_to, b->redirect_to))
		return "redirect-to";
	if (!same_text(a->accept_redirect_to, b->accept_redirect_to))
		return "accept-redirect-to";
	if (!same_text(a->ppk_ids, b->ppk_ids))
		return "ppk-ids";
	return difference(peer_fields, a, b);
}

/* What matters only when a peer authenticates itself again, or comes anew: SAs that are up stay
 * when a reload changes it. */
static const char *later_difference(const struct config_conn *a, const struct config_conn *b)
{
	if (a->auth_lifetime != b->auth_lifetime)
		return "authlifetime";
	if (!same_text(a->left.cert, b->left.cert))
		return "leftcert";
	if (!same_text(a->right.cert, b->right.cert))
		return "rightcert";
	if (!same_text(a->left.ckaid, b->left.ckaid))
		return "leftckaid";
	if (!same_text(a->right.ckaid, b->right.ckaid))
		return "rightckaid";
	if (a->left.sendcert != b->left.sendcert)
		return "leftsendcert";
	if (a->right.sendcert != b->right.sendcert)
		return "rightsendcert";
	if (a->sendca != b->sendca)
		return "sendca";
	if (!same_addresses(a, b))
		return "modecfgdns";
	if (!same_text(a->modecfgdomains, b->modecfgdomains))
		return "modecfgdomains";
	return same_text(a->modecfgbanner, b->modecfgbanner) ? NULL : "modecfgbanner";
}

const char *conn_peer_difference(const struct config_conn *a, const struct config_conn *b)
{
	const char *keyword = ike_difference(a, b);

	return keyword != NULL ? keyword : later_difference(a, b);
}

bool config_conn_same_peer(const struct config_conn *a, const struct config_conn *b)
{
	return conn_same_ends(a, b) && conn_peer_difference(a, b) == NULL;
}

/* Also where none is set. */
static bool same_address(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && (!ip_is_set(a) || ip_equal(a, b));
}

static bool same_interface(const struct config_interface_address *a,
			   const struct config_interface_address *b)
{
	return same_address(&a->addr, &b->addr) && a->len == b->len;
}

/* Of updown= only whether there is one: the next event runs the new command. */
static bool same_protected(const struct config_end *a, const struct config_end *b)
{
	if (a->subnet_count != b->subnet_count || a->protocol != b->protocol ||
	    a->port != b->port || a->together != b->together || a->cat != b->cat ||
	    (a->updown == NULL) != (b->updown == NULL))
		return false;
	for (unsigned i = 0; i < a->subnet_count; i++)
		if (!range_equal(&a->subnets[i], &b->subnets[i]))
			return false;
	return same_address(&a->sourceip, &b->sourceip) &&
	       same_address(&a->sourceip_other, &b->sourceip_other) &&
	       same_interface(&a->vti, &b->vti) &&
	       same_interface(&a->interface_ip, &b->interface_ip);
}

bool config_conn_equal(const struct config_conn *a, const struct config_conn *b)
{
	return same_text(a->name, b->name) && conn_same_ends(a, b) &&
	       ike_difference(a, b) == NULL && same_protected(&a->left, &b->left) &&
	       same_protected(&a->right, &b->right) && same_proposals(a->esp, b->esp) &&
	       same_text(a->vti_interface, b->vti_interface) &&
	       difference(tunnel_fields, a, b) == NULL;
}
