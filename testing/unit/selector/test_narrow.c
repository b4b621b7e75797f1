/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7296 §2.9. "ours" is local === remote; the peer's TSi is our remote side, its TSr our local
 * one. */
#include "unit/selector/selector_test.h"

static void assert_narrowed(struct selector_pair ours, const struct ts *tsi, const struct ts *tsr,
			    const char *expected)
{
	struct selector_pair out;
	struct diag diag = { "" };
	char text[SELECTOR_PAIR_TEXT_MAX];
	if (selector_narrow(&ours, &tsi->list, &tsr->list, &out, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_string_equal(selector_pair_text(&out, text), expected);
}

static void what_is_inside_ours_is_taken_whole(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "10.1.5.0/24", NULL);
	ts_of(&tsr, "10.0.7.0/24", NULL);
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.7.0/24 === 10.1.5.0/24");
}

static void what_is_larger_is_cut_down_to_ours(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "0.0.0.0/0", NULL);
	ts_of(&tsr, "0.0.0.0/0", NULL);
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/16 === 10.1.0.0/16");
}

static void what_overlaps_is_cut_on_both_sides(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "10.1.0.128-10.1.1.5", NULL);
	ts_of(&tsr, "10.0.0.0/8", NULL);
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/24"), &tsi, &tsr,
			"10.0.0.0/16 === 10.1.0.128/25");
}

static void the_packet_that_triggered_the_request_stays_inside(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	(void)state;
	/* the larger first pair of networks does not hold the packet, the smaller second does */
	ts_add(&tsi, sel("10.1.9.5", 6, 1234, 1234));
	ts_add(&tsi, net("10.1.0.0/22"));
	ts_add(&tsi, net("10.1.9.0/24"));
	ts_add(&tsr, sel("10.0.0.5", 6, 80, 80));
	ts_add(&tsr, net("10.0.0.0/24"));
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/24 === 10.1.9.0/24");
}

static void a_packet_that_no_network_holds_is_answered_alone(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	(void)state;
	ts_add(&tsi, sel("10.1.9.5", 6, 1234, 1234));
	ts_add(&tsi, net("10.1.0.0/22"));
	ts_add(&tsr, sel("10.0.0.5", 6, 80, 80));
	ts_add(&tsr, net("10.0.0.0/24"));
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/24/tcp === 10.1.9.5/32/tcp/1234");
}

static void a_packet_that_we_do_not_allow_does_not_bind_us(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "192.0.2.1", "10.1.0.0/16");
	ts_of(&tsr, "10.0.0.5", "10.0.0.0/16");
	assert_narrowed(nets("10.0.0.0/24", "10.1.0.0/24"), &tsi, &tsr,
			"10.0.0.0/24 === 10.1.0.0/24");
}

static void the_largest_of_several_is_chosen(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "10.1.5.0/24", "10.1.8.0/22");
	ts_of(&tsr, "10.0.7.0/24", "10.0.0.0/16");
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/16 === 10.1.8.0/22");
}

static void assert_larger_wins(struct selector small, struct selector large, const char *expected)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	for (int i = 0; i < 2; i++) {
		tsi.list.count = tsr.list.count = 0;
		ts_add(&tsi, i == 0 ? small : large);
		ts_add(&tsi, i == 0 ? large : small);
		ts_add(&tsr, net("10.0.0.0/16"));
		assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr, expected);
	}
}

static void size_counts_addresses_then_protocols_then_ports(void **state)
{
	(void)state;
	assert_larger_wins(net("10.1.0.0-10.1.0.5"), net("10.1.0.0-10.1.0.6"),
			   "10.0.0.0/16 === 10.1.0.0-10.1.0.6");
	assert_larger_wins(sel("10.1.0.0/24", 6, 0, 65535), net("10.1.0.0/24"),
			   "10.0.0.0/16 === 10.1.0.0/24");
	assert_larger_wins(sel("10.1.0.0/24", 6, 80, 80), sel("10.1.0.0/24", 6, 80, 90),
			   "10.0.0.0/16/tcp === 10.1.0.0/24/tcp/80-90");
	assert_larger_wins(net("10.1.0.0/25"), sel("10.1.0.0/24", 6, 80, 90),
			   "10.0.0.0/16/tcp === 10.1.0.0/24/tcp/80-90");
}

