/* SPDX-License-Identifier: Apache-2.0 */
/* The `ipsec` command: arguments in, calls to the daemon's control socket, text or JSON out. */
#ifndef VANTH_IPSEC_H
#define VANTH_IPSEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Documented in ipsec(8). */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3,
	EXIT_NOT_FOUND = 4,
	EXIT_NEGOTIATION = 5,
	EXIT_DENIED = 6,
};

/* What the command line said. */
struct ipsec {
	const char *ctlsocket, *config;
	bool ctlsocket_set, config_set;
	bool json, asynchronous;
	unsigned timeout;	 /* seconds; 0: none */
	const char *what;	 /* --child, --ike, --reauth; NULL: none of them */
	const char *to, *global; /* --to, --global; NULL: not given */
	/* up: --username, --password-file; whack's --xauthpass; NULL: not given */
	const char *username, *password_file;
	char *password; /* in argv: wiped when taken */
	bool password_stdin;
};

typedef int (*verb_fn)(struct ipsec *ipsec, int argc, char **argv); /* argv[0] is the verb */
struct verb {
	const char *name;
	const char *arguments; /* "NAME", "[NAME]", "" */
	const char *summary;
	verb_fn run;
	int min, max; /* arguments; max -1: it takes its own options */
	bool waits;   /* --asynchronous and --timeout make sense */
	bool chooses; /* --child, --ike and --reauth too */
	bool sends;   /* --to and --global */
};

/* ---- verbs.c ---- */
/* What a verb or option of Libreswan's or strongSwan's (with or without dashes) is here, in words;
 * NULL where there is nothing to say. */
const char *elsewhere(const char *word);

const struct verb *verb_find(const char *name); /* NULL: complained, with the nearest */
int verb_help(struct ipsec *ipsec, int argc, char **argv);
void usage(void);

/* ---- client.c ---- */
typedef void (*reply_fn)(void *context, const json_t *parameters, bool continues);
/* One call from connect to close; steals parameters; fn (may be NULL) is called for each reply.
 * Errors are told on standard error. Returns the exit code. */
int client_call(const struct ipsec *ipsec, const char *method, json_t *parameters, bool more,
		reply_fn fn, void *context);
/* Somebody listens; pid (may be NULL): who, 0 when not to be seen from here. */
bool client_probe(const struct ipsec *ipsec, pid_t *pid);
int complain(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3))); /* returns code */

/* ---- text.c ---- */
#define HUMAN_MAX 32
const char *human_time(double seconds, char buffer[HUMAN_MAX]);	 /* "3 min 5 s" */
const char *human_size(long long bytes, char buffer[HUMAN_MAX]); /* "1.5 MB" */
const char *text_of(const json_t *object, const char *key);	 /* "": absent or null */
long long number_of(const json_t *object, const char *key);
double real_of(const json_t *object, const char *key);
json_t *name_parameter(int argc, char **argv); /* {"name": argv[1]}, or {} */
void print_json(const json_t *json);	       /* one line */

/* ---- verbs, by file ---- */
int verb_up(struct ipsec *ipsec, int argc, char **argv); /* tunnels.c */
/* Is a user or a password given? */
bool logs_in(const struct ipsec *ipsec);
int verb_add_up(struct ipsec *ipsec, int argc, char **argv);
int verb_down(struct ipsec *ipsec, int argc, char **argv);
int verb_rekey(struct ipsec *ipsec, int argc, char **argv);
int verb_simple(struct ipsec *ipsec, int argc, char **argv);
int verb_reread(struct ipsec *ipsec, int argc, char **argv); /* secrets and keys */
int verb_status(struct ipsec *ipsec, int argc, char **argv); /* show.c */
int verb_traffic(struct ipsec *ipsec, int argc, char **argv);
int verb_brief(struct ipsec *ipsec, int argc, char **argv);
int verb_states(struct ipsec *ipsec, int argc, char **argv);
void show_tunnel(const json_t *tunnel);
void show_cookies(const json_t *cookies);		      /* null: nothing is shown */
int verb_explain(struct ipsec *ipsec, int argc, char **argv); /* explain.c */
int verb_events(struct ipsec *ipsec, int argc, char **argv);
int verb_algorithms(struct ipsec *ipsec, int argc, char **argv); /* about.c */
int verb_version(struct ipsec *ipsec, int argc, char **argv);
int verb_checkconfig(struct ipsec *ipsec, int argc, char **argv); /* check.c */
int verb_redirect(struct ipsec *ipsec, int argc, char **argv);	  /* redirect.c */
/* Connected peers; name NULL: of every conn. */
int redirect_peers(const struct ipsec *ipsec, const char *to, const char *name);
/* global-redirect=, global-redirect-to=; NULL: as it is */
int redirect_new_peers(struct ipsec *ipsec, const char *when, const char *to);
int list_crls(const struct ipsec *ipsec);		    /* crls.c */
int list_leases(const struct ipsec *ipsec);		    /* leases.c */
int verb_start(struct ipsec *ipsec, int argc, char **argv); /* service.c */
int verb_stop(struct ipsec *ipsec, int argc, char **argv);
int verb_restart(struct ipsec *ipsec, int argc, char **argv);
int verb_whack(struct ipsec *ipsec, int argc, char **argv); /* whack.c */
int verb_auto(struct ipsec *ipsec, int argc, char **argv);

#endif
