/* SPDX-License-Identifier: Apache-2.0 */
/* draft-dukes-ike-mode-cfg-02 §3: the client asks for its address before its first Quick Mode
 * (§3.1), or waits until it is told (§3.2), and takes what it is given. Each step in the order of
 * time. */
#include "ikev1/private.h"

bool v1_is_config_client(const struct peer *peer)
{
	return peer_local_end(peer)->modecfgclient;
}

enum rc v1_transaction(struct step *step, const struct isakmp_config *config, struct outcome *out)
{
	struct sink sink;
	struct writer writer;

	TRY(v1_hash_begin(step->sa, step->arena, &sink, &writer));
	isakmp_config_emit(&writer, config);
	return v1_hash_end(step->sa, out->v1.message_id, SPAN_NONE, &writer, &sink,
			   EXCHANGE_V1_TRANSACTION, &out->message);
}

/* ---- the request ---- */

/* With what we had before, which we would like again. */
static struct span had_before(const struct peer *peer, unsigned v6)
{
	const struct peer_addresses *had = peer->addresses;

	if (had == NULL || !ip_is_set(&had->ranges[v6].from))
		return SPAN_NONE;
	return span_make(had->ranges[v6].from.bytes, v6 ? 16 : 4);
}

#define ASKED_MAX 12

static void ask(struct isakmp_config *config, uint16_t type, struct span value)
{
	if (config->count < ASKED_MAX)
		config->attributes[config->count++] =
			(struct isakmp_attribute){ .type = type, .data = value };
}

/* Some tunnel of it is of that IP version. */
static bool protects(const struct peer *peer, uint8_t family)
{
	list_for(node, &peer->tunnels)
	{
		const struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		if (tunnel->selectors.first.remote.range.from.family == family)
			return true;
	}
	return false;
}

/* Servers that know nothing of IPv6 are not asked for it without need. */
static void ask_all(const struct peer *peer, struct isakmp_config *config)
{
	uint8_t wanted = peer_local_end(peer)->sourceip_wanted;

	if ((wanted & WANT_IPV4) != 0 && protects(peer, AF_INET)) {
		ask(config, INTERNAL_IP4_ADDRESS, had_before(peer, 0));
		ask(config, INTERNAL_IP4_NETMASK, SPAN_NONE);
		ask(config, INTERNAL_IP4_DNS, SPAN_NONE);
	}
	if ((wanted & WANT_IPV6) != 0 && protects(peer, AF_INET6)) {
		ask(config, INTERNAL_IP6_ADDRESS, had_before(peer, 1));
		ask(config, INTERNAL_IP6_DNS, SPAN_NONE);
	}
	ask(config, INTERNAL_ADDRESS_EXPIRY, SPAN_NONE);
	ask(config, UNITY_BANNER, SPAN_NONE);
	ask(config, UNITY_DEF_DOMAIN, SPAN_NONE);
	ask(config, UNITY_SPLITDNS_NAME, SPAN_NONE);
	if (v1_split_client(peer))
		ask(config, UNITY_SPLIT_INCLUDE, SPAN_NONE);
}

enum rc v1_modecfg_ask(struct step *step, struct outcome *out)
{
	struct isakmp_attribute attributes[ASKED_MAX];
	struct isakmp_config config = { .type = ISAKMP_CFG_REQUEST, .attributes = attributes };

	if (!step->sa->peer->conn->modecfgpull)
		return RC_OK;
	ask_all(step->sa->peer, &config);
	TRY(host_random(step->env->host, &config.identifier, sizeof(config.identifier)));
	TRY(v1_message_id(step->env, step->sa, &out->v1.message_id));
	out->message.purpose = REQUEST_CONFIG;
	return v1_transaction(step, &config, out);
}

/* ---- the reply ---- */

static enum rc take_address(const struct isakmp_attribute *attribute, struct ike_config *config)
{
	bool v6 = attribute->type == INTERNAL_IP6_ADDRESS || attribute->type == INTERNAL_IP6_DNS;
	struct ip_addr addr;

	TRY(ip_from_bytes(span_make(attribute->data.ptr, v6 ? 16 : 4), &addr));
	if (attribute->type == INTERNAL_IP4_DNS || attribute->type == INTERNAL_IP6_DNS)
		client_take_dns(config, &addr);
	else
		client_take_address(config, &addr, v6 ? 128 : 0);
	return RC_OK;
}

static enum rc take(struct arena *arena, const struct isakmp_attribute *attribute,
		    struct ike_config *config)
{
	if (attribute->basic || attribute->data.len == 0)
		return RC_OK;
	switch (attribute->type) {
	case INTERNAL_IP4_ADDRESS:
	case INTERNAL_IP6_ADDRESS:
	case INTERNAL_IP4_DNS:
	case INTERNAL_IP6_DNS:
		return take_address(attribute, config);
	case UNITY_DEF_DOMAIN:
	case UNITY_SPLITDNS_NAME:
		return client_take_domains(arena, attribute->data, config);
	case UNITY_BANNER:
		return client_take_banner(arena, attribute->data, config);
	case UNITY_SPLIT_INCLUDE:
		return client_take_split(arena, attribute->data, config);
	}
	return RC_OK;
}

/* The address is ours for so many seconds: before that we ask anew, in a new phase 1. */
static void take_expiry(const struct isakmp_attribute *attribute, struct outcome *out)
{
	uint64_t seconds;

	if (attribute->type != INTERNAL_ADDRESS_EXPIRY ||
	    isakmp_attribute_number(attribute, &seconds) != RC_OK || seconds == 0 ||
	    seconds >= UINT32_MAX)
		return;
	out->extra.auth_lifetime_set = true;
	out->extra.auth_lifetime = (uint32_t)seconds;
}

