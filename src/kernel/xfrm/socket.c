/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink sockets and what arrives on them. libmnl walks the messages; the calls are ours, for
 * exact errnos. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "kernel/xfrm/xfrm.h"

#define RECEIVE_BUFFER (8 * 1024 * 1024)
#define SEND_BUFFER    (512 * 1024)

static enum rc open_failed(int error, struct diag *diag)
{
	if (error == EPROTONOSUPPORT || error == EAFNOSUPPORT)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "this kernel has no netlink XFRM: modprobe xfrm_user, or boot a "
				 "kernel with "
				 "CONFIG_XFRM_USER");
	if (error == EPERM || error == EACCES)
		return diag_fail(diag, RC_PERMISSION,
				 "netlink XFRM is not permitted; CAP_NET_ADMIN is needed in this "
				 "network namespace");
	return diag_fail(diag, RC_IO, "cannot open a netlink XFRM socket: %s",
			 strerrordesc_np(error));
}

/* Larger buffers and error texts are nice to have; without them everything still works. */
static void tune(int fd)
{
	int receive = RECEIVE_BUFFER, send = SEND_BUFFER, on = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof send) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on); /* no keys in answers */
}

enum rc xfrm_open(uint32_t groups, int *out, struct diag *diag)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_XFRM);
	if (fd < 0)
		return open_failed(errno, diag);
	tune(fd);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		int error = errno;
		(void)close(fd);
		return open_failed(error, diag);
	}
	*out = fd;
	return RC_OK;
}

int xfrm_send(int fd, const void *bytes, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t sent;
	do
		sent = sendto(fd, bytes, len, 0, (struct sockaddr *)&kernel, sizeof kernel);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? errno : (size_t)sent == len ? 0 : EMSGSIZE;
}

static void each_message(const uint8_t *bytes, int len, netlink_fn fn, void *context)
{
	const struct nlmsghdr *message = (const void *)bytes;
	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len))
		fn(context, message);
}

/* Only the kernel (port 0) is believed. A datagram larger than the buffer is dropped whole. */
static int receive_one(int fd, uint8_t *buffer, netlink_fn fn, void *context)
{
	struct sockaddr_nl from = { 0 };
	struct iovec part = { buffer, XFRM_RECEIVE_MAX };
	struct msghdr head = {
		.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1
	};
	ssize_t len = recvmsg(fd, &head, 0);
	if (len < 0)
		return errno == EINTR ? 0 : errno;
	if (head.msg_flags & MSG_TRUNC)
		return ENOBUFS;
	if (from.nl_pid == 0)
		each_message(buffer, (int)len, fn, context);
	wipe(buffer, (size_t)len); /* an SA is shown with its keys */
	return 0;
}

/* ENOBUFS is told once; what stands behind it in the queue can still be read. */
int xfrm_receive(int fd, unsigned datagrams, netlink_fn fn, void *context)
{
	_Alignas(8) uint8_t buffer[XFRM_RECEIVE_MAX];
	int lost = 0, error = 0;
	for (unsigned i = 0; i < datagrams && (error == 0 || error == ENOBUFS); i++) {
		error = receive_one(fd, buffer, fn, context);
		if (error == ENOBUFS)
			lost = ENOBUFS;
	}
	return error == 0 || error == EAGAIN || error == ENOBUFS ? lost : error;
}

static void extended_ack(const struct nlmsghdr *message, size_t header, struct netlink_answer *out)
{
	const struct nlattr *text;
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	text = xfrm_attribute_find(message, header, NLMSGERR_ATTR_MSG, 1);
	if (text == NULL)
		return;
	size_t len = strnlen(mnl_attr_get_payload(text), mnl_attr_get_payload_len(text));
	len = len < sizeof out->text ? len : sizeof out->text - 1;
	memcpy(out->text, mnl_attr_get_payload(text), len);
}

/* Behind the error stands our own header and, unless it was capped, our message; then the
 * attributes. */
static void error_decode(const struct nlmsghdr *message, struct netlink_answer *out)
{
	struct nlmsgerr error;
	size_t header = sizeof error;
	if (mnl_nlmsg_get_payload_len(message) < sizeof error) {
		out->error = EBADMSG;
		return;
	}
	memcpy(&error, mnl_nlmsg_get_payload(message), sizeof error);
	out->error = error.error < 0 && error.error > INT32_MIN ? -error.error : error.error;
	if (!(message->nlmsg_flags & NLM_F_CAPPED) && error.msg.nlmsg_len > sizeof error.msg)
		header += (error.msg.nlmsg_len - sizeof error.msg + 3u) & ~(size_t)3;
	extended_ack(message, header, out);
}

void xfrm_answer_decode(const struct nlmsghdr *message, struct netlink_answer *out)
{
	int error = 0;
	*out = (struct netlink_answer){ .sequence = message->nlmsg_seq,
					.type = message->nlmsg_type,
					.interrupted = message->nlmsg_flags & NLM_F_DUMP_INTR };
	if (message->nlmsg_type == NLMSG_ERROR) {
		error_decode(message, out);
	} else if (message->nlmsg_type == NLMSG_DONE) {
		if (mnl_nlmsg_get_payload_len(message) >= sizeof error)
			memcpy(&error, mnl_nlmsg_get_payload(message), sizeof error);
		out->error = error < 0 && error > INT32_MIN ? -error : 0;
	}
}
