/* SPDX-License-Identifier: Apache-2.0 */
/* SA payloads that we send in IKEv1: every choice of a list as a transform of its own, and the
 * answer, which repeats the transform that was chosen. */
#include <string.h>
#include "base/arena.h"
#include "proposal/isakmp_words.h"

#define ATTRIBUTES_MAX 10

static struct isakmp_attribute basic(uint16_t type, uint16_t value)
{
	return (struct isakmp_attribute){ .type = type, .basic = true, .value = value };
}

/* In two bytes when it fits, else in four. */
static enum rc number(struct arena *arena, uint16_t type, uint64_t value,
		      struct isakmp_attribute *out)
{
	struct sink sink;
	uint8_t *bytes;

	*out = basic(type, (uint16_t)value);
	if (value <= UINT16_MAX)
		return RC_OK;
	bytes = arena_alloc(arena, 8);
	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, 8);
	if (value <= UINT32_MAX)
		sink_u32(&sink, (uint32_t)value);
	else
		sink_u64(&sink, value);
	out->basic = false;
	out->value = 0;
	out->data = sink_written(&sink);
	return RC_OK;
}

struct offer {
	struct arena *arena;
	struct isakmp_proposal *proposal;
	unsigned max;
};

/* What there is no room for is not offered. */
static enum rc add(struct offer *offer, uint8_t id, const struct isakmp_attribute *attributes,
		   unsigned count)
{
	struct isakmp_proposal *proposal = offer->proposal;
	struct isakmp_transform *transform = &proposal->transforms[proposal->transform_count];

	if (proposal->transform_count >= offer->max)
		return RC_OK;
	transform->attributes = arena_array(offer->arena, count, sizeof(*attributes));
	if (transform->attributes == NULL)
		return RC_NO_MEMORY;
	memcpy(transform->attributes, attributes, count * sizeof(*attributes));
	transform->attribute_count = count;
	transform->id = id;
	transform->number = (uint8_t)++proposal->transform_count;
	return RC_OK;
}

