/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7296 §2.14, §2.15, §2.17, §2.18: from g^ir and nonces to the keys of an IKE SA, its Child
 * SAs, and to the AUTH value of a shared key. */
#include <string.h>
#include "crypto/algorithms.h"
#include "crypto/prf.h"

#define NONCE_MAX 256 /* §3.9 */

static size_t key_len(const struct ike_suite *suite, enum ike_key which)
{
	switch (which) {
	case SK_d:
	case SK_pi:
	case SK_pr:
		return suite->prf->len;
	case SK_ai:
	case SK_ar:
		return suite->integ != NULL ? suite->integ->key_len : 0;
	case SK_ei:
	case SK_er:
		return encr_key_len(suite->encr, suite->encr_key_bits) + suite->encr->salt_len;
	}
	return 0;
}

static size_t block_len(const struct ike_suite *suite)
{
	size_t len = 0;
	for (int which = SK_d; which <= SK_pr; which++)
		len += key_len(suite, (enum ike_key)which);
	return len;
}

struct span ike_key(const struct ike_keys *keys, const struct ike_suite *suite, enum ike_key which)
{
	size_t at = 0;
	for (int before = SK_d; before < (int)which; before++)
		at += key_len(suite, (enum ike_key)before);
	size_t len = key_len(suite, which);
	if (at + len > keys->block.len)
		return SPAN_NONE;
	return span_make(keys->block.ptr + at, len);
}

void ike_keys_wipe(struct ike_keys *keys)
{
	secret_wipe(&keys->block);
}

