/* SPDX-License-Identifier: Apache-2.0 */
/* What every backend must do. The file that includes this defines suite_kernel(), which makes a
 * backend on the fake host, and says with suite_has_esp whether SAs can be made (a kernel without
 * ESP still has policies). */
#ifndef VANTH_TEST_KERNEL_SUITE_H
#define VANTH_TEST_KERNEL_SUITE_H

#include <errno.h>
#include <stdlib.h>
#include "kernel/algorithms.h"
#include "unit/kernel/fake_host.h"
#include "unit/kernel/objects.h"

static bool suite_has_esp = true;
static enum rc suite_kernel(struct host *host, struct kernel **out);

struct suite {
	struct fake_host host;
	struct kernel *kernel;
	struct kernel_event last;
	unsigned events;
};

static void suite_event(void *context, const struct kernel_event *event)
{
	struct suite *suite = context;
	suite->last = *event;
	suite->events++;
}

static int suite_setup(void **state)
{
	struct suite *suite = calloc(1, sizeof *suite);
	unsigned removed;
	struct diag diag;
	fake_host_init(&suite->host);
	if (suite_kernel(&suite->host.host, &suite->kernel) != RC_OK)
		return -1;
	suite->kernel->on_event = suite_event;
	suite->kernel->context = suite;
	if (suite->kernel->ops->remove_stale(suite->kernel, &removed, &diag) != RC_OK)
		return -1;
	*state = suite;
	return 0;
}

static int suite_teardown(void **state)
{
	struct suite *suite = *state;
	unsigned removed;
	struct diag diag;
	if (suite->kernel->ops->remove_stale(suite->kernel, &removed, &diag) != RC_OK)
		return -1;
	kernel_free(suite->kernel);
	free(suite);
	return 0;
}

static void submit(struct suite *suite, struct counted *counted)
{
	suite->kernel->ops->submit(suite->kernel, &counted->request);
}

/* Submits, ends the turn, and returns the answer. */
static enum rc ask(struct suite *suite, struct counted *counted)
{
	counted->answers = 0;
	submit(suite, counted);
	assert_int_equal(counted->answers, 0);
	fake_turn(&suite->host);
	assert_int_equal(counted->answers, 1);
	return counted->request.rc;
}

static enum rc ask_sa(struct suite *suite, enum kernel_op op, struct kernel_sa sa)
{
	struct counted counted = sa_request(op, sa);
	enum rc rc = ask(suite, &counted);
	if (rc != RC_OK && rc != RC_EXISTS && rc != RC_NOT_FOUND)
		print_message("%s\n", counted.request.diag.text);
	return rc;
}

static enum rc ask_policy(struct suite *suite, enum kernel_op op, struct kernel_policy policy)
{
	struct counted counted = policy_request(op, policy);
	enum rc rc = ask(suite, &counted);
	if (rc != RC_OK)
		print_message("%s\n", counted.request.diag.text);
	return rc;
}

static unsigned stale(struct suite *suite)
{
	unsigned removed = 0;
	struct diag diag;
	assert_int_equal(suite->kernel->ops->remove_stale(suite->kernel, &removed, &diag), RC_OK);
	return removed;
}

#define NEEDS_ESP()                                                                                \
	do {                                                                                       \
		if (!suite_has_esp)                                                                \
			skip();                                                                    \
	} while (0)

/* ---- SAs ---- */

static void an_added_sa_is_there_until_deleted(void **state)
{
	NEEDS_ESP();
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask_sa(*state, KERNEL_SA_DELETE, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, gcm_sa(0x1000)), RC_NOT_FOUND);
}

static void deleting_a_missing_sa_is_fine(void **state)
{
	assert_int_equal(ask_sa(*state, KERNEL_SA_DELETE, gcm_sa(0x2000)), RC_OK);
}

static void an_spi_in_use_is_refused_as_existing(void **state)
{
	NEEDS_ESP();
	struct kernel_sa elsewhere = gcm_sa(0x1000);
	elsewhere.dst = address("192.0.2.3");
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_EXISTS);
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, elsewhere), RC_OK);
}

