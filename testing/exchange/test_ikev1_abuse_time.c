/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of IKEv1 before their time, after it, and once more. */
#include <stdio.h>
#include "exchange/abuse.h"

static struct abuse abuse;

/* ---- before phase 1 is done ---- */

static const uint8_t zeros[64];

/* HASH and one payload that means something. */
static struct abuse_letter early(uint8_t exchange, uint32_t message_id, uint8_t type,
				 struct span body)
{
	struct abuse_letter letter = { .header = abuse.letter.header };

	letter.header.exchange = exchange;
	letter.header.message_id = message_id;
	letter.parts[letter.count++] =
		(struct abuse_part){ .type = ISAKMP_HASH, .body = span_make(zeros, 32) };
	letter.parts[letter.count++] = (struct abuse_part){ .type = type, .body = body };
	return letter;
}

/* Sealed with the keys, where there are any: with rubbish otherwise. */
static void try_early(struct abuse_letter letter, enum abuse_verdict sealed, const char *what)
{
	letter.header.flags = 0;
	abuse_try_letter(&abuse, &letter, true, ABUSE_REFUSED, what);
	letter.header.flags = ISAKMP_FLAG_ENCRYPTION;
	abuse_try_letter(&abuse, &letter, true, sealed, what);
}

static void try_all_early(enum abuse_verdict sealed)
{
	static const uint8_t sa[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 20, 1, 3,
				      4, 1, 9, 9, 9, 9, 0, 0, 0, 8, 1, 12, 0, 0 };
	static const uint8_t contact[] = { 0, 0, 0, 1, 1, 0, 0x60, 2 };
	static const uint8_t refused[] = { 0, 0, 0, 1, 1, 0, 0, 14 };
	static const uint8_t config[] = { 1, 0, 0, 1, 0, 1, 0, 0 };
	uint8_t delete[24] = { 0, 0, 0, 1, 1, 16, 0, 1 };
	uint8_t alive[28] = { 0, 0, 0, 1, 1, 16, 0x8d, 0x28 };

	memcpy(delete + 8, abuse.bytes, 16);
	memcpy(alive + 8, abuse.bytes, 16);
	for (uint32_t id = 0; id < 3; id++) {
		try_early(early(EXCHANGE_V1_QUICK, id, ISAKMP_SA, SPAN_OF(sa)), sealed,
			  "Quick Mode");
		try_early(early(EXCHANGE_V1_INFORMATIONAL, id, ISAKMP_DELETE, SPAN_OF(delete)),
			  sealed, "Delete");
		try_early(
			early(EXCHANGE_V1_INFORMATIONAL, id, ISAKMP_NOTIFICATION, SPAN_OF(contact)),
			sealed, "INITIAL-CONTACT");
		try_early(
			early(EXCHANGE_V1_INFORMATIONAL, id, ISAKMP_NOTIFICATION, SPAN_OF(refused)),
			sealed, "NO-PROPOSAL-CHOSEN");
		try_early(early(EXCHANGE_V1_INFORMATIONAL, id, ISAKMP_NOTIFICATION, SPAN_OF(alive)),
			  sealed, "R-U-THERE");
		try_early(early(EXCHANGE_V1_TRANSACTION, id, ISAKMP_ATTRIBUTES, SPAN_OF(config)),
			  sealed, "transaction");
	}
}

static void nothing_of_phase_2_is_heard_before_phase_1_is_done(void **state)
{
	(void)state;
	for (unsigned message = 0; message < 6; message++) {
		abuse_begin(&abuse, &abuse_main, message);
		try_all_early(ABUSE_REFUSED);
		abuse_end(&abuse);
	}
	for (unsigned message = 0; message < 3; message++) {
		abuse_begin(&abuse, &abuse_aggressive, message);
		/* that the third message is missing is told by saying the second again */
		try_all_early(message == 2 ? ABUSE_NEVER : ABUSE_REFUSED);
		abuse_end(&abuse);
	}
}

