/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: updown scripts
 *
 * A tunnel that comes up or goes is an event with some verbs, and a script is run for each verb.
 * Events of one tunnel stand in its slot and run one after the other; slots that have something to
 * run stand in a line, at most UPDOWN_AT_ONCE of them run, and after each run a slot goes to the
 * end of the line. A way up that has not begun when its tunnel goes is dropped with the way down,
 * so a slot holds three events of a tunnel at most, however often it comes and goes. With several
 * pairs of selectors each verb runs once for each. A script that fails is told and counted; the
 * tunnel stays up.
 */
#include <errno.h>
#include <stdio.h>
#include "base/arena.h"
#include "engine/private.h"

struct slot {
	struct table_node by_name;
	struct list in_line; /* not while one of its scripts runs */
	struct list scripts; /* of struct updown_script.in_slot: the first one runs, or is next */
	struct gateway *gateway;
	struct spawn *spawn; /* what runs; NULL: nothing */
};

struct updown {
	struct table slots; /* by struct slot.by_name */
	struct list line;   /* of struct slot.in_line */
	unsigned running;
	struct deferred later; /* looks at the line */
	struct log_limit failures;
};

static struct updown_script *first_of(const struct slot *slot)
{
	return container_of(slot->scripts.next, struct updown_script, in_slot);
}

static struct slot *find_slot(const struct updown *updown, const char *name)
{
	struct table_node *node =
		table_first(&updown->slots, table_hash(&updown->slots, name, strlen(name)));

	for (; node != NULL; node = table_next(node)) {
		struct slot *slot = container_of(node, struct slot, by_name);
		if (strcmp(first_of(slot)->slot, name) == 0)
			return slot;
	}
	return NULL;
}

static struct slot *slot_new(struct gateway *gateway, const char *name)
{
	struct updown *updown = gateway->updown;
	struct slot *slot = mem_alloc(sizeof(*slot));

	if (slot == NULL)
		return NULL;
	slot->gateway = gateway;
	list_init(&slot->scripts);
	if (table_insert(&updown->slots, &slot->by_name,
			 table_hash(&updown->slots, name, strlen(name))) != RC_OK) {
		mem_free(slot);
		return NULL;
	}
	return slot;
}

/* All scripts of a slot have its name. */
static void slot_free(struct slot *slot)
{
	table_remove(&slot->gateway->updown->slots, &slot->by_name);
	list_remove(&slot->in_line);
	list_for_safe(node, &slot->scripts)
		updown_script_free(container_of(node, struct updown_script, in_slot));
	mem_free(slot);
}

/* ---- one script ---- */

static struct log_subject subject_of_script(const struct updown_script *script)
{
	return (struct log_subject){ .peer = script->peer, .tunnel = script->name };
}

static void tell_line(void *context, const char *line)
{
	struct slot *slot = context;
	const struct updown_script *script = first_of(slot);
	struct log_subject subject = subject_of_script(script);

	log_write(slot->gateway->log, LOG_LEVEL_INFO, &subject, "%s output: %s",
		  script->verbs[script->verb], line);
}

static const char *end_text(const struct spawn_result *result, char *text, size_t size)
{
	switch (result->end) {
	case SPAWN_EXITED:
		snprintf(text, size, "exit status %d", result->code);
		break;
	case SPAWN_SIGNALLED:
		snprintf(text, size, "ended by signal %d (%s)", result->code,
			 strsignal(result->code));
		break;
	case SPAWN_TIMEOUT:
		snprintf(text, size, "killed, because it had not ended after %d s",
			 (int)(UPDOWN_LIMIT / USEC_PER_SEC));
		break;
	case SPAWN_FAILED:
		snprintf(text, size, "it cannot be started: %s", strerror(result->code));
		break;
	}
	return text;
}

static void tell_end(struct slot *slot, const struct spawn_result *result)
{
	struct gateway *gateway = slot->gateway;
	const struct updown_script *script = first_of(slot);
	struct log_subject subject = subject_of_script(script);
	bool good = result->end == SPAWN_EXITED && result->code == 0;
	char text[160];

	gateway->counters.scripts_run++;
	if (good) {
		log_write(gateway->log, LOG_LEVEL_DEBUG, &subject, "%s: %s is done",
			  script->verbs[script->verb], script->argv[0]);
		return;
	}
	gateway->counters.scripts_failed++;
	log_limited(gateway->log, &gateway->updown->failures, host_now(gateway->host),
		    LOG_LEVEL_WARNING, &subject, "updown script %s failed for %s: %s%s%s%s",
		    script->argv[0], script->verbs[script->verb],
		    end_text(result, text, sizeof(text)),
		    result->last[0] != '\0' ? "; it said last: \"" : "", result->last,
		    result->last[0] != '\0' ? "\"" : "");
}

/* The verb has run: the next one's turn comes when others had theirs. */
static void verb_ended(struct slot *slot)
{
	struct updown *updown = slot->gateway->updown;
	struct updown_script *script = first_of(slot);
	void (*done)(void *context) = NULL;
	void *context = NULL;

	if (++script->pair == script->pair_count) {
		script->pair = 0;
		script->verb++;
	}
	if (script->verb == script->verb_count) {
		done = script->done;
		context = script->context;
		list_remove(&script->in_slot);
		if (list_empty(&slot->scripts)) {
			slot_free(slot);
			slot = NULL;
		}
		updown_script_free(script);
	}
	if (slot != NULL)
		list_append(&updown->line, &slot->in_line);
	if (done != NULL)
		done(context);
}

static void script_ended(void *context, const struct spawn_result *result)
{
	struct slot *slot = context;
	struct gateway *gateway = slot->gateway;

	slot->spawn = NULL;
	gateway->updown->running--;
	tell_end(slot, result);
	verb_ended(slot);
	gateway->host->ops->defer(gateway->host, &gateway->updown->later);
}

