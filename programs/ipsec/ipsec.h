/* SPDX-License-Identifier: Apache-2.0 */
/* The `ipsec` command: arguments in, calls to the daemon's control socket, text or JSON out. */
#ifndef VANTH_IPSEC_H
#define VANTH_IPSEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

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
	const char *program; /* argv[0] */
	const char *ctlsocket, *config;
	bool json, asynchronous;
	unsigned timeout; /* seconds; 0: none */
};

struct verb {
	const char *name;
	const char *arguments; /* "NAME", "[NAME]", "" */
	const char *summary;
	int (*run)(struct ipsec *ipsec, int argc, char **argv); /* argv[0] is the verb */
	bool raw;						/* parses its own options */
};
const struct verb *verb_find(const char *name);

/* ---- client.c ---- */
/* Called for each reply; false: enough. */
typedef bool (*reply_fn)(void *context, const json_t *parameters, bool continues);
/* One call from connect to close; steals parameters. Errors are told on standard error. Returns the
 * exit code. */
int client_call(const struct ipsec *ipsec, const char *method, json_t *parameters, bool more,
		reply_fn fn, void *context);
/* The socket answers. */
bool client_probe(const struct ipsec *ipsec);

int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void print_json(const json_t *json);

/* ---- verbs, by file ---- */
int verb_up(struct ipsec *ipsec, int argc, char **argv);
int verb_down(struct ipsec *ipsec, int argc, char **argv);
int verb_simple(struct ipsec *ipsec, int argc, char **argv);
int verb_status(struct ipsec *ipsec, int argc, char **argv);
int verb_traffic(struct ipsec *ipsec, int argc, char **argv);

#endif
