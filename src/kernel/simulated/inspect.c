/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: look at what is installed, and make the kernel say things. */
#include "kernel/simulated/simulated.h"
#include "wire/iana.h"

struct search {
	size_t skip;
	uint32_t spi;
	struct table_node *found;
};

static void by_index(struct table_node *node, void *context)
{
	struct search *search = context;
	if (search->found == NULL && search->skip-- == 0)
		search->found = node;
}

static void by_spi(struct table_node *node, void *context)
{
	struct search *search = context;
	if (container_of(node, struct sad_sa, by_spi)->spi == search->spi)
		search->found = node;
}

static struct sad_sa *walk_sas(const struct kernel *kernel, struct search *search,
			       void (*fn)(struct table_node *node, void *context))
{
	size_t cursor = 0;
	while (table_walk(&simulated_of(kernel)->by_spi, &cursor, SIZE_MAX, fn, search)) {
	}
	return search->found != NULL ? container_of(search->found, struct sad_sa, by_spi) : NULL;
}

size_t kernel_simulated_sa_count(const struct kernel *kernel)
{
	return simulated_of(kernel)->by_spi.count;
}

size_t kernel_simulated_policy_count(const struct kernel *kernel)
{
	return simulated_of(kernel)->policies.count;
}

bool kernel_simulated_sa(const struct kernel *kernel, size_t index, struct simulated_sa *out)
{
	struct search search = { .skip = index };
	const struct sad_sa *sa = walk_sas(kernel, &search, by_index);
	if (sa != NULL)
		sim_sad_show(sa, out);
	return sa != NULL;
}

bool kernel_simulated_find_sa(const struct kernel *kernel, const struct ip_addr *dst, uint32_t spi,
			      struct simulated_sa *out)
{
	const struct simulated *sim = simulated_of(kernel);
	const struct sad_sa *sa = sim_sad_find(sim, dst, spi, PROTOCOL_ESP, 0);
	if (sa == NULL)
		sa = sim_sad_find(sim, dst, spi, PROTOCOL_AH, 0);
	if (sa != NULL)
		sim_sad_show(sa, out);
	return sa != NULL;
}

bool kernel_simulated_policy(const struct kernel *kernel, size_t index, struct kernel_policy *out)
{
	const struct simulated *sim = simulated_of(kernel);
	for (unsigned direction = 0; direction < 3; direction++)
		list_for(item, &sim->directions[direction]) if (index-- == 0)
		{
			sim_spd_show(container_of(item, struct spd_policy, direction_list), out);
			return true;
		}
	return false;
}

void kernel_simulated_expire(struct kernel *kernel, uint32_t spi, bool hard)
{
	struct search search = { .spi = spi };
	struct sad_sa *sa = walk_sas(kernel, &search, by_spi);
	if (sa != NULL)
		sim_sad_expire(simulated_of(kernel), sa, hard);
}

void kernel_simulated_mapping(struct kernel *kernel, uint32_t spi, const struct ip_endpoint *mapped)
{
	struct search search = { .spi = spi };
	const struct sad_sa *sa = walk_sas(kernel, &search, by_spi);
	if (sa == NULL)
		return;
	struct kernel_event event = { .type = KERNEL_MAPPING,
				      .reqid = sa->reqid,
				      .src = sim_wide_addr(sa->src, sa->family),
				      .dst = sim_wide_addr(sa->dst, sa->family),
				      .spi = sa->spi,
				      .protocol = sa->protocol,
				      .mapped = *mapped };
	sim_notice_raise(simulated_of(kernel), &event);
}
