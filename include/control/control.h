/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: Varlink (JSON objects ended by NUL) over a unix stream socket; SO_PEERCRED
 * decides who may what. */
#ifndef VANTH_CONTROL_CONTROL_H
#define VANTH_CONTROL_CONTROL_H

#include "engine/gateway.h"

struct control;

/* Somebody waits for what a hook does: the files are read and checked on a worker, and what is read
 * takes effect in slices. */
struct control_wait {
	struct list in_queue; /* the hook's; who does not wait any longer removes it */
	unsigned what;	      /* the hook's */
	void (*progress)(struct control_wait *wait, unsigned done,
			 unsigned total); /* NULL: not told */
	/* The end of it, called once, perhaps before the hook returns. RC_OK, or a diag that says
	 * what is wrong and where; then nothing has changed. report: of a reload; config: what
	 * was read, until this returns. */
	void (*done)(struct control_wait *wait, enum rc rc, const struct diag *diag);
	const struct gateway_reload_report *report;
	struct config *config;
};

/* What only the daemon can do. */
struct control_hooks {
	/* Reads the configuration files again and applies the differences. Who asks while that is
	 * under way waits for the next one, all together for the same. */
	void (*reload)(void *context, struct control_wait *wait);
	void (*reload_secrets)(void *context, struct control_wait *wait);
	/* Certificates, keys and CAs of the NSS database. */
	void (*reload_keys)(void *context, struct control_wait *wait);
	/* Reads the configuration freshly, for `add` and `replace`. */
	void (*read_config)(void *context, struct control_wait *wait);
	void (*shutdown)(void *context);
	void *context;
};

struct control_options {
	const char *path; /* of the socket; an old one is removed */
	const char
		*group; /* its members may read; NULL: nobody but root and the daemon's own user */
	struct control_hooks hooks;
};

/* Opens the socket (mode 0666: credentials decide, not the file mode). Gateway and host outlive it.
 */
enum rc control_new(struct gateway *gateway, const struct control_options *options,
		    struct control **out, struct diag *diag) MUST_CHECK;
/* Closes every client and removes the socket. */
void control_free(struct control *control);

#endif
