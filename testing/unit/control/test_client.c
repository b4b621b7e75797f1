/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define VERSION "{\"method\":\"io.vanth.ike.Version\"}"
#define STATUS	"{\"method\":\"io.vanth.ike.Status\",\"more\":true}"
#define EVENTS	"{\"method\":\"io.vanth.ike.Events\",\"more\":true}"
#define UP	"{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\"},\"more\":true}"

static struct client *only_client(struct fixture *fixture)
{
	assert_false(list_empty(&fixture->control->clients));
	return container_of(fixture->control->clients.next, struct client, in_control);
}

static bool nobody_is_left(const struct fixture *fixture)
{
	return list_empty(&fixture->control->clients);
}

static void call_that_comes_in_single_bytes_is_one_call(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	for (size_t i = 0; i < sizeof(VERSION); i++) {
		say(fd, &VERSION[i], 1);
		settle(&fixture);
	}
	expect_done(hear(&fixture, fd));
	assert_true(is_silent(&fixture, fd));
	hang_up(&fixture, fd);
	assert_true(nobody_is_left(&fixture));
	fixture_end(&fixture);
}

static void calls_in_one_write_are_answered_in_order(void **state)
{
	static const char calls[] = VERSION "\0{\"method\":\"io.vanth.ike.Nothing\"}\0" VERSION;
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say(fd, calls, sizeof(calls));
	expect_done(hear(&fixture, fd));
	expect_error(hear(&fixture, fd), "org.varlink.service.MethodNotFound", NULL);
	expect_done(hear(&fixture, fd));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void what_is_no_call_is_answered_and_the_client_closed(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1", "[]", "{\"method\":",	    "{}", "{\"method\":7}",
		"\"text\"",	  "",	"{\"a\":1,\"a\":2}"
	};
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = dial(&fixture);
		say_call(fd, bad[i]);
		expect_error(hear(&fixture, fd), "io.vanth.ike.BadMessage", "call");
		assert_null(hear(&fixture, fd));
		assert_true(nobody_is_left(&fixture));
		(void)close(fd);
	}
	fixture_end(&fixture);
}

static void say_filler(struct fixture *fixture, int fd, size_t len)
{
	char chunk[4096];

	memset(chunk, ' ', sizeof(chunk));
	for (size_t left = len; left > 0;) {
		size_t now = left < sizeof(chunk) ? left : sizeof(chunk);
		say(fd, chunk, now);
		settle(fixture);
		left -= now;
	}
}

static void call_of_the_largest_size_is_taken_and_one_more_byte_is_not(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_filler(&fixture, fd, CONTROL_INPUT_MAX - sizeof(VERSION));
	say_call(fd, VERSION);
	expect_done(hear(&fixture, fd));
	say_filler(&fixture, fd, CONTROL_INPUT_MAX - sizeof(VERSION) + 1);
	say(fd, VERSION, sizeof(VERSION) - 1);
	expect_error(hear(&fixture, fd), "io.vanth.ike.BadMessage", "256 KiB");
	assert_null(hear(&fixture, fd));
	assert_true(nobody_is_left(&fixture));
	(void)close(fd);
	fixture_end(&fixture);
}

static void client_that_closed_its_half_still_gets_its_answers(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_call(fd, VERSION);
	say_call(fd, VERSION);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	expect_done(hear(&fixture, fd));
	expect_done(hear(&fixture, fd));
	assert_null(hear(&fixture, fd));
	assert_true(nobody_is_left(&fixture));
	(void)close(fd);
	fixture_end(&fixture);
}

static void client_that_closed_its_half_in_a_long_call_gets_its_end(void **state)
{
	struct fixture fixture;
	json_t *reply;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	say_call(fd, "{\"method\":\"io.vanth.ike.Up\",\"parameters\":{\"name\":\"office\"}}");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_true(is_silent(&fixture, fd));
	assert_false(nobody_is_left(&fixture));
	(void)pretend_up(&fixture, "office");
	reply = hear(&fixture, fd);
	assert_string_equal(text_in(reply, "event"), "done");
	json_decref(reply);
	assert_null(hear(&fixture, fd));
	assert_true(nobody_is_left(&fixture));
	(void)close(fd);
	fixture_end(&fixture);
}

