/* SPDX-License-Identifier: Apache-2.0 */
/* The control room: server (sockets and framing), methods (the table), one file a family of
 * methods. */
#ifndef VANTH_CONTROL_PRIVATE_H
#define VANTH_CONTROL_PRIVATE_H

#include <jansson.h>
#include "control/control.h"

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_INPUT_MAX   (256 * 1024) /* one call; far more than any has */
#define CONTROL_OUTPUT_HIGH                                                                        \
	(128 * 1024) /* a stream pauses above this and goes on when the socket drains */

struct client;

/* A call in work. A method answers at once, or keeps the call and answers later; `more` calls may
 * answer often. */
struct call {
	struct client *client;
	struct gateway *gateway;
	struct control *control;
	json_t *message;    /* owned */
	json_t *parameters; /* within message */
	const struct method *method;
	bool more, oneway;
	/* a method that goes on: */
	void (*resume)(struct call *call); /* the output has room again (streams) */
	void (*cancel)(struct call *call); /* the client is gone: free `own` */
	void *own;
};

struct method {
	const char *name; /* "io.vanth.ike.Up" */
	bool writes;	  /* only root and the daemon's own user */
	void (*run)(struct call *call);
};

const struct method *method_find(const char *name);

/* Sends one reply; steals parameters (may be NULL). continues: more follow; otherwise the call is
 * over and freed. */
void call_reply(struct call *call, json_t *parameters, bool continues);
/* error: the Varlink name; the call is over. Steals parameters. */
void call_error(struct call *call, const char *error, json_t *parameters);
/* io.vanth.ike.Failed {reason, text}, or NotFound. */
void call_fail(struct call *call, enum rc rc, const char *text);
/* False: the output is above its high mark; return and wait for resume(). */
bool call_has_room(const struct call *call);
/* A required or optional text parameter; on a wrong one the call is answered and NULL/false
 * returned. */
bool call_text(struct call *call, const char *name, bool required, const char **out);

const struct control_hooks *control_hooks_of(const struct call *call);

/* methods, by file */
void method_up(struct call *call);
void method_down(struct call *call);
void method_route(struct call *call);
void method_unroute(struct call *call);
void method_add(struct call *call);
void method_delete(struct call *call);
void method_status(struct call *call);
void method_traffic(struct call *call);
void method_explain(struct call *call);
void method_version(struct call *call);
void method_shutdown(struct call *call);
void method_reload(struct call *call);
void method_reload_secrets(struct call *call);

#endif
