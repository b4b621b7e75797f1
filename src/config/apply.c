/* SPDX-License-Identifier: Apache-2.0 */
/* A row reads its value. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/keywords.h"

static enum rc apply_number(const struct keyword *keyword, const char *text, void *field,
			    struct diag *diag)
{
	uint64_t number = 0;
	TRY(value_number(text, keyword->info.range, &number, diag));
	if (keyword->size == sizeof(uint16_t))
		*(uint16_t *)field = (uint16_t)number;
	else if (keyword->size == sizeof(uint32_t))
		*(uint32_t *)field = (uint32_t)number;
	else
		*(uint64_t *)field = number;
	return RC_OK;
}

static enum rc apply_text(const char *text, char **field, struct diag *diag)
{
	char *copy;
	if (text[0] == '\0')
		return diag_fail(diag, RC_SYNTAX, "the value is empty");
	copy = mem_text(text);
	if (copy == NULL)
		return RC_NO_MEMORY;
	mem_free(*field);
	*field = copy;
	return RC_OK;
}

/* "no" is also off, false, n and 0. */
static bool same_switch(const char *a, const char *b)
{
	bool x = false, y = true;
	return value_bool(a, &x, NULL) == RC_OK && value_bool(b, &y, NULL) == RC_OK && x == y;
}

static bool is_fine(const char *fine, const char *text)
{
	char word[VALUE_WORD_MAX];
	while (value_word(&fine, word))
		if (strcasecmp(word, text) == 0 || same_switch(word, text))
			return true;
	return false;
}

static enum rc apply_other(const struct keyword *keyword, const char *text, struct finding *finding)
{
	const struct config_keyword_info *info = &keyword->info;
	if (is_fine(info->range, text))
		return RC_OK;
	if (info->support == CONFIG_IGNORED) {
		finding->warning = true;
		(void)diag_fail(&finding->diag, RC_UNSUPPORTED, "ignored: %s", info->help);
		return RC_OK;
	}
	if (info->range[0] != '\0')
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.60s\" is not supported yet: %s (accepted: %s)", text,
				 info->help, info->range);
	return diag_fail(&finding->diag, RC_UNSUPPORTED, "not supported yet: %s", info->help);
}

static enum rc apply_enum(const struct keyword *keyword, const char *text, void *field,
			  struct diag *diag)
{
	int value = 0;
	TRY(value_enum(text, keyword->names, &value, diag));
	if (keyword->size == 1)
		*(uint8_t *)field = (uint8_t)value;
	else
		*(int *)field = value;
	return RC_OK;
}

static enum rc check_refused(const struct keyword *keyword, const char *text, struct diag *diag)
{
	for (const struct refusal *r = keyword->refused; r != NULL && r->value != NULL; r++)
		if (strcasecmp(r->value, text) == 0)
			return diag_fail(diag, RC_UNSUPPORTED, "\"%.40s\" is not supported: %s",
					 text, r->why);
	return RC_OK;
}

enum rc keyword_apply(const struct keyword *keyword, const char *text, void *object,
		      struct finding *finding)
{
	void *field = (char *)object + keyword->offset;
	const char *range = keyword->info.range;

	*finding = (struct finding){ 0 };
	if (text[0] == '\0' && keyword->parse != field_updown) /* "": none */
		return diag_fail(&finding->diag, RC_SYNTAX, "the value is missing");
	TRY(check_refused(keyword, text, &finding->diag));
	switch (keyword->kind) {
	case KIND_BOOL:
		return value_bool(text, field, &finding->diag);
	case KIND_NUMBER:
		return apply_number(keyword, text, field, &finding->diag);
	case KIND_DECIMAL:
		return value_decimal(text, range, field, &finding->diag);
	case KIND_TIME:
		return value_time(text, range, field, &finding->diag);
	case KIND_PERCENT:
		return value_percent(text, range, field, &finding->diag);
	case KIND_BYTES:
		return value_bytes(text, range, field, &finding->diag);
	case KIND_ENUM:
		return apply_enum(keyword, text, field, &finding->diag);
	case KIND_TEXT:
		return apply_text(text, field, &finding->diag);
	case KIND_CUSTOM:
		return keyword->parse(text, object, finding);
	case KIND_OTHER:
		return apply_other(keyword, text, finding);
	case KIND_PROPOSAL:
	case KIND_ALSO:
		return RC_OK;
	}
	return RC_INTERNAL;
}

enum rc keyword_defaults(enum keyword_section section, void *object, struct finding *finding)
{
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++) {
		if (k->section != section || k->inherits || k->info.defaults == NULL ||
		    (section == SECTION_END && k->parse == field_auth))
			continue;
		TRY(keyword_apply(k, k->info.defaults, object, finding));
	}
	return RC_OK;
}
