/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM over bytes of our own, which come back to us from others. */
#include "crypto/cipher.h"

static enum rc box_alg(struct span key, const struct encr_alg **out)
{
	*out = crypto_encr(ENCR_AES_GCM_16);
	if (*out == NULL)
		return RC_UNSUPPORTED;
	return key.len == BOX_KEY_LEN ? RC_OK : RC_INTERNAL;
}

enum rc box_seal(struct span key, const uint8_t iv[BOX_IV_LEN], struct span aad, uint8_t *data,
		 size_t len)
{
	const struct encr_alg *alg;

	TRY(box_alg(key, &alg));
	return aead_seal(alg, key, iv, aad, data, len);
}

enum rc box_open(struct span key, const uint8_t iv[BOX_IV_LEN], struct span aad, struct span sealed,
		 uint8_t *plain)
{
	const struct encr_alg *alg;

	TRY(box_alg(key, &alg));
	if (sealed.len < BOX_TAG_LEN)
		return RC_INTEGRITY;
	return aead_open(alg, key, iv, aad, sealed, plain);
}
