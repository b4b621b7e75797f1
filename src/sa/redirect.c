/* SPDX-License-Identifier: Apache-2.0 */
/* The gateways of redirects (rfc5685 §7.1), which of them are allowed, and how often (§6). */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "sa/redirect.h"

#define SEPARATORS ", \t"

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

const struct names redirect_event_names = {
	"redirect event",
	(const struct name[]){
		{ REDIRECT_SENT_INIT, "client is sent on in IKE_SA_INIT" },
		{ REDIRECT_SENT_AUTH, "client is sent on in IKE_AUTH" },
		{ REDIRECT_SENT_LATER, "client that is connected is sent on" },
		{ REDIRECT_FOLLOWED, "followed" },
		{ REDIRECT_UNREADABLE, "refused: it cannot be read, or lacks our nonce" },
		{ REDIRECT_NOT_ALLOWED, "refused: the conn does not allow it" },
		{ REDIRECT_LOOP, "refused: too many of them" },
		{ REDIRECT_NO_ADDRESS, "the gateway's name has no address" },
		{ REDIRECT_BACK, "the gateway fails, back to the first one" },
		{ 0, NULL },
	},
};

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

/* ---- lists ---- */

/* redirect-to=, global-redirect-to=: gateways, separated by commas or blanks. The next one of
 * *list, which moves behind it; false at the end. What is no gateway is passed over. */
static bool redirect_list_next(const char **list, struct redirect_target *out)
{
	char word[256];

	while (**list != '\0') {
		size_t len = strcspn(*list, SEPARATORS);
		bool fits = len > 0 && len < sizeof(word);
		if (fits)
			memcpy(word, *list, len);
		word[fits ? len : 0] = '\0';
		*list += len + ((*list)[len] != '\0');
		if (fits && redirect_target_parse(word, out) == RC_OK)
			return true;
	}
	return false;
}

enum rc redirect_list_check(const char *list, struct diag *diag)
{
	struct redirect_target target;
	unsigned words = 0, good = 0;

	for (const char *at = list; *at != '\0'; at += strcspn(at, SEPARATORS)) {
		at += strspn(at, SEPARATORS);
		words += *at != '\0';
	}
	for (const char *at = list; redirect_list_next(&at, &target);)
		good++;
	if (words > REDIRECT_TARGETS_MAX)
		return diag_fail(diag, RC_SYNTAX, "%u gateways to redirect to, %d are the most",
				 words, REDIRECT_TARGETS_MAX);
	if (good == words && words > 0)
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX,
			 words > 1 ? "\"%.80s\": not each of these is an address "
				     "or a host name"
				   : "\"%.80s\" is no address and no host name",
			 list);
}

/* FNV-1a, then mixed: the clients' addresses are alike. Nobody gains by a collision. */
static uint64_t weight_of(const struct ip_addr *client, const struct redirect_target *target)
{
	uint64_t hash = 0xcbf29ce484222325u;
	char text[256];

	for (size_t i = 0; i < (client->family == AF_INET ? 4u : 16u); i++)
		hash = (hash ^ client->bytes[i]) * 0x100000001b3u;
	for (const char *at = redirect_target_text(target, text); *at != '\0'; at++)
		hash = (hash ^ (uint8_t)tolower((unsigned char)*at)) * 0x100000001b3u;
	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
	hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
	return hash ^ (hash >> 33);
}

bool redirect_list_pick(const char *list, const struct ip_addr *client, const struct ip_addr *self,
			const struct redirect_target * not, struct redirect_target *out)
{
	struct redirect_target target;
	uint64_t weight, best = 0;
	bool found = false;

	while (redirect_list_next(&list, &target)) {
		if (redirect_target_equal(&target, not ) ||
		    (ip_is_set(&target.addr) && ip_equal(&target.addr, self)))
			continue;
		weight = weight_of(client, &target);
		if (found && weight <= best)
			continue;
		*out = target;
		best = weight;
		found = true;
	}
	return found;
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
		size_t len = strcspn(list, SEPARATORS);
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
