/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's numbers for algorithms, beside those of IKEv2 that the project counts in (RFC 2409
 * appendix A, RFC 2407 §4.4, RFC 4106, RFC 4868, RFC 4543). */
#include "proposal/isakmp_words.h"

struct pair {
	uint16_t v2, v1;
};
static const struct pair phase1_ciphers[] = {
	{ ENCR_AES_CBC, OAKLEY_AES_CBC },
	{ ENCR_3DES, OAKLEY_3DES_CBC },
	{ ENCR_CAMELLIA_CBC, OAKLEY_CAMELLIA_CBC },
	{ 0, 0 },
};
static const struct pair hashes[] = {
	{ INTEG_HMAC_MD5_96, OAKLEY_MD5 },
	{ INTEG_HMAC_SHA1_96, OAKLEY_SHA1 },
	{ INTEG_HMAC_SHA2_256_128, OAKLEY_SHA2_256 },
	{ INTEG_HMAC_SHA2_384_192, OAKLEY_SHA2_384 },
	{ INTEG_HMAC_SHA2_512_256, OAKLEY_SHA2_512 },
	{ 0, 0 },
};
static const struct pair prfs[] = {
	{ INTEG_HMAC_MD5_96, PRF_HMAC_MD5 },
	{ INTEG_HMAC_SHA1_96, PRF_HMAC_SHA1 },
	{ INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256 },
	{ INTEG_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384 },
	{ INTEG_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512 },
	{ 0, 0 },
};
static const struct pair esp_ciphers[] = {
	{ ENCR_3DES, 3 },
	{ ENCR_NULL, 11 },
	{ ENCR_AES_CBC, 12 },
	{ ENCR_AES_CTR, 13 },
	{ ENCR_AES_CCM_8, 14 },
	{ ENCR_AES_CCM_12, 15 },
	{ ENCR_AES_CCM_16, 16 },
	{ ENCR_AES_GCM_8, 18 },
	{ ENCR_AES_GCM_12, 19 },
	{ ENCR_AES_GCM_16, 20 },
	{ ENCR_CAMELLIA_CBC, 22 },
	{ ENCR_NULL_AUTH_AES_GMAC, 23 },
	{ 0, 0 },
};
static const struct pair esp_integrity[] = {
	{ INTEG_HMAC_MD5_96, IPSEC_AUTH_HMAC_MD5 },
	{ INTEG_HMAC_SHA1_96, IPSEC_AUTH_HMAC_SHA },
	{ INTEG_HMAC_SHA2_256_128, IPSEC_AUTH_HMAC_SHA2_256 },
	{ INTEG_HMAC_SHA2_384_192, IPSEC_AUTH_HMAC_SHA2_384 },
	{ INTEG_HMAC_SHA2_512_256, IPSEC_AUTH_HMAC_SHA2_512 },
	{ INTEG_AES_XCBC_96, IPSEC_AUTH_AES_XCBC },
	{ 0, 0 },
};
static const struct pair ah_transforms[] = {
	{ INTEG_HMAC_MD5_96, 2 },
	{ INTEG_HMAC_SHA1_96, 3 },
	{ INTEG_HMAC_SHA2_256_128, 5 },
	{ INTEG_HMAC_SHA2_384_192, 6 },
	{ INTEG_HMAC_SHA2_512_256, 7 },
	{ INTEG_AES_XCBC_96, 9 },
	{ 0, 0 },
};

static uint16_t v1_of(const struct pair *pairs, uint16_t v2)
{
	for (; pairs->v2 != 0; pairs++)
		if (pairs->v2 == v2)
			return pairs->v1;
	return 0;
}

static uint16_t v2_of(const struct pair *pairs, uint16_t v1)
{
	for (; pairs->v2 != 0; pairs++)
		if (pairs->v1 == v1)
			return pairs->v2;
	return 0;
}

uint16_t oakley_of_encr(uint16_t encr)
{
	return v1_of(phase1_ciphers, encr);
}

uint16_t oakley_of_integ(uint16_t integ)
{
	return v1_of(hashes, integ);
}

uint16_t ipsec_of_integ(uint16_t integ)
{
	return v1_of(esp_integrity, integ);
}

uint8_t ipsec_transform_of_encr(uint16_t encr)
{
	return (uint8_t)v1_of(esp_ciphers, encr);
}

uint8_t ipsec_transform_of_ah(uint16_t integ)
{
	return (uint8_t)v1_of(ah_transforms, integ);
}

uint16_t encr_of_oakley(uint16_t number)
{
	return v2_of(phase1_ciphers, number);
}

uint16_t integ_of_oakley(uint16_t number)
{
	return v2_of(hashes, number);
}

uint16_t integ_of_ipsec(uint16_t number)
{
	return v2_of(esp_integrity, number);
}

uint16_t encr_of_ipsec_transform(uint8_t number)
{
	return v2_of(esp_ciphers, number);
}

uint16_t integ_of_ah_transform(uint8_t number)
{
	return v2_of(ah_transforms, number);
}

uint16_t prf_of_integ(uint16_t integ)
{
	return v1_of(prfs, integ);
}
