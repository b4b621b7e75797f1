/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: watches
 *
 * Who comes up leaves a watch behind. Whoever walks over the peers says which of them are still
 * there (watch_seen); what is due then stands in line, some are asked at a time, and an answer that
 * says "revoked" is news like any other. What nobody has seen for some minutes is forgotten; or it
 * sleeps, when a ticket may bring its owner back unasked (RFC 5723): then it goes on. Times are
 * spread by the certificate, so that those that came up together do not ask together for ever.
 */
#include "x509/watches.h"
#include <string.h>
#include "x509/path.h"
#include "x509/sources.h"

struct watch {
	struct table_node node;
	struct list in_age, in_line;
	struct certificate *issuer;
	char *subject;		   /* for people; NULL: no memory */
	usec_t seen, due, returns; /* returns: until then a ticket may bring it back; 0: none */
	bool asked;
	uint8_t serial_len;
	uint8_t name[32 + SERIAL_MAX]; /* hash of the issuer, serial number */
	char places[];		       /* that it names itself */
};

static struct span serial_of(const struct watch *watch)
{
	return span_make(watch->name + 32, watch->serial_len);
}

/* ---- found again ---- */

struct watch_name {
	uint8_t bytes[32 + SERIAL_MAX];
	size_t len;
};

static bool make_name(const uint8_t issuer[32], struct span serial, struct watch_name *name)
{
	if (serial.len == 0 || serial.len > SERIAL_MAX)
		return false;
	memcpy(name->bytes, issuer, 32);
	memcpy(name->bytes + 32, serial.ptr, serial.len);
	name->len = 32 + serial.len;
	return true;
}

static struct watch *find(const struct watches *watches, const struct watch_name *name)
{
	uint64_t hash = table_hash(&watches->table, name->bytes, name->len);

	for (struct table_node *n = table_first(&watches->table, hash); n != NULL;
	     n = table_next(n)) {
		struct watch *watch = container_of(n, struct watch, node);
		if (span_equal(span_make(watch->name, 32u + watch->serial_len),
			       span_make(name->bytes, name->len)))
			return watch;
	}
	return NULL;
}

static struct watch *find_of(const struct revocation *revocation, const uint8_t issuer[32],
			     struct span serial)
{
	struct watch_name name;

	if (revocation->watches.count == 0 || !make_name(issuer, serial, &name))
		return NULL;
	return find(&revocation->watches, &name);
}

/* ---- the end of one ---- */

static void watch_free(struct watches *watches, struct watch *watch)
{
	table_remove(&watches->table, &watch->node);
	list_remove(&watch->in_age);
	list_remove(&watch->in_line);
	watches->count--;
	watches->under_way -= watch->asked;
	certificate_unref(watch->issuer);
	mem_free(watch->subject);
	mem_free(watch);
}

void watches_free(struct watches *watches)
{
	while (!list_empty(&watches->ages))
		watch_free(watches, container_of(watches->ages.next, struct watch, in_age));
	while (!list_empty(&watches->asleep))
		watch_free(watches, container_of(watches->asleep.next, struct watch, in_age));
	deferred_cancel(&watches->ask_later);
	table_free(&watches->table);
}

/* The oldest of those that were up. False: it is none to forget. */
static bool forget_oldest(struct watches *watches, usec_t now)
{
	struct watch *watch = container_of(watches->ages.next, struct watch, in_age);

	if (list_empty(&watches->ages) || watch->asked || now < watch->seen + WATCH_FORGOTTEN)
		return false;
	if (now >= watch->returns) {
		watch_free(watches, watch);
		return true;
	}
	list_remove(&watch->in_age);
	list_append(&watches->asleep, &watch->in_age);
	return true;
}

/* One of those that sleep, each in its turn. */
static void forget_sleeper(struct watches *watches, usec_t now)
{
	struct watch *watch = container_of(watches->asleep.next, struct watch, in_age);

	if (list_empty(&watches->asleep))
		return;
	list_remove(&watch->in_age);
	list_append(&watches->asleep, &watch->in_age);
	if (!watch->asked && now >= watch->returns)
		watch_free(watches, watch);
}

