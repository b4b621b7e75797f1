/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "engine/private.h"
#include "unit/control/fixture.h"
#include "base/secret.h"
#include "unit/traces.h"

#define CLIENT                                                                                     \
	CONN("office")                                                                             \
	"conn road\n\tleft=127.0.0.1\n\tright=192.0.2.9\n\tleftid=@west\n\trightid=@north\n"       \
	"\tkeyexchange=ikev1\n\tleftxauthclient=yes\n\tauthby=secret\n\tauto=add\n"
#define LOGIN(parameters)                                                                          \
	"{\"method\":\"io.vanth.ike.Login\",\"parameters\":{" parameters "},\"more\":true}"
#define ALICE	LOGIN("\"name\":\"road\",\"username\":\"alice\",\"password\":\"wonderland\"")
#define INVALID "org.varlink.service.InvalidParameter"

/* Is the text anywhere in what the connections were read into, or in calls in work? */
static bool is_kept(const struct fixture *fixture, const char *text)
{
	list_for(node, &fixture->control->clients)
	{
		const struct client *client = container_of(node, struct client, in_control);
		if (client->in != NULL &&
		    memmem(client->in, client->in_cap, text, strlen(text)) != NULL)
			return true;
		if (client->call != NULL && client->call->parameters != NULL &&
		    strstr(call_text(client->call, "password"), text) != NULL)
			return true;
	}
	return false;
}

static void the_peer_gets_both_and_the_call_waits_for_the_tunnel(void **state)
{
	struct fixture fixture;
	struct tunnel *tunnel;
	bool over = false;
	int fd;

	(void)state;
	fixture_begin(&fixture, CLIENT);
	fd = dial(&fixture);
	say_call(fd, ALICE);
	settle(&fixture);
	tunnel = tunnel_named(&fixture, "road");
	assert_int_equal(tunnel->wanted, WANTED_UP);
	assert_non_null(tunnel->peer->login);
	assert_string_equal(tunnel->peer->login->name, "alice");
	assert_true(secret_equal(secret_span(&tunnel->peer->login->password),
				 span_make("wonderland", 10)));
	(void)pretend_up(&fixture, "road");
	while (!over) {
		json_t *reply = hear(&fixture, fd);
		assert_null(json_object_get(reply, "error"));
		over = json_object_get(reply, "continues") == NULL;
		if (over)
			assert_string_equal(text_in(reply, "event"), "done");
		json_decref(reply);
	}
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

static void the_password_does_not_stay_in_the_call(void **state)
{
	struct fixture fixture;
	int fd;

	(void)state;
	fixture_begin(&fixture, CLIENT);
	fd = dial(&fixture);
	say_call(fd, ALICE);
	settle(&fixture);
	assert_false(list_empty(&fixture.control->clients));
	assert_false(is_kept(&fixture, "onderland"));
	hang_up(&fixture, fd);
	fixture_end(&fixture);
}

/* Never ended, and large enough for the buffer to grow: one place holds it, then none. */
static void half_a_call_is_forgotten_with_its_connection(void **state)
{
	/* "curiouser and curiouser", masked */
	static const char password[] = "\066\040\047\074\072\040\046\060\047\165\064\073\061\165"
				       "\066\040\047\074\072\040\046\060\047";
	static char half[20000];
	struct fixture fixture;
	int fd, traces;

	(void)state;
	fixture_begin(&fixture, CLIENT);
	fd = dial(&fixture);
	memset(half, 'x', sizeof(half));
	trace_text(password, half);
	half[strlen(half)] = 'x';
	say(fd, half, sizeof(half));
	settle(&fixture);
	wipe(half, sizeof(half));
	traces = traces_in(0, password);
	hang_up(&fixture, fd);
	if (traces >= 0) {
		assert_int_equal(traces, 1);
		assert_int_equal(traces_in(0, password), 0);
	}
	fixture_end(&fixture);
}

static void without_a_user_it_is_that_of_the_conn(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, CLIENT);
	expect_done(ask(&fixture, LOGIN("\"name\":\"road\",\"password\":\"x\","
					"\"asynchronous\":true")));
	assert_string_equal(tunnel_named(&fixture, "road")->peer->login->name, "");
	fixture_end(&fixture);
}

static void who_is_no_client_or_unknown_is_told_so(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, CLIENT);
	expect_error(ask(&fixture, LOGIN("\"name\":\"office\",\"password\":\"x\"")),
		     "io.vanth.ike.Failed", "is no XAUTH client");
	assert_int_not_equal(tunnel_named(&fixture, "office")->wanted, WANTED_UP);
	expect_error(ask(&fixture, LOGIN("\"name\":\"raod\",\"password\":\"x\"")),
		     "io.vanth.ike.NotFound", "road");
	fixture_end(&fixture);
}

static void what_is_empty_or_too_long_is_refused(void **state)
{
	char text[300], call[600];
	struct fixture fixture;

	(void)state;
	fixture_begin(&fixture, CLIENT);
	memset(text, 'x', sizeof(text));
	text[257] = '\0';
	(void)snprintf(call, sizeof(call), LOGIN("\"name\":\"road\",\"password\":\"%s\""), text);
	expect_error(ask(&fixture, call), INVALID, "longer than 256 bytes");
	text[129] = '\0';
	(void)snprintf(call, sizeof(call),
		       LOGIN("\"name\":\"road\",\"username\":\"%s\",\"password\":\"x\""), text);
	expect_error(ask(&fixture, call), INVALID, "longer than 128 bytes");
	expect_error(ask(&fixture, LOGIN("\"name\":\"road\",\"password\":\"\"")), INVALID, "empty");
	expect_error(ask(&fixture, LOGIN("\"name\":\"road\"")), INVALID, "password");
	assert_null(tunnel_named(&fixture, "road")->peer->login);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_peer_gets_both_and_the_call_waits_for_the_tunnel),
		cmocka_unit_test(the_password_does_not_stay_in_the_call),
		cmocka_unit_test(half_a_call_is_forgotten_with_its_connection),
		cmocka_unit_test(without_a_user_it_is_that_of_the_conn),
		cmocka_unit_test(who_is_no_client_or_unknown_is_told_so),
		cmocka_unit_test(what_is_empty_or_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
