/* SPDX-License-Identifier: Apache-2.0 */
/* Narrowing, RFC 7296 §2.9. The peer's two lists make pairs; each pair is cut down to what we
 * allow, and the best of what remains is the answer: always one pair, inside both sides. */
#include "selector/fit.h"

#define SIDE_TEXT_MAX 84 /* two of them, our pair and the words around fit a diag */

struct candidate {
	struct selector_pair pair;     /* what both sides allow */
	struct selector_pair proposed; /* the peer's pair that it comes from */
	bool holds_packet;	       /* and the packet that made the peer ask */
};

/* How many addresses, minus one; all of IPv6 fits. */
static unsigned __int128 range_size(const struct ip_range *range)
{
	unsigned __int128 from = 0, to = 0;
	for (size_t i = 0; i < ip_len(range->from.family); i++) {
		from = from << 8 | range->from.bytes[i];
		to = to << 8 | range->to.bytes[i];
	}
	return to - from;
}

static unsigned pair_bits(const struct selector_pair *pair)
{
	return range_bits(&pair->local.range) + range_bits(&pair->remote.range);
}

static unsigned port_count(const struct selector *s)
{
	return s->port_from > s->port_to ? 0 : (unsigned)s->port_to - s->port_from + 1u;
}

static int compare(unsigned __int128 a, unsigned __int128 b)
{
	return a < b ? -1 : a > b;
}

/* Above 0: a is the larger pair. */
static int compare_size(const struct selector_pair *a, const struct selector_pair *b)
{
	const int steps[] = {
		compare(pair_bits(a), pair_bits(b)),
		compare(range_size(&a->remote.range), range_size(&b->remote.range)),
		compare(range_size(&a->local.range), range_size(&b->local.range)),
		compare(a->local.protocol == 0, b->local.protocol == 0),
		compare(port_count(&a->remote), port_count(&b->remote)),
		compare(port_count(&a->local), port_count(&b->local)),
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] != 0)
			return steps[i];
	return 0;
}

/* Both sides of a pair are of one protocol: a kernel policy has only one. */
static bool unify_protocol(struct selector_pair *pair)
{
	uint8_t local = pair->local.protocol, remote = pair->remote.protocol;
	if (local != 0 && remote != 0 && local != remote)
		return false;
	pair->local.protocol = pair->remote.protocol = local != 0 ? local : remote;
	return true;
}

static bool pair_intersect(const struct selector_pair *a, const struct selector_pair *b,
			   struct selector_pair *out)
{
	return selector_intersect(&a->local, &b->local, &out->local) &&
	       selector_intersect(&a->remote, &b->remote, &out->remote) && unify_protocol(out);
}

static bool pair_contains(const struct selector_pair *outer, const struct selector_pair *inner)
{
	return selector_contains(&outer->local, &inner->local) &&
	       selector_contains(&outer->remote, &inner->remote);
}

static bool pair_from_wire(const struct wire_ts *local, const struct wire_ts *remote,
			   struct selector_pair *out)
{
	return selector_from_wire(local, &out->local) == RC_OK &&
	       selector_from_wire(remote, &out->remote) == RC_OK;
}

static bool better(const struct candidate *a, const struct candidate *b)
{
	if (a->holds_packet != b->holds_packet)
		return a->holds_packet;
	return compare_size(&a->pair, &b->pair) > 0;
}

/* The best candidate; of equal ones the first. */
static bool find_best(const struct selector_pair *ours, const struct wire_ts_list *local,
		      const struct wire_ts_list *remote, struct candidate *best)
{
	struct selector_pair packet;
	/* it binds us only where we allow it */
	bool found = false,
	     has_packet = fit_first_pair(local, remote, &packet) && pair_contains(ours, &packet);
	for (unsigned i = 0; i < local->count; i++)
		for (unsigned j = 0; j < remote->count; j++) {
			struct candidate c = { .holds_packet = true };
			if (!pair_from_wire(&local->items[i], &remote->items[j], &c.proposed) ||
			    !pair_intersect(ours, &c.proposed, &c.pair))
				continue;
			if (has_packet)
				c.holds_packet = pair_contains(&c.pair, &packet);
			if (!found || better(&c, best))
				*best = c;
			found = true;
		}
	return found;
}

static enum rc fail(const struct selector_pair *ours, const struct wire_ts_list *local,
		    const struct wire_ts_list *remote, const char *verb, struct diag *diag)
{
	char local_text[SIDE_TEXT_MAX], remote_text[SIDE_TEXT_MAX],
		our_text[SELECTOR_PAIR_TEXT_MAX];
	selector_list_text(local, local_text, sizeof(local_text));
	selector_list_text(remote, remote_text, sizeof(remote_text));
	return diag_fail(diag, RC_TS_UNACCEPTABLE, "peer %s %s === %s (our side first); we have %s",
			 verb, local_text, remote_text, selector_pair_text(ours, our_text));
}

enum rc selector_narrow(const struct selector_pair *ours, const struct wire_ts_list *tsi,
			const struct wire_ts_list *tsr, struct selector_pair *out,
			struct diag *diag)
{
	struct candidate best;
	if (!find_best(ours, tsr, tsi, &best))
		return fail(ours, tsr, tsi, "proposed", diag);
	*out = best.pair;
	return RC_OK;
}

/* §2.9: the responder may only take away. */
static bool all_inside(const struct selector *proposed, const struct wire_ts_list *list)
{
	struct selector selector;
	for (unsigned i = 0; i < list->count; i++)
		if (selector_from_wire(&list->items[i], &selector) != RC_OK ||
		    !selector_contains(proposed, &selector))
			return false;
	return true;
}

enum rc selector_check_answer(const struct selector_pair *proposed, const struct wire_ts_list *tsi,
			      const struct wire_ts_list *tsr, struct selector_pair *out,
			      struct diag *diag)
{
	struct candidate best;
	if (!all_inside(&proposed->local, tsi) || !all_inside(&proposed->remote, tsr) ||
	    !find_best(proposed, tsi, tsr, &best))
		return fail(proposed, tsi, tsr, "answered", diag);
	*out = best.pair;
	return RC_OK;
}

static bool is_among(const struct selector *ours, const struct wire_ts_list *list)
{
	struct selector selector;
	for (unsigned i = 0; i < list->count; i++)
		if (selector_from_wire(&list->items[i], &selector) == RC_OK &&
		    selector_equal(ours, &selector))
			return true;
	return false;
}

enum rc selector_check_equal(const struct selector_pair *ours, const struct wire_ts_list *local,
			     const struct wire_ts_list *remote, struct diag *diag)
{
	if (all_inside(&ours->local, local) && is_among(&ours->local, local) &&
	    all_inside(&ours->remote, remote) && is_among(&ours->remote, remote))
		return RC_OK;
	return fail(ours, local, remote, "(narrowing=no) says", diag);
}
