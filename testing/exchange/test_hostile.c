/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody on the path who knows every SPI and message ID but no key, and peers that mean harm. */
#include "exchange/pair.h"
#include "unit/test.h"

static struct ip_endpoint endpoint(const char *address, uint16_t port)
{
	struct ip_endpoint out = { .port = port };

	assert_int_equal(ip_parse(address, &out.addr), RC_OK);
	return out;
}

static void inject(struct pair *pair, const char *from, const char *to, struct span bytes)
{
	struct ip_endpoint a = endpoint(from, IKE_PORT), b = endpoint(to, IKE_PORT);

	assert_int_equal(world_inject(pair->world, &a, &b, bytes), RC_OK);
	world_run(pair->world, 100 * USEC_PER_MSEC);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

/* Header and an SK payload with that many bytes of rubbish. */
static struct span forge(const struct ike_sa *sa, enum exchange_type exchange, uint8_t flags,
			 uint32_t message_id, size_t body, uint8_t buffer[256])
{
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .next = PAYLOAD_SK,
				     .version = IKE_VERSION_2,
				     .exchange = (uint8_t)exchange,
				     .flags = flags,
				     .message_id = message_id,
				     .length = (uint32_t)(IKE_HEADER_LEN + 4 + body) };
	struct sink sink;

	memset(buffer, 0x5a, 256);
	sink_init(&sink, buffer, 256);
	wire_header_emit(&sink, &header);
	sink_patch_u8(&sink, 16, PAYLOAD_SK);
	sink_patch_u32(&sink, 24, header.length);
	sink_u8(&sink, PAYLOAD_NONE);
	sink_u8(&sink, 0);
	sink_u16(&sink, (uint16_t)(4 + body));
	return span_make(buffer, header.length);
}

