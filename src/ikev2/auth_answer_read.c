/* SPDX-License-Identifier: Apache-2.0 */
/* What an IKE_AUTH request says, of the first round (rfc7296 §1.2) and of further ones (rfc4739).
 */
#include "ikev2/auth_answer.h"

static enum rc auth_removed(struct outcome *out)
{
	return diag_fail(&out->diag, RC_AUTH_FAILED, "the conn was removed meanwhile");
}

void auth_set_peer(struct auth_request *in, struct peer *peer)
{
	in->peer = peer;
	in->peer_serial = peer->serial;
	in->template_serial = peer->parent != NULL ? peer->parent->serial : 0;
}

static bool is_there(const struct peer *peer)
{
	return peer != NULL && !peer->doomed;
}

enum rc auth_find_again(const struct step *step, struct auth_request *in, struct outcome *out)
{
	struct peers *peers = step->env->peers;
	struct peer *peer = peers_by_serial(peers, in->peer_serial);

	if (!is_there(peer) && in->template_serial != 0)
		peer = peers_by_serial(peers, in->template_serial);
	if (!is_there(peer))
		return auth_removed(out);
	auth_set_peer(in, peer);
	return RC_OK;
}

/* As if the first request were at hand. */
enum rc auth_in_first(struct step *step, struct outcome *out, step_fn fn)
{
	const struct auth_request *in = step->scratch;
	const struct ike_message *now = step->message;
	enum rc rc;

	step->message = in->first;
	rc = fn(step, out);
	step->message = now;
	return rc;
}

/* What only the first request says. */
static enum rc read_first(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	const struct ike_message *message = step->message;
	const struct payload *idr = payload_of(message, PAYLOAD_IDr);

	TRY(wire_id_parse(payload_of(message, PAYLOAD_IDi)->body, &in->idi, &out->diag));
	in->idr_present = idr != NULL;
	if (idr != NULL)
		TRY(wire_id_parse(idr->body, &in->idr, &out->diag));
	in->cert_asked = payload_of(message, PAYLOAD_CERTREQ) != NULL;
	TRY(cp_read_request(step, &in->cp, &out->diag));
	in->idi_identity = identity_borrowed(&in->idi);
	in->idr_identity = identity_borrowed(&in->idr);
	return child_read(step->arena, message, &in->child, &out->diag);
}

/* in->id is known. A round of EAP would begin here, with a request without AUTH (RFC 4739 §1.3). */
static enum rc read_proof(struct step *step, struct auth_request *in, struct outcome *out)
{
	const struct payload *auth = payload_of(step->message, PAYLOAD_AUTH);

	if (auth == NULL)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "peer asks for EAP (no AUTH payload), which no conn allows");
	TRY(wire_auth_parse(auth->body, &in->check.auth, &out->diag));
	in->identity = identity_borrowed(&in->id);
	in->proves = true;
	return check_read(step, &in->check, &out->diag);
}

enum rc auth_read_request(struct step *step, struct outcome *out)
{
	struct auth_request *in = ARENA_NEW(step->arena, struct auth_request);
	const struct ike_message *message = step->message;

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	TRY(intermediate_complete(step->sa, &out->diag));
	in->first = message;
	in->round = 1;
	TRY(read_first(step, out));
	in->id = in->idi;
	TRY(ppk_read_request(step, &in->ppk, &out->diag));
	return read_proof(step, in, out);
}

/* ---- a further request (RFC 4739) ---- */

/* Of the conns for which the first proofs are these the second identity chooses one; and the
 * client may have an instance of it, or have none any more. */
