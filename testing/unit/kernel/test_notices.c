/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "unit/kernel/sim_fixture.h"

static void raise(struct pair *pair, uint32_t reqid, uint32_t spi)
{
	struct kernel_event event = { .type = KERNEL_EXPIRE, .reqid = reqid, .spi = spi };
	sim_notice_raise(pair->left.sim, &event);
}

static void events_come_at_the_end_of_the_turn_in_order(void **state)
{
	struct pair *pair = *state;
	raise(pair, REQID, 1);
	raise(pair, REQID, 2);
	assert_int_equal(pair->left.count, 0);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 2);
	assert_int_equal(pair->left.events[0].spi, 1);
	assert_int_equal(pair->left.events[1].spi, 2);
}

static void events_of_other_reqids_never_come(void **state)
{
	struct pair *pair = *state;
	raise(pair, KERNEL_REQID_FIRST - 1, 1);
	raise(pair, KERNEL_REQID_LAST + 1, 1);
	raise(pair, KERNEL_REQID_LAST, 3);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 1);
	assert_int_equal(pair->left.events[0].spi, 3);
}

static void a_lost_event_becomes_a_resync(void **state)
{
	struct pair *pair = *state;
	mem_fail_nth(1);
	raise(pair, REQID, 1);
	mem_fail_nth(0);
	raise(pair, REQID, 2);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 2);
	assert_int_equal(pair->left.events[0].spi, 2);
	assert_int_equal(pair->left.events[1].type, KERNEL_RESYNC);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 2);
}

static void without_a_listener_events_are_dropped(void **state)
{
	struct pair *pair = *state;
	pair->left.kernel->on_event = NULL;
	raise(pair, REQID, 1);
	fake_turn(&pair->left.host);
	assert_true(list_empty(&pair->left.sim->events));
}

static void events_on_their_way_die_with_the_kernel(void **state)
{
	struct side side;
	(void)state;
	assert_int_equal(side_make(&side), 0);
	sim_notice_raise(side.sim, &(struct kernel_event){ .type = KERNEL_RESYNC });
	kernel_free(side.kernel);
	fake_turn(&side.host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(events_come_at_the_end_of_the_turn_in_order),
		PAIR_TEST(events_of_other_reqids_never_come),
		PAIR_TEST(a_lost_event_becomes_a_resync),
		PAIR_TEST(without_a_listener_events_are_dropped),
		cmocka_unit_test(events_on_their_way_die_with_the_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
