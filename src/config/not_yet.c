/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that are read and checked, and that nobody acts on yet. They are refused, so that
 * nothing is silently ignored. Who builds the part that acts on one deletes its row. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "config/keywords.h"

struct not_yet {
	enum keyword_section section;
	const char *name; /* of the row of keywords.c, not another spelling */
	const char *fine; /* words that say what is done anyway; every other one is refused */
	const char *why;  /* and what to do instead */
};

static const struct not_yet not_yet[] = {
	/* certificates and keys */
	{ SECTION_CONN, "dns-match-id", "no",
	  "names in the reverse DNS are given by whoever has the address; a certificate, a "
	  "raw key or a secret proves the identity" },

	/* addresses for clients */
	{ SECTION_END, "cat", "no",
	  "it translates addresses in the packet filter, which is yours: leave it out and "
	  "write the rule there (nft snat to the address that the gateway gives, or "
	  "masquerade)" },
	{ SECTION_SETUP, NULL, NULL, NULL },
};

/* "no" is also off, false, n and 0. */
static bool same_switch(const char *a, const char *b)
{
	bool x = false, y = true;
	return value_bool(a, &x, NULL) == RC_OK && value_bool(b, &y, NULL) == RC_OK && x == y;
}

static bool is_among(const char *list, const char *word)
{
	char one[VALUE_WORD_MAX];
	while (value_word(&list, one))
		if (strcasecmp(one, word) == 0 || same_switch(one, word))
			return true;
	return false;
}

static const struct not_yet *find_row(const struct keyword *keyword)
{
	for (const struct not_yet *row = not_yet; row->name != NULL; row++)
		if (row->section == keyword->section && strcmp(row->name, keyword->info.name) == 0)
			return row;
	return NULL;
}

enum rc keyword_not_yet(const struct keyword *keyword, const char *text, struct finding *finding)
{
	const struct not_yet *row = find_row(keyword);
	const char *cursor = text;
	char word[VALUE_WORD_MAX];

	if (row == NULL)
		return RC_OK;
	finding->column = 0;
	while (value_word(&cursor, word)) {
		if (is_among(row->fine, word))
			continue;
		finding->column = (size_t)(cursor - text) - strlen(word);
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.60s\" is not supported: %s (accepted: %s)", word, row->why,
				 row->fine);
	}
	return RC_OK;
}

const char *keyword_not_yet_text(const struct keyword *keyword, char buffer[NOT_YET_TEXT_MAX])
{
	const struct not_yet *row = find_row(keyword);

	if (row == NULL)
		return NULL;
	snprintf(buffer, NOT_YET_TEXT_MAX, "Not supported yet: %s. Accepted: %s.", row->why,
		 row->fine);
	return buffer;
}

const char *keyword_not_yet_name(unsigned index, enum keyword_section *section)
{
	if (index >= sizeof(not_yet) / sizeof(not_yet[0]))
		return NULL;
	*section = not_yet[index].section;
	return not_yet[index].name;
}
