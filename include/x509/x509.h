/* SPDX-License-Identifier: Apache-2.0 */
/* What one gateway knows of certificates: its own with their keys, the CAs it trusts, CRLs and OCSP
 * answers. `struct x509` lives on the loop; what a worker needs is an immutable `struct x509_trust`
 * that is replaced whole. Nothing is fetched for a chain that is not trusted. */
#ifndef VANTH_X509_X509_H
#define VANTH_X509_X509_H

#include "host/host.h"
#include "log/log.h"
#include "x509/certificate.h"

/* ---- trust: CAs and intermediates of the NSS database, and files ---- */
struct x509_trust; /* counted, immutable */
struct x509_ca {
	struct certificate *certificate;
	char *nickname; /* or the file it came from */
	bool trusted;	/* an anchor (trust flag C or T); otherwise an intermediate */
};
/* Reads the database that crypto_open() opened (none: empty). Slow. */
enum rc x509_trust_load(struct x509_trust **out, struct diag *diag) MUST_CHECK;
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
	unsigned refs; /* atomic */
};
/* name: a nickname of the database; or a path (with a slash): PEM or DER certificate, with the
 * chain behind it, whose key is in the same file, in the database, or in key_path (NULL: none), or
 * a PKCS#12 file with `password` (NULL: empty). The diag names the nickname, what is missing and
 * the command that mends it. Slow. */
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

/* ---- revocation ---- */
struct x509; /* on the loop: caches of CRLs and OCSP answers, and fetches in flight */
struct x509_options {
	bool crl_strict, ocsp, ocsp_strict;
	usec_t fetch_limit;    /* for one URL, 5 s */
	usec_t check_interval; /* crlcheckinterval: fetch again so often; 0: when nextUpdate is near
				*/
	size_t size_max;       /* of one answer, 8 MiB */
	const char *ocsp_url;  /* ocsp-uri: instead of what the certificate says; NULL: none */
	const char *cache;     /* folder where CRLs are kept over restarts; NULL: none */
};
enum rc x509_new(struct host *host, struct log *log, const struct x509_options *options,
		 struct x509 **out) MUST_CHECK;
void x509_free(struct x509 *x509); /* fetches are cancelled without a callback */
void x509_configure(struct x509 *x509, const struct x509_options *options);
/* Cheap, on the loop: what the caches say of a trusted path. RC_OK: none is revoked (unknown counts
 * as good unless strict; then a fetch is begun in the background). RC_AUTH_FAILED: revoked (since
 * when, why, by which CRL), or strict and nothing could be had. RC_SUSPEND: strict, and a fetch is
 * out: ask again when waiter->ready is called. */
struct x509_waiter {
	void (*ready)(struct x509_waiter *waiter); /* once; on the loop */
	struct list in_x509;			   /* x509_forget() takes it back */
};
enum rc x509_revocation(struct x509 *x509, struct certificate *const *path, unsigned count,
			struct x509_waiter *waiter, struct diag *diag) MUST_CHECK;
void x509_forget(struct x509_waiter *waiter);
/* From the operator (ipsec import of a CRL file, crls of the database): its signature is checked
 * against `issuer`. */
enum rc x509_crl_add(struct x509 *x509, struct span der, const struct certificate *issuer,
		     struct diag *diag) MUST_CHECK;
/* For `ipsec list crls`: calls fn for each. */
struct x509_crl_info {
	const char *issuer, *url;
	int64_t this_update, next_update;
	unsigned revoked;
	const char *error; /* of the last fetch; NULL: none */
};
void x509_crls(struct x509 *x509, void (*fn)(void *context, const struct x509_crl_info *info),
	       void *context);

#endif
