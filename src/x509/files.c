/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/files.h"
#include <stdatomic.h>
#include <string.h>
#include "x509/files_private.h"

struct x509_files {
	_Atomic unsigned refs;
	struct x509_trust *trust;
	struct table names;
	struct x509_file **list;
	unsigned count, cap;
	struct file_keys keys; /* kept for those who come after */
};

struct reading {
	const struct config *config;
	const struct secrets *secrets;
	const struct x509_files *before;
	struct x509_files *files;
	struct config_errors *errors;
	bool keys_read, more; /* more: what `before` has besides, too */
};

/* ---- life ---- */

static void file_free(struct x509_file *file)
{
	credential_unref(file->credential);
	public_key_unref(file->key);
	certificate_unref(file->certificate);
	mem_free(file->name);
	mem_free(file->path);
	mem_free(file->why);
	mem_free(file);
}

struct x509_files *x509_files_ref(struct x509_files *files)
{
	if (files != NULL)
		atomic_fetch_add(&files->refs, 1);
	return files;
}

void x509_files_unref(struct x509_files *files)
{
	if (files == NULL || atomic_fetch_sub(&files->refs, 1) > 1)
		return;
	for (unsigned i = 0; i < files->count; i++) {
		table_remove(&files->names, &files->list[i]->node);
		file_free(files->list[i]);
	}
	mem_free(files->list);
	table_free(&files->names);
	file_keys_wipe(&files->keys);
	if (files->trust != NULL)
		x509_trust_unref(files->trust);
	mem_free(files);
}

const struct x509_file *x509_files_find(const struct x509_files *files, const char *name)
{
	if (files == NULL)
		return NULL;
	for (struct table_node *n =
		     table_first(&files->names, table_hash(&files->names, name, strlen(name)));
	     n != NULL; n = table_next(n)) {
		struct x509_file *file = container_of(n, struct x509_file, node);
		if (strcmp(file->name, name) == 0)
			return file;
	}
	return NULL;
}

const struct x509_file *x509_files_at(const struct x509_files *files, unsigned index)
{
	return files != NULL && index < files->count ? files->list[index] : NULL;
}

static bool grow(struct x509_files *files)
{
	unsigned cap = files->cap == 0 ? 8 : files->cap * 2;
	struct x509_file **grown;

	if (files->count < files->cap)
		return true;
	grown = mem_resize(files->list, cap * sizeof(struct x509_file *));
	if (grown == NULL)
		return false;
	files->list = grown;
	files->cap = cap;
	return true;
}

static enum rc add(struct x509_files *files, const char *name, const char *path,
		   struct x509_file **out)
{
	struct x509_file *file = grow(files) ? mem_alloc(sizeof(*file)) : NULL;

	if (file == NULL)
		return RC_NO_MEMORY;
	file->name = mem_text(name);
	file->path = mem_text(path);
	if (file->name == NULL || file->path == NULL ||
	    table_insert(&files->names, &file->node,
			 table_hash(&files->names, name, strlen(name))) != RC_OK) {
		file_free(file);
		return RC_NO_MEMORY;
	}
	files->list[files->count++] = file;
	*out = file;
	return RC_OK;
}

/* ---- one ---- */

/* When the first is needed. */
static enum rc read_keys(struct reading *reading)
{
	if (reading->keys_read)
		return RC_OK;
	reading->keys_read = true;
	return file_keys_read(reading->config->folder, reading->secrets,
			      reading->before != NULL ? &reading->before->keys : NULL,
			      reading->errors, &reading->files->keys);
}

static struct private_key *key_at_hand(void *context, const struct public_key *public,
				       const char **path)
{
	return file_keys_find(context, public, path);
}

