/* SPDX-License-Identifier: Apache-2.0 */
/* What a packet meets: the out policy and its SA here, then the SA and the policy check there. */
#include <string.h>
#include "kernel/simulated/simulated.h"

#define COMPRESSED_LEAST 90 /* IPCOMP_DEFLATE's threshold in Linux */

struct packet {
	const struct selector *src, *dst;
	size_t bytes;
};

static const struct sad_rare no_rare = { 0 };

static const struct sad_rare *rare_of(const struct sad_sa *sa)
{
	return sa->rare != NULL ? sa->rare : &no_rare;
}

/* Transport mode: the SA's own selector. Type and code of ICMP count for either side. */
static bool sa_selects(const struct sad_sa *sa, const struct packet *packet)
{
	const struct sad_rare *rare = rare_of(sa);
	return sa->mode != KERNEL_TRANSPORT ||
	       (selector_contains(&rare->selector_src, packet->src) &&
		selector_contains(&rare->selector_dst, packet->dst));
}

/* Where the packet will go under this policy: the template of a tunnel, or the packet's own ends.
 */
static struct larval template_of(const struct spd_policy *policy, const struct packet *packet,
				 uint8_t protocol)
{
	struct larval ends = { .reqid = policy->reqid, .protocol = protocol, .mode = policy->mode };
	bool tunnel = policy->mode == KERNEL_TUNNEL;
	ends.src = tunnel ? sim_wide_addr(policy->tunnel_src, policy->src_family)
			  : packet->src->range.from;
	ends.dst = tunnel ? sim_wide_addr(policy->tunnel_dst, policy->dst_family)
			  : packet->dst->range.from;
	return ends;
}

/* Around IPComp ESP and AH are in transport mode. */
static bool same_kind(const struct sad_sa *sa, const struct spd_policy *policy, uint8_t protocol)
{
	bool inside = sa->protocol != KERNEL_IPCOMP && policy->mode == KERNEL_TUNNEL;
	return sa->protocol == protocol && sa->mode == policy->mode && sa->iptfs == policy->iptfs &&
	       (!inside || sa->compressed == policy->compress);
}

static bool sa_serves(const struct sad_sa *sa, const struct spd_policy *policy,
		      const struct larval *ends, const struct packet *packet)
{
	uint8_t family = ends->dst.family;
	bool any_src = !ip_is_set(&ends->src) || ip_is_any(&ends->src);
	return sa->reqid == policy->reqid && same_kind(sa, policy, ends->protocol) &&
	       (policy->spi == 0 || policy->spi == sa->spi || ends->protocol == KERNEL_IPCOMP) &&
	       sa->family == family && memcmp(sa->dst, ends->dst.bytes, 16) == 0 &&
	       (any_src || memcmp(sa->src, ends->src.bytes, 16) == 0) && rare_of(sa)->mark == 0 &&
	       rare_of(sa)->if_id == policy->if_id && sa_selects(sa, packet);
}

/* Linux takes one whose soft lifetime is not over, then the newest. */
static bool sa_better(const struct sad_sa *a, const struct sad_sa *b)
{
	if (b == NULL || a->dying != b->dying)
		return b == NULL || !a->dying;
	return a->serial > b->serial;
}

static struct sad_sa *sa_for(const struct simulated *sim, const struct spd_policy *policy,
			     const struct larval *ends, const struct packet *packet)
{
	struct sad_sa *best = NULL;
	uint64_t hash = sim_sad_reqid_hash(&sim->by_reqid, policy->reqid);
	struct table_node *node = table_first(&sim->by_reqid, hash);
	for (; node != NULL; node = table_next(node)) {
		struct sad_sa *sa = container_of(node, struct sad_sa, by_reqid);
		if (sa_serves(sa, policy, ends, packet) && sa_better(sa, best))
			best = sa;
	}
	return best;
}

static enum simulated_verdict raise_acquire(struct simulated *sim, const struct larval *ends,
					    const struct packet *packet)
{
	struct kernel_event event = { .type = KERNEL_ACQUIRE,
				      .reqid = ends->reqid,
				      .packet_src = *packet->src,
				      .packet_dst = *packet->dst,
				      .src = ends->src,
				      .dst = ends->dst,
				      .protocol = ends->protocol };
	if (sim_larval_start(sim, ends))
		sim_notice_raise(sim, &event);
	return SIMULATED_ACQUIRED;
}

/* Limits in bytes and packets are looked at before the packet counts, as in
 * xfrm_state_check_expire. false: dead. */
