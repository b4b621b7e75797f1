/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>
#include "engine/private.h"
#include "unit/control/fixture.h"
#include "unit/test.h"

#define EXPLAIN(name) "{\"method\":\"io.vanth.ike.Explain\",\"parameters\":{\"name\":\"" name "\"}}"

static json_t *stories(const json_t *reply)
{
	return json_object_get(json_object_get(reply, "parameters"), "peers");
}

static void story_has_the_tunnel_and_what_its_peer_went_through(void **state)
{
	struct fixture fixture;
	struct child_sa *child;
	json_t *reply, *story, *records, *last;

	(void)state;
	fixture_begin(&fixture, NULL);
	child = pretend_up(&fixture, "office");
	pretend_down(&fixture, child, RC_PEER_DELETED);
	reply = ask(&fixture, EXPLAIN("office"));
	story = json_array_get(stories(reply), 0);
	assert_int_equal(json_array_size(json_object_get(story, "tunnels")), 1);
	records = json_object_get(story, "records");
	assert_true(json_array_size(records) >= 4);
	last = json_array_get(records, json_array_size(records) - 1);
	assert_non_null(strstr(json_string_value(json_object_get(last, "text")), "PEER_DELETED"));
	expect_done(reply);
	fixture_end(&fixture);
}

static void conn_with_several_tunnels_is_one_story(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, CONN("office") CONN_OF_TWO);
	reply = ask(&fixture, EXPLAIN("pair"));
	assert_int_equal(json_array_size(stories(reply)), 1);
	assert_int_equal(
		json_array_size(json_object_get(json_array_get(stories(reply), 0), "tunnels")), 2);
	expect_done(reply);
	expect_error(ask(&fixture, EXPLAIN("par")), "io.vanth.ike.NotFound", "pair");
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(story_has_the_tunnel_and_what_its_peer_went_through),
		cmocka_unit_test(conn_with_several_tunnels_is_one_story),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
