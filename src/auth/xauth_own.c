/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH's client: its user and password. */
#include <string.h>
#include "auth/xauth.h"

static const char *name_of(const struct peer *peer)
{
	const struct peer_login *login = peer->login;
	const char *name = peer_local_end(peer)->username;

	if (login != NULL && login->name[0] != '\0')
		return login->name;
	return name;
}

enum rc xauth_own(const struct secrets *secrets, const struct peer *peer, struct span *name,
		  struct span *password, struct diag *diag)
{
	const char *user = name_of(peer), *conn = peer->conn->name;

	if (user == NULL)
		return diag_fail(diag, RC_NOT_FOUND,
				 "the gateway asks for a user (XAUTH), and conn %s names none "
				 "(username=): write it there, or \"ipsec up %s --username NAME\"",
				 conn, conn);
	*name = span_make(user, strlen(user));
	if (peer->login != NULL) {
		*password = secret_span(&peer->login->password);
		return RC_OK;
	}
	if (secrets != NULL && secrets_xauth(secrets, user, password) == RC_OK)
		return RC_OK;
	return diag_fail(diag, RC_NOT_FOUND,
			 "no password for the user \"%.60s\" (XAUTH): \"ipsec up %.60s --username "
			 "%.60s\" asks for it, or write a line into ipsec.secrets: "
			 "%.60s : XAUTH \"password\"",
			 user, conn, user, user);
}
