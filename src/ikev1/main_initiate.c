/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5: Main Mode as the initiator. Rows, then each step in the order of time. */
#include "ikev1/private.h"

struct main_initiate {
	struct isakmp_choice choice;
	struct ike_suite suite;
	const struct dh_alg *dh;
	struct dh_pair **pair; /* made by the worker, in the outcome */
	uint8_t nonce[IKEV1_NONCE_LEN];
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

enum rc v1_initiate_sa(struct step *step, struct outcome *out)
{
	const struct peer *peer = step->peer;
	struct ike_sa *sa;

	if (!ip_is_set(&peer->local) || !ip_is_set(&peer->remote))
		return diag_fail(&out->diag, RC_NOT_FOUND, "the address of %s is not known",
				 ip_is_set(&peer->local) ? "the peer" : "this side");
	TRY(ike_sa_new(step->env->sas, INITIATOR, &out->born));
	sa = out->born;
	sa->v1 = isakmp_new();
	if (sa->v1 == NULL)
		return RC_NO_MEMORY;
	sa->v1->withheld = v1_vendors_withheld(peer->conn);
	sa->local = (struct ip_endpoint){ peer->local, peer->local_port };
	sa->remote = (struct ip_endpoint){ peer->remote, peer->remote_port };
	sa->larval->tunnel = step->tunnel != NULL ? step->tunnel->serial : 0;
	v1_fragments(sa, peer->conn);
	return RC_OK;
}

static enum rc find_psk(const struct step *step, const struct ip_endpoint *local,
			const struct ip_endpoint *remote, struct span *psk, struct diag *diag)
{
	return psk_find(step, &step->peer->local_id, &step->peer->remote_id, local, remote, psk,
			diag);
}

/* What we could not prove ourselves by is not offered. */
enum rc v1_possible_terms(struct step *step, struct outcome *out, struct isakmp_phase1_terms *terms)
{
	struct span psk;
	enum rc rc;

	TRY(v1_terms(step, step->peer, terms, &out->diag));
	if (v1_signs(terms->auths[terms->auth_count - 1]))
		return RC_OK;
	rc = find_psk(step, &out->born->local, &out->born->remote, &psk, &out->diag);
	if (rc != RC_AUTH_FAILED || terms->auth_count == 1)
		return rc;
	terms->auth_count--;
	return RC_OK;
}

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

static enum rc generate_run(void *arg, unsigned worker, struct diag *diag)
{
	struct main_initiate *in = arg;

	(void)diag;
	return dh_generate(in->dh, worker, in->pair);
}

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
	in->dh = in->suite.dh;
	in->pair = &out->pair;
	in->cky_r = step->message->header.spi_r;
	TRY(host_random(step->env->host, in->nonce, sizeof(in->nonce)));
	out->work = (struct slow_work){ .run = generate_run, .arg = in };
	return RC_SUSPEND;
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
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(in->nonce));
	TRY(v1_certs_request(step, in->choice.auth, &writer));
	out->cert_asked = v1_certs_asked(step->message);
	out->v1.vendors = v1_vendors_of(step->message);
	if (v1_natt(step->sa, step->message) != 0)
		TRY(v1_nat_emit(step, step->sa, in->cky_r, &in->suite, force, &writer));
	TRY(v1_clear_end(&writer, &sink, EXCHANGE_V1_MAIN, &out->message));
	out->message.purpose = REQUEST_INIT;
	out->request_done = true;
	out->ni = SPAN_OF(in->nonce);
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

static enum rc take_psk(struct step *step, struct main_initiate *in, struct outcome *out)
{
	struct span psk;

