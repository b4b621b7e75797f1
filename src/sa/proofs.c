/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/extra.h"
#include "sa/proofs.h"

void proofs_free(struct ike_proofs *proofs)
{
	for (unsigned i = 0; proofs != NULL && i < proofs->count; i++)
		identity_free(&proofs->list[i].id);
	mem_free(proofs);
}

enum rc proofs_note(struct ike_proofs **proofs, bool ours, const struct outcome_proof *proof)
{
	struct ike_proof *one;

	if (proof->method == AUTH_NONE)
		return RC_OK;
	if (*proofs == NULL)
		*proofs = mem_alloc(sizeof(**proofs));
	if (*proofs == NULL)
		return RC_NO_MEMORY;
	if ((*proofs)->count == IKE_PROOFS_MAX)
		return RC_LIMIT;
	one = &(*proofs)->list[(*proofs)->count];
	*one = (struct ike_proof){ .ours = ours, .method = proof->method };
	TRY(identity_from_wire(&proof->id, &one->id));
	(*proofs)->count++;
	return RC_OK;
}

void proofs_keep(struct ike_sa *sa)
{
	if (sa->larval == NULL || sa->larval->proofs == NULL || ike_extra_of(sa) == NULL)
		return;
	proofs_free(sa->extra->proofs);
	sa->extra->proofs = sa->larval->proofs;
	sa->larval->proofs = NULL;
}
