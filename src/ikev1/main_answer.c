/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5: Main Mode as the responder. Rows, then each step in the order of time. */
#include "ikev1/private.h"

struct main_answer {
	struct isakmp_choice choice;
	struct v1_derive derive;
	struct v1_nat nat;
	bool force;
	struct v1_caller caller;
};

static enum rc scratch(struct step *step, struct main_answer **out)
{
	*out = step->scratch = ARENA_NEW(step->arena, struct main_answer);
	return *out != NULL ? RC_OK : RC_NO_MEMORY;
}

/* ---- SA ---- */

static enum rc answer_sa(struct step *step, struct outcome *out)
{
	struct main_answer *in;
	const struct peer *peer = NULL;
	struct isakmp_sa theirs, answer;
	struct ike_header header;
	struct sink sink;
	struct writer writer;

	TRY(scratch(step, &in));
	TRY(isakmp_sa_parse(step->arena, v1_payload(step->message, ISAKMP_SA)->body, &theirs,
			    &out->diag));
	TRY(v1_choose(step, &theirs, &peer, &in->choice, &out->diag));
	TRY(v1_answer_sa(step, &in->choice, out));
	out->born->v1->withheld = v1_vendors_withheld(peer->conn);
	v1_fragments(out->born, peer->conn);
	TRY(isakmp_answer(step->arena, &in->choice, 0, &answer));
	header = v1_header(out->born, EXCHANGE_V1_MAIN);
	TRY(v1_clear_begin(step->arena, &header, &sink, &writer));
	isakmp_sa_emit(&writer, &answer);
	isakmp_vendor_emit(&writer, v1_vendors_answer(peer->conn, out->born));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message));
	out->message.response = true;
	out->cert_asked = v1_certs_asked(step->message);
	out->v1.sa_body = theirs.body;
	return RC_OK;
}

static const step_fn sa_steps[] = { answer_sa, NULL };

/* ---- KE and nonce ---- */

/* What the conn says that the peer would have, if it is its. */
static enum rc read_conn(const struct step *step, struct main_answer *in, struct outcome *out)
{
	const struct peer *peer;
	struct auth_ends ends;

	TRY(v1_candidate(step, &peer, &out->diag));
	TRY(v1_nat_detect(step, step->sa, step->sa->spi_r, &step->sa->suite, &in->nat));
	in->force = peer->conn->encapsulation == TRI_YES;
	ends = (struct auth_ends){ peer, &peer->remote_id, &step->local, &step->remote, false };
	return v1_psk(step, step->sa->v1->auth, &ends, &in->derive.psk, &out->diag);
}

static enum rc read_ke(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct main_answer *in;
	struct span ni;

	TRY(scratch(step, &in));
	TRY(isakmp_nonce_parse(v1_payload(step->message, ISAKMP_NONCE)->body, &ni, &out->diag));
	TRY(read_conn(step, in, out));
	out->cert_asked = v1_certs_asked(step->message);
	return v1_answer_derive(step, sa, ni, &in->derive, out);
}

static enum rc answer_ke(struct step *step, struct outcome *out)
{
	const struct main_answer *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	struct ike_header header = v1_header(sa, EXCHANGE_V1_MAIN);
	struct sink sink;
	struct writer writer;

	TRY(v1_derived(step, &in->derive, out));
	TRY(v1_clear_begin(step->arena, &header, &sink, &writer));
	isakmp_bytes_emit(&writer, ISAKMP_KE, in->derive.exchange.public_r);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, in->derive.exchange.nr);
	TRY(v1_certs_request(step, sa->v1->auth, &writer));
	if (in->nat.supported)
		TRY(v1_nat_emit(step, sa, sa->spi_r, &sa->suite, in->force, &writer));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message));
	out->message.response = true;
	out->ni = in->derive.exchange.ni;
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
	uint16_t auth = step->sa->v1->auth;
	struct main_answer *in;
	struct v1_caller *caller;
	struct auth_ends ends;

	TRY(scratch(step, &in));
	caller = &in->caller;
	TRY(v1_theirs_read(step, auth, true, v1_payload(step->message, ISAKMP_ID)->body,
			   &caller->theirs, &out->diag));
	TRY(v1_theirs_hash(step, auth, true, &caller->theirs, out));
	TRY(v1_caller_find(step, caller, auth, &step->sa->choice, &out->diag));
	ends = v1_caller_ends(step, caller, v1_caller_peer(step, caller));
	return v1_theirs_verify(step, auth, true, &ends, &caller->theirs, out);
}

static enum rc verified(struct step *step, struct outcome *out)
{
	struct main_answer *in = step->scratch;

	TRY(v1_caller_verified(step, &in->caller, out));
	return v1_caller_bind(step, &in->caller, out);
}

static enum rc prove(struct step *step, struct outcome *out)
{
	struct main_answer *in = step->scratch;
	const struct auth_ends ends = v1_caller_ends(step, &in->caller, out->peer);

	return v1_ours_prove(step, step->sa->v1->auth, false, &ends, &in->caller.ours, out);
}

static enum rc answer_id(struct step *step, struct outcome *out)
{
	struct main_answer *in = step->scratch;
	struct v1_ours *ours = &in->caller.ours;
	struct auth_ends ends;
	struct sink sink;
	struct writer writer;

	if (out->peer == NULL)
		return v1_removed(&out->diag);
	ends = v1_caller_ends(step, &in->caller, out->peer);
	TRY(prove_end(step, &ours->prove, out));
	TRY(v1_inner_begin_with(step->arena, prove_room(&ours->prove), &sink, &writer));
	isakmp_id_emit(&writer, &ours->id);
	v1_ours_emit(step, step->sa, &ends, ours, &writer);
	out->message.response = true;
	return v1_inner_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message);
}

static const step_fn id_steps[] = { read_id /* suspends: signature */, verified,
				    prove /* suspends: signature */, answer_id, NULL };

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
