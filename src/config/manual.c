/* SPDX-License-Identifier: Apache-2.0 */
/* The keyword table as roff, so that the manual page cannot say anything else than the daemon does.
 */
#include <stdio.h>
#include <string.h>
#include "config/keywords.h"

struct manual {
	void (*put)(void *context, const char *text);
	void *context;
};

static void put(const struct manual *m, const char *text)
{
	m->put(m->context, text);
}

/* Text in which roff sees no command: "-" is a minus sign, "\" is itself. */
static void put_plain(const struct manual *m, const char *text)
{
	for (; *text != '\0'; text++) {
		char one[2] = { *text, '\0' };
		put(m, *text == '-' ? "\\-" : *text == '\\' ? "\\e" : one);
	}
}

static void put_bold(const struct manual *m, const char *prefix, const char *name)
{
	put(m, "\\fB");
	put_plain(m, prefix);
	put_plain(m, name);
	put(m, "\\fR");
}

/* "leftid, rightid" */
static void put_names(const struct manual *m, const struct keyword *k, const char *name)
{
	bool is_end = k->section == SECTION_END;
	put_bold(m, is_end ? "left" : "", name);
	if (is_end) {
		put(m, ", ");
		put_bold(m, "right", name);
	}
}

static void put_fact(const struct manual *m, const char *before, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	put(m, before);
	put_plain(m, text);
	put(m, ".\n");
}

static void put_aliases(const struct manual *m, const struct keyword *k)
{
	bool first = true;
	for (const char *const *a = k->info.aliases; a != NULL && *a != NULL; a++) {
		put(m, first ? "Also spelled " : ", ");
		put_names(m, k, *a);
		first = false;
	}
	if (!first)
		put(m, ".\n");
}

static void put_later(const struct manual *m, const struct keyword *k)
{
	char text[NOT_YET_TEXT_MAX];

	if (keyword_not_yet_text(k, text) == NULL)
		return;
	put_plain(m, text);
	put(m, "\n");
}

static void put_keyword(const struct manual *m, const struct keyword *k)
{
	put(m, ".TP\n");
	put_names(m, k, k->info.name);
	put(m, " = \\fI");
	put_plain(m, k->info.type);
	put(m, "\\fR\n");
	put_plain(m, k->info.help);
	put(m, "\n");
	put_fact(m, "Values: ", k->info.range);
	put_fact(m, "Default: ", k->info.defaults);
	put_later(m, k);
	put_aliases(m, k);
}

static void put_ours(const struct manual *m, const char *section)
{
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++)
		if (strcmp(k->info.section, section) == 0)
			put_keyword(m, k);
}

static void put_others(const struct manual *m, enum config_support support)
{
	for (const struct keyword *k = keywords_other; k->info.name != NULL; k++) {
		if (k->info.support != support)
			continue;
		put(m, ".TP\n");
		put_names(m, k, k->info.name);
		put(m, k->section == SECTION_SETUP ? " (config setup)\n"
		       : k->section == SECTION_CA  ? " (ca)\n"
						   : "\n");
		put_plain(m, k->info.help);
		put(m, ".\n");
		put_fact(m, "Accepted: ", k->info.range);
	}
}

static bool put_table(const struct manual *m, const char *line, size_t len)
{
	struct span name = span_make(line, len);
	if (span_equal_text(name, "@setup@"))
		put_ours(m, "setup");
	else if (span_equal_text(name, "@conn@"))
		put_ours(m, "conn");
	else if (span_equal_text(name, "@ca@"))
		put_ours(m, "ca");
	else if (span_equal_text(name, "@ignored@"))
		put_others(m, CONFIG_IGNORED);
	else if (span_equal_text(name, "@refused@"))
		put_others(m, CONFIG_REFUSED);
	else
		return false;
	return true;
}

void config_manual(const char *frame, void (*put_text)(void *context, const char *text),
		   void *context)
{
	struct manual m = { put_text, context };
	while (*frame != '\0') {
		size_t len = strcspn(frame, "\n");
		if (!put_table(&m, frame, len))
			for (size_t i = 0; i <= len && frame[i] != '\0'; i++)
				put(&m, (char[]){ frame[i], '\0' });
		frame += len + (frame[len] == '\n' ? 1 : 0);
	}
}
