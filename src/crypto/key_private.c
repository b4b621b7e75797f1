/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys. They stay in NSS; what we hold is a session object, because NSS reads and unwraps a
 * token object from its database again for every signature. Each is tried once before anybody gets
 * it: that proves that the two halves belong together, and NSS has unpacked it before two threads
 * can do so at the same time. */
#include <secerr.h>
#include <string.h>
#include "base/arena.h"
#include "base/der.h"
#include "base/names.h"
#include "crypto/nss.h"
#include "crypto/sign_private.h"

#define RSA_EXPONENT 65537

static struct sign_scheme natural_scheme(enum key_kind kind)
{
	if (kind == KEY_RSA)
		return (struct sign_scheme){ SIGN_RSA_PKCS1, SIGN_SHA2_256, 0 };
	if (kind == KEY_ED25519)
		return (struct sign_scheme){ SIGN_ED25519, SIGN_IDENTITY, 0 };
	return (struct sign_scheme){ SIGN_ECDSA, SIGN_SHA2_256, 0 };
}

static enum rc halves_fit(struct private_key *key, struct diag *diag)
{
	struct sign_scheme scheme = natural_scheme(key->public->kind);
	struct span text = span_make("do the halves fit?", 18);
	uint8_t signature[SIGNATURE_MAX];
	size_t len = 0;
	TRY(sign_now(key, &scheme, SIGNATURE_DER, &text, 1, signature, &len, diag));
	enum rc rc = verify_now(key->public, &scheme, SIGNATURE_DER, &text, 1,
				span_make(signature, len), 0, diag);
	if (rc == RC_AUTH_FAILED)
		return diag_fail(diag, RC_SYNTAX,
				 "the private key does not belong to its public key");
	return rc;
}

/* Takes both halves over, also when it fails. */
static enum rc wrap(SECKEYPrivateKey *nss, struct public_key *public, struct private_key **out,
		    struct diag *diag)
{
	struct private_key *key = mem_alloc(sizeof *key);
	if (key == NULL) {
		SECKEY_DestroyPrivateKey(nss);
		public_key_unref(public);
		return diag_fail(diag, RC_NO_MEMORY, "out of memory for a private key");
	}
	atomic_init(&key->refs, 1);
	key->key = nss;
	key->public = public;
	enum rc rc = halves_fit(key, diag);
	if (rc == RC_OK)
		*out = key;
	else
		private_key_unref(key);
	return rc;
}

/* The public half in our form; it passes the same checks as a stranger's. */
static enum rc public_of(SECKEYPublicKey *nss, struct public_key **out, struct diag *diag)
{
	SECItem *der = SECKEY_EncodeDERSubjectPublicKeyInfo(nss);
	if (der == NULL)
		return nss_fail(diag, "cannot read a public key");
	enum rc rc = public_key_from_spki(span_make(der->data, der->len), out, diag);
	SECITEM_FreeItem(der, PR_TRUE);
	return rc;
}

/* NSS takes a point that begins with 04 3f for an OCTET STRING of 63 bytes and gives what would be
 * in it, which happens to one P-256 key of 256. The whole point is beside the private key. */
static bool whole_point(SECKEYPrivateKey *nss, const SECKEYPublicKey *public, SECItem *point)
{
	*point = nss_item(NULL, 0);
	return public->keyType == ecKey &&
	       PK11_ReadRawAttribute(PK11_TypePrivKey, nss, CKA_NSS_DB, point) == SECSuccess &&
	       point->len == public->u.ec.publicValue.len + 2 && point->data[0] == 4;
}

