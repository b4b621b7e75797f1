/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/wire.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM (8 << 20)

usec_t wire_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

int wire_open(uint16_t port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int size = ROOM, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (bind(fd, (const struct sockaddr *)&any, sizeof any) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

struct in_addr wire_source(struct in_addr first, unsigned number)
{
	return (struct in_addr){ htonl(ntohl(first.s_addr) + number) };
}

bool wire_send(int fd, struct in_addr from, const struct sockaddr_in *to, const void *bytes,
	       size_t len)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = { .bytes = "" };
	struct iovec data = { (void *)(uintptr_t)bytes, len };
	struct msghdr message = { .msg_name = (void *)(uintptr_t)to,
				  .msg_namelen = sizeof *to,
				  .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof control };
	struct in_pktinfo info = { .ipi_spec_dst = from };

	control.head = (struct cmsghdr){ .cmsg_level = IPPROTO_IP,
					 .cmsg_type = IP_PKTINFO,
					 .cmsg_len = CMSG_LEN(sizeof info) };
	memcpy(CMSG_DATA(&control.head), &info, sizeof info);
	return sendmsg(fd, &message, 0) >= 0 || errno == EAGAIN || errno == ECONNREFUSED ||
	       errno == ENOBUFS || errno == ENETUNREACH;
}
