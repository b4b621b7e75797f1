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
	struct span link;   /* IKE_FOLLOWUP_KE: of ADDITIONAL_KEY_EXCHANGE; empty: none */
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

/* The last steps of a request of ours for a Child SA: `install` with all of out->followup (then its
 * scratch needs only nr and child.present), or of CREATE_CHILD_SA itself. */
extern const step_fn create_install_steps[];

/* ---- create_dh.c: key exchange on a worker; each suspends, and the next step finds its result
 * ----
 */
/* A key pair of that group into *pair, which the outcome owns. */
enum rc create_generate(struct step *step, uint16_t group, struct dh_pair **pair,
			struct outcome *out) MUST_CHECK;
/* The request once more, with a key pair of that group, by these steps. */
enum rc create_again(struct step *step, uint16_t group, const step_fn *steps,
		     struct outcome *out) MUST_CHECK;
/* g^ir into out->shared, from our pair (taken) and the peer's public value. */
enum rc create_compute(struct step *step, struct dh_pair **pair, struct span peer_public,
		       struct outcome *out) MUST_CHECK;
/* Both at once, for the responder; *public is ours. */
enum rc create_answer_dh(struct step *step, const struct wire_ke *ke, struct span *public,
			 struct outcome *out) MUST_CHECK;
/* RC_INVALID_KE, with the group that we want for the peer. */
enum rc create_want_group(struct step *step, uint16_t group, struct outcome *out) MUST_CHECK;

/* ---- create_answer.c ---- */
/* The answer that promises out->child; with out->followup its link too. */
enum rc create_emit_answer(struct step *step, struct outcome *out) MUST_CHECK;
/* What becomes of the Child SA that in->old names, and when our outbound half is installed. */
enum rc create_take_over(struct step *step, const struct create_request *in,
			 struct outcome *out) MUST_CHECK;

/* ---- rekey_answer.c ---- */
/* Of the IKE SA to come; with out->followup its link too. */
enum rc rekey_emit_answer(struct step *step, uint64_t spi, struct outcome *out) MUST_CHECK;
/* §2.8.1: while ours is out its answer decides. */
void rekey_note_rival(const struct step *step, struct span ni, struct span nr, struct outcome *out);

/* ---- rekey_initiate.c ---- */
/* The one that the peer made meanwhile inherits in any case when ours comes to nothing. */
void rekey_find_heir(const struct step *step, struct outcome *out);

/* ---- followup_answer.c: RFC 9370 §2.2.4 as the responder ---- */
/* RC_TEMPORARY_FAILURE: the peer has too many of them going on. */
enum rc followup_check_room(const struct ike_sa *sa, struct diag *diag) MUST_CHECK;
/* RC_TEMPORARY_FAILURE: one that the peer began, or we, is about the IKE SA. */
enum rc followup_check_ike(const struct ike_sa *sa, struct diag *diag) MUST_CHECK;
/* RC_TEMPORARY_FAILURE: our own CREATE_CHILD_SA for that Child SA is answered already, and its key
 * exchanges go on. */
enum rc followup_check_child(const struct ike_sa *sa, const struct child_sa *old,
			     struct diag *diag) MUST_CHECK;
/* The answer to CREATE_CHILD_SA whose SA comes later: g^ir is in out->shared, what was agreed on in
 * out->child (given up) or out->successor (given up). */
enum rc followup_open_child(struct step *step, struct outcome *out) MUST_CHECK;
enum rc followup_open_ike(struct step *step, struct outcome *out) MUST_CHECK;

/* ---- followup_initiate.c: as the initiator ---- */
/* CREATE_CHILD_SA is answered and agrees on more key exchanges: the first of them. SK(0) is in
 * out->shared; out->child (given up) tells what was agreed on. Both suspend. */
enum rc followup_begin_child(struct step *step, struct outcome *out) MUST_CHECK;
enum rc followup_begin_ike(struct step *step, struct outcome *out) MUST_CHECK;
/* The same is made by the peer, and ours lost (§2.8.1): it is not gone on with. Otherwise the
 * peer's is over. */
bool followup_stands_back(const struct step *step, struct span nr, struct outcome *out);

/* ---- followup.c: both ---- */
static inline bool followup_wanted(const struct proposal_choice *choice)
{
	uint16_t methods[PROPOSAL_ADDKE_MAX];

	return proposal_addke(choice, methods) > 0;
}
/* Child SA: what out->child has. */
void followup_from_child(struct ike_followup *followup, const struct child_sa *child);
/* A new one of it into out->child, which lives in the step's IKE SA; RC_CANCELLED: its tunnel is
 * gone. */
enum rc followup_to_child(struct step *step, const struct ike_followup *followup,
			  struct outcome *out) MUST_CHECK;
/* The successor of the step's IKE SA into out->successor, with its keys. */
enum rc followup_to_ike(struct step *step, const struct ike_followup *followup, enum ike_role role,
			struct outcome *out) MUST_CHECK;
void followup_emit_link(struct writer *writer, const struct ike_followup *followup);

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
