/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: certificates of peers that are up, whose responders are asked again, a few at a
 * time, when what they said is over. */
#ifndef VANTH_X509_WATCHES_H
#define VANTH_X509_WATCHES_H

#include "base/list.h"
#include "base/table.h"
#include "host/host.h"
#include "x509/certificate.h"
#include "x509/places.h"

#define WATCHES_MAX	100000
#define WATCHES_AT_ONCE 2			 /* so that who comes up has a place too */
#define WATCH_LEAST	(60 * USEC_PER_SEC)	 /* not more often */
#define WATCH_SPREAD	(10 * 60 * USEC_PER_SEC) /* an eighth of the time, this at most */
#define WATCH_FORGOTTEN (5 * 60 * USEC_PER_SEC)	 /* nobody who is up has it, or comes back */

struct revocation;
struct source;

struct watches {
	struct table table;
	struct list ages;   /* who was seen last is last */
	struct list asleep; /* not seen any more, and may come back by a ticket */
	struct list line;   /* due, in the order of asking */
	size_t count;
	unsigned under_way;
	struct deferred ask_later;
};

void watches_init(struct watches *watches, const uint64_t seed[2]);
void watches_free(struct watches *watches);
/* A responder is to be asked about the certificate again; own: those that it names itself; source:
 * whose the answers are, NULL: it could not be asked now. Without memory it is asked with the next
 * authentication. */
void watch_keep(struct revocation *revocation, const struct places *own,
		const struct source *source, const struct certificate *certificate,
		const struct certificate *issuer);
/* Whoever has it may come back without being asked about until then: it is kept as long, though not
 * asked about while nobody sees it. */
void watch_may_return(struct revocation *revocation, const uint8_t issuer[32], struct span serial,
		      usec_t until);
/* Somebody who is up has it. */
void watch_seen(struct revocation *revocation, const uint8_t issuer[32], struct span serial);
/* The source is idle again, with an answer or without. */
void watch_settled(const struct source *source);

#endif
