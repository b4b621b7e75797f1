/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of IKE_SA_INIT that IKE_SESSION_RESUME needs too. */
#ifndef VANTH_IKEV2_SA_INIT_H
#define VANTH_IKEV2_SA_INIT_H

#include "ikev2/private.h"

/* Initiator: where the next messages go from and to (RFC 7296 §2.23: behind a NAT both ports become
 * 4500). */
void sa_init_endpoints(const struct step *step, const struct nat_findings *nat,
		       struct outcome *out);
/* Initiator, in IKEV2_INIT_SENT: the SA goes on with an IKE_SA_INIT of its own instead of what it
 * has sent. Diverts; suspends for a key pair. */
enum rc sa_init_begin_again(struct step *step, struct outcome *out) MUST_CHECK;

#endif
