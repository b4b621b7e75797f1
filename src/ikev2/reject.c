/* SPDX-License-Identifier: Apache-2.0 */
/* What may not happen: every (state, role, event) without a road of its own, and why it is refused.
 * Without a word, as long as nobody is authenticated. In an IKE SA that was (RFC 7296 §2.21.3) each
 * request gets an answer, or it would be repeated for ever and nothing behind it have its turn.
 * That answer is INVALID_SYNTAX, for want of a better one (§3.10.1). It is the end of an IKE SA
 * when the request was badly formatted; one that is well formed, but has no place, is not: we stay,
 * and ask whether the peer did.
 */
#include "ikev2/private.h"

static enum rc out_of_place(struct step *step, struct outcome *out)
{
	char exchange[32], state[32];

	out->notify = INVALID_SYNTAX;
	out->out_of_place = true;
	return diag_fail(
		&out->diag, RC_UNSUPPORTED,
		"%s request has no place here (the IKE SA is %s): refused with INVALID_SYNTAX, "
		"and all stays as it is",
		names_text(&exchange_names, step->message->header.exchange, exchange,
			   sizeof(exchange)),
		names_text(&ike_state_names, step->sa->state, state, sizeof(state)));
}

static const step_fn out_of_place_steps[] = { out_of_place, NULL };

#define REJECT(state, role, event, story)                                                          \
	{                                                                                          \
		state, role, event, NULL, NULL, state, story                                       \
	}
#define REFUSE(state, role, event, story)                                                          \
	{                                                                                          \
		state, role, event, NULL, out_of_place_steps, state, story                         \
	}
#define ALL_REQUESTS(state, role, story)                                                           \
	REJECT(state, role, EVENT_INTERMEDIATE_REQUEST, story),                                    \
		REJECT(state, role, EVENT_AUTH_REQUEST, story),                                    \
		REJECT(state, role, EVENT_CREATE_CHILD_REQUEST, story),                            \
		REJECT(state, role, EVENT_INFORMATIONAL_REQUEST, story),                           \
		REJECT(state, role, EVENT_OTHER_REQUEST, story)
#define OUT_OF_PLACE(state, role)                                                                  \
	REFUSE(state, role, EVENT_SA_INIT_REQUEST, ONE_ROAD),                                      \
		REFUSE(state, role, EVENT_RESUME_REQUEST, ONE_ROAD),                               \
		REFUSE(state, role, EVENT_INTERMEDIATE_REQUEST, LATE),                             \
		REFUSE(state, role, EVENT_AUTH_REQUEST, LATE),                                     \
		REFUSE(state, role, EVENT_OTHER_REQUEST, STRANGE)
#define ALL_RESPONSES(state, role, story)                                                          \
	REJECT(state, role, EVENT_SA_INIT_RESPONSE, story),                                        \
		REJECT(state, role, EVENT_INTERMEDIATE_RESPONSE, story),                           \
		REJECT(state, role, EVENT_RESUME_RESPONSE, story),                                 \
		REJECT(state, role, EVENT_AUTH_RESPONSE, story),                                   \
		REJECT(state, role, EVENT_CREATE_CHILD_RESPONSE, story),                           \
		REJECT(state, role, EVENT_INFORMATIONAL_RESPONSE, story)
#define NO_RENEWAL(state, role, story)                                                             \
	REJECT(state, role, EVENT_CREATE_CHILD, story),                                            \
		REJECT(state, role, EVENT_REKEY_CHILD, story),                                     \
		REJECT(state, role, EVENT_REKEY_IKE, story)
#define NO_COMMANDS(state, role, story)                                                            \
	REJECT(state, role, EVENT_PROBE, story), REJECT(state, role, EVENT_DELETE_CHILD, story),   \
		REJECT(state, role, EVENT_TELL, story), REJECT(state, role, EVENT_MOVE, story),    \
		NO_RENEWAL(state, role, story)

#define NO_SA	   "no such IKE SA"
#define EARLY	   "the IKE SA is not established yet"
#define LATE	   "the IKE SA is established already"
#define ONE_ROAD   "IKE_SA_INIT makes a new IKE SA, it never belongs to one"
#define NEVER_SENT "we have not sent such a request"
#define LEAVING	   "the IKE SA is being deleted"
#define SUCCEEDED  "the IKE SA has a successor"
#define STRANGE	   "no exchange that we speak"
#define OURS_ONLY  "only for an IKE SA that does not exist yet"

