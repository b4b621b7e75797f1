/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/private.h"
#include "unit/daemon/place.h"

struct scene {
	struct place place;
	struct daemon_options options;
	struct daemon daemon;
	struct config_setup setup;
	char text[4096];
};

static void scene_begin(struct scene *scene)
{
	struct diag diag = { "" };

	*scene = (struct scene){ .setup = { .log_level = -1, .ikeport = 500, .nattport = 4500 } };
	place_begin(&scene->place);
	scene->options.log_level = LOG_LEVEL_INFO;
	scene->options.logfile = place_path(&scene->place, "log");
	scene->daemon.options = &scene->options;
	assert_int_equal(setup_open_log(&scene->daemon, &diag), RC_OK);
}

static void scene_end(struct scene *scene)
{
	log_free(scene->daemon.log);
	place_end(&scene->place);
}

static const char *read_log(struct scene *scene, const char *name)
{
	FILE *file = fopen(place_path(&scene->place, name), "r");
	size_t len = 0;

	if (file != NULL) {
		len = fread(scene->text, 1, sizeof(scene->text) - 1, file);
		(void)fclose(file);
	}
	scene->text[len] = '\0';
	return scene->text;
}

static void log_file_of_the_command_line_is_the_only_one(void **state)
{
	struct scene scene;
	struct diag diag = { "" };

	(void)state;
	scene_begin(&scene);
	scene.setup.logfile = (char *)(uintptr_t)place_path(&scene.place, "other");
	assert_int_equal(setup_apply(&scene.daemon, &scene.setup, &diag), RC_OK);
	log_write(scene.daemon.log, LOG_LEVEL_NOTICE, NULL, "a line");
	assert_non_null(strstr(read_log(&scene, "log"), "a line"));
	assert_int_not_equal(access(place_path(&scene.place, "other"), F_OK), 0);
	scene.options.logfile = NULL; /* not said on the command line */
	assert_int_equal(setup_apply(&scene.daemon, &scene.setup, &diag), RC_OK);
	log_write(scene.daemon.log, LOG_LEVEL_NOTICE, NULL, "another");
	assert_non_null(strstr(read_log(&scene, "other"), "another"));
	scene_end(&scene);
}

static void log_file_that_cannot_be_is_refused(void **state)
{
	struct scene scene;
	struct diag diag = { "" };

	(void)state;
	scene_begin(&scene);
	scene.options.logfile = NULL;
	scene.setup.logfile = (char *)(uintptr_t) "/nowhere/at/all";
	assert_int_not_equal(setup_apply(&scene.daemon, &scene.setup, &diag), RC_OK);
	assert_non_null(strstr(diag.text, "/nowhere/at/all"));
	scene_end(&scene);
}

static void log_level_of_the_command_line_goes_first(void **state)
{
	struct scene scene;
	struct diag diag = { "" };

	(void)state;
	scene_begin(&scene);
	assert_int_equal(setup_apply(&scene.daemon, &scene.setup, &diag), RC_OK);
	assert_false(log_wants(scene.daemon.log, LOG_LEVEL_DEBUG)); /* nothing is said */
	scene.setup.log_level = LOG_LEVEL_DEBUG;
	assert_int_equal(setup_apply(&scene.daemon, &scene.setup, &diag), RC_OK);
	assert_true(log_wants(scene.daemon.log, LOG_LEVEL_DEBUG));
	scene.options.log_level_set = true;
	scene.setup.log_level = LOG_LEVEL_ERROR;
	setup_reapply(&scene.daemon, &scene.setup, &scene.setup);
	assert_true(log_wants(scene.daemon.log, LOG_LEVEL_DEBUG));
	scene.options.log_level_set = false;
	setup_reapply(&scene.daemon, &scene.setup, &scene.setup);
	assert_false(log_wants(scene.daemon.log, LOG_LEVEL_DEBUG));
	scene_end(&scene);
}

static void what_needs_a_restart_is_told_by_name(void **state)
{
	static const char *const keywords[] = { "ikeport",  "nattport", "listen",
						"nhelpers", "logfile",	"nssdir" };
	struct scene scene;
	struct config_setup old;
	struct ip_addr addr = { .family = 2 };
	char expected[64];

	(void)state;
	scene_begin(&scene);
	old = scene.setup;
	setup_reapply(&scene.daemon, &old, &scene.setup);
	assert_string_equal(read_log(&scene, "log"), "");
	scene.setup.ikeport = 501;
	scene.setup.nattport = 4501;
	scene.setup.listen = &addr;
	scene.setup.listen_count = 1;
	scene.setup.nhelpers = 3;
	scene.setup.logfile = (char *)(uintptr_t) "a";
	scene.setup.nssdir = (char *)(uintptr_t) "b";
	setup_reapply(&scene.daemon, &old, &scene.setup);
	(void)read_log(&scene, "log");
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		(void)snprintf(expected, sizeof(expected), "%s= has changed", keywords[i]);
		if (strstr(scene.text, expected) == NULL)
			fail_msg("%s is not told", keywords[i]);
	}
	scene_end(&scene);
}

static void journal_is_written_only_where_standard_error_is_the_journal(void **state)
{
	struct scene scene;
	struct daemon daemon = { .options = &scene.options };
	struct diag diag = { "" };
	int fd, saved = dup(STDERR_FILENO);

	(void)state;
	scene_begin(&scene);
	scene.options.logfile = NULL;
	fd = open(place_path(&scene.place, "stderr"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	assert_int_equal(setenv("JOURNAL_STREAM", "7:77", 1), 0); /* inherited: not this file */
	assert_int_equal(setup_open_log(&daemon, &diag), RC_OK);
	log_write(daemon.log, LOG_LEVEL_NOTICE, NULL, "to standard error");
	log_free(daemon.log);
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	(void)close(fd);
	assert_non_null(strstr(read_log(&scene, "stderr"), "to standard error"));
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_file_of_the_command_line_is_the_only_one),
		cmocka_unit_test(log_file_that_cannot_be_is_refused),
		cmocka_unit_test(log_level_of_the_command_line_goes_first),
		cmocka_unit_test(what_needs_a_restart_is_told_by_name),
		cmocka_unit_test(journal_is_written_only_where_standard_error_is_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
