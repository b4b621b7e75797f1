/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.3.1, §1.3.3: we want a further Child SA in this IKE SA, or a new one in place of an
 * old one. Each step in the order of time. */
#include "ikev2/create.h"

/* ---- the request ---- */

static unsigned flags_of(const struct tunnel *tunnel)
{
	uint16_t group;

	return proposal_groups(tunnel->conn->esp, &group, 1) > 0 ? 0 : PROPOSAL_NO_DH;
}

/* The group that the IKE SA was agreed on with, when it is one of ours for Child SAs: the peer has
 * it too. (Libreswan 4.10 answers a KE of another group than it chooses with INVALID_SYNTAX.) */
static bool first_group(const struct step *step, const struct tunnel *tunnel, uint16_t *group)
{
	*group = step->sa->choice.dh;
	return proposal_has_group(tunnel->conn->esp, *group) ||
	       proposal_groups(tunnel->conn->esp, group, 1) > 0;
}

static enum rc begin(struct step *step, const struct tunnel *tunnel, enum request_purpose purpose,
		     struct outcome *out)
{
	struct ike_creation *creation = ike_creation_new();
	uint16_t group;

	out->creation = creation;
	if (creation == NULL)
		return RC_NO_MEMORY;
	creation->purpose = (uint8_t)purpose;
	creation->tunnel = tunnel->serial;
	TRY(host_random(step->env->host, creation->ni, sizeof(creation->ni)));
	TRY(child_spi_random(step->env->sas, &creation->spi_in));
	if (!first_group(step, tunnel, &group))
		return RC_OK;
	return create_generate(step, group, &creation->pair, out);
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

static enum rc emit_rekey_notify(struct step *step, const struct child_sa *old,
				 struct writer *writer)
{
	struct wire_notify notify = { .protocol = tunnel_protocol(old->tunnel), .type = REKEY_SA };

	TRY(wire_spi(step->arena, old->spi_in, &notify.spi));
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

/* Without pfs= esp= has no groups, but a peer that insists on one may choose among those of ike=.
 */
static const struct proposal_list *more_groups(const struct ike_creation *creation,
					       const struct tunnel *tunnel)
{
	return creation->pair != NULL && !tunnel->conn->pfs ? tunnel->peer->conn->ike : NULL;
}

static enum rc emit_payloads(struct step *step, struct ike_creation *creation,
			     const struct tunnel *tunnel, const struct child_sa *old,
			     struct writer *writer)
{
	struct wire_ke ke = { 0 };

	if (old != NULL)
		TRY(emit_rekey_notify(step, old, writer));
	TRY(child_offer_sa(step->arena, tunnel, creation->spi_in, flags_of(tunnel),
			   more_groups(creation, tunnel), writer));
	wire_nonce_emit(writer, SPAN_OF(creation->ni));
	if (creation->pair != NULL) {
		ke = (struct wire_ke){ dh_pair_alg(creation->pair)->id, dh_public(creation->pair) };
		wire_ke_emit(writer, &ke);
	}
	TRY(child_offer_selectors(step->arena, tunnel, &tunnel->selectors, writer));
	selectors_free(creation->proposed);
	creation->proposed = selectors_copy(&tunnel->selectors);
	if (creation->proposed == NULL)
		return RC_NO_MEMORY;
	ipcomp_offer(tunnel, &step->sa->remote.addr, creation->spi_in, writer);
	return RC_OK;
}

static bool still_wanted(const struct tunnel *tunnel, usec_t now)
{
	return tunnel->wanted >= WANTED_ON_DEMAND || tunnel_succeeds(tunnel, now);
}

static enum rc emit_request(struct step *step, struct outcome *out)
{
	struct ike_creation *creation = out->creation;
	const struct child_sa *old = NULL;
	const struct tunnel *tunnel = peer_tunnel_staying(step->sa->peer, creation->tunnel);
	struct sink sink;
	struct writer writer;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	if (creation->old != 0)
		old = child_sa_by_serial(step->sa, creation->old);
	if (tunnel == NULL || (creation->old == 0 ? !still_wanted(tunnel, step->now)
						  : old == NULL || old->delete_wanted))
		return RC_DROP; /* not wanted any more */
	TRY(inner_start(step->arena, &sink, &writer));
	TRY(emit_payloads(step, creation, tunnel, old, &writer));
	out->message.exchange = EXCHANGE_CREATE_CHILD_SA;
	out->message.purpose = creation->purpose;
	out->message.child = creation->old;
	return inner_finish(&writer, &sink, &out->message);
}

const step_fn create_steps[] = { begin_create /* suspends: DH key pair */, emit_request, NULL };
const step_fn rekey_child_steps[] = { begin_rekey /* suspends: DH key pair */, emit_request, NULL };

/* ---- once more, with the group that the peer wants ---- */

static const step_fn create_again_steps[] = { emit_request, NULL };

static enum rc another_group(struct step *step, const struct wire_notify *notify,
			     struct outcome *out)
{
	const struct ike_creation *before = step->sa->creation;
	const struct tunnel *tunnel = peer_tunnel_staying(step->sa->peer, before->tunnel);
	uint16_t group;

