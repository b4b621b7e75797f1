/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.2: the IKE_AUTH request. It follows IKE_SA_INIT at once, when much is still to be
 * committed, or IKE_INTERMEDIATE. Each step in the order of time, the first last. */
#include "ikev2/auth.h"
#include "ikev2/certs.h"
#include "ikev2/cp.h"
#include "ikev2/intermediate.h"
#include "ikev2/ppk.h"
#include "ikev2/resume.h"
#include "ikev2/rounds.h"

struct auth_making {
	struct auth_ends ends;
	struct ip_endpoint local, remote;
	struct ppk ppk;
	struct identity id;
	struct wire_id idi;
	struct prove prove;
	struct prove without; /* the PPK, RFC 8784 §3 */
	bool cert_asked;
};

static const struct ike_suite *suite_now(const struct step *step, const struct outcome *out)
{
	return out->choice_set ? &out->suite : &step->sa->suite;
}

/* ---- AUTH ---- */

static const struct peer_accepts *accepts_now(const struct step *step, const struct outcome *out)
{
	return out->accepts.hashes != 0 || out->accepts.kinds != 0 ? &out->accepts
								   : &step->sa->larval->accepts;
}

static enum rc sign(struct step *step, const struct ike_keys *keys, struct prove *prove,
		    struct outcome *out)
{
	const struct auth_making *making = step->scratch;
	const struct ike_larval *larval = step->sa->larval;
	struct auth_input input = {
		.suite = suite_now(step, out),
		.message = span_make(larval->init_request, larval->init_request_len),
		.nonce = out->nr.ptr != NULL ? out->nr : span_make(larval->nr, larval->nr_size),
		.sk_p = ike_key(keys, suite_now(step, out), SK_pi),
		.id = &making->idi,
	};

	if (larval->resume != NULL) {
		*prove = (struct prove){ .method = AUTH_SHARED_KEY };
		return resumed_auth(step->arena, &input, &prove->value);
	}
	TRY(intermediate_signed(step, out, step->sa->send_next, &input.int_auth));
	return prove_begin(step, &making->ends, accepts_now(step, out), &input, prove, out);
}

/* RFC 8784 §3: AUTH with the PPK in SK_pi. */
static enum rc sign_with_ppk(struct step *step, const struct ppk *ppk, struct prove *prove,
			     struct outcome *out)
{
	struct ike_keys mixed = { .block = { NULL, 0 } };
	enum rc rc =
		ike_keys_mix_ppk(suite_now(step, out), keys_now(step->sa, out), ppk->key, &mixed);

	if (rc == RC_OK)
		rc = sign(step, &mixed, prove, out);
	ike_keys_wipe(&mixed);
	return rc;
}

static enum rc begin(struct step *step, struct outcome *out)
{
	struct auth_making *making = ARENA_NEW(step->arena, struct auth_making);

	if (making == NULL)
		return RC_NO_MEMORY;
	step->scratch = making;
	making->local = out->endpoints_set ? out->local : step->sa->local;
	making->remote = out->endpoints_set ? out->remote : step->sa->remote;
	making->ends = (struct auth_ends){ .peer = step->peer,
					   .remote_id = &step->peer->remote_id,
					   .local = &making->local,
					   .remote = &making->remote };
	TRY(auth_local_id(step, &making->ends, &making->id, &out->diag));
	making->idi = identity_to_wire(&making->id);
	if (out->use_ppk || step->sa->larval->use_ppk)
		TRY(ppk_propose(step, step->peer, &making->local, &making->remote, &making->ppk,
				&out->diag));
	if (making->ppk.id.len > 0)
		return sign_with_ppk(step, &making->ppk, &making->prove, out);
	return sign(step, keys_now(step->sa, out), &making->prove, out);
}

/* For a responder that does not have the PPK. */
static enum rc sign_without(struct step *step, struct outcome *out)
{
	struct auth_making *making = step->scratch;

	TRY(prove_end(step, &making->prove, out));
	if (making->ppk.id.len == 0 || step->peer->conn->ppk == PPK_INSIST)
		return RC_OK;
	return sign(step, keys_now(step->sa, out), &making->without, out);
}

/* ---- the message ---- */

struct contact {
	const struct ike_sa *sa; /* this one */
	bool others;
};

static void look_for_others(void *context, struct peer *peer)
{
	struct contact *contact = context;

	list_for(node, &peer->ike_sas)
	{
		const struct ike_sa *other = container_of(node, struct ike_sa, in_peer);
		if (other != contact->sa && other->state != IKEV2_INIT_SENT &&
		    other->state != IKEV2_INTERMEDIATE_SENT)
			contact->others = true;
	}
}

