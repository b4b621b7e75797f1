/* SPDX-License-Identifier: Apache-2.0 */
/* What others take away from a simulated host, and when it comes back. */
#include <errno.h>
#include "network/private.h"
#include "network/simulated.h"
#include "unit/network/suite.h"

static usec_t due_at; /* USEC_NEVER: nothing is due */

static void due(void *context, usec_t when)
{
	(void)context;
	assert_true(when < due_at);
	due_at = when;
}

static unsigned warnings;
static struct log *own_log; /* of the scene before; freed with the next one */

static void count_warning(void *context, enum log_level level, const struct log_subject *subject,
			  const char *text)
{
	(void)context;
	(void)subject;
	(void)text;
	warnings += level == LOG_LEVEL_WARNING;
}

static struct log *made_log(void)
{
	log_free(own_log);
	own_log = log_new(LOG_LEVEL_INFO);
	assert_non_null(own_log);
	assert_int_equal(log_add_sink(own_log, (struct log_sink){ .write = count_warning }), RC_OK);
	return own_log;
}

static struct network *suite_network(struct host *host)
{
	struct network *network;

	warnings = 0;
	assert_int_equal(network_simulated_new(host, made_log(), &network), RC_OK);
	due_at = USEC_NEVER;
	network_watch(network, due, NULL);
	return network;
}

static const char *suite_device(void)
{
	return "eth0";
}

static bool suite_is_there(struct suite *suite, const struct network_object *object)
{
	return network_simulated_has(suite->network, object);
}

static void turns(struct suite *suite)
{
	for (unsigned i = 0; i < 4; i++)
		fake_turn(&suite->host);
}

static void tick(struct suite *suite)
{
	assert_true(due_at != USEC_NEVER);
	suite->host.now = due_at;
	due_at = USEC_NEVER;
	network_tick(suite->network);
	turns(suite);
}

static void begin(struct suite *suite, struct network_plan *plan)
{
	suite_begin(suite);
	suite_plan(plan, "4");
	assert_int_equal(suite_set(suite, plan), 0);
}

static void whatever_others_remove_comes_back_at_once(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	for (unsigned i = 0; i < plan.count; i++) {
		assert_true(network_simulated_take(suite.network, &plan.objects[i]));
		turns(&suite);
		assert_true(suite_is_there(&suite, &plan.objects[i]));
	}
	suite_end(&suite);
}

static void what_stood_on_a_link_comes_back_with_it(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec7", .if_id = 7 };
	struct network_plan plan = { .count = 0 };
	struct network_object route = suite_route("10.2.0.0", 24);
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	memcpy(route.device, link.device, sizeof(route.device));
	network_plan_add(&plan, &link);
	network_plan_add(&plan, &route);
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_true(network_simulated_take(suite.network, &link));
	assert_false(suite_is_there(&suite, &route));
	turns(&suite);
	assert_true(suite_is_there(&suite, &link));
	assert_true(suite_is_there(&suite, &route));
	suite_end(&suite);
}

/* How long it is gone when it is taken away once more. */
static usec_t pause(struct suite *suite, const struct network_object *object)
{
	usec_t from = suite->host.now;

	assert_true(network_simulated_take(suite->network, object));
	turns(suite);
	while (!suite_is_there(suite, object))
		tick(suite);
	return suite->host.now - from;
}

static void fight_over_one_thing_gets_slower_and_a_long_quiet_ends_it(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	const struct network_object *route = &plan.objects[1], *rule = &plan.objects[2];
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pause(&suite, route), 0);
	assert_int_equal(pause(&suite, route), USEC_PER_SEC);
	assert_int_equal(pause(&suite, rule), 0); /* others do not wait for it */
	assert_int_equal(pause(&suite, route), 2 * USEC_PER_SEC);
	for (unsigned i = 0; i < 10; i++)
		assert_true(pause(&suite, route) <= 60 * USEC_PER_SEC);
	assert_int_equal(pause(&suite, route), 60 * USEC_PER_SEC);
	suite.host.now += 1000 * USEC_PER_SEC;
	assert_int_equal(pause(&suite, route), 0);
	assert_int_equal(pause(&suite, route), 0);
	suite_end(&suite);
}

static void what_nobody_wants_any_more_does_not_come_back(void **state)
{
	struct network_plan plan, nothing = { .count = 0 };
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	for (unsigned i = 0; i < 4; i++)
		(void)pause(&suite, &plan.objects[1]);
	assert_true(network_simulated_take(suite.network, &plan.objects[1]));
	turns(&suite);
	assert_false(suite_is_there(&suite, &plan.objects[1])); /* it rests */
	assert_int_equal(suite_set(&suite, &nothing), 0);
	tick(&suite);
	assert_false(suite_is_there(&suite, &plan.objects[1]));
	assert_int_equal(network_simulated_count(suite.network, NETWORK_ROUTE), 0);
	suite_end(&suite);
}

