/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7383 between two gateways: fragments lost, doubled, reordered and forged; a path that carries
 * only small packets; a flood of messages that are never finished. */
#include "exchange/pair.h"
#include "engine/private.h"
#include "sa/reassembly.h"
#include "unit/test.h"

#define SMALL	PAIR_CONN "\tfragment-size=256\n"
#define MINUTES (300 * USEC_PER_SEC)

/* What a tap sees and does. */
struct road_watch {
	unsigned sent;	  /* datagrams */
	unsigned target;  /* the one (from 1) that is hit; 0: none */
	unsigned from;	  /* all from this one on */
	size_t too_large; /* bytes of UDP payload that the path does not carry; 0: all sizes pass */
	unsigned fragments;
	size_t largest; /* that passed */
};

static const uint8_t *ike_of(const struct flight *flight, size_t *len)
{
	size_t skip = flight->from.port == IKE_NATT_PORT ? 4 : 0;

	*len = flight->len > skip ? flight->len - skip : 0;
	return flight->bytes + skip;
}

static bool is_fragment(const struct flight *flight)
{
	size_t len;
	const uint8_t *ike = ike_of(flight, &len);

	return len > 16 && ike[16] == PAYLOAD_SKF;
}

static bool watch_road(void *context, struct flight *flight)
{
	struct road_watch *watch = context;

	watch->sent++;
	watch->fragments += is_fragment(flight);
	if (watch->sent == watch->target)
		return false;
	if (watch->too_large != 0 && flight->len > watch->too_large)
		return false;
	if (flight->len > watch->largest)
		watch->largest = flight->len;
	return true;
}

static void comes_up(struct pair *pair, const char *west, const char *east,
		     struct road_watch *watch)
{
	pair_start(pair, 7, west, east, NULL, NULL);
	world_tap(pair->world, watch_road, watch);
	end_up(&pair->west, "t");
	assert_true(pair_comes_up(pair, MINUTES));
	pair_assert_tunnel(pair);
}

static void large_messages_go_in_parts_and_arrive(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, SMALL, &watch);
	assert_true(watch.fragments >= 4); /* IKE_AUTH, both ways */
	assert_true(pair.east.gateway->counters.fragments_in >= 2);
	assert_int_equal(pair.east.gateway->counters.fragments_refused, 0);
	assert_int_equal(pair.west.gateway->counters.fragments_refused, 0);
	assert_int_equal(pair.west.gateway->counters.dropped, 0);
	assert_int_equal(pair.east.gateway->counters.dropped, 0);
	assert_int_equal(pair.east.gateway->sas.reassembly_bytes, 0);
	assert_int_equal(pair.west.gateway->sas.reassembly_bytes, 0);
	pair_end(&pair);
}

static void messages_that_fit_stay_whole(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, NULL, NULL, &watch);
	assert_int_equal(watch.fragments, 0);
	pair_end(&pair);
}

static void who_says_no_gets_and_sends_whole_messages(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, PAIR_CONN "\tfragmentation=no\n", &watch);
	assert_int_equal(watch.fragments, 0);
	pair_end(&pair);
	comes_up(&pair, PAIR_CONN "\tfragmentation=no\n", SMALL, &watch);
	assert_int_equal(watch.fragments, 0);
	pair_end(&pair);
}

static void who_accepts_takes_fragments_and_sends_none(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, PAIR_CONN "\tfragmentation=force\n\tfragment-size=256\n",
		 PAIR_CONN "\tfragmentation=accept\n\tfragment-size=256\n", &watch);
	assert_true(watch.fragments > 0);
	assert_int_equal(pair.west.gateway->counters.fragments_in, 0);
	assert_true(pair.east.gateway->counters.fragments_in > 0);
	pair_end(&pair);
}

