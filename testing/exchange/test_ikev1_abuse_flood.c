/* SPDX-License-Identifier: Apache-2.0 */
/* What a responder of IKEv1 says to, and keeps for, addresses that have shown nothing: never
 * unasked, one answer to each message, no key before our cookie has come back, and all of it
 * bounded. */
#include <stdio.h>
#include "exchange/abuse.h"

#define V1_ADD ABUSE_V1 "\tpfs=no\n\tauto=add\n"
#define BUSY   "config setup\n\tddos-mode=busy\n"
#define OFFICE_CONN                                                                                \
	"conn t\n\tleft=192.0.2.2\n\tleftid=@east\n\tleftsubnet=10.2.0.0/24\n\tright=%any\n"       \
	"\trightid=@*.example.org\n\trightsubnet=10.1.0.0/16\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tike=aes128-sha2_256-dh19\n\tauto=add\n"
#define CLIENT_FORM                                                                                \
	"conn t\n\tleft=%s\n\tleftid=@%s.example.org\n\tleftsubnet=10.1.%u.0/24\n"                 \
	"\tright=192.0.2.2\n\trightid=@east\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"         \
	"\tkeyexchange=ikev1\n\tike=aes128-sha2_256-dh19\n\tauto=add\n%s"

static struct abuse abuse;

/* ---- nothing unasked ---- */

static bool mute_west(void *context, struct flight *flight)
{
	(void)context;
	return flight->from.addr.bytes[3] != 1;
}

/* West says no more, and does not hear: east answered its last message. */
static void assert_says_no_more(const struct abuse_plan *plan, unsigned message)
{
	const struct gateway *east;
	uint64_t sent;

	abuse_begin(&abuse, plan, message);
	east = abuse.pair.east.gateway;
	assert_ptr_equal(abuse.to, &abuse.pair.west);
	assert_int_equal(east->sas.half_open_count, 1);
	sent = east->counters.datagrams_out;
	world_tap(abuse.pair.world, mute_west, NULL);
	world_drop(abuse.pair.world, abuse.honest);
	world_manual(abuse.pair.world, false);
	world_run(abuse.pair.world, 300 * USEC_PER_SEC);
	assert_int_equal(east->counters.datagrams_out, sent);
	assert_int_equal(east->counters.retransmits, 0);
	assert_int_equal(east->sas.ike_count, 0);
	pair_end(&abuse.pair);
}

static void no_half_open_state_says_anything_by_itself(void **state)
{
	(void)state;
	assert_says_no_more(&abuse_main, 1);
	assert_says_no_more(&abuse_main, 3);
	assert_says_no_more(&abuse_aggressive, 1);
}

struct counted {
	unsigned here, elsewhere; /* datagrams of east's */
};

static bool count_east(void *context, struct flight *flight)
{
	struct counted *counted = context;

	if (flight->from.addr.bytes[3] == 1)
		return false;
	counted->here += flight->to.addr.bytes[3] == 1;
	counted->elsewhere += flight->to.addr.bytes[3] != 1;
	return true;
}

/* Phase 1 has shown that the peer is there: the second message of Quick Mode and what ModeCfg tells
 * are said again, some times, there alone. */
