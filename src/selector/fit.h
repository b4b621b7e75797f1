/* SPDX-License-Identifier: Apache-2.0 */
/* How well a selector pair of ours fits what a peer proposed: each side of it is compared with the
 * peer's list once, however many pairs there are. */
#ifndef VANTH_SELECTOR_FIT_H
#define VANTH_SELECTOR_FIT_H

#include "selector/selector.h"
#include "wire/limits.h"

/* What those of a list that have something in common with one of ours are to it. */
enum fit_kind { FIT_EQUAL, FIT_WITHIN, FIT_COVERS, FIT_ANYHOW, FIT_KINDS };
struct fit_side {
	unsigned count;
	struct fit_protocol {
		uint8_t protocol;    /* of what is in common; 0: any */
		int bits[FIT_KINDS]; /* the largest in common, as log2 of addresses; -1: none */
	} of[LIMIT_SELECTORS];
};

void fit_look(const struct selector *ours, const struct wire_ts_list *theirs, struct fit_side *out);
/* As selector_fit(), of what fit_look() has seen at each side. outside: the packet that made the
 * peer ask is not in our pair. */
unsigned fit_of(const struct selector_pair *ours, const struct fit_side *local,
		const struct fit_side *remote, bool outside);
/* Is it? */
bool fit_outside(const struct selector_pair *ours, const struct wire_ts_list *tsi,
		 const struct wire_ts_list *tsr);
/* log2 of the number of addresses, rounded up. */
unsigned range_bits(const struct ip_range *range);
/* §2.9: "the initiator SHOULD include as the first Traffic Selector in each of TSi and TSr a very
 * specific Traffic Selector including the addresses in the packet triggering the request". */
bool fit_first_pair(const struct wire_ts_list *local, const struct wire_ts_list *remote,
		    struct selector_pair *out);

#endif
