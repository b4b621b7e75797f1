/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"
#include <limits.h>
#include <string.h>
#include "crypto/algorithms.h"
#include "crypto/nss.h"

#define NONCE_LEN 12

/* NSS's parameters of an AEAD call, and what they point to. */
struct aead_params {
	uint8_t nonce[NONCE_LEN];
	union {
		CK_NSS_GCM_PARAMS gcm;
		CK_NSS_AEAD_PARAMS chacha;
	} u;
	SECItem item;
};

static enum rc aead_prepare(const struct encr_alg *alg, struct span key, const uint8_t *iv,
			    struct span aad, struct aead_params *out)
{
	if (alg->salt_len + alg->iv_len != NONCE_LEN || key.len <= alg->salt_len)
		return RC_INTERNAL;
	memcpy(out->nonce, key.ptr + key.len - alg->salt_len, alg->salt_len);
	memcpy(out->nonce + alg->salt_len, iv, alg->iv_len);
	unsigned char *aad_ptr = (unsigned char *)(uintptr_t)aad.ptr;
	if (encr_mechanism(alg) == CKM_AES_GCM) {
		out->u.gcm = (CK_NSS_GCM_PARAMS){ out->nonce, NONCE_LEN, aad_ptr, aad.len,
						  alg->icv_len * 8ul };
		out->item = nss_item(&out->u.gcm, sizeof out->u.gcm);
	} else {
		out->u.chacha = (CK_NSS_AEAD_PARAMS){ out->nonce, NONCE_LEN, aad_ptr, aad.len,
						      alg->icv_len };
		out->item = nss_item(&out->u.chacha, sizeof out->u.chacha);
	}
	return RC_OK;
}

static PK11SymKey *import(CK_MECHANISM_TYPE mechanism, CK_ATTRIBUTE_TYPE use, struct span key)
{
	SECItem item = nss_item(key.ptr, key.len);
	return PK11_ImportSymKey(nss_slot(0), mechanism, PK11_OriginUnwrap, use, &item, NULL);
}

static enum rc integrity_or(enum rc rc)
{
	return rc == RC_NO_MEMORY ? RC_NO_MEMORY : RC_INTEGRITY;
}

enum rc aead_seal(const struct encr_alg *alg, struct span key, const uint8_t *iv, struct span aad,
		  uint8_t *data, size_t len)
{
	struct aead_params params;
	unsigned done = 0;
	if (len > INT_MAX / 2)
		return RC_LIMIT;
	TRY(aead_prepare(alg, key, iv, aad, &params));
	PK11SymKey *sym = import(encr_mechanism(alg), CKA_ENCRYPT,
				 span_make(key.ptr, key.len - alg->salt_len));
	if (sym == NULL)
		return nss_rc();
	unsigned room = (unsigned)len + alg->icv_len;
	SECStatus status = PK11_Encrypt(sym, encr_mechanism(alg), &params.item, data, &done, room,
					data, (unsigned)len);
	enum rc rc = status != SECSuccess ? nss_rc() : done != room ? RC_INTERNAL : RC_OK;
	PK11_FreeSymKey(sym);
	wipe(&params, sizeof params);
	return rc;
}

enum rc aead_open(const struct encr_alg *alg, struct span key, const uint8_t *iv, struct span aad,
		  struct span sealed, uint8_t *plain)
{
	struct aead_params params;
	unsigned done = 0;
	if (sealed.len < alg->icv_len || sealed.len > INT_MAX / 2)
		return RC_INTEGRITY;
	TRY(aead_prepare(alg, key, iv, aad, &params));
	PK11SymKey *sym = import(encr_mechanism(alg), CKA_DECRYPT,
				 span_make(key.ptr, key.len - alg->salt_len));
	if (sym == NULL)
		return nss_rc();
	unsigned room = (unsigned)sealed.len - alg->icv_len;
	SECStatus status = PK11_Decrypt(sym, encr_mechanism(alg), &params.item, plain, &done, room,
					sealed.ptr, (unsigned)sealed.len);
	enum rc rc = status != SECSuccess ? integrity_or(nss_rc())
		     : done != room	  ? RC_INTERNAL
					  : RC_OK;
	PK11_FreeSymKey(sym);
	wipe(&params, sizeof params);
	return rc;
}

static enum rc cbc_done(SECStatus status, unsigned done, size_t len)
{
	return status != SECSuccess ? nss_rc() : done != len ? RC_INTERNAL : RC_OK;
}

enum rc cbc_encrypt(const struct encr_alg *alg, struct span key, const uint8_t *iv,
		    const uint8_t *in, size_t len, uint8_t *out)
{
	SECItem params = nss_item(iv, alg->iv_len);
	unsigned done = 0;
	if (len > INT_MAX)
		return RC_LIMIT;
	PK11SymKey *sym = import(encr_mechanism(alg), CKA_ENCRYPT, key);
	if (sym == NULL)
		return nss_rc();
	SECStatus status = PK11_Encrypt(sym, encr_mechanism(alg), &params, out, &done,
					(unsigned)len, in, (unsigned)len);
	enum rc rc = cbc_done(status, done, len);
	PK11_FreeSymKey(sym);
	return rc;
}

enum rc cbc_decrypt(const struct encr_alg *alg, struct span key, const uint8_t *iv,
		    const uint8_t *in, size_t len, uint8_t *out)
{
	SECItem params = nss_item(iv, alg->iv_len);
	unsigned done = 0;
	if (len > INT_MAX)
		return RC_LIMIT;
	PK11SymKey *sym = import(encr_mechanism(alg), CKA_DECRYPT, key);
	if (sym == NULL)
		return nss_rc();
	SECStatus status = PK11_Decrypt(sym, encr_mechanism(alg), &params, out, &done,
					(unsigned)len, in, (unsigned)len);
	enum rc rc = cbc_done(status, done, len);
	PK11_FreeSymKey(sym);
	return rc;
}
