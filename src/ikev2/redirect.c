/* SPDX-License-Identifier: Apache-2.0 */
/* rfc5685: REDIRECT in IKE_SA_INIT (§3), IKE_AUTH (§4) and INFORMATIONAL (§5), both roles. */
#include "ikev2/redirect.h"
#include "sa/extra.h"

/* ---- gateway ---- */

bool redirect_supported(const struct ike_message *message, struct redirect_target *from)
{
	struct wire_notify notify;
	struct span data;

	*from = (struct redirect_target){ .name = "" };
	if (notify_find(message, REDIRECTED_FROM, &notify)) {
		data = notify.data;
		if (redirect_target_read(&data, from, NULL) != RC_OK)
			*from = (struct redirect_target){ .name = "" };
		return true;
	}
	return notify_find(message, REDIRECT_SUPPORTED, &notify);
}

static bool busy(const struct step *step)
{
	return cookies_state(step->env->sas, step->env->setup) != COOKIES_NOT;
}

/* Not to itself, and not back to where the client was sent from: that would be a loop of two. */
static bool leads_on(const struct step *step, const char *gateway)
{
	struct redirect_target to, from;

	return redirect_target_parse(gateway, &to) == RC_OK &&
	       redirect_supported(step->message, &from) && !redirect_target_equal(&to, &from) &&
	       !(ip_is_set(&to.addr) && ip_equal(&to.addr, &step->local.addr));
}

const char *redirect_of_all(const struct step *step)
{
	const struct config_setup *setup = step->env->setup;

	if (setup->redirect_to == NULL || setup->redirect == TRI_NO ||
	    (setup->redirect == TRI_AUTO && !busy(step)) || !leads_on(step, setup->redirect_to))
		return NULL;
	return setup->redirect_to;
}

/* What the client can do was said in IKE_SA_INIT. */
const char *redirect_of_conn(const struct step *step, const struct config_conn *conn)
{
	struct redirect_target to;

	if (!conn->send_redirect || conn->redirect_to == NULL || !step->sa->peer_redirects ||
	    redirect_target_parse(conn->redirect_to, &to) != RC_OK ||
	    (ip_is_set(&to.addr) && ip_equal(&to.addr, &step->local.addr)))
		return NULL;
	return conn->redirect_to;
}

enum rc redirect_data(struct arena *arena, const char *gateway, struct span nonce, struct span *out)
{
	struct redirect_target target;
	uint8_t *data = arena_alloc(arena, 2 + 256 + nonce.len);
	struct sink sink;

	if (data == NULL)
		return RC_NO_MEMORY;
	TRY(redirect_target_parse(gateway, &target));
	sink_init(&sink, data, 2 + 256 + nonce.len);
	redirect_target_emit(&sink, &target);
	sink_span(&sink, nonce);
	*out = sink_written(&sink);
	return sink_rc(&sink);
}

enum rc redirect_emit(struct arena *arena, const char *gateway, struct writer *writer)
{
	struct wire_notify notify = { .type = REDIRECT };

	TRY(redirect_data(arena, gateway, SPAN_NONE, &notify.data));
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

/* ---- client ---- */

enum rc redirect_emit_support(struct step *step, const struct peer *peer, struct writer *writer)
{
	struct wire_notify notify = { .type = REDIRECTED_FROM };
	const struct redirect *redirect = peer->redirect;
	struct redirect_target from = { .name = "" };
	uint8_t *data;
	struct sink sink;

	if (!peer->conn->accept_redirect)
		return RC_OK;
	if (redirect == NULL || !ip_is_set(&redirect->to) || !ip_is_set(&redirect->from)) {
		emit_notify(writer, REDIRECT_SUPPORTED);
		return RC_OK;
	}
	data = arena_alloc(step->arena, 2 + 16);
	if (data == NULL)
		return RC_NO_MEMORY;
	from.addr = redirect->from;
	sink_init(&sink, data, 2 + 16);
	redirect_target_emit(&sink, &from);
	notify.data = sink_written(&sink);
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

enum rc redirect_read(const struct step *step, struct span nonce, struct outcome *out)
{
	const struct peer *peer = step->sa->peer;
	struct redirect_target *target;
	struct wire_notify notify;
	struct span data;
	char text[256];

	if (peer == NULL || !notify_find(step->message, REDIRECT, &notify))
		return RC_NOT_FOUND;
	data = notify.data;
	target = ARENA_NEW(step->arena, struct redirect_target);
	if (target == NULL)
		return RC_NO_MEMORY;
	if (redirect_target_read(&data, target, &out->diag) != RC_OK)
		return RC_DROP;
	if (!span_equal(data, nonce))
		return diag_fail(&out->diag, RC_DROP,
				 "REDIRECT without our nonce: it answers nothing that we said");
	if (!peer->conn->accept_redirect ||
	    !redirect_allowed(peer->conn->accept_redirect_to, target))
		return diag_fail(&out->diag, RC_PEER_REFUSED,
				 "the peer redirects us to %s, which conn %s does not allow "
				 "(accept-redirect=, accept-redirect-to=)",
				 redirect_target_text(target, text), peer->conn->name);
	if (redirect_too_often(peer->redirect, step->now))
		return diag_fail(&out->diag, RC_PEER_REFUSED,
				 "redirected %u times within %d s: the gateways send us in circles",
				 REDIRECTS_MAX, (int)(REDIRECT_PERIOD / USEC_PER_SEC));
	out->extra.redirect = target;
	return RC_OK;
}
