/* SPDX-License-Identifier: Apache-2.0 */
/* What the process may do, reduced to what it needs, and the lock of its run directory. */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/daemon.h"

#define LOCKED_MEMORY ((rlim_t)256 << 20) /* keys of 100,000 tunnels and room for more */

void daemon_limits(void)
{
	struct rlimit core = { 0, 0 }, locked = { LOCKED_MEMORY, LOCKED_MEMORY }, now;

	(void)setrlimit(RLIMIT_CORE, &core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (getrlimit(RLIMIT_MEMLOCK, &now) == 0 && now.rlim_max != RLIM_INFINITY &&
	    now.rlim_max < LOCKED_MEMORY)
		(void)setrlimit(RLIMIT_MEMLOCK,
				&locked); /* refused without root: secrets count it */
}

enum rc daemon_privileges(struct diag *diag)
{
	daemon_limits();
	diag->text[0] = '\0';
	if (geteuid() != 0) {
		(void)diag_fail(
			diag, RC_OK,
			"not started as root: the kernel's SAs and port 500 may be out of reach");
		return RC_OK;
	}
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN,
			  CAP_NET_BIND_SERVICE, -1) != 0)
		return diag_fail(diag, RC_PERMISSION, "cannot choose capabilities");
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return diag_fail(diag, RC_PERMISSION, "cannot drop capabilities: %s",
				 strerror(errno));
	/* the bounding set needs CAP_SETPCAP, which may be missing in a container */
	return RC_OK;
}

static enum rc lock_path(const char *rundir, char *path, size_t size, struct diag *diag)
{
	int len = snprintf(path, size, "%s/vanth.pid", rundir);

	if (len < 0 || (size_t)len >= size)
		return diag_fail(diag, RC_LIMIT, "--rundir is too long");
	return RC_OK;
}

enum rc daemon_lock(const char *rundir, int *fd, struct diag *diag)
{
	char path[512], pid[32];
	int len;

	*fd = -1;
	TRY(lock_path(rundir, path, sizeof(path), diag));
	if (mkdir(rundir, 0755) != 0 && errno != EEXIST)
		return diag_fail(diag, RC_IO, "cannot make %s: %s", rundir, strerror(errno));
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (*fd < 0)
		return diag_fail(diag, RC_IO, "cannot open %s: %s", path, strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(*fd);
		*fd = -1;
		return diag_fail(
			diag, RC_EXISTS,
			"another daemon runs with %s (\"ipsec stop\" ends it, or give --rundir)",
			rundir);
	}
	len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(*fd, 0) != 0 || write(*fd, pid, (size_t)len) != len)
		return diag_fail(diag, RC_IO, "cannot write %s: %s", path, strerror(errno));
	return RC_OK;
}

void daemon_unlock(const char *rundir, int fd)
{
	char path[512];
	struct diag ignored;

	if (fd < 0)
		return;
	if (lock_path(rundir, path, sizeof(path), &ignored) == RC_OK)
		(void)unlink(path);
	(void)close(fd);
}
