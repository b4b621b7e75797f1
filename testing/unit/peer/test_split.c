/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

#define CONN                                                                                       \
	"conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"                                     \
	"\tleftsubnet=10.0.0.0/24,10.0.1.0/24,10.0.2.0/24\n\trightsubnet=10.9.0.0/24,10.9.1.0/"    \
	"24\n"

static struct selectors part_of(const char *local, const char *remote)
{
	struct selector_lists lists = { .local_count = 1, .remote_count = 1 };
	struct selectors part;
	struct ip_range range;
	struct diag diag;

	assert_int_equal(range_parse(local, &range, &diag), RC_OK);
	lists.local[0] = selector_make(&range, 0, 0);
	assert_int_equal(range_parse(remote, &range, &diag), RC_OK);
	lists.remote[0] = selector_make(&range, 0, 0);
	assert_int_equal(selectors_make(&lists, &part, &diag), RC_OK);
	return part;
}

static void together_they_are_one_tunnel(void **state)
{
	struct fixture *f = *state;

	load(f, CONN);
	assert_int_equal(f->peers.tunnel_count, 1);
	assert_selectors(tunnel_named(f, "office"),
			 "10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24 === 10.9.0.0/24, 10.9.1.0/24");
}

static void with_leftsubnets_each_takes_the_others_together(void **state)
{
	struct fixture *f = *state;

	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"\tleftsubnets={10.0.0.0/24 10.0.1.0/24}\n\trightsubnet=10.9.0.0/24,10.9.1.0/24\n");
	assert_int_equal(f->peers.tunnel_count, 2);
	assert_selectors(tunnel_named(f, "office/2x1"), "10.0.1.0/24 === 10.9.0.0/24, 10.9.1.0/24");
}

static void a_part_stays_and_others_have_the_rest(void **state)
{
	struct fixture *f = *state;
	struct selectors part = part_of("10.0.1.0/24", "10.9.0.0/24");
	struct tunnel *tunnel;
	uint32_t reqid;

	load(f, CONN);
	tunnel = tunnel_named(f, "office");
	tunnel->wanted = WANTED_UP;
	tunnel->trap_installed = true;
	reqid = tunnel->reqid;
	assert_int_equal(tunnel_split(tunnel, &part), RC_OK);
	assert_int_equal(f->peers.tunnel_count, 3);
	assert_ptr_equal(tunnel_named(f, "office/2x1"), tunnel);
	assert_int_equal(tunnel->reqid, reqid);
	assert_selectors(tunnel, "10.0.1.0/24 === 10.9.0.0/24");
	tunnel = tunnel_named(f, "office/1x1");
	assert_selectors(tunnel, "10.0.0.0/24, 10.0.2.0/24 === 10.9.0.0/24, 10.9.1.0/24");
	assert_int_equal(tunnel->wanted, WANTED_UP);
	assert_true(tunnel->reqid != reqid);
	assert_ptr_equal(peers_by_reqid(&f->peers, tunnel->reqid), tunnel);
	assert_selectors(tunnel_named(f, "office/2x2"), "10.0.1.0/24 === 10.9.1.0/24");
	assert_null(peers_tunnel(&f->peers, "office"));
	assert_int_equal(f->moved, 0); /* the traps of its siblings stay */
	assert_false(tunnel_named(f, "office/2x1")->trap_installed);
}

static void a_part_is_split_again(void **state)
{
	struct fixture *f = *state;
	struct selectors part = part_of("10.0.0.0/24", "10.9.0.0/24");
	struct tunnel *rest;
	unsigned count = 0;

	load(f, CONN);
	assert_int_equal(tunnel_split(tunnel_named(f, "office"), &part), RC_OK);
	rest = tunnel_named(f, "office/2x1");
	while (tunnel_split_first(rest) == RC_OK)
		count++;
	assert_int_equal(count, 1);
	assert_selectors(rest, "10.0.1.0/24 === 10.9.0.0/24");
	assert_selectors(tunnel_named(f, "office/3x1"), "10.0.2.0/24 === 10.9.0.0/24, 10.9.1.0/24");
	assert_selectors(tunnel_named(f, "office/2x2"), "10.0.1.0/24 === 10.9.1.0/24");
	assert_selectors(tunnel_named(f, "office/1x2"), "10.0.0.0/24 === 10.9.1.0/24");
}