static enum rc begin(struct arena *arena, uint8_t protocol, struct offer *offer)
{
	offer->arena = arena;
	offer->max = ISAKMP_TRANSFORMS_SENT_MAX;
	offer->proposal = ARENA_NEW(arena, struct isakmp_proposal);
	if (offer->proposal == NULL)
		return RC_NO_MEMORY;
	offer->proposal->protocol = protocol;
	offer->proposal->transforms =
		arena_array(arena, offer->max, sizeof(struct isakmp_transform));
	return offer->proposal->transforms != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc end(const struct offer *offer, struct isakmp_sa *out, struct diag *diag)
{
	if (offer->proposal->transform_count == 0)
		return diag_fail(
			diag, RC_NO_PROPOSAL,
			"nothing of %s can be said in IKEv1: it needs a cipher with integrity "
			"(aes256-sha2_256) and a MODP or ECP group",
			offer->proposal->protocol == PROTOCOL_IKE ? "ike=" : "esp=");
	*out = (struct isakmp_sa){ .doi = ISAKMP_DOI_IPSEC,
				   .situation = SIT_IDENTITY_ONLY,
				   .proposals = offer->proposal,
				   .proposal_count = 1 };
	return RC_OK;
}

/* Additional key exchanges (RFC 9370) are IKEv2's: without those that are needed the SA would be
 * weaker than the list says. */
static bool can_be_said(const struct proposal *proposal)
{
	const struct proposal_list one = { 1, (struct proposal *)(uintptr_t)proposal };

	return !proposal_needs_addke(&one);
}

/* ---- phase 1 ---- */

struct phase1_words {
	uint16_t encr, key_bits, hash, auth, group;
};

static enum rc add_phase1(struct offer *offer, const struct isakmp_phase1_terms *terms,
			  const struct phase1_words *words)
{
	struct isakmp_attribute all[ATTRIBUTES_MAX];
	unsigned count = 0;

	all[count++] = basic(OAKLEY_ENCRYPTION_ALGORITHM, words->encr);
	if (words->key_bits != 0)
		all[count++] = basic(OAKLEY_KEY_LENGTH, words->key_bits);
	all[count++] = basic(OAKLEY_HASH_ALGORITHM, words->hash);
	all[count++] = basic(OAKLEY_GROUP_DESCRIPTION, words->group);
	all[count++] = basic(OAKLEY_AUTHENTICATION_METHOD, words->auth);
	all[count++] = basic(OAKLEY_LIFE_TYPE, LIFE_SECONDS);
	TRY(number(offer->arena, OAKLEY_LIFE_DURATION, terms->seconds, &all[count++]));
	return add(offer, OAKLEY_KEY_IKE, all, count);
}

#define EACH(t, proposal, kind)                                                                    \
	for (const struct proposal_transform *t = (proposal)->transforms;                          \
	     t < (proposal)->transforms + (proposal)->count; t++)                                  \
		if (t->type == (kind))

static bool has_prf(const struct proposal *proposal, uint16_t prf)
{
	EACH(t, proposal, TRANSFORM_PRF)
	{
		if (t->id == prf)
			return true;
	}
	return false;
}

static enum rc auths(struct offer *offer, const struct isakmp_phase1_terms *terms,
		     struct phase1_words words)
{
	for (unsigned i = 0; i < terms->auth_count; i++) {
		words.auth = terms->auths[i];
		TRY(add_phase1(offer, terms, &words));
	}
	return RC_OK;
}

static enum rc groups(struct offer *offer, const struct proposal *proposal,
		      const struct isakmp_phase1_terms *terms, struct phase1_words words)
{
	EACH(dh, proposal, TRANSFORM_DH)
	{
		words.group = dh->id;
		if (words.group != DH_NONE && (terms->group == DH_NONE || terms->group == dh->id))
			TRY(auths(offer, terms, words));
	}
	return RC_OK;
}

static enum rc offer_one(struct offer *offer, const struct proposal *proposal,
			 const struct isakmp_phase1_terms *terms)
{
	EACH(encr, proposal, TRANSFORM_ENCR)
	{
		struct phase1_words words = { .encr = oakley_of_encr(encr->id),
					      .key_bits = encr->key_bits };
		if (words.encr == 0)
			continue;
		EACH(integ, proposal, TRANSFORM_INTEG)
		{
			words.hash = oakley_of_integ(integ->id);
			if (words.hash != 0 && has_prf(proposal, prf_of_integ(integ->id)))
				TRY(groups(offer, proposal, terms, words));
		}
	}
	return RC_OK;
}

enum rc isakmp_offer_phase1(struct arena *arena, const struct proposal_list *list,
			    const struct isakmp_phase1_terms *terms, struct isakmp_sa *out,
			    struct diag *diag)
{
	struct offer offer;

