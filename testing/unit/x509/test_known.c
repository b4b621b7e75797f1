/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

static struct asker asker;

static void a_proof_tells_who_is_revoked_later(void **state)
{
	struct x509_proof *proof, *copy;

	(void)state;
	asker_start(&asker, true, true, false);
	proof = x509_proof_new(asker.path, 2);
	copy = x509_proof_copy(proof);
	assert_int_equal(proof->count, 1);
	assert_int_equal(x509_proof_check(asker.revocation, proof, &asker.diag), RC_OK);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, true));
	(void)asker_find_out(&asker);
	assert_true(asker.news > 0);
	assert_int_equal(x509_proof_check(asker.revocation, copy, &asker.diag), RC_AUTH_FAILED);
	assert_says(asker.diag, "was revoked on");
	mem_free(proof);
	mem_free(copy);
	assert_null(x509_proof_new(asker.path, 1));
	asker_stop(&asker);
}

static void what_is_kept_can_be_looked_at(void **state)
{
	struct revocation_entry entry;
	struct answer answer;

	(void)state;
	asker_start(&asker, true, true, false);
	asker_serve(&asker, OCSP_URL, SERVE_MISSING, SPAN_NONE);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, true));
	(void)asker_find_out(&asker);
	assert_true(revocation_entry(asker.revocation, 0, &entry));
	assert_false(entry.ocsp);
	assert_true(entry.known && entry.current);
	assert_string_equal(entry.issuer, "CN=root");
	assert_string_equal(entry.from, CRL_URL);
	assert_int_equal(entry.entries, 1);
	assert_true(revocation_entry(asker.revocation, 1, &entry));
	assert_true(entry.ocsp);
	assert_false(entry.known);
	assert_string_equal(entry.why, "the server answers 404");
	assert_false(revocation_entry(asker.revocation, 2, &entry));
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_answers(&asker, &answer);
	revocation_refetch(asker.revocation);
	(void)asker_find_out(&asker);
	asker_run(&asker, SECONDS);
	assert_true(revocation_entry(asker.revocation, 1, &entry));
	assert_string_equal(entry.status, "revoked");
	assert_int_equal(asker_asked(&asker, CRL_URL), 2);
	asker_stop(&asker);
}

static enum x509_known look(void)
{
	return x509_known(asker.revocation, asker.path[0], asker.path[1], &asker.diag);
}

static void what_lists_say_is_known_without_asking(void **state)
{
	(void)state;
	asker_start(&asker, false, false, false);
	assert_int_equal(look(), X509_KNOWN_NOT);
	assert_string_equal(asker.diag.text, "");
	asker_run(&asker, SECONDS);
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], 0);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, false));
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, SECONDS);
	assert_int_equal(look(), X509_KNOWN_GOOD);
	assert_says(asker.diag, "\"CN=peer\"");
	assert_says(asker.diag, "is not revoked, says the CRL of ");
	assert_says(asker.diag, "from " CRL_URL);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 1, HOUR, true));
	revocation_refetch(asker.revocation);
	asker_run(&asker, SECONDS);
	assert_int_equal(look(), X509_KNOWN_REVOKED);
	assert_says(asker.diag, "(key compromise), says the CRL of ");
	asker_stop(&asker);
}

static void what_responders_say_is_known_while_it_counts(void **state)
{
	static const enum x509_known wanted[] = {
		[OCSP_GOOD] = X509_KNOWN_GOOD,
		[OCSP_REVOKED] = X509_KNOWN_REVOKED,
		[OCSP_UNKNOWN] = X509_KNOWN_NOT,
	};

	(void)state;
	for (unsigned status = OCSP_GOOD; status <= OCSP_UNKNOWN; status++) {
		struct answer answer;
		asker_start(&asker, false, true, false);
		answer = asker_word(&asker, (enum ocsp_status)status);
		asker_answers(&asker, &answer);
		(void)asker_ask(&asker);
		asker_run(&asker, SECONDS);
		assert_int_equal(look(), wanted[status]);
		if (status != OCSP_UNKNOWN)
			assert_says(asker.diag, "says the OCSP answer of ");
		asker_serve(&asker, OCSP_URL, SERVE_MISSING, SPAN_NONE);
		asker_run(&asker, 25 * 60 * MINUTES); /* who is revoked stays so */
		assert_int_equal(look(),
				 status == OCSP_REVOKED ? X509_KNOWN_REVOKED : X509_KNOWN_NOT);
		asker_stop(&asker);
	}
}

/* Until everybody who is up has been looked at, however small the cache is. */
static void who_is_revoked_is_known_for_a_while(void **state)
{
	struct answer answer;
	struct party other;
	struct x509_proof *proof;

	(void)state;
	asker_start(&asker, false, true, false);
	asker.setup.ocsp_cache_size = 0;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_answers(&asker, &answer);
	proof = x509_proof_new(asker.path, 2);
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, 20 * SECONDS);
	other = asker_party(&asker, "CN=other", NULL, OCSP_URL);
	asker.path[0] = other.certificate;
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, SECONDS);
	assert_int_equal(x509_proof_check(asker.revocation, proof, &asker.diag), RC_AUTH_FAILED);
	mem_free(proof);
	pki_free(&other);
	asker_stop(&asker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proof_tells_who_is_revoked_later),
		cmocka_unit_test(what_is_kept_can_be_looked_at),
		cmocka_unit_test(what_lists_say_is_known_without_asking),
		cmocka_unit_test(what_responders_say_is_known_while_it_counts),
		cmocka_unit_test(who_is_revoked_is_known_for_a_while),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
