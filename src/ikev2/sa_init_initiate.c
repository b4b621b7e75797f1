/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.2: IKE_SA_INIT as the initiator. Rows, then each step in the order of time. */
#include "ikev2/derive.h"
#include "ikev2/private.h"
#include "ikev2/auth.h"
#include "ikev2/certs.h"
#include "ikev2/intermediate.h"
#include "ikev2/ppk.h"
#include "ikev2/redirect.h"
#include "ikev2/rounds.h"
#include "ikev2/resume.h"
#include "ikev2/sa_init.h"

struct initiate {
	struct ike_sa *sa; /* born here; on a restart the SA of the step */
	const struct dh_alg *dh;
	struct dh_pair **pair; /* made by the worker, in the outcome */
	struct span cookie;
	uint8_t nonce[IKEV2_NONCE_LEN];
	bool restart;
};

struct sa_init_response {
	struct derive derive; /* first: the worker's argument */
	struct proposal_choice choice;
	struct nat_findings nat;
	struct span nr;
	uint64_t spi_r;
	bool use_ppk;
	bool fragmentation;
};

static enum rc generate_run(void *arg, unsigned worker, struct diag *diag)
{
	struct initiate *initiate = arg;

	(void)diag;
	return dh_generate(initiate->dh, worker, initiate->pair);
}

static enum rc suspend_generate(struct initiate *initiate, uint16_t group, struct outcome *out)
{
	initiate->dh = crypto_dh(group);
	if (initiate->dh == NULL)
		return diag_fail(&out->diag, RC_UNSUPPORTED, "DH group %u is not available", group);
	initiate->pair = &out->pair;
	out->work = (struct slow_work){ .run = generate_run, .arg = initiate };
	return RC_SUSPEND;
}

/* Without them nothing needs to be begun. */
static enum rc check_means(const struct step *step, const struct ip_endpoint *local,
			   const struct ip_endpoint *remote, struct outcome *out)
{
	const struct peer *peer = step->peer;
	struct auth_ends ends = {
		.peer = peer, .remote_id = &peer->remote_id, .local = local, .remote = remote
	};
	struct ppk ppk;

	if (!ip_is_set(&peer->local) || !ip_is_set(&peer->remote))
		return diag_fail(&out->diag, RC_NOT_FOUND, "the address of %s is not known",
				 ip_is_set(&peer->local) ? "the peer" : "this side");
	TRY(prove_possible(step, &ends, &out->diag));
	if (peer_local_end(peer)->second != NULL) {
		ends.again = true;
		ends.remote_id = rounds_expected(peer);
		TRY(prove_possible(step, &ends, &out->diag));
	}
	return ppk_propose(step, peer, local, remote, &ppk, &out->diag);
}

/* A new SA with the addresses that the peer is known by. */
static enum rc plan(struct step *step, struct outcome *out)
{
	struct initiate *initiate = ARENA_NEW(step->arena, struct initiate);
	const struct peer *peer = step->peer;
	struct ip_endpoint local = { peer->local, peer->local_port };
	struct ip_endpoint remote = { *redirect_remote(peer), peer->remote_port };
	uint16_t group;

	step->divert = resume_steps(step);
	if (step->divert != NULL)
		return RC_OK;
	if (initiate == NULL)
		return RC_NO_MEMORY;
	step->scratch = initiate;
	TRY(check_means(step, &local, &remote, out));
	if (proposal_groups(peer->conn->ike, &group, 1) == 0)
		return diag_fail(&out->diag, RC_NO_PROPOSAL, "ike= has no DH group");
	TRY(host_random(step->env->host, initiate->nonce, sizeof(initiate->nonce)));
	TRY(ike_sa_new(step->env->sas, INITIATOR, &out->born));
	initiate->sa = out->born;
	initiate->sa->local = local;
	initiate->sa->remote = remote;
	initiate->sa->larval->tunnel = step->tunnel != NULL ? step->tunnel->serial : 0;
	return suspend_generate(initiate, group, out);
}

