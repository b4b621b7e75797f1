/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/nss.h"
#include "crypto/key.h"
#include "unit/crypto/crypto_test.h"
#include "unit/crypto/keys_test.h"

static void a_key_enters_the_slot_of_its_worker(void **state)
{
	(void)state;
	struct public_key *keys[] = { key_of(rsa_spki), key_of(rfc4754[0].spki),
				      key_of(rfc4754[2].spki) };
	for (unsigned i = 0; i < 6; i++) {
		struct key_in_nss nss;
		assert_ok(key_enter(keys[i % 3], i, &nss));
		assert_ptr_equal(nss.key->pkcs11Slot, nss_slot(i));
		assert_int_not_equal(nss.key->pkcs11ID, CK_INVALID_HANDLE);
		key_leave(&nss);
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
	key_leave(&nss);
	assert_int_not_equal(PK11_DestroyObject(nss_slot(0), handle), SECSuccess); /* it is gone */
	public_key_unref(key);
	assert_ok(nss_close());
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
		cmocka_unit_test(no_key_enters_a_closed_nss),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
