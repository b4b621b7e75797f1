/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5.7, rfc3706: what the ends tell each other beside the work of an exchange: Deletes,
 * notifications, R-U-THERE. Nothing without a right HASH is heard. */
#include <stdio.h>
#include "ikev1/private.h"

/* ---- the peer's ---- */

/* A peer may speak of it in any of its ISAKMP SAs, whichever one we keep it with:
 * child_sa_by_out().
 */
static enum rc end_child(struct step *step, const struct isakmp_delete *gone, uint32_t spi,
			 struct outcome *out)
{
	struct child_sa *child = child_sa_by_out(step->sa, gone->protocol, spi);

	if (child == NULL)
		out->v1.unknown++; /* answered by nothing */
	if (child == NULL || out->ended_count >= OUTCOME_CHILDREN_MAX)
		return RC_OK;
	for (unsigned i = 0; i < out->ended_count; i++)
		if (out->ended[i] == child)
			return RC_OK;
	out->ended[out->ended_count++] = child;
	out->ended_reason = RC_PEER_DELETED;
	return RC_OK;
}

static bool is_this_sa(const struct ike_sa *sa, struct span cookies)
{
	uint64_t i = 0, r = 0;

	return span_u64(&cookies, &i) == RC_OK && span_u64(&cookies, &r) == RC_OK &&
	       i == sa->spi_i && r == sa->spi_r;
}

static void end_this(const struct ike_sa *sa, struct outcome *out)
{
	out->ike_ended = RC_PEER_DELETED;
	if (sa->state == IKEV1_XAUTH)
		(void)diag_fail(
			&out->diag, RC_PEER_DELETED,
			"phase 1 was done, but the peer ended it before the user was proven "
			"(XAUTH)");
	if (sa->state == IKEV1_CONFIG)
		(void)diag_fail(&out->diag, RC_PEER_DELETED,
				"phase 1 was done, but the peer ended it before it gave us an "
				"address (ModeCfg)");
}

/* Everybody of a group has its key: whose user is not proven has no IPsec SA to speak of. */
static bool speaks_for_the_peer(const struct ike_sa *sa)
{
	return sa->state != IKEV1_XAUTH || sa->role == INITIATOR;
}

static enum rc read_delete(struct step *step, const struct payload *payload, struct outcome *out)
{
	struct isakmp_delete gone;
	struct span spis;
	uint32_t spi;

	TRY(isakmp_delete_parse(payload->body, &gone, &out->diag));
	out->v1.told = step->message->header.message_id;
	spis = gone.spis;
	for (unsigned i = 0; i < gone.count; i++) {
		if (gone.protocol == PROTOCOL_IKE) {
			struct span cookies =
				span_make(gone.spis.ptr + (size_t)i * gone.spi_size, gone.spi_size);
			if (is_this_sa(step->sa, cookies))
				end_this(step->sa, out);
			else
				out->v1.unknown++;
			continue;
		}
		TRY(span_u32(&spis, &spi));
		if (speaks_for_the_peer(step->sa))
			TRY(end_child(step, &gone, spi, out));
	}
	return RC_OK;
}

enum rc ikev1_notify(const struct sa_env *env, const struct ike_sa *sa, struct arena *arena,
		     const struct isakmp_notify *notify, struct outcome_message *message,
		     uint32_t *message_id)
{
	struct sink sink;
	struct writer writer;

	TRY(v1_message_id(env, sa, message_id));
	TRY(v1_hash_begin(sa, arena, &sink, &writer));
	isakmp_notify_emit(&writer, notify);
	return v1_hash_end(sa, *message_id, SPAN_NONE, &writer, &sink, EXCHANGE_V1_INFORMATIONAL,
			   message);
}

static enum rc make_dpd(const struct sa_env *env, const struct ike_sa *sa, struct arena *arena,
			uint16_t type, uint32_t number, struct outcome_message *message,
			uint32_t *message_id)
{
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = PROTOCOL_IKE,
					.type = type };
	uint8_t *bytes = arena_alloc(arena, 20);
	struct sink text;

	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&text, bytes, 20);
	sink_u64(&text, sa->spi_i);
	sink_u64(&text, sa->spi_r);
	sink_u32(&text, number);
	notify.spi = span_make(bytes, 16);
	notify.data = span_make(bytes + 16, 4);
	return ikev1_notify(env, sa, arena, &notify, message, message_id);
}

