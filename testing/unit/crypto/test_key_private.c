/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "crypto/nss.h"
#include "crypto/sign_private.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

static void make_dir(char path[64])
{
	snprintf(path, 64, "/tmp/vanth-keys-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static void remove_dir(const char *path)
{
	char name[512];
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

static void must(enum rc rc, const struct diag *diag)
{
	if (rc != RC_OK)
		fail_msg("%s: %s", rc_name(rc), diag->text);
}

static void open_database(const char *dir, bool create)
{
	struct diag diag = { "" };
	must(crypto_open(dir, create, &diag), &diag);
}

/* Signs, and the public key that we know verifies. */
static void key_works(struct private_key *key, const struct public_key *public)
{
	struct span text = span_make("text", 4);
	bool rsa = public_key_kind(public) == KEY_RSA;
	struct sign_scheme scheme = { rsa ? SIGN_RSA_PSS : SIGN_ECDSA, SIGN_SHA2_256, 0 };
	uint8_t out[SIGNATURE_MAX];
	size_t len;
	struct diag diag = { "" };
	assert_true(public_key_equal(private_key_public(key), public));
	must(signature_make(key, &scheme, SIGNATURE_DER, &text, 1, 0, out, &len, &diag), &diag);
	must(signature_verify(public, &scheme, SIGNATURE_DER, &text, 1, span_make(out, len), 0,
			      &diag),
	     &diag);
}

static void an_imported_key_belongs_to_its_public_key(void **state)
{
	(void)state;
	struct private_key *rsa = private_of(rsa_pkcs8), *ec = private_of(rfc4754_p256_pkcs8);
	struct public_key *rsa_public = key_of(rsa_spki), *ec_public = key_of(rfc4754[0].spki);
	key_works(rsa, rsa_public);
	key_works(ec, ec_public);
	assert_ptr_equal(private_key_ref(rsa), rsa);
	private_key_unref(rsa);
	private_key_unref(rsa);
	private_key_unref(ec);
	private_key_unref(NULL);
	public_key_unref(rsa_public);
	public_key_unref(ec_public);
}

/* clang-format off */
/* Made with OpenSSL: the points begin with 04 3f and 04 5f, which in DER would be an OCTET STRING of
 * just what follows. NSS takes them for that. */
static const struct { const char *pkcs8, *spki; } like_der[] = {
	{
	  "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b02010104205ac8f883"
	  "02715b6343d4deaa91b6a733ca41fc6b4aff2c1a2b54595e3dd0139fa144034200043f46e2bba1c0"
	  "2e24476db0b812a0fd16fc18f0ad49fd0d7ee8ddd6f256218e36138a15763c0ae83504043c05fdfd"
	  "1b2dca097e7b8191497d154eeaca8a0264ee",
	  "3059301306072a8648ce3d020106082a8648ce3d030107034200043f46e2bba1c02e24476db0b812"
	  "a0fd16fc18f0ad49fd0d7ee8ddd6f256218e36138a15763c0ae83504043c05fdfd1b2dca097e7b81"
	  "91497d154eeaca8a0264ee" },
	{
	  "3081b6020100301006072a8648ce3d020106052b8104002204819e30819b02010104304c0fcb1d91"
	  "4783e61f820e1046d69732522d65af20347b1b5b40b073f22db79a2bac6f34d1a2831edd31e2763f"
	  "af7c06a164036200045f9ae717582fe8e87d9df5eafc53aade0c95e60dce1202f808198a081205ca"
	  "249a0be5b69cfbe9c634cf76d0292037600492efb356a0e3094441aadfa9008142249e17e67c0f8d"
	  "dca3605c0d6937f4253dcc83be297a9ccb2891ddafa3c4f182",
	  "3076301006072a8648ce3d020106052b81040022036200045f9ae717582fe8e87d9df5eafc53aade"
	  "0c95e60dce1202f808198a081205ca249a0be5b69cfbe9c634cf76d0292037600492efb356a0e309"
	  "4441aadfa9008142249e17e67c0f8ddca3605c0d6937f4253dcc83be297a9ccb2891ddafa3c4f182" },
};
/* clang-format on */

static void a_point_that_looks_like_der_is_kept_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct private_key *key = private_of(like_der[i].pkcs8), *found = NULL;
		struct public_key *public = key_of(like_der[i].spki);
		uint8_t id[KEY_ID_LEN];
		key_works(key, public);
		public_key_id(public, id);
		assert_ok(private_key_find_id(SPAN_OF(id), &found, NULL));
		key_works(found, public);
		private_key_unref(found);
		private_key_unref(key);
		public_key_unref(public);
	}
}

static void every_kind_can_be_made(void **state)
{
	(void)state;
	static const enum key_kind kinds[] = { KEY_RSA, KEY_ECDSA_P256, KEY_ECDSA_P384,
					       KEY_ECDSA_P521 };
	for (unsigned i = 0; i < 4; i++) {
		struct private_key *key = NULL;
		struct diag diag = { "" };
		must(private_key_generate(kinds[i], 2048, false, NULL, i, &key, &diag), &diag);
		assert_int_equal(public_key_kind(private_key_public(key)), kinds[i]);
		key_works(key, private_key_public(key));
		private_key_unref(key);
	}
}

static void what_cannot_be_made_is_told(void **state)
{
	(void)state;
	struct private_key *key = NULL;
	struct diag diag = { "" };
	static const unsigned bits[] = { 0, 1024, 2047, 2052, 16392, 0xffffffff };
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		assert_int_equal(
			private_key_generate(KEY_RSA, bits[i], false, NULL, 0, &key, &diag),
			RC_RANGE);
	assert_int_equal(private_key_generate(KEY_ED25519, 0, false, NULL, 0, &key, &diag),
			 RC_UNSUPPORTED);
	assert_int_equal(private_key_generate(KEY_ECDSA_P256, 0, true, "gw", 0, &key, &diag),
			 RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "no NSS database"));
	assert_null(key);
}

