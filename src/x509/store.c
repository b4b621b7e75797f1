/* SPDX-License-Identifier: Apache-2.0 */
/* The NSS database as tools see and change it. */
#include "x509/store.h"
#include <cert.h>
#include <certdb.h>
#include <keyhi.h>
#include <pk11pub.h>
#include <prerror.h>
#include <secerr.h>
#include <string.h>
#include "crypto/crypto.h"
#include "x509/database.h"
#include "x509/shelf.h"

enum rc database_fail(struct diag *diag, const char *what, const char *name)
{
	int error = PR_GetError();
	const char *text = PR_ErrorToName(error);
	const char *next = "";
	if (error == SEC_ERROR_READ_ONLY || error == SEC_ERROR_ADDING_CERT)
		next = "; may we write to it?";
	else if (crypto_locked())
		next = "; it is locked by a password";
	return diag_fail(diag, error == SEC_ERROR_NO_MEMORY ? RC_NO_MEMORY : RC_IO,
			 "cannot %s \"%.60s\" in the NSS database: NSS says %s (%d)%s", what, name,
			 text != NULL ? text : "an error without a name", error, next);
}

CERTCertificate *database_enter(const struct certificate *certificate)
{
	struct span der = certificate_der(certificate);
	SECItem item = { siBuffer, (unsigned char *)(uintptr_t)der.ptr, (unsigned)der.len };
	CERTCertificate *found = CERT_FindCertByDERCert(CERT_GetDefaultCertDB(), &item);
	if (found != NULL)
		return found;
	return CERT_NewTempCertificate(CERT_GetDefaultCertDB(), &item, NULL, PR_FALSE, PR_TRUE);
}

/* ---- what is there ---- */

struct listing {
	struct store_list *list;
	bool keys;
};

static bool key_is_there(const struct certificate *certificate)
{
	struct public_key *public = NULL;
	struct private_key *private = NULL;
	bool found = certificate_key(certificate, &public, NULL) == RC_OK &&
		     private_key_find(public, &private, NULL) == RC_OK;
	private_key_unref(private);
	public_key_unref(public);
	return found;
}

static enum rc list_one(void *context, const struct database_entry *entry, size_t count)
{
	struct listing *listing = context;
	struct store_list *list = listing->list;
	struct store_item *item;
	enum rc rc;

	if (list->items == NULL && (list->items = mem_alloc(count * sizeof(*item))) == NULL)
		return RC_NO_MEMORY;
	item = &list->items[list->count];
	rc = certificate_parse(entry->der, &item->certificate, NULL);
	if (rc == RC_OK) {
		list->count++;
		item->nickname = mem_text(entry->nickname != NULL ? entry->nickname : "");
		item->trusted = entry->trusted;
		item->has_key = listing->keys && key_is_there(item->certificate);
		return item->nickname != NULL ? RC_OK : RC_NO_MEMORY;
	}
	return rc == RC_NO_MEMORY ? rc : RC_OK;
}

void store_list_free(struct store_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		certificate_unref(list->items[i].certificate);
		mem_free(list->items[i].nickname);
	}
	mem_free(list->items);
	*list = (struct store_list){ NULL, 0 };
}

enum rc store_list(bool keys, struct store_list *out, struct diag *diag)
{
	struct listing listing = { out, keys };
	enum rc rc;

	*out = (struct store_list){ NULL, 0 };
	rc = database_walk(list_one, &listing);
	if (rc == RC_OK)
		return RC_OK;
	store_list_free(out);
	return diag_fail(diag, rc, "out of memory while reading the NSS database");
}

static enum rc tell_key(SECKEYPrivateKey *key,
			enum rc (*fn)(void *context, struct span ckaid, const char *nickname),
			void *context)
{
	SECItem *id = PK11_GetLowLevelKeyIDForPrivateKey(key);
	char *nickname = PK11_GetPrivateKeyNickname(key);
	enum rc rc = RC_OK;

	if (id != NULL)
		rc = fn(context, span_make(id->data, id->len), nickname != NULL ? nickname : "");
	if (id != NULL)
		SECITEM_FreeItem(id, PR_TRUE);
	if (nickname != NULL)
		PORT_Free(nickname);
	return rc;
}

enum rc store_keys(enum rc (*fn)(void *context, struct span ckaid, const char *nickname),
		   void *context, struct diag *diag)
{
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	SECKEYPrivateKeyList *list = NULL;
	enum rc rc = RC_OK;

	if (slot == NULL)
		return diag_fail(diag, RC_INTERNAL, "NSS is not open");
	if (crypto_locked())
		rc = diag_fail(diag, RC_AUTH_FAILED, "the NSS database is locked by a password");
	else
		list = PK11_ListPrivKeysInSlot(slot, NULL, NULL);
	PK11_FreeSlot(slot);
	if (list == NULL)
		return rc;
	for (SECKEYPrivateKeyListNode *node = PRIVKEY_LIST_HEAD(list);
	     rc == RC_OK && !PRIVKEY_LIST_END(node, list); node = PRIVKEY_LIST_NEXT(node))
		rc = tell_key(node->key, fn, context);
	SECKEY_DestroyPrivateKeyList(list);
	return rc;
}

/* ---- changing it ---- */

static bool same_subject(const CERTCertificate *found, const struct certificate *certificate)
{
	struct span subject = certificate_subject(certificate);
	return span_equal(span_make(found->derSubject.data, found->derSubject.len), subject);
}

enum rc store_nickname_free(const char *nickname, const struct certificate *certificate,
			    struct diag *diag)
{
	CERTCertList *list = PK11_FindCertsFromNickname(nickname, NULL);
	char subject[IDENTITY_TEXT_MAX];
	enum rc rc = RC_OK;

