/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of IKEv1, which every vendor took over from Cisco: a whole message, header and all, is
 * cut in parts, each in a clear message of its own with one payload 132. There is no RFC. */
#include "wire/isakmp_body.h"

#define FRAGMENT_LAST	   1
#define GENERIC_HEADER_LEN 4u
#define FIELDS_LEN	   4u /* ID, number, flags */
#define OVERHEAD	   (IKE_HEADER_LEN + GENERIC_HEADER_LEN + FIELDS_LEN)

enum rc isakmp_fragment_parse(struct span body, struct isakmp_fragment *out, struct diag *diag)
{
	struct isakmp_fragment fragment;
	uint8_t flags;

	TRY(body_needs(body, 5, "fragment", diag));
	TRY(span_u16(&body, &fragment.id));
	TRY(span_u8(&body, &fragment.number));
	TRY(span_u8(&body, &flags));
	if (fragment.number == 0)
		return diag_fail(diag, RC_SYNTAX, "fragment with number 0; they begin with 1");
	fragment.last = (flags & FRAGMENT_LAST) != 0;
	fragment.data = body;
	*out = fragment;
	return RC_OK;
}

void isakmp_fragment_emit(struct writer *writer, const struct isakmp_fragment *fragment)
{
	struct sink *sink = writer->sink;

	isakmp_begin(writer, ISAKMP_FRAGMENT);
	sink_u16(sink, fragment->id);
	sink_u8(sink, fragment->number);
	sink_u8(sink, fragment->last ? FRAGMENT_LAST : 0);
	sink_span(sink, fragment->data);
	writer_payload_end(writer);
}

enum rc isakmp_fragment_read(struct span datagram, struct ike_header *header,
			     struct isakmp_fragment *out, struct diag *diag)
{
	struct span in = datagram;
	uint8_t next, reserved;
	uint16_t length;

	TRY(wire_header_parse(datagram, header, diag));
	if (ike_major(header) != 1 || header->next != ISAKMP_FRAGMENT)
		return diag_fail(diag, RC_SYNTAX, "not a fragment of IKEv1");
	TRY(body_skip(&in, IKE_HEADER_LEN));
	TRY(body_needs(in, GENERIC_HEADER_LEN, "fragment", diag));
	TRY(span_u8(&in, &next));
	TRY(span_u8(&in, &reserved));
	TRY(span_u16(&in, &length));
	if (next != ISAKMP_NONE || length != in.len + GENERIC_HEADER_LEN)
		return diag_fail(diag, RC_SYNTAX,
				 "fragment of length %u with %zu bytes behind its header; one "
				 "fills its message, alone",
				 length, in.len);
	return isakmp_fragment_parse(in, out, diag);
}

unsigned isakmp_fragment_count(size_t len, size_t limit)
{
	size_t room = limit > OVERHEAD ? limit - OVERHEAD : 0, count;

	if (room == 0)
		return 0;
	count = (len + room - 1) / room;
	return count <= LIMIT_FRAGMENTS ? (unsigned)count : 0;
}

/* strongSwan and others name the exchange of phase 1 and message ID 0, whatever is inside. */
static struct ike_header header_of(struct span message)
{
	struct ike_header header = { .exchange = EXCHANGE_V1_MAIN };

	if (wire_header_parse(message, &header, NULL) != RC_OK)
		return header;
	header.message_id = 0;
	header.flags = 0;
	if (header.exchange != EXCHANGE_V1_AGGRESSIVE)
		header.exchange = EXCHANGE_V1_MAIN;
	return header;
}

enum rc isakmp_fragment_of(struct span message, size_t limit, uint16_t id, unsigned number,
			   struct sink *out)
{
	unsigned count = isakmp_fragment_count(message.len, limit);
	struct isakmp_fragment fragment = { .id = id, .number = (uint8_t)number };
	struct ike_header header = header_of(message);
	struct writer writer;
	size_t room, from;

	if (number == 0 || number > count)
		return RC_LIMIT;
	room = limit - OVERHEAD;
	from = (number - 1) * room;
	fragment.last = number == count;
	fragment.data = span_make(message.ptr + from, fragment.last ? message.len - from : room);
	writer_message(&writer, out, &header);
	isakmp_fragment_emit(&writer, &fragment);
	return writer_message_end(&writer);
}
