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
	/* 0 or errno; adding what is there: EEXIST (EADDRINUSE: another VTI device has these ends);
	 * removing what is not there: 0. text: what the
	 * kernel says beside it, or "". */
	int (*apply)(struct network_backend *backend, const struct network_object *object, bool add,
		     char text[NETWORK_TEXT_MAX]);
	/* Sets up a link of ours; EALREADY: it is. */
	int (*raise_link)(struct network_backend *backend, const struct network_object *link);
	/* All links of ours, as far as it can; in one go where that is possible. */
	void (*remove_links)(struct network_backend *backend);
	/* The number of a device; 0: it is not there. */
	uint32_t (*index)(struct network_backend *backend, const char *device);
	/* From now on it calls vigil_lost() and vigil_suspect() for what others remove; NULL: no
	 * more. */
	enum rc (*listen)(struct network_backend *backend, struct network *listener);
	/* A VTI device gets the ends and keys of `object`, and keeps what stands on it: 0 or errno.
	 */
	int (*change)(struct network_backend *backend, const struct network_object *object,
		      char text[NETWORK_TEXT_MAX]);
	/* A route comes in the place of whatever stands there: 0 or errno. */
	int (*replace)(struct network_backend *backend, const struct network_object *object,
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
	struct table_node node; /* network->objects */
	struct list in_queue;	/* something is to be done; or in network->resting */
	struct list in_kind;	/* network->kinds */
	struct list in_foreign; /* network->foreign, while it is that */
	struct network_object what;
	unsigned users;
	enum held_state state;
	bool again;	   /* make it again although it was there */
	bool taken;	   /* a route: somebody has put another one in its place */
	uint8_t lost;	   /* so often it was gone, without a long quiet in between */
	int error;	   /* why it is absent */
	usec_t rest_until; /* it is not put back before */
	char text[NETWORK_TEXT_MAX];
};

struct network {
	struct host *host;
	struct log *log;
	struct network_backend *backend; /* owned */
	struct table objects;
	struct list queue;		  /* of struct held.in_queue, in the order to be done */
	struct list kinds[NETWORK_KINDS]; /* of struct held.in_kind */
	struct list foreign;		  /* of struct held.in_foreign */
	struct list waiting;		  /* of struct network_user.in_waiting */
	struct list users;		  /* of struct network_user.in_network */
	struct deferred flush;
	struct list dns;     /* of struct nameservers.in_network (dns.c) */
	struct list line;    /* of struct nameservers.in_line: they wait for a program to end */
	unsigned programs;   /* that run */
	bool closing;	     /* links wait for network_drain() */
	bool has_resolvconf; /* its folders are to be looked into */
	const char *const *program_folders; /* where programs are; NULL: not known */
	/* vigil.c */
	struct list resting; /* of struct held.in_queue: to be put back later */
	bool suspect;	     /* anything may be gone */
	bool broke;	     /* what was there could not be put back: its users do not know */
	usec_t walk_from;    /* not earlier */
	usec_t due_at;
	network_due_fn due; /* NULL: nobody listens */
	void *due_context;
	/* resolved.c */
	const char *bus_address; /* NULL: none */
	int bus_fd;		 /* in its place; -1: none */
	struct resolved *resolved;
	const char *netlink_table; /* /proc/net/netlink; NULL: nobody looks */
};

/* ---- network.c ---- */
void network_later(struct network *network);
/* Behind what it stands on. */
void network_enqueue(struct network *network, struct held *held);
/* Somebody else's stands in its place: used, and not removed. */
void network_leave_place(struct network *network, struct held *held);

/* It was made by us. */
bool network_owns_link(const struct network *network, const char *device);

/* ---- resolved.c: systemd-resolved ---- */
struct question;
/* why: what it said, or what went wrong; valid during the call only. */
typedef void (*resolved_fn)(void *context, bool yes, const char *why);
/* Does it run, and in our network namespace? fn is never called from within, and the question is
 * gone when it is called. NULL: it cannot be asked. */
struct question *resolved_probe(struct network *network, resolved_fn fn, void *context);
/* It is to use these servers for the link from now on; as above. */
struct question *resolved_set(struct network *network, uint32_t index,
			      const struct network_dns *dns, resolved_fn fn, void *context);
void resolved_revert(struct network *network, uint32_t index);
void resolved_cancel(struct question *question); /* NULL: nothing */
void resolved_tick(struct network *network);
void resolved_free(struct network *network);

/* ---- neighbour.c ---- */
/* A process with this number has a socket for links in the network namespace of the table. */
bool neighbour_has_links(const char *table, uint32_t pid);

/* ---- resolvconf.c ---- */
/* It is systemd-resolved's: not to be used. */
bool resolvconf_is_resolveds_own(const struct network *network);
/* How it ended, if not well. */
void resolvconf_say(const struct network *network, const char *device, bool adding,
		    const struct spawn_result *result);
void resolvconf_say_refused(const struct network *network, const char *device);

/* ---- vigil.c ---- */
/* network_tick() is to be called then. */
void network_due(struct network *network, usec_t when);
/* It may be gone: it is made again, now or when its rest is over. */
void vigil_check(struct network *network, struct held *held);
/* It was gone, and is there again. */
void vigil_put_back(struct network *network, struct held *held);
/* True: everything is to be looked at, and stands in the queue. */
bool vigil_walk(struct network *network);
/* What stood there before us, and was used, is gone: ours is there now. */
void vigil_took_over(struct network *network, struct held *held);
/* `held`, a route in whose place another one stands, takes it back, or leaves it at last. */
void vigil_take_back(struct network *network, struct held *held);
/* For backends: somebody else has removed this, of ours or not (what it does not know of it is
 * zero). */
void vigil_lost(struct network *network, const struct network_object *shown);
/* Somebody else has put this route in the place of what stood there. */
void vigil_replaced(struct network *network, const struct network_object *shown);
void vigil_suspect(struct network *network);

/* ---- links.c ---- */
/* `held`, which is absent, is a link whose name another one of ours has: it becomes that one, or is
 * refused. False: no other has it. */
bool link_take_over(struct network *network, struct held *held);
/* `held`, which nobody wants any more, becomes the one of its name that is wanted, if there is one;
 * it is absent then. */
void link_hand_over(struct network *network, struct held *held);

/* ---- dns.c ---- */
struct nameservers;
/* NULL: out of memory. */
struct nameservers *nameservers_new(struct network *network);
enum rc nameservers_set(struct nameservers *servers, const struct network_dns *dns) MUST_CHECK;
/* Its owner goes; it stays until they are gone from the host. NULL: nothing. */
void nameservers_leave(struct nameservers *servers);
/* Entries that an earlier run gave to resolvconf, which keeps a file of each in the folder; how
 * many there were. They go by and by. */
unsigned nameservers_remove_stale(struct network *network, const char *folder);
/* A link of ours was gone and is there again: what resolved knew of it went with it. */
void nameservers_link_is_new(struct network *network, const char *device);
void nameservers_free_all(struct network *network);

/* Takes the backend, also when it fails. */
enum rc network_new(struct host *host, struct log *log, struct network_backend *backend,
		    struct network **out) MUST_CHECK;
/* Also when neither is set. */
bool network_addr_equal(const struct ip_addr *a, const struct ip_addr *b);
uint64_t network_object_hash(const struct table *table, const struct network_object *object);
/* What to do about an errno; "": nothing known. */
const char *network_errno_hint(const struct network_object *object, int error);

#endif
