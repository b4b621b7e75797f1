/* SPDX-License-Identifier: Apache-2.0 */
/* Events go up at the end of the loop turn, in order, like multicast messages on a socket. */
#include "base/arena.h"
#include "kernel/simulated/simulated.h"

struct queued_event {
	struct list list;
	struct kernel_event event;
};

void sim_notice_raise(struct simulated *sim, const struct kernel_event *event)
{
	struct queued_event *queued;
	if (event->type != KERNEL_RESYNC && !kernel_reqid_is_known(&sim->kernel, event->reqid))
		return;
	queued = mem_alloc(sizeof *queued);
	if (queued == NULL) {
		sim->events_lost = true; /* a full socket buffer */
	} else {
		queued->event = *event;
		list_append(&sim->events, &queued->list);
	}
	sim->host->ops->defer(sim->host, &sim->turn);
}

static void tell(struct simulated *sim, const struct kernel_event *event)
{
	if (sim->kernel.on_event != NULL)
		sim->kernel.on_event(sim->kernel.context, event);
}

void sim_notices_deliver(struct simulated *sim)
{
	while (!list_empty(&sim->events)) {
		struct queued_event *queued =
			container_of(sim->events.next, struct queued_event, list);
		struct kernel_event event = queued->event;
		list_remove(&queued->list);
		mem_free(queued);
		tell(sim, &event);
	}
	if (sim->events_lost) {
		sim->events_lost = false;
		tell(sim, &(struct kernel_event){ .type = KERNEL_RESYNC });
	}
}

void sim_notices_free(struct simulated *sim)
{
	list_for_safe(item, &sim->events)
	{
		list_remove(item);
		mem_free(container_of(item, struct queued_event, list));
	}
}
