/* SPDX-License-Identifier: Apache-2.0 */
/* SA payloads that we send: an offer (RFC 7296 §3.3: any one of each type) and an answer (exactly
 * one). */
#include <string.h>
#include "base/arena.h"
#include "proposal/list.h"
#include "proposal/match.h"
#include "proposal/words.h"

static bool spi_fits(uint8_t protocol, struct span spi)
{
	return protocol == PROTOCOL_IKE ? spi.len == 0 || spi.len == 8 : spi.len == 4;
}

/* RFC 7296 §1.2: in IKE_AUTH a Child SA's proposals have no groups. */
static bool left_out(const struct proposal *proposal, unsigned i, unsigned flags)
{
	uint8_t type = proposal->transforms[i].type;

	if (type >= TRANSFORM_ADDKE1 && (flags & PROPOSAL_ADDKE_NONE) != 0)
		return true;
	return (flags & PROPOSAL_NO_DH) != 0 && proposal->protocol != PROTOCOL_IKE &&
	       (type == TRANSFORM_DH || type >= TRANSFORM_ADDKE1);
}

static void without_left_out(const struct proposal *proposal, unsigned flags, struct proposal *out)
{
	*out = (struct proposal){ .protocol = proposal->protocol };
	for (unsigned i = 0; i < proposal->count; i++)
		if (!left_out(proposal, i, flags))
			out->transforms[out->count++] = proposal->transforms[i];
}

static enum rc offer_one(struct arena *arena, const struct proposal *proposal,
			 struct wire_proposal *out)
{
	out->protocol = proposal->protocol;
	out->transform_count = proposal->count;
	out->transforms = arena_array(arena, proposal->count, sizeof(*out->transforms));
	if (out->transforms == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < proposal->count; i++)
		out->transforms[i] =
			(struct wire_transform){ .type = proposal->transforms[i].type,
						 .id = proposal->transforms[i].id,
						 .key_length = proposal->transforms[i].key_bits };
	return RC_OK;
}

/* Did an earlier proposal of the list say the same, once its groups are left out? */
static bool said_before(const struct proposal_list *list, unsigned at,
			const struct proposal *proposal, unsigned flags)
{
	struct proposal earlier;
	for (unsigned i = 0; i < at; i++) {
		without_left_out(&list->items[i], flags, &earlier);
		if (proposal_same(&earlier, proposal))
			return true;
	}
	return false;
}

static enum rc offer_all(struct arena *arena, const struct proposal_list *list, struct span spi,
			 unsigned flags, struct wire_sa *sa)
{
	for (unsigned i = 0; i < list->count; i++) {
		struct proposal proposal;
		if ((flags & PROPOSAL_ADDKE_NONE) != 0 && addke_needed(&list->items[i]))
			continue;
		without_left_out(&list->items[i], flags, &proposal);
		if (!spi_fits(proposal.protocol, spi) || proposal.count == 0)
			return RC_INTERNAL;
		if (said_before(list, i, &proposal, flags))
			continue;
		struct wire_proposal *out = &sa->proposals[sa->proposal_count++];
		out->number = (uint8_t)sa->proposal_count;
		out->spi = spi;
		TRY(offer_one(arena, &proposal, out));
	}
	return RC_OK;
}

enum rc proposal_offer(struct arena *arena, const struct proposal_list *list, struct span spi,
		       unsigned flags, struct wire_sa *out)
{
	struct wire_sa sa = { .proposals = arena_array(arena, list->count, sizeof(*sa.proposals)) };
	struct span copy = arena_copy(arena, spi);
	if (list->count == 0)
		return RC_INTERNAL;
	if (sa.proposals == NULL || copy.ptr == NULL)
		return RC_NO_MEMORY;
	TRY(offer_all(arena, list, copy, flags, &sa));
	if (sa.proposal_count == 0)
		return RC_NO_PROPOSAL;
	*out = sa;
	return RC_OK;
}

static void put(struct proposal *proposal, uint8_t type, uint16_t id, uint16_t key_bits)
{
	proposal->transforms[proposal->count++] = (struct proposal_transform){ type, id, key_bits };
}

/* NONE is said by leaving the type out (RFC 7296 §3.3.3); ESN always has its transform. */
static void answer_transforms(const struct proposal_choice *choice, struct proposal *out)
{
	*out = (struct proposal){ .protocol = choice->protocol };
	if (choice->encr != ENCR_NONE)
		put(out, TRANSFORM_ENCR, choice->encr, choice->encr_bits);
	if (choice->prf != PRF_NONE)
		put(out, TRANSFORM_PRF, choice->prf, 0);
	if (choice->integ != INTEG_NONE)
		put(out, TRANSFORM_INTEG, choice->integ, 0);
	if (choice->dh != DH_NONE)
		put(out, TRANSFORM_DH, choice->dh, 0);
	if (choice->protocol != PROTOCOL_IKE)
		put(out, TRANSFORM_ESN, choice->esn, 0);
	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		if (choice->addke[i] != DH_NONE || (choice->addke_said & 1u << i) != 0)
			put(out, (uint8_t)(TRANSFORM_ADDKE1 + i), choice->addke[i], 0);
}

enum rc proposal_answer(struct arena *arena, const struct proposal_choice *choice, struct span spi,
			struct wire_sa *out)
{
	struct wire_sa sa = { .proposals = ARENA_NEW(arena, struct wire_proposal),
			      .proposal_count = 1 };
	struct span copy = arena_copy(arena, spi);
	struct proposal proposal;
	answer_transforms(choice, &proposal);
	if (!spi_fits(choice->protocol, spi) || proposal.count == 0)
		return RC_INTERNAL;
	if (sa.proposals == NULL || copy.ptr == NULL)
		return RC_NO_MEMORY;
	sa.proposals->number = choice->number;
	sa.proposals->spi = copy;
	TRY(offer_one(arena, &proposal, sa.proposals));
	*out = sa;
	return RC_OK;
}

enum rc proposal_ike_suite(const struct proposal_choice *choice, struct ike_suite *out)
{
	struct ike_suite suite = { .encr = crypto_encr(choice->encr),
				   .integ = crypto_integ(choice->integ),
				   .prf = crypto_prf(choice->prf),
				   .dh = crypto_dh(choice->dh),
				   .encr_key_bits = choice->encr_bits };
	bool aead = proposal_encr_is_aead(choice->encr);
	if (choice->protocol != PROTOCOL_IKE || aead != (choice->integ == INTEG_NONE))
		return RC_INTERNAL;
	if (suite.encr == NULL || suite.prf == NULL || suite.dh == NULL ||
	    (!aead && suite.integ == NULL))
		return RC_UNSUPPORTED;
	if (suite.encr_key_bits == 0)
		suite.encr_key_bits = suite.encr->key_bits;
	if (aead)
		suite.integ = NULL;
	*out = suite;
	return RC_OK;
}
