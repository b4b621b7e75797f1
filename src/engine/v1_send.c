/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1 on the road: from an outcome to its message. An exchange of phase 2 has a message ID and a
 * CBC chain of its own; an answer is kept with the question that it answers. */
#include "engine/private.h"

/* ---- commit ---- */

static bool was_encrypted(const struct errand *errand)
{
	return errand->step.message != NULL &&
	       (errand->step.message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
}

static void chain_goes_on(struct errand *errand)
{
	struct isakmp *v1 = errand->step.sa->v1;
	uint32_t message_id = errand->step.message->header.message_id;
	struct isakmp_exchange *exchange = isakmp_exchange_find(v1, message_id);

	if (message_id == 0)
		memcpy(v1->iv, errand->step.iv, sizeof(v1->iv));
	else if (exchange != NULL)
		memcpy(exchange->iv, errand->step.iv, sizeof(exchange->iv));
}

/* The third message of a Quick Mode: what the peer can read now may go out. If there is no memory
 * for that, it is asked for once more. */
static void proven(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	struct isakmp_exchange *exchange =
		isakmp_exchange_find(sa->v1, errand->step.message->header.message_id);
	struct child_sa *child = exchange != NULL ? child_sa_by_serial(sa, exchange->child) : NULL;

	if (exchange != NULL && (child == NULL || child_promote(errand->gateway, child)))
		exchange->proof_len = 0;
}

/* Once of each SA. */
static void tell_hint(struct errand *errand)
{
	const struct ike_sa *sa = errand->step.sa;
	const struct log_subject subject = { .peer = sa->peer->conn->name, .serial = sa->serial };
	char name[48], remote[IP_TEXT_MAX];

	peer_record(sa->peer, sa->serial, RECORD_NOTIFY_IN, errand->out.v1.hint, 0, 0);
	log_write(errand->gateway->log, LOG_LEVEL_NOTICE, &subject,
		  "%s, or somebody in its name, says %s; we go on, because nothing proves it",
		  endpoint_text(&errand->step.remote, remote),
		  names_text(&isakmp_notify_names, errand->out.v1.hint, name, sizeof(name)));
}

enum rc v1_commit(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;

	if (sa->v1 == NULL)
		return RC_OK;
	if (was_encrypted(errand))
		chain_goes_on(errand);
	if (errand->out.v1.hint != 0 && sa->v1->hint == 0)
		tell_hint(errand);
	TRY(isakmp_take(sa->v1, &errand->out.v1));
	errand->gateway->counters.deletes_unknown += errand->out.v1.unknown;
	if (errand->row->state == IKEV1_AGGRESSIVE)
		sa->v1->aggressive = true;
	if (errand->out.v1.proven)
		proven(errand);
	v1_agreed(errand);
	return RC_OK;
}

/* ---- out ---- */

struct built {
	uint8_t *bytes;
	uint32_t len;
	uint8_t iv[IKEV1_IV_MAX]; /* of the chain after it */
};

/* The chain that our message continues or begins. */
static enum rc chain_of(const struct errand *errand, uint8_t iv[IKEV1_IV_MAX])
{
	const struct ike_sa *sa = errand->step.sa;
	uint32_t message_id = errand->out.v1.message_id;

	if (message_id == 0) {
		memcpy(iv, sa->v1->iv, IKEV1_IV_MAX);
		return RC_OK;
	}
	if (was_encrypted(errand) && message_id == errand->step.message->header.message_id) {
		memcpy(iv, errand->step.iv, IKEV1_IV_MAX);
		return RC_OK;
	}
	return ikev1_iv_exchange(&sa->suite, sa->v1->iv, message_id, iv);
}

static enum rc seal(const struct ike_sa *sa, uint32_t message_id,
		    const struct outcome_message *message, struct built *built)
{
	struct sink sink;
	enum rc rc;

	built->len =
		(uint32_t)(message->clear ? message->bytes.len : ikev1_sealed_len(sa, message));
	built->bytes = mem_alloc(built->len);
	if (built->bytes == NULL)
		return RC_NO_MEMORY;
	if (message->clear) {
		memcpy(built->bytes, message->bytes.ptr, message->bytes.len);
		return RC_OK;
	}
	sink_init(&sink, built->bytes, built->len);
	rc = ikev1_seal(sa, message_id, message, built->iv, &sink);
	if (rc != RC_OK) {
		mem_free(built->bytes);
		built->bytes = NULL;
	}
	return rc;
}

static void keep(uint8_t **to, uint32_t *len, struct built *built)
{
	mem_free(*to);
	*to = built->bytes;
	*len = built->len;
	built->bytes = NULL;
}

static enum rc answer_phase1(struct errand *errand, struct built *built)
{
	struct ike_sa *sa = errand->step.sa;

	TRY(v1_digest_of(errand->step.message->raw, sa->v1->question));
	sa->v1->questioned = true;
	if (!errand->out.message.clear)
		memcpy(sa->v1->iv, built->iv, sizeof(sa->v1->iv));
	keep(&sa->answer, &sa->answer_len, built);
	return RC_OK;
}

/* ---- the second message of a Quick Mode, until the third has come ---- */

static bool say_once_more(struct gateway *gateway, const struct ike_sa *sa,
			  struct isakmp_exchange *exchange)
{
	if (exchange->proof_len == 0 || exchange->answer == NULL ||
	    exchange->tries >= sa->peer->conn->retransmit_tries)
		return false;
	exchange->tries++;
	gateway->counters.retransmits++;
	v1_transmit(gateway, sa, &sa->local, &sa->remote,
		    span_make(exchange->answer, exchange->answer_len));
	return true;
}

/* The peer never had it: what there was before stays. */
static void never_came(const struct ike_sa *sa, struct isakmp_exchange *exchange)
{
	struct child_sa *child =
		exchange->proof_len > 0 ? child_sa_by_serial(sa, exchange->child) : NULL;

	exchange->proof_len = 0;
	if (child == NULL || child->delete_wanted || child->waiting_keymat.ptr == NULL)
		return;
	child->delete_wanted = true;
	child->delete_reason = RC_TIMEOUT;
	peer_dirty(sa->peer);
}

static void wait_again(struct gateway *gateway, struct ike_sa *sa, unsigned tries)
{
	gateway_timer(gateway, &sa->v1->again,
		      host_now(gateway->host) +
			      retransmit_interval(sa->peer->conn, gateway->host, tries));
}

/* Nothing answers the third message of Aggressive Mode: who waits for the peer's next word (about
 * our user, or our address) does not know whether it has come. */
static bool waits_for_a_word(const struct ike_sa *sa)
{
	return sa->role == INITIATOR && sa->v1->aggressive && sa->answer != NULL &&
	       (sa->state == IKEV1_XAUTH || sa->state == IKEV1_CONFIG) &&
	       sa->request.bytes == NULL && sa->v1->exchange_count == 0;
}

static void third_again(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->v1->repeats >= sa->peer->conn->retransmit_tries)
		return;
	sa->v1->repeats++;
	gateway->counters.retransmits++;
	v1_transmit(gateway, sa, &sa->local, &sa->remote, span_make(sa->answer, sa->answer_len));
	wait_again(gateway, sa, sa->v1->repeats + 1u);
}

