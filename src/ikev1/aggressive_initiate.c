/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5: Aggressive Mode as the initiator. Rows, then each step in the order of time. */
#include "ikev1/private.h"

struct aggressive_initiate {
	struct isakmp_phase1_terms terms;
	struct isakmp_sa offer;
	const struct dh_alg *dh;
	struct dh_pair **pair; /* made by the worker, in the outcome */
	uint8_t nonce[IKEV1_NONCE_LEN];
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

static enum rc generate_run(void *arg, unsigned worker, struct diag *diag)
{
	struct aggressive_initiate *in = arg;

	(void)diag;
	return dh_generate(in->dh, worker, in->pair);
}

static enum rc make_key(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in;

	TRY(scratch(step, &in));
	TRY(v1_initiate_sa(step, out));
	TRY(v1_possible_terms(step, out, &in->terms));
	TRY(settle_group(step, &in->terms, &in->offer, &out->diag));
	in->dh = crypto_dh(in->terms.group);
	in->pair = &out->pair;
	if (in->dh == NULL)
		return diag_fail(&out->diag, RC_NO_PROPOSAL,
				 "the first group of ike= is not known");
	TRY(host_random(step->env->host, in->nonce, sizeof(in->nonce)));
	out->work = (struct slow_work){ .run = generate_run, .arg = in };
	return RC_SUSPEND;
}

static enum rc begin(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	const struct auth_ends ends = { step->peer, &step->peer->remote_id, &out->born->local,
					&out->born->remote, false };
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
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(in->nonce));
	isakmp_id_emit(&writer, &id);
	TRY(v1_certs_request(step, in->terms.auths[0], &writer));
	isakmp_vendor_emit(&writer, v1_vendors_ours(step->peer->conn));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_AGGRESSIVE, &out->message));
	out->message.purpose = REQUEST_INIT;
	out->next = IKEV1_AGGRESSIVE;
	out->ni = SPAN_OF(in->nonce);
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
	char expected[IDENTITY_TEXT_MAX], got[IDENTITY_TEXT_MAX];

	TRY(v1_theirs_read(step, in->choice.auth, false, v1_payload(step->message, ISAKMP_ID)->body,
			   &in->theirs, &out->diag));
	if (identity_match(&step->peer->remote_id, &in->theirs.identity) != 0)
		return RC_OK;
	return diag_fail(&out->diag, RC_DROP, "peer says it is %s, we expect %s",
			 identity_text(&in->theirs.identity, got),
			 identity_text(&step->peer->remote_id, expected));
}

static enum rc take_psk(struct step *step, struct aggressive_initiate *in, struct outcome *out)
{
	struct span psk;

	if (v1_signs(in->choice.auth))
		return RC_OK;
	TRY(psk_find(step, &step->peer->local_id, &step->peer->remote_id, &step->sa->local,
		     &step->sa->remote, &psk, &out->diag));
	in->derive.psk = arena_copy(step->arena, psk);
	return in->derive.psk.ptr != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc read_answer(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct aggressive_initiate *in;
	struct span ke = v1_payload(step->message, ISAKMP_KE)->body, nr;

	TRY(scratch(step, &in));
	if (sa->larval->pair == NULL)
		return RC_INTERNAL;
	TRY(read_sa(step, in, out));
	TRY(dh_check_public(out->suite.dh, ke, &out->diag));
	TRY(isakmp_nonce_parse(v1_payload(step->message, ISAKMP_NONCE)->body, &nr, &out->diag));
	TRY(read_id(step, in, out));
	TRY(v1_nat_detect(step, sa, out->peer_spi, &out->suite, &in->nat));
	TRY(take_psk(step, in, out));
	in->derive.suite = out->suite;
	in->derive.exchange = (struct ikev1_exchange){
		.cky_i = sa->spi_i,
		.cky_r = out->peer_spi,
		.ni = arena_copy(step->arena, span_make(sa->larval->ni, sa->larval->ni_size)),
		.nr = nr,
		.public_i = arena_copy(step->arena, dh_public(sa->larval->pair)),
		.public_r = ke,
	};
	if (in->derive.exchange.ni.ptr == NULL || in->derive.exchange.public_i.ptr == NULL)
		return RC_NO_MEMORY;
	in->derive.keys = &out->keys;
	in->derive.iv = out->v1.iv;
	in->derive.pair = sa->larval->pair; /* the worker frees it, whatever becomes of the SA */
	step->sa->larval->pair = NULL;
	out->work = (struct slow_work){ .run = v1_derive_run,
					.arg = &in->derive,
					.drop = v1_derive_drop };
	return RC_SUSPEND;
}

static enum rc verify(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	struct auth_ends ends = v1_initiator_ends(step);

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	out->v1.iv_set = true;
	out->v1.public_i = in->derive.exchange.public_i;
	out->v1.public_r = in->derive.exchange.public_r;
	out->nr = in->derive.exchange.nr;
	ends.remote_id = &in->theirs.identity;
	TRY(v1_theirs_hash(step, in->choice.auth, false, &in->theirs, out));
	return v1_theirs_verify(step, in->choice.auth, false, &ends, &in->theirs, out);
}

static enum rc verified(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	struct auth_ends ends = v1_initiator_ends(step);

	ends.remote_id = &in->theirs.identity;
	return v1_theirs_verified(step, in->choice.auth, false, &ends, &in->theirs, out);
}

static enum rc prove(struct step *step, struct outcome *out)
{
	struct aggressive_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step);

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
	const struct auth_ends ends = v1_initiator_ends(step);
	struct sink sink;
	struct writer writer;

	TRY(prove_end(step, &in->ours.prove, out));
	v1_go_to_4500(step, &in->nat, out);
	TRY(v1_inner_begin_with(step->arena, v1_certs_room(&in->ours.prove), &sink, &writer));
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
	out->ike_ended = RC_TIMEOUT;
	(void)diag_fail(&out->diag, RC_TIMEOUT,
			"no answer to Aggressive Mode: nobody there, packets dropped on the way, "
			"another version of IKE, or a peer that takes Main Mode only");
	v1_hint_add(step->sa, &out->diag);
	return RC_OK;
}

static enum rc cancel(struct step *step, struct outcome *out)
{
	out->ike_ended = step->sa->delete_reason;
	return RC_OK;
}

static const step_fn give_up_steps[] = { give_up, NULL };
static const step_fn cancel_steps[] = { cancel, NULL };

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
	{ IKEV1_AGGRESSIVE, I, EVENT_DELETE_IKE, NULL, cancel_steps, IKEV1_AGGRESSIVE,
	  "not wanted any more" },
	{ .story = NULL },
};
