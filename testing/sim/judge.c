/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold when nothing is wrong any more. Each rule tells what it misses; the judge is
 * content when nobody tells anything. */
#include <string.h>
#include "sim/sim.h"

struct court {
	struct sim *sim;
	FILE *tell; /* NULL: only the answer counts */
	unsigned wrongs;
};

static void __attribute__((format(printf, 3, 4)))
wrong(struct court *court, const struct gate *gate, const char *format, ...)
{
	va_list args;

	court->wrongs++;
	if (court->tell == NULL)
		return;
	(void)fprintf(court->tell, "  g%u: ", gate->number);
	va_start(args, format);
	(void)vfprintf(court->tell, format, args);
	va_end(args);
	(void)fputc('\n', court->tell);
}

static void each_child(const struct gate *gate, void (*fn)(void *context, struct child_sa *child),
		       void *context)
{
	list_for(at, &gate->gateway->peers.list)
	{
		struct peer *peer = container_of(at, struct peer, in_peers);
		list_for(in, &peer->tunnels)
		{
			struct tunnel *tunnel = container_of(in, struct tunnel, in_peer);
			list_for(node, &tunnel->child_sas)
				fn(context, container_of(node, struct child_sa, in_tunnel));
		}
	}
}

/* ---- rule: each Child SA has its mirror image at the other end, in both kernels ---- */

struct mirror {
	const struct child_sa *of;
	unsigned found;
	const struct gate *where;
};

static bool are_mirrored(const struct selectors *a, const struct selectors *b)
{
	struct selector_lists lists, mirrored;
	struct selectors other;
	bool equal;

	selectors_lists(b, &lists);
	memcpy(mirrored.local, lists.remote, sizeof(lists.remote));
	memcpy(mirrored.remote, lists.local, sizeof(lists.local));
	mirrored.local_count = lists.remote_count;
	mirrored.remote_count = lists.local_count;
	if (selectors_make(&mirrored, &other, NULL) != RC_OK)
		return false;
	equal = selectors_equal(a, &other);
	selectors_drop(&other);
	return equal;
}

static void is_mirror(void *context, struct child_sa *child)
{
	struct mirror *mirror = context;

	mirror->found += child->spi_in == mirror->of->spi_out &&
			 child->spi_out == mirror->of->spi_in && child->state == CHILD_UP &&
			 are_mirrored(&child->selectors, &mirror->of->selectors);
}

static bool find_mirror(const struct sim *sim, const struct child_sa *child,
			const struct gate **out)
{
	struct mirror mirror = { .of = child };

	for (unsigned i = 0; i < sim->scenario->node_count; i++) {
		unsigned before = mirror.found;
		each_child(&sim->gates[i], is_mirror, &mirror);
		if (mirror.found > before)
			*out = &sim->gates[i];
	}
	return mirror.found == 1;
}

static bool in_kernel(const struct gate *gate, const struct ip_addr *dst, uint32_t spi,
		      const struct child_sa *child, uint64_t *key_check)
{
	struct simulated_sa sa;

	if (!kernel_simulated_find_sa(gate->kernel, dst, spi, &sa))
		return false;
	*key_check = sa.key_check;
	return sa.sa.reqid == child->tunnel->reqid && sa.sa.mode == child->mode;
}

static bool spi_in_kernel(const struct gate *gate, uint32_t spi, uint64_t *key_check)
{
	struct simulated_sa sa;

	for (size_t i = 0; kernel_simulated_sa(gate->kernel, i, &sa); i++)
		if (sa.sa.spi == spi) {
			*key_check = sa.key_check;
			return true;
		}
	return false;
}

struct at_gate {
	struct court *court;
	const struct gate *gate;
};

static void check_child(void *context, struct child_sa *child)
{
	struct at_gate *at = context;
	const struct gate *other = NULL;
	uint64_t in = 0, out = 1, their_in = 2, their_out = 3;

	if (child->state != CHILD_UP || child->delete_wanted)
		wrong(at->court, at->gate, "a Child SA of %s (SPI in %08x) is on its way out",
		      child->tunnel->name, child->spi_in);
	if (!in_kernel(at->gate, &child->local, child->spi_in, child, &in) ||
	    !in_kernel(at->gate, &child->remote, child->spi_out, child, &out))
		wrong(at->court, at->gate,
		      "a Child SA of %s (SPI in %08x, out %08x) is not in the kernel",
		      child->tunnel->name, child->spi_in, child->spi_out);
	if (!find_mirror(at->court->sim, child, &other)) {
		wrong(at->court, at->gate,
		      "nobody has the other end of a Child SA of %s (SPI in %08x, out %08x)",
		      child->tunnel->name, child->spi_in, child->spi_out);
		return;
	}
	if (!spi_in_kernel(other, child->spi_out, &their_in) ||
	    !spi_in_kernel(other, child->spi_in, &their_out) || in != their_out || out != their_in)
		wrong(at->court, at->gate, "the keys of %s differ in the kernel of g%u",
		      child->tunnel->name, other->number);
}

