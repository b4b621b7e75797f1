/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: where a certificate of ours and its key come from. */
#ifndef VANTH_X509_CREDENTIAL_H
#define VANTH_X509_CREDENTIAL_H

#include "x509/x509.h"

struct credential_source {
	const char *name;     /* what the configuration calls it */
	const char *path;     /* of its file; NULL: a nickname of the database */
	const char *password; /* of what is encrypted in that file; NULL: none */
	/* a file with the key; NULL: none */
	const char *key_path, *key_password;
	/* A key that is at hand for this certificate, borrowed, and its file; NULL: none. It may be
	 * NULL itself. */
	struct private_key *(*key)(void *context, const struct public_key *public,
				   const char **path);
	void *context;
	bool files_only; /* the database is not asked for the key */
};
/* As x509_credential_load(). With files_only and no key in a file: RC_NOT_FOUND, and *bare is the
 * certificate (the caller's reference). Slow. */
enum rc credential_load(const struct credential_source *source, const struct x509_trust *trust,
			struct credential **out, struct certificate **bare,
			struct diag *diag) MUST_CHECK;
/* The same certificate with its key, and the chain that it has with these CAs; before: those that
 * it was made with, which do not count any more. Slow. */
enum rc credential_again(const struct credential *old, const struct x509_trust *before,
			 const struct x509_trust *trust, struct credential **out) MUST_CHECK;
/* A file with a private key, of at most KEY_FILE_MAX bytes; password NULL: none is known. The diag
 * names the file and what helps. Slow: seconds. */
#define KEY_FILE_MAX 65536
enum rc key_file_load(const char *path, const char *password, struct private_key **out,
		      struct diag *diag) MUST_CHECK;
/* One block of such a file. */
struct pem;
enum rc key_block_load(const char *path, struct pem *block, const char *password,
		       struct arena *arena, struct private_key **out, struct diag *diag) MUST_CHECK;

#endif
