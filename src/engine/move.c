/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: paths
 *
 * An IKE SA has a path: two addresses with ports, and whether ESP goes in UDP. It changes when a
 * NAT gives the peer another mapping (RFC 7296 §2.23: what it authenticates comes from elsewhere,
 * or the kernel saw its ESP come from elsewhere), when MOBIKE moves it (RFC 4555), and when an
 * address of ours goes. Its Child SAs follow in the kernel. What one end alone would believe
 * without proof
 * - where ESP came from - is asked there first.
 */
#include "engine/private.h"
#include "sa/compress.h"

#define MOVES_MAX    20
#define MOVES_PERIOD (60 * USEC_PER_SEC) /* a path that moves oftener without a rest stays */
#define TRIES_BEFORE_OTHERS                                                                        \
	3 /* sends of a request by the path in use before a leader tries others */

static void moved(struct ike_sa *sa)
{
	struct gateway *gateway = sa->owner;
	struct log_subject subject = subject_of(sa);
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX];
	usec_t now = host_now(gateway->host);

	sa->moves = now >= sa->moved + MOVES_PERIOD ? 1 : (uint8_t)(sa->moves + (sa->moves < 255));
	sa->moved = now;
	log_write(gateway->log, LOG_LEVEL_INFO, &subject, "the path is now %s to %s%s",
		  endpoint_text(&sa->local, local), endpoint_text(&sa->remote, remote),
		  sa->encap ? ", ESP in UDP" : "");
	peer_record(sa->peer, sa->serial, RECORD_NAT,
		    (unsigned)(sa->nat_here ? 1 : 0) + (sa->nat_there ? 2 : 0), 0, 0);
}

static bool may_move(const struct ike_sa *sa, usec_t now)
{
	return sa->moves < MOVES_MAX || now >= sa->moved + MOVES_PERIOD;
}

static void take(struct ike_sa *sa, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, bool encap)
{
	bool same = endpoint_equal(&sa->local, local) && endpoint_equal(&sa->remote, remote) &&
		    sa->encap == encap;

	if (!ip_equal(&sa->local.addr, &local->addr) || !ip_equal(&sa->remote.addr, &remote->addr))
		sa->fragment_size = 0; /* that was learned of another way */
	sa->local = *local;
	sa->remote = *remote;
	sa->encap = encap;
	if (!same && sa->state == IKE_ESTABLISHED && sa->peer != NULL)
		moved(sa);
}

void path_take(struct ike_sa *sa, const struct outcome *out)
{
	take(sa, &out->local, &out->remote, out->encap);
}

/* ---- Child SAs follow ---- */

/* It cannot go there: another takes its place. */
static void replace(struct child_sa *child, enum rc reason)
{
	if (child->delete_wanted)
		return;
	child->delete_wanted = true;
	child->delete_reason = reason;
	peer_dirty(child->tunnel->peer);
}

static void describe_move(const struct child_sa *child, enum kernel_direction direction,
			  const struct ip_endpoint *local, const struct ip_endpoint *remote,
			  bool encap, struct kernel_request *out)
{
	bool in = direction == KERNEL_IN;

	*out = (struct kernel_request){ .op = KERNEL_SA_MOVE };
	child_kernel_sa(child, direction, &out->sa);
	out->to.src = in ? remote->addr : local->addr;
	out->to.dst = in ? local->addr : remote->addr;
	if (encap)
		out->to.encap = (struct kernel_encap){ local->port, remote->port };
}

/* IPComp is inside: it never goes in UDP itself. */
static void describe_zip(const struct child_sa *child, enum kernel_direction direction,
			 const struct kernel_request *around, struct kernel_request *out)
{
	*out = (struct kernel_request){ .op = KERNEL_SA_MOVE };
	if (child->compress == NULL)
		return;
	compress_kernel_sa(child, direction, &out->sa);
	out->to.src = around->to.src;
	out->to.dst = around->to.dst;
}

static bool zip_taken(const struct gateway *gateway, const struct child_sa *child,
		      const struct ip_addr *remote)
{
	return child->compress != NULL &&
	       compress_outbound_taken(&gateway->sas, remote, child->compress->cpi_out);
}

