/* SPDX-License-Identifier: Apache-2.0 */
/* A conn becomes tunnels of a peer, and stops being that. */
#include "peer/private.h"

/* ---- conns with the same ends are one peer, or one for each ike= ---- */

static void hash_end(const struct peers *peers, uint64_t *hash, const struct config_end *end)
{
	struct span name = { (const uint8_t *)end->name,
			     end->name != NULL ? strlen(end->name) : 0 };
	uint64_t parts[4] = { *hash, (uint64_t)end->kind, 0, 0 };

	if (end->kind == HOST_ADDRESS)
		parts[2] = table_hash(&peers->ends, end->addr.bytes, sizeof(end->addr.bytes));
	if (end->kind == HOST_RANGE)
		parts[2] = table_hash(&peers->ends, end->range.from.bytes,
				      sizeof(end->range.from.bytes));
	if (end->kind == HOST_NAME)
		parts[2] = table_hash(&peers->ends, name.ptr, name.len);
	parts[3] = index_identity_hash(peers, NULL, &end->id);
	*hash = table_hash(&peers->ends, parts, sizeof(parts));
}

static uint64_t ends_hash(const struct peers *peers, const struct config_conn *conn)
{
	uint64_t hash = 0;

	hash_end(peers, &hash, &conn->left);
	hash_end(peers, &hash, &conn->right);
	return hash;
}

static bool same_end(const struct config_end *a, const struct config_end *b)
{
	if (a->kind != b->kind || a->ikeport != b->ikeport || !identity_equal(&a->id, &b->id))
		return false;
	switch (a->kind) {
	case HOST_ADDRESS:
		return ip_equal(&a->addr, &b->addr);
	case HOST_NAME:
		return strcmp(a->name, b->name) == 0;
	case HOST_ANY:
		return a->addr.family == b->addr.family;
	case HOST_DEFAULTROUTE:
		return true;
	case HOST_RANGE:
		return range_equal(&a->range, &b->range);
	}
	return false;
}

static bool is_many(const struct config_end *end)
{
	return end->kind == HOST_ANY || end->kind == HOST_RANGE;
}

static enum rc conflict(const struct peers *peers, const struct config_conn *conn,
			const struct config_conn *other, struct diag *diag)
{
	struct log_subject subject = { .peer = conn->name };

	if (!is_many(&conn->left) && !is_many(&conn->right))
		return diag_fail(
			diag, RC_EXISTS,
			"conn %s has the same left, right and identities as conn %s (%s:%u), "
			"but other IKE settings: tunnels to one peer share an IKE SA, so make "
			"them equal",
			conn->name, other->name, other->file, other->line);
	if (config_conn_told_apart(conn, other))
		return RC_OK;
	log_write(peers->log, LOG_LEVEL_WARNING, &subject,
		  "conn %s has the same left, right and identities as conn %s, but other IKE "
		  "settings: peers get the first that fits",
		  conn->name, other->name);
	return RC_OK;
}

/* All its conns were superseded: it stays if one of them comes again with the same IKE settings. */
static bool has_lingering(const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (tunnel->loaded->lingers_until != 0)
			return true;
	}
	return false;
}

/* *out NULL: there is none that the conn can join. */
static enum rc find_peer(struct peers *peers, const struct config_conn *conn, struct peer **out,
			 struct diag *diag)
{
	uint64_t hash = ends_hash(peers, conn);
	const struct peer *other = NULL;

	*out = NULL;
	for (struct table_node *n = table_first(&peers->ends, hash); n != NULL; n = table_next(n)) {
		struct peer *peer = container_of(n, struct peer, by_ends);
		bool leaves = peer->doomed && !has_lingering(peer);
		if (leaves || !same_end(&peer->conn->left, &conn->left) ||
		    !same_end(&peer->conn->right, &conn->right))
			continue;
		if (config_conn_same_peer(peer->conn, conn)) {
			*out = peer;
			return RC_OK;
		}
		if (!peer->doomed && config_conn_same_proposals(peer->conn, conn))
			other = peer;
	}
	return other != NULL ? conflict(peers, conn, other->conn, diag) : RC_OK;
}

/* ---- load ---- */

static enum rc new_peer(struct peers *peers, struct config *config, const struct config_conn *conn,
			struct loaded *loaded, struct peer **out, struct diag *diag)
{
	struct peer *peer = peer_new(peers, config, conn);
	enum rc rc;

