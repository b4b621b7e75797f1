/* SPDX-License-Identifier: Apache-2.0 */
/* How much KEYMAT (RFC 7296 §2.17) each ESP and AH algorithm takes. */
#include "crypto/crypto.h"

struct esp_encr {
	uint16_t id;
	uint16_t fixed_bits; /* 0: 128, 192 or 256 by the Key Length attribute */
	uint8_t salt_len;
	bool aead; /* brings its own integrity */
};
static const struct esp_encr encr_lengths[] = {
	{ ENCR_3DES, 192, 0, false },
	{ ENCR_AES_CBC, 0, 0, false },
	{ ENCR_AES_CTR, 0, 4, false },	/* RFC 3686 §5.1 */
	{ ENCR_AES_CCM_8, 0, 3, true }, /* RFC 4309 §7.1 */
	{ ENCR_AES_CCM_12, 0, 3, true },
	{ ENCR_AES_CCM_16, 0, 3, true },
	{ ENCR_AES_GCM_8, 0, 4, true }, /* RFC 4106 §8.1 */
	{ ENCR_AES_GCM_12, 0, 4, true },
	{ ENCR_AES_GCM_16, 0, 4, true },
	{ ENCR_NULL_AUTH_AES_GMAC, 0, 4, true }, /* RFC 4543 §5.3 */
	{ ENCR_CAMELLIA_CBC, 0, 0, false },
	{ ENCR_CHACHA20_POLY1305, 256, 4, true }, /* RFC 7634 §2 */
};

struct esp_integ {
	uint16_t id;
	uint8_t key_len;
};
static const struct esp_integ integ_lengths[] = {
	{ INTEG_HMAC_MD5_96, 16 },	 { INTEG_HMAC_SHA1_96, 20 },
	{ INTEG_AES_XCBC_96, 16 },	 { INTEG_HMAC_SHA2_256_128, 32 },
	{ INTEG_HMAC_SHA2_384_192, 48 }, { INTEG_HMAC_SHA2_512_256, 64 },
};

static enum rc integ_length(uint16_t id, size_t *len)
{
	for (size_t i = 0; i < sizeof integ_lengths / sizeof *integ_lengths; i++)
		if (integ_lengths[i].id == id) {
			*len = integ_lengths[i].key_len;
			return RC_OK;
		}
	return RC_UNSUPPORTED;
}

static enum rc cipher_length(const struct esp_encr *encr, uint16_t bits, size_t *len)
{
	if (encr->fixed_bits != 0 && (bits == 0 || bits == encr->fixed_bits))
		bits = encr->fixed_bits;
	else if (encr->fixed_bits != 0 || (bits != 128 && bits != 192 && bits != 256))
		return RC_UNSUPPORTED;
	*len = bits / 8u + encr->salt_len;
	return RC_OK;
}

enum rc esp_key_lengths(uint16_t encr_id, uint16_t key_bits, uint16_t integ_id, size_t *encr_len,
			size_t *integ_len)
{
	size_t encr = 0, integ = 0;
	bool aead = false;
	if (encr_id == ENCR_NONE || encr_id == ENCR_NULL) { /* AH, or ESP without secrecy */
		if (key_bits != 0)
			return RC_UNSUPPORTED;
	} else {
		const struct esp_encr *found = NULL;
		for (size_t i = 0; i < sizeof encr_lengths / sizeof *encr_lengths; i++)
			if (encr_lengths[i].id == encr_id)
				found = &encr_lengths[i];
		if (found == NULL)
			return RC_UNSUPPORTED;
		TRY(cipher_length(found, key_bits, &encr));
		aead = found->aead;
	}
	/* RFC 8221 §4: encryption without integrity is never right, and AEADs take none beside
	 * their own. */
	if (aead != (integ_id == INTEG_NONE))
		return RC_UNSUPPORTED;
	if (!aead)
		TRY(integ_length(integ_id, &integ));
	*encr_len = encr;
	*integ_len = integ;
	return RC_OK;
}