static enum rc take_all(struct step *step, const struct isakmp_config *reply, struct outcome *out)
{
	struct ike_config *config = ARENA_NEW(step->arena, struct ike_config);

	if (config == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < reply->count; i++) {
		TRY(take(step->arena, &reply->attributes[i], config));
		take_expiry(&reply->attributes[i], out);
	}
	if (step->tunnel == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the tunnel is not wanted any more");
	TRY(client_check_given(step, step->tunnel, config, &out->diag));
	out->config = config;
	return RC_OK;
}

/* Without the address it is of no use. */
static enum rc settle(struct step *step, const struct isakmp_config *said, struct outcome *out)
{
	enum rc rc = take_all(step, said, out);

	if (rc == RC_NO_MEMORY)
		return rc;
	out->ike_ended = rc;
	out->established = rc == RC_OK;
	return RC_OK;
}

static enum rc read_reply(struct step *step, struct outcome *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_ATTRIBUTES);
	struct isakmp_config reply;

	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	out->heard = true;
	TRY(isakmp_config_parse(step->arena, payload->body, &reply, &out->diag));
	if (reply.type != ISAKMP_CFG_REPLY)
		return diag_fail(&out->diag, RC_DROP,
				 "the peer answers our ModeCfg request with a transaction of type "
				 "%u",
				 reply.type);
	out->request_done = true;
	return settle(step, &reply, out);
}

/* ---- unasked ---- */

static enum rc read_set(struct step *step, struct outcome *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_ATTRIBUTES);
	struct isakmp_config *set = ARENA_NEW(step->arena, struct isakmp_config);

	if (set == NULL)
		return RC_NO_MEMORY;
	step->scratch = set;
	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	out->heard = true;
	TRY(isakmp_config_parse(step->arena, payload->body, set, &out->diag));
	if (set->type == ISAKMP_CFG_REQUEST)
		return diag_fail(
			&out->diag, RC_UNSUPPORTED,
			"the peer asks us something instead of giving us an address: for a "
			"user name and a password (XAUTH)? Then write xauthclient=yes for our end");
	if (set->type != ISAKMP_CFG_SET)
		return diag_fail(&out->diag, RC_DROP,
				 "a transaction of type %u instead of our address", set->type);
	out->request_done = true; /* who asked has what it asked for */
	return settle(step, set, out);
}

/* §3.2: what was taken, without values. */
static enum rc acknowledge(struct step *step, struct outcome *out)
{
	struct isakmp_config *ack = step->scratch;

	if (out->ike_ended != RC_OK)
		return RC_OK;
	ack->type = ISAKMP_CFG_ACK;
	for (unsigned i = 0; i < ack->count; i++)
		ack->attributes[i] = (struct isakmp_attribute){ .type = ack->attributes[i].type };
	out->v1.message_id = step->message->header.message_id;
	out->message.response = true;
	return v1_transaction(step, ack, out);
}

static const step_fn set_steps[] = { read_set, acknowledge, NULL };

/* ---- */

static enum rc give_up(struct step *step, struct outcome *out)
{
	out->ike_ended = RC_TIMEOUT;
	if (step->sa->peer->conn->modecfgpull)
		(void)diag_fail(&out->diag, RC_TIMEOUT,
				"phase 1 is done, but the peer does not answer ModeCfg: it may "
				"have no addresses for us, or want to tell them unasked "
				"(modecfgpull=no)");
	else
		(void)diag_fail(&out->diag, RC_TIMEOUT,
				"phase 1 is done, but the peer tells us no address: it may have "
				"none for us, or want to be asked (modecfgpull=yes)");
	return RC_OK;
}

static enum rc cancel(struct step *step, struct outcome *out)
{
	out->ike_ended = step->sa->delete_reason;
	return RC_OK;
}

static const step_fn ask_steps[] = { v1_modecfg_ask, NULL };
static const step_fn reply_steps[] = { read_reply, NULL };
static const step_fn give_up_steps[] = { give_up, NULL };
static const step_fn cancel_steps[] = { cancel, NULL };

static const struct payload_rule reply_rules[] = {
	{ ISAKMP_HASH, 1, 1, ENCRYPTED },
	{ ISAKMP_ATTRIBUTES, 1, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

#define I INITIATOR
const struct ike_row ikev1_modecfg_ask_rows[] = {
	{ IKEV1_CONFIG, I, EVENT_TRANSACTION_RESPONSE, reply_rules, reply_steps, IKE_ESTABLISHED,
	  "peer gives us an address: Quick Mode may begin" },
	{ IKEV1_CONFIG, I, EVENT_TRANSACTION_REQUEST, reply_rules, set_steps, IKE_ESTABLISHED,
	  "peer tells us our address: Quick Mode may begin" },
	{ IKEV1_CONFIG, I, EVENT_TRANSACTION, NULL, ask_steps, IKEV1_CONFIG,
	  "what came before is done: the peer is asked for our address" },
	{ IKEV1_CONFIG, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_CONFIG,
	  "the peer gives no address" },
	{ IKEV1_CONFIG, I, EVENT_DELETE_IKE, NULL, cancel_steps, IKEV1_CONFIG,
	  "not wanted any more" },
	{ .story = NULL },
};
