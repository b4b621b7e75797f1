/* SPDX-License-Identifier: Apache-2.0 */
/* The SPD: policies by (direction, selector, mark, if_id), and the one that rules over a packet. */
#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "kernel/simulated/simulated.h"

/* What makes two policies the same one, in a form without padding. */
struct spd_key {
	uint8_t src[16], dst[16];
	uint32_t mark, mark_mask, if_id;
	uint16_t ports[4];
	uint8_t prefixes[2], family, protocols[2], direction, zero[2];
};
_Static_assert(sizeof(struct spd_key) == 60, "a key has no padding");

static uint8_t prefix_of(const struct ip_range *range)
{
	int prefix = range_prefix(range);
	return prefix < 0 ? 0 : (uint8_t)prefix; /* kernel_check_policy let none without through */
}

static void key_of(const struct kernel_policy *policy, struct spd_key *key)
{
	*key = (struct spd_key){
		.mark = policy->mark,
		.mark_mask = policy->mark_mask,
		.if_id = policy->if_id,
		.ports = { policy->src.port_from, policy->src.port_to, policy->dst.port_from,
			   policy->dst.port_to },
		.prefixes = { prefix_of(&policy->src.range), prefix_of(&policy->dst.range) },
		.family = policy->src.range.from.family,
		.protocols = { policy->src.protocol, policy->dst.protocol },
		.direction = policy->direction,
	};
	sim_compact_addr(key->src, &policy->src.range.from);
	sim_compact_addr(key->dst, &policy->dst.range.from);
}

static void key_of_installed(const struct spd_policy *policy, struct spd_key *key)
{
	*key = (struct spd_key){
		.mark = policy->mark,
		.mark_mask = policy->mark_mask,
		.if_id = policy->if_id,
		.ports = { policy->src_from, policy->src_to, policy->dst_from, policy->dst_to },
		.prefixes = { policy->src_prefix, policy->dst_prefix },
		.family = policy->family,
		.protocols = { policy->src_protocol, policy->dst_protocol },
		.direction = policy->direction,
	};
	memcpy(key->src, policy->src, 16);
	memcpy(key->dst, policy->dst, 16);
}

static struct spd_policy *spd_find(const struct simulated *sim, const struct spd_key *key,
				   uint64_t hash)
{
	struct table_node *node = table_first(&sim->policies, hash);
	for (; node != NULL; node = table_next(node)) {
		struct spd_policy *policy = container_of(node, struct spd_policy, node);
		struct spd_key its;
		key_of_installed(policy, &its);
		if (memcmp(&its, key, sizeof its) == 0)
			return policy;
	}
	return NULL;
}

static void spd_free(struct simulated *sim, struct spd_policy *policy)
{
	table_remove(&sim->policies, &policy->node);
	list_remove(&policy->direction_list);
	mem_free(policy);
}

static void fill_key(struct spd_policy *to, const struct spd_key *key)
{
	memcpy(to->src, key->src, 16);
	memcpy(to->dst, key->dst, 16);
	to->mark = key->mark;
	to->mark_mask = key->mark_mask;
	to->if_id = key->if_id;
	to->src_from = key->ports[0];
	to->src_to = key->ports[1];
	to->dst_from = key->ports[2];
	to->dst_to = key->ports[3];
	to->src_prefix = key->prefixes[0];
	to->dst_prefix = key->prefixes[1];
	to->family = key->family;
	to->src_protocol = key->protocols[0];
	to->dst_protocol = key->protocols[1];
	to->direction = key->direction;
}

static void fill(struct spd_policy *to, const struct kernel_policy *policy)
{
	sim_compact_addr(to->tunnel_src, &policy->tunnel_src);
	sim_compact_addr(to->tunnel_dst, &policy->tunnel_dst);
	to->src_family = policy->tunnel_src.family;
	to->dst_family = policy->tunnel_dst.family;
	to->priority = policy->priority;
	to->reqid = policy->reqid;
	to->spi = policy->spi;
	to->action = policy->action;
	to->mode = policy->mode;
	to->protocol = policy->protocol;
	to->compress = policy->compress;
	to->offload = policy->offload;
	to->iptfs = policy->iptfs;
}

