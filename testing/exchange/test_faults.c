/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of the initial exchanges lost, duplicated, delayed, truncated, with each bit
 * flipped: the tunnel comes up in the end, nothing half-open survives its timeout, and nobody
 * answers more often than he was asked. */
#include "exchange/pair.h"
#include "unit/test.h"

/* small proposals: fewer bytes to spoil */
#define SHORT	 PAIR_CONN "\tike=aes_gcm128-sha2_256-dh31\n\tesp=aes_gcm128\n"
#define MESSAGES 4
#define LIMIT	 (300 * USEC_PER_SEC)

enum fault { LOSE, TRUNCATE, FLIP };

/* Watches every datagram; spoils the one that comes as number `target`. */
struct spoiler {
	enum fault fault;
	unsigned target, param;
	unsigned sent;
	size_t target_len;
	unsigned requests_to_east, responses_of_east, requests_to_west, responses_of_west;
};

static void count(struct spoiler *spoiler, const struct flight *flight)
{
	size_t flags_at = flight->from.port == IKE_NATT_PORT ? 23 : 19; /* the non-ESP marker */
	bool response =
		flight->len > flags_at && (flight->bytes[flags_at] & IKE_FLAG_RESPONSE) != 0;
	bool from_west = flight->from.addr.bytes[3] == 1;

	if (from_west && response)
		spoiler->responses_of_west++;
	else if (from_west)
		spoiler->requests_to_east++;
	else if (response)
		spoiler->responses_of_east++;
	else
		spoiler->requests_to_west++;
}

static bool spoil(void *context, struct flight *flight)
{
	struct spoiler *spoiler = context;

	count(spoiler, flight);
	if (spoiler->sent++ != spoiler->target)
		return true;
	spoiler->target_len = flight->len;
	switch (spoiler->fault) {
	case LOSE:
		return false;
	case TRUNCATE:
		flight->len = spoiler->param;
		return true;
	case FLIP:
		flight->bytes[spoiler->param / 8] ^= (uint8_t)(1u << spoiler->param % 8);
		return true;
	}
	return true;
}

static void assert_healthy(struct pair *pair, const struct spoiler *spoiler)
{
	pair_assert_tunnel(pair);
	assert_int_equal(pair->west.gateway->sas.half_open_count, 0);
	assert_int_equal(pair->east.gateway->sas.half_open_count, 0);
	assert_int_equal(pair->west.gateway->counters.stuck, 0);
	assert_true(spoiler->responses_of_east <= spoiler->requests_to_east);
	assert_true(spoiler->responses_of_west <= spoiler->requests_to_west);
	assert_true(list_empty(&pair->west.gateway->errands));
	assert_true(list_empty(&pair->east.gateway->errands));
}

/* One negotiation with one fault. Returns the length that the message had. */
static size_t negotiate(enum fault fault, unsigned target, unsigned param)
{
	struct spoiler spoiler = { .fault = fault, .target = target, .param = param };
	struct pair pair;

	pair_start(&pair, param, SHORT, SHORT, NULL, NULL);
	world_tap(pair.world, spoil, &spoiler);
	end_up(&pair.west, "t");
	world_run(pair.world, USEC_PER_SEC);
	if (!pair_comes_up(&pair, LIMIT))
		fail_msg("message %u, fault %d at %u: no tunnel", target, (int)fault, param);
	world_run(pair.world, 100 * USEC_PER_SEC);
	assert_healthy(&pair, &spoiler);
	pair_end(&pair);
	return spoiler.target_len;
}

static void each_message_may_be_lost(void **state)
{
	(void)state;
	for (unsigned message = 0; message < MESSAGES; message++)
		assert_true(negotiate(LOSE, message, 0) > IKE_HEADER_LEN);
}

static void each_message_may_be_truncated_anywhere(void **state)
{
	(void)state;
	for (unsigned message = 0; message < MESSAGES; message++) {
		size_t len = negotiate(LOSE, message, 0);
		for (unsigned at = 0; at < len; at++)
			(void)negotiate(TRUNCATE, message, at);
	}
}

static void flip_each_bit_of(unsigned message)
{
	size_t len = negotiate(LOSE, message, 0);

	for (unsigned bit = 0; bit < len * 8; bit++)
		(void)negotiate(FLIP, message, bit);
}

static void each_bit_of_the_first_request_may_be_flipped(void **state)
{
	(void)state;
	flip_each_bit_of(0);
}

static void each_bit_of_the_first_response_may_be_flipped(void **state)
{
	(void)state;
	flip_each_bit_of(1);
}

static void each_bit_of_the_auth_request_may_be_flipped(void **state)
{
	(void)state;
	flip_each_bit_of(2);
}

static void each_bit_of_the_auth_response_may_be_flipped(void **state)
{
	(void)state;
	flip_each_bit_of(3);
}

/* ---- by hand ---- */

struct post {
	struct pair pair;
	struct spoiler spoiler; /* counts only */
	unsigned delivered;
};

