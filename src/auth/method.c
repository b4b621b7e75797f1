/* SPDX-License-Identifier: Apache-2.0 */
/* Which method of AUTH a key and a peer have in common, and which scheme a received AUTH names (RFC
 * 7296 §3.8, RFC 4754, RFC 7427). */
#include <stdio.h>
#include "auth/private.h"

#define SCHEME_LEN_MAX 127 /* one length byte, RFC 7427 §3; ours are shorter */

/* RFC 4754: a method is a curve with its hash. */
static const struct {
	uint8_t method;
	enum key_kind kind;
	enum sign_hash hash;
} ecdsa[] = {
	{ AUTH_ECDSA_256, KEY_ECDSA_P256, SIGN_SHA2_256 },
	{ AUTH_ECDSA_384, KEY_ECDSA_P384, SIGN_SHA2_384 },
	{ AUTH_ECDSA_521, KEY_ECDSA_P521, SIGN_SHA2_512 },
};
#define ECDSA_COUNT (sizeof(ecdsa) / sizeof(ecdsa[0]))

const char *auth_kinds_text(unsigned kinds, char buffer[64])
{
	(void)snprintf(buffer, 64, "%s%s%s%s%s", (kinds & AUTHBY_SECRET) != 0 ? ", secret" : "",
		       (kinds & AUTHBY_RSA) != 0 ? ", rsasig" : "",
		       (kinds & AUTHBY_ECDSA) != 0 ? ", ecdsa" : "",
		       (kinds & AUTHBY_EDDSA) != 0 ? ", eddsa" : "",
		       (kinds & AUTHBY_NULL) != 0 ? ", null" : "");
	return buffer[0] == ',' ? buffer + 2 : "nothing";
}

unsigned auth_method_kinds(uint8_t method)
{
	switch (method) {
	case AUTH_SHARED_KEY:
		return AUTHBY_SECRET;
	case AUTH_RSA:
		return AUTHBY_RSA;
	case AUTH_ECDSA_256:
	case AUTH_ECDSA_384:
	case AUTH_ECDSA_521:
		return AUTHBY_ECDSA;
	case AUTH_SIGNATURE:
		return AUTHBY_SIGNATURE;
	case AUTH_NULL:
		return AUTHBY_NULL;
	}
	return 0;
}

/* ---- ours ---- */

static enum sign_hash own_hash(enum key_kind kind)
{
	for (size_t i = 0; i < ECDSA_COUNT; i++)
		if (ecdsa[i].kind == kind)
			return ecdsa[i].hash;
	return kind == KEY_ED25519 ? SIGN_IDENTITY : SIGN_SHA2_512;
}

static unsigned form_kind(enum sign_form form)
{
	switch (form) {
	case SIGN_RSA_PKCS1:
	case SIGN_RSA_PSS:
		return AUTHBY_RSA;
	case SIGN_ECDSA:
		return AUTHBY_ECDSA;
	case SIGN_ED25519:
		break;
	}
	return AUTHBY_EDDSA;
}

static enum sign_form own_form(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA:
		return SIGN_RSA_PSS;
	case KEY_ECDSA_P256:
	case KEY_ECDSA_P384:
	case KEY_ECDSA_P521:
		return SIGN_ECDSA;
	case KEY_ED25519:
		break;
	}
	return SIGN_ED25519;
}

struct peer_methods auth_methods_of(const struct config_end *end)
{
	return (struct peer_methods){ .auth = end->auth, .signatures = end->signatures };
}

static unsigned signature_hashes(const struct peer_methods *allowed, enum sign_form form)
{
	switch (form) {
	case SIGN_RSA_PKCS1:
		return allowed->signatures.pkcs1;
	case SIGN_RSA_PSS:
		return allowed->signatures.pss;
	case SIGN_ECDSA:
		return allowed->signatures.ecdsa;
	case SIGN_ED25519:
		break;
	}
	return (allowed->auth & AUTHBY_EDDSA) != 0 ? HASH_BIT(SIGN_IDENTITY) : 0;
}

/* The curve's own hash if both ends have it, otherwise the strongest in common. */
static bool choose_hash(enum key_kind kind, unsigned hashes, enum sign_hash *out)
{
	static const enum sign_hash order[] = { SIGN_SHA2_512, SIGN_SHA2_384, SIGN_SHA2_256 };

	*out = own_hash(kind);
	for (size_t i = 0; (hashes & HASH_BIT(*out)) == 0; i++) {
		if (i == sizeof(order) / sizeof(order[0]))
			return false;
		*out = order[i];
	}
	return true;
}

/* RFC 7427 */
static bool choose_by_hashes(enum key_kind kind, const struct peer_methods *allowed,
			     uint16_t hashes, struct auth_choice *out)
{
	enum sign_form form = own_form(kind);
	enum sign_hash hash;

	if (!choose_hash(kind, signature_hashes(allowed, form) & hashes, &hash)) {
		form = SIGN_RSA_PKCS1;
		if (kind != KEY_RSA ||
		    !choose_hash(kind, signature_hashes(allowed, form) & hashes, &hash))
			return false;
	}
	*out = (struct auth_choice){ AUTH_SIGNATURE,
				     { .form = form, .hash = hash },
				     SIGNATURE_DER };
	return true;
}

