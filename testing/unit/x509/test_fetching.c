/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

static struct asker asker;

static void serve_crl(int64_t ago, int64_t lasts, bool revoked)
{
	asker_serve(&asker, CRL_URL, SERVE_BODY,
		    asker_crl(&asker, &asker.root, ago, lasts, revoked));
}

/* ocsp-method=get */
static void a_responder_is_asked_by_get_and_then_by_post(void **state)
{
	uint8_t question[OCSP_REQUEST_MAX];
	char url[SOURCE_GET_URL_MAX];
	struct answer answer;
	struct span posted;
	size_t len = 0;

	(void)state;
	for (unsigned gets = 0; gets < 2; gets++) {
		uint8_t buffer[4096];
		asker_start(&asker, false, true, true);
		asker.setup.ocsp_post = false;
		assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
		assert_int_equal(ocsp_request(certificate_serial(asker.peer.certificate),
					      asker.root.certificate, question, &len),
				 RC_OK);
		assert_int_equal(source_get_url(OCSP_URL, span_make(question, len), url), RC_OK);
		answer = asker_word(&asker, OCSP_GOOD);
		asker_serve(&asker, gets ? url : OCSP_URL, SERVE_BODY,
			    response_of(&answer, buffer));
		assert_int_equal(asker_find_out(&asker), RC_OK);
		assert_int_equal(world_served(asker.world, gets ? url : OCSP_URL, &posted), 1);
		assert_int_equal(posted.len, gets ? 0 : len);
		asker_stop(&asker);
	}
}

static void a_failure_is_remembered_for_longer_each_time(void **state)
{
	unsigned asked[8];

	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_MISSING, SPAN_NONE);
	for (unsigned minute = 0; minute < 8; minute++) {
		for (unsigned i = 0; i < 60; i++) {
			(void)asker_ask(&asker);
			asker_run(&asker, SECONDS);
		}
		asked[minute] = asker_asked(&asker, CRL_URL);
	}
	assert_in_range(asked[0], 2, 3);
	assert_in_range(asked[7], 4, 6);
	/* and forgotten with the first success */
	serve_crl(5, HOUR, false);
	asker_run(&asker, 11 * MINUTES);
	assert_int_equal(asker_find_out(&asker), RC_OK);
	assert_int_equal(source_of_crl(asker.revocation, span_make(CRL_URL, strlen(CRL_URL)),
				       asker.root.certificate)
				 ->failures,
			 0);
	asker_stop(&asker);
}

/* Before nextUpdate, without anybody asking; and again while that fails. */
static void a_list_is_fetched_again_before_it_ends(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	serve_crl(0, HOUR, false);
	assert_int_equal(asker_find_out(&asker), RC_OK);
	asker_run(&asker, 50 * MINUTES);
	assert_int_equal(asker_asked(&asker, CRL_URL), 1);
	asker_serve(&asker, CRL_URL, SERVE_MISSING, SPAN_NONE);
	asker_run(&asker, 5 * MINUTES);
	assert_in_range(asker_asked(&asker, CRL_URL), 2, 5);
	assert_int_equal(asker_ask(&asker), RC_OK); /* it is good still */
	serve_crl(0, HOUR, true);
	asker_run(&asker, 4 * MINUTES);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_int_equal(asker.news, 2);
	asker_stop(&asker);
}

static void crlcheckinterval_fetches_earlier(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	serve_crl(0, 24 * HOUR, false);
	assert_int_equal(asker_find_out(&asker), RC_OK);
	asker.setup.crlcheckinterval = 10 * MINUTES;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	asker_run(&asker, 59 * MINUTES);
	assert_in_range(asker_asked(&asker, CRL_URL), 6, 7);
	assert_int_equal(asker.news, 1); /* the same one again is none */
	asker_stop(&asker);
}

/* Who can answer in the server's place could make a revocation forgotten with it. */
static void an_older_list_does_not_replace_a_newer_one(void **state)
{
	(void)state;
	asker_start(&asker, false, false, false);
	serve_crl(5, HOUR, true);
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	serve_crl(60, HOUR, false);
	revocation_refetch(asker.revocation);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_asked(&asker, CRL_URL), 2);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	asker_stop(&asker);
}

