/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in fragments, RFC 7383: those of the peer until they are whole, and the size of ours. */
#include "engine/private.h"
#include "sa/intermediate.h"
#include "sa/window.h"

#define PACKET_DEFAULT	1280	  /* while the conn is not known */
#define LEAST_PACKET	576	  /* what every link with IPv4 carries */
#define UDP_OVERHEAD	(8u + 4u) /* its header, and the non-ESP marker */
#define IPV4_HEADER_LEN 20u
#define IPV6_HEADER_LEN 40u

static size_t limit_of(const struct ike_sa *sa, uint16_t packet)
{
	size_t overhead = UDP_OVERHEAD +
			  (sa->remote.addr.family == AF_INET6 ? IPV6_HEADER_LEN : IPV4_HEADER_LEN);

	return packet - overhead;
}

static bool may_send(const struct ike_sa *sa)
{
	const struct config_conn *conn = sa->peer != NULL ? sa->peer->conn : NULL;

	return sa->fragmentation && (conn == NULL || (conn->fragmentation != FRAGMENTATION_NO &&
						      conn->fragmentation != FRAGMENTATION_ACCEPT));
}

size_t fragment_limit(const struct ike_sa *sa)
{
	uint16_t packet = sa->peer != NULL ? sa->peer->conn->fragment_size : PACKET_DEFAULT;

	if (!may_send(sa))
		return 0;
	if (sa->fragment_size != 0 && sa->fragment_size < packet)
		packet = sa->fragment_size;
	return limit_of(sa, packet);
}

/* ---- those of the peer ---- */

void fragment_refused(struct gateway *gateway, const struct ike_sa *sa,
		      const struct datagram *datagram, enum fragment_fault fault, enum rc rc,
		      const struct diag *diag)
{
	struct log_subject subject = subject_of(sa);
	char remote[IP_TEXT_MAX];
	struct ike_header header;

	gateway->counters.dropped++;
	gateway->counters.fragments_refused++;
	if (rc == RC_INTEGRITY)
		gateway->counters.integrity_failures++;
	if (sa->peer != NULL && wire_header_parse(datagram->payload, &header, NULL) == RC_OK)
		peer_record(sa->peer, sa->serial, RECORD_FRAGMENT, fault, header.message_id, 0);
	subject.reason = rc_name(rc);
	log_limited(gateway->log, &gateway->drop_limit, host_now(gateway->host), LOG_LEVEL_INFO,
		    &subject, "fragment from %s dropped: %s",
		    endpoint_text(&datagram->remote, remote), diag->text);
}

/* It is a retransmission of what is being worked on. */
static bool in_work(const struct ike_sa *sa, const struct ike_header *header)
{
	const struct errand *errand = sa->errand;

	return errand != NULL && errand->step.message != NULL &&
	       errand->message.header.message_id == header->message_id &&
	       errand->message.header.flags == header->flags;
}

static enum rc take(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		    struct arena *arena, enum fragment_fault *fault, struct diag *diag)
{
	struct fragment fragment;

	*fault = FRAGMENT_NOT_AGREED;
	if (!sa->fragmentation)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "a fragment, but fragmentation was not agreed on "
				 "(fragmentation=)");
	TRY(ikev2_open_fragment(sa, arena, datagram->payload, &fragment, fault, diag));
	if (in_work(sa, fragment.header))
		return RC_EXISTS;
	fragment.local = datagram->local;
	fragment.remote = datagram->remote;
	fragment.natt = datagram->natt;
	return reassembly_add(&gateway->sas, sa, &fragment, host_now(gateway->host), fault, diag);
}

void fragment_arrived(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram)
{
	struct diag diag = { "" };
	enum fragment_fault fault;
	struct arena arena;
	enum rc rc;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	gateway->counters.fragments_in++;
	rc = take(gateway, sa, datagram, &arena, &fault, &diag);
	gateway->counters.reassembly_evicted = gateway->sas.reassembly_evicted;
	arena_free(&arena);
	if (rc == RC_OK)
		(void)fragments_run(gateway, sa);
	else if (rc == RC_EXISTS)
		gateway->counters.fragments_again++;
	else
		fragment_refused(gateway, sa, datagram, fault, rc, &diag);
}

bool fragment_first(const struct datagram *datagram)
{
	struct ike_message message;
	uint16_t number = 0;
	struct arena arena;
	struct span body;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (wire_message_parse(&arena, datagram->payload, &message, NULL, NULL) == RC_OK &&
	    message.count == 1) {
		body = message.first->body;
		if (span_u16(&body, &number) != RC_OK)
			number = 0;
	}
	arena_free(&arena);
	return number == 1;
}

/* The window has moved since the fragments came, or it has not. */
static bool timely(const struct ike_sa *sa, const struct ike_header *header)
{
	if ((header->flags & IKE_FLAG_RESPONSE) != 0)
		return sa->request.bytes != NULL && sa->request.exchange == header->exchange &&
		       header->message_id + 1 == sa->send_next;
	return !sa->refused && window_place(sa, header->message_id) == WINDOW_NEXT;
}

static const struct ike_row *row_of(const struct ike_sa *sa, const struct ike_header *header)
{
	enum ike_event event;

	if (ikev2_event_of(header, &event) != RC_OK)
		return NULL;
	return ikev2_row((enum ike_state)sa->state, (enum ike_role)sa->role, event);
}

