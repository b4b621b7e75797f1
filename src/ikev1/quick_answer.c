/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5.5: the peer wants an IPsec SA. Each step in the order of time. */
#include "ikev1/private.h"

#define CHILDREN_OF_TUNNEL_MAX 32 /* replaced ones too: reconcile thins them out */

struct quick_answer {
	struct v1_quick quick;
	const struct dh_alg *dh;
	uint8_t *public;
	struct secret *shared;
	uint8_t nr[IKEV1_NONCE_LEN];
};

static enum rc answer_run(void *arg, unsigned worker, struct diag *diag)
{
	struct quick_answer *in = arg;

	return dh_answer(in->dh, in->quick.public, worker, in->public, in->shared, diag);
}

/* Without negotiation of groups: of those that we have it is the one whose KE is so long. */
static const struct dh_alg *group_of(const struct v1_quick *quick, const struct tunnel *tunnel,
				     const struct ike_sa *sa)
{
	uint16_t groups[16];
	const struct proposal_list *list =
		tunnel->conn->pfs ? tunnel->conn->esp : tunnel->peer->conn->ike;
	unsigned count = proposal_groups(list, groups, 16);

	if (sa->suite.dh->public_len == quick->public.len &&
	    proposal_has_group(list, sa->suite.dh->id))
		return sa->suite.dh;
	for (unsigned i = 0; i < count; i++) {
		const struct dh_alg *dh = crypto_dh(groups[i]);
		if (dh != NULL && dh->public_len == quick->public.len && dh->kem_len == 0)
			return dh;
	}
	return NULL;
}

/* What the peer asks for, by the length of its KE: that is how we know it too. */
static enum rc other_group(const struct v1_quick *quick, const struct tunnel *tunnel,
			   struct diag *diag)
{
	static const struct {
		size_t len;
		const char *group;
	} groups[] = {
		{ 32, "DH31" },	     { 64, "DH19" },	  { 96, "DH20" },	{ 132, "DH21" },
		{ 128, "MODP1024" }, { 192, "MODP1536" }, { 256, "MODP2048" },	{ 384, "MODP3072" },
		{ 512, "MODP4096" }, { 768, "MODP6144" }, { 1024, "MODP8192" },
	};
	const struct proposal_list *list =
		tunnel->conn->pfs ? tunnel->conn->esp : tunnel->peer->conn->ike;
	const char *group = "a group that we do not know";
	char ours[120];

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].len == quick->public.len)
			group = groups[i].group;
	proposal_text(list, ours, sizeof(ours));
	return diag_fail(diag, RC_NO_PROPOSAL, "peer asks for PFS with %s; conn %s has %s (%s)",
			 group, tunnel->conn->name, ours, tunnel->conn->pfs ? "esp=" : "ike=");
}

/* No client chooses one by itself. */
static bool lacks_lease(const struct peer *peer)
{
	const struct config_end *end = peer_remote_end(peer);

	return end_is_client(end) && end->pools != NULL && !peer_has_leases(peer);
}

static enum rc find_tunnel(struct step *step, const struct wire_ts_list *tsi,
			   const struct wire_ts_list *tsr, bool transport, struct tunnel **tunnel,
			   struct outcome *out)
{
	char asked_i[100], asked_r[100];
	unsigned count = 0;

	*tunnel = peer_tunnel_for(step->sa->peer, tsi, tsr, transport);
	selector_list_text(tsi, asked_i, sizeof(asked_i));
	selector_list_text(tsr, asked_r, sizeof(asked_r));
	if (*tunnel == NULL)
		return diag_fail(
			&out->diag, RC_TS_UNACCEPTABLE,
			"peer asked for %s === %s, which conn %s does not have (leftsubnet=, "
			"rightsubnet=)",
			asked_r, asked_i, step->sa->peer->conn->name);
	if (lacks_lease(step->sa->peer))
		return diag_fail(
			&out->diag, RC_TS_UNACCEPTABLE,
			"the client has not asked for an address, but conn %s has nothing "
			"but addresses of its pool for it: let it ask (leftsourceip=%%config "
			"there), or leave addresspool= out",
			step->sa->peer->conn->name);
	list_for(node, &(*tunnel)->child_sas) count++;
	if (count >= CHILDREN_OF_TUNNEL_MAX)
		return diag_fail(&out->diag, RC_NO_ADDITIONAL_SAS,
				 "peer has %u IPsec SAs for \"%s\" already", count,
				 (*tunnel)->name);
	return RC_OK;
}

