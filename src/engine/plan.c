/* SPDX-License-Identifier: Apache-2.0 */
/* What a tunnel wants on the host, as things are: its interface, the addresses that it was given,
 * the routes to what it protects. */
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include "engine/private.h"
#include "sa/extra.h"

_Static_assert(IKE_CONFIG_DNS_MAX == NETWORK_DNS_MAX, "name servers fit");

struct planning {
	struct gateway *gateway;
	const struct tunnel *tunnel;
	struct network_plan *plan;
	char device[NETWORK_DEVICE_MAX]; /* of its own; "": none */
	struct ip_addr local, remote;	 /* the ends of its packets; AF_UNSPEC: not known yet */
};

static const struct config_end *our_end(const struct planning *p)
{
	return peer_local_end(p->tunnel->peer);
}

static void name_interface(struct planning *p)
{
	const struct config_conn *conn = p->tunnel->conn;

	if (conn->vti_interface != NULL)
		(void)snprintf(p->device, sizeof(p->device), "%s", conn->vti_interface);
	else if (conn->interface)
		(void)snprintf(p->device, sizeof(p->device), "ipsec%u", conn->interface_number);
}

static uint8_t whole(const struct ip_addr *addr)
{
	return (uint8_t)(ip_len(addr->family) * 8);
}

/* One that several peers share lets in packets of any address. */
static void describe_vti(const struct planning *p, struct network_object *link)
{
	const struct config_conn *conn = p->tunnel->conn;
	bool shared = conn->vti_shared || p->tunnel->peer->parent != NULL;

	link->vti = true;
	link->ikey = conn->mark_in;
	link->okey = conn->mark_out;
	link->addr = p->local;
	link->via = shared || !ip_is_set(&p->remote) ? ip_any(p->local.family) : p->remote;
}

static void add_interface(struct planning *p)
{
	const struct config_conn *conn = p->tunnel->conn;
	const struct config_interface_address *ip =
		conn->vti_interface != NULL ? &our_end(p)->vti : &our_end(p)->interface_ip;
	struct network_object link = { .kind = NETWORK_LINK, .if_id = conn->if_id };
	struct network_object address = { .kind = NETWORK_ADDRESS };

	if (p->device[0] == '\0')
		return;
	memcpy(link.device, p->device, sizeof(link.device));
	if (conn->vti_interface != NULL)
		describe_vti(p, &link);
	network_plan_add(p->plan, &link);
	if (!ip_is_set(&ip->addr))
		return;
	memcpy(address.device, p->device, sizeof(address.device));
	address.addr = ip->addr;
	address.len = ip->len;
	network_plan_add(p->plan, &address);
}

/* On lo it stays whatever becomes of other interfaces, and is told to no peer as one of ours. */
static void add_address(struct planning *p, const struct ip_addr *addr)
{
	bool routed = p->device[0] != '\0';
	struct network_object object = {
		.kind = NETWORK_ADDRESS, .addr = *addr, .len = whole(addr), .aside = !routed
	};

	if (!ip_is_set(addr))
		return;
	memcpy(object.device, routed ? p->device : "lo", routed ? sizeof(object.device) : 3);
	network_plan_add(p->plan, &object);
}

/* sourceip=: it may well be an address of this host already. */
static void add_fixed_address(struct planning *p, const struct ip_addr *addr)
{
	struct host *host = p->gateway->host;

	if (!ip_is_set(addr))
		return;
	if (!host->ops->is_local(host, addr) || network_has_address(p->gateway->network, addr))
		add_address(p, addr);
}

static void add_rules(struct planning *p, uint8_t family)
{
	struct network_object rule = { .kind = NETWORK_RULE,
				       .addr = ip_any(family),
				       .table = HOST_TABLE_MAIN };

	network_plan_add(p->plan, &rule);
	rule.table = HOST_TABLE_TUNNELS;
	network_plan_add(p->plan, &rule);
}

static void add_port_rules(struct planning *p, struct network_object rule)
{
	const struct config_setup *setup = p->gateway->env.setup;
	const uint16_t ports[] = { setup->ikeport, setup->nattport };

	rule.proto = IPPROTO_UDP;
	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		rule.port = ports[i];
		if (rule.port != 0)
			network_plan_add(p->plan, &rule);
	}
}

/* With strict rp_filter nothing would come in from peers any more: the way back to them leads into
 * the tunnel. Past the table of tunnels goes what IKE and IPsec are made of, from this host to
 * anybody, since other peers come and this one moves; and what of UDP goes between the two
 * addresses, since fragments have no ports. (Linux reads ports for the former only where there is a
 * rule like the latter.) What others send through us is none of it. */
