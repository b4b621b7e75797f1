/* SPDX-License-Identifier: Apache-2.0 */
/* One SK or SKF payload (message.c), for whole messages and for fragments. */
#ifndef VANTH_IKEV2_SEALED_H
#define VANTH_IKEV2_SEALED_H

#include "ikev2/private.h"

struct protected_part {
	uint16_t fragment, fragments; /* SKF; 0: SK */
	uint8_t first_type;
	struct span plain;
};
/* Bytes before the IV. */
static inline size_t protected_overhead(bool fragment)
{
	return IKE_HEADER_LEN + 4u + (fragment ? 4u : 0u);
}
/* A whole datagram with the header's SPIs, exchange, flags and message ID. */
enum rc protected_seal(const struct ike_sa *sa, uint64_t counter, const struct ike_header *like,
		       struct protected_part part, struct sink *out) MUST_CHECK;
/* ours: sealed by us. Errors but RC_NO_MEMORY mean that nothing is known of the sender. */
enum rc protected_open(const struct ike_sa *sa, bool ours, struct arena *arena,
		       const struct ike_message *message, const struct payload *payload,
		       struct protected_part *out, struct diag *diag) MUST_CHECK;
/* RC_INTEGRITY (or RC_NO_MEMORY), with a sentence. */
enum rc not_authentic(struct diag *diag, enum rc rc) MUST_CHECK;

#endif
