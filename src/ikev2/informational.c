/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.4: INFORMATIONAL: liveness and Delete, both roles and both directions. */
#include "ikev2/redirect.h"
#include "ikev2/resume.h"

static void end_child(struct outcome *out, struct child_sa *child, enum rc reason)
{
	for (unsigned i = 0; i < out->ended_count; i++)
		if (out->ended[i] == child)
			return;
	if (out->ended_count < OUTCOME_CHILDREN_MAX)
		out->ended[out->ended_count++] = child;
	out->ended_reason = reason;
}

/* The peer names its inbound SPIs: our outbound ones. */
static enum rc read_delete(struct step *step, const struct payload *payload, struct outcome *out)
{
	struct wire_delete named;
	uint32_t spi;

	TRY(wire_delete_parse(payload->body, &named, &out->diag));
	if (named.protocol == PROTOCOL_IKE) {
		if (out->ike_ended == RC_OK)
			out->ike_ended = RC_PEER_DELETED;
		return RC_OK;
	}
	while (span_u32(&named.spis, &spi) == RC_OK) {
		struct child_sa *child = child_sa_by_out(step->sa, named.protocol, spi);
		if (child != NULL)
			end_child(out, child, RC_PEER_DELETED);
	}
	return RC_OK;
}

/* The peer ended the IKE SA because of something we said. */
static void read_complaint(const struct step *step, struct outcome *out)
{
	struct wire_notify notify;
	char name[48];

	if (!notify_error(step->message, &notify) || !notify_ends_ike(notify.type))
		return;
	out->ike_ended = RC_PEER_REFUSED;
	(void)diag_fail(&out->diag, RC_PEER_REFUSED, "the peer says %s",
			names_text(&notify_names, notify.type, name, sizeof(name)));
}

static enum rc read_deletes(struct step *step, struct outcome *out)
{
	const struct payload *payload = payload_of(step->message, PAYLOAD_DELETE);

	read_complaint(step, out);
	TRY(mobike_read_request(step, out));
	for (; payload != NULL; payload = wire_payload_next(payload))
		TRY(read_delete(step, payload, out));
	told_read(step, out);
	return RC_OK;
}

/* Those of one protocol. */
static enum rc emit_deletes_of(struct step *step, uint8_t protocol,
			       struct child_sa *const *children, unsigned count,
			       struct writer *writer)
{
	uint8_t *spis = arena_array(step->arena, count, 4);
	struct wire_delete payload = { .protocol = protocol, .spi_size = 4 };
	struct sink sink;

	if (spis == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, spis, (size_t)count * 4);
	for (unsigned i = 0; i < count; i++) {
		if (tunnel_protocol(children[i]->tunnel) != protocol)
			continue;
		sink_u32(&sink, children[i]->spi_in);
		payload.count++;
	}
	payload.spis = sink_written(&sink);
	if (payload.count > 0)
		wire_delete_emit(writer, &payload);
	return RC_OK;
}

static enum rc emit_child_deletes(struct step *step, struct child_sa *const *children,
				  unsigned count, struct writer *writer)
{
	TRY(emit_deletes_of(step, PROTOCOL_ESP, children, count, writer));
	return emit_deletes_of(step, PROTOCOL_AH, children, count, writer);
}

/* A Child SA whose Delete of ours is out already is not named again (§1.4.1). */
static unsigned halves_to_name(const struct outcome *out, struct child_sa **named)
{
	unsigned count = 0;

	for (unsigned i = 0; i < out->ended_count; i++)
		if (out->ended[i]->state != CHILD_DELETING)
			named[count++] = out->ended[i];
	return count;
}

static enum rc emit_answer(struct step *step, struct outcome *out)
{
	struct child_sa **named = arena_array(step->arena, OUTCOME_CHILDREN_MAX, sizeof(*named));
	struct sink sink;
	struct writer writer;
	unsigned count;

