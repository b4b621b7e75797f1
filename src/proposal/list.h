/* SPDX-License-Identifier: Apache-2.0 */
/* Making lists of proposals; only this folder does it. */
#ifndef VANTH_PROPOSAL_LIST_H
#define VANTH_PROPOSAL_LIST_H

#include "proposal/proposal.h"

/* A transform that is there already is not added again. */
enum rc proposal_add(struct proposal *proposal,
		     const struct proposal_transform *transform) MUST_CHECK;
struct proposal_list *proposal_list_new(void);
/* A proposal that is there already is not added again. */
enum rc proposal_list_add(struct proposal_list *list, const struct proposal *proposal) MUST_CHECK;
bool proposal_same(const struct proposal *a, const struct proposal *b);

#endif
