/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sim.h"

const char *traffic_verdict_name(enum simulated_verdict verdict)
{
	switch (verdict) {
	case SIMULATED_CLEAR:
		return "went in clear";
	case SIMULATED_BLOCKED:
		return "was blocked";
	case SIMULATED_ACQUIRED:
		return "found no SA to go through";
	case SIMULATED_ARRIVED:
		return "arrived";
	case SIMULATED_NO_SA:
		return "came with an SPI that the other kernel does not know";
	case SIMULATED_WRONG_KEY:
		return "came with a key that the other kernel does not have";
	case SIMULATED_POLICY_MISMATCH:
		return "was refused by the policies of the other kernel";
	}
	return "?";
}

static bool user(struct sim *sim, unsigned link, unsigned tunnel, unsigned end,
		 struct selector *out)
{
	struct ip_range range;
	char text[24];

	scenario_user(sim->scenario, link, tunnel, end, text, sizeof(text));
	if (range_parse(text, &range, NULL) != RC_OK)
		return false;
	*out = selector_make(&range, 0, 0);
	return true;
}

/* ESP takes the same way as IKE: through NAT boxes and cuts. */
static bool way(void *context, struct ip_endpoint *from, struct ip_endpoint *to)
{
	return world_path(context, from, to);
}

enum simulated_verdict traffic_packet(struct sim *sim, unsigned link, unsigned tunnel,
				      unsigned from_end)
{
	const struct link *it = &sim->scenario->links[link];
	struct gate *from = &sim->gates[from_end == 0 ? it->a : it->b];
	struct gate *to = &sim->gates[from_end == 0 ? it->b : it->a];
	struct selector src, dst;

	if (!user(sim, link, tunnel, from_end, &src) || !user(sim, link, tunnel, !from_end, &dst))
		return SIMULATED_BLOCKED;
	return kernel_simulated_packet_by(from->kernel, to->kernel, &src, &dst, 84, way,
					  sim->world);
}

/* Replaced in time by both ends, it never loses a packet when nothing goes wrong. */
static bool seamless(const struct link *link)
{
	return link->wanted_in_the_end && link->ends[0].rekey && link->ends[1].rekey;
}

static void judge_packet(struct sim *sim, unsigned link, unsigned tunnel, unsigned from_end,
			 enum simulated_verdict verdict)
{
	const struct link *it = &sim->scenario->links[link];
	struct figures *figures = &sim->verdict->figures;

	figures->packets++;
	figures->packets_arrived += verdict == SIMULATED_ARRIVED;
	figures->packets_clear += verdict == SIMULATED_CLEAR;
	if (sim->calm && seamless(it) && verdict != SIMULATED_ARRIVED)
		sim_fail(sim, "nothing is wrong, but a packet of l%u tunnel %u from g%u to g%u %s",
			 link, tunnel, from_end == 0 ? it->a : it->b, from_end == 0 ? it->b : it->a,
			 traffic_verdict_name(verdict));
}

void traffic_send(struct sim *sim)
{
	for (unsigned i = 0; i < sim->scenario->link_count; i++)
		for (unsigned n = 0; n < 2 * sim->scenario->links[i].tunnels; n++)
			judge_packet(sim, i, n / 2, n % 2, traffic_packet(sim, i, n / 2, n % 2));
}

/* ---- many packets while SAs replace each other, each as long on its way as a datagram ---- */

static usec_t travel_time(struct sim *sim)
{
	const struct world_network *network = &sim->scenario->network;

	return network->delay +
	       (network->jitter > 0 ? dice_below(&sim->chance, (unsigned)network->jitter) : 0);
}

static void launch(struct sim *sim, unsigned link, unsigned tunnel, unsigned from_end)
{
	const struct link *it = &sim->scenario->links[link];
	struct gate *from = &sim->gates[from_end == 0 ? it->a : it->b];
	struct flying *flying = NULL;
	struct selector src, dst;
	enum simulated_verdict verdict;

	for (unsigned i = 0; i < FLYING_MAX && flying == NULL; i++)
		if (sim->flying[i].arrives == 0)
			flying = &sim->flying[i];
	if (flying == NULL || !user(sim, link, tunnel, from_end, &src) ||
	    !user(sim, link, tunnel, !from_end, &dst))
		return;
	*flying = (struct flying){ .link = link, .tunnel = tunnel, .from_end = from_end };
	verdict = kernel_simulated_send(from->kernel, &src, &dst, 84, &flying->sealed);
	if (verdict == SIMULATED_ARRIVED && !flying->sealed.clear &&
	    !world_path(sim->world, &flying->sealed.from, &flying->sealed.to))
		verdict = SIMULATED_NO_SA;
	if (verdict == SIMULATED_ARRIVED)
		flying->arrives = world_now(sim->world) + travel_time(sim);
	else
		judge_packet(sim, link, tunnel, from_end, verdict);
}

/* Limits of packets would be over at once. */
static bool stands_many(const struct link *link)
{
	return seamless(link) && !link_is_limited(link);
}

void traffic_launch(struct sim *sim)
{
	for (unsigned i = 0; i < sim->scenario->link_count; i++)
		for (unsigned n = 0; n < 2 * sim->scenario->links[i].tunnels; n++)
			if (stands_many(&sim->scenario->links[i]))
				launch(sim, i, n / 2, n % 2);
}

void traffic_land(struct sim *sim)
{
	for (unsigned i = 0; i < FLYING_MAX; i++) {
		struct flying *flying = &sim->flying[i];
		const struct link *it = &sim->scenario->links[flying->link];
		struct gate *to = &sim->gates[flying->from_end == 0 ? it->b : it->a];
		if (flying->arrives == 0 || flying->arrives > world_now(sim->world))
			continue;
		flying->arrives = 0;
		judge_packet(sim, flying->link, flying->tunnel, flying->from_end,
			     kernel_simulated_arrive(to->kernel, &flying->sealed));
	}
}
