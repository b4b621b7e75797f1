/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign_private.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

static enum rc from_der(const char *text)
{
	uint8_t raw[2 * CURVE_LEN_MAX];
	struct bytes der = hex(text);
	return ecdsa_to_raw(curve_of(KEY_ECDSA_P256), SIGNATURE_DER, SPAN_HEX(der), raw);
}

static void both_forms_say_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < RFC4754_COUNT; i++) {
		const struct curve *curve = curve_of(rfc4754[i].kind);
		struct bytes raw = hex(rfc4754[i].signature);
		uint8_t out[160], again[2 * CURVE_LEN_MAX];
		size_t len;
		assert_ok(ecdsa_from_raw(curve, SIGNATURE_DER, raw.ptr, out, &len));
		assert_true(len <= ecdsa_der_max(curve));
		assert_ok(ecdsa_to_raw(curve, SIGNATURE_DER, span_make(out, len), again));
		assert_memory_equal(again, raw.ptr, raw.len);
		assert_ok(ecdsa_from_raw(curve, SIGNATURE_RAW, raw.ptr, out, &len));
		assert_int_equal(len, raw.len);
		assert_memory_equal(out, raw.ptr, raw.len);
		assert_ok(ecdsa_to_raw(curve, SIGNATURE_RAW, span_make(out, len), again));
	}
}

static void the_largest_numbers_have_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < curve_count; i++) {
		uint8_t raw[2 * CURVE_LEN_MAX], out[160];
		size_t len;
		memset(raw, 0xff, sizeof raw);
		assert_ok(ecdsa_from_raw(&curves[i], SIGNATURE_DER, raw, out, &len));
		assert_true(len <= ecdsa_der_max(&curves[i]));
	}
}

static void small_numbers_are_padded(void **state)
{
	(void)state;
	uint8_t raw[64], want[64] = { 0 };
	struct bytes der = hex("3007020103020200ff");
	want[31] = 3;
	want[63] = 0xff;
	assert_ok(ecdsa_to_raw(curve_of(KEY_ECDSA_P256), SIGNATURE_DER, SPAN_HEX(der), raw));
	assert_memory_equal(raw, want, sizeof want);
}

static void der_is_strict(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"3000",
		"3003020101",		  /* no s */
		"300602010102010100",	  /* bytes behind it */
		"3009020101020101020101", /* three numbers */
		"30810602010102"
		"0101", /* a long length */
		"3080020101020101"
		"0000",		      /* indefinite */
		"300702020001020101", /* a leading zero */
		"3006020181020101",   /* negative */
		"3006020100020101",   /* r = 0 */
		"3006020101020100",   /* s = 0 */
		"3005020002"
		"0101",		    /* an empty number */
		"3106020101020101", /* a SET */
		"3006030101020101", /* no INTEGER */
	};
	assert_ok(from_der("3006020101020101"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(from_der(bad[i]), RC_AUTH_FAILED);
}

static void numbers_lie_below_the_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < curve_count; i++) {
		const struct curve *curve = &curves[i];
		uint8_t raw[2 * CURVE_LEN_MAX] = { 0 }, out[160], again[2 * CURVE_LEN_MAX];
		size_t len, last = curve->len - 1u;
		raw[last] = raw[2 * curve->len - 1] = 1;
		for (size_t half = 0; half < 2; half++) {
			uint8_t *number = raw + half * curve->len;
			memcpy(number, curve->order, curve->len);
			assert_int_equal(ecdsa_to_raw(curve, SIGNATURE_RAW,
						      span_make(raw, 2u * curve->len), again),
					 RC_AUTH_FAILED);
			assert_ok(ecdsa_from_raw(curve, SIGNATURE_DER, raw, out, &len));
			assert_int_equal(
				ecdsa_to_raw(curve, SIGNATURE_DER, span_make(out, len), again),
				RC_AUTH_FAILED);
			number[last]--;
			assert_ok(ecdsa_to_raw(curve, SIGNATURE_RAW,
					       span_make(raw, 2u * curve->len), again));
			memset(number, 0, last);
			number[last] = 1;
		}
	}
}

/* One byte longer than the curve's, though it begins with 0 in r | s. */
static void numbers_have_the_curves_length(void **state)
{
	(void)state;
	uint8_t raw[2 * CURVE_LEN_MAX], zeros[66] = { 0 };
	struct bytes der = hex("3026022101000000000000000000000000000000000000000000000000000000000"
			       "0000001020101");
	assert_int_equal(ecdsa_to_raw(curve_of(KEY_ECDSA_P256), SIGNATURE_DER, SPAN_HEX(der), raw),
			 RC_AUTH_FAILED);
	zeros[32] = zeros[65] = 1;
	assert_int_equal(ecdsa_to_raw(curve_of(KEY_ECDSA_P256), SIGNATURE_RAW, SPAN_OF(zeros), raw),
			 RC_AUTH_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_say_the_same),
		cmocka_unit_test(the_largest_numbers_have_room),
		cmocka_unit_test(small_numbers_are_padded),
		cmocka_unit_test(der_is_strict),
		cmocka_unit_test(numbers_lie_below_the_order),
		cmocka_unit_test(numbers_have_the_curves_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