/* Some for each that is looked at, so that there are never many. */
static void forget_some(struct watches *watches, usec_t now)
{
	for (unsigned i = 0; i < 2; i++) {
		forget_sleeper(watches, now);
		if (!forget_oldest(watches, now))
			return;
	}
}

/* ---- when ---- */

static usec_t spread(const struct watch *watch, usec_t time)
{
	usec_t most = time / 8 < WATCH_SPREAD ? time / 8 : WATCH_SPREAD;

	return most * watch->name[0] / 256 + most * watch->name[32 + watch->serial_len - 1] / 65536;
}

/* nextUpdate, crlcheckinterval=, ocsp-cache-max-age=: the first of them. */
static usec_t lasts(const struct source *source, usec_t now)
{
	const struct revocation *revocation = source->revocation;
	int64_t seconds = source->answer.next_update - source->fetched_wall;
	usec_t time = revocation->ocsp_max_age;

	if (!source_answer_current(source))
		return source->retry_at > now ? source->retry_at - now : WATCH_LEAST;
	if (seconds < time / USEC_PER_SEC)
		time = seconds * USEC_PER_SEC;
	if (revocation->crl_interval > 0 && time > revocation->crl_interval)
		time = revocation->crl_interval;
	return time;
}

static void set_due(struct watch *watch, const struct source *source, usec_t now)
{
	usec_t time = lasts(source, now);

	if (time < WATCH_LEAST)
		time = WATCH_LEAST;
	watch->due = now + time + spread(watch, time);
}

/* ---- asking ---- */

/* One of them may be asked. */
static bool any_answers(struct revocation *revocation, const struct places *places, usec_t now)
{
	char url[SOURCE_URL_MAX + 1];

	for (unsigned i = 0; i < places->count; i++) {
		const struct responder *responder;
		memcpy(url, places->urls[i].ptr, places->urls[i].len);
		url[places->urls[i].len] = '\0';
		responder = responder_of(&revocation->responders, url);
		if (responder != NULL && !responder_pauses(responder, now))
			return true;
	}
	return false;
}

static void ask(struct revocation *revocation, struct watch *watch, usec_t now)
{
	struct places own, places;
	const struct source_wish wish = {
		.places = &places,
		.subject = watch->subject,
		.issuer_key = watch->name,
		.serial = serial_of(watch),
		.issuer = watch->issuer,
	};
	struct source *source;

	places_read(watch->places, &own);
	revocation_responders(revocation, watch->issuer, &own, &places);
	watch->due = now + WATCH_LEAST + spread(watch, WATCH_LEAST);
	if (!revocation->ocsp_enable || !any_answers(revocation, &places, now))
		return;
	source = source_renew_ocsp(revocation, &wish);
	if (source == NULL)
		return;
	watch->asked = true; /* it may be settled at once */
	revocation->watches.under_way++;
	if (source_ask(source))
		return;
	watch->asked = false;
	revocation->watches.under_way--;
	source_forget_issuer(source);
	set_due(watch, source, now);
}

static void ask_some(struct deferred *deferred)
{
	struct watches *watches = container_of(deferred, struct watches, ask_later);
	struct revocation *revocation = container_of(watches, struct revocation, watches);
	struct host *host = revocation->env.host;

	while (watches->under_way < WATCHES_AT_ONCE && !list_empty(&watches->line)) {
		struct watch *watch = container_of(watches->line.next, struct watch, in_line);
		list_remove(&watch->in_line);
		ask(revocation, watch, host_now(host));
		if (host_turn_over(host))
			break;
	}
	if (watches->under_way < WATCHES_AT_ONCE && !list_empty(&watches->line))
		host->ops->defer(host, deferred);
}

static void ask_later(struct revocation *revocation)
{
	struct watches *watches = &revocation->watches;

	if (!revocation->ended && !list_empty(&watches->line))
		revocation->env.host->ops->defer(revocation->env.host, &watches->ask_later);
}

void watches_init(struct watches *watches, const uint64_t seed[2])
{
	table_init(&watches->table, seed);
	list_init(&watches->ages);
	list_init(&watches->asleep);
	list_init(&watches->line);
	watches->ask_later.run = ask_some;
}

