/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum preshared keys (RFC 8784) in IKE_SA_INIT and IKE_AUTH. */
#ifndef VANTH_IKEV2_PPK_H
#define VANTH_IKEV2_PPK_H

#include "ikev2/private.h"

struct ppk {
	struct span id, key; /* as long as the secrets; id.len 0: none */
};

/* Initiator: the PPK to propose, the first of ppk-ids= that the secrets have, or the one for these
 * two ends. None with ppk=no, or when there is none; RC_AUTH_FAILED then with ppk=insist. */
enum rc ppk_propose(const struct step *step, const struct peer *peer,
		    const struct ip_endpoint *local, const struct ip_endpoint *remote,
		    struct ppk *out, struct diag *diag) MUST_CHECK;
/* Initiator, on the IKE_SA_INIT response (§3): is the PPK used? RC_PEER_REFUSED when ppk=insist and
 * the peer cannot. */
enum rc ppk_agreed(const struct step *step, bool *use, struct diag *diag) MUST_CHECK;
/* Responder (§3): answer USE_PPK? Which conn it will be is known only in IKE_AUTH: whenever there
 * is a PPK at all. */
bool ppk_welcome(const struct step *step);

/* PPK_IDENTITY with the PPK's ID as PPK_ID_FIXED; and without data (the responder's confirmation).
 */
enum rc ppk_emit_identity(struct arena *arena, struct writer *writer, struct span id) MUST_CHECK;
void ppk_emit_confirmation(struct writer *writer);
/* NO_PPK_AUTH with an AUTH value made without the PPK. */
void ppk_emit_no_ppk_auth(struct writer *writer, struct span auth);

/* Responder: what the IKE_AUTH request says. */
struct ppk_request {
	bool offered;	     /* there is a PPK_IDENTITY, and USE_PPK was agreed on */
	struct span id;	     /* without its type */
	struct span without; /* NO_PPK_AUTH: AUTH without the PPK; ptr NULL: not sent */
};
enum rc ppk_read_request(const struct step *step, struct ppk_request *out,
			 struct diag *diag) MUST_CHECK;
/* §3, the responder's table: *key empty: without a PPK, then AUTH is ppk->without if `offered`.
 * RC_AUTH_FAILED with the reason. */
enum rc ppk_decide(const struct step *step, const struct peer *peer,
		   const struct identity *remote_id, const struct ppk_request *request,
		   struct span *key, struct diag *diag) MUST_CHECK;

#endif
