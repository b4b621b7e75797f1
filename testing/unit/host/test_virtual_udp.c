/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/inbox.h"

static struct inbox left, right;

static struct world *two_hosts(struct host **a, struct host **b)
{
	struct world *world = world_new(1);

	*a = inbox_host(world, &left, "10.0.0.1");
	*b = inbox_host(world, &right, "10.0.0.2");
	return world;
}

static void marker_is_on_the_wire_and_nowhere_else(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);
	struct flight *flight;

	(void)state;
	world_manual(world, true);
	assert_int_equal(say(a, at("10.0.0.1", 4500), at("10.0.0.2", 4500), "abc"), RC_OK);
	flight = container_of(world_flights(world)->next, struct flight, in_world);
	assert_int_equal(flight->len, 7);
	assert_memory_equal(flight->bytes, "\0\0\0\0abc", 7);
	world_deliver(world, flight);
	assert_int_equal(right.count, 1);
	assert_true(letter_says(&right.letters[0], "abc"));
	assert_true(right.letters[0].natt);
	assert_true(is_endpoint(&right.letters[0].local, "10.0.0.2", 4500));
	world_free(world);
}

static void port_500_knows_no_marker(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);

	(void)state;
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), "abc"), RC_OK);
	/* from 4500 to 500 the marker stays */
	assert_int_equal(say(a, at("10.0.0.1", 4500), at("10.0.0.2", 500), "abc"), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 2);
	assert_false(right.letters[0].natt);
	assert_int_equal(right.letters[0].len, 3);
	assert_int_equal(right.letters[1].len, 7);
	world_free(world);
}

static void keepalives_and_esp_never_come_up(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);
	struct ip_endpoint from = at("10.0.0.1", 4500), to = at("10.0.0.2", 4500);
	static const uint8_t esp[] = { 0, 0, 1, 0, 0, 0, 0, 1, 9, 9, 9, 9 };

	(void)state;
	assert_int_equal(a->ops->udp_keepalive(a, &from, &to), RC_OK);
	assert_int_equal(world_inject(world, &from, &to, SPAN_OF(esp)), RC_OK);
	assert_int_equal(world_inject(world, &from, &to, span_make(esp, 2)), RC_OK);
	assert_int_equal(world_inject(world, &from, &to, SPAN_NONE), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 0);
	assert_int_equal(a->ops->udp_keepalive(a, &(struct ip_endpoint){ from.addr, 500 }, &to),
			 RC_IO);
	world_free(world);
}

static void only_own_addresses_and_ports_send(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);

	(void)state;
	assert_int_equal(say(a, at("10.0.0.2", 500), at("10.0.0.2", 500), "x"), RC_IO);
	assert_int_equal(say(a, at("10.0.0.1", 501), at("10.0.0.2", 500), "x"), RC_IO);
	assert_int_equal(say(a, at("10.0.0.1", 500), at("2001:db8::1", 500), "x"), RC_IO);
	assert_int_equal(say(a, at("0.0.0.0", 500), at("10.0.0.2", 500), "x"), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 1);
	assert_true(is_addr(&right.letters[0].remote.addr, "10.0.0.1"));
	world_free(world);
}

static void limit_shuts_out_other_addresses(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);
	struct ip_addr limit = at("10.0.0.3", 0).addr;

	(void)state;
	assert_int_equal(world_host_add_address(b, "10.0.0.3"), RC_OK);
	assert_int_equal(b->ops->udp_limit(b, &limit, 1), RC_OK);
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), "no"), RC_OK);
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.3", 500), "yes"), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 1);
	assert_true(letter_says(&right.letters[0], "yes"));
	assert_int_equal(b->ops->udp_limit(b, NULL, 0), RC_OK);
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), "again"), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 2);
	mem_fail_nth(1);
	assert_int_equal(b->ops->udp_limit(b, &limit, 1), RC_NO_MEMORY);
	mem_fail_nth(0);
	world_free(world);
}

static void host_that_does_not_listen_hears_nothing(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);
	struct host *deaf = world_host(world, "deaf");

	(void)state;
	assert_int_equal(world_host_add_address(deaf, "10.0.0.4"), RC_OK);
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.4", 500), "hello?"), RC_OK);
	assert_int_equal(b->ops->udp_listen(b, 500, 0, inbox_receive, &right, NULL), RC_OK);
	assert_int_equal(say(a, at("10.0.0.1", 4500), at("10.0.0.2", 4500), "hello?"), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 0);
	world_free(world);
}

static void without_a_receiver_the_sockets_close(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);

	(void)state;
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), "on its way"), RC_OK);
	assert_int_equal(b->ops->udp_listen(b, 0, 0, NULL, NULL, NULL), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 0);
	assert_int_equal(say(b, at("10.0.0.2", 500), at("10.0.0.1", 500), "x"), RC_IO);
	world_free(world);
}

static void impossible_ports_are_refused(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(a->ops->udp_listen(a, 0, 4500, inbox_receive, &left, &diag), RC_RANGE);
	assert_int_not_equal(strlen(diag.text), 0);
	assert_int_equal(a->ops->udp_listen(a, 500, 500, inbox_receive, &left, NULL), RC_RANGE);
	world_free(world);
}

static void datagram_beyond_udp_is_refused(void **state)
{
	struct host *a, *b;
	struct world *world = two_hosts(&a, &b);
	struct ip_endpoint from = at("10.0.0.1", 4500), to = at("10.0.0.2", 4500);
	static uint8_t bytes[65508];

	(void)state;
	assert_int_equal(a->ops->udp_send(a, &from, &to, span_make(bytes, 65504)), RC_IO);
	assert_int_equal(a->ops->udp_send(a, &from, &to, span_make(bytes, 65503)), RC_OK);
	world_settle(world);
	assert_int_equal(right.count, 1);
	assert_int_equal(right.letters[0].len, 65503);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marker_is_on_the_wire_and_nowhere_else),
		cmocka_unit_test(port_500_knows_no_marker),
		cmocka_unit_test(keepalives_and_esp_never_come_up),
		cmocka_unit_test(only_own_addresses_and_ports_send),
		cmocka_unit_test(limit_shuts_out_other_addresses),
		cmocka_unit_test(host_that_does_not_listen_hears_nothing),
		cmocka_unit_test(without_a_receiver_the_sockets_close),
		cmocka_unit_test(impossible_ports_are_refused),
		cmocka_unit_test(datagram_beyond_udp_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
