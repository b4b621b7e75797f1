/* SPDX-License-Identifier: Apache-2.0 */
#include "base/overlap.h"
#include "unit/test.h"

#define COUNT 400

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct ip_range range_of(uint32_t from, uint32_t to)
{
	struct ip_range range = { .from = { .family = AF_INET }, .to = { .family = AF_INET } };

	for (unsigned i = 0; i < 4; i++) {
		range.from.bytes[i] = (uint8_t)(from >> (24 - 8 * i));
		range.to.bytes[i] = (uint8_t)(to >> (24 - 8 * i));
	}
	return range;
}

static struct ip_range any_range(uint32_t *seed)
{
	uint32_t from = next(seed) % 5000;

	return range_of(from, from + next(seed) % (next(seed) % 8 == 0 ? 2000 : 20));
}

struct seen {
	const struct overlap *first;
	uint8_t *marks;
	unsigned count;
};

/* Says no to each, so that all come. */
static bool mark(void *context, const struct overlap *one)
{
	struct seen *seen = context;

	seen->marks[one - seen->first]++;
	seen->count++;
	return false;
}

static bool yes(void *context, const struct overlap *one)
{
	(void)context;
	(void)one;
	return true;
}

static void assert_found(const struct overlaps *all, const struct overlap *items, uint64_t group,
			 const struct ip_range *asked)
{
	uint8_t marks[COUNT] = { 0 };
	struct seen seen = { items, marks, 0 };
	struct ip_range both;
	unsigned expected = 0;

	assert_null(overlap_find(all, group, asked, mark, &seen));
	for (unsigned i = 0; i < COUNT; i++) {
		bool is = items[i].in && items[i].group == group &&
			  range_intersect(&items[i].range, asked, &both);
		assert_int_equal(marks[i], is);
		expected += is;
	}
	assert_int_equal(seen.count, expected);
	assert_int_equal(overlap_find(all, group, asked, yes, NULL) != NULL, expected > 0);
}

static void all_that_overlap_are_found_and_no_others(void **state)
{
	static struct overlap items[COUNT];
	struct overlaps all = { NULL };
	uint32_t seed = 11;

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		struct overlap *one = &items[next(&seed) % COUNT];
		struct ip_range asked = any_range(&seed);
		if (one->in) {
			overlap_remove(&all, one);
		} else {
			one->group = next(&seed) % 3;
			one->range = any_range(&seed);
			overlap_add(&all, one, next(&seed));
		}
		if (n % 16 == 0)
			assert_found(&all, items, next(&seed) % 3, &asked);
	}
	for (unsigned i = 0; i < COUNT; i++)
		overlap_remove(&all, &items[i]); /* some are out already */
	assert_null(all.root);
}

static void ip_versions_do_not_overlap(void **state)
{
	struct overlaps all = { NULL };
	struct overlap one = { .range = range_all(AF_INET) };
	struct ip_range v6 = range_all(AF_INET6), v4 = range_all(AF_INET);

	(void)state;
	overlap_add(&all, &one, 1);
	assert_null(overlap_find(&all, 0, &v6, yes, NULL));
	assert_ptr_equal(overlap_find(&all, 0, &v4, yes, NULL), &one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_overlap_are_found_and_no_others),
		cmocka_unit_test(ip_versions_do_not_overlap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
