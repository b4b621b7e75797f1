/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that take a tunnel with several selectors in parts (RFC 7296 §2.9): each part is a tunnel
 * of its own from then on, with its own reqid, so that each packet finds its Child SA. */
#include "engine/private.h"

/* Each with one pair. What is split off stands behind in the list and is split in its turn. */
static void split_all(struct tunnel *tunnel)
{
	const struct config_conn *conn = tunnel->conn;

	list_for(node, &tunnel->peer->tunnels)
	{
		struct tunnel *one = container_of(node, struct tunnel, in_peer);
		if (one->conn == conn && !one->doomed && list_empty(&one->child_sas))
			(void)(tunnel_split_first(one) == RC_OK); /* RC_NOT_FOUND: it has one */
	}
}

/* narrowing=yes: that the peer takes less may be what is meant. What it has said to take in other
 * Child SAs is asked for, and so is the rest where it takes one pair. */
static void rest_may_wait(const struct tunnel *tunnel, const struct child_sa *child,
			  uint64_t first_new)
{
	if (!tunnel->conn->narrowing || child->others_possible ||
	    selectors_single(&child->selectors))
		return;
	list_for(node, &tunnel->peer->tunnels)
	{
		struct tunnel *one = container_of(node, struct tunnel, in_peer);
		if (one->serial < first_new || one->wanted != WANTED_UP)
			continue;
		one->wanted = WANTED_LISTEN;
		one->spared = true;
	}
}

/* Nor is it before one of them has been up: a peer that ends an IKE SA whose first Child SA it
 * refused would have the whole asked for in each new one, at once and for ever. */
static void remember_refusal(const struct tunnel *tunnel)
{
	list_for(node, &tunnel->peer->tunnels)
	{
		struct tunnel *one = container_of(node, struct tunnel, in_peer);
		if (tunnels_of_one_whole(tunnel, one))
			one->whole_refused = true;
	}
}

/* As long as these IKE SAs live it is not asked for the whole again (unite.c). */
static void remember(const struct peer *peer)
{
	list_for(node, &peer->ike_sas) container_of(node, struct ike_sa, in_peer)->in_parts = true;
}

static void tell(struct gateway *gateway, const struct tunnel *tunnel, const char *why)
{
	log_write(gateway->log, LOG_LEVEL_INFO,
		  &(struct log_subject){ .peer = tunnel->peer->conn->name, .tunnel = tunnel->name },
		  "%s: the rest of conn %s gets Child SAs of its own", why, tunnel->conn->name);
}

void split_after(struct gateway *gateway, const struct child_sa *child)
{
	struct tunnel *tunnel = child->tunnel;
	uint64_t first_new = gateway->peers.next_serial;
	enum rc rc;

	if (!tunnel->conn->left.together && !tunnel->conn->right.together)
		return;
	if (selectors_equal(&child->selectors, &tunnel->selectors))
		return;
	rc = tunnel_split(tunnel, &child->selectors);
	if (rc == RC_NOT_FOUND)
		return;
	if (rc != RC_OK) {
		log_write(gateway->log, LOG_LEVEL_ERROR, NULL,
			  "out of memory for tunnels of what the peer left out");
		return;
	}
	if (child->initiator) /* a responder is not asked for more, whatever it took before */
		remember(tunnel->peer);
	tell(gateway, tunnel, "the peer takes a part of its selectors in one Child SA");
	if (selectors_single(&child->selectors))
		split_all(tunnel);
	rest_may_wait(tunnel, child, first_new);
}

bool split_refused(struct gateway *gateway, struct tunnel *tunnel)
{
	if (tunnel_split_first(tunnel) != RC_OK)
		return false;
	remember(tunnel->peer);
	tell(gateway, tunnel, "the peer takes one pair of selectors in a Child SA");
	split_all(tunnel);
	remember_refusal(tunnel);
	return true;
}
