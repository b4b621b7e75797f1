/* SPDX-License-Identifier: Apache-2.0 */
/* A public key enters NSS for one operation, as a session object of the worker's slot. */
#include <string.h>
#include "base/der.h"
#include "crypto/key.h"
#include "crypto/nss.h"

static void set_rsa(const struct public_key *public, struct key_in_nss *out)
{
	out->own.keyType = rsaKey;
	out->own.u.rsa.modulus = nss_item(public->modulus.ptr, public->modulus.len);
	out->own.u.rsa.publicExponent = nss_item(public->exponent.ptr, public->exponent.len);
}

static void set_curve(const struct public_key *public, struct key_in_nss *out)
{
	struct sink sink;
	sink_init(&sink, out->params, sizeof out->params);
	der_put(&sink, ASN1_OID, curve_of(public->kind)->oid);
	out->own.keyType = ecKey;
	out->own.u.ec.DEREncodedParams = nss_item(out->params, sink.len);
	out->own.u.ec.publicValue = nss_item(public->point.ptr, public->point.len);
}

/* Our NSS may be older or newer than Ed25519, so it decodes the key itself if it can. */
static enum rc decode(const struct public_key *public, struct key_in_nss *out)
{
	SECItem der = nss_item(public->spki, public->spki_len);
	if (!PK11_DoesMechanism(nss_slot(0), CKM_EDDSA))
		return RC_UNSUPPORTED;
	CERTSubjectPublicKeyInfo *spki = SECKEY_DecodeDERSubjectPublicKeyInfo(&der);
	if (spki == NULL)
		return nss_rc();
	out->key = SECKEY_ExtractPublicKey(spki);
	SECKEY_DestroySubjectPublicKeyInfo(spki);
	return out->key != NULL ? RC_OK : nss_rc();
}

enum rc key_enter(const struct public_key *public, unsigned worker, struct key_in_nss *out)
{
	PK11SlotInfo *slot = nss_slot(worker);
	if (slot == NULL)
		return RC_INTERNAL;
	*out = (struct key_in_nss){ .key = &out->own, .own = { .pkcs11ID = CK_INVALID_HANDLE } };
	if (public->kind == KEY_ED25519)
		TRY(decode(public, out));
	else if (public->kind == KEY_RSA)
		set_rsa(public, out);
	else
		set_curve(public, out);
	if (PK11_ImportPublicKey(slot, out->key, PR_FALSE) != CK_INVALID_HANDLE)
		return RC_OK;
	enum rc rc = nss_rc();
	key_leave(out);
	return rc;
}

void key_leave(struct key_in_nss *key)
{
	if (key->key != &key->own) {
		SECKEY_DestroyPublicKey(key->key);
	} else if (key->own.pkcs11Slot != NULL) {
		(void)PK11_DestroyObject(key->own.pkcs11Slot, key->own.pkcs11ID);
		PK11_FreeSlot(key->own.pkcs11Slot);
	}
	key->key = NULL;
}