#define SAID_AGAIN 2

/* How often the one that was said least often was; 0: nothing is left. */
static unsigned said_again(struct gateway *gateway, const struct ike_sa *sa)
{
	unsigned least = 0;

	for (unsigned i = 0; i < ISAKMP_SAID_MAX; i++) {
		struct isakmp_said *said = &sa->v1->said[i];
		if (said->bytes == NULL)
			continue;
		v1_transmit(gateway, sa, &sa->local, &sa->remote,
			    span_make(said->bytes, said->len));
		gateway->counters.retransmits++;
		if (++said->again >= SAID_AGAIN) {
			mem_free(said->bytes);
			said->bytes = NULL;
		} else if (least == 0 || said->again < least) {
			least = said->again;
		}
	}
	return least;
}

static void again_fire(struct timer *timer)
{
	struct isakmp *v1 = container_of(timer, struct isakmp, again);
	struct gateway *gateway = v1->sa->owner;
	unsigned tries = said_again(gateway, v1->sa);

	if (waits_for_a_word(v1->sa))
		third_again(gateway, v1->sa);
	list_for(node, &v1->exchanges)
	{
		struct isakmp_exchange *exchange =
			container_of(node, struct isakmp_exchange, in_sa);
		if (!say_once_more(gateway, v1->sa, exchange))
			never_came(v1->sa, exchange);
		else if (tries == 0 || exchange->tries < tries)
			tries = exchange->tries;
	}
	if (tries > 0)
		wait_again(gateway, v1->sa, tries);
}

