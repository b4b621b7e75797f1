/* SPDX-License-Identifier: Apache-2.0 */
/* Methods, certificates and keys that contradict one another. */
#include <string.h>
#include "config/check.h"

static const char *side_name(unsigned side)
{
	return side == 0 ? "left" : "right";
}

static bool has_raw_key(const struct config_end *end)
{
	return end->key.form != CONFIG_KEY_NONE && end->key.form != CONFIG_KEY_CERT;
}

static bool has_key(const struct config_end *end)
{
	return end->cert != NULL || end->ckaid != NULL || has_raw_key(end);
}

/* The keyword with which the end says its key, or NULL. */
static const char *key_keyword(const struct checking *c, unsigned side)
{
	static const char *const names[] = { "cert", "ckaid", "pubkey", "rsasigkey", NULL };
	for (unsigned i = 0; names[i] != NULL; i++)
		if (check_setting(c->merge, names[i], side) != NULL)
			return names[i];
	return NULL;
}

static void check_keys(const struct checking *c, const struct config_end *end, unsigned side)
{
	const char *name = key_keyword(c, side), *which = side_name(side);

	if (has_key(end) && (end->auth & AUTHBY_SIGNATURE) == 0)
		check_say(c, CHECK_KEYS, true, name, side,
			  "%s%s= is not used: %s proves its identity without a key (authby=, "
			  "%sauth=)",
			  which, name, which, which);
	if (end->cert != NULL && has_raw_key(end))
		check_say(c, CHECK_KEYS, false, "cert", side,
			  "%scert= and a raw key of the same end: write one of them, or %%cert",
			  which);
	if (end->id_fromcert && ((end->auth & AUTHBY_SIGNATURE) == 0 || has_raw_key(end)))
		check_say(c, CHECK_KEYS, false, "id", side,
			  "%sid=%%fromcert, and %s has no certificate: write the identity", which,
			  which);
	if ((end->auth & AUTHBY_NULL) != 0 && (end->auth & ~(unsigned)AUTHBY_NULL) != 0)
		check_say(c, CHECK_NULL, false, "auth", side,
			  "null proves nothing and cannot stand beside another method (RFC 7619): "
			  "write a conn for each");
}

/* The keyword of the second proof that is written, or NULL. */
static const char *second_keyword(const struct checking *c, unsigned side)
{
	static const char *const names[] = { "auth2", "cert2", "id2", "ca2", NULL };

	for (unsigned i = 0; names[i] != NULL; i++)
		if (check_setting(c->merge, names[i], side) != NULL)
			return names[i];
	return NULL;
}

static void check_second_key(const struct checking *c, const struct config_end *second,
			     unsigned side)
{
	const char *which = side_name(side);
	bool signs = (second->auth & AUTHBY_SIGNATURE) != 0;

	if (second->cert != NULL && !signs)
		check_say(c, CHECK_KEYS, true, "cert2", side,
			  "%scert2= is not used: %sauth2= proves the identity without a key", which,
			  which);
	if (second->id_fromcert && (second->cert == NULL || !signs))
		check_say(c, CHECK_KEYS, false, "id2", side,
			  "%sid2=%%fromcert, and there is no %scert2=: write the identity", which,
			  which);
	if (second->ca_same)
		check_say(c, CHECK_KEYS, false, "ca2", side,
			  "%sca2=%%same: name the CA, or leave it out", which);
}

/* RFC 4739 */
static void check_second(const struct checking *c, const struct config_end *end, unsigned side)
{
	const struct config_end *second = end->second;
	const char *which = side_name(side);

	if (second == NULL)
		return;
	if (second->auth == 0)
		check_say(c, CHECK_AUTH, false, second_keyword(c, side), side,
			  "%sauth2= is missing: without it there is no second proof of %s", which,
			  which);
	else if (((second->auth | c->conn->left.auth | c->conn->right.auth) & AUTHBY_NULL) != 0)
		check_say(c, CHECK_NULL, false, second_keyword(c, side), side,
			  "null proves nothing: it cannot be one of two proofs, nor that of the "
			  "other end beside them");
	else if (second->auth == AUTHBY_SECRET && end->auth == AUTHBY_SECRET &&
		 second->id.type == ID_NONE && !second->id_any && !second->id_fromcert)
		check_say(c, CHECK_AUTH, true, second_keyword(c, side), side,
			  "one secret for one identity proves the same twice: write another "
			  "%sid2=, or %sauth= by a certificate",
			  which, which);
	else
		check_second_key(c, second, side);
	if (c->conn->session_resumption)
		check_say(c, CHECK_NO_EFFECT, true, "session-resumption", 0,
			  "session-resumption= has no effect with %sauth2=: every session is "
			  "proven anew",
			  which);
}

void check_auth(const struct checking *c)
{
	const struct config_end *l = &c->conn->left, *r = &c->conn->right;
	bool both_sign = (l->auth & AUTHBY_SIGNATURE) != 0 && (r->auth & AUTHBY_SIGNATURE) != 0;

	if (conn_is_shunt(c->conn))
		return;
	check_keys(c, l, 0);
	check_keys(c, r, 1);
	check_second(c, l, 0);
	check_second(c, r, 1);
	if (both_sign && !has_key(l) && !has_key(r))
		check_say(c, CHECK_KEYS, true, "authby", 0,
			  "neither end has leftcert=, leftckaid= or leftpubkey=: this host has "
			  "nothing to sign with");
	if (l->ca_same && r->ca_same)
		check_say(c, CHECK_KEYS, false, "ca", 1,
			  "leftca= and rightca= are both %%same: one of them must name the CA");
}

static void check_ocsp(struct loader *loader, const struct config_setup *setup)
{
	if (setup->ocsp_strict && !setup->ocsp_enable)
		report_warning(loader->errors, check_setup_place(loader, "ocsp-strict"),
			       "ocsp-strict= has no effect without ocsp-enable=yes");
	if (setup->ocsp_trustname != NULL && setup->ocsp_uri == NULL)
		report_error(loader->errors, check_setup_place(loader, "ocsp-trustname"),
			     "ocsp-trustname= needs ocsp-uri=: whose answers does it sign?");
	if (setup->ocsp_uri != NULL && strncmp(setup->ocsp_uri, "http://", 7) != 0)
		report_error(loader->errors, check_setup_place(loader, "ocsp-uri"),
			     "ocsp-uri=%.60s: it must begin with http:// (answers are signed; "
			     "https would need certificates of its own)",
			     setup->ocsp_uri);
	if (setup->ocsp_cache_min_age > setup->ocsp_cache_max_age)
		report_error(loader->errors, check_setup_place(loader, "ocsp-cache-min-age"),
			     "ocsp-cache-min-age is longer than ocsp-cache-max-age");
}

void check_revocation(struct loader *loader)
{
	check_ocsp(loader, &loader->whole->config.setup);
}
