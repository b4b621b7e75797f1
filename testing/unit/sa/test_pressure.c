/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

static struct config_setup adaptive(void)
{
	return (struct config_setup){ .ddos_mode = DDOS_AUTO,
				      .max_halfopen = 50000,
				      .halfopen_timeout = 30 * USEC_PER_SEC };
}

static void cookies_are_asked_for_always_or_never_when_the_mode_says_so(void **state)
{
	struct config_setup setup = adaptive();
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	setup.ddos_mode = DDOS_BUSY;
	assert_int_equal(cookies_wanted(&f.sas, &setup, 0), COOKIES_ALWAYS);
	setup.ddos_mode = DDOS_UNLIMITED;
	f.sas.table.unproven = 1u << 20;
	assert_int_equal(cookies_wanted(&f.sas, &setup, 0), COOKIES_NOT);
	assert_int_equal(cookies_state(&f.sas, &setup), COOKIES_NOT);
	sas_end(&f);
}

static void cookies_begin_at_the_threshold_and_go_on_below_it(void **state)
{
	struct config_setup setup = adaptive();
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	setup.ddos_threshold = 100;
	f.sas.table.unproven = 99;
	assert_int_equal(cookies_wanted(&f.sas, &setup, 0), COOKIES_NOT);
	f.sas.table.unproven = 100;
	assert_int_equal(cookies_state(&f.sas, &setup), COOKIES_NOT);
	assert_int_equal(cookies_wanted(&f.sas, &setup, 0), COOKIES_HALF_OPEN);
	f.sas.table.unproven = 60;
	assert_int_equal(cookies_wanted(&f.sas, &setup, 0), COOKIES_HALF_OPEN);
	assert_int_equal(cookies_state(&f.sas, &setup), COOKIES_HALF_OPEN);
	assert_false(cookies_review(&f.sas, &setup, 10 * USEC_PER_SEC));
	f.sas.table.unproven = 49;
	assert_false(cookies_review(&f.sas, &setup, 14 * USEC_PER_SEC));
	assert_true(cookies_review(&f.sas, &setup, 15 * USEC_PER_SEC));
	assert_int_equal(cookies_state(&f.sas, &setup), COOKIES_NOT);
	assert_false(cookies_review(&f.sas, &setup, 30 * USEC_PER_SEC));
	sas_end(&f);
}

/* 9 a second of which none comes back would be 270 half-open ones in 30 s: more than half of 512.
 */
static void cookies_go_on_while_many_do_not_come_back(void **state)
{
	struct config_setup setup = adaptive();
	struct sas_fixture f;
	usec_t now = 0;

	(void)state;
	sas_begin(&f, SAS_CONN);
	setup.ddos_threshold = 512;
	f.sas.table.unproven = 512;
	assert_int_equal(cookies_wanted(&f.sas, &setup, now), COOKIES_HALF_OPEN);
	f.sas.table.unproven = 0;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 45; i++)
			cookies_asked(&f.sas);
		now += 5 * USEC_PER_SEC;
		assert_false(cookies_review(&f.sas, &setup, now));
	}
	for (unsigned i = 0; i < 1000; i++) { /* honest ones, however many */
		cookies_asked(&f.sas);
		cookies_returned(&f.sas);
	}
	for (unsigned i = 0; i < 40; i++)
		cookies_asked(&f.sas);
	assert_true(cookies_review(&f.sas, &setup, now + 5 * USEC_PER_SEC));
	sas_end(&f);
}

