/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

static struct responders all;
static struct source sources[40];

static void start(void)
{
	const uint64_t seed[2] = { 1, 2 };

	memset(sources, 0, sizeof(sources));
	memset(&all, 0, sizeof(all));
	responders_init(&all, seed);
}

static void wait_at(struct source *source, const char *url)
{
	responder_enqueue(&all, responder_of(&all, url), source);
}

static void a_server_is_known_by_host_and_port(void **state)
{
	struct responder *one;

	(void)state;
	start();
	one = responder_of(&all, "http://crl.example/a.crl");
	assert_ptr_equal(responder_of(&all, "HTTP://CRL.Example/b?c"), one);
	assert_ptr_equal(responder_of(&all, "http://crl.example"), one);
	assert_ptr_not_equal(responder_of(&all, "http://crl.example:81/a.crl"), one);
	assert_ptr_not_equal(responder_of(&all, "http://crl.example.net/a.crl"), one);
	assert_string_equal(one->name, "crl.example");
	responders_free(&all);
}

static void servers_take_turns(void **state)
{
	(void)state;
	start();
	for (unsigned i = 0; i < 30; i++)
		wait_at(&sources[i], "http://busy.example/");
	wait_at(&sources[30], "http://a.example/");
	wait_at(&sources[31], "http://b.example/");
	assert_ptr_equal(responders_next(&all), &sources[0]);
	assert_ptr_equal(responders_next(&all), &sources[30]);
	assert_ptr_equal(responders_next(&all), &sources[31]);
	for (unsigned i = 1; i < RESPONDER_AT_ONCE; i++)
		assert_ptr_equal(responders_next(&all), &sources[i]);
	assert_null(responders_next(&all));
	responder_leave(&all, &sources[0]);
	assert_ptr_equal(responders_next(&all), &sources[RESPONDER_AT_ONCE]);
	assert_null(responders_next(&all));
	for (unsigned i = 0; i < 32; i++)
		responder_leave(&all, &sources[i]);
	assert_null(responders_next(&all));
	assert_int_equal(responder_of(&all, "http://busy.example/")->under_way, 0);
	responders_free(&all);
}

static void a_silent_one_pauses_longer_each_time(void **state)
{
	struct responder *one;
	usec_t now = SECONDS, before = 0;

	(void)state;
	start();
	one = responder_of(&all, "http://a.example/");
	for (unsigned i = 0; i < 10; i++) {
		responder_silent(one, now, "no answer");
		responder_silent(one, now + 1, "no answer"); /* what was asked with it */
		assert_true(responder_pauses(one, now + RESPONDER_PAUSE - 1));
		assert_in_range(one->pause_until - now, before, RESPONDER_PAUSE_MAX);
		before = one->pause_until - now;
		now = one->pause_until;
		assert_false(responder_pauses(one, now));
		assert_int_equal(one->failures, i + 1);
	}
	assert_int_equal(before, RESPONDER_PAUSE_MAX);
	wait_at(&sources[0], "http://a.example/");
	wait_at(&sources[1], "http://a.example/");
	assert_non_null(responders_next(&all));
	assert_null(responders_next(&all)); /* one finds out */
	responder_answered(one);
	responder_leave(&all, &sources[0]);
	assert_ptr_equal(responders_next(&all), &sources[1]);
	responder_leave(&all, &sources[1]);
	responder_silent(one, now, "no answer");
	assert_true(responder_pauses(one, now));
	responders_forgive(&all);
	assert_false(responder_pauses(one, now));
	responders_free(&all);
}

static void servers_that_nobody_asks_are_bounded(void **state)
{
	struct responder *silent, *busy;
	char url[64];

	(void)state;
	start();
	silent = responder_of(&all, "http://silent.example/");
	responder_silent(silent, SECONDS, "no answer");
	wait_at(&sources[0], "http://busy.example/");
	busy = sources[0].responder;
	for (unsigned i = 0; i < 4 * RESPONDERS_IDLE; i++) {
		(void)snprintf(url, sizeof(url), "http://%u.example/", i);
		assert_non_null(responder_of(&all, url));
	}
	assert_in_range(all.count, 2, RESPONDERS_IDLE + 1);
	assert_ptr_equal(responder_of(&all, "http://silent.example/"), silent);
	assert_ptr_equal(responder_of(&all, "http://busy.example/"), busy);
	responder_leave(&all, &sources[0]);
	responders_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_is_known_by_host_and_port),
		cmocka_unit_test(servers_take_turns),
		cmocka_unit_test(a_silent_one_pauses_longer_each_time),
		cmocka_unit_test(servers_that_nobody_asks_are_bounded),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