	if (tunnel == NULL || before->pair == NULL)
		return create_refused(step, notify, out);
	if (create_wanted_group(notify,
				tunnel->conn->pfs ? tunnel->conn->esp : step->sa->peer->conn->ike,
				before, &group, &out->diag) != RC_OK) {
		out->creation_failed = RC_NO_PROPOSAL;
		return RC_OK;
	}
	return create_again(step, group, create_again_steps, out);
}

/* A peer that insists on PFS refuses what comes without KE. We do not insist on doing without: once
 * more, in the group of the IKE SA. */
static bool may_want_pfs(const struct step *step, const struct wire_notify *notify)
{
	const struct ike_creation *before = step->sa->creation;

	return notify->type == NO_PROPOSAL_CHOSEN && before->pair == NULL &&
	       before->restarts == 0 && step->sa->choice.dh != DH_NONE;
}

/* ---- the answer ---- */

static enum rc refuse(struct outcome *out, enum rc rc)
{
	out->creation_failed = rc;
	return RC_OK;
}

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct create_response *in = step->scratch;
	struct ike_creation *creation = step->sa->creation;
	struct wire_notify notify;

	if (notify_find(step->message, INVALID_KE_PAYLOAD, &notify))
		return another_group(step, &notify, out);
	if (notify_error(step->message, &notify))
		return may_want_pfs(step, &notify)
			       ? create_again(step, step->sa->choice.dh, create_again_steps, out)
			       : create_refused(step, &notify, out);
	TRY(child_read(step->arena, step->message, &in->child, &out->diag));
	if (!in->child.present || in->nr.len == 0)
		return diag_fail(&out->diag, RC_SYNTAX, "an answer without SA, Nr, TSi or TSr");
	if (creation->pair == NULL)
		return RC_OK;
	if (in->ke.data.len == 0 || in->ke.group != dh_pair_alg(creation->pair)->id)
		return refuse(out,
			      diag_fail(&out->diag, RC_INVALID_KE,
					"peer answered without a KE of the group it was sent"));
	return create_compute(step, &creation->pair, in->ke.data, out);
}

/* What the peer's answer says, into out->child. */
static enum rc accept_child(struct step *step, struct outcome *out)
{
	struct create_response *in = step->scratch;
	const struct ike_creation *creation = step->sa->creation;
	struct tunnel *tunnel = peer_tunnel_staying(step->sa->peer, creation->tunnel);
	struct child_sa *child;