static void client_that_leaves_in_the_middle_of_anything_is_forgotten(void **state)
{
	static const char *const calls[] = { UP, EVENTS, STATUS, "{\"method\"" };
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int fd = dial(&fixture);
		say_call(fd, calls[i]);
		settle(&fixture);
		hang_up(&fixture, fd);
		assert_true(nobody_is_left(&fixture));
		assert_true(list_empty(&fixture.gateway->watchers));
	}
	fixture_end(&fixture);
}

static unsigned read_tunnels(struct fixture *fixture, int fd)
{
	unsigned count = 0;

	for (;;) {
		json_t *reply = hear(fixture, fd);
		bool more;
		assert_non_null(reply);
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
		if (!more)
			return count;
		count++;
	}
}

static void slow_reader_bounds_what_is_kept_for_it(void **state)
{
	struct fixture fixture;
	char *conf = many_conns(2000);
	size_t most = 0;
	int fd;

	(void)state;
	fixture_begin(&fixture, conf);
	mem_free(conf);
	fd = dial(&fixture);
	say_call(fd, STATUS);
	for (unsigned i = 0; i < 40; i++) {
		settle(&fixture);
		if (only_client(&fixture)->out_len > most)
			most = only_client(&fixture)->out_len;
	}
	/* one reply beyond the mark may be there, and the socket holds some */
	assert_in_range(most, CONTROL_OUTPUT_HIGH, CONTROL_OUTPUT_HIGH + 4096);
	expect_done(ask(&fixture, VERSION)); /* others do not wait */
	assert_int_equal(read_tunnels(&fixture, fd), 2000);
	settle(&fixture);
	assert_in_range(only_client(&fixture)->out_cap, 0, 16 * 1024); /* and is given back */
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

/* Until the daemon does not take any more. */
static unsigned say_until_full(struct fixture *fixture, int fd)
{
	unsigned sent = 0;

	for (unsigned refused = 0; refused < 50;) {
		if (send(fd, VERSION, sizeof(VERSION), MSG_DONTWAIT | MSG_NOSIGNAL) ==
		    (ssize_t)sizeof(VERSION)) {
			sent++;
			refused = 0;
		} else {
			settle(fixture);
			refused++;
		}
	}
	return sent;
}

static void calls_without_reading_are_bounded_too(void **state)
{
	struct fixture fixture;
	unsigned sent;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	fd = dial(&fixture);
	sent = say_until_full(&fixture, fd);
	assert_in_range(only_client(&fixture)->out_len, CONTROL_OUTPUT_HIGH,
			CONTROL_OUTPUT_HIGH + 4096);
	assert_int_equal(only_client(&fixture)->in_len, CONTROL_INPUT_MAX);
	assert_int_equal(only_client(&fixture)->watching, HOST_WRITE); /* and the loop may rest */
	assert_true(sent > 4000);
	while (sent-- > 0)
		expect_done(hear(&fixture, fd));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void hear_to_the_end(struct fixture *fixture, int fd)
{
	json_t *reply;
	bool more = true;

	while (more && (reply = hear(fixture, fd)) != NULL) {
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
}

static void allocation_that_fails_costs_that_client_only(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	for (unsigned nth = 1; nth < 12; nth++) {
		fd = dial(&fixture);
		say_call(fd, STATUS);
		mem_fail_nth(nth);
		settle(&fixture);
		mem_fail_nth(0);
		hear_to_the_end(&fixture, fd);
		hang_up(&fixture, fd);
		assert_true(nobody_is_left(&fixture));
	}
	expect_done(ask(&fixture, VERSION));
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_that_comes_in_single_bytes_is_one_call),
		cmocka_unit_test(calls_in_one_write_are_answered_in_order),
		cmocka_unit_test(what_is_no_call_is_answered_and_the_client_closed),
		cmocka_unit_test(call_of_the_largest_size_is_taken_and_one_more_byte_is_not),
		cmocka_unit_test(client_that_closed_its_half_still_gets_its_answers),
		cmocka_unit_test(client_that_closed_its_half_in_a_long_call_gets_its_end),
		cmocka_unit_test(client_that_leaves_in_the_middle_of_anything_is_forgotten),
		cmocka_unit_test(slow_reader_bounds_what_is_kept_for_it),
		cmocka_unit_test(calls_without_reading_are_bounded_too),
		cmocka_unit_test(allocation_that_fails_costs_that_client_only),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