static void add_peer_rules(struct planning *p, const struct ip_addr *outer)
{
	struct host *host = p->gateway->host;
	struct network_object ours = { .kind = NETWORK_RULE,
				       .device = "lo",
				       .addr = ip_any(outer->family),
				       .table = HOST_TABLE_MAIN };
	struct network_object fragments = { .kind = NETWORK_RULE,
					    .addr = *outer,
					    .len = whole(outer),
					    .proto = IPPROTO_UDP,
					    .source = p->local,
					    .table = HOST_TABLE_MAIN };
	struct host_route way;

	if (p->device[0] == '\0' || !ip_is_set(&p->local) || host->ops->route_to == NULL ||
	    host->ops->route_to(host, outer, &way) != RC_OK || !way.strict)
		return;
	add_port_rules(p, ours);
	ours.proto = p->tunnel->conn->ah ? IPPROTO_AH : IPPROTO_ESP;
	network_plan_add(p->plan, &ours);
	network_plan_add(p->plan, &fragments);
}

static bool has_route_to(const struct network_plan *plan, const struct network_object *route)
{
	for (unsigned i = 0; i < plan->count; i++) {
		const struct network_object *other = &plan->objects[i];
		if (other->kind == NETWORK_ROUTE && ip_equal(&other->addr, &route->addr) &&
		    other->len == route->len)
			return true;
	}
	return false;
}

/* Without an interface of its own the way is that to the peer, so that nothing else changes. */
static bool find_way(const struct planning *p, const struct ip_addr *outer,
		     struct network_object *route)
{
	struct host *host = p->gateway->host;
	struct host_route way;

	if (p->device[0] != '\0') {
		memcpy(route->device, p->device, sizeof(route->device));
		return true;
	}
	if (host->ops->route_to == NULL || host->ops->route_to(host, outer, &way) != RC_OK)
		return false;
	memcpy(route->device, way.device, sizeof(route->device));
	if (way.gateway.family == route->addr.family)
		route->via = way.gateway;
	return true;
}

/* What the conn protects counts, so that a peer that narrows has no say in it; and the route
 * itself, which may be wider than what is protected. */
static bool leads_into_itself(const struct tunnel *tunnel, const struct network_object *route,
			      const struct ip_addr *outer)
{
	struct ip_range both = range_single(outer);
	struct ip_addr first;

	if (selectors_hold_addr(&tunnel->selectors, outer))
		return true;
	if (outer->family != route->addr.family)
		return false;
	if (ip_compare(&route->addr, outer) < 0)
		both.from = route->addr;
	else
		both.to = route->addr;
	return range_cover(&both, &first) >= route->len;
}

static void add_route(struct planning *p, const struct ip_range *to, const struct ip_addr *outer,
		      const struct ip_addr *source)
{
	const struct config_conn *conn = p->tunnel->conn;
	struct network_object route = { .kind = NETWORK_ROUTE,
					.mtu = conn->mtu,
					.metric = conn->metric,
					.table = HOST_TABLE_MAIN };

	route.len = (uint8_t)range_cover(to, &route.addr);
	if (source->family == route.addr.family)
		route.source = *source;
	if (has_route_to(p->plan, &route) || !find_way(p, outer, &route))
		return;
	if (leads_into_itself(p->tunnel, &route, outer)) {
		route.table = HOST_TABLE_TUNNELS;
		add_rules(p, route.addr.family);
		if (outer->family == route.addr.family)
			add_peer_rules(p, outer);
	}
	network_plan_add(p->plan, &route);
}

static const struct ip_addr *fixed_source(const struct config_end *end, uint8_t family)
{
	return end->sourceip_other.family == family ? &end->sourceip_other : &end->sourceip;
}

static const struct ike_config *given(const struct child_sa *child)
{
	return child->ike != NULL && child->ike->extra != NULL ? child->ike->extra->config : NULL;
}

/* The address that packets to there come from. */
static const struct ip_addr *source_of(const struct planning *p, const struct ike_config *config,
				       uint8_t family)
{
	const struct config_end *end = our_end(p);

	if (end->modecfgclient && config != NULL &&
	    ip_is_set(&config->addresses[family == AF_INET6]))
		return &config->addresses[family == AF_INET6];
	return fixed_source(end, family);
}