static bool run_verb(struct slot *slot)
{
	struct gateway *gateway = slot->gateway;
	struct updown_script *script = first_of(slot);
	char verb[64];
	struct spawn_request request = {
		.argv = (const char *const *)script->argv,
		.env = (const char *const *)updown_script_env(script),
		.limit = UPDOWN_LIMIT,
		.line = tell_line,
	};

	snprintf(verb, sizeof(verb), "PLUTO_VERB=%s", script->verbs[script->verb]);
	script->env[0] = verb;
	slot->spawn = gateway->host->ops->spawn(gateway->host, &request, script_ended, slot);
	script->env[0] = NULL;
	return slot->spawn != NULL;
}

static void no_memory(struct slot *slot)
{
	struct spawn_result result = { .end = SPAWN_FAILED, .code = ENOMEM, .last = "" };

	tell_end(slot, &result);
	verb_ended(slot);
}

static void run_line(struct deferred *deferred)
{
	struct updown *updown = container_of(deferred, struct updown, later);

	while (updown->running < UPDOWN_AT_ONCE && !list_empty(&updown->line)) {
		struct slot *slot = container_of(updown->line.next, struct slot, in_line);
		list_remove(&slot->in_line);
		if (run_verb(slot))
			updown->running++;
		else
			no_memory(slot);
	}
}

static struct updown *updown_of(struct gateway *gateway)
{
	static const uint64_t seed[2] = { 0x7570646f776e, 0x736c6f7473 }; /* names are our own */
	struct updown *updown = gateway->updown;

	if (updown != NULL)
		return updown;
	updown = mem_alloc(sizeof(*updown));
	if (updown == NULL)
		return NULL;
	table_init(&updown->slots, seed);
	list_init(&updown->line);
	updown->later.run = run_line;
	return gateway->updown = updown;
}

/* ---- events ---- */

static enum rc enqueue(struct gateway *gateway, struct updown_script *script)
{
	struct slot *slot;

	if (updown_of(gateway) == NULL)
		return RC_NO_MEMORY;
	slot = find_slot(gateway->updown, script->slot);
	if (slot == NULL && (slot = slot_new(gateway, script->slot)) == NULL)
		return RC_NO_MEMORY;
	if (list_empty(&slot->scripts))
		list_append(&gateway->updown->line, &slot->in_line);
	list_append(&slot->scripts, &script->in_slot);
	gateway->host->ops->defer(gateway->host, &gateway->updown->later);
	return RC_OK;
}

/* Its last event in the slot, if that leads upwards and nothing of it has been run. */
static struct updown_script *unstarted(struct gateway *gateway, const struct updown_event *event)
{
	struct slot *slot =
		gateway->updown != NULL ? find_slot(gateway->updown, event->slot) : NULL;
	struct updown_script *last = NULL;

	if (slot == NULL)
		return NULL;
	list_for(node, &slot->scripts)
	{
		struct updown_script *one = container_of(node, struct updown_script, in_slot);
		bool begun = one->verb > 0 || one->pair > 0 ||
			     (slot->spawn != NULL && one == first_of(slot));
		if (one->tunnel == event->tunnel->serial)
			last = one->to > one->from && !begun ? one : NULL;
	}
	return last;
}

/* A way down that took a way up back may be one upwards, and somebody waits for it all the same. */
static void drop(struct gateway *gateway, struct updown_script *script)
{
	struct slot *slot = find_slot(gateway->updown, script->slot); /* while it has one */
	void (*done)(void *context) = script->done;
	void *context = script->context;

	list_remove(&script->in_slot);
	if (slot != NULL && list_empty(&slot->scripts))
		slot_free(slot);
	updown_script_free(script);
	if (done != NULL)
		done(context);
}

static bool run_later(struct gateway *gateway, const struct updown_event *event)
{
	struct log_subject subject = { .peer = event->tunnel->conn->name,
				       .tunnel = event->tunnel->name };
	struct updown_script *script;

	if (updown_script_new(gateway, event, &script) == RC_OK) {
		if (enqueue(gateway, script) == RC_OK)
			return true;
		updown_script_free(script);
	}
	gateway->counters.scripts_failed++;
	log_write(gateway->log, LOG_LEVEL_ERROR, &subject,
		  "out of memory: its updown script is not run (%s)",
		  event->to > event->from ? "up" : "down");
	return false;
}

bool updown_tell(struct gateway *gateway, const struct updown_event *event)
{
	struct updown_event rest = *event;
	struct updown_script *before = event->to < event->from ? unstarted(gateway, event) : NULL;

	if (before != NULL) { /* nobody has run what this one would take back */
		rest.from = before->from;
		drop(gateway, before);
	}
	return rest.from != rest.to && run_later(gateway, &rest);
}

bool updown_idle(const struct gateway *gateway)
{
	return gateway->updown == NULL || gateway->updown->slots.count == 0;
}

static void forget_slot(struct table_node *node, void *context)
{
	struct slot *slot = container_of(node, struct slot, by_name);
	struct gateway *gateway = context;

	gateway->host->ops->spawn_cancel(gateway->host, slot->spawn);
	slot_free(slot);
}

void updown_forget(struct gateway *gateway)
{
	uint64_t cursor = 0;

	if (gateway->updown == NULL)
		return;
	deferred_cancel(&gateway->updown->later);
	(void)table_walk(&gateway->updown->slots, &cursor, SIZE_MAX, forget_slot, gateway);
	table_free(&gateway->updown->slots);
	mem_free(gateway->updown);
	gateway->updown = NULL;
}