/* IKEv1 does not narrow: what was asked for is what there is. */
static enum rc check_whole(const struct child_sa *child, const struct wire_ts_list *tsi,
			   const struct wire_ts_list *tsr, struct diag *diag)
{
	struct selector_pair asked;
	char text[SELECTOR_PAIR_TEXT_MAX], ours[SELECTORS_TEXT_MAX];

	TRY(selector_from_wire(&tsi->items[0], &asked.remote));
	TRY(selector_from_wire(&tsr->items[0], &asked.local));
	if (selectors_single(&child->selectors) &&
	    selector_pair_equal(&child->selectors.first, &asked))
		return RC_OK;
	return diag_fail(diag, RC_TS_UNACCEPTABLE,
			 "peer asked for %s, of which only %s is ours to give",
			 selector_pair_text(&asked, text), selectors_text(&child->selectors, ours));
}

static enum rc make_child(struct step *step, struct tunnel *tunnel, const struct wire_ts_list *tsi,
			  const struct wire_ts_list *tsr, struct outcome *out)
{
	struct quick_answer *in = step->scratch;
	struct isakmp_phase2_terms terms =
		v1_quick_terms(step->sa, tunnel, in->dh != NULL ? in->dh->id : (uint16_t)DH_NONE);
	struct child_sa *child;

	TRY(isakmp_choose_phase2(tunnel->conn->esp, &terms, &in->quick.sa, &in->quick.choice,
				 &out->diag));
	TRY(child_sa_new(step->env->sas, &child));
	out->child = child;
	child->tunnel = tunnel;
	child->choice = in->quick.choice.choice;
	child->begun = child->born;
	child->peer_seconds = in->quick.choice.seconds;
	child->peer_kilobytes = in->quick.choice.kilobytes;
	child->mode = tunnel->conn->type == TYPE_TRANSPORT ? KERNEL_TRANSPORT : KERNEL_TUNNEL;
	child_place(child, &step->sa->local, &step->sa->remote, step->sa->encap);
	TRY(selectors_narrow(&tunnel->selectors, tsi, tsr, &child->selectors, &out->diag));
	child->cisco_wide = v1_split_answers_all(child, tsi, tsr);
	if (!child->cisco_wide)
		TRY(check_whole(child, tsi, tsr, &out->diag));
	TRY(v1_split_take(step->sa, child, &out->diag));
	TRY(v1_virtual_check(step->sa, tunnel, &tsi->items[0].range, &out->diag));
	TRY(v1_quick_take_spi(child, &out->diag));
	return child_check(step->env->sas, child, &out->diag);
}

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct quick_answer *in = ARENA_NEW(step->arena, struct quick_answer);
	struct wire_ts_list tsi, tsr;
	struct tunnel *tunnel;

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	out->heard = true;
	TRY(v1_quick_read(step, &in->quick, &out->diag));
	TRY(v1_quick_selectors(step, &in->quick, false, &tsi, &tsr, &out->diag));
	TRY(find_tunnel(step, &tsi, &tsr, v1_offers_transport(&in->quick.sa), &tunnel, out));
	if (in->quick.public.len > 0) {
		in->dh = group_of(&in->quick, tunnel, step->sa);
		if (in->dh == NULL)
			return other_group(&in->quick, tunnel, &out->diag);
		TRY(dh_check_public(in->dh, in->quick.public, &out->diag));
	} else if (tunnel->conn->pfs) {
		return diag_fail(&out->diag, RC_NO_PROPOSAL,
				 "peer offers no PFS, conn %s asks for it (pfs=)",
				 tunnel->conn->name);
	}
	TRY(make_child(step, tunnel, &tsi, &tsr, out));
	TRY(host_random(step->env->host, in->nr, sizeof(in->nr)));
	if (in->dh == NULL)
		return RC_OK;
	in->public = arena_alloc(step->arena, dh_answer_len(in->dh));
	if (in->public == NULL)
		return RC_NO_MEMORY;
	in->shared = &out->shared;
	out->work = (struct slow_work){ .run = answer_run, .arg = in };
	return RC_SUSPEND;
}

