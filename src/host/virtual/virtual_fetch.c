/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP of the virtual world: one table of URLs for all; the answer comes in a later step, or when
 * the asker's time is over. */
#include <string.h>
#include "base/arena.h"
#include "private.h"

struct page {
	struct list in_world;
	char *url;
	enum served served;
	uint8_t *body, *posted;
	size_t len, posted_len;
	unsigned asked;
};

struct fetch {
	struct agenda_entry answer;
	struct list in_host;
	struct virtual *host;
	host_fetch_fn fn;
	void *context;
	size_t size_max;
	char *url;
};

/* ---- what is served ---- */

static struct page *find_page(const struct world *world, const char *url)
{
	list_for(at, &world->pages)
	{
		struct page *page = container_of(at, struct page, in_world);
		if (strcmp(page->url, url) == 0)
			return page;
	}
	return NULL;
}

static void page_free(struct page *page)
{
	list_remove(&page->in_world);
	mem_free(page->url);
	mem_free(page->body);
	mem_free(page->posted);
	mem_free(page);
}

void world_forget_pages(struct world *world)
{
	while (!list_empty(&world->pages))
		page_free(container_of(world->pages.next, struct page, in_world));
}

static struct page *page_new(struct world *world, const char *url)
{
	struct page *page = mem_alloc(sizeof(*page));
	if (page == NULL)
		return NULL;
	page->url = mem_text(url);
	if (page->url == NULL) {
		mem_free(page);
		return NULL;
	}
	list_append(&world->pages, &page->in_world);
	return page;
}

static enum rc keep(uint8_t **to, size_t *len, struct span bytes)
{
	uint8_t *copy = mem_alloc(bytes.len + 1);
	if (copy == NULL)
		return RC_NO_MEMORY;
	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	mem_free(*to);
	*to = copy;
	*len = bytes.len;
	return RC_OK;
}

enum rc world_serve(struct world *world, const char *url, enum served served, struct span body)
{
	struct page *page = find_page(world, url);
	if (page == NULL)
		page = page_new(world, url);
	if (page == NULL)
		return RC_NO_MEMORY;
	page->served = served;
	return keep(&page->body, &page->len, body);
}

unsigned world_served(const struct world *world, const char *url, struct span *posted)
{
	const struct page *page = find_page(world, url);
	if (posted != NULL)
		*posted = page != NULL ? span_make(page->posted, page->posted_len) : SPAN_NONE;
	return page != NULL ? page->asked : 0;
}

/* ---- questions ---- */

static void fetch_free(struct fetch *fetch)
{
	struct agenda *agenda = &fetch->host->world->agenda;

	agenda_cancel(agenda, &fetch->answer);
	agenda_release(agenda);
	list_remove(&fetch->in_host);
	mem_free(fetch->url);
	mem_free(fetch);
}

struct answer {
	enum rc rc;
	struct span body;
	const char *error;
};

static struct answer answer_of(const struct page *page, size_t size_max)
{
	switch (page != NULL ? page->served : SERVE_NOTHING) {
	case SERVE_BODY:
		if (page->len <= size_max)
			return (struct answer){ RC_OK, span_make(page->body, page->len), NULL };
		return (struct answer){ RC_LIMIT, SPAN_NONE, "the answer is too large" };
	case SERVE_MISSING:
		return (struct answer){ RC_NOT_FOUND, SPAN_NONE, "the server answers 404" };
	case SERVE_HANG:
		return (struct answer){ RC_TIMEOUT, SPAN_NONE, "no answer in time" };
	case SERVE_ENDLESS:
		return (struct answer){ RC_LIMIT, SPAN_NONE, "the answer is too large" };
	case SERVE_NOTHING:
		break;
	}
	return (struct answer){ RC_IO, SPAN_NONE, "cannot connect" };
}

static void fetch_due(struct agenda_entry *entry)
{
	struct fetch *fetch = container_of(entry, struct fetch, answer);
	struct answer answer =
		answer_of(find_page(fetch->host->world, fetch->url), fetch->size_max);
	host_fetch_fn fn = fetch->fn;
	void *context = fetch->context;

	fetch_free(fetch);
	fn(context, answer.rc, answer.body, answer.error);
}

static enum rc note_question(struct world *world, const struct fetch_request *request)
{
	struct page *page = find_page(world, request->url);
	if (page == NULL)
		return RC_OK;
	page->asked++;
	return request->body.len > 0 ? keep(&page->posted, &page->posted_len, request->body)
				     : RC_OK;
}

static enum rc fetch_init(struct fetch *fetch, struct virtual *virtual,
			  const struct fetch_request *request)
{
	fetch->host = virtual;
	fetch->size_max = request->size_max;
	fetch->answer.fire = fetch_due;
	fetch->url = mem_text(request->url);
	if (fetch->url == NULL)
		return RC_NO_MEMORY;
	TRY(note_question(virtual->world, request));
	return agenda_reserve(&virtual->world->agenda);
}

struct fetch *virtual_fetch(struct host *host, const struct fetch_request *request,
			    host_fetch_fn fn, void *context)
{
	struct virtual *virtual = virtual_of(host);
	struct fetch *fetch = mem_alloc(sizeof(*fetch));
	const struct page *page;
	usec_t wait;

	if (fetch == NULL)
		return NULL;
	if (fetch_init(fetch, virtual, request) != RC_OK) {
		mem_free(fetch->url);
		mem_free(fetch);
		return NULL;
	}
	fetch->fn = fn;
	fetch->context = context;
	page = find_page(virtual->world, request->url);
	wait = page != NULL && page->served == SERVE_HANG ? request->limit : 0;
	list_append(&virtual->fetches, &fetch->in_host);
	agenda_set(&virtual->world->agenda, &fetch->answer, virtual->world->now + wait);
	return fetch;
}

void virtual_fetch_cancel(struct host *host, struct fetch *fetch)
{
	(void)host;
	if (fetch != NULL)
		fetch_free(fetch);
}

void virtual_forget_fetches(struct virtual *virtual)
{
	while (!list_empty(&virtual->fetches))
		fetch_free(container_of(virtual->fetches.next, struct fetch, in_host));
}
