/* SPDX-License-Identifier: Apache-2.0 */
/* Keys by the names that the configuration has for them, read when they are first asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/table.h"
#include "x509/credential.h"
#include "x509/keyring.h"
#include "x509/pinned.h"
#include "x509/pem.h"

#define NAME_MAX_LEN 4200

static const char peer_prefix[] = "peer-certificate:";

struct entry {
	struct table_node node;
	char *name;
	struct credential *credential;	 /* of ours; or */
	struct public_key *key;		 /* of a peer */
	struct certificate *certificate; /* rightcert=, whose key that is; or NULL */
};

struct keyring {
	struct log *log;
	struct x509_trust *trust;
	uint64_t generation;
	struct table entries;
	struct x509_files *files; /* NULL: none */
};

static struct entry *entry_of(struct table_node *node)
{
	return container_of(node, struct entry, node);
}

static void entry_free(struct entry *entry)
{
	credential_unref(entry->credential);
	public_key_unref(entry->key);
	certificate_unref(entry->certificate);
	mem_free(entry->name);
	mem_free(entry);
}

static void drop(struct table_node *node, void *context)
{
	struct table *table = context;

	table_remove(table, node);
	entry_free(entry_of(node));
}

static void forget_all(struct keyring *keyring)
{
	uint64_t cursor = 0;

	while (table_walk(&keyring->entries, &cursor, 64, drop, &keyring->entries))
		continue;
}

enum rc keyring_new(struct log *log, const uint64_t seed[2], struct keyring **out,
		    struct diag *diag)
{
	struct keyring *keyring = mem_alloc(sizeof(*keyring));
	enum rc rc;

	if (keyring == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	keyring->log = log;
	table_init(&keyring->entries, seed);
	rc = x509_trust_load(&keyring->trust, diag);
	if (rc != RC_OK) {
		mem_free(keyring);
		return rc;
	}
	*out = keyring;
	return RC_OK;
}

void keyring_free(struct keyring *keyring)
{
	if (keyring == NULL)
		return;
	forget_all(keyring);
	table_free(&keyring->entries);
	x509_files_unref(keyring->files);
	x509_trust_unref(keyring->trust);
	mem_free(keyring);
}

void keyring_trust_set(struct keyring *keyring, struct x509_trust *trust)
{
	x509_trust_unref(keyring->trust);
	keyring->trust = x509_trust_ref(trust);
	keyring->generation++;
}

void keyring_renew(struct keyring *keyring, struct x509_trust *trust)
{
	x509_trust_unref(keyring->trust);
	keyring->trust = trust;
	keyring->generation++;
	forget_all(keyring);
}

static void log_warnings(const struct keyring *keyring, const struct config_errors *errors)
{
	char text[700];

	list_for(node, &errors->list)
		log_write(keyring->log, LOG_LEVEL_WARNING, NULL, "%s",
			  config_error_text(container_of(node, struct config_error, in_list), text,
					    sizeof(text)));
}

static enum rc configure(struct keyring *keyring, const struct config *config,
			 const struct secrets *secrets, struct config_errors *errors,
			 struct diag *diag)
{
	struct x509_trust *trust;
	struct x509_files *files;

	if (config->ca_count > 0) {
		TRY(x509_trust_load_with(config, errors, &trust, diag));
		keyring_renew(keyring, trust);
	}
	TRY(x509_files_load(config, secrets, keyring->trust, NULL, errors, &files, diag));
	x509_look_at_dates(config, files, time(NULL), errors);
	keyring_files_set(keyring, files);
	return RC_OK;
}

enum rc keyring_configure(struct keyring *keyring, const struct config *config,
			  const struct secrets *secrets, struct diag *diag)
{
	struct config_errors errors;
	enum rc rc;

	config_errors_init(&errors);
	rc = configure(keyring, config, secrets, &errors, diag);
	log_warnings(keyring, &errors);
	config_errors_free(&errors);
	return rc;
}

uint64_t keyring_generation(const struct keyring *keyring)
{
	return keyring->generation;
}

struct x509_trust *keyring_trust(struct keyring *keyring)
{
	return keyring->trust;
}

/* ---- entries ---- */

static struct entry *find(const struct keyring *keyring, const char *name)
{
	uint64_t hash = table_hash(&keyring->entries, name, strlen(name));

