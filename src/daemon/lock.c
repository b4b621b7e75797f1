/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of a run directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/private.h"

#define TRIES                                                                                      \
	8 /* the file may be removed between opening and locking it, by a daemon that ends         \
	   */

static enum rc lock_path(const char *rundir, char *path, size_t size, struct diag *diag)
{
	int len = snprintf(path, size, "%s/vanth.pid", rundir);

	if (len < 0 || (size_t)len >= size)
		return diag_fail(diag, RC_LIMIT, "--rundir is too long");
	return RC_OK;
}

/* The file that we locked is still the one that others will open. */
static bool still_there(const char *path, int fd)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

static enum rc take(const char *path, const char *rundir, int *out, struct diag *diag)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return diag_fail(diag, RC_IO, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd);
		return diag_fail(diag, RC_EXISTS,
				 "another daemon runs with %s (\"ipsec stop\" ends it, or give "
				 "another --rundir)",
				 rundir);
	}
	if (still_there(path, fd))
		*out = fd;
	else
		(void)close(fd);
	return RC_OK;
}

static enum rc write_pid(int fd, const char *path, struct diag *diag)
{
	char pid[32];
	int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) != 0 || write(fd, pid, (size_t)len) != len)
		return diag_fail(diag, RC_IO, "cannot write %s: %s", path, strerror(errno));
	return RC_OK;
}

enum rc daemon_lock(const char *rundir, int *fd, struct diag *diag)
{
	char path[512];
	enum rc rc;

	*fd = -1;
	TRY(lock_path(rundir, path, sizeof(path), diag));
	TRY(files_make_dir(rundir, 0755, diag));
	for (unsigned i = 0; i < TRIES && *fd < 0; i++)
		TRY(take(path, rundir, fd, diag));
	if (*fd < 0)
		return diag_fail(diag, RC_IO, "%s vanishes again and again", path);
	rc = write_pid(*fd, path, diag);
	if (rc != RC_OK) {
		daemon_unlock(rundir, *fd);
		*fd = -1;
	}
	return rc;
}

void daemon_unlock(const char *rundir, int fd)
{
	char path[512];

	if (fd < 0)
		return;
	if (lock_path(rundir, path, sizeof(path), NULL) == RC_OK)
		(void)unlink(path);
	(void)close(fd);
}
