/* SPDX-License-Identifier: Apache-2.0 */
/* Conns that are loaded, by name. */
#include "peer/private.h"

static uint64_t name_hash(const struct peers *peers, const char *name)
{
	return table_hash(&peers->conns, name, strlen(name));
}

struct loaded *loaded_new(struct peers *peers, struct config *config,
			  const struct config_conn *conn)
{
	struct loaded *loaded = mem_alloc(sizeof(*loaded));

	if (loaded == NULL)
		return NULL;
	loaded->owner = peers;
	loaded->config = config;
	loaded->conn = conn;
	loaded->refs = 1;
	loaded->named = true;
	list_init(&loaded->tunnels);
	list_init(&loaded->pending);
	config_ref(config);
	index_put(&peers->conns, &loaded->by_name, name_hash(peers, conn->name));
	return loaded;
}

struct loaded *loaded_find(const struct peers *peers, const char *name)
{
	uint64_t hash = name_hash(peers, name);

	for (struct table_node *n = table_first(&peers->conns, hash); n != NULL;
	     n = table_next(n)) {
		struct loaded *loaded = container_of(n, struct loaded, by_name);
		if (strcmp(loaded->conn->name, name) == 0)
			return loaded;
	}
	return NULL;
}

void loaded_hold(struct loaded *loaded)
{
	loaded->refs++;
}

static void unname(struct loaded *loaded)
{
	if (loaded->named)
		table_remove(&loaded->owner->conns, &loaded->by_name);
	loaded->named = false;
}

void loaded_drop(struct loaded *loaded)
{
	if (--loaded->refs > 0)
		return;
	unname(loaded);
	loaded_forget(loaded);
	config_unref(loaded->config);
	mem_free(loaded);
}

void loaded_retire(struct loaded *loaded)
{
	unname(loaded);
	list_for(node, &loaded->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_loaded);
		table_remove(&loaded->owner->tunnel_names, &tunnel->by_name);
	}
}

void loaded_return(struct loaded *loaded)
{
	struct peers *peers = loaded->owner;

	index_put(&peers->conns, &loaded->by_name, name_hash(peers, loaded->conn->name));
	loaded->named = true;
	list_for(node, &loaded->tunnels)
		tunnel_name_in_tables(container_of(node, struct tunnel, in_loaded));
}
