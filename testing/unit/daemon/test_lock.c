/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/wait.h>
#include "daemon/private.h"
#include "unit/daemon/place.h"

static void lock_holds_the_pid_and_refuses_a_second(void **state)
{
	struct place place;
	struct diag diag = { "" };
	char text[32] = "";
	int fd, second;
	FILE *file;

	(void)state;
	place_begin(&place);
	assert_int_equal(daemon_lock(place.dir, &fd, &diag), RC_OK);
	file = fopen(place_path(&place, "vanth.pid"), "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	assert_int_equal(atoi(text), getpid());
	assert_int_equal(daemon_lock(place.dir, &second, &diag), RC_EXISTS);
	assert_int_equal(second, -1);
	assert_non_null(strstr(diag.text, "another daemon"));
	daemon_unlock(place.dir, fd);
	assert_int_not_equal(access(place_path(&place, "vanth.pid"), F_OK), 0);
	assert_int_equal(daemon_lock(place.dir, &fd, &diag), RC_OK);
	daemon_unlock(place.dir, fd);
	place_end(&place);
}

static void file_of_a_dead_daemon_is_no_hindrance(void **state)
{
	struct place place;
	struct diag diag = { "" };
	int fd;

	(void)state;
	place_begin(&place);
	(void)place_file(&place, "vanth.pid", "99999999\n", 0644);
	assert_int_equal(daemon_lock(place.dir, &fd, &diag), RC_OK);
	daemon_unlock(place.dir, fd);
	place_end(&place);
}

static void run_directory_is_made_with_those_above(void **state)
{
	struct place place;
	struct diag diag = { "" };
	const char *dir;
	int fd;

	(void)state;
	place_begin(&place);
	dir = place_path(&place, "a/b/c");
	assert_int_equal(daemon_lock(dir, &fd, &diag), RC_OK);
	assert_int_equal(access(place_path(&place, "a/b/c/vanth.pid"), F_OK), 0);
	daemon_unlock(dir, fd);
	place_end(&place);
}

static void link_in_place_of_the_file_is_refused(void **state)
{
	struct place place;
	struct diag diag = { "" };
	const char *target;
	int fd;

	(void)state;
	place_begin(&place);
	target = place_file(&place, "precious", "text", 0600);
	assert_int_equal(symlink(target, place_path(&place, "vanth.pid")), 0);
	assert_int_equal(daemon_lock(place.dir, &fd, &diag), RC_IO);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(diag.text, "vanth.pid"));
	place_end(&place);
}

static void path_that_is_too_long_is_refused(void **state)
{
	struct diag diag = { "" };
	char dir[600];
	int fd;

	(void)state;
	memset(dir, 'x', sizeof(dir) - 1);
	dir[sizeof(dir) - 1] = '\0';
	assert_int_equal(daemon_lock(dir, &fd, &diag), RC_LIMIT);
	daemon_unlock(dir, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lock_holds_the_pid_and_refuses_a_second),
		cmocka_unit_test(file_of_a_dead_daemon_is_no_hindrance),
		cmocka_unit_test(run_directory_is_made_with_those_above),
		cmocka_unit_test(link_in_place_of_the_file_is_refused),
		cmocka_unit_test(path_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
