/* SPDX-License-Identifier: Apache-2.0 */
/* SUPPORTED_AUTH_METHODS (rfc9593 §3.2). An announcement is its length, a method, a link to a CA
 * (0: none), and for digital signatures an AlgorithmIdentifier. */
#include "auth/announce.h"
#include "auth/private.h"

#define NO_CA 0

static const enum sign_hash hashes[] = { SIGN_SHA2_512, SIGN_SHA2_384, SIGN_SHA2_256 };

static void emit_plain(struct sink *sink, uint8_t method)
{
	sink_u8(sink, 2);
	sink_u8(sink, method);
}

static void emit_scheme(struct sink *sink, enum sign_form form, enum sign_hash hash)
{
	const struct sign_scheme scheme = { .form = form, .hash = hash };
	struct span der = sign_scheme_der(&scheme);

	if (der.len == 0 || der.len > UINT8_MAX - 3)
		return;
	sink_u8(sink, (uint8_t)(der.len + 3));
	sink_u8(sink, AUTH_SIGNATURE);
	sink_u8(sink, NO_CA);
	sink_span(sink, der);
}

static void emit_form(struct sink *sink, enum sign_form form, unsigned bits)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if ((bits & HASH_BIT(hashes[i])) != 0)
			emit_scheme(sink, form, hashes[i]);
}

void announce_emit(const struct peer_methods *allowed, struct sink *sink)
{
	if ((allowed->auth & AUTHBY_SECRET) != 0)
		emit_plain(sink, AUTH_SHARED_KEY);
	if ((allowed->auth & AUTHBY_NULL) != 0)
		emit_plain(sink, AUTH_NULL);
	emit_form(sink, SIGN_RSA_PSS, allowed->signatures.pss);
	emit_form(sink, SIGN_RSA_PKCS1, allowed->signatures.pkcs1);
	emit_form(sink, SIGN_ECDSA, allowed->signatures.ecdsa);
	if ((allowed->auth & AUTHBY_EDDSA) != 0 && (prove_hashes() & HASH_BIT(SIGN_IDENTITY)) != 0)
		emit_scheme(sink, SIGN_ED25519, SIGN_IDENTITY);
	if ((allowed->signatures.pkcs1 & HASH_BIT(SIGN_SHA1)) != 0) {
		sink_u8(sink, 3);
		sink_u8(sink, AUTH_RSA);
		sink_u8(sink, NO_CA);
	}
}

static void take_scheme(struct span der, struct peer_accepts *out)
{
	struct sign_scheme scheme;
	uint8_t bit;

	if (sign_scheme_parse(der, &scheme, NULL) != RC_OK)
		return;
	bit = (uint8_t)HASH_BIT(scheme.hash);
	switch (scheme.form) {
	case SIGN_RSA_PKCS1:
		out->kinds |= AUTHBY_RSA;
		out->signatures.pkcs1 |= bit;
		return;
	case SIGN_RSA_PSS:
		out->kinds |= AUTHBY_RSA;
		out->signatures.pss |= bit;
		return;
	case SIGN_ECDSA:
		out->kinds |= AUTHBY_ECDSA;
		out->signatures.ecdsa |= bit;
		return;
	case SIGN_ED25519:
		break;
	}
	out->kinds |= AUTHBY_EDDSA;
}

/* The older methods say which hash they mean by themselves (RFC 7296 §3.8, RFC 4754). */
static void take_plain(uint8_t method, struct peer_accepts *out)
{
	out->kinds |= (uint8_t)(method != AUTH_SIGNATURE ? auth_method_kinds(method) : 0);
	if (method == AUTH_RSA)
		out->signatures.pkcs1 |= HASH_BIT(SIGN_SHA1);
	if (method >= AUTH_ECDSA_256 && method <= AUTH_ECDSA_521)
		out->signatures.ecdsa |= (uint8_t)HASH_BIT(SIGN_SHA2_256 + method - AUTH_ECDSA_256);
}

enum rc announce_read(struct span data, struct peer_accepts *out)
{
	struct span one;
	uint8_t len, method;

	while (data.len > 0) {
		TRY(span_u8(&data, &len));
		if (len < 2 || span_take(&data, len - 1u, &one) != RC_OK)
			return RC_SYNTAX;
		TRY(span_u8(&one, &method));
		if (method == AUTH_SIGNATURE && one.len > 1)
			take_scheme(span_make(one.ptr + 1, one.len - 1), out);
		else if (one.len <= 1)
			take_plain(method, out);
	}
	return RC_OK;
}
