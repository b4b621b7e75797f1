/* SPDX-License-Identifier: Apache-2.0 */
/* One keyword as text for a terminal, and the list of all for completion. */
#include <stdio.h>
#include <string.h>
#include "config/keywords.h"

#define WIDTH 78

struct describing {
	void (*put)(void *context, const char *text);
	void *context;
};

static void put(const struct describing *d, const char *text)
{
	d->put(d->context, text);
}

/* A paragraph, two blanks in, broken at blanks. */
static void put_wrapped(const struct describing *d, const char *before, const char *text)
{
	char word[WIDTH + 1];
	size_t column = 2 + strlen(before);

	if (text == NULL || text[0] == '\0')
		return;
	put(d, "  ");
	put(d, before);
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		len = len < WIDTH ? len : WIDTH;
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (column + len > WIDTH && column > 2) {
			put(d, "\n  ");
			column = 2;
		}
		put(d, word);
		column += len;
		text += len;
		for (; *text == ' '; text++) /* the blank of a break is not seen */
			if (text[1] != ' ' && column++ < WIDTH)
				put(d, " ");
	}
	put(d, "\n");
}

static void put_names(const struct describing *d, const struct keyword *k, const char *name)
{
	bool is_end = k->section == SECTION_END;

	put(d, is_end ? "left" : "");
	put(d, name);
	if (is_end) {
		put(d, ", right");
		put(d, name);
	}
}

static void put_aliases(const struct describing *d, const struct keyword *k)
{
	if (k->info.aliases == NULL || k->info.aliases[0] == NULL)
		return;
	put(d, "  Also spelled ");
	for (const char *const *alias = k->info.aliases; *alias != NULL; alias++) {
		if (alias != k->info.aliases)
			put(d, ", ");
		put_names(d, k, *alias);
	}
	put(d, "\n");
}

static void put_keyword(const struct describing *d, const struct keyword *k)
{
	char later[NOT_YET_TEXT_MAX];
	bool ours = k->kind != KIND_OTHER;

	put_names(d, k, k->info.name);
	put(d, " = ");
	put(d, k->info.type);
	put(d, k->section == SECTION_SETUP ? "   (config setup)\n"
	       : k->section == SECTION_CA  ? "   (ca)\n"
					   : "\n");
	put_wrapped(d,
		    ours				? ""
		    : k->info.support == CONFIG_IGNORED ? "Ignored: "
							: "Refused: ",
		    k->info.help);
	put_wrapped(d, ours ? "Values: " : "Accepted: ", k->info.range);
	put_wrapped(d, "Default: ", k->info.defaults);
	if (ours)
		put_wrapped(d, "", keyword_not_yet_text(k, later));
	put_aliases(d, k);
}

bool config_describe(const char *word, void (*put_text)(void *context, const char *text),
		     void *context)
{
	struct describing d = { put_text, context };
	struct keyword_index index;
	const struct keyword *setup, *conn, *ca;
	unsigned side;

	keyword_index_init(&index);
	setup = keyword_find(&index, word, true, &side);
	conn = keyword_find(&index, word, false, &side);
	ca = keyword_find_ca(&index, word);
	if (conn != NULL)
		put_keyword(&d, conn);
	if (setup != NULL)
		put_keyword(&d, setup);
	if (ca != NULL)
		put_keyword(&d, ca);
	return conn != NULL || setup != NULL || ca != NULL;
}

void config_keyword_names(void (*put_text)(void *context, const char *text), void *context)
{
	struct describing d = { put_text, context };

	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		bool is_end = k->section == SECTION_END;
		for (unsigned side = 0; side < (is_end ? 2U : 1U); side++) {
			put(&d, !is_end ? "" : side == 0 ? "left" : "right");
			put(&d, k->info.name);
			put(&d, "\n");
		}
	}
}
