/* SPDX-License-Identifier: Apache-2.0 */
/* Which transform of an IKEv1 SA payload our list allows: as responder the best one, as initiator
 * whether the one that came back is one of ours. */
#include <stdio.h>
#include <string.h>
#include "crypto/ikev1.h"
#include "proposal/isakmp_words.h"

#define TEXT_MAX_LEN   120
#define MANNER_MAX_LEN 60

/* ---- a transform, read ---- */

/* Values that come once, in two bytes. */
struct once {
	uint16_t *value;
	bool seen;
};

static bool take_once(struct once *once, const struct isakmp_attribute *attribute)
{
	uint64_t value;

	if (once->seen || isakmp_attribute_number(attribute, &value) != RC_OK || value == 0 ||
	    value > UINT16_MAX)
		return false;
	once->seen = true;
	*once->value = (uint16_t)value;
	return true;
}

/* RFC 2407 §4.5: a type, then its duration. */
struct life {
	uint16_t type;
	bool open; /* a type whose duration is still to come */
	uint64_t seconds, kilobytes;
};

static bool take_life_type(struct life *life, const struct isakmp_attribute *attribute)
{
	uint64_t value;

	if (life->open || isakmp_attribute_number(attribute, &value) != RC_OK ||
	    (value != LIFE_SECONDS && value != LIFE_KILOBYTES))
		return false;
	life->open = true;
	life->type = (uint16_t)value;
	return true;
}

/* A lifetime of nothing is none; one beyond all bounds is for ever. */
static bool take_life(struct life *life, const struct isakmp_attribute *attribute)
{
	uint64_t *to = life->type == LIFE_SECONDS ? &life->seconds : &life->kilobytes;
	uint64_t value;
	enum rc rc = isakmp_attribute_number(attribute, &value);

	if (!life->open || *to != 0 || (rc == RC_OK && value == 0) ||
	    (rc != RC_OK && rc != RC_LIMIT))
		return false;
	life->open = false;
	*to = rc == RC_LIMIT ? UINT64_MAX : value;
	return true;
}

static void life_into(const struct life *life, struct isakmp_choice *out)
{
	out->seconds = life->seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)life->seconds;
	out->kilobytes = life->kilobytes;
}

static bool key_bits_fit(uint16_t encr, uint16_t bits)
{
	return encr == ENCR_3DES || encr == ENCR_NULL ? bits == 0
						      : bits == 128 || bits == 192 || bits == 256;
}

static bool read_phase1(const struct isakmp_proposal *proposal,
			const struct isakmp_transform *transform, struct isakmp_choice *out)
{
	uint16_t encr = 0, hash = 0, group = 0, bits = 0;
	struct once once[] = { { &encr, false },
			       { &hash, false },
			       { &out->auth, false },
			       { &group, false },
			       { &bits, false } };
	struct life life = { .open = false };
	bool good = proposal->protocol == PROTOCOL_IKE && transform->id == OAKLEY_KEY_IKE;

	for (unsigned i = 0; good && i < transform->attribute_count; i++) {
		const struct isakmp_attribute *attribute = &transform->attributes[i];
		if (attribute->type >= OAKLEY_ENCRYPTION_ALGORITHM &&
		    attribute->type <= OAKLEY_GROUP_DESCRIPTION)
			good = take_once(&once[attribute->type - 1], attribute);
		else if (attribute->type == OAKLEY_KEY_LENGTH)
			good = take_once(&once[4], attribute);
		else if (attribute->type == OAKLEY_LIFE_TYPE)
			good = take_life_type(&life, attribute);
		else
			good = attribute->type == OAKLEY_LIFE_DURATION &&
			       take_life(&life, attribute);
	}
	life_into(&life, out);
	out->choice = (struct proposal_choice){ .number = proposal->number,
						.protocol = PROTOCOL_IKE,
						.encr = encr_of_oakley(encr),
						.encr_bits = bits,
						.integ = integ_of_oakley(hash),
						.prf = prf_of_integ(integ_of_oakley(hash)),
						.dh = group };
	return good && !life.open && out->choice.encr != 0 && out->choice.integ != 0 &&
	       group != 0 && out->auth != 0 && key_bits_fit(out->choice.encr, bits);
}

