/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pbe.h"
#include <secoid.h>
#include <string.h>
#include "base/der.h"
#include "crypto/nss.h"

#define PASSWORD_MAX 1000

/* ---- what is asked for ---- */

static const uint8_t oid_pbes2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d };
static const uint8_t oid_pbkdf2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c };
/* 1.2.840.113549.1.12.1, below which the schemes of PKCS#12 are */
static const uint8_t oid_pkcs12[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01 };

static bool is_pkcs12(struct span oid)
{
	return oid.len == sizeof(oid_pkcs12) + 1 &&
	       span_equal(span_make(oid.ptr, sizeof(oid_pkcs12)), SPAN_OF(oid_pkcs12));
}

static enum rc other_scheme(struct span oid, struct diag *diag)
{
	char text[DER_OID_TEXT_MAX];

	return diag_fail(diag, RC_UNSUPPORTED,
			 "it is encrypted by a scheme that is not known here (%s); those known are "
			 "PBES2 with PBKDF2 and the ones of PKCS#12",
			 der_oid_text(oid, text));
}

/* Salt and rounds, as the parameters of PBKDF2 and of the schemes of PKCS#12 begin. */
static enum rc salted(struct span parameters, uint32_t *rounds)
{
	TRY(der_take(&parameters, ASN1_OCTET_STRING, NULL));
	return der_small(&parameters, rounds);
}

static enum rc read_pbes2(struct span parameters, uint32_t *rounds, struct diag *diag)
{
	struct span derivation, oid;

	TRY(der_take(&parameters, ASN1_SEQUENCE, &derivation));
	TRY(der_take(&derivation, ASN1_OID, &oid));
	if (!span_equal(oid, SPAN_OF(oid_pbkdf2)))
		return other_scheme(oid, diag);
	TRY(der_take(&derivation, ASN1_SEQUENCE, &parameters));
	return salted(parameters, rounds);
}

static enum rc read_scheme(struct span algorithm, struct span *oid, uint32_t *rounds,
			   struct diag *diag)
{
	struct span body, parameters;

	TRY(der_only(algorithm, ASN1_SEQUENCE, &body));
	TRY(der_take(&body, ASN1_OID, oid));
	if (!is_pkcs12(*oid) && !span_equal(*oid, SPAN_OF(oid_pbes2)))
		return other_scheme(*oid, diag);
	TRY(der_take(&body, ASN1_SEQUENCE, &parameters));
	return is_pkcs12(*oid) ? salted(parameters, rounds) : read_pbes2(parameters, rounds, diag);
}

static enum rc check(struct span algorithm, struct span *oid, uint32_t *rounds, struct diag *diag)
{
	enum rc rc = read_scheme(algorithm, oid, rounds, diag);

	if (rc == RC_OK && *rounds > PBE_ROUNDS_MAX)
		return diag_fail(diag, RC_LIMIT,
				 "its password is to be hashed %u times, more than the %d that we "
				 "take; write the file with fewer (openssl -iter)",
				 *rounds, PBE_ROUNDS_MAX);
	if (rc == RC_OK || rc == RC_UNSUPPORTED)
		return rc;
	return diag_fail(diag, RC_SYNTAX, "how it is encrypted cannot be read");
}

enum rc pbe_rounds(struct span algorithm, uint32_t *rounds, struct diag *diag)
{
	struct span oid;

	return check(algorithm, &oid, rounds, diag);
}

/* ---- passwords ---- */

enum rc pbe_bmp(const char *password, struct secret *out, struct diag *diag)
{
	size_t len = strlen(password);
	unsigned used = 0;

