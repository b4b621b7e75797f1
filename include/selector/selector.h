/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic selectors: compare, narrow, to and from the wire (RFC 7296 §2.9, §3.13). */
#ifndef VANTH_SELECTOR_SELECTOR_H
#define VANTH_SELECTOR_SELECTOR_H

#include "wire/payloads.h"

struct selector {
	struct ip_range range;
	uint8_t protocol;	     /* 0: any */
	uint16_t port_from, port_to; /* 0..65535: any; from > to: OPAQUE */
};
struct selector_pair {
	struct selector local, remote;
};
#define SELECTOR_TEXT_MAX      128
#define SELECTOR_PAIR_TEXT_MAX 260

/* What one Child SA protects: packets between any of its local and any of its remote selectors that
 * are of one IP version and can be of one protocol (RFC 7296 §2.9, RFC 4301 §4.4.1.2). Most have
 * one of each, which needs no further memory; others share theirs, which never changes. */
#define SELECTORS_MAX	      16 /* of a side */
#define SELECTOR_POLICIES_MAX 64 /* of one direction */
#define SELECTORS_TEXT_MAX    440
struct selectors {
	struct selector_pair first;
	struct selector_set *more; /* NULL: the first pair is all, and a mask says it */
};
struct selector_lists {
	struct selector local[SELECTORS_MAX], remote[SELECTORS_MAX];
	unsigned local_count, remote_count;
};

struct selector selector_make(const struct ip_range *range, uint8_t protocol, uint16_t port);
bool selector_equal(const struct selector *a, const struct selector *b);
bool selector_pair_equal(const struct selector_pair *a, const struct selector_pair *b);
bool selector_contains(const struct selector *outer, const struct selector *inner);
/* false: nothing in common */
bool selector_intersect(const struct selector *a, const struct selector *b, struct selector *out);
/* "10.0.0.0/24", "10.0.0.0/24/udp/53", "::/0" */
const char *selector_text(const struct selector *selector, char buffer[SELECTOR_TEXT_MAX]);
/* "10.0.0.0/24 === 10.1.0.0/24" */
const char *selector_pair_text(const struct selector_pair *pair,
			       char buffer[SELECTOR_PAIR_TEXT_MAX]);
void selector_list_text(const struct wire_ts_list *list, char *buffer, size_t size);

/* RC_UNSUPPORTED for TS types that we do not know. */
enum rc selector_from_wire(const struct wire_ts *ts, struct selector *out) MUST_CHECK;
void selector_to_wire(const struct selector *selector, struct wire_ts *out);

/* Responder: what the peer proposed (its TSi is our remote side, its TSr our local one) narrowed to
 * what our tunnel allows. The first selectors, when specific (single addresses from its triggering
 * packet, §2.9), must stay inside. RC_TS_UNACCEPTABLE with a diag that shows both sides. */
enum rc selector_narrow(const struct selector_pair *ours, const struct wire_ts_list *tsi,
			const struct wire_ts_list *tsr, struct selector_pair *out,
			struct diag *diag) MUST_CHECK;
/* How well a proposal fits: 0 not at all, larger is better (exact > subset > superset), to pick
 * among tunnels. */
unsigned selector_fit(const struct selector_pair *ours, const struct wire_ts_list *tsi,
		      const struct wire_ts_list *tsr);
/* Initiator: the answer must lie inside what we proposed. */
enum rc selector_check_answer(const struct selector_pair *proposed, const struct wire_ts_list *tsi,
			      const struct wire_ts_list *tsr, struct selector_pair *out,
			      struct diag *diag) MUST_CHECK;
/* Without narrowing: the peer's lists are just our selectors (and parts of them, as the packet that
 * made it ask is one). RC_TS_UNACCEPTABLE with a diag that shows both sides. */
enum rc selector_check_equal(const struct selector_pair *ours, const struct wire_ts_list *local,
			     const struct wire_ts_list *remote, struct diag *diag) MUST_CHECK;

/* ---- list.c: several selectors together ---- */
/* Those that another one of their side contains, or that have no partner on the other side, are
 * left out. RC_LIMIT: more policies than SELECTOR_POLICIES_MAX; RC_TS_UNACCEPTABLE: no packet can
 * be of any pair. *out is given up by selectors_drop(). */
