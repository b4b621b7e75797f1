/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

#define TWIN                                                                                       \
	"conn u\n\tleft=192.0.2.1\n\tright=192.0.2.3\n\tleftid=@west\n\trightid=@south\n"          \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

static struct child_sa *linked(struct sas_fixture *f, struct ike_sa *ike, const char *tunnel,
			       uint32_t spi_out)
{
	struct child_sa *child = sas_child(f, ike, tunnel, spi_out);

	assert_int_equal(child_sa_link(&f->sas, child), RC_OK);
	child->state = CHILD_UP;
	child->policies_installed = true;
	return child;
}

static void linked_child_is_found_by_both_spis_until_it_is_freed(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *ike = sas_ike_bound(&f);
	struct child_sa *child = linked(&f, ike, "t", 0xabcdef01);
	uint32_t spi = child->spi_in;
	struct ip_addr remote = child->remote, other = sas_endpoint("192.0.2.9", 0).addr;
	assert_true(spi >= 0x100);
	assert_ptr_equal(child_sa_by_spi(&f.sas, spi), child);
	assert_ptr_equal(child_sa_by_out(ike, PROTOCOL_ESP, 0xabcdef01), child);
	assert_null(child_sa_by_out(ike, PROTOCOL_AH, 0xabcdef01));
	assert_null(child_sa_by_out(ike, PROTOCOL_ESP, spi));
	assert_true(child_outbound_taken(&f.sas, &remote, 0xabcdef01));
	assert_false(child_outbound_taken(&f.sas, &other, 0xabcdef01));
	assert_false(child_outbound_taken(&f.sas, &remote, spi));
	assert_int_equal(f.sas.child_count, 1);
	child_sa_free(&f.sas, child);
	assert_null(child_sa_by_spi(&f.sas, spi));
	assert_false(child_outbound_taken(&f.sas, &remote, 0xabcdef01));
	assert_int_equal(f.sas.child_count, 0);
	assert_true(list_empty(&ike->children));
	ike_sa_free(&f.sas, ike);
	sas_end(&f);
}

static void current_child_of_a_tunnel_is_the_newest_that_is_up(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *ike = sas_ike_bound(&f);
	struct tunnel *tunnel = peers_tunnel(&f.peers, "t");
	assert_null(tunnel_current(tunnel));
	struct child_sa *a = linked(&f, ike, "t", 1), *b = linked(&f, ike, "t", 2);
	assert_ptr_equal(tunnel_current(tunnel), b);
	b->state = CHILD_DELETING;
	assert_ptr_equal(tunnel_current(tunnel), a);
	child_sa_free(&f.sas, a);
	assert_null(tunnel_current(tunnel));
	child_sa_free(&f.sas, b);
	ike_sa_free(&f.sas, ike);
	sas_end(&f);
}

static void policies_go_to_the_newest_other_with_equal_selectors(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN TWIN);
	struct ike_sa *ike = sas_ike_bound(&f);
	struct child_sa *a = linked(&f, ike, "t", 1);
	assert_null(child_policies_heir(&f.sas, a, 0));
	struct child_sa *b = linked(&f, ike, "u", 2), *c = linked(&f, ike, "t", 3);
	assert_ptr_equal(child_policies_heir(&f.sas, a, 0), c);
	c->policies_installed = false;
	assert_ptr_equal(child_policies_heir(&f.sas, a, 0), b);
	child_sa_free(&f.sas, b);
	assert_null(child_policies_heir(&f.sas, a, 0));
	child_sa_free(&f.sas, a);
	child_sa_free(&f.sas, c);
	ike_sa_free(&f.sas, ike);
	sas_end(&f);
}

static void policies_with_another_mark_or_selector_are_others(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN TWIN "\tmark=7\n");
	struct ike_sa *ike = sas_ike_bound(&f);
	struct child_sa *a = linked(&f, ike, "t", 1), *marked = linked(&f, ike, "u", 2);
	struct child_sa *narrow = sas_child(&f, ike, "t", 3);
	narrow->selectors.first.remote.port_from = narrow->selectors.first.remote.port_to = 80;
	assert_int_equal(child_sa_link(&f.sas, narrow), RC_OK);
	narrow->policies_installed = true;
	assert_null(child_policies_heir(&f.sas, a, 0));
	child_sa_free(&f.sas, marked);
	child_sa_free(&f.sas, narrow);
	child_sa_free(&f.sas, a);
	ike_sa_free(&f.sas, ike);
	sas_end(&f);
}

/* The kernel has what the newest one set, unless they are all alike. */

static void claimed_child_is_seen_before_it_is_linked_and_forgotten_when_freed(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *ike = sas_ike_bound(&f);
	struct child_sa *child = sas_child(&f, ike, "t", 9);
	struct ip_addr remote = child->remote;
	assert_false(child_outbound_taken(&f.sas, &remote, 9));
	assert_int_equal(child_sa_claim(&f.sas, child), RC_OK);
	assert_int_equal(child_sa_claim(&f.sas, child), RC_OK);
	assert_true(child_outbound_taken(&f.sas, &remote, 9));
	child_sa_free(&f.sas, child);
	assert_false(child_outbound_taken(&f.sas, &remote, 9));
	assert_int_equal(f.sas.child_count, 0);
	ike_sa_free(&f.sas, ike);
	sas_end(&f);
}

static void a_child_that_moved_is_found_by_its_new_address_only(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *ike = sas_ike_bound(&f);
	struct child_sa *child = linked(&f, ike, "t", 0xabcdef01);
	struct ip_endpoint local = sas_endpoint("192.0.2.1", 4500);
	struct ip_endpoint to = sas_endpoint("192.0.2.77", 10001);
	struct ip_addr before = child->remote;
	assert_int_equal(child_sa_move(&f.sas, child, &local, &to, true), RC_OK);
	assert_true(child_outbound_taken(&f.sas, &to.addr, 0xabcdef01));
	assert_false(child_outbound_taken(&f.sas, &before, 0xabcdef01));
	assert_int_equal(child->encap.local_port, 4500);
	assert_int_equal(child->encap.remote_port, 10001);
	assert_int_equal(child_sa_move(&f.sas, child, &local, &to, false), RC_OK);
	assert_int_equal(child->encap.local_port + child->encap.remote_port, 0);
	child_sa_free(&f.sas, child);
	assert_false(child_outbound_taken(&f.sas, &to.addr, 0xabcdef01));
	ike_sa_free(&f.sas, ike);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linked_child_is_found_by_both_spis_until_it_is_freed),
		cmocka_unit_test(current_child_of_a_tunnel_is_the_newest_that_is_up),
		cmocka_unit_test(policies_go_to_the_newest_other_with_equal_selectors),
		cmocka_unit_test(policies_with_another_mark_or_selector_are_others),
		cmocka_unit_test(
			claimed_child_is_seen_before_it_is_linked_and_forgotten_when_freed),
		cmocka_unit_test(a_child_that_moved_is_found_by_its_new_address_only),
	};

	return sas_run(tests);
}
