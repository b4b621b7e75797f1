/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/keywords.h"

#define NAME_MAX_TEXT 64

/* ---- rows and their numbers ---- */

const struct keyword *keyword_at(unsigned index)
{
	unsigned ours = keywords_ours_count();
	const struct keyword *keyword;
	if (index < ours)
		return &keywords_ours[index];
	keyword = &keywords_other[0];
	for (unsigned i = ours; i < index && keyword->info.name != NULL; i++)
		keyword++;
	return keyword->info.name != NULL ? keyword : NULL;
}

unsigned keyword_number(const struct keyword *keyword)
{
	if (keyword->kind == KIND_OTHER)
		return keywords_ours_count() + (unsigned)(keyword - keywords_other);
	return (unsigned)(keyword - keywords_ours);
}

unsigned keyword_slot(const struct keyword *keyword)
{
	if (keyword->same != NULL)
		for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++)
			if (k->section == keyword->section &&
			    strcmp(k->info.name, keyword->same) == 0)
				return (unsigned)(k - keywords_ours);
	return keyword_number(keyword);
}

const struct config_keyword_info *config_keyword_at(unsigned index)
{
	const struct keyword *keyword = keyword_at(index);
	return keyword != NULL ? &keyword->info : NULL;
}

/* ---- names ---- */

/* Sections are hashed with the name: the same word may be in several. */
static uint32_t hash_name(enum keyword_section section, const char *name)
{
	uint32_t hash = 2166136261U + (uint32_t)section;
	for (; *name != '\0'; name++) {
		char c = *name == '_' ? '-' : *name;
		c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
		hash = (hash ^ (uint8_t)c) * 16777619U;
	}
	return hash;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		char x = *a == '_' ? '-' : *a, y = *b == '_' ? '-' : *b;
		x = x >= 'A' && x <= 'Z' ? (char)(x + 32) : x;
		y = y >= 'A' && y <= 'Z' ? (char)(y + 32) : y;
		if (x != y)
			return false;
	}
	return *a == *b;
}

static bool row_has_name(const struct keyword *row, const char *name)
{
	if (same_name(row->info.name, name))
		return true;
	for (const char *const *alias = row->info.aliases; alias != NULL && *alias != NULL; alias++)
		if (same_name(*alias, name))
			return true;
	return false;
}

static void put(struct keyword_index *index, uint32_t hash, unsigned row)
{
	unsigned at = hash % KEYWORD_SLOTS;
	for (unsigned i = 0; i < KEYWORD_SLOTS && index->slots[at].row != 0; i++)
		at = (at + 1) % KEYWORD_SLOTS;
	index->slots[at].hash = hash;
	index->slots[at].row = (uint16_t)(row + 1);
}

static void put_row(struct keyword_index *index, const struct keyword *row)
{
	unsigned number = keyword_number(row);
	put(index, hash_name(row->section, row->info.name), number);
	for (const char *const *alias = row->info.aliases; alias != NULL && *alias != NULL; alias++)
		put(index, hash_name(row->section, *alias), number);
}

void keyword_index_init(struct keyword_index *index)
{
	*index = (struct keyword_index){ 0 };
	for (const struct keyword *row = keywords_ours; row->info.name != NULL; row++)
		put_row(index, row);
	for (const struct keyword *row = keywords_other; row->info.name != NULL; row++)
		put_row(index, row);
}

static const struct keyword *find_row(unsigned number)
{
	unsigned ours = keywords_ours_count();
	return number < ours ? &keywords_ours[number] : &keywords_other[number - ours];
}

static const struct keyword *find_in(const struct keyword_index *index,
				     enum keyword_section section, const char *name)
{
	uint32_t hash = hash_name(section, name);
	for (unsigned at = hash % KEYWORD_SLOTS; index->slots[at].row != 0;
	     at = (at + 1) % KEYWORD_SLOTS) {
		const struct keyword *row = find_row(index->slots[at].row - 1U);
		if (index->slots[at].hash == hash && row->section == section &&
		    row_has_name(row, name))
			return row;
	}
	return NULL;
}

