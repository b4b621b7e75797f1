/* SPDX-License-Identifier: Apache-2.0 */
/* Several rounds of authentication in IKE_AUTH (RFC 4739): what a larval IKE SA keeps between them;
 * freed with its larval part. A round is what stands between an ID payload and its AUTH, however
 * many messages it takes. */
#ifndef VANTH_SA_ROUNDS_H
#define VANTH_SA_ROUNDS_H

#include "sa/outcome.h"

struct ike_rounds {
	uint8_t ours, theirs; /* done so far */
	uint64_t peer;	      /* responder: serial of the peer, or template, whose it is to be */
	uint64_t kinds;	      /* of proofs that the conn asked for then */
	/* responder: of the inside of the first request what is answered with the last response:
	 * IDs, CERTREQ, SA, TS, CP and notifies */
	uint8_t *first;
	uint32_t first_len, first_id; /* first_id: its message ID */
	uint8_t first_type;
	struct identity id;	  /* who the peer proved to be in the first round */
	struct x509_proof *proof; /* of its certificates so far; NULL: none */
};

/* NULL: nothing. */
void rounds_free(struct ike_rounds *rounds);
/* Takes what an outcome says of it. RC_LIMIT: the first request is larger than ROUNDS_FIRST_MAX. */
#define ROUNDS_FIRST_MAX 8192
enum rc rounds_note(struct ike_larval *larval, const struct outcome_rounds *out) MUST_CHECK;
/* The first request, read again, in the arena. */
enum rc rounds_first(struct arena *arena, const struct ike_rounds *rounds,
		     struct ike_message *out) MUST_CHECK;

#endif
