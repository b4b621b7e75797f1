/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8784: who proposes which post-quantum preshared key, and what follows when the other end has
 * none. The keys themselves are mixed by ike_keys_mix_ppk(). */
#include "ikev2/ppk.h"

/* §5.1: types of PPK_ID */
#define PPK_ID_OPAQUE 1
#define PPK_ID_FIXED  2

static enum rc find(const struct step *step, const struct peer *peer,
		    const struct identity *remote_id, const struct ip_endpoint *local,
		    const struct ip_endpoint *remote, struct span id, struct ppk *out,
		    struct diag *diag)
{
	const struct secrets *secrets = step->env->secrets;

	*out = (struct ppk){ .id = SPAN_NONE };
	if (secrets == NULL)
		return diag_fail(diag, RC_NOT_FOUND, "no secrets are loaded (ipsec.secrets)");
	return secrets_ppk(secrets, &peer->local_id, &local->addr, remote_id, &remote->addr, id,
			   &out->id, &out->key, diag);
}

/* The first of ppk-ids= that is there. */
static enum rc find_listed(const struct step *step, const struct peer *peer,
			   const struct ip_endpoint *local, const struct ip_endpoint *remote,
			   struct ppk *out, struct diag *diag)
{
	uint8_t id[PPK_ID_MAX];
	enum rc rc = RC_NOT_FOUND;
	size_t len = config_ppk_id(peer->conn, 0, id);

	for (unsigned i = 1; len > 0 && rc == RC_NOT_FOUND; i++) {
		rc = find(step, peer, &peer->remote_id, local, remote, span_make(id, len), out,
			  diag);
		len = config_ppk_id(peer->conn, i, id);
	}
	return rc;
}

enum rc ppk_propose(const struct step *step, const struct peer *peer,
		    const struct ip_endpoint *local, const struct ip_endpoint *remote,
		    struct ppk *out, struct diag *diag)
{
	const struct config_conn *conn = peer->conn;
	struct diag why = { "" };
	enum rc rc;

	*out = (struct ppk){ .id = SPAN_NONE };
	if (conn->ppk == PPK_NO)
		return RC_OK;
	rc = conn->ppk_ids != NULL
		     ? find_listed(step, peer, local, remote, out, &why)
		     : find(step, peer, &peer->remote_id, local, remote, SPAN_NONE, out, &why);
	if (rc != RC_NOT_FOUND || conn->ppk != PPK_INSIST)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	return diag_fail(diag, RC_AUTH_FAILED, "ppk=insist: %s", why.text);
}

enum rc ppk_agreed(const struct step *step, bool *use, struct diag *diag)
{
	const struct config_conn *conn = step->peer->conn;
	struct wire_notify notify;

	*use = conn->ppk != PPK_NO && notify_find(step->message, USE_PPK, &notify);
	if (conn->ppk != PPK_INSIST || *use)
		return RC_OK;
	return diag_fail(
		diag, RC_PEER_REFUSED,
		"peer has no post-quantum preshared key for us (no USE_PPK in its answer), "
		"and conn %s has ppk=insist",
		conn->name);
}

bool ppk_welcome(const struct step *step)
{
	struct wire_notify notify;

	return step->env->secrets != NULL && secrets_have_ppk(step->env->secrets) &&
	       notify_find(step->message, USE_PPK, &notify);
}

enum rc ppk_emit_identity(struct arena *arena, struct writer *writer, struct span id)
{
	uint8_t *data = arena_alloc(arena, id.len + 1);
	struct wire_notify notify = { .type = PPK_IDENTITY };

	if (data == NULL)
		return RC_NO_MEMORY;
	data[0] = PPK_ID_FIXED;
	memcpy(data + 1, id.ptr, id.len);
	notify.data = span_make(data, id.len + 1);
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

void ppk_emit_confirmation(struct writer *writer)
{
	emit_notify(writer, PPK_IDENTITY);
}

void ppk_emit_no_ppk_auth(struct writer *writer, struct span auth)
{
	struct wire_notify notify = { .type = NO_PPK_AUTH, .data = auth };

	wire_notify_emit(writer, &notify);
}

enum rc ppk_read_request(const struct step *step, struct ppk_request *out, struct diag *diag)
{
	struct wire_notify notify;

	*out = (struct ppk_request){ .id = SPAN_NONE };
	if (!step->sa->larval->use_ppk || !notify_find(step->message, PPK_IDENTITY, &notify))
		return RC_OK;
	if (notify.data.len < 2)
		return diag_fail(diag, RC_SYNTAX, "PPK_IDENTITY of %zu bytes", notify.data.len);
	out->offered = true;
	/* whatever its type: one that we cannot look up is one that we do not have */
	if (notify.data.ptr[0] == PPK_ID_FIXED || notify.data.ptr[0] == PPK_ID_OPAQUE)
		out->id = span_make(notify.data.ptr + 1, notify.data.len - 1);
	if (notify_find(step->message, NO_PPK_AUTH, &notify))
		out->without = notify.data;
	return RC_OK;
}

static bool listed(const struct config_conn *conn, struct span id)
{
	uint8_t one[PPK_ID_MAX];
	size_t len = config_ppk_id(conn, 0, one);

	for (unsigned i = 1; len > 0; i++) {
		if (span_equal(span_make(one, len), id))
			return true;
		len = config_ppk_id(conn, i, one);
	}
	return conn->ppk_ids == NULL;
}

static enum rc find_named(const struct step *step, const struct peer *peer,
			  const struct identity *remote_id, struct span id, struct ppk *out,
			  struct diag *diag)
{
	const struct config_conn *conn = peer->conn;
	char text[PPK_ID_TEXT_MAX];

	*out = (struct ppk){ .id = SPAN_NONE };
	if (conn->ppk == PPK_NO)
		return diag_fail(diag, RC_NOT_FOUND, "peer wants a PPK, and conn %s has ppk=no",
				 conn->name);
	if (id.len == 0)
		return diag_fail(diag, RC_NOT_FOUND, "peer names its PPK in an unknown way");
	if (!listed(conn, id))
		return diag_fail(diag, RC_NOT_FOUND,
				 "peer wants the PPK %s, which ppk-ids= of conn %s does not list",
				 ppk_id_text(id, text), conn->name);
	return find(step, peer, remote_id, &step->local, &step->remote, id, out, diag);
}

static enum rc without_ppk(const struct config_conn *conn, struct diag *diag)
{
	if (conn->ppk != PPK_INSIST)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "peer does not use a post-quantum preshared key, and conn %s has "
			 "ppk=insist",
			 conn->name);
}

enum rc ppk_decide(const struct step *step, const struct peer *peer,
		   const struct identity *remote_id, const struct ppk_request *request,
		   struct span *key, struct diag *diag)
{
	const struct config_conn *conn = peer->conn;
	struct diag why = { "" };
	struct ppk ppk;
	enum rc rc;

	*key = SPAN_NONE;
	if (!request->offered)
		return without_ppk(conn, diag);
	rc = find_named(step, peer, remote_id, request->id, &ppk, &why);
	if (rc == RC_OK)
		*key = ppk.key;
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	if (conn->ppk == PPK_INSIST)
		return diag_fail(diag, RC_AUTH_FAILED, "ppk=insist: %s", why.text);
	if (request->without.ptr == NULL)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "%s; and it does not say how to do without (NO_PPK_AUTH)",
				 why.text);
	return RC_OK;
}
