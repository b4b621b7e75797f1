/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1 in fragments between two gateways: lost, doubled, in any order, mixed, forged; a path that
 * carries only small packets; a flood of messages that are never finished. */
#include <stdio.h>
#include "engine/private.h"
#include "exchange/authority.h"
#include "sa/reassembly.h"

/* Main Mode's KE alone is larger than SMALL allows, and Quick Mode with PFS. */
#define SUITES                                                                                     \
	"\tike=aes256-sha2_256-modp2048\n\tesp=aes256-sha2_256-modp2048\n\tkeyexchange=ikev1\n"
#define V1	PAIR_CONN SUITES
#define SMALL	V1 "\tfragment-size=256\n"
#define MINUTES (300 * USEC_PER_SEC)

/* What a tap sees and does. */
struct road_watch {
	unsigned sent;	  /* datagrams */
	unsigned target;  /* the one (from 1) that is hit; 0: none */
	size_t too_large; /* bytes of UDP payload that the path does not carry; 0: all sizes pass */
	unsigned fragments;
	bool one_id;	/* as of peers that number no messages */
	size_t largest; /* that passed, but for first messages */
};

static uint8_t *ike_of(const struct flight *flight, size_t *len)
{
	size_t skip = flight->from.port == IKE_NATT_PORT ? 4 : 0;

	*len = flight->len > skip ? flight->len - skip : 0;
	return flight->bytes + skip;
}

static bool is_fragment(const struct flight *flight)
{
	size_t len;
	const uint8_t *ike = ike_of(flight, &len);

	return len > 17 && ike[16] == ISAKMP_FRAGMENT && ike[17] == IKE_VERSION_1;
}

static void set_id(struct flight *flight, uint16_t id)
{
	size_t len;
	uint8_t *ike = ike_of(flight, &len);

	assert_true(len > 34);
	ike[32] = (uint8_t)(id >> 8);
	ike[33] = (uint8_t)id;
}

/* It makes an SA: it is small, and whole. */
static bool is_first(const struct flight *flight)
{
	static const uint8_t none[8] = { 0 };
	size_t len;
	const uint8_t *ike = ike_of(flight, &len);

	return len > 16 && memcmp(ike + 8, none, 8) == 0;
}

static bool watch_road(void *context, struct flight *flight)
{
	struct road_watch *watch = context;

	watch->sent++;
	watch->fragments += is_fragment(flight);
	if (watch->one_id && is_fragment(flight))
		set_id(flight, 1);
	if (watch->sent == watch->target)
		return false;
	if (is_first(flight))
		return true;
	if (watch->too_large != 0 && flight->len > watch->too_large)
		return false;
	if (flight->len > watch->largest)
		watch->largest = flight->len;
	return true;
}

static void is_up(struct pair *pair)
{
	end_up(&pair->west, "t");
	if (!pair_comes_up(pair, MINUTES))
		fail_msg("west: %s; east: %s", pair->west.journal, pair->east.journal);
	pair_run(pair, USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

static void comes_up(struct pair *pair, const char *west, const char *east,
		     struct road_watch *watch)
{
	pair_start(pair, 7, west, east, NULL, NULL);
	world_tap(pair->world, watch_road, watch);
	is_up(pair);
}

static void assert_clean(struct end *end)
{
	assert_int_equal(end->gateway->counters.fragments_refused, 0);
	assert_int_equal(end->gateway->counters.dropped, 0);
	assert_int_equal(end->gateway->counters.reassembly_expired, 0);
}

/* Clear ones of phase 1, encrypted ones of phase 2; both ways. */
static void large_messages_go_in_parts_and_arrive(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, SMALL, &watch);
	assert_true(watch.fragments >= 4 * 2);
	/* east does not know the conn yet */
	assert_true(watch.largest <= 1280 - 28);
	assert_true(pair.east.gateway->counters.fragments_in >= 4);
	assert_true(pair.west.gateway->counters.fragments_in >= 2);
	assert_clean(&pair.west);
	assert_clean(&pair.east);
	pair_end(&pair);
}

static void messages_that_fit_stay_whole(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, V1, V1, &watch);
	assert_int_equal(watch.fragments, 0);
	pair_end(&pair);
}

