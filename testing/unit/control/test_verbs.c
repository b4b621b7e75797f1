/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define CALL(method, name)                                                                         \
	"{\"method\":\"io.vanth.ike." method "\",\"parameters\":{\"name\":\"" name "\"}}"

static void route_and_unroute_change_what_is_wanted(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_done(ask(&fixture, CALL("Route", "office")));
	assert_int_equal(tunnel_named(&fixture, "office")->wanted, WANTED_ON_DEMAND);
	expect_done(ask(&fixture, CALL("Unroute", "office")));
	assert_int_equal(tunnel_named(&fixture, "office")->wanted, WANTED_LISTEN);
	expect_error(ask(&fixture, CALL("Route", "nobody")), "io.vanth.ike.NotFound", NULL);
	fixture_end(&fixture);
}

static void conn_is_added_from_the_files_as_they_are_now(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_error(ask(&fixture, CALL("Add", "pair")), "io.vanth.ike.NotFound", "pair");
	mem_free(fixture.conf);
	fixture.conf = mem_text(CONN_OF_TWO);
	expect_done(ask(&fixture, CALL("Add", "pair")));
	assert_non_null(peers_tunnel(&fixture.gateway->peers, "pair/1x2"));
	fixture.hook_rc = RC_SYNTAX;
	expect_error(ask(&fixture, CALL("Add", "pair")), "io.vanth.ike.Failed",
		     "the files are odd");
	assert_non_null(peers_tunnel(&fixture.gateway->peers, "pair/1x2"));
	fixture_end(&fixture);
}

static void deleted_conn_is_gone(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_done(ask(&fixture, CALL("Delete", "office")));
	settle(&fixture);
	assert_null(peers_tunnel(&fixture.gateway->peers, "office"));
	expect_error(ask(&fixture, CALL("Delete", "office")), "io.vanth.ike.NotFound", NULL);
	fixture_end(&fixture);
}

static void reload_and_shutdown_are_the_daemons(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_done(ask(&fixture, "{\"method\":\"io.vanth.ike.Reload\"}"));
	expect_done(ask(&fixture, "{\"method\":\"io.vanth.ike.ReloadSecrets\"}"));
	expect_done(ask(&fixture, "{\"method\":\"io.vanth.ike.ReloadKeys\"}"));
	expect_done(ask(&fixture, "{\"method\":\"io.vanth.ike.Shutdown\"}"));
	assert_int_equal(fixture.reloads, 1);
	assert_int_equal(fixture.secrets, 1);
	assert_int_equal(fixture.keys, 1);
	assert_int_equal(fixture.shutdowns, 1);
	fixture.hook_rc = RC_PERMISSION;
	expect_error(ask(&fixture, "{\"method\":\"io.vanth.ike.ReloadSecrets\"}"),
		     "io.vanth.ike.Failed", "the secrets are odd");
	expect_error(ask(&fixture, "{\"method\":\"io.vanth.ike.ReloadKeys\"}"),
		     "io.vanth.ike.Failed", "the database is odd");
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(route_and_unroute_change_what_is_wanted),
		cmocka_unit_test(conn_is_added_from_the_files_as_they_are_now),
		cmocka_unit_test(deleted_conn_is_gone),
		cmocka_unit_test(reload_and_shutdown_are_the_daemons),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
