/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: what an updown script is told
 *
 * Names and meaning are those that pluto gives its scripts (ipsec__updown(8) of Libreswan), and of
 * charon's further ones those that do not contradict them. All of it stands in the environment,
 * written down when the event happens, because a script may run when its Child SA is long gone.
 * Texts that come from the peer (identities, names, greetings) and from files are made safe for
 * scripts that quote badly; addresses and numbers are our own writing.
 */
#include <stdio.h>
#include "base/arena.h"
#include "engine/private.h"
#include "peer/pool.h"
#include "sa/extra.h"

#define SCRIPT_BYTES (96u << 10) /* of one event, all in all */
#define VALUES_MAX   80
#define VALUE_MAX    1200
#define VERB_MAX     48

struct values {
	struct arena *arena;
	char **list;
	size_t count;
	bool failed;
};

/* Whose event it is, with its Child SA or without one. */
struct subject {
	const struct tunnel *tunnel;
	const struct child_sa *child; /* NULL: none */
	const struct ip_addr *local, *remote;
	const struct selectors *selectors;
	bool moving, falls; /* falls: it goes */
};

/* Of the tunnel's own conn: its peer may be that of several. */
static const struct config_end *local_end(const struct tunnel *tunnel)
{
	return tunnel->peer->left_is_local ? &tunnel->conn->left : &tunnel->conn->right;
}

/* ---- texts ---- */

static bool is_safe(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr(" .,:/=+@_-", c) != NULL);
}

char *updown_safe(struct arena *arena, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_alloc(arena, 3 * strlen(text) + 1), *to = out;

	if (out == NULL)
		return NULL;
	for (const char *c = text; *c != '\0'; c++) {
		unsigned char byte = (unsigned char)*c;
		if (is_safe(*c) && (*c != '-' || c != text)) {
			*to++ = *c;
			continue;
		}
		*to++ = '%';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	return out;
}

__attribute__((format(printf, 2, 3))) static void put(struct values *values, const char *format,
						      ...)
{
	char text[VALUE_MAX];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text) || values->count >= VALUES_MAX) {
		values->failed = true;
		return;
	}
	values->list[values->count] = arena_text(values->arena, text, (size_t)len);
	if (values->list[values->count++] == NULL)
		values->failed = true;
}

/* A text that is not our own; NULL: an empty one. */
static void put_text(struct values *values, const char *name, const char *text)
{
	char *safe = updown_safe(values->arena, text != NULL ? text : "");

	if (safe == NULL)
		values->failed = true;
	else
		put(values, "%s=%.1000s", name, safe);
}

static void put_address(struct values *values, const char *name, const struct ip_addr *addr)
{
	char text[IP_TEXT_MAX] = "";

	if (ip_is_set(addr))
		ip_text(addr, text);
	put(values, "%s=%s", name, text);
}

static void put_identity(struct values *values, const char *name, const struct identity *id)
{
	char text[IDENTITY_TEXT_MAX];

	put_text(values, name, identity_text(id, text));
}

/* ---- the two ends ---- */

static struct ip_addr mask_of(uint8_t family, int len)
{
	struct ip_addr mask = { .family = family };

	for (int i = 0; i < len; i++)
		mask.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return mask;
}

/* Of what is no subnet the smallest one around it. */
static void put_client(struct values *values, const char *end, const struct selector *selector)
{
	struct ip_addr network = { 0 }, mask;
	int len = range_cover(&selector->range, &network);
	bool any = selector->port_from != selector->port_to;
	char text[IP_TEXT_MAX], mask_text[IP_TEXT_MAX];

	mask = mask_of(network.family, len);
	ip_text(&network, text);
	put(values, "PLUTO_%s_CLIENT=%s/%d", end, text, len);
	put(values, "PLUTO_%s_CLIENT_NET=%s", end, text);
	put(values, "PLUTO_%s_CLIENT_MASK=%s", end, ip_text(&mask, mask_text));
	put(values, "PLUTO_%s_PORT=%u", end, any ? 0u : selector->port_from);
	put(values, "PLUTO_%s_PROTOCOL=%u", end, selector->protocol);
}

