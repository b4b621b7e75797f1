/* SPDX-License-Identifier: Apache-2.0 */
/* Several rounds of authentication in IKE_AUTH (RFC 4739): what a larval IKE SA keeps between them;
 * freed with its larval part.
 *
 * A round is what stands between an ID payload and its AUTH, however many messages it takes. One of
 * several (EAP, RFC 7296 §2.16) fits as follows. A message that ends no round is committed like one
 * that does: next state IKEV2_ROUNDS, `done` in the outcome, but neither `ours` nor `theirs` for
 * who goes on, so that rounds_current() stays. `first` goes with the first message of all, whether
 * or not it has an AUTH, as SA, TS and CP stand there; `id` with the message that ends the first
 * round. What the method itself keeps between its messages (its state, the MSK that AUTH is made
 * with) hangs off struct ike_rounds by a pointer of its own, and rounds_free() wipes it: it is
 * there in a conn with one round too. AUTH of any round covers the first message's ID (RFC 9242
 * §3.3.2). The payload rules of the rows of IKEV2_ROUNDS then allow EAP beside what they have. */
#ifndef VANTH_SA_ROUNDS_H
#define VANTH_SA_ROUNDS_H

#include "sa/outcome.h"

struct ike_rounds {
	uint8_t ours,
		theirs; /* rounds that are done, also those in which an end has no proof left */
	uint64_t peer;	/* responder: serial of the peer, or template, whose it is to be */
	uint64_t kinds; /* of proofs that the conn asked for then */
	/* responder: of the inside of the first request what is answered with the last response:
	 * IDs, CERTREQ, SA, TS, CP and notifies */
	uint8_t *first;
	uint32_t first_len, first_id; /* first_id: its message ID */
	uint8_t first_type;
	struct identity id;	  /* who the peer proved to be in the first round */
	struct x509_proof *proof; /* of its certificates so far; NULL: none */
};

/* Which round it is, from 1. */
static inline unsigned rounds_current(const struct ike_larval *larval)
{
	return larval->rounds == NULL ? 1 : larval->rounds->theirs + 1u;
}
/* NULL: nothing. */
void rounds_free(struct ike_rounds *rounds);
/* Takes what an outcome says of it. RC_LIMIT: the first request is larger than ROUNDS_FIRST_MAX. */
#define ROUNDS_FIRST_MAX 8192
enum rc rounds_note(struct ike_larval *larval, const struct outcome_rounds *out) MUST_CHECK;
/* The first request, read again, in the arena. */
enum rc rounds_first(struct arena *arena, const struct ike_rounds *rounds,
		     struct ike_message *out) MUST_CHECK;

#endif
