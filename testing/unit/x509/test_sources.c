/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

static struct asker asker;

static struct span text(const char *url)
{
	return span_make(url, strlen(url));
}

static struct source *crl_at(unsigned number)
{
	char url[64];

	(void)snprintf(url, sizeof(url), "http://crl.example/%u", number);
	return source_of_crl(asker.revocation, text(url), asker.root.certificate);
}

static void the_same_question_has_the_same_source(void **state)
{
	struct party other = pki_root("CN=root");
	const struct places places = { 1, { text(OCSP_URL) } };
	struct source *a, *b;

	(void)state;
	asker_start(&asker, true, true, false);
	a = crl_at(1);
	assert_non_null(a);
	assert_ptr_equal(crl_at(1), a);
	assert_ptr_not_equal(crl_at(2), a);
	assert_ptr_not_equal(
		source_of_crl(asker.revocation, text("http://crl.example/1"), other.certificate),
		a);
	b = source_of_ocsp(asker.revocation, &places, asker.peer.certificate,
			   asker.root.certificate);
	assert_non_null(b);
	assert_ptr_equal(source_find_ocsp(asker.revocation, b->issuer_key,
					  certificate_serial(asker.peer.certificate)),
			 b);
	assert_null(source_find_ocsp(asker.revocation, b->issuer_key, text("other")));
	asker_stop(&asker);
	pki_free(&other);
}

static void what_was_not_used_for_longest_makes_room(void **state)
{
	struct source *second;

	(void)state;
	asker_start(&asker, true, false, false);
	for (unsigned i = 0; i < CRL_SOURCES_MAX; i++)
		assert_non_null(crl_at(i));
	second = crl_at(1);
	assert_non_null(crl_at(0)); /* used again */
	assert_non_null(crl_at(CRL_SOURCES_MAX));
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], CRL_SOURCES_MAX);
	assert_ptr_equal(crl_at(1), second); /* 2 is gone */
	for (unsigned i = 0; i < 10 * CRL_SOURCES_MAX; i++)
		assert_non_null(crl_at(i));
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], CRL_SOURCES_MAX);
	asker_stop(&asker);
}

/* That a handshake is answered with it is use. */
static void a_list_that_answers_does_not_make_room(void **state)
{
	(void)state;
	for (unsigned revoked = 0; revoked < 2; revoked++) {
		asker_start(&asker, true, false, false);
		asker_serve(&asker, CRL_URL, SERVE_BODY,
			    asker_crl(&asker, &asker.root, 5, HOUR, revoked == 1));
		(void)asker_find_out(&asker);
		asker_run(&asker, 5 * SECONDS);
		for (unsigned i = 0; i < 3 * CRL_SOURCES_MAX; i++) {
			assert_int_equal(asker_ask(&asker), revoked == 1 ? RC_AUTH_FAILED : RC_OK);
			assert_non_null(crl_at(i));
		}
		assert_int_equal(asker_asked(&asker, CRL_URL), 1);
		asker_stop(&asker);
	}
}

static void who_is_being_asked_does_not_make_room(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	for (unsigned i = 0; i < CRL_SOURCES_MAX; i++)
		assert_true(source_ask(crl_at(i)));
	assert_null(crl_at(CRL_SOURCES_MAX));
	asker_run(&asker, 10 * SECONDS); /* nobody serves them */
	assert_non_null(crl_at(CRL_SOURCES_MAX));
	asker_stop(&asker);
}

/* ocsp-cache-size= */
static void answers_are_kept_in_their_number(void **state)
{
	struct party peers[8];
	size_t sizes[] = { 5, 0 };

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		asker_start(&asker, false, true, false);
		asker.setup.ocsp_cache_size = (uint32_t)sizes[round];
		assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
		for (unsigned i = 0; i < 8; i++) {
			struct answer answer;
			peers[i] = asker_party(&asker, "CN=one", NULL, OCSP_URL);
			asker.path[0] = peers[i].certificate;
			answer = asker_word(&asker, OCSP_GOOD);
			answer.about = peers[i].certificate;
			asker_answers(&asker, &answer);
			assert_int_equal(asker_ask(&asker), RC_OK);
			asker_run(&asker, 3 * SECONDS);
		}
		assert_in_range(asker.revocation->counts[SOURCE_OCSP], 0, sizes[round] + 1);
		assert_int_equal(asker_ask(&asker), RC_OK);
		asker_run(&asker, SECONDS);
		assert_int_equal(asker_asked(&asker, OCSP_URL), sizes[round] == 0 ? 9 : 8);
		for (unsigned i = 0; i < 8; i++)
			pki_free(&peers[i]);
		asker_stop(&asker);
	}
}

static void lists_are_kept_in_their_size(void **state)
{
	struct source *source;
	size_t one;

	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, false));
	assert_int_equal(asker_find_out(&asker), RC_OK);
	one = asker.revocation->crl_bytes;
	assert_true(one > 100);
	source = source_of_crl(asker.revocation, text(CRL_URL), asker.root.certificate);
	asker.revocation->crl_bytes += CRLS_BYTES_MAX; /* as if others were there */
	sources_trim(asker.revocation, source);
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], 1);
	sources_trim(asker.revocation, NULL);
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], 0);
	assert_int_equal(asker.revocation->crl_bytes, CRLS_BYTES_MAX);
	asker_stop(&asker);
}

static void lack_of_memory_is_no_harm(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 12; n++) {
		asker_start(&asker, true, true, false);
		asker_serve(&asker, CRL_URL, SERVE_BODY,
			    asker_crl(&asker, &asker.root, 5, HOUR, false));
		mem_fail_nth(n);
		(void)asker_ask(&asker);
		asker_run(&asker, 21 * SECONDS);
		mem_fail_nth(0);
		assert_int_not_equal(asker.rc, RC_SUSPEND);
		asker_run(&asker, 20 * SECONDS);
		assert_int_equal(asker_find_out(&asker), RC_OK);
		asker_stop(&asker);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_question_has_the_same_source),
		cmocka_unit_test(what_was_not_used_for_longest_makes_room),
		cmocka_unit_test(a_list_that_answers_does_not_make_room),
		cmocka_unit_test(who_is_being_asked_does_not_make_room),
		cmocka_unit_test(answers_are_kept_in_their_number),
		cmocka_unit_test(lists_are_kept_in_their_size),
		cmocka_unit_test(lack_of_memory_is_no_harm),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
