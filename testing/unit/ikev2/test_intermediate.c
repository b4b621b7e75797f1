/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/intermediate.h"
#include "unit/ikev2/road.h"

#define CONF PAIR_CONN "\tike=aes256-sha2_256-dh31;addke1=dh19\n"

static void begin(struct road *road)
{
	road_begin(road, CONF, CONF);
	end_up(&road->pair.west, "t");
	road_run(road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road->pair);
}

/* RFC 9242 §3.3.2 by hand: prf(SK_pi, header | inner) with lengths that leave out IV, padding and
 * ICV. Some SA with some keys: only the bytes count. */
static void int_auth_is_the_prf_of_header_and_plaintext(void **state)
{
	static const uint8_t inner[] = { 0, 0, 0, 8, 1, 2, 3, 4 };
	struct road road;
	struct ike_larval larval = { .intermediate = NULL };
	struct ike_intermediate known = { .len_r = 3, .auth_r = "abc" };
	struct ike_sa *sa;
	struct outcome out = { .choice_set = false };
	struct outcome_message message = { .response = true,
					   .first_type = PAYLOAD_NOTIFY,
					   .bytes = SPAN_OF(inner) };
	struct step step;
	struct span got, previous = span_make("abc", 3);
	uint8_t header[32] = { 0 }, want[PRF_MAX];

	(void)state;
	begin(&road);
	sa = road_sa(&road.pair.east);
	larval.intermediate = &known;
	sa->larval = &larval;
	step = (struct step){ .arena = &road.arena, .sa = sa };
	assert_int_equal(intermediate_auth_sent(&step, &out, &message, 7, &got), RC_OK);
	for (unsigned i = 0; i < 8; i++) {
		header[i] = (uint8_t)(sa->spi_i >> (56 - 8 * i));
		header[8 + i] = (uint8_t)(sa->spi_r >> (56 - 8 * i));
	}
	header[16] = 46; /* SK */
	header[17] = 0x20;
	header[18] = 43;
	header[19] = 0x20;
	header[23] = 7;
	header[27] = 32 + sizeof(inner);
	header[28] = 41;
	header[31] = 4 + sizeof(inner);
	struct span parts[] = { previous, SPAN_OF(header), SPAN_OF(inner) };
	assert_int_equal(
		prf_parts(sa->suite.prf, ike_key(&sa->keys, &sa->suite, SK_pr), parts, 3, want),
		RC_OK);
	assert_int_equal(got.len, 32);
	assert_memory_equal(got.ptr, want, 32);
	sa->larval = NULL;
	road_end(&road);
}

/* What one end seals the other one sees alike, whole or (raw is empty then) in fragments. */
static void both_ends_compute_the_same_of_a_message(void **state)
{
	struct road road;
	struct ike_larval larval = { .intermediate = NULL };
	struct ike_sa *west, *east;
	struct outcome out = { .choice_set = false };
	struct outcome_message message = { .exchange = EXCHANGE_IKE_INTERMEDIATE,
					   .first_type = PAYLOAD_NOTIFY };
	struct ike_message received;
	struct step sends, receives;
	struct span sent, got;
	uint8_t buffer[256];
	static const uint8_t inner[] = { 0, 0, 0, 8, 0, 0, 0x40, 0 };
	struct sink sink;

	(void)state;
	begin(&road);
	west = road_sa(&road.pair.west);
	east = road_sa(&road.pair.east);
	west->larval = east->larval = &larval;
	message.bytes = SPAN_OF(inner);
	sends = (struct step){ .arena = &road.arena, .sa = west };
	receives = (struct step){ .arena = &road.arena, .sa = east, .message = &received };
	assert_int_equal(intermediate_auth_sent(&sends, &out, &message, 9, &sent), RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(west, west->seal_counter++, 9, &message, &sink), RC_OK);
	assert_int_equal(
		wire_message_parse(&road.arena, sink_written(&sink), &received, NULL, NULL), RC_OK);
	assert_int_equal(ikev2_open(east, &road.arena, &received, NULL, NULL), RC_OK);
	assert_int_equal(intermediate_auth_received(&receives, &got), RC_OK);
	assert_true(span_equal(sent, got));
	received.raw = SPAN_NONE;
	assert_int_equal(intermediate_auth_received(&receives, &got), RC_OK);
	assert_true(span_equal(sent, got));
	west->larval = east->larval = NULL;
	road_end(&road);
}

static void auth_covers_both_directions_and_the_message_id(void **state)
{
	struct ike_intermediate known = { .len_i = 2, .len_r = 2, .auth_i = "i1", .auth_r = "r1" };
	struct ike_larval larval = { .intermediate = NULL };
	struct ike_sa sa = { .larval = &larval };
	struct outcome out = { .choice_set = false };
	struct arena arena;
	struct step step = { .arena = &arena, .sa = &sa };
	struct span got;

	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(intermediate_signed(&step, &out, 1, &got), RC_OK);
	assert_int_equal(got.len, 0); /* no IKE_INTERMEDIATE, nothing of it */
	larval.intermediate = &known;
	out.intermediate.auth_r = span_make("r2", 2); /* just read, not committed yet */
	assert_int_equal(intermediate_signed(&step, &out, 0x01020304, &got), RC_OK);
	assert_int_equal(got.len, 8);
	assert_memory_equal(got.ptr, "i1r2\1\2\3\4", 8);
	arena_free(&arena);
}

static void ike_auth_waits_for_all_key_exchanges(void **state)
{
	struct ike_intermediate known = { .keyed = 1 };
	struct ike_larval larval = { .intermediate = &known };
	struct ike_sa sa = { .larval = &larval };
	struct diag diag;

	(void)state;
	assert_int_equal(intermediate_complete(&sa, &diag), RC_OK);
	sa.choice.addke[0] = DH_ECP_256;
	sa.choice.addke[6] = DH_ECP_384;
	assert_int_equal(intermediate_complete(&sa, &diag), RC_SYNTAX);
	assert_int_equal(intermediate_method(&sa.choice, 1), DH_ECP_384);
	assert_int_equal(intermediate_method(&sa.choice, 2), DH_NONE);
	known.keyed = 2;
	assert_int_equal(intermediate_complete(&sa, &diag), RC_OK);
	larval.intermediate = NULL;
	assert_int_equal(intermediate_complete(&sa, &diag), RC_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(int_auth_is_the_prf_of_header_and_plaintext),
		cmocka_unit_test(both_ends_compute_the_same_of_a_message),
		cmocka_unit_test(auth_covers_both_directions_and_the_message_id),
		cmocka_unit_test(ike_auth_waits_for_all_key_exchanges),
	};

	return exchange_run(tests);
}
