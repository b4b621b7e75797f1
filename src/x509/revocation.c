/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a path, what is still to be found out, and who waits for it. */
#include "x509/revocation.h"
#include <stdio.h>
#include <string.h>
#include "x509/path.h"
#include "x509/shelf.h"
#include "x509/sources.h"

#define URLS_MAX 8 /* distribution points of one certificate that are looked at */

/* ---- the service ---- */

static void wait_over(struct timer *timer)
{
	struct x509_waiter *waiter = container_of(timer, struct x509_waiter, limit);

	list_remove(&waiter->in_source);
	waiter->over = true;
	waiter->ready(waiter);
}

struct revocation *revocation_new(const struct revocation_env *env,
				  const struct config_setup *setup, const uint64_t seed[2])
{
	struct revocation *revocation = mem_alloc(sizeof(*revocation));

	if (revocation == NULL)
		return NULL;
	revocation->env = *env;
	table_init(&revocation->sources, seed);
	for (unsigned kind = 0; kind < SOURCE_KINDS; kind++)
		list_init(&revocation->ages[kind]);
	responders_init(&revocation->responders, seed);
	watches_init(&revocation->watches, seed);
	list_init(&revocation->woken);
	revocation->wake_later.run = sources_wake;
	revocation->begin_later.run = sources_begin;
	if (revocation_configure(revocation, setup) == RC_OK)
		return revocation;
	mem_free(revocation);
	return NULL;
}

void revocation_stop(struct revocation *revocation)
{
	revocation->ended = true;
	for (unsigned kind = 0; kind < SOURCE_KINDS; kind++)
		list_for(node, &revocation->ages[kind])
			source_wake(container_of(node, struct source, in_age));
}

void revocation_free(struct revocation *revocation)
{
	if (revocation == NULL)
		return;
	sources_free(revocation);
	while (!list_empty(&revocation->woken))
		list_remove(revocation->woken.next);
	responders_free(&revocation->responders);
	watches_free(&revocation->watches);
	deferred_cancel(&revocation->wake_later);
	deferred_cancel(&revocation->begin_later);
	table_free(&revocation->sources);
	mem_free(revocation->ocsp_uri);
	mem_free(revocation->ocsp_trustname);
	x509_trust_unref(revocation->trust);
	shelf_forget(revocation);
	mem_free(revocation);
}

void revocation_trust(struct revocation *revocation, struct x509_trust *trust)
{
	struct x509_trust *before = revocation->trust;

	revocation->trust = x509_trust_ref(trust);
	x509_trust_unref(before);
}

static bool copy_text(const char *from, char **to)
{
	*to = from != NULL ? mem_text(from) : NULL;
	return from == NULL || *to != NULL;
}

