/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

#define MANY 30

static struct asker asker;

/* Comes up by the responder's word, and stays up for that long. */
static void stay_up(struct x509_proof *proof, unsigned minutes)
{
	for (unsigned i = 0; i < minutes; i++) {
		x509_proof_watch(asker.revocation, proof);
		asker_run(&asker, MINUTES);
	}
}

static struct x509_proof *come_up(enum ocsp_status status)
{
	struct answer answer = asker_word(&asker, status);
	struct x509_proof *proof;

	asker_answers(&asker, &answer);
	(void)asker_ask(&asker);
	asker_run(&asker, SECONDS);
	proof = x509_proof_new(asker.path, 2);
	assert_non_null(proof);
	return proof;
}

/* The word is good for an hour; a part of them is asked later. */
static void who_is_up_is_asked_about_again_at_nextupdate(void **state)
{
	struct x509_proof *proof;
	struct answer answer;

	(void)state;
	asker_start(&asker, false, true, false);
	asker.setup.ocsp_cache_min_age = 0;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	proof = come_up(OCSP_GOOD);
	stay_up(proof, 59);
	assert_int_equal(asker_asked(&asker, OCSP_URL), 1);
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_answers(&asker, &answer);
	assert_int_equal(x509_proof_check(asker.revocation, proof, &asker.diag), RC_OK);
	stay_up(proof, 11);
	assert_int_equal(asker_asked(&asker, OCSP_URL), 2);
	assert_int_equal(asker.news, 1);
	assert_int_equal(x509_proof_check(asker.revocation, proof, &asker.diag), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "CN=peer"));
	mem_free(proof);
	asker_stop(&asker);
}

static void crlcheckinterval_asks_earlier(void **state)
{
	struct x509_proof *proof;

	(void)state;
	asker_start(&asker, false, true, false);
	asker.setup.crlcheckinterval = 10 * MINUTES;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	proof = come_up(OCSP_GOOD);
	stay_up(proof, 10);
	assert_int_equal(asker_asked(&asker, OCSP_URL), 1);
	stay_up(proof, 3);
	assert_int_equal(asker_asked(&asker, OCSP_URL), 2);
	stay_up(proof, 46);
	assert_in_range(asker_asked(&asker, OCSP_URL), 5, 6);
	mem_free(proof);
	asker_stop(&asker);
}

/* Those that nobody sees any more, and ocsp-enable=no. */
static void who_is_gone_is_not_asked_about(void **state)
{
	(void)state;
	for (unsigned disabled = 0; disabled < 2; disabled++) {
		struct x509_proof *proof;
		asker_start(&asker, false, true, false);
		proof = come_up(OCSP_GOOD);
		asker.setup.ocsp_enable = disabled == 0;
		assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
		if (disabled == 1)
			stay_up(proof, 180);
		else
			asker_run(&asker, 180 * MINUTES);
		assert_int_equal(asker.revocation->watches.count, 1);
		if (disabled == 0) {
			struct party other = asker_party(&asker, "CN=other", NULL, OCSP_URL);
			asker.path[0] = other.certificate;
			(void)asker_ask(&asker);
			asker_run(&asker, SECONDS);
			assert_int_equal(asker.revocation->watches.count, 1); /* the other one */
			x509_proof_watch(asker.revocation, proof);
			pki_free(&other);
		}
		asker_run(&asker, MINUTES);
		assert_int_equal(asker_asked(&asker, OCSP_URL), disabled == 0 ? 2 : 1);
		mem_free(proof);
		asker_stop(&asker);
	}
}

