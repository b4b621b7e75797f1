/* SPDX-License-Identifier: Apache-2.0 */
/* IP-TFS (RFC 9347) as Linux 6.14 has it: packets are put together and cut in parts, at no constant
 * rate. Such an SA says its direction, and each direction has parameters of its own. A kernel of
 * that age that was built without it takes the SA and carries nothing: one that has it shows the
 * parameters. */
#include <errno.h>
#include "kernel/xfrm/xfrm.h"

#define DIRECTION_IN  1
#define DIRECTION_OUT 2

void xfrm_iptfs_put(struct nlmsghdr *message, const struct kernel_sa *sa)
{
	const struct kernel_iptfs *iptfs = &sa->iptfs;

	if (!iptfs->on)
		return;
	if (sa->direction != KERNEL_OUT) {
		mnl_attr_put_u8(message, IPTFS_SA_DIRECTION, DIRECTION_IN);
		mnl_attr_put_u32(message, IPTFS_DROP_TIME, iptfs->drop_time);
		mnl_attr_put_u16(message, IPTFS_REORDER_WINDOW, iptfs->reorder_window);
		return;
	}
	mnl_attr_put_u8(message, IPTFS_SA_DIRECTION, DIRECTION_OUT);
	if (iptfs->whole)
		mnl_attr_put(message, IPTFS_DONT_FRAGMENT, 0, NULL);
	mnl_attr_put_u32(message, IPTFS_INIT_DELAY, iptfs->init_delay);
	mnl_attr_put_u32(message, IPTFS_MAX_QUEUE, iptfs->queue_bytes);
	mnl_attr_put_u32(message, IPTFS_PACKET_SIZE, iptfs->packet_size);
}

static bool understood(const struct nlmsghdr *found)
{
	return found->nlmsg_type == XFRM_MSG_NEWSA &&
	       xfrm_attribute_find(found, sizeof(struct xfrm_usersa_info), IPTFS_PACKET_SIZE,
				   sizeof(uint32_t)) != NULL;
}

int xfrm_iptfs_probe(int fd, uint32_t *sequence, const struct kernel_sa *sa)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	char text[160];
	struct answer answer = { .text = text };
	int error = xfrm_converse(fd, sequence, xfrm_sa_add_encode(bytes, sa), NLM_F_ACK, &answer);

	if (error != 0)
		return error;
	error = xfrm_converse(fd, sequence, xfrm_sa_get_encode(bytes, sa), 0, &answer);
	if (error == 0 && !understood((const void *)answer.found))
		error = EOPNOTSUPP;
	(void)xfrm_converse(fd, sequence, xfrm_sa_delete_encode(bytes, sa), NLM_F_ACK, &answer);
	return error;
}
