/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"

static const uint8_t nonce[32] = { 1, 2, 3 };
#define NI    SPAN_OF(nonce)
#define SPI_I 0x1122334455667788u

struct baked {
	struct ip_endpoint remote;
	uint8_t bytes[COOKIE_LEN];
};

static struct baked bake(struct sas_fixture *f, usec_t now)
{
	struct baked out = { .remote = sas_endpoint("192.0.2.2", 500) };

	assert_int_equal(cookie_make(&f->sas, now, NI, &out.remote, SPI_I, out.bytes), RC_OK);
	return out;
}

static bool good(struct sas_fixture *f, usec_t now, const struct baked *baked)
{
	return cookie_good(&f->sas, now, SPAN_OF(baked->bytes), NI, &baked->remote, SPI_I);
}

static void cookie_is_good_for_whom_it_was_made(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	usec_t now = host_now(f.host);
	struct baked cookie = bake(&f, now);
	assert_true(good(&f, now, &cookie));
	sas_end(&f);
}

static void cookie_of_another_address_port_spi_or_nonce_is_bad(void **state)
{
	struct sas_fixture f;
	static const uint8_t other_nonce[32] = { 9 };

	(void)state;
	sas_begin(&f, SAS_CONN);
	usec_t now = host_now(f.host);
	struct baked cookie = bake(&f, now), moved = cookie;
	struct span bytes = SPAN_OF(cookie.bytes);
	moved.remote = sas_endpoint("192.0.2.3", 500);
	assert_false(good(&f, now, &moved));
	moved.remote = sas_endpoint("192.0.2.2", 501);
	assert_false(good(&f, now, &moved));
	assert_false(cookie_good(&f.sas, now, bytes, NI, &cookie.remote, SPI_I + 1));
	assert_false(cookie_good(&f.sas, now, bytes, SPAN_OF(other_nonce), &cookie.remote, SPI_I));
	sas_end(&f);
}

static void cookie_with_any_bit_flipped_or_another_length_is_bad(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	usec_t now = host_now(f.host);
	struct baked cookie = bake(&f, now);
	uint8_t longer[COOKIE_LEN + 1] = { 0 };
	memcpy(longer, cookie.bytes, COOKIE_LEN);
	for (size_t len = 0; len <= sizeof(longer); len++)
		assert_int_equal(
			cookie_good(&f.sas, now, span_make(longer, len), NI, &cookie.remote, SPI_I),
			len == COOKIE_LEN);
	for (unsigned bit = 0; bit < COOKIE_LEN * 8; bit++) {
		struct baked bad = cookie;
		bad.bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		assert_false(good(&f, now, &bad));
	}
	sas_end(&f);
}

static void cookie_outlives_one_change_of_the_secret_but_not_two(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	usec_t now = host_now(f.host);
	struct baked old = bake(&f, now);
	struct baked newer = bake(&f, now + 121 * USEC_PER_SEC);
	assert_memory_not_equal(old.bytes, newer.bytes, COOKIE_LEN);
	assert_true(good(&f, now + 121 * USEC_PER_SEC, &old));
	assert_false(good(&f, now + 242 * USEC_PER_SEC, &old));
	assert_true(good(&f, now + 242 * USEC_PER_SEC, &newer));
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookie_is_good_for_whom_it_was_made),
		cmocka_unit_test(cookie_of_another_address_port_spi_or_nonce_is_bad),
		cmocka_unit_test(cookie_with_any_bit_flipped_or_another_length_is_bad),
		cmocka_unit_test(cookie_outlives_one_change_of_the_secret_but_not_two),
	};

	return sas_run(tests);
}
