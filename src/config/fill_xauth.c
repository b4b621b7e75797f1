/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH of IKEv1, however it is written: leftxauthclient=, leftxauthserver= (Libreswan), leftauth=
 * and leftauth2= with xauth, authby=xauthpsk with xauth= (strongSwan). In the end one end is the
 * client and the other one the server. */
#include "base/arena.h"
#include "config/loader.h"

static void take_second(struct config_end *end)
{
	struct config_end *second = end->second;

	if (second == NULL || second->auth != AUTHBY_XAUTH)
		return;
	conn_end_free(second);
	mem_free(second);
	end->second = NULL;
	end->xauthclient = true;
}

/* With nothing else beside it the end proves nothing in phase 1. */
static void take_auth(struct config_end *end)
{
	if ((end->auth & AUTHBY_XAUTH) == 0)
		return;
	end->auth &= ~(unsigned)AUTHBY_XAUTH;
	end->xauthclient = true;
	end->hybrid = end->auth == 0;
}

static void take_authby(struct config_conn *conn)
{
	bool both = (conn->left.auth & conn->right.auth & AUTHBY_XAUTH) != 0;

	if ((conn->authby & AUTHBY_XAUTH) == 0 || !both)
		return;
	conn->authby &= ~(unsigned)AUTHBY_XAUTH;
	conn->left.auth &= ~(unsigned)AUTHBY_XAUTH;
	conn->right.auth &= ~(unsigned)AUTHBY_XAUTH;
	if (conn->xauth_is_server)
		conn->right.xauthclient = true;
	else
		conn->left.xauthclient = true;
}

static void take_name(struct config_conn *conn)
{
	struct config_end *client = conn->left.xauthclient ? &conn->left : &conn->right;

	if (client->username != NULL || conn->xauth_identity == NULL)
		return;
	client->username = conn->xauth_identity;
	conn->xauth_identity = NULL;
}

void fill_xauth(struct config_conn *conn)
{
	take_authby(conn);
	take_auth(&conn->left);
	take_auth(&conn->right);
	take_second(&conn->left);
	take_second(&conn->right);
	if (conn->left.xauthclient || conn->right.xauthserver)
		conn->left.xauthclient = conn->right.xauthserver = true;
	if (conn->right.xauthclient || conn->left.xauthserver)
		conn->right.xauthclient = conn->left.xauthserver = true;
	take_name(conn);
}
