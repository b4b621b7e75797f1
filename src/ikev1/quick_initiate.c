/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5.5: we want an IPsec SA, or a new one in place of an old one. Each step in the order of
 * time. */
#include "ikev1/private.h"

/* So long we go on sending with the old IPsec SA: strongSwan has the new one only after it has read
 * our third message, which nothing answers. Meanwhile it may be lost, and is asked for again. */
#define REKEY_HOLD  (3 * USEC_PER_SEC)
#define COMMIT_HOLD (10 * USEC_PER_SEC) /* for CONNECTED, at most */

struct quick_initiate {
	struct v1_quick quick;
	const struct dh_alg *dh;
	struct dh_pair *pair; /* the worker's */
	struct secret *shared;
	struct span public;
	struct v1_lifetime told; /* by the responder */
	usec_t hold;		 /* as in struct outcome_isakmp */
	uint8_t ni[IKEV1_NONCE_LEN];
};

/* ---- the first message ---- */

static enum rc generate_run(void *arg, unsigned worker, struct diag *diag)
{
	struct quick_initiate *in = arg;

	(void)diag;
	return dh_generate(in->dh, worker, &in->pair);
}

static void drop_pair(void *arg)
{
	struct quick_initiate *in = arg;

	dh_free(in->pair);
	in->pair = NULL;
}

static bool pfs_group(const struct tunnel *tunnel, const struct ike_sa *sa, uint16_t *group)
{
	if (!tunnel->conn->pfs)
		return false;
	*group = sa->choice.dh;
	return proposal_has_group(tunnel->conn->esp, *group) ||
	       proposal_groups(tunnel->conn->esp, group, 1) > 0;
}

static enum rc begin(struct step *step, const struct tunnel *tunnel, enum request_purpose purpose,
		     struct outcome *out)
{
	struct ike_creation *creation = ike_creation_new();
	struct quick_initiate *in = ARENA_NEW(step->arena, struct quick_initiate);
	uint16_t group;

	out->creation = creation;
	step->scratch = in;
	if (creation == NULL || in == NULL)
		return RC_NO_MEMORY;
	creation->purpose = (uint8_t)purpose;
	creation->tunnel = tunnel->serial;
	creation->begun = step->now;
	TRY(host_random(step->env->host, creation->ni, sizeof(creation->ni)));
	TRY(child_spi_random(step->env->sas, &creation->spi_in));
	if (!pfs_group(tunnel, step->sa, &group))
		return RC_OK;
	in->dh = crypto_dh(group);
	if (in->dh == NULL)
		return diag_fail(&out->diag, RC_UNSUPPORTED, "DH group %u is not available", group);
	out->work = (struct slow_work){ .run = generate_run, .arg = in, .drop = drop_pair };
	return RC_SUSPEND;
}

static enum rc begin_create(struct step *step, struct outcome *out)
{
	if (step->tunnel == NULL)
		return RC_DROP; /* not wanted any more */
	return begin(step, step->tunnel, REQUEST_CREATE_CHILD, out);
}

static enum rc begin_rekey(struct step *step, struct outcome *out)
{
	enum rc rc;

	if (step->subject == NULL)
		return RC_DROP; /* it ended meanwhile */
	rc = begin(step, step->subject->tunnel, REQUEST_REKEY_CHILD, out);
	if (out->creation != NULL)
		out->creation->old = step->subject->serial;
	return rc;
}

/* What our IDs say. A client may have chosen a part of what its conn allows: it stays that. */
static enum rc propose(struct step *step, const struct tunnel *tunnel, struct outcome *out)
{
	const struct child_sa *old = child_sa_by_serial(step->sa, out->creation->old);
	struct selector_lists lists;
	bool same = old != NULL && selectors_single(&old->selectors);
	const struct selectors *from = same ? &old->selectors : &tunnel->selectors;
	struct selectors *proposed = selectors_copy(from);
	struct selectors wide;

	out->creation->proposed = proposed;
	if (proposed == NULL)
		return RC_NO_MEMORY;
	if (!v1_split_asks_all(tunnel, old))
		return RC_OK;
	selectors_lists(&tunnel->selectors, &lists);
	lists.local_count = 1;
	lists.local[0].range = range_all(AF_INET);
	TRY(selectors_make(&lists, &wide, &out->diag));
	selectors_move(proposed, &wide);
	return RC_OK;
}

static enum rc emit(struct step *step, const struct tunnel *tunnel, struct outcome *out)
{
	struct ike_creation *creation = out->creation;
	uint16_t group =
		creation->pair != NULL ? dh_pair_alg(creation->pair)->id : (uint16_t)DH_NONE;
	struct isakmp_phase2_terms terms = v1_quick_terms(step->sa, tunnel, group);
	struct isakmp_sa offer;
	struct sink sink;
	struct writer writer;

