/* SPDX-License-Identifier: Apache-2.0 */
/* Where a client was redirected to (RFC 5685), and how often. */
#ifndef VANTH_SA_REDIRECT_H
#define VANTH_SA_REDIRECT_H

#include "sa/sa.h"

#define REDIRECTS_MAX	5 /* MAX_REDIRECTS in REDIRECT_LOOP_DETECT_PERIOD, §6 */
#define REDIRECT_PERIOD (300 * USEC_PER_SEC)
#define REDIRECT_GRACE	(60 * USEC_PER_SEC) /* for the client to leave; then its IKE SA ends */

/* A gateway: an address or a name. */
struct redirect_target {
	struct ip_addr addr; /* not set: name */
	char name[256];
};
/* §7.1: ID type, length, identity, from the front of *in. RC_SYNTAX. */
enum rc redirect_target_read(struct span *in, struct redirect_target *out,
			     struct diag *diag) MUST_CHECK;
void redirect_target_emit(struct sink *sink, const struct redirect_target *target);
/* An address, or a host name; RC_SYNTAX. */
enum rc redirect_target_parse(const char *text, struct redirect_target *out) MUST_CHECK;
bool redirect_target_equal(const struct redirect_target *a, const struct redirect_target *b);
const char *redirect_target_text(const struct redirect_target *target, char buffer[256]);

#define REDIRECT_TARGETS_MAX 16 /* of one list */
/* RC_SYNTAX: a word of it is no gateway, there are too many, or there is none. */
enum rc redirect_list_check(const char *list, struct diag *diag) MUST_CHECK;
/* The gateway of the list for this client: by a hash of its address, so that the load is spread, a
 * client that comes again is sent to the same one, and a gateway that leaves the list moves nobody
 * else (highest random weight). Never one that is `not` or has the address `self`. False: none is
 * left. */
bool redirect_list_pick(const char *list, const struct ip_addr *client, const struct ip_addr *self,
			const struct redirect_target * not, struct redirect_target *out);
/* accept-redirect-to=: "%any", addresses, subnets and names, separated by commas; NULL: all. */
bool redirect_allowed(const char *list, const struct redirect_target *target);

/* What a redirect came to, for the flight recorder (RECORD_REDIRECT). */
enum redirect_event {
	REDIRECT_SENT_INIT = 1, /* §3 */
	REDIRECT_SENT_AUTH,	/* §6 */
	REDIRECT_SENT_LATER,	/* §5 */
	REDIRECT_FOLLOWED,
	REDIRECT_UNREADABLE, /* refused: no gateway in it, or not our nonce */
	REDIRECT_NOT_ALLOWED,
	REDIRECT_LOOP, /* §7 */
	REDIRECT_NO_ADDRESS,
	REDIRECT_BACK, /* the new gateway fails */
};
extern const struct names redirect_event_names;

/* global-redirect= and global-redirect-to= as they are now: the operator can change them. */
struct redirect_policy {
	enum config_tristate when;
	char *to; /* NULL: nowhere */
};

/* Of a peer that was redirected (peer->redirect). */
struct redirect {
	struct ip_addr to;	   /* set: initiate there */
	struct ip_addr from;	   /* the gateway that said so */
	struct resolve *resolving; /* a name; nothing is initiated meanwhile */
	void *gateway;		   /* engine: for the answer */
	struct peer *peer;
	usec_t times[REDIRECTS_MAX]; /* of the last redirects, a ring */
	unsigned count;
};
/* Has it been redirected as often as is allowed? */
bool redirect_too_often(const struct redirect *redirect, usec_t now);
/* The address to initiate to: where it was redirected to, or its own. */
const struct ip_addr *redirect_remote(const struct peer *peer);

#endif
