/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the control room
 *
 * server.c accepts clients and finds out who they are; client.c moves bytes and cuts them into
 * calls; call.c checks a call against its row in methods.c, runs it, and makes replies. The other
 * files are the methods.
 *
 * Lifetimes: a reply may be made anywhere, also inside a watcher's callback deep in the engine. It
 * only appends to its client's output and defers the client's turn; sockets are written, calls
 * begun and clients freed in client_turn() alone, which the loop calls with nothing of ours below
 * it. A call that ends while its method runs is freed after that.
 */
#ifndef VANTH_CONTROL_PRIVATE_H
#define VANTH_CONTROL_PRIVATE_H

#include <jansson.h>
#include <sys/types.h>
#include "control/control.h"

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_INPUT_MAX   ((size_t)256 * 1024) /* one call; far more than any has */
#define CONTROL_OUTPUT_HIGH                                                                        \
	((size_t)128 * 1024)	/* a stream pauses above this until the client has read */
#define CONTROL_CALLS_A_TURN 16 /* of one client */

enum access { ACCESS_ANY, ACCESS_READ, ACCESS_WRITE, ACCESS_COUNT };

struct control {
	struct gateway *gateway;
	struct control_hooks hooks;
	gid_t group; /* may read; -1: none */
	char *path;
	int fd;
	struct watch *watch;
	struct timer accept_again; /* no file descriptor was left */
	struct list clients;
	unsigned counts[ACCESS_COUNT];
};

struct client {
	struct list in_control;
	struct control *control;
	int fd;
	struct watch *watch;
	unsigned watching; /* HOST_READ, HOST_WRITE */
	enum access access;
	bool ended;   /* nothing more comes from it */
	bool closing; /* close when the output is written */
	bool broken;  /* close now */
	char *in;
	size_t in_len, in_cap;
	char *out;
	size_t out_len, out_at, out_cap;
	struct call *call; /* in work; the next one waits in `in` */
	struct deferred turn;
};

/* A call in work. A method answers at once, or keeps the call and answers later; `more` calls may
 * answer often. */
struct call {
	struct client *client;
	struct gateway *gateway;
	struct control *control;
	json_t *message;	  /* owned */
	const json_t *parameters; /* within message */
	const struct method *method;
	bool more, oneway;
	bool running, over;
	/* a method that goes on: */
	void (*resume)(struct call *call); /* streams: a new turn, and the output has room */
	void (*cancel)(struct call *call); /* the client is gone: free `own` */
	void *own;
};

enum parameter_type { PARAMETER_TEXT, PARAMETER_FLAG };
struct parameter {
	const char *name; /* NULL: the end */
	enum parameter_type type;
	bool required;
};
#define METHOD_PARAMETERS_MAX 4
struct method {
	const char *name; /* "io.vanth.ike.Up" */
	enum access access;
	bool stream; /* makes sense with `more` only */
	struct parameter parameters[METHOD_PARAMETERS_MAX + 1];
	void (*run)(struct call *call);
};

/* ---- methods.c ---- */
const struct method *method_find(const char *name);
bool method_interface_known(const char *name); /* of "interface.Method" */
const struct method *method_at(size_t index);  /* NULL past the end */

/* ---- client.c ---- */
/* Owns fd; NULL: out of memory (fd is closed). */
struct client *client_new(struct control *control, int fd, enum access access);
void client_free(struct client *client);
/* Appends a message and its NUL; steals it. NULL: out of memory, the client is closed. */
void client_send(struct client *client, json_t *message);
void client_later(struct client *client); /* asks for a turn */
bool client_has_room(const struct client *client);

/* ---- call.c ---- */
/* Checks and runs it; steals message. A message that is no call closes the client. */
void call_begin(struct client *client, json_t *message);
void call_resume(struct call *call);
/* Runs a part of the method: a call that ends in it is freed after it. */
void call_guarded(struct call *call, void (*fn)(struct call *call));
void call_free(struct call *call); /* also when it is not over: its method is told */

/* Sends one reply; steals parameters. continues: more follow (dropped unless the caller asked for
 * `more`); otherwise the call is over and, unless its method runs, freed. */
