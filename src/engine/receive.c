/* SPDX-License-Identifier: Apache-2.0 */
/* From a datagram to its row: header, SA, window, keys, payloads (architecture.md §3). Nothing in
 * an SA changes here. */
#include "engine/private.h"
#include "sa/window.h"

#define STRANGE "exchange type that we do not speak"

void datagram_dropped(struct gateway *gateway, const struct datagram *datagram, enum rc rc,
		      const char *why)
{
	char remote[IP_TEXT_MAX];

	gateway->counters.dropped++;
	log_limited(gateway->log, &gateway->drop_limit, host_now(gateway->host), LOG_LEVEL_INFO,
		    NULL, "datagram of %zu bytes from %s dropped (%s): %s", datagram->payload.len,
		    endpoint_text(&datagram->remote, remote), rc_name(rc), why);
}

static void answer_notify(struct gateway *gateway, const struct datagram *datagram,
			  const struct ike_header *header, uint16_t type, struct span data)
{
	uint8_t buffer[128];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (ikev2_emit_notify(&sink, header, 0, type, data) == RC_OK)
		send_clear(gateway, &datagram->local, &datagram->remote, sink_written(&sink));
}

bool datagram_may_answer(struct gateway *gateway)
{
	usec_t second = host_now(gateway->host) / USEC_PER_SEC;

	if (gateway->invalid_spi_second != second) {
		gateway->invalid_spi_second = second;
		gateway->invalid_spi_sent = 0;
	}
	return gateway->invalid_spi_sent++ < INVALID_SPI_PER_SECOND;
}

/* RFC 7296 §2.5 for a newer version; an older one is counted. */
static void other_version(struct gateway *gateway, const struct datagram *datagram,
			  const struct ike_header *header)
{
	char remote[IP_TEXT_MAX];

	if (ike_major(header) > 2 && (header->flags & IKE_FLAG_RESPONSE) == 0) {
		if (datagram_may_answer(gateway))
			answer_notify(gateway, datagram, header, INVALID_MAJOR_VERSION, SPAN_NONE);
		return;
	}
	gateway->counters.v1_ignored++;
	log_limited(gateway->log, &gateway->v1_limit, host_now(gateway->host), LOG_LEVEL_NOTICE,
		    NULL, "IKEv%u message from %s ignored: IKEv1 and IKEv2 are spoken",
		    ike_major(header), endpoint_text(&datagram->remote, remote));
}

/* The peer uses the IKE SA that it has just made with us, and overtakes its answer. */
static bool is_early(const struct gateway *gateway, const struct ike_header *header)
{
	return (header->flags & IKE_FLAG_INITIATOR) == 0 &&
	       ike_sa_is_announced(&gateway->sas, header->spi_i);
}

/* §1.5, §2.21.4: an answer outside of any IKE SA, so that the peer may find out that we know
 * nothing of it; bounded. */
static void unknown_sa(struct gateway *gateway, const struct datagram *datagram,
		       const struct ike_header *header)
{
	struct log_limit *limit = &gateway->reject_limit;
	usec_t now = host_now(gateway->host);
	char remote[IP_TEXT_MAX];

	gateway->counters.unknown_spi++;
	gateway->counters.dropped++;
	if ((header->flags & IKE_FLAG_RESPONSE) != 0)
		return;
	if (is_early(gateway, header) || !datagram_may_answer(gateway))
		return;
	crash_answer(gateway, datagram, header);
	log_limited(gateway->log, limit, now, LOG_LEVEL_INFO, NULL,
		    "message for an unknown IKE SA from %s answered with INVALID_IKE_SPI",
		    endpoint_text(&datagram->remote, remote));
}

/* It is to make an IKE SA, and belongs to none. */
static bool is_beginning(const struct ike_header *header)
{
	return ikev2_is_initial(header) && (header->flags & IKE_FLAG_RESPONSE) == 0 &&
	       header->spi_r == 0;
}