	if (len > PASSWORD_MAX)
		return diag_fail(diag, RC_LIMIT, "the password is longer than %d bytes",
				 PASSWORD_MAX);
	if (secret_alloc(out, 2 * len + 2) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	if (len == 0 ||
	    PORT_UCS2_UTF8Conversion(PR_TRUE, (unsigned char *)(uintptr_t)password, (unsigned)len,
				     out->ptr, (unsigned)(2 * len), &used)) {
		/* NSS gives the bytes of network order */
		out->len = used + 2;
		out->ptr[used] = out->ptr[used + 1] = 0;
		return RC_OK;
	}
	return diag_fail(diag, RC_SYNTAX, "the password is not UTF-8");
}

static enum rc encode(struct span oid, const char *password, struct secret *out, struct diag *diag)
{
	if (is_pkcs12(oid))
		return pbe_bmp(password, out, diag);
	if (strlen(password) > PASSWORD_MAX)
		return diag_fail(diag, RC_LIMIT, "the password is longer than %d bytes",
				 PASSWORD_MAX);
	if (secret_set(out, span_make(password, strlen(password))) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	return RC_OK;
}

/* ---- NSS does it ---- */

static enum rc wrong(struct diag *diag)
{
	return diag_fail(diag, RC_AUTH_FAILED, "the password is wrong, or the file is damaged");
}

static enum rc decrypt(SECAlgorithmID *algorithm, SECItem *password, struct span in,
		       struct secret *out, struct diag *diag)
{
	PK11SymKey *key = PK11_PBEKeyGen(nss_slot(0), algorithm, password, PR_FALSE, NULL);
	struct secret plain = { NULL, 0 };
	SECItem *parameters = NULL;
	CK_MECHANISM_TYPE mechanism;
	unsigned len = 0;
	SECStatus status = SECFailure;
	enum rc rc;

	if (key == NULL)
		return nss_fail(diag, "cannot make a key of the password");
	mechanism = PK11_GetPBECryptoMechanism(algorithm, &parameters, password);
	rc = secret_alloc(&plain, in.len);
	if (rc == RC_OK && mechanism != CKM_INVALID_MECHANISM)
		status = PK11_Decrypt(key, PK11_GetPadMechanism(mechanism), parameters, plain.ptr,
				      &len, plain.len, in.ptr, (unsigned)in.len);
	PK11_FreeSymKey(key);
	if (parameters != NULL)
		SECITEM_ZfreeItem(parameters, PR_TRUE);
	if (status == SECSuccess)
		rc = secret_set(out, span_make(plain.ptr, len));
	secret_wipe(&plain);
	if (rc != RC_OK)
		return diag_fail(diag, rc, "out of memory");
	return status == SECSuccess ? RC_OK : wrong(diag);
}

static enum rc decode_and_decrypt(struct span der, const struct secret *password, struct span in,
				  struct secret *out, struct diag *diag)
{
	PLArenaPool *pool = PORT_NewArena(1024);
	SECItem item = nss_item(der.ptr, der.len);
	SECItem word = nss_item(password->ptr, password->len);
	SECAlgorithmID algorithm = { .algorithm = { .data = NULL } };
	enum rc rc;

	if (pool == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	if (SEC_QuickDERDecodeItem(pool, &algorithm, SEC_ASN1_GET(SECOID_AlgorithmIDTemplate),
				   &item) == SECSuccess)
		rc = decrypt(&algorithm, &word, in, out, diag);
	else
		rc = diag_fail(diag, RC_SYNTAX, "how it is encrypted cannot be read");
	PORT_FreeArena(pool, PR_TRUE);
	return rc;
}

enum rc pbe_decrypt(struct span algorithm, const char *password, struct span ciphertext,
		    struct secret *out, struct diag *diag)
{
	struct secret encoded = { NULL, 0 };
	struct span oid = SPAN_NONE;
	uint32_t rounds = 0;
	enum rc rc;

	TRY(check(algorithm, &oid, &rounds, diag));
	if (nss_slot(0) == NULL)
		return diag_fail(diag, RC_INTERNAL, "NSS is not open");
	if (ciphertext.len == 0 || ciphertext.len > 65000)
		return diag_fail(diag, RC_LIMIT, "1 to 65000 bytes are decrypted, not %zu",
				 ciphertext.len);
	rc = encode(oid, password, &encoded, diag);
	if (rc == RC_OK)
		rc = decode_and_decrypt(algorithm, &encoded, ciphertext, out, diag);
	secret_wipe(&encoded);
	return rc;
}
