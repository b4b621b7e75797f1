/* SPDX-License-Identifier: Apache-2.0 */
/* Lifetimes: who replaces what and when, and the kernel's own clock behind them. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

/* Listens in on what a kernel tells its gateway. */
struct tapped {
	kernel_event_fn on_event;
	void *context;
	struct kernel *kernel;
	unsigned soft, hard;
};

static void overhear(void *context, const struct kernel_event *event)
{
	struct tapped *tapped = context;

	tapped->soft += event->type == KERNEL_EXPIRE && !event->hard;
	tapped->hard += event->type == KERNEL_EXPIRE && event->hard;
	tapped->on_event(tapped->context, event);
}

static void tap(struct tapped *tapped, struct kernel *kernel)
{
	*tapped = (struct tapped){ kernel->on_event, kernel->context, kernel, 0, 0 };
	kernel->on_event = overhear;
	kernel->context = tapped;
}

static void untap(struct tapped *tapped)
{
	tapped->kernel->on_event = tapped->on_event;
	tapped->kernel->context = tapped->context;
}

#define SHORT "\tsalifetime=300s\n\tikelifetime=1h\n\trekeymargin=60s\n"

/* The kernel ends an SA by itself only when nobody else does. */
static void rekeying_never_lets_the_clock_of_the_kernel_run_out(void **state)
{
	static const char *const confs[] = { SHORT, SHORT "\trekey=no\n" };
	struct tapped west, east;
	struct pair pair;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		char conf[600];
		(void)snprintf(conf, sizeof(conf), "%s%s", PAIR_START, confs[i]);
		pair_start(&pair, i, conf, PAIR_CONN SHORT, NULL, NULL);
		tap(&west, pair.west.kernel);
		tap(&east, pair.east.kernel);
		pair_run(&pair, 2000 * USEC_PER_SEC);
		assert_in_range(pair.west.child_up, 6, 20);
		assert_int_equal(west.hard + east.hard + west.soft + east.soft, 0);
		untap(&west);
		untap(&east);
		pair_end(&pair);
	}
}

/* Nobody is left who could replace them: their keys are not used for ever. */
static void sas_of_a_daemon_that_died_are_ended_by_the_kernel(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START SHORT, NULL, NULL, NULL);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 2);
	end_crash(&pair.west);
	pair_run(&pair, 300 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 2);
	pair_run(&pair, 300 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
	end_boot(&pair.west, PAIR_START SHORT, NULL);
	pair_run(&pair, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* marginpackets=: the kernel says so much before the end, and no packet is lost. */
static void a_margin_of_packets_is_when_the_kernel_speaks_up(void **state)
{
	struct tapped west;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tlifepackets=100\n\tmarginpackets=60\n", NULL, NULL,
		   NULL);
	tap(&west, pair.west.kernel);
	pair_run(&pair, 2 * USEC_PER_SEC);
	for (unsigned n = 0; n < 39; n++)
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	assert_int_equal(west.soft, 0);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(west.soft, 1);
	assert_int_equal(west.hard, 0);
	assert_int_equal(pair.west.child_up, 2);
	untap(&west);
	pair_end(&pair);
}

/* rekey=no at one end: the other one replaces, and traffic sees no gap. */
static void with_rekey_no_the_peer_rekeys(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_START SHORT "\trekey=no\n",
		   PAIR_START "\tsalifetime=200s\n\tikelifetime=1h\n\trekeymargin=60s\n", NULL,
		   NULL);
	pair_run(&pair, 20 * USEC_PER_SEC);
	for (unsigned second = 0; second < 1000; second++) {
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
		pair_run(&pair, USEC_PER_SEC);
	}
	assert_in_range(pair.west.child_up, 6, 20);
	pair_end(&pair);
}

static bool count_auth(void *context, struct flight *flight)
{
	unsigned *seen = context;

	*seen += flight->bytes[18] == EXCHANGE_IKE_AUTH && flight->from.addr.bytes[3] == 1;
	return true;
}

/* reauth=yes: a whole new IKE SA, with its Child SA, before the old one goes. */
static void reauthentication_makes_before_it_breaks(void **state)
{
	struct pair pair;
	unsigned auths = 0;

	(void)state;
	pair_start(&pair, 1,
		   PAIR_START "\tikelifetime=300s\n\tsalifetime=1h\n\trekeymargin=60s\n"
			      "\treauth=yes\n",
		   PAIR_CONN, NULL, NULL);
	world_tap(pair.world, count_auth, &auths);
	pair_run(&pair, 5 * USEC_PER_SEC);
	for (unsigned second = 0; second < 1200; second++) {
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
		pair_run(&pair, USEC_PER_SEC);
	}
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_in_range(auths, 4, 8);
	assert_int_equal(pair.west.ike_up, auths + 1); /* the first was before */
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static bool lose_from_east(void *context, struct flight *flight)
{
	const bool *cut = context;

	return !*cut || flight->from.addr.bytes[3] != 2;
}

/* The margin is shorter than what retransmissions take: the end waits for them. */
static void a_rekey_that_is_on_its_way_is_not_cut_short_by_the_end_of_the_lifetime(void **state)
{
	struct pair pair;
	bool cut = false;

	(void)state;
	pair_start(&pair, 1, PAIR_START "\tsalifetime=100s\n\trekeymargin=5s\n\trekeyfuzz=0%\n",
		   NULL, NULL, NULL);
	world_tap(pair.world, lose_from_east, &cut);
	pair_run(&pair, 90 * USEC_PER_SEC);
	cut = true;
	for (unsigned second = 90; second < 150; second++) {
		if (second == 116) /* 16 seconds after the configured end */
			cut = false;
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
		pair_run(&pair, USEC_PER_SEC);
	}
	pair_run(&pair, 30 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 2);
	assert_int_equal(pair.west.ike_down, 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rekeying_never_lets_the_clock_of_the_kernel_run_out),
		cmocka_unit_test(sas_of_a_daemon_that_died_are_ended_by_the_kernel),
		cmocka_unit_test(a_margin_of_packets_is_when_the_kernel_speaks_up),
		cmocka_unit_test(with_rekey_no_the_peer_rekeys),
		cmocka_unit_test(reauthentication_makes_before_it_breaks),
		cmocka_unit_test(
			a_rekey_that_is_on_its_way_is_not_cut_short_by_the_end_of_the_lifetime),
	};

	return exchange_run(tests);
}
