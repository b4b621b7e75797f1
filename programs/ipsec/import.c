/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec import: keys, certificates and CAs from files into the NSS database. Everything is read and
 * checked first; what fails later is taken back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "import_crls.h"
#include "import_parts.h"
#include "keys.h"
#include "x509/pem.h"
#include "x509/x509.h"

#define ITEMS_MAX  64
#define KEYS_MAX   8
#define BLOCKS_MAX 64
#define CRLS_MAX   16

struct item {
	struct certificate *certificate; /* counted */
	char nickname[NICKNAME_MAX];
	const char *file;
	bool has_key; /* in what is imported, or in the database already */
	bool trusted;
	bool before;  /* it was in the database */
	bool bundled; /* it comes with a PKCS#12 file */
};
struct loose_key {
	struct private_key *key;
	struct span pkcs8;
	const char *file;
	bool before, certified;
};
struct bundle {
	struct pkcs12 *pkcs12;
	unsigned first, count; /* of the items */
};
struct import {
	const struct ipsec *ipsec;
	const struct key_options *options;
	struct arena arena;
	struct item items[ITEMS_MAX];
	struct loose_key keys[KEYS_MAX];
	struct bundle bundles[KEYS_MAX];
	struct import_crl crls[CRLS_MAX];
	unsigned item_count, key_count, bundle_count, crl_count;
	struct diag diag;
};

/* ---- reading ---- */

static int add_item(struct import *import, struct certificate *certificate, const char *file,
		    const char *name, bool has_key)
{
	struct item *item = &import->items[import->item_count];

	for (unsigned i = 0; i < import->item_count; i++)
		if (span_equal(certificate_der(import->items[i].certificate),
			       certificate_der(certificate)) &&
		    name == NULL)
			return EXIT_DONE; /* twice in the files */
	if (import->item_count == ITEMS_MAX)
		return complain(EXIT_FAILED, "%s: more than %d certificates at once", file,
				ITEMS_MAX);
	item->certificate = certificate_ref(certificate);
	item->file = file;
	item->has_key = has_key;
	certificate_nickname(certificate, item->nickname);
	if (name != NULL && name[0] != '\0')
		(void)snprintf(item->nickname, sizeof(item->nickname), "%.120s", name);
	import->item_count++;
	return EXIT_DONE;
}

static int read_certificate(struct import *import, struct span der, const char *file)
{
	struct certificate *certificate = NULL;
	int code;

	if (certificate_parse(der, &certificate, &import->diag) != RC_OK)
		return complain(EXIT_FAILED, "%s: %s", file, import->diag.text);
	code = add_item(import, certificate, file, NULL, false);
	certificate_unref(certificate);
	return code;
}

static int read_key(struct import *import, struct span pkcs8, const char *file)
{
	struct loose_key *key = &import->keys[import->key_count];

	if (import->key_count == KEYS_MAX)
		return complain(EXIT_FAILED, "%s: more than %d private keys at once", file,
				KEYS_MAX);
	if (private_key_import(pkcs8, false, NULL, &key->key, &import->diag) != RC_OK)
		return complain(EXIT_FAILED, "%s: the private key: %s", file, import->diag.text);
	key->pkcs8 = pkcs8;
	key->file = file;
	import->key_count++;
	return EXIT_DONE;
}

static int read_encrypted(struct import *import, const struct pem *block, const char *file)
{
	struct secret password = { NULL, 0 };
	struct pem key = *block;
	char prompt[300];
	int code;

	(void)snprintf(prompt, sizeof(prompt), "Passphrase of the key in %.250s", file);
	code = take_password(import->options->password_file, prompt, false, &password);
	if (code == EXIT_DONE &&
	    pem_open_key(&key, (const char *)password.ptr, &import->arena, &import->diag) != RC_OK)
		code = complain(EXIT_FAILED, "%s: the private key: %s", file, import->diag.text);
	secret_wipe(&password);
	return code == EXIT_DONE ? read_key(import, key.der, file) : code;
}

/* Many files have an empty password, so nobody is asked before it was tried. */
static int open_bundle(struct import *import, struct span der, const char *file,
		       struct pkcs12 **out)
{
	struct secret password = { NULL, 0 };
	char prompt[300];
	enum rc rc = RC_AUTH_FAILED;
	int code;

