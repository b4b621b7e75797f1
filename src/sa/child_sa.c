/* SPDX-License-Identifier: Apache-2.0 */
/* Child SAs: making, linking into the SPI table, their tunnel and their IKE SA, freeing. */
#include <string.h>
#include "sa/compress.h"

#define SPI_FIRST 0x100u /* RFC 4303 §2.1: 0..255 are reserved */
#define CPI_TRIES 100	 /* when all are taken the kernel refuses to compress with one more */

static const struct name state_entries[] = {
	{ CHILD_LARVAL, "larval" },
	{ CHILD_UP, "up" },
	{ CHILD_DELETING, "deleting" },
	{ 0, NULL },
};
const struct names child_state_names = { "Child SA state", state_entries };

static uint64_t spi_hash(const struct sas *sas, uint32_t spi)
{
	return table_hash(&sas->children, &spi, sizeof(spi));
}

struct child_sa *child_sa_by_spi(const struct sas *sas, uint32_t spi_in)
{
	for (struct table_node *node = table_first(&sas->children, spi_hash(sas, spi_in)); node;
	     node = table_next(node)) {
		struct child_sa *child = container_of(node, struct child_sa, by_spi);
		if (child->spi_in == spi_in)
			return child;
	}
	return NULL;
}

static uint64_t outbound_hash(const struct sas *sas, const struct ip_addr *remote, uint32_t spi)
{
	uint8_t key[16 + 4];

	memcpy(key, remote->bytes, 16);
	memcpy(key + 16, &spi, 4);
	return table_hash(&sas->outbound, key, sizeof(key));
}

static size_t selector_key(const struct selector *selector, uint8_t *key)
{
	memcpy(key, selector->range.from.bytes, 16);
	memcpy(key + 16, selector->range.to.bytes, 16);
	memcpy(key + 32, &selector->port_from, 2);
	memcpy(key + 34, &selector->port_to, 2);
	key[36] = selector->protocol;
	key[37] = selector->range.from.family;
	return 38;
}

uint64_t child_policy_hash(const struct sas *sas, const struct selector_pair *selectors)
{
	uint8_t key[2 * 38];
	size_t len = selector_key(&selectors->local, key);

	len += selector_key(&selectors->remote, key + len);
	return table_hash(&sas->policies, key, len);
}

/* Equal marks and interfaces: with equal selectors they are one to the kernel. */
static bool is_policy_of(const struct child_sa *child, unsigned index,
			 const struct kernel_policy *policy)
{
	struct kernel_policy its;

	child_kernel_policy(child, index, (enum kernel_direction)policy->direction, &its);
	return its.mark == policy->mark && its.mark_mask == policy->mark_mask &&
	       its.if_id == policy->if_id;
}

const struct child_policy *child_policy_find(const struct sas *sas,
					     const struct kernel_policy *policy,
					     const struct child_sa *but)
{
	bool out = policy->direction == KERNEL_OUT;
	struct selector_pair selectors = { .local = out ? policy->src : policy->dst,
					   .remote = out ? policy->dst : policy->src };
	const struct child_policy *newest = NULL;

	for (struct table_node *node =
		     table_first(&sas->policies, child_policy_hash(sas, &selectors));
	     node; node = table_next(node)) {
		const struct child_policy *its = container_of(node, struct child_policy, node);
		const struct child_sa *child = its->child;
		if (child != but && child->policies_installed &&
		    is_policy_of(child, its->index, policy) &&
		    selector_pair_equal(selectors_policy(&child->selectors, its->index),
					&selectors) &&
		    (newest == NULL || child->serial > newest->child->serial))
			newest = its;
	}
	return newest;
}

struct child_sa *child_policy_owner(const struct sas *sas, const struct kernel_policy *policy,
				    const struct child_sa *but)
{
	const struct child_policy *its = child_policy_find(sas, policy, but);

	return its != NULL ? its->child : NULL;
}

struct child_sa *child_policies_heir(const struct sas *sas, const struct child_sa *child,
				     unsigned index)
{
	struct kernel_policy policy;

	child_kernel_policy(child, index, KERNEL_OUT, &policy);
	return child_policy_owner(sas, &policy, child);
}

bool child_outbound_taken(const struct sas *sas, const struct ip_addr *remote, uint32_t spi_out)
{
	uint64_t hash = outbound_hash(sas, remote, spi_out);

	for (struct table_node *node = table_first(&sas->outbound, hash); node;
	     node = table_next(node)) {
		const struct child_sa *child = container_of(node, struct child_sa, by_outbound);
		if (child->spi_out == spi_out && ip_equal(&child->remote, remote))
			return true;
	}
	return false;
}

enum rc child_spi_random(struct sas *sas, uint32_t *out)
{
	unsigned tries = 0;

	do
		TRY(host_random(sas->host, out, sizeof(*out)));
	while (*out < SPI_FIRST || child_sa_by_spi(sas, *out) != NULL ||
	       (compress_cpi_taken(sas, compress_cpi(*out)) && ++tries < CPI_TRIES));
	return RC_OK;
}

enum rc child_sa_new(struct sas *sas, struct child_sa **out)
{
	struct child_sa *child = mem_alloc(sizeof(*child));

	*out = NULL;
	if (child == NULL)
		return RC_NO_MEMORY;
	if (child_spi_random(sas, &child->spi_in) != RC_OK) {
		mem_free(child);
		return RC_IO;
	}
	child->serial = peers_serial(sas->peers);
	child->state = CHILD_LARVAL;
	child->born = host_now(sas->host);
	*out = child;
	return RC_OK;
}

