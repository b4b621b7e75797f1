/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5: Main Mode as the responder. Rows, then each step in the order of time. */
#include "ikev1/private.h"

struct main_answer {
	struct isakmp_choice choice;
	const struct peer *candidate; /* until the suspension only */
	struct v1_derive derive;
	struct v1_nat nat;
	uint8_t nonce[IKEV1_NONCE_LEN];
	struct isakmp_id id;
	struct identity identity;
	bool force;
};

static enum rc scratch(struct step *step, struct main_answer **out)
{
	*out = step->scratch = ARENA_NEW(step->arena, struct main_answer);
	return *out != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc find_candidate(const struct step *step, const struct peer **out, struct diag *diag)
{
	char remote[IP_TEXT_MAX], local[IP_TEXT_MAX];

	*out = peers_for_main_mode(step->env->peers, &step->local.addr, &step->remote.addr);
	if (*out != NULL)
		return RC_OK;
	return diag_fail(diag, RC_NO_PROPOSAL,
			 "no conn with keyexchange=ikev1 is loaded for %s (ours) and %s",
			 ip_text(&step->local.addr, local), ip_text(&step->remote.addr, remote));
}

/* ---- SA ---- */

static enum rc copy_to(uint8_t **to, struct span from)
{
	*to = mem_alloc(from.len);
	if (*to == NULL)
		return RC_NO_MEMORY;
	memcpy(*to, from.ptr, from.len);
	return RC_OK;
}

static enum rc make_sa(struct step *step, const struct isakmp_choice *choice, struct outcome *out)
{
	struct ike_sa *sa;

	TRY(ike_sa_new(step->env->sas, RESPONDER, &out->born));
	sa = out->born;
	sa->v1 = isakmp_new();
	if (sa->v1 == NULL)
		return RC_NO_MEMORY;
	sa->spi_i = step->message->header.spi_i;
	sa->local = step->local;
	sa->remote = step->remote;
	sa->choice = choice->choice;
	sa->v1->auth = choice->auth;
	sa->v1->seconds = choice->seconds;
	sa->v1->vendors = v1_vendors_of(step->message);
	TRY(proposal_ike_suite(&choice->choice, &sa->suite));
	TRY(copy_to(&sa->larval->init_request, step->message->raw));
	sa->larval->init_request_len = (uint32_t)step->message->raw.len;
	return ike_sa_expect(step->env->sas, sa);
}

static enum rc answer_sa(struct step *step, struct outcome *out)
{
	struct main_answer *in;
	struct isakmp_phase1_terms terms;
	struct isakmp_sa theirs, answer;
	struct ike_header header;
	struct sink sink;
	struct writer writer;

	TRY(scratch(step, &in));
	TRY(isakmp_sa_parse(step->arena, v1_payload(step->message, ISAKMP_SA)->body, &theirs,
			    &out->diag));
	TRY(find_candidate(step, &in->candidate, &out->diag));
	terms = v1_terms(in->candidate);
	TRY(isakmp_choose_phase1(in->candidate->conn->ike, &terms, &theirs, &in->choice,
				 &out->diag));
	TRY(make_sa(step, &in->choice, out));
	TRY(isakmp_answer(step->arena, &in->choice, 0, &answer));
	header = v1_header(out->born, EXCHANGE_V1_MAIN);
	TRY(v1_clear_begin(step->arena, &header, &sink, &writer));
	isakmp_sa_emit(&writer, &answer);
	isakmp_vendor_emit(&writer, v1_vendors_ours(in->candidate->conn));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message));
	out->message.response = true;
	out->v1.sa_body = theirs.body;
	return RC_OK;
}

static const step_fn sa_steps[] = { answer_sa, NULL };

/* ---- KE and nonce ---- */

static enum rc read_ke(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct main_answer *in;
	struct span ke = v1_payload(step->message, ISAKMP_KE)->body, ni, psk;

	TRY(scratch(step, &in));
	TRY(find_candidate(step, &in->candidate, &out->diag));
	TRY(dh_check_public(sa->suite.dh, ke, &out->diag));
	TRY(isakmp_nonce_parse(v1_payload(step->message, ISAKMP_NONCE)->body, &ni, &out->diag));
	TRY(v1_nat_detect(step, sa, sa->spi_r, &sa->suite, &in->nat));
	if (in->candidate->conn->encapsulation == TRI_NO) /* we did not announce it */
		in->nat = (struct v1_nat){ .supported = false };
	in->force = in->candidate->conn->encapsulation == TRI_YES;
	TRY(psk_find(step, &in->candidate->local_id, &in->candidate->remote_id, &step->local,
		     &step->remote, &psk, &out->diag));
	in->candidate = NULL;
	TRY(host_random(step->env->host, in->nonce, sizeof(in->nonce)));
	in->derive = (struct v1_derive){
		.suite = sa->suite,
		.dh = sa->suite.dh,
		.answer = arena_alloc(step->arena, dh_answer_len(sa->suite.dh)),
		.psk = arena_copy(step->arena, psk),
		.keys = &out->keys,
		.iv = out->v1.iv,
		.exchange = { .cky_i = sa->spi_i,
			      .cky_r = sa->spi_r,
			      .ni = ni,
			      .nr = SPAN_OF(in->nonce),
			      .public_i = ke },
	};
	if (in->derive.answer == NULL || in->derive.psk.ptr == NULL)
		return RC_NO_MEMORY;
	in->derive.exchange.public_r = span_make(in->derive.answer, dh_answer_len(sa->suite.dh));
	out->work = (struct slow_work){ .run = v1_derive_run, .arg = &in->derive };
	return RC_SUSPEND;
}

