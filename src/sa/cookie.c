/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies of the responder (RFC 7296 §2.6): stateless, from a secret that is replaced every two
 * minutes; the one before is still good. */
#include <string.h>
#include "sa/sa.h"

#define COOKIE_ROTATION (120 * USEC_PER_SEC)

static void rotate(struct sas *sas, usec_t now)
{
	uint8_t fresh[32];

	if (now - sas->cookie_rotated < COOKIE_ROTATION)
		return;
	if (host_random(sas->host, fresh, sizeof(fresh)) != RC_OK)
		return; /* the old secret serves until there is randomness again */
	sas->cookie_version++;
	memcpy(sas->cookie_secret[sas->cookie_version & 1], fresh, sizeof(fresh));
	wipe(fresh, sizeof(fresh));
	sas->cookie_rotated = now;
}

static enum rc compute(const struct sas *sas, uint8_t version, struct span ni,
		       const struct ip_endpoint *remote, uint64_t spi_i, uint8_t out[COOKIE_LEN])
{
	struct span parts[] = {
		{ sas->cookie_secret[version & 1], 32 },
		{ (const uint8_t *)&spi_i, sizeof(spi_i) },
		{ remote->addr.bytes, sizeof(remote->addr.bytes) },
		{ (const uint8_t *)&remote->port, sizeof(remote->port) },
		ni,
	};

	out[0] = version;
	return hash_sha256(parts, sizeof(parts) / sizeof(parts[0]), out + 1);
}

enum rc cookie_make(struct sas *sas, usec_t now, struct span ni, const struct ip_endpoint *remote,
		    uint64_t spi_i, uint8_t out[COOKIE_LEN])
{
	rotate(sas, now);
	return compute(sas, sas->cookie_version, ni, remote, spi_i, out);
}

bool cookie_good(struct sas *sas, usec_t now, struct span cookie, struct span ni,
		 const struct ip_endpoint *remote, uint64_t spi_i)
{
	uint8_t expected[COOKIE_LEN];
	uint8_t age;

	rotate(sas, now);
	if (cookie.len != COOKIE_LEN)
		return false;
	age = (uint8_t)(sas->cookie_version - cookie.ptr[0]);
	if (age > 1)
		return false;
	if (compute(sas, cookie.ptr[0], ni, remote, spi_i, expected) != RC_OK)
		return false;
	return secret_equal(span_make(expected, sizeof(expected)), cookie);
}
