/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include "base/arena.h"
#include "unit/host/real_fixture.h"

struct end {
	struct host *host;
	struct watch *watch, *victim;
	int fd;
	unsigned calls, what;
	int signal;
};

static void pipe_ends(int fds[2])
{
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
}

static void end_ready(void *context, unsigned what)
{
	struct end *end = context;
	char byte;

	end->calls++;
	end->what = what;
	if (what & HOST_READ)
		assert_int_equal(read(end->fd, &byte, 1), 1);
	host_real_stop(end->host);
}

static void readable_and_writable_are_told(void **state)
{
	struct host *host = real_host();
	int fds[2];
	struct end in = { .host = host }, out = { .host = host };

	(void)state;
	pipe_ends(fds);
	in.fd = fds[0];
	out.fd = fds[1];
	in.watch = host->ops->watch(host, fds[0], HOST_READ, end_ready, &in);
	out.watch = host->ops->watch(host, fds[1], HOST_WRITE, end_ready, &out);
	run_host(host);
	assert_int_equal(out.what, HOST_WRITE);
	assert_int_equal(in.calls, 0);
	host->ops->watch_change(host, out.watch, 0);
	out.calls = 0;
	assert_int_equal(write(fds[1], "x", 1), 1);
	run_host(host);
	assert_int_equal(in.calls, 1);
	assert_int_equal(in.what, HOST_READ);
	assert_int_equal(out.calls, 0);
	host->ops->watch_change(host, out.watch, HOST_WRITE);
	run_host(host);
	assert_int_equal(out.calls, 1);
	host_real_free(host); /* with both watches */
	close(fds[0]);
	close(fds[1]);
}

static void end_unwatches_both(void *context, unsigned what)
{
	struct end *end = context;

	(void)what;
	end->calls++;
	end->host->ops->unwatch(end->host, end->watch);
	end->host->ops->unwatch(end->host, end->victim);
	end->host->ops->wake_at(end->host, host_now(end->host) + 2000, stop_host, end->host);
}

static void watch_may_end_itself_and_others_in_its_callback(void **state)
{
	struct host *host = real_host();
	int fds[2];
	struct end a = { .host = host }, b = { .host = host };

	(void)state;
	pipe_ends(fds);
	a.watch = b.victim = host->ops->watch(host, fds[1], HOST_WRITE, end_unwatches_both, &a);
	close(fds[0]);
	pipe_ends(fds);
	b.watch = a.victim = host->ops->watch(host, fds[1], HOST_WRITE, end_unwatches_both, &b);
	run_host(host);
	assert_int_equal(a.calls + b.calls, 1); /* both were ready; the first ended the other */
	host_real_free(host);
	close(fds[0]);
	close(fds[1]);
}

static void end_signalled(void *context, int number)
{
	struct end *end = context;

	end->signal = number;
	host_real_stop(end->host);
}

static void signals_arrive_on_the_loop(void **state)
{
	struct host *host = real_host();
	struct end end = { .host = host };

	(void)state;
	assert_int_equal(host_real_signal(host, SIGUSR1, end_signalled, &end), RC_OK);
	assert_int_equal(host_real_signal(host, SIGUSR2, end_signalled, &end), RC_OK);
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	assert_int_equal(end.signal, 0);
	run_host(host);
	assert_int_equal(end.signal, SIGUSR2);
	host_real_free(host);
}

static void no_memory_is_told(void **state)
{
	struct host *host = real_host();
	struct end end = { .host = host };

	(void)state;
	mem_fail_nth(1);
	assert_null(host->ops->watch(host, 0, HOST_READ, end_ready, &end));
	mem_fail_nth(1);
	assert_int_equal(host_real_signal(host, SIGUSR1, end_signalled, &end), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_int_equal(host_real_signal(host, SIGKILL, end_signalled, &end), RC_IO);
	host->ops->unwatch(host, NULL);
	host_real_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readable_and_writable_are_told),
		cmocka_unit_test(watch_may_end_itself_and_others_in_its_callback),
		cmocka_unit_test(signals_arrive_on_the_loop),
		cmocka_unit_test(no_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