static void a_new_sa_has_counted_nothing(void **state)
{
	NEEDS_ESP();
	struct counted query = sa_request(KERNEL_SA_QUERY, gcm_sa(0x1000));
	memset(&query.request.counters, 0xff, sizeof query.request.counters);
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask(*state, &query), RC_OK);
	assert_int_equal(query.request.counters.bytes, 0);
	assert_int_equal(query.request.counters.packets, 0);
	assert_int_equal(query.request.counters.used_at, 0);
	assert_int_equal(query.request.counters.replay_errors, 0);
	assert_int_equal(query.request.counters.integrity_failures, 0);
}

static void every_supported_algorithm_makes_an_sa(void **state)
{
	NEEDS_ESP();
	struct suite *suite = *state;
	uint32_t spi = 0x3000;
	for (unsigned i = 0; i < kernel_algorithm_encr_count; i++)
		for (unsigned j = 0; j < 3; j++) {
			const struct algorithm_encr *encr = &kernel_algorithm_encrs[i];
			struct kernel_sa sa = cbc_sa(++spi);
			if (j > 0 && encr->bits[j] == 0)
				continue;
			sa.encr = encr->id;
			sa.encr_bits = encr->bits[j];
			sa.encr_key.len = (size_t)kernel_algorithm_key_bytes(encr, encr->bits[j]);
			if (encr->icv_bits != 0) {
				sa.integ = INTEG_NONE;
				sa.integ_key = SPAN_NONE;
			}
			if (suite->kernel->ops->supports(suite->kernel, sa.encr, sa.encr_bits,
							 sa.integ))
				assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
			else {
				print_message("not in this kernel: %s\n", encr->name);
				assert_int_not_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
			}
		}
}

static void every_supported_integrity_makes_an_sa(void **state)
{
	NEEDS_ESP();
	struct suite *suite = *state;
	for (unsigned i = 0; i < kernel_algorithm_integ_count; i++) {
		struct kernel_sa sa = cbc_sa(0x4000 + i);
		sa.integ = kernel_algorithm_integs[i].id;
		sa.integ_key.len = kernel_algorithm_integs[i].key_bits / 8u;
		bool there = suite->kernel->ops->supports(suite->kernel, sa.encr, sa.encr_bits,
							  sa.integ);
		assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa) == RC_OK, there);
	}
}

static void what_rfc8221_demands_is_supported(void **state)
{
	NEEDS_ESP();
	struct suite *suite = *state;
	const struct kernel_ops *ops = suite->kernel->ops;
	assert_true(ops->supports(suite->kernel, ENCR_AES_GCM_16, 128, INTEG_NONE));
	assert_true(ops->supports(suite->kernel, ENCR_AES_GCM_16, 256, INTEG_NONE));
	assert_true(ops->supports(suite->kernel, ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_256_128));
	assert_false(ops->supports(suite->kernel, ENCR_AES_GCM_16, 200, INTEG_NONE));
	assert_false(ops->supports(suite->kernel, 99, 128, INTEG_NONE));
	assert_false(ops->supports(suite->kernel, ENCR_AES_CBC, 256, 99));
}

static void a_key_of_the_wrong_size_is_refused(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.encr_key.len = 32; /* without the salt */
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_RANGE);
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, sa), RC_NOT_FOUND);
}

static void an_sa_may_shape_the_headers_of_its_tunnel(void **state)
{
	NEEDS_ESP();
	struct kernel_sa sa = gcm_sa(0x4800);
	sa.hide_dscp = sa.fragments = sa.restore_dscp = true;
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
}

