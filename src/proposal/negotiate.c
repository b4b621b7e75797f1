/* SPDX-License-Identifier: Apache-2.0 */
/* A responder takes the best match between our list and the peer's SA payload (RFC 7296 §2.7); an
 * initiator asks whether the one proposal in the answer is a match at all; its number is not
 * compared, since old peers count wrong. Both say what each side offered when there is none. */
#include <string.h>
#include "proposal/match.h"
#include "proposal/text.h"

#define SIDE_TEXT_MAX  120 /* two of them and the words around fit a diag */
#define WHOLE_TEXT_MAX 1024

static const char *protocol_text(uint8_t protocol)
{
	static const char *const names[] = { "unknown", "IKE", "AH", "ESP" };
	return names[protocol <= PROTOCOL_ESP ? protocol : 0];
}

static const char *type_text(uint8_t type)
{
	static const char *const names[] = { "algorithm",	    "cipher",	"PRF",
					     "integrity algorithm", "DH group", "ESN mode" };
	if (addke_type(type))
		return "additional key exchange";
	return names[type <= TRANSFORM_ESN ? type : 0];
}

static bool fits(const char *whole)
{
	return strlen(whole) + 4 <= SIDE_TEXT_MAX;
}

/* The whole list when it fits, otherwise only the type that the nearest two have not in common. */
static void our_text(const struct proposal_list *ours, const struct match *nearest, char *out)
{
	char whole[WHOLE_TEXT_MAX];
	struct text text;
	proposal_text(ours, whole, sizeof(whole));
	if (fits(whole) || nearest->first_missing == 0) {
		proposal_text(ours, out, SIDE_TEXT_MAX);
		return;
	}
	struct transforms all = proposal_transforms_own(nearest->ours);
	proposal_text_begin(&text, out, SIDE_TEXT_MAX);
	proposal_type_text(&text, &all, nearest->first_missing);
}

static void their_text(const struct wire_sa *theirs, const struct match *nearest, char *out)
{
	char whole[WHOLE_TEXT_MAX];
	struct text text;
	proposal_wire_text(theirs, whole, sizeof(whole));
	if (fits(whole) || nearest->first_missing == 0) {
		proposal_wire_text(theirs, out, SIDE_TEXT_MAX);
		return;
	}
	struct transforms all = proposal_transforms_wire(nearest->theirs);
	proposal_text_begin(&text, out, SIDE_TEXT_MAX);
	proposal_type_text(&text, &all, nearest->first_missing);
}

static bool offers_protocol(const struct wire_sa *theirs, uint8_t protocol)
{
	for (unsigned i = 0; i < theirs->proposal_count; i++)
		if (theirs->proposals[i].protocol == protocol)
			return true;
	return false;
}

static enum rc fail(const struct proposal_list *ours, const struct wire_sa *theirs,
		    const struct match *nearest, struct diag *diag)
{
	char our[SIDE_TEXT_MAX], their[SIDE_TEXT_MAX];
	if (ours->count == 0 || theirs->proposal_count == 0)
		return diag_fail(diag, RC_NO_PROPOSAL, "%s without a proposal",
				 ours->count == 0 ? "our list is" : "the peer's SA payload is");
	our_text(ours, nearest, our);
	their_text(theirs, nearest, their);
	uint8_t protocol = ours->items[0].protocol;
	if (!offers_protocol(theirs, protocol))
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer proposed no %s, only %s %s; we accept %s",
				 protocol_text(protocol),
				 protocol_text(theirs->proposals[0].protocol), their, our);
	if (nearest->refusal != NULL)
		return diag_fail(diag, RC_NO_PROPOSAL, "peer proposed %s, but %s; we accept %s",
				 their, nearest->refusal, our);
	return diag_fail(diag, RC_NO_PROPOSAL, "no %s in common: peer proposed %s; we accept %s",
			 type_text(nearest->first_missing), their, our);
}

