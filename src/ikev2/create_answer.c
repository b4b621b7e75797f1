/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.3.1, §1.3.3: the peer wants a further Child SA, or a new one in place of an old one.
 * Each step in the order of time. */
#include "ikev2/create.h"

#define CHILDREN_OF_TUNNEL_MAX 32 /* replaced ones too: reconcile thins them out */

/* §2.25.1: what is on its way out is not rekeyed any more. */
static enum rc check_old(const struct ike_sa *sa, struct child_sa *old, struct outcome *out)
{
	bool superseded = old->replaced && old->leave_at != USEC_NEVER;

	if (old->state == CHILD_UP && !old->delete_wanted && !superseded)
		return followup_check_child(sa, old, &out->diag);
	return diag_fail(&out->diag, RC_TEMPORARY_FAILURE,
			 "peer wants to rekey Child SA #%llu, which is being deleted or replaced",
			 (unsigned long long)old->serial);
}

/* The SPI is the one that the peer receives with: ours to send with (§1.3.3). */
static enum rc find_old(struct step *step, struct create_request *in, struct child_sa **old,
			struct outcome *out)
{
	struct wire_notify notify;
	uint32_t spi = 0;

	*old = NULL;
	if (!notify_find(step->message, REKEY_SA, &notify))
		return RC_OK;
	struct span bytes = notify.spi;
	TRY(span_u32(&bytes, &spi));
	*old = child_sa_by_out(step->sa, notify.protocol, spi);
	if (*old == NULL) {
		out->notify_spi = notify.spi;
		out->notify_protocol = notify.protocol;
	}
	if (*old == NULL)
		return diag_fail(&out->diag, RC_CHILD_NOT_FOUND,
				 "peer wants to rekey a Child SA with SPI %08x, which this IKE SA "
				 "does not have",
				 spi);
	in->old = (*old)->serial;
	return check_old(step->sa, *old, out);
}

static enum rc find_tunnel(struct step *step, struct create_request *in, const struct child_sa *old,
			   struct tunnel **tunnel, struct outcome *out)
{
	unsigned count = 0;

	child_see_through_nat(step, step->sa->peer, &in->child);
	*tunnel = old != NULL ? old->tunnel
			      : peer_tunnel_for(step->sa->peer, &in->child.tsi, &in->child.tsr,
						in->child.transport);
	if (*tunnel == NULL)
		return child_no_tunnel(step->sa->peer, &in->child, &out->diag);
	list_for(node, &(*tunnel)->child_sas) count++;
	if (count >= CHILDREN_OF_TUNNEL_MAX)
		return diag_fail(&out->diag, RC_NO_ADDITIONAL_SAS,
				 "peer has %u Child SAs for \"%s\" already", count,
				 (*tunnel)->name);
	in->tunnel = (*tunnel)->serial;
	return RC_OK;
}

/* A group is agreed on when the peer sends a KE; without pfs= any of ours will do. */
static enum rc choose(struct step *step, struct create_request *in, struct outcome *out)
{
	struct child_sa *child = out->child;
	bool ke = in->ke.data.len > 0;
	unsigned flags = child->tunnel->conn->pfs ? 0 : ke ? PROPOSAL_ANY_DH : PROPOSAL_NO_DH;

