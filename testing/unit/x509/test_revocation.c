/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>
#include "asker.h"

static struct asker asker;

static void assert_refused(const char *why)
{
	assert_int_equal(asker_find_out(&asker), RC_AUTH_FAILED);
	if (strstr(asker.diag.text, why) == NULL)
		fail_msg("\"%s\" is not about \"%s\"", asker.diag.text, why);
}

static void a_refusal_says_who_since_when_why_and_by_whom(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, true));
	assert_refused("\"CN=peer\"");
	assert_refused("issued by \"CN=root\"");
	assert_refused("serial ");
	assert_refused("was revoked on ");
	assert_refused("(key compromise), says the CRL of ");
	assert_refused(" from " CRL_URL);
	asker_stop(&asker);
}

static void what_is_known_needs_no_waiting(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, false));
	assert_int_equal(asker_find_out(&asker), RC_OK);
	assert_int_equal(asker.rounds, 2);
	assert_int_equal(asker_find_out(&asker), RC_OK);
	assert_int_equal(asker.rounds, 1);
	assert_int_equal(asker_asked(&asker, CRL_URL), 1);
	asker_stop(&asker);
}

static void who_is_not_strict_never_waits(void **state)
{
	(void)state;
	asker_start(&asker, false, true, false);
	asker_serve(&asker, OCSP_URL, SERVE_HANG, SPAN_NONE);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, true));
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, 3 * SECONDS); /* OCSP says nothing: the CRL is next */
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	asker_stop(&asker);
}

static void only_what_signs_for_the_issuer_counts(void **state)
{
	struct party other = pki_root("CN=root");

	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &other, 5, HOUR, true));
	assert_refused("could not be found out (crl-strict=yes)");
	assert_refused("its signature is not made by the key of");
	asker_stop(&asker);
	pki_free(&other);
}

static void lists_from_the_future_and_of_the_past_say_nobody_is_good(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_BODY,
		    asker_crl(&asker, &asker.root, -HOUR, 2 * HOUR, false));
	assert_refused("from the future");
	asker_stop(&asker);
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_BODY,
		    asker_crl(&asker, &asker.root, 2 * HOUR, HOUR, false));
	assert_refused("it was good until");
	asker_stop(&asker);
}

static void a_delegate_without_the_issuers_word_is_none(void **state)
{
	static const char *const signing[] = { "1.3.6.1.5.5.7.3.9", NULL };

	(void)state;
	for (unsigned allowed = 0; allowed < 2; allowed++) {
		struct party responder;
		struct answer answer;
		asker_start(&asker, false, true, true);
		responder = pki_make((struct x509_issue){ .subject = "CN=responder",
							  .not_before = asker_now(&asker) - DAY,
							  .not_after = asker_now(&asker) + YEAR,
							  .usages = allowed ? signing : NULL },
				     &asker.root);
		answer = asker_word(&asker, OCSP_GOOD);
		answer.signer = responder.certificate;
		answer.key = responder.key;
		answer.with_certificate = true;
		asker_answers(&asker, &answer);
		if (allowed)
			assert_int_equal(asker_find_out(&asker), RC_OK);
		else
			assert_refused("certificate is not for signing");
		pki_free(&responder);
		asker_stop(&asker);
	}
}

static void a_responder_that_says_revoked_refuses_whoever_is_strict(void **state)
{
	(void)state;
	for (unsigned strict = 0; strict < 2; strict++) {
		struct answer answer;
		asker_start(&asker, false, true, strict == 1);
		answer = asker_word(&asker, OCSP_REVOKED);
		asker_answers(&asker, &answer);
		(void)asker_ask(&asker);
		asker_run(&asker, SECONDS);
		assert_refused("says the OCSP answer of ");
		asker_stop(&asker);
	}
}