static struct ike_sa *find_sa(struct gateway *gateway, const struct datagram *datagram,
			      const struct ike_header *header)
{
	bool from_initiator = (header->flags & IKE_FLAG_INITIATOR) != 0;
	struct ike_sa *sa;

	if (is_beginning(header))
		return ike_sa_by_init(&gateway->sas, &datagram->remote, datagram->payload);
	sa = ike_sa_by_spi(&gateway->sas, from_initiator ? header->spi_r : header->spi_i);
	if (sa == NULL || sa->v1 != NULL || (sa->role == RESPONDER) != from_initiator)
		return NULL;
	if (sa->role == RESPONDER)
		return sa->spi_i == header->spi_i ? sa : NULL;
	return sa->spi_r == 0 || sa->spi_r == header->spi_r ? sa : NULL;
}

/* §2.3: is it its turn? A repeated request gets its old answer, one ahead of its turn waits. */
static bool in_window(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		      const struct ike_header *header)
{
	if ((header->flags & IKE_FLAG_RESPONSE) != 0)
		return sa->request.bytes != NULL && sa->request.exchange == header->exchange &&
		       header->message_id + 1 == sa->send_next;
	switch (window_place(sa, header->message_id)) {
	case WINDOW_NEXT:
		return !sa->refused && header->message_id < UINT32_MAX; /* §2.2: they never wrap */
	case WINDOW_AHEAD:
		request_ahead(gateway, sa, datagram, header);
		break;
	case WINDOW_BEHIND:
		request_repeated(gateway, sa, datagram, header);
		break;
	case WINDOW_BEYOND:
		request_beyond(gateway, sa, datagram, header);
		break;
	case WINDOW_LONG_AGO:
		break;
	}
	return false;
}

void wait_in_line(struct ike_sa *sa, const struct datagram *datagram)
{
	struct waiting waiting = { .packet = true,
				   .natt = datagram->natt,
				   .local = datagram->local,
				   .remote = datagram->remote };

	list_for(node, &sa->waiting)
	{
		const struct waiting *other = container_of(node, struct waiting, in_sa);
		if (other->packet &&
		    span_equal(span_make(other->bytes, other->len), datagram->payload))
			return; /* a retransmission of what waits already */
	}
	(void)waiting_add(sa, &waiting, datagram->payload); /* full: the peer sends it again */
}

/* Only what makes an IKE SA, and its answer, is not protected. */
static bool is_clear(const struct ike_sa *sa, const struct ike_header *header)
{
	return ikev2_is_initial(header) && (sa == NULL || (header->flags & IKE_FLAG_RESPONSE) != 0);
}

static void critical_answer(struct errand *errand, uint8_t type)
{
	uint8_t *data = arena_alloc(&errand->arena, 1);

	if (data == NULL)
		return;
	*data = type;
	errand->out.notify_data = span_make(data, 1);
}

/* Clear part, then the inside of SK. Only what was authenticated may be answered in an SA. */
static enum rc read_message(struct errand *errand, struct span bytes, bool *authentic)
{
	struct ike_sa *sa = errand->step.sa;
	uint8_t critical = 0;
	enum rc rc = wire_message_parse(&errand->arena, bytes, &errand->message, &critical,
					&errand->out.diag);

	*authentic = false;
	if (rc == RC_OK && !is_clear(sa, &errand->message.header)) {
		rc = ikev2_open(sa, &errand->arena, &errand->message, &critical, &errand->out.diag);
		*authentic = rc != RC_INTEGRITY && rc != RC_NO_MEMORY;
	}
	if (rc == RC_CRITICAL)
		critical_answer(errand, critical);
	return rc;
}

static enum rc check_message(struct errand *errand)
{
	struct diag *diag = &errand->out.diag;

	for (struct payload *payload = errand->message.first; payload != NULL;
	     payload = payload->next)
		TRY(wire_payload_check(&errand->arena, payload, diag));
	return ikev2_check_payloads(errand->row, &errand->message, diag);
}

