/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include "crypto/dh.h"
#include "crypto/nss.h"
#include "unit/crypto/crypto_test.h"

static const uint16_t ids[] = { DH_MODP_2048, DH_MODP_3072, DH_MODP_4096,
				DH_MODP_6144, DH_MODP_8192, DH_ECP_256,
				DH_ECP_384,   DH_ECP_521,   DH_CURVE25519 };
#define IDS (sizeof ids / sizeof *ids)

static struct dh_pair *generate(uint16_t id, unsigned worker)
{
	const struct dh_alg *alg = crypto_dh(id);
	struct dh_pair *pair = NULL;
	assert_non_null(alg);
	assert_ok(dh_generate(alg, worker, &pair));
	return pair;
}

static void two_pairs_agree_in_every_group_and_slot(void **state)
{
	(void)state;
	for (size_t i = 0; i < IDS; i++) {
		struct dh_pair *a = generate(ids[i], 0), *b = generate(ids[i], 1);
		struct secret ab = { NULL, 0 }, ba = { NULL, 0 };
		assert_ok(dh_compute(a, dh_public(b), 0, &ab, NULL));
		assert_ok(dh_compute(b, dh_public(a), 1, &ba, NULL));
		assert_int_equal(ab.len, dh_pair_alg(a)->shared_len);
		assert_true(secret_equal(secret_span(&ab), secret_span(&ba)));
		assert_int_equal(dh_public(a).len, dh_pair_alg(a)->public_len);
		assert_false(span_equal(dh_public(a), dh_public(b)));
		assert_ok(dh_check_public(dh_pair_alg(a), dh_public(a), NULL));
		secret_wipe(&ab);
		secret_wipe(&ba);
		dh_free(a);
		dh_free(b);
	}
}

static void a_pair_serves_several_exchanges(void **state)
{
	(void)state;
	struct dh_pair *a = generate(DH_ECP_256, 0), *b = generate(DH_ECP_256, 0);
	struct secret first = { NULL, 0 }, second = { NULL, 0 };
	assert_ok(dh_compute(a, dh_public(b), 0, &first, NULL));
	assert_ok(dh_compute(a, dh_public(b), 1, &second, NULL));
	assert_true(secret_equal(secret_span(&first), secret_span(&second)));
	secret_wipe(&first);
	secret_wipe(&second);
	dh_free(a);
	dh_free(b);
}

static bool allowed(SECKEYPrivateKey *private, CK_ATTRIBUTE_TYPE use)
{
	SECItem value = { siBuffer, NULL, 0 };
	assert_int_equal(PK11_ReadRawAttribute(PK11_TypePrivKey, private, use, &value), SECSuccess);
	bool yes = value.len == sizeof(CK_BBOOL) && value.data[0] == CK_TRUE;
	SECITEM_FreeItem(&value, PR_FALSE);
	return yes;
}

static void a_pair_may_derive_and_nothing_else(void **state)
{
	(void)state;
	uint8_t der[DH_CURVE_DER_MAX];
	SECItem params = nss_item(der, dh_curve_der(SEC_OID_CURVE25519, der));
	SECKEYPublicKey *public = NULL;
	SECKEYPrivateKey *private = dh_key_pair(nss_slot(0), CKM_EC_KEY_PAIR_GEN, &params, &public);
	assert_non_null(private);
	assert_true(allowed(private, CKA_DERIVE));
	assert_true(allowed(private, CKA_SENSITIVE));
	assert_false(allowed(private, CKA_SIGN));
	SECKEY_DestroyPublicKey(public);
	SECKEY_DestroyPrivateKey(private);
}

static void a_public_value_of_another_length_is_refused(void **state)
{
	(void)state;
	static uint8_t bytes[1025];
	memset(bytes, 0x55, sizeof bytes);
	for (size_t i = 0; i < IDS; i++) {
		const struct dh_alg *alg = crypto_dh(ids[i]);
		const size_t wrong[] = { 0, 1, alg->public_len - 1u, alg->public_len + 1u };
		for (size_t w = 0; w < 4; w++) {
			struct diag diag = { "" };
			assert_int_equal(dh_check_public(alg, span_make(bytes, wrong[w]), &diag),
					 RC_BAD_PUBLIC);
			assert_non_null(strstr(diag.text, alg->name));
		}
	}
	struct dh_pair *pair = generate(DH_CURVE25519, 0);
	struct secret out = { NULL, 0 };
	assert_int_equal(dh_compute(pair, span_make(bytes, 33), 0, &out, NULL), RC_BAD_PUBLIC);
	assert_null(out.ptr);
	dh_free(pair);
}

