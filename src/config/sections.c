/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/loader.h"

static struct place line_place(const struct lexer *lexer, const struct line *line, unsigned column)
{
	return (struct place){ lexer->file, line->number, column };
}

static uint64_t name_hash(const struct loader *loader, const char *name)
{
	return table_hash(&loader->names, name, strlen(name));
}

struct section *sections_find(const struct loader *loader, const char *name, bool ca)
{
	for (struct table_node *n = table_first(&loader->names, name_hash(loader, name)); n != NULL;
	     n = table_next(n)) {
		struct section *section = container_of(n, struct section, node);
		if (section->ca == ca && strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

/* ---- heads ---- */
static const char *kind_name(bool ca)
{
	return ca ? "ca" : "conn";
}

static bool name_is_good(struct loader *loader, struct place at, const char *name, bool ca)
{
	const char *kind = kind_name(ca);
	size_t len = strlen(name);
	if (len == 0) {
		report_error(loader->errors, at, "the %s's name is missing", kind);
		return false;
	}
	if (len > CONN_NAME_MAX) {
		report_error(loader->errors, at,
			     "the %s's name has %zu characters; at most %d are allowed", kind, len,
			     CONN_NAME_MAX);
		return false;
	}
	if (strpbrk(name, " \t\"'/=#") != NULL || name[0] == '%') {
		report_error(loader->errors, at, "\"%.60s\" cannot be a %s's name: %s", name, kind,
			     name[0] == '%'
				     ? "only %default starts with %"
				     : "blanks, quotes, \"/\", \"=\" and \"#\" are not allowed");
		return false;
	}
	return true;
}

static bool grow_list(struct section_list *list)
{
	unsigned cap = list->cap == 0 ? 64 : list->cap * 2;
	struct section **grown;
	if (list->count < list->cap)
		return true;
	grown = mem_resize(list->at, cap * sizeof(struct section *));
	if (grown == NULL)
		return false;
	list->at = grown;
	list->cap = cap;
	return true;
}

static struct section *new_named(struct loader *loader, const char *name, struct place at, bool ca)
{
	struct section_list *list = ca ? &loader->cas : &loader->conns;
	struct section *section = grow_list(list) ? mem_alloc(sizeof(*section)) : NULL;
	if (section == NULL) {
		loader->no_memory = true;
		return &loader->discard;
	}
	section->name = name;
	section->at = at;
	section->ca = ca;
	if (table_insert(&loader->names, &section->node, name_hash(loader, name)) != RC_OK) {
		loader->no_memory = true;
		mem_free(section);
		return &loader->discard;
	}
	list->at[list->count++] = section;
	return section;
}

static struct section *open_named(struct loader *loader, const struct lexer *lexer,
				  const struct line *line, bool ca)
{
	struct place at = line_place(lexer, line, line->value_column);
	const struct section *other;

	if (strcasecmp(line->value, "%default") == 0)
		return ca ? &loader->ca_defaults : &loader->defaults;
	if (!name_is_good(loader, at, line->value, ca))
		return &loader->discard;
	other = sections_find(loader, line->value, ca);
	if (other != NULL) {
		report_error(loader->errors, at,
			     "%s %s is there already, in %s:%u: names must differ", kind_name(ca),
			     line->value, other->at.file, other->at.line);
		return &loader->discard;
	}
	return new_named(loader, line->value, at, ca);
}

static struct section *open_config(struct loader *loader, const struct lexer *lexer,
				   const struct line *line)
{
	if (strcmp(line->value, "setup") == 0)
		return &loader->setup;
	report_error(loader->errors, line_place(lexer, line, line->value_column),
		     "unknown section \"config %.60s\" (did you mean \"config setup\"?)",
		     line->value);
	return &loader->discard;
}

static void open_section(struct loader *loader, const struct lexer *lexer, const struct line *line)
{
	static const char *const heads[] = { "conn", "config", "include", "ca", "version", NULL };
	const char *near;

	if (strcmp(line->key, "version") == 0)
		return;
	if (strcmp(line->key, "conn") == 0 || strcmp(line->key, "ca") == 0) {
		loader->current = open_named(loader, lexer, line, line->key[1] == 'a');
		return;
	}
	if (strcmp(line->key, "config") == 0) {
		loader->current = open_config(loader, lexer, line);
		return;
	}
	loader->current = &loader->discard;
	near = names_nearest(line->key, heads);
	report_error(loader->errors, line_place(lexer, line, line->key_column),
		     "unknown section \"%.60s\"%s%s%s", line->key,
		     near != NULL ? " (did you mean \"" : "",
		     near != NULL ? near
				  : " (known: config setup, conn NAME, ca NAME, include FILE)",
		     near != NULL ? "\"?)" : "");
}

/* ---- settings ---- */
static bool is_comment_word(const char *word)
{
	return (word[0] == 'x' || word[0] == 'X') && (word[1] == '-' || word[1] == '_');
}

static struct setting *find_same(struct section *section, const struct setting *setting)
{
	unsigned slot = keyword_slot(setting->keyword);
	if (setting->keyword->kind == KIND_ALSO)
		return NULL;
	for (unsigned i = 0; i < section->count; i++)
		if (section->settings[i].side == setting->side &&
		    keyword_slot(section->settings[i].keyword) == slot)
			return &section->settings[i];
	return NULL;
}

static bool grow_settings(struct section *section)
{
	unsigned cap = section->cap == 0 ? 8 : section->cap * 2;
	struct setting *grown;
	if (section->count < section->cap)
		return true;
	grown = mem_resize(section->settings, cap * sizeof(*grown));
	if (grown == NULL)
		return false;
	section->settings = grown;
	section->cap = cap;
	return true;
}

static void add_setting(struct loader *loader, struct section *section,
			const struct setting *setting)
{
	const struct setting *same = find_same(section, setting);
	if (same != NULL) {
		report_error(loader->errors, setting->at,
			     "%s= is given twice: %s=%.60s is in %s:%u", setting->word, same->word,
			     same->value, same->at.file, same->at.line);
		return;
	}
	if (section->count == SECTION_LINES_MAX) {
		report_error(loader->errors, setting->at, "a section has at most %d settings",
			     SECTION_LINES_MAX);
		return;
	}
	if (!grow_settings(section)) {
		loader->no_memory = true;
		return;
	}
	section->settings[section->count++] = *setting;
}

static const struct keyword *find_keyword(const struct loader *loader,
					  const struct section *section, const char *word,
					  unsigned *side)
{
	if (section->ca)
		return keyword_find_ca(&loader->index, word);
	return keyword_find(&loader->index, word, section == &loader->setup, side);
}

static void suggest(const struct loader *loader, const struct section *section, const char *word,
		    char *buffer, size_t size)
{
	if (section->ca)
		(void)keyword_suggest_ca(&loader->index, word, buffer, size);
	else
		(void)keyword_suggest(&loader->index, word, section == &loader->setup, buffer,
				      size);
}

static void take_setting(struct loader *loader, const struct lexer *lexer, const struct line *line)
{
	struct section *section = loader->current;
	struct setting setting = { .word = line->key,
				   .value = line->value,
				   .at = line_place(lexer, line, line->key_column),
				   .value_column = line->value_column };
	unsigned side = 0;
	char suggestion[160];

	if (section == &loader->discard || is_comment_word(line->key))
		return;
	if (section == NULL) {
		report_error(loader->errors, setting.at,
			     "%.60s= stands in no section: start one with config setup, conn NAME "
			     "or ca NAME",
			     line->key);
		loader->current = &loader->discard;
		return;
	}
	setting.keyword = find_keyword(loader, section, line->key, &side);
	setting.side = (uint8_t)side;
	if (setting.keyword == NULL) {
		suggestion[0] = '\0';
		if (report_listens(loader->errors))
			suggest(loader, section, line->key, suggestion, sizeof(suggestion));
		report_error(loader->errors, setting.at, "unknown keyword \"%.60s\"%s", line->key,
			     suggestion);
		return;
	}
	add_setting(loader, section, &setting);
}

void sections_line(struct loader *loader, const struct lexer *lexer, const struct line *line)
{
	if (line->kind == LINE_SETTING)
		take_setting(loader, lexer, line);
	else
		open_section(loader, lexer, line);
}

/* ---- checking values ---- */
void setting_report(struct loader *loader, struct setting *setting, const struct finding *finding)
{
	struct place at = setting->at;
	if (setting->bad)
		return;
	setting->bad = !finding->warning;
	at.column = setting->value_column + (unsigned)finding->column;
	if (finding->warning)
		report_warning(loader->errors, at, "%s=: %s", setting->word, finding->diag.text);
	else
		report_error(loader->errors, at, "%s=: %s", setting->word, finding->diag.text);
}

/* What phase2alg= is for, only the whole conn tells. */
static enum rc try_proposals(struct loader *loader, const struct setting *setting,
			     struct finding *finding)
{
	struct finding as_ah = { 0 };
	struct proposal_list *list;
	enum rc rc = proposal_share(loader->whole, (uint8_t)setting->keyword->protocol,
				    setting->value, false, &list, &finding->column, &finding->diag);

	if (rc == RC_OK || rc == RC_NO_MEMORY || !setting_of_either(setting))
		return rc;
	if (proposal_share(loader->whole, PROTOCOL_AH, setting->value, false, &list, &as_ah.column,
			   &as_ah.diag) != RC_OK)
		return rc;
	*finding = (struct finding){ 0 };
	return RC_OK;
}

static enum rc try_setting(struct loader *loader, const struct setting *setting,
			   struct finding *finding)
{
	const struct keyword *keyword = setting->keyword;
	struct config_setup setup = { 0 };
	struct config_conn conn = { 0 };
	struct config_end end = { 0 };
	struct config_ca ca = { 0 };
	enum rc rc = RC_OK;

	switch (keyword->section) {
	case SECTION_SETUP:
		rc = keyword_apply(keyword, setting->value, &setup, finding);
		setup_free(&setup);
		break;
	case SECTION_CONN:
		rc = keyword_apply(keyword, setting->value, &conn, finding);
		conn_free(&conn);
		break;
	case SECTION_END:
		rc = keyword_apply(keyword, setting->value, &end, finding);
		conn_end_free(&end);
		break;
	case SECTION_CA:
		rc = keyword_apply(keyword, setting->value, &ca, finding);
		config_ca_wipe(&ca);
		break;
	}
	if (rc == RC_OK && !loader->everything)
		rc = keyword_not_yet(keyword, setting->value, finding);
	if (rc == RC_OK && keyword->kind == KIND_PROPOSAL)
		rc = try_proposals(loader, setting, finding);
	return rc;
}

static void check_section(struct loader *loader, struct section *section)
{
	for (unsigned i = 0; i < section->count && !loader->no_memory; i++) {
		struct finding finding = { 0 };
		enum rc rc = try_setting(loader, &section->settings[i], &finding);
		if (rc == RC_NO_MEMORY)
			loader->no_memory = true;
		else if (rc != RC_OK || finding.warning)
			setting_report(loader, &section->settings[i], &finding);
	}
}

/* Before the first merge: a part may stand before the conns that use it. */
static void mark_references(const struct loader *loader, const struct section *section)
{
	for (unsigned i = 0; i < section->count; i++) {
		const char *cursor = section->settings[i].value;
		char name[VALUE_WORD_MAX];
		if (section->settings[i].keyword->kind != KIND_ALSO)
			continue;
		while (value_word(&cursor, name)) {
			struct section *target = sections_find(loader, name, section->ca);
			if (target != NULL)
				target->referenced = true;
		}
	}
}

void sections_check(struct loader *loader)
{
	mark_references(loader, &loader->defaults);
	mark_references(loader, &loader->ca_defaults);
	for (unsigned i = 0; i < loader->conns.count; i++)
		mark_references(loader, loader->conns.at[i]);
	for (unsigned i = 0; i < loader->cas.count; i++)
		mark_references(loader, loader->cas.at[i]);
	check_section(loader, &loader->setup);
	check_section(loader, &loader->defaults);
	check_section(loader, &loader->ca_defaults);
	for (unsigned i = 0; i < loader->conns.count; i++)
		check_section(loader, loader->conns.at[i]);
	for (unsigned i = 0; i < loader->cas.count; i++)
		check_section(loader, loader->cas.at[i]);
}

static void free_section(struct section *section)
{
	mem_free(section->settings);
	section->settings = NULL;
	section->count = section->cap = 0;
}

static void free_list(struct section_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		free_section(list->at[i]);
		mem_free(list->at[i]);
	}
	mem_free(list->at);
	*list = (struct section_list){ 0 };
}

void sections_free(struct loader *loader)
{
	free_section(&loader->setup);
	free_section(&loader->defaults);
	free_section(&loader->ca_defaults);
	free_section(&loader->discard);
	free_list(&loader->conns);
	free_list(&loader->cas);
	table_free(&loader->names);
}
