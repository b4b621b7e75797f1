/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals and transforms look alike in both versions of IKE (RFC 2408 §3.5, §3.6, RFC 7296
 * §3.3.1, §3.3.2): how they are cut out of an SA payload and closed again. */
#ifndef VANTH_WIRE_SA_H
#define VANTH_WIRE_SA_H

#include "base/span.h"

#define PROPOSAL_HEADER_LEN  8
#define TRANSFORM_HEADER_LEN 8
#define MORE_PROPOSALS	     2
#define MORE_TRANSFORMS	     3
#define ATTRIBUTE_SHORT	     0x8000 /* AF: the value is in the length's place */

/* Cuts a substructure (its length field is at offset 2) off *in and checks its "last" field: 0, or
 * `more` when another one follows. */
enum rc sa_part_take(struct span *in, uint8_t more, size_t least, const char *what,
		     struct span *out, struct diag *diag) MUST_CHECK;
/* Patches the length of the one that begins at `at`. */
void sa_part_end(struct sink *sink, size_t at);

#endif
