/* SPDX-License-Identifier: Apache-2.0 */
/* Quick crash detection (RFC 6290): a peer that has restarted proves with its token that an IKE SA
 * is gone, and nobody else can. */
#include "exchange/pair.h"
#include "sa/extra.h"
#include "unit/test.h"

static const uint8_t east_secret[32] = "the secret of east, in its file";
static const uint8_t other_secret[32] = "a secret that nobody has written";

static struct ip_endpoint endpoint(const char *address, uint16_t port)
{
	struct ip_endpoint out = { .port = port };

	assert_int_equal(ip_parse(address, &out.addr), RC_OK);
	return out;
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

/* What the world saw last from each end in clear with INVALID_IKE_SPI. */
struct ear {
	uint8_t bytes[256];
	size_t len;
	unsigned count, tokens;
};

static bool has_token(const uint8_t *bytes, size_t len)
{
	struct ike_message message;
	struct wire_notify notify;
	struct arena arena;
	uint8_t critical;
	bool found = false;

	arena_init(&arena, 1u << 16);
	if (wire_message_parse(&arena, span_make(bytes, len), &message, &critical, NULL) == RC_OK)
		for (const struct payload *p = wire_payload_find(&message, PAYLOAD_NOTIFY);
		     p != NULL; p = wire_payload_next(p))
			found = found || (wire_notify_parse(p->body, &notify, NULL) == RC_OK &&
					  notify.type == QUICK_CRASH_DETECTION);
	arena_free(&arena);
	return found;
}

static bool overhear(void *context, struct flight *flight)
{
	struct ear *ear = context;

	if (flight->len < IKE_HEADER_LEN || flight->len > sizeof(ear->bytes) ||
	    flight->bytes[16] != PAYLOAD_NOTIFY || (flight->bytes[19] & IKE_FLAG_RESPONSE) == 0)
		return true;
	memcpy(ear->bytes, flight->bytes, flight->len);
	ear->len = flight->len;
	ear->count++;
	ear->tokens += has_token(flight->bytes, flight->len);
	return true;
}

static void begin(struct pair *pair, const char *west_conf, const char *east_conf)
{
	pair_start(pair, 1, west_conf, east_conf, NULL, NULL);
	gateway_crash_secret(pair->east.gateway, east_secret);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

#define ALIVE "\tdpddelay=30s\n"

static void restart_east(struct pair *pair, const uint8_t secret[32])
{
	end_crash(&pair->east);
	end_boot(&pair->east, PAIR_CONN, NULL);
	if (secret != NULL)
		gateway_crash_secret(pair->east.gateway, secret);
}

static void
restarted_peer_proves_it_and_the_tunnel_is_back_within_a_second_of_the_probe(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, PAIR_CONN ALIVE, NULL);
	assert_non_null(sa_of(&pair.west)->extra);
	assert_int_equal(sa_of(&pair.west)->extra->crash_token_len, CRASH_TOKEN_LEN);
	restart_east(&pair, east_secret);
	world_run(pair.world, 29 * USEC_PER_SEC); /* the probe is due */
	assert_int_equal(pair.west.ike_down, 1);
	assert_true(end_said(&pair.west, "proved it with its crash token"));
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.failed, 0);
	pair_end(&pair);
}

static void responder_learns_of_the_restart_of_an_initiator_too(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, PAIR_CONN ALIVE, NULL, NULL);
	gateway_crash_secret(pair.west.gateway, other_secret);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	end_crash(&pair.west);
	end_boot(&pair.west, PAIR_CONN, NULL);
	gateway_crash_secret(pair.west.gateway, other_secret);
	world_run(pair.world, 35 * USEC_PER_SEC);
	assert_true(end_said(&pair.east, "proved it with its crash token"));
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void token_of_another_secret_ends_nothing_before_the_retransmissions_do(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, PAIR_CONN ALIVE, NULL);
	restart_east(&pair, other_secret);
	world_run(pair.world, 40 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_down, 0);
	assert_true(end_said(&pair.west, "without its crash token: ignored"));
	pair_end(&pair);
}

