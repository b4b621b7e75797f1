/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic counters of a tunnel's Child SAs, asked from the kernel when somebody wants to see them.
 */
#include "engine/private.h"

#define INBOUND_MAX 16 /* a question to the peer costs less than more of them */

struct refresh {
	struct gateway *gateway;
	unsigned left;
	void (*done)(void *context);
	void *context;
};

struct query {
	struct list in_gateway;
	struct kernel_request request;
	struct refresh *refresh;
	uint32_t spi_in;
	uint64_t child;
	bool in;
};

static void finish_one(struct refresh *refresh)
{
	if (--refresh->left > 0)
		return;
	refresh->done(refresh->context);
	mem_free(refresh);
}

static void query_end(struct query *query)
{
	finish_one(query->refresh);
	list_remove(&query->in_gateway);
	mem_free(query);
}

/* When its last packet arrived. Linux before 6.3 does not say; then it came since we asked last. */
static usec_t arrived(const struct gateway *gateway, const struct kernel_counters *counters)
{
	int64_t ago = gateway->host->ops->wall(gateway->host) - counters->used_at;
	usec_t now = host_now(gateway->host);

	if (counters->used_at == 0 || ago < 0 || ago > now / USEC_PER_SEC)
		return now;
	return now - ago * USEC_PER_SEC;
}

static void answered(struct kernel_request *request)
{
	struct query *query = container_of(request, struct query, request);
	struct gateway *gateway = query->refresh->gateway;
	struct child_sa *child = child_sa_by_spi(&gateway->sas, query->spi_in);

	if (request->rc == RC_OK && child != NULL && child->serial == query->child) {
		if (query->in && request->counters.packets > child->in.packets)
			child->heard_at = arrived(gateway, &request->counters);
		if (query->in)
			child->in = request->counters;
		else
			child->out = request->counters;
		child->counters_at = host_now(gateway->host);
	}
	query_end(query);
}

/* Whoever asked is told, with the counters as they were last seen. */
void counters_forget(struct gateway *gateway)
{
	list_for_safe(node, &gateway->queries)
	{
		struct query *query = container_of(node, struct query, in_gateway);
		gateway->kernel->ops->cancel(gateway->kernel, &query->request);
		query_end(query);
	}
}

static void ask(struct refresh *refresh, const struct child_sa *child, bool in)
{
	struct query *query = mem_alloc(sizeof(*query));
	struct kernel *kernel = refresh->gateway->kernel;

	if (query == NULL)
		return;
	query->refresh = refresh;
	query->spi_in = child->spi_in;
	query->child = child->serial;
	query->in = in;
	query->request.op = KERNEL_SA_QUERY;
	query->request.done = answered;
	child_kernel_sa(child, in ? KERNEL_IN : KERNEL_OUT, &query->request.sa);
	refresh->left++;
	list_append(&refresh->gateway->queries, &query->in_gateway);
	kernel->ops->submit(kernel, &query->request);
}

void gateway_refresh_counters(struct gateway *gateway, struct tunnel *tunnel,
			      void (*done)(void *context), void *context)
{
	struct refresh *refresh = mem_alloc(sizeof(*refresh));

	if (refresh == NULL) {
		done(context); /* the counters as they were last seen */
		return;
	}
	*refresh = (struct refresh){ gateway, 1, done, context };
	list_for(node, &tunnel->child_sas)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		ask(refresh, child, true);
		ask(refresh, child, false);
	}
	finish_one(refresh);
}

void counters_inbound(struct gateway *gateway, const struct ike_sa *sa, void (*done)(void *context),
		      void *context)
{
	struct refresh *refresh = mem_alloc(sizeof(*refresh));
	unsigned left = INBOUND_MAX;

	if (refresh == NULL) {
		done(context); /* the counters as they were last seen */
		return;
	}
	*refresh = (struct refresh){ gateway, 1, done, context };
	list_for(node, &sa->children)
	{
		if (left-- == 0)
			break;
		ask(refresh, container_of(node, struct child_sa, in_ike), true);
	}
	finish_one(refresh);
}

static const char *names_known(const struct names *names, int value)
{
	for (const struct name *entry = names->entries; entry->text != NULL; entry++)
		if (entry->value == value)
			return entry->text;
	return NULL;
}

/* Those of IKEv1 that IKEv2 does not have under that number. */
static const char *notify_known(int value)
{
	const char *text = names_known(&notify_names, value);

	return text != NULL ? text : names_known(&isakmp_notify_names, value);
}

const char *gateway_record_name(enum record_event event, unsigned code)
{
	static const char *const wanted[] = { "down", "listen", "on demand", "up" };

	switch (event) {
	case RECORD_SENT:
	case RECORD_RECEIVED:
	case RECORD_RETRANSMITTED:
	case RECORD_REFUSED:
		return names_known(&exchange_names, (int)code);
	case RECORD_NOTIFY_IN:
	case RECORD_NOTIFY_OUT:
		return notify_known((int)code);
	case RECORD_STATE:
		return names_known(&ike_state_names, (int)code);
	case RECORD_DROPPED:
	case RECORD_IKE_DOWN:
	case RECORD_CHILD_DOWN:
		return rc_name((enum rc)code);
	case RECORD_FRAGMENT:
		return names_known(&fragment_fault_names, (int)code);
	case RECORD_REDIRECT:
		return names_known(&redirect_event_names, (int)code);
	case RECORD_USER:
		return names_known(&isakmp_user_event_names, (int)code);
	case RECORD_WANTED:
		return code < 4 ? wanted[code] : NULL;
	case RECORD_DECIDED:
		return names_known(&ike_event_names, (int)code);
	case RECORD_NONE:
	case RECORD_ANSWERED_AGAIN:
	case RECORD_IKE_UP:
	case RECORD_CHILD_UP:
	case RECORD_BACKOFF:
	case RECORD_KERNEL:
	case RECORD_ACQUIRE:
	case RECORD_LIVENESS:
	case RECORD_NAT:
	case RECORD_COMMAND:
	case RECORD_WINDOW:
	case RECORD_PATH:
	case RECORD_COUNT:
		return NULL;
	}
	return NULL;
}
