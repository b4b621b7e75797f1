/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "sa/redirect.h"
#include "unit/ikev2/road.h"

static void operator_is_told_why_nobody_can_be_redirected(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *east = road.pair.east.gateway;
	assert_int_equal(gateway_redirect(east, NULL, "no host!", &diag), RC_SYNTAX);
	assert_int_equal(gateway_redirect(east, "nobody", "192.0.2.9", &diag), RC_NOT_FOUND);
	assert_int_equal(gateway_redirect(east, "t", "192.0.2.9", &diag), RC_CHILD_NOT_FOUND);
	assert_non_null(strstr(diag.text, "no peer is connected"));
	road_end(&road);
}

static void client_that_was_told_has_a_minute(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *sa = road_sa(&road.pair.east);
	redirect_told(road.pair.east.gateway, sa);
	assert_int_equal(sa->expires, host_now(road.pair.east.host) + REDIRECT_GRACE);
	sa->expires = 5;
	redirect_told(road.pair.east.gateway, sa);
	assert_int_equal(sa->expires, 5);
	road_end(&road);
}

static void failure_forgets_the_gateway_but_not_the_history(void **state)
{
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct peer *peer = road_tunnel(&road.pair.west)->peer;
	redirect_failed(road.pair.west.gateway, peer); /* there is none */
	peer->redirect = mem_alloc(sizeof(*peer->redirect));
	assert_non_null(peer->redirect);
	*peer->redirect = (struct redirect){ .gateway = road.pair.west.gateway, .count = 3 };
	assert_int_equal(ip_parse("192.0.2.9", &peer->redirect->to), RC_OK);
	assert_ptr_equal(redirect_remote(peer), &peer->redirect->to);
	redirect_failed(road.pair.west.gateway, peer);
	assert_ptr_equal(redirect_remote(peer), &peer->remote);
	assert_int_equal(peer->redirect->count, 3);
	assert_false(redirect_pending(peer));
	road_end(&road);
}

static void operator_who_ends_the_tunnel_ends_the_redirect(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	struct gateway *gateway = road.pair.west.gateway;
	struct tunnel *tunnel = road_tunnel(&road.pair.west);
	struct peer *peer = tunnel->peer;
	peer->redirect = mem_alloc(sizeof(*peer->redirect));
	assert_non_null(peer->redirect);
	*peer->redirect = (struct redirect){ .gateway = gateway, .peer = peer };
	assert_int_equal(ip_parse("192.0.2.9", &peer->redirect->to), RC_OK);
	tunnel->wanted = WANTED_UP;
	redirect_ended(peer); /* another one of its tunnels was */
	assert_ptr_equal(redirect_remote(peer), &peer->redirect->to);
	assert_int_equal(gateway_down(gateway, "t", &diag), RC_OK);
	assert_null(peer->redirect);
	assert_ptr_equal(redirect_remote(peer), &peer->remote);
	road_end(&road);
}

static void operator_changes_where_new_clients_are_sent(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, "config setup\n\tglobal-redirect-to=192.0.2.7\n\n" PAIR_CONN);
	struct gateway *east = road.pair.east.gateway, *west = road.pair.west.gateway;
	assert_int_equal(east->redirect.when, TRI_NO);
	assert_string_equal(east->redirect.to, "192.0.2.7");
	assert_int_equal(gateway_global_redirect(east, "auto", NULL, &diag), RC_OK);
	assert_int_equal(east->redirect.when, TRI_AUTO);
	assert_int_equal(gateway_global_redirect(east, NULL, "192.0.2.8,gw", &diag), RC_OK);
	assert_int_equal(east->redirect.when, TRI_AUTO);
	assert_string_equal(east->redirect.to, "192.0.2.8,gw");
	assert_int_equal(gateway_global_redirect(east, "perhaps", "gw", &diag), RC_SYNTAX);
	assert_int_equal(gateway_global_redirect(east, "yes", "a b!", &diag), RC_SYNTAX);
	assert_int_equal(east->redirect.when, TRI_AUTO);
	assert_string_equal(east->redirect.to, "192.0.2.8,gw");
	assert_int_equal(gateway_global_redirect(west, "yes", NULL, &diag), RC_UNSUPPORTED);
	assert_int_equal(west->redirect.when, TRI_NO);
	mem_fail_nth(1);
	assert_int_equal(gateway_global_redirect(east, "yes", "gw", &diag), RC_NO_MEMORY);
	mem_fail_nth(1);
	redirect_policy_load(east);
	mem_fail_nth(0);
	assert_int_equal(east->redirect.when, TRI_NO);
	assert_null(east->redirect.to);
	redirect_policy_load(east); /* as a reload does */
	assert_string_equal(east->redirect.to, "192.0.2.7");
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operator_is_told_why_nobody_can_be_redirected),
		cmocka_unit_test(client_that_was_told_has_a_minute),
		cmocka_unit_test(failure_forgets_the_gateway_but_not_the_history),
		cmocka_unit_test(operator_who_ends_the_tunnel_ends_the_redirect),
		cmocka_unit_test(operator_changes_where_new_clients_are_sent),
	};

	return exchange_run(tests);
}
