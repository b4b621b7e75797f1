/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include "base/arena.h"
#include "engine/private.h"
#include "exchange/pair.h"
#include "unit/test.h"

#define ENDS(name, right)                                                                          \
	"conn " name "\n\tleft=192.0.2.1\n\tright=" right "\n\tleftid=@west\n\trightid=@east\n"    \
	"\tauthby=secret\n\tauto=ondemand\n"
#define SUBNETS "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
#define FIRST	ENDS("t", "192.0.2.2") SUBNETS
#define SECOND	ENDS("u", "192.0.2.3") SUBNETS
#define OTHER	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.4.0.0/24\n"
#define MORE                                                                                       \
	"\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n\trightsubnet=10.2.0.0/24\n\tcompress=yes\n"        \
	"\tnarrowing=yes\n"
#define LESS                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tauto=add\n\tcompress=yes\n\tnarrowing=yes\n"                           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"

static struct tunnel *named(struct pair *pair, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&pair->west.gateway->peers, name);

	if (tunnel == NULL)
		fail_msg("no tunnel %s", name);
	return tunnel;
}

/* Of west's outbound policy from there to 10.2.0.0/24; 0: there is none. */
static uint32_t reqid_from(struct pair *pair, const char *from)
{
	struct kernel_policy policy;
	char text[SELECTOR_TEXT_MAX];

	for (size_t i = 0; kernel_simulated_policy(pair->west.kernel, i, &policy); i++)
		if (policy.direction == KERNEL_OUT &&
		    strcmp(selector_text(&policy.src, text), from) == 0 &&
		    strcmp(selector_text(&policy.dst, text), "10.2.0.0/24") == 0)
			return policy.reqid;
	return 0;
}

static void begin(struct pair *pair, const char *west)
{
	pair_start(pair, 1, west, "", NULL, NULL);
	pair_run(pair, USEC_PER_SEC);
}

static void a_trap_that_goes_leaves_the_place_to_another(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	for (unsigned refused = 0; refused < 2; refused++)
		for (unsigned first = 0; first < 2; first++) {
			begin(&pair, FIRST SECOND);
			kernel_simulated_fail(pair.west.kernel, refused, ENOMEM, true);
			assert_int_equal(
				gateway_delete(pair.west.gateway, first ? "t" : "u", &diag), RC_OK);
			pair_run(&pair, USEC_PER_SEC);
			kernel_simulated_fail(pair.west.kernel, 0, 0, false);
			pair_run(&pair, 60 * USEC_PER_SEC);
			assert_int_equal(reqid_from(&pair, "10.1.0.0/24"),
					 named(&pair, first ? "u" : "t")->reqid);
			pair_end(&pair);
		}
}

static void a_removal_that_is_tried_again_takes_no_trap_that_came_since(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, SECOND);
	kernel_simulated_fail(pair.west.kernel, 1, ENOMEM, true);
	assert_int_equal(gateway_delete(pair.west.gateway, "u", &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	kernel_simulated_fail(pair.west.kernel, 0, 0, false);
	assert_int_not_equal(reqid_from(&pair, "10.1.0.0/24"), 0);
	end_reload(&pair.west, FIRST);
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), named(&pair, "t")->reqid);
	pair_end(&pair);
}

/* An uplink that flaps: until we know our address again, nothing goes in clear. */
static void a_trap_stays_while_our_address_is_not_known(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, FIRST);
	world_host_remove_address(pair.west.host, WEST_ADDRESS);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_false(named(&pair, "t")->peer->oriented);
	assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), named(&pair, "t")->reqid);
	assert_int_equal(world_host_add_address(pair.west.host, WEST_ADDRESS), RC_OK);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_true(named(&pair, "t")->trap_installed);
	assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), named(&pair, "t")->reqid);
	pair_end(&pair);
}

#define ADDED                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tauto=add\n"

