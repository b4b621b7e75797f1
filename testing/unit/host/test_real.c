/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <sched.h>
#include "base/arena.h"
#include "unit/host/real_fixture.h"

static unsigned entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void ignore(void *context, const struct datagram *datagram)
{
	(void)context;
	(void)datagram;
}

static void ignore_change(void *context)
{
	(void)context;
}

/* A joined thread leaves /proc a moment later. */
static unsigned threads_down_to(unsigned least)
{
	for (int i = 0; i < 100000 && entries("/proc/self/task") > least; i++)
		sched_yield();
	return entries("/proc/self/task");
}

static void freed_host_leaves_no_descriptors_and_no_workers(void **state)
{
	unsigned fds, threads;

	(void)state;
	host_real_free(real_host()); /* what a process keeps from its first time is no leak */
	fds = entries("/proc/self/fd");
	threads = threads_down_to(1);
	for (int i = 0; i < 10; i++) {
		struct host *host = real_host_logging(3, NULL);
		struct ip_addr remote = at("127.0.0.1", 0).addr, source;
		uint16_t port = free_ports();

		assert_int_equal(
			host->ops->udp_listen(host, port, (uint16_t)(port + 1), ignore, NULL, NULL),
			RC_OK);
		host->ops->on_change(host, ignore_change, NULL);
		assert_int_equal(host->ops->source_for(host, &remote, &source), RC_OK);
		host_real_free(host);
	}
	assert_int_equal(entries("/proc/self/fd"), fds);
	assert_int_equal(threads_down_to(threads), threads);
}

static void two_hosts_of_one_process_know_nothing_of_each_other(void **state)
{
	struct host *a = real_host(), *b = real_host();

	(void)state;
	a->ops->wake_at(a, host_now(a), stop_host, a);
	b->ops->wake_at(b, host_now(b), stop_host, b);
	run_host(a);
	run_host(b);
	host_real_free(b);
	host_real_free(a);
}

static void stop_before_run_is_not_forgotten(void **state)
{
	struct host *host = real_host();
	usec_t due;

	(void)state;
	host_real_stop(host);
	run_host(host);
	due = host_now(host) + 1000;
	host->ops->wake_at(host, due, stop_host, host);
	run_host(host); /* once only */
	assert_true(host_now(host) >= due);
	host_real_free(host);
}

static void no_allocation_failure_harms(void **state)
{
	struct host_real_options options = { .workers = 1 };
	unsigned fds = entries("/proc/self/fd");
	enum rc rc = RC_NO_MEMORY;

	(void)state;
	for (uint64_t n = 1; rc != RC_OK; n++) {
		struct host *host = NULL;
		struct diag diag = { "" };

		mem_fail_nth(n);
		rc = host_real_new(&options, &host, &diag);
		mem_fail_nth(0);
		assert_true(rc == RC_OK || rc == RC_NO_MEMORY);
		assert_int_equal(strlen(diag.text) == 0, rc == RC_OK);
		assert_true(n > 3 || rc != RC_OK);
		host_real_free(host);
	}
	assert_int_equal(entries("/proc/self/fd"), fds);
	host_real_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freed_host_leaves_no_descriptors_and_no_workers),
		cmocka_unit_test(two_hosts_of_one_process_know_nothing_of_each_other),
		cmocka_unit_test(stop_before_run_is_not_forgotten),
		cmocka_unit_test(no_allocation_failure_harms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