static void assert_settled(struct pair *pair)
{
	pair_run(pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
	assert_int_equal(pair->west.gateway->sas.reassembly_bytes, 0);
	assert_int_equal(pair->east.gateway->sas.reassembly_bytes, 0);
	assert_int_equal(pair->east.gateway->sas.half_open_count, 0);
	assert_int_equal(pair->west.gateway->counters.fragments_refused, 0);
	assert_int_equal(pair->east.gateway->counters.fragments_refused, 0);
}

static void each_datagram_may_be_lost(void **state)
{
	unsigned total;

	(void)state;
	for (unsigned target = 0, last = 1; target <= last; target++) {
		struct road_watch watch = { .target = target };
		struct pair pair;
		comes_up(&pair, SMALL, SMALL, &watch);
		total = watch.sent;
		if (target == 0)
			last = total;
		assert_settled(&pair);
		pair_end(&pair);
	}
}

/* Only what is missing needs to come again. */
static void lost_fragment_is_healed_by_one_retransmission(void **state)
{
	struct road_watch watch = { .target = 4 }; /* a fragment of the IKE_AUTH request */
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, SMALL, &watch);
	assert_int_equal(pair.west.gateway->counters.retransmits, 1);
	assert_true(pair.east.gateway->counters.fragments_again > 0);
	assert_int_equal(pair.east.gateway->counters.answered_again, 0);
	pair_end(&pair);
}

/* ---- by hand ---- */

static struct flight *flight_at(struct pair *pair, unsigned index)
{
	list_for(node, world_flights(pair->world))
	{
		if (index-- == 0)
			return container_of(node, struct flight, in_world);
	}
	return NULL;
}

static unsigned flights(struct pair *pair)
{
	unsigned count = 0;

	list_for(node, world_flights(pair->world)) count++;
	return count;
}

/* IKE_AUTH is out in fragments, nothing of it delivered. */
static void until_auth(struct pair *pair)
{
	pair_start(pair, 11, SMALL, SMALL, NULL, NULL);
	world_manual(pair->world, true);
	end_up(&pair->west, "t");
	for (unsigned i = 0; i < 2; i++) {
		world_settle(pair->world);
		assert_int_equal(flights(pair), 1);
		world_deliver(pair->world, flight_at(pair, 0));
	}
	world_settle(pair->world);
	assert_true(flights(pair) >= 2);
	assert_true(is_fragment(flight_at(pair, 0)));
}

static void deliver_all(struct pair *pair)
{
	for (unsigned guard = 0; guard < 1000 && flights(pair) > 0; guard++) {
		world_deliver(pair->world, flight_at(pair, 0));
		world_settle(pair->world);
	}
}

/* Always the last one first, each one twice. */
static void order_and_doubles_do_not_matter(void **state)
{
	struct pair pair;

	(void)state;
	until_auth(&pair);
	for (unsigned guard = 0; guard < 1000 && flights(&pair) > 0; guard++) {
		struct flight *last = flight_at(&pair, flights(&pair) - 1);
		assert_int_equal(world_duplicate(pair.world, last), RC_OK);
		world_settle(pair.world);
		world_deliver(pair.world, last);
		world_settle(pair.world);
	}
	world_manual(pair.world, false);
	assert_settled(&pair);
	pair_end(&pair);
}

/* The peer sends everything at once, before we have the keys to read it. */
static void fragments_that_come_before_the_keys_wait_for_them(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 11, PAIR_CONN "\tfragment-size=256\n\tike=aes_gcm128-sha2_256-dh31\n",
		   SMALL, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	world_deliver(pair.world, flight_at(&pair, 0));
	world_settle(pair.world);
	world_deliver(pair.world, flight_at(&pair, 0));
	world_settle(pair.world);
	world_hold_jobs(pair.world, true);
	assert_true(flights(&pair) >= 2);
	while (flights(&pair) > 0)
		world_deliver(pair.world, flight_at(&pair, 0));
	world_hold_jobs(pair.world, false);
	world_settle(pair.world);
	assert_int_equal(pair.west.gateway->counters.retransmits, 0);
	deliver_all(&pair);
	world_manual(pair.world, false);
	assert_int_equal(pair.west.gateway->sas.established_count, 1);
	assert_settled(&pair);
	pair_end(&pair);
}

/* §2.6.1: one answer for a question that comes again, whatever the number of its fragments. */
static void repeated_request_in_parts_is_answered_once(void **state)
{
	struct pair pair;
	uint64_t before;
	unsigned parts;

	(void)state;
	until_auth(&pair);
	parts = flights(&pair);
	for (unsigned i = 0; i < parts; i++)
		assert_int_equal(world_duplicate(pair.world, flight_at(&pair, i)), RC_OK);
	world_settle(pair.world);
	assert_int_equal(pair.east.gateway->sas.established_count, 1);
	before = pair.east.gateway->counters.datagrams_out;
	for (unsigned i = 0; i < parts; i++)
		assert_int_equal(world_duplicate(pair.world, flight_at(&pair, i)), RC_OK);
	world_settle(pair.world);
	assert_int_equal(pair.east.gateway->counters.answered_again, 1);
	assert_true(pair.east.gateway->counters.datagrams_out - before <= 3);
	deliver_all(&pair);
	pair_end(&pair);
}

