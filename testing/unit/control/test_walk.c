/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "unit/control/fixture.h"
#include "unit/test.h"

#define STATUS	"{\"method\":\"io.vanth.ike.Status\",\"more\":true}"
#define TRAFFIC "{\"method\":\"io.vanth.ike.Traffic\",\"more\":true}"
#define STATUS_OF(name)                                                                            \
	"{\"method\":\"io.vanth.ike.Status\",\"parameters\":{\"name\":\"" name "\"},\"more\":"     \
	"true}"

struct seen {
	unsigned *times; /* by the number in the name */
	unsigned tunnels;
	bool over;
};

static void note(struct seen *seen, json_t *reply)
{
	const json_t *parameters = json_object_get(reply, "parameters");
	const char *name =
		json_string_value(json_object_get(json_object_get(parameters, "tunnel"), "name"));

	assert_non_null(reply);
	assert_null(json_object_get(reply, "error"));
	seen->over = json_object_get(reply, "continues") == NULL;
	assert_int_equal(seen->over, json_object_get(parameters, "totals") != NULL);
	if (name != NULL) {
		seen->tunnels++;
		if (seen->times != NULL)
			seen->times[strtoul(name + 1, NULL, 10)]++;
	}
	json_decref(reply);
}

static unsigned walk_all(struct fixture *fixture, const char *call, unsigned *times)
{
	struct seen seen = { .times = times };
	int fd = dial(fixture);

	say_call(fd, call);
	while (!seen.over)
		note(&seen, hear(fixture, fd));
	hang_up(fixture, fd);
	return seen.tunnels;
}

static void every_tunnel_is_shown_once(void **state)
{
	enum { TUNNELS = 3000 };
	struct fixture fixture;
	char *conf = many_conns(TUNNELS);
	unsigned *times = mem_alloc(TUNNELS * sizeof(*times));

	(void)state;
	fixture_begin(&fixture, conf);
	assert_int_equal(walk_all(&fixture, STATUS, times), TUNNELS);
	for (unsigned i = 0; i < TUNNELS; i++)
		assert_int_equal(times[i], 1);
	fixture_end(&fixture);
	mem_free(conf);
	mem_free(times);
}

static void tunnels_of_one_peer_are_all_shown(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, CONN("office") CONN_OF_TWO);
	assert_int_equal(walk_all(&fixture, STATUS, NULL), 3);
	assert_int_equal(walk_all(&fixture, STATUS_OF("pair"), NULL), 2);
	assert_int_equal(walk_all(&fixture, STATUS_OF("pair/1x2"), NULL), 1);
	assert_int_equal(walk_all(&fixture, STATUS_OF("office"), NULL), 1);
	expect_error(ask(&fixture, STATUS_OF("pair/1x3")), "io.vanth.ike.NotFound", "pair");
	fixture_end(&fixture);
}

static void tunnel_on_its_way_out_is_not_shown(void **state)
{
	struct fixture fixture;
	struct tunnel *tunnel;

	(void)state;
	fixture_begin(&fixture, CONN_OF_TWO);
	tunnel = tunnel_named(&fixture, "pair/1x1");
	tunnel->peer->busy++; /* it cannot be freed yet */
	tunnel->doomed = true;
	assert_int_equal(walk_all(&fixture, STATUS, NULL), 1);
	assert_int_equal(walk_all(&fixture, STATUS_OF("pair"), NULL), 1);
	tunnel->doomed = false;
	tunnel->peer->busy--;
	fixture_end(&fixture);
}

static void delete_conn(struct fixture *fixture, unsigned number)
{
	struct diag diag;
	char name[16];

	(void)snprintf(name, sizeof(name), "c%u", number);
	assert_int_equal(gateway_delete(fixture->gateway, name, &diag), RC_OK);
}

/* The walk stands still between two replies that are not read: what it stood on vanishes. */
static void walk_survives_that_any_tunnel_vanishes(void **state)
{
	enum { TUNNELS = 1000 };
	struct fixture fixture;
	char *conf = many_conns(TUNNELS);
	unsigned *times = mem_alloc(TUNNELS * sizeof(*times)), gone = 0;
	struct seen seen = { .times = times };
	int fd;

	(void)state;
	fixture_begin(&fixture, conf);
	fd = dial(&fixture);
	say_call(fd, STATUS);
	for (unsigned i = 0; i < 20; i++)
		settle(&fixture);
	for (unsigned i = 0; i < TUNNELS; i++)
		if (i % 3 != 0) {
			delete_conn(&fixture, i);
			gone++;
		}
	settle(&fixture);
	while (!seen.over)
		note(&seen, hear(&fixture, fd));
	assert_in_range(seen.tunnels, TUNNELS - gone, TUNNELS - 1);
	for (unsigned i = 0; i < TUNNELS; i++)
		assert_in_range(times[i], i % 3 == 0 ? 1 : 0, 1);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
	mem_free(conf);
	mem_free(times);
}

static void traffic_shows_what_the_kernel_counted(void **state)
{
	struct fixture fixture;
	struct child_sa *child;
	json_t *reply, *tunnel, *sa;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN("office") CONN_OF_TWO);
	child = pretend_up(&fixture, "office");
	child->in.bytes =
		4711; /* as last seen; the kernel does not know this SA and says no more */
	fd = dial(&fixture);
	say_call(fd, TRAFFIC);
	reply = hear(&fixture, fd);
	tunnel = json_object_get(json_object_get(reply, "parameters"), "tunnel");
	sa = json_array_get(json_object_get(tunnel, "child_sas"), 0);
	assert_int_equal(json_integer_value(json_object_get(sa, "bytes_in")), 4711);
	json_decref(reply);
	json_decref(hear(&fixture, fd));
	json_decref(hear(&fixture, fd));
	expect_done(hear(&fixture, fd));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void client_that_leaves_while_the_kernel_is_asked_is_forgotten(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	(void)pretend_up(&fixture, "office");
	kernel_simulated_delay(fixture.kernel, 3600 * USEC_PER_SEC);
	fd = dial(&fixture);
	say_call(fd, TRAFFIC);
	assert_true(is_silent(&fixture, fd));
	hang_up(&fixture, fd);
	assert_true(list_empty(&fixture.control->clients));
	kernel_simulated_delay(fixture.kernel, 0);
	fixture_end(&fixture);
}

static void other_clients_are_answered_while_a_walk_goes_on(void **state)
{
	enum { TUNNELS = 4000 };
	struct fixture fixture;
	struct seen seen = { 0 };
	char *conf = many_conns(TUNNELS);
	int fd;

	(void)state;
	fixture_begin(&fixture, conf);
	fd = dial(&fixture);
	say_call(fd, STATUS);
	note(&seen, hear(&fixture, fd));
	json_decref(ask(&fixture, "{\"method\":\"io.vanth.ike.Version\"}"));
	assert_non_null(
		container_of(fixture.control->clients.next, struct client, in_control)->call);
	while (!seen.over)
		note(&seen, hear(&fixture, fd));
	assert_int_equal(seen.tunnels, TUNNELS);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
	mem_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tunnel_is_shown_once),
		cmocka_unit_test(tunnels_of_one_peer_are_all_shown),
		cmocka_unit_test(tunnel_on_its_way_out_is_not_shown),
		cmocka_unit_test(walk_survives_that_any_tunnel_vanishes),
		cmocka_unit_test(traffic_shows_what_the_kernel_counted),
		cmocka_unit_test(client_that_leaves_while_the_kernel_is_asked_is_forgotten),
		cmocka_unit_test(other_clients_are_answered_while_a_walk_goes_on),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
