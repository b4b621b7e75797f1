/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that run beside us. One is started on a worker thread, because looking for it and
 * posix_spawn() wait for the disk; its end is told by a pidfd, so that no signal handler and no
 * wait for "any child" is needed. What it inherits is decided here: no file, no signal mask, no
 * environment of ours. Of capabilities it has what the process left for it (daemon/privileges.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/secret.h"
#include "host/real/real.h"

#define ARGUMENTS_LIMIT (256u << 10)
#define READS_A_TURN	8
#define READ_SIZE	4096

static const char search_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const char *const host_program_folders[] = {
	"/usr/libexec/ipsec", "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
	"/usr/bin",	      "/sbin",		 "/bin",	   NULL
};

struct spawn {
	struct list in_host;
	struct real *real;
	struct job job;
	bool starting; /* the job is out */
	struct arena arena;
	char **argv, **env;
	char *input; /* it may be a password; NULL: nothing to read */
	usec_t limit;
	struct ticker deadline;
	host_spawn_fn fn; /* NULL: nobody waits for it, and what is left is to reap it */
	void (*line)(void *context, const char *line);
	void *context;
	pid_t pid;	   /* 0: it does not run */
	int pidfd, output; /* -1: none */
	int error;	   /* errno of what kept it from starting */
	struct watch *exit_watch, *output_watch;
	char text[SPAWN_LINE_MAX], last[SPAWN_LINE_MAX];
	size_t len; /* of the line that is being read in text */
	unsigned lines;
};

/* ---- on the worker ---- */

static const char *find_program(const char *name, char path[PATH_MAX])
{
	if (strchr(name, '/') != NULL)
		return name;
	for (const char *const *folder = host_program_folders; *folder != NULL; folder++) {
		int len = snprintf(path, PATH_MAX, "%s/%s", *folder, name);
		if (len < PATH_MAX && access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static int set_files(posix_spawn_file_actions_t *files, int input, int output)
{
	int error = input >= 0
			    ? posix_spawn_file_actions_adddup2(files, input, 0)
			    : posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(files, output, 1);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(files, output, 2);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(files, 3);
	if (error == 0)
		error = posix_spawn_file_actions_addchdir_np(files, "/");
	return error;
}

/* Workers have all signals blocked, and the daemon ignores some. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
							    POSIX_SPAWN_SETSIGDEF);
}

static int start_program(struct spawn *spawn, const char *path, int input, int output)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&files);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error == 0) {
		error = set_files(&files, input, output);
		if (error == 0)
			error = set_signals(&attributes);
		if (error == 0)
			error = posix_spawn(&spawn->pid, path, &files, &attributes, spawn->argv,
					    spawn->env);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&files);
	return error;
}

static void kill_group(const struct spawn *spawn)
{
	if (spawn->pid > 0)
		(void)kill(-spawn->pid, SIGKILL);
}

static void reap(struct spawn *spawn, int flags)
{
	if (spawn->pid > 0 && waitpid(spawn->pid, NULL, flags) != 0)
		spawn->pid = 0;
}

/* Without a pidfd nobody would hear of its end. */
static int watchable(struct spawn *spawn)
{
	int error;

	spawn->pidfd = pidfd_open(spawn->pid, 0);
	if (spawn->pidfd >= 0)
		return 0;
	error = errno;
	kill_group(spawn);
	reap(spawn, 0);
	return error;
}

/* In memory, so that nobody waits for the program to read it. errno; *fd -1: there is none. */
static int make_input(const char *text, int *fd)
{
	size_t len = text != NULL ? strlen(text) : 0;

	*fd = -1;
	if (text == NULL)
		return 0;
	*fd = memfd_create("input", MFD_CLOEXEC);
	if (*fd >= 0 && write(*fd, text, len) == (ssize_t)len && lseek(*fd, 0, SEEK_SET) == 0)
		return 0;
	return errno != 0 ? errno : EIO;
}

static int start_with_input(struct spawn *spawn, const char *path, int output)
{
	int input, error = make_input(spawn->input, &input);

	if (error == 0)
		error = start_program(spawn, path, input, output);
	if (input >= 0)
		close(input);
	return error;
}

static void spawn_work(struct job *job, unsigned worker)
{
	struct spawn *spawn = container_of(job, struct spawn, job);
	char found[PATH_MAX];
	const char *path = find_program(spawn->argv[0], found);
	int ends[2];

	(void)worker;
	if (path == NULL) {
		spawn->error = ENOENT;
		return;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		spawn->error = errno;
		return;
	}
	/* the program's end of the pipe waits as usual */
	if (fcntl(ends[1], F_SETFL, 0) != 0)
		spawn->error = errno;
	else
		spawn->error = start_with_input(spawn, path, ends[1]);
	close(ends[1]);
	spawn->output = ends[0];
	if (spawn->error == 0)
		spawn->error = watchable(spawn);
	else
		spawn->pid = 0;
}

/* ---- what it writes ---- */

static void end_line(struct spawn *spawn)
{
	if (spawn->len == 0)
		return;
	spawn->text[spawn->len] = '\0';
	memcpy(spawn->last, spawn->text, spawn->len + 1);
	spawn->len = 0;
	if (spawn->lines++ < SPAWN_LINES_MAX && spawn->line != NULL && spawn->fn != NULL)
		spawn->line(spawn->context, spawn->last);
}

static void take_bytes(struct spawn *spawn, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			end_line(spawn);
		else if (spawn->len < SPAWN_LINE_MAX - 1)
			spawn->text[spawn->len++] = bytes[i] != '\0' ? bytes[i] : ' ';
	}
}

static void stop_reading(struct spawn *spawn)
{
	watch_free(&spawn->real->host, spawn->output_watch);
	spawn->output_watch = NULL;
	if (spawn->output >= 0)
		close(spawn->output);
	spawn->output = -1;
}

static void read_some(struct spawn *spawn)
{
	char bytes[READ_SIZE];

	for (int i = 0; i < READS_A_TURN && spawn->output >= 0; i++) {
		ssize_t len = read(spawn->output, bytes, sizeof(bytes));
		if (len > 0)
			take_bytes(spawn, bytes, (size_t)len);
		else if (len == 0 || (errno != EAGAIN && errno != EINTR))
			stop_reading(spawn);
		if (len < 0)
			return;
	}
}

static void output_ready(void *context, unsigned what)
{
	(void)what;
	read_some(context);
}

/* ---- its end ---- */

/* The program has it, or never will. */
static void wipe_input(struct spawn *spawn)
{
	if (spawn->input != NULL)
		wipe(spawn->input, strlen(spawn->input));
	spawn->input = NULL;
}

static void spawn_free(struct spawn *spawn)
{
	wipe_input(spawn);
	stop_reading(spawn);
	watch_free(&spawn->real->host, spawn->exit_watch);
	if (spawn->pidfd >= 0)
		close(spawn->pidfd);
	ticker_wipe(&spawn->deadline);
	list_remove(&spawn->in_host);
	arena_free(&spawn->arena);
	mem_free(spawn);
}

static void tell(struct spawn *spawn, enum spawn_end end, int code)
{
	struct spawn_result result = { .end = end, .code = code, .last = spawn->last };
	host_spawn_fn fn = spawn->fn;

	read_some(spawn);
	end_line(spawn);
	stop_reading(spawn);
	spawn->fn = NULL;
	if (fn != NULL)
		fn(spawn->context, &result);
}

static void program_ended(void *context, unsigned what)
{
	struct spawn *spawn = context;
	int status = 0;

	(void)what;
	if (waitpid(spawn->pid, &status, WNOHANG) == 0)
		return;
	spawn->pid = 0;
	if (WIFSIGNALED(status))
		tell(spawn, SPAWN_SIGNALLED, WTERMSIG(status));
	else
		tell(spawn, SPAWN_EXITED, WEXITSTATUS(status));
	spawn_free(spawn);
}

/* One that cannot be killed (it waits for a disk) holds up nobody. */
static void deadline_passed(void *context)
{
	struct spawn *spawn = context;

	kill_group(spawn);
	tell(spawn, SPAWN_TIMEOUT, 0);
}

static void spawn_failed(struct spawn *spawn, int error)
{
	tell(spawn, SPAWN_FAILED, error);
	spawn_free(spawn);
}

static void spawn_started(struct job *job)
{
	struct spawn *spawn = container_of(job, struct spawn, job);
	struct host *host = &spawn->real->host;

	spawn->starting = false;
	wipe_input(spawn);
	if (spawn->pid == 0) {
		spawn_failed(spawn, spawn->error);
		return;
	}
	spawn->exit_watch = watch_new(host, spawn->pidfd, HOST_READ, program_ended, spawn);
	if (spawn->fn != NULL)
		spawn->output_watch =
			watch_new(host, spawn->output, HOST_READ, output_ready, spawn);
	if (spawn->exit_watch == NULL || (spawn->fn != NULL && spawn->output_watch == NULL)) {
		kill_group(spawn);
		reap(spawn, 0);
		spawn_failed(spawn, ENOMEM);
		return;
	}
	if (spawn->fn == NULL) /* cancelled meanwhile */
		kill_group(spawn);
	else
		ticker_set(&spawn->deadline, spawn->limit);
}

/* ---- its beginning ---- */

static char **copy_texts(struct arena *arena, const char *const *texts, const char *first)
{
	size_t count = first != NULL ? 1 : 0, used = 0;
	char **out;

	for (size_t i = 0; texts[i] != NULL; i++)
		count++;
	out = arena_array(arena, count + 1, sizeof(*out));
	if (out == NULL)
		return NULL;
	if (first != NULL && (out[used++] = arena_text(arena, first, strlen(first))) == NULL)
		return NULL;
	for (size_t i = 0; texts[i] != NULL; i++)
		if ((out[used++] = arena_text(arena, texts[i], strlen(texts[i]))) == NULL)
			return NULL;
	return out;
}

static enum rc spawn_init(struct spawn *spawn, const struct spawn_request *request)
{
	arena_init(&spawn->arena, ARGUMENTS_LIMIT);
	spawn->argv = copy_texts(&spawn->arena, request->argv, NULL);
	spawn->env = copy_texts(&spawn->arena, request->env, search_path);
	if (spawn->argv == NULL || spawn->env == NULL || spawn->argv[0] == NULL)
		return RC_NO_MEMORY;
	if (request->input != NULL)
		spawn->input = arena_text(&spawn->arena, request->input, strlen(request->input));
	if (request->input != NULL && spawn->input == NULL)
		return RC_NO_MEMORY;
	return ticker_init(&spawn->deadline, spawn->real, deadline_passed, spawn);
}

struct spawn *spawns_start(struct host *host, const struct spawn_request *request, host_spawn_fn fn,
			   void *context)
{
	struct spawn *spawn = mem_alloc(sizeof(*spawn));

	if (spawn == NULL)
		return NULL;
	spawn->real = real_of(host);
	spawn->pidfd = spawn->output = -1;
	spawn->limit = request->limit;
	spawn->fn = fn;
	spawn->line = request->line;
	spawn->context = context;
	if (spawn_init(spawn, request) != RC_OK) {
		arena_free(&spawn->arena);
		mem_free(spawn);
		return NULL;
	}
	list_append(&spawn->real->spawns, &spawn->in_host);
	spawn->job.work = spawn_work;
	spawn->job.done = spawn_started;
	spawn->starting = true;
	host->ops->job_submit(host, &spawn->job);
	return spawn;
}

void spawns_cancel(struct host *host, struct spawn *spawn)
{
	(void)host;
	if (spawn == NULL)
		return;
	spawn->fn = NULL;
	if (spawn->starting)
		return;
	stop_reading(spawn);
	kill_group(spawn);
}

/* ---- with the host ---- */

void spawns_init(struct real *real)
{
	list_init(&real->spawns);
}

void spawns_close(struct real *real)
{
	list_for(node, &real->spawns) container_of(node, struct spawn, in_host)->fn = NULL;
}

void spawns_wipe(struct real *real)
{
	list_for_safe(node, &real->spawns)
	{
		struct spawn *spawn = container_of(node, struct spawn, in_host);
		kill_group(spawn);
		reap(spawn, WNOHANG);
		spawn_free(spawn);
	}
}
