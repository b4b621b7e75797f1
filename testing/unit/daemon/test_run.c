/* SPDX-License-Identifier: Apache-2.0 */
/* A whole daemon in a child process, with a simulated kernel and ports that nobody minds. */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "daemon/daemon.h"
#include "unit/daemon/place.h"

#define CONF                                                                                       \
	"config setup\n\tikeport=%u\n\tnattport=%u\n\tlisten=127.0.0.1\n"                          \
	"conn a\n\tleft=127.0.0.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n"
#define PATIENCE_MS 30000

struct process {
	struct place place;
	struct daemon_options options;
	pid_t pid;
	int log; /* what it writes */
	char said[16384];
	size_t said_len;
};

static void process_begin(struct process *process, const char *conf)
{
	*process = (struct process){ .pid = 0 };
	place_begin(&process->place);
	process->options = (struct daemon_options){
		.config = place_file(&process->place, "ipsec.conf", conf, 0644),
		.secrets = place_file(&process->place, "ipsec.secrets", ": PSK \"secret\"\n", 0600),
		.nssdir = place_path(&process->place, "nss"),
		.rundir = place_path(&process->place, "run"),
		.log_level = LOG_LEVEL_INFO,
		.simulated_kernel = true,
		.workers = 1,
	};
}

/* Ports of this process: several tests may run at once. */
static const char *good_conf(char *text, size_t size)
{
	unsigned port = 20000 + (unsigned)getpid() % 20000 * 2;

	(void)snprintf(text, size, CONF, port, port + 1);
	return text;
}

static void process_start(struct process *process)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)unsetenv("JOURNAL_STREAM");
		exit(daemon_run(&process->options)); /* with the leak checker, where there is one */
	}
	(void)close(ends[1]);
	process->log = ends[0];
	process->said_len = 0;
}

/* Reads what the daemon says until it has said this, or ended. */
static bool says(struct process *process, const char *text)
{
	struct pollfd state = { .fd = process->log, .events = POLLIN };

	while (strstr(process->said, text) == NULL) {
		ssize_t got;
		assert_true(process->said_len < sizeof(process->said) - 1);
		assert_true(poll(&state, 1, PATIENCE_MS) > 0);
		got = read(process->log, process->said + process->said_len,
			   sizeof(process->said) - 1 - process->said_len);
		if (got <= 0)
			return false;
		process->said_len += (size_t)got;
		process->said[process->said_len] = '\0';
	}
	return true;
}

static void expect_said(struct process *process, const char *text)
{
	if (!says(process, text))
		fail_msg("\"%s\" is not in:\n%s", text, process->said);
}

static int exit_code(struct process *process)
{
	int status;

	(void)says(process, "\1 the end of the file");
	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	(void)close(process->log);
	if (!WIFEXITED(status))
		fail_msg("ended by signal %d:\n%s", WTERMSIG(status), process->said);
	return WEXITSTATUS(status);
}

static void process_end(struct process *process)
{
	place_end(&process->place);
}

static void runs_until_a_signal_and_leaves_nothing(void **state)
{
	struct process process;
	char conf[512];

	(void)state;
	process_begin(&process, good_conf(conf, sizeof(conf)));
	process_start(&process);
	expect_said(&process, "is ready");
	assert_int_equal(access(place_path(&process.place, "run/vanth.ctl"), F_OK), 0);
	assert_int_equal(access(place_path(&process.place, "run/vanth.pid"), F_OK), 0);
	assert_int_equal(access(place_path(&process.place, "nss/cert9.db"), F_OK), 0);
	assert_int_equal(kill(process.pid, SIGTERM), 0);
	assert_int_equal(exit_code(&process), 0);
	expect_said(&process, "stopped");
	assert_int_not_equal(access(place_path(&process.place, "run/vanth.ctl"), F_OK), 0);
	assert_int_not_equal(access(place_path(&process.place, "run/vanth.pid"), F_OK), 0);
	/* the database that it made is used the next time */
	process_start(&process);
	memset(process.said, 0, sizeof(process.said));
	expect_said(&process, "is ready");
	assert_int_equal(kill(process.pid, SIGINT), 0);
	assert_int_equal(exit_code(&process), 0);
	process_end(&process);
}

