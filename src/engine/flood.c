/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: floods
 *
 * An IKE_SA_INIT request passes here before anything is allocated for it. While cookies are asked
 * for (sa/pressure.c says when), one without a good cookie is answered from the stack, counted, and
 * forgotten; a line a minute tells how many there were. One that may go on and becomes half-open
 * makes others leave when its address, its prefix or the table is over its limit
 * (sa/half_open.c). Nothing here waits, and nothing is larger than the datagram.
 */
#include "engine/private.h"

#define TICK	     USEC_PER_SEC
#define TELL	     (60 * USEC_PER_SEC)
#define BAD_AUTH_MAX 16 /* each costs an ICV; the honest peer's first one is enough */
#define SWEEP_MAX    4096
#define TRIM_MAX     4

static void tell_asked(struct gateway *gateway, usec_t now, enum log_level level)
{
	struct flood *flood = &gateway->flood;

	if (flood->asked > 0)
		log_write(gateway->log, level, NULL,
			  "cookies asked of %llu datagrams in the last %lld s, %llu came back",
			  (unsigned long long)flood->asked,
			  (long long)((now - flood->told) / USEC_PER_SEC),
			  (unsigned long long)flood->returned);
	if (flood->redirected > 0)
		log_write(gateway->log, level, NULL,
			  "%llu clients were sent on to another gateway in the last %lld s",
			  (unsigned long long)flood->redirected,
			  (long long)((now - flood->told) / USEC_PER_SEC));
	flood->asked = flood->returned = flood->redirected = 0;
	flood->told = now;
}

static const struct config_setup *setup_of(const struct gateway *gateway)
{
	return gateway->env.setup;
}

static bool crowded(const struct gateway *gateway)
{
	return gateway->sas.half_open_count > setup_of(gateway)->max_halfopen / 2;
}

/* What waits longer than half-open SAs now may; their own timers were armed in better times. */
static void sweep(struct gateway *gateway, usec_t now)
{
	usec_t lifetime = half_open_lifetime(&gateway->sas, setup_of(gateway));
	unsigned looked = 0;

	list_for_safe(node, &gateway->sas.half_open)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_half_open);
		if (now - sa->born < lifetime || ++looked > SWEEP_MAX)
			return;
		if (sa->state == IKEV2_HALF_OPEN && sa->errand == NULL && sa->recv_next == 1)
			ike_down(gateway, sa, RC_TIMEOUT, "");
	}
}

static void tick(struct timer *timer)
{
	struct gateway *gateway = container_of(timer, struct gateway, flood.tick);
	usec_t now = host_now(gateway->host);
	struct sas *sas = &gateway->sas;
	bool again;

	sweep(gateway, now);
	if (cookies_review(sas, setup_of(gateway), now)) {
		tell_asked(gateway, now, LOG_LEVEL_NOTICE);
		log_write(gateway->log, LOG_LEVEL_NOTICE, NULL,
			  "new peers are not asked for a cookie any more, after %lld s",
			  (long long)((now - sas->pressure.since) / USEC_PER_SEC));
	}
	again = sas->pressure.why != COOKIES_NOT;
	if (now - gateway->flood.told >= TELL)
		tell_asked(gateway, now, again ? LOG_LEVEL_NOTICE : LOG_LEVEL_INFO);
	if (again || gateway->flood.asked > 0 || crowded(gateway))
		gateway_timer(gateway, timer, now + TICK);
}

static void watch_flood(struct gateway *gateway, usec_t now)
{
	struct flood *flood = &gateway->flood;

	if (timer_armed(&flood->tick))
		return;
	flood->tick.fire = tick;
	flood->told = now;
	gateway_timer(gateway, &flood->tick, now + TICK);
}

static void tell_begin(struct gateway *gateway, enum cookies_why why)
{
	char text[64];

	log_write(gateway->log, LOG_LEVEL_NOTICE, NULL,
		  "new peers are asked for a cookie: %s (%zu of them without one, threshold %u)",
		  names_text(&cookies_why_names, (int)why, text, sizeof(text)),
		  gateway->sas.table.unproven, cookies_threshold(&gateway->sas, setup_of(gateway)));
}

static enum cookies_why wanted(struct gateway *gateway, usec_t now)
{
	enum cookies_why before = cookies_state(&gateway->sas, setup_of(gateway));
	enum cookies_why why = cookies_wanted(&gateway->sas, setup_of(gateway), now);

	if (why != COOKIES_NOT && before == COOKIES_NOT)
		tell_begin(gateway, why);
	if (why != COOKIES_NOT)
		watch_flood(gateway, now);
	return why;
}

