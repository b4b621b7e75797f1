/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.3: what the two directions of CREATE_CHILD_SA share. */
#ifndef VANTH_IKEV2_CREATE_H
#define VANTH_IKEV2_CREATE_H

#include "ikev2/private.h"

/* A request of the peer, read. */
struct create_request {
	struct wire_sa sa;
	struct span ni;
	struct wire_ke ke; /* data.len 0: none */
	struct child_exchange child;
	uint64_t old, tunnel;	       /* serials; 0: none */
	struct proposal_choice choice; /* IKE SA */
	uint8_t nr[IKEV2_NONCE_LEN];
	struct span public; /* of our KE; empty: none */
};

/* An answer to a request of ours, read. */
struct create_response {
	struct wire_sa sa;
	struct span nr;
	struct wire_ke ke;
	struct child_exchange child;
	bool lost; /* §2.8.1: what the peer made meanwhile stays */
	struct proposal_choice choice;
	struct ike_suite suite;
};

/* The steps that a request or an answer goes on with, once it is known what it is about. */
extern const step_fn create_answer_steps[], rekey_answer_steps[];
extern const step_fn create_response_steps[], rekey_response_steps[];
/* What we ask; with creation->group set (INVALID_KE_PAYLOAD) again. */
extern const step_fn create_steps[], rekey_child_steps[], rekey_ike_steps[];
extern const step_fn create_again_steps[], rekey_again_steps[];

/* ---- create_dh.c: key exchange on a worker; each suspends, and the next step finds its result
 * ----
 */
/* A key pair of that group into *pair, which the outcome owns. */
enum rc create_generate(struct step *step, uint16_t group, struct dh_pair **pair,
			struct outcome *out) MUST_CHECK;
/* g^ir into out->shared, from our pair (taken) and the peer's public value. */
enum rc create_compute(struct step *step, struct dh_pair **pair, struct span peer_public,
		       struct outcome *out) MUST_CHECK;
/* Both at once, for the responder; *public is ours. */
enum rc create_answer_dh(struct step *step, const struct wire_ke *ke, struct span *public,
			 struct outcome *out) MUST_CHECK;
/* RC_INVALID_KE, with the group that we want for the peer. */
enum rc create_want_group(struct step *step, uint16_t group, struct outcome *out) MUST_CHECK;

/* ---- create_child.c ---- */
/* The lower one as a byte string (§2.8.1: the shorter one of two with the same beginning). */
struct span nonce_lower(struct span a, struct span b);
/* Did ours (the lower of its two nonces) lose against the one that the peer made meanwhile? */
bool creation_lost(const struct ike_creation *creation, struct span nr);
/* The error notify of an answer, as what became of our request. */
enum rc create_refused(struct step *step, const struct wire_notify *notify, struct outcome *out);
/* The group that an INVALID_KE_PAYLOAD asks for, when it is one of the list that we offered. */
enum rc create_wanted_group(const struct wire_notify *notify, const struct proposal_list *offered,
			    const struct ike_creation *creation, uint16_t *group,
			    struct diag *diag) MUST_CHECK;

#endif
