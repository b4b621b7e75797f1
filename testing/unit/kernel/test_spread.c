/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "unit/kernel/fake_host.h"
#include "unit/kernel/messages.h"
#include "unit/kernel/namespace.h"

static struct kernel_policy policy_to(const char *remote, unsigned number)
{
	struct kernel_policy policy = out_policy();
	policy.dst = subnet(remote);
	if (policy.dst.range.from.family == AF_INET) {
		policy.dst.range.from.bytes[1] = policy.dst.range.to.bytes[1] =
			(uint8_t)(number / 250);
		policy.dst.range.from.bytes[2] = policy.dst.range.to.bytes[2] =
			(uint8_t)(number % 250);
	} else {
		policy.src = subnet("2001:db8::/32");
		policy.tunnel_src = address("2001:db8::1");
		policy.tunnel_dst = address("2001:db8::2");
	}
	return policy;
}

static void note_many(struct xfrm_spread *spread, const char *remote, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct kernel_policy policy = policy_to(remote, i);
		xfrm_spread_note(spread, &policy);
	}
}

static void most_policies_length_becomes_the_threshold(void **state)
{
	struct xfrm_spread spread;
	(void)state;
	xfrm_spread_init(&spread);
	note_many(&spread, "10.0.0.0/24", 511);
	assert_false(spread.due);
	note_many(&spread, "10.0.0.0/24", 1);
	assert_true(spread.due);
	assert_int_equal(spread.v4.remote, 24);
	assert_int_equal(spread.v6.remote, 128);
	spread.due = false;
	note_many(&spread, "10.0.0.0/24", 5000);
	assert_false(spread.due); /* it is so already */
	note_many(&spread, "10.0.0.7/32", 5000);
	assert_true(spread.due); /* others now */
	assert_int_equal(spread.v4.remote, 32);
	note_many(&spread, "2001:db8:1::/48", 512);
	assert_int_equal(spread.v6.remote, 48);
}

static void lengths_that_say_nothing_change_nothing(void **state)
{
	struct xfrm_spread spread;
	struct kernel_policy inbound = in_policy(KERNEL_IN);
	(void)state;
	xfrm_spread_init(&spread);
	note_many(&spread, "0.0.0.0/0", 2000); /* all would be in one slot */
	note_many(&spread, "::/0", 2000);
	for (unsigned i = 0; i < 2000; i++)
		xfrm_spread_note(&spread, &inbound);
	assert_false(spread.due || spread.changed);
	xfrm_spread_init(&spread);
	for (unsigned i = 0; i < 2000; i++) { /* no majority */
		note_many(&spread, "10.0.0.0/24", 1);
		note_many(&spread, "10.0.0.0/28", 1);
		note_many(&spread, "10.0.0.9/32", 1);
	}
	assert_false(spread.due);
}

static void message_leaves_the_local_side_out(void **state)
{
	struct xfrm_spread spread;
	struct message message;
	struct nlmsghdr *header;
	(void)state;
	xfrm_spread_init(&spread);
	spread.v4.remote = 24;
	header = xfrm_spread_encode(message.bytes, &spread);
	assert_int_equal(header->nlmsg_type, XFRM_MSG_NEWSPDINFO);
	assert_memory_equal(attribute(header, 4, XFRMA_SPD_IPV4_HTHRESH).ptr, "\x00\x18", 2);
	assert_memory_equal(attribute(header, 4, XFRMA_SPD_IPV6_HTHRESH).ptr, "\x80\x80", 2);
}

/* ---- with a kernel ---- */

static void thresholds_are(const char *expected)
{
	char text[512] = "";
	FILE *pipe = popen("ip -s -s xfrm policy count 2>/dev/null", "r");
	assert_non_null(pipe);
	assert_true(fread(text, 1, sizeof text - 1, pipe) > 0);
	(void)pclose(pipe);
	if (strstr(text, expected) == NULL)
		fail_msg("not \"%s\" but: %s", expected, text);
}

static void linux_has_the_threshold_until_we_end(void **state)
{
	const char *reason = namespace_enter();
	struct fake_host fake;
	struct kernel *kernel;
	struct diag diag;
	(void)state;
	fake_host_init(&fake);
	if (reason != NULL || kernel_xfrm_new(&fake.host, NULL, &kernel, &diag) != RC_OK)
		skip();
	for (unsigned i = 0; i < 600; i++) {
		struct counted set = policy_request(KERNEL_POLICY_SET, policy_to("10.0.0.0/24", i));
		kernel->ops->submit(kernel, &set.request);
		assert_int_equal(kernel->ops->drain(kernel, USEC_PER_SEC), RC_OK);
		assert_int_equal(set.request.rc, RC_OK);
		fake_turn(&fake);
	}
	thresholds_are("IPv4 thresholds: local 0 remote 24");
	kernel->ops->free(kernel);
	thresholds_are("IPv4 thresholds: local 32 remote 32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_policies_length_becomes_the_threshold),
		cmocka_unit_test(lengths_that_say_nothing_change_nothing),
		cmocka_unit_test(message_leaves_the_local_side_out),
		cmocka_unit_test(linux_has_the_threshold_until_we_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
