/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec import of a folder: the PKCS#12 files in it. */
#include <stdio.h>
#include "import_folder.h"

#define BUNDLE_MAX 32

struct bundle {
	struct pkcs12 *pkcs12;
	struct store_list there; /* what the database has now */
	char nicknames[BUNDLE_MAX][NICKNAME_MAX];
	const char *names[BUNDLE_MAX];
	bool trusted[BUNDLE_MAX];
	unsigned count, present;
	int own; /* the one whose key is there; -1: none */
};

static const struct store_item *find(const struct store_list *list,
				     const struct certificate *certificate)
{
	for (size_t i = 0; i < list->count; i++)
		if (span_equal(certificate_der(list->items[i].certificate),
			       certificate_der(certificate)))
			return &list->items[i];
	return NULL;
}

/* Ours gets the name of the file, the others their own; who is there keeps his. */
static void name_all(struct bundle *bundle, const char *file)
{
	struct certificate *certificate;
	const char *name;
	bool has_key;

	bundle->own = -1;
	for (; bundle->count < BUNDLE_MAX &&
	       pkcs12_certificate(bundle->pkcs12, bundle->count, &certificate, &name, &has_key);
	     bundle->count++) {
		char *nickname = bundle->nicknames[bundle->count];
		const struct store_item *item = find(&bundle->there, certificate);
		bundle->names[bundle->count] = nickname;
		bundle->trusted[bundle->count] = item != NULL && item->trusted;
		bundle->present += item != NULL && (item->has_key || !has_key);
		if (item != NULL)
			(void)snprintf(nickname, NICKNAME_MAX, "%.120s", item->nickname);
		else if (has_key && bundle->own < 0)
			folder_nickname(file, nickname);
		else
			certificate_nickname(certificate, nickname);
		if (has_key && bundle->own < 0)
			bundle->own = (int)bundle->count;
	}
}

/* NSS may have changed the trust of who was there before. */
static enum rc write_all(const struct bundle *bundle, struct diag *diag)
{
	struct certificate *certificate;
	const char *name;
	bool has_key;

	TRY(pkcs12_import(bundle->pkcs12, bundle->names, diag));
	for (unsigned i = 0; i < bundle->count &&
			     pkcs12_certificate(bundle->pkcs12, i, &certificate, &name, &has_key);
	     i++)
		TRY(store_add(certificate, bundle->names[i], bundle->trusted[i], NULL, diag));
	return RC_OK;
}

static void import_opened(struct folder *folder, const char *file, struct bundle *bundle)
{
	struct diag diag = { "" };
	const char *own;

	if (store_list(true, &bundle->there, &diag) != RC_OK) {
		folder_tell(folder, file, FILE_FAILED, NULL, "%s", diag.text);
		return;
	}
	name_all(bundle, file);
	own = bundle->names[bundle->own >= 0 ? bundle->own : 0];
	if (bundle->present == bundle->count)
		folder_tell(folder, file, FILE_PRESENT, own,
			    "its %u certificates are there already", bundle->count);
	else if (write_all(bundle, &diag) == RC_OK)
		folder_tell(folder, file, FILE_IMPORTED, own, "%u certificate%s%s", bundle->count,
			    bundle->count == 1 ? "" : "s",
			    bundle->own >= 0 ? ", with the private key" : "");
	else
		folder_tell(folder, file, FILE_FAILED, NULL, "%s", diag.text);
	store_list_free(&bundle->there);
}

void folder_bundle(struct folder *folder, const char *file, struct span der)
{
	struct bundle *bundle = mem_alloc(sizeof(*bundle));
	struct secret password = { NULL, 0 };
	struct diag diag = { "out of memory" };
	enum rc rc = bundle != NULL ? folder_password(folder, file, &password) : RC_NO_MEMORY;

	if (rc == RC_OK)
		rc = pkcs12_open(der, (const char *)password.ptr, &bundle->pkcs12, &diag);
	if (rc == RC_OK)
		import_opened(folder, file, bundle);
	else
		folder_tell(
			folder, file, FILE_FAILED, NULL,
			rc == RC_AUTH_FAILED
				? "%s; say which it is in ipsec.secrets (: P12 FILE \"password\") "
				  "or with --password-file"
				: "%s",
			diag.text);
	secret_wipe(&password);
	if (bundle != NULL)
		pkcs12_close(bundle->pkcs12);
	mem_free(bundle);
}
