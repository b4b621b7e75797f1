/* SPDX-License-Identifier: Apache-2.0 */
/* Our own certificates with their keys and the intermediates that go with them. */
#include <stdio.h>
#include <string.h>
#include "base/secret.h"
#include "x509/credential.h"
#include "x509/database.h"
#include "x509/path.h"
#include "x509/pem.h"
#include "x509/pkcs12_load.h"

#define FILE_BLOCKS 32
#define ARENA_BYTES (size_t)(3 * PEM_FILE_MAX)

struct loading {
	const char *name;
	const struct credential_source *source;
	const char *password; /* of the file; "": none */
	const char *key_from; /* the file of the key, if it is another one */
	bool keyless;	      /* keys are left where they are */
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
			 "there is no certificate \"%.80s\" in the NSS database, and no file of "
			 "that name in ipsec.d/certs beside ipsec.conf; \"ipsec list certs\" shows "
			 "what is there, \"ipsec import FILE\" brings one in",
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

static enum rc import_key(struct loading *loading, struct pem *block)
{
	if (loading->key != NULL || loading->keyless)
		return RC_OK;
	return key_block_load(loading->source->path, block, loading->source->password,
			      &loading->arena, &loading->key, loading->diag);
}

/* Only where it may take its time: its key is derived from a password. */
static enum rc may_open(const struct loading *loading)
{
	const char *path = loading->source->path;

	if (loading->keyless)
		return diag_fail(
			loading->diag, RC_UNSUPPORTED,
			"%.120s is a PKCS#12 file, which is for a certificate of ours with "
			"its key; of a peer the certificate alone is wanted (\"openssl "
			"pkcs12 -in FILE -clcerts -nokeys\")",
			path);
	if (!loading->source->files_only)
		return diag_fail(loading->diag, RC_UNSUPPORTED,
				 "%.120s is a PKCS#12 file that was not there when the "
				 "certificates were read: \"ipsec rereadall\" reads them again",
				 path);
	return RC_OK;
}

static enum rc take_pkcs12(struct loading *loading, struct span der)
{
	struct pkcs12_content content;
	struct diag why = { "" };
	enum rc rc;

	_Static_assert(PKCS12_CERTIFICATES_MAX <= FILE_BLOCKS, "all of them have a place");
	TRY(may_open(loading));
	rc = pkcs12_load(der, loading->password, &content, &why);
	if (rc != RC_OK)
		return pkcs12_explain(loading->source->path, loading->source->password != NULL, rc,
				      &why, loading->diag);
	for (unsigned i = 0; i < content.count; i++)
		loading->certificates[i] = certificate_ref(content.certificates[i]);
	loading->certificate_count = content.count;
	loading->key = private_key_ref(content.key);
	pkcs12_content_wipe(&content);
	return RC_OK;
}

static enum rc use_block(struct loading *loading, struct pem *block)
{
	switch (block->kind) {
	case PEM_CERTIFICATE:
		return add_certificate(loading, block->der);
	case PEM_PRIVATE_KEY:
	case PEM_ENCRYPTED_KEY:
		return import_key(loading, block);
	case PEM_PKCS12:
		return take_pkcs12(loading, block->der);
	case PEM_CRL:
	case PEM_PUBLIC_KEY:
	case PEM_OTHER:
		break;
	}
	return RC_OK;
}

static enum rc load_file(struct loading *loading)
{
	TRY(pem_read(loading->source->path, &loading->arena, loading->blocks, FILE_BLOCKS,
		     &loading->count, loading->diag));
	for (size_t i = 0; i < loading->count; i++)
		TRY(use_block(loading, &loading->blocks[i]));
	if (loading->certificate_count > 0)
		return RC_OK;
	return diag_fail(loading->diag, RC_NOT_FOUND, "%s holds no certificate",
			 loading->source->path);
}

/* ---- certificate, key and chain together ---- */

static bool is_ours(const struct loading *loading, const struct certificate *certificate)
{
	struct public_key *key = NULL;
	bool ours = loading->key != NULL && certificate_key(certificate, &key, NULL) == RC_OK &&
		    public_key_equal(key, private_key_public(loading->key));

	public_key_unref(key);
	return ours;
}

/* In a file the certificates may stand in any order: ours is the one whose key is there; of several
 * the one that is valid longest. */
static void own_first(struct loading *loading)
{
	struct certificate **list = loading->certificates, *best = NULL;
	unsigned at = 0;

	for (unsigned i = 0; i < loading->certificate_count; i++)
		if (is_ours(loading, list[i]) &&
		    (best == NULL ||
		     certificate_not_after(list[i]) > certificate_not_after(best))) {
			best = list[i];
			at = i;
		}
	if (best == NULL)
		return;
	list[at] = list[0];
	list[0] = best;
}

static enum rc no_key(struct loading *loading, const struct diag *why)
{
	char text[PATH_TEXT_MAX];
	return diag_fail(loading->diag, RC_NOT_FOUND,
			 "the private key of \"%.60s\", %s, is not in the NSS database (%.60s); "
			 "\"ipsec import FILE\" brings it in",
			 loading->name, path_text(loading->certificates[0], text), why->text);
}

/* In a file, at hand, in the database. */
static enum rc find_key(struct loading *loading, struct public_key *public, struct diag *why)
{
	const struct credential_source *source = loading->source;
	struct private_key *key = NULL;

