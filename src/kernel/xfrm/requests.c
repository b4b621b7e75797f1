/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of one loop turn, one datagram, one round of answers. Linux acts on netlink messages
 * inside sendmsg and has queued every answer when it returns: what is not there then was lost, and
 * its request is answered with ENOBUFS. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include "kernel/xfrm/xfrm.h"

#define PROBE_INTERVAL (60 * USEC_PER_SEC)

static struct nlmsghdr *policy_encode(struct xfrm *xfrm, void *at,
				      const struct kernel_policy *policy)
{
	struct nlmsghdr *message = xfrm_policy_set_encode(
		at, policy, xfrm_policy_index(xfrm->policy_counter++, policy->direction));
	bool out = policy->direction == KERNEL_OUT;

	if (policy->offload)
		xfrm_offload_policy_put(message,
					xfrm_offload_device(xfrm->host, out ? &policy->tunnel_dst
									    : &policy->tunnel_src));
	return message;
}

static struct nlmsghdr *encode(struct xfrm *xfrm, void *at, const struct kernel_request *request)
{
	switch (request->op) {
	case KERNEL_SA_ADD:
		return xfrm_sa_add_encode(at, &request->sa);
	case KERNEL_SA_DELETE:
		return xfrm_sa_delete_encode(at, &request->sa);
	case KERNEL_SA_MOVE: /* never in a batch */
	case KERNEL_SA_QUERY:
		return xfrm_sa_get_encode(at, &request->sa);
	case KERNEL_POLICY_SET:
		xfrm_spread_note(&xfrm->spread, &request->policy);
		return policy_encode(xfrm, at, &request->policy);
	case KERNEL_POLICY_DELETE:
		return xfrm_policy_delete_encode(at, &request->policy);
	}
	return NULL;
}

/* GETSA answers by itself; what nobody waits for says errors only. */
static uint16_t flags_of(const struct kernel_request *request)
{
	bool quiet = request->done == NULL || request->op == KERNEL_SA_QUERY;
	return NLM_F_REQUEST | (quiet ? 0 : NLM_F_ACK);
}

/* Modules come and go. */
static bool contradicts(const struct probe *probe, int error)
{
	return error == ENOSYS || error == ENOENT || (error == 0 && probe->blind);
}

static void finish(struct xfrm *xfrm, struct kernel_request *request, int error, const char *text)
{
	kernel_request_settle(request, error, text);
	list_remove(&request->queue);
	list_append(&xfrm->answered, &request->queue);
	if (request->op == KERNEL_SA_ADD && contradicts(&xfrm->probe, error))
		xfrm->doubt = true;
}

/* Answers come in the order of requests: the first is nearly always the one. */
static struct kernel_request *find(struct xfrm *xfrm, uint32_t sequence)
{
	list_for(item, &xfrm->outstanding)
	{
		struct kernel_request *request = container_of(item, struct kernel_request, queue);
		if (request->sequence == sequence)
			return request;
	}
	return NULL;
}

static void unheard(struct xfrm *xfrm, const struct netlink_answer *answer)
{
	if (answer->error == 0 || answer->error == ESRCH || answer->error == ENOENT ||
	    xfrm->log == NULL)
		return;
	log_limited(xfrm->log, &xfrm->unheard, host_now(xfrm->host), LOG_LEVEL_WARNING, NULL,
		    "the kernel refused a request that nobody waits for: %s%s%s",
		    strerrordesc_np(answer->error), answer->text[0] ? ": " : "", answer->text);
}

static void read_answer(void *context, const struct nlmsghdr *message)
{
	struct xfrm *xfrm = context;
	struct netlink_answer answer;
	xfrm_answer_decode(message, &answer);
	struct kernel_request *request = find(xfrm, answer.sequence);
	if (request == NULL) {
		unheard(xfrm, &answer);
	} else if (answer.type == NLMSG_ERROR) {
		finish(xfrm, request, answer.error, answer.text[0] != '\0' ? answer.text : NULL);
	} else if (request->op == KERNEL_SA_QUERY && answer.type == XFRM_MSG_NEWSA) {
		bool read = xfrm_counters_decode(message, &request->counters);
		finish(xfrm, request, read ? 0 : EBADMSG, NULL);
	}
}

/* Everything outstanding is in the batch. */
static void exchange(struct xfrm *xfrm)
{
	if (xfrm->used == 0)
		return;
	int error = xfrm_send(xfrm->requests, xfrm->batch, xfrm->used);
	wipe(xfrm->batch, xfrm->used);
	xfrm->used = 0;
	if (error == 0)
		error = xfrm_receive(xfrm->requests, UINT_MAX, read_answer, xfrm);
	while (!list_empty(&xfrm->outstanding)) {
		struct list *item = xfrm->outstanding.next;
		finish(xfrm, container_of(item, struct kernel_request, queue),
		       error != 0 ? error : ENOBUFS, NULL);
	}
}

/* What the turn has no time for comes first in the next one. */
static void tell_rest_later(struct xfrm *xfrm, struct list *rest)
{
	while (!list_empty(rest)) {
		struct list *item = rest->prev;
		list_remove(item);
		list_prepend(&xfrm->answered, item);
	}
	xfrm->host->ops->defer(xfrm->host, &xfrm->flush);
}

