/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: where files with certificates and keys are. */
#ifndef VANTH_X509_FILES_PRIVATE_H
#define VANTH_X509_FILES_PRIVATE_H

#include "x509/credential.h"
#include "x509/files.h"

#define FILE_PATH_MAX 4352

/* ---- file_place.c ---- */
/* The file that a name of leftcert= stands for; folder: of the configuration, with a slash behind
 * it (NULL: there is none). false: it is a nickname. Asks the database: slow. */
bool file_place(const char *folder, const struct secrets *secrets, const char *name,
		char path[FILE_PATH_MAX]);
/* Where the file of an entry of ipsec.secrets is. false: the path is too long. */
bool file_of_secret(const char *folder, const struct secrets_file *secret,
		    char path[FILE_PATH_MAX]);
/* The passphrase that ipsec.secrets has for this file, with a NUL behind it; NULL: none. */
const char *file_password(const char *folder, const struct secrets *secrets, const char *path);
/* false: it cannot be asked for; then it is all zeros. */
bool file_stamp(const char *path, struct file_stamp *out);

/* ---- file_keys.c ---- */
struct file_key {
	char *path;
	struct file_stamp stamp;
	struct private_key *key; /* NULL: it cannot be read */
};
#define FILE_KEYS_MAX 256
struct file_keys {
	struct file_key *list;
	unsigned count, unread;
	char *problem; /* with the first that cannot be read */
	char *folder;  /* ipsec.d/private, with a slash behind it; NULL: none */
};
/* Those of ipsec.secrets, then those in ipsec.d/private. A key of `before` (NULL: none) whose file
 * has not changed is taken over. RC_NO_MEMORY. */
enum rc file_keys_read(const char *folder, const struct secrets *secrets,
		       const struct file_keys *before, struct config_errors *errors,
		       struct file_keys *out) MUST_CHECK;
void file_keys_wipe(struct file_keys *keys);
/* Borrowed; NULL: none fits. */
struct private_key *file_keys_find(const struct file_keys *keys, const struct public_key *public,
				   const char **path);
/* Why none was found for this certificate, and what helps. */
void file_keys_missing(const struct file_keys *keys, const char *certificate, struct diag *diag);

#endif
