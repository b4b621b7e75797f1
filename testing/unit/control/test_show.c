/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "engine/private.h"
#include "sa/isakmp.h"
#include "unit/control/fixture.h"
#include "unit/test.h"

/* What a method would show now. */
static json_t *shown(struct fixture *fixture, const char *name)
{
	struct call call = { .gateway = fixture->gateway };
	json_t *json = show_tunnel(&call, tunnel_named(fixture, name));

	assert_non_null(json);
	return json;
}

static void expect_text(const json_t *json, const char *key, const char *text)
{
	const char *got = json_string_value(json_object_get(json, key));

	if (text == NULL)
		assert_true(json_is_null(json_object_get(json, key)));
	else
		assert_string_equal(got != NULL ? got : "(null)", text);
}

static void expect_state(struct fixture *fixture, const char *name, const char *state)
{
	json_t *json = shown(fixture, name);

	expect_text(json, "state", state);
	json_decref(json);
}

static void tunnel_shows_both_ends(void **state)
{
	struct fixture fixture;
	json_t *json;

	(void)state;
	fixture_begin(&fixture, NULL);
	json = shown(&fixture, "office");
	expect_text(json, "name", "office");
	expect_text(json, "local", "127.0.0.1");
	expect_text(json, "remote", "192.0.2.2");
	expect_text(json, "local_id", "@west");
	expect_text(json, "remote_id", "@east");
	expect_text(json, "selectors", "10.1.0.0/24 === 10.2.0.0/24");
	expect_text(json, "wanted", "listen");
	expect_text(json, "waits_for", NULL);
	assert_true(json_is_null(json_object_get(json, "failure")));
	json_decref(json);
	fixture_end(&fixture);
}

static void state_follows_what_happens(void **state)
{
	struct fixture fixture;
	struct tunnel *tunnel;
	struct child_sa *child;

	(void)state;
	fixture_begin(&fixture, NULL);
	tunnel = tunnel_named(&fixture, "office");
	expect_state(&fixture, "office", "listening");
	tunnel->trap_installed = true;
	expect_state(&fixture, "office", "trapped");
	tunnel->trap_installed = false;
	tunnel->wanted = WANTED_UP;
	expect_state(&fixture, "office", "negotiating");
	attempt_failed(fixture.gateway, tunnel->peer, tunnel, 0, RC_TIMEOUT, "first");
	attempt_failed(fixture.gateway, tunnel->peer, tunnel, 0, RC_TIMEOUT, "second");
	expect_state(&fixture, "office", "retrying");
	child = pretend_up(&fixture, "office");
	expect_state(&fixture, "office", "up");
	child->state = CHILD_DELETING;
	expect_state(&fixture, "office", "ending");
	pretend_down(&fixture, child, RC_OPERATOR);
	tunnel->wanted = WANTED_DOWN;
	expect_state(&fixture, "office", "down");
	fixture_end(&fixture);
}

static void conn_that_is_not_of_this_host_says_what_it_waits_for(void **state)
{
	struct fixture fixture;
	json_t *json;

	(void)state;
	fixture_begin(
		&fixture,
		"conn far\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n");
	json = shown(&fixture, "far");
	expect_text(json, "state", "unoriented");
	assert_non_null(strstr(json_string_value(json_object_get(json, "waits_for")), "192.0.2.1"));
	json_decref(json);
	fixture_end(&fixture);
}

static void failure_shows_attempts_reason_and_sentence(void **state)
{
	struct fixture fixture;
	struct tunnel *tunnel;
	json_t *json, *failure;

	(void)state;
	fixture_begin(&fixture, NULL);
	tunnel = tunnel_named(&fixture, "office");
	tunnel->wanted = WANTED_UP;
	for (unsigned i = 0; i < 3; i++)
		attempt_failed(fixture.gateway, tunnel->peer, tunnel, 0, RC_NO_PROPOSAL,
			       "nothing in common");
	json = shown(&fixture, "office");
	failure = json_object_get(json, "failure");
	assert_int_equal(json_integer_value(json_object_get(failure, "attempts")), 3);
	assert_true(json_real_value(json_object_get(failure, "retry_in")) > 0.0);
	expect_text(failure, "reason", "NO_PROPOSAL");
	expect_text(failure, "text", "nothing in common");
	json_decref(json);
	fixture_end(&fixture);
}

