/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes and HMAC (RFC 2104) over one reused NSS digest context. Measured: an HMAC costs 0.7 µs
 * so, 2.6 µs when its key is made an NSS object first; and no key object is ever live (goals.md,
 * trap 2). */
#ifndef VANTH_CRYPTO_HMAC_H
#define VANTH_CRYPTO_HMAC_H

#include <pk11pub.h>
#include "base/span.h"

#define HASH_LEN_MAX   64
#define HASH_BLOCK_MAX 128

struct hash_alg {
	SECOidTag tag;
	uint8_t len, block;
};
extern const struct hash_alg hash_alg_sha1, hash_alg_sha256, hash_alg_sha384, hash_alg_sha512;
extern const struct hash_alg hash_alg_md5; /* IKEv1 alone */

struct hmac {
	const struct hash_alg *hash;
	PK11Context *digest;
	uint8_t inner[HASH_BLOCK_MAX], outer[HASH_BLOCK_MAX]; /* the key XOR ipad, opad */
};

/* After hmac_open every way out goes through hmac_close, which wipes; it is fine after a failed
 * open too. */
enum rc hmac_open(struct hmac *hmac, const struct hash_alg *hash) MUST_CHECK;
void hmac_close(struct hmac *hmac);
/* The parts together are the key; may be called again for another key. */
enum rc hmac_key(struct hmac *hmac, const struct span *parts, size_t count) MUST_CHECK;
/* out: hash->len bytes; it may lie inside the parts. */
enum rc hmac_run(struct hmac *hmac, const struct span *parts, size_t count,
		 uint8_t *out) MUST_CHECK;

/* One hash of the parts; out: alg->len bytes. */
enum rc hash_parts(const struct hash_alg *alg, const struct span *parts, size_t count,
		   uint8_t *out) MUST_CHECK;

#endif