	for (struct table_node *n = table_first(&keyring->entries, hash); n != NULL;
	     n = table_next(n))
		if (strcmp(entry_of(n)->name, name) == 0)
			return entry_of(n);
	return NULL;
}

/* Takes over what is not NULL, also when it fails. */
static enum rc add(struct keyring *keyring, const char *name, struct credential *credential,
		   struct public_key *key)
{
	struct entry *entry = mem_alloc(sizeof(*entry));

	if (entry == NULL) {
		credential_unref(credential);
		public_key_unref(key);
		return RC_NO_MEMORY;
	}
	entry->credential = credential;
	entry->key = key;
	entry->name = mem_text(name);
	if (entry->name == NULL ||
	    table_insert(&keyring->entries, &entry->node,
			 table_hash(&keyring->entries, name, strlen(name))) != RC_OK) {
		entry_free(entry);
		return RC_NO_MEMORY;
	}
	return RC_OK;
}

enum rc keyring_credential_set(struct keyring *keyring, const char *name,
			       struct credential *credential)
{
	return add(keyring, name, credential_ref(credential), NULL);
}

/* ---- files ---- */

/* By either name that an entry may have. */
static void forget(struct keyring *keyring, const char *prefix, const char *name)
{
	char text[NAME_MAX_LEN];
	struct entry *entry;

	(void)snprintf(text, sizeof(text), "%s%s", prefix, name);
	entry = find(keyring, text);
	if (entry != NULL)
		drop(&entry->node, &keyring->entries);
}

static void forget_files(struct keyring *keyring)
{
	const struct x509_file *file;

	for (unsigned i = 0; (file = x509_files_at(keyring->files, i)) != NULL; i++) {
		forget(keyring, "", file->name);
		forget(keyring, peer_prefix, file->name);
	}
}

void keyring_files_set(struct keyring *keyring, struct x509_files *files)
{
	forget_files(keyring);
	x509_files_unref(keyring->files);
	keyring->files = files;
	forget_files(keyring);
}

struct x509_files *keyring_files(const struct keyring *keyring)
{
	return keyring->files;
}

/* Its key is in the database, or nowhere. */
static enum rc load_without_key(struct keyring *keyring, const struct x509_file *file,
				struct credential **out, struct diag *diag)
{
	struct credential_source source = { .name = file->name, .path = file->path };
	enum rc rc = credential_load(&source, keyring->trust, out, NULL, diag);

	return rc == RC_NOT_FOUND ? diag_fail(diag, rc, "%s", file->why) : rc;
}

static enum rc load_own_file(struct keyring *keyring, const struct x509_file *file,
			     struct credential **out, struct diag *diag)
{
	if (file->key == NULL)
		return diag_fail(diag, RC_AUTH_FAILED, "%s", file->why);
	if (file->credential == NULL)
		return load_without_key(keyring, file, out, diag);
	*out = credential_ref(file->credential);
	return RC_OK;
}

/* ---- configured keys ---- */

#define KEY_FILE_BLOCKS 8

/* The first PUBLIC KEY of a file. */
static enum rc key_of_file(const char *path, struct public_key **out, struct diag *diag)
{
	struct pem blocks[KEY_FILE_BLOCKS];
	struct arena arena;
	size_t count = 0;
	enum rc rc;

