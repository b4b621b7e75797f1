/* SPDX-License-Identifier: Apache-2.0 */
/* A Child SA in the making, whatever the version: may it be, and what the kernel is asked for it.
 */
#include "sa/child_install.h"
#include "sa/compress.h"

void child_place(struct child_sa *child, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, bool encap)
{
	child->local = local->addr;
	child->remote = remote->addr;
	if (encap)
		child->encap = (struct kernel_encap){ local->port, remote->port };
}

#define SPI_RESERVED 256u

/* Policies of equal selectors are one to the kernel: the last one takes the traffic. That is what
 * an operator asks for who writes two conns, and what a client does that comes back from another
 * address; not for one client to do to another. */
static bool robs(const struct child_sa *child, const struct child_sa *other)
{
	const struct peer *peer = child->tunnel->peer, *victim = other->tunnel->peer;

	return peer != victim && (peer->parent != NULL || victim->parent != NULL) &&
	       !peer_same_client(peer, victim);
}

#define POLICIES_OF_TUNNEL_MAX 256 /* of one direction: four times what a Child SA may have */

/* A peer that takes other selectors each time would fill the kernel. */
static enum rc check_policies(const struct child_sa *child, struct diag *diag)
{
	unsigned count = selectors_policies(&child->selectors);

	list_for(node, &child->tunnel->child_sas)
	{
		const struct child_sa *other = container_of(node, struct child_sa, in_tunnel);
		if (other != child)
			count += selectors_policies(&other->selectors);
	}
	if (count <= POLICIES_OF_TUNNEL_MAX)
		return RC_OK;
	return diag_fail(diag, RC_TS_UNACCEPTABLE,
			 "the Child SAs of \"%s\" would have %u policies in each direction; %d are "
			 "allowed (ranges that are not subnets need many)",
			 child->tunnel->name, count, POLICIES_OF_TUNNEL_MAX);
}

static enum rc check_claims(const struct sas *sas, const struct child_sa *child, struct diag *diag)
{
	char claims[SELECTOR_TEXT_MAX], has[SELECTORS_TEXT_MAX];
	struct selector claimed;
	const struct child_sa *other = claims_rival(sas, child, &claimed);

	if (other == NULL)
		return RC_OK;
	return diag_fail(diag, RC_TS_UNACCEPTABLE,
			 "peer claims %s, but \"%s\", which is somebody else, has %s",
			 selector_text(&claimed, claims), other->tunnel->name,
			 selectors_text(&other->selectors, has));
}

enum rc child_check(const struct sas *sas, const struct child_sa *child, struct diag *diag)
{
	char selectors[SELECTOR_PAIR_TEXT_MAX];

	if (child->spi_out < SPI_RESERVED)
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer chose SPI %u; those below %u are reserved (RFC 4303 §2.1)",
				 child->spi_out, SPI_RESERVED);
	/* RFC 3947 §1: no NAT leaves its ICV intact, and RFC 3948 knows ESP only */
	if (child->choice.protocol == PROTOCOL_AH && child->encap.local_port != 0)
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "AH cannot pass the NAT between here and the peer (its ICV covers "
				 "the addresses): write esp= at both ends");
	if (child_outbound_taken(sas, &child->remote, child->spi_out))
		return diag_fail(diag, RC_EXISTS,
				 "peer chose SPI %08x, which another Child SA with its address has",
				 child->spi_out);
	if (child->compress != NULL &&
	    compress_outbound_taken(sas, &child->remote, child->compress->cpi_out))
		return diag_fail(diag, RC_EXISTS,
				 "peer chose CPI %u, which another Child SA with its address has",
				 child->compress->cpi_out);
	TRY(check_policies(child, diag));
	for (unsigned i = 0; i < selectors_policies(&child->selectors); i++) {
		const struct child_sa *other = child_policies_heir(sas, child, i);
		if (other != NULL && robs(child, other))
			return diag_fail(diag, RC_TS_UNACCEPTABLE, "%s is in use by \"%s\"%s",
					 selector_pair_text(selectors_policy(&child->selectors, i),
							    selectors),
					 other->tunnel->name,
					 child->mode == KERNEL_TRANSPORT
						 ? " (mark=%unique tells clients behind one NAT "
						   "apart)"
						 : "");
	}
	return check_claims(sas, child, diag);
}

/* §2.17: the initiator's outbound keys come first. */
static enum rc sa_request(struct arena *arena, const struct child_sa *child, struct span keymat,
			  enum kernel_direction direction, struct list *list)
{
	struct kernel_request *request = ARENA_NEW(arena, struct kernel_request);
	size_t encr_len, integ_len;
	bool first = child->initiator == (direction == KERNEL_OUT);

	if (request == NULL)
		return RC_NO_MEMORY;
	TRY(esp_key_lengths(child->choice.encr, child->choice.encr_bits, child->choice.integ,
			    &encr_len, &integ_len));
	if (keymat.len != 2 * (encr_len + integ_len))
		return RC_INTERNAL;
	request->op = KERNEL_SA_ADD;
	child_kernel_sa(child, direction, &request->sa);
	if (!first)
		keymat.ptr += encr_len + integ_len;
	request->sa.encr_key = span_make(keymat.ptr, encr_len);
	request->sa.integ_key = span_make(keymat.ptr + encr_len, integ_len);
	list_append(list, &request->queue);
	return RC_OK;
}

/* Before the SA around it, so that no packet finds that one alone. */
static enum rc zip_request(struct arena *arena, const struct child_sa *child,
			   enum kernel_direction direction, struct list *list)
{
	struct kernel_request *request;

