/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures made and verified. NSS gets the hash: PK11_SignWithMechanism opens a session for each
 * signature, which costs a few microseconds and lets two workers sign with one key at once. */
#include "crypto/sign.h"
#include <string.h>
#include "base/arena.h"
#include "base/names.h"
#include "crypto/nss.h"
#include "crypto/sign_private.h"

#define MESSAGE_MAX (1u << 20) /* what a scheme that hashes for itself gets in one piece */

size_t signature_max(const struct public_key *key)
{
	if (key->kind == KEY_RSA)
		return key->modulus.len;
	const struct curve *curve = curve_of(key->kind);
	return curve != NULL ? ecdsa_der_max(curve) : 64;
}

/* What is signed: the hash of the parts, in buffer, or the parts in one piece, on the heap. */
struct input {
	uint8_t buffer[HASH_LEN_MAX];
	uint8_t *message;
	struct span bytes;
};

static enum rc concatenate(struct input *input, const struct span *parts, size_t count)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > MESSAGE_MAX - len)
			return RC_LIMIT;
		len += parts[i].len;
	}
	input->message = mem_alloc(len + 1);
	if (input->message == NULL)
		return RC_NO_MEMORY;
	struct sink sink;
	sink_init(&sink, input->message, len);
	for (size_t i = 0; i < count; i++)
		sink_span(&sink, parts[i]);
	input->bytes = sink_written(&sink);
	return sink_rc(&sink);
}

static enum rc input_make(struct input *input, enum sign_hash hash, const struct span *parts,
			  size_t count)
{
	const struct hash_alg *alg = sign_hash_alg(hash);
	input->message = NULL;
	if (alg == NULL)
		return concatenate(input, parts, count);
	input->bytes = span_make(input->buffer, alg->len);
	return hash_parts(alg, parts, count, input->buffer);
}

/* ---- making ---- */

static enum rc call_nss(SECKEYPrivateKey *key, CK_MECHANISM_TYPE mechanism, const SECItem *param,
			struct span bytes, uint8_t *out, size_t len)
{
	SECItem data = nss_item(bytes.ptr, bytes.len), signature = nss_item(out, len);
	if (PK11_SignWithMechanism(key, mechanism, param, &signature, &data) != SECSuccess)
		return nss_rc();
	return signature.len == len ? RC_OK : RC_INTERNAL;
}

static enum rc sign_pkcs1(struct private_key *key, enum sign_hash hash, struct span digest,
			  uint8_t *out, size_t *out_len)
{
	uint8_t buffer[RSA_INFO_MAX];
	struct span info = hash == SIGN_RAW ? digest : rsa_digest_info(hash, digest, buffer);
	if (info.len == 0 || info.len > RSA_INFO_MAX)
		return RC_INTERNAL;
	*out_len = key->public->modulus.len;
	return call_nss(key->key, CKM_RSA_PKCS, NULL, info, out, *out_len);
}

static enum rc sign_pss(struct private_key *key, const struct sign_scheme *scheme,
			struct span digest, uint8_t *out, size_t *out_len)
{
	CK_RSA_PKCS_PSS_PARAMS params = rsa_pss_params(scheme);
	SECItem param = nss_item(&params, sizeof params);
	*out_len = key->public->modulus.len;
	return call_nss(key->key, CKM_RSA_PKCS_PSS, &param, digest, out, *out_len);
}

/* Of a longer one the leftmost bits count (FIPS 186-4 §6.4). */
static struct span ecdsa_digest(const struct curve *curve, struct span digest)
{
	return span_make(digest.ptr, digest.len < curve->len ? digest.len : curve->len);
}

static enum rc sign_ecdsa(struct private_key *key, enum signature_form form, struct span digest,
			  uint8_t *out, size_t *out_len)
{
	const struct curve *curve = curve_of(key->public->kind);
	uint8_t raw[2 * CURVE_LEN_MAX];
	TRY(call_nss(key->key, CKM_ECDSA, NULL, ecdsa_digest(curve, digest), raw, 2u * curve->len));
	return ecdsa_from_raw(curve, form, raw, out, out_len);
}

static enum rc sign_input(struct private_key *key, const struct sign_scheme *scheme,
			  enum signature_form form, struct span bytes, uint8_t *out,
			  size_t *out_len)
{
	switch (scheme->form) {
	case SIGN_RSA_PKCS1:
		return sign_pkcs1(key, scheme->hash, bytes, out, out_len);
	case SIGN_RSA_PSS:
		return sign_pss(key, scheme, bytes, out, out_len);
	case SIGN_ECDSA:
		return sign_ecdsa(key, form, bytes, out, out_len);
	case SIGN_ED25519:
		*out_len = 64;
		return call_nss(key->key, CKM_EDDSA, NULL, bytes, out, *out_len);
	}
	return RC_INTERNAL;
}

