/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <errno.h>
#include "base/arena.h"
#include "unit/kernel/sim_fixture.h"

static void an_sa_is_shown_as_it_was_given_without_keys(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = cbc_sa(0x1000);
	struct simulated_sa shown;
	sa.mode = KERNEL_TRANSPORT;
	sa.direction = KERNEL_IN;
	sa.selector_src = service("192.0.2.1", IPPROTO_TCP, 80, 80);
	sa.selector_dst = subnet("192.0.2.2");
	sa.selector_dst.protocol = IPPROTO_TCP;
	sa.esn = true, sa.replay_window = 128;
	sa.encap = (struct kernel_encap){ 4500, 61000 };
	sa.soft_bytes = 1, sa.hard_bytes = 2, sa.soft_packets = 3, sa.hard_packets = 4;
	sa.soft_seconds = 5, sa.hard_seconds = 6;
	sa.if_id = 7;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_true(kernel_simulated_find_sa(pair->left.kernel, &sa.dst, 0x1000, &shown));
	sa.encr_key = sa.integ_key = SPAN_NONE;
	assert_true(selector_equal(&shown.sa.selector_src, &sa.selector_src));
	assert_true(ip_equal(&shown.sa.src, &sa.src));
	assert_int_equal(shown.sa.reqid, sa.reqid);
	assert_int_equal(shown.sa.mode, KERNEL_TRANSPORT);
	assert_int_equal(shown.sa.direction, KERNEL_IN);
	assert_int_equal(shown.sa.encr, ENCR_AES_CBC);
	assert_int_equal(shown.sa.integ, INTEG_HMAC_SHA2_256_128);
	assert_true(shown.sa.esn);
	assert_int_equal(shown.sa.replay_window, 128);
	assert_int_equal(shown.sa.encap.remote_port, 61000);
	assert_int_equal(shown.sa.hard_packets, 4);
	assert_int_equal(shown.sa.soft_seconds, 5);
	assert_int_equal(shown.sa.if_id, 7);
	assert_null(shown.sa.encr_key.ptr);
}

static void key_checks_agree_across_kernels_and_differ_by_key(void **state)
{
	struct kernel_sa a = cbc_sa(0x1000), b = cbc_sa(0x2000);
	(void)state;
	assert_true(sim_sad_key_check(&a) == sim_sad_key_check(&b));
	b.integ_key.ptr = key_bytes + 1;
	assert_true(sim_sad_key_check(&a) != sim_sad_key_check(&b));
	b = cbc_sa(0x2000);
	b.encr_key.ptr = key_bytes + 1;
	assert_true(sim_sad_key_check(&a) != sim_sad_key_check(&b));
	b = cbc_sa(0x2000);
	b.esn = true;
	assert_true(sim_sad_key_check(&a) != sim_sad_key_check(&b));
}

static void destination_spi_and_protocol_make_the_identity(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = cbc_sa(0x1000);
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(add_sa(&pair->left, sa), EEXIST);
	sa.src = address("192.0.2.77");
	assert_int_equal(add_sa(&pair->left, sa), EEXIST);
	sa.protocol = PROTOCOL_AH;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	sa.spi = 0x1001;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	sa.dst = address("192.0.2.3");
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(sim_sad_delete(pair->left.sim, &sa), 0);
	assert_int_equal(sim_sad_delete(pair->left.sim, &sa), ESRCH);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 3);
}

static void seconds_expire_softly_then_hard_in_virtual_time(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.soft_seconds = 10, sa.hard_seconds = 15;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_true(kernel_simulated_next(pair->left.kernel) ==
		    pair->left.host.now + 10 * USEC_PER_SEC);
	pair_advance(pair, 9);
	assert_int_equal(pair->left.count, 0);
	pair_advance(pair, 1);
	assert_int_equal(pair->left.count, 1);
	assert_int_equal(pair->left.events[0].type, KERNEL_EXPIRE);
	assert_int_equal(pair->left.events[0].spi, 0x1000);
	assert_int_equal(pair->left.events[0].reqid, REQID);
	assert_false(pair->left.events[0].hard);
	pair_advance(pair, 5);
	assert_int_equal(pair->left.count, 2);
	assert_true(pair->left.events[1].hard);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 0);
	assert_true(kernel_simulated_next(pair->left.kernel) == USEC_NEVER);
}

static void a_hard_lifetime_alone_is_said_once(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.soft_seconds = 20, sa.hard_seconds = 15;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	pair_advance(pair, 60);
	assert_int_equal(pair->left.count, 1);
	assert_true(pair->left.events[0].hard);
}

static void a_deleted_sa_expires_no_more(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.soft_seconds = 10;
	assert_int_equal(add_sa(&pair->left, sa), 0);
	assert_int_equal(sim_sad_delete(pair->left.sim, &sa), 0);
	pair_advance(pair, 60);
	assert_int_equal(pair->left.count, 0);
}

static void no_allocation_that_fails_leaves_half_an_sa(void **state)
{
	struct pair *pair = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	unsigned failures = 0;
	sa.soft_seconds = 10, sa.if_id = 1;
	for (uint64_t n = 1; n < 10; n++) {
		mem_fail_nth(n);
		int error = add_sa(&pair->left, sa);
		mem_fail_nth(0);
		if (error == 0)
			break;
		failures++;
		assert_int_equal(error, ENOMEM);
		assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 0);
		assert_true(kernel_simulated_next(pair->left.kernel) == USEC_NEVER);
	}
	assert_in_range(failures, 2, 8);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 1);
}

/* The bound that load measurements rely on; tables grow to at most two pointers an entry each. */
static void a_hundred_thousand_sas_stay_small_and_quick(void **state)
{
	struct pair *pair = *state;
	for (uint32_t i = 0; i < 100000; i++) {
		struct kernel_sa sa = gcm_sa(0x1000 + i);
		sa.reqid = REQID + i / 2;
		sa.soft_seconds = 3600 + i % 600;
		assert_int_equal(add_sa(&pair->left, sa), 0);
	}
	size_t slots = (pair->left.sim->by_spi.slot_count + pair->left.sim->by_reqid.slot_count) *
		       sizeof(void *);
	size_t heap = pair->left.sim->timers.cap * sizeof(void *);
	assert_in_range(sizeof(struct sad_sa) + (slots + heap) / 100000, 100, 212);
	assert_int_equal(sim_sad_flush(pair->left.sim, NULL), 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(an_sa_is_shown_as_it_was_given_without_keys),
		PAIR_TEST(key_checks_agree_across_kernels_and_differ_by_key),
		PAIR_TEST(destination_spi_and_protocol_make_the_identity),
		PAIR_TEST(seconds_expire_softly_then_hard_in_virtual_time),
		PAIR_TEST(a_hard_lifetime_alone_is_said_once),
		PAIR_TEST(a_deleted_sa_expires_no_more),
		PAIR_TEST(no_allocation_that_fails_leaves_half_an_sa),
		PAIR_TEST(a_hundred_thousand_sas_stay_small_and_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