	if (peer == NULL)
		return RC_NO_MEMORY;
	rc = naming_new(peer);
	if (rc == RC_OK)
		rc = tunnels_make(peer, loaded, diag);
	if (rc != RC_OK) {
		peer_free(peer);
		return rc;
	}
	if (!conn_shunts(conn))
		index_put(&peers->ends, &peer->by_ends, ends_hash(peers, conn));
	peer_enter(peer);
	*out = peer;
	return RC_OK;
}

static void discard_unlinked(struct peer *peer)
{
	list_for_safe(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->linked)
			tunnel_free(tunnel);
	}
}

static void link_tunnels(struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->linked)
			tunnel_link(tunnel);
	}
}

/* Peers that came before the conn was loaded have it too, or they were refused when they come
 * again. */
static void extend_instances(struct peer *template, const struct loaded *loaded)
{
	struct log_subject subject = { .peer = loaded->conn->name };

	list_for(at, &template->instances)
	{
		struct peer *instance = container_of(at, struct peer, in_instances);
		enum rc rc = RC_OK;
		list_for(node, &template->tunnels)
		{
			const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
			if (tunnel->loaded == loaded && rc == RC_OK)
				rc = tunnel_instantiate(instance, tunnel);
		}
		link_tunnels(instance);
		if (rc != RC_OK)
			log_write(template->owner->log, LOG_LEVEL_ERROR, &subject,
				  "out of memory: peers that are connected cannot use the conn "
				  "before they are gone and come again");
	}
}

static void revive(struct peer *peer, struct loaded *loaded)
{
	peer->doomed = false;
	peer_represent(peer, loaded->config, loaded->conn);
	index_add(peer);
}

static enum rc join_peer(struct peer *peer, struct loaded *loaded, struct diag *diag)
{
	enum rc rc = tunnels_make(peer, loaded, diag);

	if (rc != RC_OK) {
		discard_unlinked(peer);
		return rc;
	}
	link_tunnels(peer);
	if (peer->doomed)
		revive(peer, loaded);
	extend_instances(peer, loaded);
	return RC_OK;
}

static enum rc enter(struct peers *peers, struct loaded *loaded, struct peer **out,
		     struct diag *diag)
{
	*out = NULL;
	if (!conn_shunts(loaded->conn))
		TRY(find_peer(peers, loaded->conn, out, diag));
	if (*out != NULL)
		return join_peer(*out, loaded, diag);
	return new_peer(peers, loaded->config, loaded->conn, loaded, out, diag);
}

static enum rc may_load(struct peers *peers, const struct config_conn *conn, struct diag *diag)
{
	struct loaded *before = loaded_find(peers, conn->name);

	if (before != NULL && !before->doomed)
		return diag_fail(diag, RC_EXISTS,
				 "conn \"%s\" is loaded already; `ipsec replace` takes the new one",
				 conn->name);
	if (before != NULL)
		loaded_retire(before);
	return RC_OK;
}

/* What is not wrong, but worth a line; the caller logs it. */
static void tell(const struct peer *peer, const struct config_conn *conn, struct diag *why,
		 struct diag *diag)
{
	if (!peer->oriented)
		(void)diag_fail(diag, RC_OK, "%s", why->text);
	else if (peer->template && conn->reqid != 0)
		(void)diag_fail(diag, RC_OK,
				"reqid=%u is not used: each peer that comes gets one of its own",
				conn->reqid);
}

enum rc peer_load(struct peers *peers, struct config *config, const struct config_conn *conn,
		  struct diag *diag)
{
	struct loaded *loaded, *before = loaded_find(peers, conn->name);
	struct diag why = { "" };
	struct peer *peer = NULL;
	enum rc rc;

	TRY(may_load(peers, conn, diag));
	loaded = loaded_new(peers, config, conn);
	if (loaded != NULL && before != NULL)
		loaded_follow(loaded, before);
	rc = loaded != NULL ? enter(peers, loaded, &peer, diag) : RC_NO_MEMORY;
	if (loaded != NULL)
		loaded_drop(loaded);
	if (rc != RC_OK && before != NULL)
		loaded_return(before);
	if (rc != RC_OK)
		return rc == RC_NO_MEMORY ? diag_fail(diag, rc, "out of memory") : rc;
	peer_resolve(peer);
	(void)(peer_orient(peer, &why) == RC_OK);
	tell(peer, conn, &why, diag);
	peer_dirty(peer);
	return RC_OK;
}

