/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes payload of the transaction exchange: draft-dukes-ike-mode-cfg-02 §3.2. */
#include "wire/isakmp_body.h"

/* IPv6: sixteen bytes (§3.4), or a prefix length behind them, as in IKEv2. */
static enum rc ipv6_check(const struct isakmp_attribute *attribute, const char *name,
			  struct diag *diag)
{
	bool address = attribute->type == INTERNAL_IP6_ADDRESS;
	size_t len = attribute->data.len;

	if (!address && attribute->type != INTERNAL_IP6_DNS)
		return RC_OK;
	if (attribute->basic && attribute->value != 0)
		return diag_fail(diag, RC_SYNTAX, "attributes payload: %s in two bytes", name);
	if (len != 0 && len != 16 && !(address && len == 17))
		return diag_fail(diag, RC_SYNTAX,
				 "attributes payload: %s has %zu bytes; expected 16 or none", name,
				 len);
	if (len == 17 && attribute->data.ptr[16] > 128)
		return diag_fail(diag, RC_SYNTAX, "attributes payload: %s with a prefix of %u bits",
				 name, attribute->data.ptr[16]);
	return RC_OK;
}

/* Addresses and name servers of IPv4 have four bytes, or none in a question. */
static enum rc value_check(const struct isakmp_attribute *attribute, struct diag *diag)
{
	bool ipv4 = attribute->type == INTERNAL_IP4_ADDRESS ||
		    attribute->type == INTERNAL_IP4_NETMASK ||
		    attribute->type == INTERNAL_IP4_DNS || attribute->type == INTERNAL_IP4_NBNS ||
		    attribute->type == INTERNAL_IP4_DHCP;
	char buffer[48];
	const char *name = names_text(&cp_attribute_names, attribute->type, buffer, sizeof(buffer));

	if (ipv4 && attribute->basic && attribute->value != 0)
		return diag_fail(diag, RC_SYNTAX, "attributes payload: %s in two bytes", name);
	if (ipv4 && attribute->data.len != 0 && attribute->data.len != 4)
		return diag_fail(diag, RC_SYNTAX,
				 "attributes payload: %s has %zu bytes; expected 4 or none", name,
				 attribute->data.len);
	return ipv6_check(attribute, name, diag);
}

/* Libreswan fills the payload with zeros up to four bytes, less than an attribute has. */
static struct span without_filling(struct span body)
{
	struct span rest = body;

	while (rest.len >= 4) {
		bool basic = (rest.ptr[0] & 0x80) != 0;
		size_t len = 4 + (basic ? 0u : (size_t)(rest.ptr[2] << 8 | rest.ptr[3]));
		if (len > rest.len)
			return body;
		rest = span_make(rest.ptr + len, rest.len - len);
	}
	for (size_t i = 0; i < rest.len; i++)
		if (rest.ptr[i] != 0)
			return body;
	return span_make(body.ptr, body.len - rest.len);
}

enum rc isakmp_config_parse(struct arena *arena, struct span body, struct isakmp_config *out,
			    struct diag *diag)
{
	struct isakmp_config config = { 0 };

	TRY(body_needs(body, 4, "attributes", diag));
	TRY(span_u8(&body, &config.type));
	TRY(body_skip(&body, 1));
	TRY(span_u16(&body, &config.identifier));
	TRY(isakmp_attributes_read(arena, without_filling(body), "attributes payload",
				   &config.attributes, &config.count, diag));
	for (unsigned i = 0; i < config.count; i++)
		TRY(value_check(&config.attributes[i], diag));
	*out = config;
	return RC_OK;
}

void isakmp_config_emit(struct writer *writer, const struct isakmp_config *config)
{
	struct sink *sink = writer->sink;

	isakmp_begin(writer, ISAKMP_ATTRIBUTES);
	sink_u8(sink, config->type);
	sink_u8(sink, 0);
	sink_u16(sink, config->identifier);
	isakmp_attributes_emit(sink, config->attributes, config->count);
	writer_payload_end(writer);
}