static enum rc emit_payloads(struct step *step, const struct initiate *initiate,
			     const struct dh_pair *pair, struct writer *writer)
{
	const struct ike_sa *sa = initiate->sa;
	const struct config_conn *conn = step->peer->conn;
	struct wire_notify cookie = { .type = COOKIE, .data = initiate->cookie };
	struct wire_ke ke = { dh_pair_alg(pair)->id, dh_public(pair) };
	struct wire_sa offer;
	struct ppk ppk;

	if (initiate->cookie.len > 0)
		wire_notify_emit(writer, &cookie); /* §2.6: first */
	TRY(proposal_offer(step->arena, conn->ike, SPAN_NONE, 0, &offer));
	wire_sa_emit(writer, &offer);
	wire_ke_emit(writer, &ke);
	wire_nonce_emit(writer, span_make(initiate->nonce, sizeof(initiate->nonce)));
	TRY(redirect_emit_support(step, step->peer, writer));
	TRY(ppk_propose(step, step->peer, &sa->local, &sa->remote, &ppk, NULL));
	if (ppk.id.len > 0)
		emit_notify(writer, USE_PPK);
	if (intermediate_wanted(conn))
		emit_notify(writer, INTERMEDIATE_EXCHANGE_SUPPORTED);
	if (conn->fragmentation != FRAGMENTATION_NO)
		emit_notify(writer, IKEV2_FRAGMENTATION_SUPPORTED); /* RFC 7383 §2.3 */
	if (certs_wanted(conn))
		TRY(certs_emit_hashes(step, writer));
	return nat_emit(writer, step->env->host, sa->spi_i, 0, &sa->local, &sa->remote,
			conn->encapsulation == TRI_YES);
}

static enum rc emit_request(struct step *step, struct outcome *out)
{
	struct initiate *initiate = step->scratch;
	const struct dh_pair *pair = out->pair != NULL ? out->pair : initiate->sa->larval->pair;
	struct ike_header header = { .spi_i = initiate->sa->spi_i,
				     .version = IKE_VERSION_2,
				     .exchange = EXCHANGE_IKE_SA_INIT,
				     .flags = IKE_FLAG_INITIATOR };
	struct writer writer;
	struct sink sink;
	uint8_t *buffer = arena_alloc(step->arena, IKEV2_CLEAR_MAX);

	if (buffer == NULL || pair == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, IKEV2_CLEAR_MAX);
	writer_message(&writer, &sink, &header);
	TRY(emit_payloads(step, initiate, pair, &writer));
	TRY(writer_message_end(&writer));
	out->message = (struct outcome_message){ .present = true,
						 .clear = true,
						 .exchange = EXCHANGE_IKE_SA_INIT,
						 .bytes = sink_written(&sink),
						 .purpose = REQUEST_INIT };
	out->init_request = sink_written(&sink);
	return RC_OK;
}

/* What the SA will need to read the answer. */
static enum rc finish_initiate(struct step *step, struct outcome *out)
{
	struct initiate *initiate = step->scratch;

	TRY(step->rc);
	TRY(emit_request(step, out));
	out->ni = span_make(initiate->nonce, sizeof(initiate->nonce));
	out->peer = step->peer;
	return RC_OK;
}

static const step_fn initiate_steps[] = { plan, finish_initiate, NULL };

/* ---- the answer ---- */

static enum rc finish_restart(struct step *step, struct outcome *out)
{
	TRY(step->rc);
	TRY(emit_request(step, out));
	out->request_done = true;
	out->stay = true;
	out->restarts = 1;
	return RC_OK;
}

static const step_fn restart_steps[] = { finish_restart, NULL };

static enum rc restart_begin(struct step *step, struct outcome *out, struct initiate **result)
{
	struct initiate *initiate = ARENA_NEW(step->arena, struct initiate);
	const struct ike_larval *larval = step->sa->larval;