/* Also when its answer has ended and there is no other: until the responder takes it back. */
static void who_is_revoked_stays_so(void **state)
{
	struct answer answer;

	(void)state;
	asker_start(&asker, false, true, false);
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_answers(&asker, &answer);
	(void)asker_ask(&asker);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	asker_serve(&asker, OCSP_URL, SERVE_MISSING, SPAN_NONE);
	asker_run(&asker, 3 * 60 * MINUTES);
	for (unsigned i = 0; i < 2; i++) {
		assert_refused("was revoked on");
		asker_run(&asker, SECONDS);
		revocation_refetch(asker.revocation);
	}
	assert_true(asker_asked(&asker, OCSP_URL) >= 2);
	answer = asker_word(&asker, OCSP_GOOD); /* a hold is over */
	asker_answers(&asker, &answer);
	assert_refused("was revoked on");
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_stop(&asker);
}

/* What names a responder that is not asked here has one all the same. */
static void a_responder_that_cannot_be_asked_is_not_none(void **state)
{
	struct party party;

	(void)state;
	asker_start(&asker, false, true, true);
	party = asker_party(&asker, "CN=secret", NULL, "https://ocsp.example/");
	asker.path[0] = party.certificate;
	assert_refused("(ocsp-strict=yes): responders are asked by http only (ocsp-uri= names "
		       "another), not https://ocsp.example/");
	asker.setup.ocsp_strict = false;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	assert_int_equal(asker_ask(&asker), RC_OK);
	pki_free(&party);
	asker_stop(&asker);
}

/* The end of the daemon does not wait for servers. */
static void nobody_waits_when_it_stops(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_HANG, SPAN_NONE);
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker.rc, RC_SUSPEND);
	revocation_stop(asker.revocation);
	assert_int_equal(asker.rc, RC_SUSPEND); /* not from inside */
	asker_run(&asker, SECONDS / 10);
	assert_int_equal(asker.rc, RC_SHUTDOWN);
	assert_int_equal(asker_ask(&asker), RC_SHUTDOWN);
	asker_stop(&asker);
}

static void a_certificate_without_a_place_is_unknown(void **state)
{
	struct party mute;

	(void)state;
	asker_start(&asker, true, true, true);
	mute = asker_party(&asker, "CN=mute", NULL, NULL);
	asker.path[0] = mute.certificate;
	assert_refused("it names no place of a CRL");
	pki_free(&mute);
	mute = asker_party(&asker, "CN=mute", "ldap://crl.example/cn=root", NULL);
	asker.path[0] = mute.certificate;
	assert_refused("CRLs are fetched by http only, not ldap://crl.example/cn=root");
	pki_free(&mute);
	asker_stop(&asker);
}

static void a_configured_responder_is_asked_whatever_is_named(void **state)
{
	(void)state;
	asker_start(&asker, false, true, true);
	asker.setup.ocsp_uri = (char *)"http://own.example/";
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	asker_serve(&asker, "http://own.example/", SERVE_MISSING, SPAN_NONE);
	assert_refused("http://own.example/: the server answers 404");
	assert_int_equal(asker_asked(&asker, "http://own.example/"), 1);
	asker_stop(&asker);
}

static void one_word_is_enough_for_crl_strict(void **state)
{
	struct answer answer;

	(void)state;
	asker_start(&asker, true, true, false);
	answer = asker_word(&asker, OCSP_GOOD);
	asker_answers(&asker, &answer);
	asker_serve(&asker, CRL_URL, SERVE_HANG, SPAN_NONE);
	assert_int_equal(asker_find_out(&asker), RC_OK);
	assert_int_equal(asker_asked(&asker, CRL_URL), 0);
	asker_stop(&asker);
}

