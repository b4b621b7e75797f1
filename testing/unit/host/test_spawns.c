/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/arena.h"
#include "unit/host/real_fixture.h"

#define LONG (10 * USEC_PER_SEC)

struct got {
	struct host *host;
	unsigned calls, lines;
	enum spawn_end end;
	int code;
	char last[SPAWN_LINE_MAX + 8], all[4096];
};

static void got_line(void *context, const char *line)
{
	struct got *got = context;
	size_t len = strlen(got->all);

	got->lines++;
	snprintf(got->all + len, sizeof(got->all) - len, "%s|", line);
}

static void got_end(void *context, const struct spawn_result *result)
{
	struct got *got = context;

	got->calls++;
	got->end = result->end;
	got->code = result->code;
	snprintf(got->last, sizeof(got->last), "%s", result->last);
	host_real_stop(got->host);
}

static const char *const no_env[] = { NULL };

static struct got run_program(const char *const argv[], const char *const env[], usec_t limit)
{
	struct got got = { .host = real_host() };
	struct spawn_request request = {
		.argv = argv, .env = env, .limit = limit, .line = got_line
	};

	assert_non_null(got.host->ops->spawn(got.host, &request, got_end, &got));
	assert_int_equal(got.calls, 0);
	run_host(got.host);
	assert_int_equal(got.calls, 1);
	host_real_free(got.host);
	return got;
}

static struct got run_shell(const char *text, usec_t limit)
{
	const char *const argv[] = { "/bin/sh", "-c", text, NULL };

	return run_program(argv, no_env, limit);
}

static void a_program_reads_its_input_and_then_the_end(void **state)
{
	const char *const argv[] = { "/bin/sh", "-c", "cat; echo $?", NULL };
	struct got got = { .host = real_host() };
	struct spawn_request request = { .argv = argv,
					 .env = no_env,
					 .limit = LONG,
					 .line = got_line,
					 .input = "nameserver 10.1.0.53\nsearch a.example\n" };

	(void)state;
	assert_non_null(got.host->ops->spawn(got.host, &request, got_end, &got));
	run_host(got.host);
	assert_string_equal(got.all, "nameserver 10.1.0.53|search a.example|0|");
	host_real_free(got.host);
	got = run_shell("cat; echo $?", LONG); /* none is nothing to read */
	assert_string_equal(got.all, "0|");
}

static void a_program_ends_with_its_status(void **state)
{
	struct got got = run_shell("exit 7", LONG);

	(void)state;
	assert_int_equal(got.end, SPAWN_EXITED);
	assert_int_equal(got.code, 7);
	assert_string_equal(got.last, "");
	got = run_shell("kill -TERM $$", LONG);
	assert_int_equal(got.end, SPAWN_SIGNALLED);
	assert_int_equal(got.code, SIGTERM);
}

static void a_name_is_looked_for_and_what_is_not_there_is_told(void **state)
{
	static const char *const yes[] = { "true", NULL };
	static const char *const no[] = { "vanth-no-such-program", NULL };
	static const char *const path[] = { "/nowhere/script", "up", NULL };
	static const char *const directory[] = { "/etc", NULL };
	struct got got = run_program(yes, no_env, LONG);

	(void)state;
	assert_int_equal(got.end, SPAWN_EXITED);
	assert_int_equal(got.code, 0);
	got = run_program(no, no_env, LONG);
	assert_int_equal(got.end, SPAWN_FAILED);
	assert_int_equal(got.code, ENOENT);
	got = run_program(path, no_env, LONG);
	assert_int_equal(got.end, SPAWN_FAILED);
	assert_int_equal(got.code, ENOENT);
	got = run_program(directory, no_env, LONG);
	assert_int_equal(got.end, SPAWN_FAILED);
	assert_int_equal(got.code, EACCES);
}

