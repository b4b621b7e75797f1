/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of phase 1 do: what is asked for, keys on a worker, HASH_I and HASH_R (RFC 2409
 * §5). */
#include "ikev1/private.h"

#define SECONDS_MAX (24u * 3600u)

/* What both ends send in each pair of messages of Main Mode. */
const struct payload_rule v1_main_sa_rules[] = {
	{ ISAKMP_SA, 1, 1, CLEAR },
	{ ISAKMP_CR, 0, LIMIT_PAYLOADS, CLEAR },
	PAYLOAD_RULES_END,
};
const struct payload_rule v1_main_ke_rules[] = {
	{ ISAKMP_KE, 1, 1, CLEAR },
	{ ISAKMP_NONCE, 1, 1, CLEAR },
	{ ISAKMP_NAT_D, 0, 8, CLEAR },
	{ ISAKMP_CR, 0, LIMIT_PAYLOADS, CLEAR },
	PAYLOAD_RULES_END,
};
const struct payload_rule v1_main_id_rules[] = {
	{ ISAKMP_ID, 1, 1, ENCRYPTED },
	{ ISAKMP_CERT, 0, 8, ENCRYPTED },
	{ ISAKMP_CR, 0, LIMIT_PAYLOADS, ENCRYPTED },
	{ ISAKMP_HASH, 0, 1, ENCRYPTED }, /* the one or the other, by the method */
	{ ISAKMP_SIG, 0, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

/* draft-beaulieu-ike-xauth-02 §7.2, draft-ietf-ipsec-isakmp-hybrid-auth-05 §3.2.1: the initiator is
 * the client. */
static enum rc user_terms(const struct peer *peer, struct isakmp_phase1_terms *terms,
			  struct diag *diag)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < terms->auth_count; i++) {
		uint16_t auth = terms->auths[i];
		if (peer_user_of(peer) == PEER_HYBRID)
			auth = auth == OAKLEY_RSA_SIG ? OAKLEY_HYBRID_INIT_RSA : 0;
		else
			auth = auth == OAKLEY_RSA_SIG	      ? OAKLEY_XAUTH_INIT_RSA
			       : auth == OAKLEY_PRESHARED_KEY ? OAKLEY_XAUTH_INIT_PRESHARED
							      : 0;
		if (auth != 0)
			terms->auths[kept++] = auth;
	}
	terms->auth_count = (uint8_t)kept;
	return kept > 0 ? RC_OK
			: diag_fail(diag, RC_AUTH_FAILED,
				    "XAUTH comes with a shared key or an RSA key, and conn %s has "
				    "neither",
				    peer->conn->name);
}

static enum rc check_role(const struct step *step, const struct peer *peer, struct diag *diag)
{
	bool begins = step->sa != NULL ? step->sa->role == INITIATOR : step->message == NULL;

	if (begins == peer_local_end(peer)->xauthclient)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED, "conn %s is an XAUTH %s: only the client can begin",
			 peer->conn->name, begins ? "server" : "client");
}

static enum rc plain_terms(const struct step *step, const struct peer *peer,
			   struct isakmp_phase1_terms *out, struct diag *diag)
{
	const struct config_conn *conn = peer->conn;
	const struct auth_ends ends = { .peer = peer };
	unsigned both = isakmp_ends_allow(&ends);
	struct diag why = { "" };
	enum rc rc = RC_AUTH_FAILED;

	*out = (struct isakmp_phase1_terms){ .seconds = SECONDS_MAX };
	if (conn->ikelifetime > 0 && conn->ikelifetime / USEC_PER_SEC < SECONDS_MAX)
		out->seconds = (uint32_t)(conn->ikelifetime / USEC_PER_SEC);
	if (auth_local_end(&ends)->hybrid) { /* it is the other end that signs */
		out->auths[0] = OAKLEY_RSA_SIG;
		rc = RC_OK;
	} else if ((both & AUTHBY_SIGNATURE) != 0)
		rc = isakmp_auth_of_key(step, &ends, &out->auths[0], &why);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc == RC_OK)
		out->auth_count = 1;
	if ((both & AUTHBY_SECRET) != 0)
		out->auths[out->auth_count++] = OAKLEY_PRESHARED_KEY;
	return out->auth_count > 0 ? RC_OK : diag_fail(diag, RC_AUTH_FAILED, "%s", why.text);
}

enum rc v1_terms(const struct step *step, const struct peer *peer, struct isakmp_phase1_terms *out,
		 struct diag *diag)
{
	if (peer_user_of(peer) == PEER_NO_USER)
		return plain_terms(step, peer, out, diag);
	TRY(check_role(step, peer, diag));
	TRY(plain_terms(step, peer, out, diag));
	return user_terms(peer, out, diag);
}

