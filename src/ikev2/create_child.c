/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.3: CREATE_CHILD_SA: rows, and what is it about? The files create_ and rekey_ go on. */
#include "ikev2/create.h"

struct span nonce_lower(struct span a, struct span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (a.ptr[i] != b.ptr[i])
			return a.ptr[i] < b.ptr[i] ? a : b;
	return a.len <= b.len ? a : b;
}

bool creation_lost(const struct ike_creation *creation, struct span nr)
{
	struct span ours = nonce_lower(SPAN_OF(creation->ni), nr);
	struct span theirs = span_make(creation->rival_nonce, creation->rival_nonce_len);

	return nonce_lower(theirs, ours).ptr == ours.ptr;
}

static const char *purpose_text(uint8_t purpose)
{
	switch ((enum request_purpose)purpose) {
	case REQUEST_REKEY_IKE:
		return "rekey the IKE SA";
	case REQUEST_REKEY_CHILD:
		return "rekey the Child SA";
	case REQUEST_NONE:
	case REQUEST_INIT:
	case REQUEST_INTERMEDIATE:
	case REQUEST_AUTH:
	case REQUEST_LIVENESS:
	case REQUEST_DELETE_CHILD:
	case REQUEST_DELETE_IKE:
	case REQUEST_TELL:
	case REQUEST_CREATE_CHILD:
	case REQUEST_CHECK:
	case REQUEST_UPDATE:
	case REQUEST_ADDRESSES:
	case REQUEST_CONFIG:
	case REQUEST_XAUTH:
		break;
	}
	return "make a Child SA";
}

/* The first Child SA has no key exchange of its own: a peer that has no groups takes that one and
 * refuses every later one. */
static const char *remedy_of(const struct ike_creation *creation, uint16_t notify)
{
	bool child = creation->purpose == REQUEST_REKEY_CHILD ||
		     creation->purpose == REQUEST_CREATE_CHILD;
	if (notify != NO_PROPOSAL_CHOSEN || !child || creation->pair == NULL)
		return "";
	return "; perhaps it has no group for PFS: add one there (to esp=, esp_proposals=), or "
	       "pfs=no here";
}

/* §2.21.3: the worst of them end the IKE SA. */
enum rc create_refused(struct step *step, const struct wire_notify *notify, struct outcome *out)
{
	char number[48];
	enum rc rc = notify_rc(notify->type);

	(void)diag_fail(&out->diag, rc, "peer refused to %s: %s%s",
			purpose_text(step->sa->creation->purpose),
			names_text(&notify_names, notify->type, number, sizeof(number)),
			remedy_of(step->sa->creation, notify->type));
	if (notify_ends_ike(notify->type))
		out->ike_ended = rc;
	out->creation_failed = rc;
	return RC_OK;
}

enum rc create_wanted_group(const struct wire_notify *notify, const struct proposal_list *offered,
			    const struct ike_creation *creation, uint16_t *group, struct diag *diag)
{
	struct span data = notify->data;

	if (span_u16(&data, group) != RC_OK || span_end(&data) != RC_OK)
		return diag_fail(diag, RC_NO_PROPOSAL, "INVALID_KE_PAYLOAD without a group");
	if (creation->restarts >= IKEV2_RESTARTS_MAX || *group == dh_pair_alg(creation->pair)->id)
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer wants DH group %u, which it was just given", *group);
	if (!proposal_has_group(offered, *group))
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer wants DH group %u, which we did not offer", *group);
	return RC_OK;
}

/* ---- a request of the peer ---- */

/* §2.25.2: what happens to Child SAs waits until the IKE SA is rekeyed. */
static enum rc check_not_rekeying(const struct ike_sa *sa, struct outcome *out)
{
	if (sa->creation == NULL || sa->creation->purpose != REQUEST_REKEY_IKE)
		return followup_check_ike(sa, &out->diag);
	return diag_fail(&out->diag, RC_TEMPORARY_FAILURE,
			 "peer asks for a Child SA while we rekey the IKE SA");
}

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct create_request *in = ARENA_NEW(step->arena, struct create_request);
	const struct payload *ke = payload_of(step->message, PAYLOAD_KE);

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	TRY(wire_sa_parse(step->arena, payload_of(step->message, PAYLOAD_SA)->body, &in->sa,
			  &out->diag));
	TRY(wire_nonce_parse(payload_of(step->message, PAYLOAD_NONCE)->body, &in->ni, &out->diag));
	if (ke != NULL)
		TRY(wire_ke_parse(ke->body, &in->ke, &out->diag));
	if (in->sa.proposal_count > 0 && in->sa.proposals[0].protocol == PROTOCOL_IKE) {
		step->divert = rekey_answer_steps;
		return RC_OK;
	}
	step->divert = create_answer_steps;
	return check_not_rekeying(step->sa, out);
}

