/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink inside. messages.c writes, pure, so that tests read the bytes; stale.c runs at start;
 * netlink.c owns the socket. */
#ifndef VANTH_NETWORK_NETLINK_PRIVATE_H
#define VANTH_NETWORK_NETLINK_PRIVATE_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include "network/private.h"

#define NETLINK_MESSAGE_MAX 1024
#define NETLINK_ANSWER_MAX  32768

/* Rules of ours: first what peers send, then what table main has but for default routes, then the
 * table of tunnels. */
#define RULE_PEER_PRIORITY    30085
#define RULE_MAIN_PRIORITY    30086
#define RULE_TUNNELS_PRIORITY 30087

struct netlink_backend {
	struct network_backend backend;
	struct host *host;
	int fd;
	uint32_t sequence;
	/* events.c */
	uint32_t port; /* what Linux calls the other socket: what it did is no news */
	int events_fd; /* -1: nobody listens */
	struct watch *watch;
	struct network *listener;
};

/* Writes the message into `at`, with room for NETLINK_MESSAGE_MAX bytes; index: of the device that
 * the object stands on. Sequence is the caller's. */
struct nlmsghdr *netlink_encode(void *at, const struct network_object *object, bool add,
				uint32_t index);
/* Sets the link up. */
struct nlmsghdr *netlink_encode_up(void *at, const struct network_object *link);
/* A VTI device that is there gets the ends and keys of `object`. */
struct nlmsghdr *netlink_change_encode(void *at, const struct network_object *object);
/* What Linux has to know of a VTI device that is there: what comes out of it has been checked
 * against the policies with its mark, and is not to be again without one; and whatever rp_filter
 * says of all interfaces, its source may be one that has no route through it. */
struct nlmsghdr *netlink_settings_encode(void *at, const struct network_object *object);
/* The message that removes what this part of a dump shows; NULL: it is not ours, or too long. */
struct nlmsghdr *netlink_stale_encode(void *at, const struct nlmsghdr *dumped);

/* The first attribute of this type, with at least that many bytes, after the message's own header;
 * or NULL. */
const struct nlattr *netlink_attribute(const struct nlmsghdr *message, size_t header, uint16_t type,
				       size_t least);

/* Sends the message and reads its acknowledgement: 0 or errno. */
int netlink_ask(struct netlink_backend *backend, struct nlmsghdr *message,
		char text[NETWORK_TEXT_MAX]);
/* The thing that this message says is gone, ours or not (or a link of ours that is down). False: it
 * says nothing of the kind. */
bool netlink_lost_read(const struct nlmsghdr *message, struct network_object *out);
/* The route that this message says has come in the place of another one. */
bool netlink_replaced_read(const struct nlmsghdr *message, struct network_object *out);
enum rc netlink_listen(struct network_backend *backend, struct network *listener) MUST_CHECK;
void netlink_remove_links(struct network_backend *backend);
enum rc netlink_remove_stale(struct network_backend *backend, unsigned *count,
			     struct diag *diag) MUST_CHECK;

#endif
