/* SPDX-License-Identifier: Apache-2.0 */
/* A CA and a certificate of it, made anew by each run, for the targets about X.509. */
#ifndef VANTH_FUZZ_X509_PARTIES_H
#define VANTH_FUZZ_X509_PARTIES_H

#include <stdio.h>
#include <stdlib.h>
#include "crypto/crypto.h"
#include "x509/issue.h"
#include "x509/x509.h"

#define PARTIES_NOW	((int64_t)1800000000)
#define PARTIES_YEAR	((int64_t)365 * 86400)
#define PARTIES_CRL	"http://crl.example/root.crl"
#define PARTIES_OCSP	"http://ocsp.example/"
#define PARTIES_SUBJECT "CN=gw, O=Example, C=CH"

struct parties {
	struct private_key *key; /* of the CA */
	struct certificate *ca, *leaf;
	struct arena arena;
};

static inline void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static inline struct sign_scheme parties_scheme(void)
{
	return (struct sign_scheme){ .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 };
}

static inline struct certificate *parties_issue(struct parties *parties, struct x509_issue issue)
{
	struct certificate *certificate = NULL;
	struct diag diag = { "" };
	struct span der;

	issue.issuer = parties->ca;
	issue.issuer_key = parties->key;
	issue.scheme = parties_scheme();
	issue.not_before = PARTIES_NOW - PARTIES_YEAR;
	issue.not_after = PARTIES_NOW + PARTIES_YEAR;
	must(x509_issue(&issue, &parties->arena, &der, &diag) == RC_OK &&
		     certificate_parse(der, &certificate, &diag) == RC_OK,
	     diag.text);
	return certificate;
}

static inline struct private_key *parties_key(void)
{
	struct private_key *key = NULL;
	struct diag diag = { "" };

	must(private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &key, &diag) == RC_OK,
	     diag.text);
	return key;
}

static inline struct parties *parties_make(void)
{
	static struct parties parties;
	static const char *const usages[] = { "1.3.6.1.5.5.7.3.17", NULL };
	struct private_key *key;
	struct diag diag = { "" };
	struct identity name = { 0 };

	if (parties.leaf != NULL)
		return &parties;
	must(crypto_open(NULL, false, &diag) == RC_OK, diag.text);
	arena_init(&parties.arena, 1u << 20);
	parties.key = parties_key();
	parties.ca = parties_issue(&parties, (struct x509_issue){
						     .subject = "CN=root, O=Example, C=CH",
						     .key = private_key_public(parties.key),
						     .ca = true,
						     .path_length = 3,
						     .permitted_dns = "example",
					     });
	key = parties_key();
	must(identity_parse("gw.example", &name, &diag) == RC_OK, diag.text);
	parties.leaf = parties_issue(&parties, (struct x509_issue){
						       .subject = PARTIES_SUBJECT,
						       .key = private_key_public(key),
						       .names = &name,
						       .name_count = 1,
						       .usages = usages,
						       .crl_url = PARTIES_CRL,
						       .ocsp_url = PARTIES_OCSP,
					       });
	identity_free(&name);
	private_key_unref(key);
	return &parties;
}

#endif
