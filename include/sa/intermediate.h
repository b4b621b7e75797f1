/* SPDX-License-Identifier: Apache-2.0 */
/* What a larval IKE SA knows of its IKE_INTERMEDIATE exchanges (RFC 9242); freed with its larval
 * part. */
#ifndef VANTH_SA_INTERMEDIATE_H
#define VANTH_SA_INTERMEDIATE_H

#include "sa/outcome.h"

struct ike_intermediate {
	uint8_t exchanges; /* done so far */
	uint8_t keyed;	   /* of them: additional key exchanges (RFC 9370) */
	uint8_t len_i, len_r;
	uint8_t auth_i[PRF_MAX],
		auth_r[PRF_MAX]; /* IntAuth_iN, IntAuth_rN: len bytes, 0: none yet */
	/* responder: those of our last answer, when the SA has newer ones; empty: it has not */
	struct ike_keys answered;
};

/* Both ends announced it. Twice is harmless. */
enum rc intermediate_agree(struct ike_larval *larval) MUST_CHECK;
/* NULL: nothing. */
void intermediate_free(struct ike_intermediate *known);
/* The SA's keys are about to be replaced, after an answer that was sealed with them: they are moved
 * to where a smaller answer finds them. false: nobody keeps them. */
bool intermediate_keep_keys(struct ike_sa *sa);
/* Another answer was sealed, with the keys that the SA has. */
void intermediate_answered(struct ike_sa *sa);
/* Those that our last answer was sealed with, where they are not sa->keys; NULL: they are. */
struct ike_keys *intermediate_answer_keys(struct ike_sa *sa);
/* Takes what an outcome says of it. */
enum rc intermediate_note(struct ike_larval *larval,
			  const struct outcome_intermediate *out) MUST_CHECK;

#endif
