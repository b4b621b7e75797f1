/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "sim/sim.h"

uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned dice_below(struct dice *dice, unsigned limit)
{
	return (unsigned)(dice_next(dice) % limit);
}

unsigned dice_between(struct dice *dice, unsigned low, unsigned high)
{
	return low + dice_below(dice, high - low + 1);
}

/* ---- who talks to whom ---- */

#define LONG_LABEL ".a-name-as-long-as-a-label-of-a-domain-name-may-be-on-the-internet"

/* What few ends have: one in so many. A new setting is a row. */
static const struct {
	unsigned one_in;
	const char *line;
} rarities[] = {
	{ 10, "encapsulation=yes" }, { 8, "dpdaction=restart" },   { 8, "dpdaction=hold" },
	{ 12, "authlifetime=500s" }, { 10, "initial-contact=no" }, { 6, "fragmentation=no" },
};
#define RARITIES (sizeof(rarities) / sizeof(rarities[0]))

static unsigned draw_rarities(struct dice *dice)
{
	unsigned drawn = 0;

	for (unsigned i = 0; i < RARITIES; i++)
		if (dice_below(dice, rarities[i].one_in) == 0 &&
		    (i == 0 || strncmp(rarities[i].line, rarities[i - 1].line, 9) != 0 ||
		     (drawn & 1u << (i - 1)) == 0))
			drawn |= 1u << i;
	return drawn;
}

/* What came to the simulator later: drawn by dice of its own, so that older seeds stay what they
 * are. Of one end: */
static const struct {
	unsigned one_in;
	const char *line;
} further[] = {
	{ 8, "childless=prefer" },
	{ 12, "ipsec-max-bytes=3000" },
};
#define FURTHER (sizeof(further) / sizeof(further[0]))
#define LIMITED (1u << 1) /* in bytes: a row above */
/* Of both ends: */
static const struct {
	unsigned one_in;
	const char *line;
} together[] = {
	{ 6, "session-resumption=yes" },
	{ 8, "mobike=yes" },
	{ 12, "childless=force" },
};
#define TOGETHER (sizeof(together) / sizeof(together[0]))
#define MOBIKE	 (1u << 1) /* rows above */
#define FORCE	 (1u << 2)

static void make_further(struct scenario *scenario, struct dice *dice)
{
	scenario->small_path = dice_below(dice, 8) == 0;
	/* of all: an unknown client is answered by the first of the conns that he may mean */
	scenario->addke = dice_below(dice, 8) == 0;
	scenario->ppk = dice_below(dice, 10) == 0;
	for (unsigned i = 0; i < scenario->link_count; i++) {
		struct link *link = &scenario->links[i];
		for (unsigned j = 0; j < TOGETHER; j++)
			if (dice_below(dice, together[j].one_in) == 0)
				link->together |= 1u << j;
		for (unsigned j = 0; j < 2 * FURTHER; j++)
			if (dice_below(dice, further[j / 2].one_in) == 0)
				link->ends[j % 2].further |= 1u << j / 2;
		link->moves = link->style == LINK_TEMPLATE && !scenario->nodes[link->b].nat &&
			      dice_below(dice, 3) == 0;
		if (link->moves)
			link->together |= MOBIKE;
	}
}

bool link_is_limited(const struct link *link)
{
	return link->ends[0].max_packets != 0 || link->ends[1].max_packets != 0 ||
	       ((link->ends[0].further | link->ends[1].further) & LIMITED) != 0;
}

static void make_node(struct node *node, unsigned number, struct dice *dice)
{
	node->nat = number > 0 && dice_below(dice, 6) == 0;
	node->crash_detection = dice_below(dice, 2) == 0;
	node->retransmit_tries = dice_between(dice, 3, 6);
	(void)snprintf(node->outside, sizeof(node->outside),
		       node->nat ? "198.51.100.%u" : "192.0.2.%u", number + 1);
	(void)snprintf(node->address, sizeof(node->address),
		       node->nat ? "172.16.%u.2" : "192.0.2.%u", number + 1);
}

static void make_settings(struct settings *settings, struct dice *dice)
{
	static const unsigned sa[] = { 240, 300, 400, 600, 900, 1800, 3600 };
	static const unsigned ike[] = { 400, 700, 1200, 2400, 7200 };

	settings->salifetime = sa[dice_below(dice, 7)];
	settings->ikelifetime = ike[dice_below(dice, 5)];
	settings->margin = dice_between(dice, 40, 90);
	settings->dpddelay = dice_between(dice, 15, 90);
	settings->rekey = dice_below(dice, 8) != 0;
	settings->reauth = dice_below(dice, 8) == 0;
	settings->rarities = draw_rarities(dice);
	settings->max_packets = dice_below(dice, 8) == 0 ? dice_between(dice, 20, 60) : 0;
}

