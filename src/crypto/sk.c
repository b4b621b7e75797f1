/* SPDX-License-Identifier: Apache-2.0 */
/* The Encrypted payload, RFC 7296 §3.14: AES-CBC with an HMAC behind it, or an AEAD (RFC 5282 for
 * AES-GCM, RFC 7634 for ChaCha20-Poly1305). AEADs need no padding beyond the pad length byte. */
#include <string.h>
#include "crypto/algorithms.h"
#include "crypto/cipher.h"

#define ICV_MAX HASH_LEN_MAX

static bool is_aead(const struct ike_suite *suite)
{
	return suite->encr->icv_len != 0;
}

size_t sk_icv_len(const struct ike_suite *suite)
{
	return is_aead(suite) ? suite->encr->icv_len : suite->integ->icv_len;
}

/* Bytes of padding and its length byte. */
static size_t trailer_len(const struct ike_suite *suite, size_t plain_len)
{
	size_t block = suite->encr->block_len;
	return block - plain_len % block;
}

size_t sk_overhead(const struct ike_suite *suite, size_t plain_len)
{
	return suite->encr->iv_len + trailer_len(suite, plain_len) + sk_icv_len(suite);
}

static bool keys_fit(const struct ike_suite *suite, struct span enc_key, struct span integ_key)
{
	size_t key_len = encr_key_len(suite->encr, suite->encr_key_bits) + suite->encr->salt_len;
	if (enc_key.len != key_len)
		return false;
	return is_aead(suite) || (suite->integ != NULL && integ_key.len == suite->integ->key_len);
}

static enum rc full_mac(const struct ike_suite *suite, struct span key, struct span bytes,
			uint8_t out[ICV_MAX])
{
	struct hmac hmac;
	enum rc rc = hmac_open(&hmac, integ_hash(suite->integ));
	if (rc == RC_OK)
		rc = hmac_key(&hmac, &key, 1);
	if (rc == RC_OK)
		rc = hmac_run(&hmac, &bytes, 1, out);
	hmac_close(&hmac);
	return rc;
}

/* RFC 3602 §2: a CBC IV must be unpredictable. */
static enum rc cbc_seal(const struct ike_suite *suite, struct span enc_key, struct span integ_key,
			uint8_t *message, size_t iv_at, size_t len)
{
	uint8_t *iv = message + iv_at, *data = iv + suite->encr->iv_len, mac[ICV_MAX];
	if (PK11_GenerateRandom(iv, suite->encr->iv_len) != SECSuccess)
		return RC_INTERNAL;
	TRY(cbc_encrypt(suite->encr, enc_key, iv, data, len, data));
	TRY(full_mac(suite, integ_key, span_make(message, (size_t)(data + len - message)), mac));
	memcpy(data + len, mac, suite->integ->icv_len);
	return RC_OK;
}

static void put_counter(uint8_t *iv, size_t iv_len, uint64_t counter)
{
	for (size_t i = iv_len; i > 0; i--, counter >>= 8)
		iv[i - 1] = (uint8_t)counter;
}

enum rc sk_seal(const struct ike_suite *suite, struct span enc_key, struct span integ_key,
		uint64_t counter, uint8_t *message, size_t iv_at, size_t plain_len)
{
	if (!keys_fit(suite, enc_key, integ_key))
		return RC_INTERNAL;
	size_t trailer = trailer_len(suite, plain_len);
	uint8_t *iv = message + iv_at, *data = iv + suite->encr->iv_len;
	memset(data + plain_len, 0, trailer);
	data[plain_len + trailer - 1] = (uint8_t)(trailer - 1);
	if (!is_aead(suite))
		return cbc_seal(suite, enc_key, integ_key, message, iv_at, plain_len + trailer);
	put_counter(iv, suite->encr->iv_len, counter);
	return aead_seal(suite->encr, enc_key, iv, span_make(message, iv_at), data,
			 plain_len + trailer);
}

static enum rc cbc_open(const struct ike_suite *suite, struct span enc_key, struct span integ_key,
			struct span signed_part, struct span iv, struct span ciphertext,
			struct span icv, uint8_t *plain)
{
	uint8_t mac[ICV_MAX];
	TRY(full_mac(suite, integ_key, signed_part, mac));
	if (!secret_equal(span_make(mac, suite->integ->icv_len), icv))
		return RC_INTEGRITY;
	if (ciphertext.len % suite->encr->block_len != 0)
		return RC_SYNTAX;
	return cbc_decrypt(suite->encr, enc_key, iv.ptr, ciphertext.ptr, ciphertext.len, plain);
}

static enum rc open_either(const struct ike_suite *suite, struct span enc_key,
			   struct span integ_key, struct span aad, struct span signed_part,
			   struct span iv, struct span ciphertext, struct span icv, uint8_t *plain)
{
	if (!is_aead(suite))
		return cbc_open(suite, enc_key, integ_key, signed_part, iv, ciphertext, icv, plain);
	struct span sealed = { ciphertext.ptr, ciphertext.len + icv.len };
	return aead_open(suite->encr, enc_key, iv.ptr, aad, sealed, plain);
}

enum rc sk_open(const struct ike_suite *suite, struct span enc_key, struct span integ_key,
		struct span aad, struct span signed_part, struct span iv, struct span ciphertext,
		struct span icv, uint8_t *plain, size_t *plain_len)
{
	if (!keys_fit(suite, enc_key, integ_key) || ciphertext.ptr + ciphertext.len != icv.ptr)
		return RC_INTERNAL;
	if (iv.len != suite->encr->iv_len || icv.len != sk_icv_len(suite) || ciphertext.len == 0)
		return RC_INTEGRITY;
	TRY(open_either(suite, enc_key, integ_key, aad, signed_part, iv, ciphertext, icv, plain));
	/* §3.14: the padding's bytes may be anything, its length byte comes last */
	size_t pad = plain[ciphertext.len - 1];
	if (pad + 1 > ciphertext.len)
		return RC_SYNTAX;
	*plain_len = ciphertext.len - pad - 1;
	return RC_OK;
}
