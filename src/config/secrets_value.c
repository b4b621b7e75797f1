/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "config/secrets_private.h"

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* "_" may group hex digits. */
static enum rc from_hex(struct span text, struct secret *out, struct diag *diag)
{
	size_t digits = 0, done = 0;
	for (size_t i = 0; i < text.len; i++)
		if (hex_digit(text.ptr[i]) >= 0)
			digits++;
		else if (text.ptr[i] != '_')
			return diag_fail(diag, RC_SYNTAX,
					 "the key after 0x holds something other than hex digits");
	if (digits == 0 || digits % 2 != 0)
		return diag_fail(
			diag, RC_SYNTAX,
			"the key after 0x has %zu hex digits; two for each byte are needed",
			digits);
	TRY(secret_alloc(out, digits / 2));
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_digit(text.ptr[i]);
		if (digit < 0)
			continue;
		out->ptr[done / 2] = (uint8_t)(out->ptr[done / 2] << 4 | digit);
		done++;
	}
	return RC_OK;
}

static enum rc from_base64(struct span text, struct secret *out, struct diag *diag)
{
	size_t len = text.len;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t used = 0;

	while (len > 0 && text.ptr[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++)
		if (base64_digit(text.ptr[i]) < 0)
			return diag_fail(
				diag, RC_SYNTAX,
				"the key after 0s holds something other than base64 digits");
	if (len < 2 || len % 4 == 1)
		return diag_fail(diag, RC_SYNTAX, "the key after 0s is cut off: it is not base64");
	TRY(secret_alloc(out, len * 3 / 4));
	for (size_t i = 0; i < len; i++) {
		bits = (bits << 6 | (uint32_t)base64_digit(text.ptr[i])) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out->ptr[used++] = (uint8_t)(bits >> have);
		}
	}
	wipe(&bits, sizeof(bits));
	return RC_OK;
}

enum rc secret_value(struct span text, bool quoted, struct secret *out, struct diag *diag)
{
	struct span rest = span_make(text.ptr + 2, text.len >= 2 ? text.len - 2 : 0);
	uint8_t kind = text.len >= 2 && text.ptr[0] == '0' ? (uint8_t)(text.ptr[1] | 0x20) : 0;

	if (text.len > 2 * (size_t)SECRET_LEN_MAX || (quoted && text.len > SECRET_LEN_MAX))
		return diag_fail(diag, RC_LIMIT,
				 "the key is too long: at most %d bytes are allowed",
				 SECRET_LEN_MAX);
	if (quoted && text.len < SECRET_LEN_MIN)
		return diag_fail(diag, RC_SYNTAX, "the key is empty");
	if (quoted)
		return secret_set(out, text);
	if (kind == 'x')
		return from_hex(rest, out, diag);
	if (kind == 's')
		return from_base64(rest, out, diag);
	if (kind == 't' && rest.len > 0)
		return secret_set(out, rest);
	return diag_fail(diag, RC_SYNTAX,
			 "the key must stand in quotes, or begin with 0x (hex) or 0s (base64)");
}
