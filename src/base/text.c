/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at s (Unicode table 3-7), 0 when there is none. */
static size_t utf8_decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf8 ? 0 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (len == 0 || (s[0] & 0xc0) == 0x80)
		return 0;
	*code = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fu);
	}
	bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
	return *code < smallest[len] || *code > 0x10ffff || surrogate ? 0 : len;
}

static bool printable(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return false;
	if (code >= 0x2028 && code <= 0x202e) /* line separators, embeddings, overrides */
		return false;
	if (code >= 0x2066 && code <= 0x2069) /* isolates */
		return false;
	return code != 0x200e && code != 0x200f && code != 0x061c && code != 0xfeff;
}

static size_t escape_bytes(const unsigned char *in, size_t len, char piece[17])
{
	static const char digits[] = "0123456789abcdef";
	char *out = piece;
	for (size_t i = 0; i < len; i++) {
		*out++ = '\\';
		*out++ = 'x';
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	return len * 4;
}

/* The next character of *in as it will be shown. */
static size_t next_piece(const unsigned char **in, char piece[17])
{
	uint32_t code = 0;
	size_t len = utf8_decode(*in, &code), shown = len;
	if (len == 0)
		shown = escape_bytes(*in, len = 1, piece);
	else if (!printable(code))
		shown = escape_bytes(*in, len, piece);
	else
		memcpy(piece, *in, len);
	*in += len;
	return shown;
}

size_t text_escape(char *out, size_t size, const char *text)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0, cut = 0; /* cut: the last place where "..." would still fit */
	if (size == 0)
		return 0;
	while (*in != '\0') {
		char piece[17];
		size_t len = next_piece(&in, piece);
		if (len >= size - used) {
			used = size >= 4 ? cut + 3 : cut;
			memcpy(out + cut, "...", used - cut);
			break;
		}
		memcpy(out + used, piece, len);
		used += len;
		if (used + 4 <= size)
			cut = used;
	}
	out[used] = '\0';
	return used;
}
