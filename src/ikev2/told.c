/* SPDX-License-Identifier: Apache-2.0 */
/* What peers tell each other beside the work of an exchange: the token of quick crash detection
 * (rfc6290 §4) and how long authentication holds (rfc4478 §3); and the INFORMATIONAL that tells
 * what has changed. */
#include "ikev2/redirect.h"
#include "ikev2/resume.h"
#include "sa/extra.h"

enum rc told_emit_token(struct step *step, uint64_t spi_i, uint64_t spi_r, struct writer *writer)
{
	struct wire_notify notify = { .type = QUICK_CRASH_DETECTION };
	uint8_t *token = arena_alloc(step->arena, CRASH_TOKEN_LEN);

	if (token == NULL)
		return RC_NO_MEMORY;
	if (!step->env->setup->crash_detection ||
	    crash_token(step->env->sas, spi_i, spi_r, token) != RC_OK)
		return RC_OK;
	notify.data = span_make(token, CRASH_TOKEN_LEN);
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

static enum rc emit_seconds(struct step *step, uint32_t seconds, struct writer *writer)
{
	struct wire_notify notify = { .type = AUTH_LIFETIME };
	uint8_t *data = arena_alloc(step->arena, 4);
	struct sink sink;

	if (data == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, data, 4);
	sink_u32(&sink, seconds);
	notify.data = sink_written(&sink);
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

enum rc told_emit_lifetime(struct step *step, const struct config_conn *conn, struct outcome *out,
			   struct writer *writer)
{
	usec_t began = out->extra.authenticated != 0 ? out->extra.authenticated : step->now;
	usec_t seconds = (began + conn->auth_lifetime - step->now) / USEC_PER_SEC;

	if (conn->auth_lifetime == 0)
		return RC_OK;
	out->extra.auth_told = (uint32_t)(seconds > 0 ? seconds : 1);
	return emit_seconds(step, out->extra.auth_told, writer);
}

void told_read(const struct step *step, struct outcome *out)
{
	struct wire_notify notify;
	struct span data;

	if (step->env->setup->crash_detection &&
	    notify_find(step->message, QUICK_CRASH_DETECTION, &notify))
		out->extra.crash_token = notify.data;
	resume_read_grant(step, out);
	/* RFC 4478 §3: the first responder says it, whoever began a rekey since */
	if (step->sa->answered || !notify_find(step->message, AUTH_LIFETIME, &notify))
		return;
	data = notify.data;
	out->extra.auth_lifetime_set = span_u32(&data, &out->extra.auth_lifetime) == RC_OK;
}

/* ---- the INFORMATIONAL ---- */

/* What is left of the lifetime that the conn has now, counted from the proof of identity. */
static enum rc tell_lifetime(struct step *step, struct outcome *out, struct writer *writer)
{
	const struct ike_extra *extra = step->sa->extra;
	usec_t ends = extra->authenticated + step->sa->peer->conn->auth_lifetime;
	usec_t left = ends > step->now ? (ends - step->now) / USEC_PER_SEC : 0;

	out->extra.auth_told = (uint32_t)(left > 0 ? left : 1);
	return emit_seconds(step, out->extra.auth_told, writer);
}

static enum rc tell(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	uint8_t what = sa->extra != NULL ? sa->extra->tell : 0;
	struct sink sink;
	struct writer writer;

	if (what == 0)
		return diag_fail(&out->diag, RC_CANCELLED, "there is nothing left to tell");
	TRY(inner_start(step->arena, &sink, &writer));
	if ((what & TELL_CRASH_TOKEN) != 0)
		TRY(told_emit_token(step, sa->spi_i, sa->spi_r, &writer));
	if ((what & TELL_LIFETIME) != 0)
		TRY(tell_lifetime(step, out, &writer));
	if ((what & TELL_REDIRECT) != 0 && sa->extra->redirect != NULL)
		TRY(redirect_emit_told(step, &writer, out));
	if ((what & TELL_TICKET) != 0)
		resume_emit_request(sa->peer, &writer);
	out->extra.told = what;
	out->message.exchange = EXCHANGE_INFORMATIONAL;
	out->message.purpose = REQUEST_TELL;
	return inner_finish(&writer, &sink, &out->message);
}

static const step_fn tell_steps[] = { tell, NULL };

const struct ike_row ikev2_tell_rows[] = {
	{ IKE_ESTABLISHED, INITIATOR, EVENT_TELL, NULL, tell_steps, IKE_ESTABLISHED,
	  "the peer is to know something new: a crash token, the end of its authentication" },
	{ IKE_ESTABLISHED, RESPONDER, EVENT_TELL, NULL, tell_steps, IKE_ESTABLISHED,
	  "the peer is to know something new: a crash token, the end of its authentication" },
	{ .story = NULL },
};
