/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "config/values.h"

#define RANGE_SIDE_MAX 40

static const struct name bool_names[] = { { 1, "yes" }, { 0, "no" },  { 1, "true" }, { 0, "false" },
					  { 1, "on" },	{ 0, "off" }, { 1, "y" },    { 0, "n" },
					  { 1, "1" },	{ 0, "0" },   { 0, NULL } };
static const struct names bools = { "switch", bool_names };

struct unit {
	const char *text;
	double factor;
};
static const struct unit time_units[] = {
	{ "", 1e6 },	 { "s", 1e6 },	  { "ms", 1e3 },    { "us", 1 },       { "m", 60e6 },
	{ "min", 60e6 }, { "h", 3600e6 }, { "d", 86400e6 }, { "w", 604800e6 }, { NULL, 0 },
};
static const struct unit byte_units[] = {
	{ "", 1 },
	{ "b", 1 },
	{ "k", 1024.0 },
	{ "kb", 1024.0 },
	{ "kib", 1024.0 },
	{ "m", 1048576.0 },
	{ "mb", 1048576.0 },
	{ "mib", 1048576.0 },
	{ "g", 1073741824.0 },
	{ "gb", 1073741824.0 },
	{ "gib", 1073741824.0 },
	{ "t", 1099511627776.0 },
	{ "tb", 1099511627776.0 },
	{ "tib", 1099511627776.0 },
	{ NULL, 0 },
};

/* Both sides of "low..high". */
static void split_range(const char *range, char low[RANGE_SIDE_MAX], char high[RANGE_SIDE_MAX])
{
	const char *dots = strstr(range, "..");
	int len = dots != NULL ? (int)(dots - range) : 0;
	snprintf(low, RANGE_SIDE_MAX, "%.*s", len, range);
	snprintf(high, RANGE_SIDE_MAX, "%s", dots != NULL ? dots + 2 : range);
}

static bool parse_u64(const char *text, uint64_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *end;
	if (strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits) ||
	    *digits == '\0')
		return false;
	errno = 0;
	*out = strtoull(digits, &end, hex ? 16 : 10);
	return errno == 0 && *end == '\0';
}

/* Digits with at most one point; the end is where they stop. No exponent, sign, inf or nan. */
static bool parse_decimal(const char *text, double *out, const char **end)
{
	double value = 0, place = 1;
	const char *p = text;
	bool digits = false;

	for (; *p >= '0' && *p <= '9'; p++, digits = true)
		value = value * 10 + (*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, digits = true)
			value += (*p - '0') * (place /= 10);
	*out = value;
	*end = p;
	return digits && p - text <= 30;
}

static bool parse_unit(const char *text, const struct unit *units, double *out)
{
	const char *end;
	if (!parse_decimal(text, out, &end))
		return false;
	while (*end == ' ')
		end++;
	for (; units->text != NULL; units++) {
		if (strcasecmp(end, units->text) == 0) {
			*out *= units->factor;
			return *out < 9e18;
		}
	}
	return false;
}

static enum rc unit_value(const char *text, const char *range, const struct unit *units,
			  const char *expected, double *out, struct diag *diag)
{
	char low_text[RANGE_SIDE_MAX], high_text[RANGE_SIDE_MAX];
	double low, high;

	if (!parse_unit(text, units, out))
		return diag_fail(diag, RC_SYNTAX, "\"%.60s\" is not %s", text, expected);
	split_range(range, low_text, high_text);
	if (!parse_unit(low_text, units, &low) || !parse_unit(high_text, units, &high))
		return diag_fail(diag, RC_INTERNAL, "the keyword table has the range \"%s\"",
				 range);
	if (*out < low || *out > high)
		return diag_fail(diag, RC_RANGE, "%.60s is out of range: %s to %s is allowed", text,
				 low_text, high_text);
	return RC_OK;
}

enum rc value_bool(const char *text, bool *out, struct diag *diag)
{
	int value = 0;
	if (!names_find(&bools, text, &value))
		return diag_fail(diag, RC_SYNTAX, "\"%.60s\" is neither yes nor no", text);
	*out = value != 0;
	return RC_OK;
}

