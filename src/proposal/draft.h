/* SPDX-License-Identifier: Apache-2.0 */
/* One proposal while its words are read: what was named, by kind. When all words are known, what
 * was left out is filled in, and it becomes one or two proposals: AEAD ciphers and others never
 * share one (RFC 7296 §3.3). */
#ifndef VANTH_PROPOSAL_DRAFT_H
#define VANTH_PROPOSAL_DRAFT_H

#include "proposal/list.h"
#include "proposal/words.h"

struct picks {
	unsigned count;
	struct proposal_transform items[PROPOSAL_TRANSFORMS_MAX];
};
struct draft {
	uint8_t protocol;
	bool pfs;
	bool lenient;  /* leave out what is not available; for the defaults */
	size_t column; /* where the proposal begins */
	bool no_integ; /* "none" was said */
	struct picks encr, hash, integ, prf, dh, esn;
	struct picks addke[PROPOSAL_ADDKE_MAX];
	unsigned addke_at; /* words behind "+" belong to this additional key exchange; 0: none */
};

void proposal_draft_init(struct draft *draft, uint8_t protocol, bool pfs, bool lenient);
/* text: the word as it was written, for the sentence. */
enum rc proposal_draft_word(struct draft *draft, const char *text, bool group_place,
			    struct diag *diag) MUST_CHECK;
enum rc proposal_draft_finish(struct draft *draft, struct proposal_list *list,
			      struct diag *diag) MUST_CHECK;
/* Can we negotiate it: IKE, what the probe found; ESP and AH, what has a key length. */
bool proposal_available(uint8_t protocol, const struct proposal_transform *transform);

/* default.c: what is filled in where a proposal names none, best first. Fills an empty picks. */
void proposal_default_picks(struct picks *picks, uint8_t protocol, uint8_t type);
/* grammar.c */
enum rc proposal_read(uint8_t protocol, const char *text, bool pfs, bool lenient,
		      struct proposal_list **out, size_t *column, struct diag *diag) MUST_CHECK;

/* False when there is no room. */
bool proposal_picks_add(struct picks *picks, uint8_t type, uint16_t id, uint16_t key_bits);

#endif