static void choose_peer(const struct step *step, struct auth_request *in, struct peer *base)
{
	const struct peer_claim claim = {
		.idi = &in->idi_identity,
		.idr = in->idr_present ? &in->idr_identity : NULL,
		.multiple = true,
		.another = peer_remote_end(base)->second != NULL,
		.choice = &step->sa->choice,
		.tsi = in->child.present ? &in->child.tsi : NULL,
		.tsr = in->child.present ? &in->child.tsr : NULL,
	};
	const struct peer_second second = {
		.base = base,
		.id = &in->identity,
		.methods = in->proves ? auth_method_kinds(in->check.auth.method) : 0,
	};

	auth_set_peer(in, peers_for_second(step->env->peers, &step->local.addr, &step->remote.addr,
					   &claim, &second));
}

/* The ID and AUTH of the peer's second proof. */
static enum rc read_second(struct step *step, struct auth_request *in, struct peer *base,
			   struct outcome *out)
{
	const struct payload *idi = payload_of(step->message, PAYLOAD_IDi);

	if (idi == NULL)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "peer leaves out the second proof that it announced (no IDi)");
	TRY(wire_id_parse(idi->body, &in->id, &out->diag));
	TRY(read_proof(step, in, out));
	choose_peer(step, in, base);
	return rounds_check_identity(in->peer, step->sa->larval->rounds, &in->identity, &out->diag);
}

/* Only we have another proof to give. */
static enum rc read_nothing(const struct step *step, struct auth_request *in, struct peer *base,
			    struct outcome *out)
{
	choose_peer(step, in, base);
	if (payload_of(step->message, PAYLOAD_IDi) == NULL &&
	    payload_of(step->message, PAYLOAD_AUTH) == NULL)
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "peer proves its identity once more, which it has not announced");
}

/* What the peer expects us to be in our second proof, if it says so. */
static enum rc check_wanted(const struct step *step, const struct auth_request *in,
			    struct outcome *out)
{
	const struct auth_ends ends = { .peer = in->peer, .again = true };
	const struct payload *idr = payload_of(step->message, PAYLOAD_IDr);
	char asked[IDENTITY_TEXT_MAX], text[IDENTITY_TEXT_MAX];
	struct identity wanted, ours;
	struct wire_id id;

	if (idr == NULL || peer_local_end(in->peer)->second == NULL)
		return RC_OK;
	TRY(wire_id_parse(idr->body, &id, &out->diag));
	TRY(auth_local_id(step, &ends, &ours, &out->diag));
	wanted = identity_borrowed(&id);
	if (identity_match(&ours, &wanted) > 0)
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "peer asks for %.100s in our second proof, and we are %.100s (leftid2=)",
			 identity_text(&wanted, asked), identity_text(&ours, text));
}

/* The first proof chose the conn, and where it came from did. */
static enum rc check_place(const struct step *step, const struct peer *peer, struct outcome *out)
{
	char addr[IP_TEXT_MAX];

	if (peer_may_come_from(peer, &step->remote.addr))
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "peer gives its second proof from %s, where conn %s does not expect it",
			 ip_text(&step->remote.addr, addr), peer->conn->name);
}

enum rc auth_read_further(struct step *step, struct outcome *out)
{
	const struct ike_rounds *rounds = step->sa->larval->rounds;
	struct auth_request *in = ARENA_NEW(step->arena, struct auth_request);
	struct ike_message *first = ARENA_NEW(step->arena, struct ike_message);
	struct peer *base;

	if (in == NULL || first == NULL)
		return RC_NO_MEMORY;
	if (rounds == NULL)
		return RC_INTERNAL;
	step->scratch = in;
	TRY(rounds_first(step->arena, rounds, first));
	in->first = first;
	in->round = rounds_current(step->sa->larval);
	TRY(auth_in_first(step, out, read_first));
	base = peers_by_serial(step->env->peers, rounds->peer);
	if (base == NULL || base->doomed)
		return auth_removed(out);
	TRY(rounds_check_same(base, rounds, &out->diag));
	in->id = in->idi;
	in->identity = in->idi_identity;
	TRY(rounds_view(base, 1).theirs_all > 1 ? read_second(step, in, base, out)
						: read_nothing(step, in, base, out));
	TRY(check_place(step, in->peer, out));
	return check_wanted(step, in, out);
}
