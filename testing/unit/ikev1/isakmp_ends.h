/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of an ISAKMP SA with keys, and nothing else, for each kind of suite. */
#ifndef VANTH_TEST_ISAKMP_ENDS_H
#define VANTH_TEST_ISAKMP_ENDS_H

#include "ikev1/private.h"
#include "unit/test.h"

#define CKY_I 0x1112131415161718u
#define CKY_R 0x2122232425262728u

static const struct {
	uint16_t encr, bits, prf;
} isakmp_suites[] = {
	{ ENCR_3DES, 192, PRF_HMAC_MD5 },
	{ ENCR_AES_CBC, 128, PRF_HMAC_SHA1 },
	{ ENCR_AES_CBC, 256, PRF_HMAC_SHA2_256 },
	{ ENCR_AES_CBC, 256, PRF_HMAC_SHA2_512 },
};
#define ISAKMP_SUITES (sizeof(isakmp_suites) / sizeof(isakmp_suites[0]))

struct isakmp_ends {
	struct ike_sa initiator, responder;
	struct arena arena;
	uint8_t wire[4096];
};

static inline struct ike_suite isakmp_suite(unsigned which)
{
	struct ike_suite suite = { .encr = ikev1_encr(isakmp_suites[which].encr),
				   .prf = ikev1_prf(isakmp_suites[which].prf),
				   .encr_key_bits = isakmp_suites[which].bits };

	assert_non_null(suite.encr);
	assert_non_null(suite.prf);
	return suite;
}

/* Different for each value of `from`. */
static inline struct ike_keys isakmp_keys(const struct ike_suite *suite, uint32_t from)
{
	static const uint8_t nonce[32] = { 1 };
	const struct ikev1_exchange exchange = {
		.cky_i = CKY_I,
		.cky_r = CKY_R,
		.ni = SPAN_OF(nonce),
		.nr = SPAN_OF(nonce),
		.public_i = SPAN_OF("g^xi"),
		.public_r = SPAN_OF("g^xr"),
		.shared = span_make(&from, sizeof(from)),
	};
	struct ike_keys keys = { { NULL, 0 } };

	assert_int_equal(ikev1_keys_derive(suite, &exchange, SPAN_OF("shared key"), &keys), RC_OK);
	return keys;
}

static inline void isakmp_end_begin(struct ike_sa *sa, enum ike_role role, unsigned which)
{
	*sa = (struct ike_sa){ .spi_i = CKY_I, .spi_r = CKY_R, .state = IKE_ESTABLISHED };
	sa->role = (uint8_t)role;
	sa->suite = isakmp_suite(which);
	sa->v1 = isakmp_new();
	assert_non_null(sa->v1);
	assert_int_equal(ikev1_iv_first(&sa->suite, SPAN_OF("g^xi"), SPAN_OF("g^xr"), sa->v1->iv),
			 RC_OK);
	sa->keys = isakmp_keys(&sa->suite, 1);
}

static inline void isakmp_ends_begin(struct isakmp_ends *ends, unsigned which)
{
	isakmp_end_begin(&ends->initiator, INITIATOR, which);
	isakmp_end_begin(&ends->responder, RESPONDER, which);
	arena_init(&ends->arena, 1u << 26);
}

static inline void isakmp_ends_end(struct isakmp_ends *ends)
{
	ike_keys_wipe(&ends->initiator.keys);
	ike_keys_wipe(&ends->responder.keys);
	isakmp_free(ends->initiator.v1);
	isakmp_free(ends->responder.v1);
	arena_free(&ends->arena);
}

/* main() of such a test: crypto is open while it runs. */
#define isakmp_run(tests)                                                                          \
	(crypto_open(NULL, false, NULL) == RC_OK                                                   \
		 ? isakmp_close(cmocka_run_group_tests(tests, NULL, NULL))                         \
		 : 1)
static inline int isakmp_close(int failed)
{
	crypto_close();
	return failed;
}

#endif
