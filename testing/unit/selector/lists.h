/* SPDX-License-Identifier: Apache-2.0 */
/* Several selectors from text. */
#ifndef VANTH_TEST_LISTS_H
#define VANTH_TEST_LISTS_H

#include "unit/selector/selector_test.h"

/* Words separated by blanks. */
static inline unsigned words_of(const char *text, struct selector *out)
{
	char copy[800], *rest = copy, *word;
	unsigned count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&rest, " ")) != NULL)
		out[count++] = net(word);
	return count;
}

static inline struct selector_lists lists_of(const char *local, const char *remote)
{
	struct selector_lists lists;

	lists.local_count = words_of(local, lists.local);
	lists.remote_count = words_of(remote, lists.remote);
	return lists;
}

static inline struct selectors both(const char *local, const char *remote)
{
	struct selector_lists lists = lists_of(local, remote);
	struct selectors selectors;
	struct diag diag = { "" };

	if (selectors_make(&lists, &selectors, &diag) != RC_OK)
		fail_msg("%s === %s: %s", local, remote, diag.text);
	return selectors;
}

static inline void ts_words(struct ts *ts, const char *text)
{
	struct selector items[LIMIT_SELECTORS];
	unsigned count = words_of(text, items);

	*ts = (struct ts){ .list = { .count = 0 } };
	for (unsigned i = 0; i < count; i++)
		ts_add(ts, items[i]);
}

static inline void assert_selectors_text(const struct selectors *selectors, const char *expected)
{
	char text[SELECTORS_TEXT_MAX];

	assert_string_equal(selectors_text(selectors, text), expected);
}

#endif
