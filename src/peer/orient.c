/* SPDX-License-Identifier: Apache-2.0 */
/* Which end of a conn is this host, and what follows from that. */
#include "peer/private.h"
#include "x509/keyring.h"

/* What is known of one end now. */
struct end_view {
	const struct config_end *end;
	struct ip_addr addr; /* AF_UNSPEC: not known, or many */
	bool ours;
};

struct placement {
	bool oriented, left_is_local, template, local_any;
	struct ip_addr local, remote;
	struct identity local_id, remote_id;
};

static bool is_many(const struct config_end *end)
{
	return end->kind == HOST_ANY || end->kind == HOST_RANGE;
}

static bool default_route(struct host *host, uint8_t family, struct ip_addr *out)
{
	return host->ops->default_route(host, family, out, NULL) == RC_OK && ip_is_set(out);
}

/* Of the other end's IP version, if that is known. */
static void view_default_route(struct host *host, struct end_view *view,
			       const struct end_view *other)
{
	uint8_t family = other->addr.family;

	if (family == AF_UNSPEC)
		family = other->end->kind == HOST_RANGE ? other->end->range.from.family
							: other->end->addr.family;
	if (family != AF_UNSPEC)
		view->ours = default_route(host, family, &view->addr);
	else
		view->ours = default_route(host, AF_INET, &view->addr) ||
			     default_route(host, AF_INET6, &view->addr);
	if (!view->ours)
		view->addr = (struct ip_addr){ .family = AF_UNSPEC };
}

static void view_end(const struct peer *peer, bool left, struct end_view *view)
{
	struct host *host = peer->owner->host;

	*view = (struct end_view){ .end = left ? &peer->conn->left : &peer->conn->right };
	switch (view->end->kind) {
	case HOST_ADDRESS:
		view->addr = view->end->addr;
		break;
	case HOST_NAME:
		view->addr = naming_addr(peer, left);
		break;
	case HOST_ANY:
	case HOST_DEFAULTROUTE:
	case HOST_RANGE:
		return;
	}
	view->ours = ip_is_set(&view->addr) && host->ops->is_local(host, &view->addr);
}

static void view_ends(const struct peer *peer, struct end_view *left, struct end_view *right)
{
	struct host *host = peer->owner->host;

	view_end(peer, true, left);
	view_end(peer, false, right);
	if (left->end->kind == HOST_DEFAULTROUTE)
		view_default_route(host, left, right);
	if (right->end->kind == HOST_DEFAULTROUTE)
		view_default_route(host, right, left);
}

/* ---- which end ---- */

static bool waits_for_name(const struct end_view *view)
{
	return view->end->kind == HOST_NAME && !ip_is_set(&view->addr);
}

static enum rc neither(const struct peer *peer, const struct end_view *left,
		       const struct end_view *right, struct diag *diag)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];
	const char *name = waits_for_name(left) ? left->end->name : right->end->name;

	if (left->end->kind == HOST_DEFAULTROUTE || right->end->kind == HOST_DEFAULTROUTE)
		return diag_fail(diag, RC_NOT_FOUND,
				 "conn %s waits: there is no default route (%%defaultroute)",
				 peer->conn->name);
	if (waits_for_name(left) || waits_for_name(right))
		return diag_fail(diag, RC_NOT_FOUND, "conn %s waits for the address of %s",
				 peer->conn->name, name);
	if (!ip_is_set(&left->addr) || !ip_is_set(&right->addr))
		return diag_fail(diag, RC_NOT_FOUND, "conn %s waits: this host does not have %s",
				 peer->conn->name,
				 ip_text(ip_is_set(&left->addr) ? &left->addr : &right->addr, a));
	return diag_fail(diag, RC_NOT_FOUND,
			 "conn %s waits: this host has neither %s (left) nor %s (right)",
			 peer->conn->name, ip_text(&left->addr, a), ip_text(&right->addr, b));
}

/* left=%any is this host, whatever its address, when right is somebody else or anybody. */
static bool left_is_any_local(const struct peer *peer, const struct end_view *left,
			      const struct end_view *right)
{
	return left->end->kind == HOST_ANY && !right->ours &&
	       (ip_is_set(&right->addr) || is_many(right->end)) &&
	       !(peer->placed && !peer->left_is_local);
}

