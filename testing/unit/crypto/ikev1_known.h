/* SPDX-License-Identifier: Apache-2.0 */
/* What IKEv1's crypto must give, made with Python's hashlib and hmac after RFC 2409 and with
 * OpenSSL's ciphers: for the exchange of known_exchange(), a preshared key or signatures. */
#ifndef VANTH_IKEV1_KNOWN_H
#define VANTH_IKEV1_KNOWN_H

#include "crypto/ikev1.h"
#include "unit/crypto/crypto_test.h"

#define KNOWN_PSK	 "a preshared key"
#define KNOWN_MESSAGE_ID 0x5b3f0a11u
#define KNOWN_COUNT	 5

struct known {
	uint16_t prf, encr, key_bits;
	bool psk;
	const char *skeyid, *d, *a, *e, *key, *hash_i, *hash_r, *hash_1;
	const char *keymat, *keymat_plain; /* with PFS, and without */
	const char *iv, *first, *second;   /* of phase 1, and two messages */
	const char *iv_exchange, *third;   /* of phase 2, and its first message */
};
extern const struct known known[KNOWN_COUNT];

static inline void count_up(uint8_t *bytes, size_t len, uint8_t from)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(from + i);
}

struct known_exchange {
	uint8_t ni[16], nr[20], public_i[64], public_r[64], shared[64];
	struct ikev1_exchange exchange;
};
/* Points into itself. */
void known_exchange(struct known_exchange *out);
struct ike_suite known_suite(const struct known *row);
/* The keys of a row, derived. */
struct ike_keys known_keys(const struct known *row);

#endif
