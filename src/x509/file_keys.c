/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys that lie in files. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "x509/files_private.h"

struct reading {
	const char *folder;
	const struct file_keys *before;
	struct config_errors *errors;
	struct file_keys *keys;
};

/* ---- one ---- */

static const struct file_key *find_path(const struct file_keys *keys, const char *path)
{
	for (unsigned i = 0; keys != NULL && i < keys->count; i++)
		if (strcmp(keys->list[i].path, path) == 0)
			return &keys->list[i];
	return NULL;
}

/* As it was when it was read. */
static struct private_key *take_over(const struct reading *reading, const struct file_key *key)
{
	const struct file_key *old = find_path(reading->before, key->path);

	if (old == NULL || old->key == NULL ||
	    memcmp(&old->stamp, &key->stamp, sizeof(key->stamp)) != 0)
		return NULL;
	return private_key_ref(old->key);
}

static void warn(const struct reading *reading, const char *file, unsigned line, const char *text)
{
	if (reading->errors != NULL)
		config_errors_warn(reading->errors, file, line, text);
}

static void check_mode(const struct reading *reading, const char *path)
{
	struct stat status;
	char text[200];

	if (stat(path, &status) != 0 || (status.st_mode & (S_IROTH | S_IWOTH)) == 0)
		return;
	(void)snprintf(text, sizeof(text), "everybody may %s this private key (mode %o): chmod 600",
		       (status.st_mode & S_IROTH) != 0 ? "read" : "write", status.st_mode & 0777u);
	warn(reading, path, 0, text);
}

static enum rc fill(const struct reading *reading, struct file_key *key,
		    const struct secrets_file *secret)
{
	const char *password = secret != NULL && secret->passphrase.len > 0
				       ? (const char *)secret->passphrase.ptr
				       : NULL;
	struct diag why = { "" };
	char text[sizeof(why.text) + 40];
	enum rc rc;

	check_mode(reading, key->path);
	key->key = take_over(reading, key);
	if (key->key != NULL)
		return RC_OK;
	rc = key_file_load(key->path, password, &key->key, &why);
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	if (rc == RC_NOT_FOUND && secret == NULL)
		return RC_OK; /* a PKCS#12 file, or something that is no key */
	reading->keys->unread++;
	if (secret != NULL) {
		(void)snprintf(text, sizeof(text), "the %s entry is not used: %s", secret->kind,
			       why.text);
		warn(reading, secret->file, secret->line, text);
	}
	if (reading->keys->problem == NULL)
		reading->keys->problem = mem_text(why.text);
	return reading->keys->problem != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc add(const struct reading *reading, const char *path,
		   const struct secrets_file *secret)
{
	struct file_keys *keys = reading->keys;
	struct file_key *key;

	if (keys->count == FILE_KEYS_MAX || find_path(keys, path) != NULL)
		return RC_OK;
	key = &keys->list[keys->count];
	key->path = mem_text(path);
	if (key->path == NULL)
		return RC_NO_MEMORY;
	keys->count++;
	(void)file_stamp(path, &key->stamp);
	return fill(reading, key, secret);
}

/* ---- all ---- */

static enum rc read_named(const struct reading *reading, const struct secrets *secrets)
{
	const struct secrets_file *secret;
	char path[FILE_PATH_MAX];

	for (unsigned i = 0; (secret = secrets_file_at(secrets, i)) != NULL; i++)
		if (!secret->pkcs12 && file_of_secret(reading->folder, secret, path))
			TRY(add(reading, path, secret));
	return RC_OK;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static enum rc read_folder(const struct reading *reading)
{
	struct dirent **names = NULL;
	char path[FILE_PATH_MAX];
	int count = scandir(reading->keys->folder, &names, is_visible, alphasort);
	enum rc rc = RC_OK;

	for (int i = 0; i < count; i++) {
		int len = snprintf(path, sizeof(path), "%s%s", reading->keys->folder,
				   names[i]->d_name);
		if (rc == RC_OK && len < (int)sizeof(path))
			rc = add(reading, path, NULL);
		free(names[i]);
	}
	free(names);
	return rc;
}

static enum rc name_folder(const char *folder, struct file_keys *keys)
{
	char path[FILE_PATH_MAX];

	if (folder == NULL ||
	    snprintf(path, sizeof(path), "%sipsec.d/private/", folder) >= (int)sizeof(path))
		return RC_OK;
	keys->folder = mem_text(path);
	return keys->folder != NULL ? RC_OK : RC_NO_MEMORY;
}

enum rc file_keys_read(const char *folder, const struct secrets *secrets,
		       const struct file_keys *before, struct config_errors *errors,
		       struct file_keys *out)
{
	struct reading reading = {
		.folder = folder, .before = before, .errors = errors, .keys = out
	};

	out->list = mem_alloc(FILE_KEYS_MAX * sizeof(*out->list));
	if (out->list == NULL)
		return RC_NO_MEMORY;
	TRY(name_folder(folder, out));
	TRY(read_named(&reading, secrets));
	return out->folder != NULL ? read_folder(&reading) : RC_OK;
}

void file_keys_wipe(struct file_keys *keys)
{
	for (unsigned i = 0; i < keys->count; i++) {
		private_key_unref(keys->list[i].key);
		mem_free(keys->list[i].path);
	}
	mem_free(keys->list);
	mem_free(keys->problem);
	mem_free(keys->folder);
	*keys = (struct file_keys){ 0 };
}

struct private_key *file_keys_find(const struct file_keys *keys, const struct public_key *public,
				   const char **path)
{
	for (unsigned i = 0; i < keys->count; i++) {
		const struct file_key *key = &keys->list[i];
		if (key->key == NULL || !public_key_equal(public, private_key_public(key->key)))
			continue;
		*path = key->path;
		return key->key;
	}
	return NULL;
}

void file_keys_missing(const struct file_keys *keys, const char *certificate, struct diag *diag)
{
	const char *folder = keys->folder != NULL ? keys->folder : "ipsec.d/private";

	if (keys->unread > 0)
		(void)diag_fail(diag, RC_NOT_FOUND,
				"no key fits the certificate %.100s; %u of the %u files that "
				"ipsec.secrets names, or that are in %.80s, cannot be read: %.200s",
				certificate, keys->unread, keys->count, folder, keys->problem);
	else
		(void)diag_fail(
			diag, RC_NOT_FOUND,
			"no key fits the certificate %.100s: neither the %u in files (%.80s, "
			"and what ipsec.secrets names) nor one in the NSS database; put it "
			"into that folder, or bring both into the database with \"ipsec "
			"import FILE\"",
			certificate, keys->count, folder);
}