static void put_u64(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static bool nonces_fit(struct span ni, struct span nr)
{
	return ni.len <= NONCE_MAX && nr.len <= NONCE_MAX;
}

/* {SK_d | SK_ai | ...} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr) */
static enum rc expand_keys(const struct ike_suite *suite, struct hmac *hmac, struct span skeyseed,
			   struct span ni, struct span nr, uint64_t spi_i, uint64_t spi_r,
			   struct ike_keys *out)
{
	uint8_t spis[16];
	struct secret block = { NULL, 0 };
	put_u64(spis, spi_i);
	put_u64(spis + 8, spi_r);
	struct span seed[] = { ni, nr, SPAN_OF(spis) };
	enum rc rc = hmac_key(hmac, &skeyseed, 1);
	if (rc == RC_OK)
		rc = secret_alloc(&block, block_len(suite));
	if (rc == RC_OK)
		rc = prf_expand(hmac, seed, 3, block.ptr, block.len);
	if (rc == RC_OK)
		secret_move(&out->block, &block);
	secret_wipe(&block);
	return rc;
}

enum rc ike_keys_derive(const struct ike_suite *suite, struct span ni, struct span nr,
			struct span shared, uint64_t spi_i, uint64_t spi_r, struct ike_keys *out)
{
	struct hmac hmac;
	uint8_t skeyseed[PRF_MAX];
	struct span nonces[] = { ni, nr };
	if (!nonces_fit(ni, nr))
		return RC_LIMIT;
	enum rc rc = hmac_open(&hmac, prf_hash(suite->prf));
	if (rc == RC_OK)
		rc = hmac_key(&hmac, nonces, 2);
	if (rc == RC_OK)
		rc = hmac_run(&hmac, &shared, 1, skeyseed);
	if (rc == RC_OK)
		rc = expand_keys(suite, &hmac, span_make(skeyseed, suite->prf->len), ni, nr, spi_i,
				 spi_r, out);
	hmac_close(&hmac);
	wipe(skeyseed, sizeof skeyseed);
	return rc;
}

enum rc ike_keys_follow(const struct ike_suite *old_suite, const struct ike_keys *old,
			const struct ike_suite *suite, struct span first, struct span ni,
			struct span nr, struct span later, uint64_t spi_i, uint64_t spi_r,
			struct ike_keys *out)
{
	struct hmac hmac;
	uint8_t skeyseed[PRF_MAX];
	struct span parts[] = { first, ni, nr, later };
	if (!nonces_fit(ni, nr))
		return RC_LIMIT;
	TRY(prf_parts(old_suite->prf, ike_key(old, old_suite, SK_d), parts, 4, skeyseed));
	enum rc rc = hmac_open(&hmac, prf_hash(suite->prf));
	if (rc == RC_OK)
		rc = expand_keys(suite, &hmac, span_make(skeyseed, old_suite->prf->len), ni, nr,
				 spi_i, spi_r, out);
	hmac_close(&hmac);
	wipe(skeyseed, sizeof skeyseed);
	return rc;
}

enum rc ike_keys_rekey(const struct ike_suite *old_suite, const struct ike_keys *old,
		       const struct ike_suite *suite, struct span shared, struct span ni,
		       struct span nr, uint64_t spi_i, uint64_t spi_r, struct ike_keys *out)
{
	return ike_keys_follow(old_suite, old, suite, shared, ni, nr, SPAN_NONE, spi_i, spi_r, out);
}

enum rc ike_keys_mix_ppk(const struct ike_suite *suite, const struct ike_keys *keys,
			 struct span ppk, struct ike_keys *out)
{
	static const enum ike_key mixed[] = { SK_d, SK_pi, SK_pr };
	struct ike_keys made = { .block = { NULL, 0 } };
	enum rc rc = secret_set(&made.block, secret_span(&keys->block));
	for (size_t i = 0; rc == RC_OK && i < sizeof mixed / sizeof *mixed; i++) {
		struct span seed = ike_key(keys, suite, mixed[i]);
		size_t at = (size_t)(seed.ptr - keys->block.ptr);
		rc = prf_plus(suite->prf, ppk, &seed, 1, made.block.ptr + at, seed.len);
	}
	if (rc == RC_OK)
		secret_move(&out->block, &made.block);
	ike_keys_wipe(&made);
	return rc;
}

enum rc ike_keys_resume(const struct ike_suite *suite, struct span sk_d, struct span ni,
			struct span nr, uint64_t spi_i, uint64_t spi_r, struct ike_keys *out)
{
	static const char label[] = { 'R', 'e', 's', 'u', 'm', 'p', 't', 'i', 'o', 'n' };
	struct span parts[] = { SPAN_OF(label), ni, nr };
	uint8_t skeyseed[PRF_MAX];
	struct hmac hmac;
	if (!nonces_fit(ni, nr))
		return RC_LIMIT;
	TRY(prf_parts(suite->prf, sk_d, parts, 3, skeyseed));
	enum rc rc = hmac_open(&hmac, prf_hash(suite->prf));
	if (rc == RC_OK)
		rc = expand_keys(suite, &hmac, span_make(skeyseed, suite->prf->len), ni, nr, spi_i,
				 spi_r, out);
	hmac_close(&hmac);
	wipe(skeyseed, sizeof skeyseed);
	return rc;
}

enum rc child_keymat_follow(const struct ike_suite *suite, const struct ike_keys *keys,
			    struct span first, struct span ni, struct span nr, struct span later,
			    size_t len, struct secret *out)
{
	struct span seed[] = { first, ni, nr, later };
	struct secret keymat = { NULL, 0 };
	TRY(secret_alloc(&keymat, len));
	enum rc rc = prf_plus(suite->prf, ike_key(keys, suite, SK_d), seed, 4, keymat.ptr, len);
	if (rc == RC_OK)
		secret_move(out, &keymat);
	secret_wipe(&keymat);
	return rc;
}

enum rc child_keymat(const struct ike_suite *suite, const struct ike_keys *keys, struct span shared,
		     struct span ni, struct span nr, size_t len, struct secret *out)
{
	return child_keymat_follow(suite, keys, shared, ni, nr, SPAN_NONE, len, out);
}

static enum rc auth_value(struct hmac *hmac, struct span psk, struct span message,
			  struct span nonce, struct span sk_p, struct span id_body,
			  struct span int_auth, uint8_t *out)
{
	static const char pad[] = "Key Pad for IKEv2"; /* §2.15: without its NUL */
	struct span pad_span = span_make(pad, sizeof pad - 1);
	uint8_t maced_id[PRF_MAX], padded[PRF_MAX];
	size_t len = hmac->hash->len;
	struct span signed_octets[] = { message, nonce, span_make(maced_id, len), int_auth };
	struct span auth_key = span_make(padded, len);
	enum rc rc = hmac_key(hmac, &sk_p, 1);
	if (rc == RC_OK)
		rc = hmac_run(hmac, &id_body, 1, maced_id);
	if (rc == RC_OK)
		rc = hmac_key(hmac, &psk, 1);
	if (rc == RC_OK)
		rc = hmac_run(hmac, &pad_span, 1, padded);
	if (rc == RC_OK)
		rc = hmac_key(hmac, &auth_key, 1);
	if (rc == RC_OK)
		rc = hmac_run(hmac, signed_octets, 4, out);
	wipe(maced_id, sizeof maced_id);
	wipe(padded, sizeof padded);
	return rc;
}

enum rc auth_psk(const struct ike_suite *suite, struct span psk, struct span message,
		 struct span nonce, struct span sk_p, struct span id_body, struct span int_auth,
		 uint8_t *out)
{
	struct hmac hmac;
	enum rc rc = hmac_open(&hmac, prf_hash(suite->prf));
	if (rc == RC_OK)
		rc = auth_value(&hmac, psk, message, nonce, sk_p, id_body, int_auth, out);
	hmac_close(&hmac);
	return rc;
}