/* Where another Child SA's policies stand in the same place they stay. */
static void move_policy(struct gateway *gateway, struct child_sa *child,
			enum kernel_direction direction)
{
	struct kernel_request request = { .op = KERNEL_POLICY_SET };

	for (unsigned i = 0; i < selectors_policies(&child->selectors); i++) {
		child_kernel_policy(child, i, direction, &request.policy);
		if (child_policy_owner(&gateway->sas, &request.policy, NULL) == child)
			child_ask(gateway, &request, child);
	}
}

static void move_policies(struct gateway *gateway, struct child_sa *child)
{
	move_policy(gateway, child, KERNEL_OUT);
	move_policy(gateway, child, KERNEL_IN);
	move_policy(gateway, child, KERNEL_FWD);
}

static bool is_there(const struct child_sa *child, const struct ip_endpoint *local,
		     const struct ip_endpoint *remote, bool encap)
{
	return ip_equal(&child->local, &local->addr) && ip_equal(&child->remote, &remote->addr) &&
	       child->encap.local_port == (encap ? local->port : 0) &&
	       child->encap.remote_port == (encap ? remote->port : 0);
}

static void child_move(struct gateway *gateway, struct child_sa *child,
		       const struct ip_endpoint *local, const struct ip_endpoint *remote,
		       bool encap)
{
	bool stays =
		ip_equal(&child->local, &local->addr) && ip_equal(&child->remote, &remote->addr);
	struct kernel_request in, out, zip_in, zip_out;

	if (child->state != CHILD_UP || is_there(child, local, remote, encap))
		return;
	/* RFC 4555 §1.3: transport mode lives and dies with its addresses */
	if (!stays && child->mode == KERNEL_TRANSPORT) {
		replace(child, RC_REPLACED);
		return;
	}
	/* AH with a NAT on the new path: see child_check(); IPComp in the other IP version: see
	 * compress_wanted() */
	if ((encap && tunnel_protocol(child->tunnel) == PROTOCOL_AH) ||
	    (child->compress != NULL && remote->addr.family != child->remote.family)) {
		replace(child, RC_NO_PROPOSAL);
		return;
	}
	if (!ip_equal(&child->remote, &remote->addr) &&
	    (child_outbound_taken(&gateway->sas, &remote->addr, child->spi_out) ||
	     zip_taken(gateway, child, &remote->addr))) {
		replace(child, RC_EXISTS);
		return;
	}
	describe_move(child, KERNEL_IN, local, remote, encap, &in);
	describe_move(child, KERNEL_OUT, local, remote, encap, &out);
	describe_zip(child, KERNEL_IN, &in, &zip_in);
	describe_zip(child, KERNEL_OUT, &out, &zip_out);
	if (child_sa_move(&gateway->sas, child, local, remote, encap) != RC_OK)
		replace(child, RC_NO_MEMORY);
	child_ask(gateway, &in, child);
	child_ask(gateway, &out, child);
	if (stays)
		return;
	if (child->compress != NULL) {
		child_ask(gateway, &zip_in, child);
		child_ask(gateway, &zip_out, child);
	}
	move_policies(gateway, child);
	outfit_moved(child->tunnel);
}

void path_carry(struct gateway *gateway, struct ike_sa *sa)
{
	list_for_safe(node, &sa->children)
		child_move(gateway, container_of(node, struct child_sa, in_ike), &sa->local,
			   &sa->remote, sa->encap);
}

/* ---- a NAT gave the peer another mapping ---- */

/* §2.23: "if the host is behind a NAT, it SHOULD NOT", as anybody who can replay from elsewhere
 * could lead it away. With MOBIKE only UPDATE_SA_ADDRESSES moves (RFC 4555 §3.8). */
static bool follows_mappings(const struct ike_sa *sa)
{
	return sa->state == IKE_ESTABLISHED && sa->nat_there && !sa->nat_here && sa->encap;
}

static bool same_kind(const struct ip_endpoint *a, const struct ip_endpoint *b)
{
	return a->addr.family == b->addr.family && b->port != 0;
}

