/* SPDX-License-Identifier: Apache-2.0 */
/* Two simulated kernels, left (192.0.2.1, behind it 10.1/16) and right (192.0.2.2, 10.2/16). */
#ifndef VANTH_TEST_KERNEL_SIM_FIXTURE_H
#define VANTH_TEST_KERNEL_SIM_FIXTURE_H

#include <stdlib.h>
#include "kernel/simulated/simulated.h"
#include "unit/kernel/fake_host.h"
#include "unit/kernel/objects.h"

#define EVENTS_MAX 16
struct side {
	struct fake_host host;
	struct kernel *kernel;
	struct simulated *sim;
	struct kernel_event events[EVENTS_MAX];
	unsigned count;
};
struct pair {
	struct side left, right;
};

static inline void note_event(void *context, const struct kernel_event *event)
{
	struct side *side = context;
	if (side->count < EVENTS_MAX)
		side->events[side->count] = *event;
	side->count++;
}

static inline int side_make(struct side *side)
{
	fake_host_init(&side->host);
	if (kernel_simulated_new(&side->host.host, &side->kernel) != RC_OK)
		return -1;
	side->sim = simulated_of(side->kernel);
	side->kernel->on_event = note_event;
	side->kernel->context = side;
	return 0;
}

static inline int pair_setup(void **state)
{
	struct pair *pair = calloc(1, sizeof *pair);
	*state = pair;
	pair->right.host.random = 43;
	return side_make(&pair->left) | side_make(&pair->right);
}

static inline int pair_teardown(void **state)
{
	struct pair *pair = *state;
	kernel_free(pair->left.kernel);
	kernel_free(pair->right.kernel);
	free(pair);
	return 0;
}

static inline void pair_advance(struct pair *pair, unsigned seconds)
{
	pair->left.host.now += seconds * USEC_PER_SEC;
	pair->right.host.now += seconds * USEC_PER_SEC;
	kernel_simulated_tick(pair->left.kernel);
	kernel_simulated_tick(pair->right.kernel);
	fake_turn(&pair->left.host);
	fake_turn(&pair->right.host);
}

static inline int add_sa(struct side *side, struct kernel_sa sa)
{
	return sim_sad_add(side->sim, &sa, sim_sad_key_check(&sa));
}

static inline int set_policy(struct side *side, struct kernel_policy policy)
{
	return sim_spd_set(side->sim, &policy);
}

/* A tunnel from left to right, one direction. */
static inline void pair_connect(struct pair *pair, uint32_t spi)
{
	struct kernel_sa in = gcm_sa(spi);
	in.direction = KERNEL_IN;
	in.reqid = REQID + 1; /* reqids are each side's own */
	struct kernel_policy fwd = in_policy(KERNEL_FWD), local = in_policy(KERNEL_IN);
	fwd.reqid = local.reqid = REQID + 1;
	assert_int_equal(add_sa(&pair->left, gcm_sa(spi)), 0);
	assert_int_equal(set_policy(&pair->left, out_policy()), 0);
	assert_int_equal(add_sa(&pair->right, in), 0);
	assert_int_equal(set_policy(&pair->right, fwd), 0);
	assert_int_equal(set_policy(&pair->right, local), 0);
}

/* UDP from 10.1.0.5:777 to 10.2.0.7:port. */
static inline enum simulated_verdict pair_packet(struct pair *pair, uint16_t port, size_t bytes)
{
	struct selector src = service("10.1.0.5", IPPROTO_UDP, 777, 777);
	struct selector dst = service("10.2.0.7", IPPROTO_UDP, port, port);
	return kernel_simulated_packet(pair->left.kernel, pair->right.kernel, &src, &dst, bytes);
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

#endif
