/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7296 §2.13: the PRF and prf+. All our PRFs are HMACs: keys of any length, preferred length =
 * output. */
#include <string.h>
#include "crypto/algorithms.h"
#include "crypto/prf.h"

#define PRF_PLUS_PARTS_MAX 8

enum rc prf_parts(const struct prf_alg *prf, struct span key, const struct span *parts,
		  size_t count, uint8_t *out)
{
	struct hmac hmac;
	enum rc rc = hmac_open(&hmac, prf_hash(prf));
	if (rc == RC_OK)
		rc = hmac_key(&hmac, &key, 1);
	if (rc == RC_OK)
		rc = hmac_run(&hmac, parts, count, out);
	hmac_close(&hmac);
	return rc;
}

enum rc prf_expand(struct hmac *hmac, const struct span *parts, size_t count, uint8_t *out,
		   size_t out_len)
{
	size_t len = hmac->hash->len;
	uint8_t block[HASH_LEN_MAX], number = 0;
	struct span all[PRF_PLUS_PARTS_MAX + 2] = { span_make(block, 0) };
	if (count > PRF_PLUS_PARTS_MAX || out_len > 255 * len)
		return RC_LIMIT;
	for (size_t i = 0; i < count; i++)
		all[i + 1] = parts[i];
	all[count + 1] = span_make(&number, 1);
	enum rc rc = RC_OK;
	for (size_t done = 0; done < out_len && rc == RC_OK; done += len) {
		size_t take = out_len - done < len ? out_len - done : len;
		number++;
		rc = hmac_run(hmac, all, count + 2, block);
		memcpy(out + done, block, take);
		all[0].len = len;
	}
	wipe(block, sizeof block);
	return rc;
}

enum rc prf_plus(const struct prf_alg *prf, struct span key, const struct span *parts, size_t count,
		 uint8_t *out, size_t out_len)
{
	struct hmac hmac;
	enum rc rc = hmac_open(&hmac, prf_hash(prf));
	if (rc == RC_OK)
		rc = hmac_key(&hmac, &key, 1);
	if (rc == RC_OK)
		rc = prf_expand(&hmac, parts, count, out, out_len);
	hmac_close(&hmac);
	return rc;
}
