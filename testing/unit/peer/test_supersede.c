/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

#define OFFICE "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
#define OLD    OFFICE "\trightsubnet=10.1.0.0/24\n"
#define NEW    OFFICE "\trightsubnet=10.1.0.0/16\n"
#define UNTIL  (30 * USEC_PER_SEC)
#define NOW    USEC_PER_SEC

static struct list something;

/* Stands for a Child SA. */
static struct tunnel *up(struct fixture *f, const char *name)
{
	struct tunnel *tunnel = tunnel_named(f, name);

	list_append(&tunnel->child_sas, &something);
	return tunnel;
}

static void end(struct tunnel *tunnel)
{
	list_remove(&something);
	tunnel_free(tunnel);
}

static void what_is_up_stays_until_the_new_one_is_up(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old, *new;
	usec_t until = 0;

	load(f, OLD);
	old = up(f, "office");
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	assert_true(tunnel_lingers(old, NOW, &until));
	assert_int_equal(until, UNTIL);
	load(f, NEW);
	new = tunnel_named(f, "office");
	assert_ptr_not_equal(new, old);
	assert_true(tunnel_succeeds(new, NOW));
	assert_false(tunnel_succeeds(new, UNTIL));
	assert_false(tunnel_lingers(old, UNTIL, &until));
	new->made_at = NOW;
	tunnel_came_up(new, 2 * NOW);
	assert_false(tunnel_succeeds(new, NOW));
	assert_true(tunnel_succeeded(old));
	assert_true(tunnel_lingers(old, NOW, &until));
	assert_int_equal(until, 2 * NOW);
	end(old);
}

static void the_new_one_has_the_reqid_and_the_peer_of_the_old_one(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old, *new;
	struct peer *peer;
	uint32_t reqid;

	load(f, OLD);
	old = up(f, "office");
	old->wanted = WANTED_UP;
	peer = old->peer;
	reqid = old->reqid;
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
	load(f, NEW);
	new = tunnel_named(f, "office");
	assert_ptr_equal(new->peer, peer);
	assert_false(peer->doomed);
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer);
	assert_int_equal(new->reqid, reqid);
	assert_ptr_equal(peers_by_reqid(&f->peers, reqid), new);
	assert_int_equal(tunnel_wanted_before(new), WANTED_UP);
	end(old);
	assert_ptr_equal(peers_by_reqid(&f->peers, reqid), new);
	assert_int_equal(tunnel_wanted_before(new), WANTED_DOWN);
	assert_false(tunnel_succeeds(new, NOW));
}

static void a_reqid_that_was_asked_for_is_passed_on_without_a_warning(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old;

	load(f, OLD "\treqid=77\n");
	old = up(f, "office");
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	load(f, NEW "\treqid=77\n");
	assert_int_equal(tunnel_named(f, "office")->reqid, 77);
	assert_null(strstr(f->logged, "reqid"));
	end(old);
	assert_ptr_equal(peers_by_reqid(&f->peers, 77), tunnel_named(f, "office"));
}

static void other_ike_settings_are_another_peer(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old, *new;

	load(f, OLD);
	old = up(f, "office");
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	load(f, NEW "\tikelifetime=2h\n");
	new = tunnel_named(f, "office");
	assert_ptr_not_equal(new->peer, old->peer);
	assert_true(old->peer->doomed);
	assert_int_equal(new->reqid, old->reqid);
	end(old);
}

static void all_of_its_tunnels_must_be_up(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old, *first, *second;

	load(f, OLD);
	old = up(f, "office");
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	load(f, OFFICE "\trightsubnets={10.1.0.0/16,10.3.0.0/16}\n");
	first = tunnel_named(f, "office/1x1");
	second = tunnel_named(f, "office/1x2");
	first->made_at = NOW;
	tunnel_came_up(first, NOW);
	assert_false(tunnel_succeeded(old));
	assert_true(tunnel_succeeds(second, NOW));
	second->made_at = NOW;
	tunnel_came_up(second, NOW);
	assert_true(tunnel_succeeded(old));
	end(old);
}

static void a_version_between_that_never_came_up_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old, *between, *new;
	usec_t until;

	load(f, OLD);
	old = up(f, "office");
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	load(f, OFFICE "\trightsubnet=10.1.0.0/20\n");
	between = tunnel_named(f, "office");
	assert_true(peer_supersede(&f->peers, "office", 2 * UNTIL));
	load(f, NEW);
	new = tunnel_named(f, "office");
	tunnel_free(between);
	assert_true(tunnel_succeeds(new, NOW));
	new->made_at = NOW;
	tunnel_came_up(new, NOW);
	assert_true(tunnel_succeeded(old));
	assert_false(tunnel_lingers(old, NOW, &until));
	end(old);
}

static void what_the_operator_ends_does_not_linger(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old;
	struct diag diag;
	usec_t until;

	load(f, OLD);
	old = up(f, "office");
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	load(f, NEW);
	assert_int_equal(peer_unload(&f->peers, "office", &diag), RC_OK);
	assert_false(tunnel_lingers(old, NOW, &until));
	assert_false(tunnel_succeeded(old));
	end(old);
}

static void down_ends_what_lingers_and_leaves_the_new_one(void **state)
{
	struct fixture *f = *state;
	struct tunnel *old, *new;
	usec_t until;

	load(f, OLD);
	old = up(f, "office");
	assert_true(peer_supersede(&f->peers, "office", UNTIL));
	load(f, NEW);
	new = tunnel_named(f, "office");
	tunnel_end_predecessors(new);
	assert_false(tunnel_lingers(old, NOW, &until));
	assert_false(tunnel_succeeds(new, NOW));
	assert_false(new->doomed);
	end(old);
}

static void nothing_lingers_where_nothing_is_up_or_clients_come_by_themselves(void **state)
{
	struct fixture *f = *state;

	load(f, OLD "conn any\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n");
	assert_false(peer_supersede(&f->peers, "office", UNTIL));
	assert_false(peer_supersede(&f->peers, "nothing", UNTIL));
	(void)up(f, "any");
	assert_false(peer_supersede(&f->peers, "any", UNTIL));
	list_remove(&something);
	assert_false(tunnel_named(f, "office")->doomed);
	assert_false(tunnel_named(f, "any")->doomed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(what_is_up_stays_until_the_new_one_is_up),
		PEER_TEST(the_new_one_has_the_reqid_and_the_peer_of_the_old_one),
		PEER_TEST(a_reqid_that_was_asked_for_is_passed_on_without_a_warning),
		PEER_TEST(other_ike_settings_are_another_peer),
		PEER_TEST(all_of_its_tunnels_must_be_up),
		PEER_TEST(a_version_between_that_never_came_up_is_passed_over),
		PEER_TEST(what_the_operator_ends_does_not_linger),
		PEER_TEST(down_ends_what_lingers_and_leaves_the_new_one),
		PEER_TEST(nothing_lingers_where_nothing_is_up_or_clients_come_by_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
