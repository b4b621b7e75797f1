/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that refuses: both ends agree in the end, nothing half-installed stays, and the tunnel
 * heals. */
#include <errno.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define REQUESTS 14 /* more than coming up and going down take */

static void assert_healed(struct pair *pair, unsigned nth, bool west)
{
	world_run(pair->world, 120 * USEC_PER_SEC);
	if (pair->west.gateway->sas.child_count != 1 || pair->east.gateway->sas.child_count != 1)
		fail_msg("request %u of %s refused: %zu and %zu Child SAs", nth,
			 west ? "west" : "east", pair->west.gateway->sas.child_count,
			 pair->east.gateway->sas.child_count);
	pair_assert_tunnel(pair);
	assert_int_equal(kernel_simulated_policy_count(pair->west.kernel), 3);
	assert_int_equal(kernel_simulated_policy_count(pair->east.kernel), 3);
}

static void any_one_request_may_be_refused_at_either_end(void **state)
{
	static const int errors[] = { ENOMEM, EEXIST, EINVAL };
	struct diag diag;
	struct pair pair;

	(void)state;
	for (unsigned nth = 1; nth <= REQUESTS; nth++) {
		for (unsigned end = 0; end < 2; end++) {
			pair_start(&pair, nth, NULL, NULL, NULL, NULL);
			kernel_simulated_fail(end == 0 ? pair.west.kernel : pair.east.kernel, nth,
					      errors[nth % 3], false);
			end_up(&pair.west, "t");
			world_run(pair.world, 2 * USEC_PER_SEC);
			assert_healed(&pair, nth, end == 0);
			assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
			world_run(pair.world, 10 * USEC_PER_SEC);
			end_assert_empty(&pair.west);
			end_assert_empty(&pair.east);
			pair_end(&pair);
		}
	}
}

/* §2.21.2 as the responder: the notify stands beside an untouched AUTH. */
static void a_responder_whose_kernel_refuses_says_so_and_keeps_nothing(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	kernel_simulated_fail(pair.east.kernel, 1, ENOMEM, false);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair.west.ike_up, 1);
	assert_int_equal(pair.west.last_reason, RC_TEMPORARY_FAILURE);
	assert_true(end_said(&pair.east, "the kernel refused the Child SA"));
	end_assert_childless(&pair.west);
	end_assert_childless(&pair.east);
	pair_end(&pair);
}

/* as the initiator: a Delete for the SPI that it announced */
static void an_initiator_whose_kernel_refuses_deletes_what_it_announced(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	kernel_simulated_fail(pair.west.kernel, 1, ENOMEM, false);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair.west.last_reason, RC_KERNEL);
	assert_int_equal(pair.east.child_up, 1);
	assert_int_equal(pair.east.child_down, 1);
	end_assert_childless(&pair.west);
	end_assert_childless(&pair.east);
	pair_end(&pair);
}

