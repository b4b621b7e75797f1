/* SPDX-License-Identifier: Apache-2.0 */
/* The rtnetlink socket. A request is answered inside sendto(). */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/arena.h"
#include "network/netlink/netlink.h"

static struct netlink_backend *netlink_of(struct network_backend *backend)
{
	return container_of(backend, struct netlink_backend, backend);
}

/* Behind the error stands the header of our own message (NETLINK_CAP_ACK), then attributes. */
static void read_text(const struct nlmsghdr *answer, char text[NETWORK_TEXT_MAX])
{
	const struct nlattr *attr = NULL;
	size_t len;

	if ((answer->nlmsg_flags & NLM_F_ACK_TLVS) != 0)
		attr = netlink_attribute(answer, sizeof(struct nlmsgerr), NLMSGERR_ATTR_MSG, 1);
	if (attr == NULL)
		return;
	len = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	if (len >= NETWORK_TEXT_MAX)
		len = NETWORK_TEXT_MAX - 1;
	memcpy(text, mnl_attr_get_payload(attr), len);
	text[len] = '\0';
}

static int read_error(const struct nlmsghdr *answer, char text[NETWORK_TEXT_MAX])
{
	struct nlmsgerr error;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(error))
		return EBADMSG;
	memcpy(&error, mnl_nlmsg_get_payload(answer), sizeof(error));
	if (error.error != 0)
		read_text(answer, text);
	return error.error < 0 && error.error > INT32_MIN ? -error.error : error.error;
}

int netlink_ask(struct netlink_backend *backend, struct nlmsghdr *message,
		char text[NETWORK_TEXT_MAX])
{
	_Alignas(8) uint8_t buffer[4096];

	message->nlmsg_seq = ++backend->sequence;
	if (send(backend->fd, message, message->nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		ssize_t len = recv(backend->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *answer = (const void *)buffer;
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errno == EAGAIN ? ENOBUFS : errno;
		if (mnl_nlmsg_ok(answer, (int)len) && answer->nlmsg_seq == backend->sequence &&
		    answer->nlmsg_type == NLMSG_ERROR)
			return read_error(answer, text);
	}
}

/* It went with its device, or somebody else has removed it. */
static bool is_gone(int error)
{
	return error == ESRCH || error == ENOENT || error == ENODEV || error == EADDRNOTAVAIL;
}

/* EEXIST of a VTI device: its name, or its ends, which Linux finds it by. */
static int why_it_exists(const struct network_object *object, int error)
{
	return error == EEXIST && if_nametoindex(object->device) == 0 ? EADDRINUSE : error;
}

/* A device of ours that lets nothing in is none. */
static int set_up(struct network_backend *backend, const struct network_object *object,
		  char text[NETWORK_TEXT_MAX])
{
	_Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX] = { 0 };
	int error = netlink_ask(netlink_of(backend), netlink_settings_encode(bytes, object), text);

	if (error == 0)
		return 0;
	memset(bytes, 0, sizeof(bytes));
	(void)netlink_ask(netlink_of(backend), netlink_encode(bytes, object, false, 0), text);
	return error;
}

static int apply(struct network_backend *backend, const struct network_object *object, bool add,
		 char text[NETWORK_TEXT_MAX])
{
	_Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX] = { 0 };
	bool stands = object->kind == NETWORK_ADDRESS || object->kind == NETWORK_ROUTE;
	uint32_t index = stands ? if_nametoindex(object->device) : 0;
	int error;

	if (stands && index == 0)
		return add ? ENODEV : 0;
	error = netlink_ask(netlink_of(backend), netlink_encode(bytes, object, add, index), text);
	if (add && error == 0 && object->vti)
		return set_up(backend, object, text);
	if (add && object->vti)
		error = why_it_exists(object, error);
	return !add && is_gone(error) ? 0 : error;
}

static uint32_t index_of(struct network_backend *backend, const char *device)
{
	(void)backend;
	return if_nametoindex(device);
}

static int raise_link(struct network_backend *backend, const struct network_object *object)
{
	_Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX] = { 0 };
	struct ifreq request = { .ifr_flags = 0 };
	char text[NETWORK_TEXT_MAX];

	memcpy(request.ifr_name, object->device, sizeof(request.ifr_name));
	if (ioctl(netlink_of(backend)->fd, SIOCGIFFLAGS, &request) != 0)
		return errno;
	if ((request.ifr_flags & IFF_UP) != 0)
		return EALREADY;
	return netlink_ask(netlink_of(backend), netlink_encode_up(bytes, object), text);
}

static int change(struct network_backend *backend, const struct network_object *object,
		  char text[NETWORK_TEXT_MAX])
{
	_Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX] = { 0 };
	int error = netlink_ask(netlink_of(backend), netlink_change_encode(bytes, object), text);

	return error == EEXIST ? EADDRINUSE : error;
}

static int replace(struct network_backend *backend, const struct network_object *object,
		   char text[NETWORK_TEXT_MAX])
{
	_Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX] = { 0 };
	uint32_t index = if_nametoindex(object->device);
	struct nlmsghdr *message = netlink_encode(bytes, object, true, index);

	if (index == 0)
		return ENODEV;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	return netlink_ask(netlink_of(backend), message, text);
}

static void netlink_free(struct network_backend *backend)
{
	(void)(netlink_listen(backend, NULL) == RC_OK);
	(void)close(netlink_of(backend)->fd);
	mem_free(netlink_of(backend));
}

static const struct network_backend_ops netlink_ops = {
	.apply = apply,
	.raise_link = raise_link,
	.index = index_of,
	.remove_links = netlink_remove_links,
	.listen = netlink_listen,
	.change = change,
	.replace = replace,
	.remove_stale = netlink_remove_stale,
	.free = netlink_free,
};

static void tune(int fd)
{
	int on = 1;

	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* dumps show what was asked for, and nothing else */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

enum rc network_netlink_new(struct host *host, struct log *log, struct network **out,
			    struct diag *diag)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct netlink_backend *backend = mem_alloc(sizeof(*backend));

	if (backend == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	backend->backend.ops = &netlink_ops;
	backend->host = host;
	backend->events_fd = -1;
	backend->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (backend->fd < 0 ||
	    connect(backend->fd, (struct sockaddr *)&kernel, sizeof(kernel)) != 0) {
		int error = errno;
		if (backend->fd >= 0)
			(void)close(backend->fd);
		mem_free(backend);
		return diag_fail(diag, RC_IO, "cannot open a netlink socket for routes: %s",
				 strerrordesc_np(error));
	}
	tune(backend->fd);
	if (network_new(host, log, &backend->backend, out) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	(*out)->has_resolvconf = true;
	(*out)->program_folders = host_program_folders;
	(*out)->netlink_table = "/proc/self/net/netlink";
	(*out)->bus_address = "unix:path=/run/dbus/system_bus_socket";
	return RC_OK;
}
