/* SPDX-License-Identifier: Apache-2.0 */
#include "responder.h"
#include "x509_test.h"

static struct party root, gw, other;

static int parties_make(void **state)
{
	if (pki_open(state) != 0)
		return -1;
	root = pki_root("CN=root");
	gw = pki_leaf("CN=gw", NULL, &root);
	other = pki_leaf("CN=other", NULL, &root);
	return 0;
}

static int parties_free(void **state)
{
	pki_free(&root);
	pki_free(&gw);
	pki_free(&other);
	return pki_close(state);
}

static struct answer good(void)
{
	return (struct answer){
		.status = OCSP_GOOD,
		.this_update = NOW - 60,
		.next_update = NOW + 60,
		.about = gw.certificate,
		.issuer = root.certificate,
		.signer = root.certificate,
		.key = root.key,
		.when = NOW - 99,
	};
}

static enum rc read_about_gw(const struct answer *answer, struct ocsp_answer *out,
			     struct diag *diag)
{
	uint8_t buffer[4096];
	return ocsp_read(response_of(answer, buffer), certificate_serial(gw.certificate),
			 root.certificate, NULL, NOW, 0, out, diag);
}

static void the_three_statuses_are_told_apart(void **state)
{
	struct answer answer = good();
	struct ocsp_answer out;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_OK);
	assert_int_equal(out.status, OCSP_GOOD);
	assert_int_equal(out.next_update, NOW + 60);
	answer.status = OCSP_REVOKED;
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_OK);
	assert_int_equal(out.status, OCSP_REVOKED);
	assert_int_equal(out.revoked.when, NOW - 99);
	answer.status = OCSP_UNKNOWN;
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_OK);
	assert_int_equal(out.status, OCSP_UNKNOWN);
}

static void an_answer_about_another_certificate_is_none(void **state)
{
	struct answer answer = good();
	struct ocsp_answer out;
	struct diag diag = { "" };
	(void)state;
	answer.about = other.certificate;
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_NOT_FOUND);
	assert_says(diag, "about other certificates");
}

static void old_and_future_answers_are_refused(void **state)
{
	struct answer answer = good();
	struct ocsp_answer out;
	struct diag diag = { "" };
	(void)state;
	answer.next_update = NOW - 1;
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_AUTH_FAILED);
	assert_says(diag, "good until");
	answer.next_update = 0; /* none told */
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_OK);
	answer.this_update = NOW - OCSP_AGE_MAX - 1;
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_AUTH_FAILED);
	answer.this_update = NOW + OCSP_SKEW + 1;
	assert_int_equal(read_about_gw(&answer, &out, &diag), RC_AUTH_FAILED);
	assert_says(diag, "future");
}

static enum rc delegated(struct x509_issue issue, const struct party *issuer, struct diag *diag)
{
	struct party responder = pki_make(issue, issuer);
	struct answer answer = good();
	struct ocsp_answer out;
	enum rc rc;
	answer.signer = responder.certificate;
	answer.key = responder.key;
	answer.with_certificate = true;
	rc = read_about_gw(&answer, &out, diag);
	pki_free(&responder);
	return rc;
}

static void a_responder_needs_the_issuers_word(void **state)
{
	static const char *const signing[] = { "1.3.6.1.5.5.7.3.9", NULL };
	struct party namesake = pki_root("CN=root"), strange = pki_root("CN=strange");
	struct x509_issue issue = { .subject = "CN=ocsp", .usages = signing };
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(delegated(issue, &root, &diag), RC_OK);
	assert_int_equal(delegated(issue, &namesake, &diag), RC_AUTH_FAILED);
	assert_int_equal(delegated(issue, &strange, &diag), RC_AUTH_FAILED);
	assert_says(diag, "of another issuer");
	issue.not_before = NOW - 9 * DAY;
	issue.not_after = NOW - 1;
	assert_int_equal(delegated(issue, &root, &diag), RC_AUTH_FAILED);
	issue = (struct x509_issue){ .subject = "CN=ocsp" };
	assert_int_equal(delegated(issue, &root, &diag), RC_AUTH_FAILED);
	assert_says(diag, "not for signing OCSP answers");
	pki_free(&namesake);
	pki_free(&strange);
}

