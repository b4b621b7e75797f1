/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/child_install.h"
#include "unit/sa/sas_test.h"

#define HALF 36 /* AES-256-GCM with its salt */

struct one {
	struct sas_fixture f;
	struct ike_sa *ike;
	struct child_sa *child;
	struct arena arena;
	struct list list;
	uint8_t keymat[2 * HALF];
};

static void one_begin(struct one *one, const char *conf)
{
	sas_begin(&one->f, conf);
	one->ike = sas_ike_bound(&one->f);
	one->child = sas_child(&one->f, one->ike, "t", 0x2222);
	one->child->in_installed = one->child->out_installed = true;
	assert_int_equal(child_sa_link(&one->f.sas, one->child), RC_OK);
	arena_init(&one->arena, 65536);
	list_init(&one->list);
	memset(one->keymat, 'a', HALF);
	memset(one->keymat + HALF, 'b', HALF);
}

static void one_end(struct one *one)
{
	child_sa_free(&one->f.sas, one->child);
	ike_sa_free(&one->f.sas, one->ike);
	arena_free(&one->arena);
	sas_end(&one->f);
}

/* The order of operation and direction, as text: "+i" adds an inbound SA, ">o" sets the outbound
 * policy, "-" and "<" remove them. */
static void spell(const struct kernel_request *request, char *text)
{
	static const char ops[] = { [KERNEL_SA_ADD] = '+',
				    [KERNEL_SA_DELETE] = '-',
				    [KERNEL_SA_QUERY] = '?',
				    [KERNEL_POLICY_SET] = '>',
				    [KERNEL_POLICY_DELETE] = '<' };
	bool sa = request->op == KERNEL_SA_ADD || request->op == KERNEL_SA_DELETE;
	char word[3] = { ops[request->op],
			 "iof"[sa ? request->sa.direction : request->policy.direction], '\0' };

	strncat(text, word, 3);
}

static void spell_list(const struct list *list, char text[64])
{
	text[0] = '\0';
	list_for(node, list) spell(container_of(node, struct kernel_request, queue), text);
}

static void install_both(struct one *one)
{
	struct span keymat = SPAN_OF(one->keymat);

	assert_int_equal(child_install_in(&one->arena, one->child, keymat, &one->list), RC_OK);
	assert_int_equal(child_install_out(&one->arena, one->child, keymat, &one->list), RC_OK);
}

static void inbound_half_comes_first_and_transport_forwards_nothing(void **state)
{
	struct one one;
	char text[64];

	(void)state;
	one_begin(&one, SAS_CONN);
	install_both(&one);
	spell_list(&one.list, text);
	assert_string_equal(text, "+i>i>f+o>o");
	list_init(&one.list);
	one.child->mode = KERNEL_TRANSPORT;
	install_both(&one);
	spell_list(&one.list, text);
	assert_string_equal(text, "+i>i+o>o");
	one_end(&one);
}

static uint8_t first_key_byte(struct one *one, enum kernel_direction direction)
{
	list_for(node, &one->list)
	{
		const struct kernel_request *request =
			container_of(node, struct kernel_request, queue);
		if (request->op != KERNEL_SA_ADD || request->sa.direction != direction)
			continue;
		assert_int_equal(request->sa.encr_key.len, HALF);
		assert_int_equal(request->sa.integ_key.len, 0);
		return request->sa.encr_key.ptr[0];
	}
	return 0;
}

/* RFC 7296 §2.17 */
static void first_half_of_the_keys_is_for_what_the_initiator_sends(void **state)
{
	struct one one;

	(void)state;
	for (unsigned initiator = 0; initiator < 2; initiator++) {
		one_begin(&one, SAS_CONN);
		one.child->initiator = initiator;
		install_both(&one);
		assert_int_equal(first_key_byte(&one, KERNEL_OUT), initiator ? 'a' : 'b');
		assert_int_equal(first_key_byte(&one, KERNEL_IN), initiator ? 'b' : 'a');
		one_end(&one);
	}
}

static void keys_of_the_wrong_length_are_our_own_mistake(void **state)
{
	struct one one;

	(void)state;
	one_begin(&one, SAS_CONN);
	assert_int_equal(
		child_install_in(&one.arena, one.child, span_make(one.keymat, HALF), &one.list),
		RC_INTERNAL);
	assert_true(list_empty(&one.list));
	one_end(&one);
}

static void spell_uninstall(struct one *one, const struct child_sa *child, char text[64])
{
	struct kernel_request requests[CHILD_UNINSTALL_MAX];
	unsigned count = child_uninstall_requests(&one->f.sas, child, 0, requests);

	text[0] = '\0';
	assert_true(count <= CHILD_UNINSTALL_MAX);
	for (unsigned i = 0; i < count; i++)
		spell(&requests[i], text);
}

static void removal_takes_only_what_the_kernel_has_accepted(void **state)
{
	struct one one;
	char text[64];

	(void)state;
	one_begin(&one, SAS_CONN);
	spell_uninstall(&one, one.child, text);
	assert_string_equal(text, "-o<o<i<f-i");
	one.child->out_installed = false;
	spell_uninstall(&one, one.child, text);
	assert_string_equal(text, "<o<i<f-i");
	one.child->in_installed = false;
	one.child->mode = KERNEL_TRANSPORT;
	spell_uninstall(&one, one.child, text);
	assert_string_equal(text, "<o<i");
	one_end(&one);
}

