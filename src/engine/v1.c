/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1 on the road: from a datagram to its row. The same datagram again gets the same answer. */
#include "auth/isakmp.h"
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

enum rc v1_digest_of(struct span datagram, uint8_t out[ISAKMP_DIGEST_LEN])
{
	return hash_sha256(&datagram, 1, out);
}

static struct ike_sa *find_sa(struct gateway *gateway, const struct datagram *datagram,
			      const struct ike_header *header)
{
	struct ike_sa *sa;

	if (header->spi_r == 0 && header->exchange != EXCHANGE_V1_INFORMATIONAL)
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

static void say_again(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		      const uint8_t *bytes, uint32_t len)
{
	v1_transmit_again(gateway, sa, &datagram->local, &datagram->remote, span_make(bytes, len));
}

/* The third message of Aggressive Mode is the initiator's, and goes where its SA does. */
static void answer_again(struct gateway *gateway, struct ike_sa *sa,
			 const struct datagram *datagram)
{
	const struct datagram own = { .local = sa->local, .remote = sa->remote };

	say_again(gateway, sa, sa->role == INITIATOR ? &own : datagram, sa->answer, sa->answer_len);
}

/* Nothing shows that whoever says a message of phase 1 again is the one who said it first, but that
 * he is where that one is. */
static bool is_where_it_was(const struct ike_sa *sa, const struct datagram *datagram)
{
	return ip_equal(&sa->remote.addr, &datagram->remote.addr);
}

/* True: it was worked on before; what answered it is said again. */
static bool repeated(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		     const struct ike_header *header)
{
	const struct isakmp_exchange *exchange;
	uint8_t digest[ISAKMP_DIGEST_LEN];

	if (v1_digest_of(datagram->payload, digest) != RC_OK)
		return false;
	if (header->message_id == 0) {
		if (!sa->v1->questioned || !same(digest, sa->v1->question) ||
		    !is_where_it_was(sa, datagram))
			return false;
		if (sa->answer != NULL)
			answer_again(gateway, sa, datagram);
		else
			gateway->counters.dropped++;
		return true;
	}
	exchange = isakmp_exchange_find(sa->v1, header->message_id);
	if (exchange == NULL || exchange->answer == NULL || !same(digest, exchange->question))
		return false;
	say_again(gateway, sa, datagram, exchange->answer, exchange->answer_len);
	return true;
}

/* Its third message has come, or will not be heard any more; who has missed the second says it
 * again, and the first one is known. */
static bool quick_is_done(const struct ike_sa *sa, const struct ike_header *header)
{
	const struct isakmp_exchange *exchange;

	if (header->exchange != EXCHANGE_V1_QUICK)
		return false;
	exchange = isakmp_exchange_find(sa->v1, header->message_id);
	return exchange != NULL && exchange->exchange == EXCHANGE_V1_QUICK && !exchange->ours &&
	       exchange->proof_len == 0;
}

static enum rc read_message(struct errand *errand, struct span bytes)
{
	struct step *step = &errand->step;
	struct diag *diag = &errand->out.diag;
	enum rc rc = isakmp_message_parse(&errand->arena, bytes, &errand->message, diag);

	if (rc != RC_OK || (errand->message.header.flags & ISAKMP_FLAG_ENCRYPTION) == 0)
		return rc;
	if (step->sa == NULL || step->sa->keys.block.ptr == NULL)
		return diag_fail(diag, RC_SYNTAX, "an encrypted message before there are keys");
	TRY(ikev1_iv_of(step->sa, &errand->message.header, step->iv));
	rc = ikev1_open(step->sa, &errand->arena, &errand->message, step->iv, diag);
	if (rc != RC_OK && rc != RC_NO_MEMORY && step->sa->state < IKE_ESTABLISHED)
		diag_prefix(diag, "cannot be read with our keys%s",
			    isakmp_auth_kinds(step->sa->v1->auth) == AUTHBY_SECRET
				    ? ": do the shared keys of the two sides differ? "
				      "(ipsec.secrets)"
				    : "");
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
	return sa->state < IKE_ESTABLISHED && !is_where_it_was(sa, datagram);
}

#define REPEATS_MAX 8

/* The peer goes on, but its third message of Aggressive Mode has not come: it says that again when
 * it hears ours again. Who knows our cookie has heard us where it is. */
static void third_is_missing(struct gateway *gateway, struct ike_sa *sa,
			     const struct datagram *datagram, const struct ike_header *header)
{
	if (sa->state != IKEV1_AGGRESSIVE || sa->role != RESPONDER || header->message_id == 0 ||
	    (header->flags & ISAKMP_FLAG_ENCRYPTION) == 0 ||
	    header->exchange == EXCHANGE_V1_AGGRESSIVE || header->exchange == EXCHANGE_V1_MAIN ||
	    sa->answer == NULL || sa->errand != NULL || sa->v1->repeats >= REPEATS_MAX ||
	    from_elsewhere(sa, datagram))
		return;
	sa->v1->repeats++;
	v1_transmit_again(gateway, sa, &sa->local, &sa->remote,
			  span_make(sa->answer, sa->answer_len));
}

/* The peer begins more exchanges of phase 2 than it brings to their end: it says it again. */
static bool too_many(const struct ike_sa *sa, const struct ike_row *row)
{
	return (row->event == EVENT_QUICK_REQUEST || row->event == EVENT_TRANSACTION_REQUEST) &&
	       !isakmp_has_room(sa->v1);
}

static void for_sa(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		   const struct ike_header *header)
{
	const struct ike_row *row = ikev1_row((enum ike_state)sa->state, (enum ike_role)sa->role,
					      ikev1_event_of(sa, header));

	if (repeated(gateway, sa, datagram, header))
		return;
	third_is_missing(gateway, sa, datagram, header);
	if (row == NULL || from_elsewhere(sa, datagram) || flood_deaf(sa) || too_many(sa, row)) {
		gateway->counters.dropped++;
		return;
	}
	if (row->steps == NULL) {
		row_count(gateway, row);
		datagram_dropped(gateway, datagram, RC_DROP, row->story);
		return;
	}
	if (quick_is_done(sa, header)) {
		datagram_dropped(gateway, datagram, RC_DROP, "Quick Mode is done: an old message");
		return;
	}
	if (sa->errand != NULL)
		wait_in_line(sa, datagram);
	else
		road(gateway, sa, datagram, row);
}

/* IKEv1 is answered only where some conn asks for it, and for that mode. */
static bool is_welcome(const struct gateway *gateway, const struct datagram *datagram,
		       const struct ike_header *header)
{
	const struct peer *candidates[PEER_CANDIDATES_MAX];

	return peers_candidates_v1(gateway->env.peers, &datagram->local.addr,
				   &datagram->remote.addr,
				   header->exchange == EXCHANGE_V1_AGGRESSIVE, candidates) > 0;
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
	if (!is_welcome(gateway, datagram, header)) {
		v1_unwelcome(gateway, datagram, header);
		return;
	}
	if (header->exchange == EXCHANGE_V1_AGGRESSIVE && flood_presses(gateway)) {
		gateway->counters.half_open_refused++;
		log_limited(gateway->log, &gateway->v1_limit, host_now(gateway->host),
			    LOG_LEVEL_NOTICE, NULL,
			    "Aggressive Mode of %s is not answered while new peers are asked for a "
			    "cookie: IKEv1 has none, and it costs a key at once (ddos-mode=)",
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

#define AGAIN_MAX 12 /* more than any initiator says its first message again */

/* The first message again, from an address that has shown nothing: the answer of Aggressive Mode
 * is larger, and is not sent to it for ever. */
static void first_again(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram)
{
	if (sa->v1 != NULL && (sa->state == IKEV1_MAIN_SA || sa->state == IKEV1_AGGRESSIVE) &&
	    sa->answer != NULL && sa->answered_again < AGAIN_MAX)
		say_again(gateway, sa, datagram, sa->answer, sa->answer_len);
	else
		gateway->counters.dropped++;
}

void v1_receive(struct gateway *gateway, const struct datagram *datagram,
		const struct ike_header *header)
{
	struct ike_sa *sa = find_sa(gateway, datagram, header);

	if (sa != NULL && sa->state == IKEV1_GONE)
		sa = NULL;
	if (header->next == ISAKMP_FRAGMENT && header->spi_r == 0) {
		gateway->counters.dropped++; /* nothing is kept for who makes an SA */
	} else if (header->next == ISAKMP_FRAGMENT && sa != NULL && !flood_deaf(sa)) {
		v1_fragment_arrived(gateway, sa, datagram);
	} else if (sa != NULL && header->spi_r == 0 && sa->role == RESPONDER) {
		first_again(gateway, sa, datagram);
	} else if (sa != NULL) {
		for_sa(gateway, sa, datagram, header);
	} else if (header->spi_r == 0) {
		first_message(gateway, datagram, header);
	} else {
		gateway->counters.unknown_spi++;
		gateway->counters.dropped++;
	}
}
