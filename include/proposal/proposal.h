/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm proposals: the grammar of ike= and esp=, defaults, negotiation (RFC 7296 §3.3, §2.7).
 */
#ifndef VANTH_PROPOSAL_PROPOSAL_H
#define VANTH_PROPOSAL_PROPOSAL_H

#include "crypto/crypto.h"
#include "wire/payloads.h"

#define PROPOSAL_TRANSFORMS_MAX 24

/* One proposal: any one of each list. Order is preference. */
struct proposal_transform {
	uint8_t type;
	uint16_t id;
	uint16_t key_bits; /* 0: none */
};
struct proposal {
	uint8_t protocol; /* enum ike_protocol */
	uint8_t count;
	struct proposal_transform transforms[PROPOSAL_TRANSFORMS_MAX];
};
struct proposal_list { /* immutable after it is made */
	unsigned count;
	struct proposal *items;
};

/* Parses "aes_gcm256-sha2_512-dh19, aes256-sha1;modp2048, aes_gcm128+aes_gcm256-sha2_256"
 * (Libreswan) and "aes256gcm16-prfsha384-ecp384,aes128-sha256-modp2048!" (strongSwan). protocol
 * IKE, ESP or AH. What is left out: a key size is 256 and 128; IKE's PRF is the integrity's hash or
 * the default PRFs (AEAD); integrity of a cipher that is no AEAD is sha2_512 and sha2_256, and of
 * an AEAD none whatever is named (aes256gcm16-sha384-prfsha384-ecp384; without a PRF it names
 * that); IKE's groups, and with pfs those of an ESP or AH proposal, are the IKE defaults' (groups
 * that are named are kept without pfs too; all are left out in IKE_AUTH); additional key exchanges
 * (RFC 9370), for ESP and AH only beside a group, are ";addke1=dh20+dh21;addke2=ml_kem_768"
 * (Libreswan) or "-ke1_ecp384-ke2_mlkem768" (strongSwan), "none" among them makes one optional,
 * and none of them is the default; ESN is no. AEAD and other ciphers of one proposal become two.
 * "!" changes nothing: only what is listed is ever offered or accepted. On failure *column (from
 * 0, may be NULL) is where in text; the diag names the word and a suggestion.
 */
enum rc proposal_parse(uint8_t protocol, const char *text, bool pfs, struct proposal_list **out,
		       size_t *column, struct diag *diag) MUST_CHECK;
/* By RFC 8247 and RFC 8221, best first; only what the probe found. */
enum rc proposal_default(uint8_t protocol, bool pfs, struct proposal_list **out,
			 struct diag *diag) MUST_CHECK;
void proposal_free(struct proposal_list *list);
/* Libreswan's spelling, for status and logs: "AES_GCM_16_256-HMAC_SHA2_512-DH19". */
void proposal_text(const struct proposal_list *list, char *buffer, size_t size);
/* What the peer's SA payload offered, in the same spelling; for "what both sides offered". */
void proposal_wire_text(const struct wire_sa *sa, char *buffer, size_t size);

#define PROPOSAL_ADDKE_MAX 7 /* transform types ADDKE1 to ADDKE7 */
struct proposal_choice {
	uint8_t number, protocol; /* the peer's proposal number */
	uint16_t encr, encr_bits, prf, integ, dh,
		esn;			    /* dh DH_NONE, integ INTEG_NONE where not used */
	uint16_t addke[PROPOSAL_ADDKE_MAX]; /* RFC 9370: additional key exchanges, in order; DH_NONE
					     */
	uint8_t addke_said;		    /* bits: NONE was offered and chosen, and is answered */
	uint8_t spi[8];			    /* of the peer */
	uint8_t spi_len;
};
/* flags */
#define PROPOSAL_NO_DH	    1u /* IKE_AUTH: groups are ignored on both sides (RFC 7296 §1.2) */
#define PROPOSAL_ANY_DH	    2u /* responder: where our list names no group, preferred_group will do */
#define PROPOSAL_ADDKE_NONE 4u /* the peer cannot do them: none may be needed */

/* Responder: our best proposal that the peer offered too (our order rules; within a proposal the
 * first of ours that they list). preferred_group (the KE payload's, or DH_NONE): among otherwise
 * equal choices this group wins, so that no INVALID_KE_PAYLOAD round is needed. RC_NO_PROPOSAL with
 * a diag that says what both offered. */
enum rc proposal_choose(const struct proposal_list *ours, const struct wire_sa *theirs,
			uint16_t preferred_group, unsigned flags, struct proposal_choice *out,
			struct diag *diag) MUST_CHECK;
/* Initiator: the answer must hold exactly one proposal, with one transform of each type, all of
 * which we offered. */
enum rc proposal_accept(const struct proposal_list *ours, const struct wire_sa *answer,
			unsigned flags, struct proposal_choice *out, struct diag *diag) MUST_CHECK;
/* The SA payload that offers the list. spi: 0, 4 or 8 bytes, the same in each proposal. With
 * PROPOSAL_ADDKE_NONE proposals that need additional key exchanges are left out; RC_NO_PROPOSAL:
 * all of them. */
enum rc proposal_offer(struct arena *arena, const struct proposal_list *list, struct span spi,
		       unsigned flags, struct wire_sa *out) MUST_CHECK;
/* The SA payload that answers with the choice; spi is ours. */
enum rc proposal_answer(struct arena *arena, const struct proposal_choice *choice, struct span spi,
			struct wire_sa *out) MUST_CHECK;
/* Groups of the list in order; returns how many were written. */
unsigned proposal_groups(const struct proposal_list *list, uint16_t *groups, unsigned max);
/* Is this choice one that the list would have allowed? For ESP and AH a choice without a group is
 * one of IKE_AUTH. */
bool proposal_allows(const struct proposal_list *list, const struct proposal_choice *choice);
bool proposal_has_group(const struct proposal_list *list, uint16_t group);
enum rc proposal_ike_suite(const struct proposal_choice *choice, struct ike_suite *out) MUST_CHECK;
bool proposal_equal(const struct proposal_list *a, const struct proposal_list *b);
/* How many additional key exchanges were chosen; methods[] in the order in which they are done. */
unsigned proposal_addke(const struct proposal_choice *choice, uint16_t methods[PROPOSAL_ADDKE_MAX]);
/* Does any proposal of the list have one? */
bool proposal_has_addke(const struct proposal_list *list);
/* Do all of them have one that is not optional? */
bool proposal_needs_addke(const struct proposal_list *list);
const char *proposal_choice_text(const struct proposal_choice *choice, char *buffer, size_t size);

#endif
