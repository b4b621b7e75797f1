/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect (rfc5685): a client goes to the gateway that it was told, and comes back when that one
 * fails; a gateway tells its clients to go. */
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
	redirect->to = (struct ip_addr){ .family = AF_UNSPEC };
}

bool redirect_pending(const struct peer *peer)
{
	return peer->redirect != NULL && peer->redirect->resolving != NULL;
}

static void go_to(struct gateway *gateway, struct peer *peer, const struct ip_addr *to)
{
	char text[IP_TEXT_MAX];

	peer->redirect->to = *to;
	log_write(gateway->log, LOG_LEVEL_NOTICE, &(struct log_subject){ .peer = peer->conn->name },
		  "redirected to %s", ip_text(to, text));
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
	if (sa->state != IKEV2_ESTABLISHED)
		return;
	if (errand->out.established) { /* §4: it was only made to be told */
		sa->delete_wanted = true;
		sa->delete_reason = RC_REPLACED;
	} else { /* §5: it stays until the new one is there */
		sa->must_reauth = true;
		sa->replace_at = errand->step.now;
	}
	peer_dirty(sa->peer);
}

/* ---- gateway ---- */

struct leave {
	struct gateway *gateway;
	const char *to;
	unsigned told, deaf;
};

static void tell_one(struct leave *leave, struct ike_sa *sa)
{
	struct ike_extra *extra;

	if (sa->state != IKEV2_ESTABLISHED || sa->delete_wanted)
		return;
	if (!sa->peer_redirects) {
		leave->deaf++;
		return;
	}
	extra = ike_extra_of(sa);
	if (extra == NULL)
		return;
	mem_free(extra->redirect);
	extra->redirect = mem_text(leave->to);
	if (extra->redirect == NULL)
		return;
	extra->tell |= TELL_REDIRECT;
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
	struct redirect_target target;

	if (redirect_target_parse(to, &target) != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "\"%.80s\" is no address and no host name", to);
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
