/* SPDX-License-Identifier: Apache-2.0 */
/* An honest exchange of IKEv1, held at one of its messages: that message, opened with the keys of
 * who is to get it, changed and sealed anew, comes first, in as many forms as the test likes; then
 * the honest one. What is forbidden is looked for after each. */
#ifndef VANTH_TEST_ABUSE_H
#define VANTH_TEST_ABUSE_H

#include "exchange/pair.h"
#include "ikev1/ikev1.h"
#include "unit/test.h"

#define ABUSE_V1                                                                                   \
	PAIR_BASE "\tkeyexchange=ikev1\n\tinitial-contact=no\n\tike=aes128-sha2_256-dh19\n"        \
		  "\tesp=aes128-sha2_256\n"
#define ABUSE_SECRETS ": PSK \"correct horse battery staple\"\n"

struct abuse;
struct abuse_plan {
	const char *name;
	const char *west, *east; /* west begins */
	unsigned messages;	 /* until the tunnel is up; and those that are provoked */
	/* NULL, 0: nothing but that, ABUSE_SECRETS, within 400 seconds */
	void (*prepare)(struct abuse *abuse); /* the two have just been started */
	void (*provoke)(struct abuse *abuse); /* all is quiet, and more is wanted */
	const char *secrets;
	unsigned heals; /* seconds until what ended is up again */
	unsigned every; /* that is looked at for the first of so many; 0: for each */
};
extern const struct abuse_plan abuse_main, abuse_aggressive, abuse_pfs, abuse_pull, abuse_push;

#define ABUSE_PARTS_MAX 24
struct abuse_part {
	uint8_t type;
	struct span body;
	int length; /* its generic header says so many bytes more than it has */
};
struct abuse_letter {
	struct ike_header header; /* with the flags of the honest one */
	struct abuse_part parts[ABUSE_PARTS_MAX];
	unsigned count;
	uint8_t store[4096]; /* of the bodies */
};

/* What may come of a changed message. */
enum abuse_verdict {
	ABUSE_REFUSED, /* nothing at all: not a word, not a bit of the SA */
	ABUSE_TOLD,    /* no bit of the SA; one answer, with no more bytes than it had */
	ABUSE_NEVER,   /* nothing is established; a larval SA may end, the attempt be made again */
	ABUSE_ANY,     /* as sound as the honest one: it may take its place */
};

struct abuse {
	struct pair pair;
	const struct abuse_plan *plan;
	unsigned message;
	struct flight *honest; /* held; its bytes are in `bytes` too */
	uint8_t bytes[4096];
	size_t len;
	struct ip_endpoint from, to_endpoint;
	struct end *to;
	struct abuse_letter letter; /* the honest one, opened */
	bool hashed;		    /* it begins with HASH(1) or HASH(2) */
	unsigned cases, dirty;	    /* so many in all; so many that changed something */
};

/* Two gateways of that plan; all before that message (from 0) is delivered, it is held. */
void abuse_begin(struct abuse *abuse, const struct abuse_plan *plan, unsigned message);
/* The honest message goes on its way: the tunnel comes up, without any repetition unless
 * something was dirty. Ends. */
void abuse_end(struct abuse *abuse);
/* The letter as bytes: chained, of the right length, sealed if its header says so. rehash: its
 * HASH is right again. 0: does not fit. */
size_t abuse_write(const struct abuse *abuse, struct abuse_letter *letter, bool rehash,
		   uint8_t *out, size_t room);
/* The honest one, to be changed. */
struct abuse_letter *abuse_copy(const struct abuse *abuse, struct abuse_letter *copy);
/* These bytes come in place of the honest ones, then the verdict is looked at; what says in the
 * failure which they were. A pair that is dirty after it is made anew. */
void abuse_try(struct abuse *abuse, struct span bytes, enum abuse_verdict verdict,
	       const char *what);
void abuse_try_letter(struct abuse *abuse, struct abuse_letter *letter, bool rehash,
		      enum abuse_verdict verdict, const char *what);
/* Each payload of the message that is held: dropped, doubled, moved, of other lengths and types,
 * and others beside them. */
void abuse_payloads(struct abuse *abuse);
/* Each byte under the seal, and each of its HASH with the seal made anew, one bit of each. A
 * message of phase 2. */
void abuse_flips(struct abuse *abuse);
/* The SA at the end that gets the message; NULL: none yet. */
struct ike_sa *abuse_sa(const struct abuse *abuse);
/* It belongs to phase 1. */
bool abuse_is_phase1(const struct abuse *abuse);

#endif
