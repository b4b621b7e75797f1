/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1 on the road: from a datagram to its row, and from an outcome to its message. An exchange of
 * phase 2 has a message ID and a CBC chain of its own, and the same datagram again gets the same
 * answer. */
#include "engine/private.h"

/* ---- rows of either version ---- */

const struct ike_row *row_find(unsigned version, enum ike_state state, enum ike_role role,
			       enum ike_event event)
{
	return version == 1 ? ikev1_row(state, role, event) : ikev2_row(state, role, event);
}

void row_count(struct gateway *gateway, const struct ike_row *row)
{
	unsigned index = ikev2_row_index(row);

	if (ikev2_row_at(index) == row)
		gateway->row_runs[index]++;
	else
		gateway->row_runs_v1[ikev1_row_index(row)]++;
}

/* ---- in ---- */

static enum rc digest_of(const struct datagram *datagram, uint8_t out[ISAKMP_DIGEST_LEN])
{
	return hash_sha256(&datagram->payload, 1, out);
}

static struct ike_sa *find_sa(struct gateway *gateway, const struct datagram *datagram,
			      const struct ike_header *header)
{
	struct ike_sa *sa;

	if (header->spi_r == 0)
		return ike_sa_by_init(&gateway->sas, &datagram->remote, datagram->payload);
	sa = ike_sa_by_spi(&gateway->sas, header->spi_r);
	if (sa != NULL && sa->v1 != NULL && sa->role == RESPONDER && sa->spi_i == header->spi_i)
		return sa;
	sa = ike_sa_by_spi(&gateway->sas, header->spi_i);
	if (sa == NULL || sa->v1 == NULL || sa->role != INITIATOR)
		return NULL;
	return sa->spi_r == 0 || sa->spi_r == header->spi_r ? sa : NULL;
}

static bool same(const uint8_t a[ISAKMP_DIGEST_LEN], const uint8_t b[ISAKMP_DIGEST_LEN])
{
	return span_equal(span_make(a, ISAKMP_DIGEST_LEN), span_make(b, ISAKMP_DIGEST_LEN));
}

static void say_again(struct gateway *gateway, const struct datagram *datagram,
		      const uint8_t *bytes, uint32_t len)
{
	gateway->counters.answered_again++;
	send_clear(gateway, &datagram->local, &datagram->remote, span_make(bytes, len));
}

/* True: it was answered before, and is again. */
static bool repeated(struct gateway *gateway, const struct ike_sa *sa,
		     const struct datagram *datagram, const struct ike_header *header)
{
	const struct isakmp_exchange *exchange;
	uint8_t digest[ISAKMP_DIGEST_LEN];

	if (digest_of(datagram, digest) != RC_OK)
		return false;
	if (header->message_id == 0) {
		if (!sa->v1->questioned || sa->answer == NULL || !same(digest, sa->v1->question))
			return false;
		say_again(gateway, datagram, sa->answer, sa->answer_len);
		return true;
	}
	exchange = isakmp_exchange_find(sa->v1, header->message_id);
	if (exchange == NULL || exchange->answer == NULL || !same(digest, exchange->question))
		return false;
	say_again(gateway, datagram, exchange->answer, exchange->answer_len);
	return true;
}

static enum rc read_message(struct errand *errand, struct span bytes)
{
	struct step *step = &errand->step;
	struct diag *diag = &errand->out.diag;
	enum rc rc = isakmp_message_parse(&errand->arena, bytes, &errand->message, diag);

	if (rc != RC_OK || (errand->message.header.flags & ISAKMP_FLAG_ENCRYPTION) == 0)
		return rc;
	if (step->sa == NULL || step->sa->keys.block.ptr == NULL)
		return diag_fail(diag, RC_INTEGRITY, "an encrypted message before there are keys");
	TRY(ikev1_iv_of(step->sa, &errand->message.header, step->iv));
	rc = ikev1_open(step->sa, &errand->arena, &errand->message, step->iv, diag);
	if (rc != RC_OK && rc != RC_NO_MEMORY && step->sa->state < IKE_ESTABLISHED)
		diag_prefix(diag,
			    "cannot be read with our keys: do the shared keys of the two sides "
			    "differ? (ipsec.secrets)");
	return rc;
}

static enum rc check_message(struct errand *errand)
{
	for (struct payload *payload = errand->message.first; payload != NULL;
	     payload = payload->next)
		TRY(isakmp_payload_check(&errand->arena, payload, &errand->out.diag));
	return ikev1_check_payloads(errand->row, &errand->message, &errand->out.diag);
}

static void road(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		 const struct ike_row *row)
{
	struct errand *errand = datagram_errand(gateway, sa, datagram, row);
	struct span copy;
	enum rc rc;

	if (errand == NULL)
		return;
	copy = arena_copy(&errand->arena, datagram->payload);
	rc = copy.ptr != NULL ? read_message(errand, copy) : RC_NO_MEMORY;
	if (rc == RC_OK)
		rc = check_message(errand);
	if (rc == RC_OK)
		errand_run(errand);
	else
		datagram_rejected(errand, datagram, rc);
}