static void both_sides_count_together(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	(void)state;
	ts_add(&tsi, sel("10.1.0.0/23", 6, 0, 65535));
	ts_add(&tsi, sel("10.1.0.0/24", 17, 0, 65535));
	ts_add(&tsr, sel("10.0.0.0/24", 6, 0, 65535));
	ts_add(&tsr, sel("10.0.0.0/16", 17, 0, 65535));
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/16/udp === 10.1.0.0/24/udp");
}

static void the_first_of_equal_ones_is_chosen(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "10.1.5.0/24", "10.1.6.0/24");
	ts_of(&tsr, "10.0.7.0/24", "10.0.8.0/24");
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.7.0/24 === 10.1.5.0/24");
}

static void ipv6_pairs_are_found_among_ipv4_ones(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "0.0.0.0/0", "::/0");
	ts_of(&tsr, "0.0.0.0/0", "::/0");
	assert_narrowed(nets("2001:db8:1::/48", "2001:db8:2::/48"), &tsi, &tsr,
			"2001:db8:1::/48 === 2001:db8:2::/48");
	assert_narrowed(nets("10.0.0.0/24", "10.1.0.0/24"), &tsi, &tsr,
			"10.0.0.0/24 === 10.1.0.0/24");
	assert_narrowed(nets("::/0", "::/0"), &tsi, &tsr, "::/0 === ::/0");
}

static void unknown_selector_types_are_skipped(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	(void)state;
	ts_add_unknown(&tsi);
	ts_add(&tsi, net("10.1.0.0/24"));
	ts_add(&tsr, net("10.0.0.0/24"));
	ts_add_unknown(&tsr);
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/24 === 10.1.0.0/24");
}

static void both_sides_get_the_same_protocol(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	(void)state;
	ts_add(&tsi, sel("10.1.0.0/24", 0, 0, 65535));
	ts_add(&tsr, sel("10.0.0.0/24", 17, 53, 53));
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/24/udp/53 === 10.1.0.0/24/udp");
}

static void protocols_and_ports_are_narrowed_to_ours(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "10.1.0.0/24", NULL);
	ts_of(&tsr, "10.0.0.0/24", NULL);
	struct selector_pair ours = { sel("10.0.0.0/24", 17, 1701, 1701),
				      sel("10.1.0.0/24", 17, 0, 65535) };
	assert_narrowed(ours, &tsi, &tsr, "10.0.0.0/24/udp/1701 === 10.1.0.0/24/udp");
}

static void icmp_types_and_opaque_ports_are_kept(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	(void)state;
	ts_add(&tsi, sel("10.1.0.0/24", 1, 0x0800, 0x08ff));
	ts_add(&tsr, sel("10.0.0.0/24", 1, 65535, 0));
	assert_narrowed(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			"10.0.0.0/24/icmp/opaque === 10.1.0.0/24/icmp/8");
}

