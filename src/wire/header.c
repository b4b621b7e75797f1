/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: bytes to payloads and back, without any state.
 *
 * A datagram becomes an ike_message in wire_message_parse (header.c, message.c): the header and the
 * chain of generic payload headers, nothing of the payloads' insides. After decryption
 * wire_inner_parse appends what was inside SK. wire_payload_check (check.c) says whether every
 * body is well-formed; the handlers then call the parse function of the payload they want, one file
 * each. The way out is a writer (writer.c): it chains what the emit functions write, and
 * wire_sk_emit (sk.c) ends a protected message with room for the ciphertext.
 *
 * This file: the IKE header, RFC 7296 §3.1 (and RFC 2408 §3.1, which has the same layout).
 */
#include "wire/message.h"

enum rc wire_header_parse(struct span datagram, struct ike_header *out, struct diag *diag)
{
	struct ike_header header = { 0 };
	struct span in = datagram;

	if (datagram.len < IKE_HEADER_LEN)
		return diag_fail(diag, RC_TRUNCATED,
				 "datagram of %zu bytes is too short; an IKE header has %d",
				 datagram.len, IKE_HEADER_LEN);
	if (datagram.len > LIMIT_MESSAGE)
		return diag_fail(diag, RC_LIMIT, "message of %zu bytes; at most %d are accepted",
				 datagram.len, LIMIT_MESSAGE);
	TRY(span_u64(&in, &header.spi_i));
	TRY(span_u64(&in, &header.spi_r));
	TRY(span_u8(&in, &header.next));
	TRY(span_u8(&in, &header.version));
	TRY(span_u8(&in, &header.exchange));
	TRY(span_u8(&in, &header.flags));
	TRY(span_u32(&in, &header.message_id));
	TRY(span_u32(&in, &header.length));
	if (header.length != datagram.len)
		return diag_fail(diag, RC_SYNTAX,
				 "IKE header says the message has %u bytes, the datagram has %zu",
				 header.length, datagram.len);
	*out = header;
	return RC_OK;
}

void wire_header_emit(struct sink *sink, const struct ike_header *header)
{
	sink_u64(sink, header->spi_i);
	sink_u64(sink, header->spi_r);
	sink_u8(sink, header->next);
	sink_u8(sink, header->version);
	sink_u8(sink, header->exchange);
	sink_u8(sink, header->flags);
	sink_u32(sink, header->message_id);
	sink_u32(sink, header->length);
}
