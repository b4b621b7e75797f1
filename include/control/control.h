/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: Varlink (JSON objects ended by NUL) over a unix stream socket; SO_PEERCRED
 * decides who may what. */
#ifndef VANTH_CONTROL_CONTROL_H
#define VANTH_CONTROL_CONTROL_H

#include "engine/gateway.h"

struct control;

/* What only the daemon can do. */
struct control_hooks {
	/* Reads the configuration files again and applies the differences; on an error nothing
	 * changes. */
	enum rc (*reload)(void *context, struct diag *diag);
	enum rc (*reload_secrets)(void *context, struct diag *diag);
	/* Reads the configuration freshly, for `add` and `replace`; the caller owns a reference. */
	enum rc (*read_config)(void *context, struct config **out, struct diag *diag);
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
