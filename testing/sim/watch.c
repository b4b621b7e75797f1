/* SPDX-License-Identifier: Apache-2.0 */
/* What holds at any moment, whatever goes wrong. */
#include "sim/sim.h"

/* Whatever the peers do, nobody has more than this. Retransmissions and backoff let old and new
 * ones stand side by side for a while. */
#define IKE_SAS_PER_TUNNEL   8
#define CHILD_SAS_PER_TUNNEL 8

static unsigned tunnels_of(const struct sim *sim, unsigned node)
{
	unsigned count = 0;

	for (unsigned i = 0; i < sim->scenario->link_count; i++)
		if (sim->scenario->links[i].a == node || sim->scenario->links[i].b == node)
			count += sim->scenario->links[i].tunnels;
	return count;
}

static void watch_gate(struct sim *sim, const struct gate *gate)
{
	const struct sas *sas = &gate->gateway->sas;
	unsigned tunnels = tunnels_of(sim, gate->number);

	if (gate->gateway->counters.stuck > 0)
		sim_fail(sim, "g%u: a wanted tunnel has no Child SA and nothing is pending",
			 gate->number);
	if (sas->ike_count > (size_t)tunnels * IKE_SAS_PER_TUNNEL + 8)
		sim_fail(sim, "g%u has %zu IKE SAs for %u tunnels", gate->number, sas->ike_count,
			 tunnels);
	if (sas->child_count > (size_t)tunnels * CHILD_SAS_PER_TUNNEL)
		sim_fail(sim, "g%u has %zu Child SAs for %u tunnels", gate->number,
			 sas->child_count, tunnels);
	if (kernel_simulated_sa_count(gate->kernel) > 2 * (size_t)tunnels * CHILD_SAS_PER_TUNNEL)
		sim_fail(sim, "the kernel of g%u has %zu SAs for %u tunnels", gate->number,
			 kernel_simulated_sa_count(gate->kernel), tunnels);
}

void watch_bounds(struct sim *sim)
{
	for (unsigned i = 0; i < sim->scenario->node_count; i++)
		if (sim->gates[i].gateway != NULL)
			watch_gate(sim, &sim->gates[i]);
}
