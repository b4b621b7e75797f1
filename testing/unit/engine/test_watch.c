/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

struct seen {
	struct watcher watcher;
	unsigned count, leave_at;
	enum gateway_event_type types[32];
	uint64_t serial;
};

static void see(struct watcher *watcher, const struct gateway_event *event)
{
	struct seen *seen = container_of(watcher, struct seen, watcher);

	if (seen->count < 32)
		seen->types[seen->count] = event->type;
	seen->serial = event->serial;
	assert_true(event->text != NULL && event->text[0] != '\0');
	if (++seen->count == seen->leave_at)
		gateway_unwatch(watcher);
}

static unsigned place(const struct seen *seen, enum gateway_event_type type)
{
	for (unsigned i = 0; i < seen->count && i < 32; i++)
		if (seen->types[i] == type)
			return i;
	fail_msg("event %d was not told", (int)type);
	return 0;
}

static void what_happens_is_told_in_order(void **state)
{
	struct seen seen = { .watcher.event = see };
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	gateway_watch(road.pair.west.gateway, &seen.watcher);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(seen.types[0], GATEWAY_PROGRESS);
	assert_true(place(&seen, GATEWAY_IKE_UP) < place(&seen, GATEWAY_CHILD_UP));
	assert_int_equal(seen.serial, tunnel_current(road_tunnel(&road.pair.west))->serial);
	gateway_unwatch(&seen.watcher);
	road_end(&road);
}

static void who_unwatches_in_the_call_is_told_no_more_and_others_are(void **state)
{
	struct seen once = { .watcher.event = see, .leave_at = 1 };
	struct seen all = { .watcher.event = see };
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	gateway_watch(road.pair.west.gateway, &once.watcher);
	gateway_watch(road.pair.west.gateway, &all.watcher);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	assert_int_equal(once.count, 1);
	assert_true(all.count > 3);
	gateway_unwatch(&all.watcher);
	road_end(&road);
}

static void every_event_has_a_name(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(names_text(&gateway_event_names, GATEWAY_IKE_UP, text, sizeof(text)),
			    "ike-up");
	assert_string_equal(names_text(&gateway_event_names, GATEWAY_FAILED, text, sizeof(text)),
			    "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_happens_is_told_in_order),
		cmocka_unit_test(who_unwatches_in_the_call_is_told_no_more_and_others_are),
		cmocka_unit_test(every_event_has_a_name),
	};

	return exchange_run(tests);
}