static void put_ways(struct values *values, struct gateway *gateway, const struct subject *subject)
{
	struct host_route route = { .device = "" };
	const struct host_ops *ops = gateway->host->ops;

	if (ops->route_to(gateway->host, subject->remote, &route) != RC_OK)
		route = (struct host_route){ .device = "" };
	put(values, "PLUTO_INTERFACE=%s", route.device);
	put_address(values, "PLUTO_NEXT_HOP",
		    ip_is_set(&route.gateway) ? &route.gateway : subject->remote);
	put_address(values, "PLUTO_ME", subject->local);
	put_address(values, "PLUTO_PEER", subject->remote);
}

static void put_ends(struct values *values, const struct subject *subject)
{
	const struct peer *peer = subject->tunnel->peer;
	const struct config_end *remote = peer_remote_end(peer);

	put_identity(values, "PLUTO_MY_ID", &peer->local_id);
	put_identity(values, "PLUTO_PEER_ID", &peer->remote_id);
	put_text(values, "PLUTO_PEER_CA", remote->ca_same ? "%same" : remote->ca_text);
}

/* ---- the connection ---- */

/* "office/1x2" of "office/1x2[3]": what the configuration calls it. */
static void put_name(struct values *values, const struct tunnel *tunnel)
{
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(tunnel->name, "["), tunnel->name);
	put_text(values, "PLUTO_CONNECTION", name);
}

static const char *policy_auth(const struct config_end *end)
{
	if ((end->auth & AUTHBY_SECRET) != 0)
		return "PSK";
	return (end->auth & AUTHBY_NULL) != 0 ? "AUTH_NULL" : "RSASIG";
}

/* Who the client's user is, by XAUTH: what it said, printable; whether that is true is another
 * question where xauthfail=soft. */
static void put_user(struct values *values, const struct subject *subject)
{
	const struct ike_sa *sa = subject->child != NULL ? subject->child->ike : NULL;
	const struct isakmp_user *user = sa != NULL && sa->v1 != NULL ? sa->v1->user : NULL;

	put_text(values, "PLUTO_USERNAME", user != NULL ? user->name : "");
	put_text(values, "PLUTO_XAUTH_USERNAME", user != NULL ? user->name : "");
	put(values, "XAUTH_FAILED=%d", user != NULL && user->failed);
}

static void put_connection(struct values *values, const struct subject *subject)
{
	const struct tunnel *tunnel = subject->tunnel;
	const struct config_conn *conn = tunnel->conn;
	bool transport = subject->child != NULL ? subject->child->mode == KERNEL_TRANSPORT
						: conn->type == TYPE_TRANSPORT;

	put(values, "PLUTO_VERSION=1.1");
	put_name(values, tunnel);
	put(values, "PLUTO_CONNECTION_TYPE=%s", transport ? "transport" : "tunnel");
	put(values, "PLUTO_CONN_KIND=%s",
	    tunnel->peer->parent != NULL ? "CK_INSTANCE" : "CK_PERMANENT");
	put(values, "PLUTO_CONN_ADDRFAMILY=ipv%d", subject->local->family == AF_INET6 ? 6 : 4);
	put(values, "PLUTO_CONN_POLICY=%s+%s+ENCRYPT+%s%s%s%s",
	    peer_is_v1(tunnel->peer) ? "IKEV1" : "IKEV2", policy_auth(local_end(tunnel)),
	    transport ? "TRANSPORT" : "TUNNEL", conn->pfs ? "+PFS" : "",
	    conn->rekey ? "" : "+DONT_REKEY", conn->mobike ? "+MOBIKE" : "");
	put(values, "PLUTO_STACK=xfrm");
	put(values, "PLUTO_UNIQUEID=%llu", (unsigned long long)tunnel->serial);
	put(values, "PLUTO_IS_PEER_CISCO=0");
	put(values, "PLUTO_NM_CONFIGURED=0");
	put_user(values, subject);
	put(values, "CAT=");
	if (conn->mtu != 0)
		put(values, "PLUTO_MTU=%u", conn->mtu);
	if (conn->metric != 0)
		put(values, "PLUTO_METRIC=%u", conn->metric);
}

