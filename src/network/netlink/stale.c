/* SPDX-License-Identifier: Apache-2.0 */
/* What an earlier run of ours left: rules, routes and addresses with our protocol number, links of
 * our group. Each dump is read to its end before anything is removed. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <string.h>
#include <sys/socket.h>
#include "base/arena.h"
#include "network/netlink/netlink.h"

/* Messages that remove what was found, one behind the other. */
struct found {
	uint8_t *bytes;
	size_t used, room;
	unsigned count;
	bool strangers; /* links in our group that we do not make */
	bool failed;	/* out of memory */
};

static bool has_protocol(const struct nlmsghdr *message, size_t header, uint16_t type)
{
	const struct nlattr *attr = netlink_attribute(message, header, type, sizeof(uint8_t));

	return attr != NULL && mnl_attr_get_u8(attr) == HOST_PROTOCOL;
}

static bool is_our_route(const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);

	return mnl_nlmsg_get_payload_len(message) >= sizeof(*route) &&
	       route->rtm_protocol == HOST_PROTOCOL && (route->rtm_flags & RTM_F_CLONED) == 0;
}

static bool is_in_our_group(const struct nlmsghdr *message)
{
	const struct nlattr *group =
		netlink_attribute(message, sizeof(struct ifinfomsg), IFLA_GROUP, sizeof(uint32_t));

	return message->nlmsg_type == RTM_NEWLINK && group != NULL &&
	       mnl_attr_get_u32(group) == NETWORK_LINK_GROUP;
}

/* Of the links that we make. */
static bool is_our_kind(const char *kind)
{
	static const char *const kinds[] = { "xfrm", "dummy", "vti", "vti6" };

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static bool is_of_our_kind(const struct nlmsghdr *message)
{
	const struct nlattr *info =
		netlink_attribute(message, sizeof(struct ifinfomsg), IFLA_LINKINFO, 1);
	const struct nlattr *attr = info != NULL ? mnl_attr_get_payload(info) : NULL;
	const uint8_t *end = info != NULL ? (const uint8_t *)info + info->nla_len : NULL;

	for (; attr != NULL && mnl_attr_ok(attr, (int)(end - (const uint8_t *)attr));
	     attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 &&
			       is_our_kind(mnl_attr_get_str(attr));
	return false;
}

static bool is_our_link(const struct nlmsghdr *message)
{
	return is_in_our_group(message) && is_of_our_kind(message);
}

/* Linux takes back what it shows, under another type. */
static struct nlmsghdr *copy_as(void *at, const struct nlmsghdr *dumped, uint16_t type)
{
	struct nlmsghdr *message = at;

	if (dumped->nlmsg_len > NETLINK_MESSAGE_MAX)
		return NULL;
	memcpy(at, dumped, dumped->nlmsg_len);
	message->nlmsg_type = type;
	return message;
}

static struct nlmsghdr *delete_link(void *at, const struct nlmsghdr *dumped)
{
	const struct ifinfomsg *shown = mnl_nlmsg_get_payload(dumped);
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	message->nlmsg_type = RTM_DELLINK;
	info->ifi_index = shown->ifi_index;
	return message;
}

struct nlmsghdr *netlink_stale_encode(void *at, const struct nlmsghdr *dumped)
{
	struct nlmsghdr *message = NULL;

	if (dumped->nlmsg_type == RTM_NEWRULE &&
	    has_protocol(dumped, sizeof(struct fib_rule_hdr), FRA_PROTOCOL))
		message = copy_as(at, dumped, RTM_DELRULE);
	else if (dumped->nlmsg_type == RTM_NEWROUTE && is_our_route(dumped))
		message = copy_as(at, dumped, RTM_DELROUTE);
	else if (dumped->nlmsg_type == RTM_NEWADDR &&
		 has_protocol(dumped, sizeof(struct ifaddrmsg), IFA_PROTO))
		message = copy_as(at, dumped, RTM_DELADDR);
	else if (is_our_link(dumped))
		message = delete_link(at, dumped);
	if (message != NULL)
		message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	return message;
}

static bool make_room(struct found *found, size_t more)
{
	size_t room = found->room == 0 ? 4096 : found->room * 2;
	uint8_t *bytes;

	if (found->used + more <= found->room)
		return true;
	bytes = mem_alloc(room + more);
	if (bytes == NULL) {
		found->failed = true;
		return false;
	}
	if (found->used > 0)
		memcpy(bytes, found->bytes, found->used);
	mem_free(found->bytes);
	found->bytes = bytes;
	found->room = room + more;
	return true;
}

static void note(struct found *found, const struct nlmsghdr *dumped)
{
	_Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX] = { 0 };
	const struct nlmsghdr *message = netlink_stale_encode(bytes, dumped);
	size_t len = message != NULL ? NLMSG_ALIGN(message->nlmsg_len) : 0;

	found->strangers = found->strangers || (is_in_our_group(dumped) && !is_of_our_kind(dumped));
	if (message == NULL || !make_room(found, len))
		return;
	memcpy(found->bytes + found->used, message, message->nlmsg_len);
	found->used += len;
	found->count++;
}

/* 0: read to its end; EAGAIN: more comes; errno. */
static int read_part(struct netlink_backend *backend, uint8_t *buffer, struct found *found)
{
	ssize_t got = recv(backend->fd, buffer, NETLINK_ANSWER_MAX, MSG_DONTWAIT);
	const struct nlmsghdr *message = (const void *)buffer;
	int len = (int)got;

	if (got < 0)
		return errno == EINTR ? EAGAIN : errno == EAGAIN ? ENOBUFS : errno;
	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		if (message->nlmsg_seq != backend->sequence)
			continue;
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type == NLMSG_ERROR)
			return EOPNOTSUPP; /* a kernel without that kind */
		note(found, message);
	}
	return EAGAIN;
}