static enum rc public_of_private(SECKEYPrivateKey *nss, struct public_key **out, struct diag *diag)
{
	SECKEYPublicKey *half = SECKEY_ConvertToPublicKey(nss);
	SECItem point, cut;
	if (half == NULL)
		return nss_fail(diag, "NSS has a private key without its public key");
	bool whole = whole_point(nss, half, &point);
	if (whole) {
		cut = half->u.ec.publicValue;
		half->u.ec.publicValue = point;
	}
	enum rc rc = public_of(half, out, diag);
	if (whole)
		half->u.ec.publicValue = cut;
	SECITEM_FreeItem(&point, PR_FALSE);
	SECKEY_DestroyPublicKey(half);
	return rc;
}

/* A session copy of a key that NSS keeps: its object stays when the handle goes. */
static SECKEYPrivateKey *copy_and_let_go(SECKEYPrivateKey *found)
{
	SECKEYPrivateKey *copy = PK11_CopyTokenPrivKeyToSessionPrivKey(found->pkcs11Slot, found);
	found->pkcs11IsTemp = PR_FALSE;
	SECKEY_DestroyPrivateKey(found);
	return copy;
}

/* ---- finding ---- */

static SECKEYPrivateKey *find(struct span ckaid)
{
	SECItem id = nss_item(ckaid.ptr, ckaid.len);
	for (unsigned slot = 2; slot-- > 0;) { /* the database's first */
		SECKEYPrivateKey *key = PK11_FindKeyByKeyID(nss_slot(slot), &id, NULL);
		if (key != NULL)
			return key;
	}
	return NULL;
}

static void hex_of(struct span bytes, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;
	for (size_t i = 0; i < bytes.len && len + 3 <= size; i++) {
		out[len++] = digits[bytes.ptr[i] >> 4];
		out[len++] = digits[bytes.ptr[i] & 15];
	}
	out[len] = '\0';
}

static enum rc not_found(struct span ckaid, struct diag *diag)
{
	char id[2 * KEY_ID_LEN + 1];
	PK11SlotInfo *slot = nss_slot(1);
	hex_of(ckaid, id, sizeof id);
	if (PK11_NeedLogin(slot) && !PK11_IsLoggedIn(slot, NULL))
		return diag_fail(diag, RC_NOT_FOUND,
				 "no private key with CKA_ID %s: the NSS database is locked by a "
				 "password; put it into the file nsspassword beside it (\"NSS "
				 "Certificate DB:PASSWORD\", mode 600)",
				 id);
	return diag_fail(diag, RC_NOT_FOUND,
			 "the NSS database has no private key with CKA_ID %s (\"ipsec showhostkey "
			 "--list\" shows what it has)",
			 id);
}

/* public: a counted reference, or NULL to ask NSS for it. */
static enum rc find_and_wrap(struct span ckaid, struct public_key *public, struct private_key **out,
			     struct diag *diag)
{
	enum rc rc = RC_OK;
	if (nss_slot(0) == NULL)
		rc = diag_fail(diag, RC_INTERNAL, "NSS is not open");
	SECKEYPrivateKey *found = rc == RC_OK ? find(ckaid) : NULL, *copy = NULL;
	if (rc == RC_OK && found == NULL)
		rc = not_found(ckaid, diag);
	if (rc == RC_OK && public == NULL)
		rc = public_of_private(found, &public, diag);
	if (found != NULL)
		copy = copy_and_let_go(found);
	if (rc == RC_OK && copy == NULL)
		rc = nss_fail(diag, "cannot use a private key of the NSS database");
	if (rc == RC_OK)
		return wrap(copy, public, out, diag);
	if (copy != NULL)
		SECKEY_DestroyPrivateKey(copy);
	public_key_unref(public);
	return rc;
}

enum rc private_key_find(struct public_key *key, struct private_key **out, struct diag *diag)
{
	return find_and_wrap(SPAN_OF(key->id), public_key_ref(key), out, diag);
}

enum rc private_key_find_id(struct span ckaid, struct private_key **out, struct diag *diag)
{
	if (ckaid.len == 0 || ckaid.len > 64)
		return diag_fail(diag, RC_NOT_FOUND, "a CKA_ID has 1 to 64 bytes, not %zu",
				 ckaid.len);
	return find_and_wrap(ckaid, NULL, out, diag);
}