static void put_marks(struct values *values, const struct tunnel *tunnel)
{
	const struct config_conn *conn = tunnel->conn;
	uint32_t mark, mask;

	tunnel_mark(tunnel, KERNEL_IN, &mark, &mask);
	if (mark != 0 || mask != 0) {
		put(values, "CONNMARK_IN=0x%x/0x%x", mark, mask);
		put(values, "PLUTO_MARK_IN=%u/0x%08x", mark, mask);
	}
	tunnel_mark(tunnel, KERNEL_OUT, &mark, &mask);
	if (mark != 0 || mask != 0) {
		put(values, "CONNMARK_OUT=0x%x/0x%x", mark, mask);
		put(values, "PLUTO_MARK_OUT=%u/0x%08x", mark, mask);
	}
	if (conn->if_id != 0) {
		put(values, "PLUTO_IF_ID_IN=%u", conn->if_id);
		put(values, "PLUTO_IF_ID_OUT=%u", conn->if_id);
	}
	if (conn->interface) {
		put(values, "PLUTO_VIRT_INTERFACE=ipsec%u", conn->interface_number);
		put(values, "PLUTO_XFRMI_ROUTE=yes");
	}
	if (conn->vti_interface != NULL) {
		put_text(values, "VTI_IFACE", conn->vti_interface);
		put(values, "VTI_ROUTING=%s", conn->vti_routing ? "yes" : "no");
		put(values, "VTI_SHARED=%s", conn->vti_shared ? "yes" : "no");
	}
}

static void put_sa(struct values *values, const struct gateway *gateway,
		   const struct subject *subject)
{
	static const struct child_sa none = { .spi_in = 0 };
	const struct child_sa *child = subject->child != NULL ? subject->child : &none;
	const struct tunnel *tunnel = subject->tunnel;
	int64_t age = (host_now(gateway->host) - child->born) / USEC_PER_SEC;
	const char *proto = tunnel->conn->ah ? "AH" : "ESP";

	put(values, "PLUTO_SA_REQID=%u", tunnel->reqid);
	put(values, "PLUTO_REQID=%u", tunnel->reqid);
	put(values, "PLUTO_SA_TYPE=%s", proto);
	put(values, "PLUTO_PROTO=%s", proto[0] == 'A' ? "ah" : "esp");
	put(values, "SPI_IN=0x%x", child->spi_in);
	put(values, "SPI_OUT=0x%x", child->spi_out);
	put(values, "PLUTO_ADD_TIME=%lld",
	    child == &none ? 0LL : (long long)(gateway->host->ops->wall(gateway->host) - age));
	put(values, "PLUTO_INBYTES=%llu", (unsigned long long)(tunnel->bytes_in + child->in.bytes));
	put(values, "PLUTO_OUTBYTES=%llu",
	    (unsigned long long)(tunnel->bytes_out + child->out.bytes));
	if (child->encap.local_port != 0)
		put(values, "PLUTO_UDP_ENC=%u", child->encap.remote_port);
}

/* ---- addresses that one end has from the other ---- */

static const struct ike_config *config_of(const struct child_sa *child)
{
	return child != NULL && child->ike->extra != NULL ? child->ike->extra->config : NULL;
}

static void put_source(struct values *values, const struct subject *subject)
{
	const struct config_end *end = local_end(subject->tunnel);
	const struct ike_config *config = config_of(subject->child);
	bool v6 = subject->selectors->first.local.range.from.family == AF_INET6;
	const struct ip_addr *source = &end->sourceip;

	if (ip_is_set(&end->sourceip_other) && v6 == (end->sourceip_other.family == AF_INET6))
		source = &end->sourceip_other;
	if (config != NULL)
		source = &config->addresses[v6 ? 1 : 0];
	if (!ip_is_set(source))
		return;
	put_address(values, "PLUTO_MY_SOURCEIP", source);
	put(values, "PLUTO_MOBIKE_EVENT=%s", subject->moving && subject->falls ? "yes" : "");
	if (config == NULL)
		return;
	if (ip_is_set(&config->addresses[0]))
		put_address(values, "PLUTO_MY_SOURCEIP4_1", &config->addresses[0]);
	if (ip_is_set(&config->addresses[1]))
		put_address(values, "PLUTO_MY_SOURCEIP6_1", &config->addresses[1]);
}

static void put_dns(struct values *values, const struct ike_config *config)
{
	char list[IKE_CONFIG_DNS_MAX * IP_TEXT_MAX] = "", name[32];
	unsigned count[2] = { 0, 0 };
	size_t len = 0;

	for (unsigned i = 0; i < config->dns_count; i++) {
		bool v6 = config->dns[i].family == AF_INET6;
		char text[IP_TEXT_MAX];
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len > 0 ? " " : "",
					ip_text(&config->dns[i], text));
		snprintf(name, sizeof(name), "PLUTO_DNS%d_%u", v6 ? 6 : 4, ++count[v6 ? 1 : 0]);
		put_address(values, name, &config->dns[i]);
	}
	put(values, "PLUTO_PEER_DNS_INFO=%s", list);
}

