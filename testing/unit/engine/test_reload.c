/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "base/arena.h"
#include "engine/private.h"
#include "unit/ikev2/road.h"

#define MANY 1500

struct told {
	struct gateway_reload_report report;
	unsigned done, progress, last, total;
};

static void on_progress(void *context, unsigned done, unsigned total)
{
	struct told *told = context;

	assert_true(done >= told->last && done <= total);
	told->progress++;
	told->last = done;
	told->total = total;
}

static void on_done(void *context, const struct gateway_reload_report *report)
{
	struct told *told = context;

	told->done++;
	told->report = *report;
}

static enum rc begin(struct gateway *gateway, const char *conf, struct told *told)
{
	struct config *config = load_conf(conf);
	const struct gateway_reload_watch watch = { on_progress, on_done, told };
	struct diag diag;
	enum rc rc;

	*told = (struct told){ .done = 0 };
	rc = gateway_reload_watched(gateway, config, &watch, &diag);
	config_unref(config);
	return rc;
}

/* c0 to c1499; the one with the number `other` has another peer. */
static char *many_conns(unsigned other)
{
	size_t size = (size_t)MANY * 200, len = 0;
	char *conf = mem_alloc(size);

	assert_non_null(conf);
	for (unsigned i = 0; i < MANY; i++)
		len += (size_t)snprintf(conf + len, size - len,
					"conn c%u\n\tleft=192.0.2.1\n\tright=198.%u.%u.%u\n"
					"\tauthby=secret\n\tauto=add\n",
					i, i == other ? 19 : 18, i >> 8, i & 0xff);
	return conf;
}

