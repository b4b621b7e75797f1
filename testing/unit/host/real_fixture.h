/* SPDX-License-Identifier: Apache-2.0 */
/* A real host for one test: no privileges, ports above 1023, and a watchdog instead of waiting for
 * ever. */
#ifndef VANTH_TESTING_REAL_FIXTURE_H
#define VANTH_TESTING_REAL_FIXTURE_H

#include <sys/timerfd.h>
#include <unistd.h>
#include "host/real/real.h"
#include "unit/host/inbox.h"

#define WATCHDOG_SECONDS 20

struct captured {
	struct log *log;
	unsigned lines;
	char last[1024];
};

static inline void captured_write(void *context, enum log_level level,
				  const struct log_subject *subject, const char *text)
{
	struct captured *captured = context;

	(void)level;
	(void)subject;
	captured->lines++;
	snprintf(captured->last, sizeof(captured->last), "%s", text);
}

static inline struct host *real_host_logging(unsigned workers, struct captured *captured)
{
	struct host_real_options options = { .workers = workers };
	struct host *host = NULL;
	struct diag diag = { "" };

	if (captured != NULL) {
		struct log_sink sink = { .write = captured_write, .context = captured };

		*captured = (struct captured){ .log = log_new(LOG_LEVEL_DEBUG) };
		assert_non_null(captured->log);
		assert_int_equal(log_add_sink(captured->log, sink), RC_OK);
		options.log = captured->log;
	}
	assert_int_equal(host_real_new(&options, &host, &diag), RC_OK);
	assert_string_equal(diag.text, "");
	return host;
}

static inline struct host *real_host(void)
{
	return real_host_logging(1, NULL);
}

struct watchdog {
	struct host *host;
	bool barked;
};

static inline void watchdog_barks(void *context, unsigned what)
{
	struct watchdog *watchdog = context;

	(void)what;
	watchdog->barked = true;
	host_real_stop(watchdog->host);
}

/* Until some callback stops the host. */
static inline void run_host(struct host *host)
{
	struct itimerspec limit = { .it_value.tv_sec = WATCHDOG_SECONDS };
	struct watchdog watchdog = { .host = host };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct watch *watch;

	assert_int_equal(timerfd_settime(fd, 0, &limit, NULL), 0);
	watch = host->ops->watch(host, fd, HOST_READ, watchdog_barks, &watchdog);
	assert_non_null(watch);
	assert_int_equal(host_real_run(host), RC_OK);
	host->ops->unwatch(host, watch);
	close(fd);
	assert_false(watchdog.barked);
}

static inline void stop_host(void *host)
{
	host_real_stop(host);
}

/* Two neighbouring ports that nobody uses now, in both families. */
static inline uint16_t free_ports(void)
{
	static uint16_t next;

	if (next == 0)
		next = (uint16_t)(20000 + getpid() % 10000);
	for (;; next = (uint16_t)(next + 2)) {
		struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
		int one = socket(AF_INET6, SOCK_DGRAM, 0), two = socket(AF_INET6, SOCK_DGRAM, 0);
		bool free;

		address.sin6_port = htons(next);
		free = bind(one, (struct sockaddr *)&address, sizeof(address)) == 0;
		address.sin6_port = htons((uint16_t)(next + 1));
		free = free && bind(two, (struct sockaddr *)&address, sizeof(address)) == 0;
		close(one);
		close(two);
		if (free)
			break;
	}
	next = (uint16_t)(next + 2);
	return (uint16_t)(next - 2);
}

#endif