static void threshold_rises_with_those_who_finish_and_falls_with_those_who_do_not(void **state)
{
	struct config_setup setup = adaptive();
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	assert_int_equal(cookies_threshold(&f.sas, &setup), 256);
	for (unsigned i = 0; i < 1000; i++)
		pressure_finished(&f.sas, 0);
	assert_int_equal(cookies_threshold(&f.sas, &setup), 1256);
	for (unsigned i = 0; i < 100; i++)
		pressure_failed(&f.sas, 0);
	assert_int_equal(cookies_threshold(&f.sas, &setup), 1056);
	for (unsigned i = 0; i < 1000; i++)
		pressure_failed(&f.sas, 0);
	assert_int_equal(cookies_threshold(&f.sas, &setup), 256);
	for (unsigned i = 0; i < 100000; i++)
		pressure_finished(&f.sas, 0);
	assert_int_equal(cookies_threshold(&f.sas, &setup), 50000 / 8);
	setup.ddos_threshold = 7;
	assert_int_equal(cookies_threshold(&f.sas, &setup), 7);
	setup.ddos_threshold = 0;
	setup.max_halfopen = 20;
	assert_int_equal(cookies_threshold(&f.sas, &setup), 5);
	setup.max_halfopen = 1;
	assert_int_equal(cookies_threshold(&f.sas, &setup), 1);
	sas_end(&f);
}

static void what_was_learned_fades(void **state)
{
	struct config_setup setup = adaptive();
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	for (unsigned i = 0; i < 1000; i++)
		pressure_finished(&f.sas, USEC_PER_SEC);
	assert_int_equal(cookies_wanted(&f.sas, &setup, 60 * USEC_PER_SEC), COOKIES_NOT);
	assert_int_equal(cookies_threshold(&f.sas, &setup), 1256);
	assert_int_equal(cookies_wanted(&f.sas, &setup, 62 * USEC_PER_SEC), COOKIES_NOT);
	assert_int_equal(cookies_threshold(&f.sas, &setup), 756);
	f.sas.table.unproven = 256;
	assert_int_equal(cookies_wanted(&f.sas, &setup, 1000000 * USEC_PER_SEC), COOKIES_HALF_OPEN);
	sas_end(&f);
}

static void half_open_sas_live_shorter_under_pressure(void **state)
{
	struct config_setup setup = adaptive();
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	assert_int_equal(half_open_lifetime(&f.sas, &setup), 30 * USEC_PER_SEC);
	f.sas.half_open_count = 25001;
	assert_int_equal(half_open_lifetime(&f.sas, &setup), 10 * USEC_PER_SEC);
	f.sas.half_open_count = 256;
	f.sas.pressure.why = COOKIES_HALF_OPEN;
	assert_int_equal(half_open_lifetime(&f.sas, &setup), 10 * USEC_PER_SEC);
	setup.halfopen_timeout = 9 * USEC_PER_SEC;
	assert_int_equal(half_open_lifetime(&f.sas, &setup), 5 * USEC_PER_SEC);
	setup.halfopen_timeout = 3 * USEC_PER_SEC;
	assert_int_equal(half_open_lifetime(&f.sas, &setup), 3 * USEC_PER_SEC);
	f.sas.half_open_count = 0;
	sas_end(&f);
}

static void workers_that_are_behind_are_a_reason_too(void **state)
{
	struct config_setup setup = adaptive();
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *sa = sas_ike(&f, RESPONDER);
	usec_t born = sa->born;
	assert_int_equal(ike_sa_expect(&f.sas, sa), RC_OK);
	assert_int_equal(cookies_wanted(&f.sas, &setup, born + 400 * USEC_PER_MSEC), COOKIES_NOT);
	assert_int_equal(cookies_wanted(&f.sas, &setup, born + 500 * USEC_PER_MSEC),
			 COOKIES_WORKERS);
	assert_false(cookies_review(&f.sas, &setup, born + 6 * USEC_PER_SEC));
	half_open_made(sa);
	assert_true(cookies_review(&f.sas, &setup, born + 12 * USEC_PER_SEC));
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies_are_asked_for_always_or_never_when_the_mode_says_so),
		cmocka_unit_test(cookies_begin_at_the_threshold_and_go_on_below_it),
		cmocka_unit_test(cookies_go_on_while_many_do_not_come_back),
		cmocka_unit_test(
			threshold_rises_with_those_who_finish_and_falls_with_those_who_do_not),
		cmocka_unit_test(what_was_learned_fades),
		cmocka_unit_test(half_open_sas_live_shorter_under_pressure),
		cmocka_unit_test(workers_that_are_behind_are_a_reason_too),
	};

	return sas_run(tests);
}
