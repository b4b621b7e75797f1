/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: peers
 *
 * A conn section (loaded.c) becomes one peer and its tunnels (load.c, tunnel.c); conns with the
 * same peer share it. Which end is ours, and with that addresses, default identities and selectors,
 * is decided by orient.c, again whenever the host's addresses or a DNS answer (resolve.c) change.
 * An oriented peer stands in the indexes (index.c) in which handshakes look (lookup.c). A template
 * (right=%any) is never talked to itself: each proven peer gets an instance of it (instance.c).
 */
#include "peer/pool.h"
#include "peer/private.h"

static const struct name wanted_entries[] = {
	{ WANTED_DOWN, "down" },
	{ WANTED_LISTEN, "listen" },
	{ WANTED_ON_DEMAND, "on-demand" },
	{ WANTED_UP, "up" },
	{ 0, NULL },
};
const struct names wanted_names = { "wanted state", wanted_entries };

static struct peer *peer_of(struct list *node)
{
	return container_of(node, struct peer, in_peers);
}

void index_put(struct table *table, struct table_node *node, uint64_t hash)
{
	if (table_insert(table, node, hash) != RC_OK)
		node->hash = 0; /* never: see peers_init() */
}

/* ---- begin and end ---- */

static enum rc init_tables(struct peers *peers, const uint64_t seed[2])
{
	struct table *tables[] = { &peers->conns,   &peers->tunnel_names, &peers->reqids,
				   &peers->serials, &peers->ends,	  &peers->places,
				   &peers->remotes, &peers->identities,	  &peers->clients };
	struct table_node first = { .next = NULL };
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_init(tables[i], seed);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && rc == RC_OK; i++) {
		rc = table_insert(tables[i], &first, 0);
		table_remove(tables[i], &first);
	}
	return rc;
}

static void free_tables(struct peers *peers)
{
	table_free(&peers->conns);
	table_free(&peers->tunnel_names);
	table_free(&peers->reqids);
	table_free(&peers->serials);
	table_free(&peers->ends);
	table_free(&peers->places);
	table_free(&peers->remotes);
	table_free(&peers->identities);
	table_free(&peers->clients);
}

enum rc peers_init(struct peers *peers, struct host *host, struct log *log)
{
	uint64_t seed[2];
	enum rc rc;

	*peers = (struct peers){ .host = host,
				 .log = log,
				 .next_serial = 1,
				 .next_reqid = KERNEL_REQID_FIRST,
				 .tick_at = USEC_NEVER };
	list_init(&peers->list);
	list_init(&peers->ranges);
	list_init(&peers->anys);
	list_init(&peers->wildcards);
	list_init(&peers->naming);
	TRY(host_random(host, seed, sizeof(seed)));
	rc = init_tables(peers, seed);
	if (rc == RC_OK)
		rc = pools_new(host, &peers->pools);
	if (rc != RC_OK)
		free_tables(peers);
	return rc;
}

void peers_free(struct peers *peers)
{
	while (!list_empty(&peers->list))
		peer_free(peer_of(peers->list.next));
	free_tables(peers);
	pools_free(peers->pools);
	peers->pools = NULL;
	mem_free(peers->free_reqids);
	peers->free_reqids = NULL;
	peers->free_count = peers->free_cap = 0;
}

uint64_t peers_serial(struct peers *peers)
{
	return peers->next_serial++;
}

/* ---- find ---- */

struct tunnel *peers_by_reqid(struct peers *peers, uint32_t reqid)
{
	uint64_t hash = table_hash(&peers->reqids, &reqid, sizeof(reqid));

	for (struct table_node *n = table_first(&peers->reqids, hash); n != NULL;
	     n = table_next(n)) {
		struct tunnel *tunnel = container_of(n, struct tunnel, by_reqid);
		if (tunnel->reqid == reqid)
			return tunnel;
	}
	return NULL;
}

struct tunnel *peers_tunnel(struct peers *peers, const char *name)
{
	uint64_t hash = table_hash(&peers->tunnel_names, name, strlen(name));

	for (struct table_node *n = table_first(&peers->tunnel_names, hash); n != NULL;
	     n = table_next(n)) {
		struct tunnel *tunnel = container_of(n, struct tunnel, by_name);
		if (strcmp(tunnel->name, name) == 0)
			return tunnel;
	}
	return NULL;
}

struct peer *peers_by_serial(struct peers *peers, uint64_t serial)
{
	uint64_t hash = table_hash(&peers->serials, &serial, sizeof(serial));

