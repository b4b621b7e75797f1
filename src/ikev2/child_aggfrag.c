/* SPDX-License-Identifier: Apache-2.0 */
/* USE_AGGFRAG (RFC 9347 §5.1, §6.1.4): IP-TFS for a Child SA, asked for in its request and agreed
 * to in the answer; without agreement the Child SA is a plain tunnel. Its octet says what its
 * sender demands of the other end. We demand nothing: Linux puts parts of packets together, and
 * looks for no reports of congestion. */
#include "ikev2/private.h"

#define AGGFRAG_WHOLE	   0x01 /* D: its sender takes no parts of packets */
#define AGGFRAG_CONGESTION 0x02 /* C: its sender is to be told about congestion (§6.1.2) */

static void emit(struct writer *writer)
{
	static const uint8_t flags[1] = { 0 };
	struct wire_notify notify = { .type = USE_AGGFRAG, .data = SPAN_OF(flags) };

	wire_notify_emit(writer, &notify);
}

/* Libreswan 5 leaves the octet out. */
void aggfrag_read(const struct ike_message *message, struct child_exchange *out)
{
	struct wire_notify notify;

	out->aggfrag = notify_find(message, USE_AGGFRAG, &notify);
	if (out->aggfrag && notify.data.len > 0)
		out->aggfrag_flags = notify.data.ptr[0];
}

static bool is_wanted(const struct tunnel *tunnel)
{
	const struct config_conn *conn = tunnel->conn;

	return conn->iptfs.on && conn->type == TYPE_TUNNEL && !conn->ah;
}

void aggfrag_offer(const struct tunnel *tunnel, struct writer *writer)
{
	if (is_wanted(tunnel))
		emit(writer);
}

static void agree(const struct child_exchange *in, struct child_sa *child)
{
	child->iptfs = true;
	child->iptfs_whole = (in->aggfrag_flags & AGGFRAG_WHOLE) != 0;
}

enum rc aggfrag_accept(const struct child_exchange *in, struct child_sa *child, struct diag *diag)
{
	if (!in->aggfrag)
		return RC_OK;
	if (!is_wanted(child->tunnel))
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer does IP-TFS (USE_AGGFRAG), which we did not ask for");
	if (in->aggfrag_flags & AGGFRAG_CONGESTION)
		return diag_fail(
			diag, RC_NO_PROPOSAL,
			"peer demands reports of congestion with IP-TFS (RFC 9347 §6.1.2), "
			"which Linux does not make: turn them off there, or write iptfs=no");
	agree(in, child);
	return RC_OK;
}

void aggfrag_choose(const struct child_exchange *in, struct child_sa *child)
{
	if (in->aggfrag && child->mode == KERNEL_TUNNEL && is_wanted(child->tunnel) &&
	    (in->aggfrag_flags & AGGFRAG_CONGESTION) == 0)
		agree(in, child);
}

void aggfrag_answer(const struct child_sa *child, struct writer *writer)
{
	if (child->iptfs)
		emit(writer);
}
