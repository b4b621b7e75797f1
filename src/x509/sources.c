/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: sources
 *
 * A source is one place to ask: the CRL of one issuer at one URL, or a responder about one
 * certificate. It is idle, waits for its turn, is being fetched, or what came is being checked on a
 * worker (fetching.c). What it gave stays until something newer takes its place, or room is needed;
 * who was not used for longest goes first.
 */
#include "x509/sources.h"
#include <stdio.h>
#include <string.h>
#include "crypto/crypto.h"
#include "x509/path.h"

/* ---- by what they are found ---- */

enum rc source_issuer_key(const struct certificate *issuer, uint8_t out[32])
{
	const struct span parts[] = { issuer->subject, issuer->spki };
	return hash_sha256(parts, 2, out);
}

static enum rc key_of(enum source_kind kind, const uint8_t issuer[32], struct span what,
		      uint8_t out[32])
{
	const uint8_t tag = (uint8_t)kind;
	const struct span parts[] = { span_make(&tag, 1), span_make(issuer, 32), what };
	return hash_sha256(parts, 3, out);
}

/* source.key of the answers about a certificate. */
static enum rc source_ocsp_key(const uint8_t issuer[32], struct span serial, uint8_t out[32])
{
	return key_of(SOURCE_OCSP, issuer, serial, out);
}

static struct source *find(const struct revocation *revocation, const uint8_t key[32])
{
	uint64_t hash = table_hash(&revocation->sources, key, 32);
	for (struct table_node *n = table_first(&revocation->sources, hash); n != NULL;
	     n = table_next(n)) {
		struct source *source = container_of(n, struct source, node);
		if (span_equal(SPAN_OF(source->key), span_make(key, 32)))
			return source;
	}
	return NULL;
}

struct source *source_find_ocsp(const struct revocation *revocation, const uint8_t issuer[32],
				struct span serial)
{
	uint8_t key[32];
	return key_of(SOURCE_OCSP, issuer, serial, key) == RC_OK ? find(revocation, key) : NULL;
}

void source_touch(struct source *source)
{
	list_remove(&source->in_age);
	list_append(&source->revocation->ages[source->kind], &source->in_age);
}

/* ---- the end of one ---- */

void source_drop_crl(struct source *source)
{
	if (source->crl == NULL)
		return;
	source->revocation->crl_bytes -= source->crl->der.len;
	crl_unref(source->crl);
	source->crl = NULL;
}

void source_forget_issuer(struct source *source)
{
	if (source->kind != SOURCE_OCSP)
		return; /* a CRL is fetched again */
	certificate_unref(source->issuer);
	source->issuer = NULL;
}

static void source_free(struct source *source)
{
	struct revocation *revocation = source->revocation;

	if (source->fetch != NULL)
		revocation->env.host->ops->fetch_cancel(revocation->env.host, source->fetch);
	if (source->checking != NULL)
		*source->checking = NULL;
	if (source->state == SOURCE_FETCHING || source->state == SOURCE_CHECKING)
		revocation->under_way--;
	responder_leave(&revocation->responders, source);
	while (!list_empty(&source->waiters))
		list_remove(source->waiters.next);
	revocation->env.timer(revocation->env.context, &source->refresh, USEC_NEVER);
	source_drop_crl(source);
	certificate_unref(source->issuer);
	list_remove(&source->in_age);
	revocation->counts[source->kind]--;
	table_remove(&revocation->sources, &source->node);
	mem_free(source->places);
	mem_free(source->subject);
	mem_free(source->why);
	mem_free(source);
}

void sources_free(struct revocation *revocation)
{
	for (unsigned kind = 0; kind < SOURCE_KINDS; kind++)
		while (!list_empty(&revocation->ages[kind]))
			source_free(
				container_of(revocation->ages[kind].next, struct source, in_age));
}

void sources_forget_local(struct revocation *revocation)
{
	list_for_safe(node, &revocation->ages[SOURCE_CRL])
	{
		struct source *source = container_of(node, struct source, in_age);
		if (source->local && !source->there)
			source_free(source);
	}
}

static bool is_needed(const struct source *source)
{
	bool revoked = source->answered && source->answer.status == OCSP_REVOKED;
	usec_t linger = revoked ? SOURCE_LINGER_REVOKED : SOURCE_LINGER;

	return source->local || source->state != SOURCE_IDLE || !list_empty(&source->waiters) ||
	       (source->settled != 0 &&
		host_now(source->revocation->env.host) < source->settled + linger);
}

/* The oldest of its kind that nobody needs now. */
static bool free_oldest(struct revocation *revocation, enum source_kind kind,
			const struct source *but, bool only_crl)
{
	list_for(node, &revocation->ages[kind])
	{
		struct source *source = container_of(node, struct source, in_age);
		if (source == but || is_needed(source) || (only_crl && source->crl == NULL))
			continue;
		source_free(source);
		return true;
	}
	return false;
}

