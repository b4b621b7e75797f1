/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's payloads of few fields: those that are bytes alone (RFC 2408 §3.7, §3.11 to §3.13,
 * §3.16), certificates (§3.9, §3.10) and NAT-OA (RFC 3947 §5.2). */
#include "wire/isakmp_body.h"

void isakmp_bytes_emit(struct writer *writer, enum isakmp_payload_type type, struct span bytes)
{
	isakmp_begin(writer, type);
	sink_span(writer->sink, bytes);
	writer_payload_end(writer);
}

enum rc isakmp_nonce_parse(struct span body, struct span *out, struct diag *diag)
{
	if (body.len < LIMIT_ISAKMP_NONCE_MIN || body.len > LIMIT_NONCE_MAX)
		return diag_fail(diag, RC_SYNTAX, "nonce has %zu bytes; expected %d to %d",
				 body.len, LIMIT_ISAKMP_NONCE_MIN, LIMIT_NONCE_MAX);
	*out = body;
	return RC_OK;
}

void isakmp_cert_emit(struct writer *writer, enum isakmp_payload_type which,
		      const struct wire_cert *cert)
{
	isakmp_begin(writer, which);
	sink_u8(writer->sink, cert->encoding);
	sink_span(writer->sink, cert->data);
	writer_payload_end(writer);
}

enum rc isakmp_nat_oa_parse(struct span body, struct ip_addr *out, struct diag *diag)
{
	uint8_t type;

	TRY(body_needs(body, 4, "NAT-OA", diag));
	TRY(span_u8(&body, &type));
	TRY(body_skip(&body, 3));
	if (type != ID_IPV4_ADDR && type != ID_IPV6_ADDR)
		return diag_fail(diag, RC_SYNTAX, "NAT-OA payload of type %u; expected an address",
				 type);
	if (body.len != (type == ID_IPV4_ADDR ? 4 : 16))
		return diag_fail(diag, RC_SYNTAX,
				 "NAT-OA payload of type %u has an address of %zu bytes", type,
				 body.len);
	return ip_from_bytes(body, out);
}

void isakmp_nat_oa_emit(struct writer *writer, enum isakmp_payload_type type,
			const struct ip_addr *addr)
{
	struct sink *sink = writer->sink;

	isakmp_begin(writer, type);
	sink_u8(sink, addr->family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR);
	sink_u8(sink, 0);
	sink_u16(sink, 0);
	sink_span(sink, ip_bytes(addr));
	writer_payload_end(writer);
}
