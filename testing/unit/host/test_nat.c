/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/inbox.h"

#define EXPIRY (30 * USEC_PER_SEC)

static struct inbox inside, gateway, stranger;
static struct host *in, *gw, *other;

static struct world *behind_nat(void)
{
	struct world *world = world_new(1);

	in = inbox_host(world, &inside, "10.1.0.2");
	gw = inbox_host(world, &gateway, "203.0.113.1");
	other = inbox_host(world, &stranger, "203.0.113.2");
	assert_int_equal(world_nat(world, "10.1.0.0/16", "198.51.100.1", EXPIRY), RC_OK);
	return world;
}

static void call_out(struct world *world)
{
	assert_int_equal(say(in, at("10.1.0.2", 4500), at("203.0.113.1", 4500), "out"), RC_OK);
	world_settle(world);
}

static void answer(struct world *world, struct host *from, const struct ip_endpoint *to)
{
	struct ip_endpoint local = from == gw ? at("203.0.113.1", 4500) : at("203.0.113.2", 4500);

	assert_int_equal(from->ops->udp_send(from, &local, to, span_make("in", 2)), RC_OK);
	world_settle(world);
}

static void inside_is_seen_as_the_outside_with_another_port(void **state)
{
	struct world *world = behind_nat();
	struct ip_endpoint seen;

	(void)state;
	call_out(world);
	call_out(world);
	assert_int_equal(gateway.count, 2);
	seen = gateway.letters[0].remote;
	assert_true(is_addr(&seen.addr, "198.51.100.1"));
	assert_int_not_equal(seen.port, 4500);
	assert_true(endpoint_equal(&seen, &gateway.letters[1].remote));
	world_free(world);
}

static void answers_come_back_to_the_inside(void **state)
{
	struct world *world = behind_nat();

	(void)state;
	call_out(world);
	answer(world, gw, &gateway.letters[0].remote);
	assert_int_equal(inside.count, 1);
	assert_true(letter_says(&inside.letters[0], "in"));
	assert_true(is_endpoint(&inside.letters[0].local, "10.1.0.2", 4500));
	world_free(world);
}

static void strangers_and_unmapped_ports_do_not_get_in(void **state)
{
	struct world *world = behind_nat();
	struct ip_endpoint mapped, unmapped;

	(void)state;
	call_out(world);
	mapped = unmapped = gateway.letters[0].remote;
	unmapped.port++;
	answer(world, other, &mapped);
	answer(world, gw, &unmapped);
	assert_int_equal(inside.count, 0);
	world_free(world);
}

static void each_remote_sees_a_port_of_its_own(void **state)
{
	struct world *world = behind_nat();

	(void)state;
	call_out(world);
	assert_int_equal(say(in, at("10.1.0.2", 4500), at("203.0.113.2", 4500), "out"), RC_OK);
	world_settle(world);
	assert_int_not_equal(gateway.letters[0].remote.port, stranger.letters[0].remote.port);
	world_free(world);
}

static void unused_mapping_expires_and_comes_back_with_a_new_port(void **state)
{
	struct world *world = behind_nat();
	struct ip_endpoint before;

	(void)state;
	call_out(world);
	before = gateway.letters[0].remote;
	world_run(world, EXPIRY);
	answer(world, gw, &before); /* still, and used again */
	assert_int_equal(inside.count, 1);
	world_run(world, EXPIRY); /* an answer is use too */
	answer(world, gw, &before);
	assert_int_equal(inside.count, 2);
	world_run(world, EXPIRY + 1);
	answer(world, gw, &before);
	assert_int_equal(inside.count, 2);
	call_out(world);
	assert_int_equal(gateway.count, 2);
	assert_int_not_equal(gateway.letters[1].remote.port, before.port);
	world_free(world);
}