static void padding_puts_zeros_in_front(void **state)
{
	(void)state;
	uint8_t out[4];
	static const uint8_t three[] = { 1, 2, 3 }, five[] = { 0, 1, 2, 3, 4 },
			     big[] = { 1, 0, 0, 0, 0 };
	assert_ok(dh_pad(SPAN_OF(three), out, 4));
	assert_bytes(SPAN_OF(out), "00010203");
	assert_ok(dh_pad(SPAN_OF(five), out, 4));
	assert_bytes(SPAN_OF(out), "01020304");
	assert_ok(dh_pad(SPAN_NONE, out, 4));
	assert_bytes(SPAN_OF(out), "00000000");
	assert_int_equal(dh_pad(SPAN_OF(big), out, 4), RC_INTERNAL);
}

static void a_failed_allocation_is_told(void **state)
{
	(void)state;
	struct dh_pair *pair = NULL, *peer = generate(DH_CURVE25519, 0);
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };
	mem_fail_nth(1);
	assert_int_equal(dh_generate(crypto_dh(DH_CURVE25519), 0, &pair), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_null(pair);
	pair = generate(DH_CURVE25519, 0);
	mem_fail_nth(1);
	assert_int_equal(dh_compute(pair, dh_public(peer), 0, &out, &diag), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_null(out.ptr);
	assert_true(diag.text[0] != '\0');
	dh_free(pair);
	dh_free(peer);
	dh_free(NULL);
}

struct worker {
	pthread_t thread;
	unsigned index, agreed;
};

static enum rc agree_once(unsigned index, uint16_t id, unsigned *agreed)
{
	struct dh_pair *a = NULL, *b = NULL;
	struct secret ab = { NULL, 0 }, ba = { NULL, 0 };
	enum rc rc = dh_generate(crypto_dh(id), index, &a);
	if (rc == RC_OK)
		rc = dh_generate(crypto_dh(id), index + 1, &b);
	if (rc == RC_OK)
		rc = dh_compute(a, dh_public(b), index, &ab, NULL);
	if (rc == RC_OK)
		rc = dh_compute(b, dh_public(a), index, &ba, NULL);
	if (rc == RC_OK && secret_equal(secret_span(&ab), secret_span(&ba)))
		++*agreed;
	secret_wipe(&ab);
	secret_wipe(&ba);
	dh_free(a);
	dh_free(b);
	return rc;
}

static void *work(void *context)
{
	struct worker *worker = context;
	for (int i = 0; i < 20; i++)
		if (agree_once(worker->index, i % 10 == 0 ? DH_ECP_256 : DH_CURVE25519,
			       &worker->agreed) != RC_OK)
			break;
	return NULL;
}

static void several_threads_agree_at_once(void **state)
{
	(void)state;
	struct worker workers[6] = { 0 };
	for (unsigned i = 0; i < 6; i++) {
		workers[i].index = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < 6; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].agreed, 20);
	}
}

struct sharer {
	pthread_t thread;
	struct dh_pair *pair;
	struct span peer;
	struct secret shared;
	enum rc rc;
};

static void *share(void *context)
{
	struct sharer *sharer = context;
	for (int i = 0; i < 20 && sharer->rc == RC_OK; i++)
		sharer->rc =
			dh_compute(sharer->pair, sharer->peer, (unsigned)i, &sharer->shared, NULL);
	return NULL;
}

/* RFC 7296 §2.12: an ephemeral key may serve several exchanges, and these run on any worker. */
static void threads_may_share_a_pair(void **state)
{
	(void)state;
	struct dh_pair *pair = generate(DH_CURVE25519, 0), *peer = generate(DH_CURVE25519, 1);
	struct sharer sharers[4];
	for (int i = 0; i < 4; i++) {
		sharers[i] = (struct sharer){ .pair = pair, .peer = dh_public(peer) };
		assert_int_equal(pthread_create(&sharers[i].thread, NULL, share, &sharers[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(sharers[i].thread, NULL);
	for (int i = 0; i < 4; i++) {
		assert_ok(sharers[i].rc);
		assert_true(secret_equal(secret_span(&sharers[i].shared),
					 secret_span(&sharers[0].shared)));
	}
	for (int i = 0; i < 4; i++)
		secret_wipe(&sharers[i].shared);
	dh_free(pair);
	dh_free(peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_pairs_agree_in_every_group_and_slot),
		cmocka_unit_test(a_pair_serves_several_exchanges),
		cmocka_unit_test(a_pair_may_derive_and_nothing_else),
		cmocka_unit_test(a_public_value_of_another_length_is_refused),
		cmocka_unit_test(padding_puts_zeros_in_front),
		cmocka_unit_test(a_failed_allocation_is_told),
		cmocka_unit_test(several_threads_agree_at_once),
		cmocka_unit_test(threads_may_share_a_pair),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
