/* SPDX-License-Identifier: Apache-2.0 */
/* What a tunnel can have in one Child SA; policies that are one to the kernel. */
#include <string.h>
#include "base/arena.h"
#include "config/check.h"
#include "selector/selector.h"

/* ---- several subnets together ---- */

/* Those of the index-th tunnel at this end. */
static void end_lists(const struct config_end *end, uint8_t protocol, unsigned index,
		      struct selector *out, unsigned *count)
{
	unsigned first = end->together ? 0 : index,
		 last = end->together ? end->subnet_count : index + 1;

	const struct ip_range host = { .from = { .family = AF_UNSPEC } };

	*count = 0;
	if (end->subnet_count == 0)
		out[(*count)++] = config_end_selector(end, &host, protocol);
	for (unsigned i = first; i < last && i < end->subnet_count; i++)
		out[(*count)++] = config_end_selector(end, &end->subnets[i], protocol);
}

static unsigned tunnels_of(const struct config_end *end)
{
	return end->together || end->subnet_count == 0 ? 1 : end->subnet_count;
}

static bool too_many_policies(const struct config_conn *conn, struct diag *diag)
{
	struct selector_lists lists;
	struct selectors selectors;
	uint8_t protocol = conn->left.protocol != 0 ? conn->left.protocol : conn->right.protocol;

	for (unsigned i = 0; i < tunnels_of(&conn->left); i++)
		for (unsigned j = 0; j < tunnels_of(&conn->right); j++) {
			end_lists(&conn->left, protocol, i, lists.local, &lists.local_count);
			end_lists(&conn->right, protocol, j, lists.remote, &lists.remote_count);
			enum rc rc = selectors_make(&lists, &selectors, diag);
			if (rc == RC_OK)
				selectors_drop(&selectors);
			if (rc == RC_LIMIT)
				return true;
		}
	return false;
}

void check_together(const struct checking *c)
{
	const struct config_end *ends[] = { &c->conn->left, &c->conn->right };
	struct diag diag;

	for (unsigned side = 0; side < 2; side++)
		if (ends[side]->together && ends[side]->subnet_count > SELECTORS_MAX) {
			check_say(c, CHECK_TOTAL, false, "subnet", side,
				  "%u subnets in one tunnel; at most %d are allowed: "
				  "%ssubnets= makes a tunnel of each",
				  ends[side]->subnet_count, SELECTORS_MAX,
				  side == 0 ? "left" : "right");
			return;
		}
	if (!ends[0]->together && !ends[1]->together && !ends[0]->ports && !ends[1]->ports)
		return;
	if (too_many_policies(c->conn, &diag))
		check_say(c, CHECK_TOTAL, false,
			  ends[0]->together || ends[1]->together ? "subnet" : "protoport",
			  ends[0]->together || ends[0]->ports ? 0 : 1, "%s", diag.text);
}

/* ---- shunts ---- */

struct shunted {
	struct table_node node;
	const struct config_conn *conn;
	struct ip_range left, right;
};

static bool end_range(const struct config_end *end, unsigned index, struct ip_range *out)
{
	if (end->subnet_count > 0)
		*out = end->subnets[index];
	else if (end->kind == HOST_ADDRESS)
		*out = range_single(&end->addr);
	else
		return false;
	return true;
}

static unsigned ranges_of(const struct config_end *end)
{
	return end->subnet_count > 0 ? end->subnet_count : 1;
}

/* Of either order. */
static uint64_t hash_of(const struct table *table, const struct ip_range *a,
			const struct ip_range *b)
{
	return table_hash(table, a->from.bytes, sizeof(a->from.bytes)) +
	       table_hash(table, b->from.bytes, sizeof(b->from.bytes));
}

static bool same_ports(const struct config_end *a, const struct config_end *b)
{
	return a->protocol == b->protocol && a->ports == b->ports && a->port_from == b->port_from &&
	       a->port_to == b->port_to;
}

