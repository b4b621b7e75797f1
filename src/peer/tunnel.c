/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels: one for each pair of subnets, named as Libreswan does: office, office/1x2, office[3],
 * office/1x2[3]. */
#include <stdio.h>
#include "peer/private.h"

#define TUNNEL_NAME_MAX	  96 /* config allows 64 for the conn */
#define INSTANCE_NAME_MAX 112

/* ---- selectors ---- */

/* Without subnets an end protects itself; a template everybody who may come. */
static struct ip_range host_range(const struct config_end *end, const struct ip_addr *addr)
{
	if (ip_is_set(addr))
		return range_single(addr);
	if (end->kind == HOST_RANGE)
		return end->range;
	return (struct ip_range){ .from = { .family = AF_UNSPEC } };
}

bool tunnel_has_subnet(const struct config_end *end, uint16_t which, unsigned index)
{
	return end->together ? index < 16 && (which >> index & 1) != 0 : index == which;
}

struct ranges {
	struct ip_range items[SELECTORS_MAX];
	unsigned count;
};

static void add_range(struct ranges *ranges, const struct ip_range *range)
{
	if (ranges->count < SELECTORS_MAX)
		ranges->items[ranges->count++] = *range;
}

static void end_ranges(const struct config_end *end, uint16_t which, const struct ip_addr *addr,
		       struct ranges *out)
{
	struct ip_range host = host_range(end, addr);

	out->count = 0;
	for (unsigned i = 0; i < end->subnet_count; i++)
		if (tunnel_has_subnet(end, which, i))
			add_range(out, &end->subnets[i]);
	if (end->subnet_count == 0 || (end->virtual_no && ip_is_set(addr)))
		add_range(out, &host);
}

static bool has_family(const struct ranges *ranges, uint8_t family)
{
	for (unsigned i = 0; i < ranges->count; i++)
		if (ranges->items[i].from.family == family)
			return true;
	return false;
}

/* A client's address is of the IP version that the other end protects. */
static void client_ranges(const struct peer *peer, const struct config_end *end,
			  const struct ranges *other, struct ranges *out)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	bool none = !has_family(other, AF_INET) && !has_family(other, AF_INET6);

	out->count = 0;
	for (unsigned i = 0; i < 2; i++) {
		struct ip_range range = client_range(peer, end, families[i]);
		if (has_family(other, families[i]) || (none && i == 0))
			add_range(out, &range);
	}
}

static void fill_any(struct ranges *ranges, const struct config_end *end,
		     const struct ranges *other)
{
	uint8_t family = ip_is_set(&end->addr) ? end->addr.family : AF_UNSPEC;
	bool open =
		end->kind == HOST_ANY && ranges->count == 1 && !ip_is_set(&ranges->items[0].from);

	if (!open)
		return;
	ranges->count = 0;
	for (unsigned i = 0; i < other->count; i++) {
		uint8_t its = family != AF_UNSPEC ? family : other->items[i].from.family;
		struct ip_range all = its != AF_UNSPEC
					      ? range_all(its)
					      : (struct ip_range){ .from = { .family = its } };
		if (!has_family(ranges, its))
			add_range(ranges, &all);
	}
}

/* A packet has one protocol: what one end says, binds both. */
static void fill_side(const struct ranges *ranges, const struct config_end *end,
		      const struct config_end *other, struct selector *out, unsigned *count)
{
	uint8_t protocol = end->protocol != 0 ? end->protocol : other->protocol;

	for (*count = 0; *count < ranges->count; (*count)++)
		out[*count] = config_end_selector(end, &ranges->items[*count], protocol);
}

/* What cannot be a tunnel, as an IPv4 subnet and an IPv6 one, is told by its first pair. */
static enum rc make_selectors(const struct selector_lists *lists, struct selectors *out)
{
	struct diag diag;
	enum rc rc = selectors_make(lists, out, &diag);

	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	*out = (struct selectors){ .first = { lists->local[0], lists->remote[0] } };
	return RC_OK;
}

/* Selectors from the conn and the addresses of the peer; without memory they stay what they were.
 */
