/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the kernel that nobody waits for, and what the kernel tells us (ACQUIRE, EXPIRE). */
#include <errno.h>
#include "engine/private.h"
#include "sa/child_install.h"
#include "sa/compress.h"

#define LOST_AFTER                                                                                 \
	(2 * USEC_PER_SEC) /* an ACQUIRE may be older than the Child SA that it asked for */

/* A request on its own: lives until it is answered. */
struct kernel_task {
	struct kernel_request request;
	struct list in_gateway;
	struct gateway *gateway;
	uint32_t spi_in; /* Child SA that cannot do without it; 0: none */
	uint64_t child;
	uint32_t trap_reqid; /* of the tunnel whose trap this is; 0: none */
	unsigned again;	     /* how often a refusal is met with the same request */
	bool removal;	     /* asked again later, until the kernel does it */
	struct timer later;
};
#define REMOVAL_TRIES 4
#define REMOVAL_PAUSE (10 * USEC_PER_SEC)

static void outbound_missing(struct gateway *gateway, struct child_sa *child, enum rc rc,
			     const char *text)
{
	if (child->delete_wanted)
		return;
	child->delete_wanted = true;
	child->delete_reason = rc;
	attempt_failed(gateway, child->tunnel->peer, child->tunnel, child->serial, rc, text);
	peer_dirty(child->tunnel->peer);
}

static void outbound_refused(struct gateway *gateway, struct kernel_task *task)
{
	struct child_sa *child = child_sa_by_spi(&gateway->sas, task->spi_in);

	if (child == NULL || child->serial != task->child)
		return;
	bool lost = task->request.error == ENOBUFS; /* with a lost answer it may be there */
	bool sa = task->request.op == KERNEL_SA_ADD || task->request.op == KERNEL_SA_MOVE;
	if (sa && !lost)
		child_sa_installed(child, &task->request.sa, false);
	if (task->request.op != KERNEL_SA_ADD || !child_promote_again(gateway, child))
		outbound_missing(gateway, child, RC_KERNEL, task->request.diag.text);
}

static void task_free(struct kernel_task *task)
{
	gateway_cancel(task->gateway, &task->later);
	list_remove(&task->in_gateway);
	mem_free(task);
}

/* What lingers goes now. */
void tasks_hurry(struct gateway *gateway)
{
	list_for(node, &gateway->tasks)
	{
		struct kernel_task *task = container_of(node, struct kernel_task, in_gateway);
		struct kernel_request request = task->request;
		request.done = NULL;
		if (timer_armed(&task->later))
			gateway->kernel->ops->submit(gateway->kernel, &request);
	}
}

void tasks_forget(struct gateway *gateway)
{
	while (!list_empty(&gateway->tasks)) {
		struct kernel_task *task =
			container_of(gateway->tasks.next, struct kernel_task, in_gateway);
		if (!timer_armed(&task->later))
			gateway->kernel->ops->cancel(gateway->kernel, &task->request);
		task_free(task);
	}
}

static bool same_template(const struct kernel_policy *a, const struct kernel_policy *b)
{
	return a->reqid == b->reqid && a->action == b->action && a->mode == b->mode &&
	       a->compress == b->compress && a->iptfs == b->iptfs &&
	       ip_equal(&a->tunnel_src, &b->tunnel_src) && ip_equal(&a->tunnel_dst, &b->tunnel_dst);
}

/* What has to stand there: the newest Child SA's, or the newest trap. False: nothing. */
static bool policy_due(struct gateway *gateway, const struct kernel_policy *place,
		       struct kernel_policy *out)
{
	const struct child_policy *its = child_policy_find(&gateway->sas, place, NULL);

	if (its == NULL)
		return trap_at(gateway, place, out);
	child_kernel_policy(its->child, its->index, (enum kernel_direction)place->direction, out);
	return true;
}

/* Meanwhile somebody else may have that policy. */
static bool still_right(struct gateway *gateway, const struct kernel_request *request)
{
	struct kernel_policy due;

	if (request->op == KERNEL_SA_DELETE)
		return request->sa.direction == KERNEL_OUT
			       ? !child_outbound_taken(&gateway->sas, &request->sa.dst,
						       request->sa.spi)
			       : child_sa_by_spi(&gateway->sas, request->sa.spi) == NULL;
	if (request->op == KERNEL_POLICY_DELETE)
		return !policy_due(gateway, &request->policy, &due);
	if (request->op != KERNEL_POLICY_SET)
		return true;
	return policy_due(gateway, &request->policy, &due) && same_template(&due, &request->policy);
}