/* §2.4: only when nothing of this peer is alive (architecture.md §6) or about to be: another
 * IKE_AUTH of ours may have been accepted already, also for a conn that has another ike=. */
static bool first_contact(const struct ike_sa *sa, struct peer *peer, usec_t now)
{
	struct contact contact = { .sa = sa };

	if (!peer->conn->initial_contact)
		return false;
	list_for(node,
		 &peer->tunnels) if (tunnel_succeeds(container_of(node, struct tunnel, in_peer),
						     now)) return false;
	look_for_others(&contact, peer);
	peer_twins(peer, look_for_others, &contact);
	return !contact.others;
}

static enum rc emit_identities(struct step *step, struct writer *writer, struct outcome *out)
{
	const struct auth_making *making = step->scratch;
	struct peer *peer = step->peer;
	struct wire_id idr = identity_to_wire(&peer->remote_id);
	struct wire_auth auth = { making->prove.method, making->prove.value };
	bool asked = out->cert_asked || step->sa->larval->cert_asked;

	wire_id_emit(writer, PAYLOAD_IDi, &making->idi);
	certs_emit(peer_local_end(peer), &making->prove, asked, writer);
	if (step->sa->larval->resume == NULL)
		TRY(certs_emit_request(step, peer_remote_end(peer), writer));
	if (accepts_now(step, out)->kinds != 0)
		TRY(certs_emit_methods(step, peer_remote_end(peer), writer));
	if (first_contact(step->sa, peer, step->now))
		emit_notify(writer, INITIAL_CONTACT);
	if (!identity_has_wildcard(&peer->remote_id))
		wire_id_emit(writer, PAYLOAD_IDr, &idr);
	wire_auth_emit(writer, &auth);
	rounds_emit_first(peer, writer);
	rounds_proven(peer, out, true, auth.method, &making->idi);
	return RC_OK;
}

/* The PPK's name, and AUTH without it for a peer that does not have it. */
static enum rc emit_ppk(struct step *step, struct writer *writer)
{
	const struct auth_making *making = step->scratch;

	if (making->ppk.id.len == 0)
		return RC_OK;
	TRY(ppk_emit_identity(step->arena, writer, making->ppk.id));
	if (making->without.method != AUTH_NONE)
		ppk_emit_no_ppk_auth(writer, making->without.value);
	return RC_OK;
}

static enum rc emit_child(struct step *step, struct writer *writer, struct outcome *out)
{
	const struct auth_making *making = step->scratch;
	struct selectors asking;
	bool childless;
	enum rc rc;

	TRY(cp_emit_request(step, step->peer, writer));
	TRY(childless_begin(step->peer->conn, out->childless || step->sa->larval->childless,
			    &childless, &out->diag));
	if (childless)
		return RC_OK;
	TRY(child_spi_random(step->env->sas, &out->child_spi));
	TRY(child_offer_sa(step->arena, step->tunnel, out->child_spi, PROPOSAL_NO_DH, NULL,
			   writer));
	TRY(cp_asking(step->tunnel, &asking, &out->diag));
	rc = child_offer_selectors(step->arena, step->tunnel, &asking, writer);
	selectors_free(out->proposed);
	out->proposed = selectors_copy(&asking);
	selectors_drop(&asking);
	TRY(rc);
	if (out->proposed == NULL)
		return RC_NO_MEMORY;
	ipcomp_offer(step->tunnel, &making->remote.addr, out->child_spi, writer);
	return RC_OK;
}

static enum rc emit(struct step *step, struct outcome *out)
{
	struct auth_making *making = step->scratch;
	struct sink sink;
	struct writer writer;

	TRY(prove_end(step, &making->without, out));
	if (step->tunnel == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the tunnel is not wanted any more");
	TRY(inner_start_with(step->arena, prove_room(&making->prove) + making->without.value.len,
			     &sink, &writer));
	TRY(emit_identities(step, &writer, out));
	TRY(emit_child(step, &writer, out));
	TRY(told_emit_token(step, step->sa->spi_i,
			    out->peer_spi != 0 ? out->peer_spi : step->sa->spi_r, &writer));
	TRY(emit_ppk(step, &writer));
	TRY(mobike_emit_support(step, step->peer, &making->local.addr, &writer));
	resume_emit_request(step->peer, &writer);
	emit_window_size(&writer);
	out->message.exchange = EXCHANGE_IKE_AUTH;
	out->message.purpose = REQUEST_AUTH;
	return inner_finish(&writer, &sink, &out->message);
}

static const step_fn request_steps[] = { begin /* suspends: signature */,
					 sign_without /* suspends: signature */, emit, NULL };

void auth_request_make(struct step *step)
{
	step->divert = request_steps;
}
