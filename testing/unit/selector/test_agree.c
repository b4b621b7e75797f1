/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7296 §2.9 with lists. "ours" is local === remote; the peer's TSi is our remote side. */
#include "unit/selector/lists.h"

struct talk {
	struct selectors ours, got;
	struct ts tsi, tsr;
	struct diag diag;
};

static void talk_of(struct talk *talk, const char *local, const char *remote, const char *tsr,
		    const char *tsi)
{
	talk->ours = both(local, remote);
	talk->got = (struct selectors){ .more = NULL };
	talk->diag.text[0] = '\0';
	ts_words(&talk->tsr, tsr);
	ts_words(&talk->tsi, tsi);
}

static void talk_end(struct talk *talk)
{
	selectors_drop(&talk->ours);
	selectors_drop(&talk->got);
}

static void assert_narrowed(const char *local, const char *remote, const char *tsr, const char *tsi,
			    const char *expected)
{
	struct talk talk;

	talk_of(&talk, local, remote, tsr, tsi);
	if (selectors_narrow(&talk.ours, &talk.tsi.list, &talk.tsr.list, &talk.got, &talk.diag) !=
	    RC_OK)
		fail_msg("%s", talk.diag.text);
	assert_selectors_text(&talk.got, expected);
	talk_end(&talk);
}

static void all_that_both_allow_is_taken(void **state)
{
	(void)state;
	assert_narrowed("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", "10.0.0.0/24 10.2.0.0/24",
			"10.1.0.0/24", "10.0.0.0/24, 10.2.0.0/24 === 10.1.0.0/24");
	assert_narrowed("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", "0.0.0.0/0", "0.0.0.0/0",
			"10.0.0.0/24, 10.2.0.0/24 === 10.1.0.0/24");
	assert_narrowed("10.0.0.0/8", "192.0.2.0/24", "10.7.0.0/24 10.9.0.0/24 11.0.0.0/8",
			"192.0.2.0/24", "10.7.0.0/24, 10.9.0.0/24 === 192.0.2.0/24");
	assert_narrowed("10.0.0.0/24 2001:db8:1::/48", "10.1.0.0/24 2001:db8:2::/48",
			"10.0.0.0/24 ::/0", "::/0 10.1.0.0/24",
			"10.0.0.0/24, 2001:db8:1::/48 === 10.1.0.0/24, 2001:db8:2::/48");
}

static void a_part_is_taken_alone(void **state)
{
	(void)state;
	assert_narrowed("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", "10.2.0.0/24", "10.1.0.0/24",
			"10.2.0.0/24 === 10.1.0.0/24");
	assert_narrowed("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", "10.2.0.128/25 192.0.2.0/24",
			"10.1.0.0/24", "10.2.0.128/25 === 10.1.0.0/24");
}

static void the_packet_that_asked_is_part_of_its_network(void **state)
{
	(void)state;
	assert_narrowed("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24",
			"10.2.0.7/32 10.0.0.0/24 10.2.0.0/24", "10.1.0.9/32 10.1.0.0/24",
			"10.0.0.0/24, 10.2.0.0/24 === 10.1.0.0/24");
}

/* More than fits: the best pair, with the packet in it. */
static void too_much_is_answered_with_one_pair(void **state)
{
	char list[800] = "10.0.20.5/32";
	size_t used = strlen(list);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, " 10.0.%u.0/25", i);
	assert_narrowed("10.0.0.0/8 172.16.0.0/12", "192.0.2.0/24", list,
			"192.0.2.9/32 192.0.2.0/24", "10.0.20.0/25 === 192.0.2.0/24");
}

static void what_one_pair_needs_too_much_of_is_refused_with_the_reason(void **state)
{
	struct talk talk;

	(void)state;
	for (unsigned answer = 0; answer < 2; answer++) {
		talk_of(&talk, "10.0.0.0/8", "10.0.0.0/8", "10.0.0.1-10.255.255.254",
			"10.0.0.1-10.255.255.254");
		assert_int_equal(answer ? selectors_check_answer(&talk.ours, &talk.tsr.list,
								 &talk.tsi.list, &talk.got,
								 &talk.diag)
					: selectors_narrow(&talk.ours, &talk.tsi.list,
							   &talk.tsr.list, &talk.got, &talk.diag),
				 RC_TS_UNACCEPTABLE);
		assert_non_null(strstr(talk.diag.text, "needs more than 64 policies"));
		talk_end(&talk);
	}
}

static void nothing_in_common_shows_both_sides(void **state)
{
	struct talk talk;

	(void)state;
	talk_of(&talk, "10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", "192.0.2.0/24", "10.1.0.0/24");
	assert_int_equal(
		selectors_narrow(&talk.ours, &talk.tsi.list, &talk.tsr.list, &talk.got, &talk.diag),
		RC_TS_UNACCEPTABLE);
	assert_string_equal(talk.diag.text,
			    "peer proposed 192.0.2.0/24 === 10.1.0.0/24 (our side first); we have "
			    "10.0.0.0/24, 10.2.0.0/24 === 10.1.0.0/24");
	talk_end(&talk);
}