/* architecture.md §7: the inbound half is in the kernel before the reply that promises it. */
static enum rc install_inbound(struct step *step, struct outcome *out)
{
	const struct quick_answer *in = step->scratch;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	TRY(child_check(step->env->sas, out->child, &out->diag));
	TRY(v1_keymat(out->child, step->sa, in->quick.nonce, SPAN_OF(in->nr), out));
	TRY(child_install_in(step->arena, out->child, secret_span(&out->keymat),
			     &out->kernel_wait));
	return RC_SUSPEND;
}

/* The payload of RESPONDER-LIFETIME, where ours is shorter than what was offered. */
static enum rc emit_lifetime(struct step *step, const struct child_sa *child,
			     const struct isakmp_choice *theirs, struct writer *writer)
{
	const struct v1_lifetime offered = { theirs->seconds, theirs->kilobytes };
	struct v1_lifetime life =
		v1_lifetime_shorter(v1_lifetime_of_child(child->tunnel->conn), offered);
	struct span spi;

	TRY(wire_spi(step->arena, child->spi_in, &spi));
	return v1_lifetime_emit(step->arena, child->choice.protocol, spi, &life, writer);
}

static enum rc answer(struct step *step, struct outcome *out)
{
	const struct quick_answer *in = step->scratch;
	uint32_t message_id = step->message->header.message_id;
	struct isakmp_sa chosen;
	struct sink sink;
	struct writer writer;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		diag_prefix(&out->diag, "the kernel refused the IPsec SA");
		return step->rc;
	}
	TRY(isakmp_answer(step->arena, &in->quick.choice, out->child->spi_in, &chosen));
	TRY(v1_hash_begin(step->sa, step->arena, &sink, &writer));
	isakmp_sa_emit(&writer, &chosen);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(in->nr));
	if (in->dh != NULL)
		isakmp_bytes_emit(&writer, ISAKMP_KE, span_make(in->public, dh_answer_len(in->dh)));
	if (in->quick.ids_present) {
		isakmp_id_emit(&writer, &in->quick.ids[0]);
		isakmp_id_emit(&writer, &in->quick.ids[1]);
	}
	v1_nat_oa_emit(step->sa, out->child->tunnel, false, &writer);
	TRY(emit_lifetime(step, out->child, &in->quick.choice, &writer));
	out->v1.message_id = message_id;
	out->v1.child = out->child->serial;
	out->message.response = true;
	TRY(v1_hash3(step, message_id, in->quick.nonce, SPAN_OF(in->nr), &out->v1.proof));
	return v1_hash_end(step->sa, message_id, in->quick.nonce, &writer, &sink, EXCHANGE_V1_QUICK,
			   &out->message);
}

static const step_fn request_steps[] = { read_request /* suspends: DH */,
					 install_inbound /* suspends: kernel */, answer, NULL };

/* ---- HASH(3) ---- */

/* Of those that set the commit bit some say CONNECTED in a fourth message. */
static enum rc read_connected(struct step *step, struct outcome *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_NOTIFICATION);
	struct isakmp_notify notify;

	if (payload == NULL)
		return RC_DROP;
	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	TRY(isakmp_notify_parse(payload->body, &notify, &out->diag));
	out->heard = true;
	return notify.type == ISAKMP_CONNECTED ? v1_connected(step, &notify, out) : RC_OK;
}

static enum rc read_proof(struct step *step, struct outcome *out)
{
	const struct isakmp_exchange *exchange =
		isakmp_exchange_find(step->sa->v1, step->message->header.message_id);
	const struct payload *hash = v1_payload(step->message, ISAKMP_HASH);

	if (exchange != NULL && exchange->ours)
		return read_connected(step, out);
	if (exchange == NULL || exchange->proof_len == 0)
		return RC_DROP;
	if (!secret_equal(hash->body, span_make(exchange->proof, exchange->proof_len)))
		return diag_fail(&out->diag, RC_INTEGRITY, "HASH(3) of a Quick Mode is wrong");
	out->heard = true;
	out->v1.proven = true;
	return RC_OK;
}

static const step_fn proof_steps[] = { read_proof, NULL };

static const struct payload_rule proof_rules[] = {
	{ ISAKMP_HASH, 1, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

const struct ike_row ikev1_quick_answer_rows[] = {
	IN_BOTH_ROLES(EVENT_QUICK_REQUEST, v1_quick_rules, request_steps,
		      "peer wants an IPsec SA: we can receive with it when our answer goes out"),
	IN_BOTH_ROLES(EVENT_QUICK_PROOF, proof_rules, proof_steps,
		      "peer has the IPsec SA: we send with it"),
	{ .story = NULL },
};
