/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends of phase 1 do: what is asked for, keys on a worker, HASH_I and HASH_R (RFC 2409
 * §5). */
#include "ikev1/private.h"

#define SECONDS_MAX (24u * 3600u)

/* What both ends send in each pair of messages. */
const struct payload_rule v1_main_sa_rules[] = {
	{ ISAKMP_SA, 1, 1, CLEAR },
	PAYLOAD_RULES_END,
};
const struct payload_rule v1_main_ke_rules[] = {
	{ ISAKMP_KE, 1, 1, CLEAR },
	{ ISAKMP_NONCE, 1, 1, CLEAR },
	{ ISAKMP_NAT_D, 0, 8, CLEAR },
	{ ISAKMP_CR, 0, 8, CLEAR },
	PAYLOAD_RULES_END,
};
const struct payload_rule v1_main_id_rules[] = {
	{ ISAKMP_ID, 1, 1, ENCRYPTED },
	{ ISAKMP_HASH, 1, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

struct isakmp_phase1_terms v1_terms(const struct peer *peer)
{
	const struct config_conn *conn = peer->conn;
	struct isakmp_phase1_terms terms = { .seconds = SECONDS_MAX };

	if (conn->ikelifetime > 0 && conn->ikelifetime / USEC_PER_SEC < SECONDS_MAX)
		terms.seconds = (uint32_t)(conn->ikelifetime / USEC_PER_SEC);
	terms.auths[terms.auth_count++] = OAKLEY_PRESHARED_KEY;
	return terms;
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

enum rc v1_proof(struct step *step, const struct outcome *out, bool of_initiator,
		 const struct isakmp_id *id, struct span *hash)
{
	const struct ike_sa *sa = step->sa;
	struct ikev1_exchange exchange = v1_exchange_of(sa);
	uint8_t body[LIMIT_ID + 8];
	uint8_t *value = arena_alloc(step->arena, PRF_MAX);
	struct sink sink;

	if (value == NULL)
		return RC_NO_MEMORY;
	if (out->nr.ptr != NULL)
		exchange.nr = out->nr;
	if (out->v1.public_i.ptr != NULL)
		exchange.public_i = out->v1.public_i;
	if (out->v1.public_r.ptr != NULL)
		exchange.public_r = out->v1.public_r;
	sink_init(&sink, body, sizeof(body));
	isakmp_id_body_emit(&sink, id);
	TRY(sink_rc(&sink));
	TRY(ikev1_hash_auth(&sa->suite, keys_now(sa, out), &exchange, of_initiator,
			    span_make(sa->v1->phase1->sa_body, sa->v1->phase1->sa_body_len),
			    sink_written(&sink), value));
	*hash = span_make(value, sa->suite.prf->len);
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