enum rc value_number(const char *text, const char *range, uint64_t *out, struct diag *diag)
{
	char low_text[RANGE_SIDE_MAX], high_text[RANGE_SIDE_MAX];
	uint64_t low, high;

	if (!parse_u64(text, out))
		return diag_fail(diag, RC_SYNTAX, "\"%.60s\" is not a whole number", text);
	split_range(range, low_text, high_text);
	if (!parse_u64(low_text, &low) || !parse_u64(high_text, &high))
		return diag_fail(diag, RC_INTERNAL, "the keyword table has the range \"%s\"",
				 range);
	if (*out < low || *out > high)
		return diag_fail(diag, RC_RANGE, "%.60s is out of range: %s to %s is allowed", text,
				 low_text, high_text);
	return RC_OK;
}

enum rc value_decimal(const char *text, const char *range, double *out, struct diag *diag)
{
	static const struct unit none[] = { { "", 1 }, { NULL, 0 } };
	return unit_value(text, range, none, "a number like 1.8", out, diag);
}

enum rc value_time(const char *text, const char *range, usec_t *out, struct diag *diag)
{
	double value = 0;
	TRY(unit_value(text, range, time_units, "a time like 500ms, 30s, 15m, 8h or 1d", &value,
		       diag));
	*out = (usec_t)(value + 0.5);
	return RC_OK;
}

enum rc value_percent(const char *text, const char *range, unsigned *out, struct diag *diag)
{
	static const struct unit percent[] = { { "", 1 }, { "%", 1 }, { NULL, 0 } };
	double value = 0;
	TRY(unit_value(text, range, percent, "a percentage like 100%", &value, diag));
	*out = (unsigned)(value + 0.5);
	return RC_OK;
}

enum rc value_bytes(const char *text, const char *range, uint64_t *out, struct diag *diag)
{
	double value = 0;
	if (parse_u64(text, out) && *out > UINT64_C(1) << 53)
		return diag_fail(diag, RC_RANGE, "%.60s is out of range: at most 8192T is allowed",
				 text);
	TRY(unit_value(text, range, byte_units, "a count of bytes like 1000, 64K, 10M or 2G",
		       &value, diag));
	*out = (uint64_t)value;
	return RC_OK;
}

static bool is_other_spelling(const struct names *names, const struct name *name)
{
	for (const struct name *n = names->entries; n != name; n++)
		if (n->value == name->value)
			return true;
	return false;
}

#define AND_MORE ", ..."
/* "a, b, c" of the first name of each value. */
static void list_names(const struct names *names, char *buffer, size_t size)
{
	size_t used = 0;
	buffer[0] = '\0';
	for (const struct name *n = names->entries; n->text != NULL; n++) {
		int written;
		if (is_other_spelling(names, n))
			continue;
		written =
			snprintf(buffer + used, size - used, "%s%s", used > 0 ? ", " : "", n->text);
		if (written < 0 || (size_t)written >= size - used - strlen(AND_MORE)) {
			(void)snprintf(buffer + used, size - used, AND_MORE);
			return;
		}
		used += (size_t)written;
	}
}

enum rc value_enum(const char *text, const struct names *names, int *out, struct diag *diag)
{
	const char *candidates[40];
	unsigned count = 0;
	const char *near;
	char list[160];

	if (names_find(names, text, out))
		return RC_OK;
	for (const struct name *n = names->entries; n->text != NULL && count < 39; n++)
		candidates[count++] = n->text;
	candidates[count] = NULL;
	near = names_nearest(text, candidates);
	list_names(names, list, sizeof(list));
	if (near == NULL)
		return diag_fail(diag, RC_SYNTAX, "unknown %s \"%.60s\" (known: %s)", names->what,
				 text, list);
	return diag_fail(diag, RC_SYNTAX, "unknown %s \"%.60s\" (did you mean \"%s\"? known: %s)",
			 names->what, text, near, list);
}

bool value_word(const char **cursor, char word[VALUE_WORD_MAX])
{
	const char *p = *cursor + strspn(*cursor, ", \t");
	size_t len = strcspn(p, ", \t");
	*cursor = p + len;
	word[0] = '\0';
	if (len == 0)
		return false;
	if (len < VALUE_WORD_MAX) {
		memcpy(word, p, len);
		word[len] = '\0';
	}
	return true;
}
