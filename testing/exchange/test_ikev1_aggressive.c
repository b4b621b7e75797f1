/* SPDX-License-Identifier: Apache-2.0 */
/* Aggressive Mode of IKEv1 (RFC 2409 §5): three messages, shared keys and signatures. */
#include <stdio.h>
#include "exchange/authority.h"
#include "ikev1/private.h"

#define CONN                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n"                       \
	"\tleftid=@west\n\trightid=@east\n"                                                        \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"
#define AGGRESSIVE "\taggressive=yes\n"
#define BY_KEY	   CONN AGGRESSIVE "\tauthby=secret\n"
#define WEST_CERT  CONN AGGRESSIVE "\tauthby=rsasig,ecdsa\n\tleftcert=west\n"
#define EAST_CERT  CONN AGGRESSIVE "\tauthby=rsasig,ecdsa\n\trightcert=east\n"
#define SECRETS	   "192.0.2.1 192.0.2.2 @west @east : PSK \"correct horse battery staple\"\n"

static void begin(struct pair *pair, uint64_t seed, const char *west, const char *east)
{
	pair_start(pair, seed, west, east, SECRETS, SECRETS);
}

static void comes_up(struct pair *pair)
{
	end_up(&pair->west, "t");
	if (!pair_comes_up(pair, 20 * USEC_PER_SEC))
		fail_msg("west: %s; east: %s", pair->west.journal, pair->east.journal);
	pair_run(pair, USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

/* What its keys are still made for is in no table yet: neither the watchdog nor newcomers take it
 * away from under its errand. */
static void a_first_message_waits_for_its_keys_however_long(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, 1, BY_KEY, BY_KEY);
	world_hold_jobs(pair.world, true);
	end_up(&pair.west, "t");
	while (pair.east.gateway->sas.half_open_count == 0) {
		(void)world_run_job(pair.world); /* west's */
		pair_run(&pair, 100 * USEC_PER_MSEC);
	}
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 1);
	world_hold_jobs(pair.world, false);
	comes_up(&pair);
	pair_end(&pair);
}

/* Messages of phase 1 on the wire, and how many of them were in clear. */
struct counted {
	unsigned aggressive, clear, main;
	unsigned lose; /* the third one, so many times */
};

static bool counts(void *context, struct flight *flight)
{
	struct counted *counted = context;
	struct ike_header header;
	bool natt = flight->from.port == IKE_NATT_PORT || flight->to.port == IKE_NATT_PORT;
	size_t marker = natt ? 4 : 0;
	bool clear;

	if (flight->len < marker ||
	    wire_header_parse(span_make(flight->bytes + marker, flight->len - marker), &header,
			      NULL) != RC_OK)
		return true;
	clear = (header.flags & ISAKMP_FLAG_ENCRYPTION) == 0;
	counted->main += header.exchange == EXCHANGE_V1_MAIN;
	if (header.exchange != EXCHANGE_V1_AGGRESSIVE)
		return true;
	counted->aggressive++;
	counted->clear += clear;
	if (clear || counted->lose == 0)
		return true;
	counted->lose--;
	return false;
}

static void three_messages_and_a_shared_key_make_a_tunnel(void **state)
{
	struct counted counted = { 0 };
	struct pair pair;

	(void)state;
	begin(&pair, 1, BY_KEY, BY_KEY);
	world_tap(pair.world, counts, &counted);
	comes_up(&pair);
	assert_int_equal(counted.aggressive, 3);
	assert_int_equal(counted.clear, 2);
	assert_int_equal(counted.main, 0);
	pair_end(&pair);
}

static void certificates_make_one_too(void **state)
{
	static const enum key_kind kinds[] = { KEY_RSA, KEY_ECDSA_P256, KEY_ECDSA_P384 };

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct wish west = authority_west, east = authority_east;
		struct authority ca;
		struct pair pair;
		west.kind = east.kind = kinds[i];
		authority_pair(&pair, &ca, WEST_CERT, EAST_CERT, NULL);
		authority_certifies_both(&ca, &pair, &west, &east);
		comes_up(&pair);
		authority_pair_end(&pair, &ca);
	}
}