static void trap_comes_back_in_place_of_the_outbound_policy(void **state)
{
	struct one one;
	char text[64];

	(void)state;
	one_begin(&one, SAS_CONN);
	one.child->tunnel->trap_installed = true;
	spell_uninstall(&one, one.child, text);
	assert_string_equal(text, "-o>o<i<f-i");
	one.child->selectors.first.local.port_from = one.child->selectors.first.local.port_to = 80;
	spell_uninstall(&one, one.child, text); /* narrowed: the trap is another policy */
	assert_string_equal(text, "-o<o<i<f-i");
	one_end(&one);
}

static void policies_that_another_one_needs_are_given_to_it(void **state)
{
	struct one one;
	char text[64];

	(void)state;
	one_begin(&one, SAS_CONN);
	struct child_sa *heir = sas_child(&one.f, one.ike, "t", 0x3333);
	assert_int_equal(child_sa_link(&one.f.sas, heir), RC_OK);
	heir->policies_installed = true;
	spell_uninstall(&one, one.child, text);
	assert_string_equal(text, "-o>o>i>f-i");
	heir->mode = KERNEL_TRANSPORT;
	spell_uninstall(&one, one.child, text);
	assert_string_equal(text, "-o>o>i<f-i");
	child_sa_free(&one.f.sas, heir);
	one_end(&one);
}

static void spi_that_another_one_of_that_peer_has_is_refused(void **state)
{
	struct one one;
	struct diag diag;

	(void)state;
	one_begin(&one, SAS_CONN);
	struct child_sa *twin = sas_child(&one.f, one.ike, "t", 0x2222);
	assert_int_equal(child_check(&one.f.sas, twin, &diag), RC_EXISTS);
	assert_non_null(strstr(diag.text, "00002222"));
	twin->spi_out = 0x2223;
	assert_int_equal(child_check(&one.f.sas, twin, &diag), RC_OK);
	child_sa_free(&one.f.sas, twin);
	one_end(&one);
}

/* Each has 44 in a direction. */
static void a_tunnel_has_only_so_many_policies(void **state)
{
	struct selector_lists lists = { .local_count = 1, .remote_count = 1 };
	struct child_sa *more[8];
	struct ip_range range;
	struct one one;
	struct diag diag = { "" };
	unsigned made = 0;
	enum rc rc;

	(void)state;
	one_begin(&one, SAS_CONN);
	assert_int_equal(range_parse("10.0.0.1-10.255.255.0", &range, &diag), RC_OK);
	lists.local[0] = selector_make(&range, 0, 0);
	lists.remote[0] = one.child->selectors.first.remote;
	do {
		struct child_sa *child = sas_child(&one.f, one.ike, "t", 0x3000 + made);
		struct selectors odd;
		assert_int_equal(selectors_make(&lists, &odd, &diag), RC_OK);
		selectors_move(&child->selectors, &odd);
		rc = child_check(&one.f.sas, child, &diag);
		if (rc == RC_OK)
			assert_int_equal(child_sa_link(&one.f.sas, child), RC_OK);
		more[made++] = child;
	} while (rc == RC_OK && made < 8);
	assert_int_equal(rc, RC_TS_UNACCEPTABLE);
	assert_non_null(strstr(diag.text, "256 are allowed"));
	assert_in_range(made, 5, 7);
	while (made > 0)
		child_sa_free(&one.f.sas, more[--made]);
	one_end(&one);
}

static void ports_are_kept_for_encapsulation_only(void **state)
{
	struct one one;
	struct ip_endpoint local = sas_endpoint("192.0.2.1", 4500);
	struct ip_endpoint remote = sas_endpoint("198.51.100.7", 31337);

	(void)state;
	one_begin(&one, SAS_CONN);
	struct child_sa *child = sas_child(&one.f, one.ike, "t", 1);
	child_place(child, &local, &remote, false);
	assert_true(ip_equal(&child->remote, &remote.addr));
	assert_int_equal(child->encap.local_port, 0);
	child_place(child, &local, &remote, true);
	assert_int_equal(child->encap.local_port, 4500);
	assert_int_equal(child->encap.remote_port, 31337);
	child_sa_free(&one.f.sas, child);
	one_end(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inbound_half_comes_first_and_transport_forwards_nothing),
		cmocka_unit_test(first_half_of_the_keys_is_for_what_the_initiator_sends),
		cmocka_unit_test(keys_of_the_wrong_length_are_our_own_mistake),
		cmocka_unit_test(removal_takes_only_what_the_kernel_has_accepted),
		cmocka_unit_test(trap_comes_back_in_place_of_the_outbound_policy),
		cmocka_unit_test(policies_that_another_one_needs_are_given_to_it),
		cmocka_unit_test(spi_that_another_one_of_that_peer_has_is_refused),
		cmocka_unit_test(a_tunnel_has_only_so_many_policies),
		cmocka_unit_test(ports_are_kept_for_encapsulation_only),
	};

	return sas_run(tests);
}