/* Who begins: a, b, both, when packets come. A template cannot begin. */
static void make_start(struct link *link, struct dice *dice)
{
	static const enum config_auto starts[][2] = {
		{ AUTO_START, AUTO_START },	  { AUTO_START, AUTO_START },
		{ AUTO_START, AUTO_ADD },	  { AUTO_ADD, AUTO_START },
		{ AUTO_ONDEMAND, AUTO_ADD },	  { AUTO_ONDEMAND, AUTO_START },
		{ AUTO_ONDEMAND, AUTO_ONDEMAND }, { AUTO_ADD, AUTO_ONDEMAND },
	};
	unsigned row = dice_below(dice, 8);

	link->ends[0].start = starts[row][0];
	link->ends[1].start = starts[row][1];
	if (link->style != LINK_TEMPLATE)
		return;
	link->ends[0].start = AUTO_ADD;
	link->ends[1].start = row % 2 == 0 ? AUTO_START : AUTO_ONDEMAND;
}

static void make_link(struct scenario *scenario, unsigned a, unsigned b, struct dice *dice)
{
	struct link *link = &scenario->links[scenario->link_count++];

	*link = (struct link){ .a = a, .b = b, .style = dice_below(dice, LINK_STYLES) };
	link->tunnels = dice_between(dice, 1, TUNNELS_MAX);
	if (scenario->nodes[b].nat)
		link->style = LINK_TEMPLATE;
	if (link->style == LINK_TRANSPORT)
		link->tunnels = 1;
	make_settings(&link->ends[0], dice);
	make_settings(&link->ends[1], dice);
	if (dice_below(dice, 2) == 0) { /* alike at both ends: they rekey at the same time */
		link->ends[1] = link->ends[0];
	}
	link->ends[0].pfs = link->ends[1].pfs = dice_below(dice, 3) == 0;
	make_start(link, dice);
	link->wanted_in_the_end = dice_below(dice, 8) != 0;
}

static void make_links(struct scenario *scenario, struct dice *dice)
{
	for (unsigned b = 1; b < scenario->node_count; b++) {
		unsigned a = dice_below(dice, b);
		make_link(scenario, scenario->nodes[a].nat ? 0 : a, b, dice);
	}
	if (scenario->node_count < 3 || dice_below(dice, 2) == 0)
		return;
	for (unsigned i = 0; i < scenario->link_count; i++)
		if (scenario->links[i].a == 1 && scenario->links[i].b == 2)
			return;
	if (!scenario->nodes[1].nat)
		make_link(scenario, 1, 2, dice);
}

/* Of IKEv1's conns for anybody all are of one mode: who comes is known by his address alone. */
static void draw_v1(struct scenario *scenario)
{
	struct dice dice = { scenario->seed * 0xbf58476d1ce4e5b9u + 9 };
	/* its messages in clear go in one piece */
	bool aggressive = dice_below(&dice, 3) == 0 && !scenario->small_path;

	for (unsigned i = 0; i < scenario->link_count; i++) {
		struct link *link = &scenario->links[i];
		link->v1 = dice_below(&dice, 3) != 0;
		link->aggressive = link->v1 && aggressive;
		if (!link->v1)
			continue;
		link->moves = false;
		link->one_tunnel = 0;
		link->together = 0;
		link->ends[0].further = link->ends[1].further = 0;
	}
}

/* Both ends, one of them, or neither. */
static void draw_together(struct scenario *scenario, struct dice *dice)
{
	for (unsigned i = 0; i < scenario->link_count; i++)
		scenario->links[i].one_tunnel =
			scenario->links[i].style != LINK_CONNS ? dice_below(dice, 4) : 0;
}

