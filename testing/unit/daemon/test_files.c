/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/private.h"
#include "unit/daemon/place.h"

#define GOOD "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n"

struct scene {
	struct place place;
	struct daemon_options options;
	struct daemon daemon;
	unsigned lines;
	char last[512];
};

static void write_line(void *context, enum log_level level, const struct log_subject *subject,
		       const char *text)
{
	struct scene *scene = context;

	(void)level;
	(void)subject;
	scene->lines++;
	(void)snprintf(scene->last, sizeof(scene->last), "%s", text);
}

static void scene_begin(struct scene *scene, const char *conf)
{
	struct log_sink sink = { .write = write_line, .context = scene };

	*scene = (struct scene){ .lines = 0 };
	place_begin(&scene->place);
	scene->options.config = place_file(&scene->place, "ipsec.conf", conf, 0644);
	scene->options.secrets = place_path(&scene->place, "ipsec.secrets");
	scene->daemon.options = &scene->options;
	scene->daemon.log = log_new(LOG_LEVEL_DEBUG);
	assert_non_null(scene->daemon.log);
	assert_int_equal(log_add_sink(scene->daemon.log, sink), RC_OK);
}

static void scene_end(struct scene *scene)
{
	log_free(scene->daemon.log);
	place_end(&scene->place);
}

static struct config *good_config(struct scene *scene)
{
	struct config *config = NULL;
	struct diag diag = { "" };

	if (files_config(&scene->daemon, &config, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return config;
}

static void every_error_is_logged_and_the_first_is_told(void **state)
{
	struct scene scene;
	struct config *config = NULL;
	struct diag diag = { "" };

	(void)state;
	scene_begin(&scene, "conn a\n\tlefft=192.0.2.1\n\trihgt=192.0.2.2\n\tauto=perhaps\n");
	assert_int_not_equal(files_config(&scene.daemon, &config, &diag), RC_OK);
	assert_null(config);
	assert_true(scene.lines >= 3);
	assert_non_null(strstr(diag.text, "ipsec.conf:2:"));
	assert_non_null(strstr(diag.text, "more"));
	scene_end(&scene);
}

static void missing_secrets_are_no_secrets(void **state)
{
	struct scene scene;
	struct config *config;
	struct secrets *secrets = NULL;
	struct diag diag = { "" };

	(void)state;
	scene_begin(&scene, GOOD);
	config = good_config(&scene);
	assert_int_equal(files_secrets(&scene.daemon, config, &secrets, &diag), RC_OK);
	assert_null(secrets);
	assert_non_null(strstr(scene.last, "does not exist"));
	config_unref(config);
	scene_end(&scene);
}

static void secrets_that_others_can_read_are_refused(void **state)
{
	struct scene scene;
	struct config *config;
	struct secrets *secrets = NULL;
	struct diag diag = { "" };

	(void)state;
	scene_begin(&scene, GOOD);
	config = good_config(&scene);
	(void)place_file(&scene.place, "ipsec.secrets", ": PSK \"secret\"\n", 0644);
	assert_int_not_equal(files_secrets(&scene.daemon, config, &secrets, &diag), RC_OK);
	assert_null(secrets);
	assert_non_null(strstr(diag.text, "ipsec.secrets"));
	assert_null(strstr(diag.text, "\"secret\""));
	(void)place_file(&scene.place, "ipsec.secrets", ": PSK \"secret\"\n", 0600);
	assert_int_equal(files_secrets(&scene.daemon, config, &secrets, &diag), RC_OK);
	assert_int_equal(secrets_count(secrets), 1);
	secrets_free(secrets);
	config_unref(config);
	scene_end(&scene);
}

static void command_line_chooses_the_secrets_before_the_configuration(void **state)
{
	struct scene scene;
	struct config *config;
	struct secrets *secrets = NULL;
	struct diag diag = { "" };
	char conf[256];

	(void)state;
	scene_begin(&scene, "");
	(void)place_file(&scene.place, "one", "@a : PSK \"1\"\n@b : PSK \"2\"\n", 0600);
	(void)place_file(&scene.place, "ipsec.secrets", ": PSK \"3\"\n", 0600);
	(void)snprintf(conf, sizeof(conf), "config setup\n\tsecretsfile=%s/one\n", scene.place.dir);
	(void)place_file(&scene.place, "ipsec.conf", conf, 0644);
	config = good_config(&scene);
	assert_int_equal(files_secrets(&scene.daemon, config, &secrets, &diag), RC_OK);
	assert_int_equal(secrets_count(secrets), 2);
	secrets_free(secrets);
	scene.options.secrets_set = true;
	assert_int_equal(files_secrets(&scene.daemon, config, &secrets, &diag), RC_OK);
	assert_int_equal(secrets_count(secrets), 1);
	secrets_free(secrets);
	config_unref(config);
	scene_end(&scene);
}

static void directories_are_made_with_those_above(void **state)
{
	struct place place;
	struct diag diag = { "" };
	struct stat made;
	const char *path;

	(void)state;
	place_begin(&place);
	path = place_path(&place, "a/b/c");
	assert_int_equal(files_make_dir(path, 0700, &diag), RC_OK);
	assert_int_equal(stat(path, &made), 0);
	assert_int_equal(made.st_mode & 0777, 0700);
	assert_int_equal(files_make_dir(path, 0700, &diag), RC_OK);
	(void)place_file(&place, "file", "", 0600);
	assert_int_equal(files_make_dir(place_path(&place, "file"), 0700, &diag), RC_IO);
	assert_int_equal(files_make_dir(place_path(&place, "file/below"), 0700, &diag), RC_IO);
	assert_non_null(strstr(diag.text, "below"));
	place_end(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_is_logged_and_the_first_is_told),
		cmocka_unit_test(missing_secrets_are_no_secrets),
		cmocka_unit_test(secrets_that_others_can_read_are_refused),
		cmocka_unit_test(command_line_chooses_the_secrets_before_the_configuration),
		cmocka_unit_test(directories_are_made_with_those_above),
	};

	return cmocka_run_group_tests(tests, place_crypto_open, place_crypto_close);
}
