/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of fields that need more than their kind. */
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/keywords.h"

#define WITHOUT_CERTIFICATES "certificates come with a later version; write secret"

/* What Libreswan and strongSwan call methods, in authby=, leftauth= and rightauth=. */
static const struct name method_list[] = {
	{ AUTHBY_SECRET, "secret" },
	{ AUTHBY_SECRET, "psk" },
	{ AUTHBY_RSA, "rsasig" },
	{ AUTHBY_RSA, "rsa" },
	{ AUTHBY_RSA, "rsa-sha1" },
	{ AUTHBY_RSA, "rsa-sha2" },
	{ AUTHBY_RSA, "rsa-sha2_256" },
	{ AUTHBY_RSA, "rsa-sha2_384" },
	{ AUTHBY_RSA, "rsa-sha2_512" },
	{ AUTHBY_ECDSA, "ecdsa" },
	{ AUTHBY_ECDSA, "ecdsasig" },
	{ AUTHBY_ECDSA, "ecdsa-sha2" },
	{ AUTHBY_ECDSA, "ecdsa-sha2_256" },
	{ AUTHBY_ECDSA, "ecdsa-sha2_384" },
	{ AUTHBY_ECDSA, "ecdsa-sha2_512" },
	{ AUTHBY_RSA | AUTHBY_ECDSA, "pubkey" },
	{ AUTHBY_RSA | AUTHBY_ECDSA, "rsasig-and-ecdsa" },
	{ AUTHBY_NULL, "null" },
	{ 0, "never" },
	{ 0, NULL },
};
static const struct names methods = { "authentication method", method_list };

static enum rc check_methods(unsigned bits, const char *text, struct finding *finding)
{
	if ((bits & (AUTHBY_RSA | AUTHBY_ECDSA)) != 0)
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.40s\" is not supported yet: " WITHOUT_CERTIFICATES, text);
	if ((bits & AUTHBY_NULL) != 0)
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "authentication by null is not supported yet: it comes with a "
				 "later version");
	return RC_OK;
}

static enum rc read_methods(const char *text, unsigned *bits, struct finding *finding)
{
	const char *cursor = text;
	char word[VALUE_WORD_MAX];

	*bits = 0;
	while (value_word(&cursor, word)) {
		int value = 0;
		enum rc rc;
		finding->column = (size_t)(cursor - text) - strlen(word);
		if (strncasecmp(word, "eap", 3) == 0 || strncasecmp(word, "xauth", 5) == 0)
			return diag_fail(
				&finding->diag, RC_UNSUPPORTED,
				"\"%.40s\" is not supported yet: XAUTH and EAP come with a later "
				"version",
				word);
		rc = value_enum(word, &methods, &value, &finding->diag);
		if (rc == RC_OK)
			rc = check_methods((unsigned)value, word, finding);
		if (rc != RC_OK)
			return rc;
		*bits |= (unsigned)value;
	}
	return RC_OK;
}

enum rc field_auth(const char *text, void *object, struct finding *finding)
{
	return read_methods(text, &((struct config_end *)object)->auth, finding);
}

enum rc field_authby(const char *text, void *object, struct finding *finding)
{
	return read_methods(text, &((struct config_conn *)object)->authby, finding);
}

enum rc field_host(const char *text, void *object, struct finding *finding)
{
	return value_host(text, object, &finding->diag);
}

enum rc field_identity(const char *text, void *object, struct finding *finding)
{
	return identity_parse(text, &((struct config_end *)object)->id, &finding->diag);
}

enum rc field_subnets(const char *text, void *object, struct finding *finding)
{
	return value_subnets(text, object, &finding->column, &finding->diag);
}

enum rc field_protoport(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;
	return value_protoport(text, &end->protocol, &end->port, &finding->diag);
}

enum rc field_sourceip(const char *text, void *object, struct finding *finding)
{
	if (text[0] == '%')
		return diag_fail(
			&finding->diag, RC_UNSUPPORTED,
			"\"%.40s\" is not supported yet: addresses from the peer come with a later "
			"version",
			text);
	if (strpbrk(text, "/-,") != NULL)
		return diag_fail(
			&finding->diag, RC_UNSUPPORTED,
			"\"%.40s\" is not supported yet: addresses for the peer come with a "
			"later version",
			text);
	return value_address(text, &((struct config_end *)object)->sourceip, &finding->diag);
}

static enum rc set_version(const char *text, const struct names *names, void *object,
			   struct finding *finding)
{
	int version = 0;
	TRY(value_enum(text, names, &version, &finding->diag));
	if (version != 2)
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.40s\" is not supported yet: IKEv1 comes with a later version",
				 text);
	((struct config_conn *)object)->ikev2 = 1;
	return RC_OK;
}

enum rc field_ikev2(const char *text, void *object, struct finding *finding)
{
	static const struct name list[] = {
		{ 2, "yes" },	{ 2, "insist" }, { 2, "propose" }, { 2, "true" },
		{ 2, "on" },	{ 1, "no" },	 { 1, "permit" },  { 1, "never" },
		{ 1, "false" }, { 1, "off" },	 { 0, NULL },
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

enum rc field_mark(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	return value_mark(text, &conn->mark, &conn->mark_mask, &finding->diag);
}

enum rc field_listen(const char *text, void *object, struct finding *finding)
{
	struct config_setup *setup = object;
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
