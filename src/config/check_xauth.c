/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH of IKEv1: settings that contradict one another. */
#include <string.h>
#include "config/check.h"

static const char *side_name(unsigned side)
{
	return side == 0 ? "left" : "right";
}

static void refuse(const struct checking *c, const char *name, unsigned side, const char *text)
{
	check_say(c, CHECK_XAUTH, false, name, side, "%s", text);
}

/* draft-beaulieu-ike-xauth-02 §7.2: it has numbers for shared keys and RSA alone. */
static void check_proofs(const struct checking *c, const struct config_end *client,
			 const struct config_end *server, unsigned side)
{
	unsigned both = client->auth & server->auth;

	if (client->hybrid && (server->auth & AUTHBY_RSA) == 0)
		check_say(c, CHECK_XAUTH, false, "auth", side == 0,
			  "hybrid authentication: %s proves itself by an RSA certificate "
			  "(%sauth=rsasig)",
			  side_name(side == 0), side_name(side == 0));
	else if (!client->hybrid && (both & (AUTHBY_SECRET | AUTHBY_RSA)) == 0)
		refuse(c, "authby", 0,
		       "XAUTH comes with a shared key or RSA: write authby=secret or rsasig");
}

static void check_client(const struct checking *c, const struct config_end *client, unsigned side)
{
	const char *which = side_name(side), *name = client->username;

	if (name != NULL && strlen(name) > CONFIG_USERNAME_MAX)
		check_say(c, CHECK_XAUTH, false, "username", side, "%susername=: at most %d bytes",
			  which, CONFIG_USERNAME_MAX);
}

static void check_roles(const struct checking *c)
{
	const struct config_conn *conn = c->conn;
	unsigned side = conn->left.xauthclient ? 0 : 1;
	const struct config_end *client = side == 0 ? &conn->left : &conn->right;

	check_proofs(c, client, side == 0 ? &conn->right : &conn->left, side);
	check_client(c, client, side);
}

static const char *unused(const struct config_conn *conn)
{
	if (conn->xauth_identity != NULL)
		return "xauth-identity";
	return conn->left.username != NULL || conn->right.username != NULL ? "username" : NULL;
}

void check_xauth(const struct checking *c)
{
	const struct config_conn *conn = c->conn;
	const char *name = unused(conn);
	unsigned side = conn->right.username != NULL;

	if (conn_is_shunt(conn))
		return;
	if (!conn->left.xauthclient && !conn->right.xauthclient) {
		if (name != NULL)
			check_say(c, CHECK_NO_EFFECT, true, name, side,
				  "%s= has no effect without XAUTH (leftxauthclient=yes)", name);
		return;
	}
	if (conn->left.xauthclient && conn->right.xauthclient)
		refuse(c, "xauthclient", 1, "both ends are XAUTH clients, or both servers");
	else if (conn->ikev2 != 0)
		refuse(c, "keyexchange", 0, "XAUTH is of IKEv1: write keyexchange=ikev1 too");
	else if (conn->left.second != NULL || conn->right.second != NULL)
		return; /* told: IKEv1 has no second proof */
	else
		check_roles(c);
}
