/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/auth/auth_test.h"

static void each_round_has_its_own_methods_and_identity(void **state)
{
	struct auth_fixture f;
	struct identity id;
	char text[IDENTITY_TEXT_MAX];

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=secret\n\tleftauth2=ecdsa\n\tleftid2=@alice\n"
				 "\tleftcert2=alice\n\trightauth2=rsasig\n");
	assert_int_equal(auth_local_end(&f.ends)->auth, AUTHBY_SECRET);
	assert_int_equal(auth_remote_end(&f.ends)->auth, AUTHBY_SECRET);
	assert_int_equal(auth_local_id(&f.step, &f.ends, &id, NULL), RC_OK);
	assert_string_equal(identity_text(&id, text), "@west");
	f.ends.again = true;
	assert_int_equal(auth_local_end(&f.ends)->auth, AUTHBY_ECDSA);
	assert_int_equal(auth_remote_end(&f.ends)->auth, AUTHBY_RSA);
	assert_int_equal(auth_local_id(&f.step, &f.ends, &id, NULL), RC_OK);
	assert_string_equal(identity_text(&id, text), "@alice");
	auth_end(&f);
}

static void without_leftid2_we_are_who_we_were(void **state)
{
	struct auth_fixture f;
	struct identity id;
	char text[IDENTITY_TEXT_MAX];

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=secret\n\tleftauth2=secret\n");
	f.ends.again = true;
	assert_int_equal(auth_local_id(&f.step, &f.ends, &id, NULL), RC_OK);
	assert_string_equal(identity_text(&id, text), "@west");
	/* the other end has one round only */
	assert_int_equal(auth_remote_end(&f.ends)->auth, AUTHBY_SECRET);
	auth_end(&f);
}

static void who_has_no_certificate_is_nobody_by_it(void **state)
{
	struct auth_fixture f;
	struct identity id;
	struct diag diag = { "" };

	(void)state;
	auth_begin(&f, AUTH_CONN "\tauthby=secret\n\tleftauth2=ecdsa\n\tleftcert2=raw\n"
				 "\tleftid2=%fromcert\n");
	(void)auth_own_key(&f, "raw");
	f.ends.again = true;
	assert_int_equal(auth_local_id(&f.step, &f.ends, &id, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "leftcert2="));
	auth_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_round_has_its_own_methods_and_identity),
		cmocka_unit_test(without_leftid2_we_are_who_we_were),
		cmocka_unit_test(who_has_no_certificate_is_nobody_by_it),
	};

	return auth_run(tests);
}
