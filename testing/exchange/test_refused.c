/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be agreed on ends in the right notify, a sentence that says what both sides offered,
 * and nothing left. */
#include "exchange/pair.h"
#include "unit/test.h"

static const char wrong_secret[] = "@west @east : PSK \"another battery staple\"\n";

static void attempt(struct pair *pair, const char *west_conf, const char *east_conf,
		    const char *east_secrets)
{
	pair_start(pair, 1, west_conf, east_conf, NULL, east_secrets);
	end_up(&pair->west, "t");
	pair_run(pair, 3 * USEC_PER_SEC);
}

/* The attempt is over at once, and told at both ends. */
static void assert_refused(struct pair *pair, enum rc reason, const char *west_says,
			   const char *east_says)
{
	assert_int_equal(pair->west.failed, 1);
	assert_int_equal(pair->west.last_reason, reason);
	if (strstr(pair->west.last_text, west_says) == NULL)
		fail_msg("west says: %s", pair->west.last_text);
	if (!end_said(&pair->east, east_says))
		fail_msg("east does not say \"%s\" but %s", east_says, pair->east.journal);
	if (pair->west.ike_up > 0) { /* §2.21.2: it stays */
		assert_int_equal(pair->west.ike_down, 0);
		end_assert_childless(&pair->west);
		end_assert_childless(&pair->east);
		return;
	}
	end_assert_empty(&pair->west);
	end_assert_empty(&pair->east);
}

static void wrong_psk_is_authentication_failed(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, NULL, NULL, wrong_secret);
	assert_refused(&pair, RC_AUTH_FAILED, "AUTHENTICATION_FAILED",
		       "shared keys of the two sides differ");
	pair_end(&pair);
}

static void no_psk_at_the_responder_is_authentication_failed(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, NULL, NULL, "@other @east : PSK \"another battery staple\"\n");
	assert_refused(&pair, RC_AUTH_FAILED, "AUTHENTICATION_FAILED", "west");
	pair_end(&pair);
}

static void no_psk_at_the_initiator_is_told_before_anything_is_agreed(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, "@other @east : PSK \"x1234567890123456789\"\n", NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.last_reason, RC_AUTH_FAILED);
	assert_non_null(strstr(pair.west.last_text, "no preshared key for us (@west)"));
	assert_int_equal(pair.west.gateway->counters.datagrams_out, 0);
	end_assert_empty(&pair.west);
	pair_end(&pair);
}

static void unknown_identity_is_authentication_failed(void **state)
{
	static const char other_west[] =
		"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@stranger\n\trightid=@east\n"
		"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/"
		"24\n\tauthby=secret\n\tauto=add\n";
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, other_west, NULL, ": PSK \"correct horse battery staple\"\n", NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_refused(&pair, RC_AUTH_FAILED, "AUTHENTICATION_FAILED", "stranger");
	pair_end(&pair);
}

static void no_common_ike_proposal_is_no_proposal_chosen(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, PAIR_CONN "\tike=aes_gcm128-sha2_256-dh19\n",
		PAIR_CONN "\tike=aes256-sha1-dh14\n", NULL);
	assert_refused(&pair, RC_NO_PROPOSAL, "AES_GCM_16_128", "AES_GCM_16_128");
	assert_true(end_said(&pair.west, "NO_PROPOSAL_CHOSEN"));
	assert_true(end_said(&pair.east, "AES_CBC_256"));
	pair_end(&pair);
}

static void no_conn_for_the_address_is_no_proposal_chosen(void **state)
{
	static const char elsewhere[] =
		"conn t\n\tleft=192.0.2.9\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n";
	struct pair pair;

	(void)state;
	attempt(&pair, NULL, elsewhere, NULL);
	assert_refused(&pair, RC_NO_PROPOSAL, "NO_PROPOSAL_CHOSEN",
		       "no conn is loaded for 192.0.2.2");
	pair_end(&pair);
}

/* RFC 7296 §2.21.2: the IKE SA comes up and stays. */
static void no_common_esp_proposal_is_no_proposal_chosen(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, PAIR_CONN "\tesp=aes_gcm128\n", PAIR_CONN "\tesp=aes256-sha1\n", NULL);
	assert_refused(&pair, RC_NO_PROPOSAL, "AES_GCM_16_128", "AES_CBC_256");
	assert_true(end_said(&pair.west, "NO_PROPOSAL_CHOSEN"));
	assert_true(end_said(&pair.east, "AES_GCM_16_128"));
	assert_int_equal(pair.west.ike_up, 1);
	pair_end(&pair);
}

static void unacceptable_selectors_are_ts_unacceptable(void **state)
{
	static const char other[] =
		"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.9.0.0/"
		"24\n\tauthby=secret\n\tauto=add\n";
	struct pair pair;

	(void)state;
	attempt(&pair, other, NULL, NULL);
	assert_refused(&pair, RC_TS_UNACCEPTABLE, "10.9.0.0/24", "10.9.0.0/24");
	assert_true(end_said(&pair.west, "TS_UNACCEPTABLE"));
	pair_end(&pair);
}

#define HOSTS                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tauto=add\n"

/* §1.3.1: the responder may decline transport mode; we then do not want the SA. */
static void transport_that_the_responder_declines_is_refused_and_deleted(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, HOSTS "\ttype=transport\n", HOSTS, NULL);
	assert_int_equal(pair.west.last_reason, RC_NO_PROPOSAL);
	assert_true(end_said(&pair.west, "peer chose tunnel mode, we want transport mode"));
	end_assert_childless(&pair.west);
	end_assert_childless(&pair.east);
	pair_end(&pair);
}

static void tunnel_for_one_that_wants_transport_is_refused(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, HOSTS, HOSTS "\ttype=transport\n", NULL);
	assert_refused(&pair, RC_NO_PROPOSAL, "NO_PROPOSAL_CHOSEN", "we want transport mode");
	pair_end(&pair);
}

static void a_refused_attempt_is_made_again_later_and_later(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, NULL, NULL, wrong_secret);
	assert_int_equal(pair.west.failed, 1);
	pair_run(&pair, 7 * USEC_PER_SEC);
	assert_int_equal(pair.west.failed, 2);
	pair_run(&pair, 3 * USEC_PER_SEC); /* the third comes 8 to 10 s after the second */
	assert_int_equal(pair.west.failed, 2);
	pair_run(&pair, 600 * USEC_PER_SEC);
	assert_in_range(pair.west.failed, 6, 9);
	gateway_reload_secrets(pair.east.gateway, load_secrets(PAIR_SECRETS));
	pair_run(&pair, 400 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.gateway->counters.stuck, 0);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_psk_is_authentication_failed),
		cmocka_unit_test(no_psk_at_the_responder_is_authentication_failed),
		cmocka_unit_test(no_psk_at_the_initiator_is_told_before_anything_is_agreed),
		cmocka_unit_test(unknown_identity_is_authentication_failed),
		cmocka_unit_test(no_common_ike_proposal_is_no_proposal_chosen),
		cmocka_unit_test(no_conn_for_the_address_is_no_proposal_chosen),
		cmocka_unit_test(no_common_esp_proposal_is_no_proposal_chosen),
		cmocka_unit_test(unacceptable_selectors_are_ts_unacceptable),
		cmocka_unit_test(transport_that_the_responder_declines_is_refused_and_deleted),
		cmocka_unit_test(tunnel_for_one_that_wants_transport_is_refused),
		cmocka_unit_test(a_refused_attempt_is_made_again_later_and_later),
	};

	return exchange_run(tests);
}
