/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: fetching
 *
 * idle → queued → being fetched → being checked on a worker → idle. Who waits for a source is woken
 * when it is idle again, whatever came of it, some in a turn of the loop. A failure is remembered,
 * and the next attempt waits longer each time. What is on a worker belongs to itself: a source that
 * goes meanwhile is only forgotten by it.
 */
#include <stdio.h>
#include <string.h>
#include "x509/path.h"
#include "x509/sources.h"

/* On a worker: what was fetched. */
struct checking {
	struct job job;
	struct source *source; /* NULL: it has gone */
	bool ocsp;
	uint8_t serial[SERIAL_MAX], serial_len;
	struct certificate *issuer;
	char *trustname; /* whose answers are believed beside the issuer's; NULL */
	unsigned era;	 /* of the settings by which it is believed */
	int64_t now;
	enum rc rc;
	struct diag diag;
	struct crl *crl;
	struct ocsp_answer answer;
	size_t len;
	uint8_t bytes[];
};

static usec_t now_of(const struct source *source)
{
	return host_now(source->revocation->env.host);
}

static int64_t wall_of(const struct source *source)
{
	struct host *host = source->revocation->env.host;

	return host->ops->wall(host);
}

/* ---- how long what is known counts ---- */

/* Seconds since 1970. */
static int64_t crl_ends(const struct source *source)
{
	return source->crl->next_update != 0 ? source->crl->next_update
					     : source->fetched_wall + CRL_UNDATED;
}

bool source_crl_current(const struct source *source)
{
	return source->crl != NULL && wall_of(source) <= crl_ends(source);
}

bool source_answer_current(const struct source *source)
{
	return source->answered && now_of(source) < source->expires;
}

/* ocsp-cache-min-age=, ocsp-cache-max-age= */
static usec_t answer_lasts(const struct source *source)
{
	const struct revocation *revocation = source->revocation;
	int64_t seconds = source->answer.next_update - source->fetched_wall;
	usec_t lasts;

	if (revocation->ocsp_cache == 0)
		return SOURCE_LINGER;
	if (seconds > 1000 * 86400)
		seconds = 1000 * 86400;
	lasts = seconds * USEC_PER_SEC;
	if (lasts < revocation->ocsp_min_age)
		lasts = revocation->ocsp_min_age;
	if (lasts > revocation->ocsp_max_age)
		lasts = revocation->ocsp_max_age;
	return lasts > SOURCE_LINGER ? lasts : SOURCE_LINGER;
}

/* Before nextUpdate, so that there is always one that counts. */
static usec_t refresh_due(const struct source *source)
{
	const struct revocation *revocation = source->revocation;
	int64_t life = crl_ends(source) - source->fetched_wall;
	int64_t ahead = life / 10 < CRL_AHEAD ? life / 10 : CRL_AHEAD;
	usec_t due;

	if (life > 1000 * 86400)
		life = 1000 * 86400;
	due = source->fetched + (life - ahead) * USEC_PER_SEC;
	if (revocation->crl_interval > 0 && due > source->fetched + revocation->crl_interval)
		due = source->fetched + revocation->crl_interval;
	if (due < source->fetched + SOURCE_RETRY)
		due = source->fetched + SOURCE_RETRY;
	return due > source->retry_at ? due : source->retry_at;
}

void source_arm_refresh(struct source *source)
{
	struct revocation *revocation = source->revocation;

	if (source->kind == SOURCE_CRL && source->crl != NULL && !source->local &&
	    source->state == SOURCE_IDLE)
		revocation->env.timer(revocation->env.context, &source->refresh,
				      refresh_due(source));
}

/* ---- it is idle again ---- */

void sources_wake(struct deferred *deferred)
{
	struct revocation *revocation = container_of(deferred, struct revocation, wake_later);
	struct host *host = revocation->env.host;

	while (!list_empty(&revocation->woken)) {
		struct x509_waiter *waiter =
			container_of(revocation->woken.next, struct x509_waiter, in_source);
		list_remove(&waiter->in_source);
		waiter->ready(waiter);
		if (host_turn_over(host))
			break;
	}
	if (!list_empty(&revocation->woken))
		host->ops->defer(host, deferred);
}

void source_wake(struct source *source)
{
	struct revocation *revocation = source->revocation;

	if (list_empty(&source->waiters))
		return;
	while (!list_empty(&source->waiters)) {
		struct list *node = source->waiters.next;
		list_remove(node);
		list_append(&revocation->woken, node);
	}
	revocation->env.host->ops->defer(revocation->env.host, &revocation->wake_later);
}

