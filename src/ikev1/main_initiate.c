/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5: Main Mode as the initiator. Rows, then each step in the order of time. */
#include "ikev1/private.h"

struct main_initiate {
	struct isakmp_choice choice;
	struct ike_suite suite;
	struct v1_key key;
	uint64_t cky_r;
	struct v1_derive derive;
	struct v1_nat nat;
	struct v1_theirs theirs;
	struct v1_ours ours;
};

static enum rc scratch(struct step *step, struct main_initiate **out)
{
	*out = step->scratch = ARENA_NEW(step->arena, struct main_initiate);
	return *out != NULL ? RC_OK : RC_NO_MEMORY;
}

/* ---- the first message: SA ---- */

static enum rc begin(struct step *step, struct outcome *out)
{
	struct isakmp_phase1_terms terms;
	struct ike_header header;
	struct isakmp_sa offer;
	struct sink sink;
	struct writer writer;

	if (step->peer->conn->aggressive) {
		step->divert = v1_aggressive_begin;
		return RC_OK;
	}
	TRY(v1_initiate_sa(step, out));
	TRY(v1_possible_terms(step, out, &terms));
	TRY(isakmp_offer_phase1(step->arena, step->peer->conn->ike, &terms, &offer, &out->diag));
	header = v1_header(out->born, EXCHANGE_V1_MAIN);
	TRY(v1_clear_begin(step->arena, &header, &sink, &writer));
	isakmp_sa_emit(&writer, &offer);
	isakmp_vendor_emit(&writer, v1_vendors_ours(step->peer->conn));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message));
	out->message.purpose = REQUEST_INIT;
	out->v1.sa_body = isakmp_sa_body(step->arena, &offer);
	out->peer = step->peer;
	return out->v1.sa_body.ptr != NULL ? RC_OK : RC_NO_MEMORY;
}

static const step_fn begin_steps[] = { begin, NULL };

/* ---- its answer; then KE and nonce ---- */

static enum rc read_sa(struct step *step, struct outcome *out)
{
	struct isakmp_phase1_terms terms;
	struct main_initiate *in;
	struct isakmp_sa answer;

	TRY(scratch(step, &in));
	TRY(v1_terms(step, step->peer, &terms, &out->diag));
	if (step->message->header.spi_r == 0)
		return diag_fail(&out->diag, RC_DROP, "Main Mode: an answer without a cookie");
	TRY(isakmp_sa_parse(step->arena, v1_payload(step->message, ISAKMP_SA)->body, &answer,
			    &out->diag));
	TRY(isakmp_accept_phase1(step->peer->conn->ike, &terms, &answer, &in->choice, &out->diag));
	TRY(isakmp_ike_suite(&in->choice.choice, &in->suite));
	in->cky_r = step->message->header.spi_r;
	return v1_make_key(step, in->suite.dh, &in->key, out);
}

static enum rc send_ke(struct step *step, struct outcome *out)
{
	const struct main_initiate *in = step->scratch;
	struct ike_header header = v1_header(step->sa, EXCHANGE_V1_MAIN);
	bool force = step->peer->conn->encapsulation == TRI_YES;
	struct sink sink;
	struct writer writer;

	TRY(step->rc);
	header.spi_r = in->cky_r;
	TRY(v1_clear_begin(step->arena, &header, &sink, &writer));
	isakmp_bytes_emit(&writer, ISAKMP_KE, dh_public(out->pair));
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(in->key.nonce));
	TRY(v1_certs_request(step, in->choice.auth, &writer));
	out->cert_asked = v1_certs_asked(step->message);
	out->v1.vendors = v1_vendors_of(step->message);
	if (v1_natt(step->sa, step->message) != 0)
		TRY(v1_nat_emit(step, step->sa, in->cky_r, &in->suite, force, &writer));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message));
	out->message.purpose = REQUEST_INIT;
	out->request_done = true;
	out->ni = SPAN_OF(in->key.nonce);
	out->v1.auth = in->choice.auth;
	TRY(v1_expect_user(step, in->choice.user, out));
	out->v1.seconds = in->choice.seconds;
	out->choice_set = true;
	out->choice = in->choice.choice;
	out->suite = in->suite;
	out->peer_spi = in->cky_r;
	return RC_OK;
}

static const step_fn ke_steps[] = { read_sa /* suspends: DH key pair */, send_ke, NULL };

/* ---- the peer's KE and nonce; then who we are ---- */

static enum rc read_ke(struct step *step, struct outcome *out)
{
	struct main_initiate *in;

	TRY(scratch(step, &in));
	return v1_initiator_derive(step, &in->derive, &in->nat, out);
}