static void who_says_no_gets_and_sends_whole_messages(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, V1 "\tfragmentation=no\n", &watch);
	pair_end(&pair);
	comes_up(&pair, V1 "\tfragmentation=no\n", SMALL, &watch);
	pair_end(&pair);
	assert_int_equal(watch.fragments, 0);
}

static void who_accepts_takes_fragments_and_sends_none(void **state)
{
	static const char accept[] = V1 "\tfragmentation=accept\n\tfragment-size=256\n";
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	comes_up(&pair, SMALL, accept, &watch);
	assert_int_equal(pair.west.gateway->counters.fragments_in, 0);
	assert_true(pair.east.gateway->counters.fragments_in > 0);
	pair_end(&pair);
	comes_up(&pair, accept, SMALL, &watch);
	assert_true(pair.west.gateway->counters.fragments_in > 0);
	assert_int_equal(pair.east.gateway->counters.fragments_in, 0);
	pair_end(&pair);
}

/* It does not wait for the vendor ID; who did not announce fragments does not take them either. */
static void force_asks_nobody(void **state)
{
	struct road_watch watch = { 0 };
	struct pair pair;

	(void)state;
	pair_start(&pair, 7, V1 "\tfragmentation=force\n\tfragment-size=256\n",
		   V1 "\tfragmentation=no\n", NULL, NULL);
	world_tap(pair.world, watch_road, &watch);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_true(watch.fragments > 0);
	assert_true(pair.east.gateway->counters.fragments_refused > 0);
	assert_true(end_said(&pair.east, "fragmentation="));
	assert_int_equal(pair.east.gateway->sas.established_count, 0);
	assert_int_equal(pair.east.gateway->sas.reassembly_bytes, 0);
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

static void lose_each(bool one_id)
{
	for (unsigned target = 0, last = 1; target <= last; target++) {
		struct road_watch watch = { .target = target, .one_id = one_id };
		struct pair pair;
		comes_up(&pair, SMALL, SMALL, &watch);
		if (target == 0)
			last = watch.sent;
		assert_settled(&pair);
		pair_end(&pair);
	}
}

static void each_datagram_may_be_lost(void **state)
{
	(void)state;
	lose_each(false);
}

/* strongSwan's and Libreswan's fragments have the same ID in every message: parts of a
 * retransmission that came behind the missing one do not mix with the next message. */
static void messages_with_one_id_do_not_mix(void **state)
{
	(void)state;
	lose_each(true);
}

/* ---- certificates: messages that no path carries whole ---- */

#define CERTS                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n" SUITES                                     \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tleftid=@west\n\trightid=@east\n\tauthby=rsasig\n"
#define WEST_CERTS CERTS "\tleftcert=west\n"
#define EAST_CERTS CERTS "\trightcert=east\n"

/* Both ends send a chain of two certificates. */
static void comes_up_certified(const char *west, const char *east, struct road_watch *watch)
{
	struct authority ca, between;
	struct wish w = authority_west, e = authority_east;
	struct pair pair;

	w.kind = e.kind = KEY_RSA;
	authority_pair(&pair, &ca, west, east, NULL);
	world_tap(pair.world, watch_road, watch);
	authority_new(&between, &ca, "CN=Between, O=Example",
		      pair.west.host->ops->wall(pair.west.host));
	authority_certifies(&ca, &pair.west, "west", &w, &between);
	authority_certifies(&ca, &pair.east, "east", &e, &between);
	is_up(&pair);
	assert_settled(&pair);
	authority_pair_end(&pair, &ca);
	authority_free(&between);
}

static void certificates_go_in_parts(void **state)
{
	struct road_watch watch = { 0 };

	(void)state;
	comes_up_certified(WEST_CERTS, EAST_CERTS, &watch);
	assert_true(watch.fragments >= 4);
	assert_true(watch.largest <= 1280 - 28);
}

/* The answer, in clear, is larger than a packet; west has said that it puts parts together. */
static void aggressive_mode_answers_in_parts(void **state)
{
	struct road_watch watch = { 0 };

	(void)state;
	comes_up_certified(WEST_CERTS "\taggressive=yes\n", EAST_CERTS "\taggressive=yes\n",
			   &watch);
	assert_true(watch.fragments >= 4);
	assert_true(watch.largest <= 1280 - 28);
}

/* §2.5.2 of RFC 7383 for IKEv1 too: what is asked again and again goes out in smaller parts. */
static void a_narrow_path_is_found(void **state)
{
	static const char *const modes[] = { "", "\taggressive=yes\n" };
	char west[1024], east[1024];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct road_watch watch = { .too_large = 576 - 28 };
		snprintf(west, sizeof(west), WEST_CERTS "%s", modes[i]);
		snprintf(east, sizeof(east), EAST_CERTS "%s", modes[i]);
		comes_up_certified(west, east, &watch);
		assert_true(watch.fragments > 0);
	}
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

/* West's KE and nonce are out in fragments, nothing of them delivered. */
static void until_ke(struct pair *pair)
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

static void goes_on(struct pair *pair)
{
	for (unsigned guard = 0; guard < 1000 && flights(pair) > 0; guard++) {
		world_deliver(pair->world, flight_at(pair, 0));
		world_settle(pair->world);
	}
	world_manual(pair->world, false);
	pair_run(pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
	assert_int_equal(pair->east.gateway->sas.reassembly_bytes, 0);
	pair_end(pair);
}

/* Always the last one first, each one twice. */
static void order_and_doubles_do_not_matter(void **state)
{
	struct pair pair;

	(void)state;
	until_ke(&pair);
	for (unsigned guard = 0; guard < 1000 && flights(&pair) > 0; guard++) {
		struct flight *last = flight_at(&pair, flights(&pair) - 1);
		assert_int_equal(world_duplicate(pair.world, last), RC_OK);
		world_settle(pair.world);
		world_deliver(pair.world, last);
		world_settle(pair.world);
	}
	assert_int_equal(pair.west.gateway->counters.retransmits, 0);
	goes_on(&pair);
}

/* All fragments once more: the message is whole again, and gets the answer that it had. */
static void a_question_in_parts_again_gets_the_same_answer(void **state)
{
	struct pair pair;
	uint64_t before;
	unsigned parts;

	(void)state;
	until_ke(&pair);
	parts = flights(&pair);
	for (unsigned i = 0; i < parts; i++)
		assert_int_equal(world_duplicate(pair.world, flight_at(&pair, i)), RC_OK);
	world_settle(pair.world);
	before = pair.east.gateway->counters.datagrams_out;
	for (unsigned i = 0; i < parts; i++)
		assert_int_equal(world_duplicate(pair.world, flight_at(&pair, i)), RC_OK);
	world_settle(pair.world);
	assert_int_equal(pair.east.gateway->counters.answered_again, 1);
	assert_true(pair.east.gateway->counters.datagrams_out - before <= 3);
	goes_on(&pair);
}

/* It cannot come in parts: what is offered by default fits into a packet that all paths carry. */
static void the_first_message_fits_by_default(void **state)
{
	static const char *const proofs[] = { PAIR_CONN "\tkeyexchange=ikev1\n",
					      PAIR_CONN "\tkeyexchange=ikev1\n\tikelifetime=24h\n"
							"\tcisco-unity=yes\n" };
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		pair_start(&pair, 11, proofs[i], proofs[i], NULL, NULL);
		world_manual(pair.world, true);
		end_up(&pair.west, "t");
		world_settle(pair.world);
		assert_int_equal(flights(&pair), 1);
		assert_true(flight_at(&pair, 0)->len <= 1280 - 48);
		goes_on(&pair);
	}
}

/* ---- hostile ones ---- */

struct forged {
	uint16_t id;
	uint8_t number;
	bool last;
	uint8_t fill;
	size_t len;
};

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static void put_from(struct pair *pair, const char *address, struct forged what)
{
	static uint8_t plain[65536];
	static uint8_t buffer[65536];
	struct ike_sa *sa = sa_of(&pair->west);
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_MAIN };
	struct isakmp_fragment fragment = { what.id, what.number, what.last,
					    span_make(plain, what.len) };
	struct ip_endpoint from = sa->local;
	struct writer writer;
	struct sink sink;

	assert_int_equal(ip_parse(address, &from.addr), RC_OK);
	memset(plain, what.fill, what.len);
	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	isakmp_fragment_emit(&writer, &fragment);
	assert_int_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(world_inject(pair->world, &from, &sa->remote, sink_written(&sink)), RC_OK);
	world_settle(pair->world);
	list_for(node, world_flights(pair->world))
	{
		struct flight *flight = container_of(node, struct flight, in_world);
		if (flight->len == sink.len &&
		    memcmp(flight->bytes, buffer, sink.len) == 0) { /* manual: it waits */
			world_deliver(pair->world, flight);
			break;
		}
	}
	world_settle(pair->world);
}