	if (initiate == NULL)
		return RC_NO_MEMORY;
	if (larval->restarts >= IKEV2_RESTARTS_MAX)
		return diag_fail(&out->diag, RC_PEER_REFUSED,
				 "peer asked %u times to begin again (COOKIE, INVALID_KE_PAYLOAD)",
				 larval->restarts);
	initiate->sa = step->sa;
	initiate->restart = true;
	if (larval->ni_size != sizeof(initiate->nonce))
		return RC_INTERNAL;
	memcpy(initiate->nonce, larval->ni, sizeof(initiate->nonce));
	if (larval->cookie_len > 0)
		initiate->cookie =
			arena_copy(step->arena, span_make(larval->cookie, larval->cookie_len));
	step->scratch = initiate;
	step->divert = restart_steps;
	*result = initiate;
	return RC_OK;
}

static enum rc restart_with_cookie(struct step *step, const struct wire_notify *notify,
				   struct outcome *out)
{
	const struct ike_larval *larval = step->sa->larval;
	struct initiate *initiate;

	if (span_equal(notify->data, span_make(larval->cookie, larval->cookie_len)))
		return RC_DROP; /* a duplicate: it was returned already */
	if (notify->data.len == 0 || notify->data.len > LIMIT_COOKIE)
		return diag_fail(&out->diag, RC_DROP, "COOKIE of %zu bytes; 1 to %u are allowed",
				 notify->data.len, LIMIT_COOKIE);
	TRY(restart_begin(step, out, &initiate));
	initiate->cookie = notify->data;
	out->cookie = notify->data;
	return RC_OK;
}

/* §1.3: another group, which must be one that we offered. */
static enum rc restart_with_group(struct step *step, const struct wire_notify *notify,
				  struct outcome *out)
{
	struct initiate *initiate;
	struct span data = notify->data;
	uint16_t group;

	if (span_u16(&data, &group) != RC_OK || span_end(&data) != RC_OK)
		return diag_fail(&out->diag, RC_DROP, "INVALID_KE_PAYLOAD without a group");
	if (group == dh_pair_alg(step->sa->larval->pair)->id)
		return diag_fail(&out->diag, RC_DROP,
				 "peer wants DH group %u, which it was just given", group);
	if (!proposal_has_group(step->peer->conn->ike, group))
		return diag_fail(&out->diag, RC_NO_PROPOSAL,
				 "peer wants DH group %u, which ike= does not offer", group);
	TRY(restart_begin(step, out, &initiate));
	return suspend_generate(initiate, group, out);
}

static enum rc finish_again(struct step *step, struct outcome *out)
{
	const struct initiate *initiate = step->scratch;

	TRY(step->rc);
	TRY(emit_request(step, out));
	out->ni = SPAN_OF(initiate->nonce);
	out->resume = RESUME_DROP;
	out->request_done = true;
	out->stay = true;
	return RC_OK;
}

static const step_fn again_steps[] = { finish_again, NULL };

enum rc sa_init_begin_again(struct step *step, struct outcome *out)
{
	struct initiate *initiate = ARENA_NEW(step->arena, struct initiate);
	uint16_t group;

	if (initiate == NULL)
		return RC_NO_MEMORY;
	TRY(check_means(step, &step->sa->local, &step->sa->remote, out));
	if (proposal_groups(step->peer->conn->ike, &group, 1) == 0)
		return diag_fail(&out->diag, RC_NO_PROPOSAL, "ike= has no DH group");
	TRY(host_random(step->env->host, initiate->nonce, sizeof(initiate->nonce)));
	initiate->sa = step->sa;
	initiate->restart = true;
	step->scratch = initiate;
	step->divert = again_steps;
	return suspend_generate(initiate, group, out);
}

static enum rc refused(const struct wire_notify *notify, const struct step *step,
		       struct outcome *out)
{
	char number[48], ours[160];
	const char *name = names_text(&notify_names, notify->type, number, sizeof(number));

