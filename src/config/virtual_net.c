/* SPDX-License-Identifier: Apache-2.0 */
/* rightsubnet=vhost:%priv,%no and vnet:...: what a road warrior of IKEv1 may name behind its NAT,
 * and virtual-private=, of which that is a part. */
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/keywords.h"

/* %v4:10.0.0.0/8, %v6:fd00::/8 */
static enum rc read_net(const char *word, const char *net, struct ip_range *out, struct diag *diag)
{
	uint8_t family = strncasecmp(word, "%v6:", 4) == 0 ? AF_INET6 : AF_INET;

	TRY(range_parse(net, out, diag));
	if (out->from.family != family)
		return diag_fail(diag, RC_SYNTAX, "\"%.60s\": %.3s stands before an IPv%d subnet",
				 word, word, family == AF_INET ? 4 : 6);
	return RC_OK;
}

static bool is_net(const char *word)
{
	return strncasecmp(word, "%v4:", 4) == 0 || strncasecmp(word, "%v6:", 4) == 0;
}

static enum rc add(struct config_virtual_nets *nets, const struct ip_range *net, struct diag *diag)
{
	if (nets->count == CONFIG_VIRTUAL_MAX)
		return diag_fail(diag, RC_LIMIT, "more than %d subnets", CONFIG_VIRTUAL_MAX);
	nets->items[nets->count++] = *net;
	return RC_OK;
}

static enum rc read_private(const char *word, struct config_virtual_nets *in,
			    struct config_virtual_nets *out, struct diag *diag)
{
	struct ip_range net;
	bool excluded;

	if (!is_net(word))
		return diag_fail(diag, RC_SYNTAX,
				 "\"%.60s\": expected %%v4:SUBNET, %%v6:SUBNET, or %%v4:!SUBNET "
				 "for one that is excluded",
				 word);
	excluded = word[4] == '!';
	TRY(read_net(word, word + (excluded ? 5 : 4), &net, diag));
	return add(excluded ? out : in, &net, diag);
}

enum rc field_virtual_private(const char *text, void *object, struct finding *finding)
{
	struct config_setup *setup = object;
	struct config_virtual_nets in = { .count = 0 }, out = { .count = 0 };
	const char *cursor = text;
	char word[VALUE_WORD_MAX];

	while (value_word(&cursor, word)) {
		enum rc rc = read_private(word, &in, &out, &finding->diag);
		if (rc != RC_OK) {
			finding->column = (size_t)(cursor - text) - strlen(word);
			return rc;
		}
	}
	setup->virtual_in = in;
	setup->virtual_out = out;
	return RC_OK;
}

/* ---- vhost:, vnet: ---- */

bool value_is_virtual(const char *text)
{
	return strncasecmp(text, "vhost:", 6) == 0 || strncasecmp(text, "vnet:", 5) == 0;
}

static enum rc read_word(const char *word, struct config_end *end, struct config_virtual_nets *nets,
			 struct diag *diag)
{
	struct ip_range net;

	if (strcasecmp(word, "%no") == 0) {
		end->virtual_no = true;
		return RC_OK;
	}
	if (strcasecmp(word, "%priv") == 0) {
		end->virtual_private = true;
		return RC_OK;
	}
	if (!is_net(word))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "\"%.60s\": expected %%no (the client's own address), %%priv (of "
				 "virtual-private=), %%v4:SUBNET or %%v6:SUBNET",
				 word);
	TRY(read_net(word, word + 4, &net, diag));
	return add(nets, &net, diag);
}

static enum rc take_nets(struct config_end *end, const struct config_virtual_nets *nets)
{
	struct ip_range *all;

	if (nets->count == 0)
		return RC_OK;
	all = mem_alloc((end->subnet_count + nets->count) * sizeof(*all));
	if (all == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < end->subnet_count; i++)
		all[i] = end->subnets[i];
	for (unsigned i = 0; i < nets->count; i++)
		all[end->subnet_count++] = nets->items[i];
	mem_free(end->subnets);
	end->subnets = all;
	return RC_OK;
}

enum rc value_virtual(const char *text, struct config_end *end, size_t *column, struct diag *diag)
{
	const char *cursor = strchr(text, ':') + 1;
	struct config_virtual_nets nets = { .count = 0 };
	char word[VALUE_WORD_MAX];

	*column = 0;
	mem_free(end->subnets);
	end->subnets = NULL;
	end->subnet_count = 0;
	end->virtual_kind = strncasecmp(text, "vhost:", 6) == 0 ? VIRTUAL_HOST : VIRTUAL_NET;
	end->virtual_no = end->virtual_private = false;
	while (value_word(&cursor, word)) {
		enum rc rc = read_word(word, end, &nets, diag);
		if (rc != RC_OK) {
			*column = (size_t)(cursor - text) - strlen(word);
			return rc;
		}
	}
	return take_nets(end, &nets);
}

/* In transport mode an end is the address that is seen (RFC 3947 §5.2), whatever it names. */
enum rc config_fill_virtual(const struct config_setup *setup, struct config_end *end,
			    bool transport)
{
	if (end->virtual_kind == VIRTUAL_NONE)
		return RC_OK;
	if (end->virtual_private && !transport)
		TRY(take_nets(end, &setup->virtual_in));
	if (transport) {
		mem_free(end->subnets);
		end->subnets = NULL;
		end->subnet_count = 0;
	}
	end->together = true;
	return RC_OK;
}
