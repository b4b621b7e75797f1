/* SPDX-License-Identifier: Apache-2.0 */
/* IKE_AUTH as the responder: what is read of its requests. */
#ifndef VANTH_IKEV2_AUTH_ANSWER_H
#define VANTH_IKEV2_AUTH_ANSWER_H

#include "ikev2/certs.h"
#include "ikev2/cp.h"
#include "ikev2/intermediate.h"
#include "ikev2/ppk.h"
#include "ikev2/redirect.h"
#include "ikev2/resume.h"
#include "ikev2/rounds.h"

struct auth_request {
	const struct ike_message *first; /* the first request: step->message, or read again */
	unsigned round;			 /* from 1 */
	bool proves, prove_ours;	 /* in this exchange: the peer, we */
	/* of the first request: whose the IKE SA is going to be; data in the message */
	struct wire_id idi, idr;
	bool idr_present, cert_asked;
	struct identity idi_identity, idr_identity;
	struct wire_id id; /* of this one: whom it proves */
	struct identity identity;
	struct identity ours; /* whom we prove */
	struct check check;
	struct prove prove;
	struct peer_accepts accepts;
	struct child_exchange child;
	struct ppk_request ppk;
	struct cp_request cp;
	struct peer *peer; /* found again by serial after the suspension */
	uint64_t peer_serial, tunnel_serial;
	uint64_t template_serial;	       /* peer is an instance of that one; 0: it is none */
	const struct redirect_target *gateway; /* that the peer is redirected to; NULL: none */
	enum rc child_rc;
	uint16_t child_notify;
};

/* Steps: the first request, and a further one (RFC 4739), into step->scratch. */
enum rc auth_read_request(struct step *step, struct outcome *out) MUST_CHECK;
enum rc auth_read_further(struct step *step, struct outcome *out) MUST_CHECK;
/* Runs fn as if the first request were at hand. */
enum rc auth_in_first(struct step *step, struct outcome *out, step_fn fn) MUST_CHECK;
void auth_set_peer(struct auth_request *in, struct peer *peer);
/* After a suspension, into in->peer: an instance may have ended meanwhile, then its template stands
 * for it. RC_AUTH_FAILED: the conn has gone. */
enum rc auth_find_again(const struct step *step, struct auth_request *in,
			struct outcome *out) MUST_CHECK;

#endif
