/* SPDX-License-Identifier: Apache-2.0 */
/* keyexchange=ikev1: what IKEv1 cannot say, or Vanth does not say in it yet, is refused by name. */
#include "base/arena.h"
#include "config/check.h"
#include "proposal/isakmp.h"
#include "wire/limits.h"

static void refuse(const struct checking *c, const char *name, unsigned side, const char *why)
{
	check_say(c, CHECK_IKEV1, false, name, side, "%s= with keyexchange=ikev1: %s", name, why);
}

static bool given(const struct checking *c, const char *name, unsigned side)
{
	return check_setting(c->merge, name, side) != NULL;
}

static void check_proof(const struct checking *c, const struct config_end *end, unsigned side)
{
	bool own = given(c, "auth", side);

	if ((end->auth & ~(unsigned)AUTHBY_SECRET) != 0)
		check_say(c, CHECK_IKEV1, false, own ? "auth" : "authby", own ? side : 0,
			  "IKEv1 proves identities by shared keys only in this version: write "
			  "authby=secret, or keyexchange=ikev2");
	if (end->second != NULL)
		refuse(c, "auth2", side, "IKEv1 has no second proof");
}

/* What follows from a setting of the other end is told there. */
static void check_client(const struct checking *c, const struct config_end *end, unsigned side)
{
	static const char why[] = "addresses for clients come with a later version";

	if (end->pools != NULL)
		refuse(c, "addresspool", side, why);
	if (end->modecfgserver && given(c, "modecfgserver", side))
		refuse(c, "modecfgserver", side, why);
	if (end->modecfgclient && given(c, "modecfgclient", side))
		refuse(c, "modecfgclient", side, why);
	if (end->modecfgclient && given(c, "sourceip", side))
		refuse(c, "sourceip", side, why);
}

/* RFC 2407 §4.6.2: an ID is one address, subnet or range, with one port or all (0). */
static void check_selector(const struct checking *c, const struct config_end *end, unsigned side)
{
	bool all = end->port_from == 0 && end->port_to == UINT16_MAX;

	if (end->together && end->subnet_count > 1)
		refuse(c, "subnet", side, "an SA of IKEv1 has one subnet: write subnets=");
	if (end->ports && !all && (end->port_from != end->port_to || end->port_from == 0))
		refuse(c, "protoport", side, "IKEv1 says one port, or all of them");
}

static void check_end(const struct checking *c, const struct config_end *end, unsigned side)
{
	check_proof(c, end, side);
	check_client(c, end, side);
	check_selector(c, end, side);
}

static void check_ike(const struct checking *c)
{
	const struct isakmp_phase1_terms terms = { { OAKLEY_PRESHARED_KEY }, 1, 1, DH_NONE };
	struct arena arena;
	struct isakmp_sa sa;
	struct diag diag;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (isakmp_offer_phase1(&arena, c->conn->ike, &terms, &sa, &diag) == RC_NO_PROPOSAL)
		check_say(c, CHECK_IKEV1, false, "ike", 0, "%s", diag.text);
	arena_free(&arena);
}

static void check_esp(const struct checking *c)
{
	const struct isakmp_phase2_terms terms = { .encapsulations = { ENCAPSULATION_TUNNEL },
						   .encapsulation_count = 1,
						   .seconds = 1 };
	struct arena arena;
	struct isakmp_sa sa;
	struct diag diag;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (isakmp_offer_phase2(&arena, c->conn->esp, &terms, &sa, &diag) == RC_NO_PROPOSAL)
		check_say(c, CHECK_IKEV1, false, given(c, "ah", 0) ? "ah" : "esp", 0, "%s",
			  diag.text);
	arena_free(&arena);
}

void check_ikev1(const struct checking *c)
{
	if (c->conn->ikev2 != 0 || conn_is_shunt(c->conn))
		return;
	check_end(c, &c->conn->left, 0);
	check_end(c, &c->conn->right, 1);
	if (c->conn->compress)
		refuse(c, "compress", 0, "write keyexchange=ikev2");
	if (c->conn->iptfs.on)
		refuse(c, "iptfs", 0, "IKEv1 cannot agree on it (RFC 9347)");
	if (c->conn->ppk == PPK_INSIST)
		refuse(c, "ppk", 0, "IKEv1 has none (RFC 8784): write keyexchange=ikev2");
	if (c->conn->ike != NULL)
		check_ike(c);
	if (c->conn->esp != NULL)
		check_esp(c);
}
