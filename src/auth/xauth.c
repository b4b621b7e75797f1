/* SPDX-License-Identifier: Apache-2.0 */
/* Is an XAUTH client who it says? One place for all that may know it (xauthby=), on a worker. */
#include "auth/xauth.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (32u << 20)

/* ---- what it says ---- */

/* It will stand in logs, and in the environment of scripts. */
static bool is_plain(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return false;
	return true;
}

static enum rc check_said(struct span name, struct span password, struct diag *diag)
{
	if (name.len > XAUTH_NAME_MAX || password.len > XAUTH_PASSWORD_MAX)
		return diag_fail(diag, RC_LIMIT, "a user name of %zu bytes, a password of %zu",
				 name.len, password.len);
	if (name.len == 0 || !is_plain(name))
		return diag_fail(diag, RC_SYNTAX, "%s",
				 name.len == 0 ? "no user name"
					       : "a user name with a control byte");
	if (password.len > 0 && memchr(password.ptr, '\0', password.len) != NULL)
		return diag_fail(diag, RC_SYNTAX, "a password with a NUL byte");
	return RC_OK;
}

static char *file_of(const char *folder)
{
	static const char name[] = "ipsec.d/passwd";
	size_t len = folder != NULL ? strlen(folder) : 0;
	char *path = mem_alloc(len + sizeof(name));

	if (path == NULL)
		return NULL;
	if (len > 0)
		memcpy(path, folder, len);
	memcpy(path + len, name, sizeof(name));
	return path;
}

enum rc xauth_login_begin(enum config_xauthby by, const char *folder, const char *conn,
			  struct span name, struct span password, struct xauth_login *login,
			  struct diag *diag)
{
	*login = (struct xauth_login){ .by = (uint8_t)by };
	TRY(check_said(name, password, diag));
	if (strlen(conn) >= sizeof(login->conn))
		return diag_fail(diag, RC_LIMIT, "the name of the conn is too long for XAUTH");
	memcpy(login->conn, conn, strlen(conn) + 1);
	memcpy(login->name, name.ptr, name.len);
	TRY(secret_alloc(&login->password, password.len + 1));
	if (password.len > 0)
		memcpy(login->password.ptr, password.ptr, password.len);
	login->password.ptr[password.len] = '\0';
	login->file = file_of(folder);
	if (login->file != NULL)
		return RC_OK;
	xauth_login_drop(login);
	return RC_NO_MEMORY;
}

void xauth_login_drop(void *arg)
{
	struct xauth_login *login = arg;

	secret_wipe(&login->password);
	mem_free(login->file);
	login->file = NULL;
}

/* ---- the password file ---- */

static enum rc read_all(int fd, size_t size, struct span *out)
{
	uint8_t *text = mem_alloc(size + 1);
	size_t have = 0;

	if (text == NULL)
		return RC_NO_MEMORY;
	while (have < size) {
		ssize_t got = read(fd, text + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			mem_free(text);
			return RC_IO;
		}
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*out = span_make(text, have);
	return RC_OK;
}

static enum rc read_file(const char *path, struct span *out, struct diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat about;
	enum rc rc = RC_IO;

	if (fd >= 0 && fstat(fd, &about) == 0) {
		if (!S_ISREG(about.st_mode))
			errno = EINVAL;
		else if (about.st_size > FILE_MAX)
			errno = EFBIG;
		else
			rc = read_all(fd, (size_t)about.st_size, out);
	}
	if (rc == RC_IO)
		(void)diag_fail(diag, RC_IO, "%s cannot be read: %s (users of XAUTH stand there)",
				path, strerrordesc_np(errno));
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc compare(struct xauth_login *login, const struct xauth_users *users, unsigned worker,
		       struct diag *diag)
{
	struct span password = secret_span(&login->password);
	struct xauth_check check;

	password.len--;
	TRY(xauth_check_begin(users, span_make(login->name, strlen(login->name)), login->conn,
			      password, &check, diag));
	TRY(xauth_check_run(&check, worker, diag));
	login->correct = check.correct;
	return RC_OK;
}

static enum rc by_file(struct xauth_login *login, unsigned worker, struct diag *diag)
{
	struct xauth_users *users = NULL;
	struct span text;
	enum rc rc;

	TRY(read_file(login->file, &text, diag));
	rc = xauth_users_parse(text, &users, diag);
	if (rc != RC_OK)
		diag_prefix(diag, "%s", login->file);
	wipe((void *)(uintptr_t)text.ptr, text.len);
	mem_free((void *)(uintptr_t)text.ptr);
	if (rc == RC_OK)
		rc = compare(login, users, worker, diag);
	xauth_users_free(users);
	return rc;
}

/* ---- whoever knows it ---- */

static enum rc ask(struct xauth_login *login, unsigned worker, struct diag *diag)
{
	switch ((enum config_xauthby)login->by) {
	case XAUTHBY_FILE:
		return by_file(login, worker, diag);
	case XAUTHBY_PAM:
		return RC_INTERNAL; /* it is not asked on a worker: xauth_pam.c */
	case XAUTHBY_ALWAYSOK:
		login->correct = true;
		return RC_OK;
	}
	return RC_INTERNAL;
}

enum rc xauth_login_run(void *arg, unsigned worker, struct diag *diag)
{
	struct xauth_login *login = arg;
	enum rc rc = ask(login, worker, diag);

	xauth_login_drop(login);
	return rc;
}