/* liar: 0: the initiator, 1: the responder */
static void a_certificate_of_another_ca_is_refused(void **state)
{
	(void)state;
	for (unsigned liar = 0; liar < 2; liar++) {
		struct authority ca, other;
		struct pair pair;
		authority_pair(&pair, &ca, WEST_CERT, EAST_CERT, NULL);
		authority_new(&other, NULL, "CN=Other CA",
			      pair.west.host->ops->wall(pair.west.host));
		authority_certifies(liar == 0 ? &other : &ca, &pair.west, "west", &authority_west,
				    NULL);
		authority_certifies(liar == 1 ? &other : &ca, &pair.east, "east", &authority_east,
				    NULL);
		end_up(&pair.west, "t");
		pair_run(&pair, 10 * USEC_PER_SEC);
		assert_int_equal(pair.east.ike_up, 0);
		assert_int_equal(pair.west.child_up + pair.east.child_up, 0);
		if (liar == 1)
			assert_int_equal(pair.west.ike_up, 0);
		authority_pair_end(&pair, &ca);
		authority_free(&other);
	}
}

static void a_bad_network_only_costs_time(void **state)
{
	struct world_network network = { .loss = 200,
					 .duplicate = 200,
					 .delay = 10 * USEC_PER_MSEC,
					 .jitter = 30 * USEC_PER_MSEC };

	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct pair pair;
		begin(&pair, seed, BY_KEY, BY_KEY);
		world_set_network(pair.world, &network);
		end_up(&pair.west, "t");
		if (!pair_comes_up(&pair, 120 * USEC_PER_SEC))
			fail_msg("seed %u, west: %s\neast: %s", (unsigned)seed, pair.west.journal,
				 pair.east.journal);
		pair_run(&pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* The initiator believes that all is done, and nobody retransmits its third message by timer. */
static void a_third_message_that_is_lost_is_said_again(void **state)
{
	struct counted counted = { .lose = 2 };
	struct pair pair;

	(void)state;
	begin(&pair, 1, BY_KEY, BY_KEY);
	world_tap(pair.world, counts, &counted);
	comes_up(&pair);
	assert_int_equal(counted.lose, 0);
	pair_end(&pair);
}

static void shared_keys_that_differ_are_told(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, BY_KEY, BY_KEY, SECRETS, "@west @east : PSK \"another\"\n");
	end_up(&pair.west, "t");
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up + pair.east.ike_up, 0);
	assert_true(end_said(&pair.west, "HASH_R of the peer is wrong"));
	assert_true(end_said(&pair.east, "did not go on when we had proven ourselves"));
	pair_end(&pair);
}

/* Neither mode is answered by a conn of the other one. */
static void a_conn_of_the_other_mode_does_not_answer(void **state)
{
	struct counted counted = { 0 };
	struct pair pair;

	(void)state;
	begin(&pair, 1, BY_KEY, CONN "\tauthby=secret\n");
	world_tap(pair.world, counts, &counted);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up + pair.east.ike_up, 0);
	assert_int_equal(pair.east.gateway->sas.ike_count, 0);
	assert_true(pair.east.gateway->counters.v1_ignored > 0);
	pair_end(&pair);
	begin(&pair, 1, CONN "\tauthby=secret\n", BY_KEY);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.ike_count, 0);
	pair_end(&pair);
}

/* No timer of the responder says anything to an address that has not answered. */
static void who_begins_and_says_no_more_hears_one_answer_and_is_forgotten(void **state)
{
	struct counted counted = { 0 };
	struct pair pair;

	(void)state;
	begin(&pair, 1, BY_KEY, BY_KEY);
	world_tap(pair.world, counts, &counted);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	world_deliver(pair.world,
		      container_of(world_flights(pair.world)->next, struct flight, in_world));
	world_settle(pair.world);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 1);
	end_crash(&pair.west);
	world_run(pair.world, 120 * USEC_PER_SEC);
	assert_int_equal(counted.aggressive, 2);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void a_stranger_is_not_answered(void **state)
{
	static const char stranger[] =
		"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n"
		"\tleftid=@stranger\n\trightid=@east\n\taggressive=yes\n\tauthby=secret\n"
		"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n";
	struct counted counted = { 0 };
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, stranger, BY_KEY, ": PSK \"correct horse battery staple\"\n", SECRETS);
	world_tap(pair.world, counts, &counted);
	end_up(&pair.west, "t");
	pair_run(&pair, 300 * USEC_PER_MSEC);
	assert_int_equal(counted.aggressive, 1);
	assert_int_equal(pair.east.gateway->sas.ike_count, 0);
	pair_end(&pair);
}