const struct ikev2_row ikev2_reject_rows[] = {
	/* no SA yet */
	REJECT(IKEV2_START, INITIATOR, EVENT_SA_INIT_REQUEST, "a request makes us the responder"),
	REJECT(IKEV2_START, INITIATOR, EVENT_RESUME_REQUEST, "a request makes us the responder"),
	ALL_REQUESTS(IKEV2_START, INITIATOR, NO_SA),
	ALL_RESPONSES(IKEV2_START, INITIATOR, NO_SA),
	NO_COMMANDS(IKEV2_START, INITIATOR, NO_SA),
	REJECT(IKEV2_START, INITIATOR, EVENT_DELETE_IKE, NO_SA),
	REJECT(IKEV2_START, INITIATOR, EVENT_GIVE_UP, NO_SA),
	REJECT(IKEV2_START, RESPONDER, EVENT_INITIATE, "who initiates is the initiator"),
	ALL_REQUESTS(IKEV2_START, RESPONDER, NO_SA),
	ALL_RESPONSES(IKEV2_START, RESPONDER, NO_SA),
	NO_COMMANDS(IKEV2_START, RESPONDER, NO_SA),
	REJECT(IKEV2_START, RESPONDER, EVENT_DELETE_IKE, NO_SA),
	REJECT(IKEV2_START, RESPONDER, EVENT_GIVE_UP, NO_SA),
	/* initiator, IKE_SA_INIT is out */
	REJECT(IKEV2_INIT_SENT, INITIATOR, EVENT_INITIATE, OURS_ONLY),
	REJECT(IKEV2_INIT_SENT, INITIATOR, EVENT_SA_INIT_REQUEST, ONE_ROAD),
	REJECT(IKEV2_INIT_SENT, INITIATOR, EVENT_RESUME_REQUEST, ONE_ROAD),
	ALL_REQUESTS(IKEV2_INIT_SENT, INITIATOR, EARLY),
	REJECT(IKEV2_INIT_SENT, INITIATOR, EVENT_INTERMEDIATE_RESPONSE, NEVER_SENT),
	REJECT(IKEV2_INIT_SENT, INITIATOR, EVENT_AUTH_RESPONSE, NEVER_SENT),
	REJECT(IKEV2_INIT_SENT, INITIATOR, EVENT_CREATE_CHILD_RESPONSE, NEVER_SENT),
	REJECT(IKEV2_INIT_SENT, INITIATOR, EVENT_INFORMATIONAL_RESPONSE, NEVER_SENT),
	NO_COMMANDS(IKEV2_INIT_SENT, INITIATOR, EARLY),
	/* initiator, IKE_INTERMEDIATE is out */
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_INITIATE, OURS_ONLY),
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_SA_INIT_REQUEST, ONE_ROAD),
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_RESUME_REQUEST, ONE_ROAD),
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_RESUME_RESPONSE,
	       "IKE_SA_INIT was answered before"),
	ALL_REQUESTS(IKEV2_INTERMEDIATE_SENT, INITIATOR, EARLY),
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_AUTH_RESPONSE, NEVER_SENT),
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_SA_INIT_RESPONSE,
	       "IKE_SA_INIT was answered before"),
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_CREATE_CHILD_RESPONSE, NEVER_SENT),
	REJECT(IKEV2_INTERMEDIATE_SENT, INITIATOR, EVENT_INFORMATIONAL_RESPONSE, NEVER_SENT),
	NO_COMMANDS(IKEV2_INTERMEDIATE_SENT, INITIATOR, EARLY),
	/* initiator, IKE_AUTH is out */
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_INITIATE, OURS_ONLY),
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_SA_INIT_REQUEST, ONE_ROAD),
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_RESUME_REQUEST, ONE_ROAD),
	ALL_REQUESTS(IKEV2_AUTH_SENT, INITIATOR, EARLY),
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_INTERMEDIATE_RESPONSE,
	       "IKE_INTERMEDIATE was answered before"),
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_SA_INIT_RESPONSE,
	       "IKE_SA_INIT was answered before"),
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_RESUME_RESPONSE,
	       "IKE_SA_INIT was answered before"),
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_CREATE_CHILD_RESPONSE, NEVER_SENT),
	REJECT(IKEV2_AUTH_SENT, INITIATOR, EVENT_INFORMATIONAL_RESPONSE, NEVER_SENT),
	NO_COMMANDS(IKEV2_AUTH_SENT, INITIATOR, EARLY),
	/* responder, half-open */
	REJECT(IKEV2_HALF_OPEN, RESPONDER, EVENT_INITIATE, OURS_ONLY),
	REJECT(IKEV2_HALF_OPEN, RESPONDER, EVENT_SA_INIT_REQUEST, ONE_ROAD),
	REJECT(IKEV2_HALF_OPEN, RESPONDER, EVENT_RESUME_REQUEST, ONE_ROAD),
	REJECT(IKEV2_HALF_OPEN, RESPONDER, EVENT_CREATE_CHILD_REQUEST, EARLY),
	REJECT(IKEV2_HALF_OPEN, RESPONDER, EVENT_INFORMATIONAL_REQUEST, EARLY),
	REJECT(IKEV2_HALF_OPEN, RESPONDER, EVENT_OTHER_REQUEST, EARLY),
	ALL_RESPONSES(IKEV2_HALF_OPEN, RESPONDER, NEVER_SENT),
	NO_COMMANDS(IKEV2_HALF_OPEN, RESPONDER, EARLY),
	/* established */
	REJECT(IKEV2_ESTABLISHED, INITIATOR, EVENT_INITIATE, OURS_ONLY),
	OUT_OF_PLACE(IKEV2_ESTABLISHED, INITIATOR),
	REJECT(IKEV2_ESTABLISHED, INITIATOR, EVENT_SA_INIT_RESPONSE, LATE),
	REJECT(IKEV2_ESTABLISHED, INITIATOR, EVENT_INTERMEDIATE_RESPONSE, LATE),
	REJECT(IKEV2_ESTABLISHED, INITIATOR, EVENT_AUTH_RESPONSE, LATE),
	REJECT(IKEV2_ESTABLISHED, RESPONDER, EVENT_INITIATE, OURS_ONLY),
	OUT_OF_PLACE(IKEV2_ESTABLISHED, RESPONDER),
	REJECT(IKEV2_ESTABLISHED, RESPONDER, EVENT_SA_INIT_RESPONSE, LATE),
	REJECT(IKEV2_ESTABLISHED, RESPONDER, EVENT_INTERMEDIATE_RESPONSE, NEVER_SENT),
	REJECT(IKEV2_ESTABLISHED, INITIATOR, EVENT_RESUME_RESPONSE, LATE),
	REJECT(IKEV2_ESTABLISHED, RESPONDER, EVENT_RESUME_RESPONSE, LATE),
	REJECT(IKEV2_ESTABLISHED, RESPONDER, EVENT_AUTH_RESPONSE, NEVER_SENT),
	/* rekeyed */
	REJECT(IKEV2_REKEYED, INITIATOR, EVENT_INITIATE, OURS_ONLY),
	OUT_OF_PLACE(IKEV2_REKEYED, INITIATOR),
	REJECT(IKEV2_REKEYED, INITIATOR, EVENT_GIVE_UP, "nothing is outstanding in it"),
	ALL_RESPONSES(IKEV2_REKEYED, INITIATOR, SUCCEEDED),
	NO_COMMANDS(IKEV2_REKEYED, INITIATOR, SUCCEEDED),
	REJECT(IKEV2_REKEYED, RESPONDER, EVENT_INITIATE, OURS_ONLY),
	OUT_OF_PLACE(IKEV2_REKEYED, RESPONDER),
	REJECT(IKEV2_REKEYED, RESPONDER, EVENT_GIVE_UP, "nothing is outstanding in it"),
	ALL_RESPONSES(IKEV2_REKEYED, RESPONDER, SUCCEEDED),
	NO_COMMANDS(IKEV2_REKEYED, RESPONDER, SUCCEEDED),
	/* our Delete is out */
	REJECT(IKEV2_DELETING, INITIATOR, EVENT_INITIATE, OURS_ONLY),
	OUT_OF_PLACE(IKEV2_DELETING, INITIATOR),
	REJECT(IKEV2_DELETING, INITIATOR, EVENT_SA_INIT_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, INITIATOR, EVENT_INTERMEDIATE_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, INITIATOR, EVENT_RESUME_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, INITIATOR, EVENT_AUTH_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, INITIATOR, EVENT_CREATE_CHILD_RESPONSE, NEVER_SENT),
	NO_COMMANDS(IKEV2_DELETING, INITIATOR, LEAVING),
	REJECT(IKEV2_DELETING, INITIATOR, EVENT_DELETE_IKE, LEAVING),
	REJECT(IKEV2_DELETING, RESPONDER, EVENT_INITIATE, OURS_ONLY),
	OUT_OF_PLACE(IKEV2_DELETING, RESPONDER),
	REJECT(IKEV2_DELETING, RESPONDER, EVENT_SA_INIT_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, RESPONDER, EVENT_INTERMEDIATE_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, RESPONDER, EVENT_RESUME_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, RESPONDER, EVENT_AUTH_RESPONSE, LEAVING),
	REJECT(IKEV2_DELETING, RESPONDER, EVENT_CREATE_CHILD_RESPONSE, NEVER_SENT),
	NO_COMMANDS(IKEV2_DELETING, RESPONDER, LEAVING),
	REJECT(IKEV2_DELETING, RESPONDER, EVENT_DELETE_IKE, LEAVING),
	{ .story = NULL },
};