/* §2.6: what is not authentic is not kept, and does not keep the true one out. */
static void forged_fragment_is_dropped_and_the_true_one_taken(void **state)
{
	struct pair pair;
	struct flight *first;

	(void)state;
	until_auth(&pair);
	first = flight_at(&pair, 0);
	for (size_t at = 28; at < first->len; at++) {
		first->bytes[at] ^= 1;
		assert_int_equal(world_duplicate(pair.world, first), RC_OK);
		first->bytes[at] ^= 1;
		world_settle(pair.world);
		assert_int_equal(pair.east.gateway->sas.reassembly_bytes, 0);
	}
	assert_true(pair.east.gateway->counters.fragments_refused > 0);
	deliver_all(&pair);
	assert_int_equal(pair.east.gateway->sas.established_count, 1);
	pair_end(&pair);
}

/* A fragment with a true ICV and the numbers of the test, from west. */
struct forged {
	uint16_t number, total;
	uint8_t first_type, exchange, fill;
	size_t len;
};

static struct ike_sa *ike_of_end(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

#define BODY(...) ((const uint8_t[]){ __VA_ARGS__ })

static void put_sealed(struct pair *pair, struct span bytes)
{
	struct ike_sa *sa = ike_of_end(&pair->west);

	assert_int_equal(world_inject(pair->world, &sa->local, &sa->remote, bytes), RC_OK);
	pair_run(pair, 50 * USEC_PER_MSEC);
}

static void put_forged(struct pair *pair, struct forged what)
{
	struct ike_sa *sa = ike_of_end(&pair->west);
	uint8_t buffer[4096], plain[2048], *body;
	struct wire_sk_room room;
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .version = IKE_VERSION_2,
				     .exchange = what.exchange,
				     .flags = IKE_FLAG_INITIATOR,
				     .message_id = sa->send_next };
	size_t iv = sa->suite.encr->iv_len, icv = sk_icv_len(&sa->suite);
	size_t text = what.len + sk_overhead(&sa->suite, what.len) - iv - icv;
	struct writer writer;
	struct sink sink;

	memset(plain, what.fill, sizeof(plain));
	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	assert_int_equal(wire_sk_emit(&writer, 0, what.number, what.total, iv, text, icv, &room),
			 RC_OK);
	body = buffer + IKE_HEADER_LEN;
	body[0] = what.first_type;
	memcpy(room.text, plain, what.len);
	assert_int_equal(sk_seal(&sa->suite, ike_key(&sa->keys, &sa->suite, SK_ei),
				 ike_key(&sa->keys, &sa->suite, SK_ai), sa->seal_counter++, buffer,
				 IKE_HEADER_LEN + 8, what.len),
			 RC_OK);
	put_sealed(pair, sink_written(&sink));
}

static bool recorded(struct pair *pair, enum record_event event, unsigned code)
{
	const struct recorder *recorder =
		&peers_tunnel(&pair->east.gateway->peers, "t")->peer->recorder;

	for (unsigned i = 0; i < recorder->count; i++)
		if (recorder_at(recorder, i)->event == event &&
		    recorder_at(recorder, i)->code == code)
			return true;
	return false;
}

static void assert_refused(struct pair *pair, struct forged what, enum fragment_fault fault)
{
	uint64_t before = pair->east.gateway->counters.fragments_refused;

	put_forged(pair, what);
	assert_int_equal(pair->east.gateway->counters.fragments_refused, before + 1);
	assert_true(recorded(pair, RECORD_FRAGMENT, fault));
	assert_int_equal(pair->east.gateway->sas.established_count, 1);
}

static void assert_kept(struct pair *pair, struct forged what)
{
	uint64_t before = pair->east.gateway->counters.fragments_refused;

	put_forged(pair, what);
	assert_int_equal(pair->east.gateway->counters.fragments_refused, before);
	assert_true(pair->east.gateway->sas.reassembly_bytes > 0);
}