enum rc ikev1_r_u_there(const struct sa_env *env, const struct ike_sa *sa, struct arena *arena,
			uint32_t number, struct outcome_message *message, uint32_t *message_id)
{
	return make_dpd(env, sa, arena, ISAKMP_R_U_THERE, number, message, message_id);
}

/* To any of those that are out: each try has a number of its own. */
static bool answers_probe(const struct ike_sa *sa, uint32_t number)
{
	return (sa->request.purpose == REQUEST_LIVENESS || sa->request.purpose == REQUEST_CHECK) &&
	       sa->v1->dpd_sent - number < sa->request.tries;
}

/* RFC 3706 §5.4: numbers rise. What does not may have been said long ago, by a peer that is dead
 * now: it is answered, but proves nothing. */
static bool is_ahead(const struct isakmp *v1, uint32_t number)
{
	return v1->dpd_seen == 0 || (int32_t)(number - v1->dpd_seen) > 0;
}

#define OURS_MOST 64 /* of our own numbers, that may still be on their way */

/* Nothing in a message says who of the two sealed it: with a number that we have just used it is
 * our own question, which somebody sends back. The peer's own numbers begin at random. */
static bool is_our_own(const struct isakmp *v1, uint32_t number)
{
	return v1->dpd_sent != 0 && v1->dpd_sent - number < OURS_MOST;
}

static enum rc read_dpd(struct step *step, const struct isakmp_notify *notify, struct outcome *out)
{
	struct span data = notify->data;
	uint32_t number;

	TRY(span_u32(&data, &number));
	if (notify->type == ISAKMP_R_U_THERE) {
		out->heard = is_ahead(step->sa->v1, number) && !is_our_own(step->sa->v1, number);
		if (out->heard)
			out->v1.dpd_seen = number;
		out->v1.once = true;
		return make_dpd(step->env, step->sa, step->arena, ISAKMP_R_U_THERE_ACK, number,
				&out->message, &out->v1.message_id);
	}
	out->heard = answers_probe(step->sa, number);
	if (out->heard)
		out->request_done = true;
	return RC_OK;
}

/* A peer says little; where to look is known. */
static const char *quick_remedy(uint16_t type)
{
	switch (type) {
	case ISAKMP_NO_PROPOSAL_CHOSEN:
	case ISAKMP_BAD_PROPOSAL_SYNTAX:
	case ISAKMP_ATTRIBUTES_NOT_SUPPORTED:
		return "compare esp=, pfs= and type= of the two sides";
	case ISAKMP_INVALID_ID_INFORMATION:
		return "compare leftsubnet= and rightsubnet= of the two sides";
	}
	return "its log says why";
}

static enum rc read_notify(struct step *step, const struct payload *payload, struct outcome *out)
{
	struct isakmp_notify notify;
	char name[48];

	TRY(isakmp_notify_parse(payload->body, &notify, &out->diag));
	if (notify.type == ISAKMP_R_U_THERE || notify.type == ISAKMP_R_U_THERE_ACK)
		return read_dpd(step, &notify, out); /* has numbers of its own */
	out->v1.told = step->message->header.message_id;
	if (!speaks_for_the_peer(step->sa))
		return RC_OK;
	if (notify.type == IPSEC_RESPONDER_LIFETIME)
		return v1_lifetime_told(step, &notify, out);
	if (notify.type == ISAKMP_CONNECTED)
		return v1_connected(step, &notify, out);
	if (notify.type == IPSEC_INITIAL_CONTACT) /* who is not proven speaks for nobody */
		out->initial_contact = step->sa->state != IKEV1_XAUTH;
	if (notify.type < ISAKMP_FIRST_STATUS && step->sa->state == IKEV1_CONFIG)
		out->ike_ended = diag_fail(
			&out->diag, RC_PEER_REFUSED, "peer gives us no address: %s",
			names_text(&isakmp_notify_names, notify.type, name, sizeof(name)));
	if (notify.type < ISAKMP_FIRST_STATUS && step->sa->creation != NULL) {
		out->request_done = true;
		out->creation_failed =
			diag_fail(&out->diag, RC_PEER_REFUSED, "peer refused Quick Mode: %s (%s)",
				  names_text(&isakmp_notify_names, notify.type, name, sizeof(name)),
				  quick_remedy(notify.type));
	}
	return RC_OK;
}

