/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

static enum rc rekey(struct road *road, const char *name, enum gateway_rekey_what what,
		     struct diag *diag)
{
	diag->text[0] = '\0';
	return gateway_rekey(road->pair.west.gateway, name, what, diag);
}

static void child_sa_is_due_at_once_and_its_ike_sa_is_not(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_up(&road, NULL, NULL);
	struct child_sa *child = tunnel_current(road_tunnel(&road.pair.west));
	usec_t before = child->ike->replace_at, now = host_now(road.pair.west.host);
	assert_int_equal(rekey(&road, "t", REKEY_CHILD, &diag), RC_OK);
	assert_int_equal(child->replace_at, now);
	assert_int_equal(child->ike->replace_at, before);
	assert_true(before > now);
	road_end(&road);
}

static void ike_sa_is_due_at_once_and_its_child_sa_is_not(void **state)
{
	static const enum gateway_rekey_what whats[] = { REKEY_IKE, REKEY_REAUTH };
	struct diag diag;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct road road;
		road_up(&road, NULL, NULL);
		struct child_sa *child = tunnel_current(road_tunnel(&road.pair.west));
		usec_t before = child->replace_at, now = host_now(road.pair.west.host);
		assert_int_equal(rekey(&road, "t", whats[i], &diag), RC_OK);
		assert_int_equal(child->replace_at, before);
		assert_int_equal(child->ike->replace_at, now);
		assert_true(before > now);
		assert_int_equal(child->ike->must_reauth, whats[i] == REKEY_REAUTH);
		road_end(&road);
	}
}

static void what_is_not_there_is_not_rekeyed_and_told(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	assert_int_equal(rekey(&road, "t", REKEY_CHILD, &diag), RC_CHILD_NOT_FOUND);
	assert_non_null(strstr(diag.text, "no Child SA"));
	assert_non_null(strstr(diag.text, "ipsec up t"));
	assert_int_equal(rekey(&road, "t", REKEY_IKE, &diag), RC_CHILD_NOT_FOUND);
	assert_non_null(strstr(diag.text, "no IKE SA"));
	assert_int_equal(rekey(&road, "nobody", REKEY_CHILD, &diag), RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, "nobody"));
	assert_int_equal(road_tunnel(&road.pair.west)->wanted, WANTED_LISTEN);
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(road.count, 0);
	road_end(&road);
}

#define TEMPLATE                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftid=@west\n\tauthby=secret\n\tauto=add\n"

static void template_without_peers_is_told_so(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, TEMPLATE, NULL);
	assert_int_equal(rekey(&road, "t", REKEY_CHILD, &diag), RC_CHILD_NOT_FOUND);
	assert_non_null(strstr(diag.text, "no peer is connected"));
	road_end(&road);
}

/* A new pair of SAs is there, the old one is gone, and no packet was lost for it. */
static void tunnel_is_replaced_when_the_operator_wants(void **state)
{
	static const enum gateway_rekey_what whats[] = { REKEY_CHILD, REKEY_IKE, REKEY_REAUTH };
	struct diag diag;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct road road;
		road_up(&road, NULL, NULL);
		struct end *west = &road.pair.west;
		struct child_sa *child = tunnel_current(road_tunnel(west));
		uint64_t old = child->serial, old_ike = child->ike->serial;
		assert_int_equal(rekey(&road, "t", whats[i], &diag), RC_OK);
		for (unsigned turn = 0; turn < 200; turn++) {
			road_run(&road, 100 * USEC_PER_MSEC);
			assert_int_equal(pair_ping(&road.pair, true), SIMULATED_ARRIVED);
			assert_int_equal(pair_ping(&road.pair, false), SIMULATED_ARRIVED);
		}
		pair_assert_tunnel(&road.pair);
		child = tunnel_current(road_tunnel(west));
		assert_int_equal(child->serial > old, whats[i] != REKEY_IKE);
		assert_int_equal(child->ike->serial > old_ike, whats[i] != REKEY_CHILD);
		assert_true(child->replace_at > host_now(west->host));
		assert_true(child->ike->replace_at > host_now(west->host));
		road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(child_sa_is_due_at_once_and_its_ike_sa_is_not),
		cmocka_unit_test(ike_sa_is_due_at_once_and_its_child_sa_is_not),
		cmocka_unit_test(what_is_not_there_is_not_rekeyed_and_told),
		cmocka_unit_test(template_without_peers_is_told_so),
		cmocka_unit_test(tunnel_is_replaced_when_the_operator_wants),
	};

	return exchange_run(tests);
}
