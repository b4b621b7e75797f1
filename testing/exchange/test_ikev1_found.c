/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1: Quick Modes that come to nothing, and what is reflected or repeated. */
#include <errno.h>
#include <stdio.h>
#include "engine/private.h"
#include "exchange/pair.h"
#include "sa/isakmp.h"
#include "unit/test.h"
#include "wire/isakmp.h"

#define V1_ADD	   PAIR_BASE "\tkeyexchange=ikev1\n\tauto=add\n"
#define SECRETS_V1 "192.0.2.1 192.0.2.2 @west @east %any : PSK \"correct horse battery staple\"\n"
#define COMMON	   "\tleftid=@west\n\trightid=@east\n\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n"
#define NETS	   "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
#define INSIDE	   "conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" NETS COMMON
#define ANYBODY	   "conn t\n\tleft=%any\n\tright=192.0.2.2\n" NETS COMMON

struct ear {
	bool lose_answers; /* east's of Quick Mode */
	unsigned lost;
};

static bool tap(void *context, struct flight *flight)
{
	struct ear *ear = context;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK)
		return true;
	if (!ear->lose_answers || header.exchange != EXCHANGE_V1_QUICK ||
	    flight->from.addr.bytes[3] != 2)
		return true;
	ear->lost++;
	return false;
}

static void a_rekeying_whose_answer_never_comes_costs_no_packet(void **state)
{
	struct pair pair;
	struct ear ear = { false, 0 };
	struct diag diag;
	unsigned bad_west = 0, bad_east = 0;

	(void)state;
	pair_start(&pair, 1, V1_ADD, V1_ADD, SECRETS_V1, SECRETS_V1);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	world_tap(pair.world, tap, &ear);
	ear.lose_answers = true;
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	for (unsigned i = 0; i < 30; i++) {
		pair_run(&pair, USEC_PER_SEC);
		bad_west += pair_ping(&pair, true) != SIMULATED_ARRIVED;
		bad_east += pair_ping(&pair, false) != SIMULATED_ARRIVED;
	}
	if (bad_west + bad_east > 0)
		fail_msg("answers lost %u, pings lost %u west, %u east; downs %u %u\nwest: "
			 "%s\neast: %s",
			 ear.lost, bad_west, bad_east, pair.west.child_down, pair.east.child_down,
			 pair.west.journal, pair.east.journal);
	pair_end(&pair);
}

/* What is of that ISAKMP SA gets lost. */
static bool not_of_that(void *context, struct flight *flight)
{
	const uint64_t *cookie = context;
	struct ike_header header;

	return wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	       header.spi_i != *cookie;
}

static struct ike_sa *sa_of(struct end *end, const char *name);

/* So many of `tenths` in which a packet of either end got lost. */
static unsigned lost_in(struct pair *pair, unsigned tenths)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < tenths; i++) {
		pair_run(pair, USEC_PER_SEC / 10);
		bad += pair_ping(pair, true) != SIMULATED_ARRIVED ||
		       pair_ping(pair, false) != SIMULATED_ARRIVED;
	}
	return bad;
}

