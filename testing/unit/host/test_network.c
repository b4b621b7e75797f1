/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/inbox.h"

#define MANY 2000

static struct inbox left, right;
static struct host *a, *b;

static struct world *two_hosts(const struct world_network *network)
{
	struct world *world = world_new(11);

	a = inbox_host(world, &left, "10.0.0.1");
	b = inbox_host(world, &right, "10.0.0.2");
	if (network != NULL)
		world_set_network(world, network);
	return world;
}

static void send_text(const char *text)
{
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), text), RC_OK);
}

static void send_numbers(struct world *world, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%08u", i);
		send_text(text);
	}
	world_run(world, 60 * USEC_PER_SEC);
}

static struct flight *flight_first(struct world *world)
{
	assert_false(list_empty(world_flights(world)));
	return container_of(world_flights(world)->next, struct flight, in_world);
}

static void good_network_keeps_everything_in_order(void **state)
{
	static const struct world_network network = { .delay = 20000 };
	struct world *world = two_hosts(&network);
	usec_t begin = world_now(world);

	(void)state;
	send_numbers(world, 100);
	assert_int_equal(right.count, 100);
	for (unsigned i = 0; i < 100; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%08u", i);
		assert_true(letter_says(&right.letters[i], text));
		assert_int_equal(right.letters[i].when, begin + 20000);
	}
	assert_true(is_endpoint(&right.letters[0].remote, "10.0.0.1", 500));
	world_free(world);
}

static void loss_and_duplicates_come_at_their_rates(void **state)
{
	static const struct world_network lossy = { .loss = 100 }, doubling = { .duplicate = 250 };
	struct world *world = two_hosts(&lossy);

	(void)state;
	send_numbers(world, MANY);
	assert_in_range(right.count, MANY * 87 / 100, MANY * 93 / 100);
	world_free(world);
	world = two_hosts(&doubling);
	send_numbers(world, MANY);
	assert_in_range(right.count, MANY * 121 / 100, MANY * 129 / 100);
	world_free(world);
}

static void corruption_changes_bytes_at_its_rate(void **state)
{
	static const struct world_network network = { .corrupt = 200 };
	struct world *world = two_hosts(&network);
	unsigned changed = 0;

	(void)state;
	send_numbers(world, MANY);
	assert_int_equal(right.count, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%08u", i);
		assert_int_equal(right.letters[i].len, 8);
		changed += !letter_says(&right.letters[i], text);
	}
	assert_in_range(changed, MANY * 16 / 100, MANY * 24 / 100);
	world_free(world);
}

static unsigned overtaken(void)
{
	unsigned count = 0;

	for (size_t i = 1; i < right.count; i++)
		count += memcmp(right.letters[i].bytes, right.letters[i - 1].bytes, 8) < 0;
	return count;
}

static void reordering_and_jitter_let_datagrams_overtake(void **state)
{
	static const struct world_network reordering = { .reorder = 100, .delay = 1000 };
	static const struct world_network jittery = { .delay = 1000, .jitter = 5000 };
	struct world *world = two_hosts(&reordering);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%08u", i);
		send_text(text);
		world_run(world, 100);
	}
	world_run(world, USEC_PER_SEC);
	assert_int_equal(right.count, 1000);
	assert_true(overtaken() > 20);
	world_free(world);
	world = two_hosts(&jittery);
	send_numbers(world, 1000);
	assert_int_equal(right.count, 1000);
	assert_true(overtaken() > 100);
	for (size_t i = 0; i < right.count; i++)
		assert_in_range(right.letters[i].when - right.letters[0].when, 0, 5000);
	world_free(world);
}

static void partition_cuts_both_ways_and_what_is_on_its_way(void **state)
{
	static const struct world_network network = { .delay = 1000 };
	struct world *world = two_hosts(&network);
	static struct inbox third;

	(void)state;
	inbox_host(world, &third, "10.0.0.3");
	send_text("on its way");
	assert_int_equal(world_partition(world, b, a, true), RC_OK);
	assert_int_equal(world_partition(world, a, b, true), RC_OK); /* the same cut */
	assert_int_equal(say(b, at("10.0.0.2", 500), at("10.0.0.1", 500), "cut"), RC_OK);
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.3", 500), "free"), RC_OK);
	world_run(world, 2000);
	assert_int_equal(left.count + right.count, 0);
	assert_int_equal(third.count, 1);
	send_text("too early");
	assert_int_equal(world_partition(world, a, b, false), RC_OK);
	send_text("healed");
	world_run(world, 2000);
	assert_int_equal(right.count, 1);
	assert_true(letter_says(&right.letters[0], "healed"));
	world_free(world);
}

