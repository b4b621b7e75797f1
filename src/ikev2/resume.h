/* SPDX-License-Identifier: Apache-2.0 */
/* Session resumption (RFC 5723): tickets asked for and given, and a session that is resumed with
 * one. */
#ifndef VANTH_IKEV2_RESUME_H
#define VANTH_IKEV2_RESUME_H

#include "auth/resumed.h"
#include "ikev2/private.h"
#include "sa/ticket.h"

/* Client: the peer has a ticket that may be used; then the steps that use it, otherwise NULL. */
const step_fn *resume_steps(const struct step *step);
/* Client, IKE_AUTH: TICKET_REQUEST, when the conn wants tickets. */
void resume_emit_request(const struct peer *peer, struct writer *writer);
/* Client: TICKET_LT_OPAQUE into out->extra. */
void resume_read_grant(const struct step *step, struct outcome *out);
/* Client: the IDr of a resumed session is the one of the ticket, and its AUTH is right. */
enum rc resume_verify_gateway(const struct step *step, const struct auth_input *input,
			      const struct wire_auth *auth, struct outcome *out) MUST_CHECK;

/* Gateway: answers a TICKET_REQUEST of the message. client NULL: the peer's identity, if it is
 * known for sure. */
enum rc resume_emit_grant(struct step *step, const struct outcome *out, const struct peer *peer,
			  const struct identity *client, struct writer *writer) MUST_CHECK;
struct resume_claim {
	const struct peer *peer;
	const struct identity *idi, *idr; /* idr NULL: the client asked for none */
};
/* Gateway: the client of the ticket it is, with its AUTH right, and the conn still lets it
 * (§4.3.3): its secret is the same, its algorithms are allowed, its authentication has not ended.
 */
enum rc resume_verify_client(struct step *step, const struct resume_claim *claim,
			     const struct auth_input *input, const struct wire_auth *auth,
			     struct outcome *out) MUST_CHECK;

#endif
