/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <errno.h>
#include <limits.h>
#include <unistd.h>
#include "unit/kernel/messages.h"

static struct message buffer;

/* As the kernel writes an error: our header, our message unless capped, then the text. */
static struct nlmsghdr *error_message(int error, bool capped, const char *text)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer.bytes);
	struct nlmsgerr value = { .error = -error, .msg = { .nlmsg_len = sizeof value.msg + 21 } };
	message->nlmsg_type = NLMSG_ERROR;
	message->nlmsg_seq = 77;
	message->nlmsg_flags =
		(uint16_t)((capped ? NLM_F_CAPPED : 0) | (text ? NLM_F_ACK_TLVS : 0));
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof value), &value, sizeof value);
	if (!capped)
		memset(mnl_nlmsg_put_extra_header(message, 21), 0x5a, 21);
	if (text != NULL)
		mnl_attr_put(message, NLMSGERR_ATTR_MSG, strlen(text) + 1, text);
	return message;
}

static void an_error_has_sequence_errno_and_text(void **state)
{
	struct netlink_answer answer;
	(void)state;
	for (int capped = 0; capped < 2; capped++) {
		xfrm_answer_decode(error_message(EINVAL, capped, "no such thing"), &answer);
		assert_int_equal(answer.sequence, 77);
		assert_int_equal(answer.type, NLMSG_ERROR);
		assert_int_equal(answer.error, EINVAL);
		assert_string_equal(answer.text, "no such thing");
	}
	xfrm_answer_decode(error_message(0, true, NULL), &answer);
	assert_int_equal(answer.error, 0);
	assert_string_equal(answer.text, "");
}

static void a_long_text_is_cut_and_an_unended_one_is_bounded(void **state)
{
	struct netlink_answer answer;
	char text[400];
	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	xfrm_answer_decode(error_message(EINVAL, true, text), &answer);
	assert_int_equal(strlen(answer.text), sizeof answer.text - 1);
	struct nlmsghdr *message = error_message(EINVAL, true, NULL);
	message->nlmsg_flags |= NLM_F_ACK_TLVS;
	mnl_attr_put(message, NLMSGERR_ATTR_MSG, 4, "abcd"); /* no NUL */
	xfrm_answer_decode(message, &answer);
	assert_string_equal(answer.text, "abcd");
}

static void a_dump_ends_with_its_error_and_says_when_it_tore(void **state)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer.bytes);
	struct netlink_answer answer;
	int error = -EBUSY;
	(void)state;
	message->nlmsg_type = NLMSG_DONE;
	message->nlmsg_flags = NLM_F_DUMP_INTR;
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof error), &error, sizeof error);
	xfrm_answer_decode(message, &answer);
	assert_int_equal(answer.error, EBUSY);
	assert_true(answer.interrupted);
}

static void decode_any(const struct nlmsghdr *message)
{
	struct netlink_answer answer;
	xfrm_answer_decode(message, &answer);
}

static void no_mutilated_answer_reads_beyond_its_end(void **state)
{
	(void)state;
	each_mutilation(error_message(EINVAL, false, "text"), decode_any);
	each_mutilation(error_message(EINVAL, true, "text"), decode_any);
}

static void count(void *context, const struct nlmsghdr *message)
{
	(void)message;
	++*(unsigned *)context;
}

static void each_message_of_each_datagram_is_read_until_none_waits(void **state)
{
	unsigned counted = 0;
	int fds[2];
	struct nlmsghdr two[2] = { { .nlmsg_len = 16 }, { .nlmsg_len = 16 } };
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(send(fds[0], two, sizeof two, 0), sizeof two);
	assert_int_equal(send(fds[0], two, 16, 0), 16);
	assert_int_equal(xfrm_receive(fds[1], 1, count, &counted), 0);
	assert_int_equal(counted, 2);
	assert_int_equal(xfrm_receive(fds[1], UINT_MAX, count, &counted), 0);
	assert_int_equal(counted, 3);
	two[1].nlmsg_len = 17; /* longer than what is there */
	assert_int_equal(send(fds[0], two, sizeof two, 0), sizeof two);
	assert_int_equal(xfrm_receive(fds[1], UINT_MAX, count, &counted), 0);
	assert_int_equal(counted, 4);
	close(fds[0]);
	close(fds[1]);
}

static void a_datagram_that_does_not_fit_counts_as_lost(void **state)
{
	static uint8_t large[XFRM_RECEIVE_MAX + 1];
	unsigned counted = 0;
	int fds[2], size = 1 << 20;
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
	assert_int_equal(send(fds[0], large, sizeof large, 0), sizeof large);
	assert_int_equal(xfrm_receive(fds[1], UINT_MAX, count, &counted), ENOBUFS);
	assert_int_equal(counted, 0);
	close(fds[0]);
	close(fds[1]);
}

static void a_dead_descriptor_is_an_errno(void **state)
{
	unsigned counted = 0;
	(void)state;
	assert_int_equal(xfrm_receive(-1, 4, count, &counted), EBADF);
	assert_int_equal(xfrm_send(-1, "x", 1), EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_has_sequence_errno_and_text),
		cmocka_unit_test(a_long_text_is_cut_and_an_unended_one_is_bounded),
		cmocka_unit_test(a_dump_ends_with_its_error_and_says_when_it_tore),
		cmocka_unit_test(no_mutilated_answer_reads_beyond_its_end),
		cmocka_unit_test(each_message_of_each_datagram_is_read_until_none_waits),
		cmocka_unit_test(a_datagram_that_does_not_fit_counts_as_lost),
		cmocka_unit_test(a_dead_descriptor_is_an_errno),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
