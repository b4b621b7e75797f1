/* SPDX-License-Identifier: Apache-2.0 */
/* What one gateway knows of certificates: its own with their keys, and the CAs it trusts. What a
 * worker needs is counted and immutable; it is replaced whole. */
#ifndef VANTH_X509_X509_H
#define VANTH_X509_X509_H

#include "x509/certificate.h"

/* ---- trust: CAs and intermediates of the NSS database, and files ---- */
struct x509_trust; /* counted; immutable, but for the signatures that it remembers */
struct x509_ca {
	struct certificate *certificate;
	char *nickname; /* or the file it came from */
	bool trusted;	/* an anchor (trust flag C or T); otherwise an intermediate */
};
/* Where a CA tells what it has revoked, besides what its certificates say; http:// URLs, NULL: none
 */
struct x509_points {
	char *crls[CONFIG_CA_CRLS], *ocsps[CONFIG_CA_OCSPS];
};
/* Reads the database that crypto_open() opened (none: empty). Slow. */
enum rc x509_trust_load(struct x509_trust **out, struct diag *diag) MUST_CHECK;
/* The same with the ca sections of a configuration, which are anchors. One that cannot be had, or
 * is no CA, is left out, with a warning in errors (may be NULL) that names file and section. Slow.
 */
enum rc x509_trust_load_with(const struct config *config, struct config_errors *errors,
			     struct x509_trust **out, struct diag *diag) MUST_CHECK;
/* The certificate of a ca section: a nickname, a path, or a file in ipsec.d/cacerts beside the
 * configuration. from (size bytes, may be NULL): which it was. Slow. */
enum rc x509_authority_load(const struct config *config, const struct config_ca *ca,
			    struct certificate **out, char *from, size_t size,
			    struct diag *diag) MUST_CHECK;
/* Before anybody else has it; copies. The first word about a CA counts. */
enum rc x509_trust_point(struct x509_trust *trust, const struct certificate *ca,
			 const struct x509_points *points) MUST_CHECK;
/* NULL: the configuration has none for this CA. Lives as long as the trust. */
const struct x509_points *x509_trust_points(const struct x509_trust *trust,
					    const struct certificate *ca);
/* Without a database, for tests; takes references. */
enum rc x509_trust_of(const struct x509_ca *cas, size_t count, struct x509_trust **out) MUST_CHECK;
struct x509_trust *x509_trust_ref(struct x509_trust *trust);
void x509_trust_unref(struct x509_trust *trust);
size_t x509_trust_count(const struct x509_trust *trust);
const struct x509_ca *x509_trust_at(const struct x509_trust *trust, size_t index); /* NULL: end */

/* ---- own certificates ---- */
struct credential { /* counted, immutable */
	struct certificate *certificate;
	struct private_key *key;
	struct certificate **chain; /* intermediates to send after it, issuer by issuer */
	unsigned chain_count;
	char *nickname;
	char *from, *key_from; /* the files of certificate and key; NULL: the database (key_from
				  also: the file of the certificate) */
	unsigned refs;	       /* atomic */
};
/* name: a nickname of the database; or a path (with a slash): PEM or DER certificate, with the
 * chain behind it, whose key is in the same file, in the database, or in key_path (NULL: none),
 * with `password` where it is encrypted (NULL: none). A PKCS#12 file only x509_files_load() opens.
 * The diag names the nickname, what is missing and the command that mends it. Slow. */
enum rc x509_credential_load(const char *name, const char *key_path, const char *password,
			     const struct x509_trust *trust, struct credential **out,
			     struct diag *diag) MUST_CHECK;
/* rightcert=: a peer's certificate, by nickname or path; no key is asked for. Slow. */
enum rc x509_certificate_load(const char *name, struct certificate **out,
			      struct diag *diag) MUST_CHECK;
struct credential *credential_ref(struct credential *credential);
void credential_unref(struct credential *credential);

/* ---- is a peer's chain to be trusted? ---- */
#define X509_CHAIN_MAX 10 /* certificates in a path; and as many CERT payloads of a peer */
#define X509_BYTES_MAX (256 * 1024) /* all certificates of one peer together */
struct x509_verify {
	/* in */
	struct x509_trust *trust;
	const struct span *ders; /* as the peer sent them: the first is its own */
	size_t count;
	int64_t now;	/* seconds since 1970 */
	struct span ca; /* leftca/rightca: Name that an issuer on the path must have; empty: any */
	unsigned worker;
	/* out; x509_verify_wipe() */
	struct certificate *path[X509_CHAIN_MAX]; /* leaf first, anchor last */
	unsigned path_count;
};
/* RFC 5280 §6 with the profile of RFC 4945 §5: signatures (no MD5; no SHA-1 but of anchors), dates,
 * basic constraints and path length, key usage, extended key usage (none, any, ipsecIKE, or what
 * IPsec peers carry in practice: serverAuth, clientAuth, ipsecEndSystem/Tunnel/User), name
 * constraints, unknown critical extensions. RC_AUTH_FAILED with a diag that names subject, issuer,
 * serial number and the true reason (expired when, not valid before, issuer unknown, not a CA,
 * usage, constraint violated and by whom). Bounded in time whatever the certificates are. Slow. */
enum rc x509_verify(struct x509_verify *verify, struct diag *diag) MUST_CHECK;
void x509_verify_wipe(struct x509_verify *verify);

#endif