static void post_start(struct post *post, uint64_t seed)
{
	post->spoiler = (struct spoiler){ .fault = LOSE, .target = UINT32_MAX };
	post->delivered = 0;
	pair_start(&post->pair, seed, SHORT, SHORT, NULL, NULL);
	world_tap(post->pair.world, spoil, &post->spoiler);
	world_manual(post->pair.world, true);
	end_up(&post->pair.west, "t");
	world_settle(post->pair.world);
}

static struct flight *post_next(struct post *post, uint64_t but_not)
{
	list_for(node, world_flights(post->pair.world))
	{
		struct flight *flight = container_of(node, struct flight, in_world);
		if (flight->id != but_not)
			return flight;
	}
	return NULL;
}

/* Delivers everything but that one for that long. */
static void post_pump(struct post *post, usec_t duration, uint64_t but_not)
{
	usec_t until = world_now(post->pair.world) + duration;
	struct flight *flight;

	while (world_now(post->pair.world) < until) {
		while ((flight = post_next(post, but_not)) != NULL) {
			world_deliver(post->pair.world, flight);
			world_settle(post->pair.world);
		}
		world_run(post->pair.world, 50 * USEC_PER_MSEC);
	}
}

static struct flight *post_reach(struct post *post, unsigned message)
{
	for (unsigned i = 0; i < message; i++) {
		world_deliver(post->pair.world, post_next(post, 0));
		world_settle(post->pair.world);
	}
	return post_next(post, 0);
}

static void assert_one_reply_to_each(struct post *post, unsigned duplicates)
{
	pair_assert_tunnel(&post->pair);
	assert_int_equal(post->pair.east.gateway->sas.half_open_count, 0);
	assert_true(post->spoiler.responses_of_east <= post->spoiler.requests_to_east + duplicates);
	assert_true(post->spoiler.responses_of_west <= post->spoiler.requests_to_west + duplicates);
}

static void each_message_may_come_twice_or_five_times(void **state)
{
	struct post post;

	(void)state;
	for (unsigned message = 0; message < MESSAGES; message++) {
		for (unsigned copies = 1; copies < 5; copies++) {
			post_start(&post, message);
			struct flight *flight = post_reach(&post, message);
			for (unsigned i = 0; i < copies; i++)
				assert_int_equal(world_duplicate(post.pair.world, flight), RC_OK);
			post_pump(&post, 60 * USEC_PER_SEC, 0);
			assert_one_reply_to_each(&post, copies);
			assert_int_equal(post.pair.west.child_up, 1);
			assert_int_equal(post.pair.east.child_up, 1);
			pair_end(&post.pair);
		}
	}
}

/* Longer than a retransmission: it comes after its own repetition, and after all that followed. */
static void each_message_may_come_late(void **state)
{
	static const usec_t delays[] = { 100, 700, 3000, 20000, 45000, 100000 };
	struct post post;

	(void)state;
	for (unsigned message = 0; message < MESSAGES; message++) {
		for (unsigned i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
			post_start(&post, message);
			struct flight *flight = post_reach(&post, message);
			post_pump(&post, delays[i] * USEC_PER_MSEC, flight->id);
			world_deliver(post.pair.world, flight);
			world_settle(post.pair.world);
			post_pump(&post, 200 * USEC_PER_SEC, 0);
			assert_one_reply_to_each(&post, 0);
			assert_int_equal(post.pair.west.failed, 0);
			pair_end(&post.pair);
		}
	}
}

/* Everything at once, many seeds. */
static void a_bad_network_only_delays_the_tunnel(void **state)
{
	struct world_network network = { .loss = 200,
					 .duplicate = 100,
					 .corrupt = 50,
					 .reorder = 100,
					 .delay = 40 * USEC_PER_MSEC,
					 .jitter = 300 * USEC_PER_MSEC };
	struct spoiler spoiler = { .target = UINT32_MAX };
	struct world_network good = { .delay = USEC_PER_MSEC };
	struct pair pair;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		pair_start(&pair, seed, SHORT, SHORT, NULL, NULL);
		world_set_network(pair.world, &network);
		end_up(&pair.west, "t");
		if (seed % 2 == 1)
			end_up(&pair.east, "t");
		world_run(pair.world, 300 * USEC_PER_SEC);
		world_set_network(pair.world, &good);
		world_run(pair.world, 400 * USEC_PER_SEC);
		assert_healthy(&pair, &spoiler);
		pair_end(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_may_be_lost),
		cmocka_unit_test(each_message_may_be_truncated_anywhere),
		cmocka_unit_test(each_bit_of_the_first_request_may_be_flipped),
		cmocka_unit_test(each_bit_of_the_first_response_may_be_flipped),
		cmocka_unit_test(each_bit_of_the_auth_request_may_be_flipped),
		cmocka_unit_test(each_bit_of_the_auth_response_may_be_flipped),
		cmocka_unit_test(each_message_may_come_twice_or_five_times),
		cmocka_unit_test(each_message_may_come_late),
		cmocka_unit_test(a_bad_network_only_delays_the_tunnel),
	};

	return exchange_run(tests);
}
