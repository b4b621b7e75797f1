/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: the servers that CRLs and OCSP answers come from, whose turn it is, and which of
 * them are silent, so that a dead one delays nobody else's question. */
#ifndef VANTH_X509_RESPONDERS_H
#define VANTH_X509_RESPONDERS_H

#include "base/list.h"
#include "base/table.h"
#include "host/host.h"

#define RESPONDER_AT_ONCE   4 /* questions to one server; a silent one has one */
#define RESPONDERS_IDLE	    256
#define RESPONDER_PAUSE	    (5 * USEC_PER_SEC) /* of a silent one; doubled each time */
#define RESPONDER_PAUSE_MAX (60 * USEC_PER_SEC)
#define RESPONDER_NAME_MAX  280

struct source;

/* One server, by host and port. */
struct responder {
	struct table_node node;
	struct list in_age;
	struct list in_turn; /* something waits and may begin */
	struct list queue;   /* of source.in_queue */
	unsigned under_way;
	uint16_t failures; /* in a row */
	usec_t pause_until;
	char *why; /* of its silence; NULL: it has answered, or was not asked */
	char name[];
};

struct responders {
	struct table table;
	struct list ages, turns;
	size_t count;
};

void responders_init(struct responders *all, const uint64_t seed[2]);
void responders_free(struct responders *all);
/* ipsec rereadcrls: whoever was silent may be asked at once. */
void responders_forgive(struct responders *all);
/* The one that this URL is asked at; made when there is none. NULL: out of memory. */
struct responder *responder_of(struct responders *all, const char *url);
bool responder_pauses(const struct responder *responder, usec_t now);

/* The source waits for its turn there: SOURCE_QUEUED. */
void responder_enqueue(struct responders *all, struct responder *responder, struct source *source);
/* Whose turn it is, each server's in turn; it counts as under way: SOURCE_FETCHING. NULL: nobody
 * may begin. */
struct source *responders_next(struct responders *all);
/* It neither waits nor is under way any more: SOURCE_IDLE. */
void responder_leave(struct responders *all, struct source *source);
/* The server gave an answer, of whatever kind; or none: then it pauses, for longer each time. */
void responder_answered(struct responder *responder);
void responder_silent(struct responder *responder, usec_t now, const char *why);

#endif
