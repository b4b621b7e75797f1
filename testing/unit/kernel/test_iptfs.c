/* SPDX-License-Identifier: Apache-2.0 */
/* The messages, and the probe with a kernel that this file plays (xfrm_converse() below stands in
 * the place of the one in converse.c). */
#include "unit/test.h"
#include <errno.h>
#include "unit/kernel/messages.h"

#define HEADER sizeof(struct xfrm_usersa_info)

static struct {
	int refuses; /* errno for the SA */
	int hides;   /* errno when it is asked for */
	bool plain;  /* it takes it for something else */
	bool standing;
} world;

static int show(const struct nlmsghdr *question, struct answer *answer)
{
	struct kernel_sa sa = gcm_sa(0x1000);

	(void)question;
	sa.iptfs.on = !world.plain;
	(void)xfrm_sa_add_encode(answer->found, &sa);
	return world.hides;
}

int xfrm_converse(int fd, uint32_t *sequence, struct nlmsghdr *message, uint16_t flags,
		  struct answer *answer)
{
	(void)fd;
	(void)flags;
	++*sequence;
	if (message->nlmsg_type == XFRM_MSG_GETSA)
		return show(message, answer);
	if (message->nlmsg_type == XFRM_MSG_NEWSA && world.refuses != 0)
		return world.refuses;
	world.standing = message->nlmsg_type == XFRM_MSG_NEWSA;
	return 0;
}

static int probe(int refuses, int hides, bool plain)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	uint32_t sequence = 0;
	int error;

	world.refuses = refuses;
	world.hides = hides;
	world.plain = plain;
	sa.iptfs.on = true;
	error = xfrm_iptfs_probe(-1, &sequence, &sa);
	assert_false(world.standing);
	return error;
}

static void who_shows_the_parameters_has_it(void **state)
{
	(void)state;
	assert_int_equal(probe(0, 0, false), 0);
	assert_int_equal(probe(EINVAL, 0, false), EINVAL);
	assert_int_equal(probe(0, ESRCH, false), ESRCH);
	assert_int_equal(probe(0, 0, true), EOPNOTSUPP);
}

static struct kernel_sa tfs_sa(enum kernel_direction direction)
{
	struct kernel_sa sa = gcm_sa(0x1000);

	sa.direction = (uint8_t)direction;
	sa.iptfs = (struct kernel_iptfs){ .on = true,
					  .whole = true,
					  .reorder_window = 7,
					  .drop_time = 1000000,
					  .init_delay = 250,
					  .queue_bytes = 65536,
					  .packet_size = 1400 };
	return sa;
}

static uint64_t number(const struct nlmsghdr *message, uint16_t type, size_t len)
{
	struct span value = attribute(message, HEADER, type);
	uint64_t number = 0;

	assert_int_equal(value.len, len);
	memcpy(&number, value.ptr, len); /* of a little-endian machine */
	return number;
}

static bool has(const struct nlmsghdr *message, uint16_t type)
{
	return xfrm_attribute_find(message, HEADER, type, 0) != NULL;
}

static uint8_t mode_of(const struct nlmsghdr *message)
{
	struct xfrm_usersa_info info;

	memcpy(&info, mnl_nlmsg_get_payload(message), sizeof info);
	return info.mode;
}

/* Linux refuses what belongs to the other direction. */
static void assert_out(const struct nlmsghdr *message)
{
	assert_int_equal(mode_of(message), 5);
	assert_int_equal(number(message, 33, 1), 2);
	assert_true(has(message, 38));
	assert_int_equal(number(message, 39, 4), 250);
	assert_int_equal(number(message, 40, 4), 65536);
	assert_int_equal(number(message, 41, 4), 1400);
	assert_false(has(message, 36) || has(message, 37));
}

static void assert_in(const struct nlmsghdr *message)
{
	assert_int_equal(mode_of(message), 5);
	assert_int_equal(number(message, 33, 1), 1);
	assert_int_equal(number(message, 36, 4), 1000000);
	assert_int_equal(number(message, 37, 2), 7);
	for (uint16_t type = 38; type <= 41; type++)
		assert_false(has(message, type));
}

static void each_direction_has_its_own_parameters(void **state)
{
	struct message at;
	struct kernel_sa in = tfs_sa(KERNEL_IN), out = tfs_sa(KERNEL_OUT), plain = gcm_sa(0x1000);

	(void)state;
	assert_in(xfrm_sa_add_encode(at.bytes, &in));
	assert_out(xfrm_sa_add_encode(at.bytes, &out));
	out.iptfs.whole = false;
	assert_false(has(xfrm_sa_add_encode(at.bytes, &out), 38));
	assert_int_equal(mode_of(xfrm_sa_add_encode(at.bytes, &plain)), XFRM_MODE_TUNNEL);
	assert_false(has(xfrm_sa_add_encode(at.bytes, &plain), 33));
}

/* With a direction, what sends may have no replay window, ESN or not. */
static void an_outbound_sa_has_no_replay_window(void **state)
{
	struct message at;
	struct kernel_sa sa = tfs_sa(KERNEL_OUT);
	struct xfrm_replay_state_esn esn;
	struct span value;

	(void)state;
	sa.esn = true;
	sa.replay_window = 32;
	value = attribute(xfrm_sa_add_encode(at.bytes, &sa), HEADER, XFRMA_REPLAY_ESN_VAL);
	assert_int_equal(value.len, sizeof esn);
	memcpy(&esn, value.ptr, sizeof esn);
	assert_int_equal(esn.replay_window, 0);
	assert_int_equal(esn.bmp_len, 0);
	sa.direction = KERNEL_IN;
	value = attribute(xfrm_sa_add_encode(at.bytes, &sa), HEADER, XFRMA_REPLAY_ESN_VAL);
	memcpy(&esn, value.ptr, sizeof esn);
	assert_int_equal(esn.replay_window, 32);
}

static void its_policies_want_that_mode(void **state)
{
	struct message at;
	struct kernel_policy policy = out_policy();
	struct xfrm_user_tmpl value;
	struct span templates;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		policy.iptfs = i == 1;
		templates = attribute(xfrm_policy_set_encode(at.bytes, &policy, 0),
				      sizeof(struct xfrm_userpolicy_info), XFRMA_TMPL);
		memcpy(&value, templates.ptr, sizeof value);
		assert_int_equal(value.mode, i == 1 ? 5 : XFRM_MODE_TUNNEL);
		assert_memory_equal(&value.saddr.a4, policy.tunnel_src.bytes, 4);
	}
}

static void a_move_takes_all_of_it_along(void **state)
{
	struct message found, made;
	struct kernel_sa sas[2] = { tfs_sa(KERNEL_OUT), tfs_sa(KERNEL_IN) };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct kernel_request request = { .op = KERNEL_SA_MOVE, .sa = sas[i] };
		request.to.src = address("192.0.2.9");
		request.to.dst = address("192.0.2.10");
		sas[i].esn = true; /* for a replay state in the message */
		sas[i].replay_window = 32;
		struct nlmsghdr *new = xfrm_move_encode(
			made.bytes, xfrm_sa_add_encode(found.bytes, &sas[i]), &request);
		assert_non_null(new);
		(i == 0 ? assert_out : assert_in)(new);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_shows_the_parameters_has_it),
		cmocka_unit_test(each_direction_has_its_own_parameters),
		cmocka_unit_test(an_outbound_sa_has_no_replay_window),
		cmocka_unit_test(its_policies_want_that_mode),
		cmocka_unit_test(a_move_takes_all_of_it_along),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
