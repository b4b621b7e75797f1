/* SPDX-License-Identifier: Apache-2.0 */
/* The gateways of redirects (rfc5685 §7.1), which of them are allowed, and how often (§6). */
#include <string.h>
#include <strings.h>
#include "sa/redirect.h"

enum gateway_type { GATEWAY_IPV4 = 1, GATEWAY_IPV6 = 2, GATEWAY_FQDN = 3 };

static bool is_host_name(const char *name, size_t len)
{
	if (len == 0 || len > 253 || name[0] == '.' || name[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '.' && c != '_')
			return false;
	}
	return true;
}

static enum rc read_address(struct span id, uint8_t family, struct redirect_target *out)
{
	if (id.len != (family == AF_INET ? 4u : 16u))
		return RC_SYNTAX;
	out->addr = (struct ip_addr){ .family = family };
	memcpy(out->addr.bytes, id.ptr, id.len);
	return RC_OK;
}

static enum rc read_name(struct span id, struct redirect_target *out)
{
	if (!is_host_name((const char *)id.ptr, id.len))
		return RC_SYNTAX;
	memcpy(out->name, id.ptr, id.len);
	return RC_OK;
}

enum rc redirect_target_read(struct span *in, struct redirect_target *out, struct diag *diag)
{
	uint8_t type, len;
	struct span id;
	enum rc rc = RC_SYNTAX;

	*out = (struct redirect_target){ .name = "" };
	if (span_u8(in, &type) != RC_OK || span_u8(in, &len) != RC_OK ||
	    span_take(in, len, &id) != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "REDIRECT ends inside its gateway");
	if (type == GATEWAY_IPV4)
		rc = read_address(id, AF_INET, out);
	else if (type == GATEWAY_IPV6)
		rc = read_address(id, AF_INET6, out);
	else if (type == GATEWAY_FQDN)
		rc = read_name(id, out);
	if (rc == RC_OK)
		return rc;
	return diag_fail(diag, rc, "REDIRECT to a gateway of type %u with %u bytes", type, len);
}

void redirect_target_emit(struct sink *sink, const struct redirect_target *target)
{
	size_t len = strlen(target->name);

	if (ip_is_set(&target->addr)) {
		bool v4 = target->addr.family == AF_INET;
		sink_u8(sink, v4 ? GATEWAY_IPV4 : GATEWAY_IPV6);
		sink_u8(sink, v4 ? 4 : 16);
		sink_bytes(sink, target->addr.bytes, v4 ? 4 : 16);
		return;
	}
	sink_u8(sink, GATEWAY_FQDN);
	sink_u8(sink, (uint8_t)len);
	sink_bytes(sink, target->name, len);
}

enum rc redirect_target_parse(const char *text, struct redirect_target *out)
{
	size_t len = strlen(text);

	*out = (struct redirect_target){ .name = "" };
	if (ip_parse(text, &out->addr) == RC_OK)
		return RC_OK;
	out->addr = (struct ip_addr){ .family = AF_UNSPEC };
	if (!is_host_name(text, len))
		return RC_SYNTAX;
	memcpy(out->name, text, len);
	return RC_OK;
}

bool redirect_target_equal(const struct redirect_target *a, const struct redirect_target *b)
{
	if (ip_is_set(&a->addr) != ip_is_set(&b->addr))
		return false;
	return ip_is_set(&a->addr) ? ip_equal(&a->addr, &b->addr)
				   : strcasecmp(a->name, b->name) == 0;
}

const char *redirect_target_text(const struct redirect_target *target, char buffer[256])
{
	return ip_is_set(&target->addr) ? ip_text(&target->addr, buffer) : target->name;
}

static bool word_allows(const char *word, const struct redirect_target *target)
{
	struct ip_range range;

	if (strcmp(word, "%any") == 0)
		return true;
	if (!ip_is_set(&target->addr))
		return strcasecmp(word, target->name) == 0;
	return range_parse(word, &range, NULL) == RC_OK &&
	       range_contains_addr(&range, &target->addr);
}

bool redirect_allowed(const char *list, const struct redirect_target *target)
{
	char word[256];

	if (list == NULL)
		return true;
	while (*list != '\0') {
		size_t len = strcspn(list, ", ");
		if (len > 0 && len < sizeof(word)) {
			memcpy(word, list, len);
			word[len] = '\0';
			if (word_allows(word, target))
				return true;
		}
		list += len + (list[len] != '\0');
	}
	return false;
}

bool redirect_too_often(const struct redirect *redirect, usec_t now)
{
	usec_t oldest;

	if (redirect == NULL || redirect->count < REDIRECTS_MAX)
		return false;
	oldest = redirect->times[redirect->count % REDIRECTS_MAX];
	return now - oldest < REDIRECT_PERIOD;
}

const struct ip_addr *redirect_remote(const struct peer *peer)
{
	return peer->redirect != NULL && ip_is_set(&peer->redirect->to) ? &peer->redirect->to
									: &peer->remote;
}