static void assert_unacceptable(struct selector_pair ours, const struct ts *tsi,
				const struct ts *tsr, const char *says)
{
	struct selector_pair out;
	struct diag diag = { "" };
	assert_int_equal(selector_narrow(&ours, &tsi->list, &tsr->list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
	assert_string_equal(diag.text, says);
}

static void nothing_in_common_shows_both_sides(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "192.0.2.0/24", "::/0");
	ts_of(&tsr, "10.0.0.0/24", NULL);
	assert_unacceptable(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			    "peer proposed 10.0.0.0/24 === 192.0.2.0/24, ::/0 (our side first); "
			    "we have 10.0.0.0/16 === 10.1.0.0/16");
}

static void sides_that_meet_only_crosswise_have_nothing_in_common(void **state)
{
	struct ts tsi, tsr;
	(void)state;
	ts_of(&tsi, "10.0.0.0/24", NULL);
	ts_of(&tsr, "10.1.0.0/24", NULL);
	assert_unacceptable(nets("10.0.0.0/24", "10.1.0.0/24"), &tsi, &tsr,
			    "peer proposed 10.1.0.0/24 === 10.0.0.0/24 (our side first); "
			    "we have 10.0.0.0/24 === 10.1.0.0/24");
}

static void protocols_that_differ_between_the_sides_are_unacceptable(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	(void)state;
	ts_add(&tsi, sel("10.1.0.0/24", 6, 0, 65535));
	ts_add(&tsr, sel("10.0.0.0/24", 17, 0, 65535));
	assert_unacceptable(nets("10.0.0.0/16", "10.1.0.0/16"), &tsi, &tsr,
			    "peer proposed 10.0.0.0/24/udp === 10.1.0.0/24/tcp (our side first); "
			    "we have 10.0.0.0/16 === 10.1.0.0/16");
}

static void the_longest_sentence_still_ends_with_ours(void **state)
{
	const char *wide =
		"2001:1111:2222:3333:4444:5555:6666:7777-2001:1111:2222:3333:4444:5555:6666:7779";
	struct ts tsi, tsr;
	struct selector_pair out, ours = nets("10.100.200.0/24", "10.101.201.0/24");
	struct diag diag = { "" };
	(void)state;
	ts_of(&tsi, wide, wide);
	ts_of(&tsr, "2001:db8:1111:2222::/64", "2001:db8:1111:3333::/64");
	for (int i = 0; i < 40; i++)
		ts_add(&tsr, net("2001:db8:1111:4444::/64"));
	assert_int_equal(selector_narrow(&ours, &tsi.list, &tsr.list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
	assert_non_null(strstr(diag.text, "we have 10.100.200.0/24 === 10.101.201.0/24"));
}

static void empty_lists_are_unacceptable(void **state)
{
	struct ts none = { .list = { .count = 0 } };
	struct selector_pair out, ours = nets("10.0.0.0/16", "10.1.0.0/16");
	struct diag diag;
	(void)state;
	assert_int_equal(selector_narrow(&ours, &none.list, &none.list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
	assert_int_equal(selector_check_answer(&ours, &none.list, &none.list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
	assert_int_equal(selector_fit(&ours, &none.list, &none.list), 0);
}

static void initiator_takes_an_answer_inside_its_proposal(void **state)
{
	struct ts tsi, tsr;
	struct selector_pair out, proposed = nets("10.0.0.0/16", "10.1.0.0/16"),
				  expected = nets("10.0.7.0/24", "10.1.0.0/16");
	struct diag diag;
	(void)state;
	ts_of(&tsi, "10.0.7.0/24", "10.0.7.1"); /* the initiator's TSi is its local side */
	ts_of(&tsr, "10.1.0.0/16", NULL);
	assert_int_equal(selector_check_answer(&proposed, &tsi.list, &tsr.list, &out, &diag),
			 RC_OK);
	assert_true(selector_pair_equal(&out, &expected));
}

static void initiator_refuses_an_answer_that_reaches_outside(void **state)
{
	struct ts inside, outside;
	struct selector_pair out, proposed = nets("10.0.0.0/16", "10.0.0.0/16");
	struct diag diag = { "" };
	(void)state;
	ts_of(&inside, "10.0.7.0/24", NULL);
	ts_of(&outside, "10.0.7.0/24", "10.1.0.0/24");
	assert_int_equal(selector_check_answer(&proposed, &outside.list, &inside.list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
	assert_non_null(
		strstr(diag.text, "peer answered 10.0.7.0/24, 10.1.0.0/24 === 10.0.7.0/24"));
	assert_int_equal(selector_check_answer(&proposed, &inside.list, &outside.list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
	ts_of(&outside, "10.0.0.0/8", NULL);
	assert_int_equal(selector_check_answer(&proposed, &outside.list, &inside.list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
}

static void initiator_refuses_an_answer_of_unknown_type(void **state)
{
	struct ts known, unknown;
	struct selector_pair out, proposed = nets("10.0.0.0/16", "10.0.0.0/16");
	struct diag diag;
	(void)state;
	ts_of(&known, "10.0.7.0/24", NULL);
	unknown = known;
	unknown.list.items = unknown.items;
	ts_add_unknown(&unknown);
	assert_int_equal(selector_check_answer(&proposed, &known.list, &unknown.list, &out, &diag),
			 RC_TS_UNACCEPTABLE);
}

static void the_tunnel_that_fits_best_has_the_largest_fit(void **state)
{
	/* from the worst to the best for a proposal of 10.0.1.0/24 === 10.1.1.0/24 */
	static const char *const ours[][2] = {
		{ "192.0.2.0/24", "10.1.1.0/24" },	  /* nothing */
		{ "10.0.1.128-10.0.2.9", "10.1.1.0/24" }, /* overlap */
		{ "10.0.1.0/26", "10.1.1.0/24" },	  /* superset: we cut it down */
		{ "10.0.1.0/25", "10.1.1.0/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" }, /* subset: taken whole */
		{ "10.0.0.0/16", "10.1.0.0/16" },
		{ "10.0.0.0/16", "10.1.1.0/24" },
		{ "10.0.1.0/24", "10.1.1.0/24" }, /* exact */
	};
	struct ts tsi, tsr;
	unsigned last = 0;
	(void)state;
	ts_of(&tsi, "10.1.1.0/24", NULL);
	ts_of(&tsr, "10.0.1.0/24", NULL);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct selector_pair pair = nets(ours[i][0], ours[i][1]);
		unsigned fit = selector_fit(&pair, &tsi.list, &tsr.list);
		if (i == 0 ? fit != 0 : fit <= last)
			fail_msg("%s === %s fits %u, after %u", ours[i][0], ours[i][1], fit, last);
		last = fit;
	}
}

static void a_tunnel_without_the_packet_fits_worse_than_any_with_it(void **state)
{
	struct ts tsi, tsr;
	struct selector_pair without = nets("10.0.0.0/16", "10.1.0.0/16"),
			     with = nets("10.0.0.0/16", "10.2.7.0/24");
	(void)state;
	ts_of(&tsi, "10.2.7.7", "10.0.0.0/8");
	ts_of(&tsr, "10.0.0.1", "10.0.0.0/16");
	unsigned fit = selector_fit(&without, &tsi.list, &tsr.list);
	assert_true(fit > 0 && fit < selector_fit(&with, &tsi.list, &tsr.list));
}

static void a_tunnel_for_the_protocol_fits_better_than_one_for_any(void **state)
{
	struct ts tsi = { .list = { .count = 0 } }, tsr = tsi;
	struct selector_pair any = nets("10.0.0.0/16", "10.1.0.0/16"), tcp = any, port = any;
	(void)state;
	tcp.local.protocol = tcp.remote.protocol = port.local.protocol = port.remote.protocol = 6;
	port.local.port_from = port.local.port_to = 80;
	ts_add(&tsi, sel("10.1.1.0/24", 6, 0, 65535));
	ts_add(&tsr, sel("10.0.1.0/24", 6, 80, 80));
	unsigned fits[] = { selector_fit(&any, &tsi.list, &tsr.list),
			    selector_fit(&tcp, &tsi.list, &tsr.list),
			    selector_fit(&port, &tsi.list, &tsr.list) };
	assert_true(fits[0] < fits[1] && fits[1] < fits[2]);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct selector random_selector(uint32_t *seed)
{
	bool v6 = next_random(seed) % 8 == 0;
	struct selector s = net(v6 ? "2001:db8::" : "10.0.0.0");
	size_t last = v6 ? 15 : 3;
	uint32_t a = next_random(seed) % 32,
		 b = next_random(seed) % 3 == 0 ? a : next_random(seed) % 32;
	s.range.from.bytes[last] = (uint8_t)(a < b ? a : b);
	s.range.to.bytes[last] = (uint8_t)(a < b ? b : a);
	s.protocol = (uint8_t)(next_random(seed) % 4 == 0 ? 6 : 0);
	if (next_random(seed) % 4 == 0) {
		s.port_from = (uint16_t)(next_random(seed) % 4);
		s.port_to = (uint16_t)(s.port_from + next_random(seed) % 4);
	}
	return s;
}

static void random_list(uint32_t *seed, struct ts *ts)
{
	*ts = (struct ts){ .list = { .count = 0 } };
	for (uint32_t left = 1 + next_random(seed) % 4; left > 0; left--)
		if (next_random(seed) % 8 == 0)
			ts_add_unknown(ts);
		else
			ts_add(ts, random_selector(seed));
}

static bool inside_some(const struct selector *s, const struct ts *ts)
{
	struct selector proposed;
	for (unsigned i = 0; i < ts->list.count; i++)
		if (selector_from_wire(&ts->items[i], &proposed) == RC_OK &&
		    selector_contains(&proposed, s))
			return true;
	return false;
}

static void what_is_narrowed_lies_inside_both_sides(void **state)
{
	uint32_t seed = 29, found = 0;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct selector_pair ours = { random_selector(&seed), random_selector(&seed) }, out;
		struct ts tsi, tsr;
		struct diag diag;
		random_list(&seed, &tsi);
		random_list(&seed, &tsr);
		enum rc rc = selector_narrow(&ours, &tsi.list, &tsr.list, &out, &diag);
		assert_int_equal(rc == RC_OK, selector_fit(&ours, &tsi.list, &tsr.list) > 0);
		if (rc != RC_OK)
			continue;
		found++;
		assert_true(selector_contains(&ours.local, &out.local) &&
			    selector_contains(&ours.remote, &out.remote));
		assert_true(inside_some(&out.local, &tsr) && inside_some(&out.remote, &tsi));
		assert_int_equal(out.local.protocol, out.remote.protocol);
		/* the peer, who proposed it, finds the answer inside: as initiator its local side
		 * is TSi */
		struct ts answer_i = { .list = { .count = 0 } }, answer_r = answer_i;
		struct selector_pair whole = { out.remote, out.local }, taken;
		ts_add(&answer_i, out.remote);
		ts_add(&answer_r, out.local);
		assert_int_equal(selector_check_answer(&whole, &answer_i.list, &answer_r.list,
						       &taken, &diag),
				 RC_OK);
		assert_true(selector_pair_equal(&taken, &whole));
	}
	assert_true(found > 2000 && found < 18000);
}

/* The packet that made the peer ask may stand beside it. */
static void equal_is_what_names_ours_and_nothing_beyond_it(void **state)
{
	struct selector_pair ours = nets("10.0.0.0/16", "10.1.0.0/16");
	struct ts local, remote, wide, narrow;
	struct diag diag = { "" };
	(void)state;
	ts_of(&local, "10.0.0.0/16", NULL);
	ts_of(&remote, "10.1.0.0/16", NULL);
	ts_of(&wide, "10.1.0.0/16", "10.2.0.0/16");
	ts_of(&narrow, "10.1.0.0/24", NULL);
	assert_int_equal(selector_check_equal(&ours, &local.list, &remote.list, &diag), RC_OK);
	ts_add(&remote, sel("10.1.9.5", 6, 1234, 1234));
	assert_int_equal(selector_check_equal(&ours, &local.list, &remote.list, &diag), RC_OK);
	assert_int_equal(selector_check_equal(&ours, &local.list, &wide.list, &diag),
			 RC_TS_UNACCEPTABLE);
	assert_int_equal(selector_check_equal(&ours, &local.list, &narrow.list, &diag),
			 RC_TS_UNACCEPTABLE);
	assert_non_null(strstr(diag.text, "10.1.0.0/24"));
	assert_non_null(strstr(diag.text, "we have 10.0.0.0/16 === 10.1.0.0/16"));
	assert_int_equal(selector_check_equal(&ours, &remote.list, &local.list, &diag),
			 RC_TS_UNACCEPTABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_inside_ours_is_taken_whole),
		cmocka_unit_test(what_is_larger_is_cut_down_to_ours),
		cmocka_unit_test(what_overlaps_is_cut_on_both_sides),
		cmocka_unit_test(the_packet_that_triggered_the_request_stays_inside),
		cmocka_unit_test(a_packet_that_no_network_holds_is_answered_alone),
		cmocka_unit_test(a_packet_that_we_do_not_allow_does_not_bind_us),
		cmocka_unit_test(the_largest_of_several_is_chosen),
		cmocka_unit_test(size_counts_addresses_then_protocols_then_ports),
		cmocka_unit_test(both_sides_count_together),
		cmocka_unit_test(the_first_of_equal_ones_is_chosen),
		cmocka_unit_test(ipv6_pairs_are_found_among_ipv4_ones),
		cmocka_unit_test(unknown_selector_types_are_skipped),
		cmocka_unit_test(both_sides_get_the_same_protocol),
		cmocka_unit_test(protocols_and_ports_are_narrowed_to_ours),
		cmocka_unit_test(icmp_types_and_opaque_ports_are_kept),
		cmocka_unit_test(nothing_in_common_shows_both_sides),
		cmocka_unit_test(sides_that_meet_only_crosswise_have_nothing_in_common),
		cmocka_unit_test(protocols_that_differ_between_the_sides_are_unacceptable),
		cmocka_unit_test(the_longest_sentence_still_ends_with_ours),
		cmocka_unit_test(empty_lists_are_unacceptable),
		cmocka_unit_test(initiator_takes_an_answer_inside_its_proposal),
		cmocka_unit_test(initiator_refuses_an_answer_that_reaches_outside),
		cmocka_unit_test(initiator_refuses_an_answer_of_unknown_type),
		cmocka_unit_test(the_tunnel_that_fits_best_has_the_largest_fit),
		cmocka_unit_test(a_tunnel_without_the_packet_fits_worse_than_any_with_it),
		cmocka_unit_test(a_tunnel_for_the_protocol_fits_better_than_one_for_any),
		cmocka_unit_test(equal_is_what_names_ours_and_nothing_beyond_it),
		cmocka_unit_test(what_is_narrowed_lies_inside_both_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
