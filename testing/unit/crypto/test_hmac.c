/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"
#include "unit/crypto/crypto_test.h"

/* RFC 4231 §4, test cases 1 to 4, 6 and 7 (5 truncates); SHA-1 over the same input (RFC 2202 has
 * cases 1 and 2). */
static const struct {
	const char *key, *text, *sha1, *sha256, *sha384, *sha512;
} cases[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b617318655057264e28bc0b6fb378c8ef146be00",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8"
	  "b2fa9cb6",
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274e"
	  "aea3f4e4be9d914eeb61f1702e696c203a126854" },
	{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ec"
	  "fab21649",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65"
	  "f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddd",
	  "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
	  "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e1"
	  "01a34f27",
	  "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a4"
	  "7e67c807b946a337bee8942674278859e13292fb" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcdcd",
	  "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
	  "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386"
	  "c674cffb",
	  "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275c"
	  "c5788063a5f19741120c4f2de2adebeb10a298dd" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368"
	  "204b6579204669727374",
	  "90d0dace1c1bdc957339307803160335bde6df2b",
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df1"
	  "63f44952",
	  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd221"
	  "5d6a1e5295e64f73f63f0aec8b915a985d786598" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a"
	  "65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865"
	  "206b6579206e6565647320746f20626520686173686564206265666f7265206265696e672075736564206279"
	  "2074686520484d414320616c676f726974686d2e",
	  "217e44bb08b6e06a2d6c30f3cb9f537f97c63356",
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
	  "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e611"
	  "0c46523e",
	  "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55"
	  "c3e4de15134676fb6de0446065c97440fa8c6a58" },
};

static void check(const struct hash_alg *hash, struct bytes key, struct bytes text,
		  const char *want)
{
	struct hmac hmac;
	uint8_t out[HASH_LEN_MAX];
	struct span key_parts[] = { { key.ptr, key.len / 2 },
				    { key.ptr + key.len / 2, key.len - key.len / 2 } };
	struct span parts = SPAN_HEX(text);
	assert_ok(hmac_open(&hmac, hash));
	assert_ok(hmac_key(&hmac, key_parts, 2));
	for (int again = 0; again < 3; again++) { /* the same context serves many HMACs */
		assert_ok(hmac_run(&hmac, &parts, 1, out));
		assert_bytes(span_make(out, hash->len), want);
	}
	hmac_close(&hmac);
}

static void hmac_gives_the_answers_of_rfc_4231(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		check(&hash_alg_sha1, hex(cases[i].key), hex(cases[i].text), cases[i].sha1);
		check(&hash_alg_sha256, hex(cases[i].key), hex(cases[i].text), cases[i].sha256);
		check(&hash_alg_sha384, hex(cases[i].key), hex(cases[i].text), cases[i].sha384);
		check(&hash_alg_sha512, hex(cases[i].key), hex(cases[i].text), cases[i].sha512);
	}
}

/* RFC 2104 §2: a key of exactly one block is used as it is, one byte more is hashed first. */
static void the_block_length_divides_short_from_long_keys(void **state)
{
	(void)state;
	static const struct {
		const struct hash_alg *hash;
		size_t len;
		const char *want;
	} rows[] = {
		{ &hash_alg_sha256, 63,
		  "da6c5b4258e69d3459e15ff978aca1e60f054206e369ded6526fa211ff8ea7d1" },
		{ &hash_alg_sha256, 64,
		  "0c4195064dd4ca79599d2b8508c3f4c5f3805080dd6b451ca30e7d2da73a2c3d" },
		{ &hash_alg_sha256, 65,
		  "14f952ab1b86c57b32f958d5d1eff16dcf0b87097624748296dc953e05da894b" },
		{ &hash_alg_sha512, 128,
		  "fe3b51aa0cdee6724c5031b730053a4ddce3d88787fb8c09c61c1ec0b74db91edf89bf7e2a3dce31"
		  "1856e3927b7f8060741a43b3de68faaf15909d65948d946a" },
		{ &hash_alg_sha1, 64, "baf5ea262e3f1a54738725a5b266cc63edcf8bf6" },
	};
	struct bytes key = { 0 }, text = { .len = 5, .ptr = "block" };
	for (size_t i = 0; i < 128; i++)
		key.ptr[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		key.len = rows[i].len;
		check(rows[i].hash, key, text, rows[i].want);
	}
}

static void a_new_key_replaces_the_old_one_entirely(void **state)
{
	(void)state;
	struct hmac hmac;
	uint8_t out[HASH_LEN_MAX];
	struct bytes long_key = hex(cases[4].key), key = hex(cases[1].key),
		     text = hex(cases[1].text);
	struct span long_span = SPAN_HEX(long_key), key_span = SPAN_HEX(key),
		    text_span = SPAN_HEX(text);
	assert_ok(hmac_open(&hmac, &hash_alg_sha256));
	assert_ok(hmac_key(&hmac, &long_span, 1));
	assert_ok(hmac_run(&hmac, &text_span, 1, out));
	assert_ok(hmac_key(&hmac, &key_span, 1));
	assert_ok(hmac_run(&hmac, &text_span, 1, out));
	assert_bytes(span_make(out, 32), cases[1].sha256);
	hmac_close(&hmac);
}

static void closing_wipes_the_key(void **state)
{
	(void)state;
	struct hmac hmac;
	struct span key = span_make("Jefe", 4);
	const uint8_t *at = (const uint8_t *)&hmac;
	assert_ok(hmac_open(&hmac, &hash_alg_sha512));
	assert_ok(hmac_key(&hmac, &key, 1));
	hmac_close(&hmac);
	for (size_t i = 0; i < sizeof hmac; i++)
		assert_int_equal(at[i], 0);
}

static void the_output_may_overwrite_the_input(void **state)
{
	(void)state;
	struct hmac hmac;
	uint8_t buffer[64], want[32];
	struct span key = span_make("Jefe", 4), text = SPAN_OF(buffer);
	memset(buffer, 7, sizeof buffer);
	assert_ok(hmac_open(&hmac, &hash_alg_sha256));
	assert_ok(hmac_key(&hmac, &key, 1));
	assert_ok(hmac_run(&hmac, &text, 1, want));
	assert_ok(hmac_run(&hmac, &text, 1, buffer));
	assert_memory_equal(buffer, want, 32);
	hmac_close(&hmac);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_gives_the_answers_of_rfc_4231),
		cmocka_unit_test(the_block_length_divides_short_from_long_keys),
		cmocka_unit_test(a_new_key_replaces_the_old_one_entirely),
		cmocka_unit_test(closing_wipes_the_key),
		cmocka_unit_test(the_output_may_overwrite_the_input),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