static void put(struct pair *pair, struct forged what)
{
	put_from(pair, WEST_ADDRESS, what);
}

static unsigned held(struct pair *pair)
{
	struct reassembly *set;

	if (pair->east.gateway->sas.reassembly_bytes == 0)
		return 0;
	set = container_of(pair->east.gateway->sas.reassemblies.next, struct reassembly, in_sas);
	return set->done ? 0 : set->have;
}

static uint64_t refused(struct pair *pair)
{
	return pair->east.gateway->counters.fragments_refused;
}

/* What cannot stand beside those that are here begins another message. */
static void another_message_takes_the_place_of_the_one_before(void **state)
{
	static const struct forged first = { 1, 1, false, 7, 100 }, third = { 1, 3, true, 7, 50 };
	static const struct forged others[] = {
		{ 2, 2, false, 7, 100 }, /* another ID */
		{ 1, 1, false, 8, 100 }, /* other bytes */
		{ 1, 1, false, 7, 99 },	 /* another length */
		{ 1, 4, false, 7, 100 }, /* behind the last one */
		{ 1, 4, true, 7, 100 },	 /* another last one */
		{ 1, 2, true, 7, 100 },	 /* the same, before one that is here */
		{ 1, 3, false, 7, 50 },	 /* not the last one any more */
	};
	struct pair pair;

	(void)state;
	until_ke(&pair);
	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		put(&pair, (struct forged){ (uint16_t)(100 + i), 9, false, 0, 5 });
		assert_int_equal(held(&pair), 1);
		put(&pair, first);
		assert_int_equal(held(&pair), 1);
		put(&pair, third);
		assert_int_equal(held(&pair), 2);
		put(&pair, third); /* a retransmission */
		assert_int_equal(held(&pair), 2);
		put(&pair, others[i]);
		assert_int_equal(held(&pair), 1);
	}
	assert_int_equal(refused(&pair), 0);
	goes_on(&pair);
}

