/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/proposal/proposal_test.h"
#include "proposal/list.h"

static void lists_are_equal_only_in_the_same_order(void **state)
{
	(void)state;
	struct proposal_list *a = parsed(PROTOCOL_ESP, "aes_gcm256,aes128-sha1", false);
	struct proposal_list *b = parsed(PROTOCOL_ESP, "aes256gcm16,aes128-sha", false);
	struct proposal_list *c = parsed(PROTOCOL_ESP, "aes128-sha1,aes_gcm256", false);
	struct proposal_list *d = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	assert_true(proposal_equal(a, b));
	assert_false(proposal_equal(a, c));
	assert_false(proposal_equal(a, d));
	assert_false(proposal_equal(d, a));
	proposal_free(a);
	proposal_free(b);
	proposal_free(c);
	proposal_free(d);
}

static void key_sizes_make_lists_differ(void **state)
{
	(void)state;
	struct proposal_list *a = parsed(PROTOCOL_ESP, "aes_gcm256", false);
	struct proposal_list *b = parsed(PROTOCOL_ESP, "aes_gcm128", false);
	assert_false(proposal_equal(a, b));
	proposal_free(a);
	proposal_free(b);
}

static void groups_come_once_each_in_order(void **state)
{
	uint16_t groups[8] = { 0 };
	(void)state;
	struct proposal_list *list =
		parsed(PROTOCOL_ESP, "aes_gcm256-dh19+dh31,aes128-sha1-dh14+dh19+none", false);
	assert_int_equal(proposal_groups(list, groups, 8), 3);
	assert_int_equal(groups[0], 19);
	assert_int_equal(groups[1], 31);
	assert_int_equal(groups[2], 14);
	assert_int_equal(proposal_groups(list, groups, 2), 2);
	proposal_free(list);
}

static void none_is_not_a_group_to_have(void **state)
{
	(void)state;
	struct proposal_list *list = parsed(PROTOCOL_ESP, "aes_gcm256-dh19+none", false);
	assert_true(proposal_has_group(list, DH_ECP_256));
	assert_false(proposal_has_group(list, DH_CURVE25519));
	assert_false(proposal_has_group(list, DH_NONE));
	proposal_free(list);
}

static void a_full_proposal_takes_no_more_transforms(void **state)
{
	struct proposal proposal = { .protocol = PROTOCOL_ESP };
	(void)state;
	for (uint16_t i = 0; i < PROPOSAL_TRANSFORMS_MAX; i++) {
		struct proposal_transform t = { TRANSFORM_DH, i, 0 };
		assert_int_equal(proposal_add(&proposal, &t), RC_OK);
	}
	struct proposal_transform more = { TRANSFORM_DH, 99, 0 }, again = { TRANSFORM_DH, 3, 0 };
	assert_int_equal(proposal_add(&proposal, &more), RC_LIMIT);
	assert_int_equal(proposal_add(&proposal, &again), RC_OK);
	assert_int_equal(proposal.count, PROPOSAL_TRANSFORMS_MAX);
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	proposal_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_equal_only_in_the_same_order),
		cmocka_unit_test(key_sizes_make_lists_differ),
		cmocka_unit_test(groups_come_once_each_in_order),
		cmocka_unit_test(none_is_not_a_group_to_have),
		cmocka_unit_test(a_full_proposal_takes_no_more_transforms),
		cmocka_unit_test(freeing_nothing_is_fine),
	};
	return cmocka_run_group_tests(tests, nss_open, nss_close);
}