	if (notify->type != NO_PROPOSAL_CHOSEN)
		return diag_fail(&out->diag, notify_rc(notify->type),
				 "peer refused IKE_SA_INIT: %s", name);
	proposal_text(step->peer->conn->ike, ours, sizeof(ours));
	return diag_fail(&out->diag, RC_NO_PROPOSAL,
			 "peer refused IKE_SA_INIT: %s; we offered %s (ike=)", name, ours);
}

static enum rc read_answer(struct step *step, struct sa_init_response *in, struct outcome *out)
{
	const struct ike_message *message = step->message;
	const struct payload *sa = payload_of(message, PAYLOAD_SA);
	const struct payload *ke = payload_of(message, PAYLOAD_KE);
	const struct payload *nonce = payload_of(message, PAYLOAD_NONCE);
	struct wire_sa answer;
	struct wire_ke public;

	if (sa == NULL || ke == NULL || nonce == NULL || message->header.spi_r == 0)
		return diag_fail(&out->diag, RC_DROP,
				 "IKE_SA_INIT response without SA, KE, Nr or SPI");
	TRY(wire_sa_parse(step->arena, sa->body, &answer, &out->diag));
	TRY(wire_ke_parse(ke->body, &public, &out->diag));
	TRY(wire_nonce_parse(nonce->body, &in->nr, &out->diag));
	TRY(proposal_accept(step->peer->conn->ike, &answer, 0, &in->choice, &out->diag));
	TRY(proposal_ike_suite(&in->choice, &in->derive.suite));
	if (public.group != in->choice.dh ||
	    public.group != dh_pair_alg(step->sa->larval->pair)->id)
		return diag_fail(&out->diag, RC_INVALID_KE,
				 "peer chose DH group %u but its KE is of group %u", in->choice.dh,
				 public.group);
	TRY(dh_check_public(in->derive.suite.dh, public.data, &out->diag));
	in->derive.peer_public = public.data;
	in->spi_r = message->header.spi_r;
	TRY(ppk_agreed(step, &in->use_ppk, &out->diag));
	TRY(rounds_announced(step, &out->diag));
	if (intermediate_method(&in->choice, 0) != DH_NONE && !intermediate_announced(message))
		return diag_fail(&out->diag, RC_NO_PROPOSAL,
				 "peer chose additional key exchanges, but cannot do "
				 "IKE_INTERMEDIATE");
	in->fragmentation = fragmentation_agreed(step->peer->conn, message);
	return nat_detect(message, &step->local, &step->remote, step->sa->spi_i, in->spi_r,
			  &in->nat);
}

/* The pair moves to the worker: when the SA dies meanwhile the worker frees it. */
static enum rc derive_prepare(struct step *step, struct sa_init_response *in)
{
	struct ike_larval *larval = step->sa->larval;
	struct derive *derive = &in->derive;

	derive->ni = arena_copy(step->arena, span_make(larval->ni, larval->ni_size));
	if (derive->ni.ptr == NULL)
		return RC_NO_MEMORY;
	derive->nr = in->nr;
	derive->spi_i = step->sa->spi_i;
	derive->spi_r = in->spi_r;
	derive->pair = larval->pair;
	larval->pair = NULL;
	return RC_OK;
}

static const step_fn redirected_steps[] = { NULL };

/* RFC 5685 §3: another attempt begins at the other gateway, this one is over. RC_NOT_FOUND: no
 * redirect. */
static enum rc redirected(struct step *step, struct outcome *out)
{
	const struct ike_larval *larval = step->sa->larval;
	enum rc rc = redirect_read(step, span_make(larval->ni, larval->ni_size), out);

