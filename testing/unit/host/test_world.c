/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/inbox.h"

static struct inbox inboxes[8];

/* Eight hosts that pass random bytes on to random others over a bad network, with timers and jobs.
 */
struct player {
	struct world *world;
	struct host *host;
	struct job job;
	bool working;
	uint64_t *history;
	unsigned left;
};
static struct player players[8];

static void note(struct player *player, uint64_t what)
{
	uint64_t mixed = *player->history ^ what ^ (uint64_t)host_now(player->host);

	*player->history = mixed * 0x100000001b3u + (mixed >> 47);
}

static void play(struct player *player)
{
	struct ip_endpoint to = { 0 }, from = at("10.0.0.0", 500);
	uint8_t bytes[8];

	if (player->left == 0)
		return;
	player->left--;
	assert_int_equal(host_random(player->host, bytes, sizeof(bytes)), RC_OK);
	from.addr.bytes[3] = (uint8_t)(player - players + 1);
	to = from;
	to.addr.bytes[3] = (uint8_t)(bytes[0] % 8 + 1);
	assert_int_equal(player->host->ops->udp_send(player->host, &from, &to, SPAN_OF(bytes)),
			 RC_OK);
}

static void player_work(struct job *job, unsigned worker)
{
	(void)worker;
	note(container_of(job, struct player, job), 0x70b);
}

static void player_done(struct job *job)
{
	struct player *player = container_of(job, struct player, job);

	player->working = false;
	play(player);
}

static void player_woken(void *context)
{
	play(context);
}

static void player_receive(void *context, const struct datagram *datagram)
{
	struct player *player = context;
	uint8_t first = datagram->payload.ptr[0];

	for (size_t i = 0; i < datagram->payload.len; i++)
		note(player, datagram->payload.ptr[i]);
	player->host->ops->wake_at(player->host, host_now(player->host) + first, player_woken,
				   player);
	if (!player->working && first % 2 == 0) {
		player->working = true;
		player->host->ops->job_submit(player->host, &player->job);
	}
}

static uint64_t history_of(uint64_t seed)
{
	static const struct world_network network = {
		.loss = 50,
		.duplicate = 100,
		.corrupt = 50,
		.reorder = 100,
		.delay = 5000,
		.jitter = 3000,
	};
	struct world *world = world_new(seed);
	uint64_t history = 0;

	assert_non_null(world);
	world_set_network(world, &network);
	for (size_t i = 0; i < 8; i++) {
		char name[16];

		snprintf(name, sizeof(name), "10.0.0.%zu", i + 1);
		players[i] = (struct player){ .world = world, .history = &history, .left = 200 };
		players[i].host = inbox_host(world, &inboxes[i], name);
		players[i].job = (struct job){ .work = player_work, .done = player_done };
		assert_int_equal(players[i].host->ops->udp_listen(players[i].host, 500, 4500,
								  player_receive, &players[i],
								  NULL),
				 RC_OK);
	}
	for (size_t i = 0; i < 8; i++)
		play(&players[i]);
	world_run(world, 60 * USEC_PER_SEC);
	world_free(world);
	return history;
}

static void same_seed_gives_the_same_history(void **state)
{
	(void)state;
	assert_int_equal(history_of(1), history_of(1));
	assert_int_equal(history_of(77), history_of(77));
}

static void another_seed_gives_another_history(void **state)
{
	(void)state;
	assert_int_not_equal(history_of(1), history_of(2));
}

static void count_call(void *context)
{
	++*(int *)context;
}

static void clock_moves_only_when_nothing_else_is_due(void **state)
{
	struct world *world = world_new(1);
	struct host *host = inbox_host(world, &inboxes[0], "10.0.0.1");
	usec_t begin = world_now(world);
	int woken = 0;

	(void)state;
	assert_true(begin > 0);
	host->ops->wake_at(host, begin + 5 * USEC_PER_SEC, count_call, &woken);
	assert_int_equal(say(host, at("10.0.0.1", 500), at("10.0.0.1", 500), "me"), RC_OK);
	assert_true(world_step(world));
	assert_int_equal(inboxes[0].count, 1);
	assert_int_equal(world_now(world), begin);
	assert_true(world_step(world));
	assert_int_equal(woken, 1);
	assert_int_equal(world_now(world), begin + 5 * USEC_PER_SEC);
	assert_false(world_step(world));
	world_free(world);
}

static void run_takes_what_is_due_at_its_end_and_stops_there(void **state)
{
	struct world *world = world_new(1);
	struct host *a = world_host(world, "a"), *b = world_host(world, "b");
	usec_t begin = world_now(world);
	int at_end = 0, after = 0;

	(void)state;
	a->ops->wake_at(a, begin + 1000, count_call, &at_end);
	b->ops->wake_at(b, begin + 1001, count_call, &after);
	world_run(world, 1000);
	assert_int_equal(at_end, 1);
	assert_int_equal(after, 0);
	assert_int_equal(world_now(world), begin + 1000);
	world_run(world, 9);
	assert_int_equal(after, 1);
	assert_int_equal(world_now(world), begin + 1009);
	world_free(world);
}

static void settle_leaves_the_clock_alone(void **state)
{
	struct world *world = world_new(1);
	struct host *host = inbox_host(world, &inboxes[0], "10.0.0.1");
	usec_t begin = world_now(world);
	int woken = 0;

	(void)state;
	host->ops->wake_at(host, begin + 1, count_call, &woken);
	for (int i = 0; i < 10; i++)
		assert_int_equal(say(host, at("10.0.0.1", 500), at("10.0.0.1", 500), "x"), RC_OK);
	world_settle(world);
	assert_int_equal(inboxes[0].count, 10);
	assert_int_equal(woken, 0);
	assert_int_equal(world_now(world), begin);
	world_free(world);
}

static void random_numbers_of_tests_repeat_with_the_seed(void **state)
{
	struct world *a = world_new(3), *b = world_new(3), *c = world_new(4);

	(void)state;
	assert_int_equal(world_random(a), world_random(b));
	assert_int_not_equal(world_random(a), world_random(c));
	world_free(a);
	world_free(b);
	world_free(c);
}

static void world_without_memory_is_null(void **state)
{
	(void)state;
	mem_fail_nth(1);
	assert_null(world_new(1));
	mem_fail_nth(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_gives_the_same_history),
		cmocka_unit_test(another_seed_gives_another_history),
		cmocka_unit_test(clock_moves_only_when_nothing_else_is_due),
		cmocka_unit_test(run_takes_what_is_due_at_its_end_and_stops_there),
		cmocka_unit_test(settle_leaves_the_clock_alone),
		cmocka_unit_test(random_numbers_of_tests_repeat_with_the_seed),
		cmocka_unit_test(world_without_memory_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
