/* SPDX-License-Identifier: Apache-2.0 */
/* Which of our tunnels a proposal is for. What a pair of the peer's is to a pair of ours follows
 * from what either side is to its own (and that both are of one protocol), so that lists are
 * compared side by side: 64 selectors at each side cost 128 comparisons, not 4096. */
#include "selector/fit.h"

static unsigned __int128 number_of(const struct ip_addr *addr)
{
	unsigned __int128 number = 0;

	for (size_t i = 0; i < ip_len(addr->family); i++)
		number = number << 8 | addr->bytes[i];
	return number;
}

unsigned range_bits(const struct ip_range *range)
{
	unsigned __int128 size = number_of(&range->to) - number_of(&range->from);
	uint64_t high = (uint64_t)(size >> 64), low = (uint64_t)size;

	if (high != 0)
		return 128 - (unsigned)__builtin_clzll(high);
	return low != 0 ? 64 - (unsigned)__builtin_clzll(low) : 0;
}

static bool is_single(const struct selector *s)
{
	return ip_equal(&s->range.from, &s->range.to);
}

static bool one_protocol(uint8_t a, uint8_t b)
{
	return a == 0 || b == 0 || a == b;
}

bool fit_first_pair(const struct wire_ts_list *local, const struct wire_ts_list *remote,
		    struct selector_pair *out)
{
	uint8_t protocol;

	if (local->count == 0 || remote->count == 0 ||
	    selector_from_wire(&local->items[0], &out->local) != RC_OK ||
	    selector_from_wire(&remote->items[0], &out->remote) != RC_OK)
		return false;
	if (!one_protocol(out->local.protocol, out->remote.protocol))
		return false;
	protocol = out->local.protocol != 0 ? out->local.protocol : out->remote.protocol;
	out->local.protocol = out->remote.protocol = protocol;
	return is_single(&out->local) && is_single(&out->remote);
}

bool fit_outside(const struct selector_pair *ours, const struct wire_ts_list *tsi,
		 const struct wire_ts_list *tsr)
{
	struct selector_pair packet;

	return fit_first_pair(tsr, tsi, &packet) &&
	       !(selector_contains(&ours->local, &packet.local) &&
		 selector_contains(&ours->remote, &packet.remote));
}

/* ---- one side ---- */

static struct fit_protocol *entry(struct fit_side *side, uint8_t protocol)
{
	struct fit_protocol *at = side->of;

	for (unsigned i = 0; i < side->count; i++, at++)
		if (at->protocol == protocol)
			return at;
	if (side->count == LIMIT_SELECTORS)
		return NULL;
	side->count++;
	at->protocol = protocol;
	for (unsigned i = 0; i < FIT_KINDS; i++)
		at->bits[i] = -1;
	return at;
}

static void at_least(int *bits, bool is, unsigned its)
{
	if (is && *bits < (int)its)
		*bits = (int)its;
}

void fit_look(const struct selector *ours, const struct wire_ts_list *theirs, struct fit_side *out)
{
	struct selector one, both;

	out->count = 0;
	for (unsigned i = 0; i < theirs->count; i++) {
		struct fit_protocol *at;
		unsigned bits;
		if (selector_from_wire(&theirs->items[i], &one) != RC_OK ||
		    !selector_intersect(ours, &one, &both))
			continue;
		at = entry(out, both.protocol);
		if (at == NULL)
			return; /* a payload has no more than that */
		bits = range_bits(&both.range);
		at_least(&at->bits[FIT_EQUAL], selector_equal(ours, &one), bits);
		at_least(&at->bits[FIT_WITHIN], selector_contains(ours, &one), bits);
		at_least(&at->bits[FIT_COVERS], selector_equal(ours, &both), bits);
		at_least(&at->bits[FIT_ANYHOW], true, bits);
	}
}

/* ---- both ---- */

/* The lowest first. */
enum rank { RANK_NONE, RANK_NOT_THE_PACKET, RANK_OVERLAP, RANK_SUPERSET, RANK_SUBSET, RANK_EXACT };
#define RANK_STEP                                                                                  \
	1024u /* what comes within a rank is less: 256 bits of addresses, weighed by 3, and 3 */

static unsigned port_count(const struct selector *s)
{
	return s->port_from > s->port_to ? 0 : (unsigned)s->port_to - s->port_from + 1u;
}

static unsigned port_detail(const struct selector_pair *pair)
{
	bool any_port =
		port_count(&pair->local) > UINT16_MAX && port_count(&pair->remote) > UINT16_MAX;

	return (pair->local.protocol != 0 ? 2u : 0u) + (any_port ? 0u : 1u);
}

static bool both_are(const struct fit_protocol *a, const struct fit_protocol *b, enum fit_kind kind,
		     unsigned *common)
{
	if (a->bits[kind] < 0 || b->bits[kind] < 0)
		return false;
	*common = 3 * ((unsigned)a->bits[kind] + (unsigned)b->bits[kind]);
	return true;
}

/* Within a rank the tunnel that is nearest to the proposal wins. */
static unsigned of_two(const struct selector_pair *ours, const struct fit_protocol *a,
		       const struct fit_protocol *b, bool outside)
{
	unsigned common = 0, all = range_bits(&ours->local.range) + range_bits(&ours->remote.range);

	if (outside)
		return both_are(a, b, FIT_ANYHOW, &common)
			       ? RANK_NOT_THE_PACKET * RANK_STEP + common
			       : 0;
	if (both_are(a, b, FIT_EQUAL, &common))
		return RANK_EXACT * RANK_STEP;
	if (both_are(a, b, FIT_WITHIN, &common))
		return RANK_SUBSET * RANK_STEP + RANK_STEP - 4 - 3 * all + common +
		       port_detail(ours);
	if (ours->local.protocol == ours->remote.protocol && both_are(a, b, FIT_COVERS, &common))
		return RANK_SUPERSET * RANK_STEP + common;
	return both_are(a, b, FIT_ANYHOW, &common) ? RANK_OVERLAP * RANK_STEP + common : 0;
}

unsigned fit_of(const struct selector_pair *ours, const struct fit_side *local,
		const struct fit_side *remote, bool outside)
{
	unsigned fit = 0;

	for (unsigned i = 0; i < local->count; i++)
		for (unsigned j = 0; j < remote->count; j++) {
			const struct fit_protocol *a = &local->of[i], *b = &remote->of[j];
			unsigned one = one_protocol(a->protocol, b->protocol)
					       ? of_two(ours, a, b, outside)
					       : 0;
			fit = one > fit ? one : fit;
		}
	return fit;
}

unsigned selector_fit(const struct selector_pair *ours, const struct wire_ts_list *tsi,
		      const struct wire_ts_list *tsr)
{
	struct fit_side local, remote;

	fit_look(&ours->local, tsr, &local);
	fit_look(&ours->remote, tsi, &remote);
	return fit_of(ours, &local, &remote, fit_outside(ours, tsi, tsr));
}