/* ---- importing ---- */

/* RFC 5915 §3: the public point inside an ECPrivateKey, which NSS wants beside it. */
static enum rc point_of(struct span octets, struct span *point)
{
	struct span key, bits;
	uint32_t version;
	TRY(der_only(octets, ASN1_SEQUENCE, &key));
	TRY(der_small(&key, &version));
	TRY(der_take(&key, ASN1_OCTET_STRING, NULL));
	if (der_is_next(&key, ASN1_CONTEXT_WITH(0)))
		TRY(der_take(&key, ASN1_CONTEXT_WITH(0), NULL));
	TRY(der_take(&key, ASN1_CONTEXT_WITH(1), &bits));
	return der_bits(&bits, point);
}

static enum rc read_pkcs8(struct span pkcs8, struct span *point, struct diag *diag)
{
	static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	struct span info, algorithm, oid, octets;
	uint32_t version;
	*point = SPAN_NONE;
	if (der_only(pkcs8, ASN1_SEQUENCE, &info) != RC_OK || der_small(&info, &version) != RC_OK ||
	    der_take(&info, ASN1_SEQUENCE, &algorithm) != RC_OK ||
	    der_take(&algorithm, ASN1_OID, &oid) != RC_OK ||
	    der_take(&info, ASN1_OCTET_STRING, &octets) != RC_OK)
		return diag_fail(diag, RC_SYNTAX,
				 "the private key is no PKCS #8 PrivateKeyInfo in DER (\"openssl "
				 "pkcs8 -topk8 -nocrypt -outform DER\" makes one)");
	if (!span_equal(oid, SPAN_OF(oid_ec)) || point_of(octets, point) == RC_OK)
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX,
			 "the private EC key comes without its public point (\"openssl pkey\" adds "
			 "it)");
}

static enum rc may_write(bool permanent, struct diag *diag)
{
	if (nss_slot(0) == NULL)
		return diag_fail(diag, RC_INTERNAL, "NSS is not open");
	if (permanent && !nss_has_database())
		return diag_fail(diag, RC_UNSUPPORTED,
				 "there is no NSS database to keep a private key in");
	return RC_OK;
}

static enum rc enter(struct span pkcs8, struct span point, bool permanent, const char *nickname,
		     SECKEYPrivateKey **out, struct diag *diag)
{
	SECItem der = nss_item(pkcs8.ptr, pkcs8.len), value = nss_item(point.ptr, point.len);
	SECItem name = nss_item(nickname, nickname != NULL ? strlen(nickname) : 0);
	if (PK11_ImportDERPrivateKeyInfoAndReturnKey(nss_slot(1), &der,
						     nickname != NULL ? &name : NULL,
						     point.len != 0 ? &value : NULL, permanent,
						     permanent, KU_ALL, out, NULL) == SECSuccess)
		return RC_OK;
	int error = PORT_GetError();
	bool memory = nss_rc() == RC_NO_MEMORY;
	return diag_fail(diag, memory ? RC_NO_MEMORY : RC_SYNTAX,
			 "NSS does not take the private key: %s (%d)", nss_error_name(error),
			 error);
}

/* Gives up both on failure. */
static enum rc adopt(SECKEYPrivateKey *nss, bool permanent, struct private_key **out,
		     struct diag *diag)
{
	struct public_key *public = NULL;
	enum rc rc = public_of_private(nss, &public, diag);
	if (permanent) {
		nss = copy_and_let_go(nss);
		if (nss == NULL && rc == RC_OK)
			rc = nss_fail(diag, "cannot use a private key of the NSS database");
	}
	if (rc == RC_OK)
		return wrap(nss, public, out, diag);
	if (nss != NULL)
		SECKEY_DestroyPrivateKey(nss);
	public_key_unref(public);
	return rc;
}

/* A key that is not good must not come into the database, so it is tried as a session object first.
 */