	TRY(begin(arena, PROTOCOL_IKE, &offer));
	for (unsigned i = 0; i < list->count; i++)
		if (can_be_said(&list->items[i]))
			TRY(offer_one(&offer, &list->items[i], terms));
	offer.proposal->number = 1;
	return end(&offer, out, diag);
}

/* ---- phase 2 ---- */

struct phase2_words {
	uint8_t id;
	uint16_t key_bits, integ;
	bool esn;
};

static enum rc add_phase2(struct offer *offer, const struct isakmp_phase2_terms *terms,
			  const struct phase2_words *words)
{
	struct isakmp_attribute all[ATTRIBUTES_MAX];
	unsigned count = 0;

	all[count++] = basic(IPSEC_LIFE_TYPE, LIFE_SECONDS);
	TRY(number(offer->arena, IPSEC_LIFE_DURATION, terms->seconds, &all[count++]));
	if (terms->kilobytes != 0) {
		all[count++] = basic(IPSEC_LIFE_TYPE, LIFE_KILOBYTES);
		TRY(number(offer->arena, IPSEC_LIFE_DURATION, terms->kilobytes, &all[count++]));
	}
	if (terms->group != DH_NONE)
		all[count++] = basic(IPSEC_GROUP_DESCRIPTION, terms->group);
	all[count++] = basic(IPSEC_ENCAPSULATION_MODE, terms->encapsulations[0]);
	if (words->integ != 0)
		all[count++] = basic(IPSEC_AUTHENTICATION_ALGORITHM, words->integ);
	if (words->key_bits != 0)
		all[count++] = basic(IPSEC_KEY_LENGTH, words->key_bits);
	if (words->esn)
		all[count++] = basic(IPSEC_ESN, 1);
	return add(offer, words->id, all, count);
}

static enum rc esns(struct offer *offer, const struct proposal *proposal,
		    const struct isakmp_phase2_terms *terms, struct phase2_words words)
{
	EACH(esn, proposal, TRANSFORM_ESN)
	{
		words.esn = esn->id == ESN_YES;
		TRY(add_phase2(offer, terms, &words));
	}
	return RC_OK;
}

static enum rc offer_ah(struct offer *offer, const struct proposal *proposal,
			const struct isakmp_phase2_terms *terms)
{
	EACH(integ, proposal, TRANSFORM_INTEG)
	{
		struct phase2_words words = { .id = ipsec_transform_of_ah(integ->id),
					      .integ = ipsec_of_integ(integ->id) };
		if (words.id != 0 && words.integ != 0)
			TRY(esns(offer, proposal, terms, words));
	}
	return RC_OK;
}

static bool is_combined(const struct proposal *proposal)
{
	EACH(integ, proposal, TRANSFORM_INTEG)
	{
		if (integ->id != INTEG_NONE)
			return false;
	}
	return true;
}

static enum rc offer_esp(struct offer *offer, const struct proposal *proposal,
			 const struct isakmp_phase2_terms *terms)
{
	EACH(encr, proposal, TRANSFORM_ENCR)
	{
		struct phase2_words words = { .id = ipsec_transform_of_encr(encr->id),
					      .key_bits = encr->key_bits };
		if (words.id == 0)
			continue;
		if (is_combined(proposal))
			TRY(esns(offer, proposal, terms, words));
		EACH(integ, proposal, TRANSFORM_INTEG)
		{
			words.integ = ipsec_of_integ(integ->id);
			if (words.integ != 0)
				TRY(esns(offer, proposal, terms, words));
		}
	}
	return RC_OK;
}

enum rc isakmp_offer_phase2(struct arena *arena, const struct proposal_list *list,
			    const struct isakmp_phase2_terms *terms, struct isakmp_sa *out,
			    struct diag *diag)
{
	uint8_t protocol = list->count > 0 ? list->items[0].protocol : (uint8_t)PROTOCOL_ESP;
	struct offer offer;

	TRY(begin(arena, protocol, &offer));
	TRY(wire_spi(arena, terms->spi, &offer.proposal->spi));
	for (unsigned i = 0; i < list->count; i++)
		if (can_be_said(&list->items[i]))
			TRY(protocol == PROTOCOL_AH ? offer_ah(&offer, &list->items[i], terms)
						    : offer_esp(&offer, &list->items[i], terms));
	offer.proposal->number = 1;
	return end(&offer, out, diag);
}

/* ---- the answer ---- */

enum rc isakmp_answer(struct arena *arena, const struct isakmp_choice *choice, uint32_t spi,
		      struct isakmp_sa *out)
{
	struct isakmp_proposal *proposal = ARENA_NEW(arena, struct isakmp_proposal);
	struct isakmp_transform *transform = ARENA_NEW(arena, struct isakmp_transform);

	if (proposal == NULL || transform == NULL)
		return RC_NO_MEMORY;
	*transform = *choice->chosen;
	proposal->number = choice->proposal;
	proposal->protocol = choice->choice.protocol;
	proposal->transforms = transform;
	proposal->transform_count = 1;
	if (proposal->protocol != PROTOCOL_IKE)
		TRY(wire_spi(arena, spi, &proposal->spi));
	*out = (struct isakmp_sa){ .doi = ISAKMP_DOI_IPSEC,
				   .situation = SIT_IDENTITY_ONLY,
				   .proposals = proposal,
				   .proposal_count = 1 };
	return RC_OK;
}