	if (list == NULL)
		return RC_OK;
	for (CERTCertListNode *node = CERT_LIST_HEAD(list);
	     rc == RC_OK && !CERT_LIST_END(node, list); node = CERT_LIST_NEXT(node))
		if (!same_subject(node->cert, certificate))
			rc = diag_fail(diag, RC_EXISTS,
				       "the nickname \"%.60s\" belongs to the certificate of "
				       "%.80s, so %.80s cannot have it; give another one with "
				       "--name",
				       nickname, node->cert->subjectName,
				       certificate_subject_text(certificate, subject));
	CERT_DestroyCertList(list);
	return rc;
}

static SECStatus set_trust(CERTCertificate *entry, bool trusted, bool ca)
{
	CERTCertTrust trust = { 0, 0, 0 };
	unsigned flags = CERTDB_TRUSTED_CA | CERTDB_TRUSTED_CLIENT_CA | CERTDB_VALID_CA;
	if (trusted)
		trust.sslFlags = flags;
	else if (ca)
		trust.sslFlags = 0;
	return CERT_ChangeCertTrust(CERT_GetDefaultCertDB(), entry, &trust);
}

static enum rc add(CERTCertificate *entry, const struct certificate *certificate,
		   const char *nickname, bool trusted, bool *added, struct diag *diag)
{
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	bool there = entry->isperm;
	SECStatus status = slot != NULL ? SECSuccess : SECFailure;

	if (!there)
		TRY(store_nickname_free(nickname, certificate, diag));
	if (status == SECSuccess && !there)
		status = PK11_ImportCert(slot, entry, CK_INVALID_HANDLE, nickname, PR_FALSE);
	if (slot != NULL)
		PK11_FreeSlot(slot);
	if (status != SECSuccess)
		return database_fail(diag, "add the certificate", nickname);
	if (added != NULL)
		*added = !there;
	if ((trusted || !there) &&
	    set_trust(entry, trusted, certificate_is_ca(certificate)) != SECSuccess)
		return database_fail(diag, "set the trust of", nickname);
	return RC_OK;
}

enum rc store_add(const struct certificate *certificate, const char *nickname, bool trusted,
		  bool *added, struct diag *diag)
{
	CERTCertificate *entry = database_enter(certificate);
	enum rc rc;

	if (added != NULL)
		*added = false;
	if (entry == NULL)
		return database_fail(diag, "add the certificate", nickname);
	rc = add(entry, certificate, nickname, trusted, added, diag);
	CERT_DestroyCertificate(entry);
	return rc;
}

enum rc store_remove(const struct certificate *certificate, bool with_key, struct diag *diag)
{
	CERTCertificate *entry = database_enter(certificate);
	char name[IDENTITY_TEXT_MAX];
	SECStatus status = SECFailure;

	(void)certificate_subject_text(certificate, name);
	if (entry != NULL && !entry->isperm) {
		CERT_DestroyCertificate(entry);
		return diag_fail(diag, RC_NOT_FOUND, "the NSS database has no certificate of %.80s",
				 name);
	}
	if (entry != NULL && with_key)
		status = PK11_DeleteTokenCertAndKey(entry, NULL);
	else if (entry != NULL)
		status = SEC_DeletePermCertificate(entry);
	if (entry != NULL)
		CERT_DestroyCertificate(entry);
	return status == SECSuccess ? RC_OK : database_fail(diag, "remove", name);
}

enum rc store_remove_key(const struct public_key *key, struct diag *diag)
{
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	uint8_t id[KEY_ID_LEN];
	SECItem item = { siBuffer, id, sizeof(id) };
	SECKEYPrivateKey *private;

	public_key_id(key, id);
	private = slot != NULL ? PK11_FindKeyByKeyID(slot, &item, NULL) : NULL;
	if (slot != NULL)
		PK11_FreeSlot(slot);
	if (private == NULL)
		return diag_fail(diag, RC_NOT_FOUND, "the private key is not in the NSS database");
	if (PK11_DeleteTokenPrivateKey(private, PR_TRUE) == SECSuccess)
		return RC_OK;
	return database_fail(diag, "remove", "a private key");
}

/* ---- CRLs ---- */

static enum rc check_crl(const struct crl *crl, struct certificate *const *cas, size_t count,
			 struct diag *diag)
{
	struct certificate *issuer = NULL;
	struct store_list list;
	struct certificate **there;
	enum rc rc = shelf_issuer(crl, cas, count, 0, &issuer, diag);

	if (rc != RC_NOT_FOUND)
		return rc;
	TRY(store_list(false, &list, diag));
	there = mem_alloc((list.count + 1) * sizeof(*there));
	for (size_t i = 0; there != NULL && i < list.count; i++)
		there[i] = list.items[i].certificate;
	rc = there != NULL ? shelf_issuer(crl, there, list.count, 0, &issuer, diag)
			   : diag_fail(diag, RC_NO_MEMORY, "out of memory");
	mem_free(there);
	store_list_free(&list);
	return rc;
}

enum rc store_check_crl(struct span der, struct certificate *const *cas, size_t count,
			struct store_crl *out, struct diag *diag)
{
	struct crl *crl = NULL;
	enum rc rc;

	TRY(crl_parse(der, &crl, diag));
	rc = check_crl(crl, cas, count, diag);
	out->this_update = crl->this_update;
	out->next_update = crl->next_update;
	out->entries = crl->count;
	x509_name_text(crl->issuer, out->issuer);
	crl_unref(crl);
	return rc;
}

enum rc store_add_crl(struct span der, struct diag *diag)
{
	return database_add_crl(der, diag);
}