static void replay_windows_and_esn_of_all_sizes_work(void **state)
{
	NEEDS_ESP();
	static const uint16_t windows[] = { 0, 1, 32, 33, 64, 128, 1000, 2048, 4096 };
	for (unsigned i = 0; i < 2 * sizeof windows / sizeof windows[0]; i++) {
		struct kernel_sa sa = gcm_sa(0x5000 + i);
		sa.direction = i % 3 ? KERNEL_IN : KERNEL_OUT;
		sa.replay_window = windows[i / 2];
		sa.esn = i % 2;
		assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
	}
	struct kernel_sa sa = gcm_sa(0x6000);
	sa.replay_window = 4097;
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_RANGE);
}

static void sas_take_every_option_at_once(void **state)
{
	NEEDS_ESP();
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.encap = (struct kernel_encap){ 4500, 61234 };
	sa.soft_bytes = 1000, sa.hard_bytes = 2000, sa.soft_packets = 10, sa.hard_packets = 20;
	sa.soft_seconds = 3000, sa.hard_seconds = 3600;
	sa.mark = 5, sa.mark_mask = 0xff, sa.if_id = 9;
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, sa), RC_OK);
	struct kernel_sa unmarked = sa;
	unmarked.mark = unmarked.mark_mask = 0;
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, unmarked), RC_NOT_FOUND);
	assert_int_equal(ask_sa(*state, KERNEL_SA_DELETE, sa), RC_OK);
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, sa), RC_NOT_FOUND);
}

static void transport_mode_and_ipv6_make_sas(void **state)
{
	NEEDS_ESP();
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.src = address("2001:db8::1");
	sa.dst = address("2001:db8::2");
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
	sa = gcm_sa(0x1001);
	sa.mode = KERNEL_TRANSPORT;
	sa.selector_src = service("192.0.2.1", IPPROTO_TCP, 80, 80);
	sa.selector_dst = service("192.0.2.2", IPPROTO_TCP, 0, UINT16_MAX);
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
}

static void no_card_means_software_or_a_refusal(void **state)
{
	struct suite *suite = *state;
	struct counted must = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted may = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	if (!suite_has_esp)
		skip();
	must.request.sa.offload = KERNEL_OFFLOAD_CRYPTO;
	assert_int_equal(ask(suite, &must), RC_KERNEL);
	assert_int_equal(must.request.error, EOPNOTSUPP);
	assert_non_null(strstr(must.request.diag.text, "nic-offload=auto"));
	assert_int_equal(ask_sa(suite, KERNEL_SA_QUERY, gcm_sa(0x1000)), RC_NOT_FOUND);
	may.request.sa.offload = KERNEL_OFFLOAD_AUTO;
	assert_int_equal(ask(suite, &may), RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_QUERY, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_DELETE, gcm_sa(0x1000)), RC_OK);
}

/* It comes, moves and goes. */
static void assert_lives(struct suite *suite, struct kernel_sa sa)
{
	struct counted move = sa_request(KERNEL_SA_MOVE, sa);
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, sa), RC_OK);
	move.request.to.src = sa.src = address("192.0.2.11");
	move.request.to.dst = sa.dst = address("192.0.2.12");
	assert_int_equal(ask(suite, &move), RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_QUERY, sa), RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_DELETE, sa), RC_OK);
}

static void iptfs_is_there_or_told_to_be_missing(void **state)
{
	struct suite *suite = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	bool there = suite->kernel->ops->lacks(suite->kernel, KERNEL_HAS_IPTFS) == 0;
	if (!suite_has_esp)
		skip();
	print_message("this kernel has %sIP-TFS\n", there ? "" : "no ");
	for (unsigned i = 0; there && i < 4; i++) {
		sa.iptfs = (struct kernel_iptfs){ .on = true, .queue_bytes = 100000 };
		sa.direction = i < 2 ? KERNEL_OUT : KERNEL_IN;
		sa.iptfs.whole = i == 0;
		sa.esn = i % 2 == 1;
		sa.replay_window = i < 2 && !sa.esn ? 0 : 64;
		assert_lives(suite, sa);
	}
	sa.iptfs.on = true;
	sa.mode = KERNEL_TRANSPORT;
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, sa), RC_UNSUPPORTED);
}