enum rc private_key_import(struct span pkcs8, bool permanent, const char *nickname,
			   struct private_key **out, struct diag *diag)
{
	struct span point;
	struct private_key *key;
	SECKEYPrivateKey *nss = NULL;
	TRY(may_write(permanent, diag));
	TRY(read_pkcs8(pkcs8, &point, diag));
	TRY(enter(pkcs8, point, false, NULL, &nss, diag));
	TRY(adopt(nss, false, &key, diag));
	enum rc rc = permanent ? enter(pkcs8, point, true, nickname, &nss, diag) : RC_OK;
	if (rc == RC_OK && permanent) {
		nss->pkcs11IsTemp = PR_FALSE;
		SECKEY_DestroyPrivateKey(nss);
	}
	if (rc == RC_OK)
		*out = key;
	else
		private_key_unref(key);
	return rc;
}

/* ---- making ---- */

static enum rc key_pair(enum key_kind kind, unsigned bits, PK11AttrFlags flags, PK11SlotInfo *slot,
			SECKEYPrivateKey **private, SECKEYPublicKey **public, struct diag *diag)
{
	PK11RSAGenParams rsa = { (int)bits, RSA_EXPONENT };
	const struct curve *curve = curve_of(kind);
	uint8_t buffer[KEY_PARAMS_MAX];
	struct sink sink;
	sink_init(&sink, buffer, sizeof buffer);
	if (curve != NULL)
		der_put(&sink, ASN1_OID, curve->oid);
	SECKEYECParams ec = nss_item(buffer, sink.len);
	*private = PK11_GenerateKeyPairWithOpFlags(
		slot, curve != NULL ? CKM_EC_KEY_PAIR_GEN : CKM_RSA_PKCS_KEY_PAIR_GEN,
		curve != NULL ? (void *)&ec : (void *)&rsa, public, flags, CKF_SIGN | CKF_VERIFY,
		CKF_SIGN | CKF_VERIFY | CKF_DERIVE, NULL);
	return *private != NULL ? RC_OK : nss_fail(diag, "cannot make a key pair");
}

static enum rc check_kind(enum key_kind kind, unsigned bits, struct diag *diag)
{
	if (kind == KEY_ED25519)
		return diag_fail(diag, RC_UNSUPPORTED, "Ed25519 keys cannot be made here");
	if (kind == KEY_RSA && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8 != 0))
		return diag_fail(diag, RC_RANGE,
				 "an RSA key of %u bits cannot be made: %d to %d, in steps of 8",
				 bits, RSA_BITS_MIN, RSA_BITS_MAX);
	return RC_OK;
}

enum rc private_key_generate(enum key_kind kind, unsigned bits, bool permanent,
			     const char *nickname, unsigned worker, struct private_key **out,
			     struct diag *diag)
{
	PK11AttrFlags flags =
		PK11_ATTR_SENSITIVE | (permanent ? PK11_ATTR_TOKEN | PK11_ATTR_PRIVATE
						 : PK11_ATTR_SESSION | PK11_ATTR_PUBLIC);
	SECKEYPrivateKey *private = NULL;
	SECKEYPublicKey *public = NULL;
	TRY(check_kind(kind, bits, diag));
	TRY(may_write(permanent, diag));
	TRY(key_pair(kind, bits, flags, nss_slot(permanent ? 1 : worker), &private, &public, diag));
	SECKEY_DestroyPublicKey(public);
	if (permanent && nickname != NULL)
		(void)PK11_SetPrivateKeyNickname(private, nickname);
	return adopt(private, permanent, out, diag);
}

/* ---- holding ---- */

struct private_key *private_key_ref(struct private_key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void private_key_unref(struct private_key *key)
{
	if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
		return;
	SECKEY_DestroyPrivateKey(key->key);
	public_key_unref(key->public);
	mem_free(key);
}

struct public_key *private_key_public(const struct private_key *key)
{
	return key->public;
}
