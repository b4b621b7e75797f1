/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends say about a Child SA: proposals, selectors and mode, offered, chosen and accepted
 * (RFC 7296 §1.3.1, §2.7, §2.9). */
#include "ikev2/private.h"
#include "sa/compress.h"

#define GROUPS_MAX 16

/* ---- the initiator of the exchange ---- */

static enum rc add_groups(struct arena *arena, const uint16_t *groups, unsigned added,
			  struct wire_proposal *proposal)
{
	unsigned count = proposal->transform_count;
	struct wire_transform *more = arena_array(arena, count + added, sizeof(*more));

	if (more == NULL)
		return RC_NO_MEMORY;
	memcpy(more, proposal->transforms, count * sizeof(*more));
	for (unsigned i = 0; i < added; i++)
		more[count + i] = (struct wire_transform){ .type = TRANSFORM_DH, .id = groups[i] };
	proposal->transforms = more;
	proposal->transform_count += added;
	return RC_OK;
}

enum rc child_offer_sa(struct arena *arena, const struct tunnel *tunnel, uint32_t spi_in,
		       unsigned flags, const struct proposal_list *groups_of, struct writer *writer)
{
	uint16_t groups[GROUPS_MAX];
	unsigned count = groups_of != NULL ? proposal_groups(groups_of, groups, GROUPS_MAX) : 0;
	struct wire_sa offer;
	struct span spi;

	TRY(wire_spi(arena, spi_in, &spi));
	TRY(proposal_offer(arena, tunnel->conn->esp, spi, flags, &offer));
	for (unsigned i = 0; count > 0 && i < offer.proposal_count; i++)
		TRY(add_groups(arena, groups, count, &offer.proposals[i]));
	wire_sa_emit(writer, &offer);
	return RC_OK;
}

enum rc child_offer_selectors(struct arena *arena, const struct tunnel *tunnel,
			      const struct selectors *selectors, struct writer *writer)
{
	struct wire_ts_list tsi, tsr;

	TRY(selectors_to_wire(arena, selectors, &tsi, &tsr));
	wire_ts_emit(writer, PAYLOAD_TSi, &tsi);
	wire_ts_emit(writer, PAYLOAD_TSr, &tsr);
	if (tunnel->conn->type == TYPE_TRANSPORT)
		emit_notify(writer, USE_TRANSPORT_MODE);
	aggfrag_offer(tunnel, writer);
	if (tunnel->conn->send_no_esp_tfc)
		emit_notify(writer, ESP_TFC_PADDING_NOT_SUPPORTED);
	return RC_OK;
}

static enum rc take_spi(struct child_sa *child, struct diag *diag)
{
	struct span spi = span_make(child->choice.spi, 4);

	if (child->choice.spi_len != 4)
		return diag_fail(diag, RC_SYNTAX, "SPI of %u bytes for a Child SA",
				 child->choice.spi_len);
	return span_u32(&spi, &child->spi_out);
}

/* narrowing=no; a client's address is always narrowed to (§2.19). */
static bool narrows_not(const struct tunnel *tunnel)
{
	const struct config_conn *conn = tunnel->conn;

	return !conn->narrowing && !end_is_client(&conn->left) && !end_is_client(&conn->right);
}

/* Mostly they are the tunnel's: one set serves both. */
static void share(struct child_sa *child, const struct selectors *ours)
{
	const struct selectors *from = ours != NULL ? ours : &child->tunnel->selectors;
	struct selectors same;

	if (child->selectors.more == NULL || !selectors_equal(&child->selectors, from))
		return;
	same = selectors_hold(from);
	selectors_move(&child->selectors, &same);
}

enum rc child_still_ours(const struct child_sa *child, struct diag *diag)
{
	const struct tunnel *tunnel = child->tunnel;
	char text[SELECTORS_TEXT_MAX];

	if (end_is_client(&tunnel->conn->left) || end_is_client(&tunnel->conn->right) ||
	    selectors_within(&child->selectors, &tunnel->selectors))
		return RC_OK;
	return diag_fail(diag, RC_CANCELLED,
			 "the selectors that the peer agreed to are not the tunnel's any more: it "
			 "has %s now",
			 selectors_text(&tunnel->selectors, text));
}

enum rc child_accept(const struct sas *sas, const struct child_exchange *in, unsigned flags,
		     struct child_sa *child, struct diag *diag)
{
	const struct tunnel *tunnel = child->tunnel;
	const struct selectors *proposed = in->ours != NULL ? in->ours : &tunnel->selectors;
	bool transport = tunnel->conn->type == TYPE_TRANSPORT;

	TRY(proposal_accept(tunnel->conn->esp, &in->sa, flags, &child->choice, diag));
	TRY(selectors_check_answer(proposed, &in->tsi, &in->tsr, &child->selectors, diag));
	share(child, in->ours);
	if (narrows_not(tunnel))
		TRY(selectors_check_whole(proposed, &in->tsi, &in->tsr, diag));
	TRY(child_still_ours(child, diag));
	child->others_possible = in->others_possible;
	TRY(take_spi(child, diag));
	child->no_tfc = in->no_tfc;
	TRY(ipcomp_accept(in, child, diag));
	TRY(aggfrag_accept(in, child, diag));
	if (transport != in->transport)
		return diag_fail(
			diag, RC_NO_PROPOSAL, "peer chose %s mode, we want %s mode (type=)",
			in->transport ? "transport" : "tunnel", transport ? "transport" : "tunnel");
	return child_check(sas, child, diag);
}

