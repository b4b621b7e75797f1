/* SPDX-License-Identifier: Apache-2.0 */
/* The secret of crash tokens (RFC 6290 §5): kept in a file of the state directory, so that it is
 * the same after a crash. Without it the daemon runs all the same. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/secret.h"
#include "daemon/private.h"

#define SECRET_LEN 32

/* Somebody else who can read it could end our peers' SAs, who can write it too. */
static enum rc check_file(int fd, const char *path, struct diag *diag)
{
	struct stat found;

	if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))
		return diag_fail(diag, RC_IO, "%s is not a file", path);
	if (found.st_uid != geteuid() || (found.st_mode & 077) != 0)
		return diag_fail(diag, RC_PERMISSION,
				 "%s belongs to another user or others can read it: remove it",
				 path);
	return RC_OK;
}

/* RC_NOT_FOUND: there is none, or it is not a whole one (the disk was full). */
static enum rc read_secret(const char *path, uint8_t secret[SECRET_LEN], struct diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND
				       : diag_fail(diag, RC_IO, "cannot open %s: %s", path,
						   strerror(errno));
	rc = check_file(fd, path, diag);
	if (rc == RC_OK && read(fd, secret, SECRET_LEN) != SECRET_LEN)
		rc = RC_NOT_FOUND;
	(void)close(fd);
	return rc;
}

static enum rc write_all(int fd, const char *path, const uint8_t secret[SECRET_LEN],
			 struct diag *diag)
{
	bool written = write(fd, secret, SECRET_LEN) == SECRET_LEN && fsync(fd) == 0;
	int error = errno;

	if (close(fd) == 0 && written)
		return RC_OK;
	return diag_fail(diag, RC_IO, "cannot write %s: %s", path, strerror(error));
}

/* A new file in the place of the old one: never half of one. */
static enum rc write_secret(const char *path, const uint8_t secret[SECRET_LEN], struct diag *diag)
{
	char fresh[544];
	int fd;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return diag_fail(diag, RC_IO, "cannot make %s: %s", fresh, strerror(errno));
	TRY(write_all(fd, fresh, secret, diag));
	if (rename(fresh, path) != 0)
		return diag_fail(diag, RC_IO, "cannot rename %s: %s", fresh, strerror(errno));
	return RC_OK;
}

enum rc crash_secret(const char *statedir, uint8_t secret[SECRET_LEN], struct diag *diag)
{
	char path[512];
	enum rc rc;
	int len = snprintf(path, sizeof(path), "%s/crash.secret", statedir);

	if (len >= (int)sizeof(path))
		return diag_fail(diag, RC_LIMIT, "the path %.80s... is too long", statedir);
	rc = read_secret(path, secret, diag);
	if (rc != RC_NOT_FOUND)
		return rc;
	if (getrandom(secret, SECRET_LEN, 0) != SECRET_LEN)
		return diag_fail(diag, RC_IO, "no random numbers");
	rc = write_secret(path, secret, diag);
	if (rc != RC_OK)
		wipe(secret, SECRET_LEN);
	return rc;
}

void crash_secret_give(struct daemon *daemon, const char *statedir)
{
	uint8_t secret[SECRET_LEN];
	struct diag diag = { "" };

	if (crash_secret(statedir, secret, &diag) == RC_OK)
		gateway_crash_secret(daemon->gateway, secret);
	else
		log_write(daemon->log, LOG_LEVEL_WARNING, NULL,
			  "peers will notice a restart of this host late: %s", diag.text);
	wipe(secret, sizeof(secret));
}
