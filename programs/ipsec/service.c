/* SPDX-License-Identifier: Apache-2.0 */
/* start, stop, restart: by systemd where it has our unit, otherwise by ourselves. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "ipsec.h"

#define PATH_MAX_OURS  512
#define OPTIONS_MAX    80
#define START_SECONDS  90 /* as systemd; one that ends sooner is not waited for */
#define STOP_SECONDS   15
#define LOOK_MS	       20 /* between two looks at whether it is there */
#define LOG_TAIL_BYTES 2000

static unsigned limit_of(const struct ipsec *ipsec, unsigned usual)
{
	return ipsec->timeout > 0 ? ipsec->timeout : usual;
}

static void look_again_later(void)
{
	struct timespec delay = { .tv_nsec = LOOK_MS * 1000000L };

	(void)nanosleep(&delay, NULL);
}

/* ---- by systemd ---- */

/* Runs a program with its output thrown away unless `loud`; its exit status, or -1. */
static int run_program(char *const *argv, bool loud)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		if (!loud && null >= 0) {
			(void)dup2(null, STDOUT_FILENO);
			(void)dup2(null, STDERR_FILENO);
		}
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Only the daemon that the unit describes is systemd's to start. */
static bool has_unit(const struct ipsec *ipsec, int argc)
{
	static char *const look[] = { "systemctl", "cat", "vanth.service", NULL };

	return argc == 1 && !ipsec->ctlsocket_set && !ipsec->config_set &&
	       access("/run/systemd/system", F_OK) == 0 && run_program(look, false) == 0;
}

static int start_unit(const struct ipsec *ipsec)
{
	static char *const wait[] = { "systemctl", "start", "vanth.service", NULL };
	static char *const go[] = { "systemctl", "start", "--no-block", "vanth.service", NULL };

	if (run_program(ipsec->asynchronous ? go : wait, true) == 0)
		return EXIT_DONE;
	return complain(EXIT_FAILED,
			"systemd could not start it: \"journalctl -u vanth\" tells why");
}

/* ---- by ourselves ---- */

struct spawn {
	char program[PATH_MAX_OURS], rundir[PATH_MAX_OURS], log[PATH_MAX_OURS];
	char *argv[OPTIONS_MAX];
	int count;
	long long log_from; /* size of the log before */
	pid_t pid;
};

/* Beside this command in a build tree, otherwise where "make install" puts it. */
static void find_program(char *path)
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX_OURS - 8);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		memcpy(slash, "/vanth", sizeof("/vanth"));
		if (access(path, X_OK) == 0)
			return;
	}
	(void)snprintf(path, PATH_MAX_OURS, "%s", VANTH_LIBEXECDIR "/vanth");
}

static void add_option(struct spawn *spawn, const char *option)
{
	if (spawn->count < OPTIONS_MAX - 1)
		spawn->argv[spawn->count++] = (char *)(size_t)option;
}

/* The folder of the control socket is the daemon's run directory. */
static void choose_options(const struct ipsec *ipsec, struct spawn *spawn, int argc, char **argv)
{
	char *slash;

	(void)snprintf(spawn->rundir, sizeof(spawn->rundir), "%s", ipsec->ctlsocket);
	slash = strrchr(spawn->rundir, '/');
	if (slash != NULL)
		*slash = '\0';
	else
		(void)snprintf(spawn->rundir, sizeof(spawn->rundir), ".");
	(void)snprintf(spawn->log, sizeof(spawn->log), "%.490s/vanth.log", spawn->rundir);
	add_option(spawn, spawn->program);
	add_option(spawn, "--config");
	add_option(spawn, ipsec->config);
	add_option(spawn, "--rundir");
	add_option(spawn, spawn->rundir);
	add_option(spawn, "--ctlsocket");
	add_option(spawn, ipsec->ctlsocket);
	for (int i = 1; i < argc; i++)
		add_option(spawn, argv[i]);
}

static void become_daemon(const struct spawn *spawn)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log = open(spawn->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);

	(void)setsid();
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(log >= 0 ? log : null, STDOUT_FILENO);
	(void)dup2(log >= 0 ? log : null, STDERR_FILENO);
	(void)unsetenv("JOURNAL_STREAM");
	(void)unsetenv("NOTIFY_SOCKET");
	(void)execv(spawn->program, spawn->argv);
	(void)dprintf(STDERR_FILENO, "%s: %s\n", spawn->program, strerror(errno));
	_exit(127);
}