enum rc v1_psk(const struct step *step, uint16_t auth, const struct auth_ends *ends,
	       struct span *psk, struct diag *diag)
{
	*psk = SPAN_NONE;
	if (v1_signs(auth))
		return RC_OK;
	TRY(psk_find(step, &ends->peer->local_id, ends->remote_id, ends->local, ends->remote, psk,
		     diag));
	*psk = arena_copy(step->arena, *psk);
	return psk->ptr != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc agree(const struct v1_derive *derive, unsigned worker, struct secret *shared,
		     struct diag *diag)
{
	struct span theirs =
		derive->answer == NULL ? derive->exchange.public_r : derive->exchange.public_i;

	if (derive->answer == NULL)
		return dh_compute(derive->pair, theirs, worker, shared, diag);
	return dh_answer(derive->dh, theirs, worker, derive->answer, shared, diag);
}

enum rc v1_derive_run(void *arg, unsigned worker, struct diag *diag)
{
	struct v1_derive *derive = arg;
	struct secret shared = { NULL, 0 };
	enum rc rc = agree(derive, worker, &shared, diag);

	derive->exchange.shared = secret_span(&shared);
	if (rc == RC_OK)
		rc = ikev1_keys_derive(&derive->suite, &derive->exchange, derive->psk,
				       derive->keys);
	if (rc == RC_OK)
		rc = ikev1_iv_first(&derive->suite, derive->exchange.public_i,
				    derive->exchange.public_r, derive->iv);
	derive->exchange.shared = SPAN_NONE;
	secret_wipe(&shared);
	v1_derive_drop(derive);
	return rc;
}

void v1_derive_drop(void *arg)
{
	struct v1_derive *derive = arg;

	dh_free(derive->pair);
	derive->pair = NULL;
}

enum rc v1_derived(const struct step *step, const struct v1_derive *derive, struct outcome *out)
{
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	out->v1.iv_set = true;
	out->v1.public_i = derive->exchange.public_i;
	out->v1.public_r = derive->exchange.public_r;
	out->nr = derive->exchange.nr;
	return RC_OK;
}

struct ikev1_exchange v1_exchange_of(const struct ike_sa *sa)
{
	const struct isakmp_phase1 *phase1 = sa->v1->phase1;

	return (struct ikev1_exchange){
		.cky_i = sa->spi_i,
		.cky_r = sa->spi_r,
		.ni = span_make(sa->larval->ni, sa->larval->ni_size),
		.nr = span_make(sa->larval->nr, sa->larval->nr_size),
		.public_i = span_make(phase1->public_i, phase1->public_len),
		.public_r = span_make(phase1->public_r, phase1->public_len),
	};
}

static const struct ike_keys *keys_now(const struct ike_sa *sa, const struct outcome *out)
{
	return out->keys.block.ptr != NULL ? &out->keys : &sa->keys;
}

/* What this event brings stands before what the SA has. */
static struct ikev1_exchange exchange_now(const struct ike_sa *sa, const struct outcome *out)
{
	struct ikev1_exchange exchange = v1_exchange_of(sa);

	if (out->peer_spi != 0)
		exchange.cky_r = out->peer_spi;
	if (out->ni.ptr != NULL)
		exchange.ni = out->ni;
	if (out->nr.ptr != NULL)
		exchange.nr = out->nr;
	if (out->v1.public_i.ptr != NULL)
		exchange.public_i = out->v1.public_i;
	if (out->v1.public_r.ptr != NULL)
		exchange.public_r = out->v1.public_r;
	return exchange;
}

static struct span sa_body_now(const struct ike_sa *sa, const struct outcome *out)
{
	const struct isakmp_phase1 *phase1 = sa->v1->phase1;

	return out->v1.sa_body.ptr != NULL ? out->v1.sa_body
					   : span_make(phase1->sa_body, phase1->sa_body_len);
}

enum rc v1_proof(struct step *step, const struct outcome *out, bool of_initiator,
		 const struct isakmp_id *id, struct span *hash)
{
	const struct ike_sa *sa = step->sa != NULL ? step->sa : out->born;
	const struct ike_suite *suite = out->choice_set ? &out->suite : &sa->suite;
	struct ikev1_exchange exchange = exchange_now(sa, out);
	const struct prf_alg *prf =
		isakmp_auth_prf(out->v1.auth != 0 ? out->v1.auth : sa->v1->auth, suite->prf);
	uint8_t body[LIMIT_ID + 8];
	uint8_t *value = arena_alloc(step->arena, PRF_MAX);
	struct sink sink;

	if (prf == NULL)
		return RC_UNSUPPORTED;
	if (value == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, body, sizeof(body));
	isakmp_id_body_emit(&sink, id);
	TRY(sink_rc(&sink));
	TRY(ikev1_hash_auth(suite, prf, keys_now(sa, out), &exchange, of_initiator,
			    sa_body_now(sa, out), sink_written(&sink), value));
	*hash = span_make(value, prf->len);
	return RC_OK;
}

struct isakmp_id v1_id_of(const struct identity *identity)
{
	return (struct isakmp_id){ .type = identity->type,
				   .data = span_make(identity->data, identity->len) };
}

struct identity v1_identity(const struct isakmp_id *id)
{
	return (struct identity){ .type = id->type,
				  .len = (uint16_t)id->data.len,
				  .data = (uint8_t *)(uintptr_t)id->data.ptr };
}