static enum rc read_informational(struct step *step, struct outcome *out)
{
	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	if (isakmp_was_told(step->sa->v1, step->message->header.message_id))
		return RC_DROP;
	/* no more than ISAKMP_TOLD_MAX are known again: who knows DPD shows by its numbers that it
	 * is there now */
	out->heard = (step->sa->v1->vendors & VENDOR_DPD) == 0;
	for (const struct payload *payload = step->message->first; payload != NULL;
	     payload = payload->next) {
		if (payload->type == ISAKMP_DELETE)
			TRY(read_delete(step, payload, out));
		else if (payload->type == ISAKMP_NOTIFICATION)
			TRY(read_notify(step, payload, out));
	}
	return RC_OK;
}

/* ---- ours ---- */

enum rc ikev1_next_number(const struct sa_env *env, const struct ike_sa *sa, uint32_t *out)
{
	*out = sa->v1->dpd_sent + 1;
	if (sa->v1->dpd_sent == 0)
		TRY(host_random(env->host, out, sizeof(*out)));
	*out &= 0x7fffffff; /* RFC 3706 §5.4 */
	if (*out == 0)
		*out = 1;
	return RC_OK;
}

static enum rc probe(struct step *step, struct outcome *out)
{
	TRY(ikev1_next_number(step->env, step->sa, &out->v1.dpd_sent));
	out->message.purpose = REQUEST_LIVENESS;
	return ikev1_r_u_there(step->env, step->sa, step->arena, out->v1.dpd_sent, &out->message,
			       &out->v1.message_id);
}

/* The kernel saw the peer's ESP come from elsewhere: the question goes there too, and the place
 * that the answer comes from is the peer's. */
static enum rc ask_there(struct step *step, struct outcome *out)
{
	TRY(probe(step, out));
	out->message.purpose = REQUEST_CHECK;
	return RC_OK;
}

static enum rc emit_child(struct arena *arena, const struct child_sa *child, struct writer *writer)
{
	struct isakmp_delete gone = { .doi = ISAKMP_DOI_IPSEC,
				      .protocol = child->choice.protocol,
				      .spi_size = 4,
				      .count = 1 };

	TRY(wire_spi(arena, child->spi_in, &gone.spis));
	isakmp_delete_emit(writer, &gone);
	return RC_OK;
}

enum rc ikev1_delete_child(const struct sa_env *env, const struct ike_sa *sa,
			   const struct child_sa *child, struct arena *arena,
			   struct outcome_message *message, uint32_t *message_id)
{
	struct sink sink;
	struct writer writer;

	TRY(v1_message_id(env, sa, message_id));
	TRY(v1_hash_begin(sa, arena, &sink, &writer));
	TRY(emit_child(arena, child, &writer));
	return v1_hash_end(sa, *message_id, SPAN_NONE, &writer, &sink, EXCHANGE_V1_INFORMATIONAL,
			   message);
}

enum rc ikev1_delete_ike(const struct sa_env *env, const struct ike_sa *sa, struct arena *arena,
			 struct outcome_message *message, uint32_t *message_id)
{
	struct isakmp_delete gone = {
		.doi = ISAKMP_DOI_IPSEC, .protocol = PROTOCOL_IKE, .spi_size = 16, .count = 1
	};
	uint8_t *cookies = arena_alloc(arena, 16);
	struct sink sink, text;
	struct writer writer;

	if (cookies == NULL)
		return RC_NO_MEMORY;
	sink_init(&text, cookies, 16);
	sink_u64(&text, sa->spi_i);
	sink_u64(&text, sa->spi_r);
	gone.spis = sink_written(&text);
	TRY(v1_message_id(env, sa, message_id));
	TRY(v1_hash_begin(sa, arena, &sink, &writer));
	isakmp_delete_emit(&writer, &gone);
	return v1_hash_end(sa, *message_id, SPAN_NONE, &writer, &sink, EXCHANGE_V1_INFORMATIONAL,
			   message);
}

