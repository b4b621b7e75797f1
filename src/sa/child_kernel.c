/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel is asked for a Child SA or a trap: SAs and policies described from our objects.
 */
#include "sa/sa.h"

#define REPLAY_WINDOW_ESN_MIN 32

/* Who made the SA replaces it, the other end steps in later; the kernel's clock is only for SAs
 * that we have left behind. */
static void limit_life(const struct child_sa *child, struct kernel_sa *out)
{
	const struct config_conn *conn = child->tunnel->conn;

	out->hard_bytes = volume_agreed(conn->ipsec_max_bytes, child->peer_kilobytes);
	out->hard_packets = conn->ipsec_max_packets;
	out->soft_bytes = volume_soft(child, out->hard_bytes, conn->margin_bytes);
	out->soft_packets = volume_soft(child, out->hard_packets, conn->margin_packets);
	out->hard_seconds = lifetime_backstop(conn);
}

/* What it lets in may have another mark than what it sends (mark-in=, mark-out=). */
void tunnel_mark(const struct tunnel *tunnel, enum kernel_direction direction, uint32_t *mark,
		 uint32_t *mask)
{
	const struct config_conn *conn = tunnel->conn;
	bool out = direction == KERNEL_OUT;

	if (conn->mark_unique) {
		*mark = tunnel->reqid;
		*mask = UINT32_MAX;
		return;
	}
	*mark = out ? conn->mark_out : conn->mark_in;
	*mask = out ? conn->mark_out_mask : conn->mark_in_mask;
}

/* A tunnel has two headers, which may tell the same or not: the outer one is made by the sender,
 * and the inner one restored by the receiver. */
void child_shape_header(const struct child_sa *child, enum kernel_direction direction,
			struct kernel_sa *out)
{
	const struct config_conn *conn = child->tunnel->conn;

	if (child->mode != KERNEL_TUNNEL)
		return;
	if (direction == KERNEL_OUT) {
		out->hide_dscp = !conn->encap_dscp;
		out->fragments = !conn->pmtudisc;
	} else {
		out->restore_dscp = conn->decap_dscp;
	}
}

/* Its routes may stand in a table of their own, where ESP itself must not look: also when the peer
 * moves to where they lead. */
static bool has_routes(const struct child_sa *child)
{
	const struct tunnel *tunnel = child->tunnel;

	return child->mode == KERNEL_TUNNEL &&
	       conn_has_routes(tunnel->conn, peer_local_end(tunnel->peer));
}

/* In transport mode an SA has one selector: where there are several policies, the addresses, which
 * are the same in all, and the protocol if that is. */
static struct selector_pair sa_selectors(const struct child_sa *child)
{
	unsigned count = selectors_policies(&child->selectors);
	struct selector_pair all = *selectors_policy(&child->selectors, 0);

	for (unsigned i = 1; i < count; i++)
		if (selectors_policy(&child->selectors, i)->local.protocol != all.local.protocol)
			all.local.protocol = all.remote.protocol = 0;
	if (count == 1)
		return all;
	all.local.port_from = all.remote.port_from = 0;
	all.local.port_to = all.remote.port_to = UINT16_MAX;
	return all;
}

/* §2.7 of RFC 4303: whoever can say what a packet's length is can drop the padding; a peer that
 * cannot says so (RFC 7296 §1.3.1). */
static uint32_t padding_of(const struct child_sa *child, enum kernel_direction direction)
{
	const struct config_conn *conn = child->tunnel->conn;

	if (direction != KERNEL_OUT || child->no_tfc || child->iptfs ||
	    child->mode != KERNEL_TUNNEL || conn->ah || child->compress != NULL)
		return 0;
	return conn->tfc;
}

static struct kernel_iptfs iptfs_of(const struct child_sa *child)
{
	const struct config_iptfs *conf = &child->tunnel->conn->iptfs;

	if (!child->iptfs)
		return (struct kernel_iptfs){ .on = false };
	return (struct kernel_iptfs){
		.on = true,
		.whole = !conf->fragmentation || child->iptfs_whole,
		.reorder_window = conf->reorder_window,
		.drop_time = (uint32_t)conf->drop_time,
		.init_delay = (uint32_t)conf->init_delay,
		.queue_bytes = conf->max_queue_size,
		.packet_size = conf->packet_size,
	};
}

/* What Linux refuses to offload (UDP, padding, IPComp) is not even tried with auto. */
static uint8_t offload_of(const struct child_sa *child, const struct kernel_sa *sa)
{
	const struct config_conn *conn = child->tunnel->conn;

	switch ((enum config_offload)conn->nic_offload) {
	case OFFLOAD_NO:
		return KERNEL_OFFLOAD_NONE;
	case OFFLOAD_AUTO:
		if (conn->ah || child->compress != NULL || child->iptfs || sa->tfc != 0 ||
		    sa->encap.local_port != 0)
			return KERNEL_OFFLOAD_NONE;
		return KERNEL_OFFLOAD_AUTO;
	case OFFLOAD_CRYPTO:
		return KERNEL_OFFLOAD_CRYPTO;
	case OFFLOAD_PACKET:
		return KERNEL_OFFLOAD_PACKET;
	}
	return KERNEL_OFFLOAD_NONE;
}

