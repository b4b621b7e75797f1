/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "unit/ikev1/v1_road.h"

static struct ike_message *first_of_quick(struct v1_road *road)
{
	struct ike_message *message = v1_opened(road, 6, v1_sa(&road->pair.east));

	assert_int_equal(message->header.exchange, EXCHANGE_V1_QUICK);
	assert_true(message->header.message_id != 0);
	return message;
}

static void it_begins_with_its_hash_and_asks_for_the_conns_selectors(void **state)
{
	struct v1_road road;
	const struct payload *id;
	struct isakmp_id asked;
	struct ip_range range;
	char text[IP_RANGE_TEXT_MAX];

	(void)state;
	v1_road_up(&road, NULL, NULL);
	id = v1_payload(first_of_quick(&road), ISAKMP_ID);
	assert_int_equal(first_of_quick(&road)->first->type, ISAKMP_HASH);
	assert_non_null(id);
	assert_int_equal(isakmp_id_parse(id->body, &asked, NULL), RC_OK);
	assert_int_equal(isakmp_id_range(&asked, &range, NULL), RC_OK);
	assert_string_equal(range_text(&range, text), "10.1.0.0/24");
	id = isakmp_payload_next(id);
	assert_int_equal(isakmp_id_parse(id->body, &asked, NULL), RC_OK);
	assert_int_equal(isakmp_id_range(&asked, &range, NULL), RC_OK);
	assert_string_equal(range_text(&range, text), "10.2.0.0/24");
	v1_road_end(&road);
}

static void pfs_sends_a_ke_and_without_it_there_is_none(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	assert_non_null(v1_payload(first_of_quick(&road), ISAKMP_KE));
	v1_road_end(&road);
	v1_road_up(&road, V1_ADD "\tpfs=no\n", V1_ADD "\tpfs=no\n");
	assert_null(v1_payload(first_of_quick(&road), ISAKMP_KE));
	v1_road_end(&road);
}

static void both_ends_have_the_same_keys_whatever_the_suite(void **state)
{
	static const char *const esp[] = { "aes_gcm256", "aes256-sha2_256", "aes128-sha1",
					   "aes_gcm128-modp2048" };

	(void)state;
	for (unsigned i = 0; i < sizeof(esp) / sizeof(esp[0]); i++) {
		struct v1_road road;
		char conf[600];
		(void)snprintf(conf, sizeof(conf), "%s\tesp=%s\n\tpfs=%s\n", V1_ADD, esp[i],
			       i % 2 == 0 ? "no" : "yes");
		v1_road_up(&road, conf, conf); /* packets arrive both ways */
		v1_road_end(&road);
	}
}

static bool lose_first_third(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth != 8;
}

static void the_second_message_again_gets_the_third_again(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = lose_first_third;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(road.count, 9);
	assert_int_equal(road.pair.west.child_up, 1);
	assert_non_null(v1_child(&road.pair.east)->waiting_keymat.ptr);
	v1_repeat(&road, 7);
	assert_int_equal(road.count, 10);
	assert_true(v1_same(&road, 8, 9));
	assert_null(v1_child(&road.pair.east)->waiting_keymat.ptr);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

/* The second block, which is of the HASH only. */
static bool spoil_second(struct flight *flight, unsigned nth)
{
	if (nth == 7)
		flight->bytes[IKE_HEADER_LEN + 16] ^= 1;
	return true;
}

static void a_spoiled_answer_is_no_answer(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = spoil_second;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(road.count, 8);
	assert_int_equal(road.pair.west.child_up, 0);
	assert_non_null(v1_sa(&road.pair.west)->request.bytes);
	assert_true(end_said(&road.pair.west, "the HASH of a message is wrong"));
	v1_road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.failed, 0);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

/* ---- an answer of the peer's with something else in it ---- */

static bool lose_second(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth != 7;
}

static void hash_again(struct v1_road *road, const struct ike_sa *sa,
		       const struct ike_message *message)
{
	uint32_t number = message->header.message_id;
	uint8_t id[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
			  (uint8_t)number };
	struct span parts[] = { SPAN_OF(id), v1_payload(v1_opened(road, 6, sa), ISAKMP_NONCE)->body,
				isakmp_behind(message, message->first) };

	assert_int_equal(ikev1_hash(&sa->suite, &sa->keys, parts, 3,
				    (uint8_t *)(uintptr_t)message->first->body.ptr),
			 RC_OK);
}

/* The whole of it, under the chain that west's request ends with. */
static void answer_with(struct v1_road *road, void (*alter)(uint8_t *plain, size_t len))
{
	const struct ike_sa *sa;
	struct ike_message *message;
	struct outcome_message out = { .exchange = EXCHANGE_V1_QUICK, .first_type = ISAKMP_HASH };
	uint8_t iv[IKEV1_IV_MAX], again[IKEV1_IV_MAX], buffer[2048];
	struct sink sink;

	v1_road_begin(road, NULL, NULL);
	road->meddle = lose_second;
	v1_road_try(road, 200 * USEC_PER_MSEC);
	assert_int_equal(road->count, 8);
	sa = v1_sa(&road->pair.east);
	memcpy(iv, road->ears[6].bytes + road->ears[6].len - 16, 16);
	memcpy(again, iv, 16);
	message = v1_heard(road, 7);
	assert_int_equal(ikev1_open(sa, &road->arena, message, iv, NULL), RC_OK);
	alter((uint8_t *)(uintptr_t)message->inner.ptr, message->inner.len);
	hash_again(road, sa, message);
	out.bytes = message->inner;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev1_seal(sa, message->header.message_id, &out, again, &sink), RC_OK);
	v1_inject(road, sa, sink_written(&sink));
}

