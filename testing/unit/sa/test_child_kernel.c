/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

struct one {
	struct sas_fixture f;
	struct ike_sa *ike;
	struct child_sa *child;
};

static void one_begin(struct one *one, const char *conf)
{
	sas_begin(&one->f, conf);
	one->ike = sas_ike_bound(&one->f);
	one->child = sas_child(&one->f, one->ike, "t", 0x2222);
}

static void one_end(struct one *one)
{
	child_sa_free(&one->f.sas, one->child);
	ike_sa_free(&one->f.sas, one->ike);
	sas_end(&one->f);
}

static void each_direction_has_its_own_addresses_and_spi(void **state)
{
	struct one one;
	struct kernel_sa in, out;

	(void)state;
	one_begin(&one, SAS_CONN);
	child_kernel_sa(one.child, KERNEL_IN, &in);
	child_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_int_equal(in.spi, one.child->spi_in);
	assert_int_equal(out.spi, 0x2222);
	assert_true(ip_equal(&in.src, &one.child->remote) && ip_equal(&in.dst, &one.child->local));
	assert_true(ip_equal(&out.src, &one.child->local) &&
		    ip_equal(&out.dst, &one.child->remote));
	assert_true(selector_equal(&in.selector_src, &one.child->selectors.first.remote));
	assert_true(selector_equal(&out.selector_src, &one.child->selectors.first.local));
	assert_int_equal(in.reqid, one.child->tunnel->reqid);
	assert_int_equal(in.encr_bits, 256);
	one_end(&one);
}

static void replay_window_is_for_inbound_and_esn_needs_one_both_ways(void **state)
{
	struct one one;
	struct kernel_sa in, out;

	(void)state;
	one_begin(&one, SAS_CONN "\treplay-window=0\n");
	child_kernel_sa(one.child, KERNEL_IN, &in);
	assert_int_equal(in.replay_window, 0);
	one.child->choice.esn = ESN_YES;
	child_kernel_sa(one.child, KERNEL_IN, &in);
	child_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_true(in.esn && out.esn);
	assert_int_equal(in.replay_window, 32);
	assert_int_equal(out.replay_window, 32);
	one_end(&one);
	one_begin(&one, SAS_CONN "\treplay-window=128\n");
	child_kernel_sa(one.child, KERNEL_IN, &in);
	child_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_int_equal(in.replay_window, 128);
	assert_int_equal(out.replay_window, 0);
	one_end(&one);
}

static void policies_mirror_selectors_and_tunnel_ends(void **state)
{
	struct one one;
	struct kernel_policy in, out, fwd;

	(void)state;
	one_begin(&one, SAS_CONN);
	child_kernel_policy(one.child, 0, KERNEL_IN, &in);
	child_kernel_policy(one.child, 0, KERNEL_FWD, &fwd);
	child_kernel_policy(one.child, 0, KERNEL_OUT, &out);
	assert_true(selector_equal(&out.src, &one.child->selectors.first.local));
	assert_true(selector_equal(&in.src, &one.child->selectors.first.remote));
	assert_true(selector_equal(&fwd.src, &in.src) && selector_equal(&fwd.dst, &in.dst));
	assert_true(ip_equal(&out.tunnel_src, &one.child->local));
	assert_true(ip_equal(&in.tunnel_src, &one.child->remote));
	assert_int_equal(fwd.direction, KERNEL_FWD);
	assert_int_equal(out.priority, kernel_policy_priority(&out.src, &out.dst, false));
	one_end(&one);
}

static void settings_of_the_conn_reach_the_kernel(void **state)
{
	struct one one;
	struct kernel_policy out;
	struct kernel_sa sa;

	(void)state;
	one_begin(&one, SAS_CONN "\tmark=5/0xff\n\tpriority=4242\n");
	child_kernel_policy(one.child, 0, KERNEL_OUT, &out);
	child_kernel_sa(one.child, KERNEL_OUT, &sa);
	assert_int_equal(out.mark, 5);
	assert_int_equal(out.mark_mask, 0xff);
	assert_int_equal(out.priority, 4242);
	assert_int_equal(sa.mark, 5);
	one_end(&one);
}

static void each_direction_has_its_mark(void **state)
{
	struct one one;
	struct kernel_policy policy;
	struct kernel_sa sa;

	(void)state;
	one_begin(&one, SAS_CONN "\tmark-in=5/0xff\n\tmark-out=6\n");
	child_kernel_sa(one.child, KERNEL_IN, &sa);
	assert_int_equal(sa.mark, 5);
	assert_int_equal(sa.mark_mask, 0xff);
	child_kernel_sa(one.child, KERNEL_OUT, &sa);
	assert_int_equal(sa.mark, 6);
	assert_int_equal(sa.mark_mask, UINT32_MAX);
	child_kernel_policy(one.child, 0, KERNEL_IN, &policy);
	assert_int_equal(policy.mark, 5);
	child_kernel_policy(one.child, 0, KERNEL_FWD, &policy);
	assert_int_equal(policy.mark, 5);
	child_kernel_policy(one.child, 0, KERNEL_OUT, &policy);
	assert_int_equal(policy.mark, 6);
	tunnel_trap_policy(one.child->tunnel, 0, &policy);
	assert_int_equal(policy.mark, 6);
	one_end(&one);
}