/* New and authenticated: what is repeated never comes here (§2.3). */
static void follow_sender(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	const struct step *step = &errand->step;

	if (step->message == NULL || !errand->out.heard || sa->mobile != NULL ||
	    !follows_mappings(sa) || !step->natt || endpoint_equal(&sa->remote, &step->remote) ||
	    !same_kind(&sa->remote, &step->remote) || !may_move(sa, step->now))
		return;
	take(sa, &sa->local, &step->remote, sa->encap);
	path_carry(errand->gateway, sa);
}

static void ask_there(struct ike_sa *sa, const struct ip_endpoint *where)
{
	if (sa->v1 != NULL && (sa->v1->vendors & VENDOR_DPD) == 0)
		return; /* it would not answer: its next message tells */
	if (sa->check == NULL)
		sa->check = mem_alloc(sizeof(*sa->check));
	if (sa->check == NULL)
		return; /* the kernel says it again with the next packet */
	*sa->check = *where;
	peer_dirty(sa->peer);
}

/* Nobody can be asked: another port of the same box is believed, another address is not. */
static void gone_mapped(struct gateway *gateway, struct child_sa *child,
			const struct ip_endpoint *mapped)
{
	struct ike_sa *sa = child->ike;
	usec_t now = host_now(gateway->host);

	if (!sa->nat_there || sa->nat_here || child->encap.remote_port == 0 || mapped->port == 0 ||
	    !ip_equal(&child->remote, &mapped->addr) || !may_move(sa, now) ||
	    is_there(child, &sa->local, mapped, true))
		return;
	child_move(gateway, child, &sa->local, mapped, true);
	sa->moves = now >= sa->moved + MOVES_PERIOD ? 1 : (uint8_t)(sa->moves + 1);
	sa->moved = now;
}

void path_mapped(struct gateway *gateway, struct child_sa *child, const struct ip_endpoint *mapped)
{
	struct ike_sa *sa = child != NULL ? child->ike : NULL;

	if (sa != NULL && sa->state == IKEV1_GONE) {
		gone_mapped(gateway, child, mapped);
		return;
	}
	if (sa == NULL || !follows_mappings(sa) || child->encap.remote_port == 0 ||
	    !same_kind(&sa->remote, mapped) || !may_move(sa, host_now(gateway->host)) ||
	    is_there(child, &sa->local, mapped, true) || sa->request.purpose == REQUEST_CHECK)
		return;
	/* another port of the same box: ESP follows at once, the rest when it has answered */
	if (ip_equal(&child->remote, &mapped->addr))
		child_move(gateway, child, &sa->local, mapped, true);
	if (!endpoint_equal(&sa->remote, mapped))
		ask_there(sa, mapped);
}

/* ---- outcomes ---- */

static enum rc take_mobile(struct ike_sa *sa, const struct ike_mobile *mobile)
{
	if (mobile == NULL)
		return RC_OK;
	TRY(ike_sa_mobile(sa, mobile->leads));
	*sa->mobile = *mobile;
	return RC_OK;
}

static void check_over(struct ike_sa *sa)
{
	if (sa->request.purpose != REQUEST_CHECK)
		return;
	mem_free(sa->check);
	sa->check = NULL;
}

enum rc path_commit(struct errand *errand)
{
	struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;

	TRY(take_mobile(sa, out->mobile));
	if (out->request_done)
		check_over(sa);
	follow_sender(errand);
	if (out->follow)
		path_carry(errand->gateway, sa);
	return RC_OK;
}

/* ---- requests ---- */

static bool tries_others(const struct ike_sa *sa)
{
	if (sa->mobile == NULL || !sa->mobile->leads || sa->state != IKE_ESTABLISHED)
		return false;
	return sa->request.tries >
	       (sa->request.purpose == REQUEST_UPDATE ? 1 : TRIES_BEFORE_OTHERS);
}

