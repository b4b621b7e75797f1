/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.2: IKE_SA_INIT as the responder. Rows, then each step in the order of time. */
#include "ikev2/certs.h"
#include "ikev2/derive.h"
#include "ikev2/intermediate.h"
#include "ikev2/ppk.h"
#include "ikev2/redirect.h"
#include "ikev2/rounds.h"

struct sa_init_request {
	struct wire_sa sa;
	struct wire_ke ke;
	struct span ni;
	struct proposal_choice choice;
	const struct peer *candidate; /* until the suspension only */
	bool force_encap, childless, fragmentation;
	bool signatures; /* the peer can be asked for one */
	struct nat_findings nat;
	const struct dh_alg *dh;
	struct derive derive;
};

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct sa_init_request *in = ARENA_NEW(step->arena, struct sa_init_request);
	const struct ike_message *message = step->message;

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	TRY(wire_sa_parse(step->arena, payload_of(message, PAYLOAD_SA)->body, &in->sa, &out->diag));
	TRY(wire_ke_parse(payload_of(message, PAYLOAD_KE)->body, &in->ke, &out->diag));
	return wire_nonce_parse(payload_of(message, PAYLOAD_NONCE)->body, &in->ni, &out->diag);
}

/* A conn is there, but of the other version: who reads "none is loaded" looks in the wrong place.
 */
static const struct peer *speaks_ikev1(const struct step *step)
{
	const struct peer *found[PEER_CANDIDATES_MAX];

	for (unsigned aggressive = 0; aggressive < 2; aggressive++)
		if (peers_candidates_v1(step->env->peers, &step->local.addr, &step->remote.addr,
					aggressive == 1, found) > 0)
			return found[0];
	return NULL;
}

static enum rc find_candidate(struct step *step, struct outcome *out)
{
	struct sa_init_request *in = step->scratch;
	char remote[IP_TEXT_MAX], local[IP_TEXT_MAX];
	const struct peer *other;

	in->candidate =
		peers_for_addresses(step->env->peers, &step->local.addr, &step->remote.addr);
	if (in->candidate != NULL)
		return RC_OK;
	other = speaks_ikev1(step);
	(void)diag_fail(&out->diag, RC_NO_PROPOSAL,
			"no conn%s is loaded for %s (ours) and %s%s%s%s",
			other != NULL ? " of IKEv2, which the peer speaks," : "",
			ip_text(&step->local.addr, local), ip_text(&step->remote.addr, remote),
			other != NULL ? ": conn " : "", other != NULL ? other->conn->name : "",
			other != NULL ? " has keyexchange=ikev1" : "");
	return answer_clear(step, NO_PROPOSAL_CHOSEN, SPAN_NONE, RC_NO_PROPOSAL, out);
}

/* RFC 5685 §3: a client that can is sent on before anything is made for it. */
static enum rc redirect_all(struct step *step, struct outcome *out)
{
	const struct sa_init_request *in = step->scratch;
	const struct redirect_target *gateway = redirect_of_all(step);
	struct span data;

	if (gateway == NULL)
		return RC_OK;
	TRY(redirect_data(step->arena, gateway, in->ni, &data, out));
	return answer_clear(step, REDIRECT, data, RC_DROP, out);
}

static enum rc want_group(struct step *step, uint16_t group, struct outcome *out)
{
	uint8_t *data = arena_alloc(step->arena, 2);

	if (data == NULL)
		return RC_NO_MEMORY;
	data[0] = (uint8_t)(group >> 8);
	data[1] = (uint8_t)group;
	(void)diag_fail(&out->diag, RC_INVALID_KE, "asked for a KE of DH group %u", group);
	return answer_clear(step, INVALID_KE_PAYLOAD, span_make(data, 2), RC_INVALID_KE, out);
}

static enum rc choose_from(struct step *step, const struct peer *candidate, struct diag *diag)
{
	struct sa_init_request *in = step->scratch;
	/* RFC 9370 §2.1: without IKE_INTERMEDIATE there is no room for them */
	unsigned flags = intermediate_announced(step->message) ? 0 : PROPOSAL_ADDKE_NONE;

	return proposal_choose(candidate->conn->ike, &in->sa, in->ke.group, flags, &in->choice,
			       diag);
}

