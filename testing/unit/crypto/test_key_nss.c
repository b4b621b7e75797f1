/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include "crypto/nss.h"
#include "crypto/key.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

static void a_key_enters_the_slot_of_its_worker(void **state)
{
	(void)state;
	struct public_key *keys[] = { key_of(rsa_spki), key_of(rfc4754[0].spki),
				      key_of(rfc4754[2].spki) };
	for (unsigned i = 0; i < 3; i++) {
		struct key_in_nss nss;
		assert_ok(key_enter(keys[i % 3], i, &nss));
		assert_ptr_equal(nss.key->pkcs11Slot, nss_slot(i));
		assert_int_not_equal(nss.key->pkcs11ID, CK_INVALID_HANDLE);
		key_leave(keys[i % 3], &nss);
		assert_null(nss.key);
	}
	for (size_t i = 0; i < 3; i++)
		public_key_unref(keys[i]);
}

static void nothing_stays_behind(void **state)
{
	(void)state;
	struct public_key *key = key_of(rfc4754[1].spki);
	struct key_in_nss nss;
	assert_ok(key_enter(key, 0, &nss));
	CK_OBJECT_HANDLE handle = nss.key->pkcs11ID;
	key_leave(key, &nss);
	assert_int_not_equal(PK11_DestroyObject(nss_slot(0), handle), SECSuccess); /* it is gone */
	public_key_unref(key);
	assert_ok(nss_close());
	assert_int_equal(open_crypto(state), 0);
}

/* Enters and leaves; true: it had stayed from before. */
static bool use(const struct public_key *key)
{
	struct key_in_nss nss;
	assert_ok(key_enter(key, 0, &nss));
	bool lent = nss.lent;
	key_leave(key, &nss);
	return lent;
}

static void an_ec_key_that_is_used_again_stays(void **state)
{
	(void)state;
	struct public_key *ec = key_of(rfc4754[0].spki), *rsa = key_of(rsa_spki);
	assert_false(use(ec));
	assert_false(use(ec)); /* this one stays */
	assert_true(use(ec));
	assert_true(use(ec));
	for (int i = 0; i < 4; i++)
		assert_false(use(rsa));
	public_key_unref(ec);
	public_key_unref(rsa);
	assert_ok(nss_close()); /* and goes with its key */
	assert_int_equal(open_crypto(state), 0);
}

static void only_so_many_keys_stay(void **state)
{
	(void)state;
	struct public_key *keys[KEYS_HELD_MAX + 3];
	for (size_t i = 0; i < KEYS_HELD_MAX + 3; i++) {
		keys[i] = key_of(rfc4754[0].spki);
		(void)use(keys[i]);
		(void)use(keys[i]);
		assert_int_equal(use(keys[i]), i < KEYS_HELD_MAX);
	}
	public_key_unref(keys[0]);
	(void)use(keys[KEYS_HELD_MAX]);
	assert_true(use(keys[KEYS_HELD_MAX])); /* there is room again */
	for (size_t i = 1; i < KEYS_HELD_MAX + 3; i++)
		public_key_unref(keys[i]);
	assert_ok(nss_close());
	assert_int_equal(open_crypto(state), 0);
}

static void what_stays_goes_when_nss_closes(void **state)
{
	struct public_key *key = key_of(rfc4754[0].spki);
	(void)use(key);
	(void)use(key);
	assert_true(use(key));
	assert_ok(nss_close());
	assert_int_equal(open_crypto(state), 0);
	assert_false(use(key)); /* and comes again */
	assert_true(use(key));
	public_key_unref(key);
}

static void *use_often(void *context)
{
	for (int i = 0; i < 20; i++)
		(void)use(context);
	return NULL;
}

static void threads_agree_about_what_stays(void **state)
{
	(void)state;
	struct public_key *key = key_of(rfc4754[0].spki);
	pthread_t threads[4];
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_often, key), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_true(use(key));
	public_key_unref(key);
	assert_ok(nss_close()); /* the loser's object went too */
	assert_int_equal(open_crypto(state), 0);
}

static void no_key_enters_a_closed_nss(void **state)
{
	struct public_key *key = key_of(rsa_spki);
	struct key_in_nss nss;
	assert_int_equal(close_crypto(state), 0);
	assert_int_equal(key_enter(key, 0, &nss), RC_INTERNAL);
	public_key_unref(key);
	assert_int_equal(open_crypto(state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_enters_the_slot_of_its_worker),
		cmocka_unit_test(nothing_stays_behind),
		cmocka_unit_test(an_ec_key_that_is_used_again_stays),
		cmocka_unit_test(only_so_many_keys_stay),
		cmocka_unit_test(what_stays_goes_when_nss_closes),
		cmocka_unit_test(threads_agree_about_what_stays),
		cmocka_unit_test(no_key_enters_a_closed_nss),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
