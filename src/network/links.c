/* SPDX-License-Identifier: Apache-2.0 */
/* Links of one name. A VTI device has the addresses of its tunnel: when those change, it gets the
 * new ones and keeps what stands on it; where Linux cannot do that (another IP version), it is made
 * anew, and what stood on it with it. */
#include <errno.h>
#include <string.h>
#include "network/private.h"

static struct held *namesake(const struct network *network, const struct held *held,
			     enum held_state state)
{
	uint64_t hash = network_object_hash(&network->objects, &held->what);

	for (struct table_node *node = table_first(&network->objects, hash); node != NULL;
	     node = table_next(node)) {
		struct held *other = container_of(node, struct held, node);
		if (other != held && other->state == state && other->what.kind == NETWORK_LINK &&
		    strcmp(other->what.device, held->what.device) == 0)
			return other;
	}
	return NULL;
}

/* What stood on a device went with it. */
static void make_again(struct network *network, enum network_kind kind, const char *device)
{
	list_for(node, &network->kinds[kind])
	{
		struct held *held = container_of(node, struct held, in_kind);
		if (held->state != HELD_OURS || held->users == 0 ||
		    strcmp(held->what.device, device) != 0)
			continue;
		held->state = HELD_ABSENT;
		network_enqueue(network, held);
	}
}

static int make_anew(struct network *network, const struct held *from, struct held *to)
{
	struct network_backend *backend = network->backend;
	int error = backend->ops->apply(backend, &from->what, false, to->text);

	if (error == 0)
		error = backend->ops->apply(backend, &to->what, true, to->text);
	make_again(network, NETWORK_ADDRESS, to->what.device);
	make_again(network, NETWORK_ROUTE, to->what.device); /* with addresses as their sources */
	return error;
}

static void become(struct network *network, struct held *from, struct held *to)
{
	struct network_backend *backend = network->backend;
	char text[NETWORK_TEXT_MAX];

	to->text[0] = '\0';
	to->error = backend->ops->change(backend, &to->what, to->text);
	if (to->error == EOPNOTSUPP)
		to->error = make_anew(network, from, to);
	if (to->error != 0)
		return;
	from->state = HELD_ABSENT;
	to->state = HELD_OURS;
	if (network->log != NULL)
		log_write(network->log, LOG_LEVEL_DEBUG, NULL, "changed to %s",
			  network_object_text(&to->what, text));
}

bool link_take_over(struct network *network, struct held *held)
{
	struct held *other = namesake(network, held, HELD_OURS);

	if (other == NULL)
		return false;
	if (other->users > 0)
		held->error = EADDRINUSE;
	else
		become(network, other, held);
	return true;
}

void link_hand_over(struct network *network, struct held *held)
{
	struct held *heir = namesake(network, held, HELD_ABSENT);

	if (heir != NULL && heir->users > 0)
		become(network, held, heir);
}
