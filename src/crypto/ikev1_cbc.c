/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 2409 appendix B: messages of an ISAKMP SA are a chain of CBC. Nothing in them but a HASH
 * payload tells whether they are the peer's. */
#include <string.h>
#include "crypto/algorithms.h"
#include "crypto/cipher.h"
#include "crypto/ikev1.h"

/* The front of a hash, as long as the cipher's block. */
static enum rc iv_make(const struct ike_suite *suite, struct span first, struct span second,
		       uint8_t iv[IKEV1_IV_MAX])
{
	uint8_t hash[HASH_LEN_MAX];
	struct span parts[] = { first, second };
	if (suite->encr->icv_len != 0 || suite->encr->block_len > IKEV1_IV_MAX)
		return RC_UNSUPPORTED;
	TRY(hash_parts(prf_hash(suite->prf), parts, 2, hash));
	memcpy(iv, hash, suite->encr->block_len);
	return RC_OK;
}

enum rc ikev1_iv_first(const struct ike_suite *suite, struct span public_i, struct span public_r,
		       uint8_t iv[IKEV1_IV_MAX])
{
	return iv_make(suite, public_i, public_r, iv);
}

enum rc ikev1_iv_exchange(const struct ike_suite *suite, const uint8_t last[IKEV1_IV_MAX],
			  uint32_t message_id, uint8_t iv[IKEV1_IV_MAX])
{
	uint8_t id[4] = { (uint8_t)(message_id >> 24), (uint8_t)(message_id >> 16),
			  (uint8_t)(message_id >> 8), (uint8_t)message_id };
	return iv_make(suite, span_make(last, suite->encr->block_len), SPAN_OF(id), iv);
}

size_t ikev1_padded(const struct ike_suite *suite, size_t plain_len)
{
	size_t block = suite->encr->block_len;
	return (plain_len + block - 1) / block * block;
}

enum rc ikev1_encrypt(const struct ike_suite *suite, const struct ike_keys *keys,
		      uint8_t iv[IKEV1_IV_MAX], uint8_t *data, size_t plain_len)
{
	size_t len = ikev1_padded(suite, plain_len), block = suite->encr->block_len;
	if (len == 0)
		return RC_INTERNAL;
	memset(data + plain_len, 0, len - plain_len);
	TRY(cbc_encrypt(suite->encr, ikev1_key(keys, suite, IKEV1_ENCRYPTION), iv, data, len,
			data));
	memcpy(iv, data + len - block, block);
	return RC_OK;
}

enum rc ikev1_decrypt(const struct ike_suite *suite, const struct ike_keys *keys,
		      uint8_t iv[IKEV1_IV_MAX], struct span cipher, uint8_t *plain)
{
	size_t block = suite->encr->block_len;
	uint8_t last[IKEV1_IV_MAX];
	if (cipher.len == 0 || cipher.len % block != 0)
		return RC_SYNTAX;
	memcpy(last, cipher.ptr + cipher.len - block, block); /* plain may be the ciphertext */
	TRY(cbc_decrypt(suite->encr, ikev1_key(keys, suite, IKEV1_ENCRYPTION), iv, cipher.ptr,
			cipher.len, plain));
	memcpy(iv, last, block);
	return RC_OK;
}

enum rc ikev1_digest(const struct ike_suite *suite, const struct span *parts, size_t count,
		     uint8_t *out)
{
	return hash_parts(prf_hash(suite->prf), parts, count, out);
}