static void removal_again(struct timer *timer)
{
	struct kernel_task *task = container_of(timer, struct kernel_task, later);
	struct gateway *gateway = task->gateway;

	if (still_right(gateway, &task->request))
		gateway->kernel->ops->submit(gateway->kernel, &task->request);
	else
		task_free(task);
}

static bool remove_after(struct kernel_task *task, usec_t pause)
{
	struct gateway *gateway = task->gateway;

	task->later.fire = removal_again;
	gateway_timer(gateway, &task->later, host_now(gateway->host) + pause);
	return timer_armed(&task->later);
}

/* A kernel that is short of memory will have some again. */
static bool remove_later(struct kernel_task *task)
{
	return task->removal && task->request.rc == RC_KERNEL &&
	       still_right(task->gateway, &task->request) && remove_after(task, REMOVAL_PAUSE);
}

/* An SA that could not move must not stay where it was. */
static void leave_old_place(struct gateway *gateway, const struct kernel_request *request)
{
	struct kernel_request old = { .op = KERNEL_SA_DELETE, .sa = request->sa };

	if (request->op == KERNEL_SA_MOVE)
		gateway->kernel->ops->submit(gateway->kernel, &old);
}

static void task_done(struct kernel_request *request)
{
	struct kernel_task *task = container_of(request, struct kernel_task, request);
	struct gateway *gateway = task->gateway;

	if (request->rc != RC_OK && task->again > 0 && still_right(gateway, request)) {
		task->again--;
		gateway->kernel->ops->submit(gateway->kernel, request);
		return;
	}
	if (request->rc == RC_OK && task->child != 0 && request->op == KERNEL_SA_ADD &&
	    request->sa.protocol != KERNEL_IPCOMP)
		child_promoted(gateway, task->spi_in, task->child);
	if (request->rc != RC_OK) {
		log_write(gateway->log, LOG_LEVEL_WARNING, NULL, "%s", request->diag.text);
		leave_old_place(gateway, request);
		if (task->child != 0)
			outbound_refused(gateway, task);
		if (task->trap_reqid != 0)
			trap_refused(gateway, task->trap_reqid, request->diag.text);
	}
	if (request->rc == RC_OK || !remove_later(task))
		task_free(task);
}

static struct kernel_task *task_new(struct gateway *gateway, const struct kernel_request *request)
{
	struct kernel_task *task = mem_alloc(sizeof(*task));

	if (task == NULL) {
		log_write(gateway->log, LOG_LEVEL_ERROR, NULL,
			  "out of memory for a kernel request");
		return NULL;
	}
	task->request = *request;
	task->request.done = task_done;
	task->gateway = gateway;
	list_append(&gateway->tasks, &task->in_gateway);
	return task;
}

/* Removing goes without an answer when there is no memory to wait for it. */
static void fire_removal(struct gateway *gateway, struct kernel_request *request, usec_t pause)
{
	struct kernel_task *task = task_new(gateway, request);

	if (task != NULL) {
		task->again = REMOVAL_TRIES - 1;
		task->removal = true;
		if (pause > 0 && remove_after(task, pause))
			return;
	}
	gateway->kernel->ops->submit(gateway->kernel, task != NULL ? &task->request : request);
}

void kernel_let_go(struct gateway *gateway, struct kernel_request *request)
{
	fire_removal(gateway, request, 0);
}

/* The policy is a trap by now: of a sibling, or of its conn as it was loaded anew while the Child
 * SA was still on its way out. */
static void leave_trap(struct gateway *gateway, struct kernel_request *request)
{
	if (request->op == KERNEL_POLICY_DELETE &&
	    trap_at(gateway, &request->policy, &request->policy))
		request->op = KERNEL_POLICY_SET;
}

/* What the peer has sent with it before it knew of the successor is still on its way. */
static bool is_inbound(const struct kernel_request *request)
{
	return request->op == KERNEL_SA_DELETE && request->sa.direction == KERNEL_IN;
}

static void uninstall_one(struct gateway *gateway, const struct child_sa *child, unsigned index,
			  bool lingers)
{
	struct kernel_request requests[CHILD_UNINSTALL_MAX];
	unsigned count = child_uninstall_requests(&gateway->sas, child, index, requests);

	for (unsigned i = 0; i < count; i++) {
		leave_trap(gateway, &requests[i]);
		fire_removal(gateway, &requests[i],
			     lingers && is_inbound(&requests[i]) ? LINGER : 0);
	}
}

void child_uninstall(struct gateway *gateway, const struct child_sa *child, bool lingers)
{
	for (unsigned i = 0; i < selectors_policies(&child->selectors); i++)
		uninstall_one(gateway, child, i, lingers);
}

static void fire_outbound(struct gateway *gateway, const struct kernel_request *request,
			  struct child_sa *child)
{
	struct kernel_task *task = task_new(gateway, request);

