/* SPDX-License-Identifier: Apache-2.0 */
/* How scripts behave beside tunnels: exchange/test_updown. Here: the queue alone. */
#include <stdio.h>
#include "engine/private.h"
#include "unit/ikev2/road.h"

struct played {
	unsigned runs, of_other;
	char verbs[4000];
	usec_t takes;
};

static void play(void *context, struct host *host, const struct spawn_request *request,
		 struct world_program *program)
{
	struct played *played = context;

	(void)host;
	played->runs++;
	for (size_t i = 0; request->env[i] != NULL; i++)
		played->of_other += strcmp(request->env[i], "PLUTO_UNIQUEID=99") == 0;
	(void)snprintf(played->verbs + strlen(played->verbs),
		       sizeof(played->verbs) - strlen(played->verbs), "%s ",
		       request->env[0] + strlen("PLUTO_VERB="));
	program->takes = played->takes;
}

static void begin(struct road *road, struct played *played)
{
	road_begin(road, PAIR_CONN "\tleftupdown=/etc/updown\n", NULL);
	*played = (struct played){ .takes = USEC_PER_SEC };
	world_on_spawn(road->pair.world, play, played);
	end_up(&road->pair.west, "t");
	road_run(road, 10 * USEC_PER_SEC);
	assert_int_equal(played->runs, 3);
	assert_true(updown_idle(road->pair.west.gateway));
	played->verbs[0] = '\0';
}

static struct child_sa *child_of(struct road *road)
{
	return tunnel_current(road_tunnel(&road->pair.west));
}

static bool tell(struct gateway *gateway, struct child_sa *child, enum script_state from,
		 enum script_state to, void (*done)(void *context), void *context)
{
	struct updown_event event = { .tunnel = child->tunnel,
				      .child = child,
				      .local = &child->local,
				      .remote = &child->remote,
				      .from = from,
				      .to = to,
				      .slot = child->tunnel->name,
				      .done = done,
				      .context = context };

	return updown_tell(gateway, &event);
}

static void updown_up(struct gateway *gateway, struct child_sa *child)
{
	(void)tell(gateway, child, SCRIPT_NONE, SCRIPT_UP, NULL, NULL);
}

static bool updown_down(struct gateway *gateway, struct child_sa *child,
			void (*done)(void *context), void *context)
{
	return tell(gateway, child, SCRIPT_UP, SCRIPT_NONE, done, context);
}

static void count(void *context)
{
	++*(unsigned *)context;
}

static void who_waits_for_the_end_is_told_once(void **state)
{
	struct gateway *gateway;
	struct played played;
	struct road road;
	unsigned done = 0;

	(void)state;
	begin(&road, &played);
	gateway = road.pair.west.gateway;
	assert_true(updown_down(gateway, child_of(&road), count, &done));
	assert_false(updown_idle(gateway));
	road_run(&road, 1500 * USEC_PER_MSEC);
	assert_int_equal(done, 0);
	road_run(&road, 5 * USEC_PER_SEC);
	assert_int_equal(done, 1);
	assert_true(updown_idle(gateway));
	assert_string_equal(played.verbs, "down-client unroute-client ");
	assert_false(updown_has_script(road_tunnel(&road.pair.east)));
	road_end(&road);
}

static void an_up_that_was_not_begun_goes_with_its_down(void **state)
{
	struct gateway *gateway;
	struct played played;
	struct road road;
	unsigned done = 0;

	(void)state;
	begin(&road, &played);
	gateway = road.pair.west.gateway;
	updown_up(gateway, child_of(&road));
	assert_false(updown_down(gateway, child_of(&road), count, &done));
	assert_true(updown_idle(gateway));
	assert_true(updown_down(gateway, child_of(&road), count, &done));
	road_run(&road, USEC_PER_SEC / 2);
	updown_up(gateway, child_of(&road));
	assert_false(updown_down(gateway, child_of(&road), count, &done));
	road_run(&road, 10 * USEC_PER_SEC);
	assert_string_equal(played.verbs, "down-client unroute-client ");
	assert_int_equal(done, 1);
	updown_up(gateway, child_of(&road)); /* begun: it stays */
	road_run(&road, USEC_PER_SEC / 2);
	assert_true(updown_down(gateway, child_of(&road), count, &done));
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(played.runs, 10);
	assert_int_equal(done, 2);
	road_end(&road);
}

static void what_runs_when_the_gateway_goes_is_killed(void **state)
{
	struct played played;
	struct road road;
	unsigned done = 0;

	(void)state;
	begin(&road, &played);
	assert_true(updown_down(road.pair.west.gateway, child_of(&road), count, &done));
	updown_up(road.pair.west.gateway, child_of(&road));
	road_run(&road, USEC_PER_SEC / 2);
	updown_forget(road.pair.west.gateway);
	assert_true(updown_idle(road.pair.west.gateway));
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(done, 0);
	assert_int_equal(played.runs, 4);
	updown_up(road.pair.west.gateway, child_of(&road)); /* and it can go on */
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(played.runs, 7);
	road_end(&road);
}