static bool count(struct simulated *sim, struct sad_sa *sa, size_t bytes)
{
	const struct sad_rare *rare = rare_of(sa);
	if ((rare->hard_bytes != 0 && sa->bytes >= rare->hard_bytes) ||
	    (rare->hard_packets != 0 && sa->packets >= rare->hard_packets)) {
		sim_sad_expire(sim, sa, true);
		return false;
	}
	if ((rare->soft_bytes != 0 && sa->bytes >= rare->soft_bytes) ||
	    (rare->soft_packets != 0 && sa->packets >= rare->soft_packets))
		sim_sad_expire(sim, sa, false);
	sa->bytes += bytes;
	sa->packets++;
	sa->used_at = (uint32_t)sim->host->ops->wall(sim->host);
	return true;
}

static struct spd_policy *receiving_policy(const struct simulated *sim, const struct packet *packet)
{
	bool local = sim->host->ops->is_local(sim->host, &packet->dst->range.from);
	return sim_spd_lookup(sim, local ? KERNEL_IN : KERNEL_FWD, packet->src, packet->dst);
}

static enum simulated_verdict arrive_clear(const struct simulated *sim, const struct packet *packet)
{
	const struct spd_policy *policy = receiving_policy(sim, packet);
	if (policy == NULL || policy->action == KERNEL_PASS)
		return SIMULATED_CLEAR;
	return policy->action == KERNEL_BLOCK ? SIMULATED_BLOCKED : SIMULATED_POLICY_MISMATCH;
}

static bool template_accepts(const struct spd_policy *policy, const struct sad_sa *sa)
{
	if (!same_kind(sa, policy, policy->protocol) ||
	    (policy->spi != 0 && policy->spi != sa->spi) ||
	    (policy->reqid != 0 && policy->reqid != sa->reqid))
		return false;
	if (sa->mode == KERNEL_TRANSPORT)
		return true;
	struct ip_addr src = sim_wide_addr(policy->tunnel_src, policy->src_family);
	bool any_src = !ip_is_set(&src) || ip_is_any(&src);
	return policy->dst_family == sa->family && memcmp(policy->tunnel_dst, sa->dst, 16) == 0 &&
	       (any_src || memcmp(policy->tunnel_src, sa->src, 16) == 0);
}

/* A tunnelled packet without a policy, or with one that wants no protection, is refused too. */
static enum simulated_verdict check_policy_there(const struct simulated *sim,
						 const struct sad_sa *sa,
						 const struct packet *packet)
{
	const struct spd_policy *policy = receiving_policy(sim, packet);
	bool tunnel = sa->mode == KERNEL_TUNNEL;
	if (!sa_selects(sa, packet))
		return SIMULATED_POLICY_MISMATCH;
	if (policy == NULL || policy->action == KERNEL_PASS)
		return tunnel ? SIMULATED_POLICY_MISMATCH : SIMULATED_ARRIVED;
	if (policy->action == KERNEL_BLOCK)
		return SIMULATED_BLOCKED;
	return template_accepts(policy, sa) ? SIMULATED_ARRIVED : SIMULATED_POLICY_MISMATCH;
}

static bool encapsulated(const struct sad_sa *sa)
{
	return rare_of(sa)->encap.local_port != 0;
}

static void seal(const struct sad_sa *sa, struct simulated_sealed *out)
{
	const struct kernel_encap *encap = &rare_of(sa)->encap;

	out->clear = false;
	out->from = (struct ip_endpoint){ .addr = sim_wide_addr(sa->src, sa->family),
					  .port = encap->local_port };
	out->to = (struct ip_endpoint){ .addr = sim_wide_addr(sa->dst, sa->family),
					.port = encap->remote_port };
	out->spi = sa->spi;
	out->key_check = sa->key_check;
	out->protocol = sa->protocol;
	out->mode = sa->mode;
	out->encapsulated = encapsulated(sa);
	out->compressed = sa->compressed;
	out->iptfs = sa->iptfs;
}

/* esp_input_done2: the peer is behind a NAT box that has a new mapping. */
static void follow_mapping(struct simulated *sim, const struct sad_sa *sa,
			   const struct ip_endpoint *from)
{
	struct ip_addr known = sim_wide_addr(sa->src, sa->family);
	if (!encapsulated(sa) ||
	    (ip_equal(&known, &from->addr) && rare_of(sa)->encap.remote_port == from->port))
		return;
	kernel_simulated_mapping(&sim->kernel, sa->spi, from);
}

