/* SPDX-License-Identifier: Apache-2.0 */
/* What a tunnel has on the host beside its SAs and policies: addresses, routes, scripts. It comes
 * with the tunnel's first Child SA and goes with its last one: rekeying, reauthentication and
 * MOBIKE, where a successor is up before its predecessor ends, do not touch it. */
#include "base/arena.h"
#include "engine/private.h"

struct outfit {
	struct list in_gateway; /* gateway->outfits; it may outlive its tunnel */
	struct gateway *gateway;
	struct tunnel *tunnel; /* NULL: its last Child SA is gone */
};

static struct outfit *outfit_new(struct gateway *gateway, struct tunnel *tunnel)
{
	struct outfit *outfit = mem_alloc(sizeof(*outfit));

	if (outfit == NULL)
		return NULL;
	outfit->gateway = gateway;
	outfit->tunnel = tunnel;
	tunnel->outfit = outfit;
	list_append(&gateway->outfits, &outfit->in_gateway);
	return outfit;
}

static void outfit_free(struct outfit *outfit)
{
	list_remove(&outfit->in_gateway);
	mem_free(outfit);
}

static bool is_last(const struct child_sa *child)
{
	const struct list *all = &child->tunnel->child_sas;

	return all->next == &child->in_tunnel && all->prev == &child->in_tunnel;
}

void outfit_up(struct gateway *gateway, struct child_sa *child)
{
	struct tunnel *tunnel = child->tunnel;

	if (tunnel->outfit != NULL)
		return;
	if (outfit_new(gateway, tunnel) == NULL)
		log_write(gateway->log, LOG_LEVEL_ERROR,
			  &(struct log_subject){ .peer = tunnel->peer->conn->name,
						 .tunnel = tunnel->name },
			  "out of memory for its addresses, routes and scripts");
	/* here: updown_up(gateway, child), once the network is as it has to be */
}

void outfit_down(struct gateway *gateway, const struct child_sa *child)
{
	struct tunnel *tunnel = child->tunnel;
	struct outfit *outfit = tunnel->outfit;

	if (outfit == NULL || !is_last(child))
		return;
	(void)gateway;
	tunnel->outfit = NULL;
	outfit->tunnel = NULL;
	/* here: updown_down(gateway, child), before the network is taken back */
	outfit_free(outfit);
}

void outfit_forget_all(struct gateway *gateway)
{
	while (!list_empty(&gateway->outfits)) {
		struct outfit *outfit =
			container_of(gateway->outfits.next, struct outfit, in_gateway);
		if (outfit->tunnel != NULL)
			outfit->tunnel->outfit = NULL;
		outfit_free(outfit);
	}
}
