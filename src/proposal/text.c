/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals in Libreswan's spelling. What is printed of our own lists can be read again by
 * grammar.c. */
#include <stdio.h>
#include <string.h>
#include "proposal/match.h"
#include "proposal/text.h"
#include "proposal/words.h"

#define ELLIPSIS     "..."
#define NAME_MAX_LEN 40

void proposal_text_begin(struct text *text, char *buffer, size_t size)
{
	*text = (struct text){ .buffer = buffer, .size = size };
	if (size > 0)
		buffer[0] = '\0';
}

static void proposal_text_add(struct text *text, const char *word)
{
	size_t len = strlen(word);
	if (text->cut)
		return;
	if (text->len + len + sizeof(ELLIPSIS) > text->size) {
		text->cut = true;
		if (text->len + sizeof(ELLIPSIS) > text->size)
			return;
		word = ELLIPSIS;
		len = strlen(word);
	}
	memcpy(text->buffer + text->len, word, len + 1);
	text->len += len;
}

struct transforms proposal_transforms_own(const struct proposal *proposal)
{
	return (struct transforms){ proposal->protocol, proposal->count, proposal->transforms,
				    NULL };
}

struct transforms proposal_transforms_wire(const struct wire_proposal *proposal)
{
	return (struct transforms){ proposal->protocol, proposal->transform_count, NULL,
				    proposal->transforms };
}

static struct proposal_transform transform_at(const struct transforms *all, unsigned i)
{
	if (all->own != NULL)
		return all->own[i];
	const struct wire_transform *t = &all->wire[i];
	return (struct proposal_transform){ t->type, t->id, t->key_length };
}

static unsigned count_type(const struct transforms *all, uint8_t type)
{
	unsigned count = 0;
	for (unsigned i = 0; i < all->count; i++)
		count += transform_at(all, i).type == type;
	return count;
}

/* MODP groups by size, the others by number, as people write them. */
static const char *group_text(uint16_t id, char *buffer, size_t size)
{
	static const struct name groups[] = {
		{ DH_NONE, "NONE" },
		{ DH_MODP_1024, "MODP1024" },
		{ DH_MODP_1536, "MODP1536" },
		{ DH_MODP_2048, "MODP2048" },
		{ DH_MODP_3072, "MODP3072" },
		{ DH_MODP_4096, "MODP4096" },
		{ DH_MODP_6144, "MODP6144" },
		{ DH_MODP_8192, "MODP8192" },
		{ DH_ML_KEM_512, "ML_KEM_512" },
		{ DH_ML_KEM_768, "ML_KEM_768" },
		{ DH_ML_KEM_1024, "ML_KEM_1024" },
		{ 0, NULL },
	};
	for (const struct name *n = groups; n->text != NULL; n++)
		if (n->value == id)
			return n->text;
	snprintf(buffer, size, "DH%u", id);
	return buffer;
}

static const struct names *names_of_type(uint8_t type)
{
	static const struct name esn[] = { { ESN_NO, "NOESN" }, { ESN_YES, "ESN" }, { 0, NULL } };
	static const struct names esn_names = { "ESN", esn };
	static const struct {
		uint8_t type;
		const struct names *names;
	} types[] = {
		{ TRANSFORM_ENCR, &encr_names },
		{ TRANSFORM_PRF, &prf_names },
		{ TRANSFORM_INTEG, &integ_names },
		{ TRANSFORM_ESN, &esn_names },
	};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].names;
	return NULL;
}

static bool name_known(const struct names *names, uint16_t id)
{
	for (const struct name *n = names->entries; n->text != NULL; n++)
		if (n->value == id)
			return true;
	return false;
}

static const char *transform_name(const struct proposal_transform *t, char *buffer, size_t size)
{
	static const char *const kinds[] = { "", "ENCR", "PRF", "INTEG", "DH", "ESN" };
	const struct names *names = names_of_type(t->type);
	if (t->type == TRANSFORM_DH || addke_type(t->type))
		return group_text(t->id, buffer, size);
	if (names != NULL && name_known(names, t->id))
		return names_text(names, t->id, buffer, size);
	if (t->type != 0 && t->type <= TRANSFORM_ESN)
		snprintf(buffer, size, "%s%u", kinds[t->type], t->id);
	else
		snprintf(buffer, size, "TYPE%u_%u", t->type, t->id);
	return buffer;
}

static void add_transform(struct text *text, const char *before, const struct proposal_transform *t)
{
	char name[NAME_MAX_LEN], word[NAME_MAX_LEN + 16];
	const char *plain = transform_name(t, name, sizeof(name));
	if (t->key_bits != 0)
		snprintf(word, sizeof(word), "%s%s_%u", before, plain, t->key_bits);
	else
		snprintf(word, sizeof(word), "%s%s", before, plain);
	proposal_text_add(text, word);
}

/* ";NONE" is the group; "-NONE" could be the integrity algorithm. */
static const char *joint(const struct text *text, const struct proposal_transform *t)
{
	if (text->len == text->start)
		return "";
	return addke_type(t->type) || (t->type == TRANSFORM_DH && t->id == DH_NONE) ? ";" : "-";
}

/* "ADDKE1=DH20+DH21" */
static void add_addke_name(struct text *text, uint8_t type)
{
	char name[16];
	if (!addke_type(type))
		return;
	snprintf(name, sizeof(name), "ADDKE%u=", (type - TRANSFORM_ADDKE1 + 1u) & 7u);
	proposal_text_add(text, name);
}

