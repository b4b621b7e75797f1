/* SPDX-License-Identifier: Apache-2.0 */
/* A conn's own settings come first, then those that also= adds in the order written, then
 * %default's: the first that sets a keyword wins. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "config/loader.h"

struct walk {
	struct loader *loader;
	struct merge *merge;
	unsigned depth, visits;
	bool ca;
};

static void also_error(struct loader *loader, struct setting *setting, size_t column,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));
static void also_error(struct loader *loader, struct setting *setting, size_t column,
		       const char *format, ...)
{
	struct finding finding = { .column = column };
	va_list args;
	va_start(args, format);
	vsnprintf(finding.diag.text, sizeof(finding.diag.text), format, args);
	va_end(args);
	setting_report(loader, setting, &finding);
}

static void take_settings(struct walk *walk, struct section *section, bool flip)
{
	for (unsigned i = 0; i < section->count; i++) {
		struct setting *setting = &section->settings[i];
		bool is_end = setting->keyword->section == SECTION_END;
		struct setting **chosen;
		if (setting->keyword->kind == KIND_OTHER || setting->keyword->kind == KIND_ALSO)
			continue;
		chosen = &walk->merge->chosen[is_end ? setting->side ^ flip : 0]
					     [keyword_slot(setting->keyword)];
		if (*chosen == NULL)
			*chosen = setting;
	}
}

static void report_unknown(struct loader *loader, struct setting *setting, size_t column,
			   const char *name, bool ca)
{
	if (strcmp(name, "%default") == 0)
		also_error(loader, setting, column, "%%default is always used");
	else
		also_error(loader, setting, column, "there is no %s \"%.60s\"", ca ? "ca" : "conn",
			   name);
}

/* The section that also= names, unless following it would be wrong or useless. */
static struct section *also_target(struct walk *walk, struct setting *setting, size_t column,
				   const char *name, bool flip)
{
	struct loader *loader = walk->loader;
	struct section *target = sections_find(loader, name, walk->ca);

	if (target == NULL) {
		report_unknown(loader, setting, column, name, walk->ca);
		return NULL;
	}
	if (target->on_path) {
		also_error(loader, setting, column, "%s %s includes itself",
			   walk->ca ? "ca" : "conn", name);
		return NULL;
	}
	if (walk->depth == ALSO_DEPTH_MAX || walk->visits == ALSO_VISITS_MAX) {
		also_error(loader, setting, column, "leads to more than %d %ss%s",
			   walk->depth == ALSO_DEPTH_MAX ? ALSO_DEPTH_MAX : ALSO_VISITS_MAX,
			   walk->ca ? "ca" : "conn",
			   walk->depth == ALSO_DEPTH_MAX ? " in a row" : "");
		return NULL;
	}
	if (target->visited[flip] == loader->merges)
		return NULL;
	target->visited[flip] = loader->merges;
	walk->visits++;
	return target;
}

static void visit(struct walk *walk, struct section *section, bool flip)
{
	take_settings(walk, section, flip);
	section->on_path = true;
	walk->depth++;
	for (unsigned i = 0; i < section->count; i++) {
		struct setting *setting = &section->settings[i];
		const char *cursor = setting->value;
		bool also_flip = strcmp(setting->keyword->info.name, "alsoflip") == 0;
		char name[VALUE_WORD_MAX];
		if (setting->keyword->kind != KIND_ALSO)
			continue;
		while (value_word(&cursor, name)) {
			size_t column = (size_t)(cursor - setting->value) - strlen(name);
			struct section *target =
				also_target(walk, setting, column, name, flip ^ also_flip);
			if (target != NULL)
				visit(walk, target, flip ^ also_flip);
		}
	}
	walk->depth--;
	section->on_path = false;
}

void merge_conn(struct loader *loader, struct section *section, struct merge *out)
{
	struct walk walk = { .loader = loader, .merge = out, .ca = section->ca };

	*out = (struct merge){ 0 };
	loader->merges++;
	section->visited[0] = loader->merges;
	visit(&walk, section, false);
	visit(&walk, section->ca ? &loader->ca_defaults : &loader->defaults, false);
}
