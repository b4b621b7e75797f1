/* SPDX-License-Identifier: Apache-2.0 */
/* rfc4555: addresses of an IKE SA change. Who began the first SA leads: it says which addresses are
 * used (UPDATE_SA_ADDRESSES), and tries one pair after the other where no answer comes. The other
 * end follows, asks at the new address whether it is there (COOKIE2) and then moves its Child SAs.
 */
#include "ikev2/private.h"

/* The SA's data as the outcome will have it. NULL: out of memory. */
static struct ike_mobile *draft(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;

	if (out->mobile == NULL)
		out->mobile = ARENA_NEW(step->arena, struct ike_mobile);
	else
		return out->mobile;
	if (out->mobile != NULL && sa->mobile != NULL)
		*out->mobile = *sa->mobile;
	return out->mobile;
}

/* ---- addresses of the peer's ---- */

static void add_other(struct ike_mobile *mobile, const struct ip_addr *addr)
{
	for (unsigned i = 0; i < mobile->other_count; i++)
		if (ip_equal(&mobile->others[i], addr))
			return;
	if (mobile->other_count < MOBILE_ADDRESSES_MAX && !ip_is_any(addr) &&
	    !ip_is_link_local(addr))
		mobile->others[mobile->other_count++] = *addr;
}

static bool is_address(uint16_t type)
{
	return type == ADDITIONAL_IP4_ADDRESS || type == ADDITIONAL_IP6_ADDRESS;
}

/* §3.6: the whole list comes anew. True: there was one. */
static bool read_addresses(const struct ike_message *message, struct ike_mobile *mobile)
{
	const struct payload *payload = wire_payload_find(message, PAYLOAD_NOTIFY);
	struct wire_notify notify;
	struct ip_addr addr;
	bool any = notify_find(message, NO_ADDITIONAL_ADDRESSES, &notify);

	if (any)
		mobile->other_count = 0;
	for (; payload != NULL; payload = wire_payload_next(payload)) {
		if (wire_notify_parse(payload->body, &notify, NULL) != RC_OK ||
		    !is_address(notify.type) || ip_from_bytes(notify.data, &addr) != RC_OK)
			continue;
		if (!any)
			mobile->other_count = 0;
		any = true;
		add_other(mobile, &addr);
	}
	return any;
}

/* ---- IKE_AUTH (§3.2, §3.4) ---- */

enum rc mobike_emit_support(struct step *step, const struct peer *peer, const struct ip_addr *local,
			    struct writer *writer)
{
	if (!peer->conn->mobike)
		return RC_OK;
	emit_notify(writer, MOBIKE_SUPPORTED);
	(void)mobike_emit_addresses(step->env, local, writer);
	return RC_OK;
}

/* §3.8: what the peer saw of us in IKE_SA_INIT, to compare with later. */
static void remember_seen(const struct ike_message *message, struct ike_mobile *mobile)
{
	struct wire_notify notify;

	if (notify_find(message, NAT_DETECTION_DESTINATION_IP, &notify) &&
	    notify.data.len == sizeof(mobile->seen))
		memcpy(mobile->seen, notify.data.ptr, sizeof(mobile->seen));
}

static void remember_init(struct step *step, struct ike_mobile *mobile)
{
	const struct ike_larval *larval = step->sa->larval;
	struct ike_message message;
	uint8_t critical;

	if (step->sa->role == INITIATOR && larval != NULL && larval->init_response != NULL &&
	    wire_message_parse(step->arena,
			       span_make(larval->init_response, larval->init_response_len),
			       &message, &critical, NULL) == RC_OK)
		remember_seen(&message, mobile);
}

enum rc mobike_read_support(struct step *step, const struct peer *peer, struct outcome *out)
{
	struct wire_notify notify;

	if (!peer->conn->mobike || !notify_find(step->message, MOBIKE_SUPPORTED, &notify))
		return RC_OK;
	if (draft(step, out) == NULL)
		return RC_NO_MEMORY;
	out->mobile->leads = step->sa->role == INITIATOR;
	out->mobile->told = ikev2_addresses_hash(step->env, step->sa);
	(void)read_addresses(step->message, out->mobile);
	remember_init(step, out->mobile);
	return RC_OK;
}

/* ---- requests of the peer's ---- */

static bool acceptable(const struct step *step)
{
	const struct ip_addr *remote = &step->remote.addr;
	const uint8_t *b = remote->bytes;
	struct host *host = step->env->host;
	bool group = remote->family == AF_INET ? b[0] >= 224 : b[0] == 0xff;

	return !ip_is_any(remote) && !group && !host->ops->is_local(host, remote);
}

