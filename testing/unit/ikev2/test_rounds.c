/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/rounds.h"
#include "sa/intermediate.h"
#include "unit/ikev2/road.h"

#define TWICE PAIR_CONN "\tleftauth2=secret\n"

static struct peer *peer_of(struct end *end)
{
	return road_tunnel(end)->peer;
}

/* RFC 4739 §2.2: only who may need it says so. */
static void support_is_announced_where_a_conn_wants_it(void **state)
{
	static const char *const confs[] = { PAIR_CONN, TWICE };
	struct wire_notify notify = { .type = 0 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct road road;
		road_begin(&road, confs[i], confs[i]);
		end_up(&road.pair.west, "t");
		road_run(&road, USEC_PER_SEC);
		assert_int_equal(
			notify_find(road_heard(&road, 1), MULTIPLE_AUTH_SUPPORTED, &notify),
			i == 1);
		assert_int_equal(notify.data.len + notify.spi.len, 0);
		assert_false(notify_find(road_heard(&road, 0), MULTIPLE_AUTH_SUPPORTED, &notify));
		assert_int_equal(notify_find(road_opened(&road, 2, road_sa(&road.pair.east)),
					     ANOTHER_AUTH_FOLLOWS, &notify),
				 i == 1);
		road_end(&road);
	}
}

static void who_owes_how_many_proofs(void **state)
{
	struct road road;
	struct rounds_view view;

	(void)state;
	road_begin(&road, TWICE, TWICE);
	view = rounds_view(peer_of(&road.pair.west), 1);
	assert_int_equal(view.ours_all, 2);
	assert_int_equal(view.theirs_all, 1);
	assert_false(rounds_over(&view));
	view = rounds_view(peer_of(&road.pair.east), 1);
	assert_int_equal(view.ours_all, 1);
	assert_int_equal(view.theirs_all, 2);
	view = rounds_view(peer_of(&road.pair.east), 2);
	assert_int_equal(view.ours, 1);
	assert_int_equal(view.theirs, 2);
	assert_true(rounds_over(&view));
	road_end(&road);
}

static enum rc fits(const char *conf, const char *first, const char *second)
{
	struct ike_rounds rounds = { .ours = 1 };
	struct identity id = { 0 };
	struct diag diag = { "" };
	struct road road;
	enum rc rc;

	road_begin(&road, conf, conf);
	assert_int_equal(identity_parse(first, &rounds.id, NULL), RC_OK);
	assert_int_equal(identity_parse(second, &id, NULL), RC_OK);
	rc = rounds_check_identity(peer_of(&road.pair.east), &rounds, &id, &diag);
	identity_free(&rounds.id);
	identity_free(&id);
	road_end(&road);
	return rc;
}

static void the_second_identity_is_the_one_that_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(fits(TWICE, "@west", "@west"), RC_OK);
	assert_int_equal(fits(TWICE, "@west", "@east"), RC_AUTH_FAILED);
	assert_int_equal(fits(TWICE "\tleftid2=@alice\n", "@west", "@alice"), RC_OK);
	assert_int_equal(fits(TWICE "\tleftid2=@alice\n", "@west", "@west"), RC_AUTH_FAILED);
	assert_int_equal(fits(TWICE "\tleftid2=*@example.org\n", "@west", "al@example.org"), RC_OK);
	assert_int_equal(fits(TWICE "\tleftid2=*@example.org\n", "@west", "al@example.com"),
			 RC_AUTH_FAILED);
	assert_int_equal(fits(TWICE "\tleftid2=%any\n", "@west", "@anybody"), RC_OK);
}

/* We may begin with a client that has an instance: its addresses are that user's. */
static void the_user_of_an_instance_is_asked_for_again(void **state)
{
	struct ike_rounds rounds = { .ours = 1 };
	struct identity alice = { ID_FQDN, 5, (uint8_t *)(uintptr_t) "alice" };
	struct identity bob = { ID_FQDN, 3, (uint8_t *)(uintptr_t) "bob" };
	struct diag diag = { "" };
	struct road road;
	struct peer *peer;

	(void)state;
	road_begin(&road, TWICE, TWICE "\tleftid2=%any\n");
	peer = peer_of(&road.pair.east);
	assert_ptr_equal(rounds_expected(peer), &peer->remote_id);
	assert_int_equal(rounds_check_identity(peer, &rounds, &bob, &diag), RC_OK);
	peer->user = &alice;
	assert_ptr_equal(rounds_expected(peer), &alice);
	assert_int_equal(rounds_check_identity(peer, &rounds, &alice, &diag), RC_OK);
	assert_int_equal(rounds_check_identity(peer, &rounds, &bob, &diag), RC_AUTH_FAILED);
	peer->user = NULL;
	road_end(&road);
}

/* RFC 9242 §3.3.2 */
static void auth_covers_the_id_of_the_first_message(void **state)
{
	struct ike_intermediate intermediate = { .exchanges = 2 };
	struct ike_rounds rounds = { .ours = 1 };
	struct ike_larval larval = { .rounds = NULL, .intermediate = &intermediate };
	struct ike_sa sa = { .larval = &larval };

	(void)state;
	assert_int_equal(rounds_auth_id(&sa, 3), 3);
	larval.rounds = &rounds;
	assert_int_equal(rounds_auth_id(&sa, 4), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(support_is_announced_where_a_conn_wants_it),
		cmocka_unit_test(who_owes_how_many_proofs),
		cmocka_unit_test(the_second_identity_is_the_one_that_is_asked_for),
		cmocka_unit_test(the_user_of_an_instance_is_asked_for_again),
		cmocka_unit_test(auth_covers_the_id_of_the_first_message),
	};

	return exchange_run(tests);
}
