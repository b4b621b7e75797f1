/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/database.h"
#include <cert.h>
#include <certdb.h>
#include <pk11pub.h>
#include <prerror.h>
#include <secerr.h>

static bool is_trusted(CERTCertificate *found)
{
	CERTCertTrust trust;
	return CERT_GetCertTrust(found, &trust) == SECSuccess &&
	       (trust.sslFlags & (CERTDB_TRUSTED_CA | CERTDB_TRUSTED_CLIENT_CA)) != 0;
}

static size_t list_length(CERTCertList *list)
{
	size_t count = 0;
	for (CERTCertListNode *node = CERT_LIST_HEAD(list); !CERT_LIST_END(node, list);
	     node = CERT_LIST_NEXT(node))
		count++;
	return count;
}

static struct database_entry entry_of(CERTCertificate *found)
{
	return (struct database_entry){
		.der = span_make(found->derCert.data, found->derCert.len),
		.nickname = found->nickname,
		.trusted = is_trusted(found),
	};
}

enum rc database_walk(enum rc (*fn)(void *context, const struct database_entry *entry,
				    size_t count),
		      void *context)
{
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	CERTCertList *list = slot != NULL ? PK11_ListCertsInSlot(slot) : NULL;
	size_t count = list != NULL ? list_length(list) : 0;
	enum rc rc = RC_OK;

	if (slot != NULL)
		PK11_FreeSlot(slot);
	if (list == NULL)
		return RC_OK;
	for (CERTCertListNode *node = CERT_LIST_HEAD(list);
	     rc == RC_OK && !CERT_LIST_END(node, list); node = CERT_LIST_NEXT(node)) {
		struct database_entry entry = entry_of(node->cert);
		rc = fn(context, &entry, count);
	}
	CERT_DestroyCertList(list);
	return rc;
}

/* Several certificates may have one nickname, when one renews the other; NSS puts the newest first.
 */
enum rc database_find(const char *nickname, struct certificate **out, struct diag *diag)
{
	CERTCertList *list = PK11_FindCertsFromNickname(nickname, NULL);
	CERTCertListNode *node = list != NULL ? CERT_LIST_HEAD(list) : NULL;
	enum rc rc = RC_NOT_FOUND;

	*out = NULL;
	if (node != NULL && !CERT_LIST_END(node, list)) {
		struct database_entry entry = entry_of(node->cert);
		rc = certificate_parse(entry.der, out, diag);
	}
	if (list != NULL)
		CERT_DestroyCertList(list);
	return rc;
}

/* ---- CRLs ---- */

enum rc database_crls(enum rc (*fn)(void *context, struct span der), void *context,
		      struct diag *diag)
{
	CERTCrlHeadNode *list = NULL;
	enum rc rc = RC_OK;

	PR_SetError(0, 0);
	if (SEC_LookupCrls(CERT_GetDefaultCertDB(), &list, SEC_CRL_TYPE) != SECSuccess)
		return PR_GetError() == 0 ? RC_OK : database_fail(diag, "read", "CRLs");
	for (CERTCrlNode *node = list->first; node != NULL && rc == RC_OK; node = node->next)
		if (node->crl != NULL && node->crl->derCrl != NULL)
			rc = fn(context,
				span_make(node->crl->derCrl->data, node->crl->derCrl->len));
	PORT_FreeArena(list->arena, PR_FALSE); /* all of it lives there */
	return rc;
}

struct same {
	struct span der;
	bool found;
};

static enum rc compare(void *context, struct span der)
{
	struct same *same = context;

	same->found = same->found || span_equal(same->der, der);
	return RC_OK;
}

/* NSS takes the same one again without a word. */
static bool has_crl(struct span der)
{
	struct same same = { der, false };

	return database_crls(compare, &same, NULL) == RC_OK && same.found;
}

enum rc database_add_crl(struct span der, struct diag *diag)
{
	SECItem item = { siBuffer, (unsigned char *)(uintptr_t)der.ptr, (unsigned)der.len };
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	CERTSignedCrl *crl;

	if (slot == NULL)
		return database_fail(diag, "add", "CRL");
	if (has_crl(der)) {
		PK11_FreeSlot(slot);
		return diag_fail(diag, RC_EXISTS, "the database has this CRL");
	}
	PR_SetError(0, 0);
	crl = PK11_ImportCRL(slot, &item, NULL, SEC_CRL_TYPE, NULL, CRL_IMPORT_BYPASS_CHECKS, NULL,
			     CRL_DECODE_DEFAULT_OPTIONS);
	PK11_FreeSlot(slot);
	if (crl != NULL) {
		SEC_DestroyCrl(crl);
		return RC_OK;
	}
	if (PR_GetError() == SEC_ERROR_OLD_CRL || PR_GetError() == SEC_ERROR_CRL_ALREADY_EXISTS)
		return diag_fail(diag, RC_EXISTS,
				 "the database has this CRL of its issuer, or a newer one");
	return database_fail(diag, "add", "CRL");
}