static void what_is_whole_or_less_than_a_subnet_is_not_split(void **state)
{
	struct fixture *f = *state;
	struct selectors half = part_of("10.0.0.0/25", "10.9.0.0/24"),
			 all = part_of("10.0.0.0/8", "10.0.0.0/8");
	struct tunnel *tunnel;

	load(f, CONN);
	tunnel = tunnel_named(f, "office");
	assert_int_equal(tunnel_split(tunnel, &half), RC_NOT_FOUND);
	assert_int_equal(tunnel_split(tunnel, &all), RC_NOT_FOUND);
	assert_int_equal(f->peers.tunnel_count, 1);
	assert_ptr_equal(tunnel_named(f, "office"), tunnel);
	load(f, "conn one\n\tleft=192.0.2.1\n\tright=203.0.113.10\n");
	assert_int_equal(tunnel_split_first(tunnel_named(f, "one")), RC_NOT_FOUND);
}

static void ip_versions_that_have_no_partner_make_no_part(void **state)
{
	struct fixture *f = *state;
	struct selectors part = part_of("10.0.0.0/24", "10.9.0.0/24");

	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"\tleftsubnet=10.0.0.0/24,2001:db8:1::/48\n"
		"\trightsubnet=10.9.0.0/24,2001:db8:9::/48\n");
	assert_selectors(tunnel_named(f, "office"),
			 "10.0.0.0/24, 2001:db8:1::/48 === 10.9.0.0/24, 2001:db8:9::/48");
	assert_int_equal(tunnel_split(tunnel_named(f, "office"), &part), RC_OK);
	assert_int_equal(f->peers.tunnel_count, 2);
	assert_selectors(tunnel_named(f, "office/2x1"), "2001:db8:1::/48 === 2001:db8:9::/48");
}

/* Not the first left subnet with the first right one, of which one is IPv4 and one IPv6. */
static void the_first_pair_is_one_that_is_a_pair(void **state)
{
	struct fixture *f = *state;
	struct selectors part = part_of("10.0.0.0/24", "10.8.0.0/24");

	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"\tleftsubnet=10.0.0.0/24,2001:db8:1::/48\n"
		"\trightsubnet=10.8.0.0/24,2001:db8:9::/48\n");
	assert_int_equal(tunnel_split(tunnel_named(f, "office"), &part), RC_OK);
	assert_int_equal(tunnel_split_first(tunnel_named(f, "office/2x1")), RC_OK);
	assert_int_equal(f->peers.tunnel_count, 2);
	assert_selectors(tunnel_named(f, "office/2x2"), "2001:db8:1::/48 === 2001:db8:9::/48");
}

static void instances_are_split_alone(void **state)
{
	struct fixture *f = *state;
	struct selectors part = part_of("10.0.1.0/24", "203.0.113.9");
	struct tunnel *tunnel;

	load(f,
	     "conn road\n\tleft=192.0.2.1\n\tleftsubnet=10.0.0.0/24,10.0.1.0/24\n\tright=%any\n");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@client");
	tunnel = tunnel_named(f, "road[1]");
	assert_selectors(tunnel, "10.0.0.0/24, 10.0.1.0/24 === 203.0.113.9/32");
	assert_int_equal(tunnel_split(tunnel, &part), RC_OK);
	assert_selectors(tunnel_named(f, "road/2x1[1]"), "10.0.1.0/24 === 203.0.113.9/32");
	assert_selectors(tunnel_named(f, "road/1x1[1]"), "10.0.0.0/24 === 203.0.113.9/32");
	assert_selectors(tunnel_named(f, "road"), "10.0.0.0/24, 10.0.1.0/24 === 0.0.0.0/0");
}

/* ---- one again ---- */

