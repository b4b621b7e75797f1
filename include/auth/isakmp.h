/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of phase 1 of IKEv1 by signature (RFC 2409 §5.1, RFC 4754): the SA payload has settled one
 * method for both ends, and what is signed is HASH_I or HASH_R. */
#ifndef VANTH_AUTH_ISAKMP_H
#define VANTH_AUTH_ISAKMP_H

#include "auth/prove.h"

/* enum oakley_auth by which the two ends of the conn may prove themselves with the key that we
 * have: RSA, or ECDSA with the curve of our key (the peer's must be of the same one).
 * RC_AUTH_FAILED with a diag: none, or we have no key. */
enum rc isakmp_auth_of_key(const struct step *step, const struct auth_ends *ends, uint16_t *out,
			   struct diag *diag) MUST_CHECK;
/* By what the two ends may prove themselves, AUTHBY_ bits: where one of them proves nothing (hybrid
 * authentication), by what the other one may. */
unsigned isakmp_ends_allow(const struct auth_ends *ends);
/* AUTHBY_ bits of enum oakley_auth; 0: one that we do not have. */
unsigned isakmp_auth_kinds(uint16_t auth);
/* With which HASH_I and HASH_R are made: ECDSA's methods bring a hash of their own (RFC 4754 §4).
 * NULL: NSS does not have it. */
const struct prf_alg *isakmp_auth_prf(uint16_t auth, const struct prf_alg *negotiated);
/* As prove_begin() and check_begin(), by that method (no shared key) over that hash; prove_end()
 * and check_end() come in the next step. signature: the SIG payload's. */
enum rc isakmp_prove(struct step *step, const struct auth_ends *ends, uint16_t auth,
		     struct span hash, struct prove *prove, struct outcome *out) MUST_CHECK;
enum rc isakmp_check(struct step *step, const struct auth_ends *ends, uint16_t auth,
		     struct span hash, struct span signature, struct check *check,
		     struct outcome *out) MUST_CHECK;

#endif