static void every_conn_is_counted_by_what_became_of_it(void **state)
{
	static const char before[] = "conn same\n\tleft=192.0.2.1\n\tright=198.51.100.1\n"
				     "conn gone\n\tleft=192.0.2.1\n\tright=198.51.100.2\n"
				     "conn other\n\tleft=192.0.2.1\n\tright=198.51.100.3\n"
				     "conn timers\n\tleft=192.0.2.1\n\tright=198.51.100.4\n"
				     "conn ignored\n\tleft=192.0.2.1\n\tright=198.51.100.6\n";
	static const char after[] =
		"conn same\n\tleft=192.0.2.1\n\tright=198.51.100.1\n"
		"conn other\n\tleft=192.0.2.1\n\tright=198.51.100.3\n\tleftid=@else\n"
		"conn "
		"timers\n\tleft=192.0.2.1\n\tright=198.51.100.4\n\tdpddelay=9\n\tdpdtimeout=40\n"
		"conn new\n\tleft=192.0.2.1\n\tright=198.51.100.5\n"
		"conn ignored\n\tleft=192.0.2.1\n\tright=198.51.100.6\n\tauto=ignore\n";
	char one[1200], two[1200];
	struct road road;
	struct told told;

	(void)state;
	(void)snprintf(one, sizeof(one), "conn %%default\n\tauto=add\n\tauthby=secret\n%s", before);
	(void)snprintf(two, sizeof(two), "conn %%default\n\tauto=add\n\tauthby=secret\n%s", after);
	road_begin(&road, one, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	assert_int_equal(begin(gateway, two, &told), RC_OK);
	assert_int_equal(told.done, 0);
	world_settle(road.pair.world);
	assert_int_equal(told.done, 1);
	assert_int_equal(told.report.unchanged, 1);
	assert_int_equal(told.report.removed, 2);
	assert_int_equal(told.report.changed, 1);
	assert_int_equal(told.report.updated, 1);
	assert_int_equal(told.report.added, 1);
	assert_int_equal(told.report.failed, 0);
	world_settle(road.pair.world);
	assert_null(peers_conn(&gateway->peers, "gone"));
	assert_int_equal(peers_tunnel(&gateway->peers, "timers")->peer->conn->dpddelay,
			 9 * USEC_PER_SEC);
	assert_true(end_said(&road.pair.west, "dpddelay= has changed"));
	assert_int_equal(gateway->config->refs, 1 + 4 + 4); /* its own, conns, peers */
	road_end(&road);
}

static void many_conns_take_many_turns_in_which_others_have_theirs(void **state)
{
	char *before = many_conns(MANY), *after = many_conns(700);
	struct road road;
	struct told told;
	unsigned turns = 0;

	(void)state;
	road_begin(&road, before, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	world_settle(road.pair.world);
	assert_int_equal(begin(gateway, after, &told), RC_OK);
	for (; told.done == 0; turns++)
		assert_true(world_step(road.pair.world));
	assert_true(turns > 3 && told.progress > 3);
	assert_int_equal(told.total, MANY);
	assert_int_equal(told.report.unchanged, MANY - 1);
	assert_int_equal(told.report.changed, 1);
	world_settle(road.pair.world);
	assert_int_equal(gateway->peers.count, MANY);
	road_end(&road);
	mem_free(before);
	mem_free(after);
}

static void the_next_reload_brings_the_first_one_to_its_end(void **state)
{
	char *before = many_conns(MANY), *after = many_conns(700);
	struct road road;
	struct told first, second;

	(void)state;
	road_begin(&road, before, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	assert_int_equal(begin(gateway, after, &first), RC_OK);
	(void)world_step(road.pair.world);
	assert_int_equal(first.done, 0);
	assert_int_equal(begin(gateway, before, &second), RC_OK);
	assert_int_equal(first.done, 1);
	assert_int_equal(first.report.changed, 1);
	world_settle(road.pair.world);
	assert_int_equal(second.done, 1);
	assert_int_equal(second.report.changed, 1);
	assert_int_equal(gateway->peers.count, MANY);
	road_end(&road);
	mem_free(before);
	mem_free(after);
}

static void verbs_may_come_between_the_turns(void **state)
{
	char *before = many_conns(MANY), *after = many_conns(700);
	struct road road;
	struct told told;
	struct diag diag;

	(void)state;
	road_begin(&road, before, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	assert_int_equal(begin(gateway, after, &told), RC_OK);
	assert_int_equal(gateway_delete(gateway, "c699", &diag), RC_OK);
	assert_int_equal(gateway_delete(gateway, "c1499", &diag), RC_OK);
	assert_int_equal(gateway_add(gateway, gateway->config, "c1499", &diag), RC_OK);
	world_settle(road.pair.world);
	assert_int_equal(told.done, 1);
	assert_null(peers_conn(&gateway->peers, "c699")); /* what was deleted stays away */
	assert_non_null(peers_conn(&gateway->peers, "c1499"));
	assert_int_equal(gateway->peers.count, MANY - 1);
	road_end(&road);
	mem_free(before);
	mem_free(after);
}

static void the_gateway_may_end_in_the_middle(void **state)
{
	char *before = many_conns(MANY), *after = many_conns(700);
	struct road road;
	struct told told;

	(void)state;
	for (unsigned stops = 0; stops < 2; stops++) {
		road_begin(&road, before, NULL);
		assert_int_equal(begin(road.pair.west.gateway, after, &told), RC_OK);
		assert_int_equal(told.done, 0);
		if (stops != 0)
			end_stop(&road.pair.west);
		world_settle(road.pair.world);
		assert_int_equal(told.done, 1);
		assert_int_equal(begin(road.pair.west.gateway, before, &told), RC_OK);
		road_end(&road); /* the leak checker tells */
	}
	mem_free(before);
	mem_free(after);
}

/* One allocation after the other fails: either nothing has changed, or all of it has in the end. */
static void without_memory_it_is_whole_or_not_at_all(void **state)
{
	static const char other[] = PAIR_CONN "\treqid=7\n";
	struct road road;
	struct told told;
	unsigned refused = 0;

	(void)state;
	for (uint64_t nth = 1; nth < 40; nth++) {
		const struct gateway_reload_watch watch = { on_progress, on_done, &told };
		struct config *config;
		struct diag diag;
		enum rc rc;
		road_begin(&road, NULL, NULL);
		config = load_conf(other);
		told = (struct told){ .done = 0 };
		mem_fail_nth(nth);
		rc = gateway_reload_watched(road.pair.west.gateway, config, &watch, &diag);
		config_unref(config);
		road_run(&road, 30 * USEC_PER_SEC);
		mem_fail_nth(0);
		refused += rc != RC_OK;
		assert_int_equal(told.done, rc == RC_OK);
		assert_int_equal(told.report.failed, 0);
		assert_int_equal(road_tunnel(&road.pair.west)->reqid == 7, rc == RC_OK);
		road_end(&road);
	}
	assert_int_equal(refused, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_conn_is_counted_by_what_became_of_it),
		cmocka_unit_test(many_conns_take_many_turns_in_which_others_have_theirs),
		cmocka_unit_test(the_next_reload_brings_the_first_one_to_its_end),
		cmocka_unit_test(verbs_may_come_between_the_turns),
		cmocka_unit_test(the_gateway_may_end_in_the_middle),
		cmocka_unit_test(without_memory_it_is_whole_or_not_at_all),
	};

	return exchange_run(tests);
}