#define INFO EXCHANGE_INFORMATIONAL

static void every_wrong_number_is_refused_with_a_reason(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, SMALL, &watch);
	assert_refused(&pair, (struct forged){ 0, 2, 0, INFO, 1, 8 }, FRAGMENT_UNREADABLE);
	assert_refused(&pair, (struct forged){ 3, 2, 0, INFO, 1, 8 }, FRAGMENT_UNREADABLE);
	assert_refused(&pair, (struct forged){ 1, LIMIT_FRAGMENTS + 1, 0, INFO, 1, 8 },
		       FRAGMENT_UNREADABLE);
	assert_refused(&pair, (struct forged){ 65535, 65535, 0, INFO, 1, 8 }, FRAGMENT_UNREADABLE);
	assert_refused(&pair, (struct forged){ 2, 3, PAYLOAD_NOTIFY, INFO, 1, 8 },
		       FRAGMENT_FIRST_TYPE);
	assert_kept(&pair, (struct forged){ 1, 3, PAYLOAD_NOTIFY, INFO, 1, 8 });
	assert_refused(&pair, (struct forged){ 2, 2, 0, INFO, 1, 8 }, FRAGMENT_TOTAL);
	assert_refused(&pair, (struct forged){ 1, 3, PAYLOAD_NOTIFY, INFO, 2, 8 },
		       FRAGMENT_DIFFERS);
	assert_refused(&pair, (struct forged){ 2, 3, 0, EXCHANGE_CREATE_CHILD_SA, 1, 8 },
		       FRAGMENT_EXCHANGE);
	/* the same again is a retransmission */
	assert_kept(&pair, (struct forged){ 1, 3, PAYLOAD_NOTIFY, INFO, 1, 8 });
	assert_int_equal(pair.east.gateway->counters.fragments_again, 1);
	/* more fragments: the sender lowered its size, what is here is of no use */
	assert_kept(&pair, (struct forged){ 2, 4, 0, INFO, 1, 8 });
	assert_refused(&pair, (struct forged){ 2, 3, 0, INFO, 1, 8 }, FRAGMENT_TOTAL);
	pair_run(&pair, 45 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.reassembly_bytes, 0);
	assert_true(pair.east.gateway->counters.reassembly_expired >= 1);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void fragments_that_were_not_agreed_on_are_refused(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, PAIR_CONN "\tfragmentation=no\n", &watch);
	assert_refused(&pair, (struct forged){ 1, 2, PAYLOAD_NOTIFY, INFO, 1, 8 },
		       FRAGMENT_NOT_AGREED);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void message_of_fragments_cannot_be_longer_than_any_message(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, SMALL, &watch);
	for (uint16_t i = 1; i <= LIMIT_MESSAGE / 2048; i++)
		assert_kept(&pair,
			    (struct forged){ i, 40, i == 1 ? PAYLOAD_NOTIFY : 0, INFO, 1, 2048 });
	assert_refused(&pair, (struct forged){ 33, 40, 0, INFO, 1, 2048 }, FRAGMENT_TOO_LONG);
	assert_true(pair.east.gateway->sas.reassembly_bytes < LIMIT_MESSAGE + 2048);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* An INFORMATIONAL of nothing but an unknown status notify, in two fragments by hand. */
static void request_in_parts_is_answered(void **state)
{
	static const uint8_t notify[] = { 0, 0, 0, 12, 0, 0, 0xa0, 1, 1, 2, 3, 4 };
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, SMALL, &watch);
	struct ike_sa *west = ike_of_end(&pair.west), *east = ike_of_end(&pair.east);
	struct outcome_message message = { .exchange = INFO,
					   .first_type = PAYLOAD_NOTIFY,
					   .bytes = SPAN_OF(notify) };
	struct seal_plan plan = { .piece = 7, .parts = 2 };
	uint8_t buffer[512];
	struct sink sink;
	struct span rest, part;
	uint32_t next = east->recv_next;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal_parts(west, &west->seal_counter, next, &message, &plan, &sink),
			 RC_OK);
	rest = sink_written(&sink);
	while (ikev2_part_next(&rest, &part)) {
		assert_int_equal(east->recv_next, next);
		put_sealed(&pair, part);
	}
	assert_int_equal(east->recv_next, next + 1);
	assert_int_equal(pair.east.gateway->sas.reassembly_bytes, 0);
	pair_end(&pair);
}