	if (task == NULL) {
		outbound_missing(gateway, child, RC_NO_MEMORY,
				 "out of memory for its outbound half");
		return;
	}
	task->spi_in = child->spi_in;
	task->child = child->serial;
	if (request->op == KERNEL_SA_ADD)
		child_sa_installed(child, &request->sa, true);
	else if (request->op == KERNEL_POLICY_SET)
		task->again = REMOVAL_TRIES - 1; /* a policy needs no key to be asked for again */
	gateway->kernel->ops->submit(gateway->kernel, &task->request);
}

void child_ask(struct gateway *gateway, const struct kernel_request *request,
	       struct child_sa *child)
{
	fire_outbound(gateway, request, child);
}

void child_install(struct gateway *gateway, struct list *requests, struct child_sa *child)
{
	list_for_safe(node, requests)
	{
		list_remove(node);
		fire_outbound(gateway, container_of(node, struct kernel_request, queue), child);
	}
}

bool kernel_set_trap(struct gateway *gateway, uint32_t reqid, const struct kernel_request *request)
{
	struct kernel_task *task = task_new(gateway, request);

	if (task == NULL)
		return false;
	task->trap_reqid = reqid;
	gateway->kernel->ops->submit(gateway->kernel, &task->request);
	return true;
}

/* Traffic that finds a policy and no SA, although there is a Child SA: somebody took the SA out of
 * the kernel. */
static void replace_lost(struct gateway *gateway, struct tunnel *tunnel,
			 const struct kernel_event *event)
{
	struct child_sa *current = tunnel_current(tunnel);
	usec_t now = host_now(gateway->host);

	if (current != NULL && now >= current->born + LOST_AFTER &&
	    now >= current->ike->moved + LOST_AFTER &&
	    selectors_hold_local(&current->selectors, &event->packet_src) &&
	    selectors_hold_remote(&current->selectors, &event->packet_dst))
		current->replace_at = now;
}

static void acquired(struct gateway *gateway, const struct kernel_event *event)
{
	struct tunnel *tunnel = peers_by_reqid(&gateway->peers, event->reqid);
	char src[SELECTOR_TEXT_MAX], dst[SELECTOR_TEXT_MAX];

	if (tunnel == NULL || tunnel->doomed)
		trap_acquired(gateway, event->reqid);
	if (tunnel == NULL)
		return;
	peer_record(tunnel->peer, 0, RECORD_ACQUIRE, 0, 0, 0);
	log_write(gateway->log, tunnel->triggered ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
		  &(struct log_subject){ .peer = tunnel->peer->conn->name, .tunnel = tunnel->name },
		  "traffic %s to %s wants the tunnel", selector_text(&event->packet_src, src),
		  selector_text(&event->packet_dst, dst));
	tunnel->triggered = true;
	replace_lost(gateway, tunnel, event);
	peer_dirty(tunnel->peer);
}

static struct child_sa *child_of_event(struct gateway *gateway, const struct kernel_event *event)
{
	struct tunnel *tunnel;
	struct child_sa *child = child_sa_by_spi(&gateway->sas, event->spi);

	if (child != NULL && ip_equal(&child->local, &event->dst))
		return child;
	tunnel = peers_by_reqid(&gateway->peers, event->reqid);
	if (tunnel == NULL)
		return NULL;
	list_for(node, &tunnel->child_sas)
	{
		child = container_of(node, struct child_sa, in_tunnel);
		if (child->spi_out == event->spi)
			return child;
	}
	return NULL;
}

static void expired(struct gateway *gateway, const struct kernel_event *event)
{
	struct child_sa *child = child_of_event(gateway, event);

	if (child == NULL)
		return;
	child->replace_at = host_now(gateway->host);
	if (event->hard) {
		child->delete_wanted = true;
		child->delete_reason = RC_TIMEOUT;
	}
	peer_dirty(child->tunnel->peer);
}

void kernel_event(void *context, const struct kernel_event *event)
{
	struct gateway *gateway = context;

	switch (event->type) {
	case KERNEL_ACQUIRE:
		acquired(gateway, event);
		return;
	case KERNEL_EXPIRE:
		expired(gateway, event);
		return;
	case KERNEL_MAPPING:
		path_mapped(gateway, child_of_event(gateway, event), &event->mapped);
		return;
	case KERNEL_RESYNC:
		log_limited(gateway->log, &gateway->drop_limit, host_now(gateway->host),
			    LOG_LEVEL_WARNING, NULL,
			    "events of the kernel were lost; looking at every peer again");
		list_for(node, &gateway->peers.list)
			peer_dirty(container_of(node, struct peer, in_peers));
		return;
	}
}