/* What the answers submit waits for the next turn. */
static void tell(struct xfrm *xfrm)
{
	struct list now;
	list_init(&now);
	while (!list_empty(&xfrm->answered)) {
		struct list *item = xfrm->answered.next;
		list_remove(item);
		list_append(&now, item);
	}
	while (!list_empty(&now)) {
		struct kernel_request *request =
			container_of(now.next, struct kernel_request, queue);
		list_remove(&request->queue);
		request->done(request);
		if (!list_empty(&now) && host_turn_over(xfrm->host))
			tell_rest_later(xfrm, &now);
	}
}

static void probe_again(struct xfrm *xfrm)
{
	if (!xfrm->doubt || host_now(xfrm->host) < xfrm->probed + PROBE_INTERVAL)
		return;
	xfrm->doubt = false;
	if (xfrm_ask_algorithms(xfrm, NULL) != RC_OK && xfrm->log != NULL)
		log_write(xfrm->log, LOG_LEVEL_WARNING, NULL,
			  "the kernel would not say again which algorithms it has");
}

void xfrm_requests_turn_end(struct deferred *flush)
{
	struct xfrm *xfrm = container_of(flush, struct xfrm, flush);
	exchange(xfrm);
	xfrm_spread_apply(&xfrm->spread, xfrm->requests, &xfrm->sequence);
	probe_again(xfrm);
	tell(xfrm);
}

static void enqueue(struct xfrm *xfrm, struct kernel_request *request)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	struct nlmsghdr *message = encode(xfrm, bytes, request);
	request->sequence = message->nlmsg_seq = ++xfrm->sequence;
	message->nlmsg_flags = flags_of(request);
	size_t len = NLMSG_ALIGN(message->nlmsg_len);
	memcpy(xfrm->batch + xfrm->used, bytes, len);
	xfrm->used += len;
	wipe(bytes, len);
	if (request->done != NULL)
		list_append(&xfrm->outstanding, &request->queue);
}

/* What was submitted before comes first. */
static void move_now(struct xfrm *xfrm, struct kernel_request *request)
{
	char text[160] = "";
	exchange(xfrm);
	request->device = xfrm_offload_device(xfrm->host, request->sa.direction == KERNEL_OUT
								  ? &request->to.dst
								  : &request->to.src);
	int error = xfrm_move(xfrm->requests, &xfrm->sequence, request, text);
	kernel_request_settle(request, error, text[0] != '\0' ? text : NULL);
	if (request->done != NULL)
		list_append(&xfrm->answered, &request->queue);
}

static void say_software(struct xfrm *xfrm, const char *why)
{
	if (xfrm->log != NULL)
		log_limited(xfrm->log, &xfrm->software, host_now(xfrm->host), LOG_LEVEL_NOTICE,
			    NULL, "nic-offload=auto: ESP is done in software: %s", why);
}

static void offload_now(struct xfrm *xfrm, struct kernel_request *request)
{
	const struct kernel_sa *sa = &request->sa;
	char text[CARD_TEXT_MAX] = "";

	exchange(xfrm);
	request->device =
		xfrm_offload_device(xfrm->host, sa->direction == KERNEL_OUT ? &sa->dst : &sa->src);
	int error = xfrm_offload_add(xfrm->requests, &xfrm->sequence, request, text);
	if (error == 0 && text[0] != '\0' && sa->direction == KERNEL_OUT) /* once for both */
		say_software(xfrm, text);
	if (contradicts(&xfrm->probe, error))
		xfrm->doubt = true;
	kernel_request_settle(request, error, text[0] != '\0' ? text : NULL);
	if (request->done != NULL)
		list_append(&xfrm->answered, &request->queue);
}

void xfrm_requests_submit(struct kernel *kernel, struct kernel_request *request)
{
	struct xfrm *xfrm = xfrm_of(kernel);
	request->queue = (struct list){ 0 };
	request->flags = 0;
	request->error = 0;
	request->diag.text[0] = '\0';
	request->rc = kernel_check_request(request);
	xfrm->host->ops->defer(xfrm->host, &xfrm->flush);
	if (request->rc != RC_OK) {
		request->flags |= REQUEST_ANSWERED;
		if (request->done != NULL)
			list_append(&xfrm->answered, &request->queue);
		return;
	}
	if (request->op == KERNEL_SA_MOVE) {
		move_now(xfrm, request);
		return;
	}
	if (request->op == KERNEL_SA_ADD && request->sa.offload != KERNEL_OFFLOAD_NONE) {
		offload_now(xfrm, request);
		return;
	}
	if (sizeof xfrm->batch - xfrm->used < XFRM_MESSAGE_MAX)
		exchange(xfrm);
	enqueue(xfrm, request);
}

void xfrm_requests_cancel(struct kernel *kernel, struct kernel_request *request)
{
	(void)kernel;
	list_remove(&request->queue);
}

static usec_t monotonic(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

enum rc xfrm_requests_drain(struct kernel *kernel, usec_t limit)
{
	struct xfrm *xfrm = xfrm_of(kernel);
	usec_t end = monotonic() + limit;
	while (xfrm->used > 0 || !list_empty(&xfrm->answered)) {
		exchange(xfrm);
		tell(xfrm);
		if (monotonic() > end)
			return RC_TIMEOUT;
	}
	return RC_OK;
}

void xfrm_requests_forget(struct xfrm *xfrm)
{
	list_for_safe(item, &xfrm->outstanding) list_remove(item);
	list_for_safe(item, &xfrm->answered) list_remove(item);
	wipe(xfrm->batch, sizeof xfrm->batch);
}