void watch_settled(const struct source *source)
{
	struct revocation *revocation = source->revocation;
	struct watch *watch;

	if (source->kind != SOURCE_OCSP)
		return;
	watch = find_of(revocation, source->issuer_key,
			span_make(source->serial, source->serial_len));
	if (watch == NULL)
		return;
	revocation->watches.under_way -= watch->asked;
	watch->asked = false;
	set_due(watch, source, host_now(revocation->env.host));
	ask_later(revocation);
}

void watch_may_return(struct revocation *revocation, const uint8_t issuer[32], struct span serial,
		      usec_t until)
{
	struct watch *watch = find_of(revocation, issuer, serial);

	if (watch != NULL && watch->returns < until)
		watch->returns = until;
}

void watch_seen(struct revocation *revocation, const uint8_t issuer[32], struct span serial)
{
	struct watch *watch = find_of(revocation, issuer, serial);
	usec_t now = host_now(revocation->env.host);

	if (watch != NULL) {
		watch->seen = now;
		list_remove(&watch->in_age);
		list_append(&revocation->watches.ages, &watch->in_age);
	}
	forget_some(&revocation->watches, now);
	if (watch == NULL || watch->asked || list_linked(&watch->in_line) || now < watch->due)
		return;
	list_append(&revocation->watches.line, &watch->in_line);
	ask_later(revocation);
}

/* ---- a new one ---- */

/* Peers of one CA come with copies of its certificate; one is enough. */
static struct certificate *issuer_of(const struct watches *watches, const uint8_t key[32],
				     const struct certificate *issuer)
{
	unsigned looked = 0;

	for (struct list *node = watches->ages.prev; node != &watches->ages && looked++ < 8;
	     node = node->prev) {
		const struct watch *watch = container_of(node, struct watch, in_age);
		if (span_equal(span_make(watch->name, 32), span_make(key, 32)))
			return certificate_ref(watch->issuer);
	}
	return certificate_ref((struct certificate *)(uintptr_t)issuer);
}

/* Of those that sleep the one that has been away for longest gives way. */
static bool has_room(struct watches *watches)
{
	struct watch *watch = container_of(watches->asleep.next, struct watch, in_age);

	if (watches->count < WATCHES_MAX)
		return true;
	if (list_empty(&watches->asleep) || watch->asked)
		return false;
	watch_free(watches, watch);
	return true;
}

static struct watch *watch_new(struct watches *watches, const struct watch_name *name,
			       const struct places *own)
{
	struct watch *watch;

	if (!has_room(watches))
		return NULL;
	watch = mem_alloc(sizeof(*watch) + places_size(own));
	if (watch == NULL)
		return NULL;
	memcpy(watch->name, name->bytes, name->len);
	watch->serial_len = (uint8_t)(name->len - 32);
	places_pack(own, watch->places);
	if (table_insert(&watches->table, &watch->node,
			 table_hash(&watches->table, name->bytes, name->len)) != RC_OK) {
		mem_free(watch);
		return NULL;
	}
	watches->count++;
	return watch;
}

void watch_keep(struct revocation *revocation, const struct places *own,
		const struct source *source, const struct certificate *certificate,
		const struct certificate *issuer)
{
	struct watches *watches = &revocation->watches;
	usec_t now = host_now(revocation->env.host);
	char text[PATH_TEXT_MAX];
	uint8_t key[32];
	struct watch *watch;
	struct watch_name name;

	forget_some(watches, now);
	if (source_issuer_key(issuer, key) != RC_OK || !make_name(key, certificate->serial, &name))
		return;
	watch = find(watches, &name);
	if (watch == NULL) {
		watch = watch_new(watches, &name, own);
		if (watch == NULL)
			return;
		watch->issuer = issuer_of(watches, key, issuer);
		watch->subject = mem_text(path_text(certificate, text));
		watch->due = now + WATCH_LEAST + spread(watch, WATCH_LEAST);
		if (source != NULL)
			set_due(watch, source, now);
	}
	watch->seen = now;
	list_remove(&watch->in_age);
	list_append(&watches->ages, &watch->in_age);
}
