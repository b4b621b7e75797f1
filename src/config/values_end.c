/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are addresses, subnets, protocols and ports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/values.h"

#define SUBNETS_MAX 1024 /* per end: each pair becomes a tunnel */
#define LISTEN_MAX  256

static const struct name ip_protocol_names[] = {
	{ 0, "%any" },	    { 0, "any" },   { 1, "icmp" },	 { 2, "igmp" },	   { 4, "ipencap" },
	{ 4, "ipip" },	    { 6, "tcp" },   { 17, "udp" },	 { 41, "ipv6" },   { 47, "gre" },
	{ 50, "esp" },	    { 51, "ah" },   { 58, "ipv6-icmp" }, { 58, "icmpv6" }, { 58, "icmp6" },
	{ 89, "ospf" },	    { 103, "pim" }, { 112, "vrrp" },	 { 115, "l2tp" },  { 132, "sctp" },
	{ 136, "udplite" }, { 33, "dccp" }, { 0, NULL },
};
static const struct names protocols = { "protocol", ip_protocol_names };

static const struct name port_names[] = {
	{ 0, "%any" },		 { 0, "any" },	    { 22, "ssh" },	{ 25, "smtp" },
	{ 53, "domain" },	 { 53, "dns" },	    { 67, "bootps" },	{ 68, "bootpc" },
	{ 80, "http" },		 { 123, "ntp" },    { 161, "snmp" },	{ 179, "bgp" },
	{ 389, "ldap" },	 { 443, "https" },  { 500, "isakmp" },	{ 514, "syslog" },
	{ 1701, "l2tp" },	 { 1701, "l2f" },   { 1812, "radius" }, { 3389, "rdp" },
	{ 4500, "ipsec-nat-t" }, { 4789, "vxlan" }, { 6081, "geneve" }, { 0, NULL },
};
static const struct names ports = { "port", port_names };

static bool is_host_name(const char *text)
{
	size_t len = strlen(text);
	bool letter = false;
	if (len == 0 || len > 253 || text[0] == '.' || text[0] == '-')
		return false;
	for (const char *p = text; *p != '\0'; p++) {
		bool alpha = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';
		if (!alpha && !(*p >= '0' && *p <= '9') && *p != '-' && *p != '.')
			return false;
		if (p[0] == '.' && p[1] == '.')
			return false;
		letter = letter || alpha;
	}
	return letter; /* "10.0.0.300" is a mistyped address, not a name */
}

/* Libreswan's %group and %eth0, strongSwan's %gw.example.org. */
static enum rc refuse_host(const char *text, struct diag *diag)
{
	static const char *const known[] = { "%any", "%any4", "%any6", "%defaultroute", NULL };
	const char *near = names_nearest(text, known);

	if (strncasecmp(text, "%oppo", 5) == 0 || strncasecmp(text, "%group", 6) == 0)
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"%.40s is not supported: opportunistic encryption comes with a later "
			"version",
			text);
	if (near != NULL)
		return diag_fail(diag, RC_SYNTAX, "unknown \"%.60s\" (did you mean \"%s\"?)", text,
				 near);
	return diag_fail(
		diag, RC_UNSUPPORTED,
		"\"%.60s\" is not supported: interfaces are not looked up, and a name does "
		"not stand for %%any; write an address, a host name, %%any or "
		"%%defaultroute",
		text);
}

static enum rc host_keyword(const char *text, struct config_end *end, struct diag *diag)
{
	if (strcasecmp(text, "%any") == 0 || strcasecmp(text, "%any4") == 0 ||
	    strcasecmp(text, "%any6") == 0) {
		end->kind = HOST_ANY;
		if (text[4] != '\0')
			end->addr = ip_any(text[4] == '6' ? AF_INET6 : AF_INET);
		return RC_OK;
	}
	if (strcasecmp(text, "%defaultroute") == 0) {
		end->kind = HOST_DEFAULTROUTE;
		return RC_OK;
	}
	return refuse_host(text, diag);
}

static enum rc set_host_address(struct config_end *end, const struct ip_addr *addr,
				const char *text, struct diag *diag)
{
	if (ip_is_any(addr)) { /* Libreswan: 0.0.0.0 is %any */
		end->kind = HOST_ANY;
		end->addr = *addr;
		return RC_OK;
	}
	if ((addr->family == AF_INET && addr->bytes[0] >= 224) ||
	    (addr->family == AF_INET6 && addr->bytes[0] == 0xff))
		return diag_fail(diag, RC_SYNTAX, "%.60s is not the address of one host", text);
	end->kind = HOST_ADDRESS;
	end->addr = *addr;
	return RC_OK;
}

enum rc value_host(const char *text, struct config_end *end, struct diag *diag)
{
	struct ip_addr addr;