static void an_ah_sa_needs_integrity_only(void **state)
{
	struct kernel_sa sa = cbc_sa(0x1000);
	sa.protocol = PROTOCOL_AH;
	sa.integ = INTEG_NONE;
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_UNSUPPORTED);
}

static struct kernel_sa zip_sa(uint16_t cpi)
{
	struct kernel_sa sa = gcm_sa(cpi);
	sa.protocol = KERNEL_IPCOMP;
	sa.encr = ENCR_NONE;
	sa.encr_bits = 0;
	sa.encr_key.len = 0;
	return sa;
}

static void ipcomp_goes_beside_the_sa_around_it(void **state)
{
	struct suite *suite = *state;
	struct kernel_sa zip = zip_sa(777), esp = gcm_sa(0x1000);
	struct kernel_policy policy = out_policy();
	if (suite->kernel->ops->lacks(suite->kernel, KERNEL_HAS_IPCOMP) != 0)
		skip();
	esp.compressed = true;
	policy.compress = true;
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, zip), RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, esp), RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, zip), RC_EXISTS);
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, policy), RC_OK);
	policy.direction = KERNEL_IN;
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, policy), RC_OK);
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_DELETE, policy), RC_OK);
	zip.spi = 0x10000;
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, zip), RC_RANGE);
	zip = zip_sa(777);
	assert_int_equal(ask_sa(suite, KERNEL_SA_DELETE, zip), RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_QUERY, zip), RC_NOT_FOUND);
	policy.tunnel_src = address("2001:db8::1");
	policy.tunnel_dst = address("2001:db8::2");
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, policy), RC_UNSUPPORTED);
}

/* ---- policies ---- */

static void a_policy_can_be_set_twice_and_deleted_twice(void **state)
{
	struct kernel_policy policy = out_policy();
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK);
	policy.tunnel_dst = address("192.0.2.9");
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_DELETE, policy), RC_OK);
	assert_int_equal(stale(*state), 0);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_DELETE, policy), RC_OK);
}

static void directions_marks_and_if_ids_are_different_policies(void **state)
{
	struct kernel_policy policies[] = { out_policy(), in_policy(KERNEL_IN),
					    in_policy(KERNEL_FWD), out_policy(), out_policy() };
	policies[3].mark = 1, policies[3].mark_mask = 0xf;
	policies[4].if_id = 3;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policies[i]), RC_OK);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_DELETE, policies[3]), RC_OK);
	assert_int_equal(stale(*state), 4);
}

static void policies_of_every_shape_are_taken(void **state)
{
	struct kernel_policy policy = out_policy();
	unsigned count = 0;
	policy.src = service("10.1.0.0/16", IPPROTO_TCP, 0, UINT16_MAX);
	policy.dst = service("10.2.0.7", IPPROTO_TCP, 443, 443);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++;
	policy.dst = service("10.2.0.7", IPPROTO_TCP, 1024, 2047); /* a mask */
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++;
	policy.src = service("10.1.0.0/16", IPPROTO_TCP, UINT16_MAX, 0); /* OPAQUE */
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++;
	policy.src = service("10.1.0.0/16", IPPROTO_ICMP, 8 << 8, 8 << 8 | 255); /* echo request */
	policy.dst = service("10.2.0.0/16", IPPROTO_ICMP, 8 << 8, 8 << 8 | 255);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++;
	policy = out_policy();
	policy.src = subnet("2001:db8:1::/48");
	policy.dst = subnet("::/0");
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++; /* 6in4 */
	policy.tunnel_src = address("2001:db8::1");
	policy.tunnel_dst = address("2001:db8::2");
	policy.src = subnet("10.1.0.0/16");
	policy.dst = subnet("10.2.0.0/16");
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++; /* 4in6 */
	policy = in_policy(KERNEL_IN);
	policy.mode = KERNEL_TRANSPORT;
	policy.tunnel_src = policy.tunnel_dst = (struct ip_addr){ 0 };
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++;
	policy.mode = KERNEL_TUNNEL; /* a trap of an unknown peer */
	policy.direction = KERNEL_FWD;
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_OK), count++;
	assert_int_equal(stale(*state), count);
}