/* The client waits for its address. */
static void no_quick_mode_begins_before_the_address_is_here(void **state)
{
	struct abuse_letter letter;

	(void)state;
	abuse_begin(&abuse, &abuse_pull, 7);
	assert_int_equal(abuse_sa(&abuse)->state, IKEV1_CONFIG);
	letter = early(EXCHANGE_V1_QUICK, 9, ISAKMP_SA, span_make(zeros, 40));
	try_early(letter, ABUSE_REFUSED, "Quick Mode");
	abuse_end(&abuse);
}

/* ---- the messages of one exchange in another order ---- */

struct heard {
	uint8_t bytes[16][2048];
	size_t len[16];
	struct ip_endpoint from[16], to[16];
	unsigned count;
};

static bool overhear(void *context, struct flight *flight)
{
	struct heard *heard = context;

	if (heard->count < 16 && flight->len <= 2048) {
		memcpy(heard->bytes[heard->count], flight->bytes, flight->len);
		heard->len[heard->count] = flight->len;
		heard->from[heard->count] = flight->from;
		heard->to[heard->count++] = flight->to;
	}
	return true;
}

static struct heard heard;

static void listen_up(struct pair *pair, const struct abuse_plan *plan)
{
	heard.count = 0;
	pair_start(pair, 1, plan->west, plan->east, ABUSE_SECRETS, ABUSE_SECRETS);
	world_tap(pair->world, overhear, &heard);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	assert_int_equal(heard.count, plan->messages);
	pair_assert_tunnel(pair);
}

static void again(struct pair *pair, unsigned message, const struct ip_endpoint *from)
{
	assert_int_equal(world_inject(pair->world, from != NULL ? from : &heard.from[message],
				      &heard.to[message],
				      span_make(heard.bytes[message], heard.len[message])),
			 RC_OK);
	world_run(pair->world, 5 * USEC_PER_MSEC);
}

static uint64_t all_sent(const struct pair *pair)
{
	return pair->west.gateway->counters.datagrams_out +
	       pair->east.gateway->counters.datagrams_out;
}

