/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of ipsec.secrets that say where a private key is, as strongSwan has them. */
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/secrets_private.h"

static const struct {
	const char *word, *kind;
} kinds[] = {
	{ "RSA", "RSA" },     { "ECDSA", "ECDSA" }, { "ED25519", "ED25519" },
	{ "PKCS8", "PKCS8" }, { "P12", "P12" },	    { "PKCS12", "P12" },
};

const char *secrets_file_kind(struct span word)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].word) == word.len &&
		    strncasecmp(kinds[i].word, (const char *)word.ptr, word.len) == 0)
			return kinds[i].kind;
	return NULL;
}

/* Who takes a passphrase wants text. */
static enum rc terminate(struct secret *passphrase)
{
	struct secret text = { NULL, 0 };

	if (passphrase->len == 0)
		return RC_OK;
	TRY(secret_alloc(&text, passphrase->len + 1));
	memcpy(text.ptr, passphrase->ptr, passphrase->len);
	secret_move(passphrase, &text);
	return RC_OK;
}

enum rc secrets_add_file(struct secrets *secrets, const struct secrets_file *file, struct span name,
			 struct secret *passphrase)
{
	struct secrets_file *grown, *added;
	char *copy;

	if (secrets->key_file_count == SECRETS_FILES_MAX)
		return RC_LIMIT;
	TRY(terminate(passphrase));
	grown = mem_resize(secrets->key_files, (secrets->key_file_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return RC_NO_MEMORY;
	secrets->key_files = grown;
	copy = mem_alloc(name.len + 1);
	if (copy == NULL)
		return RC_NO_MEMORY;
	memcpy(copy, name.ptr, name.len);
	copy[name.len] = '\0';
	added = &grown[secrets->key_file_count++];
	*added = *file;
	added->pkcs12 = strcmp(file->kind, "P12") == 0;
	added->name = copy;
	added->passphrase = (struct secret){ NULL, 0 };
	secret_move(&added->passphrase, passphrase);
	return RC_OK;
}

void secrets_free_files(struct secrets *secrets)
{
	for (unsigned i = 0; i < secrets->key_file_count; i++) {
		secret_wipe(&secrets->key_files[i].passphrase);
		mem_free(secrets->key_files[i].name);
	}
	mem_free(secrets->key_files);
	secrets->key_files = NULL;
	secrets->key_file_count = 0;
}

const struct secrets_file *secrets_file_at(const struct secrets *secrets, unsigned index)
{
	return secrets != NULL && index < secrets->key_file_count ? &secrets->key_files[index]
								  : NULL;
}
