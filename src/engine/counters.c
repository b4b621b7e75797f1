/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic counters of a tunnel's Child SAs, asked from the kernel when somebody wants to see them.
 */
#include "engine/private.h"

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

static void answered(struct kernel_request *request)
{
	struct query *query = container_of(request, struct query, request);
	struct gateway *gateway = query->refresh->gateway;
	struct child_sa *child = child_sa_by_spi(&gateway->sas, query->spi_in);

	if (request->rc == RC_OK && child != NULL && child->serial == query->child) {
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

static const char *names_known(const struct names *names, int value)
{
	for (const struct name *entry = names->entries; entry->text != NULL; entry++)
		if (entry->value == value)
			return entry->text;
	return NULL;
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
		return names_known(&notify_names, (int)code);
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