	if (v1_signs(step->sa->v1->auth))
		return RC_OK;
	TRY(find_psk(step, &step->sa->local, &step->sa->remote, &psk, &out->diag));
	in->derive.psk = arena_copy(step->arena, psk);
	return in->derive.psk.ptr != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc read_ke(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct main_initiate *in;
	struct span ke = v1_payload(step->message, ISAKMP_KE)->body, nr;

	TRY(scratch(step, &in));
	if (sa->larval->pair == NULL)
		return RC_INTERNAL;
	TRY(dh_check_public(sa->suite.dh, ke, &out->diag));
	TRY(isakmp_nonce_parse(v1_payload(step->message, ISAKMP_NONCE)->body, &nr, &out->diag));
	TRY(v1_nat_detect(step, sa, sa->spi_r, &sa->suite, &in->nat));
	in->derive.suite = sa->suite;
	TRY(take_psk(step, in, out));
	in->derive.exchange = (struct ikev1_exchange){
		.cky_i = sa->spi_i,
		.cky_r = sa->spi_r,
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

void v1_go_to_4500(const struct step *step, const struct v1_nat *nat, struct outcome *out)
{
	bool force = step->peer->conn->encapsulation == TRI_YES;

	out->nat_set = nat->supported;
	out->nat_here = nat->here;
	out->nat_there = nat->there;
	if (!nat->supported || (!nat->here && !nat->there && !force))
		return;
	out->endpoints_set = true;
	out->encap = true;
	out->local = (struct ip_endpoint){ step->sa->local.addr, IKE_NATT_PORT };
	out->remote = (struct ip_endpoint){ step->sa->remote.addr, IKE_NATT_PORT };
}

struct auth_ends v1_initiator_ends(const struct step *step)
{
	return (struct auth_ends){ step->peer, &step->peer->remote_id, &step->sa->local,
				   &step->sa->remote, false };
}

static enum rc prove(struct step *step, struct outcome *out)
{
	struct main_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step);

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	out->v1.iv_set = true;
	out->v1.public_i = in->derive.exchange.public_i;
	out->v1.public_r = in->derive.exchange.public_r;
	out->nr = in->derive.exchange.nr;
	return v1_ours_prove(step, step->sa->v1->auth, true, &ends, &in->ours, out);
}

static enum rc send_id(struct step *step, struct outcome *out)
{
	struct main_initiate *in = step->scratch;
	const struct auth_ends ends = v1_initiator_ends(step);
	struct sink sink;
	struct writer writer;

	TRY(prove_end(step, &in->ours.prove, out));
	TRY(v1_inner_begin_with(step->arena, v1_certs_room(&in->ours.prove), &sink, &writer));
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
	const struct auth_ends ends = v1_initiator_ends(step);
	struct main_initiate *in;

	TRY(scratch(step, &in));
	TRY(v1_theirs_read(step, auth, false, v1_payload(step->message, ISAKMP_ID)->body,
			   &in->theirs, &out->diag));
	TRY(v1_theirs_hash(step, auth, false, &in->theirs, out));
	return v1_theirs_verify(step, auth, false, &ends, &in->theirs, out);
}

static enum rc read_proof(struct step *step, struct outcome *out)
{
	struct main_initiate *in = step->scratch;
	struct auth_ends ends = v1_initiator_ends(step);
	char expected[IDENTITY_TEXT_MAX], got[IDENTITY_TEXT_MAX];

	ends.remote_id = &in->theirs.identity;
	TRY(v1_theirs_verified(step, step->sa->v1->auth, false, &ends, &in->theirs, out));
	if (identity_match(&step->peer->remote_id, &in->theirs.identity) == 0)
		return diag_fail(&out->diag, RC_AUTH_FAILED, "peer says it is %s, we expect %s",
				 identity_text(&in->theirs.identity, got),
				 identity_text(&step->peer->remote_id, expected));
	out->heard = true;
	out->request_done = true;
	out->established = true;
	return RC_OK;
}

enum rc v1_expect_user(const struct step *step, bool user, struct outcome *out)
{
	if (!user)
		return RC_OK;
	out->v1.user = ARENA_NEW(step->arena, struct isakmp_user);
	return out->v1.user != NULL ? RC_OK : RC_NO_MEMORY;
}

/* What comes first: the user (XAUTH), then our address (ModeCfg). */
bool v1_initiator_done(const struct step *step, struct outcome *out)
{
	bool user = step->sa->v1->user != NULL || out->v1.user != NULL;
	bool config = v1_is_config_client(step->peer);

	out->established = !user && !config;
	if (user)
		out->next = IKEV1_XAUTH;
	else if (config)
		out->next = IKEV1_CONFIG;
	return user || !config;
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
	out->ike_ended = RC_TIMEOUT;
	(void)diag_fail(&out->diag, RC_TIMEOUT,
			"no answer to Main Mode: nobody there, packets dropped on the way, another "
			"version of IKE, or (after KE) different shared keys");
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
	{ IKEV1_MAIN_SA, I, EVENT_DELETE_IKE, NULL, cancel_steps, IKEV1_MAIN_SA,
	  "not wanted any more" },
	{ IKEV1_MAIN_KE, I, EVENT_DELETE_IKE, NULL, cancel_steps, IKEV1_MAIN_KE,
	  "not wanted any more" },
	{ IKEV1_MAIN_ID, I, EVENT_DELETE_IKE, NULL, cancel_steps, IKEV1_MAIN_ID,
	  "not wanted any more" },
	{ .story = NULL },
};
