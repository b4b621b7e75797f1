/* SPDX-License-Identifier: Apache-2.0 */
/* Several rounds of authentication in one IKE_AUTH (RFC 4739): each end may prove itself once more,
 * with another identity and by another method. The SA, TS and CP payloads and notifies come with
 * the first request and are answered with the last response; nothing is anybody's before that. */
#ifndef VANTH_IKEV2_ROUNDS_H
#define VANTH_IKEV2_ROUNDS_H

#include "auth/prove.h"
#include "ikev2/private.h"
#include "sa/rounds.h"

/* ---- what is announced ---- */
/* Responder, IKE_SA_INIT: a conn between these addresses may want several rounds. */
bool rounds_possible(const struct step *step);
/* Initiator, IKE_SA_INIT response: RC_AUTH_FAILED: the conn wants several, the responder has not
 * announced that it can. */
enum rc rounds_announced(const struct step *step, struct diag *diag) MUST_CHECK;
/* Initiator, first IKE_AUTH request: that we can, and that another proof of ours follows. */
void rounds_emit_first(const struct peer *peer, struct writer *writer);

/* ---- where we are ---- */
struct rounds_view {
	unsigned ours, theirs; /* done, this round included */
	unsigned ours_all, theirs_all;
};
/* With so many rounds done. */
struct rounds_view rounds_view(const struct peer *peer, unsigned rounds);
static inline bool rounds_over(const struct rounds_view *view)
{
	return view->ours == view->ours_all && view->theirs == view->theirs_all;
}
/* Which proofs the conn asks of both ends; and RC_AUTH_FAILED when they are others than when the
 * first one was given. */
uint64_t rounds_kinds(const struct peer *peer);
enum rc rounds_check_same(const struct peer *peer, const struct ike_rounds *rounds,
			  struct diag *diag) MUST_CHECK;
/* The peer's message must announce another proof of its own just when the conn asks for one.
 * RC_AUTH_FAILED with a diag. */
enum rc rounds_check_follows(const struct peer *peer, const struct rounds_view *view,
			     const struct ike_message *message, struct diag *diag) MUST_CHECK;
/* The peer may be that in its second proof, who it was in the first. RC_AUTH_FAILED with a diag. */
enum rc rounds_check_identity(const struct peer *peer, const struct ike_rounds *rounds,
			      const struct identity *id, struct diag *diag) MUST_CHECK;
/* Initiator: who the peer is expected to be in its second proof, for its secret. */
const struct identity *rounds_expected(const struct peer *peer);
/* RFC 9242 §3.3.2: AUTH of all rounds covers the message ID of the first IKE_AUTH. */
uint32_t rounds_auth_id(const struct ike_sa *sa, uint32_t now);
/* The last round: what the earlier ones proved, beside this one's out->extra. */
enum rc rounds_join(struct step *step, struct outcome *out) MUST_CHECK;
/* Another round follows: what this one proved is kept with the SA, and not yet taken. */
void rounds_keep(struct outcome *out);

/* Where there are several rounds, the outcome says what was proven in this exchange; id: in the
 * arena. */
void rounds_proven(const struct peer *peer, struct outcome *out, bool ours, uint8_t method,
		   const struct wire_id *id);

/* ---- round_request.c ---- */
/* Initiator: the row goes on with the steps that make the next IKE_AUTH request: IDi, AUTH of our
 * second proof, or an empty one when only the peer goes on. The caller returns RC_OK then. */
void round_request_make(struct step *step);

#endif
