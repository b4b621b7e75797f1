/* SPDX-License-Identifier: Apache-2.0 */
/* The leases of a pool are numbered in the order of their addresses. */
#ifndef VANTH_PEER_SPACE_H
#define VANTH_PEER_SPACE_H

#include "config/config.h"

/* The numbers that may be leased. Addresses of a subnet that name all of it are nobody's: the first
 * one, and in IPv4 the last. */
void space_ends(const struct config_pool *pool, uint64_t *first, uint64_t *last);
/* RC_NOT_FOUND: the address is in none that may be leased. */
enum rc space_number(const struct config_pool *pool, const struct ip_addr *addr,
		     uint64_t *out) MUST_CHECK;
struct ip_range space_range(const struct config_pool *pool, uint64_t number);
/* Of a range of several, the one behind its anycast address. */
struct ip_addr space_address(const struct config_pool *pool, uint64_t number);

#endif
