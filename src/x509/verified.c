/* SPDX-License-Identifier: Apache-2.0 */
/* A table of digests: the place of each is given by its first bytes, the last one there stays. */
#include "x509/verified.h"
#include <pthread.h>
#include <string.h>

#define DIGEST_LEN 32
#define PLACES	   8192 /* 256 kB, when the first peer with a certificate comes */

struct verified {
	pthread_mutex_t lock;
	uint8_t (*digests)[DIGEST_LEN]; /* NULL: none yet */
};

static bool digest_of(const struct certificate *child, const struct certificate *issuer,
		      uint8_t digest[DIGEST_LEN])
{
	const struct span parts[] = { issuer->spki, child->der };
	return hash_sha256(parts, 2, digest) == RC_OK;
}

static uint8_t *place_of(const struct verified *verified, const uint8_t digest[DIGEST_LEN])
{
	return verified->digests[(digest[0] << 8 | digest[1]) % PLACES];
}

struct verified *verified_new(void)
{
	struct verified *verified = mem_alloc(sizeof(*verified));
	if (verified != NULL)
		pthread_mutex_init(&verified->lock, NULL);
	return verified;
}

void verified_free(struct verified *verified)
{
	if (verified == NULL)
		return;
	pthread_mutex_destroy(&verified->lock);
	mem_free(verified->digests);
	mem_free(verified);
}

bool verified_holds(struct verified *verified, const struct certificate *child,
		    const struct certificate *issuer)
{
	uint8_t digest[DIGEST_LEN];
	bool found;

	if (!digest_of(child, issuer, digest))
		return false;
	pthread_mutex_lock(&verified->lock);
	found = verified->digests != NULL &&
		span_equal(SPAN_OF(digest), span_make(place_of(verified, digest), DIGEST_LEN));
	pthread_mutex_unlock(&verified->lock);
	return found;
}

void verified_keep(struct verified *verified, const struct certificate *child,
		   const struct certificate *issuer)
{
	uint8_t digest[DIGEST_LEN];

	if (!digest_of(child, issuer, digest))
		return;
	pthread_mutex_lock(&verified->lock);
	if (verified->digests == NULL)
		verified->digests = mem_alloc(PLACES * sizeof(*verified->digests));
	if (verified->digests != NULL)
		memcpy(place_of(verified, digest), digest, DIGEST_LEN);
	pthread_mutex_unlock(&verified->lock);
}
