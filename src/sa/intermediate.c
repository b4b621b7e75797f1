/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "sa/intermediate.h"

enum rc intermediate_agree(struct ike_larval *larval)
{
	if (larval->intermediate == NULL)
		larval->intermediate = mem_alloc(sizeof(*larval->intermediate));
	return larval->intermediate != NULL ? RC_OK : RC_NO_MEMORY;
}

void intermediate_free(struct ike_intermediate *known)
{
	if (known == NULL)
		return;
	ike_keys_wipe(&known->answered);
	mem_free(known);
}

static struct ike_intermediate *known_of(const struct ike_sa *sa)
{
	return sa->larval != NULL ? sa->larval->intermediate : NULL;
}

bool intermediate_keep_keys(struct ike_sa *sa)
{
	struct ike_intermediate *known = known_of(sa);

	if (known == NULL || sa->role != RESPONDER)
		return false;
	ike_keys_wipe(&known->answered);
	known->answered = sa->keys;
	sa->keys = (struct ike_keys){ .block = { NULL, 0 } };
	return true;
}

void intermediate_answered(struct ike_sa *sa)
{
	struct ike_intermediate *known = known_of(sa);

	if (known != NULL)
		ike_keys_wipe(&known->answered);
}

struct ike_keys *intermediate_answer_keys(struct ike_sa *sa)
{
	struct ike_intermediate *known = known_of(sa);

	return known != NULL && known->answered.block.ptr != NULL ? &known->answered : NULL;
}

static void keep(uint8_t to[PRF_MAX], uint8_t *len, struct span from)
{
	if (from.ptr == NULL || from.len > PRF_MAX)
		return;
	memcpy(to, from.ptr, from.len);
	*len = (uint8_t)from.len;
}

enum rc intermediate_note(struct ike_larval *larval, const struct outcome_intermediate *out)
{
	struct ike_intermediate *known;

	if (out->agreed)
		TRY(intermediate_agree(larval));
	known = larval->intermediate;
	if (known == NULL)
		return RC_OK;
	keep(known->auth_i, &known->len_i, out->auth_i);
	keep(known->auth_r, &known->len_r, out->auth_r);
	known->exchanges = (uint8_t)(known->exchanges + out->exchanged);
	known->keyed = (uint8_t)(known->keyed + out->keyed);
	return RC_OK;
}