/* The length of "left" or "right" in front of word, or 0. */
static size_t side_prefix(const char *word, unsigned *side)
{
	*side = strncasecmp(word, "right", 5) == 0;
	if (*side == 1)
		return 5;
	return strncasecmp(word, "left", 4) == 0 ? 4 : 0;
}

const struct keyword *keyword_find(const struct keyword_index *index, const char *word,
				   bool in_setup, unsigned *side)
{
	size_t prefix;
	const char *rest;

	if (in_setup) {
		*side = 0;
		return find_in(index, SECTION_SETUP, word);
	}
	prefix = side_prefix(word, side);
	rest = word + prefix;
	if (prefix > 0 && *rest == '-') /* Libreswan: left-updown too */
		rest++;
	if (prefix > 0)
		return find_in(index, SECTION_END, rest);
	return find_in(index, SECTION_CONN, word);
}

const struct keyword *keyword_find_ca(const struct keyword_index *index, const char *word)
{
	return find_in(index, SECTION_CA, word);
}

/* Every name of the section into list (room for KEYWORD_SLOTS); NULL at the end. */
static void list_names(enum keyword_section section, const char **list)
{
	unsigned count = 0;
	const struct keyword *row;
	for (unsigned i = 0; (row = keyword_at(i)) != NULL && count < KEYWORD_SLOTS - 8; i++) {
		if (row->section != section || row->kind == KIND_OTHER)
			continue;
		list[count++] = row->info.name;
		for (const char *const *alias = row->info.aliases;
		     alias != NULL && *alias != NULL && count < KEYWORD_SLOTS - 1; alias++)
			list[count++] = *alias;
	}
	if (section == SECTION_CONN) { /* the ends themselves */
		list[count++] = "left";
		list[count++] = "right";
	}
	list[count] = NULL;
}

static const char *nearest(enum keyword_section section, const char *word)
{
	const char **list = mem_alloc(KEYWORD_SLOTS * sizeof(*list));
	const char *found;
	if (list == NULL)
		return NULL;
	list_names(section, list);
	found = names_nearest(word, list);
	mem_free(list);
	return found;
}

const char *keyword_suggest_ca(const struct keyword_index *index, const char *word, char *buffer,
			       size_t size)
{
	const char *near = strlen(word) <= NAME_MAX_TEXT ? nearest(SECTION_CA, word) : NULL;
	unsigned side;

	buffer[0] = '\0';
	if (near != NULL)
		snprintf(buffer, size, " (did you mean \"%s\"?)", near);
	else if (keyword_find(index, word, true, &side) != NULL)
		snprintf(buffer, size, " (it belongs in config setup)");
	else if (keyword_find(index, word, false, &side) != NULL)
		snprintf(buffer, size, " (it belongs in a conn section)");
	return buffer;
}

const char *keyword_suggest(const struct keyword_index *index, const char *word, bool in_setup,
			    char *buffer, size_t size)
{
	unsigned side;
	size_t prefix = side_prefix(word, &side);
	const char *near;

	buffer[0] = '\0';
	if (strlen(word) > NAME_MAX_TEXT)
		return buffer;
	if (keyword_find(index, word, !in_setup, &side) != NULL) {
		snprintf(buffer, size, " (it belongs in %s)",
			 in_setup ? "a conn section" : "config setup");
		return buffer;
	}
	if (keyword_find_ca(index, word) != NULL) {
		snprintf(buffer, size, " (it belongs in a ca section)");
		return buffer;
	}
	if (in_setup) {
		near = nearest(SECTION_SETUP, word);
		prefix = 0;
	} else {
		near = prefix > 0 ? nearest(SECTION_END, word + prefix)
				  : nearest(SECTION_CONN, word);
	}
	if (near != NULL)
		snprintf(buffer, size, " (did you mean \"%.*s%s\"?)", (int)prefix, word, near);
	return buffer;
}
