/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "base/der.h"
#include "base/names.h"
#include "crypto/nss.h"
#include "crypto/sign_private.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

/* clang-format off */
/* made with OpenSSL */
static const char explicit_curve[] =
	"3082014b3082010306072a8648ce3d02013081f7020101302c06072a8648ce3d0101022100ffffff"
	"ff00000001000000000000000000000000ffffffffffffffffffffffff305b0420ffffffff000000"
	"01000000000000000000000000fffffffffffffffffffffffc04205ac635d8aa3a93e7b3ebbd5576"
	"9886bc651d06b0cc53b0f63bce3c3e27d2604b031500c49d360886e704936a6678e1139d26b7819f"
	"7e900441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342"
	"e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5022100ffffffff00000000"
	"ffffffffffffffffbce6faada7179e84f3b9cac2fc6325510201010342000409d8c30c4c0b01a260"
	"89d5283648a6f31737d4c087f21ab4df76da3615dfecc1e64dcc52bc7c9e2b283ffe15130de4d262"
	"06e86cf837f8e516f6d6ca6898e2dd";
static const char secp256k1[] =
	"3056301006072a8648ce3d020106052b8104000a03420004fe76bd4798290d38e50c45b4690691d4"
	"8a0b060389012a41853013db2b12e79cd0066f8fb4812fb66edd7d49447cc81d4e049e7d4dbed248"
	"3d6b2deb43a50318";
static const char compressed_point[] =
	"3039301306072a8648ce3d020106082a8648ce3d030107032200020a031d32dcb3c242394cc1269a"
	"05a899ea4e5d2a1554f3c8740afab38504b06a";
static const char rsa_pss_key[] =
	"30820120300b06092a864886f70d01010a0382010f003082010a0282010100b2dd68c87cac73bda9"
	"682011fbb2b450bdcb393e422a9a3cf10588f1f9a66e235236daf0ef0b6b5d231b88e9be936a7129"
	"b414af5b3a6b47bb0d6c78ca3f15435633d8aed931e9e41ab2c06f22476aa50812ef7cadb21f7d6f"
	"a2fb5a09cd8fa9b8a983405e00d25f74e341a39bd79cbd101cc9d61fef6bc36f14151c6f036d1a20"
	"d4f35bd8e4b4550a71072052f3807b4c98ab9a3c2b7c50f6f15f112b5d69242ae6f8ce2ea1859506"
	"168604fb4b2ab48604132918725657856415b76050da4d3b8ddcb8f24115586b7337cbc60a8da7f3"
	"08bf5a30eb834bae0d5aa340896cfcb7ceca248231e67faf2e915e74bd4e362abed6606397ba40b3"
	"f168a2a10119030203010001";
/* clang-format on */

static const uint8_t f4[] = { 1, 0, 1 };