/* All hang: the wait has an end all the same, and so has every other one meanwhile. */
static void nobody_waits_longer_than_the_limits(void **state)
{
	usec_t begun;

	(void)state;
	asker_start(&asker, true, true, true);
	asker.setup.ocsp_timeout = asker.setup.curl_timeout = 60 * MINUTES;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	asker_serve(&asker, CRL_URL, SERVE_HANG, SPAN_NONE);
	asker_serve(&asker, OCSP_URL, SERVE_HANG, SPAN_NONE);
	begun = world_now(asker.world);
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	while (asker.rc == RC_SUSPEND)
		asker_run(&asker, SECONDS);
	assert_int_equal(asker.rc, RC_AUTH_FAILED);
	assert_says(asker.diag, "no answer from " OCSP_URL " yet");
	assert_in_range(world_now(asker.world) - begun, 19 * SECONDS, 22 * SECONDS);
	asker_stop(&asker);
}

static void who_forgets_to_wait_is_not_called(void **state)
{
	(void)state;
	asker_start(&asker, true, false, false);
	asker_serve(&asker, CRL_URL, SERVE_HANG, SPAN_NONE);
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	x509_waiter_forget(&asker.waiter);
	asker_run(&asker, 30 * SECONDS);
	assert_int_equal(asker.rounds, 1);
	asker_stop(&asker);
}

/* What a ca section says of a CA is asked for certificates that name no place. */
static void the_places_of_a_ca_section_are_asked(void **state)
{
	struct x509_points points = { .crls = { NULL,
						(char *)(uintptr_t) "http://ca.example/crl" } };
	struct party silent;

	(void)state;
	for (unsigned told = 0; told < 2; told++) {
		const struct party *anchors[] = { &asker.root };
		struct x509_trust *trust;
		asker_start(&asker, true, false, false);
		silent = asker_party(&asker, "CN=silent", NULL, NULL);
		asker.path[0] = silent.certificate;
		trust = pki_trust(anchors, 1);
		if (told == 1)
			assert_int_equal(x509_trust_point(trust, asker.root.certificate, &points),
					 RC_OK);
		revocation_trust(asker.revocation, trust);
		x509_trust_unref(trust);
		asker_serve(&asker, points.crls[1], SERVE_BODY,
			    asker_crl(&asker, &asker.root, 5, HOUR, false));
		if (told == 1)
			assert_int_equal(asker_find_out(&asker), RC_OK);
		else
			assert_refused("it names no place of a CRL");
		assert_int_equal(asker_asked(&asker, points.crls[1]), told);
		pki_free(&silent);
		asker_stop(&asker);
	}
}

/* The section's comes first, those of the certificate after it. */
static void where_the_section_gives_none_the_certificate_does(void **state)
{
	struct x509_points points = { .crls = { (char *)(uintptr_t) "http://ca.example/crl" } };
	const struct party *anchors[] = { &asker.root };
	struct x509_trust *trust;

	(void)state;
	asker_start(&asker, true, false, false);
	trust = pki_trust(anchors, 1);
	assert_int_equal(x509_trust_point(trust, asker.root.certificate, &points), RC_OK);
	revocation_trust(asker.revocation, trust);
	x509_trust_unref(trust);
	asker_serve(&asker, points.crls[0], SERVE_BODY, span_make("rubbish", 7));
	asker_serve(&asker, CRL_URL, SERVE_BODY, asker_crl(&asker, &asker.root, 5, HOUR, true));
	assert_refused(" from " CRL_URL);
	assert_int_equal(asker_asked(&asker, points.crls[0]), 1);
	asker_stop(&asker);
}

static void the_responder_of_a_ca_section_is_asked_instead(void **state)
{
	struct x509_points points = { .ocsps = { (char *)(uintptr_t)OCSP_URL } };
	const struct party *anchors[] = { &asker.root };
	struct answer answer;
	struct x509_trust *trust;
	struct party peer;

	(void)state;
	asker_start(&asker, false, true, true);
	peer = asker_party(&asker, "CN=peer", NULL, "http://nobody.example/");
	pki_free(&asker.peer);
	asker.peer = peer;
	asker.path[0] = peer.certificate;
	trust = pki_trust(anchors, 1);
	assert_int_equal(x509_trust_point(trust, asker.root.certificate, &points), RC_OK);
	revocation_trust(asker.revocation, trust);
	x509_trust_unref(trust);
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_answers(&asker, &answer);
	assert_refused("says the OCSP answer of ");
	asker_stop(&asker);
}