	terms.spi = creation->spi_in;
	TRY(isakmp_offer_phase2(step->arena, tunnel->conn->esp, &terms, &offer, &out->diag));
	TRY(v1_message_id(step->env, step->sa, &out->v1.message_id));
	TRY(v1_hash_begin(step->sa, step->arena, &sink, &writer));
	isakmp_sa_emit(&writer, &offer);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF(creation->ni));
	if (creation->pair != NULL)
		isakmp_bytes_emit(&writer, ISAKMP_KE, dh_public(creation->pair));
	v1_quick_emit_ids(creation->proposed, true, &writer);
	v1_nat_oa_emit(step->sa, tunnel, true, &writer);
	out->message.purpose = creation->purpose;
	out->message.child = creation->old;
	return v1_hash_end(step->sa, out->v1.message_id, SPAN_NONE, &writer, &sink,
			   EXCHANGE_V1_QUICK, &out->message);
}

static enum rc send_first(struct step *step, struct outcome *out)
{
	struct quick_initiate *in = step->scratch;
	const struct tunnel *tunnel = peer_tunnel_staying(step->sa->peer, out->creation->tunnel);

	out->creation->pair = in->pair;
	in->pair = NULL;
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	if (tunnel == NULL ||
	    (out->creation->old != 0 && child_sa_by_serial(step->sa, out->creation->old) == NULL))
		return RC_DROP; /* not wanted any more */
	TRY(propose(step, tunnel, out));
	return emit(step, tunnel, out);
}

static const step_fn create_steps[] = { begin_create /* suspends: DH key pair */, send_first,
					NULL };
static const step_fn rekey_steps[] = { begin_rekey /* suspends: DH key pair */, send_first, NULL };

/* ---- the answer ---- */

static enum rc compute_run(void *arg, unsigned worker, struct diag *diag)
{
	struct quick_initiate *in = arg;
	enum rc rc = dh_compute(in->pair, in->public, worker, in->shared, diag);

	drop_pair(in);
	return rc;
}

static enum rc refuse(struct outcome *out, enum rc rc)
{
	out->creation_failed = rc;
	return RC_OK;
}

static enum rc read_answer(struct step *step, struct outcome *out)
{
	struct quick_initiate *in = ARENA_NEW(step->arena, struct quick_initiate);
	struct ike_creation *creation = step->sa->creation;

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	if (creation == NULL)
		return RC_DROP;
	TRY(v1_hash_check(step, SPAN_OF(creation->ni), &out->diag));
	memcpy(in->ni, creation->ni, sizeof(in->ni));
	out->heard = true;
	out->request_done = true;
	TRY(v1_quick_read(step, &in->quick, &out->diag));
	TRY(v1_lifetime_of_answer(step, &in->told, &out->diag));
	if ((creation->pair != NULL) != (in->quick.public.len > 0))
		return refuse(out, diag_fail(&out->diag, RC_INVALID_KE,
					     "Quick Mode: peer answered %s KE, we sent it %s",
					     creation->pair != NULL ? "without" : "with",
					     creation->pair != NULL ? "one" : "none"));
	if (creation->pair == NULL)
		return RC_OK;
	TRY(dh_check_public(dh_pair_alg(creation->pair), in->quick.public, &out->diag));
	in->dh = dh_pair_alg(creation->pair);
	in->pair = creation->pair;
	creation->pair = NULL;
	in->public = in->quick.public;
	in->shared = &out->shared;
	out->work = (struct slow_work){ .run = compute_run, .arg = in, .drop = drop_pair };
	return RC_SUSPEND;
}

/* What both called 0.0.0.0/0 is less (split.c). */
static enum rc take_networks(const struct ike_sa *sa, struct child_sa *child,
			     const struct wire_ts_list *tsi, const struct wire_ts_list *tsr,
			     struct diag *diag)
{
	const struct selectors *ours = &child->tunnel->selectors;
	struct selectors taken;

	if (selectors_within(&child->selectors, ours))
		return v1_split_take(sa, child, diag);
	TRY(selectors_narrow(ours, tsr, tsi, &taken, diag));
	selectors_move(&child->selectors, &taken);
	child->cisco_wide = true;
	return RC_OK;
}

static bool is_shorter(uint64_t told, uint64_t agreed)
{
	return told != 0 && (agreed == 0 || told < agreed);
}

static void take_lifetime(const struct quick_initiate *in, struct child_sa *child)
{
	const struct isakmp_choice *choice = &in->quick.choice;

	child->peer_seconds =
		is_shorter(in->told.seconds, choice->seconds) ? in->told.seconds : choice->seconds;
	child->peer_kilobytes = is_shorter(in->told.kilobytes, choice->kilobytes)
					? in->told.kilobytes
					: choice->kilobytes;
}

