/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include "unit/host/inbox.h"

struct got {
	unsigned calls, lines, asked;
	enum spawn_end end;
	int code;
	char last[SPAWN_LINE_MAX];
	struct world_program program;
};

static void got_line(void *context, const char *line)
{
	struct got *got = context;

	(void)line;
	got->lines++;
}

static void got_end(void *context, const struct spawn_result *result)
{
	struct got *got = context;

	got->calls++;
	got->end = result->end;
	got->code = result->code;
	memcpy(got->last, result->last, strlen(result->last) + 1);
}

static void play(void *context, struct host *host, const struct spawn_request *request,
		 struct world_program *program)
{
	struct got *got = context;

	assert_string_equal(world_host_name(host), "a");
	assert_string_equal(request->argv[0], "/script");
	assert_int_equal(program->end, SPAWN_EXITED);
	got->asked++;
	*program = got->program;
}

static struct got run_script(struct world_program program, bool known)
{
	static const char *const argv[] = { "/script", NULL };
	static const char *const env[] = { NULL };
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct got got = { .program = program };
	struct spawn_request request = {
		.argv = argv, .env = env, .limit = 5 * USEC_PER_SEC, .line = got_line
	};

	if (known)
		world_on_spawn(world, play, &got);
	assert_non_null(host->ops->spawn(host, &request, got_end, &got));
	assert_int_equal(got.calls, 0);
	world_run(world, 4 * USEC_PER_SEC);
	if (program.takes > 4 * USEC_PER_SEC)
		assert_int_equal(got.calls, 0);
	world_run(world, 2 * USEC_PER_SEC);
	assert_int_equal(got.calls, 1);
	assert_int_equal(got.asked, known ? 1 : 0);
	world_free(world);
	return got;
}

static void it_does_as_the_test_says(void **state)
{
	struct world_program program = {
		.end = SPAWN_EXITED, .code = 3, .takes = USEC_PER_SEC, .output = "one\n\ntwo\n"
	};
	struct got got = run_script(program, true);

	(void)state;
	assert_int_equal(got.end, SPAWN_EXITED);
	assert_int_equal(got.code, 3);
	assert_int_equal(got.lines, 2);
	assert_string_equal(got.last, "two");
}

static void its_time_is_limited(void **state)
{
	struct world_program program = { .takes = 100 * USEC_PER_SEC, .output = "waiting" };
	struct got got = run_script(program, true);

	(void)state;
	assert_int_equal(got.end, SPAWN_TIMEOUT);
	assert_string_equal(got.last, "waiting");
}

static void a_world_without_programs_says_so(void **state)
{
	struct got got = run_script((struct world_program){ .code = 0 }, false);

	(void)state;
	assert_int_equal(got.end, SPAWN_FAILED);
	assert_int_equal(got.code, ENOENT);
}

static void cancelled_or_with_its_host_it_is_forgotten(void **state)
{
	static const char *const argv[] = { "/script", NULL };
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a"), *other = world_host(world, "b");
	struct got got = { .calls = 0 };
	struct spawn_request request = { .argv = argv, .env = &argv[1], .limit = USEC_PER_SEC };
	struct spawn *spawn = host->ops->spawn(host, &request, got_end, &got);

	(void)state;
	assert_non_null(other->ops->spawn(other, &request, got_end, &got));
	host->ops->spawn_cancel(host, spawn);
	world_host_free(other);
	world_run(world, 2 * USEC_PER_SEC);
	assert_int_equal(got.calls, 0);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_as_the_test_says),
		cmocka_unit_test(its_time_is_limited),
		cmocka_unit_test(a_world_without_programs_says_so),
		cmocka_unit_test(cancelled_or_with_its_host_it_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
