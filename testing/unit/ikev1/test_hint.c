/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody says of an ISAKMP SA before phase 1 is done. */
#include "unit/ikev1/v1_road.h"

#define OURS   V1_ADD "\tike=aes256-sha2_256-dh19\n"
#define THEIRS V1_ADD "\tike=aes128-sha2_256-dh19\n"

static void who_is_refused_says_why_and_goes_on(void **state)
{
	struct v1_road road;
	unsigned asked = 0;

	(void)state;
	v1_road_begin(&road, OURS, THEIRS);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	assert_true(end_said(&road.pair.west, "or somebody in its name, says NO_PROPOSAL_CHOSEN"));
	assert_true(v1_has_ike(&road.pair.west));
	for (unsigned i = 0; i < road.count; i++)
		asked += ip_equal(&road.ears[i].from.addr, &v1_sa(&road.pair.west)->local.addr);
	assert_true(asked >= 2);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	assert_true(end_said(&road.pair.west, "may be the peer said NO_PROPOSAL_CHOSEN"));
	assert_true(end_said(&road.pair.west, "no answer to Main Mode"));
	assert_int_equal(road.pair.west.ike_up, 0);
	assert_true(end_said(&road.pair.east, "no proposal in common"));
	/* the address is what the line begins with anyway */
	assert_false(end_said(&road.pair.east, "192.0.2.1:500: no proposal in common"));
	v1_road_end(&road);
}

static void aggressive_mode_is_told_too(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, OURS "\taggressive=yes\n", THEIRS "\taggressive=yes\n");
	v1_road_try(&road, 60 * USEC_PER_SEC);
	assert_true(end_said(&road.pair.west, "may be the peer said NO_PROPOSAL_CHOSEN"));
	assert_true(end_said(&road.pair.west, "no answer to Aggressive Mode"));
	v1_road_end(&road);
}

/* ---- silence ---- */

static void assert_given_up(const char *west, const char *east, const char *secrets,
			    const char *why)
{
	struct v1_road road;

	v1_road_begin_with(&road, west, east, NULL, secrets);
	v1_road_try(&road, 120 * USEC_PER_SEC);
	assert_int_equal(road.pair.west.last_reason, RC_TIMEOUT);
	if (strstr(road.pair.west.last_text, why) == NULL)
		fail_msg("no \"%s\" in: %s", why, road.pair.west.last_text);
	v1_road_end(&road);
}

#define SAYS "no answer to Main Mode: the peer is silent since we said who we are: its shared key"

static void which_message_was_not_answered_tells_what_it_may_be(void **state)
{
	(void)state;
	assert_given_up(NULL, NULL, V1_OTHER, SAYS);
	assert_given_up("conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@else\n"
			"\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
			"\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n",
			NULL, NULL, SAYS);
	assert_given_up(
		NULL, NULL, "@nobody : PSK \"correct horse battery staple\"\n",
		"no answer to Main Mode: the peer has agreed on ike=, but does not go on: has "
		"it a shared key for us?");
	assert_given_up(NULL, V1_ADD "\taggressive=yes\n", NULL, "takes Aggressive Mode only");
	assert_given_up(V1_ADD "\taggressive=yes\n", NULL, NULL, "takes Main Mode only");
}

static void who_speaks_no_ikev1_is_told_as_that(void **state)
{
	(void)state;
	assert_given_up(NULL, "config setup\n\tikev1-policy=reject\n" PAIR_BASE "\tauto=add\n",
			NULL,
			"said INVALID_MAJOR_VERSION (it speaks no IKEv1 with us: write "
			"keyexchange=ikev2");
}

/* ---- lies ---- */

static struct v1_road *listening;
static uint16_t lie;
static uint32_t lie_id = 77;
static unsigned lies_at; /* nth datagram, before which it is told */

static void tell_lie(struct flight *flight)
{
	const struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					      .protocol = PROTOCOL_IKE,
					      .type = lie };
	struct ike_header header;
	uint8_t buffer[128];
	struct writer writer;
	struct sink sink;

	assert_int_equal(wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL),
			 RC_OK);
	header.exchange = EXCHANGE_V1_INFORMATIONAL;
	header.flags = 0;
	header.message_id = lie_id;
	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	isakmp_notify_emit(&writer, &notify);
	assert_int_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(world_inject(listening->pair.world, &flight->to, &flight->from,
				      sink_written(&sink)),
			 RC_OK);
}

static bool lies(struct flight *flight, unsigned nth)
{
	if (nth == lies_at)
		tell_lie(flight);
	return true;
}

