/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

static const uint8_t west[] = "west", stranger[] = "stranger";

static enum rc finds(const char *conf, bool aggressive, struct span name, bool *there)
{
	struct v1_caller caller = { .aggressive = aggressive };
	struct v1_road road;
	struct step step;
	struct diag diag = { "" };
	enum rc rc;

	v1_road_begin(&road, NULL, conf);
	caller.theirs.id = (struct isakmp_id){ .type = ID_FQDN, .data = name };
	caller.theirs.identity = v1_identity(&caller.theirs.id);
	step = (struct step){ .env = &road.pair.east.gateway->env };
	assert_int_equal(ip_parse("192.0.2.2", &step.local.addr), RC_OK);
	assert_int_equal(ip_parse("192.0.2.1", &step.remote.addr), RC_OK);
	rc = v1_caller_find(&step, &caller, 0, NULL, &diag);
	*there = rc == RC_OK && v1_caller_peer(&step, &caller) != NULL;
	if (*there) {
		struct peer *peer = v1_caller_peer(&step, &caller);
		peer->doomed = true;
		assert_null(v1_caller_peer(&step, &caller));
		peer->doomed = false;
	}
	v1_road_end(&road);
	return rc;
}

static void the_caller_is_found_by_its_identity_among_conns_of_its_mode(void **state)
{
	const struct span name = span_make(west, 4), other = span_make(stranger, 8);
	bool there;

	(void)state;
	assert_int_equal(finds(V1_ADD, false, name, &there), RC_OK);
	assert_true(there);
	assert_int_equal(finds(V1_ADD, true, name, &there), RC_AUTH_FAILED);
	assert_int_equal(finds(V1_ADD "\taggressive=yes\n", true, name, &there), RC_OK);
	assert_true(there);
	assert_int_equal(finds(V1_ADD "\taggressive=yes\n", false, name, &there), RC_AUTH_FAILED);
	assert_int_equal(finds(V1_ADD, false, other, &there), RC_AUTH_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_caller_is_found_by_its_identity_among_conns_of_its_mode),
	};

	return exchange_run(tests);
}
