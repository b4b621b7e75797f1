/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>
#include "proposal/words.h"

#define WEAK_CIPHER  "it is broken or too small (RFC 8247); use aes_gcm256 or aes256"
#define OTHER_CIPHER "use aes_gcm256, chacha20_poly1305 or aes256"
#define WEAK_HASH    "it is broken (RFC 8247); use sha2_256 or sha2_512"
#define OTHER_HASH   "use sha2_256 or sha2_512"
#define WEAK_GROUP   "it is too small to be safe (RFC 8247); use dh31, dh19 or dh14"
#define WEAK_KEM     "use ml_kem_768 or ml_kem_1024"
#define OTHER_GROUP  "use dh31, dh19, dh20, dh21 or dh14"

/* Words are compared without underscores and in lower case. */
struct cipher_word {
	const char *word;
	uint16_t id;
};

/* Libreswan: the key size follows (aes_gcm_16_256, aes_gcm_c_256, aes_gcm256). */
static const struct cipher_word ciphers[] = {
	{ "aes", ENCR_AES_CBC },
	{ "aescbc", ENCR_AES_CBC },
	{ "aesctr", ENCR_AES_CTR },
	{ "aesgcm", ENCR_AES_GCM_16 },
	{ "aesgcm8", ENCR_AES_GCM_8 },
	{ "aesgcm12", ENCR_AES_GCM_12 },
	{ "aesgcm16", ENCR_AES_GCM_16 },
	{ "aesgcma", ENCR_AES_GCM_8 },
	{ "aesgcmb", ENCR_AES_GCM_12 },
	{ "aesgcmc", ENCR_AES_GCM_16 },
	{ "aesccm", ENCR_AES_CCM_16 },
	{ "aesccm8", ENCR_AES_CCM_8 },
	{ "aesccm12", ENCR_AES_CCM_12 },
	{ "aesccm16", ENCR_AES_CCM_16 },
	{ "aesccma", ENCR_AES_CCM_8 },
	{ "aesccmb", ENCR_AES_CCM_12 },
	{ "aesccmc", ENCR_AES_CCM_16 },
	{ "nullauthaesgmac", ENCR_NULL_AUTH_AES_GMAC },
	{ "aesgmac", ENCR_NULL_AUTH_AES_GMAC },
	{ "camellia", ENCR_CAMELLIA_CBC },
	{ "camelliacbc", ENCR_CAMELLIA_CBC },
};

/* No key size. */
static const struct cipher_word fixed_ciphers[] = {
	{ "chacha20poly1305", ENCR_CHACHA20_POLY1305 },
	{ "3des", ENCR_3DES },
	{ "3descbc", ENCR_3DES },
	{ "null", ENCR_NULL },
};

/* strongSwan: the key size stands in the middle (aes256gcm16, aes256ccm128: ICV in bytes or bits).
 */
static const struct cipher_word cipher_tails[] = {
	{ "cbc", ENCR_AES_CBC },
	{ "ctr", ENCR_AES_CTR },
	{ "gcm", ENCR_AES_GCM_16 },
	{ "gcm8", ENCR_AES_GCM_8 },
	{ "gcm12", ENCR_AES_GCM_12 },
	{ "gcm16", ENCR_AES_GCM_16 },
	{ "gcm64", ENCR_AES_GCM_8 },
	{ "gcm96", ENCR_AES_GCM_12 },
	{ "gcm128", ENCR_AES_GCM_16 },
	{ "ccm", ENCR_AES_CCM_16 },
	{ "ccm8", ENCR_AES_CCM_8 },
	{ "ccm12", ENCR_AES_CCM_12 },
	{ "ccm16", ENCR_AES_CCM_16 },
	{ "ccm64", ENCR_AES_CCM_8 },
	{ "ccm96", ENCR_AES_CCM_12 },
	{ "ccm128", ENCR_AES_CCM_16 },
	{ "gmac", ENCR_NULL_AUTH_AES_GMAC },
};

struct plain_word {
	const char *word;
	struct word meaning;
};
#define HASH(text, integ, prf)                                                                     \
	{                                                                                          \
		text,                                                                              \
		{                                                                                  \
			WORD_HASH, integ, prf, 0, NULL                                             \
		}                                                                                  \
	}
#define INTEG(text, integ)                                                                         \
	{                                                                                          \
		text,                                                                              \
		{                                                                                  \
			WORD_INTEG, integ, 0, 0, NULL                                              \
		}                                                                                  \
	}
#define PRF(text, prf)                                                                             \
	{                                                                                          \
		text,                                                                              \
		{                                                                                  \
			WORD_PRF, prf, prf, 0, NULL                                                \
		}                                                                                  \
	}
#define GROUP(text, id)                                                                            \
	{                                                                                          \
		text,                                                                              \
		{                                                                                  \
			WORD_DH, id, 0, 0, NULL                                                    \
		}                                                                                  \
	}