/* The peer has lost its ISAKMP SA and says nothing, but its packets come. */
static void an_unanswered_quick_mode_ends_nothing_while_packets_come(void **state)
{
	static const char *const more[] = { "", "\tdpddelay=10s\n" };
	const struct world_network network = { .delay = 100 * USEC_PER_MSEC };
	char conf[600];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct pair pair;
		struct diag diag;
		uint64_t cookie;
		(void)snprintf(conf, sizeof(conf), "%s%s", V1_ADD, more[i]);
		pair_start(&pair, 1, conf, V1_ADD, SECRETS_V1, SECRETS_V1);
		world_set_network(pair.world, &network);
		end_up(&pair.west, "t");
		pair_run(&pair, 60 * USEC_PER_SEC);
		cookie = sa_of(&pair.west, "t")->spi_i;
		world_tap(pair.world, not_of_that, &cookie);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
		assert_int_equal(lost_in(&pair, 1500), 0);
		assert_int_equal(pair.west.ike_up, 2);
		assert_int_not_equal(sa_of(&pair.west, "t")->spi_i, cookie);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* Of a phase 1 that begins from now on no Informational message arrives. */
static bool nothing_told_in_new(void *context, struct flight *flight)
{
	const uint64_t *cookie = context;
	struct ike_header header;

	return wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	       header.exchange != EXCHANGE_V1_INFORMATIONAL || header.spi_i == *cookie;
}

/* Whoever did not begin it asks whether the other end has it, without dpddelay= too. */
static void a_question_without_an_answer_ends_nothing_while_packets_come(void **state)
{
	struct pair pair;
	struct diag diag;
	uint64_t cookie;
	unsigned lost;

	(void)state;
	pair_start(&pair, 1, V1_ADD, V1_ADD, SECRETS_V1, SECRETS_V1);
	end_up(&pair.west, "t");
	pair_run(&pair, 60 * USEC_PER_SEC);
	cookie = sa_of(&pair.west, "t")->spi_i;
	world_tap(pair.world, nothing_told_in_new, &cookie);
	assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_IKE, &diag), RC_OK);
	lost = lost_in(&pair, 1500);
	if (lost > 0 || pair.west.child_down > 0)
		fail_msg("%u\nwest: %s\neast: %s", lost, pair.west.journal, pair.east.journal);
	pair_end(&pair);
}

static bool no_phase1(void *context, struct flight *flight)
{
	const bool *on = context;
	struct ike_header header;

	return !*on ||
	       wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	       header.exchange != EXCHANGE_V1_MAIN;
}