/* The peer may have had to lower them: larger answers would be lost for as long as it asks. */
static void learn_path(struct ike_sa *sa, const struct reassembly *request)
{
	size_t largest = 0;

	for (unsigned i = 0; i < request->total; i++)
		if (request->pieces[i].len > largest)
			largest = request->pieces[i].len;
	if (request->total > 1 && largest <= limit_of(sa, LEAST_PACKET) &&
	    (sa->fragment_size == 0 || sa->fragment_size > LEAST_PACKET))
		sa->fragment_size = LEAST_PACKET;
}

bool fragments_run(struct gateway *gateway, struct ike_sa *sa)
{
	const struct ike_row *row;
	struct reassembly *whole;

	if (sa->errand != NULL || sa->v1 != NULL)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		whole = reassembly_of(sa, i == 1);
		if (whole == NULL || !reassembly_whole(whole))
			continue;
		row = row_of(sa, &whole->header);
		if (row == NULL || row->steps == NULL || !timely(sa, &whole->header)) {
			reassembly_free(&gateway->sas, whole);
			return true;
		}
		if (i == 0)
			learn_path(sa, whole);
		road_whole(gateway, sa, whole, row);
		return true;
	}
	return false;
}

void fragments_expire(struct gateway *gateway)
{
	gateway->counters.reassembly_expired +=
		reassembly_expire(&gateway->sas, host_now(gateway->host));
}

/* ---- ours ---- */

/* §2.5.1: what every link carries, of IPv6 and of IPv4. */
static const uint16_t steps_down[] = { 1280, LEAST_PACKET };

struct kept_parts {
	unsigned count;
	size_t largest;
};

static struct kept_parts parts_of(struct span kept)
{
	struct kept_parts parts = { 0, 0 };
	struct span part;

	while (ikev2_part_next(&kept, &part)) {
		parts.count++;
		if (part.len > parts.largest)
			parts.largest = part.len;
	}
	return parts;
}

/* The next smaller size of packets that these parts do not fit into; 0: none. */
static uint16_t smaller(const struct ike_sa *sa, size_t largest)
{
	for (size_t i = 0; i < sizeof(steps_down) / sizeof(steps_down[0]); i++)
		if (largest > limit_of(sa, steps_down[i]))
			return steps_down[i];
	return 0;
}

/* §2.5.2: "Total Fragments" must grow, or the peer would mix the old parts with the new ones. */
static bool plan_more(const struct ike_sa *sa, size_t inner_len, size_t limit, unsigned parts,
		      struct seal_plan *plan)
{
	for (; limit > 128; limit -= 16) {
		*plan = ikev2_seal_plan(sa, inner_len, limit);
		if (plan->parts > parts)
			return true;
	}
	return false;
}

static enum rc reseal(struct ike_sa *sa, struct arena *arena, uint16_t packet, uint8_t **bytes,
		      uint32_t *len)
{
	struct span kept = span_make(*bytes, *len);
	struct outcome_message message;
	struct seal_plan plan;
	uint32_t message_id = 0;
	struct sink sink;
	uint8_t *block;
	enum rc rc;

	TRY(ikev2_reopen(sa, arena, kept, &message, &message_id));
	if (!plan_more(sa, message.bytes.len, limit_of(sa, packet), parts_of(kept).count, &plan))
		return RC_LIMIT;
	block = mem_alloc(plan.total);
	if (block == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, block, plan.total);
	rc = ikev2_seal_parts(sa, &sa->seal_counter, message_id, &message, &plan, &sink);
	if (rc != RC_OK) {
		mem_free(block);
		return rc;
	}
	mem_free(*bytes);
	*bytes = block;
	*len = (uint32_t)plan.total;
	return RC_OK;
}

static void lowered(struct gateway *gateway, struct ike_sa *sa, uint16_t packet)
{
	if (sa->fragment_size == 0 || packet < sa->fragment_size)
		sa->fragment_size = packet;
	gateway->counters.path_lowered++;
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_PATH, 0, packet, 0);
}

bool fragment_smaller(struct gateway *gateway, struct ike_sa *sa, size_t largest)
{
	uint16_t packet = smaller(sa, largest);

	if (packet == 0)
		return false;
	lowered(gateway, sa, packet);
	return true;
}

bool fragments_lower(struct gateway *gateway, struct ike_sa *sa, uint8_t **bytes, uint32_t *len)
{
	struct arena arena;
	uint16_t packet;
	enum rc rc;

	if (sa->v1 != NULL)
		return *bytes != NULL && v1_fragments_lower(gateway, sa, span_make(*bytes, *len));
	if (!may_send(sa) || sa->keys.block.ptr == NULL || *bytes == NULL)
		return false;
	packet = smaller(sa, parts_of(span_make(*bytes, *len)).largest);
	if (packet == 0)
		return false;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	rc = reseal(sa, &arena, packet, bytes, len);
	arena_free(&arena);
	if (rc != RC_OK)
		return false;
	lowered(gateway, sa, packet);
	return true;
}

static void swap(struct ike_keys *a, struct ike_keys *b)
{
	struct ike_keys kept = *a;

	*a = *b;
	*b = kept;
}

void fragments_lower_answer(struct gateway *gateway, struct ike_sa *sa)
{
	struct ike_keys *older = intermediate_answer_keys(sa);

	if (older != NULL)
		swap(&sa->keys, older);
	(void)fragments_lower(gateway, sa, &sa->answer, &sa->answer_len);
	if (older != NULL)
		swap(&sa->keys, older);
}