void datagram_rejected(struct errand *errand, const struct datagram *datagram, enum rc rc)
{
	struct gateway *gateway = errand->gateway;

	if (rc == RC_INTEGRITY)
		gateway->counters.integrity_failures++;
	if (rc == RC_INTEGRITY)
		flood_bad_auth(errand->step.sa);
	if (errand->held != NULL)
		peer_record(errand->held, errand->sa_serial, RECORD_DROPPED, rc, 0, 0);
	datagram_dropped(gateway, datagram, rc, errand->out.diag.text);
	errand_free(errand);
}

/* What was read is worked on, or the failure to read it. */
static void road_read(struct errand *errand, const struct datagram *datagram, enum rc rc,
		      bool authentic)
{
	struct gateway *gateway = errand->gateway;
	struct ike_sa *sa = errand->step.sa;
	uint64_t serial = errand->sa_serial;

	/* §2.5: only a request that makes an SA is answered in clear */
	if (rc != RC_OK && !authentic && (sa != NULL || rc != RC_CRITICAL)) {
		datagram_rejected(errand, datagram, rc);
		return;
	}
	errand->out.heard = authentic;
	if (rc == RC_OK)
		rc = check_message(errand);
	if (rc == RC_OK) {
		errand_run(errand);
	} else if (!authentic && sa != NULL) {
		datagram_rejected(errand, datagram, rc);
	} else {
		if (sa != NULL)
			sa->errand = NULL;
		commit_failure(errand, rc);
		errand_free(errand);
		waiting_pump(gateway, serial);
	}
}

struct errand *datagram_errand(struct gateway *gateway, struct ike_sa *sa,
			       const struct datagram *datagram, const struct ike_row *row)
{
	struct errand *errand = errand_new(gateway, sa, row);

	if (errand == NULL)
		return NULL;
	errand->step.local = datagram->local;
	errand->step.remote = datagram->remote;
	errand->step.natt = datagram->natt;
	errand->step.message = &errand->message;
	return errand;
}

static void road_packet(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
			const struct ike_row *row)
{
	struct errand *errand = datagram_errand(gateway, sa, datagram, row);
	struct span copy;
	bool authentic;
	enum rc rc;

	if (errand == NULL)
		return;
	copy = arena_copy(&errand->arena, datagram->payload);
	if (copy.ptr == NULL) {
		errand_free(errand);
		return;
	}
	rc = read_message(errand, copy, &authentic);
	road_read(errand, datagram, rc, authentic);
}

void road_whole(struct gateway *gateway, struct ike_sa *sa, struct reassembly *reassembly,
		const struct ike_row *row)
{
	struct datagram datagram = { .local = reassembly->local,
				     .remote = reassembly->remote,
				     .natt = reassembly->natt };
	struct errand *errand = datagram_errand(gateway, sa, &datagram, row);
	uint8_t critical = 0;
	enum rc rc = RC_NO_MEMORY;

	if (errand != NULL)
		rc = ikev2_assemble(&errand->arena, reassembly, &errand->message, &critical,
				    &errand->out.diag);
	reassembly_free(&gateway->sas, reassembly);
	if (errand == NULL)
		return;
	if (rc == RC_CRITICAL)
		critical_answer(errand, critical);
	road_read(errand, &datagram, rc, rc != RC_NO_MEMORY);
}

/* An answer comes from where the question went. Later messages prove by their ICV who sent them. */
static bool from_elsewhere(const struct ike_sa *sa, const struct datagram *datagram,
			   enum ike_event event)
{
	return (event == EVENT_SA_INIT_RESPONSE || event == EVENT_RESUME_RESPONSE) &&
	       !endpoint_equal(&sa->remote, &datagram->remote);
}

