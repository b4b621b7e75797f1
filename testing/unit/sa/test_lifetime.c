/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

#define S USEC_PER_SEC

static struct config_conn settings(usec_t margin, unsigned fuzz)
{
	return (struct config_conn){ .rekey = true,
				     .rekeymargin = margin,
				     .rekeyfuzz = fuzz,
				     .salifetime = 1000 * S,
				     .retransmit_timeout = S / 2,
				     .retransmit_base = 2,
				     .retransmit_tries = 6,
				     .retransmit_limit = 60 * S };
}

static void the_budget_of_a_request_is_the_sum_of_all_its_waits(void **state)
{
	struct config_conn conn = settings(0, 0);

	(void)state;
	assert_int_equal(retransmit_budget(&conn), 63500000); /* 0.5 + 1 + 2 + ... + 32 */
	conn.retransmit_limit = 8 * S;
	assert_int_equal(retransmit_budget(&conn), 31500000); /* ... + 8 + 8 + 8 */
	conn.retransmit_tries = 1;
	assert_int_equal(retransmit_budget(&conn), 1500000);
}

static void the_margin_grows_by_the_fuzz_and_the_other_end_has_half(void **state)
{
	struct config_conn conn = settings(100 * S, 100);

	(void)state;
	assert_int_equal(lifetime_soft(&conn, 1000 * S, true, 0), 900 * S);
	assert_int_equal(lifetime_soft(&conn, 1000 * S, true, UINT32_MAX), 800 * S);
	assert_int_equal(lifetime_soft(&conn, 1000 * S, false, 0), 950 * S);
	assert_int_equal(lifetime_soft(&conn, 1000 * S, false, UINT32_MAX), 900 * S);
}

/* Tiny lifetimes: still after the beginning, still spread, the maker still first. */
static void a_margin_that_does_not_fit_is_made_to(void **state)
{
	struct config_conn conn = settings(540 * S, 100);

	(void)state;
	for (usec_t life = 5 * S; life < 1000 * S; life += 7 * S) {
		usec_t late = lifetime_soft(&conn, life, true, 0);
		usec_t soon = lifetime_soft(&conn, life, true, UINT32_MAX);
		assert_in_range(soon, life / 20, life - life / 4);
		assert_in_range(late, soon + life / 10, life - life / 4);
		assert_true(lifetime_soft(&conn, life, false, UINT32_MAX) > soon);
		assert_true(lifetime_soft(&conn, life, false, 0) < life);
	}
}

static void the_end_leaves_a_replacement_all_its_retransmissions(void **state)
{
	struct config_conn conn = settings(100 * S, 0);

	(void)state;
	assert_int_equal(lifetime_hard(&conn, 1000 * S, 900 * S), 1000 * S);
	assert_int_equal(lifetime_hard(&conn, 1000 * S, 950 * S), 1013500000);
	conn.rekey = false;
	assert_int_equal(lifetime_hard(&conn, 1000 * S, 950 * S), 1000 * S);
}

/* At our hard end, a request may be outstanding and then our Delete: two budgets. */
static void the_kernel_ends_an_sa_only_after_all_that_we_could_still_do(void **state)
{
	struct config_conn conn = settings(100 * S, 0);

	(void)state;
	assert_int_equal(lifetime_backstop(&conn), 1250); /* 1000 + 3 * 63.5 + 60 */
	conn.rekey = false;
	assert_int_equal(lifetime_backstop(&conn), 1187);
	conn.salifetime = (usec_t)365 * 86400 * S * 200;
	assert_int_equal(lifetime_backstop(&conn), UINT32_MAX);
}

static void a_volume_is_replaced_before_it_is_used_up(void **state)
{
	struct sas_fixture f;
	struct ike_sa *ike;
	struct child_sa *child;

	(void)state;
	sas_begin(&f, SAS_CONN);
	ike = sas_ike_bound(&f);
	child = sas_child(&f, ike, "t", 0x2222);
	child->initiator = true;
	assert_int_equal(volume_soft(child, 8000, 0), 7000);
	assert_int_equal(volume_soft(child, 8000, 500), 7500);
	assert_int_equal(volume_soft(child, 8000, 8000), 7000);
	child->initiator = false;
	assert_int_equal(volume_soft(child, 8000, 0), 7500);
	assert_int_equal(volume_soft(child, 8000, 500), 7750);
	assert_int_equal(volume_soft(child, 0, 500), 0);
	child_sa_free(&f.sas, child);
	ike_sa_free(&f.sas, ike);
	sas_end(&f);
}

static void the_shorter_of_both_lifetimes_counts_but_not_one_of_seconds(void **state)
{
	(void)state;
	assert_int_equal(lifetime_agreed(1000 * S, 0), 1000 * S);
	assert_int_equal(lifetime_agreed(1000 * S, 500), 500 * S);
	assert_int_equal(lifetime_agreed(1000 * S, 2000), 1000 * S);
	assert_int_equal(lifetime_agreed(1000 * S, UINT32_MAX), 1000 * S);
	assert_int_equal(lifetime_agreed(1000 * S, 1), 60 * S);
	assert_int_equal(lifetime_agreed(30 * S, 1), 30 * S); /* ours is ours */
}

static void the_same_of_volumes(void **state)
{
	const uint64_t gigabyte = UINT64_C(1) << 30;

	(void)state;
	assert_true(volume_agreed(0, 0) == 0);
	assert_true(volume_agreed(gigabyte, 0) == gigabyte);
	assert_true(volume_agreed(0, 1 << 20) == gigabyte);
	assert_true(volume_agreed(gigabyte, 1 << 19) == gigabyte / 2);
	assert_true(volume_agreed(gigabyte, 1 << 21) == gigabyte);
	assert_true(volume_agreed(gigabyte, 1) == UINT64_C(64) << 20);
	assert_true(volume_agreed(1000, 1) == 1000);
	assert_true(volume_agreed(gigabyte, UINT64_MAX) == gigabyte);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_budget_of_a_request_is_the_sum_of_all_its_waits),
		cmocka_unit_test(the_margin_grows_by_the_fuzz_and_the_other_end_has_half),
		cmocka_unit_test(a_margin_that_does_not_fit_is_made_to),
		cmocka_unit_test(the_end_leaves_a_replacement_all_its_retransmissions),
		cmocka_unit_test(the_kernel_ends_an_sa_only_after_all_that_we_could_still_do),
		cmocka_unit_test(a_volume_is_replaced_before_it_is_used_up),
		cmocka_unit_test(the_shorter_of_both_lifetimes_counts_but_not_one_of_seconds),
		cmocka_unit_test(the_same_of_volumes),
	};

	return sas_run(tests);
}
