/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>
#include "engine/private.h"
#include "unit/control/fixture.h"
#include "unit/test.h"

#define FAILED "io.vanth.ike.NegotiationFailed"

static int call_up(struct fixture *fixture, const char *json)
{
	int fd = dial(fixture);

	say_call(fd, json);
	settle(fixture);
	return fd;
}

static void expect_event(struct fixture *fixture, int fd, const char *event, bool continues)
{
	json_t *reply = hear(fixture, fd);

	assert_non_null(reply);
	assert_null(json_object_get(reply, "error"));
	assert_string_equal(text_in(reply, "event"), event);
	assert_int_equal(json_is_true(json_object_get(reply, "continues")), continues);
	json_decref(reply);
}

#define UP_OFFICE                                                                                  \
	"{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\"},\"more\":true}"

static void progress_is_told_until_the_tunnel_is_up(void **state)
{
	struct fixture fixture;
	struct tunnel *tunnel;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN("office") CONN_OF_TWO);
	fd = call_up(&fixture, UP_OFFICE);
	tunnel = tunnel_named(&fixture, "office");
	assert_int_equal(tunnel->wanted, WANTED_UP);
	watch_tell(fixture.gateway, GATEWAY_PROGRESS, tunnel->peer, tunnel, 0, RC_OK, "one");
	watch_tell(fixture.gateway, GATEWAY_PROGRESS, tunnel->peer, NULL, 0, RC_OK, "of the peer");
	tunnel = tunnel_named(&fixture, "pair/1x1");
	watch_tell(fixture.gateway, GATEWAY_PROGRESS, tunnel->peer, tunnel, 0, RC_OK, "of others");
	(void)pretend_up(&fixture, "office");
	expect_event(&fixture, fd, "progress", true);
	expect_event(&fixture, fd, "progress", true);
	expect_event(&fixture, fd, "ike-up", true);
	expect_event(&fixture, fd, "child-up", true);
	expect_event(&fixture, fd, "done", false);
	assert_true(list_empty(&fixture.gateway->watchers));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void conn_of_two_tunnels_is_up_when_both_are(void **state)
{
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN_OF_TWO);
	fd = call_up(&fixture,
		     "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"pair\"}}");
	(void)pretend_up(&fixture, "pair/1x1");
	assert_true(is_silent(&fixture, fd));
	(void)pretend_up(&fixture, "pair/1x2");
	reply = hear(&fixture, fd);
	assert_string_equal(text_in(reply, "event"), "done");
	expect_done(reply);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

