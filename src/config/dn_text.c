/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names to text. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "config/dn.h"

struct writer_text {
	char *buffer;
	size_t size, used;
};

static void put(struct writer_text *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void put(struct writer_text *out, const char *format, ...)
{
	va_list args;
	int written;
	va_start(args, format);
	written = vsnprintf(out->buffer + out->used, out->size - out->used, format, args);
	va_end(args);
	if (written > 0)
		out->used += (size_t)written < out->size - out->used ? (size_t)written
								     : out->size - out->used - 1;
}

static void put_oid(struct writer_text *out, struct span oid)
{
	const struct dn_name *name = dn_name_of(oid);
	unsigned long arc = 0;
	bool first = true;

	if (name != NULL) {
		put(out, "%s", name->name);
		return;
	}
	for (size_t i = 0; i < oid.len; i++) {
		arc = arc << 7 | (oid.ptr[i] & 0x7f);
		if ((oid.ptr[i] & 0x80) != 0)
			continue;
		if (first) {
			unsigned long top = arc < 80 ? arc / 40 : 2;
			put(out, "%lu.%lu", top, arc - top * 40);
		} else {
			put(out, ".%lu", arc);
		}
		first = false;
		arc = 0;
	}
}

static void put_character(struct writer_text *out, struct span value, size_t i)
{
	uint8_t c = value.ptr[i];
	bool edge = c == ' ' && (i == 0 || i + 1 == value.len);
	if (c < 0x20 || c == 0x7f)
		put(out, "\\%02X", c);
	else if (edge || strchr(",+\"\\/", c) != NULL)
		put(out, "\\%c", c);
	else
		put(out, "%c", c);
}

static void put_value(struct writer_text *out, const struct dn_attribute *attribute)
{
	uint8_t tag = attribute->tag;
	bool text = tag == 0x0c || tag == 0x13 || tag == 0x14 || tag == 0x16;
	if (!text)
		put(out, "#");
	for (size_t i = 0; i < attribute->value.len; i++) {
		if (text)
			put_character(out, attribute->value, i);
		else
			put(out, "%02x", attribute->value.ptr[i]);
	}
}

enum rc dn_text(struct span der, char *buffer, size_t size)
{
	struct writer_text out = { buffer, size, 0 };
	struct dn_reader reader;
	struct dn_attribute attribute;
	enum rc rc;

	buffer[0] = '\0';
	TRY(dn_open(&reader, der));
	while ((rc = dn_next(&reader, &attribute)) == RC_OK) {
		if (out.used > 0)
			put(&out, attribute.joined ? "+" : ", ");
		put_oid(&out, attribute.oid);
		put(&out, "=");
		put_value(&out, &attribute);
	}
	return rc == RC_NOT_FOUND ? RC_OK : RC_SYNTAX;
}