static enum rc answer_ke(struct step *step, struct outcome *out)
{
	const struct main_answer *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	struct ike_header header = v1_header(sa, EXCHANGE_V1_MAIN);
	struct sink sink;
	struct writer writer;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	TRY(v1_clear_begin(step->arena, &header, &sink, &writer));
	isakmp_bytes_emit(&writer, ISAKMP_KE, in->derive.exchange.public_r);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(in->nonce));
	if (in->nat.supported)
		TRY(v1_nat_emit(step, sa, sa->spi_r, &sa->suite, in->force, &writer));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message));
	out->message.response = true;
	out->v1.iv_set = true;
	out->v1.public_i = in->derive.exchange.public_i;
	out->v1.public_r = in->derive.exchange.public_r;
	out->ni = in->derive.exchange.ni;
	out->nr = SPAN_OF(in->nonce);
	out->nat_set = in->nat.supported;
	out->nat_here = in->nat.here;
	out->nat_there = in->nat.there;
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	out->encap = in->nat.supported && (in->nat.here || in->nat.there || in->force);
	return RC_OK;
}

static const step_fn ke_steps[] = { read_ke /* suspends: keys */, answer_ke, NULL };

/* ---- who is it? ---- */

static enum rc read_id(struct step *step, struct outcome *out)
{
	struct main_answer *in;
	struct span want;

	TRY(scratch(step, &in));
	TRY(isakmp_id_parse(v1_payload(step->message, ISAKMP_ID)->body, &in->id, &out->diag));
	TRY(v1_proof(step, out, true, &in->id, &want));
	if (!secret_equal(want, v1_payload(step->message, ISAKMP_HASH)->body))
		return diag_fail(
			&out->diag, RC_DROP,
			"HASH_I of the peer is wrong: the shared keys of the two sides differ "
			"(compare ipsec.secrets)");
	in->identity = v1_identity(&in->id);
	out->initial_contact = v1_is_first_contact(step->message);
	out->heard = true;
	return RC_OK;
}

static enum rc bind_peer(struct step *step, struct outcome *out)
{
	struct main_answer *in = step->scratch;
	struct peer_claim claim = { .idi = &in->identity, .methods = AUTHBY_SECRET, .v1 = true };
	struct peer *peer = peers_for_identity(step->env->peers, &step->local.addr,
					       &step->remote.addr, &claim, &out->diag);
	char chosen[128];

	if (peer == NULL)
		return RC_AUTH_FAILED;
	if (!proposal_allows(peer->conn->ike, &step->sa->choice))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "%s by IKEv1 was negotiated, which conn %s forbids",
				 proposal_choice_text(&step->sa->choice, chosen, sizeof(chosen)),
				 peer->conn->name);
	if (peer->template) {
		TRY(peer_instantiate(peer, &step->local.addr, &step->remote, &in->identity,
				     &out->instance));
		peer = out->instance;
	}
	out->peer = peer;
	out->established = true;
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	out->encap = step->sa->encap;
	return RC_OK;
}

static enum rc answer_id(struct step *step, struct outcome *out)
{
	struct isakmp_id id = v1_id_of(&out->peer->local_id);
	struct sink sink;
	struct writer writer;
	struct span hash;

	TRY(v1_proof(step, out, false, &id, &hash));
	TRY(v1_inner_begin(step->arena, &sink, &writer));
	isakmp_id_emit(&writer, &id);
	isakmp_bytes_emit(&writer, ISAKMP_HASH, hash);
	out->message.response = true;
	return v1_inner_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message);
}

static const step_fn id_steps[] = { read_id, bind_peer, answer_id, NULL };

static enum rc give_up(struct step *step, struct outcome *out)
{
	(void)step;
	out->ike_ended = RC_TIMEOUT;
	return RC_OK;
}

static const step_fn give_up_steps[] = { give_up, NULL };

#define R RESPONDER
const struct ike_row ikev1_main_answer_rows[] = {
	{ IKE_START, R, EVENT_MAIN, v1_main_sa_rules, sa_steps, IKEV1_MAIN_SA,
	  "somebody wants an ISAKMP SA: we choose its algorithms" },
	{ IKEV1_MAIN_SA, R, EVENT_MAIN, v1_main_ke_rules, ke_steps, IKEV1_MAIN_KE,
	  "peer's KE and nonce: ours go out, and the keys are made" },
	{ IKEV1_MAIN_KE, R, EVENT_MAIN, v1_main_id_rules, id_steps, IKE_ESTABLISHED,
	  "peer proves its identity; we prove ours: phase 1 is done" },
	{ IKEV1_MAIN_SA, R, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_MAIN_SA,
	  "the half-open time is over" },
	{ IKEV1_MAIN_KE, R, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_MAIN_KE,
	  "the half-open time is over" },
	{ .story = NULL },
};
