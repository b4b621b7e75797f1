/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** (Blackman and Vigna), its state filled by splitmix64. Good for tests; never for
 * keys. */
#include <string.h>
#include "private.h"

static uint64_t rotate(uint64_t value, unsigned by)
{
	return (value << by) | (value >> (64 - by));
}

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void generator_init(struct generator *generator, uint64_t seed, uint64_t stream)
{
	uint64_t mixed = seed;
	uint64_t state = splitmix(&mixed) ^ (stream * 0xd1342543de82ef95u);

	for (size_t i = 0; i < 4; i++)
		generator->state[i] = splitmix(&state);
}

uint64_t generator_next(struct generator *generator)
{
	uint64_t *s = generator->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate(s[3], 45);
	return result;
}

void generator_fill(struct generator *generator, void *out, size_t len)
{
	uint8_t *at = out;

	while (len > 0) {
		uint64_t value = generator_next(generator);
		size_t some = len < sizeof(value) ? len : sizeof(value);

		memcpy(at, &value, some);
		at += some;
		len -= some;
	}
}
