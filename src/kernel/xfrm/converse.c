/* SPDX-License-Identifier: Apache-2.0 */
/* One request to the kernel, and its answer at once: where the next step depends on it. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include "kernel/xfrm/xfrm.h"

static void read_answer(void *context, const struct nlmsghdr *message)
{
	struct answer *answer = context;
	struct netlink_answer said;
	xfrm_answer_decode(message, &said);
	if (said.sequence != answer->sequence)
		return;
	answer->error = said.type == NLMSG_ERROR	 ? said.error
			: message->nlmsg_len > FOUND_MAX ? EMSGSIZE
							 : 0;
	memcpy(answer->text, said.text, sizeof said.text);
	if (said.type == XFRM_MSG_NEWSA && answer->error == 0)
		memcpy(answer->found, message, message->nlmsg_len);
}

int xfrm_converse(int fd, uint32_t *sequence, struct nlmsghdr *message, uint16_t flags,
		  struct answer *answer)
{
	int error;
	message->nlmsg_seq = answer->sequence = ++*sequence;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	answer->error = ENOBUFS;
	error = xfrm_send(fd, message, NLMSG_ALIGN(message->nlmsg_len));
	if (error == 0)
		error = xfrm_receive(fd, UINT_MAX, read_answer, answer);
	return error != 0 && answer->error == ENOBUFS ? error : answer->error;
}
