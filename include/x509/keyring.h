/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of one gateway by the names that its configuration has for them: own certificates and
 * raw keys, the peers' raw keys, trusted CAs. On the loop; what it gives is counted and immutable,
 * so that an event may go on with it while the keyring is read anew. */
#ifndef VANTH_X509_KEYRING_H
#define VANTH_X509_KEYRING_H

#include "log/log.h"
#include "x509/files.h"

struct keyring;
/* Reads the trusted CAs of the open NSS database. seed: random, of its table. */
enum rc keyring_new(struct log *log, const uint64_t seed[2], struct keyring **out,
		    struct diag *diag) MUST_CHECK;
void keyring_free(struct keyring *keyring); /* NULL: nothing */
/* What a configuration brings: the CAs of its ca sections, certificates and keys in files, which
 * are read now, with warnings in the log. secrets may be NULL. Slow. */
enum rc keyring_configure(struct keyring *keyring, const struct config *config,
			  const struct secrets *secrets, struct diag *diag) MUST_CHECK;
/* Files that were read elsewhere (x509_files_load() is slow) take the place of those so far; takes
 * the reference. */
void keyring_files_set(struct keyring *keyring, struct x509_files *files);
struct x509_files *keyring_files(const struct keyring *keyring); /* borrowed; NULL: none */
/* ipsec rereadall: these CAs, which x509_trust_load() has read; certificates and keys are read
 * again when they are next asked for. Takes the reference. */
void keyring_renew(struct keyring *keyring, struct x509_trust *trust);
/* For tests: these instead of the database's. */
void keyring_trust_set(struct keyring *keyring, struct x509_trust *trust);
enum rc keyring_credential_set(struct keyring *keyring, const char *name,
			       struct credential *credential) MUST_CHECK;
struct x509_trust *keyring_trust(struct keyring *keyring); /* never NULL; borrowed */

/* Another number whenever the CAs are others, or may be. */
uint64_t keyring_generation(const struct keyring *keyring);

/* What this end of ours signs with: leftcert=, or a raw key (leftckaid=, leftrsasigkey=,
 * leftpubkey=; then its certificate is NULL). Borrowed until the keyring is read again. Read when
 * it is first asked for. RC_NOT_FOUND: the end names none; otherwise a diag that names what is
 * missing and the command that mends it. */
enum rc keyring_credential(struct keyring *keyring, const struct config_end *end,
			   struct credential **out, struct diag *diag) MUST_CHECK;
/* The index-th key by which a peer is known without a CA: rightpubkey=, rightrsasigkey=, the key of
 * rightcert=. RC_NOT_FOUND: there are no more. Borrowed. */
enum rc keyring_peer_key(struct keyring *keyring, const struct config_end *end, unsigned index,
			 struct public_key **out, struct diag *diag) MUST_CHECK;

#endif
