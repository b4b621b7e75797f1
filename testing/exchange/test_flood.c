/* SPDX-License-Identifier: Apache-2.0 */
/* Floods, and honest peers in the middle of them. */
#include <stdio.h>
#include "exchange/flooder.h"

#define OFFICE                                                                                     \
	"conn t\n\tleft=192.0.2.2\n\tleftid=@east\n\tleftsubnet=10.2.0.0/24\n\tright=%any\n"       \
	"\trightid=@*.example.org\n\trightsubnet=10.1.0.0/16\n\tauthby=secret\n\tauto=add\n"
#define CLIENT_FORM                                                                                \
	"conn t\n\tleft=%s\n\tleftid=@%s.example.org\n\tleftsubnet=10.1.%u.0/24\n"                 \
	"\tright=192.0.2.2\n\trightid=@east\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"         \
	"\tauto=add\n"
#define GROUP ": PSK \"correct horse battery staple\"\n"

static void client_start(struct world *world, struct end *end, const char *address,
			 const char *name, unsigned subnet)
{
	char conf[512];

	(void)snprintf(conf, sizeof(conf), CLIENT_FORM, address, name, subnet);
	end_start(world, end, name, address, conf, GROUP);
}

/* East is flooded with requests made of west's, whose tunnel is then down again. */
static void flood_begin(struct pair *pair, struct flooder *flooder, const char *setup)
{
	char east[1024], west[512];
	struct diag diag;

	(void)snprintf(east, sizeof(east), "config setup\n%s\n%s", setup, OFFICE);
	(void)snprintf(west, sizeof(west), CLIENT_FORM, WEST_ADDRESS, "west", 1u);
	pair_start(pair, 1, west, east, GROUP, GROUP);
	flooder_begin(flooder, pair->world, EAST_ADDRESS);
	world_manual(pair->world, true);
	end_up(&pair->west, "t");
	world_settle(pair->world);
	while (!list_empty(world_flights(pair->world)))
		world_drop(pair->world,
			   container_of(world_flights(pair->world)->next, struct flight, in_world));
	world_manual(pair->world, false);
	assert_int_equal(gateway_down(pair->west.gateway, "t", &diag), RC_OK);
	world_run(pair->world, USEC_PER_SEC);
	end_assert_empty(&pair->east);
}

static void flood_end(struct pair *pair)
{
	world_run(pair->world, 60 * USEC_PER_SEC);
	assert_int_equal(pair->east.gateway->sas.half_open_count, 0);
	assert_int_equal(pair->east.gateway->sas.table.groups.count, 0);
	assert_int_equal(cookies_state(&pair->east.gateway->sas, pair->east.gateway->env.setup),
			 COOKIES_NOT);
	pair_end(pair);
}

static unsigned lines_of(const struct end *end)
{
	unsigned lines = 0;

	for (size_t i = 0; i < end->journal_len; i++)
		lines += end->journal[i] == '\n';
	return lines;
}