static enum rc accept_child(struct step *step, struct outcome *out)
{
	struct quick_initiate *in = step->scratch;
	const struct ike_creation *creation = step->sa->creation;
	struct tunnel *tunnel = peer_tunnel_staying(step->sa->peer, creation->tunnel);
	struct isakmp_phase2_terms terms;
	struct wire_ts_list tsi, tsr;
	struct child_sa *child;

	if (tunnel == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the tunnel is not wanted any more");
	terms = v1_quick_terms(step->sa, tunnel, in->dh != NULL ? in->dh->id : (uint16_t)DH_NONE);
	TRY(isakmp_accept_phase2(tunnel->conn->esp, &terms, &in->quick.sa, &in->quick.choice,
				 &out->diag));
	TRY(v1_quick_selectors(step, &in->quick, true, &tsi, &tsr, &out->diag));
	TRY(child_sa_new(step->env->sas, &child));
	out->child = child;
	child->tunnel = tunnel;
	child->initiator = true;
	child->begun = creation->begun;
	child->spi_in = creation->spi_in;
	child->choice = in->quick.choice.choice;
	take_lifetime(in, child);
	child->mode = tunnel->conn->type == TYPE_TRANSPORT ? KERNEL_TRANSPORT : KERNEL_TUNNEL;
	child_place(child, &step->sa->local, &step->sa->remote, step->sa->encap);
	TRY(selectors_check_answer(creation->proposed, &tsi, &tsr, &child->selectors, &out->diag));
	TRY(take_networks(step->sa, child, &tsi, &tsr, &out->diag));
	TRY(v1_quick_take_spi(child, &out->diag));
	TRY(child_check(step->env->sas, child, &out->diag));
	return v1_keymat(child, step->sa, SPAN_OF(in->ni), in->quick.nonce, out);
}

/* With the commit bit the responder says when it has the IPsec SA (RFC 2408 §3.1). */
static usec_t hold_of(const struct step *step)
{
	const struct ike_creation *creation = step->sa->creation;

	if ((step->message->header.flags & ISAKMP_FLAG_COMMIT) != 0)
		return COMMIT_HOLD;
	return child_sa_by_serial(step->sa, creation->old) != NULL ? REKEY_HOLD : 0;
}

static enum rc install(struct step *step, struct outcome *out)
{
	struct quick_initiate *in = step->scratch;
	enum rc rc;

	if (out->creation_failed != RC_OK)
		return RC_OK;
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return refuse(out, step->rc);
	}
	rc = accept_child(step, out);
	if (rc != RC_OK)
		return rc == RC_NO_MEMORY ? rc : refuse(out, rc);
	TRY(child_install_in(step->arena, out->child, secret_span(&out->keymat),
			     &out->kernel_wait));
	in->hold = hold_of(step);
	if (in->hold == 0)
		TRY(child_install_out(step->arena, out->child, secret_span(&out->keymat),
				      &out->kernel_wait));
	return RC_SUSPEND;
}

/* The peer believes in an IPsec SA that we do not have only when the third message goes out. */
static enum rc send_third(struct step *step, struct outcome *out)
{
	const struct quick_initiate *in = step->scratch;
	const struct ike_creation *creation = step->sa->creation;
	uint32_t message_id = step->message->header.message_id;
	struct sink sink;
	struct writer writer;
	struct span hash;

	if (out->creation_failed == RC_OK && step->rc != RC_OK) {
		out->diag = step->job_diag;
		diag_prefix(&out->diag, "the kernel refused the IPsec SA");
		out->creation_failed = step->rc;
	}
	if (out->creation_failed != RC_OK)
		return RC_OK;
	if (creation->old != 0)
		out->old = child_sa_by_serial(step->sa, creation->old);
	out->old_is_ours = true;
	TRY(v1_hash3(step, message_id, SPAN_OF(in->ni), in->quick.nonce, &hash));
	TRY(v1_inner_begin(step->arena, &sink, &writer));
	isakmp_bytes_emit(&writer, ISAKMP_HASH, hash);
	out->v1.message_id = message_id;
	out->v1.child = out->child->serial;
	out->v1.hold = in->hold;
	out->message.response = true;
	return v1_inner_end(&writer, &sink, EXCHANGE_V1_QUICK, &out->message);
}

static const step_fn answer_steps[] = { read_answer /* suspends: DH */,
					install /* suspends: kernel */, send_third, NULL };

const struct ike_row ikev1_quick_initiate_rows[] = {
	IN_BOTH_ROLES(EVENT_CREATE_CHILD, NULL, create_steps,
		      "a tunnel has no IPsec SA: we offer one"),
	IN_BOTH_ROLES(EVENT_REKEY_CHILD, NULL, rekey_steps,
		      "an IPsec SA gets old: we offer another in its place"),
	IN_BOTH_ROLES(EVENT_QUICK_RESPONSE, v1_quick_rules, answer_steps,
		      "peer has chosen: the IPsec SA is installed, and our HASH(3) says so"),
	{ .story = NULL },
};
