/* SPDX-License-Identifier: Apache-2.0 */
/* One daemon in a network namespace. */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "daemon/private.h"
#include "unit/host/netns.h"
#include "unit/kernel/fake_host.h"

static void second_one_is_refused_with_the_process_of_the_first(void **state)
{
	struct diag diag = { "" };
	char who[40];
	int first, second;

	(void)state;
	netns_bare_or_skip();
	assert_int_equal(daemon_alone(NULL, &first, &diag), RC_OK);
	assert_true(first >= 0);
	assert_int_equal(daemon_alone(NULL, &second, &diag), RC_EXISTS);
	assert_int_equal(second, -1);
	(void)snprintf(who, sizeof(who), "(process %d)", (int)getpid());
	assert_non_null(strstr(diag.text, who));
	(void)close(first);
	assert_int_equal(daemon_alone(NULL, &first, &diag), RC_OK);
	(void)close(first);
}

/* A unit that systemd starts again and again, or anybody: who asked before leaves room. */
static void however_often_it_was_asked_it_answers(void **state)
{
	struct fake_host host;
	struct daemon daemon = { .host = &host.host, .alone = -1 };
	struct diag diag = { "" };
	int second;

	(void)state;
	netns_bare_or_skip();
	fake_host_init(&host);
	assert_int_equal(daemon_alone(NULL, &daemon.alone, &diag), RC_OK);
	assert_int_equal(daemon_alone_answer(&daemon), RC_OK);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(daemon_alone(NULL, &second, &diag), RC_EXISTS);
		fake_turn(&host);
	}
	daemon_alone_end(&daemon);
	(void)close(daemon.alone);
}

/* However it ends, nothing is left of it. */
static void dead_one_is_no_hindrance(void **state)
{
	struct diag diag = { "" };
	pid_t child;
	int fd, status;

	(void)state;
	netns_bare_or_skip();
	child = fork();
	if (child == 0)
		_exit(daemon_alone(NULL, &fd, &diag) == RC_OK ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(daemon_alone(NULL, &fd, &diag), RC_OK);
	assert_true(fd >= 0);
	(void)close(fd);
}

static void namespaces_have_one_each(void **state)
{
	struct diag diag = { "" };
	int first, second;

	(void)state;
	netns_bare_or_skip();
	assert_int_equal(daemon_alone(NULL, &first, &diag), RC_OK);
	netns_bare_or_skip();
	assert_int_equal(daemon_alone(NULL, &second, &diag), RC_OK);
	assert_true(second >= 0);
	(void)close(first);
	(void)close(second);
}

/* Whoever takes the name without being a daemon of ours does not hold us up. */
static void stranger_with_the_name_is_told_and_ignored(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0vanth/kernel" };
	struct diag diag = { "" };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 13);
	int stranger, fd;

	(void)state;
	netns_bare_or_skip();
	stranger = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(stranger, (const struct sockaddr *)&address, len), 0);
	assert_int_equal(daemon_alone(NULL, &fd, &diag), RC_OK); /* nobody listens there */
	assert_int_equal(fd, -1);
	(void)close(stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_one_is_refused_with_the_process_of_the_first),
		cmocka_unit_test(however_often_it_was_asked_it_answers),
		cmocka_unit_test(dead_one_is_no_hindrance),
		cmocka_unit_test(namespaces_have_one_each),
		cmocka_unit_test(stranger_with_the_name_is_told_and_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
