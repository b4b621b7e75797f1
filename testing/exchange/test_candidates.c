/* SPDX-License-Identifier: Apache-2.0 */
/* Several conns for the same addresses, each with an ike= of its own. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define ENDS   "\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
#define COMMON "\tauthby=secret\n"
#define FIRST  "\tike=aes256-sha2_512-dh20\n"
#define SECOND "\tike=aes_gcm128-sha2_256-dh31\n"
#define T      "conn t\n" ENDS COMMON "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
#define U      "conn u\n" ENDS COMMON "\tleftsubnet=10.3.0.0/24\n\trightsubnet=10.4.0.0/24\n"
#define ADD    "\tauto=add\n"
#define START  "\tauto=start\n"
#define OTHER                                                                                      \
	"conn s\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@other\n\trightid=@east\n" COMMON   \
	"\tauto=add\n"
#define SECRET ": PSK \"correct horse battery staple\"\n"

static uint16_t cipher_of(const struct end *end, const char *tunnel)
{
	const struct tunnel *it = peers_tunnel(&end->gateway->peers, tunnel);

	assert_non_null(it);
	assert_false(list_empty(&it->peer->ike_sas));
	return container_of(it->peer->ike_sas.next, struct ike_sa, in_peer)->choice.encr;
}

/* West begins with the second proposals, and the first conn for its address has others. */
static void the_first_conn_whose_proposals_match_answers(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, T SECOND START, OTHER FIRST T SECOND ADD, SECRET, SECRET);
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	assert_int_equal(cipher_of(&pair.east, "t"), ENCR_AES_GCM_16);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void what_no_conn_allows_is_refused_once_for_all(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 2, T "\tike=aes128-sha1-dh14\n" START, OTHER FIRST T SECOND ADD, SECRET,
		   SECRET);
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_true(end_said(&pair.east, "no conn for these addresses allows it; conn s"));
	assert_true(end_said(&pair.west, "NO_PROPOSAL_CHOSEN"));
	pair_end(&pair);
}

static void assert_both_up(struct pair *pair)
{
	const struct end *ends[] = { &pair->west, &pair->east };

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(cipher_of(ends[i], "t"), ENCR_AES_CBC);
		assert_int_equal(cipher_of(ends[i], "u"), ENCR_AES_GCM_16);
		assert_int_equal(ends[i]->gateway->sas.ike_count, 2);
		assert_int_equal(ends[i]->gateway->sas.child_count, 2);
	}
	assert_int_equal(pair_ping_hosts(pair, "10.1.0.1", "10.2.0.1"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(pair, "10.3.0.1", "10.4.0.1"), SIMULATED_ARRIVED);
}

/* Each has an IKE SA of its own, and none ends the other's by INITIAL_CONTACT. */
static void two_conns_with_the_same_ends_and_another_ike_are_up_beside_each_other(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, T FIRST START U SECOND START, T FIRST ADD U SECOND ADD, SECRET,
		   SECRET);
	pair_run(&pair, 120 * USEC_PER_SEC);
	assert_both_up(&pair);
	assert_int_equal(pair.east.child_up, 2);
	assert_int_equal(pair.east.child_down, 0);
	pair_end(&pair);
}

/* §2.4: there is nothing else between the two identities then. */
static void initial_contact_ends_what_the_other_conn_had(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 4, T FIRST START U SECOND START, T FIRST ADD U SECOND ADD, SECRET,
		   SECRET);
	pair_run(&pair, 20 * USEC_PER_SEC);
	end_crash(&pair.west);
	end_boot(&pair.west, T FIRST START U SECOND ADD, SECRET);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(pair.east.gateway->sas.ike_count, 1);
	assert_true(end_said(&pair.east, "the peer sent INITIAL_CONTACT"));
	assert_int_equal(cipher_of(&pair.east, "t"), ENCR_AES_CBC);
	pair_end(&pair);
}

/* Both conns allow what was chosen: which is meant tells what is to be protected. */
static void selectors_tell_conns_with_equal_ends_apart(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 5, U SECOND START,
		   T "\tike=aes256-sha2_512-dh20,aes_gcm128-sha2_256-dh31\n" ADD U SECOND ADD,
		   SECRET, SECRET);
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	assert_int_equal(cipher_of(&pair.east, "u"), ENCR_AES_GCM_16);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.1", "10.4.0.1"), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* What it began with was for the other conn's peer. */
static void an_identity_whose_conn_forbids_what_was_negotiated_is_refused(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 6, T SECOND START, OTHER SECOND T FIRST ADD, SECRET, SECRET);
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_true(end_said(&pair.east, "which conn t forbids: another conn"));
	assert_true(end_said(&pair.west, "AUTHENTICATION_FAILED"));
	pair_end(&pair);
}

#define ROAD(name)                                                                                 \
	"conn " name "\n\tleft=192.0.2.2\n\tleftid=@east\n\tright=%any\n"                          \
	"\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

/* Old clients and new ones, as two conns for anybody. */
static void templates_answer_each_with_its_own_proposals(void **state)
{
	static const struct {
		const char *ike, *instance;
	} cases[] = { { FIRST, "old[1]" }, { SECOND, "new[1]" } };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct pair pair;
		char conf[400];
		(void)snprintf(conf, sizeof(conf),
			       "conn t\n" ENDS COMMON "\trightsubnet=10.2.0.0/24\n" START "%s",
			       cases[i].ike);
		pair_start(&pair, 7, conf, ROAD("old") FIRST ROAD("new") SECOND, SECRET, SECRET);
		pair_run(&pair, 5 * USEC_PER_SEC);
		assert_int_equal(pair.west.child_up, 1);
		assert_non_null(peers_tunnel(&pair.east.gateway->peers, cases[i].instance));
		assert_false(end_said(&pair.east, "the same left, right and identities"));
		pair_end(&pair);
	}
}

static void a_reload_may_part_conns_that_shared_a_peer(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 8, T FIRST START U FIRST START, T FIRST ADD U FIRST ADD, SECRET, SECRET);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.ike_count, 1);
	end_reload(&pair.east, T FIRST ADD U SECOND ADD);
	end_reload(&pair.west, T FIRST START U SECOND START);
	pair_run(&pair, 200 * USEC_PER_SEC);
	assert_both_up(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_conn_whose_proposals_match_answers),
		cmocka_unit_test(what_no_conn_allows_is_refused_once_for_all),
		cmocka_unit_test(
			two_conns_with_the_same_ends_and_another_ike_are_up_beside_each_other),
		cmocka_unit_test(initial_contact_ends_what_the_other_conn_had),
		cmocka_unit_test(selectors_tell_conns_with_equal_ends_apart),
		cmocka_unit_test(an_identity_whose_conn_forbids_what_was_negotiated_is_refused),
		cmocka_unit_test(templates_answer_each_with_its_own_proposals),
		cmocka_unit_test(a_reload_may_part_conns_that_shared_a_peer),
	};
	return exchange_run(tests);
}
