/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that change what is wanted: up (with its progress), down, route, add, delete, reload,
 * shutdown. */
#include <string.h>
#include "control/private.h"

/* An `up` or `down` that waits for its end. */
struct wait {
	struct watcher watcher;
	struct timer limit;
	struct call *call;
	char *name;
	unsigned tunnels_left;
};

static bool concerns(const struct wait *wait, const struct gateway_event *event)
{
	size_t len = strlen(wait->name);

	if (event->tunnel == NULL)
		return event->peer != NULL && strcmp(event->peer->conn->name, wait->name) == 0;
	return strncmp(event->tunnel->name, wait->name, len) == 0 &&
	       (event->tunnel->name[len] == '\0' || event->tunnel->name[len] == '/');
}

static json_t *event_json(const struct gateway_event *event)
{
	char type[32];

	return json_pack("{s:s,s:s,s:s,s:s,s:I}", "event",
			 names_text(&gateway_event_names, (int)event->type, type, sizeof(type)),
			 "tunnel", event->tunnel != NULL ? event->tunnel->name : "", "text",
			 event->text, "reason", rc_name(event->reason), "serial",
			 (json_int_t)event->serial);
}

static void wait_free(struct call *call)
{
	struct wait *wait = call->own;

	gateway_unwatch(&wait->watcher);
	timer_cancel(&call->gateway->timers, &wait->limit);
	mem_free(wait->name);
	mem_free(wait);
	call->own = NULL;
	call->cancel = NULL;
}

static struct wait *wait_new(struct call *call, const char *name)
{
	struct wait *wait = mem_alloc(sizeof(*wait));

	if (wait == NULL)
		return NULL;
	wait->name = mem_text(name);
	if (wait->name == NULL) {
		mem_free(wait);
		return NULL;
	}
	wait->call = call;
	call->own = wait;
	call->cancel = wait_free;
	return wait;
}

/* ---- up ---- */

static void count_missing(void *context, struct tunnel *tunnel)
{
	unsigned *missing = context;

	*missing += tunnel_current(tunnel) == NULL;
}

static unsigned missing_children(const struct call *call, const char *name)
{
	unsigned missing = 0;

	(void)peers_match(&call->gateway->peers, name, count_missing, &missing);
	return missing;
}

static void up_event(struct watcher *watcher, const struct gateway_event *event)
{
	struct wait *wait = container_of(watcher, struct wait, watcher);
	struct call *call = wait->call;
	char text[512];

	if (!concerns(wait, event))
		return;
	if (event->type == GATEWAY_FAILED) {
		(void)memccpy(text, event->text, '\0', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		wait_free(call);
		call_fail(call, event->reason, text);
		return;
	}
	if (call->more && call_has_room(call))
		call_reply(call, event_json(event), true);
	if (event->type == GATEWAY_CHILD_UP && missing_children(call, wait->name) == 0) {
		wait_free(call);
		call_reply(call, json_pack("{s:s}", "event", "done"), false);
	}
}

void method_up(struct call *call)
{
	const char *name;
	struct diag diag = { "" };
	struct wait *wait;
	enum rc rc;

	if (!call_text(call, "name", true, &name))
		return;
	if (json_is_true(json_object_get(call->parameters, "asynchronous"))) {
		rc = gateway_up(call->gateway, name, &diag);
		if (rc != RC_OK)
			call_fail(call, rc, diag.text);
		else
			call_reply(call, NULL, false);
		return;
	}
	wait = wait_new(call, name);
	if (wait == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	wait->watcher.event = up_event;
	gateway_watch(call->gateway, &wait->watcher);
	rc = gateway_up(call->gateway, name, &diag);
	if (rc != RC_OK) {
		wait_free(call);
		call_fail(call, rc, diag.text);
	} else if (missing_children(call, name) == 0) {
		wait_free(call);
		call_reply(call, json_pack("{s:s}", "event", "already-up"), false);
	}
}

/* ---- down ---- */

#define DOWN_LIMIT (5 * USEC_PER_SEC) /* then the answer says that the peer has not confirmed */

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

static void down_over(struct call *call, bool all)
{
	wait_free(call);
	call_reply(call, json_pack("{s:b}", "complete", all), false);
}

/* Told before the Child SA leaves its tunnel: the last one counts as gone. */
static void down_event(struct watcher *watcher, const struct gateway_event *event)
{
	struct wait *wait = container_of(watcher, struct wait, watcher);

	if (event->type != GATEWAY_CHILD_DOWN || !concerns(wait, event))
		return;
	if (children(wait->call, wait->name) <= 1)
		down_over(wait->call, true);
}

static void down_late(struct timer *timer)
{
	struct wait *wait = container_of(timer, struct wait, limit);

	down_over(wait->call, children(wait->call, wait->name) == 0);
}

void method_down(struct call *call)
{
	const char *name;
	struct diag diag = { "" };
	struct wait *wait;
	enum rc rc;

	if (!call_text(call, "name", true, &name))
		return;
	rc = gateway_down(call->gateway, name, &diag);
	if (rc != RC_OK) {
		call_fail(call, rc, diag.text);
		return;
	}
	wait = children(call, name) > 0 ? wait_new(call, name) : NULL;
	if (wait == NULL) {
		call_reply(call, json_pack("{s:b}", "complete", children(call, name) == 0), false);
		return;
	}
	wait->watcher.event = down_event;
	wait->limit.fire = down_late;
	gateway_watch(call->gateway, &wait->watcher);
	if (timer_arm(&call->gateway->timers, &wait->limit,
		      host_now(call->gateway->host) + DOWN_LIMIT) != RC_OK)
		down_over(call, false);
}

/* ---- the others answer at once ---- */

static void answer(struct call *call, enum rc rc, const struct diag *diag)
{
	if (rc == RC_OK)
		call_reply(call, NULL, false);
	else
		call_fail(call, rc, diag->text);
}

static void simple(struct call *call,
		   enum rc (*verb)(struct gateway *gateway, const char *name, struct diag *diag))
{
	const char *name;
	struct diag diag = { "" };

	if (call_text(call, "name", true, &name))
		answer(call, verb(call->gateway, name, &diag), &diag);
}

void method_route(struct call *call)
{
	simple(call, gateway_route);
}

void method_unroute(struct call *call)
{
	simple(call, gateway_unroute);
}

void method_delete(struct call *call)
{
	simple(call, gateway_delete);
}

void method_add(struct call *call)
{
	const struct control_hooks *hooks = control_hooks_of(call);
	struct config *config = NULL;
	struct diag diag = { "" };
	const char *name;
	enum rc rc;

	if (!call_text(call, "name", true, &name))
		return;
	rc = hooks->read_config(hooks->context, &config, &diag);
	if (rc == RC_OK) {
		rc = gateway_add(call->gateway, config, name, &diag);
		config_unref(config);
	}
	answer(call, rc, &diag);
}

void method_reload(struct call *call)
{
	const struct control_hooks *hooks = control_hooks_of(call);
	struct diag diag = { "" };

	answer(call, hooks->reload(hooks->context, &diag), &diag);
}

void method_reload_secrets(struct call *call)
{
	const struct control_hooks *hooks = control_hooks_of(call);
	struct diag diag = { "" };

	answer(call, hooks->reload_secrets(hooks->context, &diag), &diag);
}

void method_shutdown(struct call *call)
{
	const struct control_hooks *hooks = control_hooks_of(call);

	call_reply(call, NULL, false);
	hooks->shutdown(hooks->context);
}

void method_version(struct call *call)
{
	call_reply(call, json_pack("{s:s}", "version", VANTH_VERSION), false);
}
