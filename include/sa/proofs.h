/* SPDX-License-Identifier: Apache-2.0 */
/* By what both ends of an IKE SA proved who they are, where that took more than one round (RFC
 * 4739): shown to the operator. Otherwise the peer's two identities say it. */
#ifndef VANTH_SA_PROOFS_H
#define VANTH_SA_PROOFS_H

#include "sa/sa.h"
#include "wire/payloads.h"

#define IKE_PROOFS_MAX 4

struct ike_proof {
	bool ours;
	uint8_t method; /* enum auth_method */
	struct identity id;
};
/* In the order in which they came; hangs off the larval part of an IKE SA, then off its extra. */
struct ike_proofs {
	unsigned count;
	struct ike_proof list[IKE_PROOFS_MAX];
};
/* What an exchange adds; in an outcome. method AUTH_NONE: nothing. */
struct outcome_proof {
	uint8_t method;
	struct wire_id id; /* in the arena */
};

void proofs_free(struct ike_proofs *proofs);
/* *proofs is made when there is none. RC_LIMIT: there are IKE_PROOFS_MAX. */
enum rc proofs_note(struct ike_proofs **proofs, bool ours,
		    const struct outcome_proof *proof) MUST_CHECK;
/* The SA is established, and its larval part about to go. Without memory they are not shown. */
void proofs_keep(struct ike_sa *sa);

#endif