static enum rc tunnel_select(struct tunnel *tunnel)
{
	const struct peer *peer = tunnel->peer;
	const struct config_end *left = &tunnel->conn->left, *right = &tunnel->conn->right;
	bool ours = peer->left_is_local;
	struct selector_lists lists;
	struct selectors selectors;
	struct ranges l, r;

	end_ranges(left, tunnel->left, ours ? &peer->local : &peer->remote, &l);
	end_ranges(right, tunnel->right, ours ? &peer->remote : &peer->local, &r);
	if (end_is_client(left))
		client_ranges(peer, left, &r, &l);
	else if (end_is_client(right))
		client_ranges(peer, right, &l, &r);
	fill_any(&l, left, &r);
	fill_any(&r, right, &l);
	fill_side(&l, left, right, ours ? lists.local : lists.remote,
		  ours ? &lists.local_count : &lists.remote_count);
	fill_side(&r, right, left, ours ? lists.remote : lists.local,
		  ours ? &lists.remote_count : &lists.local_count);
	TRY(make_selectors(&lists, &selectors));
	selectors_move(&tunnel->selectors, &selectors);
	return RC_OK;
}

/* A name may resolve to the IP version that the other end's subnet does not have. */
static void warn_mixed(const struct tunnel *tunnel)
{
	const struct selector_pair *first = &tunnel->selectors.first;
	uint8_t local = first->local.range.from.family, remote = first->remote.range.from.family;
	struct log_subject subject = { .peer = tunnel->peer->conn->name, .tunnel = tunnel->name };
	char text[SELECTORS_TEXT_MAX];

	if (local != AF_UNSPEC && remote != AF_UNSPEC && local != remote)
		log_write(
			tunnel->peer->owner->log, LOG_LEVEL_WARNING, &subject,
			"%s mixes IP versions and cannot work: write leftsubnet= and rightsubnet=",
			selectors_text(&tunnel->selectors, text));
}

void peer_select(struct peer *peer)
{
	list_for(node, &peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		struct log_subject subject = { .peer = peer->conn->name, .tunnel = tunnel->name };
		if (tunnel_select(tunnel) != RC_OK)
			log_write(peer->owner->log, LOG_LEVEL_ERROR, &subject,
				  "out of memory for its selectors");
		warn_mixed(tunnel);
	}
}

/* ---- making ---- */

static void discard(struct tunnel *tunnel)
{
	list_remove(&tunnel->in_peer);
	list_remove(&tunnel->in_loaded);
	if (!reqid_restore(tunnel->peer->owner, tunnel))
		reqid_give_back(tunnel->peer->owner, tunnel);
	backoff_reset(&tunnel->backoff);
	loaded_drop(tunnel->loaded);
	selectors_drop(&tunnel->selectors);
	mem_free(tunnel->name);
	mem_free(tunnel);
}

static enum rc tunnel_make(struct peer *peer, struct loaded *loaded, const char *name,
			   const struct tunnel *place, uint32_t asked_reqid)
{
	struct tunnel *tunnel = mem_alloc(sizeof(*tunnel));
	enum rc rc;

	if (tunnel == NULL)
		return RC_NO_MEMORY;
	tunnel->name = mem_text(name);
	if (tunnel->name == NULL) {
		mem_free(tunnel);
		return RC_NO_MEMORY;
	}
	tunnel->serial = peers_serial(peer->owner);
	tunnel->peer = peer;
	tunnel->loaded = loaded;
	tunnel->conn = loaded->conn;
	tunnel->wanted = WANTED_LISTEN;
	tunnel->left = place->left;
	tunnel->right = place->right;
	list_init(&tunnel->child_sas);
	loaded_hold(loaded);
	list_append(&loaded->pending, &tunnel->in_loaded);
	list_append(&peer->tunnels, &tunnel->in_peer);
	rc = tunnel_select(tunnel);
	if (rc == RC_OK && !reqid_inherit(peer->owner, tunnel, asked_reqid))
		rc = reqid_take(peer->owner, tunnel, asked_reqid);
	if (rc != RC_OK)
		discard(tunnel);
	return rc;
}

