/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: supersede
 *
 * A conn that has changed so that it needs new SAs is loaded anew while those of its old version
 * are still up. Old and new version know of each other as long as both are there; the old one goes
 * when the new one's tunnels are up, or when its time is over.
 */
#include "peer/private.h"

static struct tunnel *tunnel_of(struct list *node)
{
	return container_of(node, struct tunnel, in_loaded);
}

/* ---- one after the other ---- */

void loaded_follow(struct loaded *loaded, struct loaded *before)
{
	if (before->lingers_until == 0)
		return;
	loaded->before = before;
	before->after = loaded;
}

/* A version in the middle that never came up leaves those on either side to each other. */
void loaded_forget(struct loaded *loaded)
{
	if (loaded->before != NULL)
		loaded->before->after = loaded->after;
	if (loaded->after != NULL)
		loaded->after->before = loaded->before;
	loaded->before = loaded->after = NULL;
}

static void go_at(struct loaded *loaded, usec_t when)
{
	if (loaded->lingers_until > when)
		loaded->lingers_until = when;
	list_for(node, &loaded->tunnels) peer_dirty(tunnel_of(node)->peer);
}

void predecessors_end(struct loaded *loaded)
{
	while (loaded->before != NULL) {
		struct loaded *before = loaded->before;
		go_at(before, 0);
		loaded_forget(before);
	}
}

void tunnel_end_predecessors(struct tunnel *tunnel)
{
	predecessors_end(tunnel->loaded);
}

/* ---- begin ---- */

/* Clients (right=%any) come by themselves, and shunts have no SAs. */
static bool can_linger(const struct loaded *loaded)
{
	bool up = loaded->before != NULL;

	list_for(node, &loaded->tunnels)
	{
		const struct tunnel *tunnel = tunnel_of(node);
		if (tunnel->peer->template || tunnel->peer->parent != NULL)
			return false;
		up = up || !list_empty(&tunnel->child_sas);
	}
	return up && !conn_shunts(loaded->conn);
}

bool peer_supersede(struct peers *peers, const char *conn_name, usec_t until)
{
	struct loaded *loaded = loaded_find(peers, conn_name);

	if (loaded == NULL || loaded->doomed || !can_linger(loaded))
		return false;
	loaded->lingers_until = until;
	loaded_doom(loaded);
	return true;
}

/* ---- meanwhile ---- */

bool tunnel_lingers(const struct tunnel *tunnel, usec_t now, usec_t *until)
{
	if (!tunnel->doomed || tunnel->loaded->lingers_until <= now)
		return false;
	*until = tunnel->loaded->lingers_until;
	return true;
}

bool tunnel_succeeded(const struct tunnel *tunnel)
{
	return tunnel->loaded->succeeded;
}

bool tunnel_succeeds(const struct tunnel *tunnel, usec_t now)
{
	const struct loaded *before = tunnel->loaded->before;

	return before != NULL && before->lingers_until > now && !tunnel->doomed &&
	       tunnel->made_at == 0 && !tunnel->peer->template;
}

static bool all_up(const struct loaded *loaded)
{
	list_for(node, &loaded->tunnels) if (tunnel_of(node)->made_at == 0) return false;
	return true;
}

void tunnel_came_up(struct tunnel *tunnel, usec_t end)
{
	if (tunnel->loaded->before == NULL || !all_up(tunnel->loaded))
		return;
	for (struct loaded *old = tunnel->loaded->before; old != NULL; old = old->before) {
		old->succeeded = true;
		go_at(old, end);
	}
}

/* ---- what is passed on ---- */

/* A subnet more or less makes no other tunnel, where they stand together. */
static bool begins_alike(const struct tunnel *a, const struct tunnel *b)
{
	return tunnel_first_subnet(&a->conn->left, a->left) ==
		       tunnel_first_subnet(&b->conn->left, b->left) &&
	       tunnel_first_subnet(&a->conn->right, a->right) ==
		       tunnel_first_subnet(&b->conn->right, b->right);
}

static struct tunnel *in_place_of(const struct tunnel *tunnel)
{
	struct loaded *before = tunnel->loaded->before;

	if (before == NULL)
		return NULL;
	list_for(node, &before->tunnels)
	{
		struct tunnel *old = tunnel_of(node);
		if (begins_alike(old, tunnel))
			return old;
	}
	return NULL;
}

enum wanted tunnel_wanted_before(const struct tunnel *tunnel)
{
	const struct tunnel *old = in_place_of(tunnel);

	return old != NULL ? old->wanted : WANTED_DOWN;
}

bool reqid_inherit(struct peers *peers, struct tunnel *tunnel, uint32_t asked)
{
	struct tunnel *old = in_place_of(tunnel);

	if (old == NULL || !old->linked || (asked == 0 ? !old->reqid_ours : asked != old->reqid))
		return false;
	tunnel->reqid = old->reqid;
	tunnel->reqid_ours = old->reqid_ours;
	old->reqid_ours = false;
	table_remove(&peers->reqids, &old->by_reqid);
	return true;
}

bool reqid_restore(struct peers *peers, struct tunnel *tunnel)
{
	struct tunnel *old = tunnel->reqid != 0 ? in_place_of(tunnel) : NULL;

	if (old == NULL || !old->linked || old->reqid != tunnel->reqid ||
	    peers_by_reqid(peers, tunnel->reqid) != NULL)
		return false;
	old->reqid_ours = tunnel->reqid_ours;
	index_put(&peers->reqids, &old->by_reqid,
		  table_hash(&peers->reqids, &old->reqid, sizeof(old->reqid)));
	tunnel->reqid = 0;
	tunnel->reqid_ours = false;
	return true;
}
