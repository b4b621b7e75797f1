/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: where handshakes look
 *
 * places: peers with a known address, by (our address, theirs); not instances.
 * remotes: the same ones, by theirs alone.
 * identities: by (their address, their identity): peers with an exact identity, and all instances,
 * so that ten thousand behind one address are no chain to walk. Templates with an exact identity
 * stand there without an address. ranges, anys: templates; wildcards: those of them whose identity
 * is a pattern or anything. clients: instances by who the client is (peer_client_id()) alone, to
 * find the same one at another address.
 */
#include "peer/private.h"
#include "wire/limits.h"

struct key {
	uint8_t bytes[LIMIT_ID + 64];
	size_t len;
};

static void add_byte(struct key *key, uint8_t byte)
{
	if (key->len < sizeof(key->bytes))
		key->bytes[key->len++] = byte;
}

static void add_addr(struct key *key, const struct ip_addr *addr)
{
	struct span bytes = ip_bytes(addr);

	add_byte(key, addr->family);
	for (size_t i = 0; i < bytes.len; i++)
		add_byte(key, bytes.ptr[i]);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Names that are equal must have one key: only letters and digits of the values count (blanks and
 * string types may differ). `der` is whatever a peer sent. */
static void add_dn(struct key *key, struct span der)
{
	uint8_t tag, len, byte;

	while (span_u8(&der, &tag) == RC_OK && span_u8(&der, &len) == RC_OK) {
		size_t size = len < 0x80 ? len : 0;
		struct span value;
		for (; len > 0x80 && span_u8(&der, &byte) == RC_OK; len--)
			size = (size << 8 | byte) & 0xffff;
		if ((tag & 0x20) != 0)
			continue;
		if (span_take(&der, size < der.len ? size : der.len, &value) != RC_OK)
			return;
		for (size_t i = 0; i < value.len; i++)
			if ((lower(value.ptr[i]) >= 'a' && lower(value.ptr[i]) <= 'z') ||
			    (value.ptr[i] >= '0' && value.ptr[i] <= '9'))
				add_byte(key, lower(value.ptr[i]));
	}
}

static void add_identity(struct key *key, const struct identity *id)
{
	bool caseless = id->type == ID_FQDN || id->type == ID_RFC822_ADDR;

	add_byte(key, id->type);
	if (id->type == ID_DER_ASN1_DN) {
		add_dn(key, span_make(id->data, id->len));
		return;
	}
	for (size_t i = 0; i < id->len; i++)
		add_byte(key, caseless ? lower(id->data[i]) : id->data[i]);
}

uint64_t index_place_hash(const struct peers *peers, const struct ip_addr *local,
			  const struct ip_addr *remote)
{
	struct key key = { .len = 0 };

	add_addr(&key, local);
	add_addr(&key, remote);
	return table_hash(&peers->places, key.bytes, key.len);
}

uint64_t index_identity_hash(const struct peers *peers, const struct ip_addr *remote,
			     const struct identity *id)
{
	struct key key = { .len = 0 };

	if (remote != NULL)
		add_addr(&key, remote);
	add_identity(&key, id);
	return table_hash(&peers->identities, key.bytes, key.len);
}

/* ---- add, remove ---- */

static struct peer *template_of(struct list *node)
{
	return container_of(node, struct peer, in_templates);
}

/* Bits that differ within the range: 0 for a single address. */
static int width(const struct peer *peer)
{
	const struct config_end *end = peer_remote_end(peer);
	struct ip_addr network;

	if (end->kind != HOST_RANGE)
		return 0;
	return (end->range.from.family == AF_INET ? 32 : 128) - range_cover(&end->range, &network);
}

/* Narrow ranges before wide ones, older peers before younger. */
static bool comes_before(const struct peer *a, const struct peer *b)
{
	if (width(a) != width(b))
		return width(a) < width(b);
	return a->serial < b->serial;
}

static void add_in_order(struct list *list, struct peer *peer)
{
	struct list *after = list->prev;

	while (after != list && comes_before(peer, template_of(after)))
		after = after->prev;
	list_prepend(after, &peer->in_templates);
}

static void add_template(struct peers *peers, struct peer *peer)
{
	bool ranged = peer_remote_end(peer)->kind == HOST_RANGE;

	add_in_order(ranged ? &peers->ranges : &peers->anys, peer);
	if (identity_has_wildcard(&peer->remote_id))
		list_append(&peers->wildcards, &peer->in_wildcards);
	else
		index_put(&peers->identities, &peer->by_identity,
			  index_identity_hash(peers, NULL, &peer->remote_id));
}

static void add_place(struct peers *peers, struct peer *peer)
{
	const struct ip_addr nowhere = { .family = AF_UNSPEC };

	if (peer->parent != NULL)
		index_put(&peers->clients, &peer->by_client,
			  index_identity_hash(peers, NULL, peer_client_id(peer)));
	if (peer->parent == NULL) {
		index_put(&peers->places, &peer->by_place,
			  index_place_hash(peers, peer->local_any ? &nowhere : &peer->local,
					   &peer->remote));
		index_put(&peers->remotes, &peer->by_remote,
			  index_place_hash(peers, &nowhere, &peer->remote));
	}
	if (peer->parent != NULL || !identity_has_wildcard(&peer->remote_id))
		index_put(&peers->identities, &peer->by_identity,
			  index_identity_hash(peers, &peer->remote, &peer->remote_id));
}

void index_add(struct peer *peer)
{
	struct peers *peers = peer->owner;

	if (!peer->linked || !peer->oriented || peer->doomed || conn_shunts(peer->conn))
		return;
	if (peer->template)
		add_template(peers, peer);
	else if (ip_is_set(&peer->remote))
		add_place(peers, peer);
}

void index_remove(struct peer *peer)
{
	struct peers *peers = peer->owner;

	table_remove(&peers->places, &peer->by_place);
	table_remove(&peers->remotes, &peer->by_remote);
	table_remove(&peers->identities, &peer->by_identity);
	table_remove(&peers->clients, &peer->by_client);
	list_remove(&peer->in_templates);
	list_remove(&peer->in_wildcards);
}

void peer_other_instances(const struct peer *peer, void (*fn)(void *context, struct peer *other),
			  void *context)
{
	const struct identity *id = peer_client_id(peer);
	uint64_t hash = index_identity_hash(peer->owner, NULL, id);

	if (id->type == ID_NULL) /* RFC 7619 §2.2: it tells nobody from anybody */
		return;
	for (struct table_node *n = table_first(&peer->owner->clients, hash); n != NULL;
	     n = table_next(n)) {
		struct peer *other = container_of(n, struct peer, by_client);
		if (other != peer && other->parent == peer->parent &&
		    identity_equal(peer_client_id(other), id))
			fn(context, other);
	}
}