/* The answer tells which of them got through; nothing changes before. */
void path_send(struct gateway *gateway, struct ike_sa *sa)
{
	struct ip_endpoint local = sa->local, remote = sa->remote;
	struct span bytes = span_make(sa->request.bytes, sa->request.len);

	if (sa->request.purpose == REQUEST_CHECK && sa->check != NULL && sa->request.tries % 2 == 1)
		remote = *sa->check;
	else if (tries_others(sa))
		(void)ikev2_path(&gateway->env, sa, sa->mobile->trial++, &local, &remote);
	if (sa->v1 != NULL)
		v1_transmit(gateway, sa, &local, &remote, bytes);
	else
		send_kept(gateway, &local, &remote, bytes);
}

static bool something_due(const struct ike_sa *sa)
{
	const struct ike_mobile *mobile = sa->mobile;

	return sa->check != NULL ||
	       (mobile != NULL && (mobile->update_due || mobile->check_due || mobile->tell_due));
}

void path_go(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->state == IKE_ESTABLISHED && something_due(sa) && !sa->delete_wanted &&
	    sa->errand == NULL && sa->request.bytes == NULL)
		road_event(gateway, sa, EVENT_MOVE, NULL, NULL, NULL);
}

/* ---- this host changed ---- */

/* What is out goes at once by the new path; the peer hears of it when the window is free. */
static void lead(struct gateway *gateway, struct ike_sa *sa)
{
	struct ip_endpoint local, remote;
	bool alive = gateway->host->ops->is_local(gateway->host, &sa->local.addr);

	if (!ikev2_path(&gateway->env, sa, 0, &local, &remote))
		return; /* no way anywhere: the next change of the host brings one, or DPD ends it
			 */
	if (!alive || !ip_equal(&local.addr, &sa->local.addr)) {
		take(sa, &local, &remote, sa->encap);
		sa->mobile->trial = 0;
		sa->mobile->update_due = true;
		if (sa->request.bytes != NULL && sa->errand == NULL)
			path_send(gateway, sa);
	} else if (sa->mobile->told != ikev2_addresses_hash(&gateway->env, sa)) {
		sa->mobile->tell_due = true;
	}
}

/* §3.6: the leader hears of it from an address that is there, and chooses. */
static void be_led(struct gateway *gateway, struct ike_sa *sa)
{
	struct host *host = gateway->host;
	struct ip_addr source;

	if (!host->ops->is_local(host, &sa->local.addr)) {
		if (host->ops->source_for(host, &sa->remote.addr, &source) != RC_OK ||
		    !host->ops->is_local(host, &source))
			return;
		sa->local.addr = source;
		sa->fragment_size = 0;
		sa->mobile->tell_due = true;
	} else if (sa->mobile->told != ikev2_addresses_hash(&gateway->env, sa)) {
		sa->mobile->tell_due = true;
	}
}

/* Without MOBIKE an SA ends with its address, once the conn has another one. The peer hears of it
 * from there, so that both begin anew at once. */
static void end_with_address(struct gateway *gateway, struct ike_sa *sa)
{
	const struct peer *peer = sa->peer;
	struct arena arena;

	if (gateway->host->ops->is_local(gateway->host, &sa->local.addr) || !peer->oriented ||
	    peer->local.family != sa->remote.addr.family)
		return;
	if (sa->state == IKE_ESTABLISHED) {
		sa->local.addr = peer->local;
		arena_init(&arena, LIMIT_EVENT_ARENA);
		send_goodbye(gateway, sa, &arena, 0);
		arena_free(&arena);
	}
	ike_down(gateway, sa, RC_REPLACED, "the address that it had here is gone");
}

static void sa_host_changed(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->mobile == NULL) {
		end_with_address(gateway, sa);
		return;
	}
	if (sa->state != IKE_ESTABLISHED)
		return;
	if (sa->mobile->leads)
		lead(gateway, sa);
	else
		be_led(gateway, sa);
	if (something_due(sa))
		peer_dirty(sa->peer);
}

void path_host_changed(struct gateway *gateway, struct peer *peer)
{
	list_for_safe(node, &peer->ike_sas)
		sa_host_changed(gateway, container_of(node, struct ike_sa, in_peer));
}