static bool decompress(struct simulated *sim, const struct simulated_sealed *sealed,
		       const struct packet *packet)
{
	struct sad_sa *sa = sim_sad_find(sim, &sealed->to.addr, sealed->cpi, KERNEL_IPCOMP, 0);
	return sa != NULL && count(sim, sa, packet->bytes);
}

static enum simulated_verdict arrive(struct simulated *sim, const struct simulated_sealed *sealed,
				     const struct packet *packet, bool network)
{
	struct sad_sa *sa = sim_sad_find(sim, &sealed->to.addr, sealed->spi, sealed->protocol, 0);
	if (sa == NULL || sa->mode != sealed->mode || encapsulated(sa) != sealed->encapsulated)
		return SIMULATED_NO_SA;
	if (sa->key_check != sealed->key_check) {
		sa->integrity_failures++;
		return SIMULATED_WRONG_KEY;
	}
	if (!count(sim, sa, packet->bytes))
		return SIMULATED_NO_SA;
	if (network)
		follow_mapping(sim, sa, &sealed->from);
	if (sealed->compressed != sa->compressed || sealed->iptfs != sa->iptfs)
		return SIMULATED_POLICY_MISMATCH;
	if (sealed->cpi != 0 && !decompress(sim, sealed, packet))
		return SIMULATED_NO_SA;
	return check_policy_there(sim, sa, packet);
}

static enum simulated_verdict protect(struct simulated *from, const struct spd_policy *policy,
				      const struct packet *packet, struct simulated_sealed *out)
{
	struct larval ends = template_of(policy, packet, KERNEL_IPCOMP);
	struct sad_sa *sa;
	if (policy->compress) {
		sa = sa_for(from, policy, &ends, packet);
		if (sa == NULL || !count(from, sa, packet->bytes))
			return raise_acquire(from, &ends, packet);
		out->cpi = packet->bytes >= COMPRESSED_LEAST ? sa->spi : 0;
	}
	ends.protocol = policy->protocol;
	sa = sa_for(from, policy, &ends, packet);
	if (sa == NULL || !count(from, sa, packet->bytes))
		return raise_acquire(from, &ends, packet);
	seal(sa, out);
	return SIMULATED_ARRIVED;
}

enum simulated_verdict kernel_simulated_send(struct kernel *from, const struct selector *src,
					     const struct selector *dst, size_t bytes,
					     struct simulated_sealed *out)
{
	struct simulated *here = simulated_of(from);
	struct packet packet = { src, dst, bytes };
	const struct spd_policy *policy;

	*out = (struct simulated_sealed){ .clear = true, .src = *src, .dst = *dst, .bytes = bytes };
	kernel_simulated_tick(from);
	policy = sim_spd_lookup(here, KERNEL_OUT, src, dst);
	if (policy == NULL || policy->action == KERNEL_PASS)
		return SIMULATED_ARRIVED;
	if (policy->action == KERNEL_BLOCK)
		return SIMULATED_BLOCKED;
	return protect(here, policy, &packet, out);
}

static enum simulated_verdict arrive_at(struct kernel *to, const struct simulated_sealed *sealed,
					bool network)
{
	struct packet packet = { &sealed->src, &sealed->dst, sealed->bytes };

	if (to == NULL)
		return sealed->clear ? SIMULATED_CLEAR : SIMULATED_NO_SA;
	kernel_simulated_tick(to);
	return sealed->clear ? arrive_clear(simulated_of(to), &packet)
			     : arrive(simulated_of(to), sealed, &packet, network);
}

enum simulated_verdict kernel_simulated_arrive(struct kernel *to,
					       const struct simulated_sealed *sealed)
{
	return arrive_at(to, sealed, true);
}

enum simulated_verdict kernel_simulated_packet_by(struct kernel *from, struct kernel *to,
						  const struct selector *src,
						  const struct selector *dst, size_t bytes,
						  simulated_path_fn path, void *context)
{
	struct simulated_sealed sealed;
	enum simulated_verdict verdict = kernel_simulated_send(from, src, dst, bytes, &sealed);

	if (verdict != SIMULATED_ARRIVED)
		return verdict;
	if (path != NULL && !sealed.clear && !path(context, &sealed.from, &sealed.to))
		return SIMULATED_NO_SA;
	return arrive_at(to, &sealed, path != NULL);
}

enum simulated_verdict kernel_simulated_packet(struct kernel *from, struct kernel *to,
					       const struct selector *src,
					       const struct selector *dst, size_t bytes)
{
	return kernel_simulated_packet_by(from, to, src, dst, bytes, NULL, NULL);
}