	if (source->key_path != NULL) {
		loading->key_from = source->key_path;
		return key_file_load(source->key_path, source->key_password, &loading->key, why);
	}
	if (source->key != NULL)
		key = source->key(source->context, public, &loading->key_from);
	if (key != NULL) {
		loading->key = private_key_ref(key);
		return RC_OK;
	}
	if (source->files_only)
		return RC_NOT_FOUND;
	return private_key_find(public, &loading->key, why);
}

static enum rc check_key(struct loading *loading, struct certificate **bare)
{
	struct public_key *key = NULL;
	struct diag why = { "" };
	enum rc rc = certificate_key(loading->certificates[0], &key, &why);

	if (rc != RC_OK)
		return diag_fail(loading->diag, rc, "the key of \"%.80s\": %s", loading->name,
				 why.text);
	if (loading->key == NULL)
		rc = find_key(loading, key, &why);
	if (rc != RC_OK && loading->source->key_path != NULL)
		rc = diag_fail(loading->diag, rc, "%s", why.text);
	else if (rc == RC_NOT_FOUND)
		rc = no_key(loading, &why);
	else if (rc != RC_OK)
		rc = diag_fail(loading->diag, rc, "the private key of \"%.80s\": %s", loading->name,
			       why.text);
	else if (!public_key_equal(key, private_key_public(loading->key)))
		rc = diag_fail(loading->diag, RC_BAD_PUBLIC,
			       "the private key given for \"%.80s\" belongs to another certificate",
			       loading->name);
	if (rc == RC_NOT_FOUND && bare != NULL)
		*bare = certificate_ref(loading->certificates[0]);
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

static char *copy_of(const char *text)
{
	return text != NULL ? mem_text(text) : NULL;
}

static enum rc make(struct loading *loading, const struct x509_trust *trust,
		    struct credential **out)
{
	const struct credential_source *source = loading->source;
	struct credential *credential = mem_alloc(sizeof(*credential));
	if (credential == NULL)
		return diag_fail(loading->diag, RC_NO_MEMORY, "out of memory");
	credential->refs = 1;
	credential->nickname = mem_text(loading->name);
	credential->from = copy_of(source->path);
	credential->key_from = copy_of(loading->key_from);
	credential->chain = mem_alloc(X509_CHAIN_MAX * sizeof(*credential->chain));
	credential->certificate = certificate_ref(loading->certificates[0]);
	credential->key = private_key_ref(loading->key);
	if (credential->nickname == NULL || credential->chain == NULL ||
	    (source->path != NULL && credential->from == NULL) ||
	    (loading->key_from != NULL && credential->key_from == NULL)) {
		credential_unref(credential);
		return diag_fail(loading->diag, RC_NO_MEMORY, "out of memory");
	}
	build_chain(loading, trust, credential);
	*out = credential;
	return RC_OK;
}

static enum rc load_certificates(struct loading *loading)
{
	return loading->source->path == NULL ? load_nickname(loading) : load_file(loading);
}

static void loading_wipe(struct loading *loading)
{
	for (unsigned i = 0; i < loading->certificate_count; i++)
		certificate_unref(loading->certificates[i]);
	private_key_unref(loading->key);
	arena_free(&loading->arena);
	mem_free(loading);
}

static struct loading *loading_new(const struct credential_source *source, struct diag *diag)
{
	struct loading *loading = mem_alloc(sizeof(*loading));
	if (loading == NULL)
		return NULL;
	loading->name = source->name;
	loading->source = source;
	loading->password = source->password != NULL ? source->password : "";
	loading->diag = diag;
	arena_init(&loading->arena, ARENA_BYTES);
	return loading;
}

enum rc credential_load(const struct credential_source *source, const struct x509_trust *trust,
			struct credential **out, struct certificate **bare, struct diag *diag)
{
	struct loading *loading = loading_new(source, diag);
	enum rc rc;

