/* SPDX-License-Identifier: Apache-2.0 */
/* The batch without a kernel: a socket that is dead. With a kernel: the suite, in test_xfrm.c. */
#include "unit/test.h"
#include <errno.h>
#include <stdlib.h>
#include "unit/kernel/fake_host.h"
#include "unit/kernel/messages.h"

struct fixture {
	struct fake_host host;
	struct xfrm xfrm;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	fake_host_init(&fixture->host);
	fixture->xfrm.host = &fixture->host.host;
	fixture->xfrm.requests = fixture->xfrm.events = -1;
	fixture->xfrm.flush.run = xfrm_requests_turn_end;
	xfrm_spread_init(&fixture->xfrm.spread);
	list_init(&fixture->xfrm.outstanding);
	list_init(&fixture->xfrm.answered);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void messages_of_a_turn_stand_in_one_batch(void **state)
{
	struct fixture *fixture = *state;
	struct counted set = policy_request(KERNEL_POLICY_SET, out_policy());
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted query = sa_request(KERNEL_SA_QUERY, gcm_sa(0x1000));
	struct nlmsghdr first, second, third;
	xfrm_requests_submit(&fixture->xfrm.kernel, &set.request);
	xfrm_requests_submit(&fixture->xfrm.kernel, &add.request);
	xfrm_requests_submit(&fixture->xfrm.kernel, &query.request);
	memcpy(&first, fixture->xfrm.batch, sizeof first);
	memcpy(&second, fixture->xfrm.batch + NLMSG_ALIGN(first.nlmsg_len), sizeof second);
	memcpy(&third,
	       fixture->xfrm.batch + NLMSG_ALIGN(first.nlmsg_len) + NLMSG_ALIGN(second.nlmsg_len),
	       sizeof third);
	assert_int_equal(first.nlmsg_type, XFRM_MSG_UPDPOLICY);
	assert_int_equal(second.nlmsg_type, XFRM_MSG_NEWSA);
	assert_int_equal(third.nlmsg_type, XFRM_MSG_GETSA);
	assert_int_equal(second.nlmsg_seq, first.nlmsg_seq + 1);
	assert_int_equal(first.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(third.nlmsg_flags, NLM_F_REQUEST); /* its answer is the SA */
	xfrm_requests_forget(&fixture->xfrm);
}

static void a_request_without_owner_asks_for_no_acknowledgement(void **state)
{
	struct fixture *fixture = *state;
	struct counted set = policy_request(KERNEL_POLICY_SET, out_policy());
	struct nlmsghdr message;
	set.request.done = NULL;
	xfrm_requests_submit(&fixture->xfrm.kernel, &set.request);
	memcpy(&message, fixture->xfrm.batch, sizeof message);
	assert_int_equal(message.nlmsg_flags, NLM_F_REQUEST);
	assert_true(list_empty(&fixture->xfrm.outstanding));
}

static void a_dead_socket_fails_every_request_once(void **state)
{
	struct fixture *fixture = *state;
	struct counted many[500]; /* more than a batch */
	for (unsigned i = 0; i < 500; i++) {
		many[i] = sa_request(KERNEL_SA_ADD, cbc_sa(0x1000 + i));
		xfrm_requests_submit(&fixture->xfrm.kernel, &many[i].request);
		assert_int_equal(many[i].answers, 0);
	}
	fake_turn(&fixture->host);
	for (unsigned i = 0; i < 500; i++) {
		assert_int_equal(many[i].answers, 1);
		assert_int_equal(many[i].request.rc, RC_KERNEL);
		assert_int_equal(many[i].request.error, EBADF);
	}
}

static void answers_that_a_turn_has_no_time_for_come_in_the_next(void **state)
{
	struct fixture *fixture = *state;
	struct counted many[3];
	fixture->host.over = true;
	for (unsigned i = 0; i < 3; i++) {
		many[i] = sa_request(KERNEL_SA_ADD, cbc_sa(0x1000 + i));
		xfrm_requests_submit(&fixture->xfrm.kernel, &many[i].request);
	}
	for (unsigned turn = 0; turn < 3; turn++) {
		fake_turn(&fixture->host);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(many[i].answers, i <= turn);
	}
	assert_true(list_empty(&fixture->host.deferred));
}

static void a_sent_batch_leaves_no_key_behind(void **state)
{
	struct fixture *fixture = *state;
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	xfrm_requests_submit(&fixture->xfrm.kernel, &add.request);
	assert_non_null(memmem(fixture->xfrm.batch, XFRM_BATCH_MAX, key_bytes, 16));
	fake_turn(&fixture->host);
	assert_null(memmem(fixture->xfrm.batch, XFRM_BATCH_MAX, key_bytes, 16));
}

static struct counted *victim;

static void cancel_the_victim(struct kernel_request *request)
{
	count_answer(request);
	xfrm_requests_cancel(NULL, &victim->request);
}

static void an_answer_may_cancel_one_that_is_about_to_come(void **state)
{
	struct fixture *fixture = *state;
	struct counted first = policy_request(KERNEL_POLICY_SET, out_policy());
	struct counted second = policy_request(KERNEL_POLICY_SET, out_policy());
	first.request.done = cancel_the_victim;
	victim = &second;
	xfrm_requests_submit(&fixture->xfrm.kernel, &first.request);
	xfrm_requests_submit(&fixture->xfrm.kernel, &second.request);
	fake_turn(&fixture->host);
	assert_int_equal(first.answers, 1);
	assert_int_equal(second.answers, 0);
}

static void drain_ends_also_without_a_kernel(void **state)
{
	struct fixture *fixture = *state;
	struct counted set = policy_request(KERNEL_POLICY_SET, out_policy());
	xfrm_requests_submit(&fixture->xfrm.kernel, &set.request);
	assert_int_equal(xfrm_requests_drain(&fixture->xfrm.kernel, USEC_PER_SEC), RC_OK);
	assert_int_equal(set.answers, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_of_a_turn_stand_in_one_batch, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_request_without_owner_asks_for_no_acknowledgement,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_dead_socket_fails_every_request_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			answers_that_a_turn_has_no_time_for_come_in_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sent_batch_leaves_no_key_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_may_cancel_one_that_is_about_to_come,
						setup, teardown),
		cmocka_unit_test_setup_teardown(drain_ends_also_without_a_kernel, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
