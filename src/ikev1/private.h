/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the exchanges of IKEv1: their rows, and the pieces that several of them build with. */
#ifndef VANTH_IKEV1_PRIVATE_H
#define VANTH_IKEV1_PRIVATE_H

#include <string.h>
#include "auth/psk.h"
#include "ikev1/ikev1.h"
#include "proposal/isakmp.h"
#include "sa/child_install.h"

#define IKEV1_NONCE_LEN 32
#define IKEV1_CLEAR_MAX 8192 /* a message of phase 1 of ours in clear */
#define IKEV1_INNER_MAX 8192

/* each ends with a row whose story is NULL */
extern const struct ike_row ikev1_main_initiate_rows[], ikev1_main_answer_rows[],
	ikev1_quick_initiate_rows[], ikev1_quick_answer_rows[], ikev1_informational_rows[],
	ikev1_reject_rows[];

/* ---- message pieces (payload.c) ---- */
struct ike_header v1_header(const struct ike_sa *sa, uint8_t exchange);
/* A message of phase 1 in clear, with room for IKEV1_CLEAR_MAX bytes. */
enum rc v1_clear_begin(struct arena *arena, const struct ike_header *header, struct sink *sink,
		       struct writer *writer) MUST_CHECK;
enum rc v1_clear_end(struct writer *writer, const struct sink *sink, uint8_t exchange,
		     struct outcome_message *out) MUST_CHECK;
enum rc v1_inner_begin(struct arena *arena, struct sink *sink, struct writer *writer) MUST_CHECK;
enum rc v1_inner_end(const struct writer *writer, const struct sink *sink, uint8_t exchange,
		     struct outcome_message *out) MUST_CHECK;
/* An exchange of phase 2: begins with a HASH that v1_hash_end() fills in. before, behind: what it
 * covers in front of the message ID's payloads and behind them (RFC 2409 §5.5). */
enum rc v1_hash_begin(const struct ike_sa *sa, struct arena *arena, struct sink *sink,
		      struct writer *writer) MUST_CHECK;
enum rc v1_hash_end(const struct ike_sa *sa, uint32_t message_id, struct span nonce,
		    struct writer *writer, struct sink *sink, uint8_t exchange,
		    struct outcome_message *out) MUST_CHECK;
/* Is the message the peer's? RC_INTEGRITY. nonce: Ni_b for HASH(2), else empty. */
enum rc v1_hash_check(const struct step *step, struct span nonce, struct diag *diag) MUST_CHECK;
/* A message ID that no exchange of the SA has. */
enum rc v1_message_id(const struct sa_env *env, const struct ike_sa *sa, uint32_t *out) MUST_CHECK;
const struct payload *v1_payload(const struct ike_message *message, enum isakmp_payload_type type);

/* ---- vendor.c ---- */
unsigned v1_vendors_of(const struct ike_message *message);
/* What we say of ourselves to a peer that is to do this conn. */
unsigned v1_vendors_ours(const struct config_conn *conn);

/* ---- contact.c: INITIAL-CONTACT, RFC 2407 §4.6.3.3 ---- */
/* When nothing of the peer's is up here (architecture.md §6). */
enum rc v1_emit_contact(const struct step *step, struct writer *writer) MUST_CHECK;
bool v1_is_first_contact(const struct ike_message *message);

/* ---- nat.c: RFC 3947 §3.2 ---- */
struct v1_nat {
	bool supported; /* both know the same NAT-T, and the peer sent its hashes */
	bool here, there;
};
enum rc v1_nat_detect(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
		      const struct ike_suite *suite, struct v1_nat *out) MUST_CHECK;
/* NAT-D of the peer, then ours. force: one that cannot match (encapsulation=yes). */
enum rc v1_nat_emit(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
		    const struct ike_suite *suite, bool force, struct writer *writer) MUST_CHECK;

/* ---- phase1.c: what both ends of Main Mode do ---- */
/* Payloads of Main Mode, in either direction: SA; KE and nonce; identity. */
extern const struct payload_rule v1_main_sa_rules[], v1_main_ke_rules[], v1_main_id_rules[];
/* What the conn asks for and offers. */
struct isakmp_phase1_terms v1_terms(const struct peer *peer);
struct v1_derive { /* the worker's; copies, never the SA itself */
	struct ike_suite suite;
	const struct dh_alg *dh;
	struct dh_pair *pair; /* initiator: owned; freed by v1_derive_run() */
	uint8_t *answer;      /* responder: room for its KE data */
	struct ikev1_exchange exchange;
	struct span psk; /* .ptr NULL: signatures */
	struct ike_keys *keys;
	uint8_t *iv;
};
enum rc v1_derive_run(void *arg, unsigned worker, struct diag *diag);
void v1_derive_drop(void *arg);
/* Of the exchange, by what the SA and this event know. */
struct ikev1_exchange v1_exchange_of(const struct ike_sa *sa);
/* HASH_I or HASH_R over that identity, in the arena. */
enum rc v1_proof(struct step *step, const struct outcome *out, bool of_initiator,
		 const struct isakmp_id *id, struct span *hash) MUST_CHECK;
struct isakmp_id v1_id_of(const struct identity *identity);
struct identity v1_identity(const struct isakmp_id *id); /* data stays the payload's */

/* ---- quick.c: what both ends of Quick Mode do ---- */
struct v1_quick {
	struct isakmp_sa sa;
	struct span nonce;  /* the peer's */
	struct span public; /* .len 0: no KE */
	struct isakmp_id ids[2];
	bool ids_present;
	struct isakmp_choice choice;
};
enum rc v1_quick_read(struct step *step, struct v1_quick *quick, struct diag *diag) MUST_CHECK;
struct isakmp_phase2_terms v1_quick_terms(const struct ike_sa *sa, const struct tunnel *tunnel,
					  uint16_t group);
/* What the peer's IDs say, as the lists that the rest of the project narrows and compares; without
 * IDs: the addresses of the SA. tsi: of the initiator of the exchange. */
enum rc v1_quick_selectors(const struct step *step, const struct v1_quick *quick, bool ours,
			   struct wire_ts_list *tsi, struct wire_ts_list *tsr,
			   struct diag *diag) MUST_CHECK;
/* IDci and IDcr of the first pair of the selectors (IKEv1 has no more); local is the initiator's.
 */
void v1_quick_emit_ids(const struct selectors *selectors, bool initiator, struct writer *writer);
/* HASH(3): prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b), in the arena. */
enum rc v1_hash3(const struct step *step, uint32_t message_id, struct span ni, struct span nr,
		 struct span *out) MUST_CHECK;
/* KEYMAT of both directions into out->keymat, as child_install_in() wants it. */
enum rc v1_keymat(struct child_sa *child, const struct ike_sa *sa, struct span ni, struct span nr,
		  struct outcome *out) MUST_CHECK;

#endif
