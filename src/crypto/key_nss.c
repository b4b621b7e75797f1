/* SPDX-License-Identifier: Apache-2.0 */
/* A public key enters NSS for one operation, as a session object of the worker's slot. An EC key
 * that is used a second time (a CA's, a peer's raw key) stays there from then on, as far as there
 * is room: it is published only after an operation, when NSS has unpacked it. */
#include <pthread.h>
#include <string.h>
#include "base/arena.h"
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

static void give_back(struct key_in_nss *key)
{
	if (key->key != &key->own) {
		SECKEY_DestroyPublicKey(key->key);
	} else if (key->own.pkcs11Slot != NULL) {
		(void)PK11_DestroyObject(key->own.pkcs11Slot, key->own.pkcs11ID);
		PK11_FreeSlot(key->own.pkcs11Slot);
	}
}

static enum rc import(const struct public_key *public, PK11SlotInfo *slot, struct key_in_nss *out)
{
	if (public->kind == KEY_ED25519)
		TRY(decode(public, out));
	else if (public->kind == KEY_RSA)
		set_rsa(public, out);
	else
		set_curve(public, out);
	if (PK11_ImportPublicKey(slot, out->key, PR_FALSE) != CK_INVALID_HANDLE)
		return RC_OK;
	enum rc rc = nss_rc();
	give_back(out);
	return rc;
}

enum rc key_enter(const struct public_key *public, unsigned worker, struct key_in_nss *out)
{
	PK11SlotInfo *slot = nss_slot(worker);
	if (slot == NULL)
		return RC_INTERNAL;
	struct key_in_nss *held = atomic_load(&public->held);
	*out = (struct key_in_nss){ .key = &out->own, .own = { .pkcs11ID = CK_INVALID_HANDLE } };
	if (held == NULL)
		return import(public, slot, out);
	out->key = &held->own;
	out->lent = true;
	return RC_OK;
}

static struct public_key **place_of(const struct public_key *public)
{
	struct public_key **keys = nss_kept()->keys;
	for (size_t i = 0; i < KEYS_HELD_MAX; i++)
		if (keys[i] == public)
			return &keys[i];
	return NULL;
}

/* A copy of what stands on the stack. With the lock. */
static bool keep(struct public_key *public, const struct key_in_nss *key)
{
	struct public_key **place = place_of(NULL);
	if (place == NULL || atomic_load(&public->held) != NULL)
		return false;
	struct key_in_nss *held = mem_alloc(sizeof *held);
	if (held == NULL)
		return false;
	*held = *key;
	held->key = &held->own;
	held->own.u.ec.DEREncodedParams.data = held->params;
	*place = public;
	atomic_store(&public->held, held);
	return true;
}

static bool stays(struct public_key *public, const struct key_in_nss *key)
{
	if (curve_of(public->kind) == NULL || atomic_fetch_add(&public->uses, 1) == 0)
		return false;
	pthread_mutex_lock(&nss_kept()->lock);
	bool kept_now = keep(public, key);
	pthread_mutex_unlock(&nss_kept()->lock);
	return kept_now;
}

void key_leave(const struct public_key *public, struct key_in_nss *key)
{
	/* keys are made by us and never const; nobody else sees what stays */
	if (!key->lent && !stays((struct public_key *)(uintptr_t) public, key))
		give_back(key);
	key->key = NULL;
}

void key_forget(struct public_key *public)
{
	if (atomic_load(&public->held) == NULL)
		return;
	pthread_mutex_lock(&nss_kept()->lock);
	struct key_in_nss *held = atomic_exchange(&public->held, NULL);
	struct public_key **place = place_of(public);
	if (place != NULL)
		*place = NULL;
	pthread_mutex_unlock(&nss_kept()->lock);
	if (held != NULL)
		give_back(held);
	mem_free(held);
}

void key_forget_all(void)
{
	for (size_t i = 0; i < KEYS_HELD_MAX; i++)
		if (nss_kept()->keys[i] != NULL)
			key_forget(nss_kept()->keys[i]);
}