/* As long as a ticket may bring it back, whatever comes and goes meanwhile; and not longer. */
static void who_may_return_is_not_forgotten_until_then(void **state)
{
	struct x509_proof *proof, *others[4];
	struct party peers[4];

	(void)state;
	asker_start(&asker, false, true, false);
	proof = come_up(OCSP_GOOD);
	x509_proof_may_return(asker.revocation, proof, world_now(asker.world) + 60 * MINUTES);
	for (unsigned i = 0; i < 4; i++) {
		asker_run(&asker, 12 * MINUTES);
		peers[i] = asker_party(&asker, "CN=other", NULL, OCSP_URL);
		asker.path[0] = peers[i].certificate;
		others[i] = come_up(OCSP_GOOD);
		assert_int_equal(asker.revocation->watches.count, 2); /* it, and this one */
	}
	asker_run(&asker, 6 * MINUTES);
	x509_proof_watch(asker.revocation, others[0]);
	assert_int_equal(asker.revocation->watches.count, 1);
	assert_false(list_empty(&asker.revocation->watches.asleep));
	asker_run(&asker, 20 * MINUTES);
	x509_proof_watch(asker.revocation, others[0]);
	assert_int_equal(asker.revocation->watches.count, 0);
	for (unsigned i = 0; i < 4; i++) {
		mem_free(others[i]);
		pki_free(&peers[i]);
	}
	mem_free(proof);
	asker_stop(&asker);
}

static unsigned watch_many(struct x509_proof *const *proofs, unsigned seconds)
{
	unsigned most = 0;

	for (unsigned second = 0; second < seconds; second++) {
		for (unsigned i = 0; i < MANY; i++)
			x509_proof_watch(asker.revocation, proofs[i]);
		for (unsigned i = 0; i < 10; i++) {
			asker_run(&asker, SECONDS / 10);
			if (asker.revocation->under_way > most)
				most = asker.revocation->under_way;
		}
	}
	return most;
}

static void many_are_asked_about_a_few_at_a_time(void **state)
{
	struct x509_proof *proofs[MANY];
	struct party peers[MANY];
	unsigned before;

	(void)state;
	asker_start(&asker, false, true, false);
	asker_serve(&asker, OCSP_URL, SERVE_MISSING, SPAN_NONE);
	for (unsigned i = 0; i < MANY; i++) {
		peers[i] = asker_party(&asker, "CN=one", NULL, OCSP_URL);
		asker.path[0] = peers[i].certificate;
		proofs[i] = come_up(OCSP_GOOD); /* it is about another one: a failure */
	}
	assert_int_equal(asker.revocation->watches.count, MANY);
	asker_serve(&asker, OCSP_URL, SERVE_HANG, SPAN_NONE);
	asker_run(&asker, 3 * MINUTES); /* all are due */
	before = asker_asked(&asker, OCSP_URL);
	assert_int_equal(watch_many(proofs, 200), WATCHES_AT_ONCE);
	assert_in_range(asker_asked(&asker, OCSP_URL) - before, 2, 10); /* it is silent */
	asker_run(&asker, 2 * MINUTES);
	asker_serve(&asker, OCSP_URL, SERVE_MISSING, SPAN_NONE);
	before = asker_asked(&asker, OCSP_URL);
	assert_int_equal(watch_many(proofs, 200), 0); /* each within a turn */
	assert_true(asker_asked(&asker, OCSP_URL) - before >= MANY);
	assert_int_equal(asker.revocation->watches.under_way, 0);
	for (unsigned i = 0; i < MANY; i++) {
		mem_free(proofs[i]);
		pki_free(&peers[i]);
	}
	asker_stop(&asker);
}

static void the_service_may_end_meanwhile(void **state)
{
	struct x509_proof *proof;

	(void)state;
	for (unsigned stopped = 0; stopped < 2; stopped++) {
		asker_start(&asker, false, true, false);
		asker.setup.crlcheckinterval = 10 * MINUTES;
		assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
		proof = come_up(OCSP_GOOD);
		asker_serve(&asker, OCSP_URL, SERVE_HANG, SPAN_NONE);
		stay_up(proof, 10);
		if (stopped == 1)
			revocation_stop(asker.revocation);
		for (unsigned i = 0; i < 1000 && asker.revocation->watches.under_way == 0; i++) {
			x509_proof_watch(asker.revocation, proof);
			asker_run(&asker, SECONDS / 10);
		}
		assert_int_equal(asker.revocation->watches.under_way, 1 - stopped);
		mem_free(proof);
		asker_stop(&asker);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_up_is_asked_about_again_at_nextupdate),
		cmocka_unit_test(crlcheckinterval_asks_earlier),
		cmocka_unit_test(who_is_gone_is_not_asked_about),
		cmocka_unit_test(who_may_return_is_not_forgotten_until_then),
		cmocka_unit_test(many_are_asked_about_a_few_at_a_time),
		cmocka_unit_test(the_service_may_end_meanwhile),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
