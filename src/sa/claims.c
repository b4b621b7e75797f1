/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes to a template (right=%any) with a wide rightsubnet= chooses what of it is his. What one
 * has is nobody else's, not a part of it and not more than it either: the narrower policy would
 * take the other's packets, and the wider one let in packets in the other's name. */
#include "sa/sa.h"

struct child_claim {
	struct overlap node; /* in sas->claims, by the template */
	struct child_sa *child;
	struct selector remote;
};

static bool is_contested(const struct child_sa *child)
{
	const struct peer *peer = child->tunnel->peer;
	const struct config_end *end;

	if (peer->parent == NULL)
		return false;
	end = peer->left_is_local ? &child->tunnel->conn->right : &child->tunnel->conn->left;
	return end->subnet_count > 0 && !end_is_client(end);
}

enum rc claims_enter(struct sas *sas, struct child_sa *child)
{
	struct selector_lists lists;

	if (!is_contested(child) || child->claims != NULL)
		return RC_OK;
	selectors_lists(&child->selectors, &lists);
	child->claims = mem_alloc(lists.remote_count * sizeof(*child->claims));
	if (child->claims == NULL)
		return RC_NO_MEMORY;
	child->claim_count = (uint8_t)lists.remote_count;
	for (unsigned i = 0; i < lists.remote_count; i++) {
		struct child_claim *claim = &child->claims[i];
		const uint64_t key[2] = { child->serial, i };
		claim->child = child;
		claim->remote = lists.remote[i];
		claim->node.range = claim->remote.range;
		claim->node.group = child->tunnel->peer->parent->serial;
		overlap_add(&sas->claims, &claim->node,
			    table_hash(&sas->policies, key, sizeof(key)));
	}
	return RC_OK;
}

void claims_leave(struct sas *sas, struct child_sa *child)
{
	for (unsigned i = 0; i < child->claim_count; i++)
		overlap_remove(&sas->claims, &child->claims[i].node);
	mem_free(child->claims);
	child->claims = NULL;
	child->claim_count = 0;
}

struct question {
	const struct child_sa *child;
	const struct selector_lists *lists;
	const struct selector *remote;
};

/* Otherwise they are different policies to the kernel. */
static bool same_realm(const struct config_conn *a, const struct config_conn *b)
{
	return !a->mark_unique && !b->mark_unique && a->if_id == b->if_id &&
	       a->mark_out == b->mark_out && a->mark_out_mask == b->mark_out_mask &&
	       a->mark_in == b->mark_in && a->mark_in_mask == b->mark_in_mask;
}

static bool shares_local(const struct selector_lists *ours, const struct child_sa *other)
{
	struct selector_lists theirs;
	struct selector both;

	selectors_lists(&other->selectors, &theirs);
	for (unsigned i = 0; i < ours->local_count; i++)
		for (unsigned j = 0; j < theirs.local_count; j++)
			if (selector_intersect(&ours->local[i], &theirs.local[j], &both))
				return true;
	return false;
}

static bool is_rival(void *context, const struct overlap *node)
{
	const struct question *question = context;
	const struct child_claim *claim = container_of((uintptr_t)node, struct child_claim, node);
	const struct child_sa *child = question->child, *other = claim->child;
	struct selector both;

	return other->tunnel->peer != child->tunnel->peer &&
	       !peer_same_client(other->tunnel->peer, child->tunnel->peer) &&
	       same_realm(other->tunnel->conn, child->tunnel->conn) &&
	       selector_intersect(question->remote, &claim->remote, &both) &&
	       shares_local(question->lists, other);
}

const struct child_sa *claims_rival(const struct sas *sas, const struct child_sa *child,
				    struct selector *claimed)
{
	struct selector_lists lists;

	if (!is_contested(child))
		return NULL;
	selectors_lists(&child->selectors, &lists);
	for (unsigned i = 0; i < lists.remote_count; i++) {
		struct question question = { child, &lists, &lists.remote[i] };
		const struct overlap *node =
			overlap_find(&sas->claims, child->tunnel->peer->parent->serial,
				     &lists.remote[i].range, is_rival, &question);
		if (node == NULL)
			continue;
		*claimed = lists.remote[i];
		return container_of((uintptr_t)node, struct child_claim, node)->child;
	}
	return NULL;
}