/* 20,000 in a second from forged addresses; nobody returns a cookie. */
static void spoofed_flood_gets_cookies_and_an_honest_peer_connects(void **state)
{
	struct flooder flooder;
	struct pair pair;
	struct end honest;

	(void)state;
	flood_begin(&pair, &flooder, "\tddos-mode=auto");
	client_start(pair.world, &honest, "198.51.100.1", "b", 3);
	unsigned lines = lines_of(&pair.east);
	for (uint32_t i = 0; i < 20000; i++) {
		struct ip_endpoint from = flooder_address(i);
		flooder_send(&flooder, &from, i + 1, SPAN_NONE);
		world_run(pair.world, 50);
		assert_in_range(pair.east.gateway->sas.half_open_count, 0, 258);
		if (i == 10000)
			end_up(&honest, "t");
	}
	assert_int_equal(honest.child_up, 1);
	assert_int_equal(flooder.answers, 256 + 1);
	assert_int_equal(flooder.cookies, 20000 - 256 + 1);
	assert_int_equal(pair.east.gateway->counters.cookies_sent, flooder.cookies);
	assert_int_equal(pair.east.gateway->counters.cookies_returned, 1);
	assert_true(end_said(&pair.east, "new peers are asked for a cookie: many half-open"));
	assert_in_range(lines_of(&pair.east) - lines, 1, 20);
	world_run(pair.world, 15 * USEC_PER_SEC); /* what had no cookie is forgotten sooner */
	assert_int_equal(pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(pair.east.gateway->counters.half_open_timeouts, 256);
	end_free(&honest);
	flood_end(&pair);
	assert_int_equal(flooder.answers, 257);
}

static void cookies_end_some_time_after_the_flood_and_not_before(void **state)
{
	struct flooder flooder;
	struct pair pair;

	(void)state;
	flood_begin(&pair, &flooder, "\tddos-ike-threshold=20");
	struct gateway *east = pair.east.gateway;
	for (uint32_t i = 0; i < 4000; i++) { /* 40 s */
		struct ip_endpoint from = flooder_address(i);
		flooder_send(&flooder, &from, i + 1, SPAN_NONE);
		world_run(pair.world, 10 * USEC_PER_MSEC);
		assert_int_equal(east->sas.pressure.why != COOKIES_NOT, i >= 20);
	}
	assert_int_equal(flooder.answers, 20);
	world_run(pair.world, 12 * USEC_PER_SEC);
	assert_int_equal(east->sas.pressure.why, COOKIES_NOT);
	assert_true(end_said(&pair.east, "new peers are not asked for a cookie any more"));
	assert_true(end_said(&pair.east, "cookies asked of 3980 datagrams in the last"));
	struct ip_endpoint from = flooder_address(9);
	flooder_send(&flooder, &from, 5001, SPAN_NONE);
	world_run(pair.world, 10 * USEC_PER_MSEC);
	assert_int_equal(flooder.answers, 21);
	flood_end(&pair);
}

static void long_flood_is_told_once_a_minute(void **state)
{
	struct flooder flooder;
	struct pair pair;

	(void)state;
	flood_begin(&pair, &flooder, "\tddos-mode=busy");
	unsigned lines = lines_of(&pair.east);
	for (uint32_t i = 0; i < 3000; i++) {
		struct ip_endpoint from = flooder_address(i);
		flooder_send(&flooder, &from, i + 1, SPAN_NONE);
		world_run(pair.world, 100 * USEC_PER_MSEC);
	}
	assert_int_equal(flooder.cookies, 3000);
	assert_in_range(lines_of(&pair.east) - lines, 4, 5);
	assert_true(
		end_said(&pair.east, "cookies asked of 600 datagrams in the last 60 s, 0 came"));
	world_run(pair.world, 60 * USEC_PER_SEC);
	pair_end(&pair);
}

/* Nothing but the limits is between a flood and the table then. */
static void unlimited_never_asks_for_a_cookie(void **state)
{
	struct flooder flooder;
	struct pair pair;

	(void)state;
	flood_begin(&pair, &flooder, "\tddos-mode=unlimited");
	for (uint32_t i = 0; i < 1000; i++) {
		struct ip_endpoint from = flooder_address(i);
		flooder_send(&flooder, &from, i + 1, SPAN_NONE);
	}
	world_run(pair.world, 10 * USEC_PER_MSEC);
	assert_int_equal(flooder.cookies, 0);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 1000);
	flood_end(&pair);
}

/* Real addresses of a few networks: they return cookies, and never go on. */
static void real_addresses_that_never_finish_leave_room_for_an_honest_peer(void **state)
{
	struct flooder flooder;
	struct pair pair;
	struct end honest[3];
	unsigned up = 0;

	(void)state;
	flood_begin(&pair, &flooder, "\tmax-halfopen-ike=600");
	client_start(pair.world, &honest[0], "198.51.100.1", "b", 3);
	client_start(pair.world, &honest[1], "203.0.113.9", "c", 4);
	client_start(pair.world, &honest[2], "203.0.113.200", "d", 5);
	for (uint32_t i = 0; i < 6000; i++) { /* 12 s, 20 networks of 10 addresses */
		struct ip_endpoint from = flooder_address(i % 20 + (i / 20 % 10 << 14));
		flooder_try(&flooder, &from);
		world_run(pair.world, 2 * USEC_PER_MSEC);
		assert_in_range(pair.east.gateway->sas.half_open_count, 0, 600);
		if (i % 2000 == 1500)
			end_up(&honest[i / 2000], "t");
	}
	assert_true(pair.east.gateway->counters.cookies_returned > 600);
	assert_true(pair.east.gateway->counters.half_open_displaced > 10);
	for (unsigned i = 0; i < 3; i++)
		up += honest[i].child_up;
	assert_int_equal(up, 3);
	assert_int_equal(honest[0].failed + honest[1].failed + honest[2].failed, 0);
	for (unsigned i = 0; i < 3; i++)
		end_free(&honest[i]);
	flood_end(&pair);
}

