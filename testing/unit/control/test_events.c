/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>
#include "engine/private.h"
#include "unit/control/fixture.h"
#include "unit/test.h"

#define EVENTS "{\"method\":\"io.vanth.ike.Events\",\"more\":true}"
#define EVENTS_OF(name)                                                                            \
	"{\"method\":\"io.vanth.ike.Events\",\"parameters\":{\"name\":\"" name "\"},\"more\":"     \
	"true}"

static void expect_event(struct fixture *fixture, int fd, const char *event, const char *tunnel)
{
	json_t *reply = hear(fixture, fd);

	assert_non_null(reply);
	assert_true(json_is_true(json_object_get(reply, "continues")));
	assert_string_equal(text_in(reply, "event"), event);
	assert_string_equal(text_in(reply, "tunnel"), tunnel);
	json_decref(reply);
}

static void events_come_as_they_happen_until_the_client_leaves(void **state)
{
	struct fixture fixture;
	struct child_sa *child;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_call(fd, EVENTS);
	expect_event(&fixture, fd, "listening", "");
	child = pretend_up(&fixture, "office");
	expect_event(&fixture, fd, "ike-up", "");
	expect_event(&fixture, fd, "child-up", "office");
	pretend_down(&fixture, child, RC_PEER_DELETED);
	expect_event(&fixture, fd, "child-down", "office");
	expect_event(&fixture, fd, "ike-down", "");
	assert_true(is_silent(&fixture, fd));
	hang_up(&fixture, fd);
	assert_true(list_empty(&fixture.gateway->watchers));
	fixture_end(&fixture);
}

static void events_of_one_name_leave_out_the_others(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN("office") CONN_OF_TWO);
	fd = dial(&fixture);
	say_call(fd, EVENTS_OF("office"));
	expect_event(&fixture, fd, "listening", "");
	(void)pretend_up(&fixture, "pair/1x1");
	assert_true(is_silent(&fixture, fd));
	(void)pretend_up(&fixture, "office");
	expect_event(&fixture, fd, "ike-up", "");
	expect_event(&fixture, fd, "child-up", "office");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void client_that_does_not_read_is_told_what_it_lost(void **state)
{
	enum { MANY = 5000 };
	struct fixture fixture;
	struct tunnel *tunnel;
	json_int_t lost = 0;
	unsigned heard = 0;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	tunnel = tunnel_named(&fixture, "office");
	fd = dial(&fixture);
	say_call(fd, EVENTS);
	expect_event(&fixture, fd, "listening", "");
	for (unsigned i = 0; i < MANY; i++) {
		watch_tell(fixture.gateway, GATEWAY_PROGRESS, tunnel->peer, tunnel, 0, RC_OK,
			   "event %u", i);
		if (i % 100 == 0)
			settle(&fixture);
	}
	while (!is_silent(&fixture, fd)) {
		json_decref(hear(&fixture, fd));
		heard++;
	}
	watch_tell(fixture.gateway, GATEWAY_PROGRESS, tunnel->peer, tunnel, 0, RC_OK, "the last");
	{
		json_t *reply = hear(&fixture, fd);
		lost = json_integer_value(
			json_object_get(json_object_get(reply, "parameters"), "lost"));
		json_decref(reply);
	}
	assert_true(lost > 0);
	assert_int_equal(heard + lost, MANY);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_as_they_happen_until_the_client_leaves),
		cmocka_unit_test(events_of_one_name_leave_out_the_others),
		cmocka_unit_test(client_that_does_not_read_is_told_what_it_lost),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