#define SECOND_URL "http://second.example/"

static void begin_with_two(struct answer *answer)
{
	struct x509_points points = { .ocsps = { (char *)(uintptr_t)OCSP_URL,
						 (char *)(uintptr_t)SECOND_URL } };
	const struct party *anchors[] = { &asker.root };
	struct x509_trust *trust;
	uint8_t buffer[4096];

	asker_start(&asker, false, true, true);
	trust = pki_trust(anchors, 1);
	assert_int_equal(x509_trust_point(trust, asker.root.certificate, &points), RC_OK);
	revocation_trust(asker.revocation, trust);
	x509_trust_unref(trust);
	*answer = asker_word(&asker, OCSP_GOOD);
	asker_serve(&asker, SECOND_URL, SERVE_BODY, response_of(answer, buffer));
}

/* ocspuri2=: when the first one is silent, has no answer, or one that counts for nothing. */
static void the_second_responder_of_a_ca_section_is_asked_when_the_first_fails(void **state)
{
	static const enum served served[] = { SERVE_HANG, SERVE_MISSING, SERVE_BODY };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct answer answer;
		begin_with_two(&answer);
		asker_serve(&asker, OCSP_URL, served[i], span_make("rubbish", 7));
		assert_int_equal(asker_find_out(&asker), RC_OK);
		assert_int_equal(asker_asked(&asker, OCSP_URL), 1);
		assert_int_equal(asker_asked(&asker, SECOND_URL), 1);
		asker_stop(&asker);
	}
}

static void the_second_responder_is_not_asked_when_the_first_answers(void **state)
{
	struct answer answer;

	(void)state;
	begin_with_two(&answer);
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_answers(&asker, &answer);
	assert_refused("says the OCSP answer of ");
	assert_int_equal(asker_asked(&asker, SECOND_URL), 0);
	asker_stop(&asker);
}

/* What was silent just now is passed by; when both fail, so does the question; and the next one
 * begins with the first again. */
static void all_responders_fail_before_the_question_does(void **state)
{
	struct answer answer;

	(void)state;
	begin_with_two(&answer);
	asker_serve(&asker, OCSP_URL, SERVE_HANG, SPAN_NONE);
	asker_serve(&asker, SECOND_URL, SERVE_MISSING, SPAN_NONE);
	assert_refused(SECOND_URL ": the server answers 404");
	assert_int_equal(asker_asked(&asker, OCSP_URL), 1);
	assert_int_equal(asker_asked(&asker, SECOND_URL), 1);
	answer = asker_word(&asker, OCSP_GOOD);
	asker_answers(&asker, &answer);
	asker_run(&asker, 2 * MINUTES);
	assert_int_equal(asker_find_out(&asker), RC_OK);
	assert_int_equal(asker_asked(&asker, OCSP_URL), 2);
	assert_int_equal(asker_asked(&asker, SECOND_URL), 1);
	asker_stop(&asker);
}

static void write_der(const char *path, const struct certificate *certificate)
{
	struct span der = certificate_der(certificate);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(der.ptr, 1, der.len, file), der.len);
	assert_int_equal(fclose(file), 0);
}

/* Whoever ocsp-trustname= named is not believed any more when it is gone, though what he said was
 * on a worker just then; the question is asked again. */