	step->divert = redirected_steps;
	if (rc == RC_OK)
		out->ike_ended = RC_REPLACED;
	return rc;
}

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct sa_init_response *in = ARENA_NEW(step->arena, struct sa_init_response);
	struct wire_notify notify;

	if (in == NULL)
		return RC_NO_MEMORY;
	if (step->sa->larval->pair == NULL)
		return RC_INTERNAL;
	if (notify_find(step->message, COOKIE, &notify))
		return restart_with_cookie(step, &notify, out);
	if (notify_find(step->message, REDIRECT, &notify))
		return redirected(step, out);
	if (notify_find(step->message, INVALID_KE_PAYLOAD, &notify))
		return restart_with_group(step, &notify, out);
	if (notify_error(step->message, &notify))
		return refused(&notify, step, out);
	TRY(read_answer(step, in, out));
	TRY(derive_prepare(step, in));
	in->derive.keys = &out->keys;
	step->scratch = in;
	out->work = (struct slow_work){ derive_run, &in->derive, derive_drop };
	return RC_SUSPEND;
}

/* §2.23: behind a NAT both ports become 4500; with MOBIKE always (RFC 4555 §3.3). */
void sa_init_endpoints(const struct step *step, const struct nat_findings *nat, struct outcome *out)
{
	bool float_ports = nat->here || nat->there || step->peer->conn->encapsulation == TRI_YES;

	out->nat_set = true;
	out->nat_here = nat->here;
	out->nat_there = nat->there;
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	out->encap = nat->supported && float_ports;
	if (!out->encap && !(nat->supported && step->peer->conn->mobike))
		return;
	out->local.port = step->env->setup->nattport;
	if (step->remote.port == IKE_PORT || step->remote.port == step->env->setup->ikeport)
		out->remote.port =
			step->remote.port == IKE_PORT ? IKE_NATT_PORT : step->env->setup->nattport;
}

static enum rc begin_auth(struct step *step, struct outcome *out)
{
	struct sa_init_response *in = step->scratch;
	uint16_t method;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	out->choice = in->choice;
	out->suite = in->derive.suite;
	out->choice_set = true;
	out->peer_spi = in->spi_r;
	out->fragmentation = in->fragmentation;
	out->nr = in->nr;
	out->init_response = step->message->raw;
	out->request_done = true;
	out->childless = childless_read(step->message);
	out->use_ppk = in->use_ppk;
	out->accepts.hashes = certs_hashes(step->message);
	certs_read_methods(step->message, &out->accepts);
	out->cert_asked = payload_of(step->message, PAYLOAD_CERTREQ) != NULL;
	sa_init_endpoints(step, &in->nat, out);
	out->intermediate.agreed =
		intermediate_wanted(step->peer->conn) && intermediate_announced(step->message);
	method = intermediate_method(&in->choice, 0);
	if (method != DH_NONE)
		return intermediate_begin(step, method, out);
	auth_request_make(step);
	return RC_OK;
}

static const step_fn response_steps[] = {
	read_response, begin_auth /* suspends when there are additional key exchanges */, NULL
};

static const struct payload_rule response_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_SA, 0, 1, CLEAR }, /* absent: COOKIE, INVALID_KE_PAYLOAD or an error */
	{ PAYLOAD_KE, 0, 1, CLEAR },	  { PAYLOAD_NONCE, 0, 1, CLEAR },
	{ PAYLOAD_CERTREQ, 0, 8, CLEAR }, PAYLOAD_RULES_END,
};

const struct ike_row ikev2_sa_init_initiate_rows[] = {
	{ IKE_START, INITIATOR, EVENT_INITIATE, NULL, initiate_steps, IKEV2_INIT_SENT,
	  "a tunnel is wanted: we propose algorithms, our KE and our nonce" },
	{ IKEV2_INIT_SENT, INITIATOR, EVENT_SA_INIT_RESPONSE, response_rules, response_steps,
	  IKEV2_AUTH_SENT,
	  "peer chose: we derive the keys and prove our identity; or we begin again with its "
	  "cookie or "
	  "group" },
	{ .story = NULL },
};
