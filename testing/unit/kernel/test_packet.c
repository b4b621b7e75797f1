/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/sim_fixture.h"

static void without_a_policy_a_packet_goes_in_clear(void **state)
{
	assert_int_equal(pair_packet(*state, 1, 100), SIMULATED_CLEAR);
}

static void a_whole_tunnel_lets_a_packet_arrive_and_counts_it(void **state)
{
	struct pair *pair = *state;
	struct simulated_sa sa;
	struct ip_addr dst = address("192.0.2.2");
	pair_connect(pair, 0x1000);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_ARRIVED);
	assert_int_equal(pair_packet(pair, 1, 50), SIMULATED_ARRIVED);
	assert_true(kernel_simulated_find_sa(pair->left.kernel, &dst, 0x1000, &sa));
	assert_int_equal(sa.counters.packets, 2);
	assert_int_equal(sa.counters.bytes, 150);
	assert_int_equal(sa.counters.used_at, 1700000000);
	assert_true(kernel_simulated_find_sa(pair->right.kernel, &dst, 0x1000, &sa));
	assert_int_equal(sa.counters.packets, 2);
}

static void a_packet_for_the_gateway_itself_meets_the_in_policy(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy in = in_policy(KERNEL_IN);
	pair_connect(pair, 0x1000);
	pair->right.host.local = address("10.2.0.7");
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_ARRIVED);
	assert_int_equal(sim_spd_delete(pair->right.sim, &in), 0);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_POLICY_MISMATCH);
	pair->right.host.local = address("10.2.0.8"); /* not its own: the fwd policy is there */
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_ARRIVED);
}

static void an_unknown_spi_is_nobodys(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	pair_connect(pair, 0x1000);
	assert_int_equal(sim_sad_delete(pair->right.sim, &sa), 0);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_NO_SA);
}

static void different_keys_fail_and_are_counted(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	struct kernel_counters counters;
	pair_connect(pair, 0x1000);
	assert_int_equal(sim_sad_delete(pair->right.sim, &sa), 0);
	sa.encr_key.ptr = key_bytes + 1;
	assert_int_equal(add_sa(&pair->right, sa), 0);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_WRONG_KEY);
	assert_int_equal(sim_sad_query(pair->right.sim, &sa, &counters), 0);
	assert_int_equal(counters.integrity_failures, 1);
	assert_int_equal(counters.packets, 0);
}

static void another_reqid_or_tunnel_end_is_a_mismatch(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy fwd = in_policy(KERNEL_FWD);
	pair_connect(pair, 0x1000);
	fwd.reqid = REQID + 2;
	assert_int_equal(set_policy(&pair->right, fwd), 0);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_POLICY_MISMATCH);
	fwd.reqid = REQID + 1;
	fwd.tunnel_src = address("192.0.2.99");
	assert_int_equal(set_policy(&pair->right, fwd), 0);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_POLICY_MISMATCH);
	fwd.tunnel_src = address("0.0.0.0");
	assert_int_equal(set_policy(&pair->right, fwd), 0);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_ARRIVED);
}

static void a_tunnelled_packet_without_policy_there_is_dropped(void **state)
{
	struct pair *pair = *state;
	pair_connect(pair, 0x1000);
	(void)sim_spd_flush(pair->right.sim, NULL);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_POLICY_MISMATCH);
}

static void a_clear_packet_where_protection_is_wanted_is_dropped(void **state)
{
	struct pair *pair = *state;
	pair_connect(pair, 0x1000);
	(void)sim_spd_flush(pair->left.sim, NULL);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_POLICY_MISMATCH);
}

static void block_and_pass_policies_rule_by_priority(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy block = out_policy(), pass = out_policy();
	block.action = KERNEL_BLOCK;
	block.dst = subnet("10.2.0.0/24");
	block.priority = 10;
	pass.action = KERNEL_PASS;
	pass.dst = service("10.2.0.0/24", IPPROTO_UDP, 53, 53);
	pass.priority = 5;
	pair_connect(pair, 0x1000);
	assert_int_equal(set_policy(&pair->left, block), 0);
	assert_int_equal(set_policy(&pair->left, pass), 0);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_BLOCKED);
	(void)sim_spd_flush(pair->right.sim, NULL);
	assert_int_equal(pair_packet(pair, 53, 100), SIMULATED_CLEAR);
}

static void without_an_sa_one_acquire_is_raised(void **state)
{
	struct pair *pair = *state;
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 9, 100), SIMULATED_ACQUIRED);
	assert_int_equal(pair_packet(pair, 9, 100), SIMULATED_ACQUIRED);
	assert_int_equal(pair->left.count, 0);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 1);
	const struct kernel_event *event = &pair->left.events[0];
	struct selector dst = service("10.2.0.7", IPPROTO_UDP, 9, 9);
	struct ip_addr peer = address("192.0.2.2");
	assert_int_equal(event->type, KERNEL_ACQUIRE);
	assert_int_equal(event->reqid, REQID);
	assert_true(selector_equal(&event->packet_dst, &dst));
	assert_true(ip_equal(&event->dst, &peer));
}