/* Refused, with a diag that has this in it. */
static void refused(struct span spki, const char *why)
{
	struct public_key *key = NULL;
	struct diag diag = { "" };
	assert_int_equal(public_key_from_spki(spki, &key, &diag), RC_BAD_PUBLIC);
	assert_null(key);
	if (strstr(diag.text, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", diag.text, why);
}

static void refused_hex(const char *text, const char *why)
{
	struct bytes bytes = hex(text);
	refused(SPAN_HEX(bytes), why);
}

static enum rc rsa_key(struct span modulus, struct span exponent, struct diag *diag)
{
	static uint8_t buffer[8192];
	struct public_key *key = NULL;
	struct sink sink;
	sink_init(&sink, buffer, sizeof buffer);
	assert_ok(spki_of_rsa(modulus, exponent, &sink));
	enum rc rc = public_key_from_spki(sink_written(&sink), &key, diag);
	public_key_unref(key);
	return rc;
}

static void refused_rsa(struct span modulus, struct span exponent, const char *why)
{
	struct diag diag = { "" };
	assert_int_equal(rsa_key(modulus, exponent, &diag), RC_BAD_PUBLIC);
	if (strstr(diag.text, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", diag.text, why);
}

static void a_key_is_what_it_says(void **state)
{
	(void)state;
	struct public_key *rsa = key_of(rsa_spki), *again = key_of(rsa_spki);
	struct bytes spki = hex(rsa_spki);
	assert_int_equal(public_key_kind(rsa), KEY_RSA);
	assert_int_equal(public_key_bits(rsa), 2048);
	assert_true(span_equal(public_key_spki(rsa), SPAN_HEX(spki)));
	assert_true(public_key_equal(rsa, again));
	assert_int_equal(signature_max(rsa), 256);
	static const unsigned bits[] = { 256, 384, 521 };
	for (size_t i = 0; i < RFC4754_COUNT; i++) {
		struct public_key *ec = key_of(rfc4754[i].spki);
		assert_int_equal(public_key_kind(ec), rfc4754[i].kind);
		assert_int_equal(public_key_bits(ec), bits[i]);
		assert_false(public_key_equal(ec, rsa));
		public_key_unref(ec);
	}
	char text[24];
	assert_string_equal(names_text(&key_kind_names, KEY_ECDSA_P521, text, sizeof text),
			    "ECDSA P-521");
	assert_ptr_equal(public_key_ref(rsa), rsa);
	public_key_unref(rsa);
	public_key_unref(rsa);
	public_key_unref(again);
	public_key_unref(NULL);
}

/* PK11_MakeIDFromPubKey does the same. */
static void its_id_is_what_nss_calls_it(void **state)
{
	(void)state;
	struct public_key *keys[] = { key_of(rsa_spki), key_of(rfc4754[0].spki) };
	for (size_t i = 0; i < 2; i++) {
		struct span bits = i == 0 ? keys[i]->modulus : keys[i]->point;
		SECItem value = nss_item(bits.ptr, bits.len), *id = PK11_MakeIDFromPubKey(&value);
		uint8_t ours[KEY_ID_LEN];
		public_key_id(keys[i], ours);
		assert_int_equal(id->len, KEY_ID_LEN);
		assert_memory_equal(id->data, ours, KEY_ID_LEN);
		SECITEM_FreeItem(id, PR_TRUE);
		public_key_unref(keys[i]);
	}
}

static void rsa_exponents_are_odd_and_of_sane_size(void **state)
{
	(void)state;
	struct public_key *key = key_of(rsa_spki);
	static const uint8_t three[] = { 3 }, zero[] = { 0 }, one[] = { 1 }, two[] = { 2 };
	static const uint8_t even[] = { 1, 0, 0 };
	static const uint8_t most[] = { 255, 255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t huge[] = { 1, 0, 0, 0, 0, 0, 0, 0, 1 };
	assert_ok(rsa_key(key->modulus, SPAN_OF(three), NULL));
	assert_ok(rsa_key(key->modulus, SPAN_OF(most), NULL));
	refused_rsa(key->modulus, SPAN_OF(zero), "at least 3");
	refused_rsa(key->modulus, SPAN_OF(one), "at least 3");
	refused_rsa(key->modulus, SPAN_OF(two), "at least 3");
	refused_rsa(key->modulus, SPAN_OF(even), "even");
	refused_rsa(key->modulus, SPAN_OF(huge), "65 bits");
	refused_rsa(key->modulus, key->modulus, "at most 64");
	public_key_unref(key);
}

static void rsa_moduli_are_odd_and_of_sane_size(void **state)
{
	(void)state;
	static uint8_t modulus[4096];
	memset(modulus, 0x7f, sizeof modulus);
	modulus[0] = 0x80;
	static const struct {
		size_t len;
		const char *why; /* NULL: good */
	} sizes[] = { { 1, "8 bits" }, { 128, "1024 bits" }, { 255, "2040 bits" },  { 256, NULL },
		      { 257, NULL },   { 2048, NULL },	     { 2049, "16392 bits" } };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint8_t *last = &modulus[sizes[i].len - 1], kept = *last;
		*last = i == 0 ? 0x81 : 0x7f;
		if (sizes[i].why == NULL)
			assert_ok(rsa_key(span_make(modulus, sizes[i].len), SPAN_OF(f4), NULL));
		else
			refused_rsa(span_make(modulus, sizes[i].len), SPAN_OF(f4), sizes[i].why);
		*last = kept;
	}
	modulus[0] = 0x7f; /* 2047 bits */
	refused_rsa(span_make(modulus, 256), SPAN_OF(f4), "2047 bits");
	refused_rsa(SPAN_NONE, SPAN_OF(f4), "0 bits");
	refused_rsa(span_make(modulus, 4096), SPAN_OF(f4), "at most");
	modulus[0] = 0x80;
	modulus[255] = 0x7e;
	refused_rsa(span_make(modulus, 256), SPAN_OF(f4), "even");
}

static void der_is_strict(void **state)
{
	(void)state;
	refused(SPAN_NONE, "no SubjectPublicKeyInfo");
	refused_hex("3000", "no SubjectPublicKeyInfo");
	refused_hex("3080300d06092a864886f70d01010105000300", "no SubjectPublicKeyInfo");
	/* no parameters; parameters that are not NULL; a NULL with content */
	refused_hex("3010300b06092a864886f70d01010103010000", "follow");
	refused_hex("3010300b06092a864886f70d010101030100", "parameters");
	refused_hex("3012300d06092a864886f70d010101300003"
		    "0100",
		    "parameters");
	refused_hex("3013300e06092a864886f70d010101050100030100", "parameters");
	/* an empty key; unused bits; another kind */
	refused_hex("3012300d06092a864886f70d0101010500030100", "modulus and an exponent");
	refused_hex("3012300d06092a864886f70d0101010500030101", "no SubjectPublicKeyInfo");
	refused_hex("300f300a06082a8648ce38040105000301", "no SubjectPublicKeyInfo");
	refused_hex("3012300d06092a864886f70d0101030500030100", "1.2.840.113549.1.1.3");
	refused_hex(rsa_pss_key, "1.2.840.113549.1.1.10");
}

static void every_cut_and_every_byte_more_is_refused(void **state)
{
	(void)state;
	const char *const texts[] = { rsa_spki, rfc4754[0].spki, rfc4754[1].spki, rfc4754[2].spki };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct bytes spki = hex(texts[i]);
		for (size_t len = 0; len < spki.len; len++)
			refused(span_make(spki.ptr, len), "");
		refused(span_make(spki.ptr, spki.len + 1), "follow");
	}
}

/* Whatever bit is flipped: another key, or none; never a crash, and never the same key. */
static void no_flipped_bit_gives_the_same_key(void **state)
{
	(void)state;
	struct bytes spki = hex(rfc4754[0].spki), rsa = hex(rsa_spki);
	struct public_key *key = NULL;
	for (size_t bit = 0; bit < 8 * spki.len; bit++) {
		spki.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused(SPAN_HEX(spki), ""); /* no point of the curve differs in one bit only */
		spki.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * rsa.len; bit++) {
		rsa.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (public_key_from_spki(SPAN_HEX(rsa), &key, NULL) == RC_OK) {
			assert_true(span_equal(public_key_spki(key), SPAN_HEX(rsa)));
			public_key_unref(key);
		}
		rsa.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void curves_are_named_and_known(void **state)
{
	(void)state;
	refused_hex(explicit_curve, "spells out its curve");
	refused_hex(secp256k1, "1.3.132.0.10");
	refused_hex(compressed_point, "compressed");
	refused_hex("3010300906072a8648ce3d0201030300"
		    "0400",
		    "does not name its curve");
	/* the implicit curve */
	refused_hex("3010300b06072a8648ce3d02010500030100", "does not name its curve");
}

static void points_lie_on_their_curve(void **state)
{
	(void)state;
	for (size_t i = 0; i < RFC4754_COUNT; i++) {
		struct bytes spki = hex(rfc4754[i].spki);
		size_t len = curve_of(rfc4754[i].kind)->len;
		uint8_t *point = spki.ptr + spki.len - 2 * len;
		point[2 * len - 1] ^= 1;
		refused(SPAN_HEX(spki), "not on its curve");
		memset(point, 0, 2 * len);
		refused(SPAN_HEX(spki), "not on its curve");
		memset(point, 0xff, 2 * len);
		refused(SPAN_HEX(spki), "not on its curve");
		point[-1] = 6; /* hybrid */
		refused(SPAN_HEX(spki), "no uncompressed point");
	}
	/* infinity is one zero byte */
	refused_hex("3019301306072a8648ce3d020106082a8648ce3d03010703020000",
		    "1 bytes instead of 65");
	refused_hex("3018301306072a8648ce3d020106082a8648ce3d030107030100",
		    "0 bytes instead of 65");
}

static void ed25519_is_told_to_be_absent(void **state)
{
	(void)state;
	static const char key[] =
		"302a300506032b6570032100"
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
	if (!sign_works(SIGN_ED25519, KEY_ED25519))
		refused_hex(key, "does not have");
	refused_hex("302c300706032b65700500032100"
		    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		    "parameters");
	refused_hex("3029300506032b6570032000"
		    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af466",
		    "31 bytes");
}

static void rfc3110_goes_both_ways(void **state)
{
	(void)state;
	struct public_key *key = key_of(rsa_spki), *again = NULL, *ec = key_of(rfc4754[0].spki);
	struct arena arena;
	struct span raw;
	arena_init(&arena, 4096);
	assert_ok(public_key_to_rfc3110(key, &arena, &raw));
	assert_int_equal(raw.len, 1 + 3 + 256);
	assert_int_equal(raw.ptr[0], 3);
	assert_ok(public_key_from_rfc3110(raw, &again, NULL));
	assert_true(public_key_equal(key, again));
	public_key_unref(again);
	assert_int_equal(public_key_to_rfc3110(ec, &arena, &raw), RC_UNSUPPORTED);
	arena_free(&arena);
	public_key_unref(key);
	public_key_unref(ec);
}

static void rfc3110_is_strict(void **state)
{
	(void)state;
	struct public_key *key = key_of(rsa_spki), *out = NULL;
	uint8_t raw[600];
	static const struct {
		uint8_t head[8];
		size_t len;
		enum rc rc;
	} heads[] = {
		{ { 3, 1, 0, 1 }, 4, RC_OK },
		{ { 0, 0, 3, 1, 0, 1 }, 6, RC_BAD_PUBLIC }, /* the long form of a short length */
		{ { 0 }, 1, RC_BAD_PUBLIC },
		{ { 0, 0, 0 }, 3, RC_BAD_PUBLIC },
		{ { 4, 0, 1, 0, 1 }, 5, RC_BAD_PUBLIC }, /* a leading zero */
		{ { 3, 1, 0, 1, 0 }, 5, RC_BAD_PUBLIC },
		{ { 255, 1, 0, 1 }, 4, RC_BAD_PUBLIC },
		{ { 0, 255, 255, 1 }, 4, RC_BAD_PUBLIC },
	};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		struct diag diag = { "" };
		memcpy(raw, heads[i].head, heads[i].len);
		memcpy(raw + heads[i].len, key->modulus.ptr, 256);
		assert_int_equal(
			public_key_from_rfc3110(span_make(raw, heads[i].len + 256), &out, &diag),
			heads[i].rc);
		if (heads[i].rc == RC_OK)
			public_key_unref(out);
		else
			assert_string_not_equal(diag.text, "");
	}
	for (size_t len = 0; len < 4; len++)
		assert_int_equal(public_key_from_rfc3110(span_make("\3\1\0\1", len), &out, NULL),
				 RC_BAD_PUBLIC);
	public_key_unref(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_what_it_says),
		cmocka_unit_test(its_id_is_what_nss_calls_it),
		cmocka_unit_test(rsa_exponents_are_odd_and_of_sane_size),
		cmocka_unit_test(rsa_moduli_are_odd_and_of_sane_size),
		cmocka_unit_test(der_is_strict),
		cmocka_unit_test(every_cut_and_every_byte_more_is_refused),
		cmocka_unit_test(no_flipped_bit_gives_the_same_key),
		cmocka_unit_test(curves_are_named_and_known),
		cmocka_unit_test(points_lie_on_their_curve),
		cmocka_unit_test(ed25519_is_told_to_be_absent),
		cmocka_unit_test(rfc3110_goes_both_ways),
		cmocka_unit_test(rfc3110_is_strict),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