static void nothing_is_given_or_taken_when_it_is_switched_off(void **state)
{
#define OFF "config setup\n\tquick-crash-detection=no\n\n"
	struct pair pair;
	struct ear ear = { .count = 0 };

	(void)state;
	begin(&pair, OFF PAIR_CONN ALIVE, NULL);
	assert_null(sa_of(&pair.west)->extra);
	pair_end(&pair);
	begin(&pair, PAIR_CONN ALIVE, OFF PAIR_CONN);
	assert_null(sa_of(&pair.west)->extra);
	end_crash(&pair.east);
	end_boot(&pair.east, OFF PAIR_CONN, NULL);
	gateway_crash_secret(pair.east.gateway, east_secret);
	world_tap(pair.world, overhear, &ear);
	world_run(pair.world, 35 * USEC_PER_SEC);
	assert_true(ear.count > 0);
	assert_int_equal(ear.tokens, 0);
	pair_end(&pair);
}

/* §4.3: a rekeyed IKE SA has other SPIs, and its token follows. */
static void token_of_a_rekeyed_ike_sa_is_told_and_proves_the_restart_too(void **state)
{
	struct pair pair;
	struct diag diag;
	uint64_t spi;

	(void)state;
	begin(&pair, PAIR_CONN ALIVE, NULL);
	spi = sa_of(&pair.west)->spi_i;
	assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_IKE, &diag), RC_OK);
	world_run(pair.world, 5 * USEC_PER_SEC);
	assert_true(sa_of(&pair.west)->spi_i != spi);
	assert_non_null(sa_of(&pair.west)->extra);
	assert_int_equal(sa_of(&pair.west)->extra->crash_token_len, CRASH_TOKEN_LEN);
	restart_east(&pair, east_secret);
	world_run(pair.world, 32 * USEC_PER_SEC);
	assert_true(end_said(&pair.west, "proved it with its crash token"));
	pair_end(&pair);
}

/* ---- those who mean harm ---- */

/* A request with an SK payload of rubbish. */
static struct span question(uint64_t spi_i, uint64_t spi_r, uint8_t flags, uint8_t buffer[64])
{
	struct ike_header header = { .spi_i = spi_i,
				     .spi_r = spi_r,
				     .next = PAYLOAD_SK,
				     .version = IKE_VERSION_2,
				     .exchange = EXCHANGE_INFORMATIONAL,
				     .flags = flags,
				     .message_id = 5,
				     .length = IKE_HEADER_LEN + 30 };
	struct sink sink;

	memset(buffer, 0x5a, 64);
	sink_init(&sink, buffer, 64);
	wire_header_emit(&sink, &header);
	sink_patch_u8(&sink, 16, PAYLOAD_SK);
	sink_patch_u32(&sink, 24, header.length);
	sink_u8(&sink, PAYLOAD_NONE);
	sink_u8(&sink, 0);
	sink_u16(&sink, 30);
	return span_make(buffer, header.length);
}

static void ask_east(struct pair *pair, uint64_t spi_i, uint64_t spi_r, uint8_t flags)
{
	struct ip_endpoint from = endpoint("192.0.2.66", IKE_PORT),
			   to = endpoint(EAST_ADDRESS, IKE_PORT);
	uint8_t buffer[64];

	assert_int_equal(
		world_inject(pair->world, &from, &to, question(spi_i, spi_r, flags, buffer)),
		RC_OK);
	world_run(pair->world, 100 * USEC_PER_MSEC);
}