static enum rc choose_side(const struct peer *peer, const struct end_view *left,
			   const struct end_view *right, struct placement *out, struct diag *diag)
{
	bool left_routed = left->end->kind == HOST_DEFAULTROUTE;
	bool right_routed = right->end->kind == HOST_DEFAULTROUTE;

	out->local_any = left_is_any_local(peer, left, right);
	if (!left->ours && !right->ours && !out->local_any)
		return neither(peer, left, right, diag);
	if (left->ours && right->ours && left_routed == right_routed)
		return diag_fail(diag, RC_AMBIGUOUS,
				 "conn %s waits: left and right are both addresses of this host",
				 peer->conn->name);
	out->left_is_local = out->local_any || (left->ours && !(right->ours && right_routed));
	return RC_OK;
}

static bool in_use(const struct peer *peer)
{
	return peer->busy > 0 || !list_empty(&peer->ike_sas) || !list_empty(&peer->instances);
}

/* ---- identities that were not given are the addresses ---- */

enum rc peer_address_identity(const struct ip_addr *addr, struct identity *out)
{
	struct span bytes = ip_bytes(addr);
	struct wire_id id = { .type = addr->family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR,
			      .data = bytes };

	if (ip_is_set(addr))
		return identity_from_wire(&id, out);
	*out = (struct identity){ .type = ID_NONE };
	return RC_OK;
}

static enum rc end_identity(const struct config_end *end, const struct ip_addr *addr,
			    struct identity *out)
{
	const struct wire_id null = { .type = ID_NULL };

	if (end->id.type != ID_NONE)
		return identity_copy(&end->id, out);
	if (end->auth == AUTHBY_NULL) /* RFC 7619 §2.1 */
		return identity_from_wire(&null, out);
	return peer_address_identity(addr, out);
}

/* leftid=%fromcert */
static enum rc own_identity(const struct peer *peer, const struct config_end *end,
			    const struct ip_addr *addr, struct identity *out, struct diag *diag)
{
	struct credential *credential;

	if (!end->id_fromcert || peer->owner->keyring == NULL)
		return end_identity(end, addr, out);
	TRY(keyring_credential(peer->owner->keyring, end, &credential, diag));
	if (credential->certificate == NULL)
		return diag_fail(diag, RC_NOT_FOUND, "%%fromcert needs leftcert=");
	return certificate_identity(credential->certificate, out);
}

/* rightid=%fromcert: whatever its certificate says. */
static enum rc other_identity(const struct config_end *end, const struct ip_addr *addr,
			      struct identity *out)
{
	if (!end->id_fromcert)
		return end_identity(end, addr, out);
	*out = (struct identity){ .type = ID_NONE };
	return RC_OK;
}

static enum rc identify(const struct peer *peer, const struct end_view *local,
			const struct end_view *remote, struct placement *out, struct diag *diag)
{
	enum rc rc;

	(void)diag_fail(diag, RC_NO_MEMORY, "out of memory");
	TRY(own_identity(peer, local->end, &out->local, &out->local_id, diag));
	rc = other_identity(remote->end, &out->remote, &out->remote_id);
	if (rc != RC_OK)
		identity_free(&out->local_id);
	return rc;
}

/* ---- place ---- */

static void find_source(const struct peer *peer, struct placement *out)
{
	struct host *host = peer->owner->host;

	if (host->ops->source_for(host, &out->remote, &out->local) != RC_OK)
		out->local = (struct ip_addr){ .family = AF_UNSPEC };
}

/* On success the identities in *out are the caller's. */
static enum rc place(const struct peer *peer, struct placement *out, struct diag *diag)
{
	struct end_view left, right;
	const struct end_view *local, *remote;
	struct diag why = { "" };
	enum rc rc;