static void without_memory_a_script_is_left_out_and_counted(void **state)
{
	struct gateway *gateway;
	struct played played;
	struct road road;

	(void)state;
	begin(&road, &played);
	gateway = road.pair.west.gateway;
	for (uint64_t i = 1; i < 40; i++) {
		unsigned done = 0;
		bool later;
		mem_fail_nth(i);
		updown_up(gateway, child_of(&road));
		later = updown_down(gateway, child_of(&road), count, &done);
		world_settle(road.pair.world);
		mem_fail_nth(0);
		road_run(&road, 10 * USEC_PER_SEC);
		assert_int_equal(done, later ? 1 : 0);
		assert_true(updown_idle(gateway));
	}
	assert_true(gateway->counters.scripts_failed > 1);
	road_end(&road);
}

/* Some other tunnel's events stand between those of one. */
static void tunnels_of_one_slot_do_not_make_it_long(void **state)
{
	struct tunnel other = { .serial = 99 };
	struct child_sa *child, second;
	struct gateway *gateway;
	struct played played;
	struct road road;

	(void)state;
	begin(&road, &played);
	gateway = road.pair.west.gateway;
	child = child_of(&road);
	other = *child->tunnel;
	other.serial = 99;
	second = *child;
	second.tunnel = &other;
	assert_true(updown_down(gateway, child, NULL, NULL)); /* runs */
	road_run(&road, USEC_PER_SEC / 2);
	for (unsigned i = 0; i < 100; i++) {
		updown_up(gateway, child);
		updown_up(gateway, &second);
		assert_false(updown_down(gateway, child, NULL, NULL));
		assert_false(updown_down(gateway, &second, NULL, NULL));
	}
	road_run(&road, 10 * USEC_PER_SEC);
	assert_true(updown_idle(gateway));
	assert_string_equal(played.verbs, "down-client unroute-client ");
	updown_up(gateway, child);
	updown_up(gateway, &second);
	assert_false(updown_down(gateway, child, NULL, NULL));
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(played.of_other, 3);
	assert_int_equal(played.runs, 3 + 2 + 3);
	road_end(&road);
}

/* Of what had not begun the part remains that leads to where it is. */
static void a_route_remains_of_an_up_that_was_not_begun(void **state)
{
	struct gateway *gateway;
	struct played played;
	struct road road;

	(void)state;
	begin(&road, &played);
	gateway = road.pair.west.gateway;
	(void)tell(gateway, child_of(&road), SCRIPT_NONE, SCRIPT_UP, NULL, NULL);
	assert_true(tell(gateway, child_of(&road), SCRIPT_UP, SCRIPT_ROUTED, NULL, NULL));
	road_run(&road, 10 * USEC_PER_SEC);
	assert_string_equal(played.verbs, "prepare-client route-client ");
	(void)tell(gateway, child_of(&road), SCRIPT_ROUTED, SCRIPT_UP, NULL, NULL);
	assert_true(tell(gateway, child_of(&road), SCRIPT_UP, SCRIPT_NONE, NULL, NULL));
	road_run(&road, 10 * USEC_PER_SEC);
	assert_string_equal(played.verbs, "prepare-client route-client unroute-client ");
	road_end(&road);
}

/* An up that was not begun, on its way down to a trap, is a way up that somebody waits for. */
static void who_waits_for_what_is_not_run_is_told_too(void **state)
{
	struct gateway *gateway;
	struct played played;
	struct road road;
	unsigned done = 0;

	(void)state;
	begin(&road, &played);
	gateway = road.pair.west.gateway;
	updown_up(gateway, child_of(&road));
	assert_true(tell(gateway, child_of(&road), SCRIPT_UP, SCRIPT_ROUTED, count, &done));
	assert_int_equal(done, 0);
	assert_false(tell(gateway, child_of(&road), SCRIPT_ROUTED, SCRIPT_NONE, NULL, NULL));
	assert_int_equal(done, 1);
	road_run(&road, 10 * USEC_PER_SEC);
	assert_int_equal(done, 1);
	assert_string_equal(played.verbs, "");
	assert_true(updown_idle(gateway));
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_for_the_end_is_told_once),
		cmocka_unit_test(an_up_that_was_not_begun_goes_with_its_down),
		cmocka_unit_test(what_runs_when_the_gateway_goes_is_killed),
		cmocka_unit_test(without_memory_a_script_is_left_out_and_counted),
		cmocka_unit_test(tunnels_of_one_slot_do_not_make_it_long),
		cmocka_unit_test(who_waits_for_what_is_not_run_is_told_too),
		cmocka_unit_test(a_route_remains_of_an_up_that_was_not_begun),
	};

	return exchange_run(tests);
}
