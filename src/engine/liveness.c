/* SPDX-License-Identifier: Apache-2.0 */
/* Proof of life that costs nothing (RFC 3706 §4): a peer whose ESP arrives is alive, and is not
 * asked. What we send ourselves proves nothing. For IKEv1, where the ISAKMP SA may be lost at the
 * peer, or its messages on the way, while packets come through. */
#include "engine/private.h"

struct look {
	struct gateway *gateway;
	uint64_t serial;
};

static usec_t newest_packet(const struct ike_sa *sa)
{
	usec_t newest = 0;

	list_for(node, &sa->children)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (child->heard_at > newest)
			newest = child->heard_at;
	}
	return newest;
}

/* Not long ago. */
static bool sends_packets(const struct gateway *gateway, const struct ike_sa *sa)
{
	const struct config_conn *conn = sa->peer->conn;
	usec_t wait = conn->dpddelay > 0 ? conn->dpddelay : retransmit_budget(conn);
	usec_t newest = newest_packet(sa);

	return newest > 0 && newest + wait > host_now(gateway->host);
}

/* Without dpddelay= too a peer may have been asked whether it has an SA (phase1_renew.c, unique.c):
 * then only its packets say that it is there. */
static bool is_alive(const struct gateway *gateway, struct ike_sa *sa)
{
	usec_t newest = newest_packet(sa), delay = sa->peer->conn->dpddelay;

	if (newest > sa->last_heard)
		sa->last_heard = newest;
	return delay > 0 ? sa->last_heard + delay > host_now(gateway->host)
			 : sends_packets(gateway, sa);
}

static void looked(void *context)
{
	struct look look = *(struct look *)context;
	struct ike_sa *sa = ike_sa_by_serial(&look.gateway->sas, look.serial);
	bool alive;

	mem_free(context);
	if (sa == NULL || sa->v1 == NULL || sa->state != IKE_ESTABLISHED || sa->errand != NULL)
		return;
	alive = is_alive(look.gateway, sa);
	if (alive && sa->request.purpose == REQUEST_LIVENESS) {
		request_finish(look.gateway, sa);
		peer_dirty(sa->peer);
	}
	if (!alive && sa->request.bytes == NULL)
		road_event(look.gateway, sa, EVENT_PROBE, NULL, NULL, NULL);
	else
		life_arm(look.gateway, sa);
}

void liveness_look(struct gateway *gateway, const struct ike_sa *sa)
{
	struct look *look = mem_alloc(sizeof(*look));

	if (look == NULL)
		return; /* its timer asks again */
	*look = (struct look){ gateway, sa->serial };
	counters_inbound(gateway, sa, looked, look);
}

/* ---- without an ISAKMP SA ---- */

static void looked_last(void *context)
{
	struct look look = *(struct look *)context;
	struct ike_sa *sa = ike_sa_by_serial(&look.gateway->sas, look.serial);

	mem_free(context);
	if (sa == NULL || sa->state != IKEV1_GONE)
		return;
	if (!sends_packets(look.gateway, sa))
		ike_down(look.gateway, sa, RC_TIMEOUT,
			 "the peer does not answer a new phase 1 either");
}

void liveness_last_look(struct gateway *gateway, const struct ike_sa *sa)
{
	struct look *look = mem_alloc(sizeof(*look));

	if (look == NULL)
		return; /* the next attempt asks again */
	*look = (struct look){ gateway, sa->serial };
	counters_inbound(gateway, sa, looked_last, look);
}
