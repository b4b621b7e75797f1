/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "log/log.h"
#include <stdio.h>
#include <stdlib.h>

struct capture {
	unsigned lines, closed, reopened;
	enum log_level level;
	char text[2100], peer[200], tunnel[200], remote[200], reason[200];
	uint64_t serial;
};

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text == NULL ? "(null)" : text);
}

static void capture_write(void *context, enum log_level level, const struct log_subject *subject,
			  const char *text)
{
	struct capture *capture = context;
	capture->lines++;
	capture->level = level;
	capture->serial = subject->serial;
	copy(capture->text, sizeof(capture->text), text);
	copy(capture->peer, sizeof(capture->peer), subject->peer);
	copy(capture->tunnel, sizeof(capture->tunnel), subject->tunnel);
	copy(capture->remote, sizeof(capture->remote), subject->remote);
	copy(capture->reason, sizeof(capture->reason), subject->reason);
}

static void capture_reopen(void *context)
{
	((struct capture *)context)->reopened++;
}

static void capture_close(void *context)
{
	((struct capture *)context)->closed++;
}

static struct log_sink capture_sink(struct capture *capture)
{
	return (struct log_sink){ capture_write, capture, capture_reopen, capture_close };
}

static struct log *make_log(struct capture *capture, enum log_level level)
{
	struct log *log = log_new(level);
	assert_non_null(log);
	*capture = (struct capture){ 0 };
	assert_int_equal(log_add_sink(log, capture_sink(capture)), RC_OK);
	return log;
}

static void line_reaches_the_sink_with_its_subject(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	struct log_subject subject = { "office", "office/1x2", 41, "192.0.2.1:500", "NO_PROPOSAL" };
	(void)state;
	log_write(log, LOG_LEVEL_WARNING, &subject, "peer proposed %d things", 3);
	assert_int_equal(capture.lines, 1);
	assert_int_equal(capture.level, LOG_LEVEL_WARNING);
	assert_string_equal(capture.text, "peer proposed 3 things");
	assert_string_equal(capture.peer, "office");
	assert_string_equal(capture.tunnel, "office/1x2");
	assert_string_equal(capture.remote, "192.0.2.1:500");
	assert_string_equal(capture.reason, "NO_PROPOSAL");
	assert_true(capture.serial == 41);
	log_free(log);
}

static void line_without_subject_has_an_empty_one(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	(void)state;
	log_write(log, LOG_LEVEL_INFO, NULL, "started");
	assert_string_equal(capture.peer, "(null)");
	assert_string_equal(capture.tunnel, "(null)");
	assert_true(capture.serial == 0);
	log_free(log);
}

static void level_decides_what_is_written(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_NOTICE);
	(void)state;
	assert_true(log_wants(log, LOG_LEVEL_ERROR));
	assert_true(log_wants(log, LOG_LEVEL_NOTICE));
	assert_false(log_wants(log, LOG_LEVEL_INFO));
	log_write(log, LOG_LEVEL_INFO, NULL, "too much");
	assert_int_equal(capture.lines, 0);
	log_set_level(log, LOG_LEVEL_DEBUG);
	log_write(log, LOG_LEVEL_DEBUG, NULL, "now");
	assert_int_equal(capture.lines, 1);
	log_free(log);
}

static void without_a_log_nothing_happens(void **state)
{
	struct log_limit limit = { 0 };
	(void)state;
	assert_false(log_wants(NULL, LOG_LEVEL_ERROR));
	log_write(NULL, LOG_LEVEL_ERROR, NULL, "nobody");
	log_limited(NULL, &limit, 0, LOG_LEVEL_ERROR, NULL, "nobody");
	assert_int_equal(limit.spent, 0);
	log_free(NULL);
}

static void lack_of_memory_is_told_by_null(void **state)
{
	(void)state;
	mem_fail_nth(1);
	assert_null(log_new(LOG_LEVEL_INFO));
	mem_fail_nth(0);
}

static void writing_needs_no_memory(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	(void)state;
	mem_fail_nth(1);
	log_write(log, LOG_LEVEL_ERROR, &(struct log_subject){ .peer = "p" }, "out of memory: %s",
		  "x");
	void *failed = mem_alloc(1); /* the failure is still there: nobody used it up */
	mem_fail_nth(0);
	assert_null(failed);
	assert_int_equal(capture.lines, 1);
	log_free(log);
}

static void texts_of_a_peer_cannot_forge_lines(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	struct log_subject subject = { .peer = "a\nb", .remote = "\033[2J", .reason = "r\r" };
	(void)state;
	log_write(log, LOG_LEVEL_INFO, &subject, "vendor \"%s\"", "x\n<0>panic\x7f\xff");
	assert_string_equal(capture.text, "vendor \"x\\x0a<0>panic\\x7f\\xff\"");
	assert_string_equal(capture.peer, "a\\x0ab");
	assert_string_equal(capture.remote, "\\x1b[2J");
	assert_string_equal(capture.reason, "r\\x0d");
	log_free(log);
}

static void endless_text_is_cut(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	char *many = calloc(1, 10001);
	(void)state;
	assert_non_null(many);
	memset(many, '\n', 10000);
	struct log_subject subject = { .tunnel = many };
	log_write(log, LOG_LEVEL_INFO, &subject, "%s", many);
	assert_in_range(strlen(capture.text), 2000, 2048);
	assert_string_equal(capture.text + strlen(capture.text) - 4, "a...");
	assert_in_range(strlen(capture.tunnel), 100, 127);
	free(many);
	log_free(log);
}

