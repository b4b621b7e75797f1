/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PKCS1-v1_5 is verified by making the whole block anew and comparing it (RFC 8017 §8.2.2):
 * nothing in what the public operation gives is parsed, so nothing can hide in it. */
#include <secoid.h>
#include <string.h>
#include "base/der.h"
#include "base/secret.h"
#include "crypto/nss.h"
#include "crypto/sign_private.h"

struct span rsa_digest_info(enum sign_hash hash, struct span digest, uint8_t *out)
{
	const SECOidData *oid = SECOID_FindOIDByTag(sign_hash_alg(hash)->tag);
	struct sink sink;
	sink_init(&sink, out, RSA_INFO_MAX);
	size_t whole = der_begin(&sink, ASN1_SEQUENCE), at = der_begin(&sink, ASN1_SEQUENCE);
	if (oid == NULL)
		return SPAN_NONE;
	der_put(&sink, ASN1_OID, span_make(oid->oid.data, oid->oid.len));
	der_put(&sink, ASN1_NULL, SPAN_NONE);
	der_end(&sink, at);
	der_put(&sink, ASN1_OCTET_STRING, digest);
	der_end(&sink, whole);
	return sink.full ? SPAN_NONE : sink_written(&sink);
}

/* EM = 00 | 01 | ff .. | 00 | DigestInfo, or the bare hash; a key of 2048 bits has room for every
 * hash. */
static enum rc make_block(enum sign_hash hash, struct span digest, uint8_t *block, size_t len)
{
	uint8_t buffer[RSA_INFO_MAX];
	struct span info = hash == SIGN_RAW ? digest : rsa_digest_info(hash, digest, buffer);
	if (info.len == 0 || info.len > RSA_INFO_MAX || len < info.len + 11)
		return RC_INTERNAL;
	memset(block, 0xff, len);
	block[0] = 0;
	block[1] = 1;
	block[len - info.len - 1] = 0;
	memcpy(block + len - info.len, info.ptr, info.len);
	return RC_OK;
}

/* RSAVP1 of RFC 8017 §5.2.2; NSS wants the signature below the modulus as we do. */
static enum rc public_operation(const struct public_key *key, struct span signature,
				unsigned worker, uint8_t *out)
{
	struct key_in_nss nss;
	TRY(key_enter(key, worker, &nss));
	SECStatus status =
		PK11_PubEncryptRaw(nss.key, out, signature.ptr, (unsigned)signature.len, NULL);
	enum rc rc = status == SECSuccess	? RC_OK
		     : nss_rc() == RC_NO_MEMORY ? RC_NO_MEMORY
						: RC_AUTH_FAILED;
	key_leave(key, &nss);
	return rc;
}

static bool below_modulus(struct span signature, struct span modulus)
{
	for (size_t i = 0; i < modulus.len; i++)
		if (signature.ptr[i] != modulus.ptr[i])
			return signature.ptr[i] < modulus.ptr[i];
	return false;
}

enum rc rsa_pkcs1_verify(const struct public_key *key, enum sign_hash hash, struct span digest,
			 struct span signature, unsigned worker)
{
	uint8_t want[SIGNATURE_MAX], got[SIGNATURE_MAX];
	size_t len = key->modulus.len;
	if (signature.len != len || !below_modulus(signature, key->modulus))
		return RC_AUTH_FAILED;
	TRY(make_block(hash, digest, want, len));
	TRY(public_operation(key, signature, worker, got));
	return secret_equal(span_make(got, len), span_make(want, len)) ? RC_OK : RC_AUTH_FAILED;
}

CK_RSA_PKCS_PSS_PARAMS rsa_pss_params(const struct sign_scheme *scheme)
{
	CK_RSA_PKCS_PSS_PARAMS params = { CKM_SHA_1, CKG_MGF1_SHA1, 0 };
	params.sLen = scheme->salt != 0 ? scheme->salt : sign_hash_alg(scheme->hash)->len;
	switch (scheme->hash) {
	case SIGN_SHA2_256:
		params.hashAlg = CKM_SHA256;
		params.mgf = CKG_MGF1_SHA256;
		break;
	case SIGN_SHA2_384:
		params.hashAlg = CKM_SHA384;
		params.mgf = CKG_MGF1_SHA384;
		break;
	case SIGN_SHA2_512:
		params.hashAlg = CKM_SHA512;
		params.mgf = CKG_MGF1_SHA512;
		break;
	case SIGN_SHA1:
	case SIGN_IDENTITY:
	case SIGN_RAW:
		break;
	}
	return params;
}
