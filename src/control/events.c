/* SPDX-License-Identifier: Apache-2.0 */
/* What happens, as it happens. A client that does not keep up loses events, and is told how many.
 */
#include "control/private.h"

struct listening {
	struct watcher watcher;
	struct call *call;
	const char *name; /* of the call's message; NULL: all */
	unsigned lost;
};

static void happened(struct watcher *watcher, const struct gateway_event *event)
{
	struct listening *listening = container_of(watcher, struct listening, watcher);
	json_t *json;

	if (!name_concerns(listening->name, event))
		return;
	if (!call_has_room(listening->call)) {
		listening->lost++;
		return;
	}
	json = show_event(event);
	if (json != NULL && listening->lost > 0)
		(void)json_object_set_new(json, "lost", json_integer(listening->lost));
	listening->lost = 0;
	call_reply(listening->call, json, true);
}

static void listening_free(struct call *call)
{
	struct listening *listening = call->own;

	gateway_unwatch(&listening->watcher);
	mem_free(listening);
	call->own = NULL;
}

void method_events(struct call *call)
{
	struct listening *listening = mem_alloc(sizeof(*listening));

	if (listening == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	*listening = (struct listening){ .call = call, .name = call_text(call, "name") };
	listening->watcher.event = happened;
	call->own = listening;
	call->cancel = listening_free;
	gateway_watch(call->gateway, &listening->watcher);
	call_reply(call, json_pack("{s:s}", "event", "listening"), true);
}
