/* SPDX-License-Identifier: Apache-2.0 */
/* Private: ipsec.conf text to lines. */
#ifndef VANTH_CONFIG_LEXER_H
#define VANTH_CONFIG_LEXER_H

#include "config/report.h"

#define CONFIG_LINE_MAX 16384 /* leftsubnets with 500 IPv6 subnets has about 12,000 */

enum line_kind {
	LINE_END,  /* of the text */
	LINE_HEAD, /* "conn office": key "conn", value "office"; also config, include, version, ca
		    */
	LINE_SETTING, /* "  keyword = value", indented */
};

struct line {
	enum line_kind kind;
	unsigned number, key_column, value_column;
	const char *key, *value; /* NUL-terminated, inside the lexer's text; quotes are gone */
};

struct lexer {
	const char *file;
	char *text; /* writable: words are terminated in place; text[len] is a NUL too */
	size_t len, at;
	unsigned line;
	struct config_errors *errors;
};

/* text must have len + 1 writable bytes. A UTF-8 byte order mark is skipped. */
void lexer_init(struct lexer *lexer, const char *file, char *text, size_t len,
		struct config_errors *errors);
/* The next line that says something. Lines with errors are reported and skipped. */
void lexer_next(struct lexer *lexer, struct line *out);

#endif
