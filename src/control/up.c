/* SPDX-License-Identifier: Apache-2.0 */
/* Up and Start: what is wanted changes at once; the call goes on, telling what happens, until all
 * its tunnels are up or an attempt has failed. The watcher makes it quick; the check every second
 * makes it sure. Rekey waits the same way for something else: its goal says for what. */
#include <stdio.h>
#include <string.h>
#include "control/private.h"

#define CHECK_INTERVAL USEC_PER_SEC
#define RESOLVE_LIMIT  (15 * USEC_PER_SEC)

struct up {
	struct watcher watcher;
	struct timer check;
	struct call *call;
	const struct goal *goal;
	const char *name; /* of the call's message */
	usec_t begun;
	uint64_t since;	   /* what comes has greater serial numbers */
	unsigned expected; /* so many tunnels had an SA, or shall have one */
	unsigned lost;
	unsigned left;	/* so many were missing when last looked, less what has come since */
	unsigned alive; /* when last looked */
};

/* What the tunnels of a name have in common. */
struct survey {
	const struct up *up;
	unsigned count, missing, alive;
	bool unwanted; /* somebody took one down again */
	struct tunnel *unoriented, *unresolved;
};

static void survey_one(void *context, struct tunnel *tunnel)
{
	struct survey *survey = context;

	if (tunnel->doomed)
		return;
	survey->count++;
	survey->alive += tunnel_current(tunnel) != NULL;
	if (!survey->up->goal->missing(tunnel, survey->up->since))
		return;
	survey->missing++;
	if (tunnel_current(tunnel) != NULL)
		return;
	survey->alive++;
	survey->unwanted = survey->unwanted || tunnel->wanted != WANTED_UP;
	if (!tunnel->peer->oriented)
		survey->unoriented = tunnel;
	else if (!ip_is_set(&tunnel->peer->remote))
		survey->unresolved = tunnel;
}

static struct survey survey(struct up *up)
{
	struct survey found = { .up = up };

	(void)peers_match(&up->call->gateway->peers, up->name, survey_one, &found);
	up->left = found.missing;
	up->alive = found.alive;
	return found;
}

static void up_free(struct call *call)
{
	struct up *up = call->own;

	if (up == NULL)
		return;
	gateway_unwatch(&up->watcher);
	gateway_cancel(call->gateway, &up->check);
	mem_free(up);
	call->own = NULL;
}

static void finish(struct call *call, const char *event)
{
	up_free(call);
	call_reply(call, json_pack("{s:s}", "event", event), false);
}

static void give_up(struct call *call, enum rc rc, const char *text, const char *next)
{
	up_free(call);
	call_error(call, "io.vanth.ike.NegotiationFailed",
		   json_pack("{s:s,s:o,s:o}", "reason", rc_name(rc), "text", json_safe(text),
			     "next", json_safe(next)));
}

/* ---- what the daemon does next ---- */

static usec_t retry_at(const struct gateway_event *event)
{
	usec_t at = event->peer->backoff.not_before;

	if (event->tunnel != NULL && event->tunnel->backoff.not_before > at)
		at = event->tunnel->backoff.not_before;
	return at;
}

static void next_text(const struct call *call, const char *name, const struct gateway_event *event,
		      char *text, size_t size)
{
	usec_t now = host_now(call->gateway->host), at = retry_at(event);
	unsigned wait = at > now ? (unsigned)((at - now + USEC_PER_SEC - 1) / USEC_PER_SEC) : 0;

	if (event->tunnel != NULL && event->tunnel->wanted != WANTED_UP)
		text[0] = '\0';
	else if (event->tunnel != NULL && gateway_lacks_password(call->gateway, event->tunnel))
		(void)snprintf(
			text, size,
			"it goes on when user and password are there; \"ipsec down %s\" ends that",
			name);
	else if (wait == 0)
		(void)snprintf(text, size, "it is tried again at once; \"ipsec down %s\" ends that",
			       name);
	else
		(void)snprintf(text, size,
			       "it will be tried again in %u s; \"ipsec down %s\" ends that", wait,
			       name);
}

/* ---- while it goes on ---- */

static void progress(struct up *up, const struct gateway_event *event)
{
	json_t *json;

	if (!up->call->more)
		return;
	if (!call_has_room(up->call)) {
		up->lost++;
		return;
	}
	json = show_event(event);
	if (json != NULL && up->lost > 0)
		(void)json_object_set_new(json, "lost", json_integer(up->lost));
	up->lost = 0;
	call_reply(up->call, json, true);
}