	if (tunnel == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the tunnel is not wanted any more");
	TRY(child_sa_new(step->env->sas, &child));
	out->child = child;
	child->spi_in = creation->spi_in;
	child->tunnel = tunnel;
	child->initiator = true;
	child->mode = tunnel->conn->type == TYPE_TRANSPORT ? KERNEL_TRANSPORT : KERNEL_TUNNEL;
	child_place(child, &step->sa->local, &step->sa->remote, step->sa->encap);
	in->child.ours = creation->proposed;
	child_see_answer_through_nat(step, tunnel, &in->child);
	TRY(child_accept(step->env->sas, &in->child, flags_of(tunnel), child, &out->diag));
	if (secret_span(&out->shared).len > 0)
		child->choice.dh = in->ke.group;
	return RC_OK;
}

static enum rc derive(struct step *step, struct span first, struct span later, struct outcome *out)
{
	const struct create_response *in = step->scratch;
	const struct ike_creation *creation = step->sa->creation;

	return child_derive(out->child, &step->sa->suite, &step->sa->keys, first,
			    SPAN_OF(creation->ni), in->nr, later, out);
}

/* RC_SUSPEND: more key exchanges come first. */
static enum rc make_child(struct step *step, struct outcome *out)
{
	struct create_response *in = step->scratch;
	const struct ike_creation *creation = step->sa->creation;
	const struct ike_followup *all = out->followup;

	if (all != NULL) {
		if (peer_tunnel_staying(step->sa->peer, creation->tunnel) == NULL)
			return diag_fail(&out->diag, RC_CANCELLED,
					 "the tunnel is not wanted any more");
		TRY(followup_to_child(step, all, out));
		out->child->initiator = true;
		return derive(step, secret_span(&all->first), secret_span(&all->later), out);
	}
	TRY(accept_child(step, out));
	if (followup_wanted(&out->child->choice))
		return followup_begin_child(step, out);
	in->lost = creation->rival != 0 && child_sa_by_serial(step->sa, creation->rival) != NULL &&
		   creation_lost(creation, in->nr);
	return derive(step, secret_span(&out->shared), SPAN_NONE, out);
}

/* Of two that crossed the one with the lowest nonce goes: nothing is sent with it. */
static enum rc install(struct step *step, struct outcome *out)
{
	const struct create_response *in = step->scratch;
	enum rc rc;

	if (out->creation_failed != RC_OK)
		return RC_OK;
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return refuse(out, step->rc);
	}
	rc = make_child(step, out);
	if (rc == RC_SUSPEND || step->divert != NULL)
		return rc;
	if (rc != RC_OK)
		return rc == RC_NO_MEMORY || out->creation != NULL ? rc : refuse(out, rc);
	TRY(child_install_in(step->arena, out->child, secret_span(&out->keymat),
			     &out->kernel_wait));
	if (!in->lost)
		TRY(child_install_out(step->arena, out->child, secret_span(&out->keymat),
				      &out->kernel_wait));
	return RC_SUSPEND;
}

/* §2.8.1 */
static void settle(const struct step *step, const struct create_response *in, struct outcome *out)
{
	const struct ike_creation *creation = step->sa->creation;

	if (creation->old != 0)
		out->old = child_sa_by_serial(step->sa, creation->old);
	out->child_lost = in->lost;
	out->old_is_ours = !in->lost;
	if (!in->lost && creation->rival != 0)
		out->rival = child_sa_by_serial(step->sa, creation->rival);
}

static enum rc finish(struct step *step, struct outcome *out)
{
	const struct create_response *in = step->scratch;

	if (out->creation_failed == RC_OK && step->rc != RC_OK) {
		out->diag = step->job_diag;
		diag_prefix(&out->diag, "the kernel refused the Child SA");
		out->creation_failed = step->rc;
	}
	if (out->creation_failed == RC_OK) {
		settle(step, in, out);
		return RC_OK;
	}
	/* §2.21.3: the peer believes in a Child SA that we do not have */
	if (in->child.present)
		return child_emit_delete(step->arena, in->child.protocol,
					 step->sa->creation->spi_in, &out->message);
	return RC_OK;
}

const step_fn create_install_steps[] = { install /* suspends: kernel */, finish, NULL };
const step_fn create_response_steps[] = { read_response /* suspends: DH */,
					  install /* suspends: kernel */, finish, NULL };
