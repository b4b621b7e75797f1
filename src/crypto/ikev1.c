/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 2409 §5 and appendix B: from g^xy, nonces and cookies to the keys of an ISAKMP SA, to the
 * hashes that prove them, and to the keys of its IPsec SAs. */
#include "crypto/ikev1.h"
#include <string.h>
#include "crypto/algorithms.h"

#define NONCE_MAX 256 /* §5 */

static size_t key_len(const struct ike_suite *suite, enum ikev1_key which)
{
	if (which == IKEV1_ENCRYPTION)
		return encr_key_len(suite->encr, suite->encr_key_bits);
	return suite->prf->len;
}

struct span ikev1_key(const struct ike_keys *keys, const struct ike_suite *suite,
		      enum ikev1_key which)
{
	size_t at = (size_t)which * suite->prf->len, len = key_len(suite, which);
	if (at + len > keys->block.len)
		return SPAN_NONE;
	return span_make(keys->block.ptr + at, len);
}

static void put_cookies(uint8_t out[16], uint64_t first, uint64_t second)
{
	for (int i = 0; i < 8; i++) {
		out[i] = (uint8_t)(first >> (56 - 8 * i));
		out[8 + i] = (uint8_t)(second >> (56 - 8 * i));
	}
}

/* prf(psk, Ni_b | Nr_b), or with signatures prf(Ni_b | Nr_b, g^xy). */
static enum rc skeyid_make(struct hmac *hmac, const struct ikev1_exchange *exchange,
			   struct span psk, uint8_t *out)
{
	struct span nonces[] = { exchange->ni, exchange->nr };
	if (psk.ptr == NULL) {
		TRY(hmac_key(hmac, nonces, 2));
		return hmac_run(hmac, &exchange->shared, 1, out);
	}
	TRY(hmac_key(hmac, &psk, 1));
	return hmac_run(hmac, nonces, 2, out);
}

/* SKEYID_d, SKEYID_a, SKEYID_e behind the SKEYID that is at `block` already: each is
 * prf(SKEYID, the one before | g^xy | CKY-I | CKY-R | 0, 1, 2). */
static enum rc skeyids_make(struct hmac *hmac, const struct ikev1_exchange *exchange,
			    uint8_t *block)
{
	uint8_t cookies[16], number = 0;
	size_t len = hmac->hash->len;
	struct span skeyid = { block, len };
	put_cookies(cookies, exchange->cky_i, exchange->cky_r);
	TRY(hmac_key(hmac, &skeyid, 1));
	for (uint8_t *at = block + len; number < 3; number++, at += len) {
		struct span before = { at - len, number == 0 ? 0 : len };
		struct span parts[] = { before, exchange->shared, SPAN_OF(cookies),
					span_make(&number, 1) };
		TRY(hmac_run(hmac, parts, 4, at));
	}
	return RC_OK;
}

/* Appendix B: the front of SKEYID_e, or where that is too short of K1 | K2 | ..., with K1 =
 * prf(SKEYID_e, 0) and each next the prf of the one before. */
static enum rc encryption_key_make(struct hmac *hmac, struct span skeyid_e, uint8_t *out,
				   size_t out_len)
{
	static const uint8_t zero;
	uint8_t block[HASH_LEN_MAX];
	struct span before = { &zero, 1 };
	enum rc rc = RC_OK;
	if (out_len <= skeyid_e.len) {
		memcpy(out, skeyid_e.ptr, out_len);
		return RC_OK;
	}
	TRY(hmac_key(hmac, &skeyid_e, 1));
	for (size_t done = 0; done < out_len && rc == RC_OK; done += skeyid_e.len) {
		size_t left = out_len - done;
		rc = hmac_run(hmac, &before, 1, block);
		memcpy(out + done, block, left < skeyid_e.len ? left : skeyid_e.len);
		before = span_make(block, skeyid_e.len);
	}
	wipe(block, sizeof block);
	return rc;
}

static enum rc keys_fill(const struct ike_suite *suite, const struct ikev1_exchange *exchange,
			 struct span psk, struct ike_keys *keys)
{
	struct hmac hmac;
	enum rc rc = hmac_open(&hmac, prf_hash(suite->prf));
	if (rc == RC_OK)
		rc = skeyid_make(&hmac, exchange, psk, keys->block.ptr);
	if (rc == RC_OK)
		rc = skeyids_make(&hmac, exchange, keys->block.ptr);
	if (rc == RC_OK)
		rc = encryption_key_make(&hmac, ikev1_key(keys, suite, IKEV1_SKEYID_e),
					 keys->block.ptr + 4 * (size_t)suite->prf->len,
					 key_len(suite, IKEV1_ENCRYPTION));
	hmac_close(&hmac);
	return rc;
}

