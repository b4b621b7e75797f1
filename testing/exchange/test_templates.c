/* SPDX-License-Identifier: Apache-2.0 */
/* right=%any: many initiators through one conn of the responder. */
#include "exchange/office.h"

#define CLIENTS OFFICE_CLIENTS_MAX

static const char template_conf[] = "conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"
				    "\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n";

static void begin(struct office *office)
{
	char id[16];

	office_start(office, template_conf, NULL);
	for (unsigned i = 0; i < CLIENTS; i++) {
		(void)snprintf(id, sizeof(id), "@client%u", i);
		(void)office_client(office, i, id, "");
	}
}

static void assert_ping(struct office *office, unsigned i)
{
	struct ip_range range;
	struct selector src, dst;
	char address[32];

	(void)snprintf(address, sizeof(address), "192.0.2.%u", i + 1);
	assert_int_equal(range_parse(address, &range, NULL), RC_OK);
	src = selector_make(&range, 0, 0);
	assert_int_equal(range_parse("10.2.0.7", &range, NULL), RC_OK);
	dst = selector_make(&range, 0, 0);
	assert_int_equal(kernel_simulated_packet(office->clients[i].kernel, office->server.kernel,
						 &src, &dst, 84),
			 SIMULATED_ARRIVED);
	assert_int_equal(kernel_simulated_packet(office->server.kernel, office->clients[i].kernel,
						 &dst, &src, 84),
			 SIMULATED_ARRIVED);
}

static void every_client_has_an_instance_and_a_tunnel_of_its_own(void **state)
{
	struct office office;

	(void)state;
	begin(&office);
	world_run(office.world, 3 * USEC_PER_SEC);
	assert_int_equal(office.server.gateway->sas.child_count, CLIENTS);
	assert_int_equal(office.server.gateway->peers.count, CLIENTS + 1);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_ping(&office, i);
	office_end(&office);
}

static void an_instance_goes_with_its_last_sa(void **state)
{
	struct diag diag;
	struct office office;

	(void)state;
	begin(&office);
	world_run(office.world, 3 * USEC_PER_SEC);
	assert_int_equal(gateway_down(office.clients[2].gateway, "t", &diag), RC_OK);
	world_run(office.world, USEC_PER_SEC);
	assert_int_equal(office.server.gateway->peers.count, CLIENTS);
	assert_int_equal(office.server.gateway->sas.child_count, CLIENTS - 1);
	for (unsigned i = 0; i < CLIENTS; i++)
		if (i != 2)
			assert_ping(&office, i);
	office_end(&office);
}

static void a_client_that_restarts_gets_its_instance_again(void **state)
{
	struct office office;

	(void)state;
	begin(&office);
	world_run(office.world, 3 * USEC_PER_SEC);
	end_crash(&office.clients[1]);
	end_free(&office.clients[1]);
	(void)office_client(&office, 1, "@client1", "");
	world_run(office.world, 3 * USEC_PER_SEC);
	assert_int_equal(office.server.gateway->peers.count, CLIENTS + 1);
	assert_int_equal(office.server.gateway->sas.child_count, CLIENTS);
	assert_ping(&office, 1);
	office_end(&office);
}

/* No notify names a tunnel that only peers can begin. */
static void the_office_cannot_begin(void **state)
{
	struct diag diag;
	struct office office;

	(void)state;
	begin(&office);
	assert_int_equal(gateway_up(office.server.gateway, "t", &diag), RC_UNSUPPORTED);
	assert_int_equal(gateway_route(office.server.gateway, "t", &diag), RC_UNSUPPORTED);
	office_end(&office);
}

static void down_of_the_template_ends_all_instances(void **state)
{
	struct diag diag;
	struct office office;

	(void)state;
	begin(&office);
	world_run(office.world, 3 * USEC_PER_SEC);
	assert_int_equal(gateway_down(office.server.gateway, "t", &diag), RC_OK);
	world_run(office.world, 500 * USEC_PER_MSEC);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_int_equal(office.clients[i].child_down, 1);
	world_run(office.world, 60 * USEC_PER_SEC);
	assert_int_equal(office.server.gateway->sas.child_count, CLIENTS); /* they want it */
	office_end(&office);
}

static void delete_of_the_template_ends_all_instances_for_good(void **state)
{
	struct diag diag;
	struct office office;

	(void)state;
	for (unsigned ms = 0; ms < 10; ms++) {
		begin(&office);
		world_run(office.world, ms * 2 * USEC_PER_MSEC);
		assert_int_equal(gateway_delete(office.server.gateway, "t", &diag), RC_OK);
		world_run(office.world, 60 * USEC_PER_SEC);
		assert_int_equal(office.server.gateway->peers.count, 0);
		end_assert_empty(&office.server);
		for (unsigned i = 0; i < CLIENTS; i++)
			assert_int_equal(office.clients[i].gateway->sas.child_count, 0);
		office_end(&office);
	}
}

static void stop_of_the_office_tells_every_client(void **state)
{
	struct office office;

	(void)state;
	begin(&office);
	world_run(office.world, 3 * USEC_PER_SEC);
	end_stop(&office.server);
	world_run(office.world, USEC_PER_SEC);
	assert_true(office.server.stopped);
	end_assert_empty(&office.server);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_int_equal(office.clients[i].child_down, 1);
	office_end(&office);
}

static void the_office_may_go_at_any_moment(void **state)
{
	struct office office;

	(void)state;
	for (unsigned steps = 0; steps < 150; steps += 3) {
		begin(&office);
		for (unsigned i = 0; i < steps; i++)
			(void)world_step(office.world);
		office_end(&office);
	}
}