static void what_linux_cannot_match_is_refused_not_widened(void **state)
{
	struct kernel_policy policy = out_policy();
	policy.dst = subnet("10.2.0.1-10.2.0.9");
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_UNSUPPORTED);
	policy.dst = service("10.2.0.0/16", IPPROTO_UDP, 1000, 2000);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_UNSUPPORTED);
	policy.dst = service("10.2.0.0/16", IPPROTO_ICMP, UINT16_MAX, 0); /* OPAQUE */
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_UNSUPPORTED);
	policy.dst = subnet("2001:db8::/32");
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, policy), RC_UNSUPPORTED);
	assert_int_equal(stale(*state), 0);
}

static void stale_objects_are_ours_and_only_ours(void **state)
{
	struct kernel_policy foreign = out_policy(), pass = out_policy(), block = out_policy();
	unsigned ours = 3;
	foreign.reqid = 1234;
	foreign.src = subnet("10.77.0.0/16");
	pass.action = KERNEL_PASS;
	pass.src = subnet("10.3.0.0/16");
	pass.reqid = 0;
	block.action = KERNEL_BLOCK;
	block.src = subnet("10.4.0.0/16");
	block.reqid = 0;
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, foreign), RC_OK);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, out_policy()), RC_OK);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, pass), RC_OK);
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, block), RC_OK);
	if (suite_has_esp) {
		struct kernel_sa other = gcm_sa(0x1001), marked = gcm_sa(0x1002);
		other.reqid = 1234;
		marked.mark = 7, marked.mark_mask = 7;
		assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_OK);
		assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, other), RC_OK);
		assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, marked), RC_OK);
		ours += 2;
	}
	assert_int_equal(stale(*state), ours);
	assert_int_equal(stale(*state), 0);
	if (suite_has_esp) {
		assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, gcm_sa(0x1001)), RC_OK);
		assert_int_equal(ask_sa(*state, KERNEL_SA_DELETE, gcm_sa(0x1001)), RC_OK);
	}
	foreign.reqid = REQID; /* still there: setting replaces it, and then it is ours */
	assert_int_equal(ask_policy(*state, KERNEL_POLICY_SET, foreign), RC_OK);
	assert_int_equal(stale(*state), 1);
}

/* ---- moves ---- */

static struct counted move_request(struct kernel_sa sa, const char *src, const char *dst,
				   uint16_t local_port, uint16_t remote_port)
{
	struct counted counted = sa_request(KERNEL_SA_MOVE, sa);
	counted.request.to.src = address(src);
	counted.request.to.dst = address(dst);
	counted.request.to.encap = (struct kernel_encap){ local_port, remote_port };
	return counted;
}

static struct kernel_sa at_place(struct kernel_sa sa, const struct kernel_place *to)
{
	sa.src = to->src;
	sa.dst = to->dst;
	sa.encap = to->encap;
	return sa;
}

