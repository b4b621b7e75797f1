/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys in files, as strongSwan has them: what leftcert= and rightcert= name as a
 * path, or as a file in ipsec.d/certs beside the configuration; the private keys are where
 * ipsec.secrets says, or in ipsec.d/private. All are read together, on a worker. */
#ifndef VANTH_X509_FILES_H
#define VANTH_X509_FILES_H

#include "base/table.h"
#include "x509/x509.h"

struct file_stamp { /* of a file as it was read */
	uint64_t device, inode, size;
	int64_t written[2], changed[2]; /* seconds, nanoseconds */
};
struct x509_file {
	struct table_node node;
	char *name;			 /* in the configuration */
	char *path;			 /* of the file that it stands for */
	struct credential *credential;	 /* certificate and key; NULL: no file has its key */
	struct certificate *certificate; /* NULL: it cannot be read */
	struct public_key *key;		 /* of that */
	char *why; /* what is missing: the certificate (key is NULL), or a file with its key */
	struct file_stamp stamp;
	bool key_inside; /* certificate and key are in the one file */
};
struct x509_files; /* counted, immutable */
/* A name that the NSS database has as a nickname stays one. Of an unchanged file of `before` (NULL:
 * none) the key is taken over. At most 256 keys are looked at, of 64 KiB each. What is wrong with a
 * file of ipsec.secrets, and keys that others can read, are warnings in errors (may be NULL).
 * trust: chains are made with it; it is kept. Slow: encrypted keys take seconds. */
enum rc x509_files_load(const struct config *config, const struct secrets *secrets,
			struct x509_trust *trust, const struct x509_files *before,
			struct config_errors *errors, struct x509_files **out,
			struct diag *diag) MUST_CHECK;
/* The same, and what else `before` has, read again: conns that are loaded need not be in this
 * configuration (ipsec add, ipsec start). */
enum rc x509_files_load_more(const struct config *config, const struct secrets *secrets,
			     struct x509_trust *trust, const struct x509_files *before,
			     struct config_errors *errors, struct x509_files **out,
			     struct diag *diag) MUST_CHECK;
struct x509_files *x509_files_ref(struct x509_files *files); /* NULL: NULL */
void x509_files_unref(struct x509_files *files);	     /* NULL: nothing */
/* NULL: it is no file (files may be NULL). Lives as long as they. */
const struct x509_file *x509_files_find(const struct x509_files *files, const char *name);
/* In the order of the configuration; NULL: there are no more. */
const struct x509_file *x509_files_at(const struct x509_files *files, unsigned index);

#endif
