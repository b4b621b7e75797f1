/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/verified.h"
#include "x509_test.h"

static void what_was_kept_is_held_and_nothing_else(void **state)
{
	struct party root = pki_root("CN=root"), other = pki_root("CN=root");
	struct party gw = pki_leaf("CN=gw", NULL, &root), next = pki_leaf("CN=gw", NULL, &root);
	struct verified *verified = verified_new();
	(void)state;
	assert_false(verified_holds(verified, gw.certificate, root.certificate));
	verified_keep(verified, gw.certificate, root.certificate);
	assert_true(verified_holds(verified, gw.certificate, root.certificate));
	assert_false(verified_holds(verified, gw.certificate, other.certificate));
	assert_false(verified_holds(verified, next.certificate, root.certificate));
	verified_free(verified);
	pki_free(&root);
	pki_free(&other);
	pki_free(&gw);
	pki_free(&next);
}

static void a_trusted_path_is_remembered_and_a_refused_one_is_not(void **state)
{
	struct party root = pki_root("CN=root"), stranger = pki_root("CN=stranger");
	struct party middle = pki_ca("CN=middle", &root), gw = pki_leaf("CN=gw", NULL, &middle);
	struct party odd_middle = pki_ca("CN=odd", &stranger);
	struct party odd = pki_leaf("CN=odd gw", NULL, &odd_middle);
	struct x509_trust *trust = pki_trust((const struct party *const[]){ &root }, 1);
	struct verified *verified = x509_trust_verified(trust);
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(pki_verify(trust, (const struct party *const[]){ &gw, &middle }, 2, &diag),
			 RC_OK);
	assert_true(verified_holds(verified, gw.certificate, middle.certificate));
	assert_true(verified_holds(verified, middle.certificate, root.certificate));
	assert_int_equal(
		pki_verify(trust, (const struct party *const[]){ &odd, &odd_middle }, 2, &diag),
		RC_AUTH_FAILED);
	assert_false(verified_holds(verified, odd.certificate, odd_middle.certificate));
	x509_trust_unref(trust);
	pki_free(&root);
	pki_free(&stranger);
	pki_free(&middle);
	pki_free(&gw);
	pki_free(&odd_middle);
	pki_free(&odd);
}

/* Shown by one that is remembered though no such signature was ever made. */
static void a_remembered_signature_is_not_made_out_again(void **state)
{
	struct party root = pki_root("CN=root"), same_name = pki_root("CN=root");
	struct party gw = pki_leaf("CN=gw", NULL, &same_name);
	struct x509_trust *trust = pki_trust((const struct party *const[]){ &root }, 1);
	const struct party *const sent[] = { &gw };
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(pki_verify(trust, sent, 1, &diag), RC_AUTH_FAILED);
	verified_keep(x509_trust_verified(trust), gw.certificate, root.certificate);
	assert_int_equal(pki_verify(trust, sent, 1, &diag), RC_OK);
	x509_trust_unref(trust);
	pki_free(&root);
	pki_free(&same_name);
	pki_free(&gw);
}

static void without_memory_it_remembers_nothing_and_goes_on(void **state)
{
	struct party root = pki_root("CN=root"), gw = pki_leaf("CN=gw", NULL, &root);
	struct verified *verified = verified_new();
	(void)state;
	mem_fail_nth(1);
	verified_keep(verified, gw.certificate, root.certificate);
	mem_fail_nth(0);
	assert_false(verified_holds(verified, gw.certificate, root.certificate));
	verified_keep(verified, gw.certificate, root.certificate);
	assert_true(verified_holds(verified, gw.certificate, root.certificate));
	verified_free(verified);
	pki_free(&root);
	pki_free(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_kept_is_held_and_nothing_else),
		cmocka_unit_test(a_trusted_path_is_remembered_and_a_refused_one_is_not),
		cmocka_unit_test(a_remembered_signature_is_not_made_out_again),
		cmocka_unit_test(without_memory_it_remembers_nothing_and_goes_on),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