static void reload_takes_a_good_configuration_and_survives_a_bad_one(void **state)
{
	struct process process;
	char conf[512];

	(void)state;
	process_begin(&process, good_conf(conf, sizeof(conf)));
	process_start(&process);
	expect_said(&process, "is ready");
	(void)place_file(&process.place, "ipsec.conf", "conn b\n\tlefft=192.0.2.1\n", 0644);
	assert_int_equal(kill(process.pid, SIGHUP), 0);
	expect_said(&process, "stays as it was");
	(void)place_file(&process.place, "ipsec.conf", conf, 0644);
	assert_int_equal(kill(process.pid, SIGHUP), 0);
	expect_said(&process, "configuration read again");
	assert_int_equal(kill(process.pid, SIGTERM), 0);
	assert_int_equal(exit_code(&process), 0);
	process_end(&process);
}

static void log_file_is_opened_again_after_rotation(void **state)
{
	struct process process;
	char conf[512], text[512] = "";
	struct stat file;

	(void)state;
	process_begin(&process, good_conf(conf, sizeof(conf)));
	(void)snprintf(text, sizeof(text), "%s/log", process.place.dir);
	process.options.logfile = text;
	process_start(&process);
	for (unsigned i = 0;
	     i < 3000 && access(place_path(&process.place, "run/vanth.ctl"), F_OK) != 0; i++)
		(void)poll(NULL, 0, 10);
	assert_int_equal(rename(text, place_path(&process.place, "log.1")), 0);
	for (unsigned i = 0; i < 3000 && stat(text, &file) != 0; i++) {
		assert_int_equal(kill(process.pid, SIGHUP), 0);
		(void)poll(NULL, 0, 10);
	}
	assert_int_equal(stat(text, &file), 0);
	assert_int_equal(kill(process.pid, SIGTERM), 0);
	assert_int_equal(exit_code(&process), 0);
	process_end(&process);
}

static void start_that_cannot_be_says_why_and_ends_with_one(void **state)
{
	struct process process;
	char conf[512];

	(void)state;
	process_begin(&process, "conn a\n\tlefft=192.0.2.1\n");
	process_start(&process);
	assert_int_equal(exit_code(&process), 1);
	expect_said(&process, "cannot start: ");
	expect_said(&process, "ipsec.conf:2:");
	assert_int_not_equal(access(place_path(&process.place, "run/vanth.pid"), F_OK), 0);
	(void)place_file(&process.place, "ipsec.conf", good_conf(conf, sizeof(conf)), 0644);
	(void)place_file(&process.place, "ipsec.secrets", ": PSK \"secret\"\n", 0644);
	process_start(&process);
	assert_int_equal(exit_code(&process), 1);
	expect_said(&process, "ipsec.secrets");
	process_end(&process);
}

static void second_daemon_in_one_place_is_refused(void **state)
{
	struct process process, second;
	char conf[512];

	(void)state;
	process_begin(&process, good_conf(conf, sizeof(conf)));
	process_start(&process);
	expect_said(&process, "is ready");
	second = process;
	memset(second.said, 0, sizeof(second.said));
	process_start(&second);
	assert_int_equal(exit_code(&second), 1);
	expect_said(&second, "another daemon");
	assert_int_equal(kill(process.pid, SIGTERM), 0);
	assert_int_equal(exit_code(&process), 0);
	process_end(&process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_until_a_signal_and_leaves_nothing),
		cmocka_unit_test(reload_takes_a_good_configuration_and_survives_a_bad_one),
		cmocka_unit_test(log_file_is_opened_again_after_rotation),
		cmocka_unit_test(start_that_cannot_be_says_why_and_ends_with_one),
		cmocka_unit_test(second_daemon_in_one_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