/* The peer's proposal that fits one of ours best. */
static bool choose_for(const struct proposal *ours, const struct wire_sa *theirs,
		       uint16_t preferred_group, unsigned flags, struct match *best,
		       struct match *nearest)
{
	bool found = false;
	for (unsigned i = 0; i < theirs->proposal_count; i++) {
		struct match match;
		bool whole =
			proposal_match(ours, &theirs->proposals[i], preferred_group, flags, &match);
		if (!whole && (nearest->ours == NULL || proposal_match_nearer(&match, nearest)))
			*nearest = match;
		if (whole && (!found || proposal_match_better(&match, best)))
			*best = match;
		found = found || whole;
	}
	return found;
}

enum rc proposal_choose(const struct proposal_list *ours, const struct wire_sa *theirs,
			uint16_t preferred_group, unsigned flags, struct proposal_choice *out,
			struct diag *diag)
{
	struct match best, nearest = { .ours = NULL };
	for (unsigned i = 0; i < ours->count; i++) {
		if (!choose_for(&ours->items[i], theirs, preferred_group, flags, &best, &nearest))
			continue;
		*out = best.choice;
		return RC_OK;
	}
	return fail(ours, theirs, &nearest, diag);
}

/* RFC 7296 §3.3.6: "one transform of each type". */
static uint8_t type_given_twice(const struct wire_proposal *answer)
{
	for (unsigned i = 0; i < answer->transform_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (answer->transforms[i].type == answer->transforms[j].type)
				return answer->transforms[i].type;
	return 0;
}

enum rc proposal_accept(const struct proposal_list *ours, const struct wire_sa *answer,
			unsigned flags, struct proposal_choice *out, struct diag *diag)
{
	struct match best, nearest = { .ours = NULL };
	if (answer->proposal_count != 1)
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer answered with %u proposals; expected the one it chose",
				 answer->proposal_count);
	uint8_t twice = type_given_twice(&answer->proposals[0]);
	if (twice != 0)
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer chose more than one %s; expected one transform of a type",
				 type_text(twice));
	for (unsigned i = 0; i < ours->count; i++) {
		if (!choose_for(&ours->items[i], answer, DH_NONE, flags, &best, &nearest))
			continue;
		*out = best.choice;
		return RC_OK;
	}
	enum rc rc = fail(ours, answer, &nearest, diag);
	diag_prefix(diag, "peer chose what we did not offer");
	return rc;
}

/* A type that the proposal does not list is NONE, or "no ESN". */
static bool lists(const struct proposal *proposal, uint8_t type, uint16_t id, uint16_t key_bits)
{
	bool listed = false;
	for (unsigned i = 0; i < proposal->count; i++) {
		const struct proposal_transform *t = &proposal->transforms[i];
		if (t->type != type)
			continue;
		listed = true;
		if (t->id == id && t->key_bits == key_bits)
			return true;
	}
	return !listed && id == 0;
}

static bool allows_group(const struct proposal *proposal, uint16_t dh)
{
	if (proposal->protocol != PROTOCOL_IKE && dh == DH_NONE)
		return true; /* IKE_AUTH: groups are ignored */
	return lists(proposal, TRANSFORM_DH, dh, 0);
}

static bool allows_addke(const struct proposal *proposal, const struct proposal_choice *choice)
{
	if (proposal->protocol != PROTOCOL_IKE && choice->dh == DH_NONE)
		return true;
	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		if (!lists(proposal, (uint8_t)(TRANSFORM_ADDKE1 + i), choice->addke[i], 0))
			return false;
	return true;
}

bool proposal_allows(const struct proposal_list *list, const struct proposal_choice *choice)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct proposal *proposal = &list->items[i];
		if (proposal->protocol == choice->protocol &&
		    lists(proposal, TRANSFORM_ENCR, choice->encr, choice->encr_bits) &&
		    lists(proposal, TRANSFORM_PRF, choice->prf, 0) &&
		    lists(proposal, TRANSFORM_INTEG, choice->integ, 0) &&
		    allows_group(proposal, choice->dh) && allows_addke(proposal, choice) &&
		    lists(proposal, TRANSFORM_ESN, choice->esn, 0))
			return true;
	}
	return false;
}
