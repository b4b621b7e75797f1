/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a running daemon. */
#ifndef VANTH_DAEMON_PRIVATE_H
#define VANTH_DAEMON_PRIVATE_H

#include "control/control.h"
#include "daemon/daemon.h"

struct daemon {
	const struct daemon_options *options;
	struct log *log;
	struct host *host;
	struct kernel *kernel;
	struct gateway *gateway;
	struct control *control;
	struct timer notify;
	int lock;
	bool crypto;
};

/* ---- files.c ---- */
/* Every error is logged; the first is in diag too. */
enum rc files_config(struct daemon *daemon, struct config **out, struct diag *diag) MUST_CHECK;
/* A file that is not there means no secrets (*out NULL); one that others can read is refused. */
enum rc files_secrets(struct daemon *daemon, const struct config *config, struct secrets **out,
		      struct diag *diag) MUST_CHECK;
/* With all folders above it. */
enum rc files_make_dir(const char *path, mode_t mode, struct diag *diag) MUST_CHECK;

/* ---- setup.c ---- */
enum rc setup_open_log(struct daemon *daemon,
		       struct diag *diag) MUST_CHECK; /* by the command line */
/* By the configuration; the command line goes first, and the log goes on to where it went so far
 * too. */
enum rc setup_apply(struct daemon *daemon, const struct config_setup *setup,
		    struct diag *diag) MUST_CHECK;
/* What can change while it runs does; what cannot is told. */
void setup_reapply(struct daemon *daemon, const struct config_setup *old,
		   const struct config_setup *setup);

/* ---- crash.c ---- */
/* The secret of crash tokens from the state directory's file crash.secret, made when there is none.
 * One that others can read is refused. */
enum rc crash_secret(const char *statedir, uint8_t secret[32], struct diag *diag) MUST_CHECK;
/* The gateway gets it, or the log says why not. */
void crash_secret_give(struct daemon *daemon, const char *statedir);

/* ---- notify.c: what the service manager is told ---- */
void notify_begin(struct daemon *daemon); /* READY, then STATUS and WATCHDOG again and again */
void notify_end(struct daemon *daemon);
void notify_reloading(struct daemon *daemon);
void notify_reloaded(void);
void notify_stopping(void);
void notify_failed(const char *why);

#endif