static void nothing_else(uint8_t *plain, size_t len)
{
	assert_true(plain != NULL && len > 0);
}

static void another_selector(uint8_t *plain, size_t len)
{
	plain[len - 6] ^= 1; /* IDcr: 10.2.0.0 and its mask */
}

static void another_key_length(uint8_t *plain, size_t len)
{
	static const uint8_t bits[] = { 0x80, 0x06, 0x01, 0x00 };
	uint8_t *at = memmem(plain, len, bits, sizeof(bits));

	assert_non_null(at);
	at[2] = 0;
	at[3] = 192;
}

static void only_what_was_offered_may_be_answered(void **state)
{
	void (*const alterations[])(uint8_t *, size_t) = { another_selector, another_key_length };
	struct v1_road road;

	(void)state;
	answer_with(&road, nothing_else);
	assert_int_equal(road.pair.west.child_up, 1);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
	for (unsigned i = 0; i < 2; i++) {
		answer_with(&road, alterations[i]);
		assert_int_equal(road.pair.west.child_up, 0);
		assert_int_equal(kernel_simulated_sa_count(road.pair.west.kernel), 0);
		assert_true(road.pair.west.failed > 0);
		assert_true(kernel_simulated_sa_count(road.pair.east.kernel) < 2); /* no HASH(3) */
		v1_road_end(&road);
	}
}

static bool lose_three(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 7 || nth > 9;
}

static unsigned repeats_of(const struct v1_road *road, unsigned index)
{
	unsigned count = 0;

	for (unsigned i = index + 1; i < road->count && i < V1_EARS; i++)
		count += v1_same(road, index, i);
	return count;
}

/* The first message by who began, the second by the other end. */
static void lost_messages_are_said_again_as_they_were(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = lose_three;
	v1_road_try(&road, 10 * USEC_PER_SEC);
	assert_true(repeats_of(&road, 6) > 0);
	assert_true(repeats_of(&road, 7) > 0);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void a_rekeyed_ipsec_sa_takes_the_place_of_the_old_one(void **state)
{
	struct v1_road road;
	struct diag diag;
	uint32_t old;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	old = v1_child(&road.pair.west)->spi_in;
	assert_int_equal(gateway_rekey(road.pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	assert_int_not_equal(v1_child(&road.pair.west)->spi_in, old);
	assert_int_equal(road.pair.west.ike_down, 0);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void a_tunnel_that_is_taken_down_meanwhile_is_not_made(void **state)
{
	struct v1_road road;
	struct diag diag;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	while (road.count < 8) {
		world_deliver(road.pair.world, container_of(world_flights(road.pair.world)->next,
							    struct flight, in_world));
		world_settle(road.pair.world);
	}
	assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
	world_manual(road.pair.world, false);
	v1_road_run(&road, 10 * USEC_PER_SEC);
	end_assert_childless(&road.pair.west);
	end_assert_childless(&road.pair.east);
	v1_road_end(&road);
}

static void what_the_kernel_refuses_is_not_said_to_be_there(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	kernel_simulated_fail(road.pair.west.kernel, 1, 22, true);
	v1_road_try(&road, 500 * USEC_PER_MSEC);
	assert_int_equal(road.pair.west.child_up, 0);
	assert_true(end_said(&road.pair.west, "the kernel refused the IPsec SA"));
	assert_non_null(v1_child(&road.pair.east)->waiting_keymat.ptr); /* no third message */
	kernel_simulated_fail(road.pair.west.kernel, 0, 0, false);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_with_its_hash_and_asks_for_the_conns_selectors),
		cmocka_unit_test(pfs_sends_a_ke_and_without_it_there_is_none),
		cmocka_unit_test(both_ends_have_the_same_keys_whatever_the_suite),
		cmocka_unit_test(the_second_message_again_gets_the_third_again),
		cmocka_unit_test(a_spoiled_answer_is_no_answer),
		cmocka_unit_test(only_what_was_offered_may_be_answered),
		cmocka_unit_test(lost_messages_are_said_again_as_they_were),
		cmocka_unit_test(a_rekeyed_ipsec_sa_takes_the_place_of_the_old_one),
		cmocka_unit_test(a_tunnel_that_is_taken_down_meanwhile_is_not_made),
		cmocka_unit_test(what_the_kernel_refuses_is_not_said_to_be_there),
	};

	return exchange_run(tests);
}