static bool is_one_policy(const struct shunted *shunt, const struct config_conn *conn,
			  const struct ip_range *left, const struct ip_range *right)
{
	const struct config_conn *its = shunt->conn;
	bool straight = range_equal(&shunt->left, left) && range_equal(&shunt->right, right) &&
			same_ports(&its->left, &conn->left) &&
			same_ports(&its->right, &conn->right);
	bool mirrored = range_equal(&shunt->left, right) && range_equal(&shunt->right, left) &&
			same_ports(&its->left, &conn->right) &&
			same_ports(&its->right, &conn->left);

	return (straight || mirrored) && !its->mark_unique && !conn->mark_unique &&
	       its->mark_out == conn->mark_out && its->mark_out_mask == conn->mark_out_mask &&
	       its->mark_in == conn->mark_in && its->mark_in_mask == conn->mark_in_mask &&
	       its->if_id == conn->if_id;
}

static const struct shunted *find_shunt(const struct table *table, const struct config_conn *conn,
					const struct ip_range *left, const struct ip_range *right)
{
	for (struct table_node *node = table_first(table, hash_of(table, left, right));
	     node != NULL; node = table_next(node)) {
		const struct shunted *shunt = container_of(node, struct shunted, node);
		if (shunt->conn != conn && is_one_policy(shunt, conn, left, right))
			return shunt;
	}
	return NULL;
}

static void report(struct loader *loader, const struct config_conn *conn,
		   const struct shunted *shunt)
{
	struct place at = { conn->file, conn->line, 0 };
	char left[IP_RANGE_TEXT_MAX], right[IP_RANGE_TEXT_MAX];

	report_error(loader->errors, at,
		     "conn %s and conn %s (%s:%u, type=%s) are for the same packets, %s to %s: the "
		     "kernel would have the policy of either; change the subnets of one, or leave "
		     "it out",
		     conn->name, shunt->conn->name, shunt->conn->file, shunt->conn->line,
		     shunt->conn->type == TYPE_DROP ? "drop" : "passthrough",
		     range_text(&shunt->left, left), range_text(&shunt->right, right));
}

static void add_shunt(struct loader *loader, struct table *table, const struct config_conn *conn,
		      const struct ip_range *left, const struct ip_range *right)
{
	struct shunted *shunt = mem_alloc(sizeof(*shunt));

	if (shunt == NULL) {
		loader->no_memory = true;
		return;
	}
	*shunt = (struct shunted){ .conn = conn, .left = *left, .right = *right };
	if (table_insert(table, &shunt->node, hash_of(table, left, right)) == RC_OK)
		return;
	mem_free(shunt);
	loader->no_memory = true;
}

/* Each conflict of a conn is the same mistake: it is told once. */
static void look_at(struct loader *loader, struct table *table, const struct config_conn *conn,
		    bool shunts)
{
	struct ip_range left, right;

	if (conn->start == AUTO_IGNORE || conn_is_shunt(conn) != shunts)
		return;
	for (unsigned i = 0; i < ranges_of(&conn->left); i++)
		for (unsigned j = 0; j < ranges_of(&conn->right); j++) {
			const struct shunted *other;
			if (!end_range(&conn->left, i, &left) ||
			    !end_range(&conn->right, j, &right))
				continue;
			other = find_shunt(table, conn, &left, &right);
			if (other != NULL) {
				report(loader, conn, other);
				return;
			}
			if (shunts)
				add_shunt(loader, table, conn, &left, &right);
		}
}

static void drop(struct table_node *node, void *context)
{
	table_remove(context, node);
	mem_free(container_of(node, struct shunted, node));
}

void check_shunts(struct loader *loader)
{
	const struct config *config = &loader->whole->config;
	struct table table;
	uint64_t cursor = 0;

	table_init(&table, loader->names.seed);
	for (unsigned i = 0; i < config->conn_count; i++)
		look_at(loader, &table, config->conns[i], true);
	for (unsigned i = 0; table.count > 0 && i < config->conn_count; i++)
		look_at(loader, &table, config->conns[i], false);
	while (table_walk(&table, &cursor, 1000, drop, &table))
		continue;
	table_free(&table);
}
