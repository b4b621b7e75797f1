/* SPDX-License-Identifier: Apache-2.0 */
/* draft-dukes-ike-mode-cfg-02 §3: the server leases an address to a client that asks (§3.1), or
 * unasked (§3.2), and tells what its network has (with what clients of Cisco's ask for beside it).
 * Each step in the order of time. */
#include "ikev1/private.h"

enum want {
	WANT_ADDRESS = 1,
	WANT_NETMASK = 2,
	WANT_DNS = 4,
	WANT_BANNER = 8,
	WANT_DOMAIN = 16,
	WANT_SPLIT = 32,
	WANT_SPLIT_DNS = 64,
	WANT_PASSWORD = 128, /* XAUTH: it is no client that asks */
	WANT_DNS6 = 256,
};

static const struct {
	uint16_t type;
	unsigned want;
} asked_by[] = {
	{ INTERNAL_IP4_ADDRESS, WANT_ADDRESS },	 { INTERNAL_IP4_NETMASK, WANT_NETMASK },
	{ INTERNAL_IP4_DNS, WANT_DNS },		 { UNITY_BANNER, WANT_BANNER },
	{ UNITY_DEF_DOMAIN, WANT_DOMAIN },	 { UNITY_SPLIT_INCLUDE, WANT_SPLIT },
	{ UNITY_SPLITDNS_NAME, WANT_SPLIT_DNS }, { XAUTH_TYPE, WANT_PASSWORD },
	{ INTERNAL_IP6_ADDRESS, WANT_ADDRESS },	 { INTERNAL_IP6_DNS, WANT_DNS6 },
	{ XAUTH_USER_NAME, WANT_PASSWORD },	 { XAUTH_USER_PASSWORD, WANT_PASSWORD },
};

struct modecfg_answer {
	struct isakmp_config request;
	unsigned wants;
	struct client_wish wish;
};

/* ---- the request ---- */

/* 0.0.0.0 and :: mean any. */
static enum rc read_address(const struct isakmp_attribute *attribute, struct modecfg_answer *in)
{
	bool v6 = attribute->type == INTERNAL_IP6_ADDRESS;
	struct ip_addr addr;

	if (!v6 && attribute->type != INTERNAL_IP4_ADDRESS)
		return RC_OK;
	in->wish.wants[v6] = true;
	if (attribute->data.len == 0 || ip_is_set(&in->wish.asked[v6]))
		return RC_OK;
	TRY(ip_from_bytes(span_make(attribute->data.ptr, v6 ? 16 : 4), &addr));
	if (!ip_is_any(&addr))
		in->wish.asked[v6] = addr;
	return RC_OK;
}

static enum rc read_attributes(struct modecfg_answer *in)
{
	for (unsigned i = 0; i < in->request.count; i++) {
		for (size_t j = 0; j < sizeof(asked_by) / sizeof(asked_by[0]); j++)
			if (asked_by[j].type == in->request.attributes[i].type)
				in->wants |= asked_by[j].want;
		TRY(read_address(&in->request.attributes[i], in));
	}
	return RC_OK;
}

static enum rc read_request(struct step *step, struct outcome *out)
{
	struct modecfg_answer *in = ARENA_NEW(step->arena, struct modecfg_answer);
	const struct payload *payload = v1_payload(step->message, ISAKMP_ATTRIBUTES);

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	out->heard = true;
	TRY(isakmp_config_parse(step->arena, payload->body, &in->request, &out->diag));
	TRY(read_attributes(in));
	if ((in->wants & WANT_PASSWORD) != 0)
		return diag_fail(&out->diag, RC_UNSUPPORTED,
				 "the peer asks for a user name and a password (XAUTH), which was "
				 "not agreed on: write xauthclient=yes for our end of the conn");
	if (in->request.type != ISAKMP_CFG_REQUEST)
		return diag_fail(&out->diag, RC_DROP,
				 "the peer sets what nobody asked for (transaction of type %u)",
				 in->request.type);
	return RC_OK;
}

static enum rc lease(struct step *step, struct outcome *out)
{
	const struct modecfg_answer *in = step->scratch;
	const struct peer *peer = step->sa->peer;

	if (peer_remote_end(peer)->pools == NULL)
		return diag_fail(&out->diag, RC_NO_ADDRESS,
				 "the peer asks for an address, and conn %s has none for it "
				 "(addresspool=)",
				 peer->conn->name);
	if (!in->wish.wants[0] && !in->wish.wants[1])
		return RC_OK;
	return client_lease(step, peer, peer_client_id(peer), &in->wish, out);
}

