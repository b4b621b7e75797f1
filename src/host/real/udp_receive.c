/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in. A batch of them costs one system call; a few batches end the turn's share of a
 * socket, so that a flood holds up neither timers nor the other sockets. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include "base/arena.h"
#include "host/real/real.h"

#define BATCHES_PER_TURN 16
#define CONTROL_MAX	 128
#define RETRY_DELAY	 (100 * USEC_PER_MSEC)
#define NON_ESP_MARKER	 4

struct udp_batch {
	struct mmsghdr messages[UDP_BATCH];
	struct iovec vectors[UDP_BATCH];
	struct sockaddr_storage senders[UDP_BATCH];
	uint8_t controls[UDP_BATCH][CONTROL_MAX] __attribute__((aligned(16)));
	uint8_t bytes[UDP_BATCH][UDP_DATAGRAM_MAX]; /* pages come with use */
};

struct udp_batch *udp_batch_new(void)
{
	return mem_alloc(sizeof(struct udp_batch));
}

void udp_batch_free(struct udp_batch *batch)
{
	mem_free(batch);
}

/* The kernel writes into the headers, so each call needs them afresh. */
static void batch_prepare(struct udp_batch *batch)
{
	for (size_t i = 0; i < UDP_BATCH; i++) {
		batch->vectors[i] = (struct iovec){ batch->bytes[i], UDP_DATAGRAM_MAX };
		batch->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->senders[i],
			.msg_namelen = sizeof(batch->senders[i]),
			.msg_iov = &batch->vectors[i],
			.msg_iovlen = 1,
			.msg_control = batch->controls[i],
			.msg_controllen = CONTROL_MAX,
		};
	}
}

static bool local_from_v4(const struct cmsghdr *control, struct ip_addr *out)
{
	struct in_pktinfo info;

	if (control->cmsg_len < CMSG_LEN(sizeof(info)))
		return false;
	memcpy(&info, CMSG_DATA(control), sizeof(info));
	if (info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr)
		return false; /* broadcast or multicast: never IKE */
	return ip_from_bytes(span_make(&info.ipi_addr, sizeof(info.ipi_addr)), out) == RC_OK;
}

static bool local_from_v6(const struct cmsghdr *control, struct ip_addr *out)
{
	struct in6_pktinfo info;

	if (control->cmsg_len < CMSG_LEN(sizeof(info)))
		return false;
	memcpy(&info, CMSG_DATA(control), sizeof(info));
	if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
		return false;
	if (ip_from_bytes(span_make(&info.ipi6_addr, sizeof(info.ipi6_addr)), out) != RC_OK)
		return false;
	if (ip_is_link_local(out))
		out->scope = info.ipi6_ifindex;
	return true;
}

static bool datagram_local(struct msghdr *header, struct ip_addr *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			return local_from_v4(c, out);
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			return local_from_v6(c, out);
	}
	return false;
}

bool udp_wanted(const struct udp *udp, const struct ip_addr *local)
{
	for (size_t i = 0; i < udp->limit_count; i++)
		if (ip_equal(&udp->limit[i], local))
			return true;
	return udp->limit_count == 0;
}

/* RFC 3948 §2.2, §2.3: four zero bytes come before IKE; anything else is ESP that the kernel did
 * not take, or a keepalive. */
static bool take_marker(struct span *payload)
{
	static const uint8_t zero[NON_ESP_MARKER];
	struct span marker;

	return span_take(payload, NON_ESP_MARKER, &marker) == RC_OK &&
	       span_equal(marker, SPAN_OF(zero));
}

static bool datagram_read(const struct udp_socket *socket, struct mmsghdr *message,
			  struct datagram *out)
{
	struct msghdr *header = &message->msg_hdr;

	*out = (struct datagram){ .natt = socket->natt };
	if (header->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return false;
	if (!datagram_local(header, &out->local.addr) ||
	    !udp_wanted(&socket->real->udp, &out->local.addr))
		return false;
	if (endpoint_from_sockaddr(header->msg_name, &out->remote) != RC_OK ||
	    out->remote.port == 0)
		return false;
	out->local.port = socket->port;
	out->payload = span_make(header->msg_iov->iov_base, message->msg_len);
	return !socket->natt || take_marker(&out->payload);
}

/* false: the callback closed or changed the sockets. */
static bool batch_deliver(struct udp_socket *socket, unsigned count)
{
	struct real *real = socket->real;
	struct udp *udp = &real->udp;
	uint64_t generation = udp->generation;

	for (unsigned i = 0; i < count; i++) {
		struct datagram datagram;

		if (!datagram_read(socket, &udp->batch->messages[i], &datagram))
			continue;
		udp->receive(udp->context, &datagram);
		if (udp->generation != generation)
			return false;
	}
	return true;
}

/* Errors that a socket keeps reporting must not keep the loop busy: it rests for a moment. */
static void receive_failed(struct udp_socket *socket, int error)
{
	struct real *real = socket->real;

	if (real->log != NULL)
		log_limited(real->log, &real->udp.errors, loop_now(&real->host), LOG_LEVEL_WARNING,
			    NULL, "receiving on UDP port %u: %s", socket->port, strerror(error));
	watch_change(&real->host, socket->watch, 0);
	ticker_set(&real->udp.retry, RETRY_DELAY);
}

void udp_resume(void *context)
{
	struct real *real = context;

	for (size_t i = 0; i < real->udp.count; i++)
		watch_change(&real->host, real->udp.sockets[i].watch, HOST_READ);
}

void udp_receive(void *context, unsigned what)
{
	struct udp_socket *socket = context;
	struct udp_batch *batch = socket->real->udp.batch;

	(void)what;
	for (unsigned round = 0; round < BATCHES_PER_TURN; round++) {
		int count;

		batch_prepare(batch);
		count = recvmmsg(socket->fd, batch->messages, UDP_BATCH, MSG_DONTWAIT, NULL);
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return;
		if (count < 0) {
			receive_failed(socket, errno);
			return;
		}
		if (!batch_deliver(socket, (unsigned)count) || count < UDP_BATCH ||
		    loop_turn_over(&socket->real->host))
			return; /* what is left wakes the loop again */
	}
}
