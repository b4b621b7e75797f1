/* SPDX-License-Identifier: Apache-2.0 */
#include "x509_test.h"

static void what_is_trusted_is_kept_with_its_names(void **state)
{
	struct party root = pki_root("CN=root"), middle = pki_ca("CN=middle", &root);
	struct x509_ca cas[] = { { root.certificate, "root nick", true },
				 { middle.certificate, NULL, false } };
	struct x509_trust *trust = NULL;
	(void)state;
	assert_int_equal(x509_trust_of(cas, 2, &trust), RC_OK);
	pki_free(&root);
	assert_int_equal(x509_trust_count(trust), 2);
	assert_string_equal(x509_trust_at(trust, 0)->nickname, "root nick");
	assert_true(x509_trust_at(trust, 0)->trusted);
	assert_string_equal(x509_trust_at(trust, 1)->nickname, "");
	assert_false(x509_trust_at(trust, 1)->trusted);
	assert_null(x509_trust_at(trust, 2));
	x509_trust_unref(x509_trust_ref(trust));
	assert_true(certificate_is_ca(x509_trust_at(trust, 0)->certificate));
	x509_trust_unref(trust);
	pki_free(&middle);
}

static void without_a_database_nothing_is_trusted(void **state)
{
	struct x509_trust *trust = NULL;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(x509_trust_load(&trust, &diag), RC_OK);
	assert_int_equal(x509_trust_count(trust), 0);
	x509_trust_unref(trust);
}

static void lack_of_memory_leaves_nothing_behind(void **state)
{
	struct party root = pki_root("CN=root");
	struct x509_ca cas[] = { { root.certificate, "a", true }, { root.certificate, "b", true } };
	struct x509_trust *trust = NULL;
	enum rc rc = RC_NO_MEMORY;
	(void)state;
	for (uint64_t nth = 1; rc != RC_OK && nth < 20; nth++) {
		mem_fail_nth(nth);
		rc = x509_trust_of(cas, 2, &trust);
		mem_fail_nth(0);
		assert_true(rc == RC_OK ? trust != NULL : trust == NULL);
	}
	assert_int_equal(rc, RC_OK);
	x509_trust_unref(trust);
	pki_free(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_trusted_is_kept_with_its_names),
		cmocka_unit_test(without_a_database_nothing_is_trusted),
		cmocka_unit_test(lack_of_memory_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
