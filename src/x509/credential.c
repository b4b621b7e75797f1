/* SPDX-License-Identifier: Apache-2.0 */
/* Our own certificates with their keys and the intermediates that go with them. */
#include <stdio.h>
#include <string.h>
#include "base/secret.h"
#include "x509/database.h"
#include "x509/path.h"
#include "x509/pem.h"

#define FILE_BLOCKS 32
#define ARENA_BYTES (size_t)(3 * PEM_FILE_MAX)

struct loading {
	const char *name;
	const char *key_path, *password;
	struct arena arena;
	struct pem blocks[FILE_BLOCKS]; /* of the file */
	size_t count;
	struct certificate *certificates[FILE_BLOCKS]; /* the first is ours */
	unsigned certificate_count;
	struct private_key *key;
	char *nickname;
	struct diag *diag;
};

/* ---- from the database ---- */

static enum rc not_in_database(struct loading *loading)
{
	return diag_fail(loading->diag, RC_NOT_FOUND,
			 "there is no certificate \"%.80s\" in the NSS database; \"ipsec list "
			 "certs\" shows what is there, \"ipsec import FILE\" brings one in",
			 loading->name);
}

static enum rc load_nickname(struct loading *loading)
{
	struct diag why = { "" };
	enum rc rc = database_find(loading->name, &loading->certificates[0], &why);

	if (rc == RC_NOT_FOUND)
		return not_in_database(loading);
	if (rc != RC_OK)
		return diag_fail(loading->diag, rc, "the certificate \"%.80s\": %s", loading->name,
				 why.text);
	loading->certificate_count = 1;
	return RC_OK;
}

/* ---- from a file ---- */

static enum rc add_certificate(struct loading *loading, struct span der)
{
	struct certificate **next = &loading->certificates[loading->certificate_count];
	struct diag why = { "" };
	enum rc rc;
	if (loading->certificate_count == FILE_BLOCKS)
		return diag_fail(loading->diag, RC_LIMIT, "%s holds more than %d certificates",
				 loading->name, FILE_BLOCKS);
	rc = certificate_parse(der, next, &why);
	if (rc != RC_OK)
		return diag_fail(loading->diag, rc, "%s: %s", loading->name, why.text);
	loading->certificate_count++;
	return RC_OK;
}

static enum rc import_key(struct loading *loading, const char *path, const struct pem *block)
{
	struct diag why = { "" };
	enum rc rc;
	if (loading->key != NULL)
		return RC_OK;
	if (block->kind == PEM_ENCRYPTED_KEY)
		return diag_fail(loading->diag, RC_UNSUPPORTED,
				 "the key in %s is encrypted; import it once with \"ipsec import\" "
				 "or make a PKCS#12 file of key and certificate",
				 path);
	rc = private_key_import(block->der, false, NULL, &loading->key, &why);
	return rc == RC_OK ? rc : diag_fail(loading->diag, rc, "the key in %s: %s", path, why.text);
}

static enum rc use_block(struct loading *loading, const struct pem *block)
{
	switch (block->kind) {
	case PEM_CERTIFICATE:
		return add_certificate(loading, block->der);
	case PEM_PRIVATE_KEY:
	case PEM_ENCRYPTED_KEY:
		return import_key(loading, loading->name, block);
	case PEM_PKCS12:
		return diag_fail(loading->diag, RC_UNSUPPORTED,
				 "%s is a PKCS#12 file; bring it into the database with \"ipsec "
				 "import\" and name the certificate by its nickname",
				 loading->name);
	case PEM_CRL:
	case PEM_PUBLIC_KEY:
	case PEM_OTHER:
		break;
	}
	return RC_OK;
}

static enum rc load_file(struct loading *loading)
{
	TRY(pem_read(loading->name, &loading->arena, loading->blocks, FILE_BLOCKS, &loading->count,
		     loading->diag));
	for (size_t i = 0; i < loading->count; i++)
		TRY(use_block(loading, &loading->blocks[i]));
	if (loading->certificate_count > 0)
		return RC_OK;
	return diag_fail(loading->diag, RC_NOT_FOUND, "%s holds no certificate", loading->name);
}

static enum rc load_key_file(struct loading *loading)
{
	enum rc rc = pem_read(loading->key_path, &loading->arena, loading->blocks, FILE_BLOCKS,
			      &loading->count, loading->diag);
	for (size_t i = 0; i < loading->count && rc == RC_OK; i++)
		if (loading->blocks[i].kind == PEM_PRIVATE_KEY ||
		    loading->blocks[i].kind == PEM_ENCRYPTED_KEY)
			rc = import_key(loading, loading->key_path, &loading->blocks[i]);
	if (rc == RC_OK && loading->key == NULL)
		rc = diag_fail(loading->diag, RC_NOT_FOUND, "%s holds no private key",
			       loading->key_path);
	return rc;
}

/* ---- certificate, key and chain together ---- */

/* In a file the certificates may stand in any order: ours is the one whose key is there. */
static void own_first(struct loading *loading)
{
	for (unsigned i = 1; i < loading->certificate_count; i++) {
		struct certificate *other = loading->certificates[i];
		struct public_key *key = NULL;
		bool ours = loading->key != NULL && certificate_key(other, &key, NULL) == RC_OK &&
			    public_key_equal(key, private_key_public(loading->key));
		public_key_unref(key);
		if (!ours)
			continue;
		loading->certificates[i] = loading->certificates[0];
		loading->certificates[0] = other;
		return;
	}
}

static enum rc no_key(struct loading *loading, const struct diag *why)
{
	char text[PATH_TEXT_MAX];
	return diag_fail(loading->diag, RC_NOT_FOUND,
			 "the private key of \"%.60s\", %s, is not in the NSS database (%.60s); "
			 "\"ipsec import FILE\" brings it in",
			 loading->name, path_text(loading->certificates[0], text), why->text);
}

