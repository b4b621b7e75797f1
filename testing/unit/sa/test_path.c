/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

static void an_sa_that_replaces_another_goes_on_where_that_one_was(void **state)
{
	struct sas_fixture f;
	struct ike_sa *old, *new;

	(void)state;
	sas_begin(&f, SAS_CONN);
	old = sas_ike(&f, INITIATOR);
	new = sas_ike(&f, RESPONDER);
	old->local = sas_endpoint("192.0.2.7", 4500);
	old->remote = sas_endpoint("192.0.2.8", 10001);
	old->encap = old->nat_there = true;
	assert_int_equal(ike_sa_mobile(old, true), RC_OK);
	old->mobile->trial = 3;
	ike_sa_inherit_path(new, old);
	assert_true(endpoint_equal(&new->local, &old->local));
	assert_true(endpoint_equal(&new->remote, &old->remote));
	assert_true(new->encap &&new->nat_there && !new->nat_here);
	assert_null(old->mobile);
	assert_true(new->mobile->leads); /* who began the first SA leads, whatever its role here */
	assert_int_equal(new->mobile->trial, 3);
	ike_sa_inherit_path(new, new);
	assert_non_null(new->mobile);
	ike_sa_free(&f.sas, old);
	ike_sa_free(&f.sas, new);
	sas_end(&f);
}

static void agreeing_on_mobike_twice_keeps_what_is_known(void **state)
{
	struct sas_fixture f;
	struct ike_sa *sa;

	(void)state;
	sas_begin(&f, SAS_CONN);
	sa = sas_ike(&f, INITIATOR);
	assert_int_equal(ike_sa_mobile(sa, true), RC_OK);
	sa->mobile->other_count = 2;
	assert_int_equal(ike_sa_mobile(sa, true), RC_OK);
	assert_int_equal(sa->mobile->other_count, 2);
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sa_that_replaces_another_goes_on_where_that_one_was),
		cmocka_unit_test(agreeing_on_mobike_twice_keeps_what_is_known),
	};

	return sas_run(tests);
}
