/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include "config_test.h"
#include "config/keywords.h"

#define PAGE_MAX 262144
static char page[PAGE_MAX];
static size_t page_len;

static void put(void *context, const char *text)
{
	size_t len = strlen(text);
	(void)context;
	assert_true(page_len + len < PAGE_MAX);
	memcpy(page + page_len, text, len + 1);
	page_len += len;
}

static const char *make(const char *frame)
{
	page_len = 0;
	page[0] = '\0';
	config_manual(frame, put, NULL);
	return page;
}

static void a_frame_without_marks_is_copied(void **state)
{
	(void)state;
	assert_string_equal(make(".TH X\na @setup@ b\n\n@nothing@\nlast"),
			    ".TH X\na @setup@ b\n\n@nothing@\nlast");
	assert_string_equal(make(""), "");
}

static void keywords_have_type_help_values_default_and_aliases(void **state)
{
	(void)state;
	make("@conn@\n.SH NEXT\n");
	assert_non_null(strstr(page,
			       ".TP\n\\fBsalifetime\\fR = \\fItime\\fR\n"
			       "How long the keys of a Child SA are used.\nValues: 5s..365d.\n"
			       "Default: 8h.\nAlso spelled \\fBlifetime\\fR, \\fBkeylife\\fR, "
			       "\\fBipsec\\-lifetime\\fR.\n"));
	assert_non_null(strstr(page, "\\fBleftid\\fR, \\fBrightid\\fR = \\fIidentity\\fR\n"));
	assert_non_null(strstr(page, "\n.SH NEXT\n"));
	assert_null(strstr(page, "uniqueids"));
}

static void every_keyword_is_in_one_of_the_tables(void **state)
{
	const struct keyword *k;
	(void)state;
	make("@setup@\n@conn@\n@ca@\n@ignored@\n@refused@\n");
	for (unsigned i = 0; (k = keyword_at(i)) != NULL; i++) {
		char name[100], *end = name;
		end += snprintf(name, sizeof(name), ".TP\n\\fB%s",
				k->section == SECTION_END ? "left" : "");
		for (const char *p = k->info.name; *p != '\0'; p++) {
			if (*p == '-')
				*end++ = '\\';
			*end++ = *p;
		}
		snprintf(end, 8, "\\fR");
		assert_non_null(strstr(page, name));
	}
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = file != NULL ? calloc(1, PAGE_MAX) : NULL;
	if (text != NULL)
		assert_true(fread(text, 1, PAGE_MAX - 1, file) > 0);
	if (file != NULL)
		fclose(file);
	return text;
}

/* If not: keywords <docs/man/ipsec.conf.5.in >docs/man/ipsec.conf.5 */
static void the_manual_page_in_the_tree_is_made_from_the_table(void **state)
{
	char *frame = read_file("docs/man/ipsec.conf.5.in"),
	     *made = read_file("docs/man/ipsec.conf.5");
	(void)state;
	if (frame == NULL || made == NULL) {
		free(frame);
		free(made);
		skip(); /* not started in the root of the tree */
	}
	assert_string_equal(make(frame), made);
	free(frame);
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_without_marks_is_copied),
		cmocka_unit_test(keywords_have_type_help_values_default_and_aliases),
		cmocka_unit_test(every_keyword_is_in_one_of_the_tables),
		cmocka_unit_test(the_manual_page_in_the_tree_is_made_from_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