static void an_answer_checked_by_withdrawn_settings_does_not_count(void **state)
{
	char path[] = "/tmp/vanth-trustname-XXXXXX";

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	for (unsigned withdrawn = 0; withdrawn < 2; withdrawn++) {
		struct answer answer;
		struct party other;
		asker_start(&asker, false, true, true);
		other = asker_party(&asker, "CN=trusted once", NULL, NULL);
		write_der(path, other.certificate);
		asker.setup.ocsp_trustname = path;
		assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
		answer = asker_word(&asker, OCSP_GOOD);
		answer.signer = other.certificate;
		answer.key = other.key;
		asker_answers(&asker, &answer);
		world_hold_jobs(asker.world, true);
		assert_int_equal(asker_ask(&asker), RC_SUSPEND);
		asker_run(&asker, SECONDS);
		assert_int_equal(world_jobs_waiting(asker.world), 1);
		if (withdrawn == 1)
			asker.setup.ocsp_trustname = NULL;
		assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
		world_hold_jobs(asker.world, false);
		asker_run(&asker, 5 * SECONDS);
		if (asker.rc != (withdrawn == 1 ? RC_AUTH_FAILED : RC_OK))
			fail_msg("%s", asker.diag.text);
		assert_int_equal(asker_asked(&asker, OCSP_URL), 1 + withdrawn);
		pki_free(&other);
		asker_stop(&asker);
	}
	assert_int_equal(unlink(path), 0);
}

/* ocsp-uri= names another one while the question is out. */
static void what_was_asked_where_nobody_is_asked_any_more_does_not_count(void **state)
{
	struct answer answer;
	uint8_t buffer[4096];

	(void)state;
	asker_start(&asker, false, true, true);
	answer = asker_word(&asker, OCSP_GOOD);
	asker_answers(&asker, &answer);
	answer = asker_word(&asker, OCSP_REVOKED);
	asker_serve(&asker, SECOND_URL, SERVE_BODY, response_of(&answer, buffer));
	assert_int_equal(asker_ask(&asker), RC_SUSPEND);
	asker.setup.ocsp_uri = (char *)(uintptr_t)SECOND_URL;
	assert_int_equal(revocation_configure(asker.revocation, &asker.setup), RC_OK);
	asker_run(&asker, 5 * SECONDS);
	if (asker.rc != RC_AUTH_FAILED)
		fail_msg("%s", asker.diag.text);
	assert_int_equal(asker_asked(&asker, SECOND_URL), 1);
	asker_stop(&asker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_places_of_a_ca_section_are_asked),
		cmocka_unit_test(where_the_section_gives_none_the_certificate_does),
		cmocka_unit_test(the_responder_of_a_ca_section_is_asked_instead),
		cmocka_unit_test(
			the_second_responder_of_a_ca_section_is_asked_when_the_first_fails),
		cmocka_unit_test(the_second_responder_is_not_asked_when_the_first_answers),
		cmocka_unit_test(all_responders_fail_before_the_question_does),
		cmocka_unit_test(an_answer_checked_by_withdrawn_settings_does_not_count),
		cmocka_unit_test(what_was_asked_where_nobody_is_asked_any_more_does_not_count),
		cmocka_unit_test(a_refusal_says_who_since_when_why_and_by_whom),
		cmocka_unit_test(what_is_known_needs_no_waiting),
		cmocka_unit_test(who_is_not_strict_never_waits),
		cmocka_unit_test(only_what_signs_for_the_issuer_counts),
		cmocka_unit_test(lists_from_the_future_and_of_the_past_say_nobody_is_good),
		cmocka_unit_test(a_delegate_without_the_issuers_word_is_none),
		cmocka_unit_test(a_responder_that_says_revoked_refuses_whoever_is_strict),
		cmocka_unit_test(who_is_revoked_stays_so),
		cmocka_unit_test(a_responder_that_cannot_be_asked_is_not_none),
		cmocka_unit_test(nobody_waits_when_it_stops),
		cmocka_unit_test(a_certificate_without_a_place_is_unknown),
		cmocka_unit_test(a_configured_responder_is_asked_whatever_is_named),
		cmocka_unit_test(one_word_is_enough_for_crl_strict),
		cmocka_unit_test(nobody_waits_longer_than_the_limits),
		cmocka_unit_test(who_forgets_to_wait_is_not_called),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