/* §3.9: addresses and ports as the peer sent them; any difference is a NAT. */
static bool nats_prohibited(const struct step *step, bool *found)
{
	uint8_t bytes[2 * 16 + 4];
	struct wire_notify notify;
	struct sink sink;

	*found = false;
	if (!notify_find(step->message, NO_NATS_ALLOWED, &notify))
		return false;
	sink_init(&sink, bytes, sizeof(bytes));
	sink_span(&sink, ip_bytes(&step->remote.addr));
	sink_span(&sink, ip_bytes(&step->local.addr));
	sink_u16(&sink, step->remote.port);
	sink_u16(&sink, step->local.port);
	*found = !span_equal(notify.data, sink_written(&sink));
	return true;
}

static bool child_is_there(const struct child_sa *child, const struct step *step, bool encap)
{
	return ip_equal(&child->local, &step->local.addr) &&
	       ip_equal(&child->remote, &step->remote.addr) &&
	       child->encap.remote_port == (encap ? step->remote.port : 0);
}

static bool children_are_there(const struct step *step, bool encap)
{
	list_for(node, &step->sa->children)
	{
		if (!child_is_there(container_of(node, struct child_sa, in_ike), step, encap))
			return false;
	}
	return true;
}

static bool path_changes(const struct step *step, const struct outcome *out)
{
	const struct ike_sa *sa = step->sa;

	return !endpoint_equal(&sa->local, &step->local) ||
	       !endpoint_equal(&sa->remote, &step->remote) || sa->encap != out->encap ||
	       !children_are_there(step, out->encap);
}

static enum rc read_nats(struct step *step, const struct ip_endpoint *local,
			 const struct ip_endpoint *remote, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct nat_findings nat;

	TRY(nat_detect(step->message, local, remote, sa->spi_i, sa->spi_r, &nat));
	out->encap = sa->encap;
	if (!nat.supported)
		return RC_OK;
	out->nat_set = true;
	out->nat_here = nat.here;
	out->nat_there = nat.there;
	out->encap =
		step->natt && (nat.here || nat.there || sa->peer->conn->encapsulation == TRI_YES);
	return RC_OK;
}

/* §3.5: the responder's part. */
static enum rc follow(struct step *step, struct outcome *out)
{
	struct ike_mobile *mobile = draft(step, out);

	if (mobile == NULL)
		return RC_NO_MEMORY;
	TRY(read_nats(step, &step->local, &step->remote, out));
	mobile->check_due = path_changes(step, out);
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	return RC_OK;
}

/* §3.6: the follower speaks from another address: its old one may be gone. */
static void be_led_elsewhere(const struct step *step, struct ike_mobile *mobile,
			     struct outcome *out)
{
	if (ip_equal(&step->remote.addr, &step->sa->remote.addr) || !acceptable(step))
		return;
	add_other(mobile, &step->sa->remote.addr);
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	out->encap = step->sa->encap;
	mobile->update_due = true;
}

static uint16_t refusal_of_update(const struct step *step)
{
	bool nat;

	if (!acceptable(step))
		return UNACCEPTABLE_ADDRESSES;
	(void)nats_prohibited(step, &nat);
	return nat ? UNEXPECTED_NAT_DETECTED : 0;
}

enum rc mobike_read_request(struct step *step, struct outcome *out)
{
	const struct ike_mobile *now = step->sa->mobile;
	struct wire_notify notify;
	struct ike_mobile *mobile;

	if (now == NULL || step->sa->state != IKE_ESTABLISHED)
		return RC_OK;
	mobile = draft(step, out);
	if (mobile == NULL)
		return RC_NO_MEMORY;
	bool told = read_addresses(step->message, mobile);
	if (now->leads && told)
		be_led_elsewhere(step, mobile, out);
	if (!now->leads && notify_find(step->message, UPDATE_SA_ADDRESSES, &notify) &&
	    refusal_of_update(step) == 0)
		return follow(step, out);
	return RC_OK;
}

/* §4.2.5: "the responder copies it"; §3.8: NAT detection is answered with the same. */
enum rc mobike_emit_answer(struct step *step, struct outcome *out, struct writer *writer)
{
	const struct ike_sa *sa = step->sa;
	struct wire_notify notify;

	(void)out;
	if (sa->mobile == NULL || sa->peer == NULL)
		return RC_OK;
	if (!sa->mobile->leads && notify_find(step->message, UPDATE_SA_ADDRESSES, &notify) &&
	    refusal_of_update(step) != 0)
		emit_notify(writer, (enum notify_type)refusal_of_update(step));
	if (notify_find(step->message, COOKIE2, &notify))
		wire_notify_emit(writer, &notify);
	if (!notify_find(step->message, NAT_DETECTION_SOURCE_IP, &notify))
		return RC_OK;
	return nat_emit(writer, step->env->host, sa->spi_i, sa->spi_r, &step->local, &step->remote,
			sa->peer->conn->encapsulation == TRI_YES);
}

