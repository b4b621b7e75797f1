/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "engine/private.h"
#include "exchange/pair.h"
#include "unit/test.h"

#define CONN                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tauto=add\n\tleftsubnet=10.1.0.0/24,10.3.0.0/24,10.5.0.0/24\n"          \
	"\trightsubnet=10.2.0.0/24\n"

static struct tunnel *named(struct pair *pair, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&pair->west.gateway->peers, name);

	if (tunnel == NULL)
		fail_msg("no tunnel %s", name);
	return tunnel;
}

static struct tunnel *begin(struct pair *pair, const char *more)
{
	char conf[800];

	(void)snprintf(conf, sizeof(conf), "%s%s", CONN, more);
	pair_start(pair, 1, conf, NULL, NULL, NULL);
	named(pair, "t")->wanted = WANTED_UP;
	return named(pair, "t");
}

/* A Child SA with so many of the left subnets. */
static void take(struct tunnel *tunnel, unsigned count, struct child_sa *child)
{
	struct selector_lists lists;

	*child = (struct child_sa){ .tunnel = tunnel };
	selectors_lists(&tunnel->selectors, &lists);
	lists.local_count = count;
	assert_int_equal(selectors_make(&lists, &child->selectors, NULL), RC_OK);
}

static enum wanted rest_after(const char *more, unsigned taken, bool others_possible,
			      const char *rest)
{
	struct pair pair;
	struct child_sa child;
	enum wanted wanted;

	take(begin(&pair, more), taken, &child);
	child.others_possible = others_possible;
	split_after(pair.west.gateway, &child);
	assert_int_equal(named(&pair, "t/1x1")->wanted, WANTED_UP);
	wanted = named(&pair, rest)->wanted;
	selectors_drop(&child.selectors);
	pair_end(&pair);
	return wanted;
}

static void the_rest_is_wanted_as_the_whole_was(void **state)
{
	(void)state;
	assert_int_equal(rest_after("\tnarrowing=no\n", 2, false, "t/3x1"), WANTED_UP);
	assert_int_equal(rest_after("\tnarrowing=no\n", 1, false, "t/3x1"), WANTED_UP);
	assert_int_equal(rest_after("\tnarrowing=yes\n", 2, true, "t/3x1"), WANTED_UP);
	assert_int_equal(rest_after("\tnarrowing=yes\n", 1, false, "t/2x1"), WANTED_UP);
}

static void with_narrowing_less_may_be_what_is_meant(void **state)
{
	(void)state;
	assert_int_equal(rest_after("\tnarrowing=yes\n", 2, false, "t/3x1"), WANTED_LISTEN);
}

static void what_is_whole_is_left_alone(void **state)
{
	struct pair pair;
	struct child_sa child;

	(void)state;
	take(begin(&pair, ""), 3, &child);
	split_after(pair.west.gateway, &child);
	assert_ptr_equal(named(&pair, "t"), child.tunnel);
	selectors_drop(&child.selectors);
	pair_end(&pair);
}

/* RFC 7296 §2.9: SINGLE_PAIR_REQUIRED. */
static void a_peer_that_wants_single_pairs_gets_them_at_once(void **state)
{
	struct pair pair;
	struct tunnel *tunnel = begin(&pair, "");

	(void)state;
	attempt_failed(pair.west.gateway, tunnel->peer, tunnel, 0, RC_SINGLE_PAIR, "refused");
	assert_int_equal(pair.west.gateway->peers.tunnel_count, 3);
	for (unsigned i = 1; i <= 3; i++) {
		char name[8];
		(void)snprintf(name, sizeof(name), "t/%ux1", i);
		assert_true(selectors_single(&named(&pair, name)->selectors));
		assert_int_equal(named(&pair, name)->wanted, WANTED_UP);
		assert_true(named(&pair, name)->backoff.not_before <= host_now(pair.west.host));
	}
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_is_wanted_as_the_whole_was),
		cmocka_unit_test(with_narrowing_less_may_be_what_is_meant),
		cmocka_unit_test(what_is_whole_is_left_alone),
		cmocka_unit_test(a_peer_that_wants_single_pairs_gets_them_at_once),
	};
	return exchange_run(tests);
}