static void partition_holds_through_nat(void **state)
{
	struct world *world = two_hosts(NULL);

	(void)state;
	assert_int_equal(world_nat(world, "10.0.0.1", "198.51.100.1", USEC_PER_SEC), RC_OK);
	assert_int_equal(world_partition(world, a, b, true), RC_OK);
	send_text("cut");
	world_settle(world);
	assert_int_equal(right.count, 0);
	assert_int_equal(world_partition(world, a, b, false), RC_OK);
	send_text("out");
	world_settle(world);
	assert_int_equal(right.count, 1);
	assert_int_equal(world_partition(world, a, b, true), RC_OK);
	assert_int_equal(b->ops->udp_send(b, &right.letters[0].local, &right.letters[0].remote,
					  SPAN_OF("in")),
			 RC_OK);
	world_settle(world);
	assert_int_equal(left.count, 0);
	world_free(world);
}

static void manual_delivery_leaves_the_choice_to_the_test(void **state)
{
	static const struct world_network network = { .loss = 1000 };
	struct world *world = two_hosts(&network);
	struct flight *first, *second;

	(void)state;
	world_manual(world, true);
	send_text("one");
	send_text("two");
	send_text("three");
	world_run(world, USEC_PER_SEC);
	assert_int_equal(right.count, 0);
	first = flight_first(world);
	second = container_of(first->in_world.next, struct flight, in_world);
	assert_true(second->id > first->id);
	world_deliver(world, second);
	assert_int_equal(world_duplicate(world, first), RC_OK);
	world_drop(world, first);
	assert_int_equal(right.count, 2);
	assert_true(letter_says(&right.letters[0], "two"));
	assert_true(letter_says(&right.letters[1], "one"));
	world_manual(world, false);
	world_settle(world);
	assert_true(letter_says(&right.letters[2], "three"));
	assert_true(list_empty(world_flights(world)));
	world_free(world);
}

static void flights_are_kept_when_manual_begins(void **state)
{
	static const struct world_network network = { .delay = 1000 };
	struct world *world = two_hosts(&network);

	(void)state;
	send_text("kept");
	world_manual(world, true);
	world_run(world, 5000);
	assert_int_equal(right.count, 0);
	world_deliver(world, flight_first(world));
	assert_int_equal(right.count, 1);
	send_text("never delivered"); /* freed with the world */
	world_free(world);
}

static bool tap(void *context, struct flight *flight)
{
	int *seen = context;

	++*seen;
	if (flight->bytes[0] == 'c')
		flight->bytes[0] = 'C';
	if (flight->bytes[0] == 's')
		flight->len = 2;
	return flight->bytes[0] != 'l';
}

static void tap_sees_changes_and_loses(void **state)
{
	struct world *world = two_hosts(NULL);
	struct ip_endpoint from = at("192.0.2.1", 9), to = at("10.0.0.2", 500);
	int seen = 0;

	(void)state;
	world_tap(world, tap, &seen);
	send_text("change");
	send_text("lose");
	send_text("shorten");
	assert_int_equal(world_inject(world, &from, &to, span_make("lost?", 5)), RC_OK);
	world_settle(world);
	assert_int_equal(seen, 3);
	assert_int_equal(right.count, 3);
	assert_true(letter_says(&right.letters[0], "Change"));
	assert_true(letter_says(&right.letters[1], "sh"));
	assert_true(letter_says(&right.letters[2], "lost?"));
	assert_true(endpoint_equal(&right.letters[2].remote, &from));
	world_tap(world, NULL, NULL);
	send_text("lose");
	world_settle(world);
	assert_int_equal(right.count, 4);
	world_free(world);
}

static void addresses_that_nobody_has_swallow(void **state)
{
	struct world *world = two_hosts(NULL);

	(void)state;
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.9.9.9", 500), "x"), RC_OK);
	send_text("y");
	world_host_remove_address(b, "10.0.0.2");
	world_settle(world);
	assert_int_equal(left.count + right.count, 0);
	assert_true(list_empty(world_flights(world)));
	world_free(world);
}

static void no_allocation_failure_harms(void **state)
{
	static const struct world_network network = { .duplicate = 1000 };
	struct world *world = two_hosts(&network);

	(void)state;
	for (uint64_t n = 1; n <= 2; n++) { /* packet and bytes of the first, then of its copy */
		mem_fail_nth(n);
		assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), "x"),
				 RC_NO_MEMORY);
		mem_fail_nth(n + 2);
		assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), "x"), RC_OK);
	}
	mem_fail_nth(1);
	assert_int_equal(world_partition(world, a, b, true), RC_NO_MEMORY);
	mem_fail_nth(0);
	world_settle(world);
	assert_int_equal(right.count, 2); /* the copies were lost */
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_network_keeps_everything_in_order),
		cmocka_unit_test(loss_and_duplicates_come_at_their_rates),
		cmocka_unit_test(corruption_changes_bytes_at_its_rate),
		cmocka_unit_test(reordering_and_jitter_let_datagrams_overtake),
		cmocka_unit_test(partition_cuts_both_ways_and_what_is_on_its_way),
		cmocka_unit_test(partition_holds_through_nat),
		cmocka_unit_test(manual_delivery_leaves_the_choice_to_the_test),
		cmocka_unit_test(flights_are_kept_when_manual_begins),
		cmocka_unit_test(tap_sees_changes_and_loses),
		cmocka_unit_test(addresses_that_nobody_has_swallow),
		cmocka_unit_test(no_allocation_failure_harms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
