/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect (rfc5685): a client goes to the gateway that it was told, and comes back when that one
 * fails; a gateway tells its clients to go. */
#include <strings.h>
#include "engine/private.h"
#include "sa/extra.h"
#include "sa/redirect.h"

/* ---- client ---- */

static struct redirect *redirect_of(struct gateway *gateway, struct peer *peer)
{
	if (peer->redirect == NULL)
		peer->redirect = mem_alloc(sizeof(*peer->redirect));
	if (peer->redirect == NULL)
		return NULL;
	peer->redirect->gateway = gateway;
	peer->redirect->peer = peer;
	return peer->redirect;
}

static void stop_resolving(struct redirect *redirect)
{
	struct gateway *gateway = redirect->gateway;

	if (redirect->resolving != NULL)
		gateway->host->ops->resolve_cancel(gateway->host, redirect->resolving);
	redirect->resolving = NULL;
}

void redirect_free(struct peer *peer)
{
	if (peer->redirect == NULL)
		return;
	stop_resolving(peer->redirect);
	mem_free(peer->redirect);
	peer->redirect = NULL;
}

void redirect_ended(struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (tunnel->wanted == WANTED_UP || tunnel->triggered)
			return;
	}
	redirect_free(peer);
}

static void record(struct peer *peer, uint64_t serial, enum redirect_event what,
		   const struct ip_addr *addr)
{
	uint32_t detail = 0;

	if (addr != NULL && addr->family == AF_INET)
		detail = (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
			 (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
	if (peer != NULL)
		peer_record(peer, serial, RECORD_REDIRECT, what, detail, 0);
}

/* The history stays: gateways that fail in turn are a loop too. */
void redirect_failed(struct gateway *gateway, struct peer *peer)
{
	struct redirect *redirect = peer->redirect;
	char text[IP_TEXT_MAX];

	if (redirect == NULL || !ip_is_set(&redirect->to))
		return;
	log_write(gateway->log, LOG_LEVEL_NOTICE, &(struct log_subject){ .peer = peer->conn->name },
		  "the gateway that we were redirected to, %s, fails: back to the first one",
		  ip_text(&redirect->to, text));
	record(peer, 0, REDIRECT_BACK, &redirect->to);
	redirect->to = (struct ip_addr){ .family = AF_UNSPEC };
}

bool redirect_pending(const struct peer *peer)
{
	return peer->redirect != NULL && peer->redirect->resolving != NULL;
}

static void go_to(struct gateway *gateway, struct peer *peer, const struct ip_addr *to)
{
	char text[IP_TEXT_MAX], from[IP_TEXT_MAX];

	peer->redirect->to = *to;
	gateway->counters.redirects_followed++;
	record(peer, 0, REDIRECT_FOLLOWED, to);
	log_write(gateway->log, LOG_LEVEL_NOTICE, &(struct log_subject){ .peer = peer->conn->name },
		  "redirected to %s by %s", ip_text(to, text),
		  ip_text(&peer->redirect->from, from));
	peer_dirty(peer);
}

static void resolved(void *context, const struct ip_addr *addrs, size_t count, const char *error)
{
	struct redirect *redirect = context;
	struct gateway *gateway = redirect->gateway;
	struct peer *peer = redirect->peer;

	redirect->resolving = NULL;
	for (size_t i = 0; i < count; i++)
		if (addrs[i].family == peer->local.family) {
			go_to(gateway, peer, &addrs[i]);
			return;
		}
	gateway->counters.redirects_refused++;
	record(peer, 0, REDIRECT_NO_ADDRESS, NULL);
	log_write(gateway->log, LOG_LEVEL_WARNING,
		  &(struct log_subject){ .peer = peer->conn->name },
		  "the gateway that we are redirected to has no address: %s",
		  error != NULL ? error : "none of the right IP version");
	peer_dirty(peer);
}

static void note(struct redirect *redirect, usec_t now, const struct ip_addr *from)
{
	redirect->times[redirect->count++ % REDIRECTS_MAX] = now;
	redirect->from = *from;
	stop_resolving(redirect);
}

static void follow(struct errand *errand, const struct redirect_target *target)
{
	struct gateway *gateway = errand->gateway;
	struct ike_sa *sa = errand->step.sa;
	struct redirect *redirect = redirect_of(gateway, sa->peer);

	if (redirect == NULL)
		return;
	note(redirect, errand->step.now, &sa->remote.addr);
	if (ip_is_set(&target->addr)) {
		go_to(gateway, sa->peer, &target->addr);
		return;
	}
	redirect->resolving =
		gateway->host->ops->resolve(gateway->host, target->name, resolved, redirect);
}

void redirect_commit(struct errand *errand)
{
	const struct redirect_target *target = errand->out.extra.redirect;
	struct ike_sa *sa = errand->step.sa;

	if (target == NULL || sa == NULL || sa->peer == NULL)
		return;
	follow(errand, target);
	if (sa->state != IKE_ESTABLISHED)
		return;
	if (errand->out.established) { /* §6: it was only made to be told */
		sa->delete_wanted = true;
		sa->delete_reason = RC_REPLACED;
	} else { /* §5: it stays until the new one is there */
		sa->must_reauth = true;
		sa->replace_at = errand->step.now;
	}
	peer_dirty(sa->peer);
}

/* ---- told ---- */

static struct peer *peer_of(const struct errand *errand)
{
	if (errand->out.peer != NULL)
		return errand->out.peer;
	return errand->step.sa != NULL ? errand->step.sa->peer : NULL;
}

/* Nothing is kept for such a client; under a flood a line a minute tells how many they were. */
static void note_sent_init(struct errand *errand, const struct redirect_target *to)
{
	struct gateway *gateway = errand->gateway;
	const struct step *step = &errand->step;
	struct peer *peer =
		peers_for_addresses(&gateway->peers, &step->local.addr, &step->remote.addr);
	char remote[IP_TEXT_MAX], text[256];
	struct log_subject subject = { .peer = peer != NULL ? peer->conn->name : NULL,
				       .remote = endpoint_text(&step->remote, remote) };

	record(peer, 0, REDIRECT_SENT_INIT, &to->addr);
	if (cookies_state(&gateway->sas, gateway->env.setup) != COOKIES_NOT)
		gateway->flood.redirected++;
	else
		log_limited(gateway->log, &gateway->redirect_limit, step->now, LOG_LEVEL_INFO,
			    &subject, "%s is sent on to %s in IKE_SA_INIT (global-redirect=)",
			    remote, redirect_target_text(to, text));
}

static void note_sent(struct errand *errand, const struct redirect_target *to)
{
	bool later = errand->out.message.exchange == EXCHANGE_INFORMATIONAL;
	struct gateway *gateway = errand->gateway;
	struct peer *peer = peer_of(errand);
	char remote[IP_TEXT_MAX], text[256];
	struct log_subject subject = { .peer = peer != NULL ? peer->conn->name : NULL,
				       .serial = errand->sa_serial,
				       .remote = endpoint_text(&errand->step.remote, remote) };

	gateway->counters.redirects_sent++;
	if (errand->out.message.exchange == EXCHANGE_IKE_SA_INIT) {
		note_sent_init(errand, to);
		return;
	}
	if (errand->step.sa != NULL)
		subject.remote = endpoint_text(&errand->step.sa->remote, remote);
	record(peer, errand->sa_serial, later ? REDIRECT_SENT_LATER : REDIRECT_SENT_AUTH,
	       &to->addr);
	log_write(gateway->log, LOG_LEVEL_INFO, &subject, "%s is sent on to %s%s", remote,
		  redirect_target_text(to, text),
		  later ? ": its IKE SA ends within a minute" : " in IKE_AUTH (send-redirect=)");
}

/* The end of an attempt tells its reason itself. */
static void note_refused(struct errand *errand, enum rc rc)
{
	struct gateway *gateway = errand->gateway;
	struct peer *peer = peer_of(errand);
	struct log_subject subject = { .peer = peer != NULL ? peer->conn->name : NULL,
				       .serial = errand->sa_serial };

	gateway->counters.redirects_refused++;
	record(peer, errand->sa_serial, errand->out.extra.redirect_refused, NULL);
	if (rc == RC_OK && errand->out.child_failed == RC_OK)
		log_limited(gateway->log, &gateway->redirect_limit, errand->step.now,
			    LOG_LEVEL_NOTICE, &subject, "not followed: %s", errand->out.diag.text);
}

void redirect_note(struct errand *errand, enum rc rc)
{
	const struct outcome_extra *extra = &errand->out.extra;

	if (extra->redirect_sent != NULL)
		note_sent(errand, extra->redirect_sent);
	if (extra->redirect_refused != 0)
		note_refused(errand, rc);
}

/* ---- gateway ---- */

struct leave {
	struct gateway *gateway;
	const char *to; /* a list */
	unsigned told, deaf;
};

static bool note_where(const struct leave *leave, struct ike_sa *sa)
{
	static const struct redirect_target nowhere = { .name = "" };
	struct ike_extra *extra = ike_extra_of(sa);
	struct redirect_target target;
	char text[256], *copy;

	if (extra == NULL ||
	    !redirect_list_pick(leave->to, &sa->remote.addr, &sa->local.addr, &nowhere, &target))
		return false;
	copy = mem_text(redirect_target_text(&target, text));
	if (copy == NULL)
		return false;
	mem_free(extra->redirect);
	extra->redirect = copy;
	extra->tell |= TELL_REDIRECT;
	return true;
}

static void tell_one(struct leave *leave, struct ike_sa *sa)
{
	if (sa->state != IKE_ESTABLISHED || sa->delete_wanted)
		return;
	if (!sa->peer_redirects) {
		leave->deaf++;
		return;
	}
	if (!note_where(leave, sa))
		return;
	leave->told++;
	peer_dirty(sa->peer);
}

static void tell_peer(struct leave *leave, struct peer *peer)
{
	list_for(node, &peer->ike_sas) tell_one(leave, container_of(node, struct ike_sa, in_peer));
}

static void tell_tunnel(void *context, struct tunnel *tunnel)
{
	struct leave *leave = context;

	tell_peer(leave, tunnel->peer);
	list_for(node, &tunnel->peer->instances)
		tell_peer(leave, container_of(node, struct peer, in_instances));
}

enum rc gateway_redirect(struct gateway *gateway, const char *name, const char *to,
			 struct diag *diag)
{
	struct leave leave = { .gateway = gateway, .to = to };

	TRY(redirect_list_check(to, diag));
	if (peers_match(&gateway->peers, name, tell_tunnel, &leave) == 0 && name != NULL)
		TRY(peers_want(&gateway->peers, name, WANTED_LISTEN, diag)); /* nearest name */
	if (leave.told > 0)
		return RC_OK;
	if (leave.deaf > 0)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "none of the %u peers that are connected accepts redirects",
				 leave.deaf);
	return diag_fail(diag, RC_CHILD_NOT_FOUND, "no peer is connected that could be redirected");
}

void redirect_told(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t end = host_now(gateway->host) + REDIRECT_GRACE;

	if (end < sa->expires)
		sa->expires = end;
}

/* ---- the policy ---- */

static enum rc set_policy(struct gateway *gateway, enum config_tristate when, const char *to)
{
	char *copy = to != NULL ? mem_text(to) : NULL;

	if (to != NULL && copy == NULL)
		return RC_NO_MEMORY;
	mem_free(gateway->redirect.to);
	gateway->redirect = (struct redirect_policy){ when, copy };
	return RC_OK;
}

void redirect_policy_load(struct gateway *gateway)
{
	const struct config_setup *setup = gateway->env.setup;

	if (set_policy(gateway, setup->redirect, setup->redirect_to) == RC_OK)
		return;
	log_write(gateway->log, LOG_LEVEL_WARNING, NULL,
		  "no memory for global-redirect-to=: nobody is sent on");
	(void)set_policy(gateway, TRI_NO, NULL);
}

static enum rc parse_when(const char *when, enum config_tristate *out, struct diag *diag)
{
	static const char *const words[] = { "no", "yes", "auto" };

	for (unsigned i = 0; when != NULL && i < 3; i++)
		if (strcasecmp(when, words[i]) == 0) {
			*out = (enum config_tristate)i;
			return RC_OK;
		}
	return when == NULL
		       ? RC_OK
		       : diag_fail(diag, RC_SYNTAX,
				   "\"%.40s\" is not yes, no or auto (global-redirect=)", when);
}

enum rc gateway_global_redirect(struct gateway *gateway, const char *when, const char *to,
				struct diag *diag)
{
	enum config_tristate now = gateway->redirect.when;

	TRY(parse_when(when, &now, diag));
	if (to != NULL)
		TRY(redirect_list_check(to, diag));
	else if (gateway->redirect.to == NULL && now != TRI_NO)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "there are no gateways to send peers to (global-redirect-to=)");
	if (to == NULL)
		gateway->redirect.when = now;
	else if (set_policy(gateway, now, to) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	log_write(gateway->log, LOG_LEVEL_NOTICE, NULL, "global-redirect is %s now, to %s",
		  now == TRI_NO	   ? "no"
		  : now == TRI_YES ? "yes"
				   : "auto",
		  gateway->redirect.to != NULL ? gateway->redirect.to : "nowhere");
	return RC_OK;
}