/* One message of an SA: its row, after its keys, after what is being worked on. */
static void for_sa(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		   const struct ike_header *header, enum ike_event event)
{
	const struct ike_row *row =
		ikev2_row((enum ike_state)sa->state, (enum ike_role)sa->role, event);

	if (crash_proven(gateway, sa, datagram, header))
		return;
	if (from_elsewhere(sa, datagram, event) || !in_window(gateway, sa, datagram, header)) {
		gateway->counters.dropped++;
		return;
	}
	if (row == NULL)
		return;
	if (flood_deaf(sa)) {
		gateway->counters.auth_ignored++;
		gateway->counters.dropped++;
		return;
	}
	if (row->steps == NULL) {
		row_count(gateway, row);
		datagram_dropped(gateway, datagram, RC_DROP, row->story);
		return;
	}
	if (header->next == PAYLOAD_SKF && sa->keys.block.ptr != NULL) {
		fragment_arrived(gateway, sa, datagram);
		return;
	}
	if (!is_clear(sa, header) && sa->keys.block.ptr == NULL) {
		gateway->counters.dropped++;
		return;
	}
	if (sa->errand != NULL) {
		wait_in_line(sa, datagram);
		return;
	}
	road_packet(gateway, sa, datagram, row);
}

static void initial_request(struct gateway *gateway, const struct datagram *datagram,
			    const struct ike_header *header, enum ike_event event)
{
	struct diag diag;
	enum rc rc;

	if (gateway->stopping)
		return;
	if (header->spi_i == 0 || header->spi_r != 0 || header->message_id != 0 ||
	    (header->flags & IKE_FLAG_INITIATOR) == 0) {
		datagram_dropped(gateway, datagram, RC_SYNTAX,
				 "IKE_SA_INIT request with impossible SPIs, flags or ID");
		return;
	}
	rc = flood_gate(gateway, datagram, header, &diag);
	if (rc != RC_OK) {
		if (rc != RC_SUSPEND)
			datagram_dropped(gateway, datagram, rc, diag.text);
		return;
	}
	road_packet(gateway, NULL, datagram, ikev2_row(IKE_START, RESPONDER, event));
	flood_trim(gateway, &datagram->remote.addr);
}

/* The same IKE_SA_INIT again is answered from the cache, unless its key pair is still being made or
 * IKE_AUTH was answered since. */
static void repeated_init(struct gateway *gateway, struct ike_sa *sa,
			  const struct datagram *datagram)
{
	if (sa->answer == NULL || sa->recv_next != 1) {
		gateway->counters.dropped++;
		return;
	}
	send_again(gateway, sa, datagram);
}

void gateway_receive(void *context, const struct datagram *datagram)
{
	struct gateway *gateway = context;
	struct ike_header header;
	enum ike_event event;
	struct diag diag;
	struct ike_sa *sa;
	enum rc rc = wire_header_parse(datagram->payload, &header, &diag);

	gateway->counters.datagrams_in++;
	if (rc != RC_OK) {
		datagram_dropped(gateway, datagram, rc, diag.text);
		return;
	}
	if (ike_major(&header) == 1) {
		v1_receive(gateway, datagram, &header);
		return;
	}
	if (ike_major(&header) != 2) {
		other_version(gateway, datagram, &header);
		return;
	}
	if (ikev2_event_of(&header, &event) != RC_OK) {
		datagram_dropped(gateway, datagram, RC_UNSUPPORTED, STRANGE);
		return;
	}
	sa = find_sa(gateway, datagram, &header);
	if (sa != NULL && is_beginning(&header)) {
		repeated_init(gateway, sa, datagram);
	} else if (sa != NULL) {
		for_sa(gateway, sa, datagram, &header, event);
	} else if (event == EVENT_SA_INIT_REQUEST || event == EVENT_RESUME_REQUEST) {
		initial_request(gateway, datagram, &header, event);
	} else if (event == EVENT_OTHER_REQUEST) {
		datagram_dropped(gateway, datagram, RC_UNSUPPORTED, STRANGE);
	} else {
		unknown_sa(gateway, datagram, &header);
	}
}