enum rc ikev1_keys_derive(const struct ike_suite *suite, const struct ikev1_exchange *exchange,
			  struct span psk, struct ike_keys *out)
{
	struct ike_keys keys = { { NULL, 0 } };
	if (exchange->ni.len > NONCE_MAX || exchange->nr.len > NONCE_MAX)
		return RC_LIMIT;
	if (suite->encr->icv_len != 0)
		return RC_UNSUPPORTED;
	TRY(secret_alloc(&keys.block,
			 4 * (size_t)suite->prf->len + key_len(suite, IKEV1_ENCRYPTION)));
	enum rc rc = keys_fill(suite, exchange, psk, &keys);
	if (rc == RC_OK)
		secret_move(&out->block, &keys.block);
	secret_wipe(&keys.block);
	return rc;
}

enum rc ikev1_psk_check(const struct ike_suite *suite, const struct ike_keys *keys,
			const struct ikev1_exchange *exchange, struct span psk)
{
	uint8_t skeyid[HASH_LEN_MAX];
	struct hmac hmac;
	enum rc rc = hmac_open(&hmac, prf_hash(suite->prf));
	if (rc == RC_OK)
		rc = skeyid_make(&hmac, exchange, psk, skeyid);
	hmac_close(&hmac);
	if (rc == RC_OK &&
	    !secret_equal(span_make(skeyid, suite->prf->len), ikev1_key(keys, suite, IKEV1_SKEYID)))
		rc = RC_AUTH_FAILED;
	wipe(skeyid, sizeof skeyid);
	return rc;
}

enum rc ikev1_hash_auth(const struct ike_suite *suite, const struct prf_alg *prf,
			const struct ike_keys *keys, const struct ikev1_exchange *exchange,
			bool of_initiator, struct span sa_body, struct span id_body, uint8_t *out)
{
	uint8_t cookies[16];
	struct span parts[] = { exchange->public_i, exchange->public_r, SPAN_OF(cookies), sa_body,
				id_body };
	put_cookies(cookies, exchange->cky_i, exchange->cky_r);
	if (!of_initiator) {
		parts[0] = exchange->public_r;
		parts[1] = exchange->public_i;
		put_cookies(cookies, exchange->cky_r, exchange->cky_i);
	}
	return prf_parts(prf, ikev1_key(keys, suite, IKEV1_SKEYID), parts, 5, out);
}

enum rc ikev1_hash(const struct ike_suite *suite, const struct ike_keys *keys,
		   const struct span *parts, size_t count, uint8_t *out)
{
	return prf_parts(suite->prf, ikev1_key(keys, suite, IKEV1_SKEYID_a), parts, count, out);
}

static enum rc keymat_expand(struct hmac *hmac, const struct span *parts, size_t count, size_t len,
			     uint8_t *out)
{
	struct span all[6] = { { out, 0 } };
	uint8_t block[HASH_LEN_MAX];
	size_t step = hmac->hash->len;
	enum rc rc = RC_OK;
	memcpy(all + 1, parts, count * sizeof *parts);
	for (size_t done = 0; done < len && rc == RC_OK; done += step) {
		rc = hmac_run(hmac, all, count + 1, block);
		memcpy(out + done, block, len - done < step ? len - done : step);
		all[0] = span_make(block, step);
	}
	wipe(block, sizeof block);
	return rc;
}

enum rc ikev1_keymat(const struct ike_suite *suite, const struct ike_keys *keys, struct span shared,
		     uint8_t protocol, uint32_t spi, struct span ni, struct span nr, size_t len,
		     uint8_t *out)
{
	uint8_t sa[5] = { protocol, (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8),
			  (uint8_t)spi };
	struct span parts[] = { shared, SPAN_OF(sa), ni, nr };
	struct span skeyid_d = ikev1_key(keys, suite, IKEV1_SKEYID_d);
	struct hmac hmac;
	if (ni.len > NONCE_MAX || nr.len > NONCE_MAX)
		return RC_LIMIT;
	enum rc rc = hmac_open(&hmac, prf_hash(suite->prf));
	if (rc == RC_OK)
		rc = hmac_key(&hmac, &skeyid_d, 1);
	if (rc == RC_OK)
		rc = keymat_expand(&hmac, parts, 4, len, out);
	hmac_close(&hmac);
	return rc;
}
