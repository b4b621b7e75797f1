/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that has several requests outstanding, RFC 7296 §2.3: they are worked on in order, and
 * those that came early wait. One that is lost the peer sends again. */
#include "sa/window.h"
#include "engine/private.h"

/* Whoever else knows the SPIs must not fill the room of the peer. */
static bool authentic(const struct ike_sa *sa, const struct datagram *datagram,
		      const struct ike_header *header, struct arena *arena)
{
	enum fragment_fault fault;
	struct fragment fragment;
	struct ike_message message;
	enum rc rc;

	if (header->next == PAYLOAD_SKF)
		return sa->fragmentation && ikev2_open_fragment(sa, arena, datagram->payload,
								&fragment, &fault, NULL) == RC_OK;
	if (wire_message_parse(arena, datagram->payload, &message, NULL, NULL) != RC_OK)
		return false;
	rc = ikev2_open(sa, arena, &message, NULL, NULL);
	return rc != RC_INTEGRITY && rc != RC_NO_MEMORY;
}

void request_ahead(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		   const struct ike_header *header)
{
	struct ahead ahead = { .message_id = header->message_id,
			       .natt = datagram->natt,
			       .local = datagram->local,
			       .remote = datagram->remote };
	struct arena arena;

	if (sa->state != IKE_ESTABLISHED) /* announced in IKE_AUTH */
		return;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (authentic(sa, datagram, header, &arena) &&
	    window_hold(sa, &ahead, datagram->payload) == RC_OK)
		gateway->counters.requests_ahead++;
	arena_free(&arena);
}

/* §2.3 allows an INVALID_MESSAGE_ID about it; whoever counts so wrongly would only be kept busy. */
void request_beyond(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		    const struct ike_header *header)
{
	struct log_subject subject = subject_of(sa);
	char remote[IP_TEXT_MAX];

	gateway->counters.requests_beyond++;
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_WINDOW, 0, header->message_id,
			    sa->recv_next);
	log_limited(gateway->log, &gateway->drop_limit, host_now(gateway->host), LOG_LEVEL_INFO,
		    &subject,
		    "request with message ID %u from %s dropped: %u is expected, and at most %d "
		    "may be outstanding",
		    header->message_id, endpoint_text(&datagram->remote, remote), sa->recv_next,
		    PEER_WINDOW);
}

void request_repeated(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		      const struct ike_header *header)
{
	bool last = header->message_id + 1 == sa->recv_next;
	const struct old_answer *old = window_answer(sa, header->message_id);
	uint32_t question_len;

	if (last ? sa->answer == NULL : old == NULL)
		return;
	question_len = last ? sa->question_len : old->question_len;
	if (header->next == PAYLOAD_SKF ? !fragment_first(datagram)
					: datagram->payload.len != question_len)
		return;
	if (last) {
		send_again(gateway, sa, datagram);
		return;
	}
	gateway->counters.answered_again++;
	send_kept(gateway, &datagram->local, &datagram->remote, span_make(old->bytes, old->len));
}

void request_refused(struct errand *errand)
{
	const struct ike_header *header = &errand->step.message->header;
	struct gateway *gateway = errand->gateway;
	struct ike_sa *sa = errand->step.sa;

	gateway->counters.requests_refused++;
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_REFUSED, header->exchange,
			    header->message_id, 0);
	if (sa->state == IKE_ESTABLISHED) /* what is out already asks the same */
		road_event(gateway, sa, EVENT_PROBE, NULL, NULL, NULL);
}

bool window_run(struct gateway *gateway, struct ike_sa *sa)
{
	struct ahead *ahead = window_take(sa);
	struct datagram datagram;

	if (ahead == NULL)
		return false;
	datagram = (struct datagram){ ahead->local, ahead->remote, ahead->natt,
				      span_make(ahead->bytes, ahead->len) };
	gateway_receive(gateway, &datagram);
	mem_free(ahead);
	return true;
}
