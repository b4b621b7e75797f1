/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "config/lexer.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct place place_of(const struct lexer *lexer, const char *line, const char *at)
{
	return (struct place){ lexer->file, lexer->line, (unsigned)(at - line) + 1 };
}

static char *skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* Takes the next line out of the text, without its CR LF, terminated. NULL at the end of the text.
 */
static char *take_line(struct lexer *lexer, size_t *len)
{
	char *start = lexer->text + lexer->at;
	size_t left = lexer->len - lexer->at;
	char *end;

	if (left == 0)
		return NULL;
	end = memchr(start, '\n', left);
	*len = end != NULL ? (size_t)(end - start) : left;
	lexer->at += *len + (end != NULL ? 1 : 0);
	lexer->line++;
	if (*len > 0 && start[*len - 1] == '\r')
		--*len;
	start[*len] = '\0';
	return start;
}

static bool line_is_clean(struct lexer *lexer, const char *line, size_t len)
{
	if (len > CONFIG_LINE_MAX) {
		report_error(lexer->errors, place_of(lexer, line, line),
			     "the line has %zu bytes; at most %d are allowed", len,
			     CONFIG_LINE_MAX);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];
		if ((c >= 0x20 && c != 0x7f) || c == '\t')
			continue;
		report_error(lexer->errors, place_of(lexer, line, line + i),
			     "%s (0x%02x) in the line: is this a text file?",
			     c == 0 ? "a NUL byte" : "a control character", c);
		return false;
	}
	return true;
}

static bool only_comment_follows(const char *p)
{
	while (is_blank(*p))
		p++;
	return *p == '\0' || *p == '#';
}

/* "text", 'text' or {text}: from its opening character at p. */
static bool quoted_value(struct lexer *lexer, const char *line, char *p, struct line *out)
{
	char close = *p;
	char *end;

	if (close == '{')
		close = '}';
	end = strchr(p + 1, close);
	if (end == NULL) {
		report_error(lexer->errors, place_of(lexer, line, p),
			     "the closing %c is missing on this line", close);
		return false;
	}
	if (!only_comment_follows(end + 1)) {
		report_error(lexer->errors, place_of(lexer, line, end + 1),
			     "text follows the closing %c: \"%.40s\"", close, end + 1);
		return false;
	}
	*end = '\0';
	out->value = p + 1;
	out->value_column = (unsigned)(p + 1 - line) + 1;
	return true;
}

/* A '#' starts a comment only after a blank: leftid=@#6b6579 is a value. */
static void plain_value(const char *line, char *p, struct line *out)
{
	char *end = p;
	while (*end != '\0' && !(*end == '#' && (end == p || is_blank(end[-1]))))
		end++;
	while (end > p && is_blank(end[-1]))
		end--;
	*end = '\0';
	out->value = p;
	out->value_column = (unsigned)(p - line) + 1;
}

/* Braces are quotes only of a setting: in an include they are a pattern. */
static bool read_value(struct lexer *lexer, const char *line, char *p, struct line *out)
{
	p = skip_blanks(p);
	if (*p == '"' || *p == '\'' || (*p == '{' && out->kind == LINE_SETTING))
		return quoted_value(lexer, line, p, out);
	plain_value(line, p, out);
	return true;
}

static bool read_head(struct lexer *lexer, const char *line, char *p, struct line *out)
{
	char *end = p;
	while (*end != '\0' && !is_blank(*end) && *end != '=')
		end++;
	if (*end == '=' || *skip_blanks(end) == '=') {
		report_error(lexer->errors, place_of(lexer, line, p),
			     "\"%.*s=\" must be indented: only sections (config setup, conn NAME), "
			     "include "
			     "and version start in the first column",
			     (int)(end - p > 60 ? 60 : end - p), p);
		return false;
	}
	out->kind = LINE_HEAD;
	out->key = p;
	out->key_column = (unsigned)(p - line) + 1;
	if (*end == '\0') {
		out->value = end;
		out->value_column = (unsigned)(end - line) + 1;
		return true;
	}
	*end = '\0';
	return read_value(lexer, line, end + 1, out);
}

static bool read_setting(struct lexer *lexer, const char *line, char *p, struct line *out)
{
	char *end = p;
	char *equals;
	while (*end != '\0' && !is_blank(*end) && *end != '=' && *end != '"')
		end++;
	equals = skip_blanks(end);
	if (*equals != '=') {
		if (end - p == 7 && strncmp(p, "include", 7) == 0)
			return read_head(lexer, line, p, out);
		report_error(lexer->errors, place_of(lexer, line, p),
			     "expected keyword=value, found \"%.60s\"", p);
		return false;
	}
	if (end == p) {
		report_error(lexer->errors, place_of(lexer, line, p),
			     "the keyword before \"=\" is missing");
		return false;
	}
	out->kind = LINE_SETTING;
	out->key = p;
	out->key_column = (unsigned)(p - line) + 1;
	*end = '\0';
	return read_value(lexer, line, equals + 1, out);
}

void lexer_init(struct lexer *lexer, const char *file, char *text, size_t len,
		struct config_errors *errors)
{
	*lexer = (struct lexer){ .file = file, .text = text, .len = len, .errors = errors };
	if (len >= 3 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
		lexer->at = 3;
}

void lexer_next(struct lexer *lexer, struct line *out)
{
	char *line, *p;
	size_t len;

	while ((line = take_line(lexer, &len)) != NULL) {
		bool good;
		if (!line_is_clean(lexer, line, len))
			continue;
		p = skip_blanks(line);
		if (*p == '\0' || *p == '#')
			continue;
		*out = (struct line){ .number = lexer->line };
		good = p == line ? read_head(lexer, line, p, out)
				 : read_setting(lexer, line, p, out);
		if (good)
			return;
	}
	*out = (struct line){ .kind = LINE_END, .number = lexer->line };
}
