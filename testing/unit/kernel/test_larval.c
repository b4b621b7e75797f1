/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "unit/kernel/sim_fixture.h"

static unsigned acquires(struct pair *pair)
{
	fake_turn(&pair->left.host);
	return pair->left.count;
}

static void a_template_asks_again_after_thirty_seconds(void **state)
{
	struct pair *pair = *state;
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	pair_advance(pair, 29);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(acquires(pair), 1);
	pair_advance(pair, 1);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(acquires(pair), 2);
}

static void an_sa_that_came_and_went_leaves_room_to_ask_again(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(sim_sad_delete(pair->left.sim, &sa), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(acquires(pair), 2);
}

static void an_sa_of_another_template_settles_nothing(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.reqid = REQID + 1;
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(acquires(pair), 1);
}

static void each_template_asks_for_itself(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy other = out_policy();
	other.dst = subnet("10.2.0.7");
	other.reqid = REQID + 1;
	other.priority = 1;
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(set_policy(&pair->left, other), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(acquires(pair), 2);
	assert_int_equal(pair->left.events[1].reqid, REQID + 1);
}

static void a_flush_forgets_who_was_waiting(void **state)
{
	struct pair *pair = *state;
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	kernel_simulated_flush(pair->left.kernel);
	assert_true(kernel_simulated_next(pair->left.kernel) == USEC_NEVER);
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(acquires(pair), 2);
}

static void without_memory_it_asks_each_time(void **state)
{
	struct pair *pair = *state;
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	mem_fail_nth(1);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	mem_fail_nth(0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
	assert_int_equal(acquires(pair), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(a_template_asks_again_after_thirty_seconds),
		PAIR_TEST(an_sa_that_came_and_went_leaves_room_to_ask_again),
		PAIR_TEST(an_sa_of_another_template_settles_nothing),
		PAIR_TEST(each_template_asks_for_itself),
		PAIR_TEST(a_flush_forgets_who_was_waiting),
		PAIR_TEST(without_memory_it_asks_each_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
