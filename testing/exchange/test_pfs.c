/* SPDX-License-Identifier: Apache-2.0 */
/* PFS on one side only: the Child SA is rekeyed in the same IKE SA, with a key exchange. */
#include "exchange/pair.h"
#include "unit/test.h"

#define WITH	PAIR_START "\tpfs=yes\n"
#define WITHOUT PAIR_CONN "\tpfs=no\n"

static struct child_sa *child_of(const struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	return tunnel_current(tunnel);
}

static void rekeyed_in_the_same_ike_sa(struct pair *pair, struct end *by, uint16_t *group)
{
	uint64_t serial = child_of(by)->serial, ike = child_of(by)->ike->serial;
	struct diag diag;

	assert_int_equal(gateway_rekey(by->gateway, "t", REKEY_CHILD, &diag), RC_OK);
	pair_run(pair, 20 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
	assert_true(child_of(by)->serial > serial);
	assert_int_equal(child_of(by)->ike->serial, ike);
	assert_int_equal(by->failed, 0);
	*group = child_of(by)->choice.dh;
	assert_int_equal(child_of(&pair->west)->choice.dh, child_of(&pair->east)->choice.dh);
}

/* Its request without KE is answered NO_PROPOSAL_CHOSEN; the second one has it. */
static void who_does_not_insist_gives_the_other_end_its_pfs(void **state)
{
	struct pair pair;
	uint16_t group;

	(void)state;
	pair_start(&pair, 1, WITH, WITHOUT, NULL, NULL);
	pair_run(&pair, 6 * USEC_PER_SEC);
	rekeyed_in_the_same_ike_sa(&pair, &pair.east, &group);
	assert_int_equal(group, child_of(&pair.east)->ike->choice.dh);
	pair_end(&pair);
}

static void who_insists_gets_it_from_who_does_not(void **state)
{
	struct pair pair;
	uint16_t group;

	(void)state;
	pair_start(&pair, 1, WITH, WITHOUT, NULL, NULL);
	pair_run(&pair, 6 * USEC_PER_SEC);
	rekeyed_in_the_same_ike_sa(&pair, &pair.west, &group);
	assert_int_not_equal(group, DH_NONE);
	pair_end(&pair);
}

/* The group of the IKE SA is not one that the peer takes for Child SAs: it says which it wants. */
static void another_group_is_given_when_the_peer_asks_for_it(void **state)
{
	struct pair pair;
	uint16_t group;

	(void)state;
	pair_start(&pair, 1, WITH "\tike=aes128-sha2_256-dh19+dh31\n\tesp=aes128-sha2_256-dh31\n",
		   WITHOUT "\tike=aes128-sha2_256-dh19+dh31\n\tesp=aes128-sha2_256\n", NULL, NULL);
	pair_run(&pair, 6 * USEC_PER_SEC);
	assert_int_equal(child_of(&pair.east)->ike->choice.dh, DH_ECP_256);
	rekeyed_in_the_same_ike_sa(&pair, &pair.east, &group);
	assert_int_equal(group, DH_CURVE25519);
	pair_end(&pair);
}

/* Its first guess is the group of the IKE SA, not the first of esp=. */
static void the_group_of_the_ike_sa_is_tried_first(void **state)
{
	struct pair pair;
	uint16_t group;

	(void)state;
	pair_start(&pair, 1, WITH "\tike=aes128-sha2_256-dh19\n\tesp=aes128-sha2_256-dh31+dh19\n",
		   WITHOUT "\tike=aes128-sha2_256-dh19\n\tesp=aes128-sha2_256\n", NULL, NULL);
	pair_run(&pair, 6 * USEC_PER_SEC);
	rekeyed_in_the_same_ike_sa(&pair, &pair.west, &group);
	assert_int_equal(group, DH_ECP_256);
	pair_end(&pair);
}

/* East asks without KE and knows no better; west, who insists, replaces it on its own terms. */
static void what_may_not_be_rekeyed_without_pfs_is_rekeyed_by_who_insists(void **state)
{
	struct pair pair;
	struct diag diag;
	uint64_t serial;

	(void)state;
	pair_start(&pair, 1, WITH, PAIR_CONN "\tpfs=no\n\tesp=aes128-sha2_256\n", NULL, NULL);
	pair_run(&pair, 6 * USEC_PER_SEC);
	serial = child_of(&pair.west)->serial;
	child_of(&pair.east)->ike->choice.dh = DH_NONE; /* it does not try again with KE */
	assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	pair_run(&pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(child_of(&pair.west)->serial > serial);
	assert_true(child_of(&pair.west)->initiator);
	pair_end(&pair);
}

static void without_pfs_on_both_sides_there_is_none(void **state)
{
	struct pair pair;
	uint16_t group;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tpfs=no\n", WITHOUT, NULL, NULL);
	pair_run(&pair, 6 * USEC_PER_SEC);
	rekeyed_in_the_same_ike_sa(&pair, &pair.west, &group);
	assert_int_equal(group, DH_NONE);
	pair_end(&pair);
}

/* IKE_AUTH has no group, so the tunnel came up; who reads the refusal learns what to change. */
static void a_refusal_for_want_of_a_group_names_the_remedy(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, WITH "\tesp=aes128-sha2_256-dh31\n",
		   PAIR_CONN "\tpfs=yes\n\tesp=aes128-sha2_256-dh19\n", NULL, NULL);
	pair_run(&pair, 6 * USEC_PER_SEC);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_true(end_said(&pair.west, "or pfs=no here"));
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_does_not_insist_gives_the_other_end_its_pfs),
		cmocka_unit_test(who_insists_gets_it_from_who_does_not),
		cmocka_unit_test(another_group_is_given_when_the_peer_asks_for_it),
		cmocka_unit_test(the_group_of_the_ike_sa_is_tried_first),
		cmocka_unit_test(what_may_not_be_rekeyed_without_pfs_is_rekeyed_by_who_insists),
		cmocka_unit_test(without_pfs_on_both_sides_there_is_none),
		cmocka_unit_test(a_refusal_for_want_of_a_group_names_the_remedy),
	};

	return exchange_run(tests);
}