static void four_sinks_are_served_and_a_fifth_is_closed(void **state)
{
	struct capture captures[5] = { 0 };
	struct log *log = log_new(LOG_LEVEL_INFO);
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(log_add_sink(log, capture_sink(&captures[i])), RC_OK);
	assert_int_equal(log_add_sink(log, capture_sink(&captures[4])), RC_LIMIT);
	log_write(log, LOG_LEVEL_INFO, NULL, "x");
	log_reopen(log);
	log_free(log);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(captures[i].lines, i < 4);
		assert_int_equal(captures[i].reopened, i < 4);
		assert_int_equal(captures[i].closed, 1);
	}
}

static void flood(struct log *log, struct log_limit *limit, usec_t now, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		log_limited(log, limit, now, LOG_LEVEL_INFO, NULL, "bad message");
}

static void burst_passes_and_the_rest_is_counted(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	struct log_limit limit = { 0 };
	(void)state;
	flood(log, &limit, 1000, 1244);
	assert_int_equal(capture.lines, 10);
	assert_string_equal(capture.text, "bad message");
	flood(log, &limit, 1000 + USEC_PER_SEC, 1);
	assert_int_equal(capture.lines, 11);
	assert_string_equal(capture.text, "bad message (1234 more like this)");
	flood(log, &limit, 1000 + 2 * USEC_PER_SEC, 1);
	assert_string_equal(capture.text, "bad message");
	log_free(log);
}

static void rate_is_kept_over_a_long_flood(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	struct log_limit limit = { .burst = 5, .per_second = 4 };
	(void)state;
	for (int i = 0; i < 10000; i++) /* 100 s, 100 lines a second */
		flood(log, &limit, i * 10 * USEC_PER_MSEC, 1);
	assert_in_range(capture.lines, 5 + 4 * 100 - 3, 5 + 4 * 100);
	log_free(log);
}

static void quiet_time_refills_no_more_than_the_burst(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	struct log_limit limit = { .burst = 3, .per_second = 1 };
	(void)state;
	flood(log, &limit, 0, 10);
	flood(log, &limit, 1000000 * USEC_PER_SEC, 10);
	assert_int_equal(capture.lines, 6);
	log_free(log);
}

static void clock_that_goes_back_does_not_silence_the_log(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	struct log_limit limit = { 0 };
	(void)state;
	flood(log, &limit, 1000 * USEC_PER_SEC, 20);
	flood(log, &limit, 5 * USEC_PER_SEC, 1);
	flood(log, &limit, 6 * USEC_PER_SEC, 1);
	assert_int_equal(capture.lines, 11);
	log_free(log);
}

static void unwanted_lines_take_nothing_from_the_bucket(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_ERROR);
	struct log_limit limit = { 0 };
	(void)state;
	flood(log, &limit, 0, 100);
	assert_int_equal(limit.spent, 0);
	assert_int_equal(limit.left_out, 0);
	log_free(log);
}

static void count_is_told_even_behind_a_long_line(void **state)
{
	struct capture capture;
	struct log *log = make_log(&capture, LOG_LEVEL_INFO);
	struct log_limit limit = { .burst = 1 };
	char many[4000];
	(void)state;
	memset(many, 'm', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	flood(log, &limit, 0, 8);
	log_limited(log, &limit, USEC_PER_SEC, LOG_LEVEL_INFO, NULL, "%s", many);
	assert_non_null(strstr(capture.text, "m (7 more like this)"));
	log_free(log);
}

static void levels_have_names(void **state)
{
	(void)state;
	assert_string_equal(log_level_name(LOG_LEVEL_ERROR), "error");
	assert_string_equal(log_level_name(LOG_LEVEL_WARNING), "warning");
	assert_string_equal(log_level_name(LOG_LEVEL_NOTICE), "notice");
	assert_string_equal(log_level_name(LOG_LEVEL_INFO), "info");
	assert_string_equal(log_level_name(LOG_LEVEL_DEBUG), "debug");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_reaches_the_sink_with_its_subject),
		cmocka_unit_test(line_without_subject_has_an_empty_one),
		cmocka_unit_test(level_decides_what_is_written),
		cmocka_unit_test(without_a_log_nothing_happens),
		cmocka_unit_test(lack_of_memory_is_told_by_null),
		cmocka_unit_test(writing_needs_no_memory),
		cmocka_unit_test(texts_of_a_peer_cannot_forge_lines),
		cmocka_unit_test(endless_text_is_cut),
		cmocka_unit_test(four_sinks_are_served_and_a_fifth_is_closed),
		cmocka_unit_test(burst_passes_and_the_rest_is_counted),
		cmocka_unit_test(rate_is_kept_over_a_long_flood),
		cmocka_unit_test(quiet_time_refills_no_more_than_the_burst),
		cmocka_unit_test(clock_that_goes_back_does_not_silence_the_log),
		cmocka_unit_test(unwanted_lines_take_nothing_from_the_bucket),
		cmocka_unit_test(count_is_told_even_behind_a_long_line),
		cmocka_unit_test(levels_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