static void add_routes(struct planning *p, const struct selectors *selectors,
		       const struct ip_addr *outer, const struct ike_config *config)
{
	struct selector_lists lists;

	selectors_lists(selectors, &lists);
	for (unsigned i = 0; i < lists.remote_count; i++) {
		const struct ip_range *to = &lists.remote[i].range;
		add_route(p, to, outer, source_of(p, config, to->from.family));
	}
}

static void add_child(struct planning *p, const struct child_sa *child)
{
	const struct config_end *end = our_end(p);
	const struct ike_config *config = given(child);

	if (!ip_is_set(&p->local)) { /* the newest comes first */
		p->local = child->local;
		p->remote = child->remote;
	}

	if (end->modecfgclient && config != NULL) {
		add_address(p, &config->addresses[0]);
		add_address(p, &config->addresses[1]);
	}
	add_fixed_address(p, &end->sourceip);
	add_fixed_address(p, &end->sourceip_other);
	if (conn_has_routes(p->tunnel->conn, end))
		add_routes(p, &child->selectors, &child->remote, config);
}

/* Newest first: where two want a route to the same place, its source is that of the newer. */
static bool add_children(struct planning *p, const struct child_sa *but)
{
	const struct list *all = &p->tunnel->child_sas;
	bool any = false;

	for (const struct list *node = all->prev; node != all; node = node->prev) {
		const struct child_sa *child =
			container_of((uintptr_t)node, struct child_sa, in_tunnel);
		if (child == but || child->state == CHILD_LARVAL)
			continue;
		any = true;
		if (child->mode == KERNEL_TUNNEL)
			add_child(p, child);
	}
	return any;
}

/* A packet finds the trap through the interface only. */
static void add_trap(struct planning *p)
{
	const struct tunnel *tunnel = p->tunnel;

	add_fixed_address(p, &our_end(p)->sourceip);
	add_fixed_address(p, &our_end(p)->sourceip_other);
	if (!ip_is_set(&p->local)) {
		p->local = tunnel->peer->local;
		p->remote = tunnel->peer->remote;
	}
	if (conn_has_routes(tunnel->conn, our_end(p)))
		add_routes(p, &tunnel->selectors, &tunnel->peer->remote, NULL);
}

void outfit_plan(struct gateway *gateway, const struct tunnel *tunnel, const struct child_sa *but,
		 struct network_plan *plan)
{
	struct planning p = { .gateway = gateway, .tunnel = tunnel, .plan = plan };
	struct network_plan rest = { .count = 0 };
	const struct config_conn *conn = tunnel->conn;
	bool traps = tunnel->trap_installed && conn_has_device(conn);

	*plan = rest;
	if (gateway->network == NULL || conn_shunts(conn))
		return;
	name_interface(&p);
	p.plan = &rest;
	if (!add_children(&p, but) && !traps)
		return;
	if (traps)
		add_trap(&p);
	if (conn->vti_interface != NULL && !ip_is_set(&p.local))
		return; /* it comes when we know where from */
	p.plan = plan;
	add_interface(&p);
	for (unsigned i = 0; i < rest.count; i++)
		network_plan_add(plan, &rest.objects[i]);
	plan->too_long = plan->too_long || rest.too_long;
}

/* Behind the tunnel's interface, or the one that leads to the peer. */
static bool dns_of(const struct planning *p, const struct child_sa *child, struct network_dns *dns)
{
	const struct ike_config *config = given(child);
	struct network_object way = { .kind = NETWORK_ROUTE };

	if (config == NULL || (config->dns_count == 0 && config->domains == NULL) ||
	    !our_end(p)->modecfgclient || !find_way(p, &child->remote, &way))
		return false;
	memcpy(dns->device, way.device, sizeof(dns->device));
	memcpy(dns->servers, config->dns, sizeof(dns->servers));
	dns->count = config->dns_count;
	dns->domains = config->domains;
	dns->source = config->addresses[ip_is_set(&config->addresses[0]) ? 0 : 1];
	return true;
}

bool outfit_dns(struct gateway *gateway, const struct tunnel *tunnel, const struct child_sa *but,
		struct network_dns *dns)
{
	struct planning p = { .gateway = gateway, .tunnel = tunnel };
	const struct list *all = &tunnel->child_sas;

	*dns = (struct network_dns){ .count = 0 };
	if (gateway->network == NULL)
		return false;
	name_interface(&p);
	for (const struct list *node = all->prev; node != all; node = node->prev) {
		const struct child_sa *child =
			container_of((uintptr_t)node, struct child_sa, in_tunnel);
		if (child != but && child->state != CHILD_LARVAL && dns_of(&p, child, dns))
			return true;
	}
	return false;
}
