/* SPDX-License-Identifier: Apache-2.0 */
/* rfc5685: REDIRECT in IKE_SA_INIT (§3), INFORMATIONAL (§5) and IKE_AUTH (§6), both roles. */
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
static const struct redirect_target *pick(const struct step *step, const char *list,
					  const struct redirect_target *from)
{
	struct redirect_target *to = ARENA_NEW(step->arena, struct redirect_target);

	if (to == NULL ||
	    !redirect_list_pick(list, &step->remote.addr, &step->local.addr, from, to))
		return NULL;
	return to;
}

const struct redirect_target *redirect_of_all(const struct step *step)
{
	const struct redirect_policy *policy = step->env->redirect;
	struct redirect_target from;

	if (policy->to == NULL || policy->when == TRI_NO ||
	    (policy->when == TRI_AUTO && !busy(step)) || !redirect_supported(step->message, &from))
		return NULL;
	return pick(step, policy->to, &from);
}

/* What the client can do was said in IKE_SA_INIT. */
const struct redirect_target *redirect_of_conn(const struct step *step,
					       const struct config_conn *conn)
{
	static const struct redirect_target nowhere = { .name = "" };

	if (!conn->send_redirect || conn->redirect_to == NULL || !step->sa->peer_redirects)
		return NULL;
	return pick(step, conn->redirect_to, &nowhere);
}

enum rc redirect_data(struct arena *arena, const struct redirect_target *gateway, struct span nonce,
		      struct span *data, struct outcome *out)
{
	size_t size = 2 + sizeof(gateway->name) + nonce.len;
	uint8_t *buffer = arena_alloc(arena, size);
	struct sink sink;

	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, size);
	redirect_target_emit(&sink, gateway);
	sink_span(&sink, nonce);
	*data = sink_written(&sink);
	out->extra.redirect_sent = gateway;
	return sink_rc(&sink);
}

enum rc redirect_emit(struct arena *arena, const struct redirect_target *gateway,
		      struct writer *writer, struct outcome *out)
{
	struct wire_notify notify = { .type = REDIRECT };

	TRY(redirect_data(arena, gateway, SPAN_NONE, &notify.data, out));
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

enum rc redirect_emit_told(struct step *step, struct writer *writer, struct outcome *out)
{
	struct redirect_target *target = ARENA_NEW(step->arena, struct redirect_target);

	if (target == NULL)
		return RC_NO_MEMORY;
	TRY(redirect_target_parse(step->sa->extra->redirect, target));
	return redirect_emit(step->arena, target, writer, out);
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

static enum rc refuse(struct outcome *out, enum redirect_event why, enum rc rc)
{
	out->extra.redirect_refused = (uint8_t)why;
	return rc;
}

static enum rc check_allowed(const struct peer *peer, const struct redirect_target *target,
			     usec_t now, struct outcome *out)
{
	char text[256];

	if (!peer->conn->accept_redirect ||
	    !redirect_allowed(peer->conn->accept_redirect_to, target))
		return refuse(out, REDIRECT_NOT_ALLOWED,
			      diag_fail(&out->diag, RC_PEER_REFUSED,
					"the peer redirects us to %s, which conn %s does not allow "
					"(accept-redirect=, accept-redirect-to=)",
					redirect_target_text(target, text), peer->conn->name));
	if (redirect_too_often(peer->redirect, now))
		return refuse(out, REDIRECT_LOOP,
			      diag_fail(&out->diag, RC_PEER_REFUSED,
					"redirected %u times within %d s: the gateways send us in "
					"circles",
					REDIRECTS_MAX, (int)(REDIRECT_PERIOD / USEC_PER_SEC)));
	return RC_OK;
}

enum rc redirect_read(const struct step *step, struct span nonce, struct outcome *out)
{
	const struct peer *peer = step->sa->peer;
	struct redirect_target *target;
	struct wire_notify notify;
	struct span data;

	if (peer == NULL || !notify_find(step->message, REDIRECT, &notify))
		return RC_NOT_FOUND;
	data = notify.data;
	target = ARENA_NEW(step->arena, struct redirect_target);
	if (target == NULL)
		return RC_NO_MEMORY;
	if (redirect_target_read(&data, target, &out->diag) != RC_OK)
		return refuse(out, REDIRECT_UNREADABLE, RC_DROP);
	if (!span_equal(data, nonce))
		return refuse(out, REDIRECT_UNREADABLE,
			      diag_fail(&out->diag, RC_DROP,
					"REDIRECT without our nonce: it answers nothing that we "
					"said"));
	TRY(check_allowed(peer, target, step->now, out));
	out->extra.redirect = target;
	return RC_OK;
}
