/* SPDX-License-Identifier: Apache-2.0 */
/* Child SAs: making, linking into the SPI table, their tunnel and their IKE SA, freeing. */
#include "sa/sa.h"

#define SPI_FIRST 0x100u /* RFC 4303 §2.1: 0..255 are reserved */

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

enum rc child_spi_random(struct sas *sas, uint32_t *out)
{
	do
		TRY(host_random(sas->host, out, sizeof(*out)));
	while (*out < SPI_FIRST || child_sa_by_spi(sas, *out) != NULL);
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

enum rc child_sa_link(struct sas *sas, struct child_sa *child)
{
	TRY(table_insert(&sas->children, &child->by_spi, spi_hash(sas, child->spi_in)));
	list_append(&child->tunnel->child_sas, &child->in_tunnel);
	list_append(&child->ike->children, &child->in_ike);
	sas->child_count++;
	return RC_OK;
}

void child_sa_free(struct sas *sas, struct child_sa *child)
{
	if (list_linked(&child->in_tunnel)) {
		table_remove(&sas->children, &child->by_spi);
		list_remove(&child->in_tunnel);
		list_remove(&child->in_ike);
		sas->child_count--;
	}
	mem_free(child);
}

struct child_sa *child_sa_by_out(const struct ike_sa *sa, uint32_t spi_out)
{
	list_for(node, &sa->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (child->spi_out == spi_out)
			return child;
	}
	return NULL;
}

struct child_sa *tunnel_current(const struct tunnel *tunnel)
{
	struct child_sa *newest = NULL;

	list_for(node, &tunnel->child_sas)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		if (child->state == CHILD_UP && (newest == NULL || child->serial > newest->serial))
			newest = child;
	}
	return newest;
}