static void a_certificate_of_a_peer_signs_no_answers(void **state)
{
	struct answer answer = good();
	struct ocsp_answer out;
	(void)state;
	answer.signer = gw.certificate;
	answer.key = gw.key;
	assert_int_equal(read_about_gw(&answer, &out, NULL), RC_AUTH_FAILED);
	answer.with_certificate = true;
	assert_int_equal(read_about_gw(&answer, &out, NULL), RC_AUTH_FAILED);
}

/* ocsp-trustname= */
static void whom_the_operator_trusts_signs_too(void **state)
{
	struct party trusted = pki_root("CN=strange");
	struct answer answer = good();
	struct ocsp_answer out;
	struct diag diag = { "" };
	uint8_t buffer[4096];
	struct span der;
	(void)state;
	answer.signer = trusted.certificate;
	answer.key = trusted.key;
	der = response_of(&answer, buffer);
	assert_int_equal(ocsp_read(der, certificate_serial(gw.certificate), root.certificate, NULL,
				   NOW, 0, &out, &diag),
			 RC_AUTH_FAILED);
	assert_int_equal(ocsp_read(der, certificate_serial(gw.certificate), root.certificate,
				   other.certificate, NOW, 0, &out, &diag),
			 RC_AUTH_FAILED);
	assert_int_equal(ocsp_read(der, certificate_serial(gw.certificate), root.certificate,
				   trusted.certificate, NOW, 0, &out, &diag),
			 RC_OK);
	pki_free(&trusted);
}

static void an_answer_cut_or_altered_anywhere_proves_nothing(void **state)
{
	struct answer answer = good();
	uint8_t buffer[4096], altered[4096];
	struct span der = response_of(&answer, buffer);
	struct ocsp_answer out;
	(void)state;
	for (size_t i = 0; i < der.len; i++) {
		memcpy(altered, der.ptr, der.len);
		assert_int_not_equal(ocsp_read(span_make(altered, i),
					       certificate_serial(gw.certificate), root.certificate,
					       NULL, NOW, 0, &out, NULL),
				     RC_OK);
		altered[i] ^= (uint8_t)(1u << i % 8);
		assert_int_not_equal(ocsp_read(span_make(altered, der.len),
					       certificate_serial(gw.certificate), root.certificate,
					       NULL, NOW, 0, &out, NULL),
				     RC_OK);
	}
}

static void the_responders_errors_are_told(void **state)
{
	static const uint8_t later[] = { 0x30, 3, 0x0a, 1, 3 }, garbage[] = { 'n', 'o' };
	struct ocsp_answer out;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(ocsp_read(SPAN_OF(later), certificate_serial(gw.certificate),
				   root.certificate, NULL, NOW, 0, &out, &diag),
			 RC_TEMPORARY_FAILURE);
	assert_says(diag, "try later");
	assert_int_equal(ocsp_read(SPAN_OF(garbage), certificate_serial(gw.certificate),
				   root.certificate, NULL, NOW, 0, &out, &diag),
			 RC_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_statuses_are_told_apart),
		cmocka_unit_test(an_answer_about_another_certificate_is_none),
		cmocka_unit_test(old_and_future_answers_are_refused),
		cmocka_unit_test(a_responder_needs_the_issuers_word),
		cmocka_unit_test(a_certificate_of_a_peer_signs_no_answers),
		cmocka_unit_test(whom_the_operator_trusts_signs_too),
		cmocka_unit_test(an_answer_cut_or_altered_anywhere_proves_nothing),
		cmocka_unit_test(the_responders_errors_are_told),
	};
	return cmocka_run_group_tests(tests, parties_make, parties_free);
}