static void add_type(struct text *text, const struct transforms *all, uint8_t type)
{
	bool first = true;
	for (unsigned i = 0; i < all->count; i++) {
		struct proposal_transform t = transform_at(all, i);
		if (t.type != type)
			continue;
		proposal_text_add(text, first ? joint(text, &t) : "+");
		if (first)
			add_addke_name(text, type);
		add_transform(text, "", &t);
		first = false;
	}
}

void proposal_type_text(struct text *text, const struct transforms *transforms, uint8_t type)
{
	text->start = text->len;
	add_type(text, transforms, type);
	if (text->len == text->start)
		proposal_text_add(text, "none");
}

/* The n-th transform of a type; false when there are fewer. */
static bool nth_of_type(const struct transforms *all, uint8_t type, unsigned n,
			struct proposal_transform *out)
{
	for (unsigned i = 0; i < all->count; i++) {
		*out = transform_at(all, i);
		if (out->type == type && n-- == 0)
			return true;
	}
	return false;
}

/* Integrity and PRF are the same hashes: they are written once, as in "aes256-sha2_512". */
static bool hashes_shared(const struct transforms *all)
{
	struct proposal_transform integ, prf;
	unsigned count = count_type(all, TRANSFORM_INTEG);
	if (count == 0 || count != count_type(all, TRANSFORM_PRF))
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (!nth_of_type(all, TRANSFORM_INTEG, i, &integ) ||
		    !nth_of_type(all, TRANSFORM_PRF, i, &prf))
			return false;
		if (proposal_prf_of_integ(integ.id) != prf.id)
			return false;
	}
	return true;
}

/* ESN_NO alone is the usual case and goes without saying. */
static bool esn_worth_saying(const struct transforms *all)
{
	struct proposal_transform t;
	unsigned count = count_type(all, TRANSFORM_ESN);
	return count > 1 || (nth_of_type(all, TRANSFORM_ESN, 0, &t) && t.id != ESN_NO);
}

static void add_unknown_types(struct text *text, const struct transforms *all)
{
	for (unsigned i = 0; i < all->count; i++) {
		struct proposal_transform t = transform_at(all, i);
		if (t.type == 0 || t.type > TRANSFORM_ADDKE7)
			add_transform(text, joint(text, &t), &t);
	}
}

/* "AH " when the list has several protocols. */
static void begin_proposal(struct text *text, const struct transforms *all, bool protocols_differ)
{
	char name[NAME_MAX_LEN];
	if (text->len > 0)
		proposal_text_add(text, ", ");
	if (protocols_differ) {
		proposal_text_add(text,
				  names_text(&protocol_names, all->protocol, name, sizeof(name)));
		proposal_text_add(text, " ");
	}
	text->start = text->len;
}

static void add_proposal(struct text *text, const struct transforms *all, bool protocols_differ)
{
	begin_proposal(text, all, protocols_differ);
	add_type(text, all, TRANSFORM_ENCR);
	if (!hashes_shared(all))
		add_type(text, all, TRANSFORM_INTEG);
	add_type(text, all, TRANSFORM_PRF);
	add_type(text, all, TRANSFORM_DH);
	if (esn_worth_saying(all))
		add_type(text, all, TRANSFORM_ESN);
	for (uint8_t type = TRANSFORM_ADDKE1; type <= TRANSFORM_ADDKE7; type++)
		add_type(text, all, type);
	add_unknown_types(text, all);
}

void proposal_text(const struct proposal_list *list, char *buffer, size_t size)
{
	struct text text;
	proposal_text_begin(&text, buffer, size);
	for (unsigned i = 0; i < list->count; i++) {
		struct transforms all = proposal_transforms_own(&list->items[i]);
		add_proposal(&text, &all, false);
	}
}

void proposal_wire_text(const struct wire_sa *sa, char *buffer, size_t size)
{
	struct text text;
	bool differ = false;
	proposal_text_begin(&text, buffer, size);
	for (unsigned i = 1; i < sa->proposal_count; i++)
		differ = differ || sa->proposals[i].protocol != sa->proposals[0].protocol;
	for (unsigned i = 0; i < sa->proposal_count; i++) {
		struct transforms all = proposal_transforms_wire(&sa->proposals[i]);
		add_proposal(&text, &all, differ);
	}
}

static void put(struct proposal *proposal, uint8_t type, uint16_t id, uint16_t key_bits)
{
	proposal->transforms[proposal->count++] = (struct proposal_transform){ type, id, key_bits };
}

const char *proposal_choice_text(const struct proposal_choice *choice, char *buffer, size_t size)
{
	struct proposal proposal = { .protocol = choice->protocol };
	struct text text;
	if (choice->encr != ENCR_NONE)
		put(&proposal, TRANSFORM_ENCR, choice->encr, choice->encr_bits);
	if (choice->prf != PRF_NONE)
		put(&proposal, TRANSFORM_PRF, choice->prf, 0);
	if (choice->integ != INTEG_NONE)
		put(&proposal, TRANSFORM_INTEG, choice->integ, 0);
	if (choice->dh != DH_NONE)
		put(&proposal, TRANSFORM_DH, choice->dh, 0);
	if (choice->esn != ESN_NO)
		put(&proposal, TRANSFORM_ESN, choice->esn, 0);
	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		if (choice->addke[i] != DH_NONE)
			put(&proposal, (uint8_t)(TRANSFORM_ADDKE1 + i), choice->addke[i], 0);
	struct transforms all = proposal_transforms_own(&proposal);
	proposal_text_begin(&text, buffer, size);
	add_proposal(&text, &all, false);
	return buffer;
}
