/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/algorithms.h"
#include "wire/iana.h"

const struct algorithm_encr kernel_algorithm_encrs[] = {
	/* id                     kernel's name                    ICV  salt  key bits */
	{ ENCR_AES_GCM_16, "rfc4106(gcm(aes))", 128, 4, { 128, 192, 256 } },
	{ ENCR_AES_GCM_12, "rfc4106(gcm(aes))", 96, 4, { 128, 192, 256 } },
	{ ENCR_AES_GCM_8, "rfc4106(gcm(aes))", 64, 4, { 128, 192, 256 } },
	{ ENCR_CHACHA20_POLY1305, "rfc7539esp(chacha20,poly1305)", 128, 4, { 256 } },
	{ ENCR_AES_CCM_16, "rfc4309(ccm(aes))", 128, 3, { 128, 192, 256 } },
	{ ENCR_AES_CCM_12, "rfc4309(ccm(aes))", 96, 3, { 128, 192, 256 } },
	{ ENCR_AES_CCM_8, "rfc4309(ccm(aes))", 64, 3, { 128, 192, 256 } },
	{ ENCR_NULL_AUTH_AES_GMAC, "rfc4543(gcm(aes))", 128, 4, { 128, 192, 256 } },
	{ ENCR_AES_CBC, "cbc(aes)", 0, 0, { 128, 192, 256 } },
	{ ENCR_AES_CTR, "rfc3686(ctr(aes))", 0, 4, { 128, 192, 256 } },
	{ ENCR_CAMELLIA_CBC, "cbc(camellia)", 0, 0, { 128, 192, 256 } },
	{ ENCR_3DES, "cbc(des3_ede)", 0, 0, { 192 } },
	{ ENCR_NULL, "ecb(cipher_null)", 0, 0, { 0 } },
};
const unsigned kernel_algorithm_encr_count =
	sizeof kernel_algorithm_encrs / sizeof kernel_algorithm_encrs[0];

const struct algorithm_integ kernel_algorithm_integs[] = {
	/* id                       kernel's name   key  ICV */
	{ INTEG_HMAC_SHA2_256_128, "hmac(sha256)", 256, 128 },
	{ INTEG_HMAC_SHA2_384_192, "hmac(sha384)", 384, 192 },
	{ INTEG_HMAC_SHA2_512_256, "hmac(sha512)", 512, 256 },
	{ INTEG_HMAC_SHA1_96, "hmac(sha1)", 160, 96 },
	{ INTEG_AES_XCBC_96, "xcbc(aes)", 128, 96 },
	{ INTEG_HMAC_MD5_96, "hmac(md5)", 128, 96 },
};
const unsigned kernel_algorithm_integ_count =
	sizeof kernel_algorithm_integs / sizeof kernel_algorithm_integs[0];

const struct algorithm_encr *kernel_algorithm_encr(uint16_t id)
{
	for (unsigned i = 0; i < kernel_algorithm_encr_count; i++)
		if (kernel_algorithm_encrs[i].id == id)
			return &kernel_algorithm_encrs[i];
	return NULL;
}

const struct algorithm_integ *kernel_algorithm_integ(uint16_t id)
{
	for (unsigned i = 0; i < kernel_algorithm_integ_count; i++)
		if (kernel_algorithm_integs[i].id == id)
			return &kernel_algorithm_integs[i];
	return NULL;
}

int kernel_algorithm_key_bytes(const struct algorithm_encr *algorithm, uint16_t bits)
{
	if (bits == 0 && algorithm->bits[1] == 0)
		return algorithm->bits[0] / 8 + algorithm->salt;
	for (unsigned i = 0; i < 3; i++)
		if (bits != 0 && algorithm->bits[i] == bits)
			return bits / 8 + algorithm->salt;
	return -1;
}
