/* SPDX-License-Identifier: Apache-2.0 */
/* Private: a value's text to its number, address or list. All pure; the diag says what was
 * expected. */
#ifndef VANTH_CONFIG_VALUES_H
#define VANTH_CONFIG_VALUES_H

#include "base/names.h"
#include "config/config.h"

/* yes no true false on off y n 1 0 */
enum rc value_bool(const char *text, bool *out, struct diag *diag) MUST_CHECK;
/* Whole number; range "1..65535" (both inclusive). Hexadecimal with 0x. */
enum rc value_number(const char *text, const char *range, uint64_t *out,
		     struct diag *diag) MUST_CHECK;
enum rc value_decimal(const char *text, const char *range, double *out,
		      struct diag *diag) MUST_CHECK;
/* "500ms", "0.5s", "30", "15m", "8h", "1d", "1w"; without a unit: seconds. range "5s..30d". */
enum rc value_time(const char *text, const char *range, usec_t *out, struct diag *diag) MUST_CHECK;
/* "100%" or "100" */
enum rc value_percent(const char *text, const char *range, unsigned *out,
		      struct diag *diag) MUST_CHECK;
/* "1000", "64K", "10MiB", "2G", "1T": powers of 1024. */
enum rc value_bytes(const char *text, const char *range, uint64_t *out,
		    struct diag *diag) MUST_CHECK;
/* One of the names (several may mean the same); the diag lists them and the nearest. */
enum rc value_enum(const char *text, const struct names *names, int *out,
		   struct diag *diag) MUST_CHECK;

/* Words of a list, separated by commas or blanks, one at a time: false at the end. *cursor starts
 * as the list. RC_LIMIT for a word that does not fit is told by an empty word. */
#define VALUE_WORD_MAX 256
bool value_word(const char **cursor, char word[VALUE_WORD_MAX]);

/* left= and right= into kind, addr, range and name of the end. */
enum rc value_host(const char *text, struct config_end *end, struct diag *diag) MUST_CHECK;
/* vhost:... or vnet:..., which replaces subnets too (virtual_net.c); *column: where in text. */
bool value_is_virtual(const char *text);
enum rc value_virtual(const char *text, struct config_end *end, size_t *column,
		      struct diag *diag) MUST_CHECK;
/* leftsubnet= and leftsubnets=: replaces subnets and subnet_count; *column: where in text. */
enum rc value_subnets(const char *text, struct config_end *end, size_t *column,
		      struct diag *diag) MUST_CHECK;
struct protoport {
	uint8_t protocol;
	bool ports; /* some; otherwise any */
	uint16_t from, to;
};
/* "17/1701", "udp/53", "tcp/1000-2000", "tcp", "tcp/%any", "udp/%opaque", "%any", "icmp", "icmp/8"
 * (a type), "icmp/3/1" or "icmp/769" (type and code), "icmp/11-12" */
enum rc value_protoport(const char *text, struct protoport *out, struct diag *diag) MUST_CHECK;
/* Numeric address that a host may have. */
enum rc value_address(const char *text, struct ip_addr *out, struct diag *diag) MUST_CHECK;
/* listen= and interfaces=: a mem_alloc'ed array. "%defaultroute", "%any" and "%none" give none. */
enum rc value_addresses(const char *text, struct ip_addr **out, unsigned *count, size_t *column,
			struct diag *diag) MUST_CHECK;
/* "5", "0x10/0xff" */
enum rc value_mark(const char *text, uint32_t *mark, uint32_t *mask, struct diag *diag) MUST_CHECK;

#endif