/* ocsp-cache-min-age=, ocsp-cache-max-age=; the responder's word is good for an hour. */
static void an_answer_has_its_age(void **state)
{
	static const struct {
		usec_t least, most, lasts;
	} cases[] = {
		{ 0, 24 * 60 * MINUTES, 60 * MINUTES },
		{ 90 * MINUTES, 24 * 60 * MINUTES, 90 * MINUTES },
		{ 0, 10 * MINUTES, 10 * MINUTES },
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct answer answer;
		asker_start(&asker, false, true, false);
		asker.setup.ocsp_cache_min_age = cases[i].least;
		asker.setup.ocsp_cache_max_age = cases[i].most;
		assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
		answer = asker_word(&asker, OCSP_GOOD);
		asker_answers(&asker, &answer);
		assert_int_equal(asker_ask(&asker), RC_OK);
		asker_run(&asker, cases[i].lasts - 30 * SECONDS);
		assert_int_equal(asker_ask(&asker), RC_OK);
		asker_run(&asker, SECONDS);
		assert_int_equal(asker_asked(&asker, OCSP_URL), 1);
		asker_run(&asker, 40 * SECONDS);
		assert_int_equal(asker_ask(&asker), RC_OK);
		asker_run(&asker, SECONDS);
		assert_int_equal(asker_asked(&asker, OCSP_URL), 2);
		asker_stop(&asker);
	}
}

static void only_some_are_under_way_at_once(void **state)
{
	char url[64];
	unsigned most = 0, total = 0;

	(void)state;
	asker_start(&asker, true, false, false);
	for (unsigned i = 0; i < 50; i++) {
		(void)snprintf(url, sizeof(url), "http://crl%u.example/", i);
		asker_serve(&asker, url, SERVE_HANG, SPAN_NONE);
		assert_true(source_ask(source_of_crl(asker.revocation, span_make(url, strlen(url)),
						     asker.root.certificate)));
	}
	for (unsigned i = 0; i < 300; i++) {
		asker_run(&asker, SECONDS / 10);
		if (asker.revocation->under_way > most)
			most = asker.revocation->under_way;
	}
	for (unsigned i = 0; i < 50; i++) {
		(void)snprintf(url, sizeof(url), "http://crl%u.example/", i);
		total += asker_asked(&asker, url);
	}
	assert_int_equal(most, SOURCES_AT_ONCE);
	assert_int_equal(asker.revocation->under_way, 0);
	assert_int_equal(total, 50);
	asker_stop(&asker);
}

/* Who can answer in the responder's place could make a revocation forgotten with it. */
static void an_older_answer_does_not_replace_a_newer_one(void **state)
{
	struct answer answer;

	(void)state;
	asker_start(&asker, false, true, true);
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_answers(&asker, &answer);
	assert_int_equal(asker_find_out(&asker), RC_AUTH_FAILED);
	answer.status = OCSP_GOOD;
	answer.this_update -= 60;
	asker_answers(&asker, &answer);
	revocation_refetch(asker.revocation);
	assert_int_equal(asker_find_out(&asker), RC_AUTH_FAILED);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_asked(&asker, OCSP_URL), 2);
	assert_int_equal(asker_find_out(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "was revoked on"));
	/* unless another responder is to be believed */
	asker.setup.ocsp_uri = (char *)OCSP_URL;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	assert_int_equal(asker_find_out(&asker), RC_OK);
	asker_stop(&asker);
}

/* ---- responders that are silent ---- */

static struct source *ask_at(const char *url)
{
	struct source *source = source_of_crl(asker.revocation, span_make(url, strlen(url)),
					      asker.root.certificate);

	assert_non_null(source);
	(void)source_ask(source);
	return source;
}

static void a_dead_server_does_not_keep_others_waiting(void **state)
{
	char url[64];

	(void)state;
	asker_start(&asker, true, false, false);
	for (unsigned i = 0; i < 50; i++) {
		(void)snprintf(url, sizeof(url), "http://dead.example/%u", i);
		asker_serve(&asker, url, SERVE_HANG, SPAN_NONE);
		(void)ask_at(url);
	}
	serve_crl(5, HOUR, false);
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker.revocation->under_way, RESPONDER_AT_ONCE);
	assert_int_equal(asker.rc, RC_OK);
	asker_stop(&asker);
}

/* What waits for it fails with it, and so does what comes within some seconds; then one question
 * finds out whether it answers again. */