int sim_spd_set(struct simulated *sim, const struct kernel_policy *policy)
{
	struct spd_key key;
	key_of(policy, &key);
	uint64_t hash = table_hash(&sim->policies, &key, sizeof key);
	struct spd_policy *found = spd_find(sim, &key, hash);
	if (found == NULL) {
		found = mem_alloc(sizeof *found);
		if (found == NULL)
			return ENOMEM;
		fill_key(found, &key);
		list_append(&sim->directions[policy->direction], &found->direction_list);
		if (table_insert(&sim->policies, &found->node, hash) != RC_OK) {
			spd_free(sim, found);
			return ENOMEM;
		}
	}
	found->serial =
		++sim->serial; /* among equals the older one rules, and a replaced one is new */
	fill(found, policy);
	return 0;
}

int sim_spd_delete(struct simulated *sim, const struct kernel_policy *policy)
{
	struct spd_key key;
	key_of(policy, &key);
	struct spd_policy *found =
		spd_find(sim, &key, table_hash(&sim->policies, &key, sizeof key));
	if (found == NULL)
		return ENOENT;
	spd_free(sim, found);
	return 0;
}

unsigned sim_spd_flush(struct simulated *sim,
		       bool (*which)(const struct simulated *sim, const struct spd_policy *policy))
{
	unsigned count = 0;
	for (unsigned direction = 0; direction < 3; direction++) {
		list_for_safe(item, &sim->directions[direction])
		{
			struct spd_policy *policy =
				container_of(item, struct spd_policy, direction_list);
			if (which != NULL && !which(sim, policy))
				continue;
			spd_free(sim, policy);
			count++;
		}
	}
	return count;
}

static struct ip_range subnet(const uint8_t network[16], uint8_t prefix, uint8_t family)
{
	struct ip_range range = { sim_wide_addr(network, family), sim_wide_addr(network, family) };
	for (unsigned bit = prefix; bit < ip_len(family) * 8; bit++)
		range.to.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return range;
}

void sim_spd_show(const struct spd_policy *policy, struct kernel_policy *out)
{
	*out = (struct kernel_policy){
		.src = { subnet(policy->src, policy->src_prefix, policy->family),
			 policy->src_protocol, policy->src_from, policy->src_to },
		.dst = { subnet(policy->dst, policy->dst_prefix, policy->family),
			 policy->dst_protocol, policy->dst_from, policy->dst_to },
		.direction = policy->direction,
		.action = policy->action,
		.mode = policy->mode,
		.protocol = policy->protocol,
		.compress = policy->compress,
		.offload = policy->offload,
		.iptfs = policy->iptfs,
		.reqid = policy->reqid,
		.tunnel_src = sim_wide_addr(policy->tunnel_src, policy->src_family),
		.tunnel_dst = sim_wide_addr(policy->tunnel_dst, policy->dst_family),
		.spi = policy->spi,
		.priority = policy->priority,
		.mark = policy->mark,
		.mark_mask = policy->mark_mask,
		.if_id = policy->if_id,
	};
}

static bool prefix_matches(const uint8_t network[16], uint8_t prefix, const uint8_t address[16])
{
	unsigned whole = prefix / 8u, rest = prefix % 8u;
	if (memcmp(network, address, whole) != 0)
		return false;
	return rest == 0 || ((network[whole] ^ address[whole]) & (0xff00u >> rest) & 0xffu) == 0;
}

static bool ports_match(uint16_t from, uint16_t to, uint16_t port)
{
	if (from > to) /* OPAQUE */
		return port == 0;
	return port >= from && port <= to;
}

static bool policy_matches(const struct spd_policy *policy, const struct selector *src,
			   const struct selector *dst)
{
	const struct ip_addr *from = &src->range.from, *to = &dst->range.from;
	return policy->family == from->family && policy->mark == 0 && policy->if_id == 0 &&
	       (policy->src_protocol == 0 || policy->src_protocol == src->protocol) &&
	       (policy->dst_protocol == 0 || policy->dst_protocol == dst->protocol) &&
	       prefix_matches(policy->src, policy->src_prefix, from->bytes) &&
	       prefix_matches(policy->dst, policy->dst_prefix, to->bytes) &&
	       ports_match(policy->src_from, policy->src_to, src->port_from) &&
	       ports_match(policy->dst_from, policy->dst_to, dst->port_from);
}

struct spd_policy *sim_spd_lookup(const struct simulated *sim, enum kernel_direction direction,
				  const struct selector *src, const struct selector *dst)
{
	struct spd_policy *best = NULL;
	list_for(item, &sim->directions[direction])
	{
		struct spd_policy *policy = container_of(item, struct spd_policy, direction_list);
		if (!policy_matches(policy, src, dst))
			continue;
		if (best == NULL || policy->priority < best->priority ||
		    (policy->priority == best->priority && policy->serial < best->serial))
			best = policy;
	}
	return best;
}