	*out = NULL;
	if (loading == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	rc = load_certificates(loading);
	if (rc == RC_OK) {
		own_first(loading);
		rc = check_key(loading, bare);
	}
	if (rc == RC_OK)
		rc = make(loading, trust, out);
	loading_wipe(loading);
	return rc;
}

static bool is_of(const struct x509_trust *trust, const struct certificate *certificate)
{
	const struct x509_ca *ca;

	for (size_t i = 0; trust != NULL && (ca = x509_trust_at(trust, i)) != NULL; i++)
		if (span_equal(ca->certificate->der, certificate->der))
			return true;
	return false;
}

enum rc credential_again(const struct credential *old, const struct x509_trust *before,
			 const struct x509_trust *trust, struct credential **out)
{
	struct credential_source source = { .name = old->nickname, .path = old->from };
	struct loading *loading = loading_new(&source, NULL);
	enum rc rc;

	*out = NULL;
	if (loading == NULL)
		return RC_NO_MEMORY;
	loading->key_from = old->key_from;
	loading->key = private_key_ref(old->key);
	loading->certificates[loading->certificate_count++] = certificate_ref(old->certificate);
	for (unsigned i = 0; i < old->chain_count; i++)
		if (!is_of(before, old->chain[i]))
			loading->certificates[loading->certificate_count++] =
				certificate_ref(old->chain[i]);
	rc = make(loading, trust, out);
	loading_wipe(loading);
	return rc;
}

/* With a slash it is a path. */
static struct credential_source source_of(const char *name)
{
	return (struct credential_source){ .name = name,
					   .path = strchr(name, '/') != NULL ? name : NULL };
}

enum rc x509_credential_load(const char *name, const char *key_path, const char *password,
			     const struct x509_trust *trust, struct credential **out,
			     struct diag *diag)
{
	struct credential_source source = source_of(name);

	source.key_path = key_path;
	source.password = source.key_password = password;
	return credential_load(&source, trust, out, NULL, diag);
}

enum rc x509_certificate_load(const char *name, struct certificate **out, struct diag *diag)
{
	struct credential_source source = source_of(name);
	struct loading *loading = loading_new(&source, diag);
	enum rc rc;

	*out = NULL;
	if (loading == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	loading->keyless = true;
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
	mem_free(credential->from);
	mem_free(credential->key_from);
	mem_free(credential);
}
