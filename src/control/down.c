/* SPDX-License-Identifier: Apache-2.0 */
/* Down: it is no longer wanted at once; the call waits until its Child SAs are gone, or a few
 * seconds for a peer that does not confirm. */
#include "control/private.h"

#define DOWN_LIMIT (5 * USEC_PER_SEC)

struct down {
	struct watcher watcher;
	struct timer check;
	struct call *call;
	const char *name; /* of the call's message */
	usec_t limit;
	unsigned left; /* so many were there when last looked, less those that went since */
};

static void count_children(void *context, struct tunnel *tunnel)
{
	unsigned *count = context;

	list_for(node, &tunnel->child_sas)++ *count;
}

static unsigned children(const struct call *call, const char *name)
{
	unsigned count = 0;

	(void)peers_match(&call->gateway->peers, name, count_children, &count);
	return count;
}

static void down_free(struct call *call)
{
	struct down *down = call->own;

	gateway_unwatch(&down->watcher);
	gateway_cancel(call->gateway, &down->check);
	mem_free(down);
	call->own = NULL;
}

static void finish(struct call *call, bool complete)
{
	call_reply(call, json_pack("{s:b}", "complete", complete), false);
}

/* The Child SA is still linked while its end is told: count in the next turn. */
static void down_event(struct watcher *watcher, const struct gateway_event *event)
{
	struct down *down = container_of(watcher, struct down, watcher);
	struct gateway *gateway = down->call->gateway;

	if (event->type != GATEWAY_CHILD_DOWN || !name_concerns(down->name, event))
		return;
	if (down->left > 1)
		down->left--;
	else
		gateway_timer(gateway, &down->check, host_now(gateway->host));
}

static void down_check(struct timer *timer)
{
	struct down *down = container_of(timer, struct down, check);
	struct call *call = down->call;
	bool gone;

	down->left = children(call, down->name);
	gone = down->left == 0;
	if (!gone && host_now(call->gateway->host) < down->limit) {
		gateway_timer(call->gateway, &down->check, down->limit);
		return;
	}
	down_free(call);
	finish(call, gone);
}

static void wait_for(struct call *call, const char *name)
{
	struct gateway *gateway = call->gateway;
	struct down *down = mem_alloc(sizeof(*down));

	if (down == NULL) {
		finish(call, false);
		return;
	}
	*down = (struct down){ .call = call,
			       .name = name,
			       .limit = host_now(gateway->host) + DOWN_LIMIT };
	down->left = children(call, name);
	down->watcher.event = down_event;
	down->check.fire = down_check;
	call->own = down;
	call->cancel = down_free;
	gateway_watch(gateway, &down->watcher);
	gateway_timer(gateway, &down->check, down->limit);
}

void method_down(struct call *call)
{
	const char *name = call_text(call, "name");
	struct diag diag = { "" };
	enum rc rc = gateway_down(call->gateway, name, &diag);

	if (rc != RC_OK)
		call_fail(call, rc, diag.text);
	else if (children(call, name) == 0 || call_flag(call, "asynchronous"))
		finish(call, children(call, name) == 0);
	else
		wait_for(call, name);
}
