/* SPDX-License-Identifier: Apache-2.0 */
/* The composition root: options in, a running gateway, an exit code out. */
#ifndef VANTH_DAEMON_DAEMON_H
#define VANTH_DAEMON_DAEMON_H

#include "base/rc.h"
#include "log/log.h"

struct daemon_options {
	const char *config, *secrets, *nssdir, *rundir, *ctlsocket, *control_group, *logfile;
	enum log_level log_level;
	bool log_level_set, secrets_set,
		nssdir_set; /* said on the command line: the configuration does not matter */
	bool foreground, simulated_kernel, show_help, show_version;
	unsigned workers; /* 0: one per CPU */
};

/* Defaults, then the command line. RC_SYNTAX with a sentence that names the option. Texts point
 * into argv. */
enum rc daemon_options_parse(int argc, char *const *argv, struct daemon_options *out,
			     struct diag *diag) MUST_CHECK;
const char *daemon_usage(void);

/* Drops to CAP_NET_ADMIN and CAP_NET_BIND_SERVICE, no new privileges, no core dumps. Locked memory
 * is raised first. What cannot be done when not root is said in diag (otherwise "") and is not an
 * error. */
enum rc daemon_privileges(struct diag *diag) MUST_CHECK;
void daemon_limits(void);

/* The lock of a run directory, made when absent: a second daemon there is refused (RC_EXISTS). The
 * descriptor stays open; *fd -1 on failure. */
enum rc daemon_lock(const char *rundir, int *fd, struct diag *diag) MUST_CHECK;
void daemon_unlock(const char *rundir, int fd); /* fd -1: nothing to do */

/* Runs until told to stop: SIGTERM, SIGINT (twice: at once) or Shutdown on the control socket;
 * SIGHUP reads everything again. Exit code of the process: 0, or 1 when it could not start. */
int daemon_run(const struct daemon_options *options);

#endif
