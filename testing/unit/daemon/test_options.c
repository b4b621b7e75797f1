/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include "daemon/daemon.h"
#include "unit/test.h"

#define COUNT(argv) ((int)(sizeof(argv) / sizeof((argv)[0])) - 1)

static void expect_refused(char *option, char *value, const char *said)
{
	char *argv[] = { "vanth", option, value, NULL };
	struct daemon_options options;
	struct diag diag = { "" };

	assert_int_equal(daemon_options_parse(value != NULL ? 3 : 2, argv, &options, &diag),
			 RC_SYNTAX);
	if (strstr(diag.text, said) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", said, diag.text);
}

static void defaults_are_those_of_the_build(void **state)
{
	char *argv[] = { "vanth", NULL };
	struct daemon_options options;
	struct diag diag;

	(void)state;
	assert_int_equal(daemon_options_parse(COUNT(argv), argv, &options, &diag), RC_OK);
	assert_string_equal(options.config, VANTH_SYSCONFDIR "/ipsec.conf");
	assert_string_equal(options.secrets, VANTH_SYSCONFDIR "/ipsec.secrets");
	assert_string_equal(options.rundir, VANTH_RUNDIR);
	assert_string_equal(options.nssdir, VANTH_NSSDIR);
	assert_null(options.ctlsocket);
	assert_null(options.control_group);
	assert_null(options.logfile);
	assert_false(options.log_level_set || options.secrets_set || options.nssdir_set);
	assert_false(options.simulated_kernel || options.show_help || options.show_version);
	assert_int_equal(options.log_level, LOG_LEVEL_INFO);
	assert_int_equal(options.workers, 0);
}

static void every_option_is_taken(void **state)
{
	char *argv[] = { "vanth",
			 "--config=c",
			 "--secrets",
			 "s",
			 "--nssdir",
			 "n",
			 "--rundir",
			 "r",
			 "--ctlsocket",
			 "k",
			 "--control-group",
			 "g",
			 "--foreground",
			 "--log-level",
			 "Debug",
			 "--logfile",
			 "l",
			 "--kernel",
			 "simulated",
			 "--workers",
			 "3",
			 "--help",
			 "--version",
			 NULL };
	struct daemon_options options;
	struct diag diag;

	(void)state;
	assert_int_equal(daemon_options_parse(COUNT(argv), argv, &options, &diag), RC_OK);
	assert_string_equal(options.config, "c");
	assert_string_equal(options.secrets, "s");
	assert_string_equal(options.nssdir, "n");
	assert_string_equal(options.rundir, "r");
	assert_string_equal(options.ctlsocket, "k");
	assert_string_equal(options.control_group, "g");
	assert_string_equal(options.logfile, "l");
	assert_true(options.log_level_set && options.secrets_set && options.nssdir_set);
	assert_true(options.foreground && options.simulated_kernel && options.show_help &&
		    options.show_version);
	assert_int_equal(options.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(options.workers, 3);
}

static void wrong_values_are_refused_with_what_is_expected(void **state)
{
	(void)state;
	expect_refused("--log-level", "loud", "error, warning, notice, info or debug");
	expect_refused("--kernel", "hurd", "xfrm or simulated");
	expect_refused("--workers", "many", "a number");
	expect_refused("--workers", "-1", "a number");
	expect_refused("--workers", "", "a number");
	expect_refused("--workers", "257", "up to 256");
	expect_refused("--workers", "18446744073709551616", "up to 256");
}

static void unknown_options_and_arguments_are_named(void **state)
{
	(void)state;
	expect_refused("--konfig", "x", "\"--konfig\"");
	expect_refused("--config", NULL, "--config");
	expect_refused("status", NULL, "\"status\"");
	expect_refused("-z", NULL, "--help");
}

static void usage_names_every_option(void **state)
{
	static const char *const names[] = { "--config",     "--secrets",   "--nssdir",
					     "--rundir",     "--ctlsocket", "--control-group",
					     "--foreground", "--log-level", "--logfile",
					     "--kernel",     "--workers",   "--version",
					     "--help" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(daemon_usage(), names[i]) == NULL)
			fail_msg("%s is not in the usage", names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_build),
		cmocka_unit_test(every_option_is_taken),
		cmocka_unit_test(wrong_values_are_refused_with_what_is_expected),
		cmocka_unit_test(unknown_options_and_arguments_are_named),
		cmocka_unit_test(usage_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
