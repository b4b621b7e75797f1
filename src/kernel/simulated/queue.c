/* SPDX-License-Identifier: Apache-2.0 */
/* Requests wait here for their effect and their answer, both at the end of the loop turn or after
 * the delay, so that an owner who uses an SA before its answer is found out. */
#include <errno.h>
#include "base/arena.h"
#include "kernel/simulated/simulated.h"
#include "wire/iana.h"

#define DRAIN_MAX 10000000u /* an owner whose every answer submits more would never end */

bool sim_queue_lacks(const struct simulated *sim, uint16_t encr, uint16_t integ)
{
	for (unsigned i = 0; i < sim->without_count; i++) {
		uint16_t no_encr = sim->without[i].encr, no_integ = sim->without[i].integ;
		if ((no_encr == 0 || no_encr == encr) && (no_integ == 0 || no_integ == integ))
			return true;
	}
	return false;
}

static bool lacks_protocol(const struct simulated *sim, uint8_t protocol)
{
	return (protocol == PROTOCOL_AH && sim->lacking & 1u << KERNEL_HAS_AH) ||
	       (protocol == KERNEL_IPCOMP && sim->lacking & 1u << KERNEL_HAS_IPCOMP);
}

static int add_offloaded(struct simulated *sim, const struct kernel_request *request)
{
	struct kernel_sa sa = request->sa;
	bool possible = sa.encap.local_port == 0 && sa.tfc == 0;

	if (sa.offload == KERNEL_OFFLOAD_AUTO)
		sa.offload = possible && sim->offload != KERNEL_OFFLOAD_NONE ? KERNEL_OFFLOAD_CRYPTO
									     : KERNEL_OFFLOAD_NONE;
	if (sa.offload != KERNEL_OFFLOAD_NONE && !possible)
		return EINVAL;
	if (sa.offload > sim->offload)
		return EOPNOTSUPP;
	return sim_sad_add(sim, &sa, request->tag);
}

static int add_sa(struct simulated *sim, const struct kernel_request *request)
{
	if (lacks_protocol(sim, request->sa.protocol))
		return EPROTONOSUPPORT;
	if (request->sa.iptfs.on && sim->lacking & 1u << KERNEL_HAS_IPTFS)
		return EINVAL;
	if (sim_queue_lacks(sim, request->sa.encr, request->sa.integ))
		return ENOSYS;
	return add_offloaded(sim, request);
}

static int apply(struct simulated *sim, struct kernel_request *request)
{
	switch (request->op) {
	case KERNEL_SA_ADD:
		return add_sa(sim, request);
	case KERNEL_SA_DELETE:
		return sim_sad_delete(sim, &request->sa);
	case KERNEL_SA_QUERY:
		return sim_sad_query(sim, &request->sa, &request->counters);
	case KERNEL_SA_MOVE:
		return sim_sad_move(sim, &request->sa, &request->to);
	case KERNEL_POLICY_SET:
		return sim_spd_set(sim, &request->policy);
	case KERNEL_POLICY_DELETE:
		return sim_spd_delete(sim, &request->policy);
	}
	return EINVAL;
}

static void settle(struct simulated *sim, struct kernel_request *request)
{
	int error;
	if (request->flags & REQUEST_ANSWERED)
		return;
	error = apply(sim, request);
	kernel_request_settle(request, request->flags & REQUEST_MISLEADS ? ENOBUFS : error, NULL);
}

/* Takes the request off the queue; a copy of ours ends here. */
static void answer(struct simulated *sim, struct kernel_request *request)
{
	settle(sim, request);
	list_remove(&request->queue);
	if (request->done == NULL)
		mem_free(request);
	else if (request->flags & REQUEST_LOST)
		list_append(&sim->lost, &request->queue);
	else
		request->done(request);
}

static struct kernel_request *first(struct simulated *sim)
{
	return container_of(sim->queue.next, struct kernel_request, queue);
}

static void wake_for_first(struct simulated *sim)
{
	usec_t now = host_now(sim->host);
	if (list_empty(&sim->queue))
		timer_cancel(&sim->timers, &sim->answers);
	else if (first(sim)->due <= now ||
		 timer_arm(&sim->timers, &sim->answers, first(sim)->due) != RC_OK)
		sim->host->ops->defer(sim->host, &sim->turn);
}

