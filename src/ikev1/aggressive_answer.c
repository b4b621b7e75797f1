/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5: Aggressive Mode as the responder. Rows, then each step in the order of time. */
#include "ikev1/private.h"

struct aggressive_answer {
	struct isakmp_choice choice;
	struct v1_derive derive;
	struct v1_caller caller;
	struct v1_nat nat;
};

static enum rc scratch(struct step *step, struct aggressive_answer **out)
{
	*out = step->scratch = ARENA_NEW(step->arena, struct aggressive_answer);
	if (*out == NULL)
		return RC_NO_MEMORY;
	(*out)->caller.aggressive = true;
	(*out)->caller.user = PEER_ANY_USER;
	return RC_OK;
}

/* ---- SA, KE, nonce, ID ---- */

/* All transforms have the group of the KE. */
static uint16_t group_of(const struct isakmp_sa *sa)
{
	const struct isakmp_transform *transform = &sa->proposals[0].transforms[0];
	uint64_t value;

	for (unsigned i = 0; i < transform->attribute_count; i++)
		if (transform->attributes[i].type == OAKLEY_GROUP_DESCRIPTION &&
		    isakmp_attribute_number(&transform->attributes[i], &value) == RC_OK &&
		    value <= UINT16_MAX)
			return (uint16_t)value;
	return DH_NONE;
}

static enum rc agree(const struct step *step, const struct peer *peer,
		     const struct isakmp_sa *theirs, struct isakmp_choice *choice,
		     struct diag *diag)
{
	struct isakmp_phase1_terms terms;

	TRY(v1_terms(step, peer, &terms, diag));
	terms.group = group_of(theirs);
	if (terms.group == DH_NONE)
		return diag_fail(diag, RC_NO_PROPOSAL, "peer offers no group");
	return isakmp_choose_phase1(peer->conn->ike, &terms, theirs, choice, diag);
}

/* It may be another conn's that has the same identity, but other algorithms or methods. */
static enum rc agree_by_another(const struct step *step, struct aggressive_answer *in,
				const struct isakmp_sa *theirs)
{
	const struct peer *candidates[PEER_CANDIDATES_MAX];
	unsigned count = peers_candidates_v1(step->env->peers, &step->local.addr,
					     &step->remote.addr, true, candidates);
	struct diag diag = { "" };
	enum rc rc = RC_NO_PROPOSAL;

	for (unsigned i = 0; i < count && rc != RC_NO_MEMORY; i++) {
		struct isakmp_choice choice;
		struct v1_caller caller = in->caller;
		caller.user = peer_user_of(candidates[i]);
		rc = agree(step, candidates[i], theirs, &choice, &diag);
		if (rc == RC_OK)
			rc = v1_caller_find(step, &caller, choice.auth, &choice.choice, &diag);
		if (rc == RC_OK)
			rc = agree(step, v1_caller_peer(step, &caller), theirs, &in->choice, &diag);
		if (rc != RC_OK)
			continue;
		in->caller = caller;
		return RC_OK;
	}
	return rc;
}

static enum rc choose(struct step *step, struct aggressive_answer *in, struct isakmp_sa *theirs,
		      struct outcome *out)
{
	enum rc rc;

	TRY(v1_caller_find(step, &in->caller, 0, NULL, &out->diag));
	TRY(isakmp_sa_parse(step->arena, v1_payload(step->message, ISAKMP_SA)->body, theirs,
			    &out->diag));
	rc = agree(step, v1_caller_peer(step, &in->caller), theirs, &in->choice, &out->diag);
	if (rc != RC_OK && (rc == RC_NO_MEMORY || agree_by_another(step, in, theirs) != RC_OK))
		return rc;
	TRY(v1_answer_sa(step, &in->choice, out));
	v1_fragments(out->born, v1_caller_peer(step, &in->caller)->conn);
	return RC_OK;
}

