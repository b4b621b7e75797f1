/* SPDX-License-Identifier: Apache-2.0 */
/* Only so many of our attempts are under way at once; peers that want one more stand in line, and
 * are looked at again in the order of their coming as soon as there is room. So a start or a rekey
 * of 10,000 tunnels goes as fast as the machine and the peers allow, and not faster. */
#include "engine/private.h"

bool line_room(const struct gateway *gateway, enum gateway_line which)
{
	switch (which) {
	case LINE_INITIATING:
		return gateway->initiating < INITIATING_MAX;
	case LINE_CREATING:
		return gateway->creating + gateway->sas.creations < CREATING_MAX;
	case LINE_COUNT:
		break;
	}
	return false;
}

void line_join(struct gateway *gateway, struct peer *peer, enum gateway_line which)
{
	if (!list_linked(&peer->in_line))
		list_append(&gateway->line[which], &peer->in_line);
}

static size_t places(const struct gateway *gateway, enum gateway_line which)
{
	return which == LINE_INITIATING ? INITIATING_MAX - gateway->initiating
					: CREATING_MAX - gateway->creating - gateway->sas.creations;
}

static void call(struct gateway *gateway, enum gateway_line which)
{
	struct list *line = &gateway->line[which];
	size_t count = line_room(gateway, which) ? places(gateway, which) : 0;

	for (; count > 0 && !list_empty(line); count--) {
		struct peer *peer = container_of(line->next, struct peer, in_line);
		list_remove(&peer->in_line);
		peer_dirty(peer);
	}
}

void line_call(struct gateway *gateway)
{
	for (unsigned which = 0; which < LINE_COUNT; which++)
		call(gateway, (enum gateway_line)which);
}

bool line_moves(const struct gateway *gateway)
{
	for (unsigned which = 0; which < LINE_COUNT; which++)
		if (!list_empty(&gateway->line[which]) &&
		    line_room(gateway, (enum gateway_line)which))
			return true;
	return false;
}

void line_place_free(struct gateway *gateway)
{
	if (line_moves(gateway))
		gateway->host->ops->defer(gateway->host, &gateway->reconcile_later);
}

/* A peer that does not answer has had its time: those behind it need not wait until it is given up.
 */
void line_give_way(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->request.tries < LINE_TRIES)
		return;
	if (sa->initiating) {
		sa->initiating = false;
		gateway->initiating--;
	}
	ike_creation_is_slow(&gateway->sas, sa);
	line_place_free(gateway);
}