/* The peer's address is proven since phase 1. */
static void ask_again(struct gateway *gateway, struct ike_sa *sa)
{
	sa->v1->sa = sa;
	sa->v1->again.fire = again_fire;
	if (!timer_armed(&sa->v1->again))
		wait_again(gateway, sa, 1);
}

static enum rc answer_phase2(struct errand *errand, struct built *built)
{
	struct ike_sa *sa = errand->step.sa;
	const struct outcome *out = &errand->out;
	struct isakmp_exchange *exchange = isakmp_exchange_find(sa->v1, out->v1.message_id);

	if (exchange == NULL)
		TRY(isakmp_exchange_new(sa->v1, out->v1.message_id, &exchange));
	TRY(v1_digest_of(errand->step.message->raw, exchange->question));
	memcpy(exchange->iv, built->iv, sizeof(exchange->iv));
	exchange->exchange = out->message.exchange;
	exchange->ours = out->v1.proof.len == 0;
	exchange->child = out->v1.child;
	if (out->v1.proof.len > 0 && out->v1.proof.len <= sizeof(exchange->proof)) {
		memcpy(exchange->proof, out->v1.proof.ptr, out->v1.proof.len);
		exchange->proof_len = (uint8_t)out->v1.proof.len;
	}
	keep(&exchange->answer, &exchange->answer_len, built);
	if (exchange->proof_len > 0)
		ask_again(errand->gateway, sa);
	return RC_OK;
}

static enum rc send_answer(struct errand *errand, struct built *built)
{
	struct gateway *gateway = errand->gateway;
	struct ike_sa *sa = errand->step.sa;
	struct span bytes = span_make(built->bytes, built->len);

	TRY(errand->out.v1.message_id == 0 ? answer_phase1(errand, built)
					   : answer_phase2(errand, built));
	if (waits_for_a_word(sa))
		ask_again(gateway, sa);
	if (sa->role == INITIATOR && errand->out.v1.message_id == 0) /* where it goes on */
		v1_transmit(gateway, sa, &sa->local, &sa->remote, bytes);
	else
		v1_transmit(gateway, sa, &errand->step.local, &errand->step.remote, bytes);
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT,
			    errand->out.message.exchange | RECORD_RESPONSE,
			    errand->out.v1.message_id, 0);
	return RC_OK;
}

static void send_once(struct errand *errand, const struct built *built)
{
	struct ike_sa *sa = errand->step.sa;

	v1_transmit(errand->gateway, sa, &sa->local, &sa->remote,
		    span_make(built->bytes, built->len));
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT, errand->out.message.exchange,
			    errand->out.v1.message_id, 0);
}

/* The peer says it again when its timer and ours cross: that is not worked on twice. */
static void note_question(const struct errand *errand)
{
	struct isakmp *v1 = errand->step.sa->v1;

	if (errand->step.message != NULL && errand->out.v1.message_id == 0)
		v1->questioned = v1_digest_of(errand->step.message->raw, v1->question) == RC_OK;
}

/* A Delete that gets lost leaves the peer an IPsec SA into nothing, while the ISAKMP SA lives and
 * answers. Of one that another has replaced it loses nothing. */
static void say_later(const struct errand *errand, struct built *built)
{
	const struct child_sa *child = errand->step.subject;
	struct isakmp *v1 = errand->step.sa->v1;
	struct isakmp_said *said = &v1->said[v1->said_at % ISAKMP_SAID_MAX];

	if (errand->row->event != EVENT_DELETE_CHILD || child == NULL ||
	    child->delete_reason == RC_REPLACED)
		return;
	mem_free(said->bytes);
	*said = (struct isakmp_said){ .bytes = built->bytes, .len = built->len };
	built->bytes = NULL;
	v1->said_at++;
	ask_again(errand->gateway, errand->step.sa);
}

static void send_asked(struct errand *errand, struct built *built)
{
	struct ike_sa *sa = errand->step.sa;
	const struct outcome *out = &errand->out;

	if (out->v1.message_id == 0 && !out->message.clear)
		memcpy(sa->v1->iv, built->iv, sizeof(sa->v1->iv));
	sa->v1->request_id = out->v1.message_id;
	memcpy(sa->v1->request_iv, built->iv, sizeof(sa->v1->request_iv));
	note_question(errand);
	keep(&sa->request.bytes, &sa->request.len, built);
	request_begin(errand->gateway, sa, &out->message, out->v1.message_id);
}