static void pair_with_tunnel(struct pair *pair)
{
	pair_start(pair, 1, NULL, NULL, NULL, NULL);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

/* RFC 7296 §2.21: nothing that is not authenticated ends an IKE SA, or is answered in it. */
static void forged_requests_of_any_length_change_nothing(void **state)
{
	struct pair pair;
	uint8_t buffer[256];

	(void)state;
	pair_with_tunnel(&pair);
	for (size_t body = 0; body < 80; body++) {
		struct ike_sa *east = sa_of(&pair.east);
		uint64_t sent = pair.east.gateway->counters.datagrams_out;
		inject(&pair, WEST_ADDRESS, EAST_ADDRESS,
		       forge(east, EXCHANGE_INFORMATIONAL, IKE_FLAG_INITIATOR, east->recv_next,
			     body, buffer));
		assert_int_equal(pair.east.gateway->counters.datagrams_out, sent);
		assert_int_equal(pair.east.ike_down, 0);
	}
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* ---- one client and another ---- */

#define ROADWARRIORS                                                                               \
	"conn t\n\tleft=192.0.2.2\n\tleftid=@east\n\tleftsubnet=10.2.0.0/24\n\tright=%any\n"       \
	"\trightid=@*.example.org\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n\tauto=add\n"
#define CLIENT(id, address)                                                                        \
	"conn t\n\tleft=" address "\n\tleftid=@" id ".example.org\n\tleftsubnet=10.1.0.0/24\n"     \
	"\tright=192.0.2.2\n\trightid=@east\n\trightsubnet=10.2.0.0/"                              \
	"24\n\tauthby=secret\n\tauto=add\n"
#define GROUP_SECRET ": PSK \"correct horse battery staple\"\n"

static void client_cannot_take_the_traffic_of_another_one(void **state)
{
	struct pair pair;
	struct end thief;

	(void)state;
	pair_start(&pair, 1, CLIENT("a", WEST_ADDRESS), ROADWARRIORS, GROUP_SECRET, GROUP_SECRET);
	end_start(pair.world, &thief, "thief", "192.0.2.3", CLIENT("b", "192.0.2.3"), GROUP_SECRET);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	end_up(&thief, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(thief.child_up, 0);
	assert_int_equal(thief.last_reason, RC_TS_UNACCEPTABLE);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	assert_int_equal(pair.east.gateway->sas.child_count, 1);
	end_free(&thief);
	pair_end(&pair);
}

/* Two conns with equal selectors: the newer one has the traffic, and gives it back. */
static void policies_go_back_to_who_had_them_before(void **state)
{
#define FALLBACK                                                                                   \
	"conn u\n\tleft=192.0.2.3\n\tright=192.0.2.2\n\tleftid=@south\n\trightid=@east\n"          \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
	struct pair pair;
	struct end south;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, NULL, PAIR_CONN FALLBACK, GROUP_SECRET, GROUP_SECRET);
	end_start(pair.world, &south, "south", "192.0.2.3", FALLBACK, GROUP_SECRET);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	end_up(&south, "u");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_NO_SA); /* south has it now */
	assert_int_equal(gateway_down(south.gateway, "u", &diag), RC_OK);
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	pair_assert_tunnel(&pair);
	end_free(&south);
	pair_end(&pair);
}

/* ---- the kernel says no ---- */

static void deliver_next(struct pair *pair)
{
	assert_false(list_empty(world_flights(pair->world)));
	world_deliver(pair->world,
		      container_of(world_flights(pair->world)->next, struct flight, in_world));
	world_settle(pair->world);
}

static void refused(struct kernel_request *request)
{
	request->owner = NULL;
}

static void foreign_sa(struct end *end, const char *to, uint32_t spi)
{
	static const uint8_t key[36];
	struct kernel_request request = { .op = KERNEL_SA_ADD,
					  .done = refused,
					  .sa = { .src = endpoint(EAST_ADDRESS, 0).addr,
						  .dst = endpoint(to, 0).addr,
						  .spi = spi,
						  .protocol = PROTOCOL_ESP,
						  .direction = KERNEL_OUT,
						  .reqid = 7,
						  .encr = ENCR_AES_GCM_16,
						  .encr_bits = 256,
						  .encr_key = SPAN_OF(key) } };

	end->kernel->ops->submit(end->kernel, &request);
	assert_int_equal(end->kernel->ops->drain(end->kernel, USEC_PER_SEC), RC_OK);
	assert_int_equal(request.rc, RC_OK);
}

/* A peer may choose the SPI that somebody else behind its address has. */
static void sa_of_somebody_else_with_that_spi_stays(void **state)
{
	struct pair pair;
	struct ip_addr west = endpoint(WEST_ADDRESS, 0).addr;
	struct simulated_sa found;
	uint32_t spi;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	deliver_next(&pair);
	deliver_next(&pair);
	spi = sa_of(&pair.west)->larval->child_spi;
	foreign_sa(&pair.east, WEST_ADDRESS, spi);
	world_manual(pair.world, false);
	world_run(pair.world, 3 * USEC_PER_SEC);
	assert_true(kernel_simulated_find_sa(pair.east.kernel, &west, spi, &found));
	assert_int_equal(found.sa.reqid, 7);
	assert_int_equal(pair.east.child_down, 1);
	pair_end(&pair);
}

/* ---- half-open ---- */

struct tapped {
	uint8_t bytes[2048];
	size_t len;
	struct ip_endpoint from, to;
	uint8_t exchange; /* wanted */
	bool response;
	unsigned seen;
	uint8_t last[2048]; /* of the responder */
	size_t last_len;
};

static bool tap(void *context, struct flight *flight)
{
	struct tapped *tapped = context;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != tapped->exchange || flight->len > sizeof(tapped->bytes))
		return true;
	if ((header.flags & IKE_FLAG_RESPONSE) != 0) {
		memcpy(tapped->last, flight->bytes, tapped->last_len = flight->len);
		tapped->seen++;
		return true;
	}
	memcpy(tapped->bytes, flight->bytes, tapped->len = flight->len);
	tapped->from = flight->from;
	tapped->to = flight->to;
	return true;
}

