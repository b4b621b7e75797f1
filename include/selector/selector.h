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
#define SELECTORS_MAX 16
struct selector_pair { /* one tunnel has one pair; lists come from the wire */
	struct selector local, remote;
};
#define SELECTOR_TEXT_MAX      128
#define SELECTOR_PAIR_TEXT_MAX 260

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

#endif
