/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <errno.h>
#include "base/arena.h"
#include "unit/kernel/sim_fixture.h"

static void submit(struct side *side, struct counted *counted)
{
	side->kernel->ops->submit(side->kernel, &counted->request);
}

static void nothing_happens_before_the_turn_ends(void **state)
{
	struct pair *pair = *state;
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	submit(&pair->left, &add);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 0);
	fake_turn(&pair->left.host);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 1);
	assert_int_equal(add.answers, 1);
}

static void the_request_keeps_no_pointer_to_keys(void **state)
{
	struct pair *pair = *state;
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	submit(&pair->left, &add);
	assert_null(add.request.sa.encr_key.ptr);
	assert_null(add.request.sa.integ_key.ptr);
	fake_turn(&pair->left.host);
}

static void a_cancelled_request_happens_after_the_ones_before_it(void **state)
{
	struct pair *pair = *state;
	struct counted first = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted delete = sa_request(KERNEL_SA_DELETE, gcm_sa(0x1000));
	struct counted again = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted later = sa_request(KERNEL_SA_ADD, gcm_sa(0x1001));
	submit(&pair->left, &first);
	submit(&pair->left, &delete);
	submit(&pair->left, &again);
	submit(&pair->left, &later);
	pair->left.kernel->ops->cancel(pair->left.kernel, &again.request);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 1);
	fake_turn(&pair->left.host);
	assert_int_equal(first.answers, 1);
	assert_int_equal(first.request.rc, RC_OK);
	assert_int_equal(delete.answers, 1);
	assert_int_equal(again.answers, 0);
	assert_int_equal(later.answers, 1);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 2);
}

static void without_memory_an_unowned_request_happens_at_once_in_order(void **state)
{
	struct pair *pair = *state;
	struct counted owned = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted unowned = sa_request(KERNEL_SA_DELETE, gcm_sa(0x1000));
	unowned.request.done = NULL;
	submit(&pair->left, &owned);
	mem_fail_nth(1);
	submit(&pair->left, &unowned);
	mem_fail_nth(0);
	fake_turn(&pair->left.host);
	assert_int_equal(owned.answers, 1);
	assert_int_equal(owned.request.rc, RC_OK);
	assert_int_equal(kernel_simulated_sa_count(pair->left.kernel), 0);
}

static void answers_keep_their_order_when_the_delay_shrinks(void **state)
{
	struct pair *pair = *state;
	struct counted slow = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted quick = sa_request(KERNEL_SA_QUERY, gcm_sa(0x1000));
	kernel_simulated_delay(pair->left.kernel, USEC_PER_SEC);
	submit(&pair->left, &slow);
	kernel_simulated_delay(pair->left.kernel, 0);
	submit(&pair->left, &quick);
	fake_turn(&pair->left.host);
	assert_int_equal(quick.answers, 0);
	pair_advance(pair, 1);
	assert_int_equal(slow.answers, 1);
	assert_int_equal(quick.answers, 1);
	assert_int_equal(quick.request.rc, RC_OK);
}

static void requests_in_flight_die_with_the_kernel(void **state)
{
	struct side side;
	struct counted owned = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted unowned = sa_request(KERNEL_SA_ADD, gcm_sa(0x1001));
	struct counted lost = sa_request(KERNEL_SA_ADD, gcm_sa(0x1002));
	(void)state;
	assert_int_equal(side_make(&side), 0);
	kernel_simulated_lose_answer(side.kernel, 1);
	submit(&side, &lost);
	fake_turn(&side.host);
	unowned.request.done = NULL;
	submit(&side, &owned);
	submit(&side, &unowned);
	kernel_free(side.kernel);
	fake_turn(&side.host);
	assert_int_equal(owned.answers + lost.answers, 0);
	assert_false(list_linked(&owned.request.queue));
	assert_false(list_linked(&lost.request.queue));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(nothing_happens_before_the_turn_ends),
		PAIR_TEST(the_request_keeps_no_pointer_to_keys),
		PAIR_TEST(a_cancelled_request_happens_after_the_ones_before_it),
		PAIR_TEST(without_memory_an_unowned_request_happens_at_once_in_order),
		PAIR_TEST(answers_keep_their_order_when_the_delay_shrinks),
		cmocka_unit_test(requests_in_flight_die_with_the_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
