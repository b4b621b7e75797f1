/* SPDX-License-Identifier: Apache-2.0 */
#include "base/names.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 64 /* longer words have no neighbours */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b; rows: two back, previous,
 * current. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *older = rows[0], *old = rows[1], *row = rows[2];
	for (unsigned j = 0; j <= b_len; j++)
		older[j] = row[j] = old[j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			unsigned change = old[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
			row[j] = least(change, least(old[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], older[j - 2] + 1);
		}
		unsigned *spare = older;
		older = old;
		old = row;
		row = spare;
	}
	return old[b_len];
}

const char *names_text(const struct names *names, int value, char *buffer, size_t size)
{
	for (const struct name *name = names->entries; name->text != NULL; name++)
		if (name->value == value)
			return name->text;
	if (snprintf(buffer, size, "unknown %s %d", names->what, value) < 0)
		return "unknown";
	return buffer;
}

bool names_find(const struct names *names, const char *text, int *value)
{
	for (const struct name *name = names->entries; name->text != NULL; name++)
		if (strcasecmp(name->text, text) == 0) {
			*value = name->value;
			return true;
		}
	return false;
}

const char *names_nearest(const char *text, const char *const *candidates)
{
	size_t len = strlen(text);
	const char *nearest = NULL;
	/* a third of the word may be wrong, but never all of it */
	unsigned best = len < 2 ? 1 : len < 6 ? 2 : (unsigned)len / 3 + 1;
	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (; *candidates != NULL; candidates++) {
		size_t other = strlen(*candidates);
		if (other > WORD_MAX || other <= 1)
			continue;
		unsigned edits = distance(text, len, *candidates, other);
		if (edits < best) {
			best = edits;
			nearest = *candidates;
		}
	}
	return nearest;
}
