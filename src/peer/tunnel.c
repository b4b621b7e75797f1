/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels: one for each pair of subnets, named as Libreswan does: office, office/1x2, office[3],
 * office/1x2[3]. */
#include <stdio.h>
#include "peer/private.h"

#define INSTANCE_NAME_MAX 112

/* ---- selectors ---- */

/* Without subnets an end protects itself; a template everybody who may come. */
static struct ip_range end_range(const struct config_end *end, unsigned index,
				 const struct ip_addr *addr)
{
	if (end->subnet_count > 0)
		return end->subnets[index];
	if (ip_is_set(addr))
		return range_single(addr);
	if (end->kind == HOST_RANGE)
		return end->range;
	return (struct ip_range){ .from = { .family = AF_UNSPEC } };
}

static void fill_any(struct ip_range *range, const struct config_end *end, uint8_t other)
{
	uint8_t family = ip_is_set(&end->addr) ? end->addr.family : other;

	if (end->kind == HOST_ANY && !ip_is_set(&range->from) && family != AF_UNSPEC)
		*range = range_all(family);
}

/* A packet has one protocol: what one end says, binds both. */
static struct selector end_selector(const struct config_end *end, const struct config_end *other,
				    const struct ip_range *range)
{
	return selector_make(range, end->protocol != 0 ? end->protocol : other->protocol,
			     end->port);
}

/* A client's address is of the IP version that the other end protects. */
static uint8_t other_family(const struct config_end *other, unsigned index,
			    const struct ip_range *range)
{
	if (other->subnet_count > 0)
		return other->subnets[index].from.family;
	return ip_is_set(&range->from) ? range->from.family : AF_INET;
}

struct selector_pair tunnel_selectors(const struct tunnel *tunnel, const struct peer *peer)
{
	const struct config_end *left = &tunnel->conn->left, *right = &tunnel->conn->right;
	const struct ip_addr *left_addr = peer->left_is_local ? &peer->local : &peer->remote;
	const struct ip_addr *right_addr = peer->left_is_local ? &peer->remote : &peer->local;
	struct ip_range l = end_range(left, tunnel->left, left_addr);
	struct ip_range r = end_range(right, tunnel->right, right_addr);
	struct selector a, b;

	if (end_is_client(left))
		l = client_range(peer, left, other_family(right, tunnel->right, &r));
	else if (end_is_client(right))
		r = client_range(peer, right, other_family(left, tunnel->left, &l));
	fill_any(&l, left, r.from.family);
	fill_any(&r, right, l.from.family);
	a = end_selector(left, right, &l);
	b = end_selector(right, left, &r);
	return peer->left_is_local ? (struct selector_pair){ .local = a, .remote = b }
				   : (struct selector_pair){ .local = b, .remote = a };
}

/* ---- making ---- */

static void discard(struct tunnel *tunnel)
{
	list_remove(&tunnel->in_peer);
	list_remove(&tunnel->in_loaded);
	reqid_give_back(tunnel->peer->owner, tunnel);
	backoff_reset(&tunnel->backoff);
	loaded_drop(tunnel->loaded);
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
	tunnel->selectors = tunnel_selectors(tunnel, peer);
	list_init(&tunnel->child_sas);
	loaded_hold(loaded);
	list_append(&loaded->pending, &tunnel->in_loaded);
	list_append(&peer->tunnels, &tunnel->in_peer);
	rc = reqid_inherit(peer->owner, tunnel, asked_reqid)
		     ? RC_OK
		     : reqid_take(peer->owner, tunnel, asked_reqid);
	if (rc != RC_OK)
		discard(tunnel);
	return rc;
}

static uint8_t fixed_family(const struct config_end *end, unsigned index)
{
	if (end->subnet_count > 0)
		return end->subnets[index].from.family;
	if (end_is_client(end))
		return AF_UNSPEC;
	return end->kind == HOST_RANGE ? end->range.from.family : end->addr.family;
}

/* IPv4 to IPv6 is no tunnel, but the other pairs of such a conn are. */
static bool is_pair(const struct config_conn *conn, unsigned i, unsigned j)
{
	uint8_t left = fixed_family(&conn->left, i), right = fixed_family(&conn->right, j);

	return left == right || left == AF_UNSPEC || right == AF_UNSPEC;
}

static enum rc make_named(struct peer *peer, struct loaded *loaded, const struct tunnel *place,
			  bool several, unsigned index, struct diag *diag)
{
	const struct config_conn *conn = loaded->conn;
	char name[96]; /* config allows 64 for the conn */
	const struct tunnel *other;

	if (several)
		snprintf(name, sizeof(name), "%.70s/%ux%u", conn->name, place->left + 1U,
			 place->right + 1U);
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

enum rc tunnels_make(struct peer *peer, struct loaded *loaded, struct diag *diag)
{
	const struct config_conn *conn = loaded->conn;
	unsigned lefts = conn->left.subnet_count > 0 ? conn->left.subnet_count : 1;
	unsigned rights = conn->right.subnet_count > 0 ? conn->right.subnet_count : 1;
	bool several = lefts > 1 || rights > 1;
	unsigned made = 0;

	if (lefts > UINT16_MAX || rights > UINT16_MAX)
		return diag_fail(diag, RC_LIMIT, "conn %s has more than %u subnets", conn->name,
				 UINT16_MAX);
	for (unsigned i = 0; i < lefts; i++)
		for (unsigned j = 0; j < rights; j++) {
			struct tunnel place = { .left = (uint16_t)i, .right = (uint16_t)j };
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

void tunnel_link(struct tunnel *tunnel)
{
	struct peers *peers = tunnel->peer->owner;

	if (tunnel->loaded->named)
		index_put(&peers->tunnel_names, &tunnel->by_name,
			  table_hash(&peers->tunnel_names, tunnel->name, strlen(tunnel->name)));
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