static void tell_failure(const struct source *source, const char *url, const char *why)
{
	struct revocation *revocation = source->revocation;

	log_limited(revocation->env.log, &revocation->limit, now_of(source), LOG_LEVEL_WARNING,
		    NULL, "%s from %s: %s", source->kind == SOURCE_CRL ? "CRL" : "OCSP answer", url,
		    why);
}

static void note_failure(struct source *source, const char *why)
{
	usec_t wait = SOURCE_RETRY_MAX;

	if (source->failures < 6)
		wait = SOURCE_RETRY << source->failures++;
	source->retry_at = now_of(source) + wait;
	mem_free(source->why);
	source->why = mem_text(why);
	tell_failure(source, source->url, why);
}

static void note_success(struct source *source)
{
	source->failures = 0;
	source->retry_at = 0;
	mem_free(source->why);
	source->why = NULL;
}

/* It is idle again. */
static void leave(struct source *source)
{
	struct revocation *revocation = source->revocation;

	if (source->state == SOURCE_FETCHING || source->state == SOURCE_CHECKING)
		revocation->under_way--;
	responder_leave(&revocation->responders, source);
	source->state = SOURCE_IDLE;
	source->settled = now_of(source);
	revocation->env.host->ops->defer(revocation->env.host, &revocation->begin_later);
}

static void after(struct source *source)
{
	source_arm_refresh(source);
	source_forget_issuer(source);
	watch_settled(source);
	source_wake(source);
}

static void settle(struct source *source, const char *why)
{
	leave(source);
	if (why != NULL)
		note_failure(source, why);
	else
		note_success(source);
	after(source);
	sources_trim(source->revocation, source);
}

/* Its server was silent just now: it is not asked, and who waits need not. */
static void refuse_pause(struct source *source, const struct responder *responder)
{
	char text[300];

	(void)snprintf(text, sizeof(text),
		       "%.100s gave no answer (%.80s); it is asked again in %u s", responder->name,
		       responder->why != NULL ? responder->why : "out of memory",
		       (unsigned)((responder->pause_until - now_of(source)) / USEC_PER_SEC + 1));
	mem_free(source->why);
	source->why = mem_text(text);
	source->retry_at = responder->pause_until;
}

/* ---- whose turn it is ---- */

static bool next_place(struct source *source)
{
	const char *next = places_next(source->url);

	if (next == NULL)
		return false;
	source->url = next;
	source->posts = false;
	return true;
}

static bool enqueue_here(struct source *source)
{
	struct revocation *revocation = source->revocation;
	struct responder *responder = responder_of(&revocation->responders, source->url);

	if (responder == NULL) {
		note_failure(source, "out of memory");
		return false;
	}
	if (responder_pauses(responder, now_of(source))) {
		refuse_pause(source, responder);
		return false;
	}
	responder_enqueue(&revocation->responders, responder, source);
	revocation->env.host->ops->defer(revocation->env.host, &revocation->begin_later);
	return true;
}

/* Here, or at the next place that does not pause. False: it is not asked, and source->why says why
 * not. */
static bool enqueue(struct source *source)
{
	while (!enqueue_here(source))
		if (!next_place(source))
			return false;
	return true;
}

/* What came of this place, if anything, is no answer. */
static bool ask_elsewhere(struct source *source, const char *why)
{
	const char *asked = source->url;

	if (places_next(asked) == NULL)
		return false;
	leave(source);
	if (!next_place(source) || !enqueue(source)) {
		source->url = asked; /* why it fails is about that */
		return false;
	}
	tell_failure(source, asked, why);
	return true;
}

static void responder_fails(struct source *source, const char *why)
{
	struct revocation *revocation = source->revocation;
	struct responder *responder = source->responder;

	responder_silent(responder, now_of(source), why);
	while (!list_empty(&responder->queue)) {
		struct source *other = container_of(responder->queue.next, struct source, in_queue);
		leave(other);
		refuse_pause(other, responder);
		if (!next_place(other) || !enqueue(other))
			after(other);
	}
	sources_trim(revocation, source);
}

/* ---- on a worker ---- */

static enum rc check_crl(struct checking *checking, unsigned worker, struct diag *diag)
{
	char text[ASN1_TIME_TEXT_MAX];

	TRY(crl_parse(span_make(checking->bytes, checking->len), &checking->crl, diag));
	TRY(crl_check_issuer(checking->crl, checking->issuer, worker, diag));
	if (checking->crl->this_update > checking->now + OCSP_SKEW)
		return diag_fail(diag, RC_AUTH_FAILED, "it is from the future: %s",
				 asn1_time_text(checking->crl->this_update, text));
	return RC_OK;
}