/* ---- unload ---- */

/* A tunnel that stays; NULL: none. */
static struct tunnel *remaining(const struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (!tunnel->doomed)
			return tunnel;
	}
	return NULL;
}

static void after_unload(struct peer *peer, const struct config_conn *gone)
{
	struct tunnel *stays = remaining(peer);

	if (stays == NULL) {
		peer->doomed = true;
		index_remove(peer);
	} else if (peer->conn == gone) {
		peer_represent(peer, stays->loaded->config, stays->conn);
	}
	peer_dirty(peer);
}

void loaded_doom(struct loaded *loaded)
{
	loaded->doomed = true;
	list_for(node, &loaded->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_loaded);
		if (loaded->lingers_until == 0)
			tunnel->wanted = WANTED_DOWN;
		tunnel->doomed = true;
	}
	list_for(node, &loaded->tunnels)
		after_unload(container_of(node, struct tunnel, in_loaded)->peer, loaded->conn);
}

enum rc peer_unload(struct peers *peers, const char *conn_name, struct diag *diag)
{
	struct loaded *loaded = loaded_find(peers, conn_name);

	if (loaded == NULL || loaded->doomed)
		return peers_not_found(peers, conn_name, diag);
	predecessors_end(loaded);
	loaded_doom(loaded);
	return RC_OK;
}

/* ---- rebase ---- */

const struct config_conn *peers_conn(const struct peers *peers, const char *name)
{
	const struct loaded *loaded = loaded_find(peers, name);

	return loaded != NULL && !loaded->doomed ? loaded->conn : NULL;
}

struct walk {
	void (*fn)(void *context, const struct config_conn *conn);
	void *context;
};

static void visit(struct table_node *node, void *context)
{
	const struct walk *walk = context;
	const struct loaded *loaded = container_of(node, struct loaded, by_name);

	if (!loaded->doomed)
		walk->fn(walk->context, loaded->conn);
}

bool peers_walk_conns(struct peers *peers, uint64_t *cursor, size_t max,
		      void (*fn)(void *context, const struct config_conn *conn), void *context)
{
	struct walk walk = { fn, context };

	return table_walk(&peers->conns, cursor, max, visit, &walk);
}

/* The peer has its IKE settings from the conn, whose ike= has changed: the other conns of the peer
 * must have the new one too. */
static bool all_agree(const struct peer *peer, const struct config *config,
		      const struct config_conn *conn)
{
	if (config_conn_same_proposals(peer->conn, conn))
		return true;
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		const struct config_conn *its = config_conn_find(config, tunnel->conn->name);
		if (its != NULL && its != conn && !tunnel->doomed &&
		    !config_conn_same_proposals(its, conn))
			return false;
	}
	return true;
}

/* Templates may stand for several conns of which only the first has been warned about; of others,
 * the configuration says that they have the same IKE settings, or another ike=. */
static bool agrees(const struct list *tunnels, const struct config *config,
		   const struct config_conn *conn)
{
	list_for(node, tunnels)
	{
		const struct peer *peer = container_of(node, struct tunnel, in_loaded)->peer;
		const struct config_conn *now = config_conn_find(config, peer->conn->name);
		if (now == conn ? !all_agree(peer, config, conn)
				: !config_conn_same_peer(now != NULL ? now : peer->conn, conn))
			return false;
	}
	return true;
}

static void rebase_tunnels(struct list *tunnels, struct config *config,
			   const struct config_conn *conn, bool changed)
{
	list_for(node, tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_loaded);
		if (tunnel->peer->conn == tunnel->conn)
			peer_represent(tunnel->peer, config, conn);
		tunnel->conn = conn;
		tunnel->peer->renewed |= changed;
	}
}

bool peers_rebase(struct peers *peers, struct config *config, const struct config_conn *conn,
		  bool changed)
{
	struct loaded *loaded = loaded_find(peers, conn->name);

	if (loaded == NULL || loaded->doomed || loaded->conn == conn)
		return true;
	if (!agrees(&loaded->tunnels, config, conn) || !agrees(&loaded->pending, config, conn))
		return false;
	rebase_tunnels(&loaded->tunnels, config, conn, changed);
	rebase_tunnels(&loaded->pending, config, conn, changed);
	config_ref(config);
	config_unref(loaded->config);
	loaded->config = config;
	loaded->conn = conn;
	return true;
}
