/* SPDX-License-Identifier: Apache-2.0 */
#include "base/impair.h"
#include "base/arena.h"
#include "base/names.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX    32
#define ERRNO_MAX    200
#define DELAY_MAX    (3600 * USEC_PER_SEC)
#define REORDER_STEP (20 * USEC_PER_MSEC) /* how far a reordered datagram falls back at least */

enum kind { KIND_PER_MILLE, KIND_TIME, KIND_NTH, KIND_NTH_LONG, KIND_KERNEL_FAIL };

static const struct field {
	const char *name;
	enum kind kind;
	size_t offset;
} fields[] = {
	{ "drop", KIND_PER_MILLE, offsetof(struct impair, drop) },
	{ "duplicate", KIND_PER_MILLE, offsetof(struct impair, duplicate) },
	{ "corrupt", KIND_PER_MILLE, offsetof(struct impair, corrupt) },
	{ "reorder", KIND_PER_MILLE, offsetof(struct impair, reorder) },
	{ "delay", KIND_TIME, offsetof(struct impair, delay) },
	{ "jitter", KIND_TIME, offsetof(struct impair, jitter) },
	{ "kernel-fail", KIND_KERNEL_FAIL, offsetof(struct impair, kernel_fail) },
	{ "kernel-lose", KIND_NTH, offsetof(struct impair, kernel_lose) },
	{ "kernel-delay", KIND_TIME, offsetof(struct impair, kernel_delay) },
	{ "job-delay", KIND_TIME, offsetof(struct impair, job_delay) },
	{ "alloc-fail", KIND_NTH_LONG, offsetof(struct impair, alloc_fail) },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* A number without sign or blanks; *rest is what follows. */
static bool read_number(const char *text, uint64_t most, uint64_t *out, const char **rest)
{
	char *end;
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno != 0 || value > most)
		return false;
	*out = value;
	*rest = end;
	return true;
}

/* "10%", "0.5%" */
static enum rc read_per_mille(const char *name, const char *value, uint16_t *out, struct diag *diag)
{
	uint64_t whole = 0, tenth = 0;
	const char *rest = value;
	bool good = read_number(value, 100, &whole, &rest);
	if (good && rest[0] == '.')
		good = read_number(rest + 1, 9, &tenth, &rest);
	if (!good || strcmp(rest, "%") != 0 || whole * 10 + tenth > 1000)
		return diag_fail(
			diag, RC_SYNTAX,
			"impairment %s=%s: expected a share from 0%% to 100%%, such as 10%% or "
			"0.5%%",
			name, value);
	*out = (uint16_t)(whole * 10 + tenth);
	return RC_OK;
}

/* "50ms", "3s", "200us" */
static enum rc read_time(const char *name, const char *value, usec_t *out, struct diag *diag)
{
	static const struct {
		const char *unit;
		usec_t usec;
	} units[] = { { "us", 1 }, { "ms", USEC_PER_MSEC }, { "s", USEC_PER_SEC } };
	uint64_t number;
	const char *rest;
	if (read_number(value, (uint64_t)DELAY_MAX, &number, &rest))
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(rest, units[i].unit) == 0 &&
			    (usec_t)number <= DELAY_MAX / units[i].usec) {
				*out = (usec_t)number * units[i].usec;
				return RC_OK;
			}
	return diag_fail(
		diag, RC_SYNTAX,
		"impairment %s=%s: expected a time with its unit (us, ms, s), at most 3600s, such "
		"as 50ms",
		name, value);
}

static enum rc read_nth(const char *name, const char *value, uint64_t most, uint64_t *out,
			struct diag *diag)
{
	const char *rest = "";
	if (read_number(value, most, out, &rest) && rest[0] == '\0')
		return RC_OK;
	return diag_fail(
		diag, RC_SYNTAX,
		"impairment %s=%s: expected a count such as 3 (the third from now; 0 for none)",
		name, value);
}

static int errno_find(const char *name)
{
	for (int error = 1; error < ERRNO_MAX; error++) {
		const char *known = strerrorname_np(error);
		if (known != NULL && strcmp(known, name) == 0)
			return error;
	}
	return 0;
}

