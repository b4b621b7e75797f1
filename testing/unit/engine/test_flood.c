/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "exchange/flooder.h"

static unsigned sent;

static enum rc send_nowhere(struct host *host, const struct ip_endpoint *local,
			    const struct ip_endpoint *remote, struct span payload)
{
	(void)host;
	(void)local;
	(void)remote;
	sent += payload.len == IKE_HEADER_LEN + 8 + COOKIE_LEN;
	return RC_OK;
}

struct gate {
	struct pair pair;
	struct flooder flooder;
	struct datagram datagram;
	struct ike_header header;
	struct diag diag;
};

static void gate_begin(struct gate *gate, const char *setup)
{
	char east[1024];

	(void)snprintf(east, sizeof(east), "config setup\n%s\n%s", setup, PAIR_CONN);
	pair_start(&gate->pair, 1, NULL, east, NULL, NULL);
	flooder_begin(&gate->flooder, gate->pair.world, EAST_ADDRESS);
	world_manual(gate->pair.world, true);
	end_up(&gate->pair.west, "t");
	world_settle(gate->pair.world);
	gate->datagram = (struct datagram){
		.local = gate->flooder.victim,
		.remote = flooder_address(1),
		.payload = span_make(gate->flooder.request, gate->flooder.len),
	};
	assert_int_equal(wire_header_parse(gate->datagram.payload, &gate->header, &gate->diag),
			 RC_OK);
}

static enum rc gate_try(struct gate *gate)
{
	return flood_gate(gate->pair.east.gateway, &gate->datagram, &gate->header, &gate->diag);
}

static void gate_end(struct gate *gate)
{
	world_manual(gate->pair.world, false);
	pair_end(&gate->pair);
}

/* Vanth's own memory: the one failure that is armed would be used up by any allocation. */
static void asking_for_a_cookie_allocates_nothing(void **state)
{
	struct gate gate;

	(void)state;
	gate_begin(&gate, "\tddos-mode=busy");
	struct host *host = gate.pair.east.gateway->host;
	const struct host_ops *ops = host->ops;
	struct host_ops deaf = *ops;
	deaf.udp_send = send_nowhere;
	assert_int_equal(gate_try(&gate), RC_SUSPEND); /* the first arms a timer */
	host->ops = &deaf;
	sent = 0;
	mem_fail_nth(1);
	for (unsigned i = 0; i < 1000; i++) {
		gate.datagram.remote = flooder_address(i);
		gateway_receive(gate.pair.east.gateway, &gate.datagram);
	}
	assert_null(mem_alloc(1));
	mem_fail_nth(0);
	host->ops = ops;
	assert_int_equal(sent, 1000);
	assert_int_equal(gate.pair.east.gateway->counters.cookies_sent, 1001);
	assert_int_equal(gate.pair.east.gateway->sas.half_open_count, 0);
	gate_end(&gate);
}

static void request_that_is_no_request_gets_no_cookie(void **state)
{
	struct gate gate;

	(void)state;
	gate_begin(&gate, "\tddos-mode=busy");
	gate.header.next = PAYLOAD_NONE;
	assert_int_equal(gate_try(&gate), RC_TRAILING);
	assert_int_equal(gate.pair.east.gateway->counters.cookies_sent, 0);
	gate_end(&gate);
}

static void request_passes_when_nothing_is_the_matter(void **state)
{
	struct gate gate;

	(void)state;
	gate_begin(&gate, "\tddos-mode=auto");
	assert_int_equal(gate_try(&gate), RC_OK);
	assert_false(timer_armed(&gate.pair.east.gateway->flood.tick));
	gate_end(&gate);
}

static void request_that_has_no_room_is_counted(void **state)
{
	struct gate gate;

	(void)state;
	gate_begin(&gate, "\tddos-mode=unlimited\n\tmax-halfopen-ike=1");
	assert_int_equal(gate_try(&gate), RC_OK);
	struct gateway *east = gate.pair.east.gateway;
	east->sas.half_open_count = 1;
	assert_int_equal(gate_try(&gate), RC_DROP);
	assert_non_null(strstr(gate.diag.text, "max-halfopen-ike="));
	assert_int_equal(east->counters.half_open_refused, 1);
	east->sas.half_open_count = 0;
	gate_end(&gate);
}

static void deaf_is_a_half_open_sa_after_sixteen_bad_messages(void **state)
{
	struct ike_larval larval = { .bad_auth = 0 };
	struct ike_sa sa = { .role = RESPONDER, .state = IKEV2_HALF_OPEN, .larval = &larval };

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		assert_false(flood_deaf(&sa));
		flood_bad_auth(&sa);
	}
	assert_true(flood_deaf(&sa));
	for (unsigned i = 0; i < 300; i++)
		flood_bad_auth(&sa);
	assert_true(flood_deaf(&sa));
	sa.state = IKE_ESTABLISHED;
	assert_false(flood_deaf(&sa));
	flood_bad_auth(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asking_for_a_cookie_allocates_nothing),
		cmocka_unit_test(request_that_is_no_request_gets_no_cookie),
		cmocka_unit_test(request_passes_when_nothing_is_the_matter),
		cmocka_unit_test(request_that_has_no_room_is_counted),
		cmocka_unit_test(deaf_is_a_half_open_sa_after_sixteen_bad_messages),
	};

	return exchange_run(tests);
}