static void what_is_said_again_goes_where_phase_1_was(void **state)
{
	static const struct {
		const struct abuse_plan *plan;
		unsigned message;
	} waits[] = { { &abuse_main, 7 }, { &abuse_aggressive, 4 }, { &abuse_push, 6 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct counted counted = { 0, 0 };
		abuse_begin(&abuse, waits[i].plan, waits[i].message);
		world_tap(abuse.pair.world, count_east, &counted);
		world_drop(abuse.pair.world, abuse.honest);
		world_manual(abuse.pair.world, false);
		world_run(abuse.pair.world, 600 * USEC_PER_SEC);
		assert_int_equal(counted.elsewhere, 0);
		assert_in_range(counted.here, 1, 20);
		pair_end(&abuse.pair);
	}
}

/* ---- one answer, and no more bytes ---- */

static struct flight *last_flight(void)
{
	return container_of(world_flights(abuse.pair.world)->prev, struct flight, in_world);
}

/* From the address that it says; the bytes of what came back, which is lost. */
static size_t answer_to(const struct ip_endpoint *from, struct span bytes)
{
	struct gateway *east = abuse.pair.east.gateway;
	uint64_t sent = east->counters.datagrams_out;
	size_t len = 0;

	assert_int_equal(world_inject(abuse.pair.world, from, &abuse.to_endpoint, bytes), RC_OK);
	world_deliver(abuse.pair.world, last_flight());
	world_settle(abuse.pair.world);
	assert_in_range(east->counters.datagrams_out - sent, 0, 1);
	if (east->counters.datagrams_out == sent)
		return 0;
	assert_true(last_flight() != abuse.honest);
	len = last_flight()->len;
	assert_true(endpoint_equal(&last_flight()->to, from));
	world_drop(abuse.pair.world, last_flight());
	return len;
}

/* The first message with that cookie. */
static struct span first_with(uint64_t cookie, uint8_t bytes[4096])
{
	memcpy(bytes, abuse.bytes, abuse.len);
	memcpy(bytes, &cookie, sizeof(cookie));
	return span_make(bytes, abuse.len);
}

/* Only the algorithms, and what any peer announces, without a vendor ID. */
static struct span bare_first(uint8_t bytes[4096])
{
	struct abuse_letter letter = abuse.letter;
	unsigned kept = 0;

	for (unsigned i = 0; i < letter.count; i++)
		if (letter.parts[i].type != ISAKMP_VID)
			letter.parts[kept++] = letter.parts[i];
	letter.count = kept;
	return span_make(bytes, abuse_write(&abuse, &letter, false, bytes, 4096));
}

static void main_mode_answers_with_no_more_bytes_than_it_got(void **state)
{
	uint8_t bytes[4096];
	struct span bare;

	(void)state;
	abuse_begin(&abuse, &abuse_main, 0);
	for (uint64_t i = 1; i < 20; i++) {
		size_t len = answer_to(&abuse.from, first_with(i, bytes));
		assert_in_range(len, IKE_HEADER_LEN, abuse.len);
		for (unsigned again = 0; again < 5; again++)
			assert_int_equal(answer_to(&abuse.from, first_with(i, bytes)), len);
	}
	bare = bare_first(bytes);
	assert_in_range(bare.len, IKE_HEADER_LEN, abuse.len - 1);
	assert_in_range(answer_to(&abuse.from, bare), IKE_HEADER_LEN, bare.len);
	abuse_end(&abuse);
}

/* It proves at once who it is; docs say so. */
static void aggressive_mode_answers_with_less_than_twice_the_bytes(void **state)
{
	uint8_t bytes[4096];
	struct span bare;

	(void)state;
	abuse_begin(&abuse, &abuse_aggressive, 0);
	for (uint64_t i = 1; i < 5; i++)
		assert_in_range(answer_to(&abuse.from, first_with(i, bytes)), IKE_HEADER_LEN,
				2 * abuse.len);
	bare = bare_first(bytes);
	assert_in_range(answer_to(&abuse.from, bare), IKE_HEADER_LEN, 2 * bare.len);
	abuse_end(&abuse);
}

/* Whoever has heard our cookie at his own address would have us send to somebody else's. */
static void what_phase_1_says_again_goes_to_nobody_else(void **state)
{
	static const struct {
		const struct abuse_plan *plan;
		unsigned message;
	} asks[] = { { &abuse_main, 2 }, { &abuse_main, 4 } };
	struct ip_endpoint elsewhere;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		abuse_begin(&abuse, asks[i].plan, asks[i].message);
		elsewhere = abuse.from;
		elsewhere.addr.bytes[3] = 66;
		assert_true(answer_to(&abuse.from, span_make(abuse.bytes, abuse.len)) > 0);
		assert_int_equal(answer_to(&elsewhere, span_make(abuse.bytes, abuse.len)), 0);
		assert_true(answer_to(&abuse.from, span_make(abuse.bytes, abuse.len)) > 0);
		abuse_end(&abuse);
	}
}

/* ---- no key for whoever asks ---- */