static void keepalives_keep_a_mapping(void **state)
{
	struct world *world = behind_nat();
	struct ip_endpoint local = at("10.1.0.2", 4500), remote = at("203.0.113.1", 4500);

	(void)state;
	call_out(world);
	for (int i = 0; i < 10; i++) {
		world_run(world, EXPIRY - 1);
		assert_int_equal(in->ops->udp_keepalive(in, &local, &remote), RC_OK);
	}
	answer(world, gw, &gateway.letters[0].remote);
	assert_int_equal(inside.count, 1);
	world_free(world);
}

static void flush_forgets_every_mapping(void **state)
{
	struct world *world = behind_nat();

	(void)state;
	call_out(world);
	world_nat_flush(world);
	answer(world, gw, &gateway.letters[0].remote);
	assert_int_equal(inside.count, 0);
	call_out(world);
	assert_int_not_equal(gateway.letters[0].remote.port, gateway.letters[1].remote.port);
	answer(world, gw, &gateway.letters[1].remote);
	assert_int_equal(inside.count, 1);
	world_free(world);
}

static void hosts_inside_reach_each_other_directly(void **state)
{
	struct world *world = behind_nat();
	static struct inbox neighbour;

	(void)state;
	inbox_host(world, &neighbour, "10.1.0.3");
	assert_int_equal(say(in, at("10.1.0.2", 500), at("10.1.0.3", 500), "hi"), RC_OK);
	world_settle(world);
	assert_int_equal(neighbour.count, 1);
	assert_true(is_addr(&neighbour.letters[0].remote.addr, "10.1.0.2"));
	world_free(world);
}

static void box_behind_a_box_works_both_ways(void **state)
{
	struct world *world = world_new(1);

	(void)state;
	in = inbox_host(world, &inside, "10.1.0.2");
	gw = inbox_host(world, &gateway, "203.0.113.1");
	assert_int_equal(world_nat(world, "10.1.0.0/16", "100.64.0.1", EXPIRY), RC_OK);
	assert_int_equal(world_nat(world, "100.64.0.0/10", "198.51.100.1", EXPIRY), RC_OK);
	call_out(world);
	assert_true(is_addr(&gateway.letters[0].remote.addr, "198.51.100.1"));
	answer(world, gw, &gateway.letters[0].remote);
	assert_int_equal(inside.count, 1);
	world_free(world);
}

static void bad_boxes_and_lack_of_memory_are_told(void **state)
{
	struct world *world = behind_nat();

	(void)state;
	assert_int_not_equal(world_nat(world, "10.1.0.0/99", "198.51.100.1", EXPIRY), RC_OK);
	assert_int_equal(world_nat(world, "10.2.0.0/16", "there", EXPIRY), RC_SYNTAX);
	assert_int_equal(world_nat(world, "10.2.0.0/16", "2001:db8::1", EXPIRY), RC_SYNTAX);
	mem_fail_nth(1);
	assert_int_equal(world_nat(world, "10.2.0.0/16", "198.51.100.2", EXPIRY), RC_NO_MEMORY);
	for (uint64_t n = 1; n <= 3; n++) { /* packet, its bytes, the mapping */
		mem_fail_nth(n);
		assert_int_equal(say(in, at("10.1.0.2", 500), at("203.0.113.1", 500), "x"),
				 RC_NO_MEMORY);
	}
	mem_fail_nth(0);
	call_out(world);
	assert_int_equal(gateway.count, 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inside_is_seen_as_the_outside_with_another_port),
		cmocka_unit_test(answers_come_back_to_the_inside),
		cmocka_unit_test(strangers_and_unmapped_ports_do_not_get_in),
		cmocka_unit_test(each_remote_sees_a_port_of_its_own),
		cmocka_unit_test(unused_mapping_expires_and_comes_back_with_a_new_port),
		cmocka_unit_test(keepalives_keep_a_mapping),
		cmocka_unit_test(flush_forgets_every_mapping),
		cmocka_unit_test(hosts_inside_reach_each_other_directly),
		cmocka_unit_test(box_behind_a_box_works_both_ways),
		cmocka_unit_test(bad_boxes_and_lack_of_memory_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
