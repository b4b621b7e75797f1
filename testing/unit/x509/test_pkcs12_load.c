/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pkcs12_load.h"
#include <pk11pub.h>
#include <stdio.h>
#include "unit/x509/pkcs12_test.h"
#include "x509/store.h"

static struct diag said;

static enum rc load(const char *hex, const char *password, struct pkcs12_content *out)
{
	struct arena arena;
	enum rc rc;
	arena_init(&arena, 1 << 16);
	said.text[0] = '\0';
	rc = pkcs12_load(p12_bytes(&arena, hex), password, out, &said);
	arena_free(&arena);
	return rc;
}

static void subject_is(const struct certificate *certificate, const char *want)
{
	char text[IDENTITY_TEXT_MAX];
	assert_string_equal(certificate_subject_text(certificate, text), want);
}

static void loads(const char *hex, const char *password, unsigned certificates)
{
	struct pkcs12_content content;
	struct public_key *key;
	if (load(hex, password, &content) != RC_OK)
		fail_msg("%s", said.text);
	assert_int_equal(content.count, certificates);
	subject_is(content.certificates[0], "CN=p12 gw");
	assert_int_equal(certificate_key(content.certificates[0], &key, NULL), RC_OK);
	assert_true(public_key_equal(key, private_key_public(content.key)));
	public_key_unref(key);
	pkcs12_content_wipe(&content);
}

static size_t kept(void)
{
	struct store_list list;
	size_t count;
	assert_int_equal(store_list(false, &list, NULL), RC_OK);
	count = list.count;
	store_list_free(&list);
	return count;
}

static enum rc count_one(void *context, struct span ckaid, const char *nickname)
{
	(void)ckaid;
	(void)nickname;
	++*(unsigned *)context;
	return RC_OK;
}

static void certificate_key_and_chain_are_there_and_the_database_is_as_before(void **state)
{
	unsigned keys = 0;
	(void)state;
	loads(p12_modern, "secret", 3);
	loads(p12_legacy, "secret", 3);
	loads(p12_sealed, "secret", 3);
	loads(p12_open, "", 1);
	assert_int_equal(kept(), 0);
	assert_int_equal(store_keys(count_one, &keys, NULL), RC_OK);
	assert_int_equal(keys, 0);
}

static void each_failure_has_its_own_words(void **state)
{
	struct pkcs12_content content;
	(void)state;
	assert_int_equal(load(p12_modern, "wrong", &content), RC_AUTH_FAILED);
	assert_says(said, "password");
	assert_int_equal(load(p12_modern, "", &content), RC_AUTH_FAILED);
	assert_int_equal(load(p12_keyless, "secret", &content), RC_NOT_FOUND);
	assert_says(said, "no private key");
	assert_int_equal(load(p12_stranger, "secret", &content), RC_NOT_FOUND);
	assert_says(said, "belongs to none of its 3 certificates");
	assert_int_equal(load(p12_two, "secret", &content), RC_AMBIGUOUS);
	assert_says(said, "2 private keys");
	assert_says(said, "ipsec import");
	assert_int_equal(load(p12_slow, "secret", &content), RC_LIMIT);
	assert_says(said, "5000001");
	assert_int_equal(load("3003020103", "secret", &content), RC_SYNTAX);
	assert_says(said, "no PKCS#12 file");
	assert_int_equal(content.count, 0);
	assert_null(content.key);
}

/* The last one: the database stays locked. */
static void a_locked_database_does_not_matter(void **state)
{
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	(void)state;
	assert_non_null(slot);
	assert_int_equal(PK11_ChangePW(slot, "", "a password"), SECSuccess);
	assert_int_equal(PK11_Logout(slot), SECSuccess);
	PK11_FreeSlot(slot);
	assert_true(crypto_locked());
	loads(p12_modern, "secret", 3);
	loads(p12_legacy, "secret", 3);
	assert_true(crypto_locked());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_key_and_chain_are_there_and_the_database_is_as_before),
		cmocka_unit_test(each_failure_has_its_own_words),
		cmocka_unit_test(a_locked_database_does_not_matter),
	};
	return cmocka_run_group_tests(tests, pki_database_open, pki_database_close);
}