	end->addr = (struct ip_addr){ 0 };
	if (text[0] == '%')
		return host_keyword(text, end, diag);
	if (strpbrk(text, ", \t") != NULL)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "\"%.60s\" has several hosts; one address, name, subnet or range "
				 "is allowed",
				 text);
	if (ip_parse(text, &addr) == RC_OK)
		return set_host_address(end, &addr, text, diag);
	if (is_host_name(text)) {
		end->kind = HOST_NAME;
		end->name = mem_text(text);
		return end->name != NULL ? RC_OK : RC_NO_MEMORY;
	}
	if (strpbrk(text, "/:") != NULL || strchr(text, '-') != NULL) {
		TRY(range_parse(text, &end->range, diag));
		end->kind = HOST_RANGE;
		return RC_OK;
	}
	return diag_fail(
		diag, RC_SYNTAX,
		"\"%.60s\" is neither an address nor a host name (also: a subnet, a range, %%any, "
		"%%defaultroute)",
		text);
}

static unsigned count_words(const char *text)
{
	char word[VALUE_WORD_MAX];
	unsigned count = 0;
	while (value_word(&text, word))
		count++;
	return count;
}

static enum rc parse_subnet(const char *word, struct ip_range *out, struct diag *diag)
{
	if (word[0] == '\0')
		return diag_fail(diag, RC_SYNTAX, "a subnet has at most %d characters",
				 VALUE_WORD_MAX - 1);
	if (value_is_virtual(word))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "\"%.60s\" stands alone, in leftsubnet= or rightsubnet=", word);
	if (strchr(word, '[') != NULL)
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%.60s\": protocol and port belong in leftprotoport= and rightprotoport=",
			word);
	if (strcasecmp(word, "%dynamic") == 0)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "%%dynamic can only stand alone: it means the host itself");
	return range_parse(word, out, diag);
}

enum rc value_subnets(const char *text, struct config_end *end, size_t *column, struct diag *diag)
{
	const char *cursor = text;
	unsigned count = count_words(text);
	char word[VALUE_WORD_MAX];
	struct ip_range *subnets;

	*column = 0;
	if (strcasecmp(text, "%dynamic") == 0)
		return RC_OK;
	if (count == 0 || count > SUBNETS_MAX)
		return diag_fail(diag, RC_LIMIT, "%u subnets; 1 to %d are allowed", count,
				 SUBNETS_MAX);
	subnets = mem_alloc(count * sizeof(*subnets));
	if (subnets == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; value_word(&cursor, word); i++) {
		enum rc rc = parse_subnet(word, &subnets[i], diag);
		for (unsigned k = 0; rc == RC_OK && count <= 64 && k < i; k++)
			if (range_equal(&subnets[k], &subnets[i]))
				rc = diag_fail(diag, RC_EXISTS, "subnet %.60s is listed twice",
					       word);
		if (rc != RC_OK) {
			*column = (size_t)(cursor - text) - strlen(word);
			mem_free(subnets);
			return rc;
		}
	}
	mem_free(end->subnets);
	end->subnets = subnets;
	end->subnet_count = count;
	return RC_OK;
}

static enum rc number_or_name(const char *text, const struct names *names, unsigned max,
			      unsigned *out, struct diag *diag)
{
	char range[24];
	uint64_t number = 0;
	int value = 0;

	if (text[0] >= '0' && text[0] <= '9') {
		snprintf(range, sizeof(range), "0..%u", max);
		TRY(value_number(text, range, &number, diag));
		*out = (unsigned)number;
		return RC_OK;
	}
	if (!names_find(names, text, &value))
		return diag_fail(diag, RC_SYNTAX, "unknown %s \"%.60s\": write its number",
				 names->what, text);
	*out = (unsigned)value;
	return RC_OK;
}

static bool is_icmp(unsigned protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* "8", "3/1", or both in one number, as Libreswan and strongSwan write them: 2048, 0x0800. */
static enum rc icmp_type(const char *word, struct protoport *out, struct diag *diag)
{
	const char *slash = strchr(word, '/');
	char *end;
	int base = strncasecmp(word, "0x", 2) == 0 ? 16 : 10;
	unsigned long type = strtoul(word, &end, base), code = 0;
	bool both = slash != NULL || type > 255;

	if (word[0] < '0' || word[0] > '9' || (*end != '\0' && end != slash) || type > 65535)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%.40s\" is no ICMP type: write its number, or type/code", word);
	if (slash != NULL) {
		code = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || code > 255 || type > 255)
			return diag_fail(diag, RC_SYNTAX,
					 "\"%.40s\": type and code are numbers up to 255", word);
	}
	if (type <= 255)
		type = type << 8 | code;
	out->from = (uint16_t)type;
	out->to = (uint16_t)(both ? type : type | 0xff);
	return RC_OK;
}

static enum rc port_word(const char *word, struct protoport *out, struct diag *diag)
{
	unsigned number = 0;

	if (is_icmp(out->protocol))
		return icmp_type(word, out, diag);
	TRY(number_or_name(word, &ports, 65535, &number, diag));
	out->from = out->to = (uint16_t)number;
	return RC_OK;
}

