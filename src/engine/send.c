/* SPDX-License-Identifier: Apache-2.0 */
/* Messages out: sealed, sent, kept for retransmission (requests) or for a repeated question
 * (responses). */
#include "engine/private.h"
#include "sa/intermediate.h"

void send_clear(struct gateway *gateway, const struct ip_endpoint *local,
		const struct ip_endpoint *remote, struct span bytes)
{
	gateway->counters.datagrams_out++;
	/* a refusal by the network is like a loss: retransmission heals it */
	(void)(gateway->host->ops->udp_send(gateway->host, local, remote, bytes) == RC_OK);
}

void send_kept(struct gateway *gateway, const struct ip_endpoint *local,
	       const struct ip_endpoint *remote, struct span kept)
{
	struct span part;

	while (ikev2_part_next(&kept, &part))
		send_clear(gateway, local, remote, part);
}

#define TOO_LARGE_AFTER                                                                            \
	2 /* the same question so often: perhaps our answer does not get through                   \
	   */

void send_again(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram)
{
	gateway->counters.answered_again++;
	sa->answered_again = (uint8_t)(sa->answered_again + (sa->answered_again < UINT8_MAX));
	if (sa->answered_again % TOO_LARGE_AFTER == 0)
		fragments_lower_answer(gateway, sa);
	send_kept(gateway, &datagram->local, &datagram->remote,
		  span_make(sa->answer, sa->answer_len));
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_ANSWERED_AGAIN, 0, sa->recv_next - 1, 0);
}

static enum rc seal(struct ike_sa *sa, uint32_t message_id, const struct outcome_message *message,
		    uint8_t *buffer, const struct seal_plan *plan)
{
	struct sink sink;

	sink_init(&sink, buffer, plan->total);
	return ikev2_seal_parts(sa, &sa->seal_counter, message_id, message, plan, &sink);
}

/* All its datagrams in one block of the heap, which *bytes becomes; what was there is freed. */
static enum rc build(struct ike_sa *sa, uint32_t message_id, const struct outcome_message *message,
		     uint8_t **bytes, uint32_t *len)
{
	struct seal_plan plan = { .parts = 1, .total = message->bytes.len };
	uint8_t *block;
	enum rc rc = RC_OK;

	if (!message->clear)
		plan = ikev2_seal_plan(sa, message->bytes.len, fragment_limit(sa));
	block = mem_alloc(plan.total);
	if (block == NULL)
		return RC_NO_MEMORY;
	if (message->clear)
		memcpy(block, message->bytes.ptr, message->bytes.len);
	else
		rc = seal(sa, message_id, message, block, &plan);
	if (rc != RC_OK) {
		mem_free(block);
		return rc;
	}
	mem_free(*bytes);
	*bytes = block;
	*len = (uint32_t)plan.total;
	return RC_OK;
}

/* §2.2: message IDs never wrap. A new IKE SA is made while there are still some. */
static void watch_ids(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t now = host_now(gateway->host);

	if (sa->state != IKE_ESTABLISHED || sa->replace_at <= now ||
	    (sa->send_next < MESSAGE_IDS_ENOUGH && sa->recv_next < MESSAGE_IDS_ENOUGH))
		return;
	sa->replace_at = now;
	peer_dirty(sa->peer);
}

enum rc send_response(struct gateway *gateway, struct ike_sa *sa, const struct step *step,
		      const struct outcome_message *message)
{
	uint32_t message_id = step->message->header.message_id;

	TRY(build(sa, message_id, message, &sa->answer, &sa->answer_len));
	intermediate_answered(sa);
	send_kept(gateway, &step->local, &step->remote, span_make(sa->answer, sa->answer_len));
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT, message->exchange | RECORD_RESPONSE,
			    message_id, 0);
	watch_ids(gateway, sa);
	return RC_OK;
}

void send_goodbye(struct gateway *gateway, struct ike_sa *sa, struct arena *arena, uint16_t notify)
{
	struct outcome_message message = { .exchange = EXCHANGE_INFORMATIONAL };
	uint8_t *bytes = NULL;
	uint32_t len = 0;

	if (sa->v1 != NULL) {
		v1_goodbye(gateway, sa, arena);
		return;
	}
	if (ikev2_inner_goodbye(arena, notify, &message) != RC_OK ||
	    build(sa, sa->send_next, &message, &bytes, &len) != RC_OK)
		return;
	sa->send_next++;
	send_kept(gateway, &sa->local, &sa->remote, span_make(bytes, len));
	mem_free(bytes);
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_SENT, message.exchange, sa->send_next - 1,
			    0);
}

static const struct config_conn *conn_of(const struct ike_sa *sa)
{
	return sa->peer->conn;
}

#define BUSY_DELAY (500 * USEC_PER_MSEC)

/* A probe goes by dpdretry= and dpdtimeout= where they are set. */
static usec_t probe_interval(const struct ike_sa *sa, struct host *host, unsigned tries)
{
	const struct config_conn *conn = conn_of(sa);
	usec_t left = sa->last_heard + conn->dpdtimeout - host_now(host), interval;

	if (conn->dpdtimeout > 0 && tries > conn->retransmit_tries + 1)
		tries = conn->retransmit_tries + 1; /* as often as there is time for */
	interval = retransmit_interval(conn, host, tries);
	if (interval != 0 && conn->dpdretry > 0)
		interval = conn->dpdretry;
	if (conn->dpdtimeout > 0 && left <= 0)
		return 0;
	return conn->dpdtimeout > 0 && left < interval ? left : interval;
}