/* Another responder, or another trust in it: what was answered does not count any more. */
static void forget_answers(struct revocation *revocation)
{
	revocation->ocsp_era++;
	list_for(node, &revocation->ages[SOURCE_OCSP])
	{
		struct source *source = container_of(node, struct source, in_age);
		source->answered = false;
		source->answer = (struct ocsp_answer){ .this_update = 0 };
		source->retry_at = 0;
	}
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

enum rc revocation_configure(struct revocation *revocation, const struct config_setup *setup)
{
	char *uri = NULL, *trustname = NULL;

	if (!copy_text(setup->ocsp_uri, &uri) || !copy_text(setup->ocsp_trustname, &trustname)) {
		mem_free(uri);
		return RC_NO_MEMORY;
	}
	if (!same_text(uri, revocation->ocsp_uri) ||
	    !same_text(trustname, revocation->ocsp_trustname) || !setup->ocsp_enable)
		forget_answers(revocation);
	mem_free(revocation->ocsp_uri);
	mem_free(revocation->ocsp_trustname);
	revocation->ocsp_uri = uri;
	revocation->ocsp_trustname = trustname;
	revocation->crl_strict = setup->crl_strict;
	revocation->crl_interval = setup->crlcheckinterval;
	revocation->crl_timeout = setup->curl_timeout;
	revocation->ocsp_enable = setup->ocsp_enable;
	revocation->ocsp_strict = setup->ocsp_strict;
	revocation->ocsp_timeout = setup->ocsp_timeout;
	revocation->ocsp_post = setup->ocsp_post;
	revocation->ocsp_cache = setup->ocsp_cache_size;
	revocation->ocsp_min_age = setup->ocsp_cache_min_age;
	revocation->ocsp_max_age = setup->ocsp_cache_max_age;
	sources_trim(revocation, NULL);
	list_for(node, &revocation->ages[SOURCE_CRL])
		source_arm_refresh(container_of(node, struct source, in_age));
	return RC_OK;
}

/* Who is revoked stays so until the responder has taken it back. */
static void expire_answers(struct revocation *revocation)
{
	list_for(node, &revocation->ages[SOURCE_OCSP])
	{
		struct source *source = container_of(node, struct source, in_age);
		source->expires = 0;
		source->retry_at = 0;
	}
}

void revocation_refetch(struct revocation *revocation)
{
	expire_answers(revocation);
	responders_forgive(&revocation->responders);
	list_for(node, &revocation->ages[SOURCE_CRL])
	{
		struct source *source = container_of(node, struct source, in_age);
		source->retry_at = 0;
		source->failures = 0;
		(void)source_ask(source);
	}
}

void x509_waiter_forget(struct x509_waiter *waiter)
{
	list_remove(&waiter->in_source);
	if (waiter->revocation != NULL)
		waiter->revocation->env.timer(waiter->revocation->env.context, &waiter->limit,
					      USEC_NEVER);
	waiter->revocation = NULL;
	waiter->begun = waiter->over = false;
}

/* ---- one certificate ---- */

enum standing {
	STANDING_NONE, /* nobody can be asked */
	STANDING_GOOD,
	STANDING_REVOKED,
	STANDING_PENDING,
	STANDING_UNKNOWN, /* it could not be found out */
};

struct question {
	struct revocation *revocation;
	const struct certificate *certificate, *issuer;
	struct source *pending; /* what is to be waited for; NULL: nothing */
	struct diag why;	/* of STANDING_REVOKED, STANDING_UNKNOWN */
};

void say_revoked(struct diag *why, const char *who, const struct revoked *revoked, const char *what,
		 int64_t made, const char *from)
{
	char when[ASN1_TIME_TEXT_MAX], date[ASN1_TIME_TEXT_MAX];

	diag_fail(why, RC_AUTH_FAILED, "%s was revoked on %s (%s), says the %s of %s from %s", who,
		  asn1_time_text(revoked->when, when), revocation_reason(revoked->reason), what,
		  asn1_time_text(made, date), from);
}

struct source *crls_revoke(const struct revocation *revocation, const uint8_t issuer[32],
			   struct span serial, const char *who, struct diag *why)
{
	list_for(node, &revocation->ages[SOURCE_CRL])
	{
		struct source *source = container_of(node, struct source, in_age);
		struct revoked revoked;
		if (source->crl == NULL ||
		    !span_equal(SPAN_OF(source->issuer_key), span_make(issuer, 32)) ||
		    !crl_find(source->crl, serial, &revoked))
			continue;
		say_revoked(why, who, &revoked, "CRL", source->crl->this_update, source->url);
		return source;
	}
	return NULL;
}

struct source *crls_cover(const struct revocation *revocation, const uint8_t issuer[32],
			  const struct certificate *certificate)
{
	list_for(node, &revocation->ages[SOURCE_CRL])
	{
		struct source *source = container_of(node, struct source, in_age);
		if (source->crl != NULL &&
		    span_equal(SPAN_OF(source->issuer_key), span_make(issuer, 32)) &&
		    source_crl_current(source) && crl_covers(source->crl, certificate))
			return source;
	}
	return NULL;
}

/* What a ca section says of the issuer; NULL: nothing. */
static const struct x509_points *points_of(const struct question *question)
{
	const struct x509_trust *trust = question->revocation->trust;

	return trust != NULL ? x509_trust_points(trust, question->issuer) : NULL;
}

/* Those of the issuer's ca section come first. */
static bool crl_url(const struct question *question, unsigned index, struct span *url)
{
	const struct x509_points *points = points_of(question);

	for (unsigned i = 0; points != NULL && i < CONFIG_CA_CRLS; i++) {
		if (points->crls[i] == NULL || index-- > 0)
			continue;
		*url = span_make(points->crls[i], strlen(points->crls[i]));
		return true;
	}
	return certificate_crl_url(question->certificate, index, url);
}

/* Its distribution points one after the other, the next when the one before has failed. */
static enum standing ask_crls(struct question *question)
{
	struct diag *why = &question->why;
	struct span url;

	if (!crl_url(question, 0, &url)) {
		if (certificate_crl_other(question->certificate, &url))
			diag_fail(why, RC_AUTH_FAILED, "CRLs are fetched by http only, not %.*s",
				  (int)(url.len < 60 ? url.len : 60), (const char *)url.ptr);
		else
			diag_fail(why, RC_AUTH_FAILED, "it names no place of a CRL");
		return STANDING_UNKNOWN;
	}
	for (unsigned i = 0; i < URLS_MAX && crl_url(question, i, &url); i++) {
		struct source *source = source_of_crl(question->revocation, url, question->issuer);
		if (source == NULL) {
			diag_fail(why, RC_AUTH_FAILED, "too many CRLs are asked for");
			continue;
		}
		if (!source_crl_current(source) && source_ask(source)) {
			question->pending = source;
			return STANDING_PENDING;
		}
		diag_fail(why, RC_AUTH_FAILED, "%.90s: %.110s", source->url,
			  source->why != NULL ? source->why
					      : "the CRL there does not cover the certificate");
	}
	return STANDING_UNKNOWN;
}

/* ask: fetches what is missing. */
static enum standing by_crl(struct question *question, bool ask)
{
	uint8_t issuer[32];
	char who[PATH_TEXT_MAX];
	struct source *source;

	if (source_issuer_key(question->issuer, issuer) != RC_OK)
		return STANDING_UNKNOWN;
	source = crls_revoke(question->revocation, issuer, question->certificate->serial,
			     path_text(question->certificate, who), &question->why);
	if (source != NULL) {
		source_touch(source);
		return STANDING_REVOKED;
	}
	source = crls_cover(question->revocation, issuer, question->certificate);
	if (source != NULL) {
		source_touch(source);
		return STANDING_GOOD;
	}
	return ask ? ask_crls(question) : STANDING_UNKNOWN;
}

static enum standing by_answer(struct question *question, const struct source *source)
{
	char who[PATH_TEXT_MAX], text[ASN1_TIME_TEXT_MAX];

	switch (source->answer.status) {
	case OCSP_GOOD:
		return STANDING_GOOD;
	case OCSP_REVOKED:
		say_revoked(&question->why, path_text(question->certificate, who),
			    &source->answer.revoked, "OCSP answer", source->answer.this_update,
			    source->url);
		return STANDING_REVOKED;
	case OCSP_UNKNOWN:
		break;
	}
	diag_fail(&question->why, RC_AUTH_FAILED, "%.100s does not know it (%s)", source->url,
		  asn1_time_text(source->answer.this_update, text));
	return STANDING_UNKNOWN;
}

/* One that is named, and cannot be asked, is not none. */
static enum standing without_responder(struct question *question)
{
	struct span url;

	if (certificate_ocsp_url(question->certificate, 0, &url)) {
		diag_fail(&question->why, RC_AUTH_FAILED,
			  "the URL of its responder has more than %d characters", SOURCE_URL_MAX);
		return STANDING_UNKNOWN;
	}
	if (!certificate_ocsp_other(question->certificate, &url))
		return STANDING_NONE;
	diag_fail(&question->why, RC_AUTH_FAILED,
		  "responders are asked by http only (ocsp-uri= names another), not %.*s",
		  (int)(url.len < 60 ? url.len : 60), (const char *)url.ptr);
	return STANDING_UNKNOWN;
}

void revocation_responders(const struct revocation *revocation, const struct certificate *issuer,
			   const struct places *own, struct places *out)
{
	const struct x509_points *points =
		revocation->trust != NULL ? x509_trust_points(revocation->trust, issuer) : NULL;

	*out = (struct places){ .count = 0 };
	if (revocation->ocsp_uri != NULL) {
		places_add(out, span_make(revocation->ocsp_uri, strlen(revocation->ocsp_uri)));
		return;
	}
	for (unsigned i = 0; points != NULL && i < CONFIG_CA_OCSPS; i++)
		if (points->ocsps[i] != NULL)
			places_add(out, span_make(points->ocsps[i], strlen(points->ocsps[i])));
	if (out->count == 0)
		*out = *own;
}

static enum standing by_ocsp(struct question *question)
{
	struct revocation *revocation = question->revocation;
	struct source *source;
	struct places own, places;

	if (!revocation->ocsp_enable)
		return STANDING_NONE;
	places_of(question->certificate, &own);
	revocation_responders(revocation, question->issuer, &own, &places);
	if (places.count == 0)
		return without_responder(question);
	source = source_of_ocsp(revocation, &places, question->certificate, question->issuer);
	watch_keep(revocation, &own, source, question->certificate, question->issuer);
	if (source == NULL) {
		diag_fail(&question->why, RC_AUTH_FAILED, "too many OCSP questions are out");
		return STANDING_UNKNOWN;
	}
	if (source_answer_current(source))
		return by_answer(question, source);
	if (source->answered && source->answer.status == OCSP_REVOKED) {
		(void)source_ask(source); /* until the responder takes it back it stays so */
		return by_answer(question, source);
	}
	if (source_ask(source)) {
		question->pending = source;
		return STANDING_PENDING;
	}
	source_forget_issuer(source);
	diag_fail(&question->why, RC_AUTH_FAILED, "%.90s: %.110s", source->url,
		  source->why != NULL ? source->why : "no answer");
	return STANDING_UNKNOWN;
}

/* ---- what becomes of it ---- */

static enum rc refuse(const struct question *question, const char *keyword, struct diag *diag)
{
	char who[PATH_TEXT_MAX];

	return diag_fail(diag, RC_AUTH_FAILED,
			 "whether %.110s is revoked could not be found out (%s=yes): %.170s",
			 path_text(question->certificate, who), keyword, question->why.text);
}

/* Time is up: what is pending is not known. */
static enum standing limited(struct question *question, const struct x509_waiter *waiter,
			     enum standing standing)
{
	if (standing != STANDING_PENDING || !waiter->over)
		return standing;
	diag_fail(&question->why, RC_AUTH_FAILED, "no answer from %.120s yet",
		  question->pending->url);
	question->pending = NULL;
	return STANDING_UNKNOWN;
}

/* RC_SUSPEND: question->pending is to be waited for. A CRL is asked for when OCSP says nothing. */
static enum rc judge(struct question *question, const struct x509_waiter *waiter, struct diag *diag)
{
	const struct revocation *revocation = question->revocation;
	enum standing ocsp = limited(question, waiter, by_ocsp(question)), crl;
	struct diag ocsp_why = question->why;
	struct source *responder = question->pending;

	if (ocsp == STANDING_REVOKED)
		return diag_fail(diag, RC_AUTH_FAILED, "%s", question->why.text);
	question->pending = NULL;
	crl = by_crl(question, ocsp == STANDING_NONE || ocsp == STANDING_UNKNOWN);
	if (crl == STANDING_REVOKED)
		return diag_fail(diag, RC_AUTH_FAILED, "%s", question->why.text);
	crl = limited(question, waiter, crl);
	if (revocation->ocsp_strict && ocsp == STANDING_PENDING) {
		question->pending = responder;
		return RC_SUSPEND;
	}
	if (revocation->ocsp_strict && ocsp == STANDING_UNKNOWN) {
		question->why = ocsp_why;
		return refuse(question, "ocsp-strict", diag);
	}
	if (!revocation->crl_strict || ocsp == STANDING_GOOD || crl == STANDING_GOOD)
		return RC_OK;
	if (crl == STANDING_PENDING)
		return RC_SUSPEND;
	if (ocsp != STANDING_PENDING)
		return refuse(question, "crl-strict", diag);
	question->pending = responder;
	return RC_SUSPEND;
}

static enum rc wait_for(struct revocation *revocation, struct source *source,
			struct x509_waiter *waiter)
{
	usec_t limit = 2 * revocation->ocsp_timeout + 2 * revocation->crl_timeout + SOURCE_LINGER;
	struct host *host = revocation->env.host;

	if (limit > REVOCATION_WAIT_MAX)
		limit = REVOCATION_WAIT_MAX;
	waiter->revocation = revocation;
	waiter->limit.fire = wait_over;
	if (!waiter->begun)
		revocation->env.timer(revocation->env.context, &waiter->limit,
				      host_now(host) + limit);
	waiter->begun = true;
	list_remove(&waiter->in_source);
	list_append(&source->waiters, &waiter->in_source);
	return RC_SUSPEND;
}

enum rc x509_revocation(struct revocation *revocation, struct certificate *const *path,
			unsigned count, struct x509_waiter *waiter, struct diag *diag)
{
	struct source *pending = NULL;
	enum rc rc = RC_OK;

	for (unsigned i = 0; i + 1 < count && (rc == RC_OK || rc == RC_SUSPEND); i++) {
		struct question question = { .revocation = revocation,
					     .certificate = path[i],
					     .issuer = path[i + 1] };
		rc = judge(&question, waiter, diag);
		if (rc == RC_SUSPEND && pending == NULL)
			pending = question.pending;
	}
	if ((rc == RC_OK || rc == RC_SUSPEND) && pending != NULL && !revocation->ended)
		return wait_for(revocation, pending, waiter);
	x509_waiter_forget(waiter);
	if ((rc == RC_OK || rc == RC_SUSPEND) && pending != NULL)
		return diag_fail(diag, RC_SHUTDOWN, "the daemon stops while %.200s is asked",
				 pending->url);
	return rc;
}
