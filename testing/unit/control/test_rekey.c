/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>
#include "engine/private.h"
#include "unit/control/fixture.h"
#include "unit/test.h"

#define REKEY(name, more)                                                                          \
	"{\"method\":\"io.vanth.ike.Rekey\",\"parameters\":{\"name\":\"" name "\"" more "}}"

static int call_rekey(struct fixture *fixture, const char *json)
{
	int fd = dial(fixture);

	say_call(fd, json);
	settle(fixture);
	return fd;
}

static void expect_event(struct fixture *fixture, int fd, const char *event)
{
	json_t *reply = hear(fixture, fd);

	assert_string_equal(text_in(reply, "event"), event);
	expect_done(reply);
}

static void it_ends_when_every_tunnel_has_a_new_child_sa(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN_OF_TWO);
	(void)pretend_up(&fixture, "pair/1x1");
	(void)pretend_up(&fixture, "pair/1x2");
	fd = call_rekey(&fixture, REKEY("pair", ""));
	assert_true(is_silent(&fixture, fd));
	(void)pretend_up(&fixture, "pair/1x2");
	assert_true(is_silent(&fixture, fd));
	(void)pretend_up(&fixture, "pair/1x1");
	expect_event(&fixture, fd, "done");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

/* What was not up is not waited for. */
static void tunnel_that_was_down_does_not_matter(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, CONN_OF_TWO);
	(void)pretend_up(&fixture, "pair/1x1");
	fd = call_rekey(&fixture, REKEY("pair", ",\"what\":\"child\""));
	assert_true(is_silent(&fixture, fd));
	(void)pretend_up(&fixture, "pair/1x1");
	expect_event(&fixture, fd, "done");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void ike_sa_is_replaced_when_the_old_one_is_gone(void **state)
{
	static const char *const calls[] = {
		REKEY("office", ",\"what\":\"ike\""),
		REKEY("office", ",\"what\":\"reauth\""),
	};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fixture fixture;
		struct child_sa *old;
		int fd;

		fixture_begin(&fixture, NULL);
		old = pretend_up(&fixture, "office");
		fd = call_rekey(&fixture, calls[i]);
		(void)pretend_up(&fixture, "office");
		assert_true(is_silent(&fixture, fd));
		pretend_down(&fixture, old, RC_REPLACED);
		expect_event(&fixture, fd, "done");
		hang_up(&fixture, fd);
		fixture_end(&fixture);
	}
}

static void failure_ends_it_with_the_reason(void **state)
{
	struct fixture fixture;
	struct tunnel *tunnel;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	(void)pretend_up(&fixture, "office");
	fd = call_rekey(&fixture, REKEY("office", ""));
	tunnel = tunnel_named(&fixture, "office");
	attempt_failed(fixture.gateway, tunnel->peer, tunnel, 0, RC_NO_PROPOSAL,
		       "the peer wants another algorithm");
	expect_error(hear(&fixture, fd), "io.vanth.ike.NegotiationFailed",
		     "the peer wants another algorithm");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void it_ends_when_the_tunnel_ends_meanwhile(void **state)
{
	struct fixture fixture;
	struct child_sa *old;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	old = pretend_up(&fixture, "office");
	fd = call_rekey(&fixture, REKEY("office", ""));
	pretend_down(&fixture, old, RC_PEER_DELETED);
	expect_error(hear(&fixture, fd), "io.vanth.ike.NegotiationFailed", "ended meanwhile");
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void what_cannot_be_rekeyed_is_told(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, NULL);
	expect_error(ask(&fixture, REKEY("nobody", "")), "io.vanth.ike.NotFound", "nobody");
	expect_error(ask(&fixture, REKEY("office", "")), "io.vanth.ike.Failed", "no Child SA");
	expect_error(ask(&fixture, REKEY("office", ",\"what\":\"ike\",\"asynchronous\":true")),
		     "io.vanth.ike.Failed", "no IKE SA");
	expect_error(ask(&fixture, REKEY("office", ",\"what\":\"all\"")),
		     "org.varlink.service.InvalidParameter", "reauth");
	fixture_end(&fixture);
}

static void asynchronous_call_is_answered_at_once(void **state)
{
	struct fixture fixture;
	struct child_sa *child;

	(void)state;
	fixture_begin(&fixture, NULL);
	child = pretend_up(&fixture, "office");
	expect_done(ask(&fixture, REKEY("office", ",\"asynchronous\":true")));
	assert_true(child->replace_at <= host_now(fixture.host));
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_when_every_tunnel_has_a_new_child_sa),
		cmocka_unit_test(tunnel_that_was_down_does_not_matter),
		cmocka_unit_test(ike_sa_is_replaced_when_the_old_one_is_gone),
		cmocka_unit_test(failure_ends_it_with_the_reason),
		cmocka_unit_test(it_ends_when_the_tunnel_ends_meanwhile),
		cmocka_unit_test(what_cannot_be_rekeyed_is_told),
		cmocka_unit_test(asynchronous_call_is_answered_at_once),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