/* ---- its responder ---- */

enum rc child_choose(const struct sas *sas, const struct child_exchange *in, uint16_t group,
		     unsigned flags, struct child_sa *child, struct diag *diag)
{
	const struct tunnel *tunnel = child->tunnel;

	TRY(selectors_narrow(in->ours != NULL ? in->ours : &tunnel->selectors, &in->tsi, &in->tsr,
			     &child->selectors, diag));
	share(child, in->ours);
	if (narrows_not(tunnel))
		TRY(selectors_check_whole(&tunnel->selectors, &in->tsr, &in->tsi, diag));
	TRY(proposal_choose(tunnel->conn->esp, &in->sa, group, flags, &child->choice, diag));
	/* §1.3.1: a tunnel is made where transport was asked for, not the other way round */
	if (!in->transport && child->mode == KERNEL_TRANSPORT)
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer asks for tunnel mode, we want transport mode (type=)");
	TRY(take_spi(child, diag));
	child->no_tfc = in->no_tfc;
	TRY(ipcomp_choose(sas, in, child));
	aggfrag_choose(in, child);
	return child_check(sas, child, diag);
}

enum rc child_answer_sa(struct arena *arena, const struct child_sa *child, struct writer *writer)
{
	struct wire_sa answer;
	struct span spi;

	TRY(wire_spi(arena, child->spi_in, &spi));
	TRY(proposal_answer(arena, &child->choice, spi, &answer));
	wire_sa_emit(writer, &answer);
	return RC_OK;
}

/* In transport mode all of a side are one address. */
static void say_again(struct wire_ts_list *list, const struct ip_addr *real)
{
	for (unsigned i = 0; ip_is_set(real) && i < list->count; i++)
		list->items[i].range = range_single(real);
}

static bool others_allow(const struct child_sa *child, const struct child_exchange *in)
{
	const struct peer *peer = child->tunnel->peer;

	if (!selectors_left_out(&child->selectors, &in->tsr, &in->tsi))
		return false;
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *other = container_of(node, struct tunnel, in_peer);
		if (other != child->tunnel && !other->doomed && !conn_shunts(other->conn) &&
		    selectors_fit(&other->selectors, &in->tsi, &in->tsr) > 0)
			return true;
	}
	return false;
}

enum rc child_answer_ts(struct arena *arena, const struct child_sa *child,
			const struct child_exchange *in, struct writer *writer)
{
	struct wire_ts_list tsi, tsr;

	TRY(selectors_to_wire(arena, &child->selectors, &tsr, &tsi));
	if (child->mode == KERNEL_TRANSPORT)
		emit_notify(writer, USE_TRANSPORT_MODE);
	else if (others_allow(child, in))
		emit_notify(writer, ADDITIONAL_TS_POSSIBLE);
	if (child->tunnel->conn->send_no_esp_tfc)
		emit_notify(writer, ESP_TFC_PADDING_NOT_SUPPORTED);
	aggfrag_answer(child, writer);
	if (child->compress != NULL)
		ipcomp_emit(child->spi_in, writer);
	say_again(&tsr, &in->real_r);
	say_again(&tsi, &in->real_i);
	wire_ts_emit(writer, PAYLOAD_TSi, &tsi);
	wire_ts_emit(writer, PAYLOAD_TSr, &tsr);
	return RC_OK;
}

/* What the peer's first tunnel protects. */
static const char *first_selectors(const struct peer *peer, char text[SELECTORS_TEXT_MAX])
{
	const struct tunnel *first;

	if (list_empty(&peer->tunnels))
		return "nothing";
	first = container_of(peer->tunnels.next, struct tunnel, in_peer);
	return selectors_text(&first->selectors, text);
}

enum rc child_no_tunnel(const struct peer *peer, const struct child_exchange *in, struct diag *diag)
{
	const struct list *tunnels = &peer->tunnels;
	char tsi[100], tsr[100], ours[SELECTORS_TEXT_MAX];

	selector_list_text(&in->tsi, tsi, sizeof(tsi));
	selector_list_text(&in->tsr, tsr, sizeof(tsr));
	return diag_fail(
		diag, RC_TS_UNACCEPTABLE,
		"peer asked for %s === %s, conn %s accepts %s%s (leftsubnet=, rightsubnet=)", tsr,
		tsi, peer->conn->name, first_selectors(peer, ours),
		tunnels->next == tunnels->prev ? "" : " and others");
}

/* ---- both ---- */

enum rc child_emit_delete(struct arena *arena, uint8_t protocol, uint32_t spi_in,
			  struct outcome_message *message)
{
	struct wire_delete payload = { .protocol = protocol, .spi_size = 4, .count = 1 };
	struct sink sink;
	struct writer writer;

	TRY(wire_spi(arena, spi_in, &payload.spis));
	TRY(inner_start(arena, &sink, &writer));
	wire_delete_emit(&writer, &payload);
	message->exchange = EXCHANGE_INFORMATIONAL;
	message->purpose = REQUEST_DELETE_CHILD;
	return inner_finish(&writer, &sink, message);
}
