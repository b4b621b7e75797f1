/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH's password file (ipsec.d/passwd, as Libreswan's): one user a line,
 *     user:hash[:conn]
 * where hash is of crypt(5) and conn, if it is there, the only one that he may use. Empty lines and
 * those that begin with "#" do not count. */
#ifndef VANTH_AUTH_XAUTH_H
#define VANTH_AUTH_XAUTH_H

#include "base/arena.h"
#include "base/secret.h"
#include "peer/peer.h"

#define XAUTH_NAME_MAX	   128 /* bytes of a name or a password that a client gives */
#define XAUTH_PASSWORD_MAX 256
#define XAUTH_HASH_MAX	   256
#define XAUTH_USERS_MAX	   100000

struct xauth_users;

/* RC_SYNTAX names the line; RC_LIMIT: too many users, or a field that is too long. The text may be
 * freed. */
enum rc xauth_users_parse(struct span text, struct xauth_users **out, struct diag *diag) MUST_CHECK;
void xauth_users_free(struct xauth_users *users); /* wipes; NULL is fine */
unsigned xauth_users_count(const struct xauth_users *users);

/* A password is compared with this, on a worker: a copy of its own of all that it takes. */
struct xauth_check {
	struct secret password; /* owned */
	char hash[XAUTH_HASH_MAX];
	bool known;   /* the file has that user, for that conn */
	bool correct; /* the result */
};
/* Prepares the comparison for what a client says. A user that the file does not have (or has not
 * for that conn) is compared with the hash of another one, so that the time does not tell. users:
 * NULL, there is no file. RC_LIMIT: name or password are longer than any; RC_SYNTAX: the password
 * has a NUL byte. */
enum rc xauth_check_begin(const struct xauth_users *users, struct span name, const char *conn,
			  struct span password, struct xauth_check *check,
			  struct diag *diag) MUST_CHECK;
/* For struct slow_work: arg is the xauth_check. Sets `correct`. RC_UNSUPPORTED: this system's
 * crypt(3) does not know that hash. The password is wiped. */
enum rc xauth_check_run(void *arg, unsigned worker, struct diag *diag);

/* ---- xauth.c: who a client says it is, whoever knows whether that is true (xauthby=) ---- */
#define XAUTH_CONN_MAX 256
struct xauth_login {
	uint8_t by; /* enum config_xauthby */
	char name[XAUTH_NAME_MAX + 1], conn[XAUTH_CONN_MAX];
	struct secret password; /* owned; a NUL stands behind it, which is counted */
	char *file;		/* owned: XAUTHBY_FILE, the password file */
	bool correct;		/* the result */
};
/* Copies of all that it takes; folder: of the configuration, with a slash behind it (NULL: none).
 * RC_SYNTAX: no name, or a byte that does not belong into a name or a password; RC_LIMIT: they are
 * too long. */
enum rc xauth_login_begin(enum config_xauthby by, const char *folder, const char *conn,
			  struct span name, struct span password, struct xauth_login *login,
			  struct diag *diag) MUST_CHECK;
/* For struct slow_work: arg is the xauth_login. Sets `correct`; any other rc: it could not be found
 * out. Password and file are gone then. */
enum rc xauth_login_run(void *arg, unsigned worker, struct diag *diag);
void xauth_login_drop(void *arg); /* it never ran */

/* ---- xauth_own.c: who we say that we are ---- */
/* The user and the password: what the operator gave, else username= and ipsec.secrets. They live as
 * long as both do. RC_NOT_FOUND with a diag that says what to do. */
enum rc xauth_own(const struct secrets *secrets, const struct peer *peer, struct span *name,
		  struct span *password, struct diag *diag) MUST_CHECK;

#endif