static void main_mode_makes_no_key_before_its_cookie_is_back(void **state)
{
	struct ip_endpoint elsewhere;
	uint8_t bytes[4096];

	(void)state;
	abuse_begin(&abuse, &abuse_main, 0);
	world_hold_jobs(abuse.pair.world, true);
	for (uint64_t i = 1; i <= 50; i++)
		assert_true(answer_to(&abuse.from, first_with(i, bytes)) > 0);
	assert_int_equal(world_jobs_waiting(abuse.pair.world), 0);
	world_hold_jobs(abuse.pair.world, false);
	abuse_end(&abuse);
	/* and then not for somebody else who has it */
	abuse_begin(&abuse, &abuse_main, 2);
	world_hold_jobs(abuse.pair.world, true);
	elsewhere = abuse.from;
	elsewhere.addr.bytes[3] = 66;
	assert_int_equal(answer_to(&elsewhere, span_make(abuse.bytes, abuse.len)), 0);
	assert_int_equal(world_jobs_waiting(abuse.pair.world), 0);
	/* for the one it was given to, once */
	for (unsigned i = 0; i < 30; i++)
		assert_int_equal(answer_to(&abuse.from, span_make(abuse.bytes, abuse.len)), 0);
	assert_int_equal(world_jobs_waiting(abuse.pair.world), 1);
	world_hold_jobs(abuse.pair.world, false);
	world_settle(abuse.pair.world);
	while (last_flight() != abuse.honest) /* its answer */
		world_drop(abuse.pair.world, last_flight());
	abuse_end(&abuse);
}

/* ---- ddos-mode= ---- */

static void begin(struct pair *pair, const char *setup, const char *more)
{
	char east[2048], west[2048];

	(void)snprintf(east, sizeof(east), "%s%s%s", setup, V1_ADD, more);
	(void)snprintf(west, sizeof(west), "%s%s", V1_ADD, more);
	pair_start(pair, 1, west, east, ABUSE_SECRETS, ABUSE_SECRETS);
}

/* Its second message is the cookie. */
static void busy_main_mode_goes_on(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, BUSY, "");
	end_up(&pair.west, "t");
	world_run(pair.world, 400 * USEC_PER_MSEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void busy_aggressive_mode_is_not_answered(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, BUSY, "\taggressive=yes\n");
	end_up(&pair.west, "t");
	world_run(pair.world, 5 * USEC_PER_SEC);
	end_assert_empty(&pair.east);
	assert_int_equal(pair.east.gateway->counters.datagrams_out, 0);
	assert_true(pair.east.gateway->counters.half_open_refused > 0);
	assert_true(end_said(&pair.east, "is not answered while new peers are asked for a cookie"));
	pair_end(&pair);
}

/* ---- floods ---- */

static struct ip_endpoint flood_address(uint32_t number)
{
	struct ip_endpoint out = { .port = IKE_PORT };
	char text[32];

	(void)snprintf(text, sizeof(text), "100.%u.%u.%u", 64 + (number >> 8 & 0x3f), number & 0xff,
		       number >> 14 & 0xff);
	assert_int_equal(ip_parse(text, &out.addr), RC_OK);
	return out;
}

static void client_start(struct world *world, struct end *end, const char *address,
			 const char *name, unsigned subnet, const char *more)
{
	char conf[1024];

	(void)snprintf(conf, sizeof(conf), CLIENT_FORM, address, name, subnet, more);
	end_start(world, end, name, address, conf, ABUSE_SECRETS);
}

static bool learn(void *context, struct flight *flight)
{
	struct abuse *to = context;

	if (flight->from.addr.bytes[3] == 1 && to->len == 0) {
		memcpy(to->bytes, flight->bytes, to->len = flight->len);
		to->from = flight->from;
		to->to_endpoint = flight->to;
	}
	return flight->from.addr.bytes[3] != 1;
}

/* East has that setup; the first message of west's, which then is down, is learned. */
static void flood_begin(struct pair *pair, const char *setup, const char *more)
{
	char east[2048], west[1024];
	struct diag diag;

	memset(&abuse, 0, sizeof(abuse));
	(void)snprintf(east, sizeof(east), "config setup\n%s\n%s%s", setup, OFFICE_CONN, more);
	(void)snprintf(west, sizeof(west), CLIENT_FORM, WEST_ADDRESS, "west", 1u, more);
	pair_start(pair, 1, west, east, ABUSE_SECRETS, ABUSE_SECRETS);
	world_tap(pair->world, learn, &abuse);
	end_up(&pair->west, "t");
	world_run(pair->world, 100 * USEC_PER_MSEC);
	assert_true(abuse.len > 0);
	assert_int_equal(gateway_down(pair->west.gateway, "t", &diag), RC_OK);
	world_tap(pair->world, NULL, NULL);
	world_run(pair->world, USEC_PER_SEC);
	end_assert_empty(&pair->east);
}