static bool read_phase2(const struct isakmp_proposal *proposal,
			const struct isakmp_transform *transform, struct isakmp_choice *out)
{
	uint16_t integ = 0, group = 0, bits = 0, esn = 0;
	struct once once[] = { { &group, false },
			       { &out->encapsulation, false },
			       { &integ, false },
			       { &bits, false },
			       { &esn, false } };
	struct life life = { .open = false };
	bool good = true, ah = proposal->protocol == PROTOCOL_AH;

	for (unsigned i = 0; good && i < transform->attribute_count; i++) {
		const struct isakmp_attribute *attribute = &transform->attributes[i];
		if (attribute->type == IPSEC_LIFE_TYPE)
			good = take_life_type(&life, attribute);
		else if (attribute->type == IPSEC_LIFE_DURATION)
			good = take_life(&life, attribute);
		else if (attribute->type >= IPSEC_GROUP_DESCRIPTION &&
			 attribute->type <= IPSEC_KEY_LENGTH)
			good = take_once(&once[attribute->type - IPSEC_GROUP_DESCRIPTION],
					 attribute);
		else
			good = attribute->type == IPSEC_ESN && take_once(&once[4], attribute);
	}
	life_into(&life, out);
	out->choice =
		(struct proposal_choice){ .number = proposal->number,
					  .protocol = proposal->protocol,
					  .encr = ah ? 0 : encr_of_ipsec_transform(transform->id),
					  .encr_bits = bits,
					  .integ = integ_of_ipsec(integ),
					  .dh = group,
					  .esn = esn == 1 ? ESN_YES : ESN_NO };
	if (!good || life.open || esn > 1 || (integ != 0 && out->choice.integ == 0) ||
	    proposal->spi.len != 4)
		return false;
	memcpy(out->choice.spi, proposal->spi.ptr, 4);
	out->choice.spi_len = 4;
	if (ah)
		return out->choice.integ != 0 &&
		       integ_of_ah_transform(transform->id) == out->choice.integ;
	return out->choice.encr != 0;
}

/* ---- against the list ---- */

struct search {
	const struct proposal_list *list;
	const struct isakmp_phase1_terms *phase1; /* one of the two */
	const struct isakmp_phase2_terms *phase2;
	const struct isakmp_sa *theirs;
};

static bool among(const uint16_t *values, unsigned count, uint16_t value)
{
	for (unsigned i = 0; i < count; i++)
		if (values[i] == value)
			return true;
	return false;
}

static bool read_one(const struct search *search, const struct isakmp_proposal *proposal,
		     const struct isakmp_transform *transform, struct isakmp_choice *out)
{
	*out = (struct isakmp_choice){ .proposal = proposal->number,
				       .transform = transform->number,
				       .chosen = transform };
	return search->phase1 != NULL ? read_phase1(proposal, transform, out)
				      : read_phase2(proposal, transform, out);
}

/* Of ESP and AH the group is no matter of the list here: it is that of the KE, or none. */
static bool fits(const struct search *search, const struct proposal *ours,
		 const struct isakmp_choice *choice)
{
	const struct proposal_list one = { 1, (struct proposal *)(uintptr_t)ours };
	struct proposal_choice plain = choice->choice;

	if (proposal_needs_addke(&one)) /* IKEv1 has none (RFC 9370) */
		return false;
	if (search->phase1 != NULL)
		return among(search->phase1->auths, search->phase1->auth_count, choice->auth) &&
		       (search->phase1->group == DH_NONE || search->phase1->group == plain.dh) &&
		       proposal_allows(&one, &plain);
	if (plain.dh != search->phase2->group ||
	    !among(search->phase2->encapsulations, search->phase2->encapsulation_count,
		   choice->encapsulation))
		return false;
	plain.dh = DH_NONE;
	return proposal_allows(&one, &plain);
}

/* Proposals with the same number belong together: one of AH and ESP, or with IPComp, is not what we
 * have. */
static bool stands_alone(const struct isakmp_sa *sa, unsigned at)
{
	for (unsigned i = 0; i < sa->proposal_count; i++)
		if (i != at && sa->proposals[i].number == sa->proposals[at].number)
			return false;
	return true;
}

static bool find(const struct search *search, const struct proposal *ours,
		 struct isakmp_choice *out)
{
	for (unsigned p = 0; p < search->theirs->proposal_count; p++) {
		const struct isakmp_proposal *proposal = &search->theirs->proposals[p];
		if (!stands_alone(search->theirs, p))
			continue;
		for (unsigned t = 0; t < proposal->transform_count; t++)
			if (read_one(search, proposal, &proposal->transforms[t], out) &&
			    fits(search, ours, out))
				return true;
	}
	return false;
}

/* ---- what both sides said ---- */

/* How phase 1 is proven, or what packets are in: in words, because the numbers are nowhere in
 * ipsec.conf. */
static const char *manner_text(const struct search *search, uint16_t value, char *out, size_t size)
{
	return names_text(search->phase1 != NULL ? &isakmp_auth_names : &isakmp_encapsulation_names,
			  value, out, size);
}

static const char *first_text(const struct search *search, char *out, size_t size)
{
	struct isakmp_choice choice;
	const struct isakmp_sa *theirs = search->theirs;
	char plain[TEXT_MAX_LEN], manner[MANNER_MAX_LEN];

	for (unsigned p = 0; p < theirs->proposal_count; p++)
		for (unsigned t = 0; t < theirs->proposals[p].transform_count; t++) {
			if (!read_one(search, &theirs->proposals[p],
				      &theirs->proposals[p].transforms[t], &choice))
				continue;
			snprintf(out, size, "%s, %s",
				 proposal_choice_text(&choice.choice, plain, sizeof(plain)),
				 manner_text(search,
					     search->phase1 != NULL ? choice.auth
								    : choice.encapsulation,
					     manner, sizeof(manner)));
			return out;
		}
	snprintf(out, size, "nothing that we know");
	return out;
}