void scenario_make(struct scenario *scenario, uint64_t seed, double hours, double patience)
{
	static const unsigned nodes[] = { 2, 2, 2, 3, 3, 4, 5 };
	struct dice dice = { seed * 0x2545f4914f6cdd1du + 1 };
	struct dice late = { seed * 0xd1342543de82ef95u + 5 };
	struct dice extras = { seed * 0x94d049bb133111ebu +
			       3 }; /* older seeds stay what they are */

	*scenario = (struct scenario){ .seed = seed };
	scenario->dense = dice_below(&extras, 3) == 0;
	scenario->node_count = nodes[dice_below(&dice, 7)];
	for (unsigned i = 0; i < scenario->node_count; i++)
		make_node(&scenario->nodes[i], i, &dice);
	make_links(scenario, &dice);
	scenario->network = (struct world_network){
		.delay = dice_between(&dice, 1, 60) * USEC_PER_MSEC,
		.jitter = dice_below(&dice, 20) * USEC_PER_MSEC,
	};
	make_further(scenario, &extras);
	draw_together(scenario, &late);
	if (seed >= SEEDS_V1)
		draw_v1(scenario);
	scenario->nat_expiry = dice_between(&dice, 30, 180) * USEC_PER_SEC;
	scenario->patience = (usec_t)(patience * (double)USEC_PER_SEC);
	scenario->trouble = (usec_t)(hours * 3600 * (double)USEC_PER_SEC);
}

/* ---- as configuration ---- */

void scenario_conn_name(const struct scenario *scenario, unsigned link, unsigned tunnel, char *out,
			size_t size)
{
	if (scenario->links[link].style == LINK_CONNS)
		(void)snprintf(out, size, "l%uc%u", link, tunnel);
	else
		(void)snprintf(out, size, "l%u", link);
}

void scenario_user(const struct scenario *scenario, unsigned link, unsigned tunnel, unsigned end,
		   char *out, size_t size)
{
	const struct link *it = &scenario->links[link];
	unsigned node = end == 0 ? it->a : it->b;

	if (it->style == LINK_TRANSPORT)
		(void)snprintf(out, size, "%s", scenario->nodes[node].address);
	else
		(void)snprintf(out, size, "10.%u.%u.7", node, end == 0 ? tunnel : 100);
}

static const char *start_word(enum config_auto start)
{
	return start == AUTO_START ? "start" : start == AUTO_ONDEMAND ? "ondemand" : "add";
}

/* Long enough for IKE_AUTH not to fit into a packet of a small path. */
static const char *rest_of_name(const struct scenario *scenario)
{
	return scenario->small_path ? LONG_LABEL LONG_LABEL LONG_LABEL LONG_LABEL : "";
}

static void put_ends(const struct scenario *scenario, const struct link *link, bool at_a, FILE *out)
{
	const struct node *a = &scenario->nodes[link->a], *b = &scenario->nodes[link->b];
	const char *right = b->address, *rest = rest_of_name(scenario);

	if (link->style == LINK_TEMPLATE && at_a)
		right = "%any";
	else if (link->moves)
		right = "%defaultroute";
	(void)fprintf(out, "\tleft=%s\n\tleftid=@g%u%s\n", a->address, link->a, rest);
	(void)fprintf(out, "\tright=%s\n\trightid=@g%u%s\n", right, link->b, rest);
}

/* tunnel: the only one, or TUNNELS_MAX for all of them */
static void put_subnets(const struct link *link, unsigned tunnel, bool joined, FILE *out)
{
	const char *between = "";

	if (link->style == LINK_TRANSPORT) {
		(void)fprintf(out, "\ttype=transport\n");
		return;
	}
	(void)fprintf(out, joined ? "\tleftsubnet=" : "\tleftsubnets={");
	for (unsigned i = 0; i < link->tunnels; i++)
		if (tunnel == TUNNELS_MAX || tunnel == i) {
			(void)fprintf(out, "%s10.%u.%u.0/24", between, link->a, i);
			between = ",";
		}
	(void)fprintf(out, "%s\n\trightsubnet=10.%u.100.0/24\n", joined ? "" : "}", link->b);
}

/* What cannot be beside the rest is left out. */
static bool goes(const struct scenario *scenario, const struct link *link, const char *line)
{
	if (link->v1 && strncmp(line, "authlifetime", 12) == 0) /* IKEv2's alone (RFC 4478) */
		return false;
	return !scenario->small_path || strcmp(line, "fragmentation=no") != 0;
}

static void put_further(const struct link *link, const struct settings *settings, FILE *out)
{
	for (unsigned i = 0; i < TOGETHER; i++)
		if ((link->together & 1u << i) != 0)
			(void)fprintf(out, "\t%s\n", together[i].line);
	for (unsigned i = 0; i < FURTHER; i++)
		if ((settings->further & 1u << i) != 0 && (i != 0 || (link->together & FORCE) == 0))
			(void)fprintf(out, "\t%s\n", further[i].line);
}

