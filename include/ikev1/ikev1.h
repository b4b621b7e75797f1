/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's transition table, in the form of IKEv2's, and its messages. */
#ifndef VANTH_IKEV1_IKEV1_H
#define VANTH_IKEV1_IKEV1_H

#include "sa/row.h"
#include "wire/isakmp.h"

/* The row, or NULL (a gap: the totality test forbids it). */
const struct ike_row *ikev1_row(enum ike_state state, enum ike_role role, enum ike_event event);
const struct ike_row *ikev1_row_at(unsigned index);
#define IKEV1_ROWS_MAX 400
unsigned ikev1_row_index(const struct ike_row *row);
/* Which event is this message to the SA (NULL: it belongs to none)? */
enum ike_event ikev1_event_of(const struct ike_sa *sa, const struct ike_header *header);
/* RC_SYNTAX names the payload. Vendor IDs and notifications are always allowed. */
enum rc ikev1_check_payloads(const struct ike_row *row, const struct ike_message *message,
			     struct diag *diag) MUST_CHECK;

/* Decrypts an encrypted message and reads what is inside. iv: of the chain before it, then after
 * it; the caller takes it over only when the message has proven to be the peer's. A message that is
 * not encrypted with the keys of the SA reads as garbage: RC_SYNTAX and the like, never an answer.
 */
enum rc ikev1_open(const struct ike_sa *sa, struct arena *arena, struct ike_message *message,
		   uint8_t iv[IKEV1_IV_MAX], struct diag *diag) MUST_CHECK;
/* The chain that a message continues: of phase 1, of its exchange, or of one that it begins. */
enum rc ikev1_iv_of(const struct ike_sa *sa, const struct ike_header *header,
		    uint8_t iv[IKEV1_IV_MAX]) MUST_CHECK;
/* Bytes of the whole message. */
size_t ikev1_sealed_len(const struct ike_sa *sa, const struct outcome_message *message);
/* Encrypts the payloads of the message; iv: as in ikev1_open(). */
enum rc ikev1_seal(const struct ike_sa *sa, uint32_t message_id,
		   const struct outcome_message *message, uint8_t iv[IKEV1_IV_MAX],
		   struct sink *out) MUST_CHECK;
/* The payloads of an INFORMATIONAL exchange (RFC 2409 §5.7) with one notification. */
enum rc ikev1_notify(const struct sa_env *env, const struct ike_sa *sa, struct arena *arena,
		     const struct isakmp_notify *notify, struct outcome_message *message,
		     uint32_t *message_id) MUST_CHECK;
/* Responder: our ISAKMP SA does not live as long as the peer offered (RFC 2407 §4.6.3.1). */
bool ikev1_tells_lifetime(const struct ike_sa *sa);
/* R-U-THERE (RFC 3706 §5.4) with that number; each has another one, or peers drop it. */
enum rc ikev1_next_number(const struct sa_env *env, const struct ike_sa *sa,
			  uint32_t *out) MUST_CHECK;
enum rc ikev1_r_u_there(const struct sa_env *env, const struct ike_sa *sa, struct arena *arena,
			uint32_t number, struct outcome_message *message,
			uint32_t *message_id) MUST_CHECK;
/* The payloads of an INFORMATIONAL exchange (RFC 2409 §5.7) that tells the peer of the end of one
 * SA. (One in each: strongSwan looks at the first alone.) */
enum rc ikev1_delete_child(const struct sa_env *env, const struct ike_sa *sa,
			   const struct child_sa *child, struct arena *arena,
			   struct outcome_message *message, uint32_t *message_id) MUST_CHECK;
enum rc ikev1_delete_ike(const struct sa_env *env, const struct ike_sa *sa, struct arena *arena,
			 struct outcome_message *message, uint32_t *message_id) MUST_CHECK;

#endif
