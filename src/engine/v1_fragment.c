/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of IKEv1 in fragments. Unlike IKEv2's they are not authenticated, and each message of a
 * peer may have the same ID: who sends one that cannot stand beside those that are here has begun
 * another message, or spoils this one; then the peer says it again. What is whole goes the ordinary
 * way, and stays for a while: of a retransmission some parts come behind the one that was missing,
 * which must not mix with the next message; when all have come again, so has the message. Bounded:
 * one set for an SA, from the address of the SA alone, never for a message that makes one;
 * LIMIT_FRAGMENTS, LIMIT_MESSAGE (LARVAL_BYTES before phase 1 is done), and what sa/reassembly.h
 * says about time and all SAs together. */
#include "engine/private.h"

#define LARVAL_BYTES (32u << 10)	   /* a long chain of certificates has 10 kB */
#define UNKNOWN	     (LIMIT_FRAGMENTS + 1) /* how many there are, until the last one is here */

/* ---- those of the peer ---- */

static bool is_here(const struct reassembly *set, unsigned number)
{
	return number <= set->total && set->pieces[number - 1].here;
}

static bool differs(const struct reassembly *set, const struct isakmp_fragment *fragment)
{
	const struct fragment_piece *piece = &set->pieces[fragment->number - 1];

	return piece->here && !span_equal(span_make(piece->bytes, piece->len), fragment->data);
}

/* It cannot be of the message that the others are of. */
static bool is_of_another(const struct reassembly *set, const struct ike_header *header,
			  const struct isakmp_fragment *fragment)
{
	bool ended = set->total != UNKNOWN;

	if (set->header.spi_r != header->spi_r || set->header.message_id != fragment->id ||
	    fragment->number > set->total || differs(set, fragment))
		return true;
	if (!fragment->last)
		return ended && fragment->number == set->total;
	for (unsigned number = fragment->number + 1u; number <= set->total; number++)
		if (is_here(set, number))
			return true;
	return ended && fragment->number != set->total;
}

static size_t bytes_of(const struct ike_sa *sa)
{
	return sa->state < IKE_ESTABLISHED ? LARVAL_BYTES : LIMIT_MESSAGE;
}

static enum rc allowed(const struct ike_sa *sa, const struct datagram *datagram,
		       const struct ike_header *header, struct diag *diag)
{
	if (!sa->fragmentation)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "a fragment, but we did not say that we take them "
				 "(fragmentation=)");
	if (header->spi_r == 0)
		return diag_fail(diag, RC_SYNTAX, "a fragment of a message that makes an SA");
	if (!ip_equal(&sa->remote.addr, &datagram->remote.addr))
		return diag_fail(diag, RC_DROP, "a fragment from another address than the peer's");
	return RC_OK;
}

/* RC_OK: the whole message has come again. */
static enum rc take_again(struct reassembly *set, unsigned number)
{
	struct fragment_piece *piece = &set->pieces[number - 1];

	if (!piece->again) {
		piece->again = true;
		set->again_count++;
	}
	if (set->again_count < set->total)
		return RC_EXISTS;
	for (unsigned i = 0; i < set->total; i++)
		set->pieces[i].again = false;
	set->again_count = 0;
	return RC_OK;
}

static enum rc take(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		    enum fragment_fault *fault, struct diag *diag)
{
	struct reassembly *set = reassembly_of(sa, false);
	struct isakmp_fragment part;
	struct ike_header header;
	struct fragment fragment = { .header = &header,
				     .local = datagram->local,
				     .remote = datagram->remote,
				     .natt = datagram->natt,
				     .total = UNKNOWN };

	*fault = FRAGMENT_UNREADABLE;
	TRY(isakmp_fragment_read(datagram->payload, &header, &part, diag));
	*fault = FRAGMENT_NOT_AGREED;
	TRY(allowed(sa, datagram, &header, diag));
	*fault = FRAGMENT_TOTAL;
	if (part.number > LIMIT_FRAGMENTS)
		return diag_fail(diag, RC_LIMIT, "fragment %u; at most %d are accepted",
				 part.number, LIMIT_FRAGMENTS);
	header.message_id = part.id;
	header.flags = 0;
	if (set != NULL && (set->begun + REASSEMBLY_TIME <= host_now(gateway->host) ||
			    is_of_another(set, &header, &part))) {
		reassembly_free(&gateway->sas, set);
		set = NULL;
	}
	if (set != NULL && set->done)
		return take_again(set, part.number);
	if (set != NULL)
		fragment.total = set->total;
	fragment.number = part.number;
	fragment.plain = part.data;
	header.exchange = EXCHANGE_V1_MAIN; /* what it is stands inside */
	*fault = FRAGMENT_TOO_LONG;
	if ((set != NULL ? set->len : 0) + part.data.len > bytes_of(sa))
		return diag_fail(diag, RC_LIMIT, "the fragments are longer than %zu bytes together",
				 bytes_of(sa));
	TRY(reassembly_add(&gateway->sas, sa, &fragment, host_now(gateway->host), fault, diag));
	if (part.last)
		reassembly_of(sa, false)->total = part.number;
	return RC_OK;
}

