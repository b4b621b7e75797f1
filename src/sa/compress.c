/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/compress.h"
#include <string.h>
#include "base/arena.h"

uint16_t compress_cpi(uint32_t spi_in)
{
	return (uint16_t)(CPI_FIRST + spi_in % (CPI_LAST - CPI_FIRST + 1));
}

/* remote NULL: a CPI of ours, which is one for all addresses that we have. */
static uint64_t cpi_hash(const struct table *table, const struct ip_addr *remote, uint16_t cpi)
{
	uint8_t key[16 + 2] = { 0 };

	if (remote != NULL)
		memcpy(key, remote->bytes, 16);
	memcpy(key + 16, &cpi, 2);
	return table_hash(table, key, sizeof(key));
}

bool compress_cpi_taken(const struct sas *sas, uint16_t cpi_in)
{
	struct table_node *node = table_first(&sas->cpis, cpi_hash(&sas->cpis, NULL, cpi_in));

	for (; node != NULL; node = table_next(node))
		if (container_of(node, struct child_compress, by_in)->cpi_in == cpi_in)
			return true;
	return false;
}

bool compress_outbound_taken(const struct sas *sas, const struct ip_addr *remote, uint16_t cpi_out)
{
	struct table_node *node =
		table_first(&sas->cpis_out, cpi_hash(&sas->cpis_out, remote, cpi_out));

	for (; node != NULL; node = table_next(node)) {
		const struct child_compress *one =
			container_of(node, struct child_compress, by_out);
		if (one->cpi_out == cpi_out && ip_equal(&one->child->remote, remote))
			return true;
	}
	return false;
}

/* The kernel compresses what is of the IP version of the packet around it. */
static bool all_of_family(const struct selectors *selectors, uint8_t family)
{
	struct selector_lists lists;

	selectors_lists(selectors, &lists);
	for (unsigned i = 0; i < lists.remote_count; i++)
		if (lists.remote[i].range.from.family != family)
			return false;
	return true;
}

bool compress_wanted(const struct tunnel *tunnel, const struct ip_addr *outer)
{
	const struct config_conn *conn = tunnel->conn;

	return conn->compress &&
	       (conn->type == TYPE_TRANSPORT || all_of_family(&tunnel->selectors, outer->family));
}

enum rc compress_set(struct child_sa *child, uint16_t cpi_out)
{
	struct child_compress *one = mem_alloc(sizeof(*one));

	if (one == NULL)
		return RC_NO_MEMORY;
	one->child = child;
	one->cpi_in = compress_cpi(child->spi_in);
	one->cpi_out = cpi_out;
	child->compress = one;
	return RC_OK;
}

enum rc compress_claim(struct sas *sas, struct child_sa *child)
{
	struct child_compress *one = child->compress;

	if (one == NULL)
		return RC_OK;
	TRY(table_insert(&sas->cpis, &one->by_in, cpi_hash(&sas->cpis, NULL, one->cpi_in)));
	return table_insert(&sas->cpis_out, &one->by_out,
			    cpi_hash(&sas->cpis_out, &child->remote, one->cpi_out));
}

void compress_leave(struct sas *sas, struct child_sa *child)
{
	if (child->compress == NULL)
		return;
	table_remove(&sas->cpis, &child->compress->by_in);
	table_remove(&sas->cpis_out, &child->compress->by_out);
}

/* Its lifetime is that of the other SA, but for the backstop. */
void compress_kernel_sa(const struct child_sa *child, enum kernel_direction direction,
			struct kernel_sa *out)
{
	struct kernel_sa around;

	child_kernel_sa(child, direction, &around);
	*out = (struct kernel_sa){
		.src = around.src,
		.dst = around.dst,
		.spi = direction == KERNEL_OUT ? child->compress->cpi_out : child->compress->cpi_in,
		.protocol = KERNEL_IPCOMP,
		.direction = around.direction,
		.mode = around.mode,
		.reqid = around.reqid,
		.selector_src = around.selector_src,
		.selector_dst = around.selector_dst,
		.hard_seconds = around.hard_seconds,
		.mark = around.mark,
		.mark_mask = around.mark_mask,
		.if_id = around.if_id,
		.output_mark = around.output_mark,
	};
	child_shape_header(child, direction, out);
}

void child_sa_installed(struct child_sa *child, const struct kernel_sa *sa, bool installed)
{
	bool in = sa->direction == KERNEL_IN;

	if (sa->protocol == KERNEL_IPCOMP && child->compress != NULL)
		*(in ? &child->compress->in_installed : &child->compress->out_installed) =
			installed;
	else if (sa->protocol != KERNEL_IPCOMP)
		*(in ? &child->in_installed : &child->out_installed) = installed;
}
