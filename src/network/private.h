/* SPDX-License-Identifier: Apache-2.0 */
/* DOC: the network inside. network.c knows users, counts and the queue of what is to be done;
 * object.c compares and describes; a backend does one thing at a time to the host. Linux acts on a
 * netlink message inside sendto() and has its answer ready, so that nothing waits; the queue gives
 * way to others when a turn of the loop has lasted long enough. */
#ifndef VANTH_NETWORK_PRIVATE_H
#define VANTH_NETWORK_PRIVATE_H

#include "base/table.h"
#include "network/network.h"

struct network_backend;
struct network_backend_ops {
	/* 0 or errno; adding what is there: EEXIST; removing what is not there: 0. text: what the
	 * kernel says beside it, or "". */
	int (*apply)(struct network_backend *backend, const struct network_object *object, bool add,
		     char text[NETWORK_TEXT_MAX]);
	enum rc (*remove_stale)(struct network_backend *backend, unsigned *count,
				struct diag *diag);
	void (*free)(struct network_backend *backend);
};
struct network_backend {
	const struct network_backend_ops *ops;
};

/* An object that somebody wants, or that is to go. */
enum held_state {
	HELD_ABSENT,
	HELD_OURS,
	HELD_FOREIGN, /* it stood there before us */
};
struct held {
	struct table_node node;	  /* network->objects */
	struct list in_queue;	  /* something is to be done */
	struct list in_addresses; /* network->addresses */
	struct list in_foreign;	  /* network->foreign, while it is that */
	struct network_object what;
	unsigned users;
	enum held_state state;
	bool again; /* make it again although it was there */
	int error;  /* why it is absent */
	char text[NETWORK_TEXT_MAX];
};

struct network {
	struct host *host;
	struct log *log;
	struct network_backend *backend; /* owned */
	struct table objects;
	struct list queue;     /* of struct held.in_queue, in the order to be done */
	struct list addresses; /* of struct held.in_addresses */
	struct list foreign;   /* of struct held.in_foreign */
	struct list waiting;   /* of struct network_user.in_waiting */
	struct deferred flush;
	struct list dns; /* of struct nameservers.in_network (dns.c) */
};

/* ---- dns.c ---- */
struct nameservers;
/* NULL: out of memory. */
struct nameservers *nameservers_new(struct network *network);
enum rc nameservers_set(struct nameservers *servers, const struct network_dns *dns) MUST_CHECK;
/* Its owner goes; it stays until they are gone from the host. NULL: nothing. */
void nameservers_leave(struct nameservers *servers);
void nameservers_free_all(struct network *network);

/* Takes the backend, also when it fails. */
enum rc network_new(struct host *host, struct log *log, struct network_backend *backend,
		    struct network **out) MUST_CHECK;
uint64_t network_object_hash(const struct table *table, const struct network_object *object);
/* What to do about an errno; "": nothing known. */
const char *network_errno_hint(const struct network_object *object, int error);

#endif