static void an_sa_moves_to_other_addresses_and_back_into_udp(void **state)
{
	NEEDS_ESP();
	static const struct {
		const char *src, *dst;
		uint16_t local, remote;
	} places[] = {
		{ "192.0.2.1", "192.0.2.9", 0, 0 },
		{ "192.0.2.1", "192.0.2.9", 4500, 10001 },
		{ "192.0.2.1", "192.0.2.9", 4500, 10002 },
		{ "192.0.2.7", "192.0.2.9", 4500, 10002 },
		{ "192.0.2.7", "192.0.2.9", 0, 0 },
		{ "2001:db8::1", "2001:db8::2", 0, 0 },
		{ "192.0.2.1", "192.0.2.2", 4500, 10001 },
	};
	for (unsigned direction = KERNEL_IN; direction <= KERNEL_OUT; direction++)
		for (unsigned esn = 0; esn < 2; esn++) {
			struct kernel_sa sa = esn ? gcm_sa(0x1000) : cbc_sa(0x1000);
			sa.esn = esn;
			sa.direction = (uint8_t)direction;
			sa.replay_window = esn ? 128 : 32;
			sa.hard_bytes = 1000000;
			sa.if_id = 3;
			sa.mark = 5, sa.mark_mask = 0xff;
			assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
			for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
				struct counted move =
					move_request(sa, places[i].src, places[i].dst,
						     places[i].local, places[i].remote);
				struct kernel_sa old = sa;
				assert_int_equal(ask(*state, &move), RC_OK);
				sa = at_place(sa, &move.request.to);
				assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, sa), RC_OK);
				if (!ip_equal(&old.dst, &sa.dst))
					assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, old),
							 RC_NOT_FOUND);
			}
			assert_int_equal(ask_sa(*state, KERNEL_SA_DELETE, sa), RC_OK);
			assert_int_equal(stale(*state), 0); /* and nothing stayed anywhere */
		}
}

static void what_is_gone_does_not_move_and_what_is_taken_is_not_taken_over(void **state)
{
	NEEDS_ESP();
	struct kernel_sa other = gcm_sa(0x1000);
	struct counted move = move_request(gcm_sa(0x1000), "192.0.2.1", "192.0.2.9", 0, 0);
	assert_int_equal(ask(*state, &move), RC_NOT_FOUND);
	other.dst = address("192.0.2.9");
	other.reqid++;
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, other), RC_OK);
	assert_int_equal(ask(*state, &move), RC_EXISTS);
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, gcm_sa(0x1000)), RC_OK);
	assert_int_equal(stale(*state), 2);
}

static void transport_mode_moves_between_ports_but_not_addresses(void **state)
{
	NEEDS_ESP();
	struct kernel_sa sa = gcm_sa(0x1000);
	struct counted move;
	sa.mode = KERNEL_TRANSPORT;
	sa.selector_src = subnet("192.0.2.1");
	sa.selector_dst = subnet("192.0.2.2");
	sa.encap = (struct kernel_encap){ 4500, 10001 };
	assert_int_equal(ask_sa(*state, KERNEL_SA_ADD, sa), RC_OK);
	move = move_request(sa, "192.0.2.1", "192.0.2.2", 4500, 10002);
	assert_int_equal(ask(*state, &move), RC_OK);
	move = move_request(sa, "192.0.2.1", "192.0.2.9", 4500, 10002);
	assert_int_equal(ask(*state, &move), RC_UNSUPPORTED);
	assert_int_equal(ask_sa(*state, KERNEL_SA_QUERY, sa), RC_OK);
}

static void a_move_without_owner_happens_in_order(void **state)
{
	NEEDS_ESP();
	struct suite *suite = *state;
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted move = move_request(gcm_sa(0x1000), "192.0.2.1", "192.0.2.9", 0, 0);
	struct kernel_sa moved = at_place(gcm_sa(0x1000), &move.request.to);
	move.request.done = NULL;
	submit(suite, &add);
	submit(suite, &move);
	memset(&move, 0xa5, sizeof move);
	fake_turn(&suite->host);
	assert_int_equal(add.request.rc, RC_OK);
	assert_int_equal(ask_sa(suite, KERNEL_SA_QUERY, moved), RC_OK);
}

/* ---- requests ---- */

static void requests_of_a_turn_are_answered_together_and_in_order(void **state)
{
	struct suite *suite = *state;
	struct counted set = policy_request(KERNEL_POLICY_SET, out_policy());
	struct counted delete = policy_request(KERNEL_POLICY_DELETE, out_policy());
	struct counted again = policy_request(KERNEL_POLICY_SET, out_policy());
	submit(suite, &set);
	submit(suite, &delete);
	submit(suite, &again);
	assert_int_equal(set.answers + delete.answers + again.answers, 0);
	fake_turn(&suite->host);
	assert_int_equal(set.answers, 1);
	assert_int_equal(delete.answers, 1);
	assert_int_equal(again.answers, 1);
	assert_int_equal(stale(suite), 1);
}