	arena_init(&arena, (size_t)2 * PEM_FILE_MAX);
	rc = pem_read(path, &arena, blocks, KEY_FILE_BLOCKS, &count, diag);
	for (size_t i = 0; i < count && rc == RC_OK; i++) {
		if (blocks[i].kind != PEM_PUBLIC_KEY)
			continue;
		rc = public_key_from_spki(blocks[i].der, out, diag);
		arena_free(&arena);
		return rc;
	}
	arena_free(&arena);
	if (rc != RC_OK)
		return rc;
	return diag_fail(diag, RC_AUTH_FAILED, "%s holds no PUBLIC KEY", path);
}

static enum rc read_key(const struct config_key *key, struct public_key **out, struct diag *diag)
{
	struct span data = span_make(key->data, key->len);

	switch ((enum config_key_form)key->form) {
	case CONFIG_KEY_RFC3110:
		return public_key_from_rfc3110(data, out, diag);
	case CONFIG_KEY_SPKI:
		return public_key_from_spki(data, out, diag);
	case CONFIG_KEY_FILE:
		return key_of_file(key->file, out, diag);
	case CONFIG_KEY_NONE:
	case CONFIG_KEY_CERT:
		break;
	}
	return RC_NOT_FOUND;
}

static bool has_key(const struct config_key *key)
{
	return key->form == CONFIG_KEY_RFC3110 || key->form == CONFIG_KEY_SPKI ||
	       key->form == CONFIG_KEY_FILE;
}

/* What a key in the configuration is called here. */
static void name_key(const struct config_key *key, const char *kind, char name[NAME_MAX_LEN])
{
	int len = snprintf(name, NAME_MAX_LEN, "%s:", kind);

	if (key->form == CONFIG_KEY_FILE) {
		(void)snprintf(name + len, NAME_MAX_LEN - (size_t)len, "%s", key->file);
		return;
	}
	for (size_t i = 0; i < key->len && (size_t)len + 3 < NAME_MAX_LEN; i++)
		len += snprintf(name + len, 3, "%02x", key->data[i]);
}

/* ---- ours ---- */

static enum rc raw_credential(struct private_key *key, struct credential **out)
{
	struct credential *credential = mem_alloc(sizeof(*credential));

	if (credential == NULL) {
		private_key_unref(key);
		return RC_NO_MEMORY;
	}
	credential->key = key;
	credential->refs = 1;
	*out = credential;
	return RC_OK;
}

static enum rc load_ckaid(const char *hex, struct credential **out, struct diag *diag)
{
	uint8_t id[64];
	struct private_key *key;
	size_t len = 0;
	unsigned byte;

	while (len < sizeof(id) && sscanf(hex + 2 * len, "%2x", &byte) == 1)
		id[len++] = (uint8_t)byte;
	TRY(private_key_find_id(span_make(id, len), &key, diag));
	return raw_credential(key, out);
}

static enum rc load_raw(const struct config_key *config, struct credential **out, struct diag *diag)
{
	struct public_key *public;
	struct private_key *key;
	enum rc rc;

	TRY(read_key(config, &public, diag));
	rc = private_key_find(public, &key, diag);
	public_key_unref(public);
	return rc == RC_OK ? raw_credential(key, out) : rc;
}

static enum rc load_own(struct keyring *keyring, const struct config_end *end,
			struct credential **out, struct diag *diag)
{
	const struct x509_file *file =
		end->cert != NULL ? x509_files_find(keyring->files, end->cert) : NULL;

	if (file != NULL)
		return load_own_file(keyring, file, out, diag);
	if (end->cert != NULL)
		return x509_credential_load(end->cert, NULL, NULL, keyring->trust, out, diag);
	if (end->ckaid != NULL)
		return load_ckaid(end->ckaid, out, diag);
	return load_raw(&end->key, out, diag);
}

static void name_own(const struct config_end *end, char name[NAME_MAX_LEN])
{
	if (end->cert != NULL)
		(void)snprintf(name, NAME_MAX_LEN, "%s", end->cert);
	else if (end->ckaid != NULL)
		(void)snprintf(name, NAME_MAX_LEN, "ckaid:%s", end->ckaid);
	else
		name_key(&end->key, "own", name);
}

enum rc keyring_credential(struct keyring *keyring, const struct config_end *end,
			   struct credential **out, struct diag *diag)
{
	char name[NAME_MAX_LEN];
	struct entry *entry;