static void a_part_that_is_made_whole_has_all_and_its_name(void **state)
{
	struct fixture *f = *state;
	struct selectors part = part_of("10.0.1.0/24", "10.9.0.0/24");
	struct tunnel *tunnel, *other;

	load(f, CONN);
	tunnel = tunnel_named(f, "office");
	assert_false(tunnel_is_part(tunnel));
	assert_int_equal(tunnel_split(tunnel, &part), RC_OK);
	other = tunnel_named(f, "office/2x2");
	assert_true(tunnel_is_part(tunnel) && tunnel_is_part(other));
	assert_true(tunnels_of_one_whole(tunnel, other));
	assert_int_equal(tunnel_make_whole(other), RC_OK);
	assert_false(tunnel_is_part(other));
	assert_ptr_equal(tunnel_named(f, "office"), other);
	assert_selectors(other,
			 "10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24 === 10.9.0.0/24, 10.9.1.0/24");
}

static void what_never_was_one_is_not_made_one(void **state)
{
	struct fixture *f = *state;
	struct tunnel *first, *second;

	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"\tleftsubnets={10.0.0.0/24 10.0.1.0/24}\n\trightsubnet=10.9.0.0/24,10.9.1.0/24\n"
		"conn other\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"\tleftsubnet=10.0.7.0/24\n\trightsubnet=10.9.0.0/24,10.9.1.0/24\n");
	first = tunnel_named(f, "office/1x1");
	second = tunnel_named(f, "office/2x1");
	assert_false(tunnel_is_part(first));
	assert_false(tunnels_of_one_whole(first, second));
	assert_false(tunnels_of_one_whole(first, tunnel_named(f, "other")));
	assert_int_equal(tunnel_split_first(second), RC_OK);
	assert_true(tunnel_is_part(second));
	assert_false(tunnel_is_part(first));
	assert_true(tunnels_of_one_whole(second, tunnel_named(f, "office/2x2")));
	assert_int_equal(tunnel_make_whole(second), RC_OK);
	assert_ptr_equal(tunnel_named(f, "office/2x1"), second);
}

static void an_instances_part_is_made_whole_by_its_name(void **state)
{
	struct fixture *f = *state;
	struct tunnel *tunnel;

	load(f,
	     "conn road\n\tleft=192.0.2.1\n\tleftsubnet=10.0.0.0/24,10.0.1.0/24\n\tright=%any\n");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@client");
	tunnel = tunnel_named(f, "road[1]");
	assert_int_equal(tunnel_split_first(tunnel), RC_OK);
	assert_ptr_equal(tunnel_named(f, "road/1x1[1]"), tunnel);
	assert_int_equal(tunnel_make_whole(tunnel), RC_OK);
	assert_ptr_equal(tunnel_named(f, "road[1]"), tunnel);
}

static void without_memory_a_part_stays_what_it_was(void **state)
{
	struct fixture *f = *state;
	struct tunnel *tunnel;
	enum rc rc = RC_NO_MEMORY;
	unsigned n;

	load(f, CONN);
	tunnel = tunnel_named(f, "office");
	assert_int_equal(tunnel_split_first(tunnel), RC_OK);
	for (n = 1; rc == RC_NO_MEMORY; n++) {
		mem_fail_nth(n);
		rc = tunnel_make_whole(tunnel);
		mem_fail_nth(0);
		if (rc != RC_OK)
			assert_ptr_equal(tunnel_named(f, "office/1x1"), tunnel);
		if (rc != RC_OK)
			assert_selectors(tunnel, "10.0.0.0/24 === 10.9.0.0/24");
	}
	assert_true(n > 2);
	assert_ptr_equal(tunnel_named(f, "office"), tunnel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(together_they_are_one_tunnel),
		PEER_TEST(with_leftsubnets_each_takes_the_others_together),
		PEER_TEST(a_part_stays_and_others_have_the_rest),
		PEER_TEST(a_part_is_split_again),
		PEER_TEST(what_is_whole_or_less_than_a_subnet_is_not_split),
		PEER_TEST(ip_versions_that_have_no_partner_make_no_part),
		PEER_TEST(the_first_pair_is_one_that_is_a_pair),
		PEER_TEST(instances_are_split_alone),
		PEER_TEST(a_part_that_is_made_whole_has_all_and_its_name),
		PEER_TEST(what_never_was_one_is_not_made_one),
		PEER_TEST(an_instances_part_is_made_whole_by_its_name),
		PEER_TEST(without_memory_a_part_stays_what_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