/* What was split for the peer is one tunnel again when it is asked for (engine/unite.c). */
static void parts_that_become_one_are_not_lost(void **state)
{
	static const char conf[] =
		"conn office\n\tleft=127.0.0.1\n\tright=192.0.2.2\n\tleftid=@west\n"
		"\trightid=@east\n\tleftsubnet=10.1.0.0/24,10.3.0.0/24,10.5.0.0/24\n"
		"\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n";
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, conf);
	assert_int_equal(tunnel_split_first(tunnel_named(&fixture, "office")), RC_OK);
	assert_int_equal(tunnel_split_first(tunnel_named(&fixture, "office/2x1")), RC_OK);
	tunnel_named(&fixture, "office/1x1")->wanted = WANTED_ON_DEMAND; /* the others are down */
	settle(&fixture);
	assert_non_null(tunnel_named(&fixture, "office/1x1"));
	fd = call_up(&fixture,
		     "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\"}}");
	(void)pretend_up(&fixture, "office");
	reply = hear(&fixture, fd);
	if (json_object_get(reply, "error") != NULL)
		fail_msg("%s", text_in(reply, "text"));
	assert_string_equal(text_in(reply, "event"), "done");
	expect_done(reply);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void tunnel_that_is_up_is_said_to_be_so_at_once(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	tunnel_named(&fixture, "office")->wanted = WANTED_UP;
	(void)pretend_up(&fixture, "office");
	fd = call_up(&fixture, UP_OFFICE);
	expect_event(&fixture, fd, "already-up", false);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void failure_ends_it_with_the_reason_and_what_comes_next(void **state)
{
	struct fixture fixture;
	struct tunnel *tunnel;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = call_up(&fixture, UP_OFFICE);
	tunnel = tunnel_named(&fixture, "office");
	attempt_failed(fixture.gateway, tunnel->peer, tunnel, 0, RC_AUTH_FAILED,
		       "the peer does not believe us");
	reply = hear(&fixture, fd);
	assert_string_equal(text_in(reply, "reason"), "AUTH_FAILED");
	assert_non_null(strstr(text_in(reply, "next"), "tried again"));
	assert_non_null(strstr(text_in(reply, "next"), "ipsec down office"));
	expect_error(reply, FAILED, "the peer does not believe us");
	assert_int_equal(tunnel->wanted, WANTED_UP);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void failure_of_another_tunnel_does_not_matter(void **state)
{
	struct fixture fixture;
	struct tunnel *other;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN("office") CONN_OF_TWO);
	fd = call_up(&fixture, UP_OFFICE);
	other = tunnel_named(&fixture, "pair/1x2");
	attempt_failed(fixture.gateway, other->peer, other, 0, RC_AUTH_FAILED, "no");
	attempt_failed(fixture.gateway, other->peer, NULL, 0, RC_AUTH_FAILED, "no");
	assert_true(is_silent(&fixture, fd));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void it_ends_when_somebody_takes_the_tunnel_down_meanwhile(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = call_up(&fixture, UP_OFFICE);
	expect_done(ask(&fixture,
			"{\"method\":\"io.vanth.ike.Down\",\"parameters\":{\"name\":\"office\"}}"));
	expect_error(hear(&fixture, fd), FAILED, "taken down");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void it_ends_when_the_conn_is_unloaded_meanwhile(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = call_up(&fixture, UP_OFFICE);
	expect_done(
		ask(&fixture,
		    "{\"method\":\"io.vanth.ike.Delete\",\"parameters\":{\"name\":\"office\"}}"));
	expect_error(hear(&fixture, fd), FAILED, "unloaded");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void conn_that_is_not_of_this_host_says_why(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(
		&fixture,
		"conn far\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n");
	fd = call_up(&fixture,
		     "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"far\"}}");
	expect_error(hear(&fixture, fd), FAILED, "neither 192.0.2.1");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void conn_that_waits_for_any_peer_cannot_begin(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture,
		      "conn any\n\tleft=127.0.0.1\n\tright=%any\n\tauthby=secret\n\tauto=add\n");
	expect_error(
		ask(&fixture, "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"any\"}}"),
		"io.vanth.ike.Failed", "right=%any");
	expect_error(
		ask(&fixture, "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"ane\"}}"),
		"io.vanth.ike.NotFound", "any");
	fixture_end(&fixture);
}

static void daemon_that_is_stopping_begins_nothing(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	fixture.gateway->stopping = true;
	expect_error(ask(&fixture,
			 "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\"}}"),
		     "io.vanth.ike.Failed", "stopping");
	fixture_end(&fixture);
}

static void asynchronous_call_is_answered_at_once(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_done(ask(&fixture,
			"{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\","
			"\"asynchronous\":true}}"));
	assert_int_equal(tunnel_named(&fixture, "office")->wanted, WANTED_UP);
	fixture_end(&fixture);
}

static void progress_that_nobody_reads_is_left_out_and_counted(void **state)
{
	enum { EVENTS = 4000 };
	struct fixture fixture;
	struct tunnel *tunnel;
	json_int_t lost = 0;
	unsigned heard = 0;
	bool over = false;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = call_up(&fixture, UP_OFFICE);
	tunnel = tunnel_named(&fixture, "office");
	for (unsigned i = 0; i < EVENTS; i++) {
		watch_tell(fixture.gateway, GATEWAY_PROGRESS, tunnel->peer, tunnel, 0, RC_OK,
			   "event %u", i);
		if (i % 100 == 0)
			settle(&fixture);
	}
	while (!is_silent(&fixture, fd)) {
		json_decref(hear(&fixture, fd));
		heard++;
	}
	(void)pretend_up(&fixture, "office");
	while (!over) {
		json_t *reply = hear(&fixture, fd);
		lost += json_integer_value(
			json_object_get(json_object_get(reply, "parameters"), "lost"));
		over = json_object_get(reply, "continues") == NULL;
		json_decref(reply);
	}
	assert_true(lost > 0);
	assert_int_equal(heard + lost, EVENTS);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void start_loads_what_is_not_loaded_and_leaves_alone_what_is(void **state)
{
	struct fixture fixture;
	struct tunnel *before;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	mem_free(fixture.conf);
	fixture.conf = mem_text(CONN("office") CONN_OF_TWO);
	fd = call_up(&fixture,
		     "{\"method\":\"io.vanth.ike.Start\",\"parameters\":{\"name\":\"pair\"}}");
	(void)pretend_up(&fixture, "pair/1x1");
	(void)pretend_up(&fixture, "pair/1x2");
	reply = hear(&fixture, fd);
	assert_string_equal(text_in(reply, "event"), "done");
	expect_done(reply);
	before = tunnel_named(&fixture, "pair/1x1");
	say_call(fd, "{\"method\":\"io.vanth.ike.Start\",\"parameters\":{\"name\":\"pair\"}}");
	reply = hear(&fixture, fd);
	assert_string_equal(text_in(reply, "event"), "already-up");
	expect_done(reply);
	assert_ptr_equal(before, tunnel_named(&fixture, "pair/1x1"));
	say_call(fd, "{\"method\":\"io.vanth.ike.Start\",\"parameters\":{\"name\":\"nobody\"}}");
	expect_error(hear(&fixture, fd), "io.vanth.ike.NotFound", "nobody");
	fixture.hook_rc = RC_SYNTAX;
	say_call(fd, "{\"method\":\"io.vanth.ike.Start\",\"parameters\":{\"name\":\"pair\"}}");
	expect_error(hear(&fixture, fd), "io.vanth.ike.Failed", "the files are odd");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress_is_told_until_the_tunnel_is_up),
		cmocka_unit_test(conn_of_two_tunnels_is_up_when_both_are),
		cmocka_unit_test(parts_that_become_one_are_not_lost),
		cmocka_unit_test(tunnel_that_is_up_is_said_to_be_so_at_once),
		cmocka_unit_test(failure_ends_it_with_the_reason_and_what_comes_next),
		cmocka_unit_test(failure_of_another_tunnel_does_not_matter),
		cmocka_unit_test(it_ends_when_somebody_takes_the_tunnel_down_meanwhile),
		cmocka_unit_test(it_ends_when_the_conn_is_unloaded_meanwhile),
		cmocka_unit_test(conn_that_is_not_of_this_host_says_why),
		cmocka_unit_test(conn_that_waits_for_any_peer_cannot_begin),
		cmocka_unit_test(daemon_that_is_stopping_begins_nothing),
		cmocka_unit_test(asynchronous_call_is_answered_at_once),
		cmocka_unit_test(progress_that_nobody_reads_is_left_out_and_counted),
		cmocka_unit_test(start_loads_what_is_not_loaded_and_leaves_alone_what_is),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