/* ---- requests of ours ---- */

static enum rc begin(struct step *step, struct outcome *out, struct sink *sink,
		     struct writer *writer, enum request_purpose purpose)
{
	out->message.exchange = EXCHANGE_INFORMATIONAL;
	out->message.purpose = (uint8_t)purpose;
	return inner_start(step->arena, sink, writer);
}

static enum rc ask_update(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct ike_mobile *mobile = draft(step, out);
	struct writer writer;
	struct sink sink;

	if (mobile == NULL)
		return RC_NO_MEMORY;
	mobile->update_due = false;
	mobile->asked_local = sa->local;
	mobile->asked_remote = sa->remote;
	mobile->told = ikev2_addresses_hash(step->env, sa);
	TRY(begin(step, out, &sink, &writer, REQUEST_UPDATE));
	emit_notify(&writer, UPDATE_SA_ADDRESSES);
	if (mobike_emit_addresses(step->env, &sa->local.addr, &writer) == 0)
		emit_notify(&writer, NO_ADDITIONAL_ADDRESSES);
	TRY(nat_emit(&writer, step->env->host, sa->spi_i, sa->spi_r, &sa->local, &sa->remote,
		     sa->peer->conn->encapsulation == TRI_YES));
	return inner_finish(&writer, &sink, &out->message);
}

/* §3.7: the cookie cannot be guessed by who does not get our request. Without MOBIKE the answer
 * alone must do. */
static enum rc ask_check(struct step *step, struct outcome *out)
{
	struct writer writer;
	struct sink sink;

	TRY(begin(step, out, &sink, &writer, REQUEST_CHECK));
	if (step->sa->mobile != NULL) {
		struct ike_mobile *mobile = draft(step, out);
		if (mobile == NULL)
			return RC_NO_MEMORY;
		mobile->asked_local = step->sa->local;
		mobile->asked_remote = step->sa->remote;
		TRY(host_random(step->env->host, mobile->cookie2, COOKIE2_LEN));
		wire_notify_emit(&writer, &(struct wire_notify){ .type = COOKIE2,
								 .data = span_make(mobile->cookie2,
										   COOKIE2_LEN) });
	}
	return inner_finish(&writer, &sink, &out->message);
}

static enum rc tell(struct step *step, struct outcome *out)
{
	struct ike_mobile *mobile = draft(step, out);
	struct writer writer;
	struct sink sink;

	if (mobile == NULL)
		return RC_NO_MEMORY;
	mobile->tell_due = false;
	mobile->told = ikev2_addresses_hash(step->env, step->sa);
	TRY(begin(step, out, &sink, &writer, REQUEST_ADDRESSES));
	if (mobike_emit_addresses(step->env, &step->sa->local.addr, &writer) == 0)
		emit_notify(&writer, NO_ADDITIONAL_ADDRESSES);
	return inner_finish(&writer, &sink, &out->message);
}

static enum rc move(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;

	if (sa->mobile != NULL && sa->mobile->update_due)
		return ask_update(step, out);
	if (sa->check != NULL || (sa->mobile != NULL && sa->mobile->check_due))
		return ask_check(step, out);
	if (sa->mobile != NULL && sa->mobile->tell_due)
		return tell(step, out);
	return RC_OK;
}

enum rc mobike_emit_probe(struct step *step, struct writer *writer)
{
	const struct ike_sa *sa = step->sa;

	if (sa->mobile == NULL || !sa->mobile->leads || !sa->nat_here)
		return RC_OK;
	return nat_emit(writer, step->env->host, sa->spi_i, sa->spi_r, &sa->local, &sa->remote,
			sa->peer->conn->encapsulation == TRI_YES);
}

/* ---- answers to ours ---- */

static bool is_tried(const struct step *step)
{
	return mobike_is_address(step->sa, &step->remote.addr);
}