void sources_trim(struct revocation *revocation, const struct source *but)
{
	while (revocation->crl_bytes > CRLS_BYTES_MAX)
		if (!free_oldest(revocation, SOURCE_CRL, but, true))
			break;
	while (revocation->counts[SOURCE_OCSP] > revocation->ocsp_cache)
		if (!free_oldest(revocation, SOURCE_OCSP, but, false))
			break;
}

/* Room for one more of that kind. */
static bool make_room(struct revocation *revocation, enum source_kind kind)
{
	size_t most = kind == SOURCE_CRL ? CRL_SOURCES_MAX : revocation->ocsp_cache;

	if (revocation->counts[kind] < most || free_oldest(revocation, kind, NULL, false))
		return true;
	return kind == SOURCE_OCSP && revocation->counts[kind] < most + OCSP_BUSY_MAX;
}

/* ---- a new one ---- */

static bool set_places(struct source *source, const struct places *places)
{
	char *block = mem_alloc(places_size(places));

	if (block == NULL)
		return false; /* it has those that it had */
	places_pack(places, block);
	mem_free(source->places);
	source->url = source->places = block;
	return true;
}

static struct source *source_new(struct revocation *revocation, enum source_kind kind,
				 const uint8_t key[32], const struct places *places)
{
	struct source *source;

	if (!make_room(revocation, kind))
		return NULL;
	source = mem_alloc(sizeof(*source));
	if (source == NULL)
		return NULL;
	memcpy(source->key, key, 32);
	source->revocation = revocation;
	source->kind = (uint8_t)kind;
	list_init(&source->waiters);
	source->refresh.fire = source_refresh;
	if (!set_places(source, places) ||
	    table_insert(&revocation->sources, &source->node,
			 table_hash(&revocation->sources, key, 32)) != RC_OK) {
		mem_free(source->places);
		mem_free(source);
		return NULL;
	}
	list_append(&revocation->ages[kind], &source->in_age);
	revocation->counts[kind]++;
	return source;
}

struct source *source_of_crl(struct revocation *revocation, struct span url,
			     const struct certificate *issuer)
{
	const struct places places = { 1, { url } };
	uint8_t issuer_key[32], key[32];
	struct source *source;

	if (url.len > SOURCE_URL_MAX || source_issuer_key(issuer, issuer_key) != RC_OK ||
	    key_of(SOURCE_CRL, issuer_key, url, key) != RC_OK)
		return NULL;
	source = find(revocation, key);
	if (source != NULL) {
		source_touch(source);
		return source;
	}
	source = source_new(revocation, SOURCE_CRL, key, &places);
	if (source == NULL)
		return NULL;
	memcpy(source->issuer_key, issuer_key, 32);
	source->issuer = certificate_ref((struct certificate *)issuer);
	return source;
}

/* Whom to ask about, as long as somebody may ask. */
static void set_issuer(struct source *source, const struct certificate *issuer)
{
	if (source->issuer == NULL)
		source->issuer = certificate_ref((struct certificate *)issuer);
}

static bool set_other_places(struct source *source, const struct places *places)
{
	return places_are(source->places, places) || set_places(source, places);
}

static struct source *ocsp_source(struct revocation *revocation, const struct places *places,
				  const uint8_t issuer[32], struct span serial)
{
	uint8_t key[32];
	struct source *source;

	if (places->count == 0 || serial.len > SERIAL_MAX ||
	    source_ocsp_key(issuer, serial, key) != RC_OK)
		return NULL;
	source = find(revocation, key);
	if (source == NULL) {
		source = source_new(revocation, SOURCE_OCSP, key, places);
		if (source == NULL)
			return NULL;
		memcpy(source->issuer_key, issuer, 32);
		memcpy(source->serial, serial.ptr, serial.len);
		source->serial_len = (uint8_t)serial.len;
	}
	source_touch(source);
	return source;
}

struct source *source_of_ocsp(struct revocation *revocation, const struct places *places,
			      const struct certificate *certificate,
			      const struct certificate *issuer)
{
	char text[PATH_TEXT_MAX];
	uint8_t issuer_key[32];
	struct source *source;

	if (source_issuer_key(issuer, issuer_key) != RC_OK)
		return NULL;
	source = ocsp_source(revocation, places, issuer_key, certificate->serial);
	if (source == NULL || source->state != SOURCE_IDLE || source_answer_current(source))
		return source;
	if (!set_other_places(source, places))
		return NULL;
	set_issuer(source, issuer);
	if (source->subject == NULL)
		source->subject = mem_text(path_text(certificate, text));
	return source;
}

struct source *source_renew_ocsp(struct revocation *revocation, const struct source_wish *wish)
{
	struct source *source =
		ocsp_source(revocation, wish->places, wish->issuer_key, wish->serial);

	if (source == NULL || source->state != SOURCE_IDLE)
		return source;
	if (!set_other_places(source, wish->places))
		return NULL;
	set_issuer(source, wish->issuer);
	if (source->subject == NULL && wish->subject != NULL)
		source->subject = mem_text(wish->subject);
	return source;
}