enum rc sign_now(struct private_key *key, const struct sign_scheme *scheme,
		 enum signature_form form, const struct span *parts, size_t count, uint8_t *out,
		 size_t *out_len, struct diag *diag)
{
	struct input input;
	PORT_SetError(0);
	enum rc rc = input_make(&input, scheme->hash, parts, count);
	if (rc == RC_OK)
		rc = sign_input(key, scheme, form, input.bytes, out, out_len);
	int error = PORT_GetError();
	mem_free(input.message);
	if (rc == RC_OK)
		return RC_OK;
	return diag_fail(diag, rc, "cannot sign by %s: %s%s%s", sign_scheme_text(scheme),
			 rc_name(rc), error != 0 ? "; NSS says " : "",
			 error != 0 ? nss_error_name(error) : "");
}

/* ---- verifying ---- */

static enum rc ask_nss(const struct public_key *key, CK_MECHANISM_TYPE mechanism,
		       const SECItem *param, struct span bytes, struct span signature,
		       unsigned worker)
{
	struct key_in_nss nss;
	SECItem data = nss_item(bytes.ptr, bytes.len),
		item = nss_item(signature.ptr, signature.len);
	TRY(key_enter(key, worker, &nss));
	SECStatus status = PK11_VerifyWithMechanism(nss.key, mechanism, param, &item, &data, NULL);
	enum rc rc = status == SECSuccess	? RC_OK
		     : nss_rc() == RC_NO_MEMORY ? RC_NO_MEMORY
						: RC_AUTH_FAILED;
	key_leave(key, &nss);
	return rc;
}

static enum rc verify_pss(const struct public_key *key, const struct sign_scheme *scheme,
			  struct span digest, struct span signature, unsigned worker)
{
	CK_RSA_PKCS_PSS_PARAMS params = rsa_pss_params(scheme);
	SECItem param = nss_item(&params, sizeof params);
	if (signature.len != key->modulus.len)
		return RC_AUTH_FAILED;
	return ask_nss(key, CKM_RSA_PKCS_PSS, &param, digest, signature, worker);
}

static enum rc verify_ecdsa(const struct public_key *key, enum signature_form form,
			    struct span digest, struct span signature, unsigned worker)
{
	const struct curve *curve = curve_of(key->kind);
	uint8_t raw[2 * CURVE_LEN_MAX];
	TRY(ecdsa_to_raw(curve, form, signature, raw));
	return ask_nss(key, CKM_ECDSA, NULL, ecdsa_digest(curve, digest),
		       span_make(raw, 2u * curve->len), worker);
}

static enum rc verify_input(const struct public_key *key, const struct sign_scheme *scheme,
			    enum signature_form form, struct span bytes, struct span signature,
			    unsigned worker)
{
	switch (scheme->form) {
	case SIGN_RSA_PKCS1:
		return rsa_pkcs1_verify(key, scheme->hash, bytes, signature, worker);
	case SIGN_RSA_PSS:
		return verify_pss(key, scheme, bytes, signature, worker);
	case SIGN_ECDSA:
		return verify_ecdsa(key, form, bytes, signature, worker);
	case SIGN_ED25519:
		return signature.len != 64
			       ? RC_AUTH_FAILED
			       : ask_nss(key, CKM_EDDSA, NULL, bytes, signature, worker);
	}
	return RC_INTERNAL;
}

enum rc verify_now(const struct public_key *key, const struct sign_scheme *scheme,
		   enum signature_form form, const struct span *parts, size_t count,
		   struct span signature, unsigned worker, struct diag *diag)
{
	struct input input;
	enum rc rc = input_make(&input, scheme->hash, parts, count);
	if (rc == RC_OK)
		rc = verify_input(key, scheme, form, input.bytes, signature, worker);
	mem_free(input.message);
	if (rc == RC_AUTH_FAILED)
		return diag_fail(diag, rc, "the signature by %s is wrong",
				 sign_scheme_text(scheme));
	if (rc != RC_OK)
		return diag_fail(diag, rc, "cannot verify a signature by %s: %s",
				 sign_scheme_text(scheme), rc_name(rc));
	return RC_OK;
}

/* ---- what others may ask ---- */

static enum rc check(const struct sign_scheme *scheme, enum key_kind kind, struct diag *diag)
{
	char name[24];
	if (!sign_scheme_fits(scheme, kind))
		return diag_fail(diag, RC_UNSUPPORTED, "a key of kind %s cannot be used for %s",
				 names_text(&key_kind_names, (int)kind, name, sizeof name),
				 sign_scheme_text(scheme));
	if (!sign_works(scheme->form, kind))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "NSS did not give the known answer of %s (%s) when it was opened",
				 sign_scheme_text(scheme),
				 names_text(&key_kind_names, (int)kind, name, sizeof name));
	return RC_OK;
}

enum rc signature_make(struct private_key *key, const struct sign_scheme *scheme,
		       enum signature_form form, const struct span *parts, size_t count,
		       unsigned worker, uint8_t *out, size_t *out_len, struct diag *diag)
{
	(void)worker; /* a key is used in the slot that holds it */
	TRY(check(scheme, key->public->kind, diag));
	return sign_now(key, scheme, form, parts, count, out, out_len, diag);
}

enum rc signature_verify(const struct public_key *key, const struct sign_scheme *scheme,
			 enum signature_form form, const struct span *parts, size_t count,
			 struct span signature, unsigned worker, struct diag *diag)
{
	TRY(check(scheme, key->kind, diag));
	return verify_now(key, scheme, form, parts, count, signature, worker, diag);
}