static enum rc check_answer(struct checking *checking, unsigned worker, struct diag *diag)
{
	struct certificate *responder = NULL;
	enum rc rc;

	if (checking->trustname != NULL)
		TRY(x509_certificate_load(checking->trustname, &responder, diag));
	rc = ocsp_read(span_make(checking->bytes, checking->len),
		       span_make(checking->serial, checking->serial_len), checking->issuer,
		       responder, checking->now, worker, &checking->answer, diag);
	certificate_unref(responder);
	return rc;
}

static void check_work(struct job *job, unsigned worker)
{
	struct checking *checking = container_of(job, struct checking, job);

	checking->rc = checking->ocsp ? check_answer(checking, worker, &checking->diag)
				      : check_crl(checking, worker, &checking->diag);
}

static void checking_free(struct checking *checking)
{
	certificate_unref(checking->issuer);
	crl_unref(checking->crl);
	mem_free(checking->trustname);
	mem_free(checking);
}

/* ---- what came is taken ---- */

static void tell_crl(const struct source *source)
{
	char issuer[IDENTITY_TEXT_MAX], made[ASN1_TIME_TEXT_MAX], next[ASN1_TIME_TEXT_MAX];

	log_write(source->revocation->env.log, LOG_LEVEL_INFO, NULL,
		  "CRL of \"%.100s\" from %s: made %s, %u entries, next update %s",
		  x509_name_text(source->crl->issuer, issuer), source->url,
		  asn1_time_text(source->crl->this_update, made), source->crl->count,
		  source->crl->next_update != 0 ? asn1_time_text(source->crl->next_update, next)
						: "not told");
}

/* An older one than what is known may be somebody's who wants a revocation forgotten. */
static void take_crl(struct source *source, struct checking *checking, struct diag *why)
{
	struct revocation *revocation = source->revocation;
	struct crl *crl = checking->crl;
	char text[ASN1_TIME_TEXT_MAX];
	bool newer = source->crl == NULL || crl->this_update > source->crl->this_update;

	if (source->crl != NULL && crl->this_update < source->crl->this_update) {
		diag_fail(why, RC_AUTH_FAILED, "it is older (%s) than the one that is known",
			  asn1_time_text(crl->this_update, text));
		return;
	}
	source_drop_crl(source);
	checking->crl = NULL;
	source->crl = crl;
	revocation->crl_bytes += crl->der.len;
	source->fetched = now_of(source);
	source->fetched_wall = wall_of(source);
	if (newer)
		tell_crl(source);
	if (newer && revocation->env.news != NULL)
		revocation->env.news(revocation->env.context);
	if (!source_crl_current(source))
		diag_fail(why, RC_AUTH_FAILED, "it was good until %s only",
			  asn1_time_text(crl_ends(source), text));
}

static void take_answer(struct source *source, const struct checking *checking, struct diag *why)
{
	struct revocation *revocation = source->revocation;
	char text[ASN1_TIME_TEXT_MAX];

	if (checking->answer.this_update < source->answer.this_update) {
		diag_fail(why, RC_AUTH_FAILED, "it is older (%s) than the one that is known",
			  asn1_time_text(checking->answer.this_update, text));
		return;
	}
	source->answered = true;
	source->answer = checking->answer;
	source->fetched = now_of(source);
	source->fetched_wall = wall_of(source);
	source->expires = source->fetched + answer_lasts(source);
	if (source->answer.status == OCSP_REVOKED && revocation->env.news != NULL)
		revocation->env.news(revocation->env.context);
}

/* ---- one fetch ---- */

static char *text_or_null(const char *text, bool *failed)
{
	char *copy = text != NULL ? mem_text(text) : NULL;

	*failed = *failed || (text != NULL && copy == NULL);
	return copy;
}

static struct certificate *ref_or_null(struct certificate *certificate)
{
	return certificate != NULL ? certificate_ref(certificate) : NULL;
}

static struct checking *checking_new(struct source *source, struct span body)
{
	struct checking *checking = mem_alloc(sizeof(*checking) + body.len);
	bool failed = false;

	if (checking == NULL)
		return NULL;
	if (body.len > 0)
		memcpy(checking->bytes, body.ptr, body.len);
	checking->len = body.len;
	checking->source = source;
	checking->ocsp = source->kind == SOURCE_OCSP;
	memcpy(checking->serial, source->serial, SERIAL_MAX);
	checking->serial_len = source->serial_len;
	checking->issuer = ref_or_null(source->issuer);
	checking->era = source->era;
	checking->now = wall_of(source);
	checking->trustname = text_or_null(source->revocation->ocsp_trustname, &failed);
	if (!failed)
		return checking;
	checking_free(checking);
	return NULL;
}

