/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define VERSION	 "{\"method\":\"io.vanth.ike.Version\"}"
#define PROBE	 "{\"method\":\"io.vanth.ike.Probe\"}"
#define RELOAD	 "{\"method\":\"io.vanth.ike.Reload\"}"
#define STRANGER 65534 /* nobody, on every Linux */

static void owner_of_the_daemon_may_do_everything(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_done(ask(&fixture, VERSION));
	expect_done(ask(&fixture, PROBE));
	expect_done(ask(&fixture, RELOAD));
	assert_int_equal(fixture.reloads, 1);
	fixture_end(&fixture);
}

/* The credentials of a socket are those of its connect(). */
static json_t *ask_as(struct fixture *fixture, uid_t user, gid_t group, const char *json)
{
	gid_t none = 0;
	json_t *reply;
	int fd;

	assert_int_equal(setgroups(0, &none), 0);
	assert_int_equal(setegid(group), 0);
	assert_int_equal(seteuid(user), 0);
	fd = dial(fixture);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	say_call(fd, json);
	reply = hear(fixture, fd);
	hang_up(fixture, fd);
	return reply;
}

static void stranger_sees_the_version_only(void **state)
{
	struct fixture fixture;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can become somebody else */
	fixture_begin(&fixture, NULL);
	expect_done(ask_as(&fixture, STRANGER, STRANGER, VERSION));
	expect_error(ask_as(&fixture, STRANGER, STRANGER, PROBE),
		     "org.varlink.service.PermissionDenied", "control group");
	expect_error(ask_as(&fixture, STRANGER, STRANGER, RELOAD),
		     "org.varlink.service.PermissionDenied", "only root");
	assert_int_equal(fixture.reloads, 0);
	fixture_end(&fixture);
}

static void member_of_the_control_group_sees_but_changes_nothing(void **state)
{
	struct fixture fixture;
	const struct group *group = getgrnam("daemon");
	gid_t extra;
	int fd;

	(void)state;
	if (geteuid() != 0 || group == NULL)
		skip();
	extra = group->gr_gid;
	fixture_begin_group(&fixture, NULL, "daemon");
	expect_done(ask_as(&fixture, STRANGER, extra, PROBE));
	expect_error(ask_as(&fixture, STRANGER, extra, RELOAD),
		     "org.varlink.service.PermissionDenied", "only root");
	expect_error(ask_as(&fixture, STRANGER, STRANGER, PROBE),
		     "org.varlink.service.PermissionDenied", NULL);
	/* a supplementary group counts too */
	assert_int_equal(setgroups(1, &extra), 0);
	assert_int_equal(seteuid(STRANGER), 0);
	fd = dial(&fixture);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setgroups(0, &extra), 0);
	say_call(fd, PROBE);
	expect_done(hear(&fixture, fd));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void clients_beyond_the_limit_are_told_that_it_is_busy(void **state)
{
	struct fixture fixture;
	int fds[CONTROL_CLIENTS_MAX];
	unsigned served = 0;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = dial(&fixture);
		settle(&fixture);
	}
	assert_int_equal(fixture.control->counts[ACCESS_WRITE], CONTROL_CLIENTS_MAX - 8 - 24);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		reply = i < CONTROL_CLIENTS_MAX / 2
				? (say_call(fds[i], VERSION), hear(&fixture, fds[i]))
				: hear(&fixture, fds[i]);
		assert_non_null(reply);
		served += json_object_get(reply, "error") == NULL;
		json_decref(reply);
	}
	assert_int_equal(served, CONTROL_CLIENTS_MAX - 8 - 24);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
		hang_up(&fixture, fds[i]);
	assert_int_equal(fixture.control->counts[ACCESS_WRITE], 0);
	expect_done(ask(&fixture, VERSION));
	fixture_end(&fixture);
}

static enum rc open_second(struct fixture *fixture, const char *path, const char *group,
			   struct diag *diag)
{
	struct control_options options = { .path = path, .group = group };
	struct control *control = NULL;
	enum rc rc = control_new(fixture->gateway, &options, &control, diag);

	control_free(control);
	return rc;
}

static void socket_of_a_dead_daemon_is_replaced(void **state)
{
	struct fixture fixture;
	struct diag diag = { "" };
	char path[128];
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	(void)snprintf(path, sizeof(path), "%s/old", fixture.dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(open_second(&fixture, path, NULL, &diag), RC_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	fixture_end(&fixture);
}

static void bad_places_and_groups_are_refused_with_the_reason(void **state)
{
	struct fixture fixture;
	struct diag diag = { "" };
	char path[200];

	(void)state;
	fixture_begin(&fixture, NULL);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(open_second(&fixture, path, NULL, &diag), RC_LIMIT);
	assert_non_null(strstr(diag.text, "--ctlsocket"));
	assert_int_equal(open_second(&fixture, "/nowhere/at/all", NULL, &diag), RC_IO);
	assert_non_null(strstr(diag.text, "/nowhere/at/all"));
	(void)snprintf(path, sizeof(path), "%s/second", fixture.dir);
	assert_int_equal(open_second(&fixture, path, "no such group", &diag), RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, "no such group"));
	fixture_end(&fixture);
}

static void no_allocation_that_fails_leaves_anything(void **state)
{
	struct fixture fixture;
	struct diag diag = { "" };
	char path[128];
	unsigned nth = 0;
	enum rc rc;

	(void)state;
	fixture_begin(&fixture, NULL);
	(void)snprintf(path, sizeof(path), "%s/second", fixture.dir);
	do {
		mem_fail_nth(++nth);
		rc = open_second(&fixture, path, NULL, &diag);
		mem_fail_nth(0);
		assert_int_not_equal(access(path, F_OK), 0);
	} while (rc == RC_NO_MEMORY);
	assert_int_equal(rc, RC_OK);
	assert_true(nth > 2);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_of_the_daemon_may_do_everything),
		cmocka_unit_test(stranger_sees_the_version_only),
		cmocka_unit_test(member_of_the_control_group_sees_but_changes_nothing),
		cmocka_unit_test(clients_beyond_the_limit_are_told_that_it_is_busy),
		cmocka_unit_test(socket_of_a_dead_daemon_is_replaced),
		cmocka_unit_test(bad_places_and_groups_are_refused_with_the_reason),
		cmocka_unit_test(no_allocation_that_fails_leaves_anything),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
