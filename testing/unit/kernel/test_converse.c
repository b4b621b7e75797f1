/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the running kernel, in a network namespace of its own. */
#include "unit/test.h"
#include <errno.h>
#include "unit/kernel/messages.h"
#include "unit/kernel/namespace.h"

static int fd = -1;

static int ask(struct nlmsghdr *message, uint16_t flags, uint32_t *sequence, char text[160])
{
	struct answer answer = { .text = text };

	return xfrm_converse(fd, sequence, message, flags, &answer);
}

static void each_question_gets_its_own_answer(void **state)
{
	struct message at;
	struct kernel_sa sa = gcm_sa(0x1000);
	struct kernel_policy policy = out_policy();
	uint32_t sequence = 41;
	char text[160];

	(void)state;
	assert_int_equal(ask(xfrm_sa_get_encode(at.bytes, &sa), 0, &sequence, text), ESRCH);
	assert_int_equal(sequence, 42);
	assert_int_equal(
		ask(xfrm_policy_set_encode(at.bytes, &policy, xfrm_policy_index(1, KERNEL_OUT)),
		    NLM_F_ACK, &sequence, text),
		0);
	assert_int_equal(
		ask(xfrm_policy_delete_encode(at.bytes, &policy), NLM_F_ACK, &sequence, text), 0);
	assert_int_equal(
		ask(xfrm_policy_delete_encode(at.bytes, &policy), NLM_F_ACK, &sequence, text),
		ENOENT);
	assert_int_equal(sequence, 45);
}

/* A request that asks for no acknowledgement has none. */
static void an_answer_that_does_not_come_is_lost(void **state)
{
	struct message at;
	struct kernel_policy policy = out_policy();
	uint32_t sequence = 0;
	char text[160];

	(void)state;
	assert_int_equal(
		ask(xfrm_policy_set_encode(at.bytes, &policy, xfrm_policy_index(1, KERNEL_OUT)), 0,
		    &sequence, text),
		ENOBUFS);
}

static void a_dead_socket_says_so(void **state)
{
	struct message at;
	struct kernel_sa sa = gcm_sa(0x1000);
	struct answer answer = { 0 };
	uint32_t sequence = 0;

	(void)state;
	assert_int_equal(
		xfrm_converse(-1, &sequence, xfrm_sa_get_encode(at.bytes, &sa), 0, &answer), EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_question_gets_its_own_answer),
		cmocka_unit_test(an_answer_that_does_not_come_is_lost),
		cmocka_unit_test(a_dead_socket_says_so),
	};
	const char *reason = namespace_enter();
	struct diag diag;

	if (reason != NULL)
		return namespace_skip("test_converse", reason);
	if (xfrm_open(0, &fd, &diag) != RC_OK)
		return namespace_skip("test_converse", diag.text);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