static usec_t next_interval(const struct ike_sa *sa, struct host *host, unsigned tries)
{
	return sa->request.purpose == REQUEST_LIVENESS
		       ? probe_interval(sa, host, tries)
		       : retransmit_interval(conn_of(sa), host, tries);
}

static void arm_retransmit(struct gateway *gateway, struct ike_sa *sa)
{
	usec_t interval = next_interval(sa, gateway->host, sa->request.tries);

	sa->request.interval = interval;
	gateway_timer(gateway, &sa->retransmit, host_now(gateway->host) + interval);
}

enum rc send_request(struct gateway *gateway, struct ike_sa *sa,
		     const struct outcome_message *message)
{
	uint32_t message_id = message->clear ? 0 : sa->send_next;

	if (message_id == UINT32_MAX)
		return RC_LIMIT; /* it ends */
	TRY(build(sa, message_id, message, &sa->request.bytes, &sa->request.len));
	sa->send_next = message_id + 1;
	request_begin(gateway, sa, message, message_id);
	watch_ids(gateway, sa);
	return RC_OK;
}

void request_begin(struct gateway *gateway, struct ike_sa *sa,
		   const struct outcome_message *message, uint32_t message_id)
{
	char name[32];

	sa->request.exchange = message->exchange;
	sa->request.purpose = message->purpose;
	sa->request.child = message->child;
	sa->request.tries = 1;
	sa->request.last_look = false;
	sa->retransmit.fire = retransmit_fire;
	path_send(gateway, sa);
	peer_record(sa->peer, sa->serial, RECORD_SENT, message->exchange, message_id, 0);
	if (message->purpose == REQUEST_INIT || message->purpose == REQUEST_INTERMEDIATE ||
	    message->purpose == REQUEST_AUTH)
		watch_tell(gateway, GATEWAY_PROGRESS, sa->peer, larval_tunnel(sa), sa->serial,
			   RC_OK, "sent %s request",
			   names_text(&exchange_names, message->exchange, name, sizeof(name)));
	arm_retransmit(gateway, sa);
}

void request_finish(struct gateway *gateway, struct ike_sa *sa)
{
	gateway_cancel(gateway, &sa->retransmit);
	ike_sa_request_clear(&gateway->sas, sa);
}

/* IKEv1: a peer that does not answer may have lost the ISAKMP SA only, while packets of its IPsec
 * SAs come: then those do not end with it. */
static bool looks_for_packets(const struct ike_sa *sa)
{
	return sa->v1 != NULL && (sa->request.purpose == REQUEST_LIVENESS || sa->creation != NULL);
}

/* What came in the last interval, the longest one, counts too: the counters tell before the event
 * comes. */
static void give_up(struct gateway *gateway, struct ike_sa *sa)
{
	gateway_timer(gateway, &sa->retransmit, host_now(gateway->host) + BUSY_DELAY);
	if (!looks_for_packets(sa) || sa->request.last_look) {
		road_event(gateway, sa, EVENT_GIVE_UP, NULL, NULL, NULL);
		return;
	}
	sa->request.last_look = true;
	liveness_look(gateway, sa);
}

void retransmit_fire(struct timer *timer)
{
	struct ike_sa *sa = container_of(timer, struct ike_sa, retransmit);
	struct gateway *gateway = sa->owner;
	char name[32];

	if (sa->request.bytes == NULL)
		return;
	if (sa->errand != NULL) { /* perhaps its answer is being read */
		gateway_timer(gateway, timer, host_now(gateway->host) + BUSY_DELAY);
		return;
	}
	if (next_interval(sa, gateway->host, sa->request.tries + 1u) == 0) {
		give_up(gateway, sa);
		return;
	}
	sa->request.tries++;
	gateway->counters.retransmits++;
	peer_record(sa->peer, sa->serial, RECORD_RETRANSMITTED, sa->request.exchange,
		    sa->v1 != NULL ? sa->v1->request_id : sa->send_next - 1, sa->request.tries);
	watch_tell(gateway, GATEWAY_PROGRESS, sa->peer, larval_tunnel(sa), sa->serial, RC_OK,
		   "no answer yet, sent %s request again (try %u of %u)",
		   names_text(&exchange_names, sa->request.exchange, name, sizeof(name)),
		   sa->request.tries, conn_of(sa)->retransmit_tries + 1);
	if (sa->request.tries > 2 && sa->request.tries % 2 == 1)
		(void)fragments_lower(gateway, sa, &sa->request.bytes, &sa->request.len);
	if (sa->v1 != NULL && sa->request.purpose == REQUEST_LIVENESS)
		v1_probe_again(gateway, sa);
	path_send(gateway, sa);
	arm_retransmit(gateway, sa);
	line_give_way(gateway, sa);
	if (looks_for_packets(sa))
		liveness_look(gateway, sa);
}