	if (import->options->password_file == NULL)
		rc = pkcs12_open(der, "", out, &import->diag);
	if (rc != RC_AUTH_FAILED)
		return rc == RC_OK ? EXIT_DONE
				   : complain(EXIT_FAILED, "%s: %s", file, import->diag.text);
	(void)snprintf(prompt, sizeof(prompt), "Password of %.250s", file);
	code = take_password(import->options->password_file, prompt, false, &password);
	if (code == EXIT_DONE &&
	    pkcs12_open(der, (const char *)password.ptr, out, &import->diag) != RC_OK)
		code = complain(EXIT_FAILED, "%s: %s", file, import->diag.text);
	secret_wipe(&password);
	return code;
}

static int read_bundle(struct import *import, struct span der, const char *file)
{
	struct bundle *bundle = &import->bundles[import->bundle_count];
	struct certificate *certificate;
	const char *name;
	bool has_key;
	int code;

	if (import->bundle_count == KEYS_MAX)
		return complain(EXIT_FAILED, "%s: more than %d PKCS#12 files at once", file,
				KEYS_MAX);
	code = open_bundle(import, der, file, &bundle->pkcs12);
	if (code != EXIT_DONE)
		return code;
	import->bundle_count++;
	bundle->first = import->item_count;
	while (code == EXIT_DONE &&
	       pkcs12_certificate(bundle->pkcs12, bundle->count, &certificate, &name, &has_key)) {
		code = add_item(import, certificate, file, name != NULL ? name : "", has_key);
		if (code == EXIT_DONE)
			import->items[import->item_count - 1].bundled = true;
		bundle->count++;
	}
	return code;
}

static int read_crl(struct import *import, struct span der, const char *file)
{
	struct import_crl *crl = &import->crls[import->crl_count];

	if (import->crl_count == CRLS_MAX)
		return complain(EXIT_FAILED, "%s: more than %d CRLs at once", file, CRLS_MAX);
	crl->der = der;
	crl->file = file;
	import->crl_count++;
	return EXIT_DONE;
}

static int read_block(struct import *import, const struct pem *block, const char *file)
{
	switch (block->kind) {
	case PEM_CERTIFICATE:
		return read_certificate(import, block->der, file);
	case PEM_PRIVATE_KEY:
		return read_key(import, block->der, file);
	case PEM_PKCS12:
		return read_bundle(import, block->der, file);
	case PEM_ENCRYPTED_KEY:
		return read_encrypted(import, block, file);
	case PEM_CRL:
		return read_crl(import, block->der, file);
	case PEM_PUBLIC_KEY:
		return complain(EXIT_FAILED,
				"%s: a public key needs no import: rightpubkey=%s in ipsec.conf",
				file, file);
	case PEM_OTHER:
		break;
	}
	return EXIT_DONE;
}

