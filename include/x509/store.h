/* SPDX-License-Identifier: Apache-2.0 */
/* What the key tools do to the NSS database that crypto_open() opened. A daemon may use the same
 * database meanwhile; it sees the changes when it is told to read its keys again. All of it touches
 * the disk: slow. */
#ifndef VANTH_X509_STORE_H
#define VANTH_X509_STORE_H

#include "x509/certificate.h"

/* ---- what is there ---- */
struct store_item {
	struct certificate *certificate;
	char *nickname; /* never NULL */
	bool trusted;	/* flag C or T */
	bool has_key;	/* its private key is in the database too */
};
struct store_list {
	struct store_item *items;
	size_t count;
};
/* Certificates that certificate_parse() refuses are left out. keys: find out has_key (an unlocked
 * database, a signature each). */
enum rc store_list(bool keys, struct store_list *out, struct diag *diag) MUST_CHECK;
void store_list_free(struct store_list *list);
/* Calls fn for every private key until it fails; the nickname may be "". */
enum rc store_keys(enum rc (*fn)(void *context, struct span ckaid, const char *nickname),
		   void *context, struct diag *diag) MUST_CHECK;

/* ---- changing it ---- */
/* Adds a certificate, or changes the trust of one that is there. RC_EXISTS: the nickname belongs to
 * a certificate of another subject. added (may be NULL): it was not there before. */
enum rc store_add(const struct certificate *certificate, const char *nickname, bool trusted,
		  bool *added, struct diag *diag) MUST_CHECK;
/* Would store_add() say RC_EXISTS? */
enum rc store_nickname_free(const char *nickname, const struct certificate *certificate,
			    struct diag *diag) MUST_CHECK;
/* with_key: and its private key. RC_NOT_FOUND. */
enum rc store_remove(const struct certificate *certificate, bool with_key,
		     struct diag *diag) MUST_CHECK;
enum rc store_remove_key(const struct public_key *key, struct diag *diag) MUST_CHECK;

/* ---- CRLs (RFC 5280 §5) ---- */
struct store_crl {
	char issuer[IDENTITY_TEXT_MAX];
	int64_t this_update, next_update; /* next_update 0: not told */
	uint32_t entries;
};
/* Reads a CRL and checks it: its issuer is one of these CAs, or a CA of the database, and has
 * signed it. Nothing is changed. RC_NOT_FOUND: no such CA; RC_AUTH_FAILED. */
enum rc store_check_crl(struct span der, struct certificate *const *cas, size_t count,
			struct store_crl *out, struct diag *diag) MUST_CHECK;
/* Adds one that was checked; it takes the place of an older one of the same issuer. RC_EXISTS. */
enum rc store_add_crl(struct span der, struct diag *diag) MUST_CHECK;

/* ---- PKCS#12 (RFC 7292) ---- */
struct pkcs12;
/* Reads a file and checks it against the password; nothing is changed. RC_AUTH_FAILED: the password
 * is wrong, or the file was altered; RC_LIMIT: it is too large, or the password is to be hashed too
 * often. Slow: seconds. */
enum rc pkcs12_open(struct span der, const char *password, struct pkcs12 **out,
		    struct diag *diag) MUST_CHECK;
void pkcs12_close(struct pkcs12 *pkcs12); /* NULL: nothing */
/* The index-th certificate, borrowed; name: the friendlyName in it, or NULL; has_key: its private
 * key is there too. false: there are no more. */
bool pkcs12_certificate(const struct pkcs12 *pkcs12, unsigned index,
			struct certificate **certificate, const char **name, bool *has_key);
/* Brings its private keys, and the certificates under these nicknames (one each, in their order),
 * into the database, without trust. Once. */
enum rc pkcs12_import(struct pkcs12 *pkcs12, const char *const *nicknames,
		      struct diag *diag) MUST_CHECK;
/* A certificate of the database with its private key and the certificates above it that are in the
 * database too, encrypted with AES-256, into the arena. */
enum rc pkcs12_export(const struct certificate *certificate, const char *password,
		      struct arena *arena, struct span *out, struct diag *diag) MUST_CHECK;

#endif
