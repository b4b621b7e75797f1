/* SPDX-License-Identifier: Apache-2.0 */
/* Who gives addresses to whom: settings of a conn that contradict one another. */
#include <string.h>
#include "config/check.h"
#include "wire/limits.h"

static const char *side_name(unsigned side)
{
	return side == 0 ? "left" : "right";
}

static void check_client(const struct checking *c, const struct config_end *end,
			 const struct config_end *other, unsigned side)
{
	const char *which = side_name(side), *far = side_name(1 - side);
	bool fixed = ip_is_set(&end->sourceip);
	const char *says =
		end->sourceip_wanted != 0 && check_setting(c->merge, "sourceip", side) != NULL
			? "sourceip"
			: "modecfgclient";

	if (end->modecfgclient && end->modecfgserver)
		check_say(c, CHECK_CLIENT, false, says, side,
			  "%s asks for an address and gives addresses too (%smodecfgserver=, or "
			  "%saddresspool=): it can do one of them",
			  which, which, far);
	if (end->modecfgclient && fixed)
		check_say(
			c, CHECK_CLIENT, false, "sourceip", side,
			"%ssourceip= is an address, and %s asks for one: write %%config, or leave "
			"%smodecfgclient= out",
			which, which, which);
	if (end->modecfgclient && other->modecfgclient && side == 1)
		check_say(c, CHECK_CLIENT, false, says, side,
			  "both ends ask the other one for an address");
	if (end->modecfgserver && !other->modecfgclient && other->pools == NULL)
		check_say(c, CHECK_CLIENT, true, "modecfgserver", side,
			  "%s has no addresses to give: %saddresspool= is missing", which, far);
	if (end->cat && !end->modecfgclient)
		check_say(c, CHECK_NO_EFFECT, true, "cat", side,
			  "%scat= has no effect without %smodecfgclient= or %ssourceip=%%config",
			  which, which, which);
}

static bool in_pool(const struct config_end *end, const struct ip_addr *addr)
{
	for (unsigned i = 0; i < end->pool_count; i++)
		if (range_contains_addr(&end->pools[i].range, addr))
			return true;
	return false;
}

static void check_in_pool(const struct checking *c, const struct config_end *end, unsigned side,
			  const struct ip_addr *addr, const char *what)
{
	char text[IP_TEXT_MAX];

	if (ip_is_set(addr) && in_pool(end, addr))
		check_say(c, CHECK_POOL, false, "addresspool", side,
			  "%s is %s and lies in %saddresspool: a client would get it too",
			  ip_text(addr, text), what, side_name(side));
}

static void check_pool(const struct checking *c, const struct config_end *end,
		       const struct config_end *other, unsigned side)
{
	const char *which = side_name(side);

	if (end->pools == NULL)
		return;
	if (end->subnet_count > 0)
		check_say(c, CHECK_POOL, false, "subnet", side,
			  "%ssubnet= and %saddresspool= are both given: what a client protects is "
			  "the address that it gets",
			  which, which);
	if (other->pools != NULL && side == 1)
		check_say(c, CHECK_POOL, false, "addresspool", side,
			  "both ends give addresses to the other one");
	if (other->kind == HOST_ADDRESS)
		check_in_pool(c, end, side, &other->addr, "the gateway itself");
	check_in_pool(c, end, side, &other->sourceip, "a source address of the gateway");
	for (unsigned i = 0; i < c->conn->modecfgdns_count; i++)
		check_in_pool(c, end, side, &c->conn->modecfgdns[i], "a DNS server");
}

static void check_dns(const struct checking *c, const struct config_end *end, unsigned side)
{
	if (end->dns_count > 0)
		check_say(c, CHECK_POOL, false, "dns", side,
			  "%sdns= says the same as %s: write all servers in one of them",
			  side_name(side),
			  check_setting(c->merge, "modecfgdns", 0) != NULL ? "modecfgdns="
									   : "rightdns=");
}

static void check_told(const struct checking *c)
{
	static const char *const names[] = { "modecfgdns", "modecfgdomains", "modecfgbanner",
					     NULL };

	if (c->conn->left.modecfgserver || c->conn->right.modecfgserver)
		return;
	for (unsigned i = 0; names[i] != NULL; i++)
		if (check_setting(c->merge, names[i], 0) != NULL)
			check_say(c, CHECK_NO_EFFECT, true, names[i], 0,
				  "%s= has no effect without addresspool= or modecfgserver=: it is "
				  "told to clients",
				  names[i]);
}

/* What is longer is not told at all. */
static void check_banner(const struct checking *c)
{
	const char *text = c->conn->modecfgbanner;

	if (text != NULL && strlen(text) > LIMIT_CP_VALUE)
		check_say(c, CHECK_POOL, false, "modecfgbanner", 0,
			  "modecfgbanner= has %zu bytes; at most %d are told to clients",
			  strlen(text), LIMIT_CP_VALUE);
}

static unsigned names_in(const char *list, size_t len)
{
	unsigned count = len > 0;

	for (size_t i = 0; i < len; i++)
		count += list[i] == ',';
	return count;
}

/* What stands beside name servers, subnets and domains: two addresses, a netmask, a banner, and the
 * list of what is understood. */
#define OTHER_ATTRIBUTES 5

/* IKEv1 tells them all in one attribute, IKEv2 each in one of its own. */
static void check_domains(const struct checking *c)
{
	const char *list = c->conn->modecfgdomains;
	const struct config_end *server =
		c->conn->left.modecfgserver ? &c->conn->left : &c->conn->right;
	unsigned beside = c->conn->modecfgdns_count + server->subnet_count + OTHER_ATTRIBUTES, all;

	if (list == NULL)
		return;
	all = names_in(list, strlen(list));
	if (c->conn->ikev2 == 0 && strlen(list) > LIMIT_SPLIT_DNS)
		check_say(c, CHECK_POOL, true, "modecfgdomains", 0,
			  "modecfgdomains= has %u names in %zu bytes; clients of IKEv1 are told "
			  "the first %u (%d bytes)",
			  all, strlen(list),
			  names_in(list, config_list_front(list, LIMIT_SPLIT_DNS)),
			  LIMIT_SPLIT_DNS);
	else if (c->conn->ikev2 != 0 && all + beside > LIMIT_CP_ATTRIBUTES)
		check_say(c, CHECK_POOL, true, "modecfgdomains", 0,
			  "modecfgdomains= has %u names; clients are told the first %u (with all "
			  "else %d attributes)",
			  all, beside < LIMIT_CP_ATTRIBUTES ? LIMIT_CP_ATTRIBUTES - beside : 0,
			  LIMIT_CP_ATTRIBUTES);
}

void check_addresses(const struct checking *c)
{
	const struct config_end *l = &c->conn->left, *r = &c->conn->right;

	check_client(c, l, r, 0);
	check_client(c, r, l, 1);
	check_pool(c, l, r, 0);
	check_pool(c, r, l, 1);
	check_dns(c, l, 0);
	check_dns(c, r, 1);
	check_told(c);
	check_banner(c);
	check_domains(c);
}
