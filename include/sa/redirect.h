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
/* accept-redirect-to=: "%any", addresses, subnets and names, separated by commas; NULL: all. */
bool redirect_allowed(const char *list, const struct redirect_target *target);

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