static enum rc prove(struct step *step, struct outcome *out)
{
	struct main_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step, step->sa);

	TRY(v1_derived(step, &in->derive, out));
	return v1_ours_prove(step, step->sa->v1->auth, true, &ends, &in->ours, out);
}

static enum rc send_id(struct step *step, struct outcome *out)
{
	struct main_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step, step->sa);
	struct sink sink;
	struct writer writer;

	TRY(prove_end(step, &in->ours.prove, out));
	TRY(v1_inner_begin_with(step->arena, prove_room(&in->ours.prove), &sink, &writer));
	isakmp_id_emit(&writer, &in->ours.id);
	v1_ours_emit(step, step->sa, &ends, &in->ours, &writer);
	TRY(v1_emit_contact(step, step->sa->spi_r, &writer));
	v1_go_to_4500(step, &in->nat, out);
	out->message.purpose = REQUEST_AUTH;
	out->request_done = true;
	return v1_inner_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message);
}

static const step_fn id_steps[] = { read_ke /* suspends: keys */, prove /* suspends: signature */,
				    send_id, NULL };

/* ---- who the peer is ---- */

static enum rc read_id(struct step *step, struct outcome *out)
{
	uint16_t auth = step->sa->v1->auth;
	const struct auth_ends ends = v1_initiator_ends(step, step->sa);
	struct main_initiate *in;

	TRY(scratch(step, &in));
	TRY(v1_theirs_read(step, auth, false, v1_payload(step->message, ISAKMP_ID)->body,
			   &in->theirs, &out->diag));
	TRY(v1_theirs_hash(step, auth, false, &in->theirs, out));
	out->heard = true; /* whoever has our keys believes from here on that phase 1 is done */
	return v1_theirs_verify(step, auth, false, &ends, &in->theirs, out);
}

static enum rc read_proof(struct step *step, struct outcome *out)
{
	struct main_initiate *in = step->scratch;
	struct auth_ends ends = v1_initiator_ends(step, step->sa);

	ends.remote_id = &in->theirs.identity;
	TRY(v1_theirs_verified(step, step->sa->v1->auth, false, &ends, &in->theirs, out));
	TRY(v1_expected(step, &in->theirs, RC_AUTH_FAILED, &out->diag));
	out->request_done = true;
	out->established = true;
	return RC_OK;
}

static enum rc ask_config(struct step *step, struct outcome *out)
{
	if (v1_initiator_done(step, out))
		return RC_OK;
	return v1_modecfg_ask(step, out);
}

static const step_fn established_steps[] = { read_id /* suspends: signature */, read_proof,
					     ask_config, NULL };

/* ---- */

static enum rc give_up(struct step *step, struct outcome *out)
{
	return v1_no_answer(step, out);
}

static const step_fn give_up_steps[] = { give_up, NULL };

#define I INITIATOR
const struct ike_row ikev1_main_initiate_rows[] = {
	{ IKE_START, I, EVENT_INITIATE, NULL, begin_steps, IKEV1_MAIN_SA,
	  "we want an ISAKMP SA: what we offer goes out" },
	{ IKEV1_MAIN_SA, I, EVENT_MAIN, v1_main_sa_rules, ke_steps, IKEV1_MAIN_KE,
	  "peer has chosen: our KE and nonce go out" },
	{ IKEV1_MAIN_KE, I, EVENT_MAIN, v1_main_ke_rules, id_steps, IKEV1_MAIN_ID,
	  "peer's KE and nonce are here, and so are the keys: who we are goes out" },
	{ IKEV1_MAIN_ID, I, EVENT_MAIN, v1_main_id_rules, established_steps, IKE_ESTABLISHED,
	  "peer proves its identity: phase 1 is done" },
	{ IKEV1_MAIN_SA, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_MAIN_SA, "nobody answers" },
	{ IKEV1_MAIN_KE, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_MAIN_KE, "nobody answers" },
	{ IKEV1_MAIN_ID, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_MAIN_ID, "nobody answers" },
	{ IKEV1_MAIN_SA, I, EVENT_DELETE_IKE, NULL, v1_cancel_steps, IKEV1_MAIN_SA,
	  "not wanted any more" },
	{ IKEV1_MAIN_KE, I, EVENT_DELETE_IKE, NULL, v1_cancel_steps, IKEV1_MAIN_KE,
	  "not wanted any more" },
	{ IKEV1_MAIN_ID, I, EVENT_DELETE_IKE, NULL, v1_cancel_steps, IKEV1_MAIN_ID,
	  "not wanted any more" },
	{ .story = NULL },
};