static void a_kernel_that_always_refuses_is_asked_less_and_less(void **state)
{
	struct pair pair;

	(void)state;
	for (unsigned nth = 1; nth <= 4; nth++) {
		pair_start(&pair, 1, NULL, NULL, NULL, NULL);
		/* every answer's outbound half, or the whole */
		kernel_simulated_fail(pair.east.kernel, nth, ENOMEM, true);
		end_up(&pair.west, "t");
		world_run(pair.world, 3600 * USEC_PER_SEC);
		assert_in_range(pair.west.ike_up, 1, 40);
		assert_int_equal(pair.west.gateway->counters.stuck, 0);
		kernel_simulated_fail(pair.east.kernel, 0, 0, false);
		world_run(pair.world, 400 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		pair_end(&pair);
	}
}

static void a_slow_kernel_only_delays(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	kernel_simulated_delay(pair.west.kernel, 3 * USEC_PER_SEC);
	kernel_simulated_delay(pair.east.kernel, 7 * USEC_PER_SEC);
	end_up(&pair.west, "t");
	pair_run(&pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.child_up, 1);
	assert_int_equal(pair.east.child_up, 1);
	pair_end(&pair);
}

/* What is being worked on is not asked for again. */
static void nothing_is_retransmitted_while_the_answer_is_being_read(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	kernel_simulated_delay(pair.west.kernel, 3 * USEC_PER_SEC);
	end_up(&pair.west, "t");
	pair_run(&pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(pair.west.gateway->counters.retransmits, 0);
	pair_end(&pair);
}

static void a_gateway_may_go_while_its_kernel_is_thinking(void **state)
{
	struct pair pair;

	(void)state;
	for (usec_t when = 0; when < 12; when++) {
		pair_start(&pair, 1, NULL, NULL, NULL, NULL);
		kernel_simulated_delay(pair.west.kernel, 3 * USEC_PER_SEC);
		kernel_simulated_delay(pair.east.kernel, 3 * USEC_PER_SEC);
		end_up(&pair.west, "t");
		pair_run(&pair, when * USEC_PER_SEC);
		pair_end(&pair);
	}
}

static void a_slow_kernel_and_an_impatient_operator(void **state)
{
	struct diag diag;
	struct pair pair;

	(void)state;
	for (usec_t when = 0; when < 60; when++) {
		pair_start(&pair, 1, NULL, NULL, NULL, NULL);
		kernel_simulated_delay(pair.west.kernel, USEC_PER_SEC);
		kernel_simulated_delay(pair.east.kernel, 2 * USEC_PER_SEC);
		end_up(&pair.west, "t");
		pair_run(&pair, when * 100 * USEC_PER_MSEC);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		pair_run(&pair, 60 * USEC_PER_SEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
}

#define ON_DEMAND PAIR_BASE "\tauto=ondemand\n"

static void a_trap_that_is_refused_is_tried_again(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, ON_DEMAND, NULL, NULL, NULL);
	end_crash(&pair.west);
	kernel_simulated_flush(pair.west.kernel);
	kernel_simulated_fail(pair.west.kernel, 1, ENOMEM, false);
	end_boot(&pair.west, ON_DEMAND, NULL);
	world_settle(pair.world);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
	assert_int_equal(pair.west.last_reason, RC_KERNEL);
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 1);
	pair_end(&pair);
}

/* Of a trap with two policies the second is refused, and then nobody wants it any more. */
static void a_trap_that_is_half_refused_leaves_nothing(void **state)
{
	static const char conf[] = "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n"
				   "\trightid=@east\n\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n"
				   "\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=ondemand\n";
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN, PAIR_CONN, NULL, NULL);
	kernel_simulated_fail(pair.west.kernel, 2, ENOMEM, false);
	end_reload(&pair.west, conf);
	pair_run(&pair, 100 * USEC_PER_MSEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 1);
	assert_int_equal(gateway_delete(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 30 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_policy_count(pair.west.kernel), 0);
	pair_end(&pair);
}

/* Told as ENOBUFS: whether the SA is there is not known, and it must not stay. */
static void an_sa_whose_answer_was_lost_does_not_stay(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 12; nth++) {
		struct pair pair;
		struct diag diag;
		pair_start(&pair, 40 + nth, NULL, NULL, NULL, NULL);
		kernel_simulated_mislead(nth % 2 == 0 ? pair.west.kernel : pair.east.kernel,
					 1 + nth / 2);
		end_up(&pair.west, "t");
		pair_run(&pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
		pair_run(&pair, 60 * USEC_PER_SEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
}

static void what_the_kernel_would_not_remove_goes_later(void **state)
{
	struct pair pair;
	struct diag diag;
	(void)state;
	pair_start(&pair, 31, NULL, NULL, NULL, NULL);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 10 * USEC_PER_SEC));
	kernel_simulated_fail(pair.west.kernel, 1, ENOMEM, true);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 25 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 2);
	kernel_simulated_fail(pair.west.kernel, 0, 0, false);
	pair_run(&pair, 60 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

/* An algorithm that the kernel lacks is not offered. */
static void an_algorithm_that_the_kernel_lacks_is_refused_by_it(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN "\tesp=chacha20_poly1305\n",
		   PAIR_CONN "\tesp=chacha20_poly1305\n", NULL, NULL);
	kernel_simulated_without(pair.east.kernel, ENCR_CHACHA20_POLY1305, 0);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair.west.failed, 1);
	end_assert_childless(&pair.west);
	end_assert_childless(&pair.east);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_one_request_may_be_refused_at_either_end),
		cmocka_unit_test(a_responder_whose_kernel_refuses_says_so_and_keeps_nothing),
		cmocka_unit_test(an_initiator_whose_kernel_refuses_deletes_what_it_announced),
		cmocka_unit_test(a_kernel_that_always_refuses_is_asked_less_and_less),
		cmocka_unit_test(a_slow_kernel_only_delays),
		cmocka_unit_test(nothing_is_retransmitted_while_the_answer_is_being_read),
		cmocka_unit_test(a_gateway_may_go_while_its_kernel_is_thinking),
		cmocka_unit_test(a_slow_kernel_and_an_impatient_operator),
		cmocka_unit_test(a_trap_that_is_refused_is_tried_again),
		cmocka_unit_test(a_trap_that_is_half_refused_leaves_nothing),
		cmocka_unit_test(an_sa_whose_answer_was_lost_does_not_stay),
		cmocka_unit_test(what_the_kernel_would_not_remove_goes_later),
		cmocka_unit_test(an_algorithm_that_the_kernel_lacks_is_refused_by_it),
	};

	return exchange_run(tests);
}
