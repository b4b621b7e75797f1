/* SPDX-License-Identifier: Apache-2.0 */
#include <cap-ng.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "daemon/daemon.h"
#include "unit/test.h"

#define NET_BIND_SERVICE 10
#define NET_ADMIN	 12

/* Privileges are dropped for good: in a child. */
static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static uint64_t mask_of(const char *key)
{
	char line[256];
	uint64_t mask = UINT64_MAX;
	FILE *file = fopen("/proc/self/status", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			mask = strtoull(line + strlen(key), NULL, 16);
	if (file != NULL)
		(void)fclose(file);
	return mask;
}

static int look_at_capabilities(void)
{
	const uint64_t wanted = (uint64_t)1 << NET_ADMIN | (uint64_t)1 << NET_BIND_SERVICE;
	struct diag diag;

	if (daemon_privileges(&diag) != RC_OK || diag.text[0] != '\0')
		return 1;
	if ((mask_of("CapEff:") & ~wanted) != 0 || (mask_of("CapPrm:") & ~wanted) != 0 ||
	    mask_of("CapInh:") != (uint64_t)1 << NET_ADMIN)
		return 2;
	return (mask_of("CapEff:") & (uint64_t)1 << NET_ADMIN) != 0 ? 0 : 3;
}

static void root_keeps_two_capabilities(void **state)
{
	(void)state;
	if (geteuid() != 0 || (mask_of("CapEff:") & (uint64_t)1 << NET_ADMIN) == 0)
		skip();
	assert_int_equal(in_child(look_at_capabilities), 0);
}

static uint64_t mask_of_program(void)
{
	char line[256];
	uint64_t mask = UINT64_MAX;
	int ends[2];
	pid_t pid;
	ssize_t len;

	if (pipe(ends) != 0 || (pid = fork()) < 0)
		return mask;
	if (pid == 0) {
		(void)dup2(ends[1], 1);
		(void)execl("/bin/grep", "grep", "CapEff:", "/proc/self/status", (char *)NULL);
		_exit(1);
	}
	(void)close(ends[1]);
	len = read(ends[0], line, sizeof(line) - 1);
	(void)waitpid(pid, NULL, 0);
	if (len > 7) {
		line[len] = '\0';
		mask = strtoull(line + 7, NULL, 16);
	}
	return mask;
}

static int run_as_root(void)
{
	struct diag diag;

	if (daemon_privileges(&diag) != RC_OK)
		return 1;
	return mask_of_program() == (uint64_t)1 << NET_ADMIN ? 0 : 2;
}

/* As systemd starts it with User= and AmbientCapabilities=. */
static int run_as_another(void)
{
	struct diag diag;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setuid(65534) != 0)
		return 1;
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, NET_ADMIN) != 0 ||
	    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, NET_BIND_SERVICE) != 0 ||
	    capng_apply(CAPNG_SELECT_CAPS) != 0 || daemon_privileges(&diag) != RC_OK)
		return 2;
	return mask_of_program() == (uint64_t)1 << NET_ADMIN ? 0 : 3;
}

/* Updown scripts. */
static void programs_that_it_runs_may_set_routes_and_nothing_else(void **state)
{
	(void)state;
	if (geteuid() != 0 || (mask_of("CapEff:") & (uint64_t)1 << NET_ADMIN) == 0)
		skip();
	assert_int_equal(in_child(run_as_root), 0);
	assert_int_equal(in_child(run_as_another), 0);
}

static int look_at_limits(void)
{
	struct rlimit core, locked;

	daemon_limits();
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 1;
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0)
		return 2;
	if (getrlimit(RLIMIT_MEMLOCK, &locked) != 0)
		return 3;
	/* as much as there is, or what 100,000 tunnels need */
	return locked.rlim_cur == locked.rlim_max || locked.rlim_cur >= (rlim_t)256 << 20 ? 0 : 4;
}

static void no_core_is_ever_written_and_no_privilege_gained(void **state)
{
	(void)state;
	assert_int_equal(in_child(look_at_limits), 0);
}

static int start_as_nobody(void)
{
	struct diag diag;

	if (setuid(65534) != 0 || daemon_privileges(&diag) != RC_OK)
		return 1;
	return strstr(diag.text, "CAP_NET_ADMIN") != NULL ? 0 : 2;
}

static void without_privileges_it_says_what_will_not_work(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(start_as_nobody), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_keeps_two_capabilities),
		cmocka_unit_test(programs_that_it_runs_may_set_routes_and_nothing_else),
		cmocka_unit_test(no_core_is_ever_written_and_no_privilege_gained),
		cmocka_unit_test(without_privileges_it_says_what_will_not_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
