/* SPDX-License-Identifier: Apache-2.0 */
/* What an earlier run left behind: SAs and templates with a reqid of our range; with a reqid that
 * the configuration says (reqid=), which others may use too, SAs that we signed and policies with
 * an index of ours; and policies without a template by that index. Both databases are read, and one
 * delete for each find is collected while reading. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include "base/arena.h"
#include "kernel/xfrm/xfrm.h"

#define DUMP_TRIES 8

struct stale {
	const struct kernel *kernel;
	uint8_t *bytes; /* messages that delete */
	size_t len, cap;
	bool done, interrupted, no_memory;
	unsigned seen; /* messages since the last look */
	int error;
	uint32_t sequence;
	unsigned removed;
};

/* The mark and if_id of a dumped object name it too. */
static void copy_attribute(struct nlmsghdr *to, const struct nlmsghdr *from, size_t header,
			   uint16_t type, size_t size)
{
	const struct nlattr *attribute = xfrm_attribute_find(from, header, type, size);
	if (attribute != NULL)
		mnl_attr_put(to, type, size, mnl_attr_get_payload(attribute));
}

static bool sa_is_ours(const struct kernel *kernel, const struct xfrm_usersa_info *info)
{
	return info->id.spi != 0 && kernel_reqid_is_known(kernel, info->reqid) &&
	       (kernel_reqid_is_ours(info->reqid) ||
		info->seq == xfrm_sa_sign(ntohl(info->id.spi)));
}

/* Larval states (no SPI) cannot be named; Linux drops them within 30 s. */
static struct nlmsghdr *sa_encode(const struct kernel *kernel, void *at,
				  const struct nlmsghdr *dumped)
{
	struct xfrm_usersa_info info;
	if (mnl_nlmsg_get_payload_len(dumped) < sizeof info)
		return NULL;
	memcpy(&info, mnl_nlmsg_get_payload(dumped), sizeof info);
	if (!sa_is_ours(kernel, &info))
		return NULL;
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(message, sizeof *id);
	message->nlmsg_type = XFRM_MSG_DELSA;
	id->daddr = info.id.daddr;
	id->spi = info.id.spi;
	id->family = info.family;
	id->proto = info.id.proto;
	copy_attribute(message, dumped, sizeof info, XFRMA_MARK, sizeof(struct xfrm_mark));
	return message;
}

static bool policy_is_ours(const struct kernel *kernel, const struct nlmsghdr *dumped,
			   const struct xfrm_userpolicy_info *info)
{
	struct xfrm_user_tmpl template;
	const struct nlattr *attribute =
		xfrm_attribute_find(dumped, sizeof *info, XFRMA_TMPL, sizeof template);
	if (attribute == NULL)
		return xfrm_policy_index_is_ours(info->index);
	memcpy(&template, mnl_attr_get_payload(attribute), sizeof template);
	return kernel_reqid_is_known(kernel, template.reqid) &&
	       (kernel_reqid_is_ours(template.reqid) || xfrm_policy_index_is_ours(info->index));
}

/* By index: the one of the dump and no other. Sockets' own policies have directions beyond FWD. */
static struct nlmsghdr *policy_encode(const struct kernel *kernel, void *at,
				      const struct nlmsghdr *dumped)
{
	struct xfrm_userpolicy_info info;
	if (mnl_nlmsg_get_payload_len(dumped) < sizeof info)
		return NULL;
	memcpy(&info, mnl_nlmsg_get_payload(dumped), sizeof info);
	if (info.dir > XFRM_POLICY_FWD || info.index == 0 || !policy_is_ours(kernel, dumped, &info))
		return NULL;
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct xfrm_userpolicy_id *id = mnl_nlmsg_put_extra_header(message, sizeof *id);
	message->nlmsg_type = XFRM_MSG_DELPOLICY;
	id->sel = info.sel;
	id->index = info.index;
	id->dir = info.dir;
	copy_attribute(message, dumped, sizeof info, XFRMA_MARK, sizeof(struct xfrm_mark));
	copy_attribute(message, dumped, sizeof info, XFRMA_IF_ID, sizeof(uint32_t));
	return message;
}

struct nlmsghdr *xfrm_stale_encode(const struct kernel *kernel, void *at,
				   const struct nlmsghdr *dumped)
{
	if (dumped->nlmsg_type == XFRM_MSG_NEWSA)
		return sa_encode(kernel, at, dumped);
	if (dumped->nlmsg_type == XFRM_MSG_NEWPOLICY)
		return policy_encode(kernel, at, dumped);
	return NULL;
}

