/* SPDX-License-Identifier: Apache-2.0 */
/* A folder as strongSwan's users have it, in /tmp, with certificates of two throw-away keys. */
#ifndef VANTH_FILES_TEST_H
#define VANTH_FILES_TEST_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "unit/x509/key_texts.h"
#include "unit/x509/x509_test.h"
#include "x509/files_private.h"
#include "x509/pem.h"

static const char key_other[] = "-----BEGIN EC PRIVATE KEY-----\n"
				"MHcCAQEEIMfmZORCDAbX8wYp2TTxWp+eQsFwq6koxpSmdV47mQxeoAoGCCqGSM49\n"
				"AwEHoUQDQgAE1NCG9ALozVpCfF0vgnXe+Ssq/hAUKNvyl91Sj5fSWYg2HuCZztZF\n"
				"/070H9F+2pe/YSpQ0Pu8+KrYkADG+oLbig==\n"
				"-----END EC PRIVATE KEY-----\n";

static char folder[64]; /* with a slash behind it */
static struct party root, moon /* of key_plain */, sun /* of key_other */;

static inline void path_of(const char *name, char path[FILE_PATH_MAX])
{
	(void)snprintf(path, FILE_PATH_MAX, "%s%s", folder, name);
}

/* A new file each time. */
static inline void put(const char *name, struct span bytes)
{
	char path[FILE_PATH_MAX];
	FILE *file;

	path_of(name, path);
	(void)unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static inline void put_text(const char *name, const char *text)
{
	put(name, span_make(text, strlen(text)));
}

static inline void put_certificate(const char *name, const struct party *party)
{
	put(name, certificate_der(party->certificate));
}

/* PEM, and this text behind it. */
static inline void put_pem(const char *name, const struct party *party, const char *behind)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct span der = certificate_der(party->certificate);
	char text[8000];
	size_t len = (size_t)snprintf(text, sizeof(text), "-----BEGIN CERTIFICATE-----\n");

	for (size_t i = 0; i < der.len; i += 3) {
		uint32_t group = 0;
		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (i + j < der.len ? der.ptr[i + j] : 0u);
		for (size_t j = 0; j < 4; j++)
			text[len++] = i + j > der.len ? '=' : digits[group >> (18 - 6 * j) & 63];
	}
	(void)snprintf(text + len, sizeof(text) - len, "\n-----END CERTIFICATE-----\n%s", behind);
	put_text(name, text);
}

static inline void take_away(const char *name)
{
	char path[FILE_PATH_MAX];

	path_of(name, path);
	(void)unlink(path);
}

static inline struct secrets *secrets_of(const char *text)
{
	struct config_errors errors;
	struct secrets *secrets = NULL;

	config_errors_init(&errors);
	assert_int_equal(secrets_load_text("s", span_make(text, strlen(text)), &secrets, &errors),
			 RC_OK);
	config_errors_free(&errors);
	return secrets;
}

static inline struct party certified(const char *subject, const char *key)
{
	struct span in = span_make(key, strlen(key));
	struct private_key *private = NULL;
	struct party party;
	struct arena arena;
	struct pem pem;

	arena_init(&arena, 65536);
	assert_int_equal(pem_next(&in, &arena, &pem, NULL), RC_OK);
	assert_int_equal(private_key_import(pem.der, false, NULL, &private, NULL), RC_OK);
	arena_free(&arena);
	party = pki_make(
		(struct x509_issue){ .subject = subject, .key = private_key_public(private) },
		&root);
	party.key = private;
	return party;
}

static inline int make_folder(void)
{
	static const char *const parts[] = { "ipsec.d", "ipsec.d/certs", "ipsec.d/private" };
	char path[FILE_PATH_MAX];

	(void)snprintf(folder, sizeof(folder), "/tmp/vanth-files-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	folder[strlen(folder)] = '/';
	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		path_of(parts[i], path);
		if (mkdir(path, 0700) != 0)
			return -1;
	}
	root = pki_root("CN=root");
	moon = certified("CN=moon", key_plain);
	sun = certified("CN=sun", key_other);
	return 0;
}

static inline int remove_one(const char *path, const struct stat *status, int type,
			     struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void remove_folder(void)
{
	pki_free(&root);
	pki_free(&moon);
	pki_free(&sun);
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int files_open(void **state)
{
	return pki_open(state) == 0 ? make_folder() : -1;
}

static inline int files_close(void **state)
{
	remove_folder();
	return pki_close(state);
}

#endif
