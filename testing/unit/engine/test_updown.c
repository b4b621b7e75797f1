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

struct scene {
	struct road road;
	struct played played;
	struct gateway *gateway; /* west's */
	struct child_sa *child;
	unsigned done; /* calls of count() */
};

/* The tunnel is up, and its scripts have run. */
static void begin(struct scene *s)
{
	road_begin(&s->road, PAIR_CONN "\tleftupdown=/etc/updown\n", NULL);
	s->played = (struct played){ .takes = USEC_PER_SEC };
	s->gateway = s->road.pair.west.gateway;
	s->done = 0;
	world_on_spawn(s->road.pair.world, play, &s->played);
	end_up(&s->road.pair.west, "t");
	road_run(&s->road, 10 * USEC_PER_SEC);
	assert_int_equal(s->played.runs, 3);
	assert_true(updown_idle(s->gateway));
	s->played.verbs[0] = '\0';
	s->child = tunnel_current(road_tunnel(&s->road.pair.west));
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
	struct scene s;

	(void)state;
	begin(&s);
	assert_true(updown_down(s.gateway, s.child, count, &s.done));
	assert_false(updown_idle(s.gateway));
	road_run(&s.road, 1500 * USEC_PER_MSEC);
	assert_int_equal(s.done, 0);
	road_run(&s.road, 5 * USEC_PER_SEC);
	assert_int_equal(s.done, 1);
	assert_true(updown_idle(s.gateway));
	assert_string_equal(s.played.verbs, "down-client unroute-client ");
	assert_false(updown_has_script(road_tunnel(&s.road.pair.east)));
	road_end(&s.road);
}

static void an_up_that_was_not_begun_goes_with_its_down(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	updown_up(s.gateway, s.child);
	assert_false(updown_down(s.gateway, s.child, count, &s.done));
	assert_true(updown_idle(s.gateway));
	assert_true(updown_down(s.gateway, s.child, count, &s.done));
	road_run(&s.road, USEC_PER_SEC / 2);
	updown_up(s.gateway, s.child);
	assert_false(updown_down(s.gateway, s.child, count, &s.done));
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_string_equal(s.played.verbs, "down-client unroute-client ");
	assert_int_equal(s.done, 1);
	updown_up(s.gateway, s.child); /* begun: it stays */
	road_run(&s.road, USEC_PER_SEC / 2);
	assert_true(updown_down(s.gateway, s.child, count, &s.done));
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_int_equal(s.played.runs, 10);
	assert_int_equal(s.done, 2);
	road_end(&s.road);
}

static void what_runs_when_the_gateway_goes_is_killed(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	assert_true(updown_down(s.gateway, s.child, count, &s.done));
	updown_up(s.gateway, s.child);
	road_run(&s.road, USEC_PER_SEC / 2);
	updown_forget(s.gateway);
	assert_true(updown_idle(s.gateway));
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_int_equal(s.done, 0);
	assert_int_equal(s.played.runs, 4);
	updown_up(s.gateway, s.child); /* and it can go on */
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_int_equal(s.played.runs, 7);
	road_end(&s.road);
}

static void without_memory_a_script_is_left_out_and_counted(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (uint64_t i = 1; i < 40; i++) {
		unsigned done = 0;
		bool later;
		mem_fail_nth(i);
		updown_up(s.gateway, s.child);
		later = updown_down(s.gateway, s.child, count, &done);
		world_settle(s.road.pair.world);
		mem_fail_nth(0);
		road_run(&s.road, 10 * USEC_PER_SEC);
		assert_int_equal(done, later ? 1 : 0);
		assert_true(updown_idle(s.gateway));
	}
	assert_true(s.gateway->counters.scripts_failed > 1);
	road_end(&s.road);
}

/* Some other tunnel's events stand between those of one. */
static void tunnels_of_one_slot_do_not_make_it_long(void **state)
{
	struct tunnel other = { .serial = 99 };
	struct child_sa second;
	struct scene s;

	(void)state;
	begin(&s);
	other = *s.child->tunnel;
	other.serial = 99;
	second = *s.child;
	second.tunnel = &other;
	assert_true(updown_down(s.gateway, s.child, NULL, NULL)); /* runs */
	road_run(&s.road, USEC_PER_SEC / 2);
	for (unsigned i = 0; i < 100; i++) {
		updown_up(s.gateway, s.child);
		updown_up(s.gateway, &second);
		assert_false(updown_down(s.gateway, s.child, NULL, NULL));
		assert_false(updown_down(s.gateway, &second, NULL, NULL));
	}
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_true(updown_idle(s.gateway));
	assert_string_equal(s.played.verbs, "down-client unroute-client ");
	updown_up(s.gateway, s.child);
	updown_up(s.gateway, &second);
	assert_false(updown_down(s.gateway, s.child, NULL, NULL));
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_int_equal(s.played.of_other, 3);
	assert_int_equal(s.played.runs, 3 + 2 + 3);
	road_end(&s.road);
}

/* Of what had not begun the part remains that leads to where it is. */
static void a_route_remains_of_an_up_that_was_not_begun(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	(void)tell(s.gateway, s.child, SCRIPT_NONE, SCRIPT_UP, NULL, NULL);
	assert_true(tell(s.gateway, s.child, SCRIPT_UP, SCRIPT_ROUTED, NULL, NULL));
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_string_equal(s.played.verbs, "prepare-client route-client ");
	(void)tell(s.gateway, s.child, SCRIPT_ROUTED, SCRIPT_UP, NULL, NULL);
	assert_true(tell(s.gateway, s.child, SCRIPT_UP, SCRIPT_NONE, NULL, NULL));
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_string_equal(s.played.verbs, "prepare-client route-client unroute-client ");
	road_end(&s.road);
}

/* An up that was not begun, on its way down to a trap, is a way up that somebody waits for. */
static void who_waits_for_what_is_not_run_is_told_too(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	updown_up(s.gateway, s.child);
	assert_true(tell(s.gateway, s.child, SCRIPT_UP, SCRIPT_ROUTED, count, &s.done));
	assert_int_equal(s.done, 0);
	assert_false(tell(s.gateway, s.child, SCRIPT_ROUTED, SCRIPT_NONE, NULL, NULL));
	assert_int_equal(s.done, 1);
	road_run(&s.road, 10 * USEC_PER_SEC);
	assert_int_equal(s.done, 1);
	assert_string_equal(s.played.verbs, "");
	assert_true(updown_idle(s.gateway));
	road_end(&s.road);
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
