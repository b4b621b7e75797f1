/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of an IKE SA with keys, and nothing else, for each kind of suite. */
#ifndef VANTH_TEST_ENDS_H
#define VANTH_TEST_ENDS_H

#include "ikev2/private.h"
#include "unit/test.h"

static const struct {
	uint16_t encr, bits, integ;
} suites[] = {
	{ ENCR_AES_GCM_16, 256, INTEG_NONE },
	{ ENCR_CHACHA20_POLY1305, 256, INTEG_NONE },
	{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA2_256_128 },
	{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA2_512_256 },
};
#define SUITES (sizeof(suites) / sizeof(suites[0]))

struct ends {
	struct ike_sa initiator, responder;
	struct arena arena;
	uint8_t wire[65536], text[8192];
	uint64_t counter;
};

static inline void ends_begin(struct ends *ends, unsigned which)
{
	static const uint8_t nonce[32] = { 1 }, shared[32] = { 2 };
	struct ike_suite suite = { .encr = crypto_encr(suites[which].encr),
				   .integ = suites[which].integ != INTEG_NONE
						    ? crypto_integ(suites[which].integ)
						    : NULL,
				   .prf = crypto_prf(PRF_HMAC_SHA2_256),
				   .encr_key_bits = suites[which].bits };

	*ends = (struct ends){ .initiator = { .spi_i = 1, .spi_r = 2, .role = INITIATOR },
			       .responder = { .spi_i = 1, .spi_r = 2, .role = RESPONDER },
			       .counter = 1 };
	ends->initiator.suite = ends->responder.suite = suite;
	for (size_t i = 0; i < sizeof(ends->text); i++)
		ends->text[i] = (uint8_t)(i * 7);
	arena_init(&ends->arena, 1u << 26);
	assert_int_equal(ike_keys_derive(&suite, SPAN_OF(nonce), SPAN_OF(nonce), SPAN_OF(shared), 1,
					 2, &ends->initiator.keys),
			 RC_OK);
	ends->responder.keys = ends->initiator.keys;
}

static inline void ends_end(struct ends *ends)
{
	ike_keys_wipe(&ends->initiator.keys);
	arena_free(&ends->arena);
}

#endif
