/* SPDX-License-Identifier: Apache-2.0 */
/* What is wanted of a tunnel changes with what becomes of it: auto=keep and dpdaction=. Neither
 * takes back what auto= or the operator wants: a tunnel that is wanted comes back. */
#include "engine/private.h"

static void want(struct gateway *gateway, struct tunnel *tunnel, enum wanted wanted,
		 const char *why)
{
	tunnel->wanted = wanted;
	peer_record(tunnel->peer, 0, RECORD_WANTED, wanted, 0, 0);
	log_write(gateway->log, LOG_LEVEL_INFO,
		  &(struct log_subject){ .peer = tunnel->peer->conn->name, .tunnel = tunnel->name },
		  "%s", why);
	peer_dirty(tunnel->peer);
}

/* The address is known also when the peer is gone, and the tunnel does not go with it. */
static bool can_begin(const struct tunnel *tunnel)
{
	return !tunnel->doomed && tunnel->peer->parent == NULL && !tunnel->peer->template;
}

void want_after_up(struct gateway *gateway, struct tunnel *tunnel)
{
	if (tunnel->conn->start == AUTO_KEEP && tunnel->wanted == WANTED_LISTEN &&
	    can_begin(tunnel))
		want(gateway, tunnel, WANTED_UP,
		     "it is up, and is kept up from now on (auto=keep)");
}

void want_after_death(struct gateway *gateway, struct tunnel *tunnel)
{
	if (tunnel->wanted != WANTED_LISTEN || !can_begin(tunnel) || gateway->stopping)
		return;
	switch (tunnel->conn->dpdaction) {
	case DPD_AUTO:
	case DPD_CLEAR:
		return;
	case DPD_HOLD:
		want(gateway, tunnel, WANTED_ON_DEMAND,
		     "the peer is dead: its packets are held until it is back (dpdaction=hold)");
		return;
	case DPD_RESTART:
		want(gateway, tunnel, WANTED_UP,
		     "the peer is dead: the tunnel is begun anew (dpdaction=restart)");
		return;
	}
}