/* No policy says OPAQUE: it counts only alone. */
static void opaque_ports_give_way(void **state)
{
	struct talk talk;

	(void)state;
	talk_of(&talk, "10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", "10.0.0.0/24", "10.1.0.0/24");
	ts_add(&talk.tsr, sel("10.2.0.0/24", 17, 65535, 0));
	assert_int_equal(
		selectors_narrow(&talk.ours, &talk.tsi.list, &talk.tsr.list, &talk.got, &talk.diag),
		RC_OK);
	assert_selectors_text(&talk.got, "10.0.0.0/24 === 10.1.0.0/24");
	talk_end(&talk);
}

static enum rc answer(struct talk *talk, const char *tsi, const char *tsr)
{
	talk_of(talk, "10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", tsr, tsi);
	return selectors_check_answer(&talk->ours, &talk->tsi.list, &talk->tsr.list, &talk->got,
				      &talk->diag);
}

static void an_answer_may_only_take_away(void **state)
{
	struct talk talk;

	(void)state;
	assert_int_equal(answer(&talk, "10.2.0.0/24", "10.1.0.0/24"), RC_OK);
	assert_selectors_text(&talk.got, "10.2.0.0/24 === 10.1.0.0/24");
	talk_end(&talk);
	assert_int_equal(answer(&talk, "10.0.0.0/24 10.2.0.0/25", "10.1.0.0/24"), RC_OK);
	assert_selectors_text(&talk.got, "10.0.0.0/24, 10.2.0.0/25 === 10.1.0.0/24");
	talk_end(&talk);
	assert_int_equal(answer(&talk, "10.0.0.0/24 10.3.0.0/24", "10.1.0.0/24"),
			 RC_TS_UNACCEPTABLE);
	talk_end(&talk);
	assert_int_equal(answer(&talk, "10.0.0.0/15", "10.1.0.0/24"), RC_TS_UNACCEPTABLE);
	assert_non_null(strstr(talk.diag.text, "answered 10.0.0.0/15"));
	talk_end(&talk);
}

static enum rc whole(const char *local, const char *remote)
{
	struct talk talk;
	enum rc rc;

	talk_of(&talk, "10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", local, remote);
	rc = selectors_check_whole(&talk.ours, &talk.tsr.list, &talk.tsi.list, &talk.diag);
	talk_end(&talk);
	return rc;
}

static void without_narrowing_selectors_stay_whole(void **state)
{
	(void)state;
	assert_int_equal(whole("10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24"), RC_OK);
	assert_int_equal(whole("10.2.0.9/32 10.2.0.0/24", "10.1.0.9/32 10.1.0.0/24"), RC_OK);
	assert_int_equal(whole("10.2.0.0/25", "10.1.0.0/24"), RC_TS_UNACCEPTABLE);
	assert_int_equal(whole("10.0.0.0/24 10.2.0.0/25", "10.1.0.0/24"), RC_TS_UNACCEPTABLE);
	assert_int_equal(whole("10.0.0.0/24", "10.1.0.0/16"), RC_TS_UNACCEPTABLE);
}

static unsigned fit(const char *local, const char *remote, const char *tsr, const char *tsi)
{
	struct talk talk;
	unsigned got;

	talk_of(&talk, local, remote, tsr, tsi);
	got = selectors_fit(&talk.ours, &talk.tsi.list, &talk.tsr.list);
	talk_end(&talk);
	return got;
}

static void the_tunnel_with_the_same_lists_fits_best(void **state)
{
	const char *tsr = "10.0.0.0/24 10.2.0.0/24 10.4.0.0/24", *tsi = "10.1.0.0/24";
	unsigned all = fit(tsr, tsi, tsr, tsi), two = fit("10.0.0.0/24 10.2.0.0/24", tsi, tsr, tsi),
		 one = fit("10.4.0.0/24", tsi, tsr, tsi), wide = fit("10.0.0.0/8", tsi, tsr, tsi),
		 none = fit("192.0.2.0/24", tsi, tsr, tsi);

	(void)state;
	assert_true(all > two && two > one && one > wide && wide > none);
	assert_int_equal(none, 0);
	/* the same where one pair is asked for */
	assert_true(fit("10.0.0.0/24", tsi, "10.0.0.0/24", tsi) >
		    fit("10.0.0.0/24 10.2.0.0/24", tsi, "10.0.0.0/24", tsi));
}

static void what_was_left_out_is_known(void **state)
{
	struct talk talk;

	(void)state;
	talk_of(&talk, "10.0.0.0/24 10.2.0.0/24", "10.1.0.0/24", "10.0.0.0/24", "10.1.0.0/24");
	assert_false(selectors_left_out(&talk.ours, &talk.tsr.list, &talk.tsi.list));
	ts_add(&talk.tsr, net("10.3.0.0/24"));
	assert_true(selectors_left_out(&talk.ours, &talk.tsr.list, &talk.tsi.list));
	talk_end(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_both_allow_is_taken),
		cmocka_unit_test(a_part_is_taken_alone),
		cmocka_unit_test(the_packet_that_asked_is_part_of_its_network),
		cmocka_unit_test(too_much_is_answered_with_one_pair),
		cmocka_unit_test(what_one_pair_needs_too_much_of_is_refused_with_the_reason),
		cmocka_unit_test(nothing_in_common_shows_both_sides),
		cmocka_unit_test(opaque_ports_give_way),
		cmocka_unit_test(an_answer_may_only_take_away),
		cmocka_unit_test(without_narrowing_selectors_stay_whole),
		cmocka_unit_test(the_tunnel_with_the_same_lists_fits_best),
		cmocka_unit_test(what_was_left_out_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