static void a_request_without_owner_may_be_forgotten_at_once(void **state)
{
	struct suite *suite = *state;
	struct counted set = policy_request(KERNEL_POLICY_SET, out_policy());
	set.request.done = NULL;
	submit(suite, &set);
	memset(&set, 0xa5, sizeof set);
	fake_turn(&suite->host);
	assert_int_equal(stale(suite), 1);
}

static void keys_may_be_wiped_after_submit(void **state)
{
	NEEDS_ESP();
	struct suite *suite = *state;
	uint8_t key[36] = { 9, 8, 7 };
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	add.request.sa.encr_key = SPAN_OF(key);
	submit(suite, &add);
	memset(key, 0, sizeof key);
	add.request.sa.encr_key = span_make((void *)1, 36);
	fake_turn(&suite->host);
	assert_int_equal(add.request.rc, RC_OK);
}

static void a_cancelled_request_still_happens_unanswered(void **state)
{
	struct suite *suite = *state;
	struct counted before = policy_request(KERNEL_POLICY_DELETE, out_policy());
	struct counted set = policy_request(KERNEL_POLICY_SET, out_policy());
	submit(suite, &before);
	submit(suite, &set);
	suite->kernel->ops->cancel(suite->kernel, &set.request);
	memset(&set.request, 0xa5, sizeof set.request);
	suite->kernel->ops->cancel(suite->kernel, &before.request);
	suite->kernel->ops->cancel(suite->kernel, &before.request); /* harmless */
	fake_turn(&suite->host);
	assert_int_equal(before.answers + set.answers, 0);
	assert_int_equal(stale(suite), 1);
}

struct chain {
	struct counted counted;
	struct suite *suite;
};

static void submit_again(struct kernel_request *request)
{
	struct chain *chain = container_of(request, struct chain, counted.request);
	if (++chain->counted.answers < 3)
		submit(chain->suite, &chain->counted);
}

static void an_answer_may_submit_the_next_request(void **state)
{
	struct suite *suite = *state;
	struct chain chain = { .counted = policy_request(KERNEL_POLICY_SET, out_policy()),
			       .suite = suite };
	chain.counted.request.done = submit_again;
	submit(suite, &chain.counted);
	fake_turn(&suite->host);
	assert_int_equal(chain.counted.answers, 1);
	fake_turn(&suite->host);
	fake_turn(&suite->host);
	fake_turn(&suite->host);
	assert_int_equal(chain.counted.answers, 3);
}

static void drain_answers_everything_and_what_follows(void **state)
{
	struct suite *suite = *state;
	struct chain chain = { .counted = policy_request(KERNEL_POLICY_SET, out_policy()),
			       .suite = suite };
	chain.counted.request.done = submit_again;
	submit(suite, &chain.counted);
	assert_int_equal(suite->kernel->ops->drain(suite->kernel, 5 * USEC_PER_SEC), RC_OK);
	assert_int_equal(chain.counted.answers, 3);
	fake_turn(&suite->host);
	assert_int_equal(chain.counted.answers, 3);
}

static void an_invalid_request_is_answered_like_any_other(void **state)
{
	struct suite *suite = *state;
	struct counted bad = policy_request(KERNEL_POLICY_SET, out_policy());
	bad.request.policy.src = subnet("10.0.0.1-10.0.0.3");
	assert_int_equal(ask(suite, &bad), RC_UNSUPPORTED);
	assert_non_null(strstr(bad.request.diag.text, "10.0.0.1-10.0.0.3"));
	bad.request.done = NULL;
	submit(suite, &bad);
	fake_turn(&suite->host);
	assert_int_equal(bad.answers, 1);
}

