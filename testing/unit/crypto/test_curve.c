/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/curve.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

static void the_points_of_rfc4754_lie_on_their_curves(void **state)
{
	(void)state;
	for (size_t i = 0; i < RFC4754_COUNT; i++) {
		const struct curve *curve = curve_of(rfc4754[i].kind);
		struct bytes spki = hex(rfc4754[i].spki);
		uint8_t *point = spki.ptr + spki.len - 2 * curve->len, swapped[2 * CURVE_LEN_MAX];
		assert_true(curve_has_point(curve, point));
		memcpy(swapped, point + curve->len, curve->len);
		memcpy(swapped + curve->len, point, curve->len);
		assert_false(curve_has_point(curve, swapped));
		for (size_t bit = 0; bit < 16u * curve->len; bit += 5) {
			point[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(curve_has_point(curve, point));
			point[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* y and prime - y are the two roots. */
static void the_mirrored_point_lies_on_the_curve_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < RFC4754_COUNT; i++) {
		const struct curve *curve = curve_of(rfc4754[i].kind);
		struct bytes spki = hex(rfc4754[i].spki);
		uint8_t *y = spki.ptr + spki.len - curve->len;
		int borrow = 0;
		for (size_t at = curve->len; at-- > 0;) {
			int digit = curve->prime[at] - y[at] - borrow;
			borrow = digit < 0;
			y[at] = (uint8_t)digit;
		}
		assert_true(curve_has_point(curve, y - curve->len));
	}
}

/* x = prime is 0 modulo the prime, and (0, root of b) lies on the curve: but it is no coordinate.
 */
static void coordinates_lie_below_the_prime(void **state)
{
	(void)state;
	static const struct {
		enum key_kind kind;
		const char *root;
	} roots[] = {
		{ KEY_ECDSA_P256,
		  "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4" },
		{ KEY_ECDSA_P384, "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793"
				  "406d80d2b91ad54f9048bd487af1ade1" },
		{ KEY_ECDSA_P521, "012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97769011c071"
				  "9eb439cfab2a88d40fe59a2bed1f43557169a2d0a2ccd280c607b92bbf51ffe0"
				  "b078" },
	};
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		const struct curve *curve = curve_of(roots[i].kind);
		struct bytes y = hex(roots[i].root);
		uint8_t point[2 * CURVE_LEN_MAX] = { 0 };
		memcpy(point + curve->len, y.ptr, curve->len);
		assert_true(curve_has_point(curve, point));
		memcpy(point, curve->prime, curve->len);
		assert_false(curve_has_point(curve, point));
	}
}

static void scalars_lie_between_zero_and_the_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < curve_count; i++) {
		const struct curve *curve = &curves[i];
		uint8_t number[CURVE_LEN_MAX] = { 0 };
		assert_false(curve_has_scalar(curve, number));
		number[curve->len - 1] = 1;
		assert_true(curve_has_scalar(curve, number));
		memcpy(number, curve->order, curve->len);
		assert_false(curve_has_scalar(curve, number));
		number[curve->len - 1]--; /* the orders are odd */
		assert_true(curve_has_scalar(curve, number));
		memset(number, 0xff, sizeof number);
		assert_false(curve_has_scalar(curve, number));
	}
}

static void other_kinds_have_no_curve(void **state)
{
	(void)state;
	assert_null(curve_of(KEY_RSA));
	assert_null(curve_of(KEY_ED25519));
	assert_null(curve_by_oid(SPAN_NONE));
	for (size_t i = 0; i < curve_count; i++)
		assert_ptr_equal(curve_by_oid(curves[i].oid), curve_of(curves[i].kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_points_of_rfc4754_lie_on_their_curves),
		cmocka_unit_test(the_mirrored_point_lies_on_the_curve_too),
		cmocka_unit_test(coordinates_lie_below_the_prime),
		cmocka_unit_test(scalars_lie_between_zero_and_the_order),
		cmocka_unit_test(other_kinds_have_no_curve),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