static void a_silent_server_is_not_asked_for_a_while(void **state)
{
	struct source *sources[10];
	char url[64];
	unsigned asked = 0;

	(void)state;
	asker_start(&asker, true, false, false);
	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(url, sizeof(url), "http://dead.example/%u", i);
		asker_serve(&asker, url, SERVE_HANG, SPAN_NONE);
		sources[i] = ask_at(url);
	}
	asker_run(&asker, 6 * SECONDS);
	for (unsigned i = 0; i < 10; i++) {
		(void)snprintf(url, sizeof(url), "http://dead.example/%u", i);
		asked += asker_asked(&asker, url);
		assert_int_equal(sources[i]->state, SOURCE_IDLE);
	}
	assert_int_equal(asked, RESPONDER_AT_ONCE);
	assert_int_equal(ask_at("http://DEAD.example/new")->state, SOURCE_IDLE);
	assert_non_null(strstr(ask_at("http://dead.example/new")->why, "dead.example gave no"));
	assert_non_null(strstr(ask_at("http://dead.example/new")->why, "asked again in "));
	asker_run(&asker, 5 * SECONDS);
	(void)ask_at("http://dead.example/4");
	(void)ask_at("http://dead.example/5");
	asker_run(&asker, SECONDS);
	assert_int_equal(asker.revocation->under_way, 1);
	asker_serve(&asker, "http://dead.example/new", SERVE_MISSING, SPAN_NONE);
	asker_run(&asker, 6 * SECONDS);
	asker_run(&asker, RESPONDER_PAUSE_MAX);
	(void)ask_at("http://dead.example/new"); /* it says no: so it is there */
	asker_run(&asker, SECONDS);
	(void)ask_at("http://dead.example/6");
	(void)ask_at("http://dead.example/7");
	asker_run(&asker, SECONDS);
	assert_int_equal(asker.revocation->under_way, 2);
	asker_stop(&asker);
}

/* Who must know is refused at once, with the reason; who need not goes on. */
static void a_silent_responder_refuses_the_strict_at_once(void **state)
{
	struct party other;

	(void)state;
	asker_start(&asker, false, true, true);
	asker_serve(&asker, OCSP_URL, SERVE_HANG, SPAN_NONE);
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	asker_run(&asker, 3 * SECONDS);
	assert_int_equal(asker.rc, RC_AUTH_FAILED);
	other = asker_party(&asker, "CN=other", NULL, OCSP_URL);
	asker.path[0] = other.certificate;
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "ocsp.example gave no answer (no answer in time)"));
	assert_int_equal(asker_asked(&asker, OCSP_URL), 1);
	asker.setup.ocsp_strict = false;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	assert_int_equal(asker_ask(&asker), RC_OK);
	revocation_refetch(asker.revocation); /* and the operator may have mended it */
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_asked(&asker, OCSP_URL), 2);
	pki_free(&other);
	asker_stop(&asker);
}

/* The service goes while a worker checks what it has fetched, or while it is fetched. */
static void what_is_on_a_worker_outlives_the_service(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	serve_crl(5, HOUR, false);
	world_hold_jobs(asker.world, true);
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	asker_run(&asker, SECONDS);
	assert_int_equal(world_jobs_waiting(asker.world), 1);
	x509_waiter_forget(&asker.waiter);
	revocation_free(asker.revocation);
	asker.revocation = NULL;
	world_hold_jobs(asker.world, false);
	asker_run(&asker, SECONDS);
	asker_stop(&asker);
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_HANG, SPAN_NONE);
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	asker_run(&asker, SECONDS);
	asker_stop(&asker);
}

/* Whatever a server sends, nothing but the CA's own list counts. */
static void altered_lists_say_nothing(void **state)
{
	struct span der;
	uint8_t altered[2000];

	(void)state;
	asker_start(&asker, false, false, false);
	der = asker_crl(&asker, &asker.root, 5, HOUR, true);
	assert_true(der.len < sizeof(altered));
	for (size_t i = 0; i < der.len; i++) {
		memcpy(altered, der.ptr, der.len);
		altered[i] ^= (uint8_t)(1u << i % 8);
		asker_serve(&asker, CRL_URL, SERVE_BODY,
			    span_make(altered, i % 2 == 0 ? der.len : i));
		revocation_refetch(asker.revocation);
		assert_int_equal(asker_ask(&asker), RC_OK);
		asker_run(&asker, SECONDS / 10);
		assert_int_equal(asker_ask(&asker), RC_OK);
	}
	assert_true(asker_asked(&asker, CRL_URL) >= der.len);
	assert_int_equal(asker.revocation->crl_bytes, 0);
	asker_stop(&asker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_responder_is_asked_by_get_and_then_by_post),
		cmocka_unit_test(a_failure_is_remembered_for_longer_each_time),
		cmocka_unit_test(a_list_is_fetched_again_before_it_ends),
		cmocka_unit_test(crlcheckinterval_fetches_earlier),
		cmocka_unit_test(an_older_list_does_not_replace_a_newer_one),
		cmocka_unit_test(an_answer_has_its_age),
		cmocka_unit_test(only_some_are_under_way_at_once),
		cmocka_unit_test(an_older_answer_does_not_replace_a_newer_one),
		cmocka_unit_test(a_dead_server_does_not_keep_others_waiting),
		cmocka_unit_test(a_silent_server_is_not_asked_for_a_while),
		cmocka_unit_test(a_silent_responder_refuses_the_strict_at_once),
		cmocka_unit_test(what_is_on_a_worker_outlives_the_service),
		cmocka_unit_test(altered_lists_say_nothing),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
