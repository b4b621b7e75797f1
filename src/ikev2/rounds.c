/* SPDX-License-Identifier: Apache-2.0 */
/* rfc4739: how many proofs each end owes, and what the two ends say about it. */
#include "ikev2/rounds.h"
#include "sa/intermediate.h"

/* ---- announced ---- */

bool rounds_possible(const struct step *step)
{
	struct peer_methods methods;

	return !peers_methods_at(step->env->peers, &step->local.addr, &step->remote.addr,
				 &methods) ||
	       methods.rounds;
}

enum rc rounds_announced(const struct step *step, struct diag *diag)
{
	struct wire_notify notify;

	if (!peer_has_rounds(step->peer) ||
	    notify_find(step->message, MULTIPLE_AUTH_SUPPORTED, &notify))
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "peer cannot authenticate twice (RFC 4739), which conn %s asks for "
			 "(leftauth2=, rightauth2=)",
			 step->peer->conn->name);
}

void rounds_emit_first(const struct peer *peer, struct writer *writer)
{
	if (!peer_has_rounds(peer))
		return;
	emit_notify(writer, MULTIPLE_AUTH_SUPPORTED);
	if (peer_local_end(peer)->second != NULL)
		emit_notify(writer, ANOTHER_AUTH_FOLLOWS);
}

/* ---- where we are ---- */

struct rounds_view rounds_view(const struct peer *peer, unsigned rounds)
{
	struct rounds_view view = { .ours_all = config_end_rounds(peer_local_end(peer)),
				    .theirs_all = config_end_rounds(peer_remote_end(peer)) };

	view.ours = rounds < view.ours_all ? rounds : view.ours_all;
	view.theirs = rounds < view.theirs_all ? rounds : view.theirs_all;
	return view;
}

uint64_t rounds_kinds(const struct peer *peer)
{
	const struct config_end *ends[] = { peer_local_end(peer), peer_remote_end(peer) };
	uint64_t kinds = 0;

	for (unsigned i = 0; i < 2; i++) {
		kinds = kinds << 16 | (ends[i]->auth & 0xff) << 8;
		kinds |= ends[i]->second != NULL ? ends[i]->second->auth & 0xff : 0;
	}
	return kinds;
}

enum rc rounds_check_same(const struct peer *peer, const struct ike_rounds *rounds,
			  struct diag *diag)
{
	if (rounds_kinds(peer) == rounds->kinds)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "conn %s was loaded anew between two proofs, and asks for others now",
			 peer->conn->name);
}

enum rc rounds_check_follows(const struct peer *peer, const struct rounds_view *view,
			     const struct ike_message *message, struct diag *diag)
{
	struct wire_notify notify;
	bool follows = notify_find(message, ANOTHER_AUTH_FOLLOWS, &notify);

	if (follows == (view->theirs < view->theirs_all))
		return RC_OK;
	if (follows)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "peer wants to prove its identity %s, and conn %s asks for %s",
				 view->theirs > 1 ? "a third time" : "a second time",
				 peer->conn->name,
				 view->theirs > 1 ? "two proofs" : "one proof (no rightauth2=)");
	return diag_fail(diag, RC_AUTH_FAILED,
			 "peer proves its identity only once, and conn %s asks for a second proof "
			 "(rightauth2=)",
			 peer->conn->name);
}

enum rc rounds_check_identity(const struct peer *peer, const struct ike_rounds *rounds,
			      const struct identity *id, struct diag *diag)
{
	const struct config_end *second = peer_remote_end(peer)->second;
	char got[IDENTITY_TEXT_MAX], expected[IDENTITY_TEXT_MAX];
	const struct identity *pattern = &rounds->id;

	if (peer->user != NULL) {
		if (identity_equal(peer->user, id))
			return RC_OK;
		return diag_fail(diag, RC_AUTH_FAILED,
				 "peer says in its second proof that it is %.100s, and this client "
				 "of conn %.60s is %.100s",
				 identity_text(id, got), peer->conn->name,
				 identity_text(peer->user, expected));
	}
	if (second->id_any || second->id_fromcert)
		return RC_OK;
	if (second->id.type != ID_NONE)
		pattern = &second->id;
	else if (identity_equal(&rounds->id, id))
		return RC_OK;
	if (pattern == &second->id && identity_match(pattern, id) > 0)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "peer says in its second proof that it is %.100s, and conn %.60s expects "
			 "%.100s (rightid2=)",
			 identity_text(id, got), peer->conn->name,
			 identity_text(pattern, expected));
}

const struct identity *rounds_expected(const struct peer *peer)
{
	const struct config_end *second = peer_remote_end(peer)->second;

	if (peer->user != NULL)
		return peer->user;
	return second != NULL && second->id.type != ID_NONE ? &second->id : &peer->remote_id;
}

uint32_t rounds_auth_id(const struct ike_sa *sa, uint32_t now)
{
	const struct ike_larval *larval = sa->larval;

	return larval->rounds == NULL || larval->intermediate == NULL
		       ? now
		       : larval->intermediate->exchanges + 1u;
}

/* ---- what was proven ---- */

/* Several proofs are not resumed by one ticket: certified_until says so. */
enum rc rounds_join(struct step *step, struct outcome *out)
{
	const struct ike_rounds *rounds = step->sa->larval->rounds;
	struct x509_proof *both;

	if (rounds == NULL)
		return RC_OK;
	out->extra.certified_until = -1;
	if (rounds->proof == NULL)
		return RC_OK;
	both = out->extra.proof != NULL ? x509_proof_join(rounds->proof, out->extra.proof)
					: x509_proof_copy(rounds->proof);
	if (both == NULL)
		return RC_NO_MEMORY;
	out->extra.proof = both;
	return outcome_hold(step->arena, out, mem_free, both);
}

void rounds_keep(struct outcome *out)
{
	out->rounds.done = true;
	out->rounds.proof = out->extra.proof;
	out->extra.proof = NULL;
	out->extra.certified_until = 0;
	out->next = IKEV2_ROUNDS;
}

void rounds_proven(const struct peer *peer, struct outcome *out, bool ours, uint8_t method,
		   const struct wire_id *id)
{
	if (peer_has_rounds(peer))
		out->proven[ours ? 1 : 0] = (struct outcome_proof){ method, *id };
}