void sim_queue_run(struct simulated *sim)
{
	uint32_t last = sim->sequence;
	usec_t now = host_now(sim->host);
	while (!list_empty(&sim->queue) && (int32_t)(first(sim)->sequence - last) <= 0 &&
	       first(sim)->due <= now) {
		answer(sim, first(sim));
		if (host_turn_over(sim->host))
			break;
	}
	wake_for_first(sim);
}

static bool fails(struct simulated *sim)
{
	if (sim->fail_left == 0 || --sim->fail_left != 0)
		return false;
	sim->fail_left = sim->fail_every ? sim->fail_nth : 0;
	return true;
}

static bool loses(struct simulated *sim)
{
	return sim->lose_nth != 0 && --sim->lose_nth == 0;
}

static bool misleads(struct simulated *sim)
{
	return sim->mislead_nth != 0 && --sim->mislead_nth == 0;
}

/* The request itself, or a copy when its owner may free it at once. NULL: no memory, then it
 * happens now. */
static struct kernel_request *keep(struct simulated *sim, struct kernel_request *request)
{
	struct kernel_request *copy;
	if (request->done != NULL)
		return request;
	copy = mem_alloc(sizeof *copy);
	if (copy == NULL) {
		list_for(item, &sim->queue)
			settle(sim, container_of(item, struct kernel_request, queue));
		settle(sim, request);
		return NULL;
	}
	*copy = *request;
	return copy;
}

void sim_queue_submit(struct kernel *kernel, struct kernel_request *request)
{
	struct simulated *sim = simulated_of(kernel);
	request->flags = loses(sim) ? REQUEST_LOST : 0;
	if (misleads(sim))
		request->flags |= REQUEST_MISLEADS;
	request->sequence = ++sim->sequence;
	request->due = host_now(sim->host) + sim->delay;
	request->error = 0;
	request->queue = (struct list){ 0 };
	request->rc = kernel_check_request(request);
	if (request->rc != RC_OK)
		request->flags |= REQUEST_ANSWERED;
	else if (fails(sim))
		kernel_request_settle(request, sim->fail_error, NULL);
	else if (request->op == KERNEL_SA_ADD)
		request->tag = sim_sad_key_check(&request->sa);
	request = keep(sim, request);
	if (request == NULL)
		return;
	if (request->op == KERNEL_SA_ADD)
		request->sa.encr_key = request->sa.integ_key =
			SPAN_NONE; /* nobody reads them later */
	list_append(&sim->queue, &request->queue);
	wake_for_first(sim);
}

void sim_queue_cancel(struct kernel *kernel, struct kernel_request *request)
{
	struct simulated *sim = simulated_of(kernel);
	if (!list_linked(&request->queue))
		return;
	/* it still happens, after what was submitted before it */
	if (!(request->flags & REQUEST_LOST) || !(request->flags & REQUEST_ANSWERED))
		list_for(item, &sim->queue)
		{
			struct kernel_request *before =
				container_of(item, struct kernel_request, queue);
			settle(sim, before);
			if (before == request)
				break;
		}
	list_remove(&request->queue);
}

enum rc sim_queue_drain(struct kernel *kernel, usec_t limit)
{
	struct simulated *sim = simulated_of(kernel);
	if (sim->delay > limit)
		return RC_TIMEOUT;
	for (unsigned i = 0; i < DRAIN_MAX && !list_empty(&sim->queue); i++)
		answer(sim, first(sim));
	wake_for_first(sim);
	return list_empty(&sim->lost) && list_empty(&sim->queue) ? RC_OK : RC_TIMEOUT;
}

void sim_queue_free(struct simulated *sim)
{
	list_for_safe(item, &sim->queue)
	{
		struct kernel_request *request = container_of(item, struct kernel_request, queue);
		list_remove(item);
		if (request->done == NULL)
			mem_free(request);
	}
	list_for_safe(item, &sim->lost) list_remove(item);
}
