/* SPDX-License-Identifier: Apache-2.0 */
/* Values that contradict one another, with the reason why they do. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "config/check.h"

#define TUNNELS_MAX   4096 /* of one conn: pairs of subnets */
#define SENSIBLE_WAIT 3600 /* seconds; a request that takes longer is worth a warning by itself */

struct setting *check_setting(const struct merge *merge, const char *name, unsigned side)
{
	for (unsigned slot = 0; slot < keywords_ours_count(); slot++) {
		const struct keyword *k = &keywords_ours[slot];
		bool is_end = k->section == SECTION_END;
		if (k->section != SECTION_SETUP && strcmp(k->info.name, name) == 0 &&
		    merge->chosen[is_end ? side : 0][slot] != NULL)
			return merge->chosen[is_end ? side : 0][slot];
	}
	return NULL;
}

void check_say(const struct checking *c, enum check what, bool warning, const char *name,
	       unsigned side, const char *format, ...)
{
	struct setting *setting = name != NULL ? check_setting(c->merge, name, side) : NULL;
	struct place at = c->section->at;
	char text[280];
	va_list args;

	if (setting != NULL) {
		if ((setting->told & (uint32_t)what) != 0)
			return;
		setting->told |= (uint32_t)what;
		at = setting->at;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (warning)
		report_warning(c->loader->errors, at, "conn %s: %s", c->conn->name, text);
	else
		report_error(c->loader->errors, at, "conn %s: %s", c->conn->name, text);
}

#define TIME_TEXT_MAX 32
static const char *time_text(usec_t time, char buffer[TIME_TEXT_MAX])
{
	static const struct {
		usec_t size;
		const char *unit;
	} units[] = { { 86400 * USEC_PER_SEC, "d" }, { 3600 * USEC_PER_SEC, "h" },
		      { 60 * USEC_PER_SEC, "m" },    { USEC_PER_SEC, "s" },
		      { USEC_PER_MSEC, "ms" },	     { 1, "us" } };
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (time >= units[i].size && time % units[i].size == 0) {
			snprintf(buffer, TIME_TEXT_MAX, "%lld%s", (long long)(time / units[i].size),
				 units[i].unit);
			return buffer;
		}
	snprintf(buffer, TIME_TEXT_MAX, "%lldus", (long long)time);
	return buffer;
}

/* ---- who ---- */
static int host_family(const struct config_end *end)
{
	return end->kind == HOST_RANGE ? end->range.from.family : end->addr.family;
}

static void check_hosts(const struct checking *c)
{
	const struct config_end *l = &c->conn->left, *r = &c->conn->right;

	if (l->kind == HOST_RANGE && r->kind == HOST_RANGE)
		check_say(c, CHECK_HOSTS, false, "", 1,
			  "left and right are both subnets: which is this host? Write its address");
	else if (l->kind == HOST_DEFAULTROUTE && r->kind == HOST_DEFAULTROUTE)
		check_say(c, CHECK_HOSTS, false, "", 1,
			  "left and right are both this host (%%defaultroute)");
	else if (l->kind == HOST_ADDRESS && r->kind == HOST_ADDRESS &&
		 ip_equal(&l->addr, &r->addr) && l->ikeport == r->ikeport)
		check_say(c, CHECK_HOSTS, false, "", 1, "left and right have the same address");
	if (host_family(l) != AF_UNSPEC && host_family(r) != AF_UNSPEC &&
	    host_family(l) != host_family(r))
		check_say(c, CHECK_FAMILY, false, "", 1,
			  "left is IPv%d and right is IPv%d: both ends of a tunnel talk by one IP "
			  "version (the "
			  "subnets may have another)",
			  host_family(l) == AF_INET ? 4 : 6, host_family(r) == AF_INET ? 4 : 6);
}

static bool is_many(const struct config_end *end)
{
	return end->kind == HOST_ANY || end->kind == HOST_RANGE;
}

static void check_start(const struct checking *c)
{
	const struct config_end *l = &c->conn->left, *r = &c->conn->right;
	bool start = c->conn->start == AUTO_START || c->conn->start == AUTO_KEEP ||
		     c->conn->start == AUTO_ONDEMAND;
	bool nobody = ((l->kind == HOST_DEFAULTROUTE || l->kind == HOST_ANY) && is_many(r)) ||
		      (r->kind == HOST_DEFAULTROUTE && is_many(l));
	if (start && nobody && !conn_is_shunt(c->conn))
		check_say(
			c, CHECK_START, false, "auto", 0,
			"it cannot be started from here, as the peer's address is not known: write "
			"auto=add");
	if (c->conn->authby == 0 && !conn_is_shunt(c->conn))
		check_say(c, CHECK_AUTH, false, "authby", 0,
			  "authby=never is only for type=passthrough and type=drop");
}

/* ---- what ---- */
static bool is_host_subnet(const struct config_end *end, const struct ip_range *subnet)
{
	struct ip_range host;
	if (end->kind != HOST_ADDRESS)
		return range_prefix(subnet) == (subnet->from.family == AF_INET ? 32 : 128);
	host = range_single(&end->addr);
	return range_equal(&host, subnet);
}

static void check_transport(const struct checking *c, const struct config_end *end, unsigned side)
{
	char text[IP_RANGE_TEXT_MAX];
	if (c->conn->type != TYPE_TRANSPORT)
		return;
	for (unsigned i = 0; i < end->subnet_count; i++)
		if (!is_host_subnet(end, &end->subnets[i])) {
			check_say(c, CHECK_TRANSPORT, false, "subnet", side,
				  "type=transport protects only packets between left and right "
				  "themselves, so %s "
				  "cannot be in it: leave it out, or write type=tunnel",
				  range_text(&end->subnets[i], text));
			return;
		}
}

/* What a client gets is not known before, but of which IP version it will be. */
static bool end_gets_family(const struct config_end *end, int family)
{
	unsigned bit = family == AF_INET ? WANT_IPV4 : WANT_IPV6;

	for (unsigned i = 0; i < end->pool_count; i++)
		if (end->pools[i].range.from.family == family)
			return true;
	return (end->sourceip_wanted & bit) != 0;
}

static bool end_has_family(const struct config_end *end, int family)
{
	for (unsigned i = 0; i < end->subnet_count; i++)
		if (end->subnets[i].from.family == family)
			return true;
	return end_gets_family(end, family) ||
	       (end->subnet_count == 0 &&
		(host_family(end) == family || host_family(end) == AF_UNSPEC));
}

static void check_subnets(const struct checking *c)
{
	const struct config_end *l = &c->conn->left, *r = &c->conn->right;
	unsigned pairs = (l->subnet_count > 0 ? l->subnet_count : 1) *
			 (r->subnet_count > 0 ? r->subnet_count : 1);
	bool fits = (end_has_family(l, AF_INET) && end_has_family(r, AF_INET)) ||
		    (end_has_family(l, AF_INET6) && end_has_family(r, AF_INET6));
	unsigned side = l->subnet_count > 0 && r->subnet_count == 0 ? 0 : 1;

	if (pairs > TUNNELS_MAX)
		check_say(c, CHECK_TOTAL, false, "subnet", side,
			  "%u pairs of subnets; at most %d are allowed in one conn", pairs,
			  TUNNELS_MAX);
	if (!fits && (l->subnet_count > 0 || r->subnet_count > 0))
		check_say(c, CHECK_SUBNETS, false, "subnet", side,
			  "no left subnet has the IP version of a right one%s",
			  l->subnet_count == 0	 ? ": leftsubnet= is missing"
			  : r->subnet_count == 0 ? ": rightsubnet= is missing"
						 : "");
	check_transport(c, l, 0);
	check_transport(c, r, 1);
}

static void check_ports(const struct checking *c)
{
	const struct config_end *l = &c->conn->left, *r = &c->conn->right;
	if (l->protocol != r->protocol && l->protocol != 0 && r->protocol != 0)
		check_say(c, CHECK_PORTS, false, "protoport", 1,
			  "leftprotoport has protocol %u and rightprotoport has %u: no packet is "
			  "both",
			  l->protocol, r->protocol);
	else if ((l->protocol == IPPROTO_ICMP || l->protocol == IPPROTO_ICMPV6) && l->ports &&
		 r->ports && (l->port_from > r->port_to || r->port_from > l->port_to))
		check_say(c, CHECK_PORTS, false, "protoport", 1,
			  "leftprotoport and rightprotoport have different ICMP types: no packet "
			  "is of both; write it at one end");
}

static void check_source(const struct checking *c, const struct config_end *end, unsigned side,
			 const struct ip_addr *addr)
{
	char text[IP_TEXT_MAX];
	bool inside = end->subnet_count == 0;

	if (!ip_is_set(addr))
		return;
	for (unsigned i = 0; i < end->subnet_count && !inside; i++)
		inside = range_contains_addr(&end->subnets[i], addr);
	if (!inside)
		check_say(c, CHECK_SOURCEIP, true, "sourceip", side,
			  "%ssourceip %s is not in %ssubnet: packets with it would not enter the "
			  "tunnel",
			  side == 0 ? "left" : "right", ip_text(addr, text),
			  side == 0 ? "left" : "right");
}

static void check_sourceip(const struct checking *c, const struct config_end *end, unsigned side)
{
	check_source(c, end, side, &end->sourceip);
	check_source(c, end, side, &end->sourceip_other);
}

static void check_replay(const struct checking *c)
{
	if (c->conn->esn == TRI_YES && c->conn->replay_window == 0)
		check_say(c, CHECK_REPLAY, false, "replay-window", 0,
			  "esn=yes needs a replay window: the kernel counts on it to know the "
			  "upper half "
			  "of the "
			  "numbers");
}

/* ---- when ---- */
struct retransmit {
	usec_t timeout, limit;
	double base;
	unsigned tries;
};

/* Until a request is given up: all waits together. */
static double total_wait(const struct retransmit *r)
{
	double wait = (double)r->timeout, total = 0;
	for (unsigned i = 0; i <= r->tries; i++) {
		double one = r->limit > 0 && wait > (double)r->limit ? (double)r->limit : wait;
		total += one;
		if (wait < 1e15)
			wait *= r->base;
	}
	return total / 1e6;
}

static double give_up_after(const struct config_conn *conn)
{
	struct retransmit r = { conn->retransmit_timeout, conn->retransmit_limit,
				conn->retransmit_base, conn->retransmit_tries };

	return total_wait(&r);
}

static usec_t with_fuzz(const struct config_conn *conn)
{
	return conn->rekeymargin + conn->rekeymargin / 100 * conn->rekeyfuzz;
}

static usec_t shortest_lifetime(const struct config_conn *conn)
{
	return conn->ikelifetime < conn->salifetime ? conn->ikelifetime : conn->salifetime;
}

/* With its fuzz it fits into the lifetimes. */
static usec_t most_margin(const struct config_conn *conn)
{
	return shortest_lifetime(conn) / (100 + conn->rekeyfuzz) * 100;
}

/* Half of it is enough for all retransmissions of a request, where the lifetime allows. */
static usec_t fitting_margin(const struct config_conn *conn, usec_t most)
{
	double needed = 2 * give_up_after(conn);

	if (needed <= (double)most / 4e6)
		return most / 4;
	return needed >= (double)most / 2e6 ? most / 2 : (usec_t)(needed + 1) * USEC_PER_SEC;
}

/* A margin that the operator chose and that does not fit is an error; the default one is made to
 * fit. */
static void check_lifetimes(const struct checking *c)
{
	struct config_conn *conn = c->conn;
	bool ike = conn->ikelifetime < conn->salifetime;
	const char *name = ike ? "ikelifetime" : "salifetime";
	usec_t shortest = shortest_lifetime(conn), most = most_margin(conn);
	char margin[TIME_TEXT_MAX], fuzzed[TIME_TEXT_MAX], life[TIME_TEXT_MAX],
		limit[TIME_TEXT_MAX];

	if (!conn->rekey || with_fuzz(conn) < shortest)
		return;
	time_text(conn->rekeymargin, margin);
	time_text(with_fuzz(conn), fuzzed);
	time_text(shortest, life);
	if (c->merge->chosen[0][c->loader->slot_margin] != NULL) {
		check_say(c, CHECK_LIFETIME, false, "rekeymargin", 0,
			  "rekeying would start up to %s before the end (rekeymargin %s and "
			  "rekeyfuzz "
			  "%u%% of it), "
			  "but %s is only %s: rekeymargin must be less than %s",
			  fuzzed, margin, conn->rekeyfuzz, name, life,
			  time_text(most / USEC_PER_SEC * USEC_PER_SEC, limit));
		return;
	}
	conn->rekeymargin = fitting_margin(conn, most);
	check_say(c, CHECK_LIFETIME, true, name, 0,
		  "the default rekeymargin of %s does not fit into %s=%s: %s is used", margin, name,
		  life, time_text(conn->rekeymargin, limit));
}

static void check_volume(const struct checking *c)
{
	static const char *const names[][2] = { { "marginbytes", "ipsec-max-bytes" },
						{ "marginpackets", "ipsec-max-packets" } };
	uint64_t margins[] = { c->conn->margin_bytes, c->conn->margin_packets };
	uint64_t limits[] = { c->conn->ipsec_max_bytes, c->conn->ipsec_max_packets };

	for (unsigned i = 0; i < 2; i++) {
		if (margins[i] == 0)
			continue;
		if (limits[i] == 0)
			check_say(c, CHECK_VOLUME, true, names[i][0], 0,
				  "%s= has no effect without %s=", names[i][0], names[i][1]);
		else if (margins[i] >= limits[i])
			check_say(c, CHECK_VOLUME, false, names[i][0], 0,
				  "%s (%llu) must be less than %s (%llu): rekeying starts so long "
				  "before "
				  "it is reached",
				  names[i][0], (unsigned long long)margins[i], names[i][1],
				  (unsigned long long)limits[i]);
	}
}

static void check_dpd(const struct checking *c)
{
	static const char *const names[] = { "dpdaction", "dpdtimeout", "dpdretry" };
	const struct config_conn *conn = c->conn;
	char a[TIME_TEXT_MAX], b[TIME_TEXT_MAX];

	if (conn->dpddelay == 0) {
		for (unsigned i = 0; i < 3; i++)
			if (check_setting(c->merge, names[i], 0) != NULL)
				check_say(c, CHECK_DPD, true, names[i], 0,
					  "%s= has no effect without dpddelay=", names[i]);
		return;
	}
	if (conn->dpdretry >= conn->dpddelay)
		check_say(c, CHECK_DPD, false, "dpdretry", 0,
			  "dpdretry (%s) must be shorter than dpddelay (%s): it is how soon to ask "
			  "again "
			  "when the "
			  "peer did not answer",
			  time_text(conn->dpdretry, a), time_text(conn->dpddelay, b));
	if (conn->dpdtimeout != 0 && conn->dpdtimeout <= conn->dpddelay)
		check_say(c, CHECK_DPD, false, "dpdtimeout", 0,
			  "dpdtimeout (%s) must be longer than dpddelay (%s): otherwise the peer "
			  "is dead "
			  "before it "
			  "was asked",
			  time_text(conn->dpdtimeout, a), time_text(conn->dpddelay, b));
}

/* What is wrong, in text, or "" for nothing; *keyword: with which setting; *warning: it may be
 * meant. */
static void judge_retransmit(const struct retransmit *r, const char **keyword, bool *warning,
			     char *text, size_t size)
{
	double total = total_wait(r);
	char a[TIME_TEXT_MAX], b[TIME_TEXT_MAX];

	text[0] = '\0';
	*warning = true;
	*keyword = "retransmit-timeout";
	if (r->limit != 0 && r->limit < r->timeout) {
		*warning = false;
		*keyword = "retransmit-limit";
		snprintf(text, size,
			 "retransmit-limit (%s), the longest wait, is shorter than "
			 "retransmit-timeout (%s), "
			 "the first one",
			 time_text(r->limit, a), time_text(r->timeout, b));
	} else if (r->timeout > 10 * USEC_PER_SEC) {
		snprintf(text, size,
			 "retransmit-timeout=%s is the wait before the first retransmission; in "
			 "Libreswan it "
			 "is the time to give up, which here follows from retransmit-tries (now "
			 "%.0fs)",
			 time_text(r->timeout, a), total);
	} else if (total > SENSIBLE_WAIT) {
		*keyword = "retransmit-tries";
		snprintf(text, size, "a request is given up only after %.1f hours", total / 3600);
	} else if (total < 1) {
		*keyword = "retransmit-tries";
		snprintf(text, size,
			 "a request is given up after %.2f s: many networks lose packets for "
			 "longer",
			 total);
	}
}

static bool chose_margin(const struct checking *c)
{
	return c->merge->chosen[0][c->loader->slot_margin] != NULL;
}

/* Who did not make the SA has half of the margin for its replacement (lifetime_hard() in sa/). A
 * margin that is ours to choose is made longer, where the lifetimes allow. */
static void check_budget(const struct checking *c)
{
	struct config_conn *conn = c->conn;
	double total = give_up_after(conn), left = (double)conn->rekeymargin / 2e6;
	char margin[TIME_TEXT_MAX];

	if (!conn->rekey || left >= total || total > SENSIBLE_WAIT)
		return;
	if (!chose_margin(c) && 4 * total * 1e6 <= (double)most_margin(conn)) {
		conn->rekeymargin = (usec_t)(2 * total + 1) * USEC_PER_SEC;
		return;
	}
	check_say(c, CHECK_BUDGET, true, "rekeymargin", 0,
		  "a request may take %.1fs with all its retransmissions, and rekeymargin=%s "
		  "leaves only "
		  "%.1fs to the end that steps in last: while a rekey is on its way, an SA may "
		  "last up "
		  "to %.1fs longer than ikelifetime= or salifetime= say",
		  total, time_text(conn->rekeymargin, margin), left, total - left);
}

static void check_retransmit(const struct checking *c)
{
	const struct config_conn *conn = c->conn;
	struct retransmit r = { conn->retransmit_timeout, conn->retransmit_limit,
				conn->retransmit_base, conn->retransmit_tries };
	const char *keyword;
	bool warning, own = false;
	char text[240];

	for (unsigned slot = 0; slot < keywords_ours_count(); slot++)
		own = own || (keywords_ours[slot].inherits && c->merge->chosen[0][slot] != NULL);
	if (!own) /* check_setup() has said it */
		return;
	judge_retransmit(&r, &keyword, &warning, text, sizeof(text));
	if (text[0] != '\0')
		check_say(c, CHECK_RETRANSMIT, warning, keyword, 0, "%s", text);
}

void check_conn(struct loader *loader, const struct section *section, const struct merge *merge,
		struct config_conn *conn)
{
	struct checking c = { loader, section, merge, conn };

	check_hosts(&c);
	check_start(&c);
	check_subnets(&c);
	check_together(&c);
	check_ports(&c);
	check_sourceip(&c, &conn->left, 0);
	check_sourceip(&c, &conn->right, 1);
	check_replay(&c);
	check_lifetimes(&c);
	check_volume(&c);
	check_budget(&c);
	check_dpd(&c);
	check_retransmit(&c);
	check_auth(&c);
	check_addresses(&c);
	check_kernel(&c);
	check_ikev1(&c);
}

struct place check_setup_place(const struct loader *loader, const char *name)
{
	for (unsigned i = 0; i < loader->setup.count; i++)
		if (strcmp(loader->setup.settings[i].keyword->info.name, name) == 0)
			return loader->setup.settings[i].at;
	return loader->setup.count > 0 ? loader->setup.settings[0].at : (struct place){ 0 };
}

void check_setup(struct loader *loader)
{
	const struct config_setup *setup = &loader->whole->config.setup;
	struct retransmit r = { setup->retransmit_timeout, setup->retransmit_limit,
				setup->retransmit_base, setup->retransmit_tries };
	const char *keyword;
	bool warning;
	char text[240];

	judge_retransmit(&r, &keyword, &warning, text, sizeof(text));
	if (text[0] != '\0' && warning)
		report_warning(loader->errors, check_setup_place(loader, keyword), "%s", text);
	else if (text[0] != '\0')
		report_error(loader->errors, check_setup_place(loader, keyword), "%s", text);
	if (setup->ikeport == setup->nattport)
		report_error(loader->errors, check_setup_place(loader, "nattport"),
			     "ikeport and nattport are both %u: packets on the second have four "
			     "zero bytes in "
			     "front (RFC 7296 §2.23), so they must differ",
			     setup->ikeport);
	check_revocation(loader);
}