static enum rc busy(struct step *step, struct outcome *out)
{
	(void)step;
	return diag_fail(&out->diag, RC_TEMPORARY_FAILURE,
			 "peer wants an SA in an IKE SA that is being deleted or replaced");
}

static const step_fn request_steps[] = { read_request, NULL };
static const step_fn busy_steps[] = { busy, NULL };

/* ---- the answer to ours ---- */

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct create_response *in = ARENA_NEW(step->arena, struct create_response);
	const struct payload *sa = payload_of(step->message, PAYLOAD_SA);
	const struct payload *nonce = payload_of(step->message, PAYLOAD_NONCE);
	const struct payload *ke = payload_of(step->message, PAYLOAD_KE);

	if (in == NULL)
		return RC_NO_MEMORY;
	if (step->sa->creation == NULL)
		return RC_DROP;
	step->scratch = in;
	out->request_done = true;
	if (sa != NULL)
		TRY(wire_sa_parse(step->arena, sa->body, &in->sa, &out->diag));
	if (nonce != NULL)
		TRY(wire_nonce_parse(nonce->body, &in->nr, &out->diag));
	if (ke != NULL)
		TRY(wire_ke_parse(ke->body, &in->ke, &out->diag));
	step->divert = step->sa->creation->purpose == REQUEST_REKEY_IKE ? rekey_response_steps
									: create_response_steps;
	return RC_OK;
}

static const step_fn response_steps[] = { read_response, NULL };

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_SA, 1, 1, ENCRYPTED },
	{ PAYLOAD_NONCE, 1, 1, ENCRYPTED },
	{ PAYLOAD_KE, 0, 1, ENCRYPTED },
	{ PAYLOAD_TSi, 0, 1, ENCRYPTED },
	{ PAYLOAD_TSr, 0, 1, ENCRYPTED },
	{ PAYLOAD_CP, 0, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

static const struct payload_rule response_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_SA, 0, 1, ENCRYPTED }, /* absent: an error notify */
	{ PAYLOAD_NONCE, 0, 1, ENCRYPTED }, { PAYLOAD_KE, 0, 1, ENCRYPTED },
	{ PAYLOAD_TSi, 0, 1, ENCRYPTED },   { PAYLOAD_TSr, 0, 1, ENCRYPTED },
	{ PAYLOAD_CP, 0, 1, ENCRYPTED },    PAYLOAD_RULES_END,
};

#define I   INITIATOR
#define R   RESPONDER
#define UP  IKE_ESTABLISHED
#define OLD IKE_REKEYED
#define BYE IKE_DELETING
#define BOTH(state, event, rules, steps, story)                                                    \
	{ state, I, event, rules, steps, state, story },                                           \
	{                                                                                          \
		state, R, event, rules, steps, state, story                                        \
	}

const struct ike_row ikev2_create_child_rows[] = {
	BOTH(UP, EVENT_CREATE_CHILD, NULL, create_steps,
	     "a tunnel has no Child SA: we propose one in this IKE SA"),
	BOTH(UP, EVENT_REKEY_CHILD, NULL, rekey_child_steps,
	     "a Child SA gets old: we propose another in its place"),
	BOTH(UP, EVENT_REKEY_IKE, NULL, rekey_ike_steps,
	     "the IKE SA gets old: we propose another in its place"),
	BOTH(UP, EVENT_CREATE_CHILD_REQUEST, request_rules, request_steps,
	     "peer wants a Child SA, another for an old one, or another IKE SA"),
	BOTH(OLD, EVENT_CREATE_CHILD_REQUEST, request_rules, busy_steps,
	     "peer wants an SA in an IKE SA that has a successor: TEMPORARY_FAILURE"),
	BOTH(BYE, EVENT_CREATE_CHILD_REQUEST, request_rules, busy_steps,
	     "peer wants an SA in an IKE SA that we delete: TEMPORARY_FAILURE"),
	BOTH(UP, EVENT_CREATE_CHILD_RESPONSE, response_rules, response_steps,
	     "peer agrees: the new SA takes over; or it refuses, and the old one goes on"),
	{ .story = NULL },
};
