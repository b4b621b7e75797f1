/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>
#include <sys/un.h>
#include "daemon/private.h"
#include "kernel/simulated.h"
#include "unit/daemon/place.h"

/* A service manager's socket, and what came to it. */
struct manager {
	struct place place;
	int fd;
	char text[1024];
};

static void manager_begin(struct manager *manager)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	place_begin(&manager->place);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", manager->place.dir);
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(manager->fd >= 0);
	assert_int_equal(bind(manager->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
}

static void manager_end(struct manager *manager)
{
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	(void)close(manager->fd);
	place_end(&manager->place);
}

static void expect_told(struct manager *manager, const char *part)
{
	ssize_t got = recv(manager->fd, manager->text, sizeof(manager->text) - 1, MSG_DONTWAIT);

	assert_true(got > 0);
	manager->text[got] = '\0';
	if (strstr(manager->text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, manager->text);
}

static void expect_silence(struct manager *manager)
{
	assert_true(recv(manager->fd, manager->text, sizeof(manager->text), MSG_DONTWAIT) < 0);
}

static void open_daemon(struct daemon *daemon)
{
	struct host_real_options options = { .workers = 1 };
	static const char conf[] =
		"conn a\n\tleft=127.0.0.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n";
	struct config_errors errors;
	struct config *config = NULL;
	struct diag diag;

	*daemon = (struct daemon){ .lock = -1 };
	config_errors_init(&errors);
	assert_int_equal(
		config_load_text("test", span_make(conf, sizeof(conf) - 1), &config, &errors),
		RC_OK);
	config_errors_free(&errors);
	assert_int_equal(host_real_new(&options, &daemon->host, &diag), RC_OK);
	assert_int_equal(kernel_simulated_new(daemon->host, &daemon->kernel), RC_OK);
	assert_int_equal(gateway_new(daemon->host, daemon->kernel, NULL, config, NULL,
				     &daemon->gateway, &diag),
			 RC_OK);
	config_unref(config);
}

static void close_daemon(struct daemon *daemon)
{
	gateway_free(daemon->gateway);
	kernel_free(daemon->kernel);
	host_real_free(daemon->host);
}

static void manager_hears_ready_then_signs_of_life(void **state)
{
	struct manager manager;
	struct daemon daemon;

	(void)state;
	manager_begin(&manager);
	open_daemon(&daemon);
	notify_begin(&daemon);
	expect_told(&manager, "READY=1");
	assert_non_null(strstr(manager.text, "0 IKE SAs, 0 Child SAs, 1 tunnels"));
	expect_silence(&manager);
	assert_true(timer_armed(&daemon.notify));
	assert_int_equal(timer_run(&daemon.gateway->timers, daemon.notify.due, 1), 1);
	expect_told(&manager, "WATCHDOG=1");
	assert_null(strstr(manager.text, "READY"));
	assert_true(timer_armed(&daemon.notify));
	notify_end(&daemon);
	assert_false(timer_armed(&daemon.notify));
	close_daemon(&daemon);
	manager_end(&manager);
}

static void watchdog_is_fed_twice_as_often_as_it_asks(void **state)
{
	struct manager manager;
	struct daemon daemon;
	char pid[32];

	(void)state;
	manager_begin(&manager);
	open_daemon(&daemon);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
	assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
	notify_begin(&daemon);
	assert_in_range(daemon.notify.due - host_now(daemon.host), 1400000, 1500000);
	notify_end(&daemon);
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
	assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
	close_daemon(&daemon);
	manager_end(&manager);
}

static void reload_stop_and_failure_are_told(void **state)
{
	struct manager manager;
	struct daemon daemon;

	(void)state;
	manager_begin(&manager);
	open_daemon(&daemon);
	notify_reloading();
	expect_told(&manager, "RELOADING=1");
	assert_non_null(strstr(manager.text, "MONOTONIC_USEC="));
	notify_reloaded(&daemon);
	expect_told(&manager, "READY=1");
	notify_end(&daemon);
	notify_stopping();
	expect_told(&manager, "STOPPING=1");
	notify_failed("no port 500");
	expect_told(&manager, "STATUS=cannot start: no port 500");
	close_daemon(&daemon);
	manager_end(&manager);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manager_hears_ready_then_signs_of_life),
		cmocka_unit_test(watchdog_is_fed_twice_as_often_as_it_asks),
		cmocka_unit_test(reload_stop_and_failure_are_told),
	};

	return cmocka_run_group_tests(tests, place_crypto_open, place_crypto_close);
}
