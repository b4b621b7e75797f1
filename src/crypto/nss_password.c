/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody can be asked while a daemon starts, so the password of a locked database stands in a file
 * that only its owner can read. */
#include "crypto/nss_password.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/crypto.h"
#include "crypto/nss.h"

#define FILE_MAX 4096

static enum rc check_file(int fd, const char *path, struct diag *diag)
{
	struct stat status;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
		return diag_fail(diag, RC_IO, "%s is not a file of at most %d bytes", path,
				 FILE_MAX);
	if ((status.st_mode & 077) != 0)
		return diag_fail(diag, RC_PERMISSION,
				 "%s holds the password of the NSS database and can be read by "
				 "others: chmod 600 %s",
				 path, path);
	return RC_OK;
}

/* What stands behind "TOKEN:", or the whole line when it names no token. */
static const char *value_of(const char *line, size_t len, const char *token, size_t *value_len)
{
	const char *colon = memchr(line, ':', len);
	size_t name = colon != NULL ? (size_t)(colon - line) : 0;
	if (colon != NULL && (name != strlen(token) || strncmp(line, token, name) != 0))
		return NULL;
	*value_len = colon != NULL ? len - name - 1 : len;
	return colon != NULL ? colon + 1 : line;
}

static enum rc keep(const char *value, size_t len, const char *path, struct secret *out,
		    struct diag *diag)
{
	if (len > NSS_PASSWORD_MAX || memchr(value, '\0', len) != NULL)
		return diag_fail(diag, RC_SYNTAX,
				 "the password in %s is longer than %d bytes, or has a zero byte",
				 path, NSS_PASSWORD_MAX);
	if (secret_alloc(out, len + 1) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	memcpy(out->ptr, value, len);
	return RC_OK;
}

static enum rc search(const char *text, size_t size, const char *path, const char *token,
		      struct secret *out, struct diag *diag)
{
	while (size > 0) {
		const char *end = memchr(text, '\n', size), *value;
		size_t line = end != NULL ? (size_t)(end - text) : size, len = line, value_len = 0;
		if (len > 0 && text[len - 1] == '\r')
			len--;
		value = len > 0 && text[0] != '#' ? value_of(text, len, token, &value_len) : NULL;
		if (value != NULL)
			return keep(value, value_len, path, out, diag);
		text += line + (end != NULL);
		size -= line + (end != NULL);
	}
	return diag_fail(diag, RC_NOT_FOUND, "%s has no line \"%s:password\"", path, token);
}

enum rc nss_password_read(const char *path, const char *token, struct secret *out,
			  struct diag *diag)
{
	char text[FILE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got;
	enum rc rc;

	if (fd < 0)
		return diag_fail(diag, errno == ENOENT || errno == ENOTDIR ? RC_NOT_FOUND : RC_IO,
				 "cannot read %s: %s", path, strerror(errno));
	rc = check_file(fd, path, diag);
	got = rc == RC_OK ? read(fd, text, sizeof(text)) : 0;
	close(fd);
	if (rc == RC_OK && got < 0)
		rc = diag_fail(diag, RC_IO, "cannot read %s: %s", path, strerror(errno));
	if (rc == RC_OK)
		rc = search(text, (size_t)got, path, token, out, diag);
	wipe(text, sizeof(text));
	return rc;
}

/* ---- the database ---- */

static enum rc find(const char *nssdir, const char *token, char *path, size_t size,
		    struct secret *out, struct diag *diag)
{
	int len = snprintf(path, size, "%s/nsspassword", nssdir);
	enum rc rc = len > 0 && (size_t)len < size ? nss_password_read(path, token, out, diag)
						   : RC_NOT_FOUND;
	if (rc != RC_NOT_FOUND)
		return rc;
	(void)snprintf(path, size, "%s", VANTH_SYSCONFDIR "/ipsec.d/nsspassword");
	return nss_password_read(path, token, out, diag);
}

static enum rc use(PK11SlotInfo *slot, const struct secret *password, const char *path, bool fresh,
		   struct diag *diag)
{
	const char *text = password->ptr != NULL ? (const char *)password->ptr : "";
	if (fresh && PK11_NeedUserInit(slot) && PK11_InitPin(slot, NULL, text) != SECSuccess)
		return nss_fail(diag, "cannot prepare the new NSS database");
	if (password->ptr == NULL || !PK11_NeedLogin(slot) || PK11_IsLoggedIn(slot, NULL) ||
	    PK11_CheckUserPassword(slot, text) == SECSuccess)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED, "the password in %s does not open the NSS database",
			 path);
}

enum rc nss_password_use(PK11SlotInfo *slot, const char *nssdir, bool fresh, struct diag *diag)
{
	const char *dir = strncmp(nssdir, "sql:", 4) == 0 ? nssdir + 4 : nssdir;
	struct secret password = { NULL, 0 };
	char path[4096];
	enum rc rc = RC_NOT_FOUND;

	if (fresh || (PK11_NeedLogin(slot) && !PK11_IsLoggedIn(slot, NULL)))
		rc = find(dir, PK11_GetTokenName(slot), path, sizeof(path), &password, diag);
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		rc = use(slot, &password, path, fresh, diag);
	secret_wipe(&password);
	return rc;
}

bool crypto_locked(void)
{
	PK11SlotInfo *slot = nss_slot(1);
	return nss_has_database() && PK11_NeedLogin(slot) && !PK11_IsLoggedIn(slot, NULL);
}

enum rc crypto_unlock(const char *password, struct diag *diag)
{
	if (!crypto_locked() || PK11_CheckUserPassword(nss_slot(1), password) == SECSuccess)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED, "this password does not open the NSS database");
}