/* ---- the reply ---- */

struct reply {
	struct arena *arena;
	struct isakmp_attribute attributes[LIMIT_CP_ATTRIBUTES];
	struct isakmp_config config;
	enum rc rc;
};

static void put(struct reply *reply, uint16_t type, const void *ptr, size_t len)
{
	uint8_t *copy = arena_alloc(reply->arena, len + 1);

	if (copy == NULL)
		reply->rc = RC_NO_MEMORY;
	if (copy == NULL || reply->config.count == LIMIT_CP_ATTRIBUTES)
		return;
	memcpy(copy, ptr, len);
	reply->attributes[reply->config.count++] =
		(struct isakmp_attribute){ .type = type, .data = span_make(copy, len) };
}

/* Nobody else is behind it: other hosts are told by the selectors. */
static void put_address(struct reply *reply, const struct pool_lease *lease, unsigned wants)
{
	static const uint8_t host_mask[4] = { 255, 255, 255, 255 };
	struct ip_addr addr;

	if (lease == NULL)
		return;
	addr = pool_lease_address(lease);
	if (addr.family == AF_INET6) {
		put(reply, INTERNAL_IP6_ADDRESS, addr.bytes, 16);
		return;
	}
	put(reply, INTERNAL_IP4_ADDRESS, addr.bytes, 4);
	if ((wants & WANT_NETMASK) != 0)
		put(reply, INTERNAL_IP4_NETMASK, host_mask, sizeof(host_mask));
}

static void put_dns(struct reply *reply, const struct config_conn *conn, unsigned wants)
{
	for (unsigned i = 0; i < conn->modecfgdns_count; i++) {
		const struct ip_addr *addr = &conn->modecfgdns[i];
		if (addr->family == AF_INET && (wants & WANT_DNS) != 0)
			put(reply, INTERNAL_IP4_DNS, addr->bytes, 4);
		if (addr->family == AF_INET6 && (wants & WANT_DNS6) != 0)
			put(reply, INTERNAL_IP6_DNS, addr->bytes, 16);
	}
}

/* The first one is the client's own; for all of them it is to ask our servers. They stand in one
 * attribute with commas between, as others tell them: of several, some clients use the last. */
static void put_domains(struct reply *reply, const char *domains, unsigned wants)
{
	size_t told = config_list_front(domains, LIMIT_SPLIT_DNS);

	if ((wants & WANT_DOMAIN) != 0)
		put(reply, UNITY_DEF_DOMAIN, domains, strcspn(domains, ","));
	if ((wants & WANT_SPLIT_DNS) != 0)
		put(reply, UNITY_SPLITDNS_NAME, domains, told);
}

#define SPLIT_LEN 14 /* address, mask, and protocol and ports, which are 0 */

/* What is behind us; a range that is no subnet cannot be said. */
static void put_split(struct reply *reply, const struct config_end *end)
{
	uint8_t all[LIMIT_CP_VALUE / SPLIT_LEN * SPLIT_LEN];
	struct sink sink;

	sink_init(&sink, all, sizeof(all));
	for (unsigned i = 0; i < end->subnet_count; i++) {
		const struct ip_range *range = &end->subnets[i];
		int prefix = range_prefix(range);
		if (range->from.family != AF_INET || prefix < 0)
			continue;
		sink_bytes(&sink, range->from.bytes, 4);
		sink_u32(&sink, prefix == 0 ? 0 : UINT32_MAX << (32 - prefix));
		for (unsigned left = 8; left < SPLIT_LEN; left++)
			sink_u8(&sink, 0);
	}
	if (sink.len > 0 && sink_rc(&sink) == RC_OK)
		put(reply, UNITY_SPLIT_INCLUDE, all, sink.len);
}

/* What was asked for, as far as we have it. */
static void put_all(struct reply *reply, const struct peer *peer, unsigned wants,
		    const struct outcome *out)
{
	const struct config_conn *conn = peer->conn;

	put_address(reply, out->leases[0], wants);
	put_address(reply, out->leases[1], wants);
	put_dns(reply, conn, wants);
	if (conn->modecfgdomains != NULL && conn->modecfgdomains[0] != '\0')
		put_domains(reply, conn->modecfgdomains, wants);
	if ((wants & WANT_BANNER) != 0 && conn->modecfgbanner != NULL)
		put(reply, UNITY_BANNER, conn->modecfgbanner, strlen(conn->modecfgbanner));
	if ((wants & WANT_SPLIT) != 0 && conn->cisco_split)
		put_split(reply, peer_local_end(peer));
}

