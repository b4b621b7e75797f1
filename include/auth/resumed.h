/* SPDX-License-Identifier: Apache-2.0 */
/* AUTH of a resumed session (RFC 5723 §4.3.3). */
#ifndef VANTH_AUTH_RESUMED_H
#define VANTH_AUTH_RESUMED_H

#include "auth/psk.h"

/* prf(SK_px, <message octets>), for the method "shared key"; in the arena. The octets are those of
 * RFC 7296 §2.15: our first message | the other's nonce | prf(SK_px, our ID). Its messages are
 * those of IKE_SESSION_RESUME. */
enum rc resumed_auth(struct arena *arena, const struct auth_input *input,
		     struct span *out) MUST_CHECK;
/* RC_AUTH_FAILED with a diag. */
enum rc resumed_verify(struct arena *arena, const struct auth_input *input,
		       const struct wire_auth *auth, struct diag *diag) MUST_CHECK;

#endif