static void put_given(struct values *values, const struct subject *subject)
{
	static const struct ike_config nothing = { .dns_count = 0 };
	const struct ike_config *config = config_of(subject->child);
	const struct peer *peer = subject->tunnel->peer;
	struct pool_lease *const *leases = peer->addresses != NULL ? peer->addresses->leases : NULL;
	bool serves = leases != NULL && (leases[0] != NULL || leases[1] != NULL);

	put_source(values, subject);
	put_dns(values, config != NULL ? config : &nothing);
	put_text(values, "PLUTO_PEER_DOMAIN_INFO", config != NULL ? config->domains : NULL);
	put_text(values, "PLUTO_PEER_BANNER", config != NULL ? config->banner : NULL);
	put(values, "PLUTO_CFG_CLIENT=%d", config != NULL);
	put(values, "PLUTO_CFG_SERVER=%d", serves);
	for (unsigned i = 0; serves && i < 2; i++) {
		struct ip_addr addr;
		if (leases[i] == NULL)
			continue;
		addr = pool_lease_address(leases[i]);
		put_address(values, i == 0 ? "PLUTO_PEER_SOURCEIP4_1" : "PLUTO_PEER_SOURCEIP6_1",
			    &addr);
		if (i == 0 || leases[0] == NULL)
			put_address(values, "PLUTO_PEER_SOURCEIP", &addr);
	}
}

/* ---- the script ---- */

/* What the daemon does itself. */
static bool is_default(const char *command)
{
	static const char name[] = "ipsec _updown";

	return strncmp(command, name, sizeof(name) - 1) == 0 &&
	       strchr(" \t", command[sizeof(name) - 1]) != NULL;
}

static bool split_words(struct updown_script *script, const char *command)
{
	char *text = arena_text(&script->arena, command, strlen(command)), *word, *rest = NULL;
	size_t count = 0;

	script->argv =
		arena_array(&script->arena, CONFIG_UPDOWN_WORDS_MAX + 1, sizeof(*script->argv));
	if (text == NULL || script->argv == NULL)
		return false;
	for (word = strtok_r(text, " \t", &rest); word != NULL && count < CONFIG_UPDOWN_WORDS_MAX;
	     word = strtok_r(NULL, " \t", &rest))
		script->argv[count++] = word;
	return count > 0;
}

/* As pluto: by whether this end protects anything beside itself, and by the addresses outside. */
static const char *verb_text(struct arena *arena, const char *verb, const struct subject *subject)
{
	struct ip_range self = range_single(subject->local);
	bool host = range_equal(&subject->selectors->first.local.range, &self);
	char text[VERB_MAX];

	snprintf(text, sizeof(text), "%s-%s%s", verb, host ? "host" : "client",
		 subject->local->family == AF_INET6 ? "-v6" : "");
	return arena_text(arena, text, strlen(text));
}

static bool add_verb(struct updown_script *script, const char *verb, const struct subject *subject)
{
	const char *text = verb_text(&script->arena, verb, subject);

	script->verbs[script->verb_count++] = text;
	return text != NULL;
}

static bool write_verbs(struct updown_script *script, const struct subject *subject)
{
	enum script_state from = script->from, to = script->to;
	bool good = true;

	if (from == SCRIPT_NONE && !(subject->moving && to == SCRIPT_UP))
		good = add_verb(script, "prepare", subject);
	if (from == SCRIPT_NONE)
		good = good && add_verb(script, "route", subject);
	if (to == SCRIPT_UP)
		good = good && add_verb(script, "up", subject);
	if (from == SCRIPT_UP)
		good = good && add_verb(script, "down", subject);
	if (to == SCRIPT_NONE)
		good = good && add_verb(script, "unroute", subject);
	return good;
}