/* §9.2: an SA that lives, asked for in every wrong way, never makes a token appear. */
static void nobody_gets_the_token_of_a_living_sa(void **state)
{
	struct pair pair;
	struct ear ear = { .count = 0 };
	const struct ike_sa *sa;

	(void)state;
	begin(&pair, NULL, NULL);
	world_tap(pair.world, overhear, &ear);
	sa = sa_of(&pair.east);
	ask_east(&pair, sa->spi_i, sa->spi_r, IKE_FLAG_INITIATOR);
	ask_east(&pair, sa->spi_i, sa->spi_r, 0); /* as if we had begun it */
	ask_east(&pair, sa->spi_i ^ 1, sa->spi_r, IKE_FLAG_INITIATOR);
	ask_east(&pair, sa->spi_i ^ 1, sa->spi_r, 0);
	ask_east(&pair, sa->spi_r, sa->spi_i, IKE_FLAG_INITIATOR);
	ask_east(&pair, 0, sa->spi_r, 0);
	ask_east(&pair, sa->spi_i, 0, 0);
	assert_true(ear.count >= 4); /* answered, without it */
	assert_int_equal(ear.tokens, 0);
	ask_east(&pair, 1, 2, IKE_FLAG_INITIATOR); /* nobody's */
	assert_int_equal(ear.tokens, 1);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void tokens_are_counted_among_the_bounded_answers(void **state)
{
	struct pair pair;
	struct ear ear = { .count = 0 };

	(void)state;
	begin(&pair, NULL, NULL);
	world_tap(pair.world, overhear, &ear);
	for (uint64_t i = 1; i < 1000; i++) {
		struct ip_endpoint from = endpoint("192.0.2.66", IKE_PORT),
				   to = endpoint(EAST_ADDRESS, IKE_PORT);
		uint8_t buffer[64];
		assert_int_equal(world_inject(pair.world, &from, &to,
					      question(i, i + 5, IKE_FLAG_INITIATOR, buffer)),
				 RC_OK);
		world_settle(pair.world);
	}
	assert_true(ear.tokens > 0 && ear.tokens <= 200);
	pair_end(&pair);
}

struct proof {
	unsigned wrong, right; /* tokens, in this order */
	bool unknown;	       /* with INVALID_IKE_SPI */
	size_t wrong_len;
};

static void show_west(struct pair *pair, const struct proof *proof)
{
	struct ip_endpoint from = endpoint("192.0.2.66", IKE_PORT),
			   to = endpoint(WEST_ADDRESS, IKE_PORT);
	const struct ike_sa *sa = sa_of(&pair->west);
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .version = IKE_VERSION_2,
				     .exchange = EXCHANGE_INFORMATIONAL,
				     .flags = IKE_FLAG_RESPONSE,
				     .message_id = 77 };
	struct wire_notify unknown = { .type = INVALID_IKE_SPI };
	struct wire_notify notify = { .type = QUICK_CRASH_DETECTION };
	uint8_t buffer[4096], wrong[128] = { 0 };
	struct writer writer;
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	if (proof->unknown)
		wire_notify_emit(&writer, &unknown);
	notify.data = span_make(wrong, proof->wrong_len);
	for (unsigned i = 0; i < proof->wrong; i++)
		wire_notify_emit(&writer, &notify);
	notify.data = span_make(sa->extra->crash_token, sa->extra->crash_token_len);
	for (unsigned i = 0; i < proof->right; i++)
		wire_notify_emit(&writer, &notify);
	assert_int_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(world_inject(pair->world, &from, &to, sink_written(&sink)), RC_OK);
	world_settle(pair->world);
}

static void forged_tokens_of_any_length_change_nothing_and_are_not_answered(void **state)
{
	struct pair pair;
	uint64_t sent;

	(void)state;
	begin(&pair, NULL, NULL);
	sent = pair.west.gateway->counters.datagrams_out;
	for (size_t len = 0; len <= 128; len++)
		show_west(&pair, &(struct proof){ .wrong = 1, .unknown = true, .wrong_len = len });
	show_west(&pair, &(struct proof){ .unknown = true });
	show_west(&pair, &(struct proof){ .right = 1, .unknown = false });
	assert_int_equal(pair.west.ike_down, 0);
	assert_int_equal(pair.west.gateway->counters.datagrams_out, sent);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* §4.5: at least four tokens of several generations of a secret. */
static void right_token_among_several_is_found(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, NULL, NULL);
	show_west(&pair,
		  &(struct proof){ .wrong = 3, .right = 1, .unknown = true, .wrong_len = 32 });
	assert_int_equal(pair.west.ike_down, 1);
	pair_end(&pair);
}

static void flood_of_tokens_in_one_message_is_not_all_looked_at(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, NULL, NULL);
	show_west(&pair,
		  &(struct proof){ .wrong = 16, .right = 1, .unknown = true, .wrong_len = 32 });
	assert_int_equal(pair.west.ike_down, 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			restarted_peer_proves_it_and_the_tunnel_is_back_within_a_second_of_the_probe),
		cmocka_unit_test(responder_learns_of_the_restart_of_an_initiator_too),
		cmocka_unit_test(
			token_of_another_secret_ends_nothing_before_the_retransmissions_do),
		cmocka_unit_test(nothing_is_given_or_taken_when_it_is_switched_off),
		cmocka_unit_test(token_of_a_rekeyed_ike_sa_is_told_and_proves_the_restart_too),
		cmocka_unit_test(nobody_gets_the_token_of_a_living_sa),
		cmocka_unit_test(tokens_are_counted_among_the_bounded_answers),
		cmocka_unit_test(forged_tokens_of_any_length_change_nothing_and_are_not_answered),
		cmocka_unit_test(right_token_among_several_is_found),
		cmocka_unit_test(flood_of_tokens_in_one_message_is_not_all_looked_at),
	};

	return exchange_run(tests);
}