static unsigned transforms_of(const struct isakmp_sa *sa)
{
	unsigned count = 0;

	for (unsigned i = 0; i < sa->proposal_count; i++)
		count += sa->proposals[i].transform_count;
	return count;
}

static enum rc nothing(const struct search *search, struct diag *diag)
{
	char ours[TEXT_MAX_LEN], theirs[TEXT_MAX_LEN + MANNER_MAX_LEN], manner[MANNER_MAX_LEN];
	unsigned count = transforms_of(search->theirs);
	bool phase1 = search->phase1 != NULL;

	proposal_text(search->list, ours, sizeof(ours));
	return diag_fail(
		diag, RC_NO_PROPOSAL,
		"no proposal in common: peer offers %u transform%s, first %s; here is %s, "
		"%s (%s)",
		count, count == 1 ? "" : "s", first_text(search, theirs, sizeof(theirs)), ours,
		manner_text(search,
			    phase1 ? search->phase1->auths[0] : search->phase2->encapsulations[0],
			    manner, sizeof(manner)),
		phase1 ? "ike=, authby=" : "esp=, type=");
}

/* draft-beaulieu-ike-xauth-02 §7.2: one number says how phase 1 is proven, and that a user follows.
 */
static void settle_user(struct isakmp_choice *choice)
{
	choice->user = choice->auth == OAKLEY_XAUTH_INIT_PRESHARED ||
		       choice->auth == OAKLEY_XAUTH_INIT_RSA ||
		       choice->auth == OAKLEY_HYBRID_INIT_RSA;
	if (choice->auth == OAKLEY_XAUTH_INIT_PRESHARED)
		choice->auth = OAKLEY_PRESHARED_KEY;
	else if (choice->auth == OAKLEY_XAUTH_INIT_RSA)
		choice->auth = OAKLEY_RSA_SIG;
}

static enum rc choose(const struct search *search, struct isakmp_choice *out, struct diag *diag)
{
	for (unsigned i = 0; i < search->list->count; i++)
		if (find(search, &search->list->items[i], out)) {
			settle_user(out);
			return RC_OK;
		}
	return nothing(search, diag);
}

static enum rc accept_one(const struct search *search, struct isakmp_choice *out, struct diag *diag)
{
	if (search->theirs->proposal_count != 1 ||
	    search->theirs->proposals[0].transform_count != 1)
		return diag_fail(diag, RC_NO_PROPOSAL,
				 "peer answered with %u transforms in %u proposals; expected one",
				 transforms_of(search->theirs), search->theirs->proposal_count);
	return choose(search, out, diag);
}

enum rc isakmp_choose_phase1(const struct proposal_list *list,
			     const struct isakmp_phase1_terms *terms,
			     const struct isakmp_sa *theirs, struct isakmp_choice *out,
			     struct diag *diag)
{
	return choose(&(struct search){ .list = list, .phase1 = terms, .theirs = theirs }, out,
		      diag);
}

enum rc isakmp_choose_phase2(const struct proposal_list *list,
			     const struct isakmp_phase2_terms *terms,
			     const struct isakmp_sa *theirs, struct isakmp_choice *out,
			     struct diag *diag)
{
	return choose(&(struct search){ .list = list, .phase2 = terms, .theirs = theirs }, out,
		      diag);
}

enum rc isakmp_accept_phase1(const struct proposal_list *list,
			     const struct isakmp_phase1_terms *terms,
			     const struct isakmp_sa *answer, struct isakmp_choice *out,
			     struct diag *diag)
{
	return accept_one(&(struct search){ .list = list, .phase1 = terms, .theirs = answer }, out,
			  diag);
}

enum rc isakmp_accept_phase2(const struct proposal_list *list,
			     const struct isakmp_phase2_terms *terms,
			     const struct isakmp_sa *answer, struct isakmp_choice *out,
			     struct diag *diag)
{
	return accept_one(&(struct search){ .list = list, .phase2 = terms, .theirs = answer }, out,
			  diag);
}

const char *isakmp_only(const struct proposal_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		for (unsigned j = 0; j < list->items[i].count; j++) {
			const struct proposal_transform *t = &list->items[i].transforms[j];
			const struct encr_alg *encr =
				t->type == TRANSFORM_ENCR && crypto_encr(t->id) == NULL
					? ikev1_encr(t->id)
					: NULL;
			if (encr != NULL)
				return encr->name;
		}
	return NULL;
}

enum rc isakmp_ike_suite(const struct proposal_choice *choice, struct ike_suite *out)
{
	struct ike_suite suite = { .encr = ikev1_encr(choice->encr),
				   .integ = crypto_integ(choice->integ),
				   .prf = ikev1_prf(choice->prf),
				   .dh = crypto_dh(choice->dh),
				   .encr_key_bits = choice->encr_bits };

	if (choice->protocol != PROTOCOL_IKE)
		return RC_INTERNAL;
	if (suite.encr == NULL || suite.prf == NULL || suite.dh == NULL || suite.integ == NULL)
		return RC_UNSUPPORTED;
	if (suite.encr_key_bits == 0)
		suite.encr_key_bits = suite.encr->key_bits;
	*out = suite;
	return RC_OK;
}