static enum rc check_key(struct loading *loading)
{
	struct public_key *key = NULL;
	struct diag why = { "" };
	enum rc rc = certificate_key(loading->certificates[0], &key, &why);

	if (rc != RC_OK)
		return diag_fail(loading->diag, rc, "the key of \"%.80s\": %s", loading->name,
				 why.text);
	if (loading->key == NULL)
		rc = private_key_find(key, &loading->key, &why);
	if (rc == RC_NOT_FOUND)
		rc = no_key(loading, &why);
	else if (rc != RC_OK)
		rc = diag_fail(loading->diag, rc, "the private key of \"%.80s\": %s", loading->name,
			       why.text);
	else if (!public_key_equal(key, private_key_public(loading->key)))
		rc = diag_fail(loading->diag, RC_BAD_PUBLIC,
			       "the private key given for \"%.80s\" belongs to another certificate",
			       loading->name);
	public_key_unref(key);
	return rc;
}

static bool is_issuer(const struct certificate *child, const struct certificate *candidate)
{
	return x509_name_equal(child->issuer, candidate->subject) &&
	       path_check_issuer(candidate, false, NULL) == RC_OK &&
	       path_signed_by(child, candidate, 0, NULL) == RC_OK;
}

static struct certificate *find_issuer(const struct loading *loading,
				       const struct x509_trust *trust,
				       const struct certificate *child)
{
	const struct x509_ca *ca;
	for (unsigned i = 1; i < loading->certificate_count; i++)
		if (is_issuer(child, loading->certificates[i]))
			return loading->certificates[i];
	for (size_t i = 0; trust != NULL && (ca = x509_trust_at(trust, i)) != NULL; i++)
		if (is_issuer(child, ca->certificate))
			return ca->certificate;
	return NULL;
}

/* Up to the root, which the peer must have itself. */
static void build_chain(const struct loading *loading, const struct x509_trust *trust,
			struct credential *credential)
{
	struct certificate *at = credential->certificate;
	while (credential->chain_count < X509_CHAIN_MAX - 1) {
		at = certificate_self_issued(at) ? NULL : find_issuer(loading, trust, at);
		if (at == NULL || certificate_self_issued(at))
			return;
		credential->chain[credential->chain_count++] = certificate_ref(at);
	}
}

static enum rc make(struct loading *loading, const struct x509_trust *trust,
		    struct credential **out)
{
	struct credential *credential = mem_alloc(sizeof(*credential));
	if (credential == NULL)
		return diag_fail(loading->diag, RC_NO_MEMORY, "out of memory");
	credential->refs = 1;
	credential->nickname = mem_text(loading->name);
	credential->chain = mem_alloc(X509_CHAIN_MAX * sizeof(*credential->chain));
	credential->certificate = certificate_ref(loading->certificates[0]);
	credential->key = private_key_ref(loading->key);
	if (credential->nickname == NULL || credential->chain == NULL) {
		credential_unref(credential);
		return diag_fail(loading->diag, RC_NO_MEMORY, "out of memory");
	}
	build_chain(loading, trust, credential);
	*out = credential;
	return RC_OK;
}

static enum rc load_certificates(struct loading *loading)
{
	if (strchr(loading->name, '/') == NULL)
		return load_nickname(loading);
	return load_file(loading);
}

static void loading_wipe(struct loading *loading)
{
	for (unsigned i = 0; i < loading->certificate_count; i++)
		certificate_unref(loading->certificates[i]);
	private_key_unref(loading->key);
	arena_free(&loading->arena);
	mem_free(loading);
}

static struct loading *loading_new(const char *name, const char *password, struct diag *diag)
{
	struct loading *loading = mem_alloc(sizeof(*loading));
	if (loading == NULL)
		return NULL;
	loading->name = name;
	loading->password = password != NULL ? password : "";
	loading->diag = diag;
	arena_init(&loading->arena, ARENA_BYTES);
	return loading;
}

enum rc x509_credential_load(const char *name, const char *key_path, const char *password,
			     const struct x509_trust *trust, struct credential **out,
			     struct diag *diag)
{
	struct loading *loading = loading_new(name, password, diag);
	enum rc rc;

	*out = NULL;
	if (loading == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	loading->key_path = key_path;
	rc = load_certificates(loading);
	if (rc == RC_OK && loading->key == NULL && key_path != NULL)
		rc = load_key_file(loading);
	if (rc == RC_OK) {
		own_first(loading);
		rc = check_key(loading);
	}
	if (rc == RC_OK)
		rc = make(loading, trust, out);
	loading_wipe(loading);
	return rc;
}

enum rc x509_certificate_load(const char *name, struct certificate **out, struct diag *diag)
{
	struct loading *loading = loading_new(name, NULL, diag);
	enum rc rc;

	*out = NULL;
	if (loading == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	rc = load_certificates(loading);
	if (rc == RC_OK)
		*out = certificate_ref(loading->certificates[0]);
	loading_wipe(loading);
	return rc;
}

struct credential *credential_ref(struct credential *credential)
{
	__atomic_add_fetch(&credential->refs, 1, __ATOMIC_SEQ_CST);
	return credential;
}

void credential_unref(struct credential *credential)
{
	if (credential == NULL || __atomic_sub_fetch(&credential->refs, 1, __ATOMIC_SEQ_CST) > 0)
		return;
	for (unsigned i = 0; i < credential->chain_count; i++)
		certificate_unref(credential->chain[i]);
	certificate_unref(credential->certificate);
	private_key_unref(credential->key);
	mem_free(credential->chain);
	mem_free(credential->nickname);
	mem_free(credential);
}
