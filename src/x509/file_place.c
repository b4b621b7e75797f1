/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "x509/database.h"
#include "x509/files_private.h"

static bool below(const char *folder, const char *under, const char *name, char path[FILE_PATH_MAX])
{
	int len = folder != NULL
			  ? snprintf(path, FILE_PATH_MAX, "%sipsec.d/%s/%s", folder, under, name)
			  : -1;

	return len > 0 && len < FILE_PATH_MAX;
}

static bool as_it_is(const char *name, char path[FILE_PATH_MAX])
{
	return snprintf(path, FILE_PATH_MAX, "%s", name) < FILE_PATH_MAX;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL ? slash + 1 : name;
}

bool file_of_secret(const char *folder, const struct secrets_file *secret, char path[FILE_PATH_MAX])
{
	if (secret->name[0] == '/' || folder == NULL)
		return as_it_is(secret->name, path);
	return below(folder, "private", secret->name, path);
}

/* ": P12 moon.p12" makes the certificate in it known by the name of the file. */
static bool pkcs12_of(const char *folder, const struct secrets *secrets, const char *name,
		      char path[FILE_PATH_MAX])
{
	const struct secrets_file *secret;

	for (unsigned i = 0; (secret = secrets_file_at(secrets, i)) != NULL; i++)
		if (secret->pkcs12 && strcmp(base_of(secret->name), name) == 0 &&
		    file_of_secret(folder, secret, path) && exists(path))
			return true;
	return false;
}

static bool is_nickname(const char *name)
{
	struct certificate *certificate = NULL;
	bool there = database_find(name, &certificate, NULL) != RC_NOT_FOUND;

	certificate_unref(certificate);
	return there;
}

/* It needs no password, or its entry has another name. PEM, as most files are, does not begin so.
 */
static bool may_be_pkcs12(const char *path)
{
	struct stat status;
	bool regular = stat(path, &status) == 0 && S_ISREG(status.st_mode);
	FILE *file = regular ? fopen(path, "re") : NULL;
	bool may = file != NULL && fgetc(file) == 0x30;

	if (file != NULL)
		(void)fclose(file);
	return may;
}

bool file_place(const char *folder, const struct secrets *secrets, const char *name,
		char path[FILE_PATH_MAX])
{
	if (name[0] == '/')
		return as_it_is(name, path);
	if (strchr(name, '/') != NULL)
		return (below(folder, "certs", name, path) && exists(path)) || as_it_is(name, path);
	if (name[0] == '.' || name[0] == '\0')
		return false;
	if (!(below(folder, "certs", name, path) && exists(path)) &&
	    !(below(folder, "private", name, path) && may_be_pkcs12(path)) &&
	    !pkcs12_of(folder, secrets, name, path))
		return false;
	return !is_nickname(name);
}

/* An entry for a PKCS#12 file that is not in ipsec.d/private, but in ipsec.d/certs. */
static bool is_elsewhere(const struct secrets_file *secret, const char *place, const char *path)
{
	return secret->pkcs12 && secret->name[0] != '/' && !exists(place) &&
	       strcmp(base_of(secret->name), base_of(path)) == 0;
}

const char *file_password(const char *folder, const struct secrets *secrets, const char *path)
{
	const struct secrets_file *secret;
	char place[FILE_PATH_MAX];

	for (unsigned i = 0; (secret = secrets_file_at(secrets, i)) != NULL; i++)
		if (secret->passphrase.len > 0 && file_of_secret(folder, secret, place) &&
		    (strcmp(place, path) == 0 || is_elsewhere(secret, place, path)))
			return (const char *)secret->passphrase.ptr;
	return NULL;
}

bool file_stamp(const char *path, struct file_stamp *out)
{
	struct stat status;

	memset(out, 0, sizeof(*out));
	if (stat(path, &status) != 0)
		return false;
	out->device = status.st_dev;
	out->inode = status.st_ino;
	out->size = (uint64_t)status.st_size;
	out->written[0] = status.st_mtim.tv_sec;
	out->written[1] = status.st_mtim.tv_nsec;
	out->changed[0] = status.st_ctim.tv_sec;
	out->changed[1] = status.st_ctim.tv_nsec;
	return true;
}
