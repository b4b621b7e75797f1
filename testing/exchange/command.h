/* SPDX-License-Identifier: Apache-2.0 */
/* The `ipsec` command as a process, in a folder of its own. */
#ifndef VANTH_TEST_COMMAND_H
#define VANTH_TEST_COMMAND_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "exchange/authority.h"

#define ARGS_MAX 24

struct scene {
	char ipsec[512], dir[64], output[65536];
	int code;
};

static inline void read_output(struct scene *scene, int fd)
{
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(scene->output) - 1 &&
	       ((got = read(fd, scene->output + len, sizeof(scene->output) - 1 - len)) > 0 ||
		(got < 0 && errno == EINTR)))
		len += got > 0 ? (size_t)got : 0;
	scene->output[len] = '\0';
	(void)close(fd);
}

static inline void run(struct scene *scene, const char *input, char **argv)
{
	int out[2], in[2], status;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], input, strlen(input)), (int)strlen(input));
	(void)close(in[1]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)dup2(out[1], STDERR_FILENO);
		if (chdir(scene->dir) == 0)
			(void)execv(argv[0], argv);
		_exit(127);
	}
	(void)close(out[1]);
	(void)close(in[0]);
	read_output(scene, out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("ended by signal %d: %s", WTERMSIG(status), scene->output);
	scene->code = WEXITSTATUS(status);
}

/* ipsec VERB --nssdir HOST --config t.conf ..., in the scene's folder; input: its standard input.
 */
static inline void ipsec(struct scene *scene, const char *host, const char *input, const char *verb,
			 ...)
{
	char *argv[ARGS_MAX] = { scene->ipsec,	(char *)(uintptr_t)verb,
				 "--nssdir",	(char *)(uintptr_t)host,
				 "--config",	"t.conf",
				 "--ctlsocket", "none" };
	int count = 8;
	va_list args;

	va_start(args, verb);
	while (count < ARGS_MAX - 1 && (argv[count] = va_arg(args, char *)) != NULL)
		count++;
	va_end(args);
	run(scene, input, argv);
}

static inline void expect(struct scene *scene, int code, const char *part)
{
	if (scene->code != code || strstr(scene->output, part) == NULL)
		fail_msg("exit code %d (not %d), or no \"%s\" in:\n%s", scene->code, code, part,
			 scene->output);
}

static inline void write_file(struct scene *scene, const char *name, const char *text, size_t len)
{
	char path[160];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", scene->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static inline int remove_one(const char *path, const struct stat *state, int kind,
			     struct FTW *where)
{
	(void)state;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline int scene_open(void **state)
{
	static struct scene scene;
	char self[400];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *cut = NULL;

	if (len <= 0)
		return -1;
	self[len] = '\0';
	cut = strstr(self, "/testing/exchange/");
	if (cut == NULL)
		return -1;
	*cut = '\0';
	(void)snprintf(scene.ipsec, sizeof(scene.ipsec), "%s/ipsec", self);
	(void)snprintf(scene.dir, sizeof(scene.dir), "/tmp/vanth-keys-XXXXXX");
	if (mkdtemp(scene.dir) == NULL)
		return -1;
	*state = &scene;
	return 0;
}

static inline int scene_close(void **state)
{
	struct scene *scene = *state;

	return nftw(scene->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