/* As pluto's: a script runs once for each pair. There cannot be more of them than policies. */
static bool write_pairs(struct updown_script *script, const struct subject *subject)
{
	struct selector_lists lists;
	struct values values = { .arena = &script->arena };
	unsigned count = 0, most;

	selectors_lists(subject->selectors, &lists);
	most = lists.local_count * lists.remote_count;
	most = most < UPDOWN_PAIRS_MAX ? most : UPDOWN_PAIRS_MAX;
	script->pairs = arena_array(&script->arena, (most + 1) * 2 * UPDOWN_END_VALUES,
				    sizeof(*script->pairs));
	if (script->pairs == NULL)
		return false;
	for (unsigned i = 0; i < lists.local_count; i++)
		for (unsigned j = 0; j < lists.remote_count; j++) {
			if (lists.local[i].range.from.family != lists.remote[j].range.from.family ||
			    count++ >= UPDOWN_PAIRS_MAX)
				continue;
			values.list = script->pairs + (count - 1) * 2 * UPDOWN_END_VALUES;
			values.count = 0;
			put_client(&values, "MY", &lists.local[i]);
			put_client(&values, "PEER", &lists.remote[j]);
		}
	count = count < UPDOWN_PAIRS_MAX ? count : UPDOWN_PAIRS_MAX;
	script->pair_count = (uint8_t)(count > 0 ? count : 1);
	return !values.failed;
}

static bool write_values(struct updown_script *script, struct gateway *gateway,
			 const struct subject *subject)
{
	struct values values = { .arena = &script->arena, .count = 1 };

	script->env = arena_array(&script->arena, VALUES_MAX + 2 + 2 * UPDOWN_END_VALUES,
				  sizeof(*script->env));
	if (script->env == NULL)
		return false;
	values.list = script->env;
	put_connection(&values, subject);
	put_ways(&values, gateway, subject);
	put_ends(&values, subject);
	put_sa(&values, gateway, subject);
	put_marks(&values, subject->tunnel);
	put_given(&values, subject);
	script->env_count = values.count;
	return !values.failed;
}

static bool write_names(struct updown_script *script, const struct updown_event *event)
{
	const struct tunnel *tunnel = event->tunnel;

	script->tunnel = tunnel->serial;
	script->name = arena_text(&script->arena, tunnel->name, strlen(tunnel->name));
	script->peer = arena_text(&script->arena, tunnel->conn->name, strlen(tunnel->conn->name));
	script->slot = arena_text(&script->arena, event->slot, strlen(event->slot));
	return script->name != NULL && script->peer != NULL && script->slot != NULL;
}

bool updown_has_script(const struct tunnel *tunnel)
{
	const char *command = local_end(tunnel)->updown;

	return command != NULL && !is_default(command);
}

char *updown_slot(const struct tunnel *tunnel, const struct child_sa *child)
{
	const struct selectors *selectors = child != NULL ? &child->selectors : &tunnel->selectors;
	size_t len = strcspn(tunnel->name, "[");
	char range[IP_RANGE_TEXT_MAX];
	char *slot;

	if (tunnel->peer->parent == NULL)
		return mem_text(tunnel->name);
	slot = mem_alloc(len + 1 + sizeof(range));
	if (slot != NULL)
		snprintf(slot, len + 1 + sizeof(range), "%.*s %s", (int)len, tunnel->name,
			 range_text(&selectors->first.remote.range, range));
	return slot;
}

enum rc updown_script_new(struct gateway *gateway, const struct updown_event *event,
			  struct updown_script **out)
{
	const struct child_sa *child = event->child;
	const struct subject subject = {
		.tunnel = event->tunnel,
		.child = child,
		.local = event->local,
		.remote = event->remote,
		.selectors = child != NULL ? &child->selectors : &event->tunnel->selectors,
		.moving = event->moving,
		.falls = event->to < event->from,
	};
	struct updown_script *script = mem_alloc(sizeof(*script));

	*out = NULL;
	if (script == NULL)
		return RC_NO_MEMORY;
	arena_init(&script->arena, SCRIPT_BYTES);
	script->from = event->from;
	script->to = event->to;
	script->done = event->done;
	script->context = event->context;
	if (!split_words(script, local_end(event->tunnel)->updown) ||
	    !write_verbs(script, &subject) || !write_names(script, event) ||
	    !write_pairs(script, &subject) || !write_values(script, gateway, &subject)) {
		updown_script_free(script);
		return RC_NO_MEMORY;
	}
	*out = script;
	return RC_OK;
}

char **updown_script_env(struct updown_script *script)
{
	const size_t size = 2 * UPDOWN_END_VALUES;

	memcpy(script->env + script->env_count, script->pairs + script->pair * size,
	       size * sizeof(*script->env));
	return script->env;
}

void updown_script_free(struct updown_script *script)
{
	arena_free(&script->arena);
	mem_free(script);
}