void call_reply(struct call *call, json_t *parameters, bool continues);
void call_done(struct call *call); /* a last reply without parameters */
/* error: the Varlink name; the call is over. Steals parameters. */
void call_error(struct call *call, const char *error, json_t *parameters);
/* io.vanth.ike.Failed {reason, text}, or NotFound. */
void call_fail(struct call *call, enum rc rc, const char *text);
void call_answer(struct call *call, enum rc rc, const struct diag *diag); /* done or fail */
void call_invalid(struct call *call, const char *parameter, const char *text);
/* False: the output is above its high mark; return and wait for resume(). */
bool call_has_room(const struct call *call);
const char *call_text(const struct call *call, const char *name); /* NULL: not given */
bool call_flag(const struct call *call, const char *name);
/* A JSON string of any bytes: what is not printable is escaped. NULL: null. */
json_t *json_safe(const char *text);

/* ---- walk.c ---- */
/* Shows every tunnel that the call's parameter "name" means (none: all), in slices, however many
 * there are and whatever vanishes meanwhile; then the totals. first: of its peer in this walk.
 * refresh: traffic counters are asked from the kernel before. */
typedef void (*walk_show)(struct call *call, struct tunnel *tunnel, bool first);
void walk_begin(struct call *call, walk_show show, bool refresh);

/* ---- show.c ---- */
json_t *show_ike(const struct call *call, const struct ike_sa *sa);
json_t *show_child(const struct call *call, const struct child_sa *child);
json_t *show_tunnel(const struct call *call, struct tunnel *tunnel);
json_t *show_brief(const struct call *call, struct tunnel *tunnel);
json_t *show_records(const struct call *call, const struct peer *peer);
/* Null: new peers are not asked for one. */
json_t *show_cookies(const struct gateway *gateway);
json_t *show_totals(const struct call *call);
json_t *show_event(const struct gateway_event *event);
/* Does the name of a conn or tunnel mean this tunnel? NULL: all. */
bool name_means(const char *name, const struct tunnel *tunnel);
bool name_concerns(const char *name, const struct gateway_event *event);

/* ---- up.c ---- */
/* What a call waits for, of each tunnel that its name means. */
struct goal {
	enum rc (*begin)(const struct call *call, const char *name, struct diag *diag);
	/* not reached yet; SAs that were made since have greater serial numbers */
	bool (*missing)(const struct tunnel *tunnel, uint64_t since);
	const char *at_once; /* the last reply's event when nothing was missing from the first */
};
/* Begins it (parameter "name") and, unless asynchronous, ends the call when the goal is reached or
 * cannot be. */
void call_until(struct call *call, const struct goal *goal);

/* ---- interface.c ---- */
extern const char interface_text[];	    /* docs/io.vanth.ike.varlink */
extern const char interface_service_text[]; /* org.varlink.service */

/* ---- methods, by file ---- */
void method_get_info(struct call *call); /* service.c */
void method_get_interface(struct call *call);
void method_up(struct call *call);    /* up.c */
void method_login(struct call *call); /* login.c */
void method_redirect(struct call *call);
void method_global_redirect(struct call *call);
void method_rekey(struct call *call); /* rekey.c */
void method_down(struct call *call);  /* down.c */
void method_route(struct call *call); /* verbs.c */
void method_unroute(struct call *call);
void method_delete(struct call *call);
void method_shutdown(struct call *call);
void method_add(struct call *call); /* reload.c */
void method_start(struct call *call);
void method_reload(struct call *call);
void method_reload_secrets(struct call *call);
void method_reload_keys(struct call *call);
void method_revocations(struct call *call); /* crls.c */
void method_revocation_of(struct call *call);
void method_refetch_crls(struct call *call);
void method_leases(struct call *call); /* leases.c */
void method_status(struct call *call); /* status.c */
void method_traffic(struct call *call);
void method_brief(struct call *call);
void method_states(struct call *call);
void method_explain(struct call *call);	 /* explain.c */
void method_events(struct call *call);	 /* events.c */
void method_counters(struct call *call); /* about.c */
void method_probe(struct call *call);
void method_version(struct call *call);
void method_set_log_level(struct call *call);

#endif
