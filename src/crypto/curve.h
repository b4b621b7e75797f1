/* SPDX-License-Identifier: Apache-2.0 */
/* The curves of NIST for signatures: what NSS is told, and what we check ourselves. */
#ifndef VANTH_CRYPTO_CURVE_H
#define VANTH_CRYPTO_CURVE_H

#include "crypto/sign.h"

#define CURVE_LEN_MAX 66

struct curve {
	enum key_kind kind;
	uint16_t bits, len; /* len: bytes of a coordinate, and of r and s */
	struct span oid;    /* its body */
	const uint8_t *prime, *b, *order;
};
extern const struct curve curves[];
extern const size_t curve_count;

/* NULL for kinds without a curve of NIST. */
const struct curve *curve_of(enum key_kind kind);
/* By the body of an OID. */
const struct curve *curve_by_oid(struct span oid);
/* Do x and y lie below the prime, with y^2 = x^3 - 3x + b? point: x | y, twice len bytes, public.
 * Not constant in time. */
bool curve_has_point(const struct curve *curve, const uint8_t *point);
/* 0 < number < order? number: len bytes. */
bool curve_has_scalar(const struct curve *curve, const uint8_t *number);

#endif