/* ---- rule: nothing in the kernel is without owner ---- */

struct ownership {
	const struct simulated_sa *sa;
	const struct kernel_policy *policy;
	unsigned owners;
};

static void owns_sa(void *context, struct child_sa *child)
{
	struct ownership *ownership = context;

	ownership->owners += (child->spi_in == ownership->sa->sa.spi &&
			      ip_equal(&child->local, &ownership->sa->sa.dst)) ||
			     (child->spi_out == ownership->sa->sa.spi &&
			      ip_equal(&child->remote, &ownership->sa->sa.dst));
}

static bool same_policy(const struct kernel_policy *a, const struct kernel_policy *b)
{
	return a->direction == b->direction && selector_equal(&a->src, &b->src) &&
	       selector_equal(&a->dst, &b->dst) && a->reqid == b->reqid && a->mode == b->mode &&
	       ip_equal(&a->tunnel_src, &b->tunnel_src) && ip_equal(&a->tunnel_dst, &b->tunnel_dst);
}

static void owns_policy(void *context, struct child_sa *child)
{
	struct ownership *ownership = context;
	struct kernel_policy policy;

	for (unsigned i = 0; i < selectors_policies(&child->selectors); i++) {
		child_kernel_policy(child, i, (enum kernel_direction)ownership->policy->direction,
				    &policy);
		ownership->owners += same_policy(&policy, ownership->policy);
	}
}

static void owns_trap(const struct tunnel *tunnel, struct ownership *ownership)
{
	struct kernel_policy policy;

	for (unsigned i = 0; i < selectors_policies(&tunnel->selectors); i++) {
		tunnel_trap_policy(tunnel, i, &policy);
		ownership->owners +=
			tunnel->trap_installed && same_policy(&policy, ownership->policy);
	}
}

static void traps(const struct gate *gate, struct ownership *ownership)
{
	list_for(at, &gate->gateway->peers.list)
	{
		struct peer *peer = container_of(at, struct peer, in_peers);
		list_for(in, &peer->tunnels)
		{
			owns_trap(container_of(in, struct tunnel, in_peer), ownership);
		}
	}
}

static void check_kernel(struct court *court, const struct gate *gate)
{
	struct simulated_sa sa;
	struct kernel_policy policy;
	char src[SELECTOR_TEXT_MAX], dst[SELECTOR_TEXT_MAX];

	for (size_t i = 0; kernel_simulated_sa(gate->kernel, i, &sa); i++) {
		struct ownership ownership = { .sa = &sa };
		each_child(gate, owns_sa, &ownership);
		if (ownership.owners != 1)
			wrong(court, gate, "%u Child SAs own SPI %08x (%s) of the kernel",
			      ownership.owners, sa.sa.spi,
			      sa.sa.direction == KERNEL_OUT ? "out" : "in");
	}
	for (size_t i = 0; kernel_simulated_policy(gate->kernel, i, &policy); i++) {
		struct ownership ownership = { .policy = &policy };
		each_child(gate, owns_policy, &ownership);
		traps(gate, &ownership);
		if (ownership.owners == 0)
			wrong(court, gate,
			      "nobody owns the policy %s to %s (direction %u) of the kernel",
			      selector_text(&policy.src, src), selector_text(&policy.dst, dst),
			      policy.direction);
	}
}

/* ---- rule: IKE SAs are established at both ends, and have a purpose ---- */

static bool ike_mirrored(const struct sim *sim, const struct ike_sa *sa)
{
	for (unsigned i = 0; i < sim->scenario->node_count; i++) {
		uint64_t spi = sa->role == INITIATOR ? sa->spi_r : sa->spi_i;
		const struct ike_sa *other = ike_sa_by_spi(&sim->gates[i].gateway->sas, spi);
		if (other != NULL && other->state == IKE_ESTABLISHED && other->spi_i == sa->spi_i &&
		    other->spi_r == sa->spi_r && other->role != sa->role)
			return true;
	}
	return false;
}

static void check_ike_sas(struct court *court, const struct gate *gate)
{
	list_for(at, &gate->gateway->peers.list)
	{
		struct peer *peer = container_of(at, struct peer, in_peers);
		list_for(node, &peer->ike_sas)
		{
			struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
			if (sa->state != IKE_ESTABLISHED || sa->delete_wanted)
				wrong(court, gate, "IKE SA #%llu of %s is not established",
				      (unsigned long long)sa->serial, peer->conn->name);
			else if (!ike_mirrored(court->sim, sa))
				wrong(court, gate, "nobody has the other end of IKE SA #%llu of %s",
				      (unsigned long long)sa->serial, peer->conn->name);
			else if (list_empty(&sa->children))
				wrong(court, gate, "IKE SA #%llu of %s has no Child SA",
				      (unsigned long long)sa->serial, peer->conn->name);
		}
	}
}