#define ESN(text, id)                                                                              \
	{                                                                                          \
		text,                                                                              \
		{                                                                                  \
			WORD_ESN, id, 0, 0, NULL                                                   \
		}                                                                                  \
	}
#define REFUSED(text, advice)                                                                      \
	{                                                                                          \
		text,                                                                              \
		{                                                                                  \
			WORD_REFUSED, 0, 0, 0, advice                                              \
		}                                                                                  \
	}

static const struct plain_word words[] = {
	HASH("sha", INTEG_HMAC_SHA1_96, PRF_HMAC_SHA1),
	HASH("sha1", INTEG_HMAC_SHA1_96, PRF_HMAC_SHA1),
	HASH("hmacsha1", INTEG_HMAC_SHA1_96, PRF_HMAC_SHA1),
	HASH("sha2", INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256),
	HASH("sha256", INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256),
	HASH("sha2256", INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256),
	HASH("hmacsha2256", INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256),
	HASH("sha384", INTEG_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384),
	HASH("sha2384", INTEG_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384),
	HASH("hmacsha2384", INTEG_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384),
	HASH("sha512", INTEG_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512),
	HASH("sha2512", INTEG_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512),
	HASH("hmacsha2512", INTEG_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512),
	HASH("aesxcbc", INTEG_AES_XCBC_96, PRF_AES128_XCBC),

	INTEG("sha196", INTEG_HMAC_SHA1_96),
	INTEG("hmacsha196", INTEG_HMAC_SHA1_96),
	INTEG("hmacsha2256128", INTEG_HMAC_SHA2_256_128),
	INTEG("sha2256128", INTEG_HMAC_SHA2_256_128),
	INTEG("sha256128", INTEG_HMAC_SHA2_256_128),
	INTEG("hmacsha2384192", INTEG_HMAC_SHA2_384_192),
	INTEG("sha2384192", INTEG_HMAC_SHA2_384_192),
	INTEG("hmacsha2512256", INTEG_HMAC_SHA2_512_256),
	INTEG("sha2512256", INTEG_HMAC_SHA2_512_256),
	INTEG("aesxcbc96", INTEG_AES_XCBC_96),

	PRF("prfsha1", PRF_HMAC_SHA1),
	PRF("prfhmacsha1", PRF_HMAC_SHA1),
	PRF("prfsha256", PRF_HMAC_SHA2_256),
	PRF("prfsha2256", PRF_HMAC_SHA2_256),
	PRF("prfhmacsha2256", PRF_HMAC_SHA2_256),
	PRF("prfsha384", PRF_HMAC_SHA2_384),
	PRF("prfsha2384", PRF_HMAC_SHA2_384),
	PRF("prfhmacsha2384", PRF_HMAC_SHA2_384),
	PRF("prfsha512", PRF_HMAC_SHA2_512),
	PRF("prfsha2512", PRF_HMAC_SHA2_512),
	PRF("prfhmacsha2512", PRF_HMAC_SHA2_512),
	PRF("prfaesxcbc", PRF_AES128_XCBC),
	PRF("aes128xcbc", PRF_AES128_XCBC),

	GROUP("modp2048", DH_MODP_2048),
	GROUP("dh14", DH_MODP_2048),
	GROUP("modp3072", DH_MODP_3072),
	GROUP("dh15", DH_MODP_3072),
	GROUP("modp4096", DH_MODP_4096),
	GROUP("dh16", DH_MODP_4096),
	GROUP("modp6144", DH_MODP_6144),
	GROUP("dh17", DH_MODP_6144),
	GROUP("modp8192", DH_MODP_8192),
	GROUP("dh18", DH_MODP_8192),
	GROUP("ecp256", DH_ECP_256),
	GROUP("dh19", DH_ECP_256),
	GROUP("ecp384", DH_ECP_384),
	GROUP("dh20", DH_ECP_384),
	GROUP("ecp521", DH_ECP_521),
	GROUP("dh21", DH_ECP_521),
	GROUP("curve25519", DH_CURVE25519),
	GROUP("x25519", DH_CURVE25519),
	GROUP("dh31", DH_CURVE25519),
	GROUP("mlkem768", DH_ML_KEM_768),
	GROUP("dh36", DH_ML_KEM_768),
	GROUP("mlkem1024", DH_ML_KEM_1024),
	GROUP("dh37", DH_ML_KEM_1024),

	ESN("esn", ESN_YES),
	ESN("noesn", ESN_NO),

	{ "none", { WORD_NONE, 0, 0, 0, NULL } },
	GROUP("modpnone", DH_NONE),
	GROUP("dh0", DH_NONE),

	REFUSED("des", WEAK_CIPHER),
	REFUSED("descbc", WEAK_CIPHER),
	REFUSED("rc4", WEAK_CIPHER),
	REFUSED("rc5", WEAK_CIPHER),
	REFUSED("idea", WEAK_CIPHER),
	REFUSED("cast", WEAK_CIPHER),
	REFUSED("cast128", WEAK_CIPHER),
	REFUSED("blowfish", WEAK_CIPHER),
	REFUSED("blowfish128", WEAK_CIPHER),
	REFUSED("blowfish256", WEAK_CIPHER),
	REFUSED("twofish", OTHER_CIPHER),
	REFUSED("twofish128", OTHER_CIPHER),
	REFUSED("twofish256", OTHER_CIPHER),
	REFUSED("serpent", OTHER_CIPHER),
	REFUSED("serpent128", OTHER_CIPHER),
	REFUSED("serpent256", OTHER_CIPHER),
	REFUSED("seed", OTHER_CIPHER),
	REFUSED("camelliactr", OTHER_CIPHER),
	REFUSED("camelliaccm", OTHER_CIPHER),

	REFUSED("md5", WEAK_HASH),
	REFUSED("md596", WEAK_HASH),
	REFUSED("hmacmd5", WEAK_HASH),
	REFUSED("hmacmd596", WEAK_HASH),
	REFUSED("md5128", WEAK_HASH),
	REFUSED("prfmd5", WEAK_HASH),
	REFUSED("sha1160", OTHER_HASH),
	REFUSED("sha25696", "it is a draft's truncation that no RFC has; use sha2_256"),
	REFUSED("sha2224", OTHER_HASH),
	REFUSED("sha224", OTHER_HASH),
	REFUSED("sha3", OTHER_HASH),
	REFUSED("tiger", OTHER_HASH),
	REFUSED("ripemd", OTHER_HASH),
	REFUSED("aescmac", OTHER_HASH),
	REFUSED("prfaescmac", OTHER_HASH),

	REFUSED("modp768", WEAK_GROUP),
	REFUSED("dh1", WEAK_GROUP),
	REFUSED("modp1024", WEAK_GROUP),
	REFUSED("dh2", WEAK_GROUP),
	REFUSED("modp1536", WEAK_GROUP),
	REFUSED("dh5", WEAK_GROUP),
	REFUSED("modp1024s160", WEAK_GROUP),
	REFUSED("dh22", WEAK_GROUP),
	REFUSED("modp2048s224", "its prime's origin is unknown (RFC 8247); " OTHER_GROUP),
	REFUSED("dh23", "its prime's origin is unknown (RFC 8247); " OTHER_GROUP),
	REFUSED("modp2048s256", "its prime's origin is unknown (RFC 8247); " OTHER_GROUP),
	REFUSED("dh24", "its prime's origin is unknown (RFC 8247); " OTHER_GROUP),
	REFUSED("ecp192", WEAK_GROUP),
	REFUSED("dh25", WEAK_GROUP),
	REFUSED("ecp224", WEAK_GROUP),
	REFUSED("dh26", WEAK_GROUP),
	REFUSED("ecp224bp", OTHER_GROUP),
	REFUSED("dh27", OTHER_GROUP),
	REFUSED("ecp256bp", OTHER_GROUP),
	REFUSED("dh28", OTHER_GROUP),
	REFUSED("ecp384bp", OTHER_GROUP),
	REFUSED("dh29", OTHER_GROUP),
	REFUSED("ecp512bp", OTHER_GROUP),
	REFUSED("dh30", OTHER_GROUP),
	REFUSED("curve448", OTHER_GROUP),
	REFUSED("x448", OTHER_GROUP),
	REFUSED("dh32", OTHER_GROUP),
	REFUSED("mlkem512", WEAK_KEM),
	REFUSED("dh35", WEAK_KEM),
};