void child_kernel_sa(const struct child_sa *child, enum kernel_direction direction,
		     struct kernel_sa *out)
{
	const struct config_conn *conn = child->tunnel->conn;
	struct selector_pair selectors = sa_selectors(child);
	bool in = direction != KERNEL_OUT;

	*out = (struct kernel_sa){
		.src = in ? child->remote : child->local,
		.dst = in ? child->local : child->remote,
		.spi = in ? child->spi_in : child->spi_out,
		.protocol = tunnel_protocol(child->tunnel),
		.direction = (uint8_t)direction,
		.mode = child->mode,
		.reqid = child->tunnel->reqid,
		.encr = child->choice.encr,
		.encr_bits = child->choice.encr_bits,
		.integ = child->choice.integ,
		.esn = child->choice.esn == ESN_YES,
		.compressed = child->compress != NULL,
		.replay_window = in ? conn->replay_window : 0,
		.encap = child->encap,
		.selector_src = in ? selectors.remote : selectors.local,
		.selector_dst = in ? selectors.local : selectors.remote,
		.if_id = conn->if_id,
	};
	if (conn->mark_unique && in) /* found by its SPI; what it lets in gets the mark */
		out->output_mark = child->tunnel->reqid;
	else
		tunnel_mark(child->tunnel, direction, &out->mark, &out->mark_mask);
	if (child->compress == NULL)
		child_shape_header(child, direction, out);
	if (!in && has_routes(child))
		out->output_mark = HOST_MARK_OUTSIDE;
	out->tfc = padding_of(child, direction);
	out->iptfs = iptfs_of(child);
	out->offload = offload_of(child, out);
	limit_life(child, out);
	if (out->esn && out->replay_window < REPLAY_WINDOW_ESN_MIN)
		out->replay_window = REPLAY_WINDOW_ESN_MIN; /* the kernel wants one for ESN */
}

static void policy_common(const struct tunnel *tunnel, const struct selector_pair *selectors,
			  enum kernel_direction direction, struct kernel_policy *out)
{
	const struct config_conn *conn = tunnel->conn;
	bool in = direction != KERNEL_OUT;
	bool transport = conn->type == TYPE_TRANSPORT;

	*out = (struct kernel_policy){
		.src = in ? selectors->remote : selectors->local,
		.dst = in ? selectors->local : selectors->remote,
		.direction = (uint8_t)direction,
		.action = KERNEL_PROTECT,
		.mode = transport ? KERNEL_TRANSPORT : KERNEL_TUNNEL,
		.protocol = tunnel_protocol(tunnel),
		.reqid = tunnel->reqid,
		.if_id = conn->if_id,
	};
	tunnel_mark(tunnel, direction, &out->mark, &out->mark_mask);
	out->priority = conn->priority != 0
				? conn->priority
				: kernel_policy_priority(&out->src, &out->dst, transport);
}

void child_kernel_policy(const struct child_sa *child, unsigned index,
			 enum kernel_direction direction, struct kernel_policy *out)
{
	bool in = direction != KERNEL_OUT;

	policy_common(child->tunnel, selectors_policy(&child->selectors, index), direction, out);
	out->mode = child->mode;
	out->compress = child->compress != NULL;
	out->iptfs = child->iptfs;
	/* drivers take no policy for what is forwarded: its packets are checked in software. An SA
	 * that moved behind a NAT is in software too, and Linux finds it by such a policy only. */
	out->offload = child->tunnel->conn->nic_offload == OFFLOAD_PACKET &&
		       direction != KERNEL_FWD && child->encap.local_port == 0;
	out->tunnel_src = in ? child->remote : child->local;
	out->tunnel_dst = in ? child->local : child->remote;
}

/* A policy of a tunnel whose conn shunts. */
static void tunnel_shunt_policy(const struct tunnel *tunnel, unsigned index,
				enum kernel_direction direction, struct kernel_policy *out)
{
	policy_common(tunnel, selectors_policy(&tunnel->selectors, index), direction, out);
	out->action = tunnel->conn->type == TYPE_PASSTHROUGH ? KERNEL_PASS : KERNEL_BLOCK;
}

void tunnel_trap_policy(const struct tunnel *tunnel, unsigned index, struct kernel_policy *out)
{
	if (conn_shunts(tunnel->conn)) {
		tunnel_shunt_policy(tunnel, index, KERNEL_OUT, out);
		return;
	}
	policy_common(tunnel, selectors_policy(&tunnel->selectors, index), KERNEL_OUT, out);
	out->tunnel_src = tunnel->peer->local;
	out->tunnel_dst = tunnel->peer->remote;
}