/* All that tells the conns apart is what they agree to. */
#define ENDS                                                                                       \
	"\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n\taggressive=yes\n"           \
	"\tleftid=@west\n\trightid=@east\n"                                                        \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"
#define FIRST  "conn a" ENDS "\tauthby=secret\n\tike=aes256-sha2_256-modp2048\n"
#define SECOND "conn t" ENDS "\tauthby=secret\n\tike=aes128-sha1-dh19\n"
#define SIGNED "conn t" ENDS "\tauthby=ecdsa\n\tike=aes256-sha2_256-dh19\n"

static void of_several_conns_for_one_identity_the_one_that_agrees_is_taken(void **state)
{
	struct authority ca;
	struct pair pair;

	(void)state;
	begin(&pair, 1, SECOND, FIRST SECOND);
	comes_up(&pair);
	pair_end(&pair);
	begin(&pair, 1, SECOND, SECOND FIRST);
	comes_up(&pair);
	pair_end(&pair);
	authority_pair(&pair, &ca, SIGNED "\tleftcert=west\n", FIRST SIGNED "\trightcert=east\n",
		       SECRETS);
	authority_certifies_both(&ca, &pair, &authority_west, &authority_east);
	comes_up(&pair);
	authority_pair_end(&pair, &ca);
}

/* RFC 4945 §3.3.4: as old gateways send it. */
static bool wraps_in_pkcs7(void *context, struct flight *flight)
{
	struct ike_message message;
	const struct payload *cert;
	struct arena arena;

	(void)context;
	arena_init(&arena, 1u << 20);
	if (isakmp_message_parse(&arena, span_make(flight->bytes, flight->len), &message, NULL) ==
		    RC_OK &&
	    (cert = isakmp_payload_find(&message, ISAKMP_CERT)) != NULL)
		*(uint8_t *)(uintptr_t)cert->body.ptr = CERT_PKCS7;
	arena_free(&arena);
	return true;
}

static void a_certificate_that_we_cannot_read_is_named(void **state)
{
	struct authority ca;
	struct pair pair;

	(void)state;
	authority_pair(&pair, &ca, WEST_CERT, EAST_CERT, NULL);
	authority_certifies_both(&ca, &pair, &authority_west, &authority_east);
	world_tap(pair.world, wraps_in_pkcs7, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up, 0);
	assert_true(end_said(&pair.west, "CERT of encoding 1 (PKCS7)"));
	authority_pair_end(&pair, &ca);
}

/* RFC 3947: west is behind a NAT box, east waits for anybody. */
#define COMMON                                                                                     \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tkeyexchange=ikev1\n\taggressive=yes\n\tauto=add\n"
#define INSIDE	"conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" COMMON
#define ANYBODY "conn t\n\tleft=%any\n\tright=192.0.2.2\n" COMMON

