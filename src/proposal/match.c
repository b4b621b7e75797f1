/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "proposal/match.h"

static const uint8_t transform_types[MATCH_TYPES] = {
	[MATCH_ENCR] = TRANSFORM_ENCR, [MATCH_INTEG] = TRANSFORM_INTEG, [MATCH_PRF] = TRANSFORM_PRF,
	[MATCH_ESN] = TRANSFORM_ESN,   [MATCH_DH] = TRANSFORM_DH,
};

/* RFC 7296 §3.3.3: which types a protocol has. */
static bool type_belongs(uint8_t protocol, uint8_t type)
{
	static const uint8_t belongs[][4] = {
		[PROTOCOL_IKE] = { TRANSFORM_ENCR, TRANSFORM_PRF, TRANSFORM_INTEG, TRANSFORM_DH },
		[PROTOCOL_AH] = { TRANSFORM_INTEG, TRANSFORM_DH, TRANSFORM_ESN },
		[PROTOCOL_ESP] = { TRANSFORM_ENCR, TRANSFORM_INTEG, TRANSFORM_DH, TRANSFORM_ESN },
	};
	if (protocol == PROTOCOL_NONE || protocol > PROTOCOL_ESP || type == 0)
		return false;
	if (addke_type(type)) /* RFC 9370 §2.2.1 */
		return true;
	for (size_t i = 0; i < sizeof(belongs[0]); i++)
		if (belongs[protocol][i] == type)
			return true;
	return false;
}

static bool spi_good(const struct wire_proposal *theirs)
{
	size_t len = theirs->spi.len;
	if (theirs->protocol == PROTOCOL_IKE && len == 0)
		return true; /* IKE_SA_INIT: it is in the header */
	if (len != (theirs->protocol == PROTOCOL_IKE ? 8 : 4))
		return false;
	for (size_t i = 0; i < len; i++)
		if (theirs->spi.ptr[i] != 0)
			return true;
	return false;
}

/* §3.3.6: "If the responder receives a proposal that contains a Transform Type it does not
 * understand, or a proposal that is missing a mandatory Transform Type, it MUST consider this
 * proposal unacceptable". */
static const char *refuse(const struct proposal *ours, const struct wire_proposal *theirs)
{
	if (theirs->protocol != ours->protocol)
		return "it is for another protocol";
	if (!spi_good(theirs))
		return "its SPI is zero or of the wrong length";
	for (unsigned i = 0; i < theirs->transform_count; i++)
		if (!type_belongs(theirs->protocol, theirs->transforms[i].type))
			return "it has a transform type that we do not know here";
	return NULL;
}

/* §3.3.6: a transform with an attribute that we do not know is unacceptable; so is one whose key
 * length differs, is missing for AES, or is there for a cipher that has only one (§3.3.5). NONE may
 * be said or left out, and so may "no ESN". */
bool proposal_they_list(const struct wire_proposal *theirs, const struct proposal_transform *t)
{
	bool listed = false;
	for (unsigned i = 0; i < theirs->transform_count; i++) {
		const struct wire_transform *w = &theirs->transforms[i];
		if (w->type != t->type)
			continue;
		listed = true;
		if (w->id == t->id && w->key_length == t->key_bits && !w->unknown_attribute)
			return true;
	}
	return !listed && t->id == 0 && t->type != TRANSFORM_ENCR && t->type != TRANSFORM_PRF;
}

/* The first of ours that they list, or the preferred one. A type that we do not list is NONE. */
static bool pick(const struct proposal *ours, const struct wire_proposal *theirs, uint8_t type,
		 uint16_t preferred, struct proposal_transform *out, uint8_t *rank)
{
	bool listed = false, found = false;
	for (uint8_t i = 0; i < ours->count; i++) {
		const struct proposal_transform *t = &ours->transforms[i];
		if (t->type != type)
			continue;
		listed = true;
		bool prefer = type == TRANSFORM_DH && preferred != DH_NONE && t->id == preferred;
		if ((found && !prefer) || !proposal_they_list(theirs, t))
			continue;
		found = true;
		*out = *t;
		*rank = prefer ? 0 : (uint8_t)(i + 1);
	}
	*out = listed ? *out : (struct proposal_transform){ .type = type };
	return listed ? found : proposal_they_list(theirs, out);
}

static void set_choice(struct proposal_choice *choice, const struct proposal_transform *t)
{
	if (t->type == TRANSFORM_ENCR)
		choice->encr = t->id, choice->encr_bits = t->key_bits;
	else if (t->type == TRANSFORM_PRF)
		choice->prf = t->id;
	else if (t->type == TRANSFORM_INTEG)
		choice->integ = t->id;
	else if (t->type == TRANSFORM_DH)
		choice->dh = t->id;
	else
		choice->esn = t->id;
}

static bool names_group(const struct proposal *ours)
{
	for (unsigned i = 0; i < ours->count; i++)
		if (ours->transforms[i].type == TRANSFORM_DH)
			return true;
	return false;
}

/* The group of the peer's KE is good enough for who does not ask for one. */
static bool take_theirs(struct match *match, uint16_t group)
{
	struct proposal_transform t = { .type = TRANSFORM_DH, .id = group };
	if (group == DH_NONE || names_group(match->ours) || !proposal_they_list(match->theirs, &t))
		return false;
	match->choice.dh = group;
	return true;
}

static void match_type(struct match *match, enum match_type i, uint16_t preferred_group)
{
	struct proposal_transform t = { 0 };
	uint8_t type = transform_types[i];
	if (pick(match->ours, match->theirs, type, preferred_group, &t, &match->rank[i])) {
		set_choice(&match->choice, &t);
		return;
	}
	if (match->missing++ == 0)
		match->first_missing = type;
}

static void identify(struct match *match)
{
	match->choice.number = match->theirs->number;
	match->choice.protocol = match->theirs->protocol;
	match->choice.spi_len = (uint8_t)match->theirs->spi.len;
	if (match->theirs->spi.len > 0)
		memcpy(match->choice.spi, match->theirs->spi.ptr, match->theirs->spi.len);
}

bool proposal_match(const struct proposal *ours, const struct wire_proposal *theirs,
		    uint16_t preferred_group, unsigned flags, struct match *out)
{
	*out = (struct match){ .ours = ours, .theirs = theirs, .refusal = refuse(ours, theirs) };
	if (out->refusal != NULL)
		return false;
	bool no_dh = (flags & PROPOSAL_NO_DH) != 0 && ours->protocol != PROTOCOL_IKE;
	if ((flags & PROPOSAL_ANY_DH) != 0 && take_theirs(out, preferred_group))
		no_dh = true;
	for (enum match_type i = 0; i < MATCH_ADDKE1; i++)
		if (type_belongs(ours->protocol, transform_types[i]) && !(i == MATCH_DH && no_dh))
			match_type(out, i, preferred_group);
	if (!((flags & PROPOSAL_NO_DH) != 0 && ours->protocol != PROTOCOL_IKE) &&
	    !addke_match(out, flags) && out->missing++ == 0)
		out->first_missing = TRANSFORM_ADDKE1;
	if (out->missing > 0)
		return false;
	identify(out);
	return true;
}

bool proposal_match_better(const struct match *a, const struct match *b)
{
	for (enum match_type i = 0; i < MATCH_TYPES; i++)
		if (a->rank[i] != b->rank[i])
			return a->rank[i] < b->rank[i];
	return false;
}

bool proposal_match_nearer(const struct match *a, const struct match *b)
{
	if ((a->refusal == NULL) != (b->refusal == NULL))
		return a->refusal == NULL;
	return a->missing < b->missing;
}
