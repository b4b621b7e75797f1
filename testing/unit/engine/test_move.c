/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

#define FORCED PAIR_BASE "\tauto=add\n\tencapsulation=yes\n"

static struct ip_endpoint at(const char *text, uint16_t port)
{
	struct ip_endpoint out = { .port = port };

	assert_int_equal(ip_parse(text, &out.addr), RC_OK);
	return out;
}

static struct child_sa *child_of(struct end *end)
{
	return tunnel_current(road_tunnel(end));
}

/* Where the one SA of that direction is. */
static struct kernel_sa in_kernel(struct end *end, uint8_t direction)
{
	struct simulated_sa sa = { .sa = { .spi = 0 } };

	for (size_t i = 0; kernel_simulated_sa(end->kernel, i, &sa); i++)
		if (sa.sa.direction == direction)
			return sa.sa;
	fail_msg("no such SA");
	return sa.sa;
}

static void esp_from_another_port_is_followed_at_once_the_ike_sa_is_asked(void **state)
{
	struct ip_endpoint mapped = at("192.0.2.1", 7777);
	struct road road;

	(void)state;
	road_up(&road, FORCED, NULL);
	struct end *east = &road.pair.east;
	assert_true(road_sa(east)->nat_there);
	path_mapped(east->gateway, child_of(east), &mapped);
	assert_non_null(road_sa(east)->check);
	assert_int_equal(road_sa(east)->remote.port, 4500);
	road_run(&road, 50 * USEC_PER_MSEC);
	assert_int_equal(in_kernel(east, KERNEL_IN).encap.remote_port, 7777);
	assert_int_equal(in_kernel(east, KERNEL_OUT).encap.remote_port, 7777);
	assert_int_equal(road.ears[0].to.port, 7777);
	assert_int_equal(road_sa(east)->remote.port, 4500); /* nobody answered there yet */
	road_end(&road);
}

static void what_the_kernel_saw_of_nobody_or_without_a_nat_is_nothing(void **state)
{
	struct ip_endpoint mapped = at("192.0.2.1", 7777), v6 = at("2001:db8::1", 4500);
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	path_mapped(road.pair.east.gateway, NULL, &mapped);
	path_mapped(road.pair.east.gateway, child_of(&road.pair.east), &mapped);
	assert_null(road_sa(&road.pair.east)->check);
	road_end(&road);
	road_up(&road, FORCED, NULL);
	path_mapped(road.pair.east.gateway, child_of(&road.pair.east), &v6);
	assert_null(road_sa(&road.pair.east)->check);
	road_end(&road);
}

/* Two peers behind one box may have chosen one SPI: the kernel can have only one of them. */
static void a_child_that_would_meet_its_like_there_is_replaced(void **state)
{
	struct ip_endpoint mapped = at("192.0.2.9", 4500);
	struct child_sa *other;
	struct road road;

	(void)state;
	road_up(&road, FORCED, NULL);
	struct gateway *gateway = road.pair.east.gateway;
	struct child_sa *child = child_of(&road.pair.east);
	assert_int_equal(child_sa_new(&gateway->sas, &other), RC_OK);
	other->tunnel = child->tunnel;
	other->remote = mapped.addr;
	other->spi_out = child->spi_out;
	assert_int_equal(child_sa_claim(&gateway->sas, other), RC_OK);
	struct ike_sa *sa = road_sa(&road.pair.east);
	struct outcome out = { .local = sa->local, .remote = mapped, .encap = true };
	path_take(sa, &out);
	struct errand errand = { .gateway = gateway,
				 .step = { .sa = sa },
				 .out = { .follow = true } };
	assert_int_equal(path_commit(&errand), RC_OK);
	assert_true(child->delete_wanted);
	assert_int_equal(child->delete_reason, RC_EXISTS);
	child_sa_free(&gateway->sas, other);
	road_end(&road);
}

static void a_child_in_transport_mode_does_not_change_addresses(void **state)
{
	static const char conf[] =
		"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		"\tauthby=secret\n\tauto=add\n\ttype=transport\n";
	struct road road;

	(void)state;
	road_begin(&road, conf, conf);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	struct ike_sa *sa = road_sa(&road.pair.east);
	struct child_sa *child = child_of(&road.pair.east);
	struct outcome out = { .local = sa->local, .remote = at("192.0.2.9", 500) };
	path_take(sa, &out);
	struct errand errand = { .gateway = road.pair.east.gateway,
				 .step = { .sa = sa },
				 .out = { .follow = true } };
	assert_int_equal(path_commit(&errand), RC_OK);
	assert_true(child->delete_wanted);
	assert_int_equal(child->remote.bytes[3], 1);
	road_end(&road);
}

/* The conn's own address is gone, and there is none that it may have instead: it may come back. */
static void an_sa_waits_for_the_only_address_it_may_have(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	world_host_remove_address(road.pair.west.host, WEST_ADDRESS);
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_down, 0);
	assert_int_equal(world_host_add_address(road.pair.west.host, WEST_ADDRESS), RC_OK);
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.ike_down, 0);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(esp_from_another_port_is_followed_at_once_the_ike_sa_is_asked),
		cmocka_unit_test(what_the_kernel_saw_of_nobody_or_without_a_nat_is_nothing),
		cmocka_unit_test(a_child_that_would_meet_its_like_there_is_replaced),
		cmocka_unit_test(a_child_in_transport_mode_does_not_change_addresses),
		cmocka_unit_test(an_sa_waits_for_the_only_address_it_may_have),
	};

	return exchange_run(tests);
}