static void check_gateway(struct court *court, const struct gate *gate)
{
	const struct gateway *gateway = gate->gateway;

	if (!list_empty(&gateway->errands))
		wrong(court, gate, "an event is on the road");
	if (!list_empty(&gateway->tasks))
		wrong(court, gate, "a request to the kernel is not answered");
	if (gateway->sas.half_open_count != 0)
		wrong(court, gate, "%zu IKE SAs are half-open", gateway->sas.half_open_count);
	if (gateway->initiating != 0)
		wrong(court, gate, "%u attempts are under way", gateway->initiating);
}

/* ---- rule: one Child SA for each tunnel that is wanted, none for others ---- */

struct counting {
	const char *conn;
	struct selector here, there;
	unsigned count;
};

static void count_child(void *context, struct child_sa *child)
{
	struct counting *counting = context;

	counting->count += strcmp(child->tunnel->conn->name, counting->conn) == 0 &&
			   selectors_hold_local(&child->selectors, &counting->here) &&
			   selectors_hold_remote(&child->selectors, &counting->there);
}

static bool address(const struct sim *sim, unsigned link, unsigned tunnel, unsigned end,
		    struct selector *out)
{
	char text[24];
	struct ip_range range;

	scenario_user(sim->scenario, link, tunnel, end, text, sizeof(text));
	if (range_parse(text, &range, NULL) != RC_OK)
		return false;
	*out = selector_make(&range, 0, 0);
	return true;
}

static void check_count(struct court *court, unsigned link, unsigned tunnel, unsigned end)
{
	const struct link *it = &court->sim->scenario->links[link];
	const struct gate *gate = &court->sim->gates[end == 0 ? it->a : it->b];
	unsigned wanted = it->wanted_in_the_end ? 1 : 0;
	struct counting counting = { .count = 0 };
	char name[16];

	scenario_conn_name(court->sim->scenario, link, tunnel, name, sizeof(name));
	counting.conn = name;
	if (!address(court->sim, link, tunnel, end, &counting.here) ||
	    !address(court->sim, link, tunnel, !end, &counting.there))
		return;
	each_child(gate, count_child, &counting);
	if (counting.count != wanted)
		wrong(court, gate, "%s tunnel %u has %u Child SAs, wanted %u", name, tunnel,
		      counting.count, wanted);
}

/* ---- rule: user packets arrive both ways, and not in clear ---- */

static void check_packets(struct court *court, unsigned link, unsigned tunnel, unsigned end)
{
	const struct link *it = &court->sim->scenario->links[link];
	const struct gate *gate = &court->sim->gates[end == 0 ? it->a : it->b];
	enum simulated_verdict verdict;

	if (!it->wanted_in_the_end)
		return;
	verdict = traffic_packet(court->sim, link, tunnel, end);
	if (verdict != SIMULATED_ARRIVED)
		wrong(court, gate, "a packet of l%u tunnel %u %s", link, tunnel,
		      traffic_verdict_name(verdict));
}

static void check_trap(struct court *court, unsigned link, unsigned end)
{
	const struct link *it = &court->sim->scenario->links[link];
	const struct gate *gate = &court->sim->gates[end == 0 ? it->a : it->b];

	if (!it->wanted_in_the_end || it->ends[end].start != AUTO_ONDEMAND)
		return;
	list_for(at, &gate->gateway->peers.list)
	{
		struct peer *peer = container_of(at, struct peer, in_peers);
		char name[16];
		scenario_conn_name(court->sim->scenario, link, 0, name, sizeof(name));
		if (strcmp(peer->conn->name, name) != 0)
			continue;
		list_for(in, &peer->tunnels)
		{
			struct tunnel *tunnel = container_of(in, struct tunnel, in_peer);
			if (!tunnel->trap_installed)
				wrong(court, gate, "%s has no trap", tunnel->name);
		}
	}
}

bool judge_all_well(struct sim *sim, FILE *tell)
{
	struct court court = { sim, tell, 0 };

	for (unsigned i = 0; i < sim->scenario->node_count; i++) {
		struct at_gate at = { &court, &sim->gates[i] };
		check_gateway(&court, at.gate);
		check_ike_sas(&court, at.gate);
		each_child(at.gate, check_child, &at);
		check_kernel(&court, at.gate);
	}
	for (unsigned i = 0; i < sim->scenario->link_count; i++)
		for (unsigned end = 0; end < 2; end++) {
			check_trap(&court, i, end);
			for (unsigned t = 0; t < sim->scenario->links[i].tunnels; t++) {
				check_count(&court, i, t, end);
				check_packets(&court, i, t, end);
			}
		}
	return court.wrongs == 0;
}