#define MANY                                                                                       \
	3000 /* more than a batch, a socket buffer of the default size, and a page of a dump       \
	      */

static void thousands_of_requests_in_one_turn_are_all_answered(void **state)
{
	struct suite *suite = *state;
	struct counted *many = calloc(MANY, sizeof *many);
	for (unsigned i = 0; i < MANY; i++) {
		struct kernel_policy policy = out_policy();
		policy.src.range.from.bytes[1] = policy.src.range.to.bytes[1] = (uint8_t)(i >> 8);
		policy.src.range.from.bytes[2] = policy.src.range.to.bytes[2] = (uint8_t)i;
		policy.src.range.to.bytes[3] = 255;
		many[i] = policy_request(KERNEL_POLICY_SET, policy);
		submit(suite, &many[i]);
	}
	fake_turn(&suite->host);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(many[i].answers, 1);
		assert_int_equal(many[i].request.rc, RC_OK);
	}
	free(many);
	assert_int_equal(stale(suite), MANY);
}

#define SUITE_TEST(name) cmocka_unit_test_setup_teardown(name, suite_setup, suite_teardown)
#define SUITE_TESTS                                                                                \
	SUITE_TEST(an_added_sa_is_there_until_deleted), SUITE_TEST(deleting_a_missing_sa_is_fine), \
		SUITE_TEST(an_spi_in_use_is_refused_as_existing),                                  \
		SUITE_TEST(a_new_sa_has_counted_nothing),                                          \
		SUITE_TEST(every_supported_algorithm_makes_an_sa),                                 \
		SUITE_TEST(every_supported_integrity_makes_an_sa),                                 \
		SUITE_TEST(what_rfc8221_demands_is_supported),                                     \
		SUITE_TEST(a_key_of_the_wrong_size_is_refused),                                    \
		SUITE_TEST(an_sa_may_shape_the_headers_of_its_tunnel),                             \
		SUITE_TEST(replay_windows_and_esn_of_all_sizes_work),                              \
		SUITE_TEST(sas_take_every_option_at_once),                                         \
		SUITE_TEST(transport_mode_and_ipv6_make_sas),                                      \
		SUITE_TEST(iptfs_is_there_or_told_to_be_missing),                                  \
		SUITE_TEST(no_card_means_software_or_a_refusal),                                   \
		SUITE_TEST(an_ah_sa_needs_integrity_only),                                         \
		SUITE_TEST(ipcomp_goes_beside_the_sa_around_it),                                   \
		SUITE_TEST(an_sa_moves_to_other_addresses_and_back_into_udp),                      \
		SUITE_TEST(what_is_gone_does_not_move_and_what_is_taken_is_not_taken_over),        \
		SUITE_TEST(transport_mode_moves_between_ports_but_not_addresses),                  \
		SUITE_TEST(a_move_without_owner_happens_in_order),                                 \
		SUITE_TEST(a_policy_can_be_set_twice_and_deleted_twice),                           \
		SUITE_TEST(directions_marks_and_if_ids_are_different_policies),                    \
		SUITE_TEST(policies_of_every_shape_are_taken),                                     \
		SUITE_TEST(what_linux_cannot_match_is_refused_not_widened),                        \
		SUITE_TEST(stale_objects_are_ours_and_only_ours),                                  \
		SUITE_TEST(requests_of_a_turn_are_answered_together_and_in_order),                 \
		SUITE_TEST(a_request_without_owner_may_be_forgotten_at_once),                      \
		SUITE_TEST(keys_may_be_wiped_after_submit),                                        \
		SUITE_TEST(a_cancelled_request_still_happens_unanswered),                          \
		SUITE_TEST(an_answer_may_submit_the_next_request),                                 \
		SUITE_TEST(drain_answers_everything_and_what_follows),                             \
		SUITE_TEST(an_invalid_request_is_answered_like_any_other),                         \
		SUITE_TEST(thousands_of_requests_in_one_turn_are_all_answered)

#endif