/* Names of services may have hyphens: those of ranges stand between numbers. */
static bool is_range(const char *text)
{
	return text[0] >= '0' && text[0] <= '9' && strchr(text, '-') != NULL;
}

static enum rc port_range(const char *text, struct protoport *out, struct diag *diag)
{
	struct protoport last = *out;
	char word[64];

	snprintf(word, sizeof(word), "%.*s", (int)(strchr(text, '-') - text), text);
	TRY(port_word(word, out, diag));
	TRY(port_word(strchr(text, '-') + 1, &last, diag));
	if (last.to < out->from)
		return diag_fail(diag, RC_SYNTAX, "\"%.40s\": the larger port stands first", text);
	out->to = last.to;
	return RC_OK;
}

/* What stands behind the protocol. 0 is what Libreswan and strongSwan take for any. */
static enum rc read_ports(const char *text, struct protoport *out, struct diag *diag)
{
	if (strcasecmp(text, "%opaque") == 0) {
		if (is_icmp(out->protocol))
			return diag_fail(diag, RC_UNSUPPORTED,
					 "%%opaque is for ports; Linux cannot tell parts of ICMP "
					 "messages from others");
		out->from = UINT16_MAX;
		out->to = 0;
	} else if (strcmp(text, "0") == 0) {
		out->to = UINT16_MAX;
	} else if (is_range(text) && strlen(text) < 64) {
		TRY(port_range(text, out, diag));
	} else if (strcasecmp(text, "%any") == 0 || strcasecmp(text, "any") == 0) {
		out->to = UINT16_MAX;
	} else {
		TRY(port_word(text, out, diag));
	}
	out->ports = out->from != 0 || out->to != UINT16_MAX;
	if (out->ports && out->protocol == 0)
		return diag_fail(diag, RC_SYNTAX,
				 "the port %.40s needs a protocol: write tcp/%.40s or udp/%.40s",
				 text, text, text);
	return RC_OK;
}

enum rc value_protoport(const char *text, struct protoport *out, struct diag *diag)
{
	const char *slash = strchr(text, '/');
	unsigned protocol = 0;
	char word[64];

	*out = (struct protoport){ .protocol = 0 };
	snprintf(word, sizeof(word), "%.*s", slash != NULL ? (int)(slash - text) : 63, text);
	TRY(number_or_name(word, &protocols, 255, &protocol, diag));
	out->protocol = (uint8_t)protocol;
	return slash != NULL ? read_ports(slash + 1, out, diag) : RC_OK;
}

enum rc value_address(const char *text, struct ip_addr *out, struct diag *diag)
{
	if (ip_parse(text, out) != RC_OK)
		return diag_fail(
			diag, RC_SYNTAX,
			"\"%.60s\" is not an IPv4 or IPv6 address (names and interfaces are not "
			"allowed here)",
			text);
	if (ip_is_any(out))
		return diag_fail(diag, RC_SYNTAX, "%.60s is not the address of one host", text);
	return RC_OK;
}

enum rc value_addresses(const char *text, struct ip_addr **out, unsigned *count, size_t *column,
			struct diag *diag)
{
	unsigned words = count_words(text), used = 0;
	const char *cursor = text;
	char word[VALUE_WORD_MAX];
	struct ip_addr *list;

	*column = 0;
	if (words == 0 || words > LISTEN_MAX)
		return diag_fail(diag, RC_LIMIT, "%u addresses; 1 to %d are allowed", words,
				 LISTEN_MAX);
	list = mem_alloc(words * sizeof(*list));
	if (list == NULL)
		return RC_NO_MEMORY;
	while (value_word(&cursor, word)) {
		if (words == 1 && (strcasecmp(word, "%defaultroute") == 0 ||
				   strcasecmp(word, "%none") == 0 || strcasecmp(word, "%any") == 0))
			break;
		if (value_address(word, &list[used++], diag) != RC_OK) {
			*column = (size_t)(cursor - text) - strlen(word);
			mem_free(list);
			return RC_SYNTAX;
		}
	}
	mem_free(*out);
	*out = list;
	*count = used;
	return RC_OK;
}

enum rc value_mark(const char *text, uint32_t *mark, uint32_t *mask, struct diag *diag)
{
	const char *slash = strchr(text, '/');
	uint64_t value = 0, bits = 0xffffffff;
	char word[64];

	if (text[0] == '%' || text[0] == '-')
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%.40s\" is not supported: write a number, or mark=%%unique for a "
			"mark of each tunnel's own",
			text);
	snprintf(word, sizeof(word), "%.*s", slash != NULL ? (int)(slash - text) : 63, text);
	TRY(value_number(word, "0..4294967295", &value, diag));
	if (slash != NULL)
		TRY(value_number(slash + 1, "0..4294967295", &bits, diag));
	if ((value & ~bits) != 0)
		return diag_fail(diag, RC_SYNTAX, "mark 0x%x has bits outside of its mask 0x%x",
				 (unsigned)value, (unsigned)bits);
	*mark = (uint32_t)value;
	*mask = (uint32_t)bits;
	return RC_OK;
}
