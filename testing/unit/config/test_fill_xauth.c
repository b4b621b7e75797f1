/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

#define V1 "keyexchange=ikev1\n "

static struct loaded l;

static const struct config_conn *loaded(const char *settings)
{
	load_setting(&l, settings);
	return l.config->conns[0];
}

/* Left is the client (or not), by these settings. */
static void assert_client(const char *settings, bool left, unsigned client_auth, unsigned both)
{
	const struct config_conn *conn = loaded(settings);
	const struct config_end *client = left ? &conn->left : &conn->right;
	const struct config_end *server = left ? &conn->right : &conn->left;

	assert_true(client->xauthclient && server->xauthserver);
	assert_false(client->xauthserver || server->xauthclient);
	assert_int_equal(client->auth, client_auth);
	assert_int_equal(server->auth & both, both);
	assert_int_equal(client->hybrid, client_auth == 0);
	assert_null(client->second);
	unload(&l);
}

static void every_spelling_says_who_is_the_client(void **state)
{
	(void)state;
	assert_client(V1 "authby=secret\n leftxauthclient=yes", true, AUTHBY_SECRET, AUTHBY_SECRET);
	assert_client(V1 "authby=secret\n rightxauthserver=yes", true, AUTHBY_SECRET,
		      AUTHBY_SECRET);
	assert_client(V1 "authby=secret\n leftxauthserver=yes", false, AUTHBY_SECRET,
		      AUTHBY_SECRET);
	assert_client(V1 "authby=xauthpsk", true, AUTHBY_SECRET, AUTHBY_SECRET);
	assert_client(V1 "authby=xauthpsk\n xauth=server", false, AUTHBY_SECRET, AUTHBY_SECRET);
	assert_client(V1 "authby=xauthrsasig\n leftcert=gw", true, AUTHBY_RSA, AUTHBY_RSA);
	assert_client(V1 "authby=secret\n rightauth2=xauth", false, AUTHBY_SECRET, AUTHBY_SECRET);
	assert_client(V1 "leftauth=psk\n rightauth=psk\n leftauth2=xauth-generic", true,
		      AUTHBY_SECRET, AUTHBY_SECRET);
}

static void xauth_alone_is_hybrid_authentication(void **state)
{
	(void)state;
	assert_client(V1 "leftauth=rsasig\n leftcert=gw\n rightauth=xauth", false, 0, AUTHBY_RSA);
	assert_client(V1 "leftauth=xauth\n rightauth=rsasig", true, 0, AUTHBY_RSA);
}

static void the_user_may_be_spelled_as_strongswan_does(void **state)
{
	(void)state;
	assert_string_equal(loaded(V1 "authby=xauthpsk\n xauth_identity=carol")->left.username,
			    "carol");
	unload(&l);
	assert_string_equal(
		loaded(V1 "authby=secret\n rightxauthclient=yes\n rightxauthusername=dave")
			->right.username,
		"dave");
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_says_who_is_the_client),
		cmocka_unit_test(xauth_alone_is_hybrid_authentication),
		cmocka_unit_test(the_user_may_be_spelled_as_strongswan_does),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