	if (end->cert == NULL && end->ckaid == NULL && !has_key(&end->key))
		return RC_NOT_FOUND;
	name_own(end, name);
	entry = find(keyring, name);
	if (entry == NULL) {
		enum rc rc = load_own(keyring, end, out, diag);
		if (rc != RC_OK)
			return rc == RC_NOT_FOUND ? RC_AUTH_FAILED : rc;
		return add(keyring, name, *out, NULL);
	}
	*out = entry->credential;
	return *out != NULL ? RC_OK : RC_INTERNAL;
}

/* ---- the peers' ---- */

static enum rc take_raw(struct keyring *keyring, const struct config_end *end,
			struct public_key **out, struct diag *diag)
{
	char name[NAME_MAX_LEN];
	struct entry *entry;
	enum rc rc;

	name_key(&end->key, "peer", name);
	entry = find(keyring, name);
	if (entry != NULL) {
		*out = entry->key;
		return *out != NULL ? RC_OK : RC_INTERNAL;
	}
	rc = read_key(&end->key, out, diag);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_AUTH_FAILED : rc;
	return add(keyring, name, NULL, *out);
}

static enum rc find_certificate(const struct keyring *keyring, const char *cert,
				struct certificate **out, struct diag *diag)
{
	const struct x509_file *file = x509_files_find(keyring->files, cert);

	if (file == NULL)
		return x509_certificate_load(cert, out, diag);
	if (file->certificate == NULL)
		return diag_fail(diag, RC_AUTH_FAILED, "%s", file->why);
	*out = certificate_ref(file->certificate);
	return RC_OK;
}

static enum rc add_certified(struct keyring *keyring, const char *name, const char *cert,
			     struct diag *diag)
{
	struct certificate *certificate;
	struct public_key *key;
	enum rc rc;

	TRY(find_certificate(keyring, cert, &certificate, diag));
	rc = certificate_key(certificate, &key, diag);
	if (rc == RC_OK)
		rc = add(keyring, name, NULL, key);
	if (rc == RC_OK)
		find(keyring, name)->certificate = certificate_ref(certificate);
	certificate_unref(certificate);
	return rc;
}

static enum rc take_certified(struct keyring *keyring, const struct config_end *end,
			      struct entry **out, struct diag *diag)
{
	char name[NAME_MAX_LEN];
	enum rc rc = RC_OK;

	(void)snprintf(name, sizeof(name), "%s%s", peer_prefix, end->cert);
	*out = find(keyring, name);
	if (*out != NULL)
		return RC_OK;
	rc = add_certified(keyring, name, end->cert, diag);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? RC_AUTH_FAILED : rc;
	*out = find(keyring, name);
	return RC_OK;
}

enum rc keyring_peer_key(struct keyring *keyring, const struct config_end *end, unsigned index,
			 struct public_key **out, struct diag *diag)
{
	struct entry *entry;

	if (has_key(&end->key) && index-- == 0)
		return take_raw(keyring, end, out, diag);
	if (end->cert == NULL || index > 0)
		return RC_NOT_FOUND;
	TRY(take_certified(keyring, end, &entry, diag));
	*out = entry->key;
	return RC_OK;
}

enum rc keyring_peer_certificate(struct keyring *keyring, const struct config_end *end,
				 struct certificate **out, struct diag *diag)
{
	struct entry *entry;

	if (end->cert == NULL)
		return RC_NOT_FOUND;
	TRY(take_certified(keyring, end, &entry, diag));
	*out = entry->certificate;
	return RC_OK;
}
