/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers come from getrandom(2), not from NSS: the folders below crypto/ do not depend on
 * NSS, and SPIs and nonces are wanted before it is initialised. One system call serves many small
 * requests; what was given away is wiped from the pool at once, so that nothing left behind tells
 * an earlier nonce. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include "host/real/real.h"

#define ENTROPY_POOL 1024

static enum rc entropy_from_kernel(uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t got = getrandom(out, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return RC_IO;
		out += got;
		len -= (size_t)got;
	}
	return RC_OK;
}

void entropy_wipe(struct entropy *entropy)
{
	secret_wipe(&entropy->pool);
}

static enum rc entropy_fill(struct entropy *entropy)
{
	if (entropy->pool.ptr == NULL)
		TRY(secret_alloc(&entropy->pool, ENTROPY_POOL));
	entropy->used = ENTROPY_POOL; /* in case the next line fails */
	TRY(entropy_from_kernel(entropy->pool.ptr, ENTROPY_POOL));
	entropy->used = 0;
	return RC_OK;
}

enum rc entropy_random(struct host *host, void *out, size_t len)
{
	struct entropy *entropy = &real_of(host)->entropy;

	if (len > ENTROPY_POOL / 4)
		return entropy_from_kernel(out, len);
	if (entropy->pool.ptr == NULL || ENTROPY_POOL - entropy->used < len)
		TRY(entropy_fill(entropy));
	memcpy(out, entropy->pool.ptr + entropy->used, len);
	wipe(entropy->pool.ptr + entropy->used, len);
	entropy->used += len;
	return RC_OK;
}
