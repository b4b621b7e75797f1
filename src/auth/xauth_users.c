/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH's password file, and the comparison with it. */
#include "auth/xauth.h"
#include <crypt.h>
#include <string.h>

/* Compared with for users of a file that has none: the hash of nothing that anybody knows, as dear
 * as an ordinary one. */
#define NOBODY "$6$vanthvanthvanth$nobody"

struct user {
	char *name, *hash, *conn; /* conn NULL: any */
};
struct xauth_users {
	struct user *all;
	unsigned count, cap;
};

/* ---- the file ---- */

static void user_free(struct user *user)
{
	mem_free(user->name);
	if (user->hash != NULL)
		wipe(user->hash, strlen(user->hash));
	mem_free(user->hash);
	mem_free(user->conn);
}

void xauth_users_free(struct xauth_users *users)
{
	if (users == NULL)
		return;
	for (unsigned i = 0; i < users->count; i++)
		user_free(&users->all[i]);
	mem_free(users->all);
	mem_free(users);
}

unsigned xauth_users_count(const struct xauth_users *users)
{
	return users != NULL ? users->count : 0;
}

/* What stands before the next `end`, which is passed over. */
static struct span next_part(struct span *in, uint8_t end)
{
	const uint8_t *found = in->len > 0 ? memchr(in->ptr, end, in->len) : NULL;
	struct span part = *in;

	if (found == NULL) {
		*in = SPAN_NONE;
		return part;
	}
	part.len = (size_t)(found - in->ptr);
	in->ptr += part.len + 1;
	in->len -= part.len + 1;
	return part;
}

static char *text_of(struct span part)
{
	char *text = mem_alloc(part.len + 1);

	if (text != NULL)
		memcpy(text, part.ptr, part.len);
	return text;
}

static struct span trimmed(struct span line)
{
	while (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1]) != NULL)
		line.len--;
	return line;
}

static bool grow(struct xauth_users *users)
{
	unsigned cap = users->cap == 0 ? 16 : users->cap * 2;
	struct user *grown;

	if (users->count < users->cap)
		return true;
	grown = mem_resize(users->all, cap * sizeof(*grown));
	if (grown == NULL)
		return false;
	users->all = grown;
	users->cap = cap;
	return true;
}

static enum rc add(struct xauth_users *users, struct span name, struct span hash, struct span conn)
{
	struct user user;

	if (!grow(users))
		return RC_NO_MEMORY;
	user = (struct user){ text_of(name), text_of(hash), conn.len > 0 ? text_of(conn) : NULL };
	if (user.name == NULL || user.hash == NULL || (conn.len > 0 && user.conn == NULL)) {
		user_free(&user);
		return RC_NO_MEMORY;
	}
	users->all[users->count++] = user;
	return RC_OK;
}

static enum rc read_line(struct xauth_users *users, struct span line, unsigned number,
			 struct diag *diag)
{
	struct span name, hash, conn;

	line = trimmed(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return RC_OK;
	if (memchr(line.ptr, '\0', line.len) != NULL)
		return diag_fail(diag, RC_SYNTAX, "line %u has a NUL byte", number);
	name = next_part(&line, ':');
	hash = next_part(&line, ':');
	conn = next_part(&line, ':');
	if (name.len == 0 || hash.len == 0)
		return diag_fail(
			diag, RC_SYNTAX,
			"line %u: expected user:hash or user:hash:conn, where hash is what "
			"\"openssl passwd -6\" prints",
			number);
	if (line.len > 0)
		return diag_fail(
			diag, RC_SYNTAX,
			"line %u: something follows the conn: addresses of users come from "
			"addresspool=",
			number);
	if (name.len > XAUTH_NAME_MAX || hash.len >= XAUTH_HASH_MAX)
		return diag_fail(diag, RC_LIMIT, "line %u: the %s is too long", number,
				 name.len > XAUTH_NAME_MAX ? "name" : "hash");
	if (users->count >= XAUTH_USERS_MAX)
		return diag_fail(diag, RC_LIMIT, "line %u: more than %u users", number,
				 XAUTH_USERS_MAX);
	return add(users, name, hash, conn);
}

enum rc xauth_users_parse(struct span text, struct xauth_users **out, struct diag *diag)
{
	struct xauth_users *users = mem_alloc(sizeof(*users));
	enum rc rc = users != NULL ? RC_OK : RC_NO_MEMORY;

	for (unsigned number = 1; rc == RC_OK && text.len > 0; number++)
		rc = read_line(users, next_part(&text, '\n'), number, diag);
	if (rc == RC_OK)
		*out = users;
	else
		xauth_users_free(users);
	return rc;
}

/* ---- a password ---- */

static bool is_for(const struct user *user, struct span name, const char *conn)
{
	return span_equal_text(name, user->name) &&
	       (user->conn == NULL || strcmp(user->conn, conn) == 0);
}

/* The first one that is for it; others may have another password for another conn. */
static const struct user *find(const struct xauth_users *users, struct span name, const char *conn)
{
	if (name.len == 0)
		return NULL;
	for (unsigned i = 0; i < xauth_users_count(users); i++)
		if (is_for(&users->all[i], name, conn))
			return &users->all[i];
	return NULL;
}

static const char *hash_of(const struct xauth_users *users, const struct user *user)
{
	if (user != NULL)
		return user->hash;
	return xauth_users_count(users) > 0 ? users->all[0].hash : NOBODY;
}

enum rc xauth_check_begin(const struct xauth_users *users, struct span name, const char *conn,
			  struct span password, struct xauth_check *check, struct diag *diag)
{
	const struct user *user;
	const char *hash;

	*check = (struct xauth_check){ .known = false };
	if (name.len > XAUTH_NAME_MAX || password.len > XAUTH_PASSWORD_MAX)
		return diag_fail(diag, RC_LIMIT, "a user name of %zu bytes, a password of %zu",
				 name.len, password.len);
	if (password.len > 0 && memchr(password.ptr, '\0', password.len) != NULL)
		return diag_fail(diag, RC_SYNTAX, "a password with a NUL byte");
	user = find(users, name, conn);
	hash = hash_of(users, user);
	memcpy(check->hash, hash, strlen(hash) + 1);
	check->known = user != NULL;
	TRY(secret_alloc(&check->password, password.len + 1));
	if (password.len > 0)
		memcpy(check->password.ptr, password.ptr, password.len);
	return RC_OK;
}

static void xauth_check_drop(void *arg)
{
	struct xauth_check *check = arg;

	secret_wipe(&check->password);
	wipe(check->hash, sizeof(check->hash));
}

static struct span text_span(const char *text)
{
	return (struct span){ (const uint8_t *)text, strlen(text) };
}

enum rc xauth_check_run(void *arg, unsigned worker, struct diag *diag)
{
	struct xauth_check *check = arg;
	struct crypt_data *data = mem_alloc(sizeof(*data));
	const char *made;
	bool usable;

	(void)worker;
	if (data == NULL) {
		xauth_check_drop(check);
		return RC_NO_MEMORY;
	}
	made = crypt_r((const char *)check->password.ptr, check->hash, data);
	usable = made != NULL && made[0] != '*';
	check->correct =
		check->known && usable && secret_equal(text_span(made), text_span(check->hash));
	wipe(data, sizeof(*data));
	mem_free(data);
	xauth_check_drop(check);
	if (!usable && check->known)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "the hash of that user is none that crypt(3) knows here: make it "
				 "with \"openssl passwd -6\"");
	return RC_OK;
}
