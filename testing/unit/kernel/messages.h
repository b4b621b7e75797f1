/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink messages in tests: a buffer for one, and its attributes read back. */
#ifndef VANTH_TEST_KERNEL_MESSAGES_H
#define VANTH_TEST_KERNEL_MESSAGES_H

#include "kernel/xfrm/xfrm.h"
#include "unit/kernel/objects.h"

struct message {
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
};

/* The attribute's payload as a span; len 0: not there. */
static inline struct span attribute(const struct nlmsghdr *message, size_t header, uint16_t type)
{
	const struct nlattr *found = xfrm_attribute_find(message, header, type, 0);
	if (found == NULL)
		return SPAN_NONE;
	return span_make(mnl_attr_get_payload(found), mnl_attr_get_payload_len(found));
}

/* Calls fn with every truncation of a message, and with every bit of it flipped: nothing may crash.
 */
static inline void each_mutilation(const struct nlmsghdr *message,
				   void (*fn)(const struct nlmsghdr *))
{
	uint32_t len = message->nlmsg_len;
	for (uint32_t cut = sizeof *message; cut < len; cut++) {
		struct nlmsghdr *copy = test_malloc(cut);
		memcpy(copy, message, cut);
		copy->nlmsg_len = cut;
		fn(copy);
		test_free(copy);
	}
	for (uint32_t bit = 32; bit < len * 8; bit++) { /* the length itself is libmnl's to check */
		struct nlmsghdr *copy = test_malloc(len);
		memcpy(copy, message, len);
		((uint8_t *)copy)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		fn(copy);
		test_free(copy);
	}
}

#endif