enum rc selectors_make(const struct selector_lists *lists, struct selectors *out,
		       struct diag *diag) MUST_CHECK;
/* One more that shares its memory. */
struct selectors selectors_hold(const struct selectors *selectors);
void selectors_drop(struct selectors *selectors);
/* *to, which is given up, becomes what *from was. */
void selectors_move(struct selectors *to, struct selectors *from);
/* On the heap; NULL: out of memory. */
struct selectors *selectors_copy(const struct selectors *selectors);
void selectors_free(struct selectors *copy); /* NULL does nothing */
/* *from, unless it is NULL, takes the place of *to, and is NULL then. */
void selectors_replace(struct selectors **to, struct selectors **from);
void selectors_lists(const struct selectors *selectors, struct selector_lists *out);
/* Into a list: false when there is no more room. What is contained in another one is left out. */
bool selectors_add(struct selector *list, unsigned *count, const struct selector *one);
/* The policies that say it to a kernel which knows masks alone: how many, and the n-th. */
unsigned selectors_policies(const struct selectors *selectors);
const struct selector_pair *selectors_policy(const struct selectors *selectors, unsigned index);
/* The same, in whatever order. */
bool selectors_equal(const struct selectors *a, const struct selectors *b);
/* A packet or a whole selector of one side is within one of ours of that side. */
bool selectors_hold_local(const struct selectors *selectors, const struct selector *one);
bool selectors_hold_remote(const struct selectors *selectors, const struct selector *one);
/* Each one of `inner` is within one of its side of `outer`. */
bool selectors_within(const struct selectors *inner, const struct selectors *outer);
/* The address is within the range of a remote one, whatever the protocol. */
bool selectors_hold_addr(const struct selectors *selectors, const struct ip_addr *addr);
/* One selector at each side. */
bool selectors_single(const struct selectors *selectors);
/* "10.0.0.0/24, 10.0.1.0/24 === 10.1.0.0/24"; what does not fit is replaced by "...". */
const char *selectors_text(const struct selectors *selectors, char buffer[SELECTORS_TEXT_MAX]);
/* The two lists, in the arena. */
enum rc selectors_to_wire(struct arena *arena, const struct selectors *selectors,
			  struct wire_ts_list *local, struct wire_ts_list *remote) MUST_CHECK;
/* All at one side (those of the IP version of `by`; the others go) become `by`; [0] IPv4, [1] IPv6,
 * AF_UNSPEC: none. */
enum rc selectors_substitute(const struct selectors *selectors, bool local,
			     const struct ip_range by[2], struct selectors *out,
			     struct diag *diag) MUST_CHECK;

/* ---- masks.c ---- */
/* The masks of addresses and ports of which a pair consists: at most max into out. How many there
 * are; more than max: they did not fit. OPAQUE ports stay as they are. */
unsigned selector_masks(const struct selector_pair *pair, struct selector_pair *out, unsigned max);

/* ---- agree.c: lists of the wire and ours ---- */
/* As selector_narrow(), for all that both sides allow; the best single pair where that is too much.
 */
enum rc selectors_narrow(const struct selectors *ours, const struct wire_ts_list *tsi,
			 const struct wire_ts_list *tsr, struct selectors *out,
			 struct diag *diag) MUST_CHECK;
/* As selector_check_answer(). */
enum rc selectors_check_answer(const struct selectors *proposed, const struct wire_ts_list *tsi,
			       const struct wire_ts_list *tsr, struct selectors *out,
			       struct diag *diag) MUST_CHECK;
/* Without narrowing: the peer's lists are selectors of ours, whole ones (and parts of them, as the
 * packet that made it ask is one). That it leaves some out is for other Child SAs. */
enum rc selectors_check_whole(const struct selectors *ours, const struct wire_ts_list *local,
			      const struct wire_ts_list *remote, struct diag *diag) MUST_CHECK;
/* As selector_fit(); the same lists fit best, then those with most in common. */
unsigned selectors_fit(const struct selectors *ours, const struct wire_ts_list *tsi,
		       const struct wire_ts_list *tsr);
/* The peer proposed more than is in `narrowed` (its local side, then its remote one). */
bool selectors_left_out(const struct selectors *narrowed, const struct wire_ts_list *local,
			const struct wire_ts_list *remote);

#endif
