/* SPDX-License-Identifier: Apache-2.0 */
/* The words of ike=, esp= and ah=: what each one names. */
#ifndef VANTH_PROPOSAL_WORDS_H
#define VANTH_PROPOSAL_WORDS_H

#include "proposal/proposal.h"

enum word_kind {
	WORD_UNKNOWN,
	WORD_ENCR,
	WORD_HASH, /* plain: integrity, PRF or both, as the proposal needs it */
	WORD_INTEG,
	WORD_PRF,
	WORD_DH,
	WORD_ESN,
	WORD_NONE,    /* no integrity algorithm or no group, by its place */
	WORD_REFUSED, /* known, and not supported: advice says why and what to use */
};
struct word {
	enum word_kind kind;
	uint16_t id; /* WORD_HASH: the integrity algorithm */
	uint16_t prf;
	uint16_t key_bits; /* 0: not named */
	const char *advice;
};

#define WORD_TEXT_MAX 48

/* Case and underscores do not matter. */
struct word proposal_word_find(const char *text);
/* The nearest word that may be used, or NULL. */
const char *proposal_word_suggest(const char *text);
/* Ciphers that protect integrity themselves (RFC 5282, RFC 4543). */
bool proposal_encr_is_aead(uint16_t id);
/* Key Length must be sent (RFC 7296 §3.3.5). */
bool proposal_encr_has_key_length(uint16_t id);
/* The PRF of the same hash, PRF_NONE when there is none. */
uint16_t proposal_prf_of_integ(uint16_t integ);

#endif
