/* SPDX-License-Identifier: Apache-2.0 */
/* The half-open table: IKE SAs as the responder whose peer has proven nothing yet. It is bounded as
 * a whole, for each address (IPv4 /32, IPv6 /64) and for each prefix (/24, /48), so that nobody
 * takes it all; and it tells when new peers are to show that they receive (RFC 7296 §2.6). */
#ifndef VANTH_SA_HALF_OPEN_H
#define VANTH_SA_HALF_OPEN_H

#include "base/addr.h"
#include "base/list.h"
#include "base/table.h"
#include "base/names.h"
#include "config/config.h"

struct ike_sa;
struct sas;

enum half_open_kind { HALF_OPEN_ADDRESS, HALF_OPEN_PREFIX, HALF_OPEN_KINDS };

/* The half-open SAs of one address, or of one prefix. */
struct half_open_group {
	struct table_node by_key;
	struct list members;  /* struct half_open_place.in_group, oldest first */
	struct list in_crowd; /* prefixes only */
	uint32_t count, making;
	uint8_t crowd;	 /* floor(log2(count)) */
	uint8_t key[10]; /* family, length, leading bytes */
};

/* Where one SA stands; a part of its larval part. */
struct half_open_place {
	struct ike_sa *sa;
	struct half_open_group *group[HALF_OPEN_KINDS]; /* NULL: not in the table */
	struct list in_group[HALF_OPEN_KINDS];
	struct list in_making; /* linked while its key pair is being made */
	bool proven;	       /* it came with a good cookie */
};

#define HALF_OPEN_CROWDS 32
struct half_open_table {
	struct table groups;
	struct list crowds[HALF_OPEN_CROWDS]; /* of prefixes, by half_open_group.crowd */
	struct list making;		      /* half_open_place.in_making, oldest first */
	size_t unproven;		      /* came without a cookie */
};

enum half_open_room {
	HALF_OPEN_ROOM,	       /* there is room, or somebody to displace */
	HALF_OPEN_FULL,	       /* the table is */
	HALF_OPEN_MANY_PREFIX, /* the prefix has its share, all of it young */
	HALF_OPEN_MANY_ADDRESS,
	HALF_OPEN_BUSY, /* its key pair would be made too late to be of use */
};

void half_open_init(struct half_open_table *table, const uint64_t seed[2]);
void half_open_free(struct half_open_table *table);
/* Counts a newborn SA (remote set). */
enum rc half_open_enter(struct sas *sas, struct ike_sa *sa) MUST_CHECK;
/* Its key pair is there. */
void half_open_made(struct ike_sa *sa);
/* It is not half-open any more; does nothing when it was not. */
void half_open_leave(struct sas *sas, struct ike_sa *sa);
/* Is any of that address half-open? */
bool half_open_here(const struct sas *sas, const struct ip_addr *remote);
/* May one more from there be taken? */
enum half_open_room half_open_room(const struct sas *sas, const struct config_setup *setup,
				   const struct ip_addr *remote, usec_t now);
/* After one from there was taken: the one that makes room for it, NULL when there is no need. The
 * oldest of the address or the prefix that is over its share; when the table is full, the oldest of
 * the most crowded prefix. Never one that is being worked on, and a young one (an honest peer's
 * IKE_AUTH may be on its way) only for somebody from a far less crowded prefix. */
struct ike_sa *half_open_surplus(const struct sas *sas, const struct config_setup *setup,
				 const struct ip_addr *remote, usec_t now);

/* How long the oldest one waits for its key pair; 0: none does. */
usec_t half_open_queue_age(const struct sas *sas, usec_t now);

/* ---- cookies: when (sa/pressure.c) ---- */

enum cookies_why {
	COOKIES_NOT,
	COOKIES_ALWAYS,	   /* ddos-mode=busy */
	COOKIES_HALF_OPEN, /* too many half-open SAs without a cookie */
	COOKIES_WORKERS,   /* key pairs are asked for faster than they can be made */
};
extern const struct names cookies_why_names; /* "many half-open IKE SAs", ... */

/* The threshold of ddos-mode=auto rises by one with every half-open SA that is completed and falls
 * by two with every one that is not, between a least and a most; what it learned fades by half in a
 * minute. */
struct pressure {
	enum cookies_why why; /* COOKIES_NOT or the reason in ddos-mode=auto */
	usec_t since;
	unsigned learned; /* above the least threshold */
	usec_t faded;
	usec_t window; /* begin of what these two count */
	uint32_t asked, returned;
};

unsigned cookies_threshold(const struct sas *sas, const struct config_setup *setup);
/* For a new request: is a cookie to be asked for, and why? In ddos-mode=auto this is where asking
 * begins. */
enum cookies_why cookies_wanted(struct sas *sas, const struct config_setup *setup, usec_t now);
/* For whoever looks on: changes nothing. */
enum cookies_why cookies_state(const struct sas *sas, const struct config_setup *setup);
void cookies_asked(struct sas *sas);
void cookies_returned(struct sas *sas);
/* To be called about once a second while they are asked for. They end when the half-open SAs
 * without a cookie are fewer than half the threshold, workers keep up, and for five seconds so few
 * were asked for in vain that these, half-open instead, would stay below half the threshold too.
 * True: they have just ended. */
bool cookies_review(struct sas *sas, const struct config_setup *setup, usec_t now);
/* One half-open SA was completed; or was not, in its time. */
void pressure_finished(struct sas *sas, usec_t now);
void pressure_failed(struct sas *sas, usec_t now);
/* halfopen-timeout; a third of it, but at least five seconds, while cookies are asked for or half
 * of the table is taken. */
usec_t half_open_lifetime(const struct sas *sas, const struct config_setup *setup);

#endif
