/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

#define V1     "keyexchange=ikev1\n "
#define CLIENT V1 "authby=secret\n leftxauthclient=yes\n "

static void what_fits_together_loads(void **state)
{
	(void)state;
	assert_says(CLIENT "leftusername=alice", 0, 0, "");
	assert_says(CLIENT "xauthby=alwaysok\n xauthfail=soft", 0, 0, "");
	assert_says(V1 "leftauth=rsasig\n leftcert=gw\n rightauth=xauth", 0, 0, "");
}

static void what_does_not_is_told(void **state)
{
	char name[200] = CLIENT "leftusername=";

	(void)state;
	assert_says("authby=secret\n leftxauthclient=yes", 1, 0, "write keyexchange=ikev1 too");
	assert_says(CLIENT "rightxauthclient=yes", 1, 0, "both ends are XAUTH clients");
	assert_says(V1 "authby=secret\n leftxauthserver=yes\n rightxauthserver=yes", 1, 0,
		    "both ends are XAUTH clients, or both servers");
	assert_says(V1 "authby=ecdsa\n leftcert=a\n leftxauthclient=yes", 1, 0,
		    "XAUTH comes with a shared key or RSA");
	assert_says(V1 "leftauth=secret\n rightauth=xauth", 1, 0, "left proves itself by an RSA");
	assert_says(V1 "authby=secret\n leftusername=alice", 0, 1, "no effect without XAUTH");
	assert_says(V1 "authby=secret\n xauth_identity=alice", 0, 1, "no effect without XAUTH");
	memset(name + strlen(name), 'a', 129);
	assert_says(name, 1, 0, "at most 128 bytes");
}

static void methods_of_others_are_named(void **state)
{
	(void)state;
	assert_says(V1 "authby=secret\n rightauth2=xauth-pam", 1, 0, "xauthby=pam");
	assert_says(V1 "authby=secret\n rightauth2=xauth-noauth", 1, 0, "xauthby=alwaysok");
	assert_says(V1 "authby=secret\n rightauth2=xauth-eap", 1, 0, "EAP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_together_loads),
		cmocka_unit_test(what_does_not_is_told),
		cmocka_unit_test(methods_of_others_are_named),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
