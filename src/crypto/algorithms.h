/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of algorithms.c hold beside the public half: how NSS is asked for each. */
#ifndef VANTH_CRYPTO_ALGORITHMS_H
#define VANTH_CRYPTO_ALGORITHMS_H

#include <pk11pub.h>
#include "crypto/crypto.h"
#include "crypto/hmac.h"

enum algorithm_kind {
	ALGORITHM_ENCR,
	ALGORITHM_PRF,
	ALGORITHM_INTEG,
	ALGORITHM_DH,
	ALGORITHM_SIGN,
	ALGORITHM_IKEV1_ENCR,
	ALGORITHM_IKEV1_PRF
};
#define ALGORITHM_KINDS 7
#define ALGORITHMS_MAX	16 /* rows of the longest table */

struct encr_entry {
	struct encr_alg alg; /* first: a public pointer is a pointer to its entry */
	CK_MECHANISM_TYPE mechanism;
};
struct prf_entry {
	struct prf_alg alg;
	const struct hash_alg *hash;
};
struct integ_entry {
	struct integ_alg alg;
	const struct hash_alg *hash;
};

extern const struct encr_entry encr_entries[];
extern const struct prf_entry prf_entries[];
extern const struct integ_entry integ_entries[];
/* What IKEv1 has beside AES-CBC and the SHA family: crypto_encr() and crypto_prf() do not know it,
 * so that IKEv2 never negotiates it. */
extern const struct encr_entry ikev1_encr_entries[];
extern const struct prf_entry ikev1_prf_entries[];
size_t algorithm_count(enum algorithm_kind kind);

CK_MECHANISM_TYPE encr_mechanism(const struct encr_alg *alg);
const struct hash_alg *prf_hash(const struct prf_alg *alg);
const struct hash_alg *integ_hash(const struct integ_alg *alg);
/* Bytes of an encryption key without its salt. bits 0: the one size of a fixed-size cipher. */
size_t encr_key_len(const struct encr_alg *alg, uint16_t bits);

/* The verdicts of the probe: 0 works, PROBE_WRONG, or an error number of NSS. */
#define PROBE_WORKS    0
#define PROBE_UNTESTED 1
#define PROBE_WRONG    2
#define PROBE_ABSENT   3
void algorithm_verdict(enum algorithm_kind kind, size_t index, int verdict);
/* Forget all verdicts: nothing is available. */
void algorithm_forget(void);

#endif
