/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/derive.h"
#include "unit/sa/sas_test.h"

#define NONCE 32

struct end {
	struct ike_sa *sa;
	struct ike_keys keys;
	struct diag diag;
};

static void fill(uint8_t **to, struct span from)
{
	*to = mem_alloc(from.len);
	assert_non_null(*to);
	memcpy(*to, from.ptr, from.len);
}

/* Both ends of one IKE_SA_INIT with that group. */
static void ends_begin(struct sas_fixture *f, uint16_t group, struct end ends[2])
{
	uint8_t nonce[2][NONCE] = { { 1 }, { 2 } };
	struct dh_pair *pairs[2];

	sas_begin(f, SAS_CONN);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(dh_generate(crypto_dh(group), 0, &pairs[i]), RC_OK);
	for (unsigned i = 0; i < 2; i++) {
		ends[i] = (struct end){ .sa = sas_ike(f, i == 0 ? INITIATOR : RESPONDER) };
		struct ike_sa *sa = ends[i].sa;
		sa->suite = (struct ike_suite){ .encr = crypto_encr(ENCR_AES_GCM_16),
						.prf = crypto_prf(PRF_HMAC_SHA2_256),
						.dh = crypto_dh(group),
						.encr_key_bits = 256 };
		fill(&sa->larval->ni, SPAN_OF(nonce[0]));
		fill(&sa->larval->nr, SPAN_OF(nonce[1]));
		sa->larval->ni_size = sa->larval->nr_size = NONCE;
		struct span public = dh_public(pairs[1 - i]);
		fill(&sa->larval->peer_public, public);
		sa->larval->peer_public_len = (uint16_t) public.len;
		sa->larval->pair = pairs[i];
	}
	ends[1].sa->spi_i = ends[0].sa->spi_i;
	ends[0].sa->spi_r = ends[1].sa->spi_r;
}

static enum rc derive(struct arena *arena, struct end *end)
{
	struct slow_work work = ikev2_derive_work(arena, end->sa, &end->keys);

	assert_non_null(work.run);
	assert_null(end->sa->larval->pair); /* it moved to the work */
	return work.run(work.arg, 0, &end->diag);
}

static void ends_end(struct sas_fixture *f, struct end ends[2])
{
	for (unsigned i = 0; i < 2; i++) {
		ike_keys_wipe(&ends[i].keys);
		ike_sa_free(&f->sas, ends[i].sa);
	}
	sas_end(f);
}

static void both_ends_derive_the_same_keys(void **state)
{
	static const uint16_t groups[] = { DH_ECP_256, DH_CURVE25519, DH_MODP_2048 };
	struct sas_fixture f;
	struct end ends[2];
	struct arena arena;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		arena_init(&arena, 65536);
		ends_begin(&f, groups[i], ends);
		assert_int_equal(derive(&arena, &ends[0]), RC_OK);
		assert_int_equal(derive(&arena, &ends[1]), RC_OK);
		assert_true(ends[0].keys.block.len > 0);
		assert_true(secret_equal(secret_span(&ends[0].keys.block),
					 secret_span(&ends[1].keys.block)));
		ends_end(&f, ends);
		arena_free(&arena);
	}
}

static void another_nonce_gives_other_keys(void **state)
{
	struct sas_fixture f;
	struct end ends[2];
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	ends_begin(&f, DH_ECP_256, ends);
	ends[1].sa->larval->nr[5] ^= 1;
	assert_int_equal(derive(&arena, &ends[0]), RC_OK);
	assert_int_equal(derive(&arena, &ends[1]), RC_OK);
	assert_false(
		secret_equal(secret_span(&ends[0].keys.block), secret_span(&ends[1].keys.block)));
	ends_end(&f, ends);
	arena_free(&arena);
}

static void point_that_is_not_on_the_curve_gives_no_keys(void **state)
{
	struct sas_fixture f;
	struct end ends[2];
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	ends_begin(&f, DH_ECP_256, ends);
	ends[0].sa->larval->peer_public[40] ^= 1;
	assert_int_not_equal(derive(&arena, &ends[0]), RC_OK);
	assert_null(ends[0].keys.block.ptr);
	ends_end(&f, ends);
	arena_free(&arena);
}

/* The SA must still be able to try again. */
static void without_memory_the_sa_keeps_its_key_pair(void **state)
{
	struct sas_fixture f;
	struct end ends[2];
	struct arena arena;

	(void)state;
	ends_begin(&f, DH_ECP_256, ends);
	for (size_t limit = 16; limit < 300; limit += 16) {
		arena_init(&arena, limit);
		struct slow_work work = ikev2_derive_work(&arena, ends[0].sa, &ends[0].keys);
		if (work.run != NULL) {
			assert_true(limit > 100);
			assert_int_equal(work.run(work.arg, 0, &ends[0].diag), RC_OK);
			arena_free(&arena);
			break;
		}
		assert_non_null(ends[0].sa->larval->pair);
		arena_free(&arena);
	}
	ends_end(&f, ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_derive_the_same_keys),
		cmocka_unit_test(another_nonce_gives_other_keys),
		cmocka_unit_test(point_that_is_not_on_the_curve_gives_no_keys),
		cmocka_unit_test(without_memory_the_sa_keeps_its_key_pair),
	};

	return sas_run(tests);
}
