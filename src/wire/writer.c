/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a message: every payload patches the "next payload" field before it. Once something did
 * not fit, the sink stays full and takes no patch any more. */
#include "wire/message.h"

#define NEXT_AT	       16
#define LENGTH_AT      24
#define NO_PAYLOAD_YET SIZE_MAX

void writer_message(struct writer *writer, struct sink *sink, const struct ike_header *header)
{
	struct ike_header blank = *header;

	blank.next = PAYLOAD_NONE;
	blank.length = 0;
	*writer =
		(struct writer){ .sink = sink, .start = sink->len, .next_at = sink->len + NEXT_AT };
	wire_header_emit(sink, &blank);
}

void writer_inner(struct writer *writer, struct sink *sink)
{
	*writer = (struct writer){
		.sink = sink, .start = sink->len, .next_at = NO_PAYLOAD_YET, .inner = true
	};
}

void writer_payload_begin(struct writer *writer, enum payload_type type, bool critical)
{
	struct sink *sink = writer->sink;

	if (writer->next_at == NO_PAYLOAD_YET)
		writer->first_type = (uint8_t)type;
	else
		sink_patch_u8(sink, writer->next_at, (uint8_t)type);
	writer->payload_at = sink->len;
	writer->next_at = sink->len;
	sink_u8(sink, PAYLOAD_NONE);
	sink_u8(sink, critical ? 0x80 : 0);
	sink_u16(sink, 0);
}

void writer_payload_end(struct writer *writer)
{
	struct sink *sink = writer->sink;
	size_t length = sink->len - writer->payload_at;

	if (length > UINT16_MAX)
		sink->full = true;
	else
		sink_patch_u16(sink, writer->payload_at + 2, (uint16_t)length);
}

enum rc writer_message_end(struct writer *writer)
{
	struct sink *sink = writer->sink;
	size_t length = sink->len - writer->start;

	if (length > LIMIT_MESSAGE)
		sink->full = true;
	else if (!writer->inner)
		sink_patch_u32(sink, writer->start + LENGTH_AT, (uint32_t)length);
	return sink_rc(sink);
}
