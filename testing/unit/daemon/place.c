/* SPDX-License-Identifier: Apache-2.0 */
#include <ftw.h>
#include "crypto/crypto.h"
#include "unit/daemon/place.h"

void place_begin(struct place *place)
{
	*place = (struct place){ .next = 0 };
	(void)snprintf(place->dir, sizeof(place->dir), "/tmp/vanth-daemon-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
}

const char *place_path(struct place *place, const char *name)
{
	char *path = place->paths[place->next++ % 64];
	size_t len = strlen(place->dir);

	assert_true(len + 1 + strlen(name) < sizeof(place->paths[0]));
	memcpy(path, place->dir, len);
	path[len] = '/';
	memcpy(path + len + 1, name, strlen(name) + 1);
	return path;
}

const char *place_file(struct place *place, const char *name, const char *text, mode_t mode)
{
	const char *path = place_path(place, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
	return path;
}

static int place_remove_one(const char *path, const struct stat *state, int kind, struct FTW *where)
{
	(void)state;
	(void)kind;
	(void)where;
	return remove(path);
}

void place_end(struct place *place)
{
	assert_int_equal(nftw(place->dir, place_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int place_crypto_open(void **state)
{
	struct diag diag;

	(void)state;
	return crypto_open(NULL, false, &diag) == RC_OK ? 0 : 1;
}

int place_crypto_close(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}
