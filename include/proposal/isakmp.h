/* SPDX-License-Identifier: Apache-2.0 */
/* The same lists of proposals in the words of IKEv1 (RFC 2409 appendix A, RFC 2407 §4.4, §4.5):
 * each transform is one whole choice, and says mode, lifetime and how to authenticate too. What
 * IKEv1 has no number for (AEAD ciphers and PRFs of their own in phase 1, ChaCha20) is left out. */
#ifndef VANTH_PROPOSAL_ISAKMP_H
#define VANTH_PROPOSAL_ISAKMP_H

#include "proposal/proposal.h"
#include "wire/isakmp.h"

#define ISAKMP_TRANSFORMS_SENT_MAX 120 /* some peers have room for no more */
#define ISAKMP_AUTHS_MAX	   6

/* Phase 1 beside the list: enum oakley_auth that will do, best first; seconds that it is to live.
 */
struct isakmp_phase1_terms {
	uint16_t auths[ISAKMP_AUTHS_MAX];
	uint8_t auth_count;
	uint32_t seconds;
	uint16_t group; /* aggressive mode: that of the KE that is sent; DH_NONE: any */
};
/* Phase 2 beside the list. */
struct isakmp_phase2_terms {
	uint16_t encapsulations[3]; /* enum ipsec_encapsulation that will do; the first one is
				       offered */
	uint8_t encapsulation_count;
	uint16_t group; /* of the KE that goes with it; DH_NONE: none */
	uint32_t seconds;
	uint64_t kilobytes; /* 0: none said */
	uint32_t spi;
};
struct isakmp_choice {
	struct proposal_choice choice;
	uint16_t auth, encapsulation;
	bool user; /* XAUTH or hybrid authentication: a user is to be proven, then auth is that
		      of phase 1 alone (hybrid: OAKLEY_HYBRID_INIT_RSA) */
	uint32_t seconds;		       /* as the peer said; 0: nothing */
	uint64_t kilobytes;		       /* 0: nothing */
	uint8_t proposal, transform;	       /* their numbers */
	const struct isakmp_transform *chosen; /* in the peer's SA */
};

/* What of an ike= IKEv1 alone can say (a cipher that RFC 8247 has no place for), as a word of its
 * own; NULL: nothing. */
const char *isakmp_only(const struct proposal_list *list);
/* proposal_ike_suite() for an ISAKMP SA. */
enum rc isakmp_ike_suite(const struct proposal_choice *choice, struct ike_suite *out) MUST_CHECK;
/* The SA payload that offers the list. RC_NO_PROPOSAL: nothing of it can be said in IKEv1. */
enum rc isakmp_offer_phase1(struct arena *arena, const struct proposal_list *list,
			    const struct isakmp_phase1_terms *terms, struct isakmp_sa *out,
			    struct diag *diag) MUST_CHECK;
enum rc isakmp_offer_phase2(struct arena *arena, const struct proposal_list *list,
			    const struct isakmp_phase2_terms *terms, struct isakmp_sa *out,
			    struct diag *diag) MUST_CHECK;
/* Responder: the best of what the peer offers (our order of proposals, then its of transforms).
 * RC_NO_PROPOSAL with what both offered. A transform with an attribute that we do not know, that
 * comes twice or has a value of the wrong form is none. */
enum rc isakmp_choose_phase1(const struct proposal_list *list,
			     const struct isakmp_phase1_terms *terms,
			     const struct isakmp_sa *theirs, struct isakmp_choice *out,
			     struct diag *diag) MUST_CHECK;
enum rc isakmp_choose_phase2(const struct proposal_list *list,
			     const struct isakmp_phase2_terms *terms,
			     const struct isakmp_sa *theirs, struct isakmp_choice *out,
			     struct diag *diag) MUST_CHECK;
/* The SA payload that answers: the chosen transform as it came (RFC 2408 §4.2). */
enum rc isakmp_answer(struct arena *arena, const struct isakmp_choice *choice, uint32_t spi,
		      struct isakmp_sa *out) MUST_CHECK;
/* Initiator: exactly one proposal with one transform, which we offered. */
enum rc isakmp_accept_phase1(const struct proposal_list *list,
			     const struct isakmp_phase1_terms *terms,
			     const struct isakmp_sa *answer, struct isakmp_choice *out,
			     struct diag *diag) MUST_CHECK;
enum rc isakmp_accept_phase2(const struct proposal_list *list,
			     const struct isakmp_phase2_terms *terms,
			     const struct isakmp_sa *answer, struct isakmp_choice *out,
			     struct diag *diag) MUST_CHECK;

#endif