/* Every message of the way there, when all is up: each is answered as it was, or not at all. */
static void what_is_over_comes_again_in_any_order(void **state)
{
	static const struct abuse_plan *const plans[] = { &abuse_main, &abuse_aggressive,
							  &abuse_pfs };
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		listen_up(&pair, plans[i]);
		for (unsigned n = 0; n < 400; n++) {
			uint64_t sent = all_sent(&pair);
			unsigned message =
				(unsigned)(world_random(pair.world) % plans[i]->messages);
			again(&pair, message, NULL);
			assert_in_range(all_sent(&pair) - sent, 0, 2); /* what the answer brings */
		}
		assert_int_equal(pair.west.child_up + pair.east.child_up, 2);
		assert_int_equal(pair.west.ike_up + pair.east.ike_up, 2);
		world_run(pair.world, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* From elsewhere too: nobody is led away. */
static void what_is_over_from_elsewhere_is_answered_there_once_at_most(void **state)
{
	struct pair pair;

	(void)state;
	listen_up(&pair, &abuse_main);
	for (unsigned message = 0; message < abuse_main.messages; message++) {
		struct ip_endpoint elsewhere = heard.from[message];
		uint64_t sent = all_sent(&pair);
		elsewhere.addr.bytes[3] = 77;
		again(&pair, message, &elsewhere);
		assert_in_range(all_sent(&pair) - sent, 0, 1);
	}
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up + pair.east.child_up, 2);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* ---- a rejected first message, and a second with its SPI ---- */

static struct flight *last_flight(void)
{
	return container_of(world_flights(abuse.pair.world)->prev, struct flight, in_world);
}

static unsigned answered(struct span bytes)
{
	struct gateway *gateway = abuse.to->gateway;
	uint64_t sent = gateway->counters.datagrams_out;

	assert_int_equal(world_inject(abuse.pair.world, &abuse.from, &abuse.to_endpoint, bytes),
			 RC_OK);
	world_deliver(abuse.pair.world, last_flight());
	world_settle(abuse.pair.world);
	return (unsigned)(gateway->counters.datagrams_out - sent);
}

/* The only transform is of an algorithm that nobody has. */
static void a_second_message_with_the_spi_of_a_refused_first_is_nobodys(void **state)
{
	uint8_t bytes[4096], second[4096];
	size_t second_len;

	(void)state;
	abuse_begin(&abuse, &abuse_main, 2);
	memcpy(second, abuse.bytes, second_len = abuse.len);
	pair_end(&abuse.pair);
	abuse_begin(&abuse, &abuse_main, 0);
	memcpy(bytes, abuse.bytes, abuse.len);
	bytes[IKE_HEADER_LEN + 4 + 8 + 8 + 4] ^= 0xff; /* number of the transform's kind and on */
	bytes[IKE_HEADER_LEN + 4 + 8 + 8 + 5] ^= 0x0f;
	assert_in_range(answered(span_make(bytes, abuse.len)), 0, 1); /* NO-PROPOSAL-CHOSEN */
	while (last_flight() != abuse.honest)
		world_drop(abuse.pair.world, last_flight());
	end_assert_empty(&abuse.pair.east);
	for (uint64_t cookie = 1; cookie < 20; cookie++) {
		memcpy(second, bytes, 8);
		memcpy(second + 8, &cookie, 8);
		assert_int_equal(answered(span_make(second, second_len)), 0);
	}
	end_assert_empty(&abuse.pair.east);
	abuse_end(&abuse);
}

/* Whoever has no key reads and writes rubbish: that the next one is right is not held against it.
 */
static void a_wrong_proof_does_not_shut_out_the_right_one(void **state)
{
	struct abuse_letter letter, later;
	uint8_t bytes[4096], rest[4096];
	size_t len, rest_len;

	(void)state;
	abuse_begin(&abuse, &abuse_main, 4);
	letter = abuse.letter;
	abuse.letter.store[abuse.letter.parts[1].body.ptr - abuse.letter.store] ^= 1;
	len = abuse_write(&abuse, &letter, false, bytes, sizeof(bytes));
	later = early(EXCHANGE_V1_QUICK, 5, ISAKMP_SA, span_make(zeros, 40));
	rest_len = abuse_write(&abuse, &later, true, rest, sizeof(rest));
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(answered(span_make(bytes, len)), 0);
		assert_int_equal(answered(span_make(rest, rest_len)), 0);
	}
	assert_int_equal(abuse_sa(&abuse)->state, IKEV1_MAIN_KE);
	assert_int_equal(abuse.pair.east.ike_up, 0);
	abuse_end(&abuse);
}

/* ---- phase 2, told once more ---- */

static struct ike_sa *sa_of(struct end *end)
{
	return container_of(peers_tunnel(&end->gateway->peers, "t")->peer->ike_sas.next,
			    struct ike_sa, in_peer);
}

/* West says it, sealed, in an INFORMATIONAL exchange with that ID; the datagram. */
static struct span informational(struct pair *pair, uint32_t id, uint16_t type, uint32_t number,
				 uint8_t bytes[256])
{
	struct ike_sa *sa = sa_of(&pair->west);
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = PROTOCOL_IKE,
					.type = type };
	struct outcome_message message = { .exchange = EXCHANGE_V1_INFORMATIONAL };
	uint8_t text[20], inner[128], mid[4], iv[IKEV1_IV_MAX];
	struct sink cookies, sink;
	struct writer writer;
	size_t head = 4 + (size_t)sa->suite.prf->len;

	sink_init(&cookies, text, sizeof(text));
	sink_u64(&cookies, sa->spi_i);
	sink_u64(&cookies, sa->spi_r);
	sink_u32(&cookies, number);
	notify.spi = span_make(text, 16);
	if (type == ISAKMP_R_U_THERE)
		notify.data = span_make(text + 16, 4);
	sink_init(&sink, inner, sizeof(inner));
	writer_inner(&writer, &sink);
	isakmp_bytes_emit(&writer, ISAKMP_HASH, span_make(zeros, sa->suite.prf->len));
	isakmp_notify_emit(&writer, &notify);
	sink_init(&cookies, mid, 4);
	sink_u32(&cookies, id);
	struct span parts[] = { SPAN_OF(mid), span_make(inner + head, sink.len - head) };
	assert_int_equal(ikev1_hash(&sa->suite, &sa->keys, parts, 2, inner + 4), RC_OK);
	message.first_type = writer.first_type;
	message.bytes = sink_written(&sink);
	assert_int_equal(ikev1_iv_exchange(&sa->suite, sa->v1->iv, id, iv), RC_OK);
	sink_init(&sink, bytes, 256);
	assert_int_equal(ikev1_seal(sa, id, &message, iv, &sink), RC_OK);
	return sink_written(&sink);
}

