/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of fields that need more than their kind. */
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/keywords.h"

enum rc field_host(const char *text, void *object, struct finding *finding)
{
	return value_host(text, object, &finding->diag);
}

/* leftsubnet=a,b is one tunnel with several selectors, leftsubnets=a,b are several tunnels. */
enum rc field_subnet(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;

	if (value_is_virtual(text))
		return value_virtual(text, end, &finding->column, &finding->diag);
	end->virtual_kind = VIRTUAL_NONE;
	TRY(value_subnets(text, end, &finding->column, &finding->diag));
	end->together = end->subnet_count > 1;
	return RC_OK;
}

enum rc field_subnets(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;

	end->together = false;
	end->virtual_kind = VIRTUAL_NONE;
	return value_subnets(text, object, &finding->column, &finding->diag);
}

enum rc field_protoport(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;
	struct protoport read;

	TRY(value_protoport(text, &read, &finding->diag));
	end->protocol = read.protocol;
	end->ports = read.ports;
	end->port_from = read.from;
	end->port_to = read.to;
	return RC_OK;
}

static enum rc set_version(const char *text, const struct names *names, void *object,
			   struct finding *finding)
{
	int version = 0;
	TRY(value_enum(text, names, &version, &finding->diag));
	((struct config_conn *)object)->ikev2 = version == 2;
	return RC_OK;
}

enum rc field_ikev2(const char *text, void *object, struct finding *finding)
{
	static const struct name list[] = {
		{ 2, "yes" },	{ 2, "insist" }, { 2, "propose" }, { 2, "true" },
		{ 2, "on" },	{ 2, "always" }, { 1, "no" },	   { 1, "permit" },
		{ 1, "never" }, { 1, "false" },	 { 1, "off" },	   { 0, NULL },
	};
	static const struct names names = { "ikev2= value", list };
	return set_version(text, &names, object, finding);
}

enum rc field_keyexchange(const char *text, void *object, struct finding *finding)
{
	static const struct name list[] = {
		{ 2, "ikev2" },
		{ 2, "ike" },
		{ 1, "ikev1" },
		{ 0, NULL },
	};
	static const struct names names = { "keyexchange", list };
	return set_version(text, &names, object, finding);
}

enum rc field_keyingtries(const char *text, void *object, struct finding *finding)
{
	uint64_t tries = 0;
	if (strcasecmp(text, "%forever") != 0)
		TRY(value_number(text, "0..1000000", &tries, &finding->diag));
	((struct config_conn *)object)->keyingtries = (unsigned)tries;
	return RC_OK;
}

enum rc field_forceencaps(const char *text, void *object, struct finding *finding)
{
	bool forced = false;
	TRY(value_bool(text, &forced, &finding->diag));
	((struct config_conn *)object)->encapsulation = forced ? TRI_YES : TRI_AUTO;
	return RC_OK;
}

enum rc field_phase2(const char *text, void *object, struct finding *finding)
{
	static const struct name list[] = {
		{ 0, "esp" }, { 1, "ah" }, { 0, "default" }, { 2, "ah+esp" }, { 0, NULL },
	};
	static const struct names names = { "phase2= value", list };
	int value = 0;

	TRY(value_enum(text, &names, &value, &finding->diag));
	if (value == 2)
		return diag_fail(
			&finding->diag, RC_UNSUPPORTED,
			"ah+esp is not supported: ESP alone protects the packet too; write "
			"phase2=esp");
	((struct config_conn *)object)->ah = value == 1;
	return RC_OK;
}

enum rc field_tfc(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	uint64_t bytes = 0;
	bool on = false;

	if (strcasecmp(text, "%mtu") == 0) {
		conn->tfc = CONFIG_TFC_MTU;
		return RC_OK;
	}
	if (value_bool(text, &on, NULL) != RC_OK || on)
		TRY(value_number(text, "0..65535", &bytes, &finding->diag));
	conn->tfc = (uint32_t)bytes;
	return RC_OK;
}