/* Phase 1 in clear proves nothing about its sender: at least it comes from where we sent. */
static bool from_elsewhere(const struct ike_sa *sa, const struct datagram *datagram)
{
	return sa->state < IKE_ESTABLISHED && !ip_equal(&sa->remote.addr, &datagram->remote.addr);
}

static void for_sa(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		   const struct ike_header *header)
{
	const struct ike_row *row = ikev1_row((enum ike_state)sa->state, (enum ike_role)sa->role,
					      ikev1_event_of(sa, header));

	if (repeated(gateway, sa, datagram, header))
		return;
	if (row == NULL || from_elsewhere(sa, datagram) || flood_deaf(sa)) {
		gateway->counters.dropped++;
		return;
	}
	if (row->steps == NULL) {
		row_count(gateway, row);
		datagram_dropped(gateway, datagram, RC_DROP, row->story);
		return;
	}
	if (sa->errand != NULL)
		wait_in_line(sa, datagram);
	else
		road(gateway, sa, datagram, row);
}

/* IKEv1 is answered only where some conn asks for it. */
static bool is_welcome(const struct gateway *gateway, const struct datagram *datagram)
{
	return peers_for_main_mode(gateway->env.peers, &datagram->local.addr,
				   &datagram->remote.addr) != NULL;
}

static void first_message(struct gateway *gateway, const struct datagram *datagram,
			  const struct ike_header *header)
{
	const struct ike_row *row = ikev1_row(IKE_START, RESPONDER, ikev1_event_of(NULL, header));
	char remote[IP_TEXT_MAX];

	if (gateway->stopping || header->spi_i == 0 || header->message_id != 0 ||
	    (header->flags & ISAKMP_FLAG_ENCRYPTION) != 0 || row == NULL || row->steps == NULL) {
		gateway->counters.dropped++;
		return;
	}
	if (!is_welcome(gateway, datagram)) {
		gateway->counters.v1_ignored++;
		log_limited(gateway->log, &gateway->v1_limit, host_now(gateway->host),
			    LOG_LEVEL_NOTICE, NULL,
			    "IKEv1 message from %s ignored: no conn for it has keyexchange=ikev1",
			    endpoint_text(&datagram->remote, remote));
		return;
	}
	if (half_open_room(&gateway->sas, gateway->env.setup, &datagram->remote.addr,
			   host_now(gateway->host)) != HALF_OPEN_ROOM) {
		gateway->counters.half_open_refused++;
		return;
	}
	road(gateway, NULL, datagram, row);
	flood_trim(gateway, &datagram->remote.addr);
}

void v1_receive(struct gateway *gateway, const struct datagram *datagram,
		const struct ike_header *header)
{
	struct ike_sa *sa = find_sa(gateway, datagram, header);

	if (sa != NULL && sa->state == IKEV1_GONE)
		sa = NULL;
	if (sa != NULL && header->spi_r == 0) {
		if (sa->v1 != NULL && sa->state == IKEV1_MAIN_SA && sa->answer != NULL)
			say_again(gateway, datagram, sa->answer, sa->answer_len);
		else
			gateway->counters.dropped++;
	} else if (sa != NULL) {
		for_sa(gateway, sa, datagram, header);
	} else if (header->spi_r == 0) {
		first_message(gateway, datagram, header);
	} else {
		gateway->counters.unknown_spi++;
		gateway->counters.dropped++;
	}
}

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

/* The third message of a Quick Mode: what the peer can read now may go out. */
static void proven(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	struct isakmp_exchange *exchange =
		isakmp_exchange_find(sa->v1, errand->step.message->header.message_id);
	struct child_sa *child = exchange != NULL ? child_sa_by_serial(sa, exchange->child) : NULL;

	if (exchange != NULL)
		exchange->proof_len = 0;
	if (child != NULL)
		(void)child_promote(errand->gateway, child);
}