/* auto=add and `ipsec route`: the conn is loaded anew, and traffic still asks for it. */
static void what_the_operator_has_routed_is_after_a_reload_too(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, ADDED SUBNETS);
	assert_int_equal(gateway_route(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_not_equal(reqid_from(&pair, "10.1.0.0/24"), 0);
	end_reload(&pair.west, ADDED "\tleftsubnet=10.5.0.0/24\n\trightsubnet=10.2.0.0/24\n");
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(reqid_from(&pair, "10.5.0.0/24"), named(&pair, "t")->reqid);
	end_reload(&pair.west, FIRST);
	pair_run(&pair, 60 * USEC_PER_SEC);
	end_reload(&pair.west, ADDED SUBNETS "\tmtu=1400\n\treqid=77\n");
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(named(&pair, "t")->wanted, WANTED_LISTEN); /* auto= decides again */
	pair_end(&pair);
}

/* A reqid of the operator's is not taken from a conn by the conn itself. */
static void the_operators_reqid_stays_over_a_reload(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, FIRST "\treqid=77\n");
	end_reload(&pair.west, ENDS("t", "192.0.2.2") OTHER "\treqid=77\n");
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(named(&pair, "t")->reqid, 77);
	pair_end(&pair);
}

/* Its template says that packets are compressed, and the trap's does not. */
static void a_trap_does_not_stand_over_a_child_sa(void **state)
{
	struct kernel_policy policy;
	struct pair pair;
	unsigned out = 0;

	(void)state;
	pair_start(&pair, 1, ENDS("t", "192.0.2.2") MORE, LESS, NULL, NULL);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.9"), SIMULATED_ACQUIRED);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	for (size_t i = 0; kernel_simulated_policy(pair.west.kernel, i, &policy); i++)
		if (policy.direction == KERNEL_OUT && policy.reqid == named(&pair, "t/1x1")->reqid)
			out += policy.compress ? 1 : 100;
	assert_int_equal(out, 1);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(reqid_from(&pair, "10.3.0.0/24"), named(&pair, "t/2x1")->reqid);
	pair_end(&pair);
}

/* Not for a moment, whoever's it is. */
static void a_split_leaves_no_place_empty(void **state)
{
	struct pair pair;
	struct tunnel *tunnel;

	(void)state;
	begin(&pair, ENDS("t", "192.0.2.2") MORE ENDS("s", "192.0.2.2") OTHER);
	tunnel = named(&pair, "t");
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	tunnel->peer->busy++; /* it is not one again at once */
	assert_int_equal(tunnel_split_first(tunnel), RC_OK);
	assert_true(named(&pair, "s")->trap_installed);
	do
		assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	while (!tunnel->trap_installed && world_step(pair.world));
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), named(&pair, "t/1x1")->reqid);
	assert_int_equal(reqid_from(&pair, "10.3.0.0/24"), named(&pair, "t/2x1")->reqid);
	tunnel->peer->busy--;
	peer_dirty(tunnel->peer);
	do
		assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	while (!list_empty(&pair.west.gateway->dirty) && world_step(pair.world));
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 3);
	assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), named(&pair, "t")->reqid);
	assert_int_equal(reqid_from(&pair, "10.3.0.0/24"), named(&pair, "t")->reqid);
	pair_end(&pair);
}

/* reqid= may say any number: traffic is heard, and after a crash what has it is removed. */
static void a_reqid_of_the_operators_is_heard_and_known(void **state)
{
#define CHOSEN                                                                                     \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\treqid=4711\n" SUBNETS
	struct kernel_policy policy;
	struct simulated_sa sa;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, CHOSEN "\tauto=ondemand\n", NULL, NULL, NULL);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.9"), SIMULATED_ACQUIRED);
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	assert_true(kernel_simulated_sa(pair.west.kernel, 0, &sa));
	kernel_simulated_expire(pair.west.kernel, sa.sa.spi, false);
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 2);
	end_crash(&pair.west);
	end_boot(&pair.west, CHOSEN "\tauto=add\n", PAIR_SECRETS);
	assert_false(kernel_simulated_sa(pair.west.kernel, 0, &sa));
	assert_false(kernel_simulated_policy(pair.west.kernel, 0, &policy));
	pair_end(&pair);
}

/* ---- a conn that is loaded anew ---- */