static void say(struct pair *pair, struct span bytes, const char *from)
{
	struct ip_endpoint a = sa_of(&pair->west)->local, b = sa_of(&pair->west)->remote;

	if (from != NULL)
		assert_int_equal(ip_parse(from, &a.addr), RC_OK);
	assert_int_equal(world_inject(pair->world, &a, &b, bytes), RC_OK);
	world_run(pair->world, 5 * USEC_PER_MSEC);
}

/* RFC 3706 §5.4: the number tells. It is answered, but proves nothing any more. */
static void a_probe_that_is_repeated_is_no_sign_of_life(void **state)
{
	uint8_t first[256], second[256];
	struct span one, two;
	struct pair pair;
	usec_t heard_at;

	(void)state;
	listen_up(&pair, &abuse_main);
	one = informational(&pair, 71, ISAKMP_R_U_THERE, 100, first);
	two = informational(&pair, 72, ISAKMP_R_U_THERE, 101, second);
	say(&pair, one, NULL);
	heard_at = sa_of(&pair.east)->last_heard;
	world_run(pair.world, USEC_PER_SEC);
	say(&pair, two, NULL);
	assert_true(sa_of(&pair.east)->last_heard > heard_at);
	heard_at = sa_of(&pair.east)->last_heard;
	for (unsigned i = 0; i < 10; i++) {
		uint64_t sent = pair.east.gateway->counters.datagrams_out;
		world_run(pair.world, USEC_PER_SEC);
		say(&pair, i % 2 == 0 ? one : two, NULL);
		assert_int_equal(pair.east.gateway->counters.datagrams_out, sent + 1);
	}
	assert_int_equal(sa_of(&pair.east)->last_heard, heard_at);
	pair_end(&pair);
}

/* An INITIAL-CONTACT of long ago would end what came since. */
static void what_was_told_once_is_not_heard_again(void **state)
{
	uint8_t bytes[256];
	struct span contact;
	struct pair pair;
	usec_t heard_at;

	(void)state;
	listen_up(&pair, &abuse_main);
	contact = informational(&pair, 71, ISAKMP_CONNECTED, 0, bytes);
	say(&pair, contact, NULL);
	heard_at = sa_of(&pair.east)->last_heard;
	for (unsigned i = 0; i < 10; i++) {
		world_run(pair.world, USEC_PER_SEC);
		say(&pair, contact, i % 2 == 0 ? NULL : "192.0.2.77");
		assert_int_equal(sa_of(&pair.east)->last_heard, heard_at);
	}
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_phase_2_is_heard_before_phase_1_is_done),
		cmocka_unit_test(no_quick_mode_begins_before_the_address_is_here),
		cmocka_unit_test(what_is_over_comes_again_in_any_order),
		cmocka_unit_test(what_is_over_from_elsewhere_is_answered_there_once_at_most),
		cmocka_unit_test(a_second_message_with_the_spi_of_a_refused_first_is_nobodys),
		cmocka_unit_test(a_wrong_proof_does_not_shut_out_the_right_one),
		cmocka_unit_test(a_probe_that_is_repeated_is_no_sign_of_life),
		cmocka_unit_test(what_was_told_once_is_not_heard_again),
	};

	return exchange_run(tests);
}