static enum rc keep_why(struct x509_file *file, const char *text)
{
	file->why = mem_text(text);
	return file->why != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc no_key(struct reading *reading, struct x509_file *file)
{
	struct diag why = { "" };

	file_keys_missing(&reading->files->keys, file->path, &why);
	return keep_why(file, why.text);
}

/* Certificate and key in one file, as it was. */
static enum rc take_over(struct reading *reading, const struct x509_file *old,
			 struct x509_file *file)
{
	file->key = public_key_ref(old->key);
	file->certificate = certificate_ref(old->certificate);
	file->key_inside = true;
	if (reading->before->trust != reading->files->trust)
		return credential_again(old->credential, reading->before->trust,
					reading->files->trust, &file->credential);
	file->credential = credential_ref(old->credential);
	return RC_OK;
}

static enum rc read_file(struct reading *reading, struct x509_file *file)
{
	struct credential_source source = { .name = file->name,
					    .path = file->path,
					    .password = file_password(reading->config->folder,
								      reading->secrets, file->path),
					    .key = key_at_hand,
					    .context = &reading->files->keys,
					    .files_only = true };
	struct diag why = { "" };
	enum rc rc;

	TRY(read_keys(reading));
	rc = credential_load(&source, reading->files->trust, &file->credential, &file->certificate,
			     &why);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc == RC_OK) {
		file->key = public_key_ref(private_key_public(file->credential->key));
		file->certificate = certificate_ref(file->credential->certificate);
		file->key_inside = file->credential->key_from == NULL;
		return RC_OK;
	}
	if (file->certificate == NULL) {
		if (reading->errors != NULL)
			config_errors_warn(reading->errors, file->path, 0, why.text);
		return keep_why(file, why.text);
	}
	TRY(certificate_key(file->certificate, &file->key, &why));
	return no_key(reading, file);
}

static enum rc read_name(struct reading *reading, const char *name)
{
	const struct x509_file *old = x509_files_find(reading->before, name);
	struct x509_file *file;
	char path[FILE_PATH_MAX];

	if (name == NULL || x509_files_find(reading->files, name) != NULL ||
	    !file_place(reading->config->folder, reading->secrets, name, path))
		return RC_OK;
	TRY(add(reading->files, name, path, &file));
	if (file_stamp(path, &file->stamp) && old != NULL && old->credential != NULL &&
	    old->key_inside && strcmp(old->path, path) == 0 &&
	    memcmp(&old->stamp, &file->stamp, sizeof(file->stamp)) == 0)
		return take_over(reading, old, file);
	return read_file(reading, file);
}

/* ---- all ---- */

static enum rc read_end(struct reading *reading, const struct config_end *end)
{
	for (; end != NULL; end = end->second)
		if (end->cert != NULL)
			TRY(read_name(reading, end->cert));
	return RC_OK;
}

static enum rc read_all(struct reading *reading)
{
	for (unsigned i = 0; i < reading->config->conn_count; i++) {
		TRY(read_end(reading, &reading->config->conns[i]->left));
		TRY(read_end(reading, &reading->config->conns[i]->right));
	}
	for (unsigned i = 0; reading->more && reading->before != NULL && i < reading->before->count;
	     i++)
		TRY(read_name(reading, reading->before->list[i]->name));
	return RC_OK;
}

static enum rc load(struct reading *reading, struct x509_trust *trust, struct x509_files **out,
		    struct diag *diag)
{
	static const uint64_t seed[2] = { 0 }; /* the names are the operator's own */
	struct x509_files *files = mem_alloc(sizeof(*files));

	*out = NULL;
	if (files == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	atomic_init(&files->refs, 1);
	table_init(&files->names, seed);
	files->trust = x509_trust_ref(trust);
	reading->files = files;
	if (read_all(reading) != RC_OK) {
		x509_files_unref(files);
		return diag_fail(diag, RC_NO_MEMORY,
				 "out of memory while reading certificates and keys");
	}
	*out = files;
	return RC_OK;
}

enum rc x509_files_load(const struct config *config, const struct secrets *secrets,
			struct x509_trust *trust, const struct x509_files *before,
			struct config_errors *errors, struct x509_files **out, struct diag *diag)
{
	struct reading reading = {
		.config = config, .secrets = secrets, .before = before, .errors = errors
	};

	return load(&reading, trust, out, diag);
}

enum rc x509_files_load_more(const struct config *config, const struct secrets *secrets,
			     struct x509_trust *trust, const struct x509_files *before,
			     struct config_errors *errors, struct x509_files **out,
			     struct diag *diag)
{
	struct reading reading = { .config = config,
				   .secrets = secrets,
				   .before = before,
				   .errors = errors,
				   .more = true };

	return load(&reading, trust, out, diag);
}