/* Nobody tells us our own: what comes back of it is not heard. */
static void tell_once(struct gateway *gateway, const struct ike_sa *sa,
		      const struct outcome_message *message, uint32_t message_id)
{
	struct built built = { .bytes = NULL };

	if (ikev1_iv_exchange(&sa->suite, sa->v1->iv, message_id, built.iv) != RC_OK ||
	    seal(sa, message_id, message, &built) != RC_OK)
		return;
	v1_transmit(gateway, sa, &sa->local, &sa->remote, span_make(built.bytes, built.len));
	mem_free(built.bytes);
	isakmp_remember(sa->v1, message_id);
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT, message->exchange, message_id, 0);
}

/* Whichever ISAKMP SA the peer keeps that IPsec SA with (strongSwan looks in that one only, and
 * which one it is after two renewals nobody else can know): one of them is it. */
static void tell_elsewhere(struct gateway *gateway, const struct child_sa *child,
			   struct arena *arena)
{
	struct outcome_message message = { .present = false };
	uint32_t id;

	list_for(node, &child->ike->peer->ike_sas)
	{
		const struct ike_sa *other = container_of(node, struct ike_sa, in_peer);
		if (other != child->ike && other->v1 != NULL && other->state == IKE_ESTABLISHED &&
		    ikev1_delete_child(&gateway->env, other, child, arena, &message, &id) == RC_OK)
			tell_once(gateway, other, &message, id);
	}
}

enum rc v1_send(struct errand *errand)
{
	const struct outcome *out = &errand->out;
	struct built built = { .bytes = NULL };
	enum rc rc;

	TRY(chain_of(errand, built.iv));
	rc = seal(errand->step.sa, out->v1.message_id, &out->message, &built);
	if (rc == RC_OK && out->message.response)
		rc = send_answer(errand, &built);
	else if (rc == RC_OK && out->v1.once) {
		send_once(errand, &built);
		say_later(errand, &built);
	} else if (rc == RC_OK) {
		send_asked(errand, &built);
	}
	mem_free(built.bytes);
	if (rc == RC_OK && errand->row->event == EVENT_DELETE_CHILD && errand->step.subject != NULL)
		tell_elsewhere(errand->gateway, errand->step.subject, errand->step.arena);
	return rc;
}

void v1_goodbye(struct gateway *gateway, struct ike_sa *sa, struct arena *arena)
{
	struct outcome_message message = { .present = false };
	bool stay = false;
	uint32_t id;

	if (sa->keys.block.ptr == NULL)
		return;
	if (sa->delete_wanted && phase1_outlived(gateway, sa, sa->delete_reason))
		stay = true;
	list_for(node, &sa->children)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_ike);
		if (stay ||
		    ikev1_delete_child(&gateway->env, sa, child, arena, &message, &id) != RC_OK)
			continue;
		tell_once(gateway, sa, &message, id);
		tell_elsewhere(gateway, child, arena);
	}
	if (ikev1_delete_ike(&gateway->env, sa, arena, &message, &id) == RC_OK)
		tell_once(gateway, sa, &message, id);
}

/* The chain goes on with what was read: the peer has sealed it, and goes on from there. */
void v1_disown(struct errand *errand)
{
	chain_goes_on(errand);
	v1_goodbye(errand->gateway, errand->step.sa, &errand->arena);
}

/* One message of an event is its answer: what is asked next is an event of its own. */
static bool asks_next(const struct ike_sa *sa)
{
	if (sa->state == IKEV1_XAUTH)
		return sa->role == RESPONDER;
	return sa->state == IKEV1_CONFIG && sa->peer->conn->modecfgpull;
}

void v1_configure(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->v1 != NULL && asks_next(sa) && !sa->delete_wanted && sa->errand == NULL &&
	    sa->request.bytes == NULL) {
		road_event(gateway, sa, EVENT_TRANSACTION, NULL, NULL, NULL);
		return;
	}
	if (sa->v1 == NULL || sa->state != IKE_ESTABLISHED || sa->role != RESPONDER ||
	    sa->v1->configured || sa->delete_wanted || sa->errand != NULL ||
	    sa->request.bytes != NULL || sa->peer->conn->modecfgpull ||
	    peer_remote_end(sa->peer)->pools == NULL)
		return;
	road_event(gateway, sa, EVENT_TRANSACTION, NULL, NULL, NULL);
}

