/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic Selector payloads TSi and TSr, RFC 7296 §3.13. */
#include "wire/body.h"

#define SELECTOR_HEADER_LEN 4 /* type, protocol, length: what every selector type has */
#define PORTS_LEN	    4

static size_t address_len(uint8_t type)
{
	return type == TS_IPV4_ADDR_RANGE ? 4 : type == TS_IPV6_ADDR_RANGE ? 16 : 0;
}

/* §3.13.1: 0 to 65535 is ANY, 65535 to 0 is OPAQUE. */
static enum rc ports_parse(struct span *in, struct wire_ts *out, struct diag *diag)
{
	TRY(span_u16(in, &out->port_from));
	TRY(span_u16(in, &out->port_to));
	if (out->port_from > out->port_to && (out->port_from != UINT16_MAX || out->port_to != 0))
		return diag_fail(diag, RC_SYNTAX, "traffic selector with ports %u to %u",
				 out->port_from, out->port_to);
	return RC_OK;
}

static enum rc range_read(struct span *in, size_t len, struct ip_range *out, struct diag *diag)
{
	char from_text[IP_TEXT_MAX], to_text[IP_TEXT_MAX];
	struct span from, to;

	TRY(span_take(in, len, &from));
	TRY(span_take(in, len, &to));
	TRY(ip_from_bytes(from, &out->from));
	TRY(ip_from_bytes(to, &out->to));
	if (ip_compare(&out->from, &out->to) > 0)
		return diag_fail(diag, RC_SYNTAX,
				 "traffic selector with the inverted range %s to %s",
				 ip_text(&out->from, from_text), ip_text(&out->to, to_text));
	return RC_OK;
}

static enum rc selector_body_parse(struct span body, struct wire_ts *out, struct diag *diag)
{
	size_t len = address_len(out->type);

	if (len == 0)
		return RC_OK; /* an unknown type: its length was enough to step over it */
	if (body.len != PORTS_LEN + 2 * len)
		return diag_fail(diag, RC_SYNTAX,
				 "traffic selector of type %u has length %zu; expected %zu",
				 out->type, SELECTOR_HEADER_LEN + body.len,
				 SELECTOR_HEADER_LEN + PORTS_LEN + 2 * len);
	TRY(ports_parse(&body, out, diag));
	return range_read(&body, len, &out->range, diag);
}

static enum rc selector_parse(struct span *in, struct wire_ts *out, struct diag *diag)
{
	struct span body;
	uint16_t length;

	if (in->len < SELECTOR_HEADER_LEN)
		return diag_fail(diag, RC_TRUNCATED, "TS payload ends inside a selector's header");
	TRY(span_u8(in, &out->type));
	TRY(span_u8(in, &out->protocol));
	TRY(span_u16(in, &length));
	if (length < SELECTOR_HEADER_LEN)
		return diag_fail(diag, RC_SYNTAX,
				 "traffic selector of length %u; expected at least %d", length,
				 SELECTOR_HEADER_LEN);
	if (span_take(in, (size_t)length - SELECTOR_HEADER_LEN, &body) != RC_OK)
		return diag_fail(diag, RC_TRUNCATED,
				 "traffic selector of length %u, but only %zu bytes are left",
				 length, in->len + SELECTOR_HEADER_LEN);
	return selector_body_parse(body, out, diag);
}

static enum rc count_parse(struct span *body, uint8_t *count, struct diag *diag)
{
	TRY(body_needs(*body, 4, "TS", diag));
	TRY(span_u8(body, count));
	TRY(body_skip(body, 3));
	if (*count == 0)
		return diag_fail(diag, RC_SYNTAX, "TS payload without traffic selectors");
	if (*count > LIMIT_SELECTORS)
		return diag_fail(diag, RC_LIMIT,
				 "TS payload has %u traffic selectors; at most %d are accepted",
				 *count, LIMIT_SELECTORS);
	if (body->len < (size_t)*count * SELECTOR_HEADER_LEN)
		return diag_fail(diag, RC_TRUNCATED,
				 "TS payload has no room for its %u traffic selectors", *count);
	return RC_OK;
}

enum rc wire_ts_parse(struct arena *arena, struct span body, struct wire_ts_list *out,
		      struct diag *diag)
{
	struct wire_ts_list list = { 0 };
	uint8_t count;

	TRY(count_parse(&body, &count, diag));
	list.items = arena_array(arena, count, sizeof(*list.items));
	if (list.items == NULL)
		return diag_fail(diag, RC_NO_MEMORY,
				 "TS payload: no memory for %u traffic selectors", count);
	for (list.count = 0; list.count < count; list.count++)
		TRY(selector_parse(&body, &list.items[list.count], diag));
	if (body.len != 0)
		return diag_fail(diag, RC_TRAILING,
				 "TS payload: %zu bytes follow the last traffic selector",
				 body.len);
	*out = list;
	return RC_OK;
}

static void selector_emit(struct sink *sink, const struct wire_ts *selector)
{
	size_t len = address_len(selector->type);

	sink_u8(sink, selector->type);
	sink_u8(sink, selector->protocol);
	if (len == 0) {
		sink_u16(sink, SELECTOR_HEADER_LEN);
		return;
	}
	sink_u16(sink, (uint16_t)(SELECTOR_HEADER_LEN + PORTS_LEN + 2 * len));
	sink_u16(sink, selector->port_from);
	sink_u16(sink, selector->port_to);
	sink_bytes(sink, selector->range.from.bytes, len);
	sink_bytes(sink, selector->range.to.bytes, len);
}

void wire_ts_emit(struct writer *writer, enum payload_type which, const struct wire_ts_list *list)
{
	struct sink *sink = writer->sink;

	writer_payload_begin(writer, which, false);
	if (!emit_fits(sink, list->count, UINT8_MAX))
		return;
	sink_u8(sink, (uint8_t)list->count);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	for (unsigned i = 0; i < list->count; i++)
		selector_emit(sink, &list->items[i]);
	writer_payload_end(writer);
}
