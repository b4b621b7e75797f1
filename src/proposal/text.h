/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded text: what does not fit is cut at a whole word and ends with "...". */
#ifndef VANTH_PROPOSAL_TEXT_H
#define VANTH_PROPOSAL_TEXT_H

#include "proposal/proposal.h"

struct text {
	char *buffer;
	size_t size, len;
	size_t start; /* of this proposal */
	bool cut;
};
void proposal_text_begin(struct text *text, char *buffer, size_t size);

/* Either kind of transforms, to be printed and compared alike. */
struct transforms {
	uint8_t protocol;
	unsigned count;
	const struct proposal_transform *own; /* or */
	const struct wire_transform *wire;
};
struct transforms proposal_transforms_own(const struct proposal *proposal);
struct transforms proposal_transforms_wire(const struct wire_proposal *proposal);
/* Only one type of them, joined by "+"; "none" when there is none. */
void proposal_type_text(struct text *text, const struct transforms *transforms, uint8_t type);

#endif