static void sas_show_their_spis_counters_and_ages(void **state)
{
	struct fixture fixture;
	struct child_sa *child;
	json_t *json, *ike, *sa;
	char spi[16];

	(void)state;
	fixture_begin(&fixture, NULL);
	child = pretend_up(&fixture, "office");
	child->in = (struct kernel_counters){ .bytes = 1000, .packets = 10 };
	tunnel_named(&fixture, "office")->bytes_in = 77; /* of one that ended */
	json = shown(&fixture, "office");
	ike = json_array_get(json_object_get(json, "ike_sas"), 0);
	sa = json_array_get(json_object_get(json, "child_sas"), 0);
	expect_text(ike, "role", "initiator");
	expect_text(ike, "state", "established");
	expect_text(ike, "remote", "192.0.2.2:500");
	assert_true(json_is_true(json_object_get(ike, "established")));
	(void)snprintf(spi, sizeof(spi), "%08x", child->spi_in);
	expect_text(sa, "spi_in", spi);
	expect_text(sa, "spi_out", "11223344");
	expect_text(sa, "mode", "tunnel");
	assert_int_equal(json_integer_value(json_object_get(sa, "packets_in")), 10);
	assert_int_equal(json_integer_value(json_object_get(json, "bytes_in")), 1077);
	assert_int_equal(json_integer_value(json_object_get(sa, "ike")),
			 json_integer_value(json_object_get(ike, "serial")));
	json_decref(json);
	fixture_end(&fixture);
}

static void expect_mode(struct fixture *fixture, const char *mode)
{
	json_t *json = shown(fixture, "office");

	expect_text(json_array_get(json_object_get(json, "child_sas"), 0), "mode", mode);
	json_decref(json);
}

static void a_child_sa_shows_which_kind_of_tunnel_it_is(void **state)
{
	struct fixture fixture;
	struct child_sa *child;

	(void)state;
	fixture_begin(&fixture, NULL);
	child = pretend_up(&fixture, "office");
	expect_mode(&fixture, "tunnel");
	child->iptfs = true;
	expect_mode(&fixture, "iptfs");
	child->iptfs = false;
	child->mode = KERNEL_TRANSPORT;
	expect_mode(&fixture, "transport");
	child->mode = KERNEL_TUNNEL;
	fixture_end(&fixture);
}

/* Which version, and of IKEv1 how phase 1 was made and who proved himself how. */
static void an_ike_sa_shows_its_version_and_the_mode_of_phase_1(void **state)
{
	struct fixture fixture;
	struct child_sa *child;
	struct call call;
	json_t *json;

	(void)state;
	fixture_begin(&fixture, NULL);
	call = (struct call){ .gateway = fixture.gateway };
	child = pretend_up(&fixture, "office");
	json = show_ike(&call, child->ike);
	assert_int_equal(json_integer_value(json_object_get(json, "version")), 2);
	expect_text(json, "mode", "");
	expect_text(json, "authentication", "");
	json_decref(json);
	child->ike->v1 = isakmp_new();
	assert_non_null(child->ike->v1);
	child->ike->v1->auth = OAKLEY_RSA_SIG;
	json = show_ike(&call, child->ike);
	assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
	expect_text(json, "mode", "Main Mode");
	expect_text(json, "authentication", "RSA signatures");
	json_decref(json);
	child->ike->v1->auth = OAKLEY_PRESHARED_KEY;
	child->ike->v1->aggressive = true;
	json = show_ike(&call, child->ike);
	expect_text(json, "mode", "Aggressive Mode");
	expect_text(json, "authentication", "shared key");
	expect_text(json, "gone_because", "");
	json_decref(json);
	child->ike->state = IKEV1_GONE;
	child->ike->v1->gone_by = RC_PEER_DELETED;
	json = show_ike(&call, child->ike);
	expect_text(json, "gone_because", "the peer deleted it");
	expect_text(json, "state", "gone");
	json_decref(json);
	child->ike->state = IKE_ESTABLISHED;
	isakmp_free(child->ike->v1);
	child->ike->v1 = NULL;
	pretend_down(&fixture, child, RC_OPERATOR);
	fixture_end(&fixture);
}

static void events_concern_the_tunnels_that_a_name_means(void **state)
{
	struct fixture fixture;
	struct gateway_event event = { .type = GATEWAY_PROGRESS, .text = "x" };

	(void)state;
	fixture_begin(&fixture, CONN("office") CONN_OF_TWO);
	event.tunnel = tunnel_named(&fixture, "pair/1x2");
	event.peer = event.tunnel->peer;
	assert_true(name_concerns("pair", &event));
	assert_true(name_concerns("pair/1x2", &event));
	assert_true(name_concerns(NULL, &event));
	assert_false(name_concerns("pair/1x1", &event));
	assert_false(name_concerns("office", &event));
	event.tunnel = NULL; /* of the peer: each of its tunnels */
	assert_true(name_concerns("pair/1x1", &event));
	assert_false(name_concerns("office", &event));
	event.peer = NULL;
	assert_false(name_concerns("office", &event));
	assert_true(name_concerns(NULL, &event));
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnel_shows_both_ends),
		cmocka_unit_test(state_follows_what_happens),
		cmocka_unit_test(conn_that_is_not_of_this_host_says_what_it_waits_for),
		cmocka_unit_test(failure_shows_attempts_reason_and_sentence),
		cmocka_unit_test(sas_show_their_spis_counters_and_ages),
		cmocka_unit_test(a_child_sa_shows_which_kind_of_tunnel_it_is),
		cmocka_unit_test(an_ike_sa_shows_its_version_and_the_mode_of_phase_1),
		cmocka_unit_test(events_concern_the_tunnels_that_a_name_means),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
