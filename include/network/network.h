/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon itself puts on the host for tunnels: interfaces, addresses, rules, routes.
 * Declarative: a user (one tunnel) says what it wants (struct network_plan); what it wants no more
 * goes, what is new comes. Objects are counted: two users with an equal one share it, and it goes
 * with the last of them. What stood there already is used and never removed. Nothing here knows of
 * IKE. Backends: network/netlink (rtnetlink) and network/simulated. */
#ifndef VANTH_NETWORK_NETWORK_H
#define VANTH_NETWORK_NETWORK_H

#include "host/host.h"
#include "log/log.h"

#define NETWORK_DEVICE_MAX 16 /* with its NUL, as Linux has it */
#define NETWORK_PLAN_MAX   48

/* In the order in which they are made; they go the other way round. */
enum network_kind { NETWORK_LINK, NETWORK_ADDRESS, NETWORK_RULE, NETWORK_ROUTE };
#define NETWORK_KINDS 4

/* One thing on the host; what its kind has no use for is zero. */
struct network_object {
	enum network_kind kind;
	/* link: its name; address, route: where it stands; rule: "lo": of what this host itself
	 * sends (and takes in, where Linux looks for the way back); "": of anything */
	char device[NETWORK_DEVICE_MAX];
	uint32_t if_id; /* link: of the xfrm interface; 0: one that carries nothing (dummy) */
	/* link: a VTI device, by the marks of packets that come and go, between addr (ours) and
	 * via (any address: whoever it is) */
	bool vti;
	uint32_t ikey, okey;
	/* address; destination of a route or rule (first address of the subnet; a rule with none
	 * has its IP version) */
	struct ip_addr addr;
	uint8_t len;	    /* of that subnet */
	uint8_t proto;	    /* rule: of that IP protocol only */
	uint16_t port;	    /* such a rule: UDP from that port of ours only; 0: any */
	bool aside;	    /* address: never the source of anything by itself */
	struct ip_addr via; /* route: next hop; AF_UNSPEC: none */
	/* route: of packets without one; AF_UNSPEC: Linux chooses. Rule: from that address only;
	 * AF_UNSPEC: any */
	struct ip_addr source;
	uint32_t mtu, metric; /* route; 0: none given */
	uint32_t table;	      /* route, rule: HOST_TABLE_MAIN or HOST_TABLE_TUNNELS */
};

struct network_plan {
	struct network_object objects[NETWORK_PLAN_MAX];
	unsigned count;
	bool too_long; /* something did not fit */
};
void network_plan_add(struct network_plan *plan, const struct network_object *object);

#define NETWORK_TEXT_MAX 256
bool network_object_equal(const struct network_object *a, const struct network_object *b);
/* "the route 10.2.0.0/24 dev ipsec1" */
const char *network_object_text(const struct network_object *object, char text[NETWORK_TEXT_MAX]);

struct network;
struct network_user;
/* All that was asked for has been tried. failed: how many objects are not there; the diag tells the
 * first of them: what, why, what to do. Called from the loop's deferred work, never from within a
 * call; it may call anything but network_free(). */
typedef void (*network_settled_fn)(void *context, unsigned failed, const struct diag *diag);

/* NULL: out of memory. */
struct network_user *network_user_new(struct network *network, network_settled_fn settled,
				      void *context);
/* From now on it wants this; settled is called when that has been tried (also when nothing is to be
 * done). RC_NO_MEMORY: it has what it had. */
enum rc network_user_set(struct network_user *user, const struct network_plan *plan) MUST_CHECK;
#define NETWORK_DNS_MAX	 8
#define NETWORK_TEXT_DNS 2048
/* Name servers that are to be asked while the user is there. */
struct network_dns {
	char device[NETWORK_DEVICE_MAX]; /* they are behind it */
	struct ip_addr source;		 /* they are asked from this address; AF_UNSPEC: any */
	struct ip_addr servers[NETWORK_DNS_MAX];
	unsigned count;
	const char *domains; /* with blanks between; NULL: none */
};
/* Given to systemd-resolved where it runs, for a link of ours: the device, if it is, or one that is
 * made for them. Else to the program resolvconf (of openresolv or resolvconf), which runs beside
 * us. What goes wrong is logged. NULL: none from now on. RC_NO_MEMORY: it has what it had. */
enum rc network_user_dns(struct network_user *user, const struct network_dns *dns) MUST_CHECK;
/* A program runs, or is about to. */
bool network_busy(const struct network *network);

/* What failed is tried again; settled is called. */
void network_user_retry(struct network_user *user);
/* Something on the host has changed: what stands on devices that are not ours may be gone with
 * them, and is made again. */
void network_user_renew(struct network_user *user);
/* Takes back what nobody else wants; settled is not called any more. NULL: nothing. */
void network_user_free(struct network_user *user);

/* From now on what others remove of ours is put back (links that they set down are set up); it
 * rests for some time when they do it again and again. due: network_tick() is to be called then; a
 * later call with an earlier time replaces the one before. NULL: no longer. */
typedef void (*network_due_fn)(void *context, usec_t when);
void network_watch(struct network *network, network_due_fn due, void *context);
void network_tick(struct network *network);

/* One of our objects is this address (on whatever device). */
bool network_has_address(const struct network *network, const struct ip_addr *addr);
/* Finds what an earlier run left behind and removes it; only at start, before anything else. */
enum rc network_remove_stale(struct network *network, unsigned *count,
			     struct diag *diag) MUST_CHECK;
/* The end is near: links that nobody wants wait from now on until network_drain(), and go together
 * then. */
void network_closing(struct network *network);
/* Does at once what is still to be done. */
void network_drain(struct network *network);
void network_free(struct network *network); /* its users must be gone; NULL: nothing */

/* Linux. What is ours is known by a number: routes, rules and addresses by their protocol (`ip
 * route show proto 86`), links by their group. */
enum rc network_netlink_new(struct host *host, struct log *log, struct network **out,
			    struct diag *diag) MUST_CHECK;
#define NETWORK_LINK_GROUP 22081

#endif
