/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's Identification payload, RFC 2407 §4.6.2: who a peer is (phase 1), or what a Quick Mode
 * protects. */
#include <string.h>
#include "wire/isakmp_body.h"

/* 0: of any length. */
static size_t fixed_len(uint8_t type)
{
	if (type == ID_IPV4_ADDR)
		return 4;
	if (type == ID_IPV6_ADDR)
		return 16;
	if (type == ISAKMP_ID_IPV4_SUBNET || type == ISAKMP_ID_IPV4_RANGE)
		return 8;
	return type == ISAKMP_ID_IPV6_SUBNET || type == ISAKMP_ID_IPV6_RANGE ? 32 : 0;
}

static enum rc data_check(const struct isakmp_id *id, struct diag *diag)
{
	size_t expected = fixed_len(id->type);

	if (id->data.len == 0)
		return diag_fail(diag, RC_TRUNCATED, "identity of type %u has no data", id->type);
	if (id->data.len > LIMIT_ID)
		return diag_fail(diag, RC_LIMIT,
				 "identity of type %u has %zu bytes; at most %d are accepted",
				 id->type, id->data.len, LIMIT_ID);
	if (expected != 0 && id->data.len != expected)
		return diag_fail(diag, RC_SYNTAX, "identity of type %u has %zu bytes; expected %zu",
				 id->type, id->data.len, expected);
	if ((id->type == ID_FQDN || id->type == ID_RFC822_ADDR) && !body_is_text(id->data))
		return diag_fail(diag, RC_SYNTAX,
				 "identity of type %u contains a control character", id->type);
	return RC_OK;
}

enum rc isakmp_id_parse(struct span body, struct isakmp_id *out, struct diag *diag)
{
	struct isakmp_id id;

	TRY(body_needs(body, 4, "ID", diag));
	TRY(span_u8(&body, &id.type));
	TRY(span_u8(&body, &id.protocol));
	TRY(span_u16(&body, &id.port));
	id.data = body;
	TRY(data_check(&id, diag));
	*out = id;
	return RC_OK;
}

void isakmp_id_body_emit(struct sink *sink, const struct isakmp_id *id)
{
	sink_u8(sink, id->type);
	sink_u8(sink, id->protocol);
	sink_u16(sink, id->port);
	sink_span(sink, id->data);
}

void isakmp_id_emit(struct writer *writer, const struct isakmp_id *id)
{
	isakmp_begin(writer, ISAKMP_ID);
	isakmp_id_body_emit(writer->sink, id);
	writer_payload_end(writer);
}

/* Ones, and then zeros to the end. */
static bool is_mask(const uint8_t *mask, size_t len)
{
	size_t at = 0;

	while (at < len && mask[at] == 0xff)
		at++;
	if (at < len && ((uint8_t)~mask[at] & ((uint8_t)~mask[at] + 1)) != 0)
		return false;
	for (at++; at < len; at++)
		if (mask[at] != 0)
			return false;
	return true;
}

static enum rc subnet_range(const struct isakmp_id *id, size_t len, struct ip_range *out,
			    struct diag *diag)
{
	const uint8_t *mask = id->data.ptr + len;
	struct ip_range range;

	if (!is_mask(mask, len))
		return diag_fail(diag, RC_SYNTAX, "subnet whose mask has holes in ID payload");
	TRY(ip_from_bytes(span_make(id->data.ptr, len), &range.from));
	range.to = range.from;
	for (size_t i = 0; i < len; i++) {
		range.from.bytes[i] &= mask[i];
		range.to.bytes[i] |= (uint8_t)~mask[i];
	}
	*out = range;
	return RC_OK;
}

static enum rc range_range(const struct isakmp_id *id, size_t len, struct ip_range *out,
			   struct diag *diag)
{
	struct ip_range range;

	TRY(ip_from_bytes(span_make(id->data.ptr, len), &range.from));
	TRY(ip_from_bytes(span_make(id->data.ptr + len, len), &range.to));
	if (ip_compare(&range.from, &range.to) > 0)
		return diag_fail(diag, RC_SYNTAX,
				 "address range that ends before it begins in ID payload");
	*out = range;
	return RC_OK;
}

enum rc isakmp_id_range(const struct isakmp_id *id, struct ip_range *out, struct diag *diag)
{
	struct ip_addr addr;

	if (fixed_len(id->type) == 0)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "identity of type %u instead of addresses in Quick Mode",
				 id->type);
	if (id->data.len != fixed_len(id->type))
		return diag_fail(diag, RC_SYNTAX, "identity of type %u has %zu bytes; expected %zu",
				 id->type, id->data.len, fixed_len(id->type));
	if (id->type == ISAKMP_ID_IPV4_SUBNET || id->type == ISAKMP_ID_IPV6_SUBNET)
		return subnet_range(id, id->data.len / 2, out, diag);
	if (id->type == ISAKMP_ID_IPV4_RANGE || id->type == ISAKMP_ID_IPV6_RANGE)
		return range_range(id, id->data.len / 2, out, diag);
	TRY(ip_from_bytes(id->data, &addr));
	*out = range_single(&addr);
	return RC_OK;
}

void isakmp_id_of_range(const struct ip_range *range, uint8_t protocol, uint16_t port,
			uint8_t *data, struct isakmp_id *out)
{
	size_t len = ip_len(range->from.family);
	int prefix = range_prefix(range);
	bool ipv4 = range->from.family == AF_INET;

	*out = (struct isakmp_id){ .protocol = protocol, .port = port };
	memcpy(data, range->from.bytes, len);
	memcpy(data + len, range->to.bytes, len);
	if (prefix == (int)len * 8) {
		out->type = ipv4 ? ID_IPV4_ADDR : ID_IPV6_ADDR;
		out->data = span_make(data, len);
		return;
	}
	out->data = span_make(data, 2 * len);
	out->type = ipv4 ? ISAKMP_ID_IPV4_RANGE : ISAKMP_ID_IPV6_RANGE;
	if (prefix < 0)
		return;
	out->type = ipv4 ? ISAKMP_ID_IPV4_SUBNET : ISAKMP_ID_IPV6_SUBNET;
	for (size_t i = 0; i < len; i++) /* where the ends differ the mask is 0 */
		data[len + i] = (uint8_t) ~(range->from.bytes[i] ^ range->to.bytes[i]);
}