/* Who it is will be known in IKE_AUTH; until then any conn for these addresses may be meant. */
static enum rc choose_from_others(struct step *step, struct outcome *out)
{
	struct sa_init_request *in = step->scratch;
	const struct peer *candidates[PEER_CANDIDATES_MAX];
	struct diag why;
	unsigned count = peers_candidates(step->env->peers, &step->local.addr, &step->remote.addr,
					  candidates);

	for (unsigned i = 0; i < count; i++) {
		enum rc rc = candidates[i] != in->candidate ? choose_from(step, candidates[i], &why)
							    : RC_NO_PROPOSAL;
		if (rc == RC_NO_PROPOSAL)
			continue;
		in->candidate = candidates[i];
		out->diag = rc == RC_OK ? (struct diag){ "" } : why;
		return rc;
	}
	if (count > 1)
		diag_prefix(&out->diag, "no conn for these addresses allows it; conn %s",
			    in->candidate->conn->name);
	return RC_NO_PROPOSAL;
}

static enum rc choose(struct step *step, struct outcome *out)
{
	struct sa_init_request *in = step->scratch;
	const struct config_conn *conn;
	enum rc rc = choose_from(step, in->candidate, &out->diag);

	if (rc == RC_NO_PROPOSAL)
		rc = choose_from_others(step, out);
	if (rc == RC_NO_PROPOSAL)
		return answer_clear(step, NO_PROPOSAL_CHOSEN, SPAN_NONE, rc, out);
	TRY(rc);
	conn = in->candidate->conn;
	if (in->choice.dh != in->ke.group)
		return want_group(step, in->choice.dh, out);
	in->dh = crypto_dh(in->choice.dh);
	if (in->dh == NULL)
		return RC_INTERNAL;
	TRY(dh_check_public(in->dh, in->ke.data, &out->diag));
	in->force_encap = conn->encapsulation == TRI_YES;
	in->childless = childless_allowed(conn);
	in->fragmentation = fragmentation_agreed(conn, step->message);
	in->signatures = certs_wanted(conn) || certs_hashes(step->message) != 0;
	return RC_OK;
}

static enum rc copy_to(uint8_t **to, struct span from)
{
	*to = mem_alloc(from.len);
	if (*to == NULL)
		return RC_NO_MEMORY;
	memcpy(*to, from.ptr, from.len);
	return RC_OK;
}

static enum rc fill_larval(const struct sa_init_request *in, struct span raw,
			   struct ike_larval *larval, struct host *host)
{
	TRY(copy_to(&larval->init_request, raw));
	larval->init_request_len = (uint32_t)raw.len;
	TRY(copy_to(&larval->ni, in->ni));
	larval->ni_size = (uint16_t)in->ni.len;
	larval->nr = mem_alloc(IKEV2_NONCE_LEN);
	if (larval->nr == NULL)
		return RC_NO_MEMORY;
	larval->nr_size = IKEV2_NONCE_LEN;
	return host_random(host, larval->nr, IKEV2_NONCE_LEN);
}

static enum rc derive_prepare(struct step *step, struct sa_init_request *in, struct outcome *out)
{
	const struct ike_sa *sa = out->born;

