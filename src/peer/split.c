/* SPDX-License-Identifier: Apache-2.0 */
/* A conn with leftsubnet=a,b is one tunnel. A peer that takes only some of its pairs in a Child SA
 * (RFC 7296 §2.9: ADDITIONAL_TS_POSSIBLE, SINGLE_PAIR_REQUIRED, or it just narrows) gets Child SAs
 * for the rest too: those of further tunnels, as if leftsubnets= had been written. */
#include "peer/private.h"

/* Subnets of the conn's end, as bits. */
struct cut {
	uint16_t left, right;
};

/* Those of the end that the part has whole. */
static uint16_t covered(const struct tunnel *tunnel, bool left, const struct selectors *part)
{
	const struct config_end *end = left ? &tunnel->conn->left : &tunnel->conn->right;
	uint16_t all = left ? tunnel->left : tunnel->right, has = 0;
	bool local = left == tunnel->peer->left_is_local;
	struct selector_lists lists;
	struct selector one;

	if (!end->together)
		return all;
	selectors_lists(&tunnel->selectors, &lists);
	one = local ? lists.local[0] : lists.remote[0]; /* protocol and ports */
	for (unsigned i = 0; i < end->subnet_count; i++) {
		one.range = end->subnets[i];
		if (tunnel_has_subnet(end, all, i) &&
		    (local ? selectors_hold_local(part, &one) : selectors_hold_remote(part, &one)))
			has = (uint16_t)(has | 1U << i);
	}
	return has;
}

static bool is_empty(const struct config_end *end, uint16_t which)
{
	return end->together && which == 0;
}

/* A client without an address of that IP version has no use for the subnet. */
static bool is_of_use(const struct peer *peer, const struct config_end *other, uint8_t family)
{
	return !end_is_client(other) ||
	       (peer->addresses != NULL &&
		ip_is_set(&peer->addresses->ranges[family == AF_INET6].from));
}

static uint16_t without(const struct tunnel *tunnel, bool left, uint16_t all, uint16_t some)
{
	const struct config_conn *conn = tunnel->conn;
	const struct config_end *end = left ? &conn->left : &conn->right;
	const struct config_end *other = left ? &conn->right : &conn->left;
	uint16_t rest = 0;

	for (unsigned i = 0; end->together && i < end->subnet_count; i++)
		if (tunnel_has_subnet(end, (uint16_t)(all & ~some), i) &&
		    is_of_use(tunnel->peer, other, end->subnets[i].from.family))
			rest = (uint16_t)(rest | 1U << i);
	return rest;
}

/* No pair of them has one IP version. */
static bool is_barren(const struct tunnel *tunnel)
{
	const struct selector_pair *first = &tunnel->selectors.first;

	return first->local.range.from.family != first->remote.range.from.family &&
	       ip_is_set(&first->local.range.from) && ip_is_set(&first->remote.range.from);
}

/* Not linked yet. */
static enum rc make_part(const struct tunnel *from, struct cut cut, bool wanted,
			 struct tunnel **out)
{
	*out = NULL;
	if (!wanted)
		return RC_OK;
	TRY(tunnel_part(from, cut.left, cut.right, out));
	(*out)->wanted = from->wanted;
	(*out)->triggered = from->triggered;
	if (!is_barren(*out))
		return RC_OK;
	tunnel_free(*out);
	*out = NULL;
	return RC_OK;
}

static enum rc split_at(struct tunnel *tunnel, struct cut keep)
{
	struct cut all = { tunnel->left, tunnel->right };
	struct cut rest = { without(tunnel, true, all.left, keep.left), all.right };
	struct cut more = { keep.left, without(tunnel, false, all.right, keep.right) };
	struct tunnel *parts[2] = { NULL, NULL };
	enum rc rc;

	if (is_empty(&tunnel->conn->left, keep.left) ||
	    is_empty(&tunnel->conn->right, keep.right) || (rest.left == 0 && more.right == 0))
		return RC_NOT_FOUND;
	rc = make_part(tunnel, rest, rest.left != 0, &parts[0]);
	if (rc == RC_OK)
		rc = make_part(tunnel, more, more.right != 0, &parts[1]);
	if (rc == RC_OK)
		rc = tunnel_reshape(tunnel, keep.left, keep.right);
	if (rc == RC_OK)
		tunnel->trap_installed = false; /* what stands stays until reconcile sets others */
	for (unsigned i = 0; i < 2; i++) {
		if (parts[i] != NULL && rc == RC_OK)
			tunnel_link(parts[i]);
		else if (parts[i] != NULL)
			tunnel_free(parts[i]);
	}
	peer_dirty(tunnel->peer);
	return rc;
}

enum rc tunnel_split(struct tunnel *tunnel, const struct selectors *part)
{
	struct cut keep = { covered(tunnel, true, part), covered(tunnel, false, part) };

	return split_at(tunnel, keep);
}

/* A pair that is one: of two IP versions not every left subnet has its right one. */
enum rc tunnel_split_first(struct tunnel *tunnel)
{
	struct selectors first = { .first = tunnel->selectors.first };

	return tunnel_split(tunnel, &first);
}

/* ---- one again ---- */

bool tunnel_is_part(const struct tunnel *tunnel)
{
	const struct config_conn *conn = tunnel->conn;

	return tunnel->left != tunnel_all_of(&conn->left, tunnel->left) ||
	       tunnel->right != tunnel_all_of(&conn->right, tunnel->right);
}

bool tunnels_of_one_whole(const struct tunnel *a, const struct tunnel *b)
{
	return a->loaded == b->loaded && a->peer == b->peer &&
	       (a->conn->left.together || a->left == b->left) &&
	       (a->conn->right.together || a->right == b->right);
}

enum rc tunnel_make_whole(struct tunnel *tunnel)
{
	const struct config_conn *conn = tunnel->conn;

	return tunnel_reshape(tunnel, tunnel_all_of(&conn->left, tunnel->left),
			      tunnel_all_of(&conn->right, tunnel->right));
}