static void put_algorithms(const struct scenario *scenario, const struct link *link,
			   const struct settings *settings, FILE *out)
{
	if (link->v1) {
		(void)fprintf(out,
			      "\tauthby=secret\n\tkeyexchange=ikev1\n\taggressive=%s\n"
			      "\tike=aes128-sha2_256-dh31\n\tesp=%s\n",
			      link->aggressive ? "yes" : "no",
			      settings->pfs ? "aes_gcm128-dh31" : "aes_gcm128");
		return;
	}
	if (scenario->ppk)
		(void)fprintf(out, "\tppk=insist\n");
	(void)fprintf(out, "\tauthby=secret\n\tike=aes_gcm128-sha2_256-dh31%s\n\tesp=%s%s\n",
		      scenario->addke ? ";addke1=dh19" : "",
		      settings->pfs ? "aes_gcm128-dh31" : "aes_gcm128",
		      settings->pfs && scenario->addke ? ";addke1=dh19+none" : "");
}

static void put_settings(const struct scenario *scenario, const struct link *link,
			 const struct settings *settings, unsigned variant, FILE *out)
{
	(void)fprintf(out, "\tauto=%s\n\tsalifetime=%us\n\tikelifetime=%us\n",
		      start_word(settings->start), settings->salifetime + variant * 60,
		      settings->ikelifetime + variant % 2 * 60);
	(void)fprintf(out, "\trekeymargin=%us\n\trekeyfuzz=50%%\n\trekey=%s\n\treauth=%s\n",
		      settings->margin, settings->rekey ? "yes" : "no",
		      settings->reauth ? "yes" : "no");
	/* subnets that share a Child SA send at the same moment: between soft and hard is room */
	(void)fprintf(out, "\tdpddelay=%us\n\tpfs=%s\n\tipsec-max-packets=%u\n", settings->dpddelay,
		      settings->pfs ? "yes" : "no", settings->max_packets * link->tunnels);
	for (unsigned i = 0; i < RARITIES; i++)
		if ((settings->rarities & 1u << i) != 0 && goes(scenario, link, rarities[i].line))
			(void)fprintf(out, "\t%s\n", rarities[i].line);
	put_further(link, settings, out);
	put_algorithms(scenario, link, settings, out);
}

static void put_link(const struct scenario *scenario, unsigned node, unsigned number,
		     unsigned variant, FILE *out)
{
	const struct link *link = &scenario->links[number];
	unsigned conns = link->style == LINK_CONNS ? link->tunnels : 1;

	for (unsigned i = 0; i < conns; i++) {
		char name[16];
		scenario_conn_name(scenario, number, i, name, sizeof(name));
		(void)fprintf(out, "conn %s\n", name);
		put_ends(scenario, link, node == link->a, out);
		put_subnets(link, link->style == LINK_CONNS ? i : TUNNELS_MAX,
			    (link->one_tunnel & 1u << (node == link->b)) != 0, out);
		put_settings(scenario, link, &link->ends[node == link->b], variant, out);
	}
}

void scenario_conf(const struct scenario *scenario, unsigned node, unsigned variant, char *out,
		   size_t size)
{
	FILE *file = fmemopen(out, size, "w");

	if (file == NULL)
		return;
	(void)fprintf(file, "config setup\n\tretransmit-tries=%u\n",
		      scenario->nodes[node].retransmit_tries);
	for (unsigned i = 0; i < scenario->link_count; i++)
		if (scenario->links[i].a == node || scenario->links[i].b == node)
			put_link(scenario, node, i, variant, file);
	(void)fclose(file);
}

bool settings_reauthenticate(const struct settings *settings)
{
	for (unsigned i = 0; i < RARITIES; i++)
		if ((settings->rarities & 1u << i) != 0 &&
		    strncmp(rarities[i].line, "authlifetime", 12) == 0)
			return true;
	return settings->reauth;
}

void scenario_tell(const struct scenario *scenario, FILE *out)
{
	for (unsigned i = 0; i < scenario->node_count; i++) {
		char conf[16384] = "";
		scenario_conf(scenario, i, 0, conf, sizeof(conf));
		(void)fprintf(out, "---- g%u: %s%s\n%s", i, scenario->nodes[i].address,
			      scenario->nodes[i].nat ? " behind NAT" : "", conf);
	}
}
