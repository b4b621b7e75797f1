/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/private.h"
#include "unit/peer/peer_test.h"

static uint32_t take(struct fixture *f)
{
	struct tunnel tunnel = { .reqid = 0 };
	assert_int_equal(reqid_take(&f->peers, &tunnel, 0), RC_OK);
	assert_true(tunnel.reqid_ours);
	return tunnel.reqid;
}

static void give_back(struct fixture *f, uint32_t reqid)
{
	struct tunnel tunnel = { .reqid = reqid, .reqid_ours = true };
	reqid_give_back(&f->peers, &tunnel);
	assert_int_equal(tunnel.reqid, 0);
}

static void numbers_are_distinct_and_of_our_range(void **state)
{
	struct fixture *f = *state;
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t reqid = take(f);
		assert_int_equal(reqid, KERNEL_REQID_FIRST + i);
		assert_true(kernel_reqid_is_ours(reqid));
	}
}

static void a_freed_number_rests_and_the_oldest_comes_back_first(void **state)
{
	struct fixture *f = *state;
	for (uint32_t i = 0; i < 300; i++)
		(void)take(f);
	give_back(f, KERNEL_REQID_FIRST + 7);
	assert_int_equal(take(f), KERNEL_REQID_FIRST + 300);
	for (uint32_t i = 0; i < 300; i++)
		if (i != 7)
			give_back(f, KERNEL_REQID_FIRST + i);
	assert_int_equal(take(f), KERNEL_REQID_FIRST + 7);
	assert_int_equal(take(f), KERNEL_REQID_FIRST + 0);
	assert_int_equal(take(f), KERNEL_REQID_FIRST + 1);
}

static void churn_does_not_use_the_range_up(void **state)
{
	struct fixture *f = *state;
	for (uint32_t i = 0; i < 100000; i++)
		give_back(f, take(f));
	assert_true(f->peers.next_reqid < KERNEL_REQID_FIRST + 1000);
	assert_true(f->peers.free_cap <= 1024);
}

static void at_the_end_of_the_range_freed_numbers_serve_and_then_none(void **state)
{
	struct fixture *f = *state;
	struct tunnel tunnel = { .reqid = 0 };
	f->peers.next_reqid = KERNEL_REQID_LAST;
	assert_int_equal(take(f), KERNEL_REQID_LAST);
	assert_int_equal(reqid_take(&f->peers, &tunnel, 0), RC_LIMIT);
	give_back(f, KERNEL_REQID_LAST);
	assert_int_equal(take(f), KERNEL_REQID_LAST);
}

static void a_configured_number_is_taken_for_each_tunnel_in_turn(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\treqid=100\n"
		"\trightsubnets={10.1.0.0/24,10.2.0.0/24,10.3.0.0/24}\n");
	assert_int_equal(tunnel_named(f, "office/1x1")->reqid, 100);
	assert_int_equal(tunnel_named(f, "office/1x2")->reqid, 101);
	assert_int_equal(tunnel_named(f, "office/1x3")->reqid, 102);
}

static void a_taken_number_is_warned_about_and_replaced(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\treqid=100\n"
		"conn branch\n\tleft=192.0.2.1\n\tright=203.0.113.8\n\treqid=100\n");
	assert_int_equal(tunnel_named(f, "office")->reqid, 100);
	assert_true(kernel_reqid_is_ours(tunnel_named(f, "branch")->reqid));
	assert_says(f->logged, "branch: reqid 100 is taken by office");
}

static void a_configured_number_of_our_range_is_not_given_twice(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\treqid=1442840577\n");
	assert_int_equal(tunnel_named(f, "office")->reqid, KERNEL_REQID_FIRST + 1);
	assert_int_equal(take(f), KERNEL_REQID_FIRST);
	assert_int_equal(take(f), KERNEL_REQID_FIRST + 2);
}

static void a_resting_number_that_a_conn_took_is_passed_over(void **state)
{
	struct fixture *f = *state;
	for (uint32_t i = 0; i < 300; i++)
		(void)take(f);
	for (uint32_t i = 0; i < 300; i++)
		give_back(f, KERNEL_REQID_FIRST + i);
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\treqid=1442840576\n");
	assert_int_equal(tunnel_named(f, "office")->reqid, KERNEL_REQID_FIRST);
	assert_int_equal(take(f), KERNEL_REQID_FIRST + 1);
	assert_int_equal(f->peers.free_count, 299);
}

static void without_memory_nothing_is_taken(void **state)
{
	struct fixture *f = *state;
	struct tunnel tunnel = { .reqid = 0 };
	mem_fail_nth(1);
	assert_int_equal(reqid_take(&f->peers, &tunnel, 0), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_int_equal(tunnel.reqid, 0);
	assert_int_equal(take(f), KERNEL_REQID_FIRST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(numbers_are_distinct_and_of_our_range),
		PEER_TEST(a_freed_number_rests_and_the_oldest_comes_back_first),
		PEER_TEST(churn_does_not_use_the_range_up),
		PEER_TEST(at_the_end_of_the_range_freed_numbers_serve_and_then_none),
		PEER_TEST(a_configured_number_is_taken_for_each_tunnel_in_turn),
		PEER_TEST(a_taken_number_is_warned_about_and_replaced),
		PEER_TEST(a_configured_number_of_our_range_is_not_given_twice),
		PEER_TEST(a_resting_number_that_a_conn_took_is_passed_over),
		PEER_TEST(without_memory_nothing_is_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
