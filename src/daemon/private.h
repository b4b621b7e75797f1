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
	struct network *network;
	struct gateway *gateway;
	struct control *control;
	struct timer notify;
	struct list asked;	 /* of struct control_wait.in_queue: who waits for its turn */
	struct deferred next;	 /* its turn */
	struct reading *reading; /* reload.c; NULL: nothing is being read */
	struct leases *leases;
	struct control_wait hup; /* SIGHUP waits too */
	bool hup_again;		 /* another one came meanwhile */
	bool ending;
	int lock, alone; /* -1: not held */
	struct watch *asked_alone;
	bool crypto;
};

/* ---- alone.c ---- */
/* The socket that stands for the kernel of this network namespace; it is held until it is closed.
 * RC_EXISTS: another daemon of our user has it, the diag names its process. RC_OK with -1: a
 * stranger has it, which is told. */
enum rc daemon_alone(struct log *log, int *fd, struct diag *diag) MUST_CHECK;
/* From now on those who ask are let go as they come: those who wait leave no room for others. */
enum rc daemon_alone_answer(struct daemon *daemon) MUST_CHECK;
void daemon_alone_end(struct daemon *daemon);

/* ---- files.c ---- */
/* Every error is logged; the first is in diag too. */
enum rc files_config(struct daemon *daemon, struct config **out, struct diag *diag) MUST_CHECK;
/* A file that is not there means no secrets (*out NULL); one that others can read is refused. */
enum rc files_secrets(struct daemon *daemon, const struct config *config, struct secrets **out,
		      struct diag *diag) MUST_CHECK;
/* The same on any thread: nothing is logged. */
enum rc files_config_read(const char *path, struct config **out, struct config_errors *errors,
			  struct diag *diag) MUST_CHECK;
enum rc files_secrets_read(const char *path, struct secrets **out, bool *missing,
			   struct config_errors *errors, struct diag *diag) MUST_CHECK;
const char *files_secrets_path(const struct daemon_options *options, const struct config *config);
void files_log_errors(struct daemon *daemon, const struct config_errors *errors);
void files_log_missing(struct daemon *daemon, const char *path);
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

/* ---- reload.c: files are read on a worker; the hooks of control ---- */
void reload_begin(struct daemon *daemon); /* before anybody asks */
void reload_all(void *daemon, struct control_wait *wait);
void reload_secrets(void *daemon, struct control_wait *wait);
void reload_keys(void *daemon, struct control_wait *wait);
void reload_read(void *daemon, struct control_wait *wait);
void reload_hup(struct daemon *daemon); /* and the service manager is told */
/* After the control socket, before the gateway: what takes effect goes no further, and what a
 * worker still reads is freed by host_real_free(). */
void reload_end(struct daemon *daemon);

/* ---- crash.c ---- */
/* The secret of crash tokens from the state directory's file crash.secret, made when there is none.
 * One that others can read is refused. */
enum rc crash_secret(const char *statedir, uint8_t secret[32], struct diag *diag) MUST_CHECK;
/* The gateway gets it, or the log says why not. */
void crash_secret_give(struct daemon *daemon, const char *statedir);

/* ---- leases.c: addresses that clients have stay theirs over a restart ---- */
struct leases;
/* Reads statedir/leases and its journal: the leases of pools that the configuration has are
 * remembered (what is damaged is told and ignored), and from now on each change is in one of them
 * within a quarter of a second, written by a worker. Out of memory: *out is NULL, and it is told.
 */
void leases_open(struct gateway *gateway, const char *statedir, struct leases **out);
/* Writes it a last time, at once. Before the gateway is freed; NULL: nothing. */
void leases_close(struct leases *leases);

/* ---- notify.c: what the service manager is told ---- */
void notify_begin(struct daemon *daemon); /* READY, then STATUS and WATCHDOG again and again */
void notify_end(struct daemon *daemon);
void notify_reloading(void);
void notify_reloaded(struct daemon *daemon);
void notify_stopping(void);
void notify_failed(const char *why);

#endif