enum rc field_nopmtudisc(const char *text, void *object, struct finding *finding)
{
	bool off = false;
	TRY(value_bool(text, &off, &finding->diag));
	((struct config_conn *)object)->pmtudisc = !off;
	return RC_OK;
}

enum rc field_listen(const char *text, void *object, struct finding *finding)
{
	struct config_setup *setup = object;
	if (strchr(text, '=') != NULL) /* interfaces="ipsec0=eth0" */
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.60s\" is not supported: write the addresses to listen on",
				 text);
	return value_addresses(text, &setup->listen, &setup->listen_count, &finding->column,
			       &finding->diag);
}

enum rc field_uniqueids(const char *text, void *object, struct finding *finding)
{
	static const struct name list[] = {
		{ UNIQUE_YES, "yes" },	   { UNIQUE_NO, "no" },	    { UNIQUE_YES, "replace" },
		{ UNIQUE_NEVER, "never" }, { UNIQUE_KEEP, "keep" }, { UNIQUE_YES, "true" },
		{ UNIQUE_YES, "on" },	   { UNIQUE_NO, "false" },  { UNIQUE_NO, "off" },
		{ UNIQUE_YES, "1" },	   { UNIQUE_NO, "0" },	    { 0, NULL },
	};
	static const struct names names = { "uniqueids= value", list };
	int value = 0;

	TRY(value_enum(text, &names, &value, &finding->diag));
	((struct config_setup *)object)->uniqueids = (enum config_unique)value;
	return RC_OK;
}

enum rc field_nhelpers(const char *text, void *object, struct finding *finding)
{
	uint64_t number = 0;
	if (strcasecmp(text, "auto") != 0 && strcmp(text, "-1") != 0) {
		if (strcmp(text, "0") == 0)
			return diag_fail(
				&finding->diag, RC_UNSUPPORTED,
				"nhelpers=0 is not supported: slow work always runs on worker "
				"threads; write auto or 1");
		TRY(value_number(text, "1..1024", &number, &finding->diag));
	}
	((struct config_setup *)object)->nhelpers = (unsigned)number;
	return RC_OK;
}

/* An address, or what may be a host name. */
static bool is_gateway(const char *word, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";
	char text[256];
	struct ip_addr addr;

	if (len > 253)
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	return ip_parse(text, &addr) == RC_OK ||
	       (text[0] != '.' && text[0] != '-' && strspn(text, letters) == len);
}

#define GATEWAYS_MAX 16

/* Gateways, separated by commas or blanks. */
static enum rc read_gateways(const char *text, char **field, struct finding *finding)
{
	unsigned count = 0;
	char *copy;

	for (const char *at = text + strspn(text, ", \t"); *at != '\0'; at += strspn(at, ", \t")) {
		size_t len = strcspn(at, ", \t");
		if (!is_gateway(at, len))
			return diag_fail(&finding->diag, RC_SYNTAX,
					 "\"%.*s\" is no address and no host name",
					 (int)(len < 60 ? len : 60), at);
		if (++count > GATEWAYS_MAX)
			return diag_fail(&finding->diag, RC_SYNTAX,
					 "more than %d gateways to redirect to", GATEWAYS_MAX);
		at += len;
	}
	if (count == 0)
		return diag_fail(&finding->diag, RC_SYNTAX, "no gateway to redirect to");
	copy = mem_text(text);
	if (copy == NULL)
		return RC_NO_MEMORY;
	mem_free(*field);
	*field = copy;
	return RC_OK;
}

enum rc field_redirect_to(const char *text, void *object, struct finding *finding)
{
	return read_gateways(text, &((struct config_conn *)object)->redirect_to, finding);
}

enum rc field_global_redirect_to(const char *text, void *object, struct finding *finding)
{
	return read_gateways(text, &((struct config_setup *)object)->redirect_to, finding);
}