static struct child_policy *policy_at(struct child_sa *child, unsigned index)
{
	return index == 0 ? &child->by_policy : &child->more_policies[index - 1];
}

static void leave_policies(struct sas *sas, struct child_sa *child)
{
	unsigned count = child->more_policies != NULL ? selectors_policies(&child->selectors) : 1;

	for (unsigned i = 0; i < count; i++)
		table_remove(&sas->policies, &policy_at(child, i)->node);
	mem_free(child->more_policies);
	child->more_policies = NULL;
}

static enum rc enter_policies(struct sas *sas, struct child_sa *child)
{
	unsigned count = selectors_policies(&child->selectors);

	if (count > 1 && child->more_policies == NULL)
		child->more_policies = mem_alloc((count - 1) * sizeof(*child->more_policies));
	if (count > 1 && child->more_policies == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < count; i++) {
		struct child_policy *policy = policy_at(child, i);
		policy->child = child;
		policy->index = i;
		TRY(table_insert(&sas->policies, &policy->node,
				 child_policy_hash(sas, selectors_policy(&child->selectors, i))));
	}
	return RC_OK;
}

static void leave_tables(struct sas *sas, struct child_sa *child)
{
	table_remove(&sas->children, &child->by_spi);
	table_remove(&sas->outbound, &child->by_outbound);
	leave_policies(sas, child);
	claims_leave(sas, child);
	compress_leave(sas, child);
}

enum rc child_sa_claim(struct sas *sas, struct child_sa *child)
{
	if (child->claimed)
		return RC_OK;
	TRY(table_insert(&sas->outbound, &child->by_outbound,
			 outbound_hash(sas, &child->remote, child->spi_out)));
	TRY(enter_policies(sas, child));
	TRY(claims_enter(sas, child));
	TRY(compress_claim(sas, child));
	child->claimed = true;
	return RC_OK;
}

enum rc child_sa_move(struct sas *sas, struct child_sa *child, const struct ip_endpoint *local,
		      const struct ip_endpoint *remote, bool encap)
{
	if (!ip_equal(&child->remote, &remote->addr) && child->claimed) {
		table_remove(&sas->outbound, &child->by_outbound);
		compress_leave(sas, child);
		child->remote = remote->addr;
		TRY(table_insert(&sas->outbound, &child->by_outbound,
				 outbound_hash(sas, &child->remote, child->spi_out)));
		TRY(compress_claim(sas, child));
	}
	child->local = local->addr;
	child->remote = remote->addr;
	child->encap = encap ? (struct kernel_encap){ local->port, remote->port }
			     : (struct kernel_encap){ 0, 0 };
	return RC_OK;
}

enum rc child_sa_link(struct sas *sas, struct child_sa *child)
{
	TRY(child_sa_claim(sas, child));
	TRY(table_insert(&sas->children, &child->by_spi, spi_hash(sas, child->spi_in)));
	list_append(&child->tunnel->child_sas, &child->in_tunnel);
	list_append(&child->ike->children, &child->in_ike);
	sas->child_count++;
	return RC_OK;
}

void child_sa_free(struct sas *sas, struct child_sa *child)
{
	leave_tables(sas, child);
	if (list_linked(&child->in_tunnel)) {
		list_remove(&child->in_tunnel);
		list_remove(&child->in_ike);
		sas->child_count--;
	}
	secret_wipe(&child->waiting_keymat);
	selectors_drop(&child->selectors);
	mem_free(child->compress);
	mem_free(child);
}

struct wish {
	uint64_t serial; /* 0: by what follows */
	uint32_t spi_out;
	uint8_t protocol;
};

static bool is_it(const struct child_sa *child, const struct wish *wish)
{
	if (wish->serial != 0)
		return child->serial == wish->serial;
	return child->spi_out == wish->spi_out && tunnel_protocol(child->tunnel) == wish->protocol;
}

static struct child_sa *find_in(const struct ike_sa *sa, const struct wish *wish)
{
	list_for(node, &sa->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (is_it(child, wish))
			return child;
	}
	return NULL;
}

/* IKEv1: those of the peer are every ISAKMP SA's, whichever has them just now. */
static struct child_sa *find(const struct ike_sa *sa, const struct wish *wish)
{
	struct child_sa *child = find_in(sa, wish);

	if (child != NULL || sa->v1 == NULL || sa->peer == NULL)
		return child;
	list_for(node, &sa->peer->ike_sas)
	{
		child = find_in(container_of(node, struct ike_sa, in_peer), wish);
		if (child != NULL)
			return child;
	}
	return NULL;
}

struct child_sa *child_sa_by_out(const struct ike_sa *sa, uint8_t protocol, uint32_t spi_out)
{
	const struct wish wish = { .spi_out = spi_out, .protocol = protocol };

	return find(sa, &wish);
}

struct child_sa *child_sa_by_serial(const struct ike_sa *sa, uint64_t serial)
{
	const struct wish wish = { .serial = serial };

	return serial != 0 ? find(sa, &wish) : NULL;
}

struct child_sa *tunnel_current(const struct tunnel *tunnel)
{
	struct child_sa *newest = NULL;

	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		if (child->state == CHILD_UP && !child->replaced &&
		    (newest == NULL || child->serial > newest->serial))
			newest = child;
	}
	return newest;
}