/* What comes in is found by its SPI and gets the mark; what goes out is chosen by it. */
static void a_mark_of_its_own_is_the_tunnels_reqid(void **state)
{
	struct one one;
	struct kernel_sa in, out;
	struct kernel_policy policy;

	(void)state;
	one_begin(&one, SAS_CONN "\tmark=%unique\n");
	uint32_t reqid = one.child->tunnel->reqid;
	child_kernel_sa(one.child, KERNEL_IN, &in);
	child_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_true(in.mark == 0 && in.mark_mask == 0);
	assert_int_equal(in.output_mark, reqid);
	assert_true(out.mark == reqid && out.mark_mask == UINT32_MAX);
	for (unsigned i = KERNEL_IN; i <= KERNEL_FWD; i++) {
		child_kernel_policy(one.child, 0, (enum kernel_direction)i, &policy);
		assert_true(policy.mark == reqid && policy.mark_mask == UINT32_MAX);
	}
	one_end(&one);
}

static void the_sender_shapes_the_outer_header_and_the_receiver_the_inner(void **state)
{
	struct one one;
	struct kernel_sa in, out;

	(void)state;
	one_begin(&one, SAS_CONN);
	child_kernel_sa(one.child, KERNEL_IN, &in);
	child_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_false(out.hide_dscp || out.fragments || out.restore_dscp);
	assert_false(in.hide_dscp || in.fragments || in.restore_dscp);
	one_end(&one);
	one_begin(&one, SAS_CONN "\tencap-dscp=no\n\tdecap-dscp=yes\n\tnopmtudisc=yes\n");
	child_kernel_sa(one.child, KERNEL_IN, &in);
	child_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_true(out.hide_dscp && out.fragments && !out.restore_dscp);
	assert_true(!in.hide_dscp && !in.fragments && in.restore_dscp);
	one.child->mode = KERNEL_TRANSPORT;
	child_kernel_sa(one.child, KERNEL_IN, &in);
	child_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_false(out.hide_dscp || out.fragments || in.restore_dscp);
	one_end(&one);
}

/* The mode is the Child SA's, not the conn's: a responder may have made a tunnel instead. */
static void transport_mode_is_the_child_sas(void **state)
{
	struct one one;
	struct kernel_policy policy;
	struct kernel_sa sa;

	(void)state;
	one_begin(&one, SAS_CONN);
	one.child->mode = KERNEL_TRANSPORT;
	child_kernel_policy(one.child, 0, KERNEL_OUT, &policy);
	child_kernel_sa(one.child, KERNEL_OUT, &sa);
	assert_int_equal(policy.mode, KERNEL_TRANSPORT);
	assert_int_equal(sa.mode, KERNEL_TRANSPORT);
	one_end(&one);
}

static void trap_stands_in_the_place_of_the_outbound_policy(void **state)
{
	struct one one;
	struct kernel_policy trap, out;

	(void)state;
	one_begin(&one, SAS_CONN);
	tunnel_trap_policy(one.child->tunnel, 0, &trap);
	child_kernel_policy(one.child, 0, KERNEL_OUT, &out);
	assert_true(selector_equal(&trap.src, &out.src) && selector_equal(&trap.dst, &out.dst));
	assert_int_equal(trap.direction, KERNEL_OUT);
	assert_int_equal(trap.priority, out.priority);
	assert_int_equal(trap.reqid, out.reqid);
	assert_int_equal(trap.action, KERNEL_PROTECT);
	assert_true(ip_equal(&trap.tunnel_dst, &out.tunnel_dst));
	one_end(&one);
}

/* Its SA is in software there, which Linux does not find by a policy of the card. */
static void policy_of_a_tunnel_in_udp_is_not_the_cards(void **state)
{
	struct one one;
	struct kernel_policy policy;

	(void)state;
	one_begin(&one, SAS_CONN "\tnic-offload=packet\n");
	child_kernel_policy(one.child, 0, KERNEL_OUT, &policy);
	assert_true(policy.offload);
	child_kernel_policy(one.child, 0, KERNEL_FWD, &policy);
	assert_false(policy.offload);
	one.child->encap = (struct kernel_encap){ 4500, 4500 };
	child_kernel_policy(one.child, 0, KERNEL_OUT, &policy);
	assert_false(policy.offload);
	one_end(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_direction_has_its_own_addresses_and_spi),
		cmocka_unit_test(replay_window_is_for_inbound_and_esn_needs_one_both_ways),
		cmocka_unit_test(policies_mirror_selectors_and_tunnel_ends),
		cmocka_unit_test(settings_of_the_conn_reach_the_kernel),
		cmocka_unit_test(each_direction_has_its_mark),
		cmocka_unit_test(a_mark_of_its_own_is_the_tunnels_reqid),
		cmocka_unit_test(the_sender_shapes_the_outer_header_and_the_receiver_the_inner),
		cmocka_unit_test(transport_mode_is_the_child_sas),
		cmocka_unit_test(trap_stands_in_the_place_of_the_outbound_policy),
		cmocka_unit_test(policy_of_a_tunnel_in_udp_is_not_the_cards),
	};

	return sas_run(tests);
}
