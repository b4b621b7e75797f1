/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: responders
 *
 * Questions wait at the server that they go to. Servers with room take turns, so that one with many
 * questions, or a slow one, leaves the others theirs. Who was silent has one question at a time
 * until it answers, and none at all for some seconds.
 */
#include "x509/responders.h"
#include <string.h>
#include "x509/sources.h"

void responders_init(struct responders *all, const uint64_t seed[2])
{
	table_init(&all->table, seed);
	list_init(&all->ages);
	list_init(&all->turns);
}

static void responder_free(struct responders *all, struct responder *responder)
{
	table_remove(&all->table, &responder->node);
	list_remove(&responder->in_age);
	list_remove(&responder->in_turn);
	all->count--;
	mem_free(responder->why);
	mem_free(responder);
}

void responders_free(struct responders *all)
{
	while (!list_empty(&all->ages))
		responder_free(all, container_of(all->ages.next, struct responder, in_age));
	table_free(&all->table);
}

void responder_answered(struct responder *responder)
{
	responder->failures = 0;
	responder->pause_until = 0;
	mem_free(responder->why);
	responder->why = NULL;
}

void responders_forgive(struct responders *all)
{
	list_for(node, &all->ages) responder_answered(container_of(node, struct responder, in_age));
}

/* ---- by host and port ---- */

/* "crl.example:80" of "http://CRL.example:80/a.crl" */
static void name_of(const char *url, char name[RESPONDER_NAME_MAX])
{
	const char *at = strstr(url, "://");
	size_t len;

	at = at != NULL ? at + 3 : url;
	len = strcspn(at, "/?#");
	if (len >= RESPONDER_NAME_MAX)
		len = RESPONDER_NAME_MAX - 1;
	for (size_t i = 0; i < len; i++)
		name[i] = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] | 0x20) : at[i];
	name[len] = '\0';
}

static bool is_idle(const struct responder *responder)
{
	return list_empty(&responder->queue) && responder->under_way == 0;
}

/* One that is silent is remembered before one that answers. */
static void trim(struct responders *all)
{
	for (unsigned silent = 0; silent < 2; silent++)
		list_for_safe(node, &all->ages)
		{
			struct responder *responder = container_of(node, struct responder, in_age);
			if (all->count <= RESPONDERS_IDLE)
				return;
			if (is_idle(responder) && (silent == 1 || responder->failures == 0))
				responder_free(all, responder);
		}
}

static struct responder *responder_new(struct responders *all, const char *name, uint64_t hash)
{
	size_t len = strlen(name);
	struct responder *responder = mem_alloc(sizeof(*responder) + len + 1);

	if (responder == NULL)
		return NULL;
	memcpy(responder->name, name, len);
	list_init(&responder->queue);
	if (table_insert(&all->table, &responder->node, hash) != RC_OK) {
		mem_free(responder);
		return NULL;
	}
	trim(all);
	list_append(&all->ages, &responder->in_age);
	all->count++;
	return responder;
}

struct responder *responder_of(struct responders *all, const char *url)
{
	char name[RESPONDER_NAME_MAX];
	uint64_t hash;

	name_of(url, name);
	hash = table_hash(&all->table, name, strlen(name));
	for (struct table_node *n = table_first(&all->table, hash); n != NULL; n = table_next(n)) {
		struct responder *responder = container_of(n, struct responder, node);
		if (strcmp(responder->name, name) != 0)
			continue;
		list_remove(&responder->in_age);
		list_append(&all->ages, &responder->in_age);
		return responder;
	}
	return responder_new(all, name, hash);
}

/* ---- turns ---- */

static bool has_room(const struct responder *responder)
{
	return responder->under_way < (responder->failures > 0 ? 1 : RESPONDER_AT_ONCE);
}

static void take_place(struct responders *all, struct responder *responder)
{
	list_remove(&responder->in_turn);
	if (!list_empty(&responder->queue) && has_room(responder))
		list_append(&all->turns, &responder->in_turn);
}

void responder_enqueue(struct responders *all, struct responder *responder, struct source *source)
{
	source->responder = responder;
	source->state = SOURCE_QUEUED;
	list_append(&responder->queue, &source->in_queue);
	if (!list_linked(&responder->in_turn))
		take_place(all, responder);
}

struct source *responders_next(struct responders *all)
{
	struct responder *responder;
	struct source *source;

	if (list_empty(&all->turns))
		return NULL;
	responder = container_of(all->turns.next, struct responder, in_turn);
	source = container_of(responder->queue.next, struct source, in_queue);
	list_remove(&source->in_queue);
	source->state = SOURCE_FETCHING;
	responder->under_way++;
	take_place(all, responder);
	return source;
}

void responder_leave(struct responders *all, struct source *source)
{
	struct responder *responder = source->responder;

	if (responder == NULL)
		return;
	list_remove(&source->in_queue);
	if (source->state != SOURCE_QUEUED)
		responder->under_way--;
	source->state = SOURCE_IDLE;
	source->responder = NULL;
	if (!list_linked(&responder->in_turn) || list_empty(&responder->queue))
		take_place(all, responder);
}

/* ---- silence ---- */

bool responder_pauses(const struct responder *responder, usec_t now)
{
	return now < responder->pause_until;
}

void responder_silent(struct responder *responder, usec_t now, const char *why)
{
	usec_t pause = RESPONDER_PAUSE_MAX;

	if (responder_pauses(responder, now))
		return; /* asked before it was found out */
	if (responder->failures < 4)
		pause = RESPONDER_PAUSE << responder->failures;
	if (responder->failures < UINT16_MAX)
		responder->failures++;
	responder->pause_until = now + pause;
	mem_free(responder->why);
	responder->why = mem_text(why);
}
