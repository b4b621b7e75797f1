/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in files: PEM or DER, encrypted or not. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "x509/credential.h"
#include "x509/pem.h"

#define KEY_FILE_BLOCKS 16

static enum rc no_password(const char *path, struct diag *diag)
{
	return diag_fail(diag, RC_AUTH_FAILED,
			 "the key in %.120s is encrypted: write its passphrase into ipsec.secrets "
			 "(: PKCS8 FILE \"passphrase\"), or bring it into the NSS database with "
			 "\"ipsec import\"",
			 path);
}

enum rc key_block_load(const char *path, struct pem *block, const char *password,
		       struct arena *arena, struct private_key **out, struct diag *diag)
{
	struct diag why = { "" };
	enum rc rc = RC_OK;

	if (block->kind == PEM_ENCRYPTED_KEY && password == NULL)
		return no_password(path, diag);
	if (block->kind == PEM_ENCRYPTED_KEY)
		rc = pem_open_key(block, password, arena, &why);
	if (rc == RC_OK)
		rc = private_key_import(block->der, false, NULL, out, &why);
	return rc == RC_OK ? rc : diag_fail(diag, rc, "the key in %.120s: %.200s", path, why.text);
}

static enum rc check_size(const char *path, struct diag *diag)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return diag_fail(diag, errno == ENOENT ? RC_NOT_FOUND : RC_IO,
				 "cannot read %.200s: %s", path, strerror(errno));
	if (S_ISREG(status.st_mode) && status.st_size <= KEY_FILE_MAX)
		return RC_OK;
	return diag_fail(diag, RC_LIMIT, "%.200s is not a file of at most %d bytes", path,
			 KEY_FILE_MAX);
}

enum rc key_file_load(const char *path, const char *password, struct private_key **out,
		      struct diag *diag)
{
	struct pem blocks[KEY_FILE_BLOCKS];
	struct arena arena;
	size_t count = 0;
	enum rc rc;

	TRY(check_size(path, diag));
	arena_init(&arena, 8 * (size_t)KEY_FILE_MAX);
	rc = pem_read(path, &arena, blocks, KEY_FILE_BLOCKS, &count, diag);
	for (size_t i = 0; i < count && rc == RC_OK; i++) {
		if (blocks[i].kind != PEM_PRIVATE_KEY && blocks[i].kind != PEM_ENCRYPTED_KEY)
			continue;
		rc = key_block_load(path, &blocks[i], password, &arena, out, diag);
		arena_free(&arena);
		return rc;
	}
	arena_free(&arena);
	if (rc != RC_OK)
		return rc;
	return diag_fail(diag, RC_NOT_FOUND, "%.200s holds no private key", path);
}
