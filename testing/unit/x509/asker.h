/* SPDX-License-Identifier: Apache-2.0 */
/* A revocation service in a virtual world, with a CA, a peer of it, and somebody who waits. */
#ifndef VANTH_TEST_ASKER_H
#define VANTH_TEST_ASKER_H

#include <stdio.h>
#include "host/virtual.h"
#include "responder.h"
#include "x509/sources.h"
#include "x509_test.h"

#define CRL_URL	 "http://crl.example/a.crl"
#define OCSP_URL "http://ocsp.example/"
#define SECONDS	 USEC_PER_SEC
#define MINUTES	 (60 * USEC_PER_SEC)
#define HOUR	 ((int64_t)3600)

struct asker {
	struct world *world;
	struct host *host;
	struct timer_queue timers;
	struct config_setup setup;
	struct revocation *revocation;
	struct party root, peer;
	struct certificate *path[2];
	struct x509_waiter waiter;
	struct diag diag;
	struct arena arena;
	enum rc rc; /* the last answer */
	unsigned rounds, news;
};

static inline void asker_timer(void *context, struct timer *timer, usec_t due)
{
	struct asker *asker = context;

	if (due != USEC_NEVER)
		(void)(timer_arm(&asker->timers, timer, due) == RC_OK);
	else if (timer_armed(timer))
		timer_cancel(&asker->timers, timer);
}

static inline void asker_news(void *context)
{
	((struct asker *)context)->news++;
}

static inline enum rc asker_ask(struct asker *asker)
{
	asker->rounds++;
	asker->rc =
		x509_revocation(asker->revocation, asker->path, 2, &asker->waiter, &asker->diag);
	return asker->rc;
}

static inline void asker_ready(struct x509_waiter *waiter)
{
	(void)asker_ask(container_of(waiter, struct asker, waiter));
}

static inline int64_t asker_now(const struct asker *asker)
{
	return asker->host->ops->wall(asker->host);
}

/* A certificate that names these places; "" or NULL: none. */
static inline struct party asker_party(struct asker *asker, const char *subject, const char *crl,
				       const char *ocsp)
{
	return pki_make((struct x509_issue){ .subject = subject,
					     .not_before = asker_now(asker) - DAY,
					     .not_after = asker_now(asker) + YEAR,
					     .crl_url = crl,
					     .ocsp_url = ocsp },
			&asker->root);
}

/* Strict or not; otherwise as ipsec.conf has it by default. */
static inline void asker_start(struct asker *asker, bool crl_strict, bool ocsp, bool ocsp_strict)
{
	struct revocation_env env = { .timer = asker_timer, .news = asker_news, .context = asker };
	const uint64_t seed[2] = { 1, 2 };

	memset(asker, 0, sizeof(*asker));
	arena_init(&asker->arena, 64u << 20);
	asker->world = world_new(1);
	asker->host = env.host = world_host(asker->world, "asker");
	timer_queue_init(&asker->timers);
	asker->setup = (struct config_setup){
		.crl_strict = crl_strict,
		.curl_timeout = 5 * SECONDS,
		.ocsp_enable = ocsp,
		.ocsp_strict = ocsp_strict,
		.ocsp_post = true,
		.ocsp_timeout = 2 * SECONDS,
		.ocsp_cache_size = 1000,
		.ocsp_cache_min_age = 60 * MINUTES,
		.ocsp_cache_max_age = 24 * 60 * MINUTES,
	};
	asker->revocation = revocation_new(&env, &asker->setup, seed);
	assert_non_null(asker->revocation);
	asker->root = pki_make((struct x509_issue){ .subject = "CN=root",
						    .ca = true,
						    .path_length = -1,
						    .not_before = asker_now(asker) - YEAR,
						    .not_after = asker_now(asker) + 10 * YEAR },
			       NULL);
	asker->peer = asker_party(asker, "CN=peer", CRL_URL, OCSP_URL);
	asker->path[0] = asker->peer.certificate;
	asker->path[1] = asker->root.certificate;
	asker->waiter.ready = asker_ready;
}

static inline void asker_stop(struct asker *asker)
{
	x509_waiter_forget(&asker->waiter);
	revocation_free(asker->revocation);
	pki_free(&asker->peer);
	pki_free(&asker->root);
	world_free(asker->world);
	timer_queue_free(&asker->timers);
	arena_free(&asker->arena);
}

/* Time passes, a tenth of a second at a time. */
static inline void asker_run(struct asker *asker, usec_t duration)
{
	usec_t until = world_now(asker->world) + duration;

	do {
		world_run(asker->world, SECONDS / 10);
		(void)timer_run(&asker->timers, world_now(asker->world), 1000);
		world_settle(asker->world);
	} while (world_now(asker->world) < until);
}

/* Asks, and waits for the answer. */
static inline enum rc asker_find_out(struct asker *asker)
{
	asker->rounds = 0;
	if (asker_ask(asker) == RC_SUSPEND)
		asker_run(asker, 21 * SECONDS);
	assert_int_not_equal(asker->rc, RC_SUSPEND);
	return asker->rc;
}

/* A CRL of `issuer`, made so long ago, good for so long, with the peer in it or not. */
static inline struct span asker_crl(struct asker *asker, const struct party *issuer, int64_t ago,
				    int64_t lasts, bool revoked)
{
	struct x509_revoked entry = { certificate_serial(asker->peer.certificate),
				      asker_now(asker) - 60, 1 };
	struct x509_issue_crl crl = {
		.issuer = issuer->certificate,
		.issuer_key = issuer->key,
		.scheme = ecdsa,
		.revoked = &entry,
		.count = revoked,
		.this_update = asker_now(asker) - ago,
		.next_update = asker_now(asker) - ago + lasts,
		.number = 1,
	};
	struct span der = SPAN_NONE;
	struct diag diag = { "" };

	if (x509_issue_crl(&crl, &asker->arena, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return der;
}

static inline struct answer asker_word(const struct asker *asker, enum ocsp_status status)
{
	return (struct answer){
		.status = status,
		.this_update = asker_now(asker) - 5,
		.next_update = asker_now(asker) + HOUR,
		.about = asker->peer.certificate,
		.issuer = asker->root.certificate,
		.signer = asker->root.certificate,
		.key = asker->root.key,
		.when = asker_now(asker) - 60,
	};
}

static inline void asker_serve(struct asker *asker, const char *url, enum served served,
			       struct span body)
{
	assert_int_equal(world_serve(asker->world, url, served, body), RC_OK);
}

static inline void asker_answers(struct asker *asker, const struct answer *answer)
{
	uint8_t buffer[4096];

	asker_serve(asker, OCSP_URL, SERVE_BODY, response_of(answer, buffer));
}

static inline unsigned asker_asked(const struct asker *asker, const char *url)
{
	return world_served(asker->world, url, NULL);
}

#endif
