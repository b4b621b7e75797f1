/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/dek.h"
#include <string.h>
#include "crypto/nss.h"

#define MD5_LEN	     16
#define SALT_LEN     8
#define KEY_MAX	     32
#define PASSWORD_MAX 1000
#define TEXT_MAX     65000

struct dek_cipher {
	const char *name;
	CK_MECHANISM_TYPE mechanism;
	uint8_t key, iv; /* bytes */
};

static const struct dek_cipher ciphers[] = {
	{ "AES-128-CBC", CKM_AES_CBC_PAD, 16, 16 },
	{ "AES-192-CBC", CKM_AES_CBC_PAD, 24, 16 },
	{ "AES-256-CBC", CKM_AES_CBC_PAD, 32, 16 },
	{ "DES-EDE3-CBC", CKM_DES3_CBC_PAD, 24, 8 },
};

static const struct dek_cipher *find(const char *name)
{
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (strcmp(ciphers[i].name, name) == 0)
			return &ciphers[i];
	return NULL;
}

/* Each block is MD5 of the one before, the password and the salt. */
static enum rc derive(const char *password, const uint8_t *salt, uint8_t key[KEY_MAX])
{
	size_t len = strlen(password);
	struct secret in = { NULL, 0 };
	enum rc rc = secret_alloc(&in, MD5_LEN + len + SALT_LEN);

	if (rc != RC_OK)
		return rc;
	memcpy(in.ptr + MD5_LEN, password, len);
	memcpy(in.ptr + MD5_LEN + len, salt, SALT_LEN);
	for (size_t at = 0; at < KEY_MAX && rc == RC_OK; at += MD5_LEN) {
		size_t skip = at == 0 ? MD5_LEN : 0;
		if (PK11_HashBuf(SEC_OID_MD5, key + at, in.ptr + skip, (PRInt32)(in.len - skip)) !=
		    SECSuccess)
			rc = nss_rc();
		else
			memcpy(in.ptr, key + at, MD5_LEN);
	}
	secret_wipe(&in);
	return rc;
}

static enum rc decrypt(const struct dek_cipher *cipher, const uint8_t *key, struct span iv,
		       struct span in, struct secret *out, struct diag *diag)
{
	SECItem key_item = nss_item(key, cipher->key), iv_item = nss_item(iv.ptr, iv.len);
	struct secret plain = { NULL, 0 };
	PK11SymKey *symmetric;
	unsigned len = 0;
	SECStatus status;
	enum rc rc = secret_alloc(&plain, in.len);

	if (rc != RC_OK)
		return diag_fail(diag, rc, "out of memory");
	symmetric = PK11_ImportSymKey(nss_slot(0), cipher->mechanism, PK11_OriginUnwrap,
				      CKA_DECRYPT, &key_item, NULL);
	if (symmetric == NULL) {
		secret_wipe(&plain);
		return nss_fail(diag, "cannot make a key of the passphrase");
	}
	status = PK11_Decrypt(symmetric, cipher->mechanism, &iv_item, plain.ptr, &len, plain.len,
			      in.ptr, (unsigned)in.len);
	PK11_FreeSymKey(symmetric);
	if (status == SECSuccess)
		rc = secret_set(out, span_make(plain.ptr, len));
	else
		rc = diag_fail(diag, RC_AUTH_FAILED,
			       "the passphrase is wrong, or the file is damaged");
	secret_wipe(&plain);
	return rc;
}

enum rc dek_decrypt(const char *cipher, struct span iv, const char *password,
		    struct span ciphertext, struct secret *out, struct diag *diag)
{
	const struct dek_cipher *found = find(cipher);
	uint8_t key[KEY_MAX];
	enum rc rc;

	if (found == NULL)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "it is encrypted with %.40s, which is not known here; \"openssl "
				 "pkcs8 -topk8\" writes it in another way",
				 cipher);
	if (iv.len != found->iv || ciphertext.len == 0 || ciphertext.len > TEXT_MAX ||
	    strlen(password) > PASSWORD_MAX)
		return diag_fail(diag, RC_SYNTAX, "how it is encrypted cannot be read");
	if (nss_slot(0) == NULL)
		return diag_fail(diag, RC_INTERNAL, "NSS is not open");
	rc = derive(password, iv.ptr, key);
	if (rc != RC_OK)
		rc = diag_fail(diag, rc, "cannot make a key of the passphrase");
	else
		rc = decrypt(found, key, iv, ciphertext, out, diag);
	wipe(key, sizeof(key));
	return rc;
}
