/* SPDX-License-Identifier: Apache-2.0 */
/* No name and no value of Libreswan's and strongSwan's ipsec.conf is unknown: each is supported, or
 * refused or ignored by name, with the reason. keywords.list has them. */
#include "config_test.h"
#include "config/keywords.h"

#define LIST	 "testing/unit/config/keywords.list"
#define LINE_MAX 1024

static struct keyword_index keywords;
static unsigned names, values, unknown;

union object {
	struct config_setup setup;
	struct config_conn conn;
	struct config_end end;
	struct config_ca ca;
};

static void forget(const struct keyword *keyword, union object *object)
{
	if (keyword->section == SECTION_SETUP)
		setup_free(&object->setup);
	if (keyword->section == SECTION_CONN)
		conn_free(&object->conn);
	if (keyword->section == SECTION_END)
		conn_end_free(&object->end);
	if (keyword->section == SECTION_CA)
		config_ca_wipe(&object->ca);
}

static void complain(const char *line, const char *word, const char *why)
{
	print_error("%s: \"%s\": %s\n", line, word, why);
	unknown++;
}

/* Blanks are written "_" where the word begins with "~". */
static char *plain(char *word)
{
	if (word[0] != '~')
		return word;
	for (char *p = word; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	return word + 1;
}

static void check_value(const struct keyword *keyword, const char *line, char *word)
{
	union object object = { 0 };
	struct finding finding = { 0 };
	struct proposal_list *list = NULL;
	const char *text = plain(word);
	enum rc rc = keyword_apply(keyword, text, &object, &finding);

	if (rc == RC_OK && keyword->kind == KIND_PROPOSAL)
		rc = proposal_parse((uint8_t)keyword->protocol, text, true, &list, &finding.column,
				    &finding.diag);
	if (rc != RC_OK && rc != RC_UNSUPPORTED)
		complain(line, text, finding.diag.text);
	/* a reason, not only a no */
	if (rc == RC_UNSUPPORTED && strlen(finding.diag.text) < 20)
		complain(line, text, finding.diag.text);
	proposal_free(list);
	forget(keyword, &object);
	values++;
}

static const struct keyword *find(const char *section, const char *name)
{
	char word[LINE_MAX + 8];
	unsigned side;

	if (strcmp(section, "ca") == 0)
		return keyword_find_ca(&keywords, name);
	snprintf(word, sizeof(word), "%s%s", strcmp(section, "end") == 0 ? "right" : "",
		 strcmp(name, "-") == 0 ? "" : name);
	return keyword_find(&keywords, word, strcmp(section, "setup") == 0, &side);
}

static void check_line(const char *line)
{
	char copy[LINE_MAX], *rest = copy, *section, *name, *word;
	const struct keyword *keyword;

	snprintf(copy, sizeof(copy), "%s", line);
	section = strsep(&rest, " ");
	name = strsep(&rest, " ");
	assert_non_null(name);
	keyword = find(section, name);
	names++;
	if (keyword == NULL) {
		complain(line, name, "unknown name");
		return;
	}
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0')
			check_value(keyword, line, word);
}

static void no_name_and_no_value_is_unknown(void **state)
{
	FILE *file = fopen(LIST, "r");
	char line[LINE_MAX];
	(void)state;
	if (file == NULL)
		skip(); /* not started in the root of the tree */
	keyword_index_init(&keywords);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			check_line(line);
	}
	fclose(file);
	assert_int_equal(unknown, 0);
	assert_true(names > 280);
	assert_true(values > 500);
}

/* Else the test above could not fail. */
static void a_name_that_nobody_has_is_unknown(void **state)
{
	(void)state;
	keyword_index_init(&keywords);
	assert_null(find("conn", "leftnexthoop"));
	assert_null(find("setup", "protostak"));
	assert_non_null(find("end", "-"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_and_no_value_is_unknown),
		cmocka_unit_test(a_name_that_nobody_has_is_unknown),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