static enum rc take_psk(struct step *step, struct aggressive_answer *in, struct outcome *out)
{
	const struct auth_ends ends =
		v1_caller_ends(step, &in->caller, v1_caller_peer(step, &in->caller));

	return v1_psk(step, in->choice.auth, &ends, &in->derive.psk, &out->diag);
}

static enum rc read_first(struct step *step, struct outcome *out)
{
	struct span ni, id = v1_payload(step->message, ISAKMP_ID)->body;
	struct aggressive_answer *in;
	struct isakmp_sa theirs;

	TRY(scratch(step, &in));
	TRY(isakmp_nonce_parse(v1_payload(step->message, ISAKMP_NONCE)->body, &ni, &out->diag));
	TRY(isakmp_id_parse(id, &in->caller.theirs.id, &out->diag));
	in->caller.theirs.identity = v1_identity(&in->caller.theirs.id);
	TRY(choose(step, in, &theirs, out));
	TRY(take_psk(step, in, out));
	out->v1.sa_body = theirs.body;
	out->v1.id_body = id;
	out->cert_asked = v1_certs_asked(step->message);
	return v1_answer_derive(step, out->born, ni, &in->derive, out);
}

/* No key pair is kept: the keys are there already. */
static enum rc prove_first(struct step *step, struct outcome *out)
{
	struct aggressive_answer *in = step->scratch;
	const struct peer *peer = v1_caller_peer(step, &in->caller);
	struct auth_ends ends;

	TRY(v1_derived(step, &in->derive, out));
	if (peer == NULL)
		return v1_removed(&out->diag);
	out->ni = in->derive.exchange.ni;
	ends = v1_caller_ends(step, &in->caller, peer);
	return v1_ours_prove(step, in->choice.auth, false, &ends, &in->caller.ours, out);
}

static enum rc emit_nat(const struct step *step, const struct ike_sa *sa, const struct peer *peer,
			struct writer *writer)
{
	if (v1_natt(sa, NULL) == 0)
		return RC_OK;
	return v1_nat_emit(step, sa, sa->spi_r, &sa->suite, peer->conn->encapsulation == TRI_YES,
			   writer);
}

static enum rc answer_first(struct step *step, struct outcome *out)
{
	struct aggressive_answer *in = step->scratch;
	const struct peer *peer = v1_caller_peer(step, &in->caller);
	struct ike_header header = v1_header(out->born, EXCHANGE_V1_AGGRESSIVE);
	struct isakmp_sa answer;
	struct auth_ends ends;
	struct sink sink;
	struct writer writer;

	TRY(prove_end(step, &in->caller.ours.prove, out));
	if (peer == NULL)
		return v1_removed(&out->diag);
	out->born->v1->withheld = v1_vendors_withheld(peer->conn);
	ends = v1_caller_ends(step, &in->caller, peer);
	TRY(isakmp_answer(step->arena, &in->choice, 0, &answer));
	TRY(v1_clear_begin_with(step->arena, prove_room(&in->caller.ours.prove), &header, &sink,
				&writer));
	isakmp_sa_emit(&writer, &answer);
	isakmp_bytes_emit(&writer, ISAKMP_KE, in->derive.exchange.public_r);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, in->derive.exchange.nr);
	isakmp_id_emit(&writer, &in->caller.ours.id);
	v1_ours_emit(step, out->born, &ends, &in->caller.ours, &writer);
	TRY(v1_certs_request(step, in->choice.auth, &writer));
	isakmp_vendor_emit(&writer, v1_vendors_answer(peer->conn, out->born));
	TRY(emit_nat(step, out->born, peer, &writer));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_AGGRESSIVE, &out->message));
	out->message.response = true;
	return RC_OK;
}

static const step_fn first_steps[] = { read_first /* suspends: keys */,
				       prove_first /* suspends: signature */, answer_first, NULL };

/* ---- who is it? ---- */