static enum rc delete_child(struct step *step, struct outcome *out)
{
	if (step->subject == NULL)
		return RC_DROP;
	out->v1.once = true;
	out->ended[out->ended_count++] = step->subject;
	out->ended_reason = step->subject->delete_reason;
	TRY(ikev1_delete_child(step->env, step->sa, step->subject, step->arena, &out->message,
			       &out->v1.message_id));
	out->v1.told = out->v1.message_id; /* nobody tells us our own */
	return RC_OK;
}

/* commit says goodbye */
static enum rc delete_ike(struct step *step, struct outcome *out)
{
	out->ike_ended = step->sa->delete_reason;
	return RC_OK;
}

/* A peer that says other things, but nothing to our Quick Mode, does not want that one. */
static bool is_alive(const struct step *step)
{
	return step->sa->last_heard + retransmit_budget(step->sa->peer->conn) > step->now;
}

static bool has_tunnels(const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!list_empty(&tunnel->child_sas))
			return true;
	}
	return false;
}

/* Clients that know their address from an earlier phase 1 may not listen to it again. */
static bool needs_no_address(const struct step *step)
{
	return step->sa->request.purpose == REQUEST_CONFIG && has_tunnels(step->sa->peer);
}

static enum rc give_up(struct step *step, struct outcome *out)
{
	if (needs_no_address(step)) {
		out->request_done = true;
		out->v1.configured = true;
		return RC_OK;
	}
	if (step->sa->creation != NULL && is_alive(step)) {
		out->request_done = true;
		out->creation_failed = diag_fail(
			&out->diag, RC_TIMEOUT,
			"peer is there, but does not answer Quick Mode: it may not have these "
			"subnets, algorithms or this PFS, and says nothing (compare both ends), or "
			"it has lost the ISAKMP SA");
		return RC_OK;
	}
	(void)diag_fail(&out->diag, RC_TIMEOUT, "peer does not answer (%s)",
			step->sa->creation != NULL		      ? "Quick Mode"
			: step->sa->request.purpose == REQUEST_CONFIG ? "ModeCfg"
								      : "R-U-THERE");
	out->ike_ended = RC_TIMEOUT;
	return RC_OK;
}

static const step_fn read_steps[] = { read_informational, NULL };
static const step_fn probe_steps[] = { probe, NULL };
static const step_fn move_steps[] = { ask_there, NULL };
static const step_fn delete_child_steps[] = { delete_child, NULL };
static const step_fn delete_ike_steps[] = { delete_ike, NULL };
static const step_fn give_up_steps[] = { give_up, NULL };

static const struct payload_rule rules[] = {
	{ ISAKMP_HASH, 1, 1, ENCRYPTED },
	{ ISAKMP_DELETE, 0, 16, ENCRYPTED },
	PAYLOAD_RULES_END,
};

const struct ike_row ikev1_informational_rows[] = {
	IN_BOTH_ROLES(EVENT_V1_INFORMATIONAL, rules, read_steps,
		      "peer tells that something ended, or asks whether we are there"),
	{ IKEV1_XAUTH, INITIATOR, EVENT_V1_INFORMATIONAL, rules, read_steps, IKEV1_XAUTH,
	  "peer tells something while our user is to be proven" },
	{ IKEV1_XAUTH, RESPONDER, EVENT_V1_INFORMATIONAL, rules, read_steps, IKEV1_XAUTH,
	  "peer tells something while its user is to be proven" },
	{ IKEV1_CONFIG, INITIATOR, EVENT_V1_INFORMATIONAL, rules, read_steps, IKEV1_CONFIG,
	  "peer tells something while our address is to come" },
	IN_BOTH_ROLES(EVENT_PROBE, NULL, probe_steps, "nothing was heard for a while: R-U-THERE"),
	IN_BOTH_ROLES(EVENT_MOVE, NULL, move_steps,
		      "the peer's ESP comes from elsewhere: is the peer there?"),
	IN_BOTH_ROLES(EVENT_DELETE_CHILD, NULL, delete_child_steps,
		      "an IPsec SA ends: the peer is told"),
	IN_BOTH_ROLES(EVENT_DELETE_IKE, NULL, delete_ike_steps,
		      "the ISAKMP SA ends: the peer is told"),
	IN_BOTH_ROLES(EVENT_GIVE_UP, NULL, give_up_steps, "the peer does not answer"),
	{ .story = NULL },
};