	if (child->compress == NULL)
		return RC_OK;
	request = ARENA_NEW(arena, struct kernel_request);
	if (request == NULL)
		return RC_NO_MEMORY;
	request->op = KERNEL_SA_ADD;
	compress_kernel_sa(child, direction, &request->sa);
	list_append(list, &request->queue);
	return RC_OK;
}

static enum rc policy_requests(struct arena *arena, const struct child_sa *child,
			       enum kernel_direction direction, struct list *list)
{
	for (unsigned i = 0; i < selectors_policies(&child->selectors); i++) {
		struct kernel_request *request = ARENA_NEW(arena, struct kernel_request);
		if (request == NULL)
			return RC_NO_MEMORY;
		request->op = KERNEL_POLICY_SET;
		child_kernel_policy(child, i, direction, &request->policy);
		list_append(list, &request->queue);
	}
	return RC_OK;
}

enum rc child_install_in(struct arena *arena, const struct child_sa *child, struct span keymat,
			 struct list *list)
{
	TRY(zip_request(arena, child, KERNEL_IN, list));
	TRY(sa_request(arena, child, keymat, KERNEL_IN, list));
	TRY(policy_requests(arena, child, KERNEL_IN, list));
	if (child->mode == KERNEL_TRANSPORT)
		return RC_OK; /* nothing is forwarded */
	return policy_requests(arena, child, KERNEL_FWD, list);
}

enum rc child_install_out(struct arena *arena, const struct child_sa *child, struct span keymat,
			  struct list *list)
{
	TRY(zip_request(arena, child, KERNEL_OUT, list));
	TRY(sa_request(arena, child, keymat, KERNEL_OUT, list));
	return policy_requests(arena, child, KERNEL_OUT, list);
}

static void delete_sa(const struct child_sa *child, enum kernel_direction direction,
		      struct kernel_request *out)
{
	*out = (struct kernel_request){ .op = KERNEL_SA_DELETE };
	child_kernel_sa(child, direction, &out->sa);
}

static unsigned delete_zip(const struct child_sa *child, enum kernel_direction direction,
			   struct kernel_request *out)
{
	const struct child_compress *zip = child->compress;

	if (zip == NULL || !(direction == KERNEL_OUT ? zip->out_installed : zip->in_installed))
		return 0;
	*out = (struct kernel_request){ .op = KERNEL_SA_DELETE };
	compress_kernel_sa(child, direction, &out->sa);
	return 1;
}

static void delete_policy(const struct child_sa *child, unsigned index,
			  enum kernel_direction direction, struct kernel_request *out)
{
	*out = (struct kernel_request){ .op = KERNEL_POLICY_DELETE };
	child_kernel_policy(child, index, direction, &out->policy);
}

/* A tunnel that keeps a trap gets it back in place of the outbound policy, where both are one to
 * the kernel. */
static void restore_trap(const struct child_sa *child, unsigned index, struct kernel_request *out)
{
	const struct tunnel *tunnel = child->tunnel;
	const struct selector_pair *pair = selectors_policy(&child->selectors, index);

	for (unsigned i = 0; tunnel->trap_installed && i < selectors_policies(&tunnel->selectors);
	     i++) {
		if (!selector_pair_equal(selectors_policy(&tunnel->selectors, i), pair))
			continue;
		*out = (struct kernel_request){ .op = KERNEL_POLICY_SET };
		tunnel_trap_policy(tunnel, i, &out->policy);
		return;
	}
	delete_policy(child, index, KERNEL_OUT, out);
}

/* Set again though it may stand: a kernel whose answer was lost may have another one. */
static void hand_over(const struct child_policy *heir, enum kernel_direction direction,
		      struct kernel_request *out)
{
	*out = (struct kernel_request){ .op = KERNEL_POLICY_SET };
	child_kernel_policy(heir->child, heir->index, direction, &out->policy);
}

static void give_up_policy(const struct sas *sas, const struct child_sa *child, unsigned index,
			   enum kernel_direction direction, struct kernel_request *out)
{
	const struct child_policy *heir;
	struct kernel_policy policy;

	child_kernel_policy(child, index, direction, &policy);
	heir = child_policy_find(sas, &policy, child);
	if (heir != NULL && (direction != KERNEL_FWD || heir->child->mode == KERNEL_TUNNEL))
		hand_over(heir, direction, out);
	else if (direction == KERNEL_OUT)
		restore_trap(child, index, out);
	else
		delete_policy(child, index, direction, out);
}

/* SAs that the kernel refused are not ours: another one has that SPI. */
unsigned child_uninstall_requests(const struct sas *sas, const struct child_sa *child,
				  unsigned index, struct kernel_request out[CHILD_UNINSTALL_MAX])
{
	unsigned count = 0;

	if (index == 0 && child->out_installed)
		delete_sa(child, KERNEL_OUT, &out[count++]);
	if (index == 0)
		count += delete_zip(child, KERNEL_OUT, &out[count]);
	give_up_policy(sas, child, index, KERNEL_OUT, &out[count++]);
	give_up_policy(sas, child, index, KERNEL_IN, &out[count++]);
	if (child->mode == KERNEL_TUNNEL)
		give_up_policy(sas, child, index, KERNEL_FWD, &out[count++]);
	if (index + 1 < selectors_policies(&child->selectors))
		return count;
	if (child->in_installed)
		delete_sa(child, KERNEL_IN, &out[count++]);
	return count + delete_zip(child, KERNEL_IN, &out[count]);
}
