/* SPDX-License-Identifier: Apache-2.0 */
/* Phase 1 as the initiator, whatever the mode: how it begins, what it does with the peer's KE, what
 * comes when it is done, and its end without success. */
#include "ikev1/private.h"

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

struct auth_ends v1_initiator_ends(const struct step *step, const struct ike_sa *sa)
{
	return (struct auth_ends){ step->peer, &step->peer->remote_id, &sa->local, &sa->remote,
				   false };
}

/* What we could not prove ourselves by is not offered. */
enum rc v1_possible_terms(struct step *step, struct outcome *out, struct isakmp_phase1_terms *terms)
{
	const struct auth_ends ends = v1_initiator_ends(step, out->born);
	struct span psk;
	enum rc rc;

	TRY(v1_terms(step, step->peer, terms, &out->diag));
	rc = v1_psk(step, terms->auths[terms->auth_count - 1], &ends, &psk, &out->diag);
	if (rc != RC_AUTH_FAILED || terms->auth_count == 1)
		return rc;
	terms->auth_count--;
	return RC_OK;
}

/* ---- KE and nonce ---- */

static enum rc generate_run(void *arg, unsigned worker, struct diag *diag)
{
	const struct v1_key *key = arg;

	(void)diag;
	return dh_generate(key->dh, worker, key->pair);
}

enum rc v1_make_key(struct step *step, const struct dh_alg *dh, struct v1_key *key,
		    struct outcome *out)
{
	key->dh = dh;
	key->pair = &out->pair;
	TRY(host_random(step->env->host, key->nonce, sizeof(key->nonce)));
	out->work = (struct slow_work){ .run = generate_run, .arg = key };
	return RC_SUSPEND;
}

/* What the event has agreed on stands before what the SA has. */
static enum rc describe(struct step *step, const struct outcome *out, struct v1_derive *derive)
{
	const struct ike_sa *sa = step->sa;

	derive->suite = out->choice_set ? out->suite : sa->suite;
	derive->exchange = (struct ikev1_exchange){
		.cky_i = sa->spi_i,
		.cky_r = out->peer_spi != 0 ? out->peer_spi : sa->spi_r,
		.ni = arena_copy(step->arena, span_make(sa->larval->ni, sa->larval->ni_size)),
		.public_i = arena_copy(step->arena, dh_public(sa->larval->pair)),
		.public_r = v1_payload(step->message, ISAKMP_KE)->body,
	};
	return derive->exchange.ni.ptr != NULL && derive->exchange.public_i.ptr != NULL
		       ? RC_OK
		       : RC_NO_MEMORY;
}

enum rc v1_initiator_derive(struct step *step, struct v1_derive *derive, struct v1_nat *nat,
			    struct outcome *out)
{
	const struct auth_ends ends = v1_initiator_ends(step, step->sa);
	uint16_t auth = out->v1.auth != 0 ? out->v1.auth : step->sa->v1->auth;
	struct ikev1_exchange *exchange = &derive->exchange;

	if (step->sa->larval->pair == NULL)
		return RC_INTERNAL;
	TRY(describe(step, out, derive));
	TRY(dh_check_public(derive->suite.dh, exchange->public_r, &out->diag));
	TRY(isakmp_nonce_parse(v1_payload(step->message, ISAKMP_NONCE)->body, &exchange->nr,
			       &out->diag));
	TRY(v1_nat_detect(step, step->sa, exchange->cky_r, &derive->suite, nat));
	TRY(v1_psk(step, auth, &ends, &derive->psk, &out->diag));
	derive->keys = &out->keys;
	derive->iv = out->v1.iv;
	derive->pair = step->sa->larval->pair; /* the worker frees it, whatever becomes of the SA */
	step->sa->larval->pair = NULL;
	out->work =
		(struct slow_work){ .run = v1_derive_run, .arg = derive, .drop = v1_derive_drop };
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

/* ---- who the peer is; what comes then ---- */

enum rc v1_expected(const struct step *step, const struct v1_theirs *theirs, enum rc otherwise,
		    struct diag *diag)
{
	char expected[IDENTITY_TEXT_MAX], got[IDENTITY_TEXT_MAX];

	if (identity_match(&step->peer->remote_id, &theirs->identity) != 0)
		return RC_OK;
	return diag_fail(diag, otherwise, "peer says it is %s, we expect %s",
			 identity_text(&theirs->identity, got),
			 identity_text(&step->peer->remote_id, expected));
}

enum rc v1_expect_user(const struct step *step, bool user, struct outcome *out)
{
	if (!user)
		return RC_OK;
	out->v1.user = ARENA_NEW(step->arena, struct isakmp_user);
	return out->v1.user != NULL ? RC_OK : RC_NO_MEMORY;
}

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

/* ---- the end without success ---- */

enum rc v1_no_answer(const struct step *step, struct outcome *out)
{
	out->ike_ended = RC_TIMEOUT;
	v1_hint_why(step->sa, &out->diag);
	return RC_OK;
}

static enum rc cancel(struct step *step, struct outcome *out)
{
	out->ike_ended = step->sa->delete_reason;
	return RC_OK;
}

const step_fn v1_cancel_steps[] = { cancel, NULL };
