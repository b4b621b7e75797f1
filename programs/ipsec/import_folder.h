/* SPDX-License-Identifier: Apache-2.0 */
/* What ipsec import of a folder knows while it goes through its files. */
#ifndef VANTH_IPSEC_IMPORT_FOLDER_H
#define VANTH_IPSEC_IMPORT_FOLDER_H

#include "import_parts.h"
#include "x509/pem.h"

#define FOLDER_KEYS_MAX	 256
#define FOLDER_FILES_MAX 1000 /* in each of the folders */
#define FILE_BLOCKS_MAX	 32
#define REL_MAX		 300 /* "private/moonKey.pem" */

struct folder_key {
	struct private_key *key;
	struct span pkcs8; /* in the folder's arena */
	char file[REL_MAX];
	bool used;
};
enum folder_result { FILE_IMPORTED, FILE_PRESENT, FILE_SKIPPED, FILE_FAILED, FILE_RESULTS };
struct folder {
	const struct ipsec *ipsec;
	const char *path;
	struct secrets *secrets; /* of ipsec.secrets beside it; NULL: none */
	struct secret password;	 /* --password-file */
	struct arena arena;
	struct store_list before; /* what the database had */
	struct folder_key keys[FOLDER_KEYS_MAX];
	unsigned key_count, results[FILE_RESULTS];
};

/* A line about a file, or what is in it; nickname may be NULL. */
void folder_tell(struct folder *folder, const char *file, enum folder_result result,
		 const char *nickname, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* What ipsec.secrets says, or --password-file, with a NUL byte behind it. */
enum rc folder_password(const struct folder *folder, const char *file,
			struct secret *out) MUST_CHECK;
/* Its name without its extension. */
void folder_nickname(const char *file, char out[NICKNAME_MAX]);

/* ---- import_bundle.c ---- */
/* A PKCS#12 file. */
void folder_bundle(struct folder *folder, const char *file, struct span der);

#endif
