/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/database.h"
#include <cert.h>
#include <certdb.h>
#include <pk11pub.h>

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