/* What a mistyped word may have meant. */
static const char *const candidates[] = {
	"aes_gcm256",
	"aes_gcm128",
	"aes_gcm",
	"aes_gcm_16_256",
	"aes_gcm_16_128",
	"aes_gcm_c_256",
	"aes256",
	"aes192",
	"aes128",
	"aes",
	"aes_cbc_256",
	"aes_cbc_128",
	"aes_ctr256",
	"aes_ctr",
	"aes_ccm256",
	"aes_ccm",
	"aes256gcm16",
	"aes128gcm16",
	"aes256gcm",
	"aes256ctr",
	"aes256ccm16",
	"camellia256",
	"camellia",
	"chacha20_poly1305",
	"chacha20poly1305",
	"3des",
	"null",
	"none",
	"sha1",
	"sha2",
	"sha2_256",
	"sha2_384",
	"sha2_512",
	"sha256",
	"sha384",
	"sha512",
	"hmac_sha2_256",
	"hmac_sha2_512",
	"aes_xcbc",
	"prfsha256",
	"prfsha384",
	"prfsha512",
	"modp2048",
	"modp3072",
	"modp4096",
	"modp6144",
	"modp8192",
	"ecp256",
	"ecp384",
	"ecp521",
	"ecp_256",
	"ecp_384",
	"ecp_521",
	"curve25519",
	"x25519",
	"dh14",
	"dh15",
	"dh16",
	"dh17",
	"dh18",
	"dh19",
	"dh20",
	"dh21",
	"dh31",
	"ml_kem_768",
	"ml_kem_1024",
	"mlkem768",
	"mlkem1024",
	"esn",
	"noesn",
	NULL,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "128", "192" or "256" at the front of text; 0 otherwise. */
static uint16_t leading_key_bits(const char *text)
{
	static const uint16_t sizes[] = { 128, 192, 256 };
	static const char *const digits[] = { "128", "192", "256" };
	for (size_t i = 0; i < COUNT(sizes); i++)
		if (strncmp(text, digits[i], 3) == 0)
			return sizes[i];
	return 0;
}

static bool find_sized_cipher(const char *text, struct word *out)
{
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		size_t len = strlen(ciphers[i].word);
		if (strncmp(text, ciphers[i].word, len) != 0)
			continue;
		uint16_t bits = leading_key_bits(text + len);
		if (text[len] != '\0' && (bits == 0 || text[len + 3] != '\0'))
			continue;
		*out = (struct word){ .kind = WORD_ENCR, .id = ciphers[i].id, .key_bits = bits };
		return true;
	}
	return false;
}