/* As many as there may be, from addresses that never go on: no more are taken, and all are
 * forgotten. */
static void half_open_ones_are_bounded_and_forgotten(void **state)
{
	static const char conf[] =
		"config setup\n\tmax-halfopen-ike=20\n\tddos-mode=unlimited\n"
		"conn t\n\tleft=192.0.2.2\n\tright=%any\n\tauthby=secret\n\tauto=add\n";
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN, conf, NULL, ": PSK \"correct horse battery staple\"\n");
	world_manual(pair.world, true);
	for (unsigned i = 0; i < 40; i++) {
		struct diag diag;
		end_up(&pair.west, "t");
		world_settle(pair.world);
		while (!list_empty(world_flights(pair.world))) {
			struct flight *flight = container_of(world_flights(pair.world)->next,
							     struct flight, in_world);
			if (flight->to.addr.bytes[3] == 2)
				world_deliver(pair.world, flight);
			else
				world_drop(pair.world, flight);
		}
		world_settle(pair.world);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		world_settle(pair.world);
	}
	assert_int_equal(pair.east.gateway->sas.half_open_count, 20);
	assert_true(end_said(&pair.east, "max-halfopen-ike="));
	world_run(pair.world, 31 * USEC_PER_SEC);
	end_assert_empty(&pair.east);
	assert_int_equal(pair.east.gateway->counters.half_open_timeouts, 20);
	pair_end(&pair);
}

/* left=%any, as strongSwan's configurations have it: whatever address of this host a client takes;
 * without leftid= that is who we are. */
static void any_address_of_ours_answers_when_left_is_any(void **state)
{
	static const char anywhere[] =
		"conn t\n\tleft=%any\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n"
		"\tauthby=secret\n\tauto=add\n";
	static const char *const ours[] = { "192.0.2.2", "192.0.2.3" };
	struct pair pair;
	char conf[300];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(conf, sizeof(conf),
			       "conn t\n\tleft=192.0.2.1\n\tleftid=@west\n\tright=%s\n"
			       "\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=start\n",
			       ours[i]);
		pair_start(&pair, 1, conf, anywhere, OFFICE_SECRET, OFFICE_SECRET);
		assert_int_equal(world_host_add_address(pair.east.host, ours[1]), RC_OK);
		pair_run(&pair, 6 * USEC_PER_SEC);
		assert_int_equal(pair.west.child_up, 1);
		assert_int_equal(pair.east.child_up, 1);
		pair_end(&pair);
	}
}

/* ---- a wide rightsubnet=, of which each client takes its part ---- */

static const char wide_conf[] = "conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"
				"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.64.0.0/10\n"
				"\tnarrowing=yes\n\tauthby=secret\n\tauto=add\n";

static void start_branch(struct office *office, unsigned i, const char *id, const char *subnet)
{
	char more[60];

	(void)snprintf(more, sizeof(more), "\tleftsubnet=%s\n", subnet);
	(void)office_client(office, i, id, more);
	world_run(office->world, 3 * USEC_PER_SEC);
}

static void wide_start(struct office *office)
{
	office_start(office, wide_conf, NULL);
	start_branch(office, 0, "@one", "10.65.0.0/16");
	assert_int_equal(office->clients[0].child_up, 1);
}

static void what_one_client_has_is_no_other_ones(void **state)
{
	static const char *const taken[] = { "10.65.7.0/24", "10.64.0.0/15", "10.65.0.0/16",
					     "10.64.9.0/24,10.65.255.255" };

	(void)state;
	for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct office office;
		struct diag diag;
		wide_start(&office);
		start_branch(&office, 1, "@two", taken[i]);
		assert_int_equal(office.clients[1].child_up, 0);
		assert_int_equal(office.clients[1].last_reason, RC_TS_UNACCEPTABLE);
		assert_true(end_said(&office.server, "\"t[1]\""));
		start_branch(&office, 2, "@three", "10.66.0.0/16");
		assert_int_equal(office.clients[2].child_up, 1);
		assert_int_equal(office.clients[0].child_down, 0);
		assert_int_equal(gateway_down(office.clients[0].gateway, "t", &diag), RC_OK);
		world_run(office.world, 60 * USEC_PER_SEC); /* its next attempt */
		assert_int_equal(office.clients[1].child_up, 1);
		office_end(&office);
	}
}

static void a_client_may_claim_what_it_has_itself(void **state)
{
	struct office office;

	(void)state;
	wide_start(&office);
	start_branch(&office, 1, "@one", "10.65.7.0/24"); /* the same from elsewhere */
	assert_int_equal(office.clients[1].child_up, 1);
	office_end(&office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_address_of_ours_answers_when_left_is_any),
		cmocka_unit_test(every_client_has_an_instance_and_a_tunnel_of_its_own),
		cmocka_unit_test(an_instance_goes_with_its_last_sa),
		cmocka_unit_test(a_client_that_restarts_gets_its_instance_again),
		cmocka_unit_test(the_office_cannot_begin),
		cmocka_unit_test(down_of_the_template_ends_all_instances),
		cmocka_unit_test(delete_of_the_template_ends_all_instances_for_good),
		cmocka_unit_test(stop_of_the_office_tells_every_client),
		cmocka_unit_test(the_office_may_go_at_any_moment),
		cmocka_unit_test(half_open_ones_are_bounded_and_forgotten),
		cmocka_unit_test(what_one_client_has_is_no_other_ones),
		cmocka_unit_test(a_client_may_claim_what_it_has_itself),
	};

	return exchange_run(tests);
}
