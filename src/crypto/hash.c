/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto.h"
#include "crypto/hmac.h"

enum rc hash_sha1(const struct span *parts, size_t count, uint8_t out[20])
{
	return hash_parts(&hash_alg_sha1, parts, count, out);
}

enum rc hash_sha256(const struct span *parts, size_t count, uint8_t out[32])
{
	return hash_parts(&hash_alg_sha256, parts, count, out);
}