static bool find_strongswan_cipher(const char *text, struct word *out)
{
	if (strncmp(text, "aes", 3) != 0)
		return false;
	uint16_t bits = leading_key_bits(text + 3);
	if (bits == 0)
		return false;
	for (size_t i = 0; i < COUNT(cipher_tails); i++) {
		if (strcmp(text + 6, cipher_tails[i].word) != 0)
			continue;
		*out = (struct word){ .kind = WORD_ENCR,
				      .id = cipher_tails[i].id,
				      .key_bits = bits };
		return true;
	}
	return false;
}

static bool find_fixed_cipher(const char *text, struct word *out)
{
	for (size_t i = 0; i < COUNT(fixed_ciphers); i++) {
		if (strcmp(text, fixed_ciphers[i].word) != 0)
			continue;
		*out = (struct word){ .kind = WORD_ENCR, .id = fixed_ciphers[i].id };
		return true;
	}
	return false;
}

static bool find_plain(const char *text, struct word *out)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(text, words[i].word) != 0)
			continue;
		*out = words[i].meaning;
		return true;
	}
	return false;
}

/* Lower case without underscores; false when it is too long to be a word. */
static bool normalise(const char *text, char out[WORD_TEXT_MAX])
{
	size_t len = 0;
	for (; *text != '\0'; text++) {
		if (*text == '_')
			continue;
		if (len + 1 >= WORD_TEXT_MAX)
			return false;
		out[len++] = (char)tolower((unsigned char)*text);
	}
	out[len] = '\0';
	return len > 0;
}

struct word proposal_word_find(const char *text)
{
	char key[WORD_TEXT_MAX];
	struct word found = { .kind = WORD_UNKNOWN };
	if (!normalise(text, key))
		return found;
	if (find_plain(key, &found) || find_fixed_cipher(key, &found) ||
	    find_sized_cipher(key, &found) || find_strongswan_cipher(key, &found))
		return found;
	return found;
}

const char *proposal_word_suggest(const char *text)
{
	return names_nearest(text, candidates);
}

static bool id_in(uint16_t id, const uint16_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

bool proposal_encr_is_aead(uint16_t id)
{
	static const uint16_t aead[] = { ENCR_AES_GCM_8,	 ENCR_AES_GCM_12,
					 ENCR_AES_GCM_16,	 ENCR_AES_CCM_8,
					 ENCR_AES_CCM_12,	 ENCR_AES_CCM_16,
					 ENCR_CHACHA20_POLY1305, ENCR_NULL_AUTH_AES_GMAC };
	return id_in(id, aead, COUNT(aead));
}

bool proposal_encr_has_key_length(uint16_t id)
{
	static const uint16_t fixed[] = { ENCR_NONE, ENCR_3DES, ENCR_NULL, ENCR_CHACHA20_POLY1305 };
	return !id_in(id, fixed, COUNT(fixed));
}

uint16_t proposal_prf_of_integ(uint16_t integ)
{
	static const uint16_t pairs[][2] = {
		{ INTEG_HMAC_SHA1_96, PRF_HMAC_SHA1 },
		{ INTEG_AES_XCBC_96, PRF_AES128_XCBC },
		{ INTEG_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256 },
		{ INTEG_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384 },
		{ INTEG_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512 },
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][0] == integ)
			return pairs[i][1];
	return PRF_NONE;
}
