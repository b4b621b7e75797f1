/* SPDX-License-Identifier: Apache-2.0 */
/* rfc4555 §3.10: which addresses of ours and of the peer's there are, and the order in which pairs
 * of them are tried. */
#include "ikev2/private.h"
#include "network/network.h"

/* ---- addresses of ours ---- */

/* Those inside of tunnels lead nowhere else. */
static size_t local_addresses(const struct sa_env *env, struct ip_addr *out)
{
	size_t count, kept = 0;

	if (env->host->ops->addresses == NULL)
		return 0;
	count = env->host->ops->addresses(env->host, out, MOBILE_ADDRESSES_MAX);
	for (size_t i = 0; i < count; i++)
		if (env->network == NULL || !network_has_address(env->network, &out[i]))
			out[kept++] = out[i];
	return kept;
}

static bool worth_telling(const struct ip_addr *addr, const struct ip_addr *in_use)
{
	return !ip_equal(addr, in_use) && !ip_is_link_local(addr);
}

uint64_t ikev2_addresses_hash(const struct sa_env *env, const struct ike_sa *sa)
{
	struct ip_addr addrs[MOBILE_ADDRESSES_MAX];
	size_t count = local_addresses(env, addrs);
	uint64_t hash = 0;

	for (size_t i = 0; i < count; i++)
		if (worth_telling(&addrs[i], &sa->local.addr))
			hash += table_hash(&env->sas->by_spi, addrs[i].bytes, 16) | 1;
	return hash;
}

unsigned mobike_emit_addresses(const struct sa_env *env, const struct ip_addr *in_use,
			       struct writer *writer)
{
	struct ip_addr addrs[MOBILE_ADDRESSES_MAX];
	size_t count = local_addresses(env, addrs);
	unsigned told = 0;

	for (size_t i = 0; i < count; i++) {
		struct wire_notify notify = { .type = addrs[i].family == AF_INET
							      ? ADDITIONAL_IP4_ADDRESS
							      : ADDITIONAL_IP6_ADDRESS,
					      .data = ip_bytes(&addrs[i]) };
		if (!worth_telling(&addrs[i], in_use))
			continue;
		wire_notify_emit(writer, &notify);
		told++;
	}
	return told;
}

/* ---- pairs of addresses ---- */

#define REMOTES_MAX (MOBILE_ADDRESSES_MAX + 2)

static unsigned add_addr(struct ip_addr *addrs, unsigned count, unsigned max,
			 const struct ip_addr *addr)
{
	if (!ip_is_set(addr) || count >= max)
		return count;
	for (unsigned i = 0; i < count; i++)
		if (ip_equal(&addrs[i], addr))
			return count;
	addrs[count] = *addr;
	return count + 1;
}

/* The peer's own address first: what was used for want of it is left when it can be reached again.
 */
static unsigned remotes_of(const struct ike_sa *sa, struct ip_addr out[REMOTES_MAX])
{
	unsigned count = 0;

	if (sa->peer != NULL)
		count = add_addr(out, count, REMOTES_MAX, &sa->peer->remote);
	count = add_addr(out, count, REMOTES_MAX, &sa->remote.addr);
	for (unsigned i = 0; i < sa->mobile->other_count; i++)
		count = add_addr(out, count, REMOTES_MAX, &sa->mobile->others[i]);
	return count;
}

/* left= of the conn while this host has it; else what the routes say; then all others. */
static unsigned locals_for(const struct sa_env *env, const struct ike_sa *sa,
			   const struct ip_addr *remote, struct ip_addr out[MOBILE_ADDRESSES_MAX])
{
	const struct config_end *end = peer_local_end(sa->peer);
	struct host *host = env->host;
	struct ip_addr addrs[MOBILE_ADDRESSES_MAX], source;
	unsigned count = 0;

	if (end->kind == HOST_ADDRESS && end->addr.family == remote->family &&
	    host->ops->is_local(host, &end->addr))
		count = add_addr(out, count, MOBILE_ADDRESSES_MAX, &end->addr);
	if (host->ops->source_for(host, remote, &source) == RC_OK &&
	    host->ops->is_local(host, &source))
		count = add_addr(out, count, MOBILE_ADDRESSES_MAX, &source);
	else if (count == 0)
		return 0; /* no route: nothing gets there */
	size_t all = local_addresses(env, addrs);
	for (size_t i = 0; i < all; i++)
		if (addrs[i].family == remote->family && !ip_is_link_local(&addrs[i]))
			count = add_addr(out, count, MOBILE_ADDRESSES_MAX, &addrs[i]);
	return count;
}

static void make_pair(const struct sa_env *env, const struct ike_sa *sa, const struct ip_addr *ours,
		      const struct ip_addr *theirs, struct ip_endpoint *local,
		      struct ip_endpoint *remote)
{
	bool same = ip_equal(theirs, &sa->remote.addr);

	*local = (struct ip_endpoint){ *ours, env->setup->nattport != 0 ? env->setup->nattport
									: sa->local.port };
	*remote = (struct ip_endpoint){ *theirs, same ? sa->remote.port : IKE_NATT_PORT };
}

/* Every remote address with our best one for it comes before any second one of ours. */
bool ikev2_path(const struct sa_env *env, const struct ike_sa *sa, unsigned trial,
		struct ip_endpoint *local, struct ip_endpoint *remote)
{
	struct ip_addr remotes[REMOTES_MAX], locals[REMOTES_MAX][MOBILE_ADDRESSES_MAX];
	unsigned counts[REMOTES_MAX], remote_count = remotes_of(sa, remotes), total = 0;

	for (unsigned i = 0; i < remote_count; i++) {
		counts[i] = locals_for(env, sa, &remotes[i], locals[i]);
		total += counts[i];
	}
	if (total == 0)
		return false;
	trial %= total;
	for (unsigned rank = 0; rank < MOBILE_ADDRESSES_MAX; rank++)
		for (unsigned i = 0; i < remote_count; i++) {
			if (rank >= counts[i] || trial-- > 0)
				continue;
			make_pair(env, sa, &locals[i][rank], &remotes[i], local, remote);
			return true;
		}
	return false;
}

bool mobike_is_address(const struct ike_sa *sa, const struct ip_addr *addr)
{
	struct ip_addr remotes[REMOTES_MAX];
	unsigned count = remotes_of(sa, remotes);

	for (unsigned i = 0; i < count; i++)
		if (ip_equal(&remotes[i], addr))
			return true;
	return false;
}