static void impossible_ones_are_refused_with_a_reason(void **state)
{
	static const struct forged wrong[] = {
		{ 1, 0, false, 1, 10 },	  { 1, LIMIT_FRAGMENTS + 1, false, 1, 10 },
		{ 1, 255, true, 1, 10 },  { 1, 1, false, 1, 0 },
		{ 1, 1, true, 1, 33000 }, /* phase 1 is not done */
	};
	struct pair pair;

	(void)state;
	until_ke(&pair);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(&pair, wrong[i]);
		assert_int_equal(refused(&pair), i + 1);
		assert_int_equal(held(&pair), 0);
	}
	put_from(&pair, "192.0.2.77", (struct forged){ 1, 1, false, 1, 100 });
	assert_int_equal(refused(&pair), sizeof(wrong) / sizeof(wrong[0]) + 1);
	assert_int_equal(held(&pair), 0);
	goes_on(&pair);
}

/* Garbage, a message of another SA, a fragment inside a fragment. */
static void what_they_make_must_be_a_message_of_the_sa(void **state)
{
	struct pair pair;

	(void)state;
	until_ke(&pair);
	put(&pair, (struct forged){ 1, 1, false, 0, 40 });
	put(&pair, (struct forged){ 1, 2, true, 0, 40 });
	assert_int_equal(refused(&pair), 1);
	assert_int_equal(held(&pair), 0);
	put(&pair, (struct forged){ 1, 1, true, ISAKMP_FRAGMENT, 300 });
	assert_int_equal(refused(&pair), 2);
	assert_int_equal(held(&pair), 0);
	goes_on(&pair);
}

/* A fragment whose content is a fragment for the same SA, and so on. */
static void no_fragment_is_made_of_fragments(void **state)
{
	uint8_t whole[512], part[600];
	struct sink sink;
	struct pair pair;
	struct flight *first;
	size_t len;
	const uint8_t *ike;

	(void)state;
	until_ke(&pair);
	first = flight_at(&pair, 0);
	ike = ike_of(first, &len);
	memcpy(whole, ike, len);
	sink_init(&sink, part, sizeof(part));
	assert_int_equal(isakmp_fragment_of(span_make(whole, len), sizeof(part), 3, 1, &sink),
			 RC_OK);
	assert_int_equal(world_inject(pair.world, &first->from, &first->to, sink_written(&sink)),
			 RC_OK);
	world_deliver(pair.world, flight_at(&pair, flights(&pair) - 1));
	world_settle(pair.world);
	assert_int_equal(refused(&pair), 1);
	assert_int_equal(held(&pair), 0);
	goes_on(&pair);
}