static void the_newest_sa_that_is_not_dying_sends(void **state)
{
	struct pair *pair = *state;
	struct simulated_sa sa;
	struct ip_addr dst = address("192.0.2.2");
	pair_connect(pair, 0x1000);
	pair_connect(pair, 0x1001);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_ARRIVED);
	assert_true(kernel_simulated_find_sa(pair->left.kernel, &dst, 0x1001, &sa));
	assert_int_equal(sa.counters.packets, 1);
	kernel_simulated_expire(pair->left.kernel, 0x1001, false);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_ARRIVED);
	assert_true(kernel_simulated_find_sa(pair->left.kernel, &dst, 0x1000, &sa));
	assert_int_equal(sa.counters.packets, 1);
}

static void limits_in_bytes_and_packets_expire_an_sa(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.soft_bytes = 200, sa.hard_packets = 3;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_NO_SA);
	assert_int_equal(pair_packet(pair, 1, 100), SIMULATED_ACQUIRED);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 0);
	fake_turn(&pair->left.host);
	assert_int_equal(pair->left.count, 3);
	assert_int_equal(pair->left.events[0].type, KERNEL_EXPIRE);
	assert_false(pair->left.events[0].hard);
	assert_true(pair->left.events[1].hard);
	assert_int_equal(pair->left.events[2].type, KERNEL_ACQUIRE);
}

static void transport_mode_runs_between_the_ends_of_the_packet(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	struct kernel_policy policy = out_policy();
	sa.mode = KERNEL_TRANSPORT;
	sa.src = address("10.1.0.5");
	sa.dst = address("10.2.0.7");
	sa.selector_src = service("10.1.0.5", IPPROTO_UDP, 0, UINT16_MAX);
	sa.selector_dst = service("10.2.0.7", IPPROTO_UDP, 53, 53);
	policy.mode = KERNEL_TRANSPORT;
	policy.tunnel_src = policy.tunnel_dst = (struct ip_addr){ 0 };
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(add_sa(&pair->right, sa), 0);
	assert_int_equal(set_policy(&pair->left, policy), 0);
	pair->right.host.local = address("10.2.0.7");
	assert_int_equal(pair_packet(pair, 53, 100),
			 SIMULATED_ARRIVED); /* no policy there: Linux lets it in */
	assert_int_equal(pair_packet(pair, 54, 100), SIMULATED_ACQUIRED);
	policy.direction = KERNEL_IN;
	policy.reqid = REQID + 9;
	assert_int_equal(set_policy(&pair->right, policy), 0);
	assert_int_equal(pair_packet(pair, 53, 100), SIMULATED_POLICY_MISMATCH);
}

static void a_tunnel_carries_the_other_family(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy out = out_policy(), fwd = in_policy(KERNEL_FWD);
	struct selector src = service("2001:db8:1::5", IPPROTO_TCP, 1, 1);
	struct selector dst = service("2001:db8:2::7", IPPROTO_TCP, 2, 2);
	out.src = fwd.src = subnet("2001:db8:1::/48");
	out.dst = fwd.dst = subnet("2001:db8:2::/48");
	assert_int_equal(add_sa(&pair->left, gcm_sa(0x1000)), 0);
	assert_int_equal(add_sa(&pair->right, gcm_sa(0x1000)), 0);
	assert_int_equal(set_policy(&pair->left, out), 0);
	assert_int_equal(set_policy(&pair->right, fwd), 0);
	assert_int_equal(
		kernel_simulated_packet(pair->left.kernel, pair->right.kernel, &src, &dst, 1),
		SIMULATED_ARRIVED);
	assert_int_equal(kernel_simulated_packet(pair->left.kernel, NULL, &src, &dst, 1),
			 SIMULATED_NO_SA);
}

static void sas_and_policies_with_marks_or_if_ids_are_for_others(void **state)
{
	struct pair *pair = *state;
	struct kernel_policy policy = out_policy();
	struct kernel_sa sa = gcm_sa(0x1000);
	policy.mark = 1, policy.mark_mask = 1;
	assert_int_equal(set_policy(&pair->left, policy), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_CLEAR);
	sa.if_id = 4;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(pair_packet(pair, 1, 1), SIMULATED_ACQUIRED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(without_a_policy_a_packet_goes_in_clear),
		PAIR_TEST(a_whole_tunnel_lets_a_packet_arrive_and_counts_it),
		PAIR_TEST(a_packet_for_the_gateway_itself_meets_the_in_policy),
		PAIR_TEST(an_unknown_spi_is_nobodys),
		PAIR_TEST(different_keys_fail_and_are_counted),
		PAIR_TEST(another_reqid_or_tunnel_end_is_a_mismatch),
		PAIR_TEST(a_tunnelled_packet_without_policy_there_is_dropped),
		PAIR_TEST(a_clear_packet_where_protection_is_wanted_is_dropped),
		PAIR_TEST(block_and_pass_policies_rule_by_priority),
		PAIR_TEST(without_an_sa_one_acquire_is_raised),
		PAIR_TEST(the_newest_sa_that_is_not_dying_sends),
		PAIR_TEST(limits_in_bytes_and_packets_expire_an_sa),
		PAIR_TEST(transport_mode_runs_between_the_ends_of_the_packet),
		PAIR_TEST(a_tunnel_carries_the_other_family),
		PAIR_TEST(sas_and_policies_with_marks_or_if_ids_are_for_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
