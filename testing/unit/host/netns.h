/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace for one test: lo and an interface v0, both up. Needs root or user namespaces.
 */
#ifndef VANTH_TESTING_NETNS_H
#define VANTH_TESTING_NETNS_H

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unit/test.h"

static inline int netns_try(const char *script)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		execl("/bin/sh", "sh", "-ec", script, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

static inline void netns_do(const char *script)
{
	assert_int_equal(netns_try(script), 0);
}

/* The kernel makes an IPv6 address usable a moment after `ip addr add` returns. */
static inline void netns_await_ipv6(const char *address)
{
	char script[256];

	snprintf(script, sizeof(script),
		 "for i in $(seq 1000); do ip -6 route show table local | grep -qF 'local %s ' &&"
		 " exit 0; done; exit 1",
		 address);
	netns_do(script);
}

/* Each call: a fresh one, with lo only, where nothing happens by itself. Skips the test where none
 * can be had. */
static inline void netns_bare_or_skip(void)
{
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		print_message("no network namespace to be had: skipped\n");
		skip();
	}
	if (netns_try("PATH=$PATH:/sbin:/usr/sbin; ip link set lo up") != 0) {
		print_message("no rights in the network namespace: skipped\n");
		skip();
	}
}

/* With the interface v0 as well. */
static inline void netns_or_skip(void)
{
	static const char *const up = "PATH=$PATH:/sbin:/usr/sbin;"
				      "ip link add v0 type dummy 2>/dev/null ||"
				      "ip link add v0 type veth peer name v1;"
				      "ip link set v0 up; ip link set v1 up 2>/dev/null || true";

	netns_bare_or_skip();
	if (netns_try(up) != 0) {
		print_message("no virtual interface to be had: skipped\n");
		skip();
	}
}

#endif