	enum rc rc = child_choose(step->env->sas, &in->child, ke ? in->ke.group : DH_NONE, flags,
				  child, &out->diag);
	if (rc == RC_NO_PROPOSAL)
		out->rekey_refused = in->old;
	TRY(rc);
	if (child->choice.dh == DH_NONE)
		return RC_OK;
	if (followup_wanted(&child->choice))
		TRY(followup_check_room(step->sa, &out->diag));
	if (child->choice.dh != in->ke.group)
		return create_want_group(step, child->choice.dh, out);
	return create_answer_dh(step, &in->ke, &in->public, out);
}

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct create_request *in = step->scratch;
	struct child_sa *old;
	struct tunnel *tunnel;

	TRY(child_read(step->arena, step->message, &in->child, &out->diag));
	if (!in->child.present)
		return diag_fail(&out->diag, RC_SYNTAX, "a Child SA without TSi and TSr");
	TRY(find_old(step, in, &old, out));
	TRY(find_tunnel(step, in, old, &tunnel, out));
	TRY(host_random(step->env->host, in->nr, sizeof(in->nr)));
	TRY(child_sa_new(step->env->sas, &out->child));
	out->child->tunnel = tunnel;
	out->child->mode = tunnel->conn->type == TYPE_TRANSPORT ? KERNEL_TRANSPORT : KERNEL_TUNNEL;
	child_place(out->child, &step->sa->local, &step->sa->remote, step->sa->encap);
	return choose(step, in, out);
}

/* While a worker was at the key exchange, another peer may have taken what this one asks for, and
 * the tunnel may have been split. */
static enum rc check_again(struct step *step, struct outcome *out)
{
	enum rc rc = child_still_ours(out->child, &out->diag);

	if (rc == RC_CANCELLED)
		return RC_TS_UNACCEPTABLE;
	TRY(rc);
	return child_check(step->env->sas, out->child, &out->diag);
}

/* architecture.md §7: the inbound half is in the kernel before the reply that promises it. */
static enum rc install_inbound(struct step *step, struct outcome *out)
{
	const struct create_request *in = step->scratch;
	const struct ike_sa *sa = step->sa;

	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	if (followup_wanted(&out->child->choice))
		return followup_open_child(step, out);
	TRY(check_again(step, out));
	TRY(child_derive(out->child, &sa->suite, &sa->keys, secret_span(&out->shared), in->ni,
			 SPAN_OF(in->nr), SPAN_NONE, out));
	TRY(child_install_in(step->arena, out->child, secret_span(&out->keymat),
			     &out->kernel_wait));
	return RC_SUSPEND;
}

/* §2.8: the old one carries our traffic until the peer has shown that it has the new one. Where we
 * are rekeying the same one ourselves, the answer to that will tell which of the two stays. */
enum rc create_take_over(struct step *step, const struct create_request *in, struct outcome *out)
{
	const struct ike_creation *creation = step->sa->creation;

	out->old = in->old != 0 ? child_sa_by_serial(step->sa, in->old) : NULL;
	if (out->old == NULL)
		return child_install_out(step->arena, out->child, secret_span(&out->keymat),
					 &out->kernel);
	if (creation != NULL && creation->old == in->old)
		out->rival_nonce = nonce_lower(in->ni, SPAN_OF(in->nr));
	return RC_OK;
}

enum rc create_emit_answer(struct step *step, struct outcome *out)
{
	struct create_request *in = step->scratch;
	struct wire_ke ke = { in->ke.group, in->public };
	struct sink sink;
	struct writer writer;

	TRY(inner_start(step->arena, &sink, &writer));
	TRY(child_answer_sa(step->arena, out->child, &writer));
	wire_nonce_emit(&writer, SPAN_OF(in->nr));
	if (in->public.len > 0)
		wire_ke_emit(&writer, &ke);
	TRY(child_answer_ts(step->arena, out->child, &in->child, &writer));
	if (out->followup != NULL)
		followup_emit_link(&writer, out->followup);
	out->message.exchange = EXCHANGE_CREATE_CHILD_SA;
	out->message.response = true;
	return inner_finish(&writer, &sink, &out->message);
}

static enum rc respond(struct step *step, struct outcome *out)
{
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		diag_prefix(&out->diag, "the kernel refused the Child SA");
		return step->rc;
	}
	TRY(create_take_over(step, step->scratch, out));
	return create_emit_answer(step, out);
}

const step_fn create_answer_steps[] = { read_request /* suspends: DH */,
					install_inbound /* suspends: kernel */, respond, NULL };
