/* SPDX-License-Identifier: Apache-2.0 */
/* One wildcard socket for each family and port. The address a datagram was sent to, and the one it
 * leaves from, travel beside it (IP_PKTINFO), so that new addresses of the machine need no new
 * sockets. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "host/real/real.h"

#define UDP_BUFFER (8 << 20) /* bytes: about 20,000 IKE_SA_INIT requests at once */

static enum rc option_on(int fd, int level, int option)
{
	static const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0 ? RC_OK : RC_IO;
}

static enum rc option_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? RC_OK : RC_IO;
}

/* With CAP_NET_ADMIN past net.core.rmem_max, else as far as that allows. */
static void socket_grow(int fd)
{
	if (option_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_BUFFER) != RC_OK &&
	    option_int(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER) != RC_OK)
		return; /* the kernel's default will do */
	if (option_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, UDP_BUFFER) != RC_OK &&
	    option_int(fd, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER) != RC_OK)
		return;
}

/* IKE messages that exceed the path's MTU are to be fragmented, not refused. */
static enum rc socket_configure_v4(int fd)
{
	TRY(option_on(fd, IPPROTO_IP, IP_PKTINFO));
	return option_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

static enum rc socket_configure_v6(int fd)
{
	TRY(option_on(fd, IPPROTO_IPV6, IPV6_V6ONLY));
	TRY(option_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO));
	return option_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

static enum rc socket_configure(int fd, uint8_t family, uint16_t port, struct diag *diag)
{
	enum rc rc = family == AF_INET ? socket_configure_v4(fd) : socket_configure_v6(fd);

	if (rc != RC_OK)
		return diag_fail(diag, RC_IO, "cannot configure the socket for UDP port %u: %s",
				 port, strerror(errno));
	socket_grow(fd);
	return RC_OK;
}

/* RFC 3948: the kernel takes ESP in UDP off this socket and leaves IKE to us. */
static void socket_encapsulate(struct real *real, int fd, uint8_t family)
{
	if (option_int(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP) == RC_OK ||
	    real->udp.told_encap || real->log == NULL)
		return;
	real->udp.told_encap = true;
	log_write(real->log, LOG_LEVEL_INFO, NULL,
		  "this kernel does not take ESP in UDP over %s: %s",
		  family == AF_INET ? "IPv4" : "IPv6", strerror(errno));
}

static enum rc socket_bypass_one(int fd, uint8_t family, uint8_t direction)
{
	struct xfrm_userpolicy_info policy = {
		.sel = { .family = family },
		.dir = direction,
		.action = XFRM_POLICY_ALLOW,
	};
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int option = family == AF_INET ? IP_XFRM_POLICY : IPV6_XFRM_POLICY;

	return setsockopt(fd, level, option, &policy, sizeof(policy)) == 0 ? RC_OK : RC_IO;
}

static enum rc socket_bypass_both(int fd, uint8_t family)
{
	TRY(socket_bypass_one(fd, family, XFRM_POLICY_IN));
	return socket_bypass_one(fd, family, XFRM_POLICY_OUT);
}

/* The option is refused as invalid until the module that knows XFRM's netlink format is there;
 * opening such a netlink socket makes the kernel load it. */
static void load_xfrm_user(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);

	if (fd >= 0)
		close(fd);
}

/* IKE itself never goes through IPsec policies, whatever their selectors say. */
static void socket_bypass(struct real *real, int fd, uint8_t family)
{
	if (socket_bypass_both(fd, family) == RC_OK)
		return;
	load_xfrm_user();
	if (socket_bypass_both(fd, family) == RC_OK || real->udp.told_bypass || real->log == NULL)
		return;
	real->udp.told_bypass = true;
	log_write(real->log, LOG_LEVEL_NOTICE, NULL,
		  "IKE sockets cannot bypass IPsec policies (%s): the kernel lacks XFRM, or the "
		  "daemon lacks CAP_NET_ADMIN; a policy that covers the peers themselves would "
		  "catch IKE too",
		  strerror(errno));
}

static enum rc bind_failed(uint16_t port, int error, struct diag *diag)
{
	if (error == EADDRINUSE)
		return diag_fail(diag, RC_EXISTS,
				 "UDP port %u is in use by another program, probably another IKE "
				 "daemon: stop it first (ss -ulnp shows it)",
				 port);
	if (error == EACCES || error == EPERM)
		return diag_fail(diag, RC_PERMISSION,
				 "not allowed to listen on UDP port %u: start as root, grant "
				 "CAP_NET_BIND_SERVICE, or choose a port above 1023",
				 port);
	return diag_fail(diag, RC_IO, "cannot listen on UDP port %u: %s", port, strerror(error));
}

static enum rc socket_bind(int fd, uint8_t family, uint16_t port, struct diag *diag)
{
	struct ip_endpoint any = { .addr = ip_any(family), .port = port };
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(&any, &address);

	if (bind(fd, (const struct sockaddr *)&address, len) == 0)
		return RC_OK;
	if (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)
		return RC_UNSUPPORTED; /* IPv6 switched off by sysctl */
	return bind_failed(port, errno, diag);
}

enum rc udp_socket_open(struct real *real, uint8_t family, uint16_t port, bool natt, int *out,
			struct diag *diag)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	enum rc rc;

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
		return RC_UNSUPPORTED;
	if (fd < 0)
		return diag_fail(diag, RC_IO, "cannot open a UDP socket: %s", strerror(errno));
	rc = socket_configure(fd, family, port, diag);
	if (rc == RC_OK)
		rc = socket_bind(fd, family, port, diag);
	if (rc != RC_OK) {
		close(fd);
		return rc;
	}
	socket_bypass(real, fd, family);
	(void)option_int(fd, SOL_SOCKET, SO_MARK, (int)HOST_MARK_OUTSIDE);
	if (natt)
		socket_encapsulate(real, fd, family);
	*out = fd;
	return RC_OK;
}
