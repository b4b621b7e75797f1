/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VANTH_CRYPTO_PRF_H
#define VANTH_CRYPTO_PRF_H

#include "crypto/hmac.h"

/* prf+ with the key that hmac holds already (RFC 7296 §2.13): RC_LIMIT past 255 blocks or 8 parts.
 */
enum rc prf_expand(struct hmac *hmac, const struct span *parts, size_t count, uint8_t *out,
		   size_t out_len) MUST_CHECK;

#endif