static void a_key_of_this_process_is_found_while_it_lives(void **state)
{
	(void)state;
	struct private_key *key = NULL, *found = NULL;
	struct public_key *public;
	assert_ok(private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &key, NULL));
	public = public_key_ref(private_key_public(key));
	assert_ok(private_key_find(public, &found, NULL));
	key_works(key, public);
	private_key_unref(key); /* what was found is another object */
	key_works(found, public);
	private_key_unref(found);
	assert_int_equal(private_key_find(public, &found, NULL), RC_NOT_FOUND);
	public_key_unref(public);
}

static void an_unknown_key_is_not_found(void **state)
{
	(void)state;
	struct public_key *public = key_of(rsa_spki);
	struct private_key *key = NULL;
	struct diag diag = { "" };
	uint8_t id[KEY_ID_LEN], longer[65] = { 0 };
	char text[2 * KEY_ID_LEN + 1];
	public_key_id(public, id);
	for (size_t i = 0; i < KEY_ID_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	assert_int_equal(private_key_find(public, &key, &diag), RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, text));
	assert_int_equal(private_key_find_id(SPAN_OF(id), &key, &diag), RC_NOT_FOUND);
	assert_int_equal(private_key_find_id(SPAN_OF(longer), &key, &diag), RC_NOT_FOUND);
	assert_int_equal(private_key_find_id(SPAN_NONE, &key, &diag), RC_NOT_FOUND);
	assert_null(key);
	public_key_unref(public);
}

static void refused(struct span pkcs8)
{
	struct private_key *key = NULL;
	struct diag diag = { "" };
	assert_int_not_equal(private_key_import(pkcs8, false, NULL, &key, &diag), RC_OK);
	assert_null(key);
	assert_string_not_equal(diag.text, "");
}

static void what_is_no_private_key_is_refused(void **state)
{
	(void)state;
	struct bytes rsa = hex(rsa_pkcs8), ec = hex(rfc4754_p256_pkcs8), spki = hex(rsa_spki);
	for (size_t len = 0; len < rsa.len; len += 17)
		refused(span_make(rsa.ptr, len));
	for (size_t len = 0; len < ec.len; len++)
		refused(span_make(ec.ptr, len));
	refused(span_make(ec.ptr, ec.len + 1));
	refused(SPAN_HEX(spki));
	ec.ptr[40] ^= 1; /* in the private number: the halves do not fit */
	refused(SPAN_HEX(ec));
	ec.ptr[40] ^= 1;
	ec.ptr[ec.len - 1] ^= 1; /* in the point */
	refused(SPAN_HEX(ec));
}

