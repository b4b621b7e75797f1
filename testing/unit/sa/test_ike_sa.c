/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

static void new_sas_have_their_own_spi_and_a_serial(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *a = sas_ike(&f, INITIATOR), *b = sas_ike(&f, RESPONDER);
	assert_true(a->spi_i != 0 && a->spi_r == 0);
	assert_true(b->spi_r != 0 && b->spi_i == 0);
	assert_true(b->serial > a->serial);
	assert_int_equal(f.sas.ike_count, 0);
	ike_sa_free(&f.sas, a);
	ike_sa_free(&f.sas, b);
	sas_end(&f);
}

static void linked_sa_is_found_by_our_spi_and_serial_until_it_is_freed(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *sa = sas_ike(&f, RESPONDER);
	uint64_t spi, serial = sa->serial;
	sa->spi_i = 77;
	spi = sa->spi_r;
	assert_null(ike_sa_by_spi(&f.sas, spi));
	assert_int_equal(ike_sa_link(&f.sas, sa), RC_OK);
	assert_ptr_equal(ike_sa_by_spi(&f.sas, spi), sa);
	assert_null(ike_sa_by_spi(&f.sas, 77));
	assert_ptr_equal(ike_sa_by_serial(&f.sas, serial), sa);
	assert_int_equal(f.sas.ike_count, 1);
	ike_sa_free(&f.sas, sa);
	assert_null(ike_sa_by_spi(&f.sas, spi));
	assert_null(ike_sa_by_serial(&f.sas, serial));
	assert_int_equal(f.sas.ike_count, 0);
	sas_end(&f);
}

/* The memory of an SA that could not be linked is not counted out again. */
static void link_without_memory_leaves_no_trace(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	for (uint64_t nth = 1; nth <= 2; nth++) {
		struct ike_sa *sa = sas_ike(&f, INITIATOR);
		uint64_t spi = sa->spi_i;
		mem_fail_nth(nth);
		enum rc rc = ike_sa_link(&f.sas, sa);
		mem_fail_nth(0);
		assert_int_equal(rc, RC_NO_MEMORY);
		assert_null(ike_sa_by_spi(&f.sas, spi));
		ike_sa_free(&f.sas, sa);
		assert_int_equal(f.sas.ike_count, 0);
		table_free(&f.sas.by_spi);
	}
	sas_end(&f);
}

/* As the responder has it when its request was read. */
static struct ike_sa *expected(struct sas_fixture *f, struct span request)
{
	struct ike_sa *sa = sas_ike(f, RESPONDER);

	sa->spi_i = 77;
	sa->larval->init_request = mem_alloc(request.len);
	assert_non_null(sa->larval->init_request);
	memcpy(sa->larval->init_request, request.ptr, request.len);
	sa->larval->init_request_len = (uint32_t)request.len;
	assert_int_equal(ike_sa_expect(&f->sas, sa), RC_OK);
	return sa;
}

static const uint8_t request[64] = { 1 }, another[64] = { 2 };

static void half_open_sa_is_found_by_its_request_and_sender_until_it_is_bound(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *sa = expected(&f, SPAN_OF(request));
	struct ip_endpoint remote = sa->remote, other = sas_endpoint("192.0.2.2", 4500);
	assert_int_equal(f.sas.half_open_count, 1);
	assert_ptr_equal(ike_sa_by_init(&f.sas, &remote, SPAN_OF(request)), sa);
	assert_null(ike_sa_by_init(&f.sas, &remote, SPAN_OF(another)));
	assert_null(ike_sa_by_init(&f.sas, &remote, span_make(request, sizeof(request) - 1)));
	assert_null(ike_sa_by_init(&f.sas, &other, SPAN_OF(request)));
	assert_int_equal(ike_sa_link(&f.sas, sa), RC_OK);
	struct peer *peer = peers_tunnel(&f.peers, "t")->peer;
	ike_sa_bind(&f.sas, sa, peer);
	assert_int_equal(f.sas.half_open_count, 0);
	assert_null(ike_sa_by_init(&f.sas, &remote, SPAN_OF(request)));
	assert_ptr_equal(sa->peer, peer);
	assert_ptr_equal(peer->ike_sas.next, &sa->in_peer);
	ike_sa_free(&f.sas, sa);
	assert_true(list_empty(&peer->ike_sas));
	sas_end(&f);
}

static void half_open_sa_that_is_freed_is_not_counted_any_more(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	ike_sa_free(&f.sas, expected(&f, SPAN_OF(request)));
	assert_int_equal(f.sas.half_open_count, 0);
	assert_true(list_empty(&f.sas.half_open));
	assert_int_equal(f.sas.table.groups.count, 0);
	sas_end(&f);
}

static void every_state_has_a_name(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < IKE_STATE_COUNT; i++)
		assert_null(strchr(names_text(&ike_state_names, i, text, sizeof(text)), '('));
	assert_string_equal(names_text(&ike_state_names, IKEV2_HALF_OPEN, text, sizeof(text)),
			    "half-open");
}

/* Its Delete was asked in the old one: in the new one it is asked again. */
static void a_child_on_its_way_out_is_inherited_as_one_that_is_to_go(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *old = sas_ike_bound(&f), *heir = sas_ike_bound(&f);
	struct child_sa *child = sas_child(&f, old, "t", 0xabcdef01);
	assert_int_equal(child_sa_link(&f.sas, child), RC_OK);
	child->delete_wanted = true;
	child->state = CHILD_DELETING;
	ike_sa_inherit(heir, old);
	assert_ptr_equal(child->ike, heir);
	assert_true(list_empty(&old->children));
	assert_int_equal(child->state, CHILD_UP);
	assert_true(child->delete_wanted);
	child_sa_free(&f.sas, child);
	ike_sa_free(&f.sas, old);
	ike_sa_free(&f.sas, heir);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_sas_have_their_own_spi_and_a_serial),
		cmocka_unit_test(a_child_on_its_way_out_is_inherited_as_one_that_is_to_go),
		cmocka_unit_test(linked_sa_is_found_by_our_spi_and_serial_until_it_is_freed),
		cmocka_unit_test(link_without_memory_leaves_no_trace),
		cmocka_unit_test(half_open_sa_is_found_by_its_request_and_sender_until_it_is_bound),
		cmocka_unit_test(half_open_sa_that_is_freed_is_not_counted_any_more),
		cmocka_unit_test(every_state_has_a_name),
	};

	return sas_run(tests);
}