static void reload_and_look(const char *conf, bool stands)
{
	struct pair pair;
	struct tunnel *tunnel;

	begin(&pair, FIRST);
	end_reload(&pair.west, conf);
	assert_int_not_equal(reqid_from(&pair, "10.1.0.0/24"), 0);
	while (!list_empty(&pair.west.gateway->dirty) && world_step(pair.world))
		assert_int_equal(reqid_from(&pair, "10.1.0.0/24") != 0, true);
	pair_run(&pair, 60 * USEC_PER_SEC);
	tunnel = named(&pair, "t");
	assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), stands ? tunnel->reqid : 0);
	assert_true(list_empty(&pair.west.gateway->orphans));
	pair_end(&pair);
}

static void the_trap_stays_until_that_of_the_new_conn_is_there(void **state)
{
	(void)state;
	reload_and_look(FIRST "\tpriority=77\n", true);
	reload_and_look(ENDS("t", "192.0.2.2") SUBNETS "\tesp=aes_gcm128\n", true);
	reload_and_look(ENDS("t", "192.0.2.3") SUBNETS, true);
}

static void what_the_new_conn_does_not_trap_goes(void **state)
{
	struct pair pair;

	(void)state;
	reload_and_look(ENDS("t", "192.0.2.2") OTHER, false);
	begin(&pair, FIRST);
	end_reload(&pair.west, SECOND); /* t is gone */
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), named(&pair, "u")->reqid);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 1);
	pair_end(&pair);
}

static void traffic_in_between_is_not_forgotten(void **state)
{
	struct pair pair;
	struct kernel_event event = { .type = KERNEL_ACQUIRE };
	struct diag diag;

	(void)state;
	begin(&pair, FIRST);
	event.reqid = named(&pair, "t")->reqid;
	assert_int_equal(verb_unload(pair.west.gateway, "t", &diag), RC_OK);
	reconcile(pair.west.gateway, named(&pair, "t")->peer); /* frees it */
	kernel_event(pair.west.gateway, &event);
	end_reload(&pair.west, FIRST "\tpriority=77\n");
	pair_run(&pair, USEC_PER_SEC);
	assert_true(end_said(&pair.west, "initiating"));
	pair_end(&pair);
}

/* Without memory for the new one the old one stays; with it, it is the new one. */
static void any_one_allocation_may_fail(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 60; n++) {
		struct pair pair;
		struct config *config = load_conf(FIRST "\tpriority=77\n");
		struct diag diag;
		enum rc rc;
		begin(&pair, FIRST);
		mem_fail_nth(n);
		rc = gateway_reload(pair.west.gateway, config, &diag);
		pair_run(&pair, USEC_PER_SEC);
		mem_fail_nth(0);
		if (rc != RC_OK)
			assert_int_equal(gateway_reload(pair.west.gateway, config, &diag), RC_OK);
		config_unref(config);
		pair_run(&pair, 60 * USEC_PER_SEC);
		assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 1);
		assert_int_equal(reqid_from(&pair, "10.1.0.0/24"), named(&pair, "t")->reqid);
		pair_end(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_operator_has_routed_is_after_a_reload_too),
		cmocka_unit_test(the_operators_reqid_stays_over_a_reload),
		cmocka_unit_test(a_trap_stays_while_our_address_is_not_known),
		cmocka_unit_test(a_trap_that_goes_leaves_the_place_to_another),
		cmocka_unit_test(a_removal_that_is_tried_again_takes_no_trap_that_came_since),
		cmocka_unit_test(a_trap_does_not_stand_over_a_child_sa),
		cmocka_unit_test(a_split_leaves_no_place_empty),
		cmocka_unit_test(a_reqid_of_the_operators_is_heard_and_known),
		cmocka_unit_test(the_trap_stays_until_that_of_the_new_conn_is_there),
		cmocka_unit_test(what_the_new_conn_does_not_trap_goes),
		cmocka_unit_test(traffic_in_between_is_not_forgotten),
		cmocka_unit_test(any_one_allocation_may_fail),
	};

	return exchange_run(tests);
}