/* "3:ENOMEM", "every-5:EEXIST" */
static enum rc read_kernel_fail(const char *value, struct impair *out, struct diag *diag)
{
	uint64_t number = 0;
	const char *rest = "";
	bool every = strncmp(value, "every-", 6) == 0;
	bool good = read_number(every ? value + 6 : value, UINT32_MAX, &number, &rest);
	if (!good || number == 0 || rest[0] != ':')
		return diag_fail(
			diag, RC_SYNTAX,
			"impairment kernel-fail=%s: expected a count from 1 and an errno, such as "
			"3:ENOMEM or every-5:EEXIST",
			value);
	int error = errno_find(rest + 1);
	if (error == 0)
		return diag_fail(
			diag, RC_SYNTAX,
			"impairment kernel-fail=%s: unknown errno \"%s\" (expected a name such as "
			"ENOMEM)",
			value, rest + 1);
	out->kernel_fail = (uint32_t)number;
	out->kernel_fail_every = every;
	out->kernel_error = error;
	return RC_OK;
}

static enum rc read_value(const struct field *field, const char *value, struct impair *out,
			  struct diag *diag)
{
	void *at = (char *)out + field->offset;
	uint64_t number = 0;
	switch (field->kind) {
	case KIND_PER_MILLE:
		return read_per_mille(field->name, value, at, diag);
	case KIND_TIME:
		return read_time(field->name, value, at, diag);
	case KIND_NTH:
		TRY(read_nth(field->name, value, UINT32_MAX, &number, diag));
		*(uint32_t *)at = (uint32_t)number;
		return RC_OK;
	case KIND_NTH_LONG:
		return read_nth(field->name, value, UINT64_MAX, at, diag);
	case KIND_KERNEL_FAIL:
		return read_kernel_fail(value, out, diag);
	}
	return RC_INTERNAL;
}

static enum rc unknown_field(const char *name, struct diag *diag)
{
	const char *candidates[FIELDS + 1] = { NULL };
	for (size_t i = 0; i < FIELDS; i++)
		candidates[i] = fields[i].name;
	const char *near = names_nearest(name, candidates);
	if (near != NULL)
		return diag_fail(diag, RC_SYNTAX,
				 "unknown impairment \"%s\" (did you mean \"%s\"?)", name, near);
	return diag_fail(
		diag, RC_SYNTAX,
		"unknown impairment \"%s\" (expected drop, duplicate, corrupt, reorder, delay, "
		"jitter, kernel-fail, kernel-lose, kernel-delay, job-delay or alloc-fail)",
		name);
}

/* One "name=value" of len characters. */
static enum rc read_item(const char *item, size_t len, struct impair *out, struct diag *diag)
{
	char text[VALUE_MAX * 2];
	if (len >= sizeof(text))
		return diag_fail(diag, RC_SYNTAX, "impairment \"%.40s...\" is too long", item);
	memcpy(text, item, len);
	text[len] = '\0';
	char *equals = strchr(text, '=');
	if (equals == NULL)
		return diag_fail(
			diag, RC_SYNTAX,
			"impairment \"%s\" has no value (expected name=value, such as drop=10%%)",
			text);
	*equals = '\0';
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].name, text) == 0)
			return read_value(&fields[i], equals + 1, out, diag);
	return unknown_field(text, diag);
}

enum rc impair_parse(const char *text, struct impair *out, struct diag *diag)
{
	struct impair fresh = { 0 };
	const char *item = text;
	bool none = text[0] == '\0' || strcmp(text, "none") == 0;
	while (!none) {
		size_t len = strcspn(item, ",");
		TRY(read_item(item, len, &fresh, diag));
		if (item[len] == '\0')
			break;
		item += len + 1;
	}
	*out = fresh;
	return RC_OK;
}

static void __attribute__((format(printf, 2, 3))) append(char *buffer, const char *format, ...)
{
	va_list args;
	size_t used = strlen(buffer);
	if (used > 0 && used + 1 < IMPAIR_TEXT_MAX)
		buffer[used++] = ',';
	va_start(args, format);
	vsnprintf(buffer + used, IMPAIR_TEXT_MAX - used, format, args);
	va_end(args);
}

