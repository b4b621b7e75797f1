/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway with a control socket in a folder of its own, on a real host, and clients of it in the
 * same process: the loop runs only inside the functions below. */
#ifndef VANTH_TEST_CONTROL_FIXTURE_H
#define VANTH_TEST_CONTROL_FIXTURE_H

#include "control/private.h"
#include "kernel/simulated.h"

struct fixture {
	char dir[64], path[96];
	struct host *host;
	struct kernel *kernel;
	struct log *log;
	struct gateway *gateway;
	struct control *control;
	/* what the daemon's hooks did and shall do */
	unsigned reloads, secrets, keys, shutdowns;
	enum rc hook_rc;
	bool hook_holds; /* who waits is in `held`, and the test answers */
	struct list held;
	struct gateway_reload_report report; /* what a reload tells */
	char *conf;			     /* what read_config reads; owned */
};

/* left 127.0.0.1 is this host; nobody answers at 192.0.2.2, and nothing is sent: the gateway is not
 * started. */
#define CONN(name)                                                                                 \
	"conn " name "\n\tleft=127.0.0.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"    \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
/* In which tunnels of one conn differ. */
#define CONN_OF_TWO                                                                                \
	"conn pair\n\tleft=127.0.0.1\n\tright=192.0.2.3\n\tleftid=@west\n\trightid=@south\n"       \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnets=10.3.0.0/24,10.4.0.0/"                           \
	"24\n\tauthby=secret\n\tauto=add\n"

void fixture_begin(struct fixture *fixture, const char *conf); /* NULL: CONN("office") */
void fixture_begin_group(struct fixture *fixture, const char *conf, const char *group);
void fixture_end(struct fixture *fixture);
int fixtures_crypto_open(void **state); /* group set-up and tear-down */
int fixtures_crypto_close(void **state);

void settle(struct fixture *fixture); /* runs what is due, without waiting for anything */
int dial(struct fixture *fixture);    /* a client's socket; fails the test */
void hang_up(struct fixture *fixture, int fd);
void say(int fd, const char *bytes, size_t len);
void say_call(int fd, const char *json); /* with the NUL */
/* The next message; runs the loop until it is there. NULL: the daemon closed. The caller decrefs.
 */
json_t *hear(struct fixture *fixture, int fd);
bool is_silent(struct fixture *fixture, int fd); /* nothing comes */
/* One call and its one reply on a connection of its own. */
json_t *ask(struct fixture *fixture, const char *json);
/* Asserts about a reply; decref it. */
void expect_error(json_t *reply, const char *error, const char *text_part);
void expect_done(json_t *reply);
const char *text_in(const json_t *reply, const char *key); /* of its parameters */
char *many_conns(unsigned count); /* conf text with conns c0, c1, ...; mem_free */
struct tunnel *tunnel_named(struct fixture *fixture, const char *name);
/* A Child SA as if it had been negotiated, with its IKE SA. */
struct child_sa *pretend_up(struct fixture *fixture, const char *name);
/* Takes it away again, with its events. */
void pretend_down(struct fixture *fixture, struct child_sa *child, enum rc reason);

#endif
