/* SPDX-License-Identifier: Apache-2.0 */
/* IPComp of a Child SA (RFC 7296 §2.22, RFC 3173): an SA in the kernel beside the ESP or AH SA, in
 * each direction, named by a CPI of 16 bits. Ours follows from the inbound SPI, so that nothing
 * need be remembered between a request and its answer. */
#ifndef VANTH_SA_COMPRESS_H
#define VANTH_SA_COMPRESS_H

#include "sa/sa.h"

#define CPI_FIRST 256	/* RFC 3173 §3.3: negotiated from here ... */
#define CPI_LAST  61439 /* ... to here */

struct child_compress {
	struct table_node by_in, by_out; /* in sas->cpis, sas->cpis_out */
	struct child_sa *child;
	uint16_t cpi_in, cpi_out;
	bool in_installed, out_installed; /* as in struct child_sa */
};

/* The CPI that goes with this inbound SPI. */
uint16_t compress_cpi(uint32_t spi_in);
/* A Child SA has that CPI of ours. */
bool compress_cpi_taken(const struct sas *sas, uint16_t cpi_in);
/* A Child SA sends to the same address with it: the kernel cannot have both. */
bool compress_outbound_taken(const struct sas *sas, const struct ip_addr *remote, uint16_t cpi_out);
/* May this tunnel compress between such addresses? Linux does not where the IP versions of the
 * inner and outer packets differ. */
bool compress_wanted(const struct tunnel *tunnel, const struct ip_addr *outer);
/* It does, from now on. Before it is claimed or linked. */
enum rc compress_set(struct child_sa *child, uint16_t cpi_out) MUST_CHECK;
/* Into the tables and out of them; harmless without IPComp. */
enum rc compress_claim(struct sas *sas, struct child_sa *child) MUST_CHECK;
void compress_leave(struct sas *sas, struct child_sa *child);
/* Its IPComp SA in the kernel, in that direction. */
void compress_kernel_sa(const struct child_sa *child, enum kernel_direction direction,
			struct kernel_sa *out);
/* The kernel was asked for this SA of the Child SA, and has not refused, or has. */
void child_sa_installed(struct child_sa *child, const struct kernel_sa *sa, bool installed);

#endif