static void up_event(struct watcher *watcher, const struct gateway_event *event)
{
	struct up *up = container_of(watcher, struct up, watcher);
	struct call *call = up->call;
	char next[256];

	if (!name_concerns(up->name, event))
		return;
	if (event->type == GATEWAY_FAILED) {
		next_text(call, up->name, event, next, sizeof(next));
		give_up(call, event->reason, event->text, next);
		return;
	}
	progress(up, event);
	if (event->type != GATEWAY_PROGRESS && up->left > 1) {
		up->left--; /* too early to look at thousands of them */
		return;
	}
	if (event->type == GATEWAY_CHILD_UP && survey(up).missing == 0)
		finish(call, "done");
	else if (event->type != GATEWAY_PROGRESS) /* look when it has become true */
		gateway_timer(call->gateway, &up->check, host_now(call->gateway->host));
}

/* Ends the call when there is nothing to wait for; true: it is over. */
static bool settled(struct call *call, struct up *up, const char *when_up)
{
	struct survey found = survey(up);
	struct diag why = { "" };

	if (up->expected > found.count) /* parts have become one tunnel (engine/unite.c) */
		up->expected = found.count;
	if (found.count == 0) {
		give_up(call, RC_NOT_FOUND,
			"it is not there any more: it was unloaded, or is one "
			"tunnel with others again",
			NULL);
	} else if (found.alive < up->expected) {
		give_up(call, RC_CANCELLED, "it ended meanwhile", NULL);
	} else if (found.missing == 0) {
		finish(call, when_up);
	} else if (found.unwanted) {
		give_up(call, RC_CANCELLED, "it was taken down meanwhile", NULL);
	} else if (found.unoriented != NULL) {
		(void)(peer_why_unoriented(found.unoriented->peer, &why) == RC_OK);
		give_up(call, RC_NOT_FOUND, why.text, "it begins as soon as that changes");
	} else if (found.unresolved != NULL &&
		   host_now(call->gateway->host) > up->begun + RESOLVE_LIMIT) {
		give_up(call, RC_NOT_FOUND,
			"the address of the peer is not known: its name has not been resolved",
			"it begins as soon as the name server answers");
	} else {
		return false;
	}
	return true;
}

static void up_check(struct timer *timer)
{
	struct up *up = container_of(timer, struct up, check);
	struct gateway *gateway = up->call->gateway;

	if (!settled(up->call, up, "done"))
		gateway_timer(gateway, &up->check, host_now(gateway->host) + CHECK_INTERVAL);
}

/* ---- beginning ---- */

static void wait_for(struct call *call, const char *name, const struct goal *goal)
{
	struct gateway *gateway = call->gateway;
	struct up *up = mem_alloc(sizeof(*up));
	struct diag diag = { "" };
	enum rc rc;

	if (up == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	*up = (struct up){ .call = call,
			   .goal = goal,
			   .name = name,
			   .begun = host_now(gateway->host),
			   .since = peers_serial(&gateway->peers) };
	up->watcher.event = up_event;
	up->check.fire = up_check;
	call->own = up;
	call->cancel = up_free;
	gateway_watch(gateway, &up->watcher);
	rc = goal->begin(call, name, &diag);
	if (rc != RC_OK && !call->over) {
		up_free(call);
		call_fail(call, rc, diag.text);
	} else if (!call->over && !settled(call, up, goal->at_once)) {
		up->expected = up->alive;
		gateway_timer(gateway, &up->check, host_now(gateway->host) + CHECK_INTERVAL);
	}
}

void call_until(struct call *call, const struct goal *goal)
{
	const char *name = call_text(call, "name");
	struct diag diag = { "" };

	if (call->gateway->stopping)
		call_fail(call, RC_SHUTDOWN, "the daemon is stopping");
	else if (call_flag(call, "asynchronous"))
		call_answer(call, goal->begin(call, name, &diag), &diag);
	else
		wait_for(call, name, goal);
}

static bool is_not_up(const struct tunnel *tunnel, uint64_t since)
{
	(void)since;
	return tunnel_current(tunnel) == NULL;
}

static enum rc bring_up(const struct call *call, const char *name, struct diag *diag)
{
	return gateway_up(call->gateway, name, diag);
}

static const struct goal up_goal = { bring_up, is_not_up, "already-up" };

void method_up(struct call *call)
{
	call_until(call, &up_goal);
}
