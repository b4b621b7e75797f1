/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5: Aggressive Mode as the initiator. Rows, then each step in the order of time. */
#include "ikev1/private.h"

struct aggressive_initiate {
	struct isakmp_phase1_terms terms;
	struct isakmp_sa offer;
	struct v1_key key;
	struct identity identity;
	struct isakmp_choice choice;
	struct v1_derive derive;
	struct v1_nat nat;
	struct v1_theirs theirs;
	struct v1_ours ours;
};

static enum rc scratch(struct step *step, struct aggressive_initiate **out)
{
	*out = step->scratch = ARENA_NEW(step->arena, struct aggressive_initiate);
	return *out != NULL ? RC_OK : RC_NO_MEMORY;
}

/* ---- the first message: SA, KE, nonce, ID ---- */

static uint16_t first_group(const struct isakmp_sa *sa)
{
	const struct isakmp_transform *transform = &sa->proposals[0].transforms[0];

	for (unsigned i = 0; i < transform->attribute_count; i++)
		if (transform->attributes[i].type == OAKLEY_GROUP_DESCRIPTION)
			return transform->attributes[i].value;
	return DH_NONE;
}

/* The KE goes with the offer: there is one group, the first that the conn has. */
static enum rc settle_group(const struct step *step, struct isakmp_phase1_terms *terms,
			    struct isakmp_sa *offer, struct diag *diag)
{
	const struct proposal_list *list = step->peer->conn->ike;

	TRY(isakmp_offer_phase1(step->arena, list, terms, offer, diag));
	terms->group = first_group(offer);
	return isakmp_offer_phase1(step->arena, list, terms, offer, diag);
}

static enum rc make_key(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in;
	const struct dh_alg *dh;

	TRY(scratch(step, &in));
	TRY(v1_initiate_sa(step, out));
	TRY(v1_possible_terms(step, out, &in->terms));
	TRY(settle_group(step, &in->terms, &in->offer, &out->diag));
	dh = crypto_dh(in->terms.group);
	if (dh == NULL)
		return diag_fail(&out->diag, RC_NO_PROPOSAL,
				 "the first group of ike= is not known");
	return v1_make_key(step, dh, &in->key, out);
}

static enum rc begin(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step, out->born);
	struct ike_header header = v1_header(out->born, EXCHANGE_V1_AGGRESSIVE);
	struct isakmp_id id;
	struct sink sink;
	struct writer writer;

	TRY(step->rc);
	TRY(auth_local_id(step, &ends, &in->identity, &out->diag));
	id = v1_id_of(&in->identity);
	TRY(v1_clear_begin(step->arena, &header, &sink, &writer));
	isakmp_sa_emit(&writer, &in->offer);
	isakmp_bytes_emit(&writer, ISAKMP_KE, dh_public(out->pair));
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(in->key.nonce));
	isakmp_id_emit(&writer, &id);
	TRY(v1_certs_request(step, in->terms.auths[0], &writer));
	isakmp_vendor_emit(&writer, v1_vendors_ours(step->peer->conn));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_AGGRESSIVE, &out->message));
	out->message.purpose = REQUEST_INIT;
	out->next = IKEV1_AGGRESSIVE;
	out->ni = SPAN_OF(in->key.nonce);
	out->v1.sa_body = isakmp_sa_body(step->arena, &in->offer);
	out->peer = step->peer;
	return out->v1.sa_body.ptr != NULL ? RC_OK : RC_NO_MEMORY;
}

const step_fn v1_aggressive_begin[] = { make_key /* suspends: DH key pair */, begin, NULL };

/* ---- the answer: all that the peer has to say ---- */

static enum rc read_sa(struct step *step, struct aggressive_initiate *in, struct outcome *out)
{
	struct isakmp_sa answer;

	if (step->message->header.spi_r == 0)
		return diag_fail(&out->diag, RC_DROP,
				 "Aggressive Mode: an answer without a cookie");
	TRY(v1_terms(step, step->peer, &in->terms, &out->diag));
	TRY(settle_group(step, &in->terms, &in->offer, &out->diag));
	TRY(isakmp_sa_parse(step->arena, v1_payload(step->message, ISAKMP_SA)->body, &answer,
			    &out->diag));
	TRY(isakmp_accept_phase1(step->peer->conn->ike, &in->terms, &answer, &in->choice,
				 &out->diag));
	TRY(isakmp_ike_suite(&in->choice.choice, &out->suite));
	out->choice_set = true;
	out->choice = in->choice.choice;
	out->peer_spi = step->message->header.spi_r;
	out->v1.auth = in->choice.auth;
	TRY(v1_expect_user(step, in->choice.user, out));
	out->v1.seconds = in->choice.seconds;
	out->v1.vendors = v1_vendors_of(step->message);
	return RC_OK;
}