enum rc v1_commit(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;

	if (sa->v1 == NULL)
		return RC_OK;
	if (was_encrypted(errand))
		chain_goes_on(errand);
	TRY(isakmp_take(sa->v1, &errand->out.v1));
	if (errand->out.v1.proven)
		proven(errand);
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

static struct datagram as_datagram(const struct errand *errand)
{
	return (struct datagram){ .payload = errand->step.message->raw };
}

static enum rc answer_phase1(struct errand *errand, struct built *built)
{
	struct ike_sa *sa = errand->step.sa;
	struct datagram question = as_datagram(errand);

	TRY(digest_of(&question, sa->v1->question));
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
	send_clear(gateway, &sa->local, &sa->remote,
		   span_make(exchange->answer, exchange->answer_len));
	return true;
}

static void again_fire(struct timer *timer)
{
	struct isakmp *v1 = container_of(timer, struct isakmp, again);
	struct gateway *gateway = v1->sa->owner;
	unsigned tries = 0;

	list_for(node, &v1->exchanges)
	{
		struct isakmp_exchange *exchange =
			container_of(node, struct isakmp_exchange, in_sa);
		if (say_once_more(gateway, v1->sa, exchange) &&
		    (tries == 0 || exchange->tries < tries))
			tries = exchange->tries;
	}
	if (tries > 0)
		gateway_timer(gateway, timer,
			      host_now(gateway->host) + retransmit_interval(v1->sa->peer->conn,
									    gateway->host, tries));
}

/* The peer's address is proven since phase 1. */
static void ask_again(struct gateway *gateway, struct ike_sa *sa)
{
	sa->v1->sa = sa;
	sa->v1->again.fire = again_fire;
	if (!timer_armed(&sa->v1->again))
		gateway_timer(gateway, &sa->v1->again,
			      host_now(gateway->host) +
				      retransmit_interval(sa->peer->conn, gateway->host, 1));
}

static enum rc answer_phase2(struct errand *errand, struct built *built)
{
	struct ike_sa *sa = errand->step.sa;
	const struct outcome *out = &errand->out;
	struct isakmp_exchange *exchange = isakmp_exchange_find(sa->v1, out->v1.message_id);
	struct datagram question = as_datagram(errand);

	if (exchange == NULL)
		TRY(isakmp_exchange_new(sa->v1, out->v1.message_id, &exchange));
	TRY(digest_of(&question, exchange->question));
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
	send_clear(gateway, &errand->step.local, &errand->step.remote, bytes);
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT,
			    errand->out.message.exchange | RECORD_RESPONSE,
			    errand->out.v1.message_id, 0);
	return RC_OK;
}

static void send_once(struct errand *errand, const struct built *built)
{
	struct ike_sa *sa = errand->step.sa;

	send_clear(errand->gateway, &sa->local, &sa->remote, span_make(built->bytes, built->len));
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT, errand->out.message.exchange,
			    errand->out.v1.message_id, 0);
}

static void send_asked(struct errand *errand, struct built *built)
{
	struct ike_sa *sa = errand->step.sa;
	const struct outcome *out = &errand->out;

	if (out->v1.message_id == 0 && !out->message.clear)
		memcpy(sa->v1->iv, built->iv, sizeof(sa->v1->iv));
	sa->v1->request_id = out->v1.message_id;
	memcpy(sa->v1->request_iv, built->iv, sizeof(sa->v1->request_iv));
	keep(&sa->request.bytes, &sa->request.len, built);
	request_begin(errand->gateway, sa, &out->message, out->v1.message_id);
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
	else if (rc == RC_OK && out->v1.once)
		send_once(errand, &built);
	else if (rc == RC_OK)
		send_asked(errand, &built);
	mem_free(built.bytes);
	return rc;
}

static void tell_once(struct gateway *gateway, const struct ike_sa *sa,
		      const struct outcome_message *message, uint32_t message_id)
{
	struct built built = { .bytes = NULL };

	if (ikev1_iv_exchange(&sa->suite, sa->v1->iv, message_id, built.iv) != RC_OK ||
	    seal(sa, message_id, message, &built) != RC_OK)
		return;
	send_clear(gateway, &sa->local, &sa->remote, span_make(built.bytes, built.len));
	mem_free(built.bytes);
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT, message->exchange, message_id, 0);
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
		if (!stay &&
		    ikev1_delete_child(&gateway->env, sa, child, arena, &message, &id) == RC_OK)
			tell_once(gateway, sa, &message, id);
	}
	if (ikev1_delete_ike(&gateway->env, sa, arena, &message, &id) == RC_OK)
		tell_once(gateway, sa, &message, id);
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
	if (rc == RC_INVALID_KE || rc == RC_BAD_PUBLIC)
		return ISAKMP_INVALID_KEY_INFORMATION;
	if (rc == RC_SYNTAX || rc == RC_TRUNCATED || rc == RC_TRAILING)
		return ISAKMP_PAYLOAD_MALFORMED;
	return ISAKMP_NO_PROPOSAL_CHOSEN;
}

/* Before its HASH was right nothing tells an attacker from the peer. */
void v1_refuse(struct errand *errand, enum rc rc)
{
	struct outcome_message message = { .present = false };
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = PROTOCOL_ESP,
					.type = notify_of(rc) };
	uint32_t id;

	if (errand->row->event != EVENT_QUICK_REQUEST || !errand->out.heard || rc == RC_NO_MEMORY ||
	    rc == RC_DROP ||
	    ikev1_notify(&errand->gateway->env, errand->step.sa, &errand->arena, &notify, &message,
			 &id) != RC_OK)
		return;
	tell_once(errand->gateway, errand->step.sa, &message, id);
	peer_record(errand->step.sa->peer, errand->step.sa->serial, RECORD_NOTIFY_OUT, notify.type,
		    0, 0);
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