	view_ends(peer, &left, &right);
	TRY(choose_side(peer, &left, &right, out, diag));
	if (peer->placed && out->left_is_local != peer->left_is_local && in_use(peer))
		return diag_fail(diag, RC_AMBIGUOUS,
				 "conn %s waits: its other end is this host now, but SAs of before "
				 "are still there",
				 peer->conn->name);
	local = out->left_is_local ? &left : &right;
	remote = out->left_is_local ? &right : &left;
	out->local = local->addr;
	out->remote = remote->addr;
	out->template = is_many(remote->end);
	if (out->local_any && !out->template)
		find_source(peer, out);
	if (ip_is_set(&out->local) && ip_is_set(&out->remote) &&
	    out->local.family != out->remote.family)
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"conn %s waits: left and right have addresses of different IP versions",
			peer->conn->name);
	rc = identify(peer, local, remote, out, &why);
	if (rc != RC_OK)
		return diag_fail(diag, rc, "conn %s waits: %s", peer->conn->name, why.text);
	out->oriented = true;
	return RC_OK;
}

/* ---- take over ---- */

static bool same_placement(const struct peer *peer, const struct placement *to)
{
	return peer->oriented && peer->left_is_local == to->left_is_local &&
	       peer->local_any == to->local_any && peer->template == to->template &&
	       ip_compare(&peer->local, &to->local) == 0 &&
	       ip_compare(&peer->remote, &to->remote) == 0 &&
	       identity_equal(&peer->local_id, &to->local_id) &&
	       identity_equal(&peer->remote_id, &to->remote_id);
}

static void forget(struct placement *placement)
{
	identity_free(&placement->local_id);
	identity_free(&placement->remote_id);
}

static void take_identities(struct peer *peer, struct placement *to)
{
	identity_free(&peer->local_id);
	identity_free(&peer->remote_id);
	peer->local_id = to->local_id;
	peer->remote_id = to->remote_id;
}

static uint16_t port_of(const struct config_end *end, const struct config_setup *setup)
{
	return end->ikeport != 0 ? end->ikeport : setup->ikeport != 0 ? setup->ikeport : 500;
}

static void move(struct peer *peer, struct placement *to)
{
	struct peers *peers = peer->owner;

	if (peer->placed && peers->on_move != NULL)
		peers->on_move(peers->context, peer);
	index_remove(peer);
	peer->oriented = peer->placed = true;
	peer->left_is_local = to->left_is_local;
	peer->local_any = to->local_any;
	peer->template = to->template;
	peer->local = to->local;
	peer->remote = to->remote;
	take_identities(peer, to);
	peer->local_port = port_of(peer_local_end(peer), &peer->config->setup);
	peer->remote_port =
		peer_remote_end(peer)->ikeport != 0 ? peer_remote_end(peer)->ikeport : 500;
	peer_select(peer);
	index_add(peer);
}

static void log_move(const struct peer *peer, const struct diag *why)
{
	struct log_subject subject = { .peer = peer->conn->name };
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX];

	if (!peer->oriented)
		log_write(peer->owner->log, LOG_LEVEL_WARNING, &subject, "%s", why->text);
	else
		log_write(peer->owner->log, LOG_LEVEL_INFO, &subject, "we are %s, the peer is %s",
			  ip_is_set(&peer->local) ? ip_text(&peer->local, local) : "not known yet",
			  ip_is_set(&peer->remote) ? ip_text(&peer->remote, remote)
			  : peer->template	   ? "anybody who proves its identity"
						   : "not known yet");
}

enum rc peer_orient(struct peer *peer, struct diag *diag)
{
	struct placement to = { .oriented = false };
	struct diag own = { "" };
	bool was = peer->oriented;
	enum rc rc = place(peer, &to, &own);

	if (rc != RC_OK && diag != NULL)
		*diag = own;
	if (rc == RC_OK && same_placement(peer, &to)) {
		forget(&to);
		return RC_OK;
	}
	if (rc == RC_NO_MEMORY && was)
		return rc; /* nothing says that it is elsewhere now */
	if (rc == RC_OK) {
		move(peer, &to);
	} else if (was) {
		index_remove(peer);
		peer->oriented = false;
	}
	if (rc == RC_OK || was) {
		log_move(peer, &own);
		peer_dirty(peer);
	}
	return rc;
}

enum rc peer_why_unoriented(struct peer *peer, struct diag *diag)
{
	struct placement now = { .oriented = false };
	enum rc rc;

	if (peer->oriented)
		return RC_OK;
	rc = place(peer, &now, diag);
	forget(&now);
	return rc;
}