static void a_kept_key_is_found_after_opening_again(void **state)
{
	(void)state;
	char dir[64];
	struct diag diag = { "" };
	struct bytes pkcs8 = hex(rsa_pkcs8);
	struct public_key *public[3];
	struct private_key *key = NULL;
	make_dir(dir);
	open_database(dir, true);
	must(private_key_import(SPAN_HEX(pkcs8), true, "imported", &key, &diag), &diag);
	public[0] = public_key_ref(private_key_public(key));
	private_key_unref(key);
	must(private_key_generate(KEY_ECDSA_P384, 0, true, "made", 0, &key, &diag), &diag);
	public[1] = public_key_ref(private_key_public(key));
	key_works(key, public[1]);
	private_key_unref(key);
	must(private_key_generate(KEY_RSA, 2048, true, NULL, 1, &key, &diag), &diag);
	public[2] = public_key_ref(private_key_public(key));
	private_key_unref(key);
	assert_ok(nss_close());
	for (int writable = 1; writable >= 0; writable--) {
		open_database(dir, writable != 0);
		for (size_t i = 0; i < 3; i++) {
			uint8_t id[KEY_ID_LEN];
			must(private_key_find(public[i], &key, &diag), &diag);
			key_works(key, public[i]);
			private_key_unref(key);
			public_key_id(public[i], id);
			must(private_key_find_id(SPAN_OF(id), &key, &diag), &diag);
			key_works(key, public[i]);
			private_key_unref(key);
		}
		assert_ok(nss_close());
	}
	for (size_t i = 0; i < 3; i++)
		public_key_unref(public[i]);
	remove_dir(dir);
}

static void a_database_that_may_not_be_written_says_so(void **state)
{
	(void)state;
	char dir[64];
	struct diag diag = { "" };
	struct bytes pkcs8 = hex(rfc4754_p256_pkcs8);
	struct private_key *key = NULL;
	make_dir(dir);
	open_database(dir, true);
	assert_ok(nss_close());
	open_database(dir, false);
	assert_int_not_equal(private_key_import(SPAN_HEX(pkcs8), true, "x", &key, &diag), RC_OK);
	assert_non_null(strstr(diag.text, "NSS"));
	assert_int_not_equal(private_key_generate(KEY_ECDSA_P256, 0, true, "x", 0, &key, &diag),
			     RC_OK);
	assert_null(key);
	must(private_key_import(SPAN_HEX(pkcs8), false, NULL, &key, &diag), &diag);
	private_key_unref(key);
	assert_ok(nss_close());
	remove_dir(dir);
}

static void a_locked_database_says_so(void **state)
{
	(void)state;
	char dir[64];
	struct diag diag = { "" };
	struct private_key *key = NULL;
	struct public_key *public;
	make_dir(dir);
	open_database(dir, true);
	must(private_key_generate(KEY_ECDSA_P256, 0, true, NULL, 0, &key, &diag), &diag);
	public = public_key_ref(private_key_public(key));
	private_key_unref(key);
	assert_int_equal(PK11_ChangePW(nss_slot(1), "", "a password"), SECSuccess);
	assert_ok(nss_close());
	open_database(dir, false);
	assert_int_equal(private_key_find(public, &key, &diag), RC_NOT_FOUND);
	assert_non_null(strstr(diag.text, "locked"));
	assert_ok(private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &key, &diag));
	private_key_unref(key);
	assert_ok(nss_close());
	public_key_unref(public);
	remove_dir(dir);
}

static void nothing_works_while_nss_is_closed(void **state)
{
	(void)state;
	struct bytes pkcs8 = hex(rfc4754_p256_pkcs8);
	struct private_key *key = NULL;
	uint8_t id[KEY_ID_LEN] = { 1 };
	assert_int_equal(private_key_find_id(SPAN_OF(id), &key, NULL), RC_INTERNAL);
	assert_int_equal(private_key_import(SPAN_HEX(pkcs8), false, NULL, &key, NULL), RC_INTERNAL);
	assert_int_equal(private_key_generate(KEY_RSA, 2048, false, NULL, 0, &key, NULL),
			 RC_INTERNAL);
	assert_null(key);
}

static int close_and_count(void **state)
{
	(void)state;
	return nss_close() == RC_OK ? 0 : -1; /* nothing is left in NSS */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_crypto, close_and_count)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_imported_key_belongs_to_its_public_key),
		TEST(a_point_that_looks_like_der_is_kept_whole),
		TEST(every_kind_can_be_made),
		TEST(what_cannot_be_made_is_told),
		TEST(a_key_of_this_process_is_found_while_it_lives),
		TEST(an_unknown_key_is_not_found),
		TEST(what_is_no_private_key_is_refused),
		cmocka_unit_test(a_kept_key_is_found_after_opening_again),
		cmocka_unit_test(a_database_that_may_not_be_written_says_so),
		cmocka_unit_test(a_locked_database_says_so),
		cmocka_unit_test(nothing_works_while_nss_is_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
