/* SPDX-License-Identifier: Apache-2.0 */
/* A CA for tests, and ends that have certificates of it. */
#ifndef VANTH_TEST_AUTHORITY_H
#define VANTH_TEST_AUTHORITY_H

#include "exchange/pair.h"
#include "unit/test.h"
#include "x509/issue.h"

#define AUTHORITY_YEAR (365 * 86400)

struct authority {
	struct certificate *certificate;
	struct private_key *key;
};

/* What a certificate is to say; zero: the usual. */
struct wish {
	const char *subject, *name; /* name: one alternative, as leftid= writes it */
	enum key_kind kind;
	int64_t not_before, not_after; /* relative to now; both 0: a year either way */
	bool ca;
	const char *const *usages;
	const char *crl_url, *ocsp_url;
};

static inline struct sign_scheme authority_scheme(const struct private_key *key)
{
	switch (public_key_kind(private_key_public(key))) {
	case KEY_RSA:
		break;
	case KEY_ECDSA_P256:
		return (struct sign_scheme){ .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 };
	case KEY_ECDSA_P384:
		return (struct sign_scheme){ .form = SIGN_ECDSA, .hash = SIGN_SHA2_384 };
	case KEY_ECDSA_P521:
		return (struct sign_scheme){ .form = SIGN_ECDSA, .hash = SIGN_SHA2_512 };
	case KEY_ED25519:
		return (struct sign_scheme){ .form = SIGN_ED25519, .hash = SIGN_IDENTITY };
	}
	return (struct sign_scheme){ .form = SIGN_RSA_PKCS1, .hash = SIGN_SHA2_256 };
}

static inline struct private_key *authority_key(enum key_kind kind)
{
	struct private_key *key = NULL;
	struct diag diag = { "" };

	if (private_key_generate(kind, 2048, false, NULL, 0, &key, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return key;
}

/* issuer NULL: self-signed. */
static inline struct certificate *authority_issue(const struct authority *issuer,
						  const struct wish *wish, struct private_key *key,
						  int64_t now)
{
	struct x509_issue issue = {
		.subject = wish->subject,
		.key = private_key_public(key),
		.issuer = issuer != NULL ? issuer->certificate : NULL,
		.issuer_key = issuer != NULL ? issuer->key : key,
		.scheme = authority_scheme(issuer != NULL ? issuer->key : key),
		.not_before = now + (wish->not_before != 0 ? wish->not_before : -AUTHORITY_YEAR),
		.not_after = now + (wish->not_after != 0 ? wish->not_after : AUTHORITY_YEAR),
		.ca = wish->ca,
		.path_length = -1,
		.usages = wish->usages,
		.crl_url = wish->crl_url,
		.ocsp_url = wish->ocsp_url,
	};
	struct identity name = { 0 };
	struct certificate *certificate = NULL;
	struct diag diag = { "" };
	struct arena arena;
	struct span der;

	arena_init(&arena, 1 << 20);
	if (wish->name != NULL) {
		assert_int_equal(identity_parse(wish->name, &name, &diag), RC_OK);
		issue.names = &name;
		issue.name_count = 1;
	}
	if (x509_issue(&issue, &arena, &der, &diag) != RC_OK ||
	    certificate_parse(der, &certificate, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	identity_free(&name);
	arena_free(&arena);
	return certificate;
}

static inline void authority_new(struct authority *authority, const struct authority *issuer,
				 const char *subject, int64_t now)
{
	const struct wish wish = { .subject = subject, .ca = true };

	authority->key = authority_key(KEY_ECDSA_P256);
	authority->certificate = authority_issue(issuer, &wish, authority->key, now);
}

static inline void authority_free(struct authority *authority)
{
	certificate_unref(authority->certificate);
	private_key_unref(authority->key);
}

/* The end trusts this CA, and only it. */
static inline void authority_trusted(const struct authority *authority, struct end *end)
{
	struct x509_ca ca = { authority->certificate, (char *)"test CA", true };
	struct x509_trust *trust;

	assert_int_equal(x509_trust_of(&ca, 1, &trust), RC_OK);
	keyring_trust_set(end->gateway->keyring, trust);
	x509_trust_unref(trust);
}

/* leftcert=NAME of the end is a certificate of this CA; between: the intermediate that it sends. */
static inline void authority_certifies(const struct authority *authority, struct end *end,
				       const char *name, const struct wish *wish,
				       const struct authority *between)
{
	struct credential *credential = mem_alloc(sizeof(*credential));

	assert_non_null(credential);
	credential->refs = 1;
	credential->key = authority_key(wish->kind);
	credential->certificate = authority_issue(between != NULL ? between : authority, wish,
						  credential->key, end->host->ops->wall(end->host));
	credential->nickname = mem_text(name);
	if (between != NULL) {
		credential->chain = mem_alloc(sizeof(credential->chain[0]));
		assert_non_null(credential->chain);
		credential->chain[0] = certificate_ref(between->certificate);
		credential->chain_count = 1;
	}
	assert_int_equal(keyring_credential_set(end->gateway->keyring, name, credential), RC_OK);
	credential_unref(credential);
	peers_orient(&end->gateway->peers);
}

/* A pair of which both ends trust this new CA, and none has a certificate yet. */
static inline void authority_pair(struct pair *pair, struct authority *ca, const char *west,
				  const char *east, const char *secrets)
{
	pair_start(pair, 1, west, east, secrets, secrets);
	authority_new(ca, NULL, "CN=Test CA, O=Example",
		      pair->west.host->ops->wall(pair->west.host));
	authority_trusted(ca, &pair->west);
	authority_trusted(ca, &pair->east);
}

static inline void authority_pair_end(struct pair *pair, struct authority *ca)
{
	pair_end(pair);
	authority_free(ca);
}

static const struct wish authority_west = { .subject = "CN=west",
					    .name = "@west",
					    .kind = KEY_ECDSA_P256 };
static const struct wish authority_east = { .subject = "CN=east",
					    .name = "@east",
					    .kind = KEY_ECDSA_P256 };

/* leftcert=west at west, rightcert=east at east. */
static inline void authority_certifies_both(const struct authority *ca, struct pair *pair,
					    const struct wish *west, const struct wish *east)
{
	authority_certifies(ca, &pair->west, "west", west, NULL);
	authority_certifies(ca, &pair->east, "east", east, NULL);
}

#endif
