/* SPDX-License-Identifier: Apache-2.0 */
/* The set of our UDP sockets, and datagrams out. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/arena.h"
#include "host/real/real.h"

enum rc udp_init(struct real *real)
{
	list_init(&real->udp.late);
	return ticker_init(&real->udp.retry, real, udp_resume, real);
}

static void udp_close(struct real *real)
{
	struct udp *udp = &real->udp;

	for (size_t i = 0; i < udp->count; i++) {
		watch_free(&real->host, udp->sockets[i].watch);
		close(udp->sockets[i].fd);
	}
	udp->count = 0;
	udp->generation++;
}

void udp_wipe(struct real *real)
{
	udp_close(real);
	udp_impair_wipe(real);
	ticker_wipe(&real->udp.retry);
	udp_batch_free(real->udp.batch);
	mem_free(real->udp.limit);
}

static enum rc udp_add(struct real *real, uint8_t family, uint16_t port, bool natt,
		       struct diag *diag)
{
	struct udp *udp = &real->udp;
	struct udp_socket *slot = &udp->sockets[udp->count];
	int fd;

	TRY(udp_socket_open(real, family, port, natt, &fd, diag));
	*slot = (struct udp_socket){
		.real = real, .fd = fd, .family = family, .port = port, .natt = natt
	};
	slot->watch = watch_new(&real->host, fd, HOST_READ, udp_receive, slot);
	if (slot->watch == NULL) {
		close(fd);
		return diag_fail(diag, RC_NO_MEMORY, "no memory for UDP port %u", port);
	}
	udp->count++;
	return RC_OK;
}

/* A machine may lack one family. */
static enum rc udp_add_port(struct real *real, uint16_t port, bool natt, struct diag *diag)
{
	enum rc v4 = udp_add(real, AF_INET, port, natt, diag);
	enum rc v6;

	if (v4 != RC_OK && v4 != RC_UNSUPPORTED)
		return v4;
	v6 = udp_add(real, AF_INET6, port, natt, diag);
	if (v6 != RC_UNSUPPORTED)
		return v6;
	if (v4 == RC_UNSUPPORTED)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "this machine has neither IPv4 nor IPv6: no UDP port %u", port);
	return RC_OK;
}

static enum rc udp_add_ports(struct real *real, uint16_t port, uint16_t natt_port,
			     struct diag *diag)
{
	TRY(udp_add_port(real, port, false, diag));
	if (natt_port == 0)
		return RC_OK;
	return udp_add_port(real, natt_port, true, diag);
}

enum rc udp_listen(struct host *host, uint16_t port, uint16_t natt_port, host_receive_fn receive,
		   void *context, struct diag *diag)
{
	struct real *real = real_of(host);
	enum rc rc;

	if (receive == NULL) {
		udp_close(real);
		return RC_OK;
	}
	if (port == 0 || port == natt_port)
		return diag_fail(diag, RC_RANGE,
				 "cannot listen on UDP ports %u and %u: they must differ, and the "
				 "first must not be 0",
				 port, natt_port);
	if (real->udp.batch == NULL)
		real->udp.batch = udp_batch_new();
	if (real->udp.batch == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "no memory for receiving datagrams");
	udp_close(real);
	real->udp.receive = receive;
	real->udp.context = context;
	rc = udp_add_ports(real, port, natt_port, diag);
	if (rc != RC_OK)
		udp_close(real);
	return rc;
}

enum rc udp_limit(struct host *host, const struct ip_addr *addrs, size_t count)
{
	struct udp *udp = &real_of(host)->udp;
	struct ip_addr *limit = NULL;

	if (count > 0) {
		limit = mem_alloc(count * sizeof(*limit));
		if (limit == NULL)
			return RC_NO_MEMORY;
		memcpy(limit, addrs, count * sizeof(*limit));
	}
	mem_free(udp->limit);
	udp->limit = limit;
	udp->limit_count = count;
	return RC_OK;
}

static const struct udp_socket *udp_find(const struct udp *udp, uint8_t family, uint16_t port)
{
	for (size_t i = 0; i < udp->count; i++)
		if (udp->sockets[i].family == family && udp->sockets[i].port == port)
			return &udp->sockets[i];
	return NULL;
}

union udp_control {
	struct cmsghdr align;
	char v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
	char v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void control_put(struct msghdr *header, union udp_control *control, int level, int type,
			const void *info, size_t len)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	header->msg_control = control;
	header->msg_controllen = CMSG_SPACE(len);
	c = CMSG_FIRSTHDR(header);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), info, len);
}

/* The datagram leaves from `local`; from the kernel's choice when that is 0.0.0.0 or ::. */
static void control_source(struct msghdr *header, union udp_control *control,
			   const struct ip_addr *local)
{
	if (ip_is_any(local))
		return;
	if (local->family == AF_INET) {
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, local->bytes, 4);
		control_put(header, control, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_ifindex = local->scope };

		memcpy(&info.ipi6_addr, local->bytes, 16);
		control_put(header, control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}

/* A full send buffer is loss like any other on the way. A pending error of an earlier datagram is
 * reported instead of sending: the second try sends. */
static enum rc send_now(int fd, const struct msghdr *header)
{
	for (int try = 0; try < 3; try++) {
		if (sendmsg(fd, header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return RC_OK;
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
			return RC_OK;
		if (errno != EINTR && errno != ECONNREFUSED)
			return RC_IO;
	}
	return RC_IO;
}

/* iovec is for reading and writing, so it has no const. */
static struct iovec vector_of(struct span bytes)
{
	return (struct iovec){ (void *)(uintptr_t)bytes.ptr, bytes.len };
}

static enum rc udp_send_vector(const struct udp_socket *socket, const struct ip_addr *source,
			       const struct ip_endpoint *remote, struct iovec *vector, size_t count)
{
	struct msghdr header = { .msg_iov = vector, .msg_iovlen = count };
	struct sockaddr_storage to;
	union udp_control control;

	header.msg_name = &to;
	header.msg_namelen = endpoint_to_sockaddr(remote, &to);
	control_source(&header, &control, source);
	return send_now(socket->fd, &header);
}

enum rc udp_send_plain(struct host *host, const struct ip_endpoint *local,
		       const struct ip_endpoint *remote, struct span payload, bool keepalive)
{
	static const uint8_t marker[4];
	struct iovec vector[] = { vector_of(SPAN_OF(marker)), vector_of(payload) };
	const struct udp_socket *socket =
		udp_find(&real_of(host)->udp, local->addr.family, local->port);

	if (socket == NULL || local->addr.family != remote->addr.family)
		return RC_IO;
	if (keepalive && !socket->natt)
		return RC_IO;
	if (keepalive || !socket->natt)
		return udp_send_vector(socket, &local->addr, remote, &vector[1], 1);
	return udp_send_vector(socket, &local->addr, remote, vector, 2);
}

enum rc udp_send(struct host *host, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, struct span payload)
{
	if (real_of(host)->udp.impaired)
		return udp_send_impaired(host, local, remote, payload, false);
	return udp_send_plain(host, local, remote, payload, false);
}

enum rc udp_keepalive(struct host *host, const struct ip_endpoint *local,
		      const struct ip_endpoint *remote)
{
	static const uint8_t keepalive[] = { 0xff };

	if (real_of(host)->udp.impaired)
		return udp_send_impaired(host, local, remote, SPAN_OF(keepalive), true);
	return udp_send_plain(host, local, remote, SPAN_OF(keepalive), true);
}