	if (named == NULL)
		return RC_NO_MEMORY;
	TRY(inner_start(step->arena, &sink, &writer));
	count = out->ike_ended == RC_OK ? halves_to_name(out, named) : 0;
	if (count > 0)
		TRY(emit_child_deletes(step, named, count, &writer));
	TRY(mobike_emit_answer(step, out, &writer));
	TRY(resume_emit_grant(step, out, step->sa->peer, NULL, &writer));
	out->message.exchange = EXCHANGE_INFORMATIONAL;
	out->message.response = true;
	return inner_finish(&writer, &sink, &out->message);
}

/* §5 of RFC 5685: whether we go or not, it is answered. */
static enum rc read_redirect(struct step *step, struct outcome *out)
{
	enum rc rc = redirect_read(step, SPAN_NONE, out);

	return rc == RC_NO_MEMORY ? rc : RC_OK;
}

static const step_fn answer_steps[] = { read_deletes, read_redirect, emit_answer, NULL };

/* Between two proofs (RFC 4739) the other end may have found ours wanting, or have no use for the
 * rest (§2.21.2: it says so in an INFORMATIONAL of its own). Whatever else it says is answered, and
 * changes nothing: nobody has proven all that is asked. */
static enum rc read_between(struct step *step, struct outcome *out)
{
	const struct payload *payload = payload_of(step->message, PAYLOAD_DELETE);
	struct wire_delete named;

	read_complaint(step, out);
	for (; payload != NULL; payload = wire_payload_next(payload)) {
		TRY(wire_delete_parse(payload->body, &named, &out->diag));
		if (named.protocol != PROTOCOL_IKE || out->ike_ended != RC_OK)
			continue;
		out->ike_ended = RC_PEER_DELETED;
		(void)diag_fail(&out->diag, RC_PEER_DELETED,
				"the peer deletes the IKE SA before all is proven");
	}
	return RC_OK;
}

static enum rc emit_nothing(struct step *step, struct outcome *out)
{
	struct sink sink;
	struct writer writer;

	TRY(inner_start(step->arena, &sink, &writer));
	out->message.exchange = EXCHANGE_INFORMATIONAL;
	out->message.response = true;
	return inner_finish(&writer, &sink, &out->message);
}

static const step_fn between_steps[] = { read_between, emit_nothing, NULL };

/* ---- the answers to ours ---- */

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct child_sa *child;

	out->request_done = true;
	read_complaint(step, out);
	told_read(step, out);
	if (step->sa->request.purpose == REQUEST_DELETE_CHILD) {
		list_for(node, &step->sa->children)
		{
			child = container_of(node, struct child_sa, in_ike);
			if (child->serial == step->sa->request.child)
				end_child(out, child, child->delete_reason);
		}
	}
	return mobike_read_response(step, out);
}

static enum rc read_goodbye(struct step *step, struct outcome *out)
{
	out->request_done = true;
	if (step->sa->request.purpose == REQUEST_DELETE_IKE)
		out->ike_ended = step->sa->delete_reason;
	else
		out->stay = true;
	return RC_OK;
}

static const step_fn response_steps[] = { read_response, NULL };
static const step_fn goodbye_steps[] = { read_goodbye, NULL };

/* ---- what we ask ---- */

static enum rc begin(struct step *step, struct outcome *out, struct sink *sink,
		     struct writer *writer, enum request_purpose purpose)
{
	out->message.exchange = EXCHANGE_INFORMATIONAL;
	out->message.purpose = (uint8_t)purpose;
	return inner_start(step->arena, sink, writer);
}

static enum rc probe(struct step *step, struct outcome *out)
{
	struct sink sink;
	struct writer writer;

	TRY(begin(step, out, &sink, &writer, REQUEST_LIVENESS));
	TRY(mobike_emit_probe(step, &writer));
	return inner_finish(&writer, &sink, &out->message);
}

static enum rc delete_child(struct step *step, struct outcome *out)
{
	struct sink sink;
	struct writer writer;

	if (step->subject == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the Child SA is gone already");
	TRY(begin(step, out, &sink, &writer, REQUEST_DELETE_CHILD));
	TRY(emit_child_deletes(step, &step->subject, 1, &writer));
	out->message.child = step->subject->serial;
	return inner_finish(&writer, &sink, &out->message);
}

static enum rc delete_ike(struct step *step, struct outcome *out)
{
	struct wire_delete payload = { .protocol = PROTOCOL_IKE };
	struct sink sink;
	struct writer writer;

