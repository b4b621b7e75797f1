/* SPDX-License-Identifier: Apache-2.0 */
/* rfc9370 §2.2.4: what both ends do when CREATE_CHILD_SA agrees on additional key exchanges: what
 * was agreed on is kept, and becomes an SA after the last one. */
#include "ikev2/create.h"
#include "sa/compress.h"

void followup_from_child(struct ike_followup *followup, const struct child_sa *child)
{
	followup->choice = child->choice;
	followup->tunnel = child->tunnel->serial;
	followup->spi_in = child->spi_in;
	followup->spi_out = child->spi_out;
	followup->cpi_out = child->compress != NULL ? child->compress->cpi_out : 0;
	followup->mode = child->mode;
	followup->no_tfc = child->no_tfc;
	followup->iptfs = child->iptfs;
	followup->iptfs_whole = child->iptfs_whole;
	followup->others_possible = child->others_possible;
	followup->selectors = selectors_hold(&child->selectors);
}

/* Meanwhile the IKE SA may have moved, and somebody else may have the SPI or the selectors. */
enum rc followup_to_child(struct step *step, const struct ike_followup *followup,
			  struct outcome *out)
{
	struct tunnel *tunnel = peer_tunnel_staying(step->sa->peer, followup->tunnel);
	struct child_sa *child;

	if (tunnel == NULL)
		return diag_fail(&out->diag, RC_CANCELLED,
				 "the tunnel is gone since its key exchanges began");
	TRY(child_sa_new(step->env->sas, &out->child));
	child = out->child;
	child->tunnel = tunnel;
	child->choice = followup->choice;
	child->spi_in = followup->spi_in;
	child->spi_out = followup->spi_out;
	child->mode = followup->mode;
	child->no_tfc = followup->no_tfc;
	child->iptfs = followup->iptfs;
	child->iptfs_whole = followup->iptfs_whole;
	child->others_possible = followup->others_possible;
	child->selectors = selectors_hold(&followup->selectors);
	child_place(child, &step->sa->local, &step->sa->remote, step->sa->encap);
	TRY(child_still_ours(child, &out->diag));
	if (followup->cpi_out != 0)
		TRY(compress_set(child, followup->cpi_out));
	return child_check(step->env->sas, child, &out->diag);
}

enum rc followup_to_ike(struct step *step, const struct ike_followup *followup, enum ike_role role,
			struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct ike_sa *born;

	TRY(ike_sa_new_successor(step->env->sas, sa, role, &out->successor));
	born = out->successor;
	born->spi_i = followup->spi_i;
	born->spi_r = followup->spi_r;
	born->choice = followup->choice;
	TRY(proposal_ike_suite(&followup->choice, &born->suite));
	return ike_keys_follow(&sa->suite, &sa->keys, &born->suite, secret_span(&followup->first),
			       span_make(followup->ni, followup->ni_len),
			       span_make(followup->nr, followup->nr_len),
			       secret_span(&followup->later), born->spi_i, born->spi_r,
			       &born->keys);
}

void followup_emit_link(struct writer *writer, const struct ike_followup *followup)
{
	struct wire_notify notify = { .type = ADDITIONAL_KEY_EXCHANGE,
				      .data = span_make(followup->link, followup->link_len) };

	wire_notify_emit(writer, &notify);
}