/* RFC 7296 §2.1: a retransmitted request gets the answer that it got, whatever that was. */
static void refused_auth_is_answered_the_same_again(void **state)
{
	struct tapped tapped = { .exchange = EXCHANGE_IKE_AUTH };
	uint8_t first[2048];
	struct pair pair;
	size_t len;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, "@west @east : PSK \"something else entirely\"\n");
	world_tap(pair.world, tap, &tapped);
	end_up(&pair.west, "t");
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(tapped.seen, 1);
	memcpy(first, tapped.last, len = tapped.last_len);
	assert_int_equal(world_inject(pair.world, &tapped.from, &tapped.to,
				      span_make(tapped.bytes, tapped.len)),
			 RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(tapped.seen, 2);
	assert_int_equal(tapped.last_len, len);
	assert_memory_equal(tapped.last, first, len);
	assert_int_equal(pair.east.gateway->counters.unknown_spi, 0);
	/* not for ever, and no second guess */
	assert_int_equal(pair.east.gateway->sas.half_open_count, 1);
	tapped.bytes[23] = 2; /* message ID */
	assert_int_equal(world_inject(pair.world, &tapped.from, &tapped.to,
				      span_make(tapped.bytes, tapped.len)),
			 RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(tapped.seen, 2);
	end_free(&pair.west);
	pair.west = (struct end){ .host = NULL };
	world_run(pair.world, 40 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(pair.east.gateway->sas.ike_count, 0);
	end_free(&pair.east);
	world_free(pair.world);
}

/* Somebody sees the request, and is quicker with one of his own that has the same SPIi. */
static void request_with_a_stolen_spi_does_not_block_the_honest_one(void **state)
{
	uint8_t stolen[2048];
	struct flight *flight;
	struct pair pair;
	size_t len;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	flight = container_of(world_flights(pair.world)->next, struct flight, in_world);
	memcpy(stolen, flight->bytes, len = flight->len);
	stolen[len - 1] ^= 1; /* of a NAT hash */
	assert_int_equal(
		world_inject(pair.world, &flight->from, &flight->to, span_make(stolen, len)),
		RC_OK);
	/* the forged one first, its answer lost */
	list_for_safe(node, world_flights(pair.world))
	{
		struct flight *one = container_of(node, struct flight, in_world);
		if (one != flight)
			world_deliver(pair.world, one);
	}
	world_settle(pair.world);
	list_for_safe(node, world_flights(pair.world))
	{
		struct flight *one = container_of(node, struct flight, in_world);
		if (one != flight)
			world_drop(pair.world, one);
	}
	world_deliver(pair.world, flight);
	world_manual(pair.world, false);
	world_run(pair.world, 400 * USEC_PER_MSEC); /* before anything is sent again */
	assert_int_equal(pair.west.child_up, 1);
	pair_end(&pair);
}

/* One host that answers cookies, as far as they are asked for, and never goes on. */
static void flood_of_one_network_leaves_room_for_the_others(void **state)
{
	struct tapped tapped = { .exchange = EXCHANGE_IKE_SA_INIT };
	struct pair pair;
	struct end honest;

	(void)state;
	pair_start(&pair, 1, CLIENT("a", WEST_ADDRESS),
		   "config setup\n\tddos-mode=unlimited\n\tmax-halfopen-ike=400\n" ROADWARRIORS,
		   GROUP_SECRET, GROUP_SECRET);
	world_tap(pair.world, tap, &tapped);
	end_up(&pair.west, "t");
	world_run(pair.world, USEC_PER_SEC);
	world_tap(pair.world, NULL, NULL);
	for (unsigned i = 0; i < 1000; i++) {
		memcpy(tapped.bytes, &i, sizeof(i)); /* SPIi */
		assert_int_equal(world_inject(pair.world, &tapped.from, &tapped.to,
					      span_make(tapped.bytes, tapped.len)),
				 RC_OK);
		world_settle(pair.world);
	}
	world_run(pair.world, 10 * USEC_PER_MSEC);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 64);
	end_start(pair.world, &honest, "honest", "198.51.100.1", CLIENT("b", "198.51.100.1"),
		  GROUP_SECRET);
	end_up(&honest, "t");
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(honest.ike_up, 1);
	world_run(pair.world, 40 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(pair.east.gateway->sas.table.groups.count, 0);
	end_free(&honest);
	pair_end(&pair);
}

static void init_response_from_elsewhere_is_not_believed(void **state)
{
	struct ip_endpoint elsewhere = endpoint("192.0.2.66", IKE_PORT);
	uint8_t answer[2048];
	struct flight *flight;
	struct pair pair;
	size_t len;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	deliver_next(&pair);
	flight = container_of(world_flights(pair.world)->next, struct flight, in_world);
	memcpy(answer, flight->bytes, len = flight->len);
	assert_int_equal(world_inject(pair.world, &elsewhere, &flight->to, span_make(answer, len)),
			 RC_OK);
	world_drop(pair.world, flight);
	deliver_next(&pair);
	assert_int_equal(sa_of(&pair.west)->state, IKEV2_INIT_SENT);
	world_manual(pair.world, false);
	world_run(pair.world, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* RFC 7296 §2.5 */
static void unknown_critical_payload_in_the_first_request_is_told(void **state)
{
	static const uint8_t request[] = {
		1,   2,	   3,  4, 5, 6, 7, 8, 0, 0, 0, 0,  0, 0,    0, 0,
		200, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0x80, 0, 4,
	};
	struct tapped tapped = { .exchange = EXCHANGE_IKE_SA_INIT };
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	world_tap(pair.world, tap, &tapped);
	inject(&pair, WEST_ADDRESS, EAST_ADDRESS, SPAN_OF(request));
	assert_int_equal(tapped.seen, 1);
	assert_int_equal(tapped.last_len, IKE_HEADER_LEN + 8 + 1);
	assert_int_equal(tapped.last[IKE_HEADER_LEN + 7], UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(tapped.last[IKE_HEADER_LEN + 8], 200);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

/* An IDr that is a pattern is nobody's name. */
static void pattern_is_never_asked_for_as_an_identity(void **state)
{
#define PATTERN                                                                                    \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@*.example.org\n"  \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
#define NAMED                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@a.example.org\n"  \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PATTERN, NAMED, GROUP_SECRET, GROUP_SECRET);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* ---- what stays behind ---- */

static bool mute(void *context, struct flight *flight)
{
	bool *muted = context;

	return !*muted || flight->from.addr.bytes[3] != 1;
}

/* The initiator would delete it, but is not heard any more. */
static void childless_sa_of_the_peer_does_not_stay_for_ever(void **state)
{
	struct pair pair;
	bool muted = false;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tesp=aes_gcm128\n", PAIR_CONN "\tesp=aes256-sha1\n", NULL,
		   NULL);
	world_tap(pair.world, mute, &muted);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	for (unsigned i = 0; i < 3; i++)
		deliver_next(&pair);
	assert_int_equal(pair.east.ike_up, 1);
	muted = true;
	world_manual(pair.world, false);
	world_run(pair.world, 20 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.established_count, 1);
	world_run(pair.world, 300 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.ike_count, 0);
	pair_end(&pair);
}

static void client_that_moved_is_not_there_twice(void **state)
{
	struct pair pair;
	struct end roamed;

	(void)state;
	pair_start(&pair, 1, CLIENT("a", WEST_ADDRESS), ROADWARRIORS, GROUP_SECRET, GROUP_SECRET);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	end_start(pair.world, &roamed, "roamed", "192.0.2.3", CLIENT("a", "192.0.2.3"),
		  GROUP_SECRET);
	end_up(&roamed, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(roamed.child_up, 1);
	assert_int_equal(pair.east.gateway->sas.child_count, 1);
	assert_int_equal(pair.east.gateway->sas.ike_count, 1);
	assert_int_equal(kernel_simulated_policy_count(pair.east.kernel), 3);
	end_free(&roamed);
	pair_end(&pair);
}

static bool keep_auth(void *context, struct flight *flight)
{
	struct tapped *tapped = context;
	size_t before = tapped->len;

	(void)tap(context, flight);
	return tapped->seen > 0 || before == tapped->len; /* all but the first request */
}

/* What a peer sent before it crashed, and somebody kept. */
static void ghost_of_a_peer_that_restarted_does_not_replace_what_works(void **state)
{
	struct tapped tapped = { .exchange = EXCHANGE_IKE_AUTH };
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	world_tap(pair.world, keep_auth, &tapped);
	end_up(&pair.east, "t");
	world_run(pair.world, 100 * USEC_PER_MSEC);
	assert_true(tapped.len > 0);
	tapped.seen = 1;
	world_tap(pair.world, NULL, NULL);
	end_crash(&pair.east);
	end_boot(&pair.east, PAIR_CONN, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	assert_int_equal(world_inject(pair.world, &tapped.from, &tapped.to,
				      span_make(tapped.bytes, tapped.len)),
			 RC_OK);
	pair_run(&pair, 300 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up, 2);
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.east.child_down, 0);
	pair_end(&pair);
}

#define ON_DEMAND                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=ondemand\n"

static void nothing_goes_in_clear_while_an_on_demand_conn_is_told_to_be_up(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, ON_DEMAND, NULL, NULL, NULL);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	end_up(&pair.west, "t");
	world_run(pair.world, USEC_PER_SEC);
	assert_int_not_equal(pair_ping(&pair, true), SIMULATED_CLEAR);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, false), RC_OK);
	pair_run(&pair, 30 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	assert_int_not_equal(pair_ping(&pair, true), SIMULATED_CLEAR);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_requests_of_any_length_change_nothing),
		cmocka_unit_test(client_cannot_take_the_traffic_of_another_one),
		cmocka_unit_test(policies_go_back_to_who_had_them_before),
		cmocka_unit_test(sa_of_somebody_else_with_that_spi_stays),
		cmocka_unit_test(refused_auth_is_answered_the_same_again),
		cmocka_unit_test(request_with_a_stolen_spi_does_not_block_the_honest_one),
		cmocka_unit_test(flood_of_one_network_leaves_room_for_the_others),
		cmocka_unit_test(init_response_from_elsewhere_is_not_believed),
		cmocka_unit_test(unknown_critical_payload_in_the_first_request_is_told),
		cmocka_unit_test(pattern_is_never_asked_for_as_an_identity),
		cmocka_unit_test(childless_sa_of_the_peer_does_not_stay_for_ever),
		cmocka_unit_test(client_that_moved_is_not_there_twice),
		cmocka_unit_test(ghost_of_a_peer_that_restarted_does_not_replace_what_works),
		cmocka_unit_test(nothing_goes_in_clear_while_an_on_demand_conn_is_told_to_be_up),
	};
	struct diag diag;

	if (crypto_open(NULL, false, &diag) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