/* Who insists has it; there is one warning, and ours comes when his goes. */
static void route_in_the_place_of_ours_is_replaced_a_few_times(void **state)
{
	struct network_plan plan, nothing = { .count = 0 };
	struct network_object theirs;
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	const struct network_object *ours = &plan.objects[1];
	theirs = *ours;
	theirs.source = (struct ip_addr){ .family = AF_UNSPEC };
	for (unsigned i = 0; i < 3; i++) {
		assert_true(network_simulated_replace(suite.network, &theirs));
		assert_false(suite_is_there(&suite, ours));
		turns(&suite);
		assert_true(suite_is_there(&suite, ours));
	}
	assert_int_equal(warnings, 0);
	assert_true(network_simulated_replace(suite.network, &theirs));
	while (due_at != USEC_NEVER)
		tick(&suite);
	turns(&suite);
	assert_true(suite_is_there(&suite, &theirs));
	assert_int_equal(warnings, 1);
	network_user_renew(suite.user);
	turns(&suite);
	assert_true(suite_is_there(&suite, &theirs));
	assert_int_equal(warnings, 1);
	assert_true(network_simulated_take(suite.network, &theirs));
	tick(&suite);
	assert_true(suite_is_there(&suite, ours));
	assert_int_equal(suite_set(&suite, &nothing), 0);
	assert_int_equal(network_simulated_count(suite.network, NETWORK_ROUTE), 0);
	suite_end(&suite);
}

static void route_that_says_the_same_in_other_words_stays(void **state)
{
	struct network_plan plan;
	struct network_object theirs;
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	theirs = plan.objects[1];
	theirs.mtu = 1280;
	assert_true(network_simulated_replace(suite.network, &theirs));
	turns(&suite);
	assert_true(suite_is_there(&suite, &theirs));
	suite_end(&suite);
}

/* Its owner has a second to put it back himself. */
static void what_stood_there_before_us_is_ours_when_it_goes(void **state)
{
	struct network_plan plan, nothing = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	for (unsigned i = 0; i < plan.count; i++)
		assert_true(network_simulated_put(suite.network, &plan.objects[i]));
	assert_int_equal(suite_set(&suite, &plan), 0);
	for (unsigned i = 0; i < plan.count; i++) {
		assert_true(network_simulated_take(suite.network, &plan.objects[i]));
		turns(&suite);
		assert_false(suite_is_there(&suite, &plan.objects[i]));
		tick(&suite);
		assert_true(suite_is_there(&suite, &plan.objects[i]));
	}
	assert_int_equal(suite_set(&suite, &nothing), 0);
	for (unsigned i = 0; i < plan.count; i++)
		assert_false(suite_is_there(&suite, &plan.objects[i]));
	suite_end(&suite);
}

static void what_its_owner_puts_back_in_time_stays_his(void **state)
{
	struct network_plan plan, nothing = { .count = 0 };
	struct suite suite;

	(void)state;
	suite_begin(&suite);
	suite_plan(&plan, "4");
	assert_true(network_simulated_put(suite.network, &plan.objects[0]));
	assert_int_equal(suite_set(&suite, &plan), 0);
	assert_true(network_simulated_take(suite.network, &plan.objects[0]));
	turns(&suite);
	assert_true(network_simulated_put(suite.network, &plan.objects[0]));
	tick(&suite);
	assert_int_equal(suite_set(&suite, &nothing), 0);
	assert_true(suite_is_there(&suite, &plan.objects[0]));
	suite_end(&suite);
}

/* As when Linux has lost messages. */
static void suspicion_looks_at_everything_and_not_all_the_time(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	network_watch(suite.network, NULL, NULL); /* nobody tells */
	assert_true(network_simulated_take(suite.network, &plan.objects[2]));
	network_watch(suite.network, due, NULL);
	vigil_suspect(suite.network);
	turns(&suite);
	assert_true(suite_is_there(&suite, &plan.objects[2]));
	unsigned before = network_simulated_changes(suite.network);
	vigil_suspect(suite.network);
	turns(&suite);
	assert_int_equal(due_at, suite.host.now + 2 * USEC_PER_SEC);
	tick(&suite);
	assert_int_equal(network_simulated_changes(suite.network), before);
	suite_end(&suite);
}