	for (struct table_node *n = table_first(&peers->serials, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *peer = container_of(n, struct peer, by_serial);
		if (peer->serial == serial)
			return peer;
	}
	return NULL;
}

typedef void (*tunnel_fn)(void *context, struct tunnel *tunnel);

static unsigned match_all(struct peers *peers, tunnel_fn fn, void *context)
{
	unsigned count = 0;

	list_for_safe(node, &peers->list)
	{
		list_for_safe(inner, &peer_of(node)->tunnels)
		{
			fn(context, container_of(inner, struct tunnel, in_peer));
			count++;
		}
	}
	return count;
}

static unsigned match_loaded(struct loaded *loaded, tunnel_fn fn, void *context)
{
	unsigned count = 0;

	loaded_hold(loaded);
	list_for_safe(node, &loaded->tunnels)
	{
		fn(context, container_of(node, struct tunnel, in_loaded));
		count++;
	}
	loaded_drop(loaded);
	return count;
}

unsigned peers_match(struct peers *peers, const char *name, tunnel_fn fn, void *context)
{
	struct loaded *loaded;
	struct tunnel *tunnel;

	if (name == NULL)
		return match_all(peers, fn, context);
	loaded = loaded_find(peers, name);
	if (loaded != NULL)
		return match_loaded(loaded, fn, context);
	tunnel = peers_tunnel(peers, name);
	if (tunnel == NULL)
		return 0;
	fn(context, tunnel);
	return 1;
}

/* ---- not found ---- */

struct names_seen {
	const char **names; /* NULL-terminated */
	size_t count, max;
};

static void see_conn(struct table_node *node, void *context)
{
	struct names_seen *seen = context;
	const struct loaded *loaded = container_of(node, struct loaded, by_name);

	if (!loaded->doomed && seen->count < seen->max)
		seen->names[seen->count++] = loaded->conn->name;
}

static void see_tunnel(struct table_node *node, void *context)
{
	struct names_seen *seen = context;
	const struct tunnel *tunnel = container_of(node, struct tunnel, by_name);

	if (!tunnel->doomed && seen->count < seen->max)
		seen->names[seen->count++] = tunnel->name;
}

enum rc peers_not_found(struct peers *peers, const char *name, struct diag *diag)
{
	struct names_seen seen = { .max = peers->conns.count + peers->tunnel_names.count };
	const struct loaded *loaded = loaded_find(peers, name);
	const char *nearest = NULL;
	uint64_t cursor = 0;
	enum rc rc;

	if (loaded != NULL && loaded->doomed)
		return diag_fail(diag, RC_NOT_FOUND, "conn \"%s\" is being removed", name);
	seen.names = mem_alloc((seen.max + 1) * sizeof(*seen.names));
	if (seen.names != NULL) {
		(void)table_walk(&peers->conns, &cursor, SIZE_MAX, see_conn, &seen);
		cursor = 0;
		(void)table_walk(&peers->tunnel_names, &cursor, SIZE_MAX, see_tunnel, &seen);
		nearest = names_nearest(name, seen.names);
	}
	if (nearest != NULL)
		rc = diag_fail(diag, RC_NOT_FOUND,
			       "no conn or tunnel \"%s\" is loaded (did you mean \"%s\"?)", name,
			       nearest);
	else
		rc = diag_fail(diag, RC_NOT_FOUND,
			       "no conn or tunnel \"%s\" is loaded; `ipsec status` shows all",
			       name);
	mem_free(seen.names);
	return rc;
}

/* ---- want ---- */

struct wish {
	enum wanted wanted;
	bool exact; /* names one tunnel */
	unsigned granted;
};

static void set_wanted(void *context, struct tunnel *tunnel)
{
	struct wish *wish = context;
	bool begins = wish->wanted == WANTED_UP || wish->wanted == WANTED_ON_DEMAND;

	if (tunnel->doomed)
		return;
	wish->granted++;
	if (begins && tunnel->peer->parent != NULL && !wish->exact)
		return;
	tunnel->wanted = wish->wanted;
	peer_dirty(tunnel->peer);
}

enum rc peers_want(struct peers *peers, const char *name, enum wanted wanted, struct diag *diag)
{
	struct wish wish = { .wanted = wanted, .exact = loaded_find(peers, name) == NULL };

	(void)peers_match(peers, name, set_wanted, &wish);
	return wish.granted > 0 ? RC_OK : peers_not_found(peers, name, diag);
}

/* ---- small ---- */

void peer_look_around(struct peer *peer)
{
	if (peer->parent != NULL || peer->doomed)
		return;
	naming_retry(peer);
	(void)(peer_orient(peer, NULL) == RC_OK);
}

void peers_orient(struct peers *peers)
{
	list_for(node, &peers->list) peer_look_around(peer_of(node));
}

void peer_dirty(struct peer *peer)
{
	struct peers *peers = peer->owner;

	if (peer->linked && peers->on_dirty != NULL)
		peers->on_dirty(peers->context, peer);
}

void peer_record(struct peer *peer, uint64_t serial, enum record_event event, unsigned code,
		 uint32_t detail, uint32_t extra)
{
	recorder_add(&peer->recorder, host_now(peer->owner->host), serial, event, code, detail,
		     extra);
}