/* A whole network against one honest peer in another, and one in the same. */
static void flood_of_one_prefix_stays_in_its_share(void **state)
{
	struct flooder flooder;
	struct pair pair;
	struct end near, far;

	(void)state;
	flood_begin(&pair, &flooder, "\tmax-halfopen-ike=2000\n\tddos-mode=unlimited");
	client_start(pair.world, &near, "100.64.7.250", "b", 3);
	client_start(pair.world, &far, "203.0.113.9", "c", 4);
	for (uint32_t i = 0; i < 4000; i++) { /* 20 s */
		struct ip_endpoint from = flooder_address(7 + (i % 200 << 14));
		flooder_try(&flooder, &from);
		world_run(pair.world, 5 * USEC_PER_MSEC);
		assert_in_range(pair.east.gateway->sas.half_open_count, 0, 250 + 1);
		if (i == 1000)
			end_up(&far, "t");
		if (i == 2000)
			end_up(&near, "t");
	}
	assert_int_equal(far.child_up, 1);
	assert_int_equal(near.child_up, 1);
	assert_true(pair.east.gateway->counters.half_open_displaced > 1000);
	end_free(&near);
	end_free(&far);
	flood_end(&pair);
}

#define CROWD 40

/* Honest ones that come together are not held up, cookies or not. */
static void crowd_of_honest_peers_comes_up_at_once(void **state)
{
	struct flooder flooder;
	struct pair pair;
	struct end crowd[CROWD];
	char address[32], name[16];

	(void)state;
	flood_begin(&pair, &flooder, "\tmax-halfopen-ike=40"); /* threshold 10 */
	for (unsigned i = 0; i < CROWD; i++) {
		(void)snprintf(address, sizeof(address), "198.51.%u.1", i);
		(void)snprintf(name, sizeof(name), "n%u", i);
		client_start(pair.world, &crowd[i], address, name, i + 3);
	}
	world_hold_jobs(pair.world, true);
	for (unsigned i = 0; i < CROWD; i++)
		end_up(&crowd[i], "t");
	world_settle(pair.world);
	world_hold_jobs(pair.world, false);
	world_run(pair.world, 400 * USEC_PER_MSEC); /* before anything is sent again */
	for (unsigned i = 0; i < CROWD; i++)
		assert_int_equal(crowd[i].child_up, 1);
	for (unsigned i = 0; i < CROWD; i++)
		end_free(&crowd[i]);
	pair_end(&pair);
}

static struct span garbage(const struct flooder *flooder, uint8_t buffer[128])
{
	struct ike_header header = { .next = PAYLOAD_SK,
				     .version = IKE_VERSION_2,
				     .exchange = EXCHANGE_IKE_AUTH,
				     .flags = IKE_FLAG_INITIATOR,
				     .message_id = 1,
				     .length = 128 };
	struct sink sink;

	memset(buffer, 0x5a, 128);
	sink_init(&sink, buffer, 128);
	wire_header_emit(&sink, &header);
	memcpy(buffer, flooder->answer, 16); /* both SPIs */
	buffer[16] = PAYLOAD_SK;
	memset(buffer + 24, 0, 8);
	buffer[27] = 128;
	buffer[31] = 100;
	return span_make(buffer, 128);
}

static void rubbish_for_a_half_open_sa_is_looked_at_a_few_times_only(void **state)
{
	struct ip_endpoint from = flooder_address(5);
	struct flooder flooder;
	uint8_t buffer[128];
	struct pair pair;

	(void)state;
	flood_begin(&pair, &flooder, "\tddos-mode=unlimited");
	flooder_send(&flooder, &from, 1, SPAN_NONE);
	world_run(pair.world, 10 * USEC_PER_MSEC);
	assert_int_equal(flooder.answers, 1);
	struct span bytes = garbage(&flooder, buffer);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(world_inject(pair.world, &from, &flooder.victim, bytes), RC_OK);
		world_run(pair.world, USEC_PER_MSEC);
	}
	const struct gateway_counters *counters = &pair.east.gateway->counters;
	assert_int_equal(counters->integrity_failures, 16);
	assert_int_equal(counters->auth_ignored, 184);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 1);
	flood_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spoofed_flood_gets_cookies_and_an_honest_peer_connects),
		cmocka_unit_test(cookies_end_some_time_after_the_flood_and_not_before),
		cmocka_unit_test(long_flood_is_told_once_a_minute),
		cmocka_unit_test(unlimited_never_asks_for_a_cookie),
		cmocka_unit_test(real_addresses_that_never_finish_leave_room_for_an_honest_peer),
		cmocka_unit_test(flood_of_one_prefix_stays_in_its_share),
		cmocka_unit_test(crowd_of_honest_peers_comes_up_at_once),
		cmocka_unit_test(rubbish_for_a_half_open_sa_is_looked_at_a_few_times_only),
	};

	return exchange_run(tests);
}