/* Nothing is kept for who has no SA, and no SA is made by what comes in parts. */
static void a_message_that_makes_an_sa_comes_whole(void **state)
{
	uint8_t whole[1024], part[600];
	struct pair pair;
	struct flight *first;
	struct ip_endpoint from, to;
	struct sink sink;
	size_t len;

	(void)state;
	pair_start(&pair, 11, SMALL, SMALL, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	first = flight_at(&pair, 0);
	from = first->from;
	to = first->to;
	memcpy(whole, ike_of(first, &len), first->len);
	world_drop(pair.world, first);
	for (unsigned cky_r = 0; cky_r < 2; cky_r++) {
		sink_init(&sink, part, sizeof(part));
		assert_int_equal(
			isakmp_fragment_of(span_make(whole, len), sizeof(part), 1, 1, &sink),
			RC_OK);
		part[15] = (uint8_t)cky_r; /* the responder's cookie */
		assert_int_equal(world_inject(pair.world, &from, &to, sink_written(&sink)), RC_OK);
		world_deliver(pair.world, flight_at(&pair, 0));
		world_settle(pair.world);
		assert_int_equal(pair.east.gateway->sas.ike_count, 0);
		assert_int_equal(pair.east.gateway->sas.reassembly_bytes, 0);
		assert_int_equal(pair.east.gateway->counters.datagrams_out, 0);
	}
	world_manual(pair.world, false);
	pair_run(&pair, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* What is never finished is forgotten, before phase 1 and behind it. */
static void a_flood_is_bounded_and_forgotten(void **state)
{
	struct pair pair;

	(void)state;
	until_ke(&pair);
	for (unsigned done = 0; done < 2; done++) {
		for (unsigned i = 0; i < 2000; i++) {
			put(&pair, (struct forged){ (uint16_t)(i / 300), (uint8_t)(1 + i % 60),
						    false, (uint8_t)i, 1000 });
			assert_true(pair.east.gateway->sas.reassembly_bytes <=
				    (done != 0 ? LIMIT_MESSAGE : 32u << 10) + 4096);
		}
		assert_true(held(&pair) > 0);
		if (done == 0) {
			while (flights(&pair) > 0) {
				world_deliver(pair.world, flight_at(&pair, 0));
				world_settle(pair.world);
			}
			world_manual(pair.world, false);
			pair_run(&pair, 5 * USEC_PER_SEC);
			pair_assert_tunnel(&pair);
		}
	}
	pair_run(&pair, 45 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.reassembly_bytes, 0);
	assert_true(pair.east.gateway->counters.reassembly_expired >= 1);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_messages_go_in_parts_and_arrive),
		cmocka_unit_test(messages_that_fit_stay_whole),
		cmocka_unit_test(who_says_no_gets_and_sends_whole_messages),
		cmocka_unit_test(who_accepts_takes_fragments_and_sends_none),
		cmocka_unit_test(force_asks_nobody),
		cmocka_unit_test(each_datagram_may_be_lost),
		cmocka_unit_test(messages_with_one_id_do_not_mix),
		cmocka_unit_test(certificates_go_in_parts),
		cmocka_unit_test(aggressive_mode_answers_in_parts),
		cmocka_unit_test(a_narrow_path_is_found),
		cmocka_unit_test(order_and_doubles_do_not_matter),
		cmocka_unit_test(a_question_in_parts_again_gets_the_same_answer),
		cmocka_unit_test(the_first_message_fits_by_default),
		cmocka_unit_test(another_message_takes_the_place_of_the_one_before),
		cmocka_unit_test(impossible_ones_are_refused_with_a_reason),
		cmocka_unit_test(what_they_make_must_be_a_message_of_the_sa),
		cmocka_unit_test(no_fragment_is_made_of_fragments),
		cmocka_unit_test(a_message_that_makes_an_sa_comes_whole),
		cmocka_unit_test(a_flood_is_bounded_and_forgotten),
	};

	return exchange_run(tests);
}
