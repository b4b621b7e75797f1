/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker needs for g^ir and the keys of an IKE SA: copies, never the SA itself. */
#ifndef VANTH_IKEV2_DERIVE_H
#define VANTH_IKEV2_DERIVE_H

#include "ikev2/ikev2.h"

struct derive {
	struct ike_suite suite;
	struct dh_pair *pair; /* initiator; owned; freed by derive_run */
	uint8_t *answer;      /* responder: room for its KE data (dh_answer_len()) */
	struct span peer_public, ni, nr;
	uint64_t spi_i, spi_r;
	struct ike_keys *keys; /* the result: in the outcome, which is wiped whatever happens */
};

enum rc derive_run(void *arg, unsigned worker, struct diag *diag);
void derive_drop(void *arg); /* instead of it */

#endif