/* The SA that its fragments came for, and no fragment again. */
static enum rc check_whole(const struct reassembly *set, struct span whole,
			   struct ike_header *header, struct diag *diag)
{
	TRY(wire_header_parse(whole, header, diag));
	if (ike_major(header) != 1 || header->next == ISAKMP_FRAGMENT ||
	    header->spi_i != set->header.spi_i || header->spi_r != set->header.spi_r)
		return diag_fail(diag, RC_SYNTAX,
				 "what its fragments make is no message of the same SA");
	return RC_OK;
}

static enum rc run_whole(struct gateway *gateway, struct ike_sa *sa, struct arena *arena,
			 struct diag *diag)
{
	struct reassembly *set = reassembly_of(sa, false);
	struct datagram datagram;
	struct ike_header header;
	enum rc rc;

	if (set == NULL || !reassembly_whole(set))
		return RC_OK;
	datagram =
		(struct datagram){ .local = set->local, .remote = set->remote, .natt = set->natt };
	rc = reassembly_join(set, arena, &datagram.payload);
	if (rc == RC_OK)
		rc = check_whole(set, datagram.payload, &header, diag);
	set->done = true;
	if (rc == RC_OK)
		v1_receive(gateway, &datagram, &header); /* perhaps the end of the SA */
	else
		reassembly_free(&gateway->sas, set);
	return rc;
}

void v1_fragment_arrived(struct gateway *gateway, struct ike_sa *sa,
			 const struct datagram *datagram)
{
	struct diag diag = { "" };
	enum fragment_fault fault;
	struct arena arena;
	enum rc rc;

	gateway->counters.fragments_in++;
	rc = take(gateway, sa, datagram, &fault, &diag);
	gateway->counters.reassembly_evicted = gateway->sas.reassembly_evicted;
	if (rc == RC_EXISTS) {
		gateway->counters.fragments_again++;
		return;
	}
	if (rc == RC_OK) {
		arena_init(&arena, LIMIT_EVENT_ARENA);
		fault = FRAGMENT_UNREADABLE;
		rc = run_whole(gateway, sa, &arena, &diag);
		arena_free(&arena);
	}
	if (rc != RC_OK)
		fragment_refused(gateway, sa, datagram, fault, rc, &diag);
}

/* ---- ours ---- */

/* fragmentation=, once for the conn of the first message, then (fragment_limit()) for the peer's.
 */
static bool peer_can(const struct isakmp *v1)
{
	switch ((enum config_fragmentation)v1->fragmentation) {
	case FRAGMENTATION_NO:
	case FRAGMENTATION_ACCEPT:
		return false;
	case FRAGMENTATION_YES:
		return (v1->vendors & VENDOR_FRAGMENTATION) != 0;
	case FRAGMENTATION_FORCE:
		return true;
	}
	return false;
}

/* The peer can; and it has an SA to put them together for. */
static size_t limit_of(const struct ike_sa *sa, struct span message)
{
	struct span cookie = span_make(message.ptr + 8, 8);
	uint64_t cky_r = 0;

	if (!peer_can(sa->v1) || message.len < IKE_HEADER_LEN ||
	    span_u64(&cookie, &cky_r) != RC_OK || cky_r == 0)
		return 0;
	return fragment_limit(sa);
}

/* The same message again has the same one; in smaller parts it is another one. */
static uint16_t id_of(struct span message, size_t limit)
{
	uint32_t hash = (uint32_t)limit;

	for (size_t i = 0; i < message.len; i++)
		hash = (hash ^ message.ptr[i]) * 16777619u;
	return (uint16_t)((hash >> 16) | 1u);
}

void v1_transmit(struct gateway *gateway, const struct ike_sa *sa, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, struct span message)
{
	size_t limit = limit_of(sa, message);
	unsigned count =
		limit != 0 && message.len > limit ? isakmp_fragment_count(message.len, limit) : 0;
	uint8_t *buffer = count > 0 ? mem_alloc(limit) : NULL;
	uint16_t id = buffer != NULL ? id_of(message, limit) : 0;
	struct sink sink;

	if (buffer == NULL) {
		send_clear(gateway, local, remote, message);
		return;
	}
	for (unsigned number = 1; number <= count; number++) {
		sink_init(&sink, buffer, limit);
		if (isakmp_fragment_of(message, limit, id, number, &sink) == RC_OK)
			send_clear(gateway, local, remote, sink_written(&sink));
	}
	mem_free(buffer);
}

#define TOO_LARGE_AFTER 2 /* as in send.c */

void v1_transmit_again(struct gateway *gateway, struct ike_sa *sa, const struct ip_endpoint *local,
		       const struct ip_endpoint *remote, struct span message)
{
	gateway->counters.answered_again++;
	sa->answered_again = (uint8_t)(sa->answered_again + (sa->answered_again < UINT8_MAX));
	if (sa->answered_again % TOO_LARGE_AFTER == 0)
		(void)v1_fragments_lower(gateway, sa, message);
	v1_transmit(gateway, sa, local, remote, message);
}

bool v1_fragments_lower(struct gateway *gateway, struct ike_sa *sa, struct span message)
{
	size_t limit = limit_of(sa, message);

	return limit != 0 &&
	       fragment_smaller(gateway, sa, message.len < limit ? message.len : limit);
}