static struct ike_sa *sa_of(struct end *end, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, name);

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static void through_a_nat_the_third_message_goes_to_port_4500(void **state)
{
	struct counted counted = { .lose = 1 };
	struct pair pair = { .world = world_new(7) };

	(void)state;
	assert_non_null(pair.world);
	assert_int_equal(world_nat(pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
			 RC_OK);
	end_start(pair.world, &pair.west, "west", "10.0.0.9", INSIDE, SECRETS);
	end_start(pair.world, &pair.east, "east", EAST_ADDRESS, ANYBODY, SECRETS);
	world_tap(pair.world, counts, &counted);
	end_up(&pair.west, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	if (pair.west.child_up + pair.east.child_up != 2)
		fail_msg("west: %s\neast: %s", pair.west.journal, pair.east.journal);
	assert_int_equal(counted.lose, 0);
	assert_int_equal(sa_of(&pair.west, "t")->local.port, IKE_NATT_PORT);
	assert_true(sa_of(&pair.west, "t")->nat_here);
	assert_int_equal(sa_of(&pair.east, "t[1]")->local.port, IKE_NATT_PORT);
	assert_true(sa_of(&pair.east, "t[1]")->nat_there);
	assert_false(sa_of(&pair.east, "t[1]")->nat_here);
	pair_end(&pair);
}

/* ---- floods ---- */

struct v1_flood {
	struct ip_endpoint from, to;
	uint8_t first[1024];
	size_t len;
	unsigned answers;
};

static bool hears(void *context, struct flight *flight)
{
	struct v1_flood *flood = context;

	if (flood->len == 0 && flight->len <= sizeof(flood->first)) {
		flood->from = flight->from;
		flood->to = flight->to;
		memcpy(flood->first, flight->bytes, flood->len = flight->len);
	} else if (ip_equal(&flight->from.addr, &flood->to.addr)) {
		flood->answers++;
	}
	return true;
}

static void comes_again(struct pair *pair, struct v1_flood *flood, unsigned number)
{
	flood->first[0] = (uint8_t)(number >> 8);
	flood->first[1] = (uint8_t)number;
	flood->from.addr.bytes[2] = (uint8_t)(number >> 8);
	flood->from.addr.bytes[3] = (uint8_t)number;
	assert_int_equal(world_inject(pair->world, &flood->from, &flood->to,
				      span_make(flood->first, flood->len)),
			 RC_OK);
	world_run(pair->world, 5 * USEC_PER_MSEC);
}

/* Each costs a key exchange before anything is known of its sender. */
static void a_flood_costs_no_more_than_a_bounded_number_of_key_exchanges(void **state)
{
	struct v1_flood flood = { .len = 0 };
	struct pair pair = { .world = world_new(3) };
	struct diag diag = { "" };
	unsigned threshold;

	(void)state;
	end_start(pair.world, &pair.west, "west", "192.0.2.1",
		  "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n" COMMON, SECRETS);
	end_start(pair.world, &pair.east, "east", EAST_ADDRESS, ANYBODY, SECRETS);
	world_tap(pair.world, hears, &flood);
	end_up(&pair.west, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	threshold = cookies_threshold(&pair.east.gateway->sas, pair.east.gateway->env.setup);
	flood.answers = 0;
	for (unsigned i = 256; i < 256 + 4 * threshold; i++)
		comes_again(&pair, &flood, i);
	assert_in_range(flood.answers, threshold / 2, 2 * threshold);
	assert_true(end_said(&pair.east, "is not answered while new peers"));
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 180 * USEC_PER_SEC);
	end_up(&pair.west, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 2);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_messages_and_a_shared_key_make_a_tunnel),
		cmocka_unit_test(certificates_make_one_too),
		cmocka_unit_test(a_certificate_of_another_ca_is_refused),
		cmocka_unit_test(a_bad_network_only_costs_time),
		cmocka_unit_test(a_first_message_waits_for_its_keys_however_long),
		cmocka_unit_test(a_third_message_that_is_lost_is_said_again),
		cmocka_unit_test(shared_keys_that_differ_are_told),
		cmocka_unit_test(a_conn_of_the_other_mode_does_not_answer),
		cmocka_unit_test(who_begins_and_says_no_more_hears_one_answer_and_is_forgotten),
		cmocka_unit_test(a_stranger_is_not_answered),
		cmocka_unit_test(of_several_conns_for_one_identity_the_one_that_agrees_is_taken),
		cmocka_unit_test(a_certificate_that_we_cannot_read_is_named),
		cmocka_unit_test(a_flood_costs_no_more_than_a_bounded_number_of_key_exchanges),
		cmocka_unit_test(through_a_nat_the_third_message_goes_to_port_4500),
	};

	return exchange_run(tests);
}
