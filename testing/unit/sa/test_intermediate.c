/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/intermediate.h"
#include "unit/test.h"

static void what_outcomes_say_is_kept(void **state)
{
	struct ike_larval larval = { .intermediate = NULL };
	struct outcome_intermediate out = { .exchanged = true };

	(void)state;
	assert_int_equal(intermediate_note(&larval, &out), RC_OK); /* not agreed on: nothing */
	assert_null(larval.intermediate);
	out = (struct outcome_intermediate){ .agreed = true, .auth_i = span_make("one", 3) };
	assert_int_equal(intermediate_note(&larval, &out), RC_OK);
	assert_int_equal(larval.intermediate->len_i, 3);
	assert_int_equal(larval.intermediate->len_r, 0);
	assert_int_equal(larval.intermediate->exchanges, 0);
	out = (struct outcome_intermediate){ .exchanged = true,
					     .keyed = true,
					     .auth_r = span_make("four", 4) };
	assert_int_equal(intermediate_note(&larval, &out), RC_OK);
	assert_memory_equal(larval.intermediate->auth_i, "one", 3);
	assert_memory_equal(larval.intermediate->auth_r, "four", 4);
	assert_int_equal(larval.intermediate->exchanges, 1);
	assert_int_equal(larval.intermediate->keyed, 1);
	mem_free(larval.intermediate);
}

static void no_memory_is_told(void **state)
{
	struct ike_larval larval = { .intermediate = NULL };

	(void)state;
	mem_fail_nth(1);
	assert_int_equal(intermediate_agree(&larval), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_int_equal(intermediate_agree(&larval), RC_OK);
	assert_int_equal(intermediate_agree(&larval), RC_OK);
	mem_free(larval.intermediate);
}

/* The answer to IKE_INTERMEDIATE goes out under the keys that its request came with. */
static void keys_of_an_answer_are_kept_until_the_next_one(void **state)
{
	struct ike_larval larval = { .intermediate = NULL };
	struct ike_sa sa = { .larval = &larval, .role = RESPONDER };

	(void)state;
	assert_int_equal(secret_set(&sa.keys.block, span_make("old", 3)), RC_OK);
	assert_false(intermediate_keep_keys(&sa)); /* not agreed on */
	assert_int_equal(intermediate_agree(&larval), RC_OK);
	assert_null(intermediate_answer_keys(&sa));
	assert_true(intermediate_keep_keys(&sa));
	assert_null(sa.keys.block.ptr);
	assert_true(span_equal(secret_span(&intermediate_answer_keys(&sa)->block),
			       span_make("old", 3)));
	intermediate_answered(&sa);
	assert_null(intermediate_answer_keys(&sa));
	sa.role = INITIATOR;
	assert_false(intermediate_keep_keys(&sa));
	intermediate_free(larval.intermediate);
	intermediate_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_outcomes_say_is_kept),
		cmocka_unit_test(no_memory_is_told),
		cmocka_unit_test(keys_of_an_answer_are_kept_until_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