/* The pair on which the answer came works; is it the one that the peer was told of? */
static enum rc updated(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct ike_mobile *mobile = draft(step, out);

	if (mobile == NULL)
		return RC_NO_MEMORY;
	out->endpoints_set = true;
	out->local = is_tried(step) ? step->local : mobile->asked_local;
	out->remote = is_tried(step) ? step->remote : mobile->asked_remote;
	out->encap = sa->encap;
	if (!endpoint_equal(&out->local, &mobile->asked_local) ||
	    !endpoint_equal(&out->remote, &mobile->asked_remote)) {
		mobile->update_due = true;
		return RC_OK;
	}
	/* chosen anew while it was out (§3.5) */
	if (!endpoint_equal(&out->local, &sa->local) ||
	    !endpoint_equal(&out->remote, &sa->remote)) {
		out->endpoints_set = false;
		mobile->update_due = true;
		return RC_OK;
	}
	TRY(read_nats(step, &out->local, &out->remote, out));
	remember_seen(step->message, mobile);
	mobile->trial = 0;
	out->follow = true;
	return RC_OK;
}

static enum rc update_refused(struct step *step, const struct wire_notify *notify,
			      struct outcome *out)
{
	char name[48];

	out->ike_ended = RC_PEER_REFUSED;
	(void)step;
	return diag_fail(&out->diag, RC_OK, "the peer does not accept our new address: %s",
			 names_text(&notify_names, notify->type, name, sizeof(name)));
}

static enum rc read_update(struct step *step, struct outcome *out)
{
	struct wire_notify notify;

	if (notify_find(step->message, UNACCEPTABLE_ADDRESSES, &notify) ||
	    notify_find(step->message, UNEXPECTED_NAT_DETECTED, &notify))
		return update_refused(step, &notify, out);
	return updated(step, out);
}

static bool cookie_returned(const struct step *step)
{
	const struct ike_mobile *mobile = step->sa->mobile;
	struct wire_notify notify;

	if (mobile == NULL)
		return true;
	/* Libreswan 4.10 leaves it out; the answer must come from where we asked all the same */
	return !notify_find(step->message, COOKIE2, &notify) ||
	       secret_equal(notify.data, span_make(mobile->cookie2, COOKIE2_LEN));
}

/* The peer has moved on since we asked: the answer is about a place where it is no more. */
static bool asked_elsewhere(const struct ike_sa *sa)
{
	return sa->mobile != NULL && sa->check == NULL &&
	       (!endpoint_equal(&sa->mobile->asked_local, &sa->local) ||
		!endpoint_equal(&sa->mobile->asked_remote, &sa->remote));
}

/* §4.2.5: a wrong cookie is an attempt to lead us astray. */
static enum rc read_check(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct ip_endpoint asked = sa->check != NULL ? *sa->check : sa->remote;

	if (!cookie_returned(step)) {
		out->ike_ended = RC_PEER_REFUSED;
		return diag_fail(&out->diag, RC_OK,
				 "the peer did not return our COOKIE2: it may not be where it "
				 "says");
	}
	if (sa->mobile != NULL && draft(step, out) == NULL)
		return RC_NO_MEMORY;
	if (out->mobile != NULL)
		out->mobile->check_due = asked_elsewhere(sa);
	if (asked_elsewhere(sa) || !endpoint_equal(&step->remote, &asked))
		return RC_OK; /* it is not there */
	out->endpoints_set = out->follow = true;
	out->local = sa->local;
	out->remote = asked;
	out->encap = sa->encap;
	return RC_OK;
}

/* §3.8, and §3.10: any request may have found another way. */
static enum rc read_other(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct ike_mobile before, *mobile;

	if (sa->mobile == NULL || !sa->mobile->leads)
		return RC_OK;
	mobile = draft(step, out);
	if (mobile == NULL)
		return RC_NO_MEMORY;
	before = *mobile;
	remember_seen(step->message, mobile);
	if (!span_equal(SPAN_OF(before.seen), SPAN_OF(mobile->seen)))
		mobile->update_due = true;
	if (!is_tried(step) || (endpoint_equal(&sa->local, &step->local) &&
				endpoint_equal(&sa->remote, &step->remote)))
		return RC_OK;
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	out->encap = sa->encap;
	mobile->update_due = true;
	return RC_OK;
}

enum rc mobike_read_response(struct step *step, struct outcome *out)
{
	if (step->sa->request.purpose == REQUEST_UPDATE)
		return read_update(step, out);
	if (step->sa->request.purpose == REQUEST_CHECK)
		return read_check(step, out);
	return read_other(step, out);
}

static const step_fn move_steps[] = { move, NULL };

const struct ike_row ikev2_mobike_rows[] = {
	{ IKE_ESTABLISHED, INITIATOR, EVENT_MOVE, NULL, move_steps, IKE_ESTABLISHED,
	  "addresses changed: the peer is told, or asked whether it is there" },
	{ IKE_ESTABLISHED, RESPONDER, EVENT_MOVE, NULL, move_steps, IKE_ESTABLISHED,
	  "addresses changed: the peer is told, or asked whether it is there" },
	{ .story = NULL },
};