static int dump(struct netlink_backend *backend, uint16_t type, uint8_t family, struct found *found)
{
	_Alignas(8) uint8_t bytes[256] = { 0 };
	uint8_t *buffer = mem_alloc(NETLINK_ANSWER_MAX);
	struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
	int error = EAGAIN;

	if (buffer == NULL)
		return ENOMEM;
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = ++backend->sequence;
	if (type == RTM_GETROUTE) {
		struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
		route->rtm_family = family;
		route->rtm_protocol = HOST_PROTOCOL; /* Linux leaves out the others */
	} else {
		uint8_t *header = mnl_nlmsg_put_extra_header(
			message, type == RTM_GETADDR   ? sizeof(struct ifaddrmsg)
				 : type == RTM_GETRULE ? sizeof(struct fib_rule_hdr)
						       : sizeof(struct ifinfomsg));
		header[0] = family;
	}
	if (send(backend->fd, message, message->nlmsg_len, 0) < 0)
		error = errno;
	while (error == EAGAIN)
		error = read_part(backend, buffer, found);
	mem_free(buffer);
	return error;
}

/* Thousands of links one by one take seconds: Linux waits for its readers after each. */
static bool remove_group(struct netlink_backend *backend)
{
	_Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
	char text[NETWORK_TEXT_MAX];

	message->nlmsg_type = RTM_DELLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	(void)mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(message, IFLA_GROUP, NETWORK_LINK_GROUP);
	return netlink_ask(backend, message, text) == 0;
}

static bool are_links(const struct found *found)
{
	return found->count > 1 &&
	       ((const struct nlmsghdr *)found->bytes)->nlmsg_type == RTM_DELLINK;
}

static void remove_all(struct netlink_backend *backend, struct found *found, unsigned *count)
{
	char text[NETWORK_TEXT_MAX];

	if (are_links(found) && !found->strangers && !found->failed && remove_group(backend)) {
		*count += found->count;
		found->used = 0;
	}
	for (size_t at = 0; at < found->used;) {
		struct nlmsghdr *message = (void *)(found->bytes + at);
		at += NLMSG_ALIGN(message->nlmsg_len);
		if (netlink_ask(backend, message, text) == 0)
			(*count)++;
	}
	mem_free(found->bytes);
}

void netlink_remove_links(struct network_backend *base)
{
	struct netlink_backend *backend = container_of(base, struct netlink_backend, backend);
	struct found found = { .used = 0 };
	unsigned count = 0;

	if (dump(backend, RTM_GETLINK, AF_UNSPEC, &found) != 0)
		found.strangers = true; /* perhaps */
	remove_all(backend, &found, &count);
}

/* Rules first, so that nobody is led into an empty table; links last, and what stands on them with
 * them. */
enum rc netlink_remove_stale(struct network_backend *base, unsigned *count, struct diag *diag)
{
	static const struct {
		uint16_t type;
		uint8_t family;
	} kinds[] = { { RTM_GETRULE, AF_INET },	 { RTM_GETRULE, AF_INET6 },
		      { RTM_GETROUTE, AF_INET }, { RTM_GETROUTE, AF_INET6 },
		      { RTM_GETADDR, AF_INET },	 { RTM_GETADDR, AF_INET6 },
		      { RTM_GETLINK, AF_UNSPEC } };
	struct netlink_backend *backend = container_of(base, struct netlink_backend, backend);
	int first = 0;

	*count = 0;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct found found = { .used = 0 };
		int error = dump(backend, kinds[i].type, kinds[i].family, &found);
		if (found.failed)
			error = ENOMEM;
		if (first == 0 && error != EOPNOTSUPP && error != EAFNOSUPPORT)
			first = error;
		remove_all(backend, &found, count);
	}
	if (first != 0)
		return diag_fail(diag, RC_IO, "cannot read the routing tables: %s",
				 strerrordesc_np(first));
	return RC_OK;
}
