/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"
#include <limits.h>
#include <string.h>
#include "base/secret.h"
#include "crypto/nss.h"

const struct hash_alg hash_alg_md5 = { SEC_OID_MD5, 16, 64 };
const struct hash_alg hash_alg_sha1 = { SEC_OID_SHA1, 20, 64 };
const struct hash_alg hash_alg_sha256 = { SEC_OID_SHA256, 32, 64 };
const struct hash_alg hash_alg_sha384 = { SEC_OID_SHA384, 48, 128 };
const struct hash_alg hash_alg_sha512 = { SEC_OID_SHA512, 64, 128 };

static enum rc digest_add(PK11Context *digest, const struct span *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len == 0)
			continue;
		if (parts[i].len > INT_MAX)
			return RC_LIMIT;
		if (PK11_DigestOp(digest, parts[i].ptr, (unsigned)parts[i].len) != SECSuccess)
			return nss_rc();
	}
	return RC_OK;
}

static enum rc digest_end(PK11Context *digest, const struct hash_alg *hash, uint8_t *out)
{
	unsigned len = 0;
	if (PK11_DigestFinal(digest, out, &len, hash->len) != SECSuccess)
		return nss_rc();
	return len == hash->len ? RC_OK : RC_INTERNAL;
}

/* hash(block | parts), where block (may be empty) is one of HMAC's two pads. */
static enum rc digest_run(PK11Context *digest, const struct hash_alg *hash, struct span block,
			  const struct span *parts, size_t count, uint8_t *out)
{
	if (PK11_DigestBegin(digest) != SECSuccess)
		return nss_rc();
	TRY(digest_add(digest, &block, 1));
	TRY(digest_add(digest, parts, count));
	return digest_end(digest, hash, out);
}

enum rc hmac_open(struct hmac *hmac, const struct hash_alg *hash)
{
	hmac->hash = hash;
	hmac->digest = PK11_CreateDigestContext(hash->tag);
	return hmac->digest != NULL ? RC_OK : nss_rc();
}

void hmac_close(struct hmac *hmac)
{
	if (hmac->digest != NULL)
		PK11_DestroyContext(hmac->digest, PR_TRUE);
	wipe(hmac, sizeof *hmac);
}

enum rc hmac_key(struct hmac *hmac, const struct span *parts, size_t count)
{
	size_t block = hmac->hash->block, len = 0;
	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	memset(hmac->inner, 0, sizeof hmac->inner);
	if (len > block) {
		TRY(digest_run(hmac->digest, hmac->hash, SPAN_NONE, parts, count, hmac->inner));
	} else {
		uint8_t *to = hmac->inner;
		for (size_t i = 0; i < count; to += parts[i].len, i++)
			if (parts[i].len != 0)
				memcpy(to, parts[i].ptr, parts[i].len);
	}
	for (size_t i = 0; i < block; i++) {
		hmac->outer[i] = hmac->inner[i] ^ 0x5c;
		hmac->inner[i] ^= 0x36;
	}
	return RC_OK;
}

enum rc hmac_run(struct hmac *hmac, const struct span *parts, size_t count, uint8_t *out)
{
	size_t block = hmac->hash->block;
	struct span inner = span_make(out, hmac->hash->len);
	TRY(digest_run(hmac->digest, hmac->hash, span_make(hmac->inner, block), parts, count, out));
	return digest_run(hmac->digest, hmac->hash, span_make(hmac->outer, block), &inner, 1, out);
}

enum rc hash_parts(const struct hash_alg *alg, const struct span *parts, size_t count, uint8_t *out)
{
	PK11Context *digest = PK11_CreateDigestContext(alg->tag);
	if (digest == NULL)
		return nss_rc();
	enum rc rc = digest_run(digest, alg, SPAN_NONE, parts, count, out);
	PK11_DestroyContext(digest, PR_TRUE);
	return rc;
}