static void ask(struct gateway *gateway, const struct datagram *datagram,
		const struct ike_header *header, struct span ni, usec_t now)
{
	uint8_t cookie[COOKIE_LEN], buffer[IKE_HEADER_LEN + 8 + COOKIE_LEN];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (cookie_make(&gateway->sas, now, ni, &datagram->remote, header->spi_i, cookie) !=
		    RC_OK ||
	    ikev2_emit_notify(&sink, header, 0, COOKIE, SPAN_OF(cookie)) != RC_OK)
		return;
	cookies_asked(&gateway->sas);
	gateway->flood.asked++;
	gateway->counters.cookies_sent++;
	send_clear(gateway, &datagram->local, &datagram->remote, sink_written(&sink));
}

/* Good ones are counted. */
static bool brought_cookie(struct gateway *gateway, const struct datagram *datagram,
			   const struct ike_header *header, const struct init_glance *glance,
			   usec_t now)
{
	if (glance->cookie.ptr == NULL ||
	    !cookie_good(&gateway->sas, now, glance->cookie, glance->ni, &datagram->remote,
			 header->spi_i))
		return false;
	cookies_returned(&gateway->sas);
	gateway->flood.returned++;
	gateway->counters.cookies_returned++;
	return true;
}

static enum rc room(struct gateway *gateway, const struct ip_addr *remote, usec_t now,
		    struct diag *diag)
{
	const struct sas *sas = &gateway->sas;

	switch (half_open_room(sas, setup_of(gateway), remote, now)) {
	case HALF_OPEN_ROOM:
		return RC_OK;
	case HALF_OPEN_FULL:
		return diag_fail(diag, RC_DROP,
				 "%zu half-open IKE SAs, no more are taken (max-halfopen-ike=)",
				 sas->half_open_count);
	case HALF_OPEN_MANY_ADDRESS:
		return diag_fail(diag, RC_DROP,
				 "too many half-open IKE SAs from this address "
				 "(max-halfopen-ike=)");
	case HALF_OPEN_MANY_PREFIX:
		return diag_fail(diag, RC_DROP,
				 "too many half-open IKE SAs from addresses like this one "
				 "(max-halfopen-ike=)");
	case HALF_OPEN_BUSY:
		return diag_fail(diag, RC_DROP,
				 "key pairs are asked for faster than they are made");
	}
	return RC_INTERNAL;
}

enum rc flood_gate(struct gateway *gateway, const struct datagram *datagram,
		   const struct ike_header *header, struct diag *diag)
{
	usec_t now = host_now(gateway->host);
	struct init_glance glance;
	enum rc rc;

	if (wanted(gateway, now) != COOKIES_NOT) {
		TRY(ikev2_init_glance(datagram->payload, header, &glance, diag));
		if (!brought_cookie(gateway, datagram, header, &glance, now)) {
			ask(gateway, datagram, header, glance.ni, now);
			return RC_SUSPEND;
		}
	}
	rc = room(gateway, &datagram->remote.addr, now, diag);
	if (rc != RC_OK)
		gateway->counters.half_open_refused++;
	return rc;
}

bool flood_presses(struct gateway *gateway)
{
	return wanted(gateway, host_now(gateway->host)) != COOKIES_NOT;
}

void flood_trim(struct gateway *gateway, const struct ip_addr *remote)
{
	usec_t now = host_now(gateway->host);
	char text[IP_TEXT_MAX];

	if (crowded(gateway))
		watch_flood(gateway, now);
	for (unsigned i = 0; i < TRIM_MAX; i++) {
		struct ike_sa *sa =
			half_open_surplus(&gateway->sas, setup_of(gateway), remote, now);
		if (sa == NULL)
			return;
		gateway->counters.half_open_displaced++;
		pressure_failed(&gateway->sas, now);
		log_limited(gateway->log, &gateway->flood.displaced, now, LOG_LEVEL_INFO, NULL,
			    "half-open IKE SA of %s makes room for another (max-halfopen-ike=)",
			    endpoint_text(&sa->remote, text));
		ike_down(gateway, sa, RC_REPLACED, "");
	}
}

void flood_bad_auth(struct ike_sa *sa)
{
	if (sa != NULL && sa->larval != NULL && sa->larval->bad_auth < UINT8_MAX)
		sa->larval->bad_auth++;
}

bool flood_deaf(const struct ike_sa *sa)
{
	return ike_sa_is_half_open(sa) && sa->larval != NULL &&
	       sa->larval->bad_auth >= BAD_AUTH_MAX;
}