static void show_log_tail(const struct spawn *spawn)
{
	char text[LOG_TAIL_BYTES + 1];
	FILE *file = fopen(spawn->log, "r");
	struct stat state;
	size_t got;
	long from = (long)spawn->log_from;

	if (file == NULL)
		return;
	if (fstat(fileno(file), &state) == 0 && state.st_size - from > LOG_TAIL_BYTES)
		from = (long)state.st_size - LOG_TAIL_BYTES;
	(void)fseek(file, from, SEEK_SET);
	got = fread(text, 1, LOG_TAIL_BYTES, file);
	text[got] = '\0';
	(void)fputs(text, stderr);
	(void)fclose(file);
}

static int wait_until_ready(const struct ipsec *ipsec, const struct spawn *spawn)
{
	unsigned seconds = limit_of(ipsec, START_SECONDS);
	int status;

	for (unsigned waited = 0; waited < seconds * 1000; waited += LOOK_MS) {
		if (waitpid(spawn->pid, &status, WNOHANG) == spawn->pid) {
			show_log_tail(spawn);
			return complain(EXIT_FAILED, "the daemon did not start (log: %s)",
					spawn->log);
		}
		if (client_probe(ipsec, NULL))
			return EXIT_DONE;
		look_again_later();
	}
	return complain(EXIT_FAILED, "the daemon is not ready after %u s (log: %s)", seconds,
			spawn->log);
}

static int start_ourselves(const struct ipsec *ipsec, int argc, char **argv)
{
	struct spawn spawn = { .pid = 0 };
	struct stat state;

	find_program(spawn.program);
	choose_options(ipsec, &spawn, argc, argv);
	(void)mkdir(spawn.rundir, 0755);
	if (stat(spawn.log, &state) == 0)
		spawn.log_from = state.st_size;
	spawn.pid = fork();
	if (spawn.pid == 0)
		become_daemon(&spawn);
	if (spawn.pid < 0)
		return complain(EXIT_FAILED, "cannot start a process: %s", strerror(errno));
	return ipsec->asynchronous ? EXIT_DONE : wait_until_ready(ipsec, &spawn);
}

int verb_start(struct ipsec *ipsec, int argc, char **argv)
{
	int code;

	if (client_probe(ipsec, NULL)) {
		(void)puts("the daemon runs already");
		return EXIT_DONE;
	}
	code = has_unit(ipsec, argc) ? start_unit(ipsec) : start_ourselves(ipsec, argc, argv);
	if (code == EXIT_DONE)
		(void)puts(ipsec->asynchronous ? "the daemon starts" : "the daemon runs");
	return code;
}

/* ---- the end ---- */

static bool gone(const struct ipsec *ipsec, int pidfd)
{
	struct pollfd state = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		return !client_probe(ipsec, NULL);
	return poll(&state, 1, 0) > 0;
}

/* The process itself, not only its socket: what comes next may need its lock. */
static int wait_until_gone(const struct ipsec *ipsec, int pidfd)
{
	unsigned seconds = limit_of(ipsec, STOP_SECONDS);

	for (unsigned waited = 0; waited < seconds * 1000; waited += LOOK_MS) {
		if (gone(ipsec, pidfd))
			return EXIT_DONE;
		look_again_later();
	}
	return complain(EXIT_FAILED, "the daemon still runs after %u s", seconds);
}

int verb_stop(struct ipsec *ipsec, int argc, char **argv)
{
	pid_t pid = 0;
	int pidfd = -1, code;

	(void)argc;
	(void)argv;
	if (!client_probe(ipsec, &pid) && errno != EACCES) {
		(void)puts("the daemon does not run");
		return EXIT_DONE;
	}
	if (pid > 0)
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	code = client_call(ipsec, "io.vanth.ike.Shutdown", json_object(), false, NULL, NULL);
	if (code == EXIT_DONE && !ipsec->asynchronous)
		code = wait_until_gone(ipsec, pidfd);
	if (code == EXIT_DONE)
		(void)puts(ipsec->asynchronous ? "the daemon stops" : "the daemon has stopped");
	if (pidfd >= 0)
		(void)close(pidfd);
	return code;
}

int verb_restart(struct ipsec *ipsec, int argc, char **argv)
{
	bool asynchronous = ipsec->asynchronous;
	int code;

	ipsec->asynchronous = false; /* the old one must be gone before the new one comes */
	code = verb_stop(ipsec, 1, argv);
	ipsec->asynchronous = asynchronous;
	return code == EXIT_DONE ? verb_start(ipsec, argc, argv) : code;
}
