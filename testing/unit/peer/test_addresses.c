/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/pool.h"
#include "peer/private.h"
#include "unit/peer/peer_test.h"

#define SERVER                                                                                     \
	"conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tleftsubnet=10.1.0.0/24\n"           \
	"\trightaddresspool=10.9.0.0/24\n"
#define CLIENT                                                                                     \
	"conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\trightsubnet=10.1.0.0/24\n"          \
	"\tleftsourceip=%config\n"

static const char *selectors(const struct peer *peer)
{
	static char text[SELECTORS_TEXT_MAX];
	const struct tunnel *tunnel = container_of(peer->tunnels.next, struct tunnel, in_peer);

	return selectors_text(&tunnel->selectors, text);
}

static struct pool_lease *lease_of(struct fixture *f, const struct peer *peer)
{
	const struct config_end *end = peer_remote_end(peer);
	struct pool_wish wish = { end->pools, end->pool_count, AF_INET, &peer->remote_id, true,
				  { 0 } };
	struct pool_lease *lease;

	assert_int_equal(pools_lease(f->peers.pools, &wish, &lease, NULL), RC_OK);
	return lease;
}

static void a_tunnel_protects_the_lease_as_long_as_the_peer_has_it(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	struct pool_lease *leases[2] = { NULL, NULL };

	load(f, SERVER);
	peer = peer_named(f, "office");
	assert_string_equal(selectors(peer), "10.1.0.0/24 === 10.9.0.0/24");
	leases[0] = lease_of(f, peer);
	f->moved = 0;
	assert_int_equal(peer_take_leases(peer, leases), RC_OK);
	pool_lease_release(leases[0]); /* the peer holds it too */
	assert_true(peer_has_leases(peer));
	assert_string_equal(selectors(peer), "10.1.0.0/24 === 10.9.0.1/32");
	assert_int_equal(f->moved, 1);
	assert_int_equal(peer_take_leases(peer, leases), RC_OK);
	assert_int_equal(f->moved, 1); /* it is the same */
	peer_drop_addresses(peer);
	assert_false(peer_has_leases(peer));
	assert_string_equal(selectors(peer), "10.1.0.0/24 === 10.9.0.0/24");
}

static void a_client_protects_what_it_was_given(void **state)
{
	struct fixture *f = *state;
	struct ip_range given[2] = { { .from = { 0 } } };
	struct peer *peer;

	load(f, CLIENT);
	peer = peer_named(f, "office");
	assert_string_equal(selectors(peer), "0.0.0.0/0 === 10.1.0.0/24");
	assert_int_equal(range_parse("10.9.0.5", &given[0], NULL), RC_OK);
	f->moved = 0;
	assert_int_equal(peer_take_ranges(peer, given), RC_OK);
	assert_int_equal(peer_take_ranges(peer, given), RC_OK);
	assert_int_equal(f->moved, 1);
	assert_string_equal(selectors(peer), "10.9.0.5/32 === 10.1.0.0/24");
	assert_false(peer_has_leases(peer));
}

static void an_end_with_subnets_of_its_own_is_no_client(void **state)
{
	struct fixture *f = *state;

	load(f, CLIENT "\tleftsubnet=10.7.0.0/24\n");
	assert_false(end_is_client(peer_local_end(peer_named(f, "office"))));
	assert_string_equal(selectors(peer_named(f, "office")), "10.7.0.0/24 === 10.1.0.0/24");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(a_tunnel_protects_the_lease_as_long_as_the_peer_has_it),
		PEER_TEST(a_client_protects_what_it_was_given),
		PEER_TEST(an_end_with_subnets_of_its_own_is_no_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