	in->derive = (struct derive){
		.suite = sa->suite,
		.answer = arena_alloc(step->arena, dh_answer_len(in->dh)),
		.peer_public = in->ke.data,
		.ni = in->ni,
		.nr = arena_copy(step->arena, span_make(sa->larval->nr, sa->larval->nr_size)),
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.keys = &out->keys,
	};
	return in->derive.answer != NULL && in->derive.nr.ptr != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc make_sa(struct step *step, struct outcome *out)
{
	struct redirect_target from;
	struct sa_init_request *in = step->scratch;
	struct ike_sa *sa;

	TRY(ike_sa_new(step->env->sas, RESPONDER, &out->born));
	sa = out->born;
	sa->spi_i = step->message->header.spi_i;
	sa->local = step->local;
	sa->remote = step->remote;
	sa->choice = in->choice;
	TRY(proposal_ike_suite(&in->choice, &sa->suite));
	TRY(fill_larval(in, step->message->raw, sa->larval, step->env->host));
	TRY(nat_detect(step->message, &step->local, &step->remote, sa->spi_i, 0, &in->nat));
	sa->nat_here = in->nat.here;
	sa->nat_there = in->nat.there;
	sa->fragmentation = in->fragmentation;
	sa->encap = in->nat.supported && (in->nat.here || in->nat.there || in->force_encap);
	sa->larval->place.proven = brought_cookie(step, in->ni);
	sa->larval->use_ppk = ppk_welcome(step);
	sa->larval->accepts.hashes = certs_hashes(step->message);
	if (intermediate_announced(step->message))
		TRY(intermediate_agree(sa->larval));
	sa->peer_redirects = redirect_supported(step->message, &from);
	TRY(ike_sa_expect(step->env->sas, sa));
	in->candidate = NULL;
	TRY(derive_prepare(step, in, out));
	out->work = (struct slow_work){ .run = derive_run, .arg = &in->derive };
	return RC_SUSPEND;
}

static enum rc emit_payloads(struct step *step, struct writer *writer, struct outcome *out)
{
	const struct sa_init_request *in = step->scratch;
	const struct ike_sa *sa = out->born;
	struct wire_ke ke = { in->choice.dh, span_make(in->derive.answer, dh_answer_len(in->dh)) };
	struct wire_sa answer;

	TRY(proposal_answer(step->arena, &in->choice, SPAN_NONE, &answer));
	wire_sa_emit(writer, &answer);
	wire_ke_emit(writer, &ke);
	wire_nonce_emit(writer, span_make(sa->larval->nr, sa->larval->nr_size));
	if (in->signatures)
		TRY(certs_emit_any(step, writer));
	if (rounds_possible(step))
		emit_notify(writer, MULTIPLE_AUTH_SUPPORTED);
	if (in->childless)
		emit_notify(writer, CHILDLESS_IKEV2_SUPPORTED);
	if (sa->larval->use_ppk)
		emit_notify(writer, USE_PPK);
	if (sa->larval->intermediate != NULL)
		emit_notify(writer, INTERMEDIATE_EXCHANGE_SUPPORTED);
	if (in->fragmentation)
		emit_notify(writer, IKEV2_FRAGMENTATION_SUPPORTED);
	if (!in->nat.supported)
		return RC_OK;
	return nat_emit(writer, step->env->host, sa->spi_i, sa->spi_r, &sa->local, &sa->remote,
			in->force_encap);
}

static enum rc emit_response(struct step *step, struct outcome *out)
{
	struct ike_header header;
	struct writer writer;
	struct sink sink;
	uint8_t *buffer = arena_alloc(step->arena, IKEV2_CLEAR_MAX);

	TRY(step->rc);
	if (buffer == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, buffer, IKEV2_CLEAR_MAX);
	header = header_of(out->born, EXCHANGE_IKE_SA_INIT, true, 0);
	writer_message(&writer, &sink, &header);
	TRY(emit_payloads(step, &writer, out));
	TRY(writer_message_end(&writer));
	out->message = (struct outcome_message){ .present = true,
						 .clear = true,
						 .response = true,
						 .exchange = EXCHANGE_IKE_SA_INIT,
						 .bytes = sink_written(&sink) };
	if (out->born->larval->intermediate != NULL)
		out->init_response = sink_written(&sink);
	return RC_OK;
}

static const step_fn request_steps[] = { read_request,
					 find_candidate,
					 redirect_all,
					 choose,
					 make_sa /* suspends: keys */,
					 emit_response,
					 NULL };

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_SA, 1, 1, CLEAR },
	{ PAYLOAD_KE, 1, 1, CLEAR },
	{ PAYLOAD_NONCE, 1, 1, CLEAR },
	{ PAYLOAD_CERTREQ, 0, 8, CLEAR },
	PAYLOAD_RULES_END,
};

const struct ike_row ikev2_sa_init_answer_rows[] = {
	{ IKE_START, RESPONDER, EVENT_SA_INIT_REQUEST, request_rules, request_steps,
	  IKEV2_HALF_OPEN,
	  "somebody wants an IKE SA: we choose its algorithms, or ask for a cookie or another "
	  "group" },
	{ .story = NULL },
};