/* ---- the path ---- */

#define TEN	"0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG	HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
/* IDs that make IKE_AUTH longer than the path's packets, both ways; IKE_SA_INIT must fit */
#define LONG_IDS(west, east)                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=" west "\n\trightid=" east          \
	"\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"     \
	"\tike=aes_gcm128-sha2_256-dh31\n"
#define ANYBODY ": PSK \"correct horse battery staple\"\n"

static void over_a_small_path(const char *conf, struct road_watch *watch, struct pair *pair)
{
	pair_start(pair, 7, conf, conf, ANYBODY, ANYBODY);
	world_tap(pair->world, watch_road, watch);
	end_up(&pair->west, "t");
	assert_true(pair_comes_up(pair, MINUTES));
	pair_assert_tunnel(pair);
	assert_true(watch->largest <= watch->too_large);
	assert_true(watch->fragments > 0);
	assert_int_equal(pair->west.gateway->counters.failures, 0);
}

/* Who answers small parts sends no larger ones. */
static void small_path_is_found_by_the_initiator(void **state)
{
	struct road_watch watch = { .too_large = 600 };
	struct pair pair;

	(void)state;
	over_a_small_path(LONG_IDS("@[" LONG "]", "@[" LONG "]"), &watch, &pair);
	assert_true(pair.west.gateway->counters.path_lowered >= 1);
	assert_int_equal(pair.east.gateway->counters.path_lowered, 0);
	pair_end(&pair);
}

#define UNIT	 "OU=" TEN TEN TEN TEN TEN TEN
#define UNITS	 UNIT ", " UNIT ", " UNIT ", " UNIT ", " UNIT ", " UNIT ", " UNIT ", " UNIT
#define ANY_UNIT "OU=*, OU=*, OU=*, OU=*, OU=*, OU=*, OU=*, OU=*"

/* The request fits, only the answer does not: who answers finds out by being asked again. */
static void small_path_is_found_by_the_responder(void **state)
{
	struct road_watch watch = { .too_large = 600 };
	struct pair pair;

	(void)state;
	pair_start(&pair, 7, LONG_IDS("@west", "\"" ANY_UNIT "\""),
		   LONG_IDS("@west", "\"" UNITS "\""), ANYBODY, ANYBODY);
	world_tap(pair.world, watch_road, &watch);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, MINUTES));
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.gateway->counters.path_lowered, 0);
	assert_int_equal(pair.east.gateway->counters.path_lowered, 1);
	pair_end(&pair);
}

static void configured_size_is_kept_to_from_the_start(void **state)
{
	struct road_watch watch = { .too_large = 600 };
	struct pair pair;

	(void)state;
	over_a_small_path(LONG_IDS("@[" LONG "]", "@[" LONG "]") "\tfragment_size=576\n", &watch,
			  &pair);
	assert_int_equal(pair.west.gateway->counters.path_lowered, 0);
	assert_int_equal(pair.west.gateway->counters.retransmits, 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_messages_go_in_parts_and_arrive),
		cmocka_unit_test(messages_that_fit_stay_whole),
		cmocka_unit_test(who_says_no_gets_and_sends_whole_messages),
		cmocka_unit_test(who_accepts_takes_fragments_and_sends_none),
		cmocka_unit_test(each_datagram_may_be_lost),
		cmocka_unit_test(lost_fragment_is_healed_by_one_retransmission),
		cmocka_unit_test(order_and_doubles_do_not_matter),
		cmocka_unit_test(fragments_that_come_before_the_keys_wait_for_them),
		cmocka_unit_test(repeated_request_in_parts_is_answered_once),
		cmocka_unit_test(forged_fragment_is_dropped_and_the_true_one_taken),
		cmocka_unit_test(every_wrong_number_is_refused_with_a_reason),
		cmocka_unit_test(fragments_that_were_not_agreed_on_are_refused),
		cmocka_unit_test(message_of_fragments_cannot_be_longer_than_any_message),
		cmocka_unit_test(request_in_parts_is_answered),
		cmocka_unit_test(small_path_is_found_by_the_initiator),
		cmocka_unit_test(small_path_is_found_by_the_responder),
		cmocka_unit_test(configured_size_is_kept_to_from_the_start),
	};

	return exchange_run(tests);
}