static void users_hear_when_it_cannot_be_put_back(void **state)
{
	struct network_plan plan;
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	unsigned before = suite.settled;
	network_simulated_fail(suite.network, 1, EPERM, false);
	assert_true(network_simulated_take(suite.network, &plan.objects[2]));
	turns(&suite);
	assert_int_equal(suite.settled, before + 1);
	assert_int_equal(suite.failed, 1);
	network_user_retry(suite.user);
	turns(&suite);
	assert_int_equal(suite.failed, 0);
	assert_true(suite_is_there(&suite, &plan.objects[2]));
	suite_end(&suite);
}

/* What stands there goes unheard; then something on the host has changed. */
static void begin_silent(struct suite *suite, const struct network_plan *plan,
			 const struct network_object *theirs, const struct network_object *goes)
{
	suite_begin(suite);
	assert_true(network_simulated_put(suite->network, theirs));
	assert_int_equal(suite_set(suite, plan), 0);
	network_watch(suite->network, NULL, NULL);
	assert_true(network_simulated_take(suite->network, goes));
	network_watch(suite->network, due, NULL);
	network_user_renew(suite->user);
	turns(suite);
}

/* Linux takes IPv4 routes with their device and says nothing; the host tells that something
 * changed.
 */
static void what_goes_without_a_word_is_ours_when_the_host_changes(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec7", .if_id = 7 };
	struct network_object ours = suite_route("10.2.0.0", 24), theirs = ours;
	struct network_plan plan = { .count = 0 };
	struct suite suite;

	(void)state;
	memcpy(ours.device, link.device, sizeof(ours.device));
	network_plan_add(&plan, &link);
	network_plan_add(&plan, &ours);
	begin_silent(&suite, &plan, &theirs, &theirs);
	assert_true(suite_is_there(&suite, &ours));
	suite_end(&suite);
}

/* As before Linux 6.6, when the address that is its source goes from an interface of others. */
static void route_on_a_link_of_ours_goes_with_its_source(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec7", .if_id = 7 };
	struct network_object ours = suite_route("10.2.0.0", 24);
	struct network_object address = suite_address("10.1.0.1");
	struct network_plan plan = { .count = 0 };
	struct suite suite;

	(void)state;
	memcpy(ours.device, link.device, sizeof(ours.device));
	ours.source = address.addr;
	network_plan_add(&plan, &link);
	network_plan_add(&plan, &ours);
	begin_silent(&suite, &plan, &address, &ours);
	assert_true(suite_is_there(&suite, &ours));
	suite_end(&suite);
}

/* Somebody takes ours away and puts his own there before we look. */
static void ours_comes_when_what_took_its_place_goes(void **state)
{
	struct network_plan plan;
	struct network_object theirs;
	struct suite suite;

	(void)state;
	begin(&suite, &plan);
	theirs = plan.objects[1];
	(void)snprintf(theirs.device, sizeof(theirs.device), "lo");
	theirs.source = (struct ip_addr){ .family = AF_UNSPEC };
	assert_true(network_simulated_take(suite.network, &plan.objects[1]));
	assert_true(network_simulated_put(suite.network, &theirs));
	turns(&suite);
	assert_true(suite_is_there(&suite, &theirs));
	assert_true(network_simulated_take(suite.network, &theirs));
	turns(&suite);
	assert_true(suite_is_there(&suite, &plan.objects[1]));
	suite_end(&suite);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		cmocka_unit_test(whatever_others_remove_comes_back_at_once),
		cmocka_unit_test(what_stood_on_a_link_comes_back_with_it),
		cmocka_unit_test(fight_over_one_thing_gets_slower_and_a_long_quiet_ends_it),
		cmocka_unit_test(what_nobody_wants_any_more_does_not_come_back),
		cmocka_unit_test(suspicion_looks_at_everything_and_not_all_the_time),
		cmocka_unit_test(route_in_the_place_of_ours_is_replaced_a_few_times),
		cmocka_unit_test(route_that_says_the_same_in_other_words_stays),
		cmocka_unit_test(what_stood_there_before_us_is_ours_when_it_goes),
		cmocka_unit_test(what_its_owner_puts_back_in_time_stays_his),
		cmocka_unit_test(what_goes_without_a_word_is_ours_when_the_host_changes),
		cmocka_unit_test(route_on_a_link_of_ours_goes_with_its_source),
		cmocka_unit_test(ours_comes_when_what_took_its_place_goes),
		cmocka_unit_test(users_hear_when_it_cannot_be_put_back),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	log_free(own_log);
	return failed;
}