/* In each state, by who can read what is on the wire. */
static void a_lie_changes_nothing(void **state)
{
	(void)state;
	lie = ISAKMP_AUTHENTICATION_FAILED;
	for (lies_at = 0; lies_at < 6; lies_at += 2) {
		struct v1_road road;
		v1_road_begin(&road, NULL, NULL);
		listening = &road;
		road.meddle = lies;
		v1_road_try(&road, 5 * USEC_PER_SEC);
		assert_true(end_said(&road.pair.west, "says AUTHENTICATION_FAILED"));
		pair_assert_tunnel(&road.pair);
		assert_int_equal(v1_sa(&road.pair.west)->v1->hint, ISAKMP_AUTHENTICATION_FAILED);
		v1_road_end(&road);
	}
}

/* Libreswan says NO_PROPOSAL_CHOSEN so. */
static void in_clear_it_needs_no_message_id(void **state)
{
	struct v1_road road;

	(void)state;
	lie = ISAKMP_NO_PROPOSAL_CHOSEN;
	lie_id = 0;
	lies_at = 0;
	v1_road_begin(&road, NULL, NULL);
	listening = &road;
	road.meddle = lies;
	v1_road_try(&road, 5 * USEC_PER_SEC);
	assert_true(end_said(&road.pair.west, "says NO_PROPOSAL_CHOSEN"));
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
	lie_id = 77;
}

/* ---- who has the keys, but has proven nothing ---- */

static bool lose_proofs(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth < 4;
}

static struct ike_sa *half_open(struct end *end)
{
	assert_false(list_empty(&end->gateway->sas.half_open));
	return container_of(end->gateway->sas.half_open.next, struct ike_sa, in_half_open);
}

/* As strongSwan refuses a signature: it has read our last message of phase 1. */
static void says_sealed(struct v1_road *road, bool spoiled)
{
	const struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					      .protocol = PROTOCOL_IKE,
					      .type = ISAKMP_AUTHENTICATION_FAILED };
	struct ike_sa *east = half_open(&road->pair.east), *west = v1_sa(&road->pair.west);
	struct outcome_message message = { .present = false };
	uint8_t iv[IKEV1_IV_MAX], buffer[512];
	struct sink sink, out;
	struct writer writer;

	assert_int_equal(v1_hash_begin(east, &road->arena, &sink, &writer), RC_OK);
	isakmp_notify_emit(&writer, &notify);
	assert_int_equal(v1_hash_end(east, 99, SPAN_NONE, &writer, &sink, EXCHANGE_V1_INFORMATIONAL,
				     &message),
			 RC_OK);
	sink.ptr[4] ^= spoiled;
	assert_int_equal(ikev1_iv_exchange(&west->suite, west->v1->iv, 99, iv), RC_OK);
	sink_init(&out, buffer, sizeof(buffer));
	assert_int_equal(ikev1_seal(east, 99, &message, iv, &out), RC_OK);
	v1_inject(road, east, sink_written(&out));
}

static void a_sealed_hint_counts_if_its_hash_is_right(void **state)
{
	(void)state;
	for (unsigned spoiled = 0; spoiled < 2; spoiled++) {
		struct v1_road road;
		v1_road_begin(&road, NULL, NULL);
		road.meddle = lose_proofs;
		v1_road_try(&road, 200 * USEC_PER_MSEC);
		assert_int_equal(v1_sa(&road.pair.west)->state, IKEV1_MAIN_ID);
		says_sealed(&road, spoiled);
		assert_int_equal(v1_sa(&road.pair.west)->v1->hint,
				 spoiled ? 0 : ISAKMP_AUTHENTICATION_FAILED);
		road.meddle = NULL;
		v1_road_run(&road, 10 * USEC_PER_SEC);
		pair_assert_tunnel(&road.pair);
		v1_road_end(&road);
	}
}

static void what_is_no_error_is_no_hint(void **state)
{
	static const uint16_t types[] = { 0, ISAKMP_R_U_THERE, IPSEC_INITIAL_CONTACT };

	(void)state;
	lies_at = 0;
	for (unsigned i = 0; i < 3; i++) {
		struct v1_road road;
		lie = types[i];
		v1_road_begin(&road, NULL, NULL);
		listening = &road;
		road.meddle = lies;
		v1_road_try(&road, 5 * USEC_PER_SEC);
		assert_false(end_said(&road.pair.west, "or somebody in its name"));
		pair_assert_tunnel(&road.pair);
		v1_road_end(&road);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_refused_says_why_and_goes_on),
		cmocka_unit_test(aggressive_mode_is_told_too),
		cmocka_unit_test(which_message_was_not_answered_tells_what_it_may_be),
		cmocka_unit_test(who_speaks_no_ikev1_is_told_as_that),
		cmocka_unit_test(a_lie_changes_nothing),
		cmocka_unit_test(in_clear_it_needs_no_message_id),
		cmocka_unit_test(a_sealed_hint_counts_if_its_hash_is_right),
		cmocka_unit_test(what_is_no_error_is_no_hint),
	};

	return exchange_run(tests);
}
