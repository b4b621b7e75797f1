/* SPDX-License-Identifier: Apache-2.0 */
/* Conns with the same ends and the same ike= share one peer, so their other IKE settings must be
 * the same too. */
#include <stdio.h>
#include <string.h>
#include "config/check.h"

static void hash_bytes(struct table *table, uint64_t *hash, const void *bytes, size_t len)
{
	uint64_t parts[2] = { *hash, table_hash(table, bytes, len) };
	*hash = table_hash(table, parts, sizeof(parts));
}

static void hash_end(struct table *table, uint64_t *hash, const struct config_end *end)
{
	uint32_t kind = (uint32_t)end->kind;
	hash_bytes(table, hash, &kind, sizeof(kind));
	if (end->kind == HOST_ADDRESS)
		hash_bytes(table, hash, end->addr.bytes, sizeof(end->addr.bytes));
	if (end->kind == HOST_NAME)
		hash_bytes(table, hash, end->name, strlen(end->name));
	if (end->kind == HOST_RANGE)
		hash_bytes(table, hash, end->range.from.bytes, sizeof(end->range.from.bytes));
	/* of the identity only the length: texts that differ in case are one identity, names too */
	hash_bytes(table, hash, &end->id.type, sizeof(end->id.type));
	if (end->id.type != ID_DER_ASN1_DN)
		hash_bytes(table, hash, &end->id.len, sizeof(end->id.len));
}

static bool has_peer(const struct config_conn *conn)
{
	return conn->start != AUTO_IGNORE && !conn_is_shunt(conn);
}

static bool is_template(const struct config_conn *conn)
{
	return conn->left.kind == HOST_ANY || conn->left.kind == HOST_RANGE ||
	       conn->right.kind == HOST_ANY || conn->right.kind == HOST_RANGE;
}

static void report_conflict(struct loader *loader, const struct config_conn *conn,
			    const struct config_conn *other, const char *keyword)
{
	struct place at = { conn->file, conn->line, 0 };
	if (is_template(conn) && config_conn_told_apart(conn, other))
		return;
	if (is_template(conn))
		report_warning(
			loader->errors, at,
			"conn %s has the same left, right and identities as conn %s (%s:%u), but "
			"another %s=: peers get the first that fits",
			conn->name, other->name, other->file, other->line, keyword);
	else
		report_error(loader->errors, at,
			     "conn %s is the same peer as conn %s (%s:%u), but has another %s=: "
			     "tunnels to one "
			     "peer share an IKE SA, so its settings must be equal",
			     conn->name, other->name, other->file, other->line, keyword);
}

static void check_peer(struct loader *loader, struct table *peers, struct conn_whole *conn)
{
	uint64_t hash = 0;
	hash_end(peers, &hash, &conn->conn.left);
	hash_end(peers, &hash, &conn->conn.right);
	for (struct table_node *n = table_first(peers, hash); n != NULL; n = table_next(n)) {
		const struct conn_whole *other = container_of(n, struct conn_whole, peer);
		const char *keyword;
		if (!conn_same_ends(&conn->conn, &other->conn) ||
		    !config_conn_same_proposals(&conn->conn, &other->conn))
			continue;
		keyword = conn_peer_difference(&conn->conn, &other->conn);
		if (keyword != NULL)
			report_conflict(loader, &conn->conn, &other->conn, keyword);
		return; /* the first of each peer stands for all */
	}
	if (table_insert(peers, &conn->peer, hash) != RC_OK)
		loader->no_memory = true;
}

void check_peers(struct loader *loader)
{
	struct config *config = &loader->whole->config;
	struct table peers;

	table_init(&peers, loader->names.seed);
	for (unsigned i = 0; i < config->conn_count; i++)
		if (has_peer(config->conns[i]))
			check_peer(loader, &peers,
				   container_of(config->conns[i], struct conn_whole, conn));
	table_free(&peers);
}
