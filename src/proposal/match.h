/* SPDX-License-Identifier: Apache-2.0 */
/* One of our proposals against one of the peer's. */
#ifndef VANTH_PROPOSAL_MATCH_H
#define VANTH_PROPOSAL_MATCH_H

#include "proposal/proposal.h"

/* In order of weight: what is compared first decides. */
enum match_type {
	MATCH_ENCR,
	MATCH_INTEG,
	MATCH_PRF,
	MATCH_ESN,
	MATCH_DH,
	MATCH_ADDKE1,
	MATCH_TYPES = MATCH_ADDKE1 + PROPOSAL_ADDKE_MAX
};

struct match {
	struct proposal_choice choice;
	const struct proposal *ours;
	const struct wire_proposal *theirs;
	const char *refusal; /* the peer's proposal cannot be chosen at all, and why; else NULL */
	uint8_t rank[MATCH_TYPES]; /* position in our list; smaller is better */
	uint8_t missing;	   /* how many types have nothing in common */
	uint8_t first_missing;	   /* enum transform_type of the first of them */
};

/* ---- addke.c: RFC 9370 §2.2.1 ---- */
static inline bool addke_type(uint8_t type)
{
	return type >= TRANSFORM_ADDKE1 && type <= TRANSFORM_ADDKE7;
}
/* Chooses for every type, never a method twice; false: some type has nothing in common. */
bool addke_match(struct match *match, unsigned flags);
/* Does one of its types have no NONE? */
bool addke_needed(const struct proposal *proposal);
/* match.c: does the peer's proposal list it? NONE may also be left out. */
bool proposal_they_list(const struct wire_proposal *theirs, const struct proposal_transform *t);

/* True when the choice is whole. */
bool proposal_match(const struct proposal *ours, const struct wire_proposal *theirs,
		    uint16_t preferred_group, unsigned flags, struct match *out);
/* Both whole and of one of our proposals: is a strictly better? */
bool proposal_match_better(const struct match *a, const struct match *b);
/* Both not whole: is a strictly nearer to a match? */
bool proposal_match_nearer(const struct match *a, const struct match *b);

#endif