static void append_time(char *buffer, const char *name, usec_t value)
{
	if (value == 0)
		return;
	if (value % USEC_PER_SEC == 0)
		append(buffer, "%s=%llds", name, (long long)(value / USEC_PER_SEC));
	else if (value % USEC_PER_MSEC == 0)
		append(buffer, "%s=%lldms", name, (long long)(value / USEC_PER_MSEC));
	else
		append(buffer, "%s=%lldus", name, (long long)value);
}

static void append_per_mille(char *buffer, const char *name, unsigned value)
{
	if (value % 10 != 0)
		append(buffer, "%s=%u.%u%%", name, value / 10, value % 10);
	else if (value != 0)
		append(buffer, "%s=%u%%", name, value / 10);
}

static void append_nth(char *buffer, const char *name, uint64_t value)
{
	if (value != 0)
		append(buffer, "%s=%llu", name, (unsigned long long)value);
}

static void append_field(char *buffer, const struct field *field, const struct impair *impair)
{
	const void *at = (const char *)impair + field->offset;
	switch (field->kind) {
	case KIND_PER_MILLE:
		append_per_mille(buffer, field->name, *(const uint16_t *)at);
		return;
	case KIND_TIME:
		append_time(buffer, field->name, *(const usec_t *)at);
		return;
	case KIND_NTH:
		append_nth(buffer, field->name, *(const uint32_t *)at);
		return;
	case KIND_NTH_LONG:
		append_nth(buffer, field->name, *(const uint64_t *)at);
		return;
	case KIND_KERNEL_FAIL:
		if (impair->kernel_fail != 0)
			append(buffer, "%s=%s%u:%s", field->name,
			       impair->kernel_fail_every ? "every-" : "", impair->kernel_fail,
			       strerrorname_np(impair->kernel_error));
		return;
	}
}

const char *impair_text(const struct impair *impair, char buffer[IMPAIR_TEXT_MAX])
{
	buffer[0] = '\0';
	for (size_t i = 0; i < FIELDS; i++)
		append_field(buffer, &fields[i], impair);
	if (buffer[0] == '\0')
		append(buffer, "none");
	return buffer;
}

void impair_arm(const struct impair *impair)
{
	mem_fail_nth(impair->alloc_fail);
}

/* splitmix64: one random number becomes as many as are needed. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static bool chance(uint64_t *state, unsigned per_mille)
{
	return draw(state) % 1000 < per_mille;
}

struct impair_fate impair_datagram(const struct impair *impair, uint64_t random, size_t len)
{
	struct impair_fate fate = { 0 };
	uint64_t state = random;
	fate.drop = chance(&state, impair->drop);
	fate.duplicate = chance(&state, impair->duplicate);
	fate.corrupt = chance(&state, impair->corrupt) && len > 0;
	fate.corrupt_at = len > 0 ? (size_t)(draw(&state) % len) : 0;
	fate.corrupt_with = (uint8_t)(1u << draw(&state) % 8);
	fate.delay = impair->delay + (usec_t)(draw(&state) % ((uint64_t)impair->jitter + 1));
	if (chance(&state, impair->reorder))
		fate.delay += impair->delay + impair->jitter + REORDER_STEP;
	return fate;
}

/* Counting starts again after a failure that repeats. */
static bool reached(uint32_t *counted, uint32_t nth, bool every)
{
	if (nth == 0 || *counted >= nth)
		return false;
	bool hit = ++*counted == nth;
	if (hit && every)
		*counted = 0;
	return hit;
}

int impair_kernel_request(struct impair *impair)
{
	bool fails = reached(&impair->kernel_asked, impair->kernel_fail, impair->kernel_fail_every);
	return fails ? impair->kernel_error : 0;
}

bool impair_kernel_answer(struct impair *impair)
{
	return reached(&impair->kernel_answered, impair->kernel_lose, false);
}