static void arguments_reach_it_as_they_are(void **state)
{
	static const char *const argv[] = { "/usr/bin/printf", "%s\\n", "$(id); a b", "`x`", NULL };
	struct got got = run_program(argv, no_env, LONG);

	(void)state;
	assert_string_equal(got.all, "$(id); a b|`x`|");
}

static void its_environment_is_what_it_is_given_and_a_path(void **state)
{
	static const char *const argv[] = { "env", NULL };
	static const char *const env[] = { "PLUTO_VERB=up-client", "PLUTO_PEER_ID=$(id)", NULL };
	struct got got;

	(void)state;
	assert_int_equal(setenv("VANTH_SECRET_OF_OURS", "1", 1), 0);
	got = run_program(argv, env, LONG);
	assert_string_equal(got.all,
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin|"
			    "PLUTO_VERB=up-client|PLUTO_PEER_ID=$(id)|");
	assert_int_equal(unsetenv("VANTH_SECRET_OF_OURS"), 0);
}

static void output_comes_line_by_line_from_both_streams(void **state)
{
	struct got got = run_shell("echo one; echo two >&2; printf three", LONG);

	(void)state;
	assert_string_equal(got.all, "one|two|three|");
	assert_string_equal(got.last, "three");
	got = run_shell("echo one; echo; echo", LONG);
	assert_string_equal(got.last, "one");
	assert_int_equal(got.lines, 1);
}

static void much_output_is_bounded_and_the_last_line_is_kept(void **state)
{
	struct got got =
		run_shell("i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done", LONG);

	(void)state;
	assert_int_equal(got.end, SPAWN_EXITED);
	assert_int_equal(got.lines, SPAWN_LINES_MAX);
	assert_string_equal(got.last, "4999");
	got = run_shell("printf '%01000d\\nend\\n' 0", LONG);
	assert_int_equal(got.lines, 2);
	assert_int_equal(strlen(got.all), SPAWN_LINE_MAX - 1 + strlen("|end|"));
}

/* The child of the shell would keep the pipe open. */
static void at_the_limit_its_whole_group_is_killed(void **state)
{
	struct got got = run_shell("echo begun; sleep 1000 & wait", USEC_PER_SEC / 2);

	(void)state;
	assert_int_equal(got.end, SPAWN_TIMEOUT);
	assert_string_equal(got.last, "begun");
}

/* It is not waited for, and goes on. */
static void what_it_leaves_running_does_not_hold_up_its_end(void **state)
{
	struct got got = run_shell("sleep 3 & echo left", LONG);

	(void)state;
	assert_int_equal(got.end, SPAWN_EXITED);
	assert_string_equal(got.last, "left");
}

/* Whatever we have open, close-on-exec or not, is not its. */
static void no_file_of_ours_reaches_it(void **state)
{
	int secret = open("/dev/zero", O_RDONLY), copy = fcntl(secret, F_DUPFD, 100);
	struct got got =
		run_shell("ls -l /proc/self/fd | grep -c ' -> '; readlink /proc/self/fd/0; "
			  "readlink /proc/self/cwd; ls /proc/self/fd/100 2>&1 | wc -l",
			  LONG);

	(void)state;
	/* 0, 1, 2 and the directory that ls reads */
	assert_string_equal(got.all, "4|/dev/null|/|1|");
	got = run_shell("if [ -e /proc/self/fd/100 ]; then echo leaked; fi", LONG);
	assert_string_equal(got.all, "");
	close(copy);
	close(secret);
}

/* Signals 1 to 28. */
static void it_begins_with_signals_as_usual_in_a_group_of_its_own(void **state)
{
	struct got got;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	got = run_shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -c18-24; "
			"[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo group",
			LONG);
	signal(SIGPIPE, SIG_DFL);
	assert_string_equal(got.all, "0000000|0000000|group|");
}

static void tick(void *context, unsigned what)
{
	(void)what;
	host_real_stop(context);
}

