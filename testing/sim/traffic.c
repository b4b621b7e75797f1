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

/* Rekeyed in time by both ends, it never loses a packet when nothing goes wrong. Reauthentication
 * may still lose some, see docs/recovery.md. */
static bool seamless(const struct link *link)
{
	const struct settings *ends = link->ends;

	return link->wanted_in_the_end && ends[0].rekey && ends[1].rekey &&
	       !settings_reauthenticate(&ends[0]) && !settings_reauthenticate(&ends[1]);
}

static void send_one(struct sim *sim, unsigned link, unsigned tunnel, unsigned from_end)
{
	const struct link *it = &sim->scenario->links[link];
	struct figures *figures = &sim->verdict->figures;
	enum simulated_verdict verdict = traffic_packet(sim, link, tunnel, from_end);

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
		for (unsigned t = 0; t < sim->scenario->links[i].tunnels; t++) {
			send_one(sim, i, t, 0);
			send_one(sim, i, t, 1);
		}
}