/* IPv4 to IPv6 is no tunnel, but the other pairs of such a conn are. */
static bool is_pair(const struct config_conn *conn, unsigned i, unsigned j)
{
	const struct config_end *ends[] = { &conn->left, &conn->right };
	unsigned index[] = { i, j };
	uint8_t family[2];

	for (unsigned end = 0; end < 2; end++) {
		const struct config_end *it = ends[end];
		if (it->together)
			return true;
		if (it->subnet_count > 0)
			family[end] = it->subnets[index[end]].from.family;
		else if (end_is_client(it))
			family[end] = AF_UNSPEC;
		else
			family[end] =
				it->kind == HOST_RANGE ? it->range.from.family : it->addr.family;
	}
	return family[0] == family[1] || family[0] == AF_UNSPEC || family[1] == AF_UNSPEC;
}

unsigned tunnel_first_subnet(const struct config_end *end, uint16_t which)
{
	unsigned first = 0;

	while (end->together && first < end->subnet_count && !tunnel_has_subnet(end, which, first))
		first++;
	return end->together ? first : which;
}

/* Of the subnets that it has, the first. */
static void pair_name(const struct config_conn *conn, uint16_t left, uint16_t right,
		      char buffer[TUNNEL_NAME_MAX])
{
	snprintf(buffer, TUNNEL_NAME_MAX, "%.70s/%ux%u", conn->name,
		 tunnel_first_subnet(&conn->left, left) + 1U,
		 tunnel_first_subnet(&conn->right, right) + 1U);
}

static enum rc make_named(struct peer *peer, struct loaded *loaded, const struct tunnel *place,
			  bool several, unsigned index, struct diag *diag)
{
	const struct config_conn *conn = loaded->conn;
	char name[TUNNEL_NAME_MAX];
	const struct tunnel *other;

	if (several)
		pair_name(conn, place->left, place->right, name);
	else
		snprintf(name, sizeof(name), "%.90s", conn->name);
	other = peers_tunnel(peer->owner, name);
	if (other != NULL)
		return diag_fail(diag, RC_EXISTS,
				 "conn %s would make a tunnel \"%s\", which conn %s has already: "
				 "rename one of them",
				 conn->name, name, other->conn->name);
	return tunnel_make(peer, loaded, name, place, conn->reqid != 0 ? conn->reqid + index : 0);
}

static unsigned places(const struct config_end *end)
{
	return end->subnet_count > 0 && !end->together ? end->subnet_count : 1;
}

uint16_t tunnel_all_of(const struct config_end *end, uint16_t place)
{
	return (uint16_t)(end->together ? (1U << end->subnet_count) - 1U : place);
}

enum rc tunnels_make(struct peer *peer, struct loaded *loaded, struct diag *diag)
{
	const struct config_conn *conn = loaded->conn;
	unsigned lefts = places(&conn->left), rights = places(&conn->right);
	bool several = lefts > 1 || rights > 1;
	unsigned made = 0;

	if (lefts > UINT16_MAX || rights > UINT16_MAX)
		return diag_fail(diag, RC_LIMIT, "conn %s has more than %u subnets", conn->name,
				 UINT16_MAX);
	for (unsigned i = 0; i < lefts; i++)
		for (unsigned j = 0; j < rights; j++) {
			struct tunnel place = { .left = tunnel_all_of(&conn->left, (uint16_t)i),
						.right = tunnel_all_of(&conn->right, (uint16_t)j) };
			if (!is_pair(conn, i, j))
				continue;
			TRY(make_named(peer, loaded, &place, several, made, diag));
			made++;
		}
	if (made == 0)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "conn %s: no left subnet has the IP version of a right one",
				 conn->name);
	return RC_OK;
}

static const char *instance_name(const struct tunnel *from, uint32_t number,
				 char buffer[INSTANCE_NAME_MAX])
{
	snprintf(buffer, INSTANCE_NAME_MAX, "%.95s[%u]", from->name, number);
	return buffer;
}

bool tunnel_instance_exists(const struct tunnel *from, uint32_t number)
{
	char name[INSTANCE_NAME_MAX];

	return peers_tunnel(from->peer->owner, instance_name(from, number, name)) != NULL;
}

enum rc tunnel_instantiate(struct peer *instance, const struct tunnel *from)
{
	char name[INSTANCE_NAME_MAX];

	return tunnel_make(instance, from->loaded, instance_name(from, instance->number, name),
			   from, 0);
}