	TRY(begin(step, out, &sink, &writer, REQUEST_DELETE_IKE));
	wire_delete_emit(&writer, &payload);
	return inner_finish(&writer, &sink, &out->message);
}

static enum rc give_up(struct step *step, struct outcome *out)
{
	out->ike_ended = RC_TIMEOUT;
	if (step->sa->state == IKE_DELETING) {
		out->ike_ended = step->sa->delete_reason;
		return RC_OK;
	}
	(void)diag_fail(&out->diag, RC_TIMEOUT, "no answer after %u tries",
			step->sa->request.tries);
	return RC_OK;
}

static enum rc half_open_over(struct step *step, struct outcome *out)
{
	(void)step;
	out->ike_ended = RC_TIMEOUT;
	return RC_OK;
}

static enum rc stop(struct step *step, struct outcome *out)
{
	out->ike_ended = step->sa->delete_reason;
	return RC_OK;
}

static const step_fn probe_steps[] = { probe, NULL };
static const step_fn delete_child_steps[] = { delete_child, NULL };
static const step_fn delete_ike_steps[] = { delete_ike, NULL };
static const step_fn give_up_steps[] = { give_up, NULL };
static const step_fn half_open_steps[] = { half_open_over, NULL };
static const step_fn stop_steps[] = { stop, NULL };
/* it may have come up at the other end meanwhile */
static const step_fn farewell_steps[] = { delete_ike, stop, NULL };

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_DELETE, 0, 16, ENCRYPTED },
	{ PAYLOAD_CP, 0, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

#define I   INITIATOR
#define R   RESPONDER
#define UP  IKE_ESTABLISHED
#define OLD IKE_REKEYED
#define BYE IKE_DELETING

const struct ike_row ikev2_informational_rows[] = {
	{ UP, I, EVENT_INFORMATIONAL_REQUEST, request_rules, answer_steps, UP,
	  "peer asks whether we live, or deletes SAs: we answer with the other halves" },
	{ UP, R, EVENT_INFORMATIONAL_REQUEST, request_rules, answer_steps, UP,
	  "peer asks whether we live, or deletes SAs: we answer with the other halves" },
	{ BYE, I, EVENT_INFORMATIONAL_REQUEST, request_rules, answer_steps, BYE,
	  "both delete at once (§1.4.1): answered as ever" },
	{ BYE, R, EVENT_INFORMATIONAL_REQUEST, request_rules, answer_steps, BYE,
	  "both delete at once (§1.4.1): answered as ever" },
	{ UP, I, EVENT_INFORMATIONAL_RESPONSE, request_rules, response_steps, UP,
	  "peer lives, or confirms the end of a Child SA" },
	{ UP, R, EVENT_INFORMATIONAL_RESPONSE, request_rules, response_steps, UP,
	  "peer lives, or confirms the end of a Child SA" },
	{ BYE, I, EVENT_INFORMATIONAL_RESPONSE, request_rules, goodbye_steps, BYE,
	  "peer confirms the end of the IKE SA" },
	{ BYE, R, EVENT_INFORMATIONAL_RESPONSE, request_rules, goodbye_steps, BYE,
	  "peer confirms the end of the IKE SA" },
	{ UP, I, EVENT_PROBE, NULL, probe_steps, UP, "nothing was heard: is the peer there?" },
	{ UP, R, EVENT_PROBE, NULL, probe_steps, UP, "nothing was heard: is the peer there?" },
	{ UP, I, EVENT_DELETE_CHILD, NULL, delete_child_steps, UP,
	  "a Child SA is not wanted any more" },
	{ UP, R, EVENT_DELETE_CHILD, NULL, delete_child_steps, UP,
	  "a Child SA is not wanted any more" },
	{ UP, I, EVENT_DELETE_IKE, NULL, delete_ike_steps, BYE,
	  "the IKE SA is not wanted any more" },
	{ UP, R, EVENT_DELETE_IKE, NULL, delete_ike_steps, BYE,
	  "the IKE SA is not wanted any more" },
	{ UP, I, EVENT_GIVE_UP, NULL, give_up_steps, UP, "peer does not answer: it is dead to us" },
	{ UP, R, EVENT_GIVE_UP, NULL, give_up_steps, UP, "peer does not answer: it is dead to us" },
	{ BYE, I, EVENT_GIVE_UP, NULL, give_up_steps, BYE,
	  "peer does not confirm: gone all the same" },
	{ BYE, R, EVENT_GIVE_UP, NULL, give_up_steps, BYE,
	  "peer does not confirm: gone all the same" },
	/* It has a successor: who made that deletes it. */
	{ OLD, I, EVENT_INFORMATIONAL_REQUEST, request_rules, answer_steps, OLD,
	  "peer deletes the IKE SA that was rekeyed" },
	{ OLD, R, EVENT_INFORMATIONAL_REQUEST, request_rules, answer_steps, OLD,
	  "peer deletes the IKE SA that was rekeyed" },
	{ OLD, I, EVENT_DELETE_IKE, NULL, delete_ike_steps, BYE,
	  "the IKE SA was rekeyed: the old one goes" },
	{ OLD, R, EVENT_DELETE_IKE, NULL, delete_ike_steps, BYE,
	  "the IKE SA was rekeyed: the old one goes" },
	{ IKEV2_INIT_SENT, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV2_INIT_SENT,
	  "peer does not answer IKE_SA_INIT" },
	{ IKEV2_INTERMEDIATE_SENT, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV2_INTERMEDIATE_SENT,
	  "peer does not answer IKE_INTERMEDIATE" },
	{ IKEV2_AUTH_SENT, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV2_AUTH_SENT,
	  "peer does not answer IKE_AUTH" },
	{ IKEV2_ROUNDS, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV2_ROUNDS,
	  "peer does not answer a further IKE_AUTH" },
	{ IKEV2_ROUNDS, I, EVENT_INFORMATIONAL_REQUEST, request_rules, between_steps, IKEV2_ROUNDS,
	  "peer gives up between two proofs, or asks whether we live" },
	{ IKEV2_ROUNDS, R, EVENT_INFORMATIONAL_REQUEST, request_rules, between_steps, IKEV2_ROUNDS,
	  "peer gives up between two proofs, or asks whether we live" },
	{ IKEV2_ROUNDS, R, EVENT_GIVE_UP, NULL, half_open_steps, IKEV2_ROUNDS,
	  "peer never proved all that is asked of it" },
	{ IKEV2_HALF_OPEN, R, EVENT_GIVE_UP, NULL, half_open_steps, IKEV2_HALF_OPEN,
	  "peer never proved its identity" },
	/* Before IKE_AUTH is done there is nothing to say goodbye to: the SA just ends. */
	{ IKEV2_INIT_SENT, I, EVENT_DELETE_IKE, NULL, stop_steps, IKEV2_INIT_SENT,
	  "not wanted any more before the peer answered" },
	{ IKEV2_INTERMEDIATE_SENT, I, EVENT_DELETE_IKE, NULL, stop_steps, IKEV2_INTERMEDIATE_SENT,
	  "not wanted any more before we proved our identity" },
	{ IKEV2_AUTH_SENT, I, EVENT_DELETE_IKE, NULL, farewell_steps, IKEV2_AUTH_SENT,
	  "we stop; otherwise a Delete waits for the answer to IKE_AUTH" },
	{ IKEV2_ROUNDS, I, EVENT_DELETE_IKE, NULL, farewell_steps, IKEV2_ROUNDS,
	  "we stop; otherwise a Delete waits for the answer to IKE_AUTH" },
	{ IKEV2_ROUNDS, R, EVENT_DELETE_IKE, NULL, stop_steps, IKEV2_ROUNDS, "we stop" },
	{ IKEV2_HALF_OPEN, R, EVENT_DELETE_IKE, NULL, stop_steps, IKEV2_HALF_OPEN, "we stop" },
	{ .story = NULL },
};