static bool marked(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

/* Cancelled before and while it runs, it is killed and nobody is told. */
static void a_cancelled_program_is_killed_without_a_word(void **state)
{
	struct got got = { .host = real_host() };
	static const char *const argv[] = { "/bin/sh", "-c", "echo on; sleep 1000", NULL };
	struct spawn_request request = { .argv = argv, .env = no_env, .limit = LONG };
	struct itimerspec soon = { .it_value.tv_nsec = 300000000 };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct spawn *first, *second;
	struct watch *watch;

	(void)state;
	first = got.host->ops->spawn(got.host, &request, got_end, &got);
	second = got.host->ops->spawn(got.host, &request, got_end, &got);
	assert_non_null(first);
	assert_non_null(second);
	got.host->ops->spawn_cancel(got.host, first);
	got.host->ops->spawn_cancel(got.host, NULL);
	assert_int_equal(timerfd_settime(fd, 0, &soon, NULL), 0);
	watch = got.host->ops->watch(got.host, fd, HOST_READ, tick, got.host);
	run_host(got.host);
	got.host->ops->spawn_cancel(got.host, second);
	got.host->ops->unwatch(got.host, watch);
	assert_int_equal(timerfd_settime(fd, 0, &soon, NULL), 0);
	watch = got.host->ops->watch(got.host, fd, HOST_READ, tick, got.host);
	run_host(got.host);
	assert_int_equal(got.calls, 0);
	assert_true(list_empty(&real_of(got.host)->spawns)); /* reaped */
	got.host->ops->unwatch(got.host, watch);
	close(fd);
	host_real_free(got.host);
}

/* One starts in the last moment, one runs: both are gone with the host. */
static void with_the_host_all_are_killed(void **state)
{
	struct got got = { .host = real_host() };
	char mark[64], text[160];
	const char *const argv[] = { "/bin/sh", "-c", text, NULL };
	struct spawn_request request = { .argv = argv, .env = no_env, .limit = LONG };

	(void)state;
	snprintf(mark, sizeof(mark), "/tmp/vanth-test-spawns-%d", getpid());
	snprintf(text, sizeof(text), "sleep 1; touch %s", mark);
	assert_non_null(got.host->ops->spawn(got.host, &request, got_end, &got));
	host_real_free(got.host);
	assert_int_equal(got.calls, 0);
	assert_false(marked(mark));
}

static void out_of_memory_leaves_nothing_behind(void **state)
{
	static const char *const argv[] = { "/bin/true", NULL };
	static const char *const env[] = { "A=1", NULL };
	struct got got = { .host = real_host() };
	struct spawn_request request = { .argv = argv, .env = env, .limit = LONG };

	(void)state;
	for (uint64_t i = 1; i <= 2; i++) {
		mem_fail_nth(i);
		assert_null(got.host->ops->spawn(got.host, &request, got_end, &got));
		mem_fail_nth(0);
	}
	assert_true(list_empty(&real_of(got.host)->spawns));
	host_real_free(got.host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_reads_its_input_and_then_the_end),
		cmocka_unit_test(a_program_ends_with_its_status),
		cmocka_unit_test(a_name_is_looked_for_and_what_is_not_there_is_told),
		cmocka_unit_test(arguments_reach_it_as_they_are),
		cmocka_unit_test(its_environment_is_what_it_is_given_and_a_path),
		cmocka_unit_test(output_comes_line_by_line_from_both_streams),
		cmocka_unit_test(much_output_is_bounded_and_the_last_line_is_kept),
		cmocka_unit_test(at_the_limit_its_whole_group_is_killed),
		cmocka_unit_test(what_it_leaves_running_does_not_hold_up_its_end),
		cmocka_unit_test(no_file_of_ours_reaches_it),
		cmocka_unit_test(it_begins_with_signals_as_usual_in_a_group_of_its_own),
		cmocka_unit_test(a_cancelled_program_is_killed_without_a_word),
		cmocka_unit_test(with_the_host_all_are_killed),
		cmocka_unit_test(out_of_memory_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