void v1_probe_again(struct gateway *gateway, struct ike_sa *sa)
{
	struct outcome_message message = { .present = false };
	struct built built = { .bytes = NULL };
	uint32_t number, id;
	struct arena arena;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (ikev1_next_number(&gateway->env, sa, &number) == RC_OK &&
	    ikev1_r_u_there(&gateway->env, sa, &arena, number, &message, &id) == RC_OK &&
	    ikev1_iv_exchange(&sa->suite, sa->v1->iv, id, built.iv) == RC_OK &&
	    seal(sa, id, &message, &built) == RC_OK) {
		keep(&sa->request.bytes, &sa->request.len, &built);
		sa->v1->request_id = id;
		sa->v1->dpd_sent = number;
	}
	arena_free(&arena);
}

/* ---- failures ---- */

static uint16_t notify_of(enum rc rc)
{
	if (rc == RC_TS_UNACCEPTABLE)
		return ISAKMP_INVALID_ID_INFORMATION;
	if (rc == RC_NO_ADDRESS)
		return ISAKMP_ATTRIBUTES_NOT_SUPPORTED;
	if (rc == RC_INVALID_KE || rc == RC_BAD_PUBLIC)
		return ISAKMP_INVALID_KEY_INFORMATION;
	if (rc == RC_SYNTAX || rc == RC_TRUNCATED || rc == RC_TRAILING)
		return ISAKMP_PAYLOAD_MALFORMED;
	return ISAKMP_NO_PROPOSAL_CHOSEN;
}

/* What is refused leaves no exchange behind: said again by whomever it is no sign of life. */
static bool heard_before(struct errand *errand)
{
	struct isakmp *v1 = errand->step.sa != NULL ? errand->step.sa->v1 : NULL;
	uint32_t id = errand->step.message->header.message_id;

	if (v1 == NULL || !errand->out.heard)
		return false;
	if (isakmp_was_told(v1, id))
		return true;
	isakmp_remember(v1, id);
	return false;
}

/* Before its HASH was right nothing tells an attacker from the peer. */
static void tell_refused(struct errand *errand, enum rc rc)
{
	struct outcome_message message = { .present = false };
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = PROTOCOL_ESP,
					.type = notify_of(rc) };
	bool quick = errand->row->event == EVENT_QUICK_REQUEST;
	uint32_t id;

	v1_refuse_first(errand, rc);
	if (rc == RC_INTEGRITY) { /* its HASH is wrong */
		errand->gateway->counters.integrity_failures++;
		flood_bad_auth(errand->step.sa);
	}
	if (!quick)
		notify.protocol = PROTOCOL_IKE;
	if ((!quick && errand->row->event != EVENT_TRANSACTION_REQUEST) || !errand->out.heard ||
	    rc == RC_NO_MEMORY || rc == RC_DROP ||
	    ikev1_notify(&errand->gateway->env, errand->step.sa, &errand->arena, &notify, &message,
			 &id) != RC_OK)
		return;
	tell_once(errand->gateway, errand->step.sa, &message, id);
	peer_record(errand->step.sa->peer, errand->step.sa->serial, RECORD_NOTIFY_OUT, notify.type,
		    0, 0);
}

void v1_refuse(struct errand *errand, enum rc rc)
{
	bool before = heard_before(errand);

	tell_refused(errand, rc);
	if (before)
		errand->out.heard = false;
}

/* In clear, or in what our keys read as garbage, nothing is authenticated: an initiator believes
 * what answers it came from where it asked, and goes on asking. */
bool v1_fatal(const struct errand *errand, enum rc rc)
{
	const struct ike_sa *sa = errand->step.sa;

	if (rc == RC_INTERNAL)
		return true;
	if (sa->state >= IKE_ESTABLISHED)
		return false;
	return rc == RC_CANCELLED || rc == RC_AUTH_FAILED || rc == RC_NO_MEMORY ||
	       rc == RC_UNSUPPORTED || (rc == RC_NO_PROPOSAL && sa->role == INITIATOR);
}