bool auth_method_curve(unsigned method, struct auth_choice *out)
{
	for (size_t i = 0; i < ECDSA_COUNT; i++) {
		if (ecdsa[i].method != method)
			continue;
		*out = (struct auth_choice){ ecdsa[i].method,
					     { .form = SIGN_ECDSA, .hash = ecdsa[i].hash },
					     SIGNATURE_RAW };
		return true;
	}
	return false;
}

uint8_t auth_method_of_curve(enum key_kind kind)
{
	for (size_t i = 0; i < ECDSA_COUNT; i++)
		if (ecdsa[i].kind == kind)
			return ecdsa[i].method;
	return 0;
}

/* RFC 7296's own method of RSA, with which every peer that has RSA begins; only when asked for. */
static bool choose_sha1(enum key_kind kind, const struct peer_methods *allowed,
			struct auth_choice *out)
{
	if (kind != KEY_RSA || (allowed->signatures.pkcs1 & HASH_BIT(SIGN_SHA1)) == 0)
		return false;
	*out = (struct auth_choice){ AUTH_RSA,
				     { .form = SIGN_RSA_PKCS1, .hash = SIGN_SHA1 },
				     SIGNATURE_DER };
	return true;
}

enum rc auth_method_choose(enum key_kind kind, const struct peer_methods *allowed, uint16_t hashes,
			   struct auth_choice *out, struct diag *diag)
{
	unsigned need = form_kind(own_form(kind));
	char text[64], buffer[24];
	const char *name = names_text(&key_kind_names, (int)kind, buffer, sizeof(buffer));

	if ((allowed->auth & need) == 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "our key is of kind %s, which authby=%s does not allow", name,
				 auth_kinds_text(allowed->auth, text));
	if (choose_by_hashes(kind, allowed, hashes, out) ||
	    (hashes == 0 && auth_method_curve(auth_method_of_curve(kind), out)) ||
	    choose_sha1(kind, allowed, out))
		return RC_OK;
	if (hashes != 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "peer announced no hash with which our key (%s) may sign "
				 "(authby=)",
				 name);
	return diag_fail(diag, RC_AUTH_FAILED,
			 "peer knows only signatures with SHA-1 for our key (%s), not RFC 7427; if "
			 "it must be, write authby=rsa-sha1",
			 name);
}

size_t auth_method_head(const struct auth_choice *choice, uint8_t *out, size_t size)
{
	struct span der = sign_scheme_der(&choice->scheme);

	if (choice->method != AUTH_SIGNATURE || der.len + 1 > size)
		return 0;
	out[0] = (uint8_t)der.len;
	memcpy(out + 1, der.ptr, der.len);
	return der.len + 1;
}

/* ---- the peer's ---- */

static enum rc read_identifier(const struct wire_auth *auth, struct auth_choice *out,
			       struct span *signature, struct diag *diag)
{
	struct span rest = auth->data, der;
	uint8_t len;

	if (span_u8(&rest, &len) != RC_OK || span_take(&rest, len, &der) != RC_OK ||
	    len > SCHEME_LEN_MAX)
		return diag_fail(diag, RC_SYNTAX, "AUTH of a signature without its algorithm");
	TRY(sign_scheme_parse(der, &out->scheme, diag));
	out->form = SIGNATURE_DER;
	*signature = rest;
	return RC_OK;
}

static enum rc read_scheme(const struct wire_auth *auth, struct auth_choice *out,
			   struct span *signature, struct diag *diag)
{
	char name[48];

	out->method = auth->method;
	*signature = auth->data;
	if (auth->method == AUTH_SIGNATURE)
		return read_identifier(auth, out, signature, diag);
	if (auth_method_curve(auth->method, out))
		return RC_OK;
	if (auth->method == AUTH_RSA) {
		out->scheme = (struct sign_scheme){ .form = SIGN_RSA_PKCS1, .hash = SIGN_SHA1 };
		out->form = SIGNATURE_DER;
		return RC_OK;
	}
	return diag_fail(diag, RC_AUTH_FAILED, "peer authenticates by %s, which we do not have",
			 names_text(&auth_method_names, auth->method, name, sizeof(name)));
}

enum rc auth_method_read(const struct wire_auth *auth, const struct config_end *end,
			 struct auth_choice *out, struct span *signature, struct diag *diag)
{
	const struct peer_methods allowed = auth_methods_of(end);
	char text[64];

	TRY(read_scheme(auth, out, signature, diag));
	if ((end->auth & form_kind(out->scheme.form)) == 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "peer signs by %s, but the conn allows only %s (authby=)",
				 sign_scheme_text(&out->scheme), auth_kinds_text(end->auth, text));
	if ((signature_hashes(&allowed, out->scheme.form) & HASH_BIT(out->scheme.hash)) == 0)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "peer signs by %s, which authby= does not allow%s",
				 sign_scheme_text(&out->scheme),
				 out->scheme.hash == SIGN_SHA1
					 ? ": it is too weak; if it must be, write authby=rsa-sha1"
					 : "");
	return RC_OK;
}

unsigned prove_hashes(void)
{
	const struct sign_scheme eddsa = { .form = SIGN_ED25519, .hash = SIGN_IDENTITY };
	unsigned hashes =
		HASH_BIT(SIGN_SHA2_256) | HASH_BIT(SIGN_SHA2_384) | HASH_BIT(SIGN_SHA2_512);

	return sign_scheme_fits(&eddsa, KEY_ED25519) ? hashes | HASH_BIT(SIGN_IDENTITY) : hashes;
}
