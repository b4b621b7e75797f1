/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv2's transition table: one row for each (state, role, event), data in the files of the
 * exchanges. */
#ifndef VANTH_IKEV2_IKEV2_H
#define VANTH_IKEV2_IKEV2_H

#include "sa/outcome.h"
#include "sa/reassembly.h"
#include "sa/row.h"

/* The row, or NULL (a gap: the totality test forbids it). */
const struct ike_row *ikev2_row(enum ike_state state, enum ike_role role, enum ike_event event);
/* For the totality test and for documentation. */
const struct ike_row *ikev2_row_at(unsigned index);
/* The place of a row in that order; always less than IKEV2_ROWS_MAX. */
#define IKEV2_ROWS_MAX 400
unsigned ikev2_row_index(const struct ike_row *row);
/* Which event is this message? RC_DROP for responses of exchanges that we do not speak. */
enum rc ikev2_event_of(const struct ike_header *header, enum ike_event *out) MUST_CHECK;
/* An exchange in clear that makes an IKE SA: IKE_SA_INIT, IKE_SESSION_RESUME. */
static inline bool ikev2_is_initial(const struct ike_header *header)
{
	return header->exchange == EXCHANGE_IKE_SA_INIT ||
	       header->exchange == EXCHANGE_IKE_SESSION_RESUME;
}
/* Are the payloads those of the row? RC_SYNTAX names the payload. Notify and vendor payloads are
 * always allowed. */
enum rc ikev2_check_payloads(const struct ike_row *row, const struct ike_message *message,
			     struct diag *diag) MUST_CHECK;
/* The notify that answers rc; 0: none. One of the two tables that look at rc. */
uint16_t ikev2_notify_of(enum rc rc);
/* A clear message with one notify (IKE_SA_INIT errors, COOKIE, INVALID_IKE_SPI,
 * INVALID_MAJOR_VERSION). */
enum rc ikev2_emit_notify(struct sink *sink, const struct ike_header *request, uint64_t our_spi,
			  uint16_t type, struct span data) MUST_CHECK;
/* Inner payloads with one notify; spi: of an SA of that protocol that it is about, or empty. */
enum rc ikev2_inner_notify(struct arena *arena, uint16_t type, uint8_t protocol, struct span spi,
			   struct span data, struct outcome_message *out) MUST_CHECK;
/* Inner payloads with a Delete of the IKE SA, after the notify that tells why (where it is one of
 * those that end one). */
enum rc ikev2_inner_goodbye(struct arena *arena, uint16_t type,
			    struct outcome_message *out) MUST_CHECK;

/* What a cookie is about, of an IKE_SA_INIT request, found without memory: the chain of payloads is
 * whole, SA, KE and nonce are there once each. Spans point into the datagram. */
struct init_glance {
	struct span ni;
	struct span cookie; /* .ptr NULL: none */
};
enum rc ikev2_init_glance(struct span datagram, const struct ike_header *header,
			  struct init_glance *out, struct diag *diag) MUST_CHECK;

/* Seals inner payloads into a whole message in out (at least LIMIT_MESSAGE); and opens a received
 * one. */
enum rc ikev2_seal(const struct ike_sa *sa, uint64_t counter, uint32_t message_id,
		   const struct outcome_message *message, struct sink *out) MUST_CHECK;
enum rc ikev2_open(const struct ike_sa *sa, struct arena *arena, struct ike_message *message,
		   uint8_t *critical_type, struct diag *diag) MUST_CHECK;
/* ---- fragment.c: RFC 7383 ---- */
#define FRAGMENTS_SENT_MAX 32 /* what every known peer puts together again */
/* How a message of ours goes out: whole, or in parts of at most `limit` bytes each (0: whole).
 * Parts are larger than that when there would be more than FRAGMENTS_SENT_MAX. */
struct seal_plan {
	size_t piece; /* plaintext of each part but the last */
	unsigned parts;
	size_t total; /* bytes of all parts */
};
struct seal_plan ikev2_seal_plan(const struct ike_sa *sa, size_t inner_len, size_t limit);
/* All parts one behind the other; *counter rises by one for each, so that no IV comes twice. */
enum rc ikev2_seal_parts(const struct ike_sa *sa, uint64_t *counter, uint32_t message_id,
			 const struct outcome_message *message, const struct seal_plan *plan,
			 struct sink *out) MUST_CHECK;
/* Takes the next datagram from the front of what ikev2_seal_parts() wrote (or of one clear
 * message). false: there is none. */
bool ikev2_part_next(struct span *kept, struct span *part);
/* A message of ours, sealed, back into what was sealed. */
enum rc ikev2_reopen(const struct ike_sa *sa, struct arena *arena, struct span kept,
		     struct outcome_message *message, uint32_t *message_id) MUST_CHECK;
/* Opens a fragment of the peer. The result points into bytes and the arena; endpoints are the
 * caller's to set. */
enum rc ikev2_open_fragment(const struct ike_sa *sa, struct arena *arena, struct span bytes,
			    struct fragment *out, enum fragment_fault *fault,
			    struct diag *diag) MUST_CHECK;
/* The message as if it had come whole. Failures are of its (authentic) content. */
enum rc ikev2_assemble(struct arena *arena, const struct reassembly *reassembly,
		       struct ike_message *out, uint8_t *critical_type,
		       struct diag *diag) MUST_CHECK;

/* ---- MOBIKE (RFC 4555) ---- */
/* The addresses between which the trial-th attempt to reach the peer of a leader goes, the best
 * first, then the others in turn; false: there is no address to send from. */
bool ikev2_path(const struct sa_env *env, const struct ike_sa *sa, unsigned trial,
		struct ip_endpoint *local, struct ip_endpoint *remote);
/* Our further addresses as they would be told now, as a hash. */
uint64_t ikev2_addresses_hash(const struct sa_env *env, const struct ike_sa *sa);

#endif
