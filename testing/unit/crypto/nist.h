/* SPDX-License-Identifier: Apache-2.0 */
/* NIST's key derivation sets (SP 800-135 component validation) in VANTH_SHARED/vectors. */
#ifndef VANTH_NIST_H
#define VANTH_NIST_H

#include "unit/crypto/crypto_test.h"

struct nist_field {
	const char *name;
	struct bytes *to;
};
struct nist_set {
	const char *file; /* "ikev2.rsp.gz" */
	const struct nist_field *fields;
	size_t field_count;
	const char *last; /* the field that ends a case */
	void (*check)(void *context, const struct prf_alg *prf);
	void *context;
};
/* Reads the file into the fields and calls check after each case, with the PRF of its section:
 * SHA-1, SHA-224 (which IKE has no number for: made here) to SHA-512. Returns the number of cases.
 * The test is skipped, and says so, where the file is not. */
unsigned nist_each_case(const struct nist_set *set);

#endif
