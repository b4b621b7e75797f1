/* SPDX-License-Identifier: Apache-2.0 */
/* keyexchange=ikev1: what IKEv1 cannot say, or Vanth does not say in it yet, is refused by name. */
#include "base/arena.h"
#include "config/check.h"
#include "proposal/isakmp.h"
#include "wire/limits.h"

static void refuse(const struct checking *c, const char *name, unsigned side, const char *why)
{
	const struct setting *setting = check_setting(c->merge, name, side);

	check_say(c, CHECK_IKEV1, false, name, side, "%s= with keyexchange=ikev1: %s",
		  setting != NULL ? setting->word : name, why);
}

static bool given(const struct checking *c, const char *name, unsigned side)
{
	return check_setting(c->merge, name, side) != NULL;
}

#define PROOFS ((unsigned)AUTHBY_SECRET | AUTHBY_RSA | AUTHBY_ECDSA)

static void check_proof(const struct checking *c, const struct config_end *end, unsigned side)
{
	bool own = given(c, "auth", side);

	if ((end->auth & PROOFS) == 0 && !end->hybrid)
		check_say(c, CHECK_IKEV1, false, own ? "auth" : "authby", own ? side : 0,
			  "IKEv1 proves identities by shared keys, RSA and ECDSA: write "
			  "authby=secret, rsasig or ecdsa, or keyexchange=ikev2");
	if (end->second != NULL)
		refuse(c, "auth2", side, "IKEv1 has no second proof");
}

/* What Cisco's clients ask for as 0.0.0.0/0, and are told by UNITY_SPLIT_INCLUDE. */
static bool is_split(const struct checking *c, const struct config_end *end)
{
	const struct config_end *other = end == &c->conn->left ? &c->conn->right : &c->conn->left;

	if (!c->conn->cisco_split || other->pools == NULL)
		return false;
	for (unsigned i = 0; i < end->subnet_count; i++)
		if (end->subnets[i].from.family != AF_INET)
			return false;
	return true;
}

/* RFC 2407 §4.6.2: an ID is one address, subnet or range, with one port or all (0). */
static void check_selector(const struct checking *c, const struct config_end *end, unsigned side)
{
	bool all = end->port_from == 0 && end->port_to == UINT16_MAX;

	if (end->together && end->subnet_count > 1 && !is_split(c, end) &&
	    end->virtual_kind == VIRTUAL_NONE)
		refuse(c, "subnet", side,
		       "an SA of IKEv1 has one subnet: write subnets=, or cisco-split=yes where "
		       "clients of a pool are told them");
	if (end->ports && !all && (end->port_from != end->port_to || end->port_from == 0))
		refuse(c, "protoport", side, "IKEv1 says one port, or all of them");
}

/* Who is called at an address of its own is not behind a NAT. */
static void check_virtual(const struct checking *c, const struct config_end *end, unsigned side)
{
	if (end->virtual_kind == VIRTUAL_NONE)
		return;
	if (c->conn->ikev2 != 0)
		check_say(c, CHECK_IKEV1, false, "subnet", side,
			  "vhost: and vnet: are of IKEv1: write keyexchange=ikev1 too, or give the "
			  "clients addresses with addresspool=");
	else if (end->kind != HOST_ANY && end->kind != HOST_RANGE)
		check_say(c, CHECK_IKEV1, false, "subnet", side,
			  "vhost: and vnet: are for clients that come from anywhere (%%any)");
	else if (c->conn->type != TYPE_TRANSPORT && end->subnet_count == 0 && !end->virtual_no)
		check_say(c, CHECK_IKEV1, false, "subnet", side,
			  "%%priv needs virtual-private= in config setup: without it no address "
			  "is allowed");
	else if (end->subnet_count > SELECTORS_MAX - 1)
		check_say(c, CHECK_IKEV1, false, "subnet", side,
			  "%u subnets with those of virtual-private=; %d are allowed",
			  end->subnet_count, SELECTORS_MAX - 1);
}

static void check_end(const struct checking *c, const struct config_end *end, unsigned side)
{
	check_proof(c, end, side);
	check_selector(c, end, side);
}

/* RFC 2409 §5: one method is negotiated, for both ends. */
static void check_method(const struct checking *c)
{
	unsigned left = c->conn->left.auth & PROOFS, right = c->conn->right.auth & PROOFS;

	if (left != 0 && right != 0 && (left & right) == 0)
		check_say(c, CHECK_IKEV1, false, "auth", given(c, "auth", 1) ? 1 : 0,
			  "leftauth= and rightauth= with keyexchange=ikev1: both ends prove "
			  "themselves in the same way");
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

/* What RFC 8247 has no place for: for peers that have nothing better. */
static void check_old(const struct checking *c)
{
	const char *old = isakmp_only(c->conn->ike);

	if (old == NULL)
		return;
	if (c->conn->ikev2 != 0)
		check_say(
			c, CHECK_IKEV1, false, "ike", 0,
			"\"%s\" in ike= is of IKEv1 alone (RFC 8247): use aes_gcm256 or aes256, or "
			"write keyexchange=ikev1",
			old);
	else
		check_say(c, CHECK_IKEV1, true, "ike", 0,
			  "\"%s\" in ike= is old: use aes256 where the peer has it", old);
}

static void check_policy(const struct checking *c)
{
	enum config_ikev1_policy policy = c->loader->whole->config.setup.ikev1_policy;

	if (policy != IKEV1_POLICY_ACCEPT)
		check_say(c, CHECK_IKEV1, false, "ikev2", 0,
			  "keyexchange=ikev1, but config setup has ikev1-policy=%s: write "
			  "ikev1-policy=accept, or leave it out",
			  policy == IKEV1_POLICY_DROP ? "drop" : "reject");
}

/* RFC 2409 §5.4 */
static void check_aggressive(const struct checking *c)
{
	unsigned both = c->conn->left.auth & c->conn->right.auth;

	if (c->conn->ikev2 != 0)
		check_say(c, CHECK_IKEV1, false, "aggressive", 0,
			  "aggressive= is of IKEv1: write keyexchange=ikev1 too");
	else if ((both & AUTHBY_SECRET) != 0)
		check_say(c, CHECK_IKEV1, true, "aggressive", 0,
			  "aggressive=yes with a shared key: a hash of it goes to whoever asks, "
			  "who may guess the key offline; use a long random key, Main Mode, or "
			  "certificates");
}

void check_ikev1(const struct checking *c)
{
	check_xauth(c);
	if (c->conn->aggressive && !conn_is_shunt(c->conn))
		check_aggressive(c);
	if (!conn_is_shunt(c->conn)) {
		check_virtual(c, &c->conn->left, 0);
		check_virtual(c, &c->conn->right, 1);
	}
	if (c->conn->ike != NULL && !conn_is_shunt(c->conn))
		check_old(c);
	if (c->conn->ikev2 != 0 || conn_is_shunt(c->conn))
		return;
	check_policy(c);
	check_end(c, &c->conn->left, 0);
	check_end(c, &c->conn->right, 1);
	check_method(c);
	if (c->conn->compress)
		refuse(c, "compress", 0,
		       "IPComp is agreed on in IKEv2 only here: write compress=no, at both ends");
	if (c->conn->iptfs.on)
		refuse(c, "iptfs", 0, "IKEv1 cannot agree on it (RFC 9347)");
	if (c->conn->ppk == PPK_INSIST)
		refuse(c, "ppk", 0, "IKEv1 has none (RFC 8784): write keyexchange=ikev2");
	if (c->conn->ike != NULL)
		check_ike(c);
	if (c->conn->esp != NULL)
		check_esp(c);
}
