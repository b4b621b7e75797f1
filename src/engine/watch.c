/* SPDX-License-Identifier: Apache-2.0 */
/* Telling what happens: to those who watch (`ipsec up`, `ipsec events`) and to the log. */
#include <stdio.h>
#include "engine/private.h"

static const struct name event_entries[] = {
	{ GATEWAY_PROGRESS, "progress" },
	{ GATEWAY_IKE_UP, "ike-up" },
	{ GATEWAY_IKE_DOWN, "ike-down" },
	{ GATEWAY_CHILD_UP, "child-up" },
	{ GATEWAY_CHILD_DOWN, "child-down" },
	{ GATEWAY_FAILED, "failed" },
	{ 0, NULL },
};
const struct names gateway_event_names = { "event", event_entries };

void gateway_watch(struct gateway *gateway, struct watcher *watcher)
{
	list_append(&gateway->watchers, &watcher->in_gateway);
}

void gateway_unwatch(struct watcher *watcher)
{
	list_remove(&watcher->in_gateway);
}

struct tunnel *larval_tunnel(const struct ike_sa *sa)
{
	return sa->larval != NULL ? peer_tunnel_by_serial(sa->peer, sa->larval->tunnel) : NULL;
}

struct log_subject subject_of(const struct ike_sa *sa)
{
	const struct tunnel *tunnel = larval_tunnel(sa);

	return (struct log_subject){
		.peer = sa->peer != NULL ? sa->peer->conn->name : NULL,
		.tunnel = tunnel != NULL ? tunnel->name : NULL,
		.serial = sa->serial,
	};
}

static enum log_level level_of(enum gateway_event_type type)
{
	switch (type) {
	case GATEWAY_PROGRESS:
		return LOG_LEVEL_DEBUG;
	case GATEWAY_IKE_UP:
	case GATEWAY_IKE_DOWN:
	case GATEWAY_CHILD_UP:
	case GATEWAY_CHILD_DOWN:
		return LOG_LEVEL_INFO;
	case GATEWAY_FAILED:
		return LOG_LEVEL_WARNING;
	}
	return LOG_LEVEL_INFO;
}

static void tell_watchers(struct gateway *gateway, const struct gateway_event *event)
{
	list_for_safe(node, &gateway->watchers)
	{
		struct watcher *watcher = container_of(node, struct watcher, in_gateway);
		watcher->event(watcher, event);
	}
}

void watch_tell(struct gateway *gateway, enum gateway_event_type type, struct peer *peer,
		struct tunnel *tunnel, uint64_t serial, enum rc reason, const char *format, ...)
{
	struct gateway_event event = { type, peer, tunnel, serial, reason, NULL };
	enum log_level level = level_of(type);
	struct log_subject subject = { .serial = serial };
	char text[480];
	va_list args;

	if (list_empty(&gateway->watchers) && !log_wants(gateway->log, level))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	event.text = text;
	subject.peer = peer != NULL ? peer->conn->name : NULL;
	subject.tunnel = tunnel != NULL ? tunnel->name : NULL;
	subject.reason = reason != RC_OK ? rc_name(reason) : NULL;
	log_write(gateway->log, level, &subject, "%s", text);
	tell_watchers(gateway, &event);
}