static int read_file(struct import *import, const char *file)
{
	struct pem blocks[BLOCKS_MAX];
	unsigned before = import->item_count + import->key_count + import->crl_count;
	size_t count = 0;
	int code = EXIT_DONE;

	if (pem_read(file, &import->arena, blocks, BLOCKS_MAX, &count, &import->diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", import->diag.text);
	for (size_t i = 0; i < count && code == EXIT_DONE; i++)
		code = read_block(import, &blocks[i], file);
	if (code == EXIT_DONE && count == BLOCKS_MAX)
		code = complain(EXIT_FAILED, "%s holds too much for one import (%d blocks)", file,
				BLOCKS_MAX);
	if (code == EXIT_DONE &&
	    before == import->item_count + import->key_count + import->crl_count)
		code = complain(EXIT_FAILED,
				"%s holds neither a certificate nor a private key nor a CRL", file);
	return code;
}

/* ---- what belongs together ---- */

static int match_certificate(struct import *import, struct item *item,
			     const struct store_list *there)
{
	struct public_key *key = NULL;

	if (certificate_key(item->certificate, &key, &import->diag) != RC_OK)
		return complain(EXIT_FAILED, "%s: the key of \"%s\": %s", item->file,
				item->nickname, import->diag.text);
	public_key_unref(key);
	for (unsigned i = 0; i < import->key_count; i++)
		if (key_is_certified(import->keys[i].key, item->certificate))
			item->has_key = import->keys[i].certified = true;
	for (size_t i = 0; i < there->count; i++) {
		if (!span_equal(certificate_der(there->items[i].certificate),
				certificate_der(item->certificate)))
			continue;
		item->before = true;
		item->has_key |= there->items[i].has_key;
		(void)snprintf(item->nickname, sizeof(item->nickname), "%.120s",
			       there->items[i].nickname);
	}
	return EXIT_DONE;
}

/* A root is trusted when it is that of a certificate of ours, or when the operator says so. */
static bool is_root_of(const struct import *import, const struct item *root,
		       const struct item *leaf)
{
	struct x509_ca ca = { root->certificate, (char *)(uintptr_t)root->nickname, true };
	struct x509_verify verify = { .now = time(NULL) };
	struct span ders[X509_CHAIN_MAX];
	struct x509_trust *trust = NULL;
	bool yes;

	if (x509_trust_of(&ca, 1, &trust) != RC_OK)
		return false;
	ders[verify.count++] = certificate_der(leaf->certificate);
	for (unsigned i = 0; i < import->item_count && verify.count < X509_CHAIN_MAX; i++)
		if (&import->items[i] != leaf && &import->items[i] != root)
			ders[verify.count++] = certificate_der(import->items[i].certificate);
	verify.trust = trust;
	verify.ders = ders;
	if (verify.now > certificate_not_after(leaf->certificate))
		verify.now = certificate_not_after(leaf->certificate);
	if (verify.now < certificate_not_before(leaf->certificate))
		verify.now = certificate_not_before(leaf->certificate);
	yes = x509_verify(&verify, NULL) == RC_OK;
	x509_verify_wipe(&verify);
	x509_trust_unref(trust);
	return yes;
}

static void decide_trust(struct import *import, struct item *item)
{
	if (!certificate_is_ca(item->certificate))
		return;
	item->trusted = import->options->as_ca;
	if (!certificate_self_issued(item->certificate))
		return;
	for (unsigned i = 0; i < import->item_count && !item->trusted; i++)
		item->trusted = &import->items[i] != item && import->items[i].has_key &&
				!certificate_is_ca(import->items[i].certificate) &&
				is_root_of(import, item, &import->items[i]);
}

/* --name: of the one certificate that is ours, or else of the only one. */
static int name_item(struct import *import)
{
	struct item *which = import->item_count == 1 ? &import->items[0] : NULL;

	if (import->options->name == NULL || import->item_count == 0)
		return EXIT_DONE;
	for (unsigned i = 0; i < import->item_count; i++) {
		struct item *item = &import->items[i];
		if (!item->has_key || import->item_count == 1)
			continue;
		if (which != NULL)
			return complain(EXIT_USAGE,
					"--name: these files hold several certificates with their "
					"keys; import them one by one");
		which = item;
	}
	if (which == NULL)
		return complain(EXIT_USAGE,
				"--name: none of the %u certificates has its private key here, so "
				"it is not clear which is meant; import them one by one",
				import->item_count);
	if (which->before && strcmp(which->nickname, import->options->name) != 0)
		return complain(EXIT_FAILED,
				"this certificate is in the database already, as \"%s\"",
				which->nickname);
	(void)snprintf(which->nickname, sizeof(which->nickname), "%.120s", import->options->name);
	return EXIT_DONE;
}

static int check_names(struct import *import)
{
	for (unsigned i = 0; i < import->item_count; i++) {
		struct item *item = &import->items[i];
		if (!item->before &&
		    store_nickname_free(item->nickname, item->certificate, &import->diag) != RC_OK)
			return complain(EXIT_FAILED, "%s: %s", item->file, import->diag.text);
		for (unsigned k = 0; k < i; k++)
			if (strcmp(item->nickname, import->items[k].nickname) == 0 &&
			    !span_equal(certificate_subject(item->certificate),
					certificate_subject(import->items[k].certificate)))
				(void)snprintf(item->nickname, sizeof(item->nickname), "%.100s %u",
					       import->items[k].nickname, i + 1);
	}
	return EXIT_DONE;
}

static int check_crls(struct import *import)
{
	struct certificate *cas[ITEMS_MAX];

	for (unsigned i = 0; i < import->item_count; i++)
		cas[i] = import->items[i].certificate;
	return crls_check(import->crls, import->crl_count, cas, import->item_count);
}

static int understand(struct import *import)
{
	struct store_list there;
	int code = EXIT_DONE;

	if (store_list(true, &there, &import->diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", import->diag.text);
	for (unsigned i = 0; i < import->item_count && code == EXIT_DONE; i++)
		code = match_certificate(import, &import->items[i], &there);
	store_list_free(&there);
	for (unsigned i = 0; i < import->item_count && code == EXIT_DONE; i++)
		decide_trust(import, &import->items[i]);
	if (code == EXIT_DONE)
		code = name_item(import);
	if (code == EXIT_DONE)
		code = check_crls(import);
	return code == EXIT_DONE ? check_names(import) : code;
}

/* ---- writing ---- */

static void take_back(struct import *import)
{
	for (unsigned i = 0; i < import->item_count; i++)
		if (!import->items[i].before)
			(void)!store_remove(import->items[i].certificate, import->items[i].bundled,
					    NULL);
	for (unsigned i = 0; i < import->key_count; i++)
		if (!import->keys[i].before)
			(void)!store_remove_key(private_key_public(import->keys[i].key), NULL);
}

static const char *name_of_key(const struct import *import, const struct loose_key *key)
{
	for (unsigned i = 0; i < import->item_count; i++)
		if (key_is_certified(key->key, import->items[i].certificate))
			return import->items[i].nickname;
	return import->options->name;
}

static enum rc write_keys(struct import *import)
{
	for (unsigned i = 0; i < import->key_count; i++) {
		struct loose_key *key = &import->keys[i];
		struct private_key *kept = NULL;
		if (key->before)
			continue;
		TRY(private_key_import(key->pkcs8, true, name_of_key(import, key), &kept,
				       &import->diag));
		private_key_unref(kept);
	}
	return RC_OK;
}

static enum rc write_bundle(struct import *import, const struct bundle *bundle)
{
	const char *nicknames[ITEMS_MAX];

	for (unsigned i = 0; i < bundle->count; i++)
		nicknames[i] = import->items[bundle->first + i].nickname;
	return pkcs12_import(bundle->pkcs12, nicknames, &import->diag);
}

static enum rc check_bundled(struct import *import, const struct item *item)
{
	struct public_key *public = NULL;
	struct private_key *key = NULL;
	enum rc rc;

	if (!item->bundled || !item->has_key)
		return RC_OK;
	rc = certificate_key(item->certificate, &public, &import->diag);
	if (rc == RC_OK)
		rc = private_key_find(public, &key, &import->diag);
	private_key_unref(key);
	public_key_unref(public);
	return rc;
}

static enum rc write_all(struct import *import)
{
	TRY(write_keys(import));
	for (unsigned i = 0; i < import->bundle_count; i++)
		TRY(write_bundle(import, &import->bundles[i]));
	for (unsigned i = 0; i < import->item_count; i++) {
		const struct item *item = &import->items[i];
		TRY(store_add(item->certificate, item->nickname, item->trusted, NULL,
			      &import->diag));
		TRY(check_bundled(import, item));
	}
	return crls_write(import->crls, import->crl_count, &import->diag);
}

/* ---- telling ---- */

static void tell_dates(const struct item *item)
{
	char date[DATE_MAX];
	int64_t now = time(NULL);

	if (now > certificate_not_after(item->certificate))
		(void)printf("  it expired on %s\n",
			     date_text(certificate_not_after(item->certificate), date));
	else if (now < certificate_not_before(item->certificate))
		(void)printf("  it is not valid before %s\n",
			     date_text(certificate_not_before(item->certificate), date));
}

static void tell(const struct item *item)
{
	char subject[IDENTITY_TEXT_MAX], issuer[IDENTITY_TEXT_MAX], date[DATE_MAX];
	bool ca = certificate_is_ca(item->certificate);
	bool root = ca && certificate_self_issued(item->certificate);

	(void)printf("%s \"%s\": %s, issued by %s, valid until %s%s%s\n",
		     root ? "CA"
		     : ca ? "intermediate CA"
			  : "certificate",
		     item->nickname, certificate_subject_text(item->certificate, subject),
		     certificate_issuer_text(item->certificate, issuer),
		     date_text(certificate_not_after(item->certificate), date),
		     item->has_key ? ", with its private key" : "",
		     item->before ? " (was there already)" : "");
	tell_dates(item);
	if (item->trusted)
		(void)puts("  trusted: peers with certificates of it are accepted");
	else if (root)
		(void)puts("  not trusted: import it with --ca if peers with certificates of it "
			   "are to be accepted");
}

static void tell_all(const struct import *import)
{
	char id[2 * KEY_ID_LEN + 1];
	uint8_t bytes[KEY_ID_LEN];

	for (unsigned i = 0; i < import->item_count; i++)
		tell(&import->items[i]);
	for (unsigned i = 0; i < import->key_count; i++) {
		if (import->keys[i].certified)
			continue;
		public_key_id(private_key_public(import->keys[i].key), bytes);
		for (size_t k = 0; k < KEY_ID_LEN; k++)
			(void)snprintf(id + 2 * k, 3, "%02x", bytes[k]);
		(void)printf("private key without a certificate: leftckaid=%s\n", id);
	}
	crls_tell(import->crls, import->crl_count);
	tell_daemon(import->ipsec);
}

static int run(struct import *import)
{
	int code = EXIT_DONE;

	for (int i = 0; i < import->options->count && code == EXIT_DONE; i++)
		code = read_file(import, import->options->arguments[i]);
	if (code == EXIT_DONE)
		code = understand(import);
	for (unsigned i = 0; i < import->key_count && code == EXIT_DONE; i++)
		import->keys[i].before = key_is_kept(private_key_public(import->keys[i].key));
	if (code != EXIT_DONE)
		return code;
	if (write_all(import) != RC_OK) {
		take_back(import);
		return complain(EXIT_FAILED, "nothing was imported: %s", import->diag.text);
	}
	tell_all(import);
	return EXIT_DONE;
}

static void import_free(struct import *import)
{
	for (unsigned i = 0; i < import->item_count; i++)
		certificate_unref(import->items[i].certificate);
	for (unsigned i = 0; i < import->key_count; i++)
		private_key_unref(import->keys[i].key);
	for (unsigned i = 0; i < import->bundle_count; i++)
		pkcs12_close(import->bundles[i].pkcs12);
	arena_free(&import->arena);
	mem_free(import);
}

static int check_folders(const struct key_options *options)
{
	for (int i = 0; i < options->count; i++)
		if (is_folder(options->arguments[i]) &&
		    (options->count > 1 || options->name != NULL || options->as_ca))
			return complain(
				EXIT_USAGE,
				"%s is a folder: it is imported alone, without --name and "
				"--ca (its files have their names, those in its cacerts are "
				"trusted)",
				options->arguments[i]);
	return EXIT_DONE;
}

int verb_import(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	struct import *import;
	int code = key_options(ipsec, argc, argv,
			       KEY_OPTION_NAME | KEY_OPTION_AS_CA | KEY_OPTION_PASSWORD, &options);

	if (code == EXIT_DONE && options.count == 0)
		code = complain(EXIT_USAGE, "usage: ipsec import FILE... [--name NAME] [--ca] "
					    "[--password-file FILE] [--nssdir DIR], or ipsec "
					    "import DIR");
	if (code == EXIT_DONE)
		code = check_folders(&options);
	if (code == EXIT_DONE)
		code = open_keys(ipsec, &options, true);
	if (code != EXIT_DONE)
		return code;
	if (is_folder(options.arguments[0])) {
		code = import_folder(ipsec, &options, options.arguments[0]);
		close_keys();
		return code;
	}
	import = mem_alloc(sizeof(*import));
	if (import == NULL) {
		close_keys();
		return complain(EXIT_FAILED, "out of memory");
	}
	import->ipsec = ipsec;
	import->options = &options;
	arena_init(&import->arena, (size_t)16 * PEM_FILE_MAX);
	code = run(import);
	import_free(import);
	close_keys();
	return code;
}