static bool reserve(struct stale *stale, size_t more)
{
	size_t cap = stale->cap != 0 ? stale->cap * 2 : 16384;
	if (stale->cap - stale->len >= more)
		return true;
	uint8_t *bytes = mem_resize(stale->bytes, cap);
	if (bytes == NULL) {
		stale->no_memory = true;
		return false;
	}
	stale->bytes = bytes;
	stale->cap = cap;
	return true;
}

static void collect(struct stale *stale, const struct nlmsghdr *dumped)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	struct nlmsghdr *message = xfrm_stale_encode(stale->kernel, bytes, dumped);
	if (message == NULL)
		return;
	size_t len = NLMSG_ALIGN(message->nlmsg_len);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (!reserve(stale, len))
		return;
	memcpy(stale->bytes + stale->len, bytes, len);
	stale->len += len;
}

static void read_dump(void *context, const struct nlmsghdr *message)
{
	struct stale *stale = context;
	struct netlink_answer answer;
	xfrm_answer_decode(message, &answer);
	if (answer.sequence != stale->sequence)
		return;
	stale->seen++;
	stale->interrupted |= answer.interrupted;
	if (answer.type == NLMSG_ERROR || answer.type == NLMSG_DONE) {
		stale->done = true;
		stale->error = answer.error;
		return;
	}
	collect(stale, message);
}

/* The kernel goes on with a dump when a part was read: nothing to wait for. */
static int dump(int fd, struct stale *stale, uint16_t type)
{
	struct nlmsghdr message = { .nlmsg_len = sizeof message,
				    .nlmsg_type = type,
				    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				    .nlmsg_seq = ++stale->sequence };
	int error = xfrm_send(fd, &message, sizeof message);
	stale->done = stale->no_memory = false;
	while (error == 0 && !stale->done) {
		stale->seen = 0;
		error = xfrm_receive(fd, 1, read_dump, stale);
		if (error == 0 && stale->seen == 0)
			error = EIO;
	}
	if (error == 0)
		error = stale->no_memory ? ENOMEM : stale->error;
	return error;
}

static void read_removed(void *context, const struct nlmsghdr *message)
{
	struct stale *stale = context;
	struct netlink_answer answer;
	xfrm_answer_decode(message, &answer);
	if (answer.type != NLMSG_ERROR)
		return;
	if (answer.error == 0)
		stale->removed++;
	else if (answer.error != ESRCH && answer.error != ENOENT)
		stale->error = answer.error;
}

/* As many whole messages as one datagram takes. */
static size_t piece(const struct stale *stale, size_t from)
{
	size_t len = 0;
	while (from + len < stale->len) {
		struct nlmsghdr message;
		memcpy(&message, stale->bytes + from + len, sizeof message);
		size_t next = NLMSG_ALIGN(message.nlmsg_len);
		if (len + next > XFRM_BATCH_MAX)
			break;
		len += next;
	}
	return len;
}

static int remove_collected(int fd, struct stale *stale)
{
	int error = 0;
	stale->error = 0;
	for (size_t from = 0; error == 0 && from < stale->len;) {
		size_t len = piece(stale, from);
		error = xfrm_send(fd, stale->bytes + from, len);
		if (error == 0)
			error = xfrm_receive(fd, UINT_MAX, read_removed, stale);
		from += len;
	}
	return error != 0 ? error : stale->error;
}

static int one_round(int fd, struct stale *stale)
{
	stale->len = 0;
	stale->interrupted = false;
	int error = dump(fd, stale, XFRM_MSG_GETPOLICY);
	if (error == 0)
		error = dump(fd, stale, XFRM_MSG_GETSA);
	if (error == 0)
		error = remove_collected(fd, stale);
	return error;
}

enum rc xfrm_stale_remove(const struct kernel *kernel, int fd, uint32_t *sequence, unsigned *count,
			  struct diag *diag)
{
	struct stale stale = { .kernel = kernel, .sequence = *sequence, .interrupted = true };
	int error = 0;
	for (unsigned i = 0; i < DUMP_TRIES && error == 0 && stale.interrupted; i++)
		error = one_round(fd, &stale);
	mem_free(stale.bytes);
	*sequence = stale.sequence;
	*count = stale.removed;
	if (error == ENOMEM)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory while looking for stale SAs");
	if (error != 0)
		return diag_fail(diag, RC_KERNEL, "cannot remove stale SAs and policies: %s",
				 strerrordesc_np(error));
	return RC_OK;
}
