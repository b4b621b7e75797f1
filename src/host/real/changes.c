/* SPDX-License-Identifier: Apache-2.0 */
/* Links, addresses and routes that come and go. One change seldom comes alone: the listener is
 * called once, 100 ms after the first of a burst, and asks for itself what is new. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "host/real/real.h"

#define SETTLE_DELAY   (100 * USEC_PER_MSEC)
#define READS_PER_TURN 64

static void changes_settled(void *context)
{
	struct changes *changes = context;

	changes->settling = false;
	if (changes->fn != NULL)
		changes->fn(changes->context);
}

static void changes_stop(struct real *real)
{
	struct changes *changes = &real->changes;

	watch_free(&real->host, changes->watch);
	changes->watch = NULL;
	if (changes->fd >= 0)
		close(changes->fd);
	changes->fd = -1;
}

/* Routes of ours come and go with tunnels; nobody finds another way by them. */
static bool is_ours(const char *bytes, ssize_t len)
{
	struct nlmsghdr header;
	struct rtmsg route;

	if (len < (ssize_t)(NLMSG_HDRLEN + sizeof(route)))
		return false;
	memcpy(&header, bytes, sizeof(header));
	memcpy(&route, bytes + NLMSG_HDRLEN, sizeof(route));
	return (header.nlmsg_type == RTM_NEWROUTE || header.nlmsg_type == RTM_DELROUTE) &&
	       route.rtm_protocol == HOST_PROTOCOL;
}

/* What else the messages say does not matter, nor whether some were lost (ENOBUFS). */
static void changes_arrived(void *context, unsigned what)
{
	struct real *real = context;
	struct changes *changes = &real->changes;
	char scrap[64];
	bool news = false;

	(void)what;
	for (int i = 0; i < READS_PER_TURN; i++) {
		ssize_t len = recv(changes->fd, scrap, sizeof(scrap), MSG_DONTWAIT);
		if (len < 0 && errno != ENOBUFS)
			break;
		news = news || len < 0 || !is_ours(scrap, len);
	}
	if (changes->settling || !news)
		return;
	changes->settling = true;
	ticker_set(&changes->settle, SETTLE_DELAY);
}

enum rc changes_init(struct real *real)
{
	real->changes.fd = -1;
	return ticker_init(&real->changes.settle, real, changes_settled, &real->changes);
}

void changes_wipe(struct real *real)
{
	changes_stop(real);
	ticker_wipe(&real->changes.settle);
}

static enum rc changes_open(struct changes *changes)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};

	changes->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (changes->fd < 0 ||
	    bind(changes->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return RC_IO;
	return RC_OK;
}

static void changes_start(struct real *real)
{
	struct changes *changes = &real->changes;

	if (changes_open(changes) == RC_OK)
		changes->watch =
			watch_new(&real->host, changes->fd, HOST_READ, changes_arrived, real);
	if (changes->watch != NULL)
		return;
	if (real->log != NULL)
		log_write(real->log, LOG_LEVEL_WARNING, NULL,
			  "changes of addresses and routes will go unnoticed: %s", strerror(errno));
	changes_stop(real);
}

void changes_listen(struct host *host, host_change_fn fn, void *context)
{
	struct real *real = real_of(host);

	real->changes.fn = fn;
	real->changes.context = context;
	if (fn == NULL)
		changes_stop(real);
	else if (real->changes.watch == NULL)
		changes_start(real);
}