/* East ends its ISAKMP SA, and for a while no new one can be made; the IPsec SAs work. */
static void a_new_phase_1_that_fails_ends_nothing_while_packets_come(void **state)
{
	static const char *const more[] = { "", "\tdpddelay=10s\n" };
	char conf[600];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct pair pair;
		bool on = true;
		struct ike_sa *sa;
		(void)snprintf(conf, sizeof(conf), "%s%s",
			       PAIR_BASE "\tkeyexchange=ikev1\n\tauto=start\n", more[i]);
		pair_start(&pair, 1, conf, V1_ADD, SECRETS_V1, SECRETS_V1);
		pair_run(&pair, 60 * USEC_PER_SEC);
		sa = sa_of(&pair.east, "t");
		world_tap(pair.world, no_phase1, &on);
		sa->expires = host_now(pair.east.host);
		life_arm(pair.east.gateway, sa);
		assert_int_equal(lost_in(&pair, 1500), 0);
		assert_int_equal(pair.west.ike_up, 1);
		assert_true(pair.west.failed > 0);
		on = false;
		assert_int_equal(lost_in(&pair, 3000), 0);
		assert_int_equal(pair.west.ike_up, 2);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

/* East cannot take what it asked for, and asks again and again. */
static void what_the_peer_has_never_taken_replaces_nothing(void **state)
{
	struct pair pair;
	struct diag diag;
	unsigned lost;

	(void)state;
	pair_start(&pair, 1, V1_ADD, V1_ADD, SECRETS_V1, SECRETS_V1);
	end_up(&pair.west, "t");
	pair_run(&pair, 30 * USEC_PER_SEC);
	kernel_simulated_fail(pair.east.kernel, 1, ENOMEM, true);
	assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	lost = lost_in(&pair, 110);
	kernel_simulated_fail(pair.east.kernel, 0, 0, false);
	lost += lost_in(&pair, 1200);
	if (lost > 0)
		fail_msg("%u\nwest: %s\neast: %s", lost, pair.west.journal, pair.east.journal);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

#define MAX 400
struct box {
	struct pair pair;
	uint8_t bytes[MAX][1024];
	size_t len[MAX];
	bool from_east[MAX];
	unsigned count;
};
static struct box box;

static bool listen_in(void *context, struct flight *flight)
{
	struct ike_header header;
	struct span bytes = span_make(flight->bytes, flight->len);

	(void)context;
	if (bytes.len > 4 && bytes.ptr[0] == 0 && bytes.ptr[1] == 0 && bytes.ptr[2] == 0 &&
	    bytes.ptr[3] == 0)
		bytes = span_make(bytes.ptr + 4, bytes.len - 4);
	if (wire_header_parse(bytes, &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_INFORMATIONAL || flight->len > 1024 || box.count >= MAX)
		return true;
	memcpy(box.bytes[box.count], flight->bytes, flight->len);
	box.len[box.count] = flight->len;
	box.from_east[box.count++] = flight->from.addr.bytes[0] == 192;
	return true;
}

static struct ike_sa *sa_of(struct end *end, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, name);

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

/* East's own messages come back to it, from somewhere else. */
static void what_we_said_ourselves_moves_nothing(void **state)
{
	struct ip_endpoint attacker = { .port = 6666 }, east = { .port = 4500 };
	unsigned moved = 0, heard = 0, sent;

	(void)state;
	memset(&box, 0, sizeof(box));
	assert_int_equal(ip_parse("203.0.113.66", &attacker.addr), RC_OK);
	assert_int_equal(ip_parse(EAST_ADDRESS, &east.addr), RC_OK);
	box.pair.world = world_new(7);
	assert_int_equal(
		world_nat(box.pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC), RC_OK);
	end_start(box.pair.world, &box.pair.west, "west", "10.0.0.9",
		  INSIDE "\tsalifetime=4m\n\tikelifetime=24h\n", SECRETS_V1);
	end_start(box.pair.world, &box.pair.east, "east", EAST_ADDRESS, ANYBODY "\tdpddelay=7s\n",
		  SECRETS_V1);
	world_tap(box.pair.world, listen_in, &box);
	end_up(&box.pair.west, "t");
	world_run(box.pair.world, 60 * USEC_PER_SEC);
	sent = box.count;
	for (unsigned i = 0; i < sent; i++) {
		usec_t before = sa_of(&box.pair.east, "t[1]")->last_heard;
		if (!box.from_east[i])
			continue;
		assert_int_equal(world_inject(box.pair.world, &attacker, &east,
					      span_make(box.bytes[i], box.len[i])),
				 RC_OK);
		world_run(box.pair.world, 10 * USEC_PER_MSEC);
		heard += sa_of(&box.pair.east, "t[1]")->last_heard != before;
		moved += sa_of(&box.pair.east, "t[1]")->remote.addr.bytes[0] != 198;
	}
	if (moved + heard > 0)
		fail_msg("of %u: %u were heard, moved after %u\n%s", sent, heard, moved,
			 box.pair.east.journal);
	pair_end(&box.pair);
}

#define SECOND                                                                                     \
	"conn "                                                                                    \
	"u\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n\tleftsubnet="   \
	"10.7.0.0/24\n\trightsubnet=10.2.0.0/"                                                     \
	"24\n\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n"

static bool of_west(void *context, struct flight *flight)
{
	return flight->from.addr.bytes[3] == 2 || listen_in(context, flight);
}

static void what_was_told_long_ago_moves_nothing(void **state)
{
	struct ip_endpoint a, b;
	unsigned heard = 0, sent;

	(void)state;
	memset(&box, 0, sizeof(box));
	pair_start(&box.pair, 1, V1_ADD SECOND, V1_ADD SECOND, SECRETS_V1, SECRETS_V1);
	end_up(&box.pair.west, "t");
	pair_run(&box.pair, 3 * USEC_PER_SEC);
	world_tap(box.pair.world, of_west, &box);
	for (unsigned i = 0; i < 20; i++) {
		end_up(&box.pair.west, "u");
		pair_run(&box.pair, 5 * USEC_PER_SEC);
		assert_int_equal(gateway_down(box.pair.west.gateway, "u", NULL), RC_OK);
		pair_run(&box.pair, 5 * USEC_PER_SEC);
	}
	a = sa_of(&box.pair.west, "t")->local;
	b = sa_of(&box.pair.west, "t")->remote;
	sent = box.count;
	for (unsigned i = 0; i < sent; i++) {
		usec_t before = sa_of(&box.pair.east, "t")->last_heard;
		assert_int_equal(
			world_inject(box.pair.world, &a, &b, span_make(box.bytes[i], box.len[i])),
			RC_OK);
		pair_run(&box.pair, USEC_PER_SEC / 10);
		heard += sa_of(&box.pair.east, "t")->last_heard != before;
	}
	if (heard > 0)
		fail_msg("%u of %u heard", heard, sent);
	pair_end(&box.pair);
}

/* A Quick Mode that is refused, said again by somebody else. */
static bool only_quick(void *context, struct flight *flight)
{
	struct ike_header header;

	(void)context;
	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_QUICK || flight->len > 1024 || box.count >= MAX)
		return true;
	memcpy(box.bytes[box.count], flight->bytes, flight->len);
	box.len[box.count++] = flight->len;
	return true;
}

static void a_refused_quick_mode_that_is_repeated_is_no_sign_of_life(void **state)
{
	struct ip_endpoint a, b;
	usec_t heard;

	(void)state;
	memset(&box, 0, sizeof(box));
	pair_start(&box.pair, 1, V1_ADD,
		   "conn "
		   "t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@"
		   "east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.3.0.0/"
		   "24\n\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n",
		   SECRETS_V1, SECRETS_V1);
	world_tap(box.pair.world, only_quick, &box);
	end_up(&box.pair.west, "t");
	pair_run(&box.pair, 3 * USEC_PER_SEC);
	assert_true(box.count > 0);
	a = sa_of(&box.pair.west, "t")->local;
	b = sa_of(&box.pair.west, "t")->remote;
	for (unsigned i = 0; i < 5; i++) {
		pair_run(&box.pair, USEC_PER_SEC);
		heard = sa_of(&box.pair.east, "t")->last_heard;
		assert_int_equal(
			world_inject(box.pair.world, &a, &b, span_make(box.bytes[0], box.len[0])),
			RC_OK);
		world_run(box.pair.world, 5 * USEC_PER_MSEC);
		assert_int_equal(sa_of(&box.pair.east, "t")->last_heard, heard);
	}
	pair_end(&box.pair);
}

#define MANY                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnets={10.1.0.0/24 10.1.1.0/24 10.1.2.0/24 10.1.3.0/24 10.1.4.0/24 10.1.5.0/24 "  \
	"10.1.6.0/24 10.1.7.0/24 10.1.8.0/24}\n"                                                   \
	"\trightsubnets={10.2.0.0/24 10.2.1.0/24 10.2.2.0/24 10.2.3.0/24 10.2.4.0/24 10.2.5.0/24 " \
	"10.2.6.0/24 10.2.7.0/24}\n"                                                               \
	"\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n"

static uint32_t seen[2000];
static unsigned seen_count, thirds;

static bool no_thirds(void *context, struct flight *flight)
{
	struct ike_header header;

	(void)context;
	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_QUICK || flight->from.addr.bytes[3] == 2)
		return true;
	for (unsigned i = 0; i < seen_count; i++)
		if (seen[i] == header.message_id) {
			thirds++;
			return false;
		}
	if (seen_count < 2000)
		seen[seen_count++] = header.message_id;
	return true;
}

static void many_quick_modes_at_once_do_not_end_phase_1(void **state)
{
	struct pair pair;

	(void)state;
	seen_count = thirds = 0;
	pair_start(&pair, 1, MANY, MANY, SECRETS_V1, SECRETS_V1);
	world_tap(pair.world, no_thirds, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 20 * USEC_PER_SEC);
	if (pair.east.ike_down != 0 || end_said(&pair.east, "fails at commit"))
		fail_msg("%u\n%s", pair.east.ike_down,
			 pair.east.journal +
				 (pair.east.journal_len > 3000 ? pair.east.journal_len - 3000 : 0));
	assert_true(seen_count > 64);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rekeying_whose_answer_never_comes_costs_no_packet),
		cmocka_unit_test(an_unanswered_quick_mode_ends_nothing_while_packets_come),
		cmocka_unit_test(a_question_without_an_answer_ends_nothing_while_packets_come),
		cmocka_unit_test(a_new_phase_1_that_fails_ends_nothing_while_packets_come),
		cmocka_unit_test(what_the_peer_has_never_taken_replaces_nothing),
		cmocka_unit_test(what_we_said_ourselves_moves_nothing),
		cmocka_unit_test(what_was_told_long_ago_moves_nothing),
		cmocka_unit_test(many_quick_modes_at_once_do_not_end_phase_1),
		cmocka_unit_test(a_refused_quick_mode_that_is_repeated_is_no_sign_of_life),
	};

	return exchange_run(tests);
}
