/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/nss.h"
#include "crypto/probe.h"
#include "unit/crypto/crypto_test.h"

/* RFC 5903 §8.1, §8.2, §8.3; RFC 7748 §6.1 (Bob) */
static const struct {
	uint16_t id;
	const char *private, *public, *peer, *shared;
} vectors[] = {
	{ DH_ECP_256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252"
	  "d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e"
	  "8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	{ DH_ECP_384,
	  "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee"
	  "3faef896783ab194",
	  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4"
	  "c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38e"
	  "eb9fcff3c2c947dae69b4c634573a81c",
	  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def9"
	  "6fda41d0774a3571dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1ff"
	  "f83fa40142209dff5eaad96db9e6386c",
	  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d0"
	  "9cf5d4a270f59746" },
	{ DH_ECP_521,
	  "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c295"
	  "2c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52",
	  "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e38"
	  "0aeae57c2d107564941885942af5a7f4601723c4195d176ced3e017cae20b6641d2eeb695786d8c9"
	  "46146239d099e18e1d5a514c739d7cb4a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f15"
	  "07438bf01beb6ca3926f9582",
	  "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e"
	  "95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9460f015c68226383956e3bd066e797b6"
	  "23c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f47"
	  "32296579ab44fcd17f0fc56a",
	  "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa24"
	  "0a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea" },
	{ DH_CURVE25519, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
};
#define VECTORS (sizeof vectors / sizeof *vectors)

static const struct dh_group *group_of(uint16_t id)
{
	const struct dh_alg *alg = crypto_dh(id);
	assert_non_null(alg);
	return dh_group_of(alg);
}

static void every_curve_gives_the_answer_of_its_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct bytes private = hex(vectors[i].private), public = hex(vectors[i].public),
			     peer = hex(vectors[i].peer);
		struct secret shared = { NULL, 0 };
		struct probe_key key;
		assert_ok(probe_import(group_of(vectors[i].id), SPAN_HEX(private), SPAN_HEX(public),
				       &key));
		assert_ok(
			dh_derive(group_of(vectors[i].id), key.key, SPAN_HEX(peer), &shared, NULL));
		assert_bytes(secret_span(&shared), vectors[i].shared);
		secret_wipe(&shared);
		probe_forget(&key);
	}
}

static void refuse(uint16_t id, struct span public)
{
	struct dh_pair *pair = NULL;
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };
	assert_ok(dh_generate(crypto_dh(id), 0, &pair));
	assert_int_equal(dh_compute(pair, public, 0, &out, &diag), RC_BAD_PUBLIC);
	assert_null(out.ptr);
	assert_true(diag.text[0] != '\0');
	dh_free(pair);
}

/* RFC 6989 §2.3 */
static void points_off_the_curve_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		if (vectors[i].id == DH_CURVE25519)
			continue;
		struct bytes peer = hex(vectors[i].peer);
		peer.ptr[peer.len - 1] ^= 1; /* another y */
		refuse(vectors[i].id, SPAN_HEX(peer));
		peer.ptr[peer.len - 1] ^= 1;
		peer.ptr[peer.len / 2 - 1] ^= 1; /* another x */
		refuse(vectors[i].id, SPAN_HEX(peer));
		memset(peer.ptr, 0, peer.len);
		refuse(vectors[i].id, SPAN_HEX(peer));
		memset(peer.ptr, 0xff, peer.len); /* past the field's prime */
		refuse(vectors[i].id, SPAN_HEX(peer));
	}
}

/* A point whose x was raised by the field's prime is the same point in a forbidden dress: P-521 has
 * room for it. */
static void coordinates_past_the_field_are_refused(void **state)
{
	(void)state;
	struct bytes peer = hex(vectors[2].peer);
	unsigned carry = 0; /* x + 2^521 - 1 */
	peer.ptr[0] = (uint8_t)(peer.ptr[0] + 2);
	for (int i = 65; i >= 0; i--) {
		int value = peer.ptr[i] - (i == 65 ? 1 : 0) - (int)carry;
		carry = value < 0;
		peer.ptr[i] = (uint8_t)value;
	}
	refuse(DH_ECP_521, SPAN_HEX(peer));
}

/* The points of small order of RFC 7748 §6.1's check: all give an all-zero secret. */
static void curve25519_points_of_small_order_are_refused(void **state)
{
	(void)state;
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000080",
	};
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		struct bytes point = hex(points[i]);
		refuse(DH_CURVE25519, SPAN_HEX(point));
	}
}

/* RFC 7748 §5: the most significant bit of u is ignored. */
static void curve25519_ignores_the_top_bit(void **state)
{
	(void)state;
	struct bytes peer = hex(vectors[3].peer);
	struct dh_pair *pair = NULL;
	struct secret plain = { NULL, 0 }, topped = { NULL, 0 };
	assert_ok(dh_generate(crypto_dh(DH_CURVE25519), 0, &pair));
	assert_ok(dh_compute(pair, SPAN_HEX(peer), 0, &plain, NULL));
	peer.ptr[31] ^= 0x80;
	assert_ok(dh_compute(pair, SPAN_HEX(peer), 0, &topped, NULL));
	assert_true(secret_equal(secret_span(&plain), secret_span(&topped)));
	secret_wipe(&plain);
	secret_wipe(&topped);
	dh_free(pair);
}

static void a_curve_is_named_by_its_object_identifier(void **state)
{
	(void)state;
	uint8_t der[DH_CURVE_DER_MAX];
	size_t len = dh_curve_der(SEC_OID_SECG_EC_SECP256R1, der);
	assert_bytes(span_make(der, len), "06082a8648ce3d030107");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_curve_gives_the_answer_of_its_rfc),
		cmocka_unit_test(points_off_the_curve_are_refused),
		cmocka_unit_test(coordinates_past_the_field_are_refused),
		cmocka_unit_test(curve25519_points_of_small_order_are_refused),
		cmocka_unit_test(curve25519_ignores_the_top_bit),
		cmocka_unit_test(a_curve_is_named_by_its_object_identifier),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