static enum rc read_proof(struct step *step, struct outcome *out)
{
	const struct isakmp_phase1 *phase1 = step->sa->v1->phase1;
	uint16_t auth = step->sa->v1->auth;
	struct aggressive_answer *in;
	struct v1_caller *caller;
	struct auth_ends ends;
	struct span id;

	TRY(scratch(step, &in));
	caller = &in->caller;
	id = arena_copy(step->arena, span_make(phase1->id_body, phase1->id_body_len));
	if (id.ptr == NULL)
		return RC_NO_MEMORY;
	TRY(v1_theirs_read(step, auth, true, id, &caller->theirs, &out->diag));
	TRY(v1_theirs_hash(step, auth, true, &caller->theirs, out));
	TRY(v1_caller_find(step, caller, auth, &step->sa->choice, &out->diag));
	ends = v1_caller_ends(step, caller, v1_caller_peer(step, caller));
	return v1_theirs_verify(step, auth, true, &ends, &caller->theirs, out);
}

/* RFC 3947 §3.2: the initiator's NAT-D come with its proof. */
static enum rc see_nat(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	bool force = out->peer->conn->encapsulation == TRI_YES;
	struct v1_nat nat;

	TRY(v1_nat_detect(step, sa, sa->spi_r, &sa->suite, &nat));
	out->nat_set = nat.supported;
	out->nat_here = nat.here;
	out->nat_there = nat.there;
	out->encap = nat.supported && (nat.here || nat.there || force);
	return RC_OK;
}

static enum rc verified(struct step *step, struct outcome *out)
{
	struct aggressive_answer *in = step->scratch;

	TRY(v1_caller_verified(step, &in->caller, out));
	TRY(v1_caller_bind(step, &in->caller, out));
	return see_nat(step, out);
}

static const step_fn proof_steps[] = { read_proof /* suspends: signature */, verified, NULL };

static enum rc give_up(struct step *step, struct outcome *out)
{
	(void)step;
	out->ike_ended = RC_TIMEOUT;
	(void)diag_fail(&out->diag, RC_TIMEOUT,
			"the peer began Aggressive Mode and did not go on when we had proven "
			"ourselves: does it expect another shared key (ipsec.secrets) or ID "
			"(leftid=) of us? Its log says which");
	return RC_OK;
}

static const step_fn give_up_steps[] = { give_up, NULL };

static const struct payload_rule first_rules[] = {
	{ ISAKMP_SA, 1, 1, CLEAR },
	{ ISAKMP_KE, 1, 1, CLEAR },
	{ ISAKMP_NONCE, 1, 1, CLEAR },
	{ ISAKMP_ID, 1, 1, CLEAR },
	{ ISAKMP_CR, 0, LIMIT_PAYLOADS, CLEAR },
	PAYLOAD_RULES_END,
};
/* RFC 2409 §5: the initiator may leave it in clear. */
static const struct payload_rule proof_rules[] = {
	{ ISAKMP_CERT, 0, 8, EITHER },
	{ ISAKMP_CR, 0, LIMIT_PAYLOADS, EITHER },
	{ ISAKMP_HASH, 0, 1, EITHER }, /* the one or the other, by the method */
	{ ISAKMP_SIG, 0, 1, EITHER },
	{ ISAKMP_NAT_D, 0, 8, EITHER },
	PAYLOAD_RULES_END,
};

#define R RESPONDER
const struct ike_row ikev1_aggressive_answer_rows[] = {
	{ IKE_START, R, EVENT_AGGRESSIVE, first_rules, first_steps, IKEV1_AGGRESSIVE,
	  "somebody wants an ISAKMP SA in three messages: we choose, and prove who we are" },
	{ IKEV1_AGGRESSIVE, R, EVENT_AGGRESSIVE, proof_rules, proof_steps, IKE_ESTABLISHED,
	  "peer proves its identity: phase 1 is done" },
	{ IKEV1_AGGRESSIVE, R, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_AGGRESSIVE,
	  "the half-open time is over" },
	{ .story = NULL },
};