/* Of an instance "office[3]" too. */
static const char *part_name(const struct tunnel *of, uint16_t left, uint16_t right,
			     char buffer[INSTANCE_NAME_MAX])
{
	char name[TUNNEL_NAME_MAX];

	pair_name(of->conn, left, right, name);
	if (of->peer->parent != NULL)
		snprintf(buffer, INSTANCE_NAME_MAX, "%s[%u]", name, of->peer->number);
	else
		snprintf(buffer, INSTANCE_NAME_MAX, "%s", name);
	return buffer;
}

enum rc tunnel_part(const struct tunnel *from, uint16_t left, uint16_t right, struct tunnel **out)
{
	struct tunnel place = { .left = left, .right = right };
	char name[INSTANCE_NAME_MAX];

	TRY(tunnel_make(from->peer, from->loaded, part_name(from, left, right, name), &place, 0));
	*out = container_of(from->peer->tunnels.prev, struct tunnel, in_peer);
	return RC_OK;
}

void tunnel_name_in_tables(struct tunnel *tunnel)
{
	struct peers *peers = tunnel->peer->owner;

	if (tunnel->loaded->named)
		index_put(&peers->tunnel_names, &tunnel->by_name,
			  table_hash(&peers->tunnel_names, tunnel->name, strlen(tunnel->name)));
}

/* A tunnel of all that its conn has together has the name that it was loaded with. */
static const char *shape_name(const struct tunnel *of, uint16_t left, uint16_t right,
			      char buffer[INSTANCE_NAME_MAX])
{
	const struct config_conn *conn = of->conn;
	bool whole = left == tunnel_all_of(&conn->left, left) &&
		     right == tunnel_all_of(&conn->right, right);

	if (!whole || places(&conn->left) > 1 || places(&conn->right) > 1)
		return part_name(of, left, right, buffer);
	if (of->peer->parent != NULL)
		snprintf(buffer, INSTANCE_NAME_MAX, "%.90s[%u]", conn->name, of->peer->number);
	else
		snprintf(buffer, INSTANCE_NAME_MAX, "%.90s", conn->name);
	return buffer;
}

static void take_name(struct tunnel *tunnel, char *name)
{
	if (tunnel->linked)
		table_remove(&tunnel->peer->owner->tunnel_names, &tunnel->by_name);
	mem_free(tunnel->name);
	tunnel->name = name;
	if (tunnel->linked)
		tunnel_name_in_tables(tunnel);
}

enum rc tunnel_reshape(struct tunnel *tunnel, uint16_t left, uint16_t right)
{
	uint16_t left_before = tunnel->left, right_before = tunnel->right;
	char buffer[INSTANCE_NAME_MAX];
	char *name = mem_text(shape_name(tunnel, left, right, buffer));
	enum rc rc = RC_NO_MEMORY;

	tunnel->left = left;
	tunnel->right = right;
	if (name != NULL)
		rc = tunnel_select(tunnel);
	if (rc == RC_OK) {
		take_name(tunnel, name);
		return RC_OK;
	}
	tunnel->left = left_before;
	tunnel->right = right_before;
	mem_free(name);
	return rc;
}

void tunnel_link(struct tunnel *tunnel)
{
	struct peers *peers = tunnel->peer->owner;

	tunnel_name_in_tables(tunnel);
	index_put(&peers->reqids, &tunnel->by_reqid,
		  table_hash(&peers->reqids, &tunnel->reqid, sizeof(tunnel->reqid)));
	list_remove(&tunnel->in_loaded);
	list_append(&tunnel->loaded->tunnels, &tunnel->in_loaded);
	tunnel->linked = true;
	tunnel->doomed = tunnel->loaded->doomed;
	if (tunnel->doomed)
		tunnel->wanted = WANTED_DOWN;
	peers->tunnel_count++;
}

void tunnel_free(struct tunnel *tunnel)
{
	struct peers *peers = tunnel->peer->owner;

	if (tunnel->linked) {
		table_remove(&peers->tunnel_names, &tunnel->by_name);
		table_remove(&peers->reqids, &tunnel->by_reqid);
		peers->tunnel_count--;
	}
	discard(tunnel);
}