static void flood(struct pair *pair, const struct ip_endpoint *from, uint64_t cookie)
{
	uint8_t bytes[4096];

	assert_int_equal(
		world_inject(pair->world, from, &abuse.to_endpoint, first_with(cookie, bytes)),
		RC_OK);
	world_settle(pair->world);
}

static void flood_end(struct pair *pair)
{
	world_run(pair->world, 60 * USEC_PER_SEC);
	assert_int_equal(pair->east.gateway->sas.half_open_count, 0);
	assert_int_equal(pair->east.gateway->sas.table.groups.count, 0);
	assert_true(list_empty(&pair->east.gateway->errands));
	pair_end(pair);
}

static void a_flood_of_one_address_has_its_share_alone(void **state)
{
	struct pair pair;
	struct end honest;

	(void)state;
	flood_begin(&pair, "\tmax-halfopen-ike=400", "");
	client_start(pair.world, &honest, "198.51.100.1", "b", 3, "");
	for (uint64_t i = 1; i <= 1000; i++)
		flood(&pair, &abuse.from, i);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 64);
	end_up(&honest, "t");
	world_run(pair.world, USEC_PER_SEC);
	assert_int_equal(honest.child_up, 1);
	end_free(&honest);
	flood_end(&pair);
}

static void a_flood_of_many_addresses_leaves_room_for_an_honest_peer(void **state)
{
	struct pair pair;
	struct end honest;
	uint64_t sent;

	(void)state;
	flood_begin(&pair, "\tmax-halfopen-ike=600", "");
	client_start(pair.world, &honest, "198.51.100.1", "b", 3, "");
	sent = pair.east.gateway->counters.datagrams_out;
	for (uint32_t i = 0; i < 6000; i++) {
		struct ip_endpoint from = flood_address(i);
		flood(&pair, &from, i + 1);
		assert_in_range(pair.east.gateway->sas.half_open_count, 0, 601);
		if (i % 10 == 0)
			world_run(pair.world, 20 * USEC_PER_MSEC);
		if (i == 3000)
			end_up(&honest, "t");
	}
	assert_int_equal(honest.child_up, 1);
	assert_in_range(pair.east.gateway->counters.datagrams_out - sent, 600, 6000 + 20);
	end_free(&honest);
	flood_end(&pair);
}

/* Main Mode's flood holds up Aggressive Mode, which is there again when it is over. */
static void under_a_flood_aggressive_mode_waits(void **state)
{
	struct pair pair;
	struct end honest;

	(void)state;
	flood_begin(&pair, "\tddos-ike-threshold=20", "\taggressive=yes\n");
	client_start(pair.world, &honest, "198.51.100.1", "b", 3, "\taggressive=yes\n");
	for (uint32_t i = 0; i < 200; i++) {
		struct ip_endpoint from = flood_address(i);
		flood(&pair, &from, i + 1);
		assert_in_range(pair.east.gateway->sas.half_open_count, 0, 20);
	}
	end_up(&honest, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(honest.ike_up, 0);
	world_run(pair.world, 400 * USEC_PER_SEC);
	assert_int_equal(honest.child_up, 1);
	end_free(&honest);
	flood_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_half_open_state_says_anything_by_itself),
		cmocka_unit_test(what_is_said_again_goes_where_phase_1_was),
		cmocka_unit_test(main_mode_answers_with_no_more_bytes_than_it_got),
		cmocka_unit_test(aggressive_mode_answers_with_less_than_twice_the_bytes),
		cmocka_unit_test(what_phase_1_says_again_goes_to_nobody_else),
		cmocka_unit_test(main_mode_makes_no_key_before_its_cookie_is_back),
		cmocka_unit_test(busy_main_mode_goes_on),
		cmocka_unit_test(busy_aggressive_mode_is_not_answered),
		cmocka_unit_test(a_flood_of_one_address_has_its_share_alone),
		cmocka_unit_test(a_flood_of_many_addresses_leaves_room_for_an_honest_peer),
		cmocka_unit_test(under_a_flood_aggressive_mode_waits),
	};

	return exchange_run(tests);
}
