/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/outcome.h"
#include "unit/test.h"

static struct ike_sa larval_sa(void)
{
	struct ike_sa sa = { .larval = mem_alloc(sizeof(struct ike_larval)) };

	assert_non_null(sa.larval);
	return sa;
}

static void what_an_outcome_has_replaces_what_was_there(void **state)
{
	struct ike_sa sa = larval_sa();
	struct outcome out = { .init_request = span_make("first", 5),
			       .ni = span_make("nonce", 5),
			       .use_ppk = true,
			       .restarts = 1 };

	(void)state;
	assert_int_equal(larval_take(sa.larval, &out), RC_OK);
	out = (struct outcome){ .init_request = span_make("again", 5),
				.cookie = span_make("crumb", 5),
				.childless = true,
				.child_spi = 7,
				.restarts = 1 };
	assert_int_equal(larval_take(sa.larval, &out), RC_OK);
	assert_int_equal(sa.larval->init_request_len, 5);
	assert_memory_equal(sa.larval->init_request, "again", 5);
	assert_memory_equal(sa.larval->ni, "nonce", 5); /* what it has not stays */
	assert_memory_equal(sa.larval->cookie, "crumb", 5);
	assert_true(sa.larval->use_ppk && sa.larval->childless);
	assert_int_equal(sa.larval->child_spi, 7);
	assert_int_equal(sa.larval->restarts, 2);
	ike_sa_forget_larval(&sa);
}

static void no_memory_leaves_what_was_there(void **state)
{
	struct outcome out = { .init_response = span_make("first", 5) };
	struct ike_sa sa = larval_sa();

	(void)state;
	assert_int_equal(larval_take(sa.larval, &out), RC_OK);
	out.init_response = span_make("other", 5);
	mem_fail_nth(1);
	assert_int_equal(larval_take(sa.larval, &out), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_memory_equal(sa.larval->init_response, "first", 5);
	ike_sa_forget_larval(&sa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_outcome_has_replaces_what_was_there),
		cmocka_unit_test(no_memory_leaves_what_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
