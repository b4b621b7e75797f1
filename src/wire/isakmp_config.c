/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes payload of the transaction exchange: draft-dukes-ike-mode-cfg-02 §3.2. */
#include "wire/isakmp_body.h"

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
	return RC_OK;
}

enum rc isakmp_config_parse(struct arena *arena, struct span body, struct isakmp_config *out,
			    struct diag *diag)
{
	struct isakmp_config config = { 0 };

	TRY(body_needs(body, 4, "attributes", diag));
	TRY(span_u8(&body, &config.type));
	TRY(body_skip(&body, 1));
	TRY(span_u16(&body, &config.identifier));
	TRY(isakmp_attributes_read(arena, body, "attributes payload", &config.attributes,
				   &config.count, diag));
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
