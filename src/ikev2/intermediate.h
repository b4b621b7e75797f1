/* SPDX-License-Identifier: Apache-2.0 */
/* rfc9242: IKE_INTERMEDIATE between IKE_SA_INIT and IKE_AUTH, and the additional key exchanges that
 * it carries (rfc9370). */
#ifndef VANTH_IKEV2_INTERMEDIATE_H
#define VANTH_IKEV2_INTERMEDIATE_H

#include "ikev2/private.h"
#include "sa/intermediate.h"

/* Of one IKE SA: all additional key exchanges, and some that a peer makes for its own reasons. */
#define INTERMEDIATE_MAX (PROPOSAL_ADDKE_MAX + 3)

/* The peer announced it. */
bool intermediate_announced(const struct ike_message *message);
/* Do we, as the initiator? */
bool intermediate_wanted(const struct config_conn *conn);
/* The method of the additional key exchange with this number, from 0; DH_NONE: there are no more.
 */
uint16_t intermediate_method(const struct proposal_choice *choice, unsigned number);
/* Initiator: makes a key pair and sends the request of the next additional key exchange. Suspends.
 */
enum rc intermediate_begin(struct step *step, uint16_t method, struct outcome *out) MUST_CHECK;
/* Responder, in IKE_AUTH: RC_SYNTAX while additional key exchanges are missing. */
enum rc intermediate_complete(const struct ike_sa *sa, struct diag *diag) MUST_CHECK;

/* ---- §3.3.2 ---- */
/* IntAuth of the message of the step, which came from the peer, or of one of ours: prf(SK_p,
 * previous | header | inner payloads). */
enum rc intermediate_auth_received(struct step *step, struct span *out) MUST_CHECK;
enum rc intermediate_auth_sent(struct step *step, const struct outcome *out,
			       const struct outcome_message *message, uint32_t message_id,
			       struct span *result) MUST_CHECK;
/* IntAuth_iN | IntAuth_rN | IKE_AUTH_MID, which AUTH covers; empty when there was no
 * IKE_INTERMEDIATE. message_id: of the first IKE_AUTH request. */
enum rc intermediate_signed(struct step *step, const struct outcome *out, uint32_t message_id,
			    struct span *result) MUST_CHECK;

#endif
