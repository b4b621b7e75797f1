/* SPDX-License-Identifier: Apache-2.0 */
#include "selector/fit.h"
#include "unit/selector/selector_test.h"

/* ---- the same, pair by pair ---- */

static unsigned bits_of(const struct selector_pair *pair)
{
	return range_bits(&pair->local.range) + range_bits(&pair->remote.range);
}

static bool unify(struct selector_pair *pair)
{
	uint8_t a = pair->local.protocol, b = pair->remote.protocol;

	if (a != 0 && b != 0 && a != b)
		return false;
	pair->local.protocol = pair->remote.protocol = a != 0 ? a : b;
	return true;
}

static bool holds(const struct selector_pair *outer, const struct selector_pair *inner)
{
	return selector_contains(&outer->local, &inner->local) &&
	       selector_contains(&outer->remote, &inner->remote);
}

static unsigned fit_of_pair(const struct selector_pair *ours, const struct selector_pair *theirs,
			    bool outside)
{
	struct selector_pair both;
	unsigned common;

	if (!selector_intersect(&ours->local, &theirs->local, &both.local) ||
	    !selector_intersect(&ours->remote, &theirs->remote, &both.remote) || !unify(&both))
		return 0;
	common = 3 * bits_of(&both);
	if (outside)
		return 1024 + common;
	if (selector_pair_equal(ours, theirs))
		return 5 * 1024;
	if (holds(ours, theirs)) /* these have all ports */
		return 5 * 1024 - 4 - 3 * bits_of(ours) + common +
		       (ours->local.protocol != 0 ? 2 : 0);
	return (selector_pair_equal(ours, &both) ? 3 * 1024u : 2 * 1024u) + common;
}

static unsigned slow_fit(const struct selector_pair *ours, const struct ts *tsi,
			 const struct ts *tsr)
{
	unsigned best = 0;

	for (unsigned i = 0; i < tsr->list.count; i++)
		for (unsigned j = 0; j < tsi->list.count; j++) {
			struct selector_pair pair;
			unsigned fit;
			if (selector_from_wire(&tsr->items[i], &pair.local) != RC_OK ||
			    selector_from_wire(&tsi->items[j], &pair.remote) != RC_OK)
				continue;
			fit = fit_of_pair(ours, &pair, fit_outside(ours, &tsi->list, &tsr->list));
			best = fit > best ? fit : best;
		}
	return best;
}

/* ---- */

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Few addresses and protocols, so that all relations come. */
static struct selector any_of(uint32_t *seed)
{
	static const uint8_t protocols[] = { 0, 0, 6, 17 };
	char text[64];
	unsigned from = next(seed) % 8, to = from + next(seed) % (8 - from);

	snprintf(text, sizeof(text), "10.0.%u.0-10.0.%u.255", from, to);
	if (next(seed) % 8 == 0)
		snprintf(text, sizeof(text), "10.0.%u.7", from);
	return sel(text, protocols[next(seed) % 4], 0, UINT16_MAX);
}

static void fill(struct ts *ts, uint32_t *seed)
{
	*ts = (struct ts){ .list = { .count = 0 } };
	for (unsigned i = 1 + next(seed) % 5; i > 0; i--)
		ts_add(ts, any_of(seed));
	if (next(seed) % 8 == 0)
		ts_add_unknown(ts);
}

static void side_by_side_is_the_same_as_pair_by_pair(void **state)
{
	uint32_t seed = 7;
	unsigned fits = 0;

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		struct selector_pair ours = { any_of(&seed), any_of(&seed) };
		struct ts tsi, tsr;
		unsigned fit;
		fill(&tsi, &seed);
		fill(&tsr, &seed);
		fit = selector_fit(&ours, &tsi.list, &tsr.list);
		if (fit != slow_fit(&ours, &tsi, &tsr))
			fail_msg("case %u: %u", n, fit);
		fits += fit > 0;
	}
	assert_in_range(fits, 5000, 15000);
}

static void bits_are_those_of_the_number_of_addresses(void **state)
{
	(void)state;
	assert_int_equal(range_bits(&(struct ip_range){ 0 }), 0);
	assert_int_equal(bits_of(&(struct selector_pair){ net("10.0.0.1/32"), net("10.0.0.0/24") }),
			 8);
	assert_int_equal(
		bits_of(&(struct selector_pair){ net("10.0.0.1-10.0.0.3"), net("0.0.0.0/0") }), 34);
	assert_int_equal(bits_of(&(struct selector_pair){ net("::/0"), net("2001:db8::/64") }),
			 192);
}

/* Nothing that a payload can hold is too much for it. */
static void lists_may_be_full_of_protocols(void **state)
{
	struct selector_pair ours = nets("10.0.0.0/8", "10.0.0.0/8");
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;

	(void)state;
	for (unsigned i = 0; i < LIMIT_SELECTORS; i++) {
		ts_add(&tsi, sel("10.1.0.0/16", (uint8_t)(1 + i), 0, UINT16_MAX));
		ts_add(&tsr, sel("10.2.0.0/16", (uint8_t)(LIMIT_SELECTORS + i), 0, UINT16_MAX));
	}
	assert_int_equal(selector_fit(&ours, &tsi.list, &tsr.list),
			 slow_fit(&ours, &tsi, &tsr)); /* one is of both */
	assert_true(selector_fit(&ours, &tsi.list, &tsr.list) > 4 * 1024);
	tsr.list.items += 1;
	tsr.list.count -= 1;
	assert_int_equal(selector_fit(&ours, &tsi.list, &tsr.list), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(side_by_side_is_the_same_as_pair_by_pair),
		cmocka_unit_test(bits_are_those_of_the_number_of_addresses),
		cmocka_unit_test(lists_may_be_full_of_protocols),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