static enum rc tell(struct step *step, enum isakmp_cfg_type type, struct outcome *out)
{
	const struct modecfg_answer *in = step->scratch;
	struct reply *reply = ARENA_NEW(step->arena, struct reply);

	if (reply == NULL)
		return RC_NO_MEMORY;
	reply->arena = step->arena;
	reply->config = (struct isakmp_config){ .type = (uint8_t)type,
						.identifier = in->request.identifier,
						.attributes = reply->attributes };
	put_all(reply, step->sa->peer, in->wants, out);
	TRY(reply->rc);
	return v1_transaction(step, &reply->config, out);
}

static enum rc answer(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;

	out->v1.message_id = step->message->header.message_id;
	out->message.response = true;
	out->v1.configured = true;
	/* it does not wait for what we tell unasked */
	out->request_done = sa->request.bytes != NULL && (sa->request.purpose == REQUEST_CONFIG ||
							  sa->request.purpose == REQUEST_XAUTH);
	return tell(step, ISAKMP_CFG_REPLY, out);
}

static const step_fn request_steps[] = { read_request, lease, answer, NULL };

/* ---- unasked ---- */

static enum rc begin_set(struct step *step, struct outcome *out)
{
	struct modecfg_answer *in = ARENA_NEW(step->arena, struct modecfg_answer);
	const struct config_end *end = peer_remote_end(step->sa->peer);
	enum rc rc;

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	in->wants = WANT_ADDRESS | WANT_NETMASK | WANT_DNS | WANT_DNS6 | WANT_BANNER | WANT_DOMAIN |
		    WANT_SPLIT | WANT_SPLIT_DNS;
	for (unsigned i = 0; i < end->pool_count; i++)
		in->wish.wants[end->pools[i].range.from.family == AF_INET6] = true;
	TRY(host_random(step->env->host, &in->request.identifier, sizeof(in->request.identifier)));
	rc = lease(step, out);
	if (rc == RC_NO_MEMORY)
		return rc;
	out->ike_ended = rc; /* the client waits for what does not come */
	return RC_OK;
}

static enum rc send_set(struct step *step, struct outcome *out)
{
	if (out->ike_ended != RC_OK)
		return RC_OK;
	TRY(v1_message_id(step->env, step->sa, &out->v1.message_id));
	out->message.purpose = REQUEST_CONFIG;
	return tell(step, ISAKMP_CFG_SET, out);
}

static const step_fn set_steps[] = { begin_set, send_set, NULL };

static enum rc read_ack(struct step *step, struct outcome *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_ATTRIBUTES);
	struct isakmp_config ack;

	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	out->heard = true;
	TRY(isakmp_config_parse(step->arena, payload->body, &ack, &out->diag));
	if (ack.type != ISAKMP_CFG_ACK)
		return diag_fail(&out->diag, RC_DROP,
				 "the client answers what we set with a transaction of type %u",
				 ack.type);
	out->request_done = true;
	out->v1.configured =
		step->sa->request.purpose == REQUEST_CONFIG; /* else its user is taken */
	return RC_OK;
}

static const step_fn ack_steps[] = { read_ack, NULL };

static const struct payload_rule request_rules[] = {
	{ ISAKMP_HASH, 1, 1, ENCRYPTED },
	{ ISAKMP_ATTRIBUTES, 1, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

#define STORY "a client asks for an address: it gets a lease, and what our network has"
const struct ike_row ikev1_modecfg_answer_rows[] = {
	{ IKE_ESTABLISHED, INITIATOR, EVENT_TRANSACTION_REQUEST, request_rules, request_steps,
	  IKE_ESTABLISHED, STORY },
	{ IKE_ESTABLISHED, RESPONDER, EVENT_TRANSACTION_REQUEST, request_rules, request_steps,
	  IKE_ESTABLISHED, STORY },
	{ IKE_ESTABLISHED, RESPONDER, EVENT_TRANSACTION, NULL, set_steps, IKE_ESTABLISHED,
	  "a client is told its address unasked" },
	{ IKE_ESTABLISHED, RESPONDER, EVENT_TRANSACTION_RESPONSE, request_rules, ack_steps,
	  IKE_ESTABLISHED, "the client has its address" },
	{ .story = NULL },
};