/* What is asked, and where; url is room for it. */
static enum rc write_question(struct source *source, uint8_t question[OCSP_REQUEST_MAX],
			      char url[SOURCE_GET_URL_MAX], struct fetch_request *out)
{
	const struct revocation *revocation = source->revocation;
	size_t len = 0;

	*out = (struct fetch_request){ .url = source->url,
				       .limit = revocation->crl_timeout,
				       .size_max = CRL_BYTES_MAX };
	if (source->kind == SOURCE_CRL)
		return RC_OK;
	out->limit = revocation->ocsp_timeout;
	out->size_max = OCSP_ANSWER_MAX;
	TRY(ocsp_request(span_make(source->serial, source->serial_len), source->issuer, question,
			 &len));
	source->posted = true;
	if (!source->posts && !revocation->ocsp_post &&
	    source_get_url(source->url, span_make(question, len), url) == RC_OK) {
		source->posted = false;
		out->url = url;
		return RC_OK;
	}
	out->body = span_make(question, len);
	out->content_type = "application/ocsp-request";
	return RC_OK;
}

/* ocsp-method=get: and post when that fails. */
static bool ask_by_post(struct source *source)
{
	if (source->kind != SOURCE_OCSP || source->posted)
		return false;
	source->posts = true;
	leave(source);
	return enqueue(source);
}

static void check_done(struct job *job)
{
	struct checking *checking = container_of(job, struct checking, job);
	struct source *source = checking->source;
	struct diag *why = &checking->diag;

	if (source == NULL) {
		checking_free(checking);
		return;
	}
	source->checking = NULL;
	if (checking->ocsp && checking->era != source->revocation->ocsp_era) {
		settle(source, NULL); /* nobody knows anything: who waits asks again */
		checking_free(checking);
		return;
	}
	if (checking->rc == RC_OK) {
		why->text[0] = '\0';
		if (source->kind == SOURCE_CRL)
			take_crl(source, checking, why);
		else
			take_answer(source, checking, why);
	}
	if (checking->rc == RC_OK || (!ask_by_post(source) && !ask_elsewhere(source, why->text)))
		settle(source, why->text[0] != '\0' ? why->text : NULL);
	checking_free(checking);
}

/* A server that says no is not silent. */
static void failed(struct source *source, enum rc rc, const char *why)
{
	if (rc != RC_TIMEOUT && ask_by_post(source))
		return;
	if (source->responder != NULL && (rc == RC_TIMEOUT || rc == RC_IO))
		responder_fails(source, why);
	else if (source->responder != NULL)
		responder_answered(source->responder);
	if (!ask_elsewhere(source, why))
		settle(source, why);
}

static void fetched(void *context, enum rc rc, struct span body, const char *error)
{
	struct source *source = context;
	struct checking *checking;

	source->fetch = NULL;
	if (rc != RC_OK) {
		failed(source, rc, error != NULL ? error : rc_name(rc));
		return;
	}
	responder_answered(source->responder);
	checking = checking_new(source, body);
	if (checking == NULL) {
		settle(source, "out of memory");
		return;
	}
	source->state = SOURCE_CHECKING;
	source->checking = &checking->source;
	checking->job.work = check_work;
	checking->job.done = check_done;
	source->revocation->env.host->ops->job_submit(source->revocation->env.host, &checking->job);
}

static void begin(struct source *source)
{
	struct host *host = source->revocation->env.host;
	uint8_t question[OCSP_REQUEST_MAX];
	char url[SOURCE_GET_URL_MAX];
	struct fetch_request request;

	source->revocation->under_way++;
	if (write_question(source, question, url, &request) == RC_OK)
		source->fetch = host->ops->fetch(host, &request, fetched, source);
	if (source->fetch == NULL)
		settle(source, "out of memory");
}

void sources_begin(struct deferred *deferred)
{
	struct revocation *revocation = container_of(deferred, struct revocation, begin_later);

	struct source *source;

	while (revocation->under_way < SOURCES_AT_ONCE &&
	       (source = responders_next(&revocation->responders)) != NULL)
		begin(source);
}

bool source_ask(struct source *source)
{
	if (source->state != SOURCE_IDLE)
		return true;
	if (now_of(source) < source->retry_at || source->issuer == NULL || source->local)
		return false;
	if (source->url != source->places)
		source->posts = false;
	source->url = source->places;
	source->era = source->revocation->ocsp_era;
	return enqueue(source);
}

void source_refresh(struct timer *timer)
{
	struct source *source = container_of(timer, struct source, refresh);

	if (!source_ask(source))
		source_arm_refresh(source);
}