static enum rc read_id(struct step *step, struct aggressive_initiate *in, struct outcome *out)
{
	TRY(v1_theirs_read(step, in->choice.auth, false, v1_payload(step->message, ISAKMP_ID)->body,
			   &in->theirs, &out->diag));
	return v1_expected(step, &in->theirs, RC_DROP, &out->diag);
}

static enum rc read_answer(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in;

	TRY(scratch(step, &in));
	TRY(read_sa(step, in, out));
	TRY(read_id(step, in, out));
	return v1_initiator_derive(step, &in->derive, &in->nat, out);
}

static enum rc verify(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	struct auth_ends ends = v1_initiator_ends(step, step->sa);

	TRY(v1_derived(step, &in->derive, out));
	ends.remote_id = &in->theirs.identity;
	TRY(v1_theirs_hash(step, in->choice.auth, false, &in->theirs, out));
	return v1_theirs_verify(step, in->choice.auth, false, &ends, &in->theirs, out);
}

static enum rc verified(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	struct auth_ends ends = v1_initiator_ends(step, step->sa);

	ends.remote_id = &in->theirs.identity;
	return v1_theirs_verified(step, in->choice.auth, false, &ends, &in->theirs, out);
}

static enum rc prove(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step, step->sa);

	return v1_ours_prove(step, in->choice.auth, true, &ends, &in->ours, out);
}

/* RFC 3947 §3.2: ours stand in the third message, which goes where the SA goes on. */
static enum rc emit_nat(const struct step *step, const struct aggressive_initiate *in,
			const struct outcome *out, struct writer *writer)
{
	const struct v1_nat_ends ends = {
		out->endpoints_set ? &out->local : &step->sa->local,
		out->endpoints_set ? &out->remote : &step->sa->remote,
		step->peer->conn->encapsulation == TRI_YES,
	};

	if (!in->nat.supported)
		return RC_OK;
	return v1_nat_emit_between(step, step->sa, out->peer_spi, &out->suite, &ends, writer);
}

/* It answers the peer's: who says that again gets it again. */
static enum rc send_proof(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step, step->sa);
	struct sink sink;
	struct writer writer;

	TRY(prove_end(step, &in->ours.prove, out));
	v1_go_to_4500(step, &in->nat, out);
	TRY(v1_inner_begin_with(step->arena, prove_room(&in->ours.prove), &sink, &writer));
	v1_ours_emit(step, step->sa, &ends, &in->ours, &writer);
	TRY(emit_nat(step, in, out, &writer));
	TRY(v1_emit_contact(step, out->peer_spi, &writer));
	out->message.response = true;
	out->request_done = true;
	out->heard = true;
	(void)v1_initiator_done(step, out); /* the address is asked for in a message of its own */
	return v1_inner_end(&writer, &sink, EXCHANGE_V1_AGGRESSIVE, &out->message);
}

static const step_fn answer_steps[] = {
	read_answer /* suspends: keys */,
	verify /* suspends: signature */,
	verified,
	prove /* suspends: signature */,
	send_proof,
	NULL,
};

/* ---- */

static enum rc give_up(struct step *step, struct outcome *out)
{
	return v1_no_answer(step, out);
}

static const step_fn give_up_steps[] = { give_up, NULL };

static const struct payload_rule answer_rules[] = {
	{ ISAKMP_SA, 1, 1, CLEAR },
	{ ISAKMP_KE, 1, 1, CLEAR },
	{ ISAKMP_NONCE, 1, 1, CLEAR },
	{ ISAKMP_ID, 1, 1, CLEAR },
	{ ISAKMP_CERT, 0, 8, CLEAR },
	{ ISAKMP_CR, 0, LIMIT_PAYLOADS, CLEAR },
	{ ISAKMP_HASH, 0, 1, CLEAR }, /* the one or the other, by the method */
	{ ISAKMP_SIG, 0, 1, CLEAR },
	{ ISAKMP_NAT_D, 0, 8, CLEAR },
	PAYLOAD_RULES_END,
};

#define I INITIATOR
const struct ike_row ikev1_aggressive_initiate_rows[] = {
	/* the first message: ikev1_main_initiate_rows, where the conn says which mode */
	{ IKEV1_AGGRESSIVE, I, EVENT_AGGRESSIVE, answer_rules, answer_steps, IKE_ESTABLISHED,
	  "peer has chosen and proves its identity; we prove ours: phase 1 is done" },
	{ IKEV1_AGGRESSIVE, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_AGGRESSIVE,
	  "nobody answers" },
	{ IKEV1_AGGRESSIVE, I, EVENT_DELETE_IKE, NULL, v1_cancel_steps, IKEV1_AGGRESSIVE,
	  "not wanted any more" },
	{ .story = NULL },
};
