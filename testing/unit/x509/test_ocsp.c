/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/ocsp.h"
#include "x509_test.h"

struct answer { /* what a responder is made to say */
	enum ocsp_status status;
	int64_t this_update, next_update;
	const struct party *about; /* its certificate; */
	const struct party *issuer;
	const struct party *signer;
	bool with_certificate; /* the signer's goes along */
};

/* CertID out of a request for it. */
static struct span cert_id(const struct answer *answer, uint8_t buffer[OCSP_REQUEST_MAX])
{
	struct span in, id = SPAN_NONE;
	size_t len = 0;
	assert_int_equal(
		ocsp_request(answer->about->certificate, answer->issuer->certificate, buffer, &len),
		RC_OK);
	in = span_make(buffer, len);
	for (int i = 0; i < 4; i++)
		assert_int_equal(der_only(in, ASN1_SEQUENCE, &in), RC_OK);
	assert_int_equal(der_whole(&in, ASN1_SEQUENCE, &id), RC_OK);
	assert_int_equal(in.len, 0);
	return id;
}

static void put_single(struct sink *out, const struct answer *answer)
{
	uint8_t request[OCSP_REQUEST_MAX];
	size_t single = der_begin(out, ASN1_SEQUENCE), at;
	sink_span(out, cert_id(answer, request));
	if (answer->status == OCSP_REVOKED) {
		at = der_begin(out, ASN1_CONTEXT_WITH(1));
		asn1_put_generalized(out, NOW - 99);
		der_end(out, at);
	} else {
		der_put(out, ASN1_CONTEXT(answer->status == OCSP_GOOD ? 0 : 2), SPAN_NONE);
	}
	asn1_put_generalized(out, answer->this_update);
	if (answer->next_update != 0) {
		at = der_begin(out, ASN1_CONTEXT_WITH(0));
		asn1_put_generalized(out, answer->next_update);
		der_end(out, at);
	}
	der_end(out, single);
}

static struct span tbs_of(const struct answer *answer, uint8_t buffer[1024])
{
	struct sink sink;
	size_t tbs, at;
	uint8_t hash[20] = { 0 };
	sink_init(&sink, buffer, 1024);
	tbs = der_begin(&sink, ASN1_SEQUENCE);
	at = der_begin(&sink, ASN1_CONTEXT_WITH(2));
	der_put(&sink, ASN1_OCTET_STRING, SPAN_OF(hash));
	der_end(&sink, at);
	asn1_put_generalized(&sink, NOW);
	at = der_begin(&sink, ASN1_SEQUENCE);
	put_single(&sink, answer);
	der_end(&sink, at);
	der_end(&sink, tbs);
	return sink_written(&sink);
}

static struct span basic_of(const struct answer *answer, uint8_t buffer[4096])
{
	uint8_t tbs_buffer[1024], signature[256];
	struct span tbs = tbs_of(answer, tbs_buffer);
	struct sink sink;
	size_t len = 0, basic, at, list;
	assert_int_equal(signature_make(answer->signer->key, &ecdsa, SIGNATURE_DER, &tbs, 1, 0,
					signature, &len, NULL),
			 RC_OK);
	sink_init(&sink, buffer, 4096);
	basic = der_begin(&sink, ASN1_SEQUENCE);
	sink_span(&sink, tbs);
	sink_span(&sink, sign_scheme_der(&ecdsa));
	asn1_put_bits(&sink, span_make(signature, len));
	if (answer->with_certificate) {
		at = der_begin(&sink, ASN1_CONTEXT_WITH(0));
		list = der_begin(&sink, ASN1_SEQUENCE);
		sink_span(&sink, certificate_der(answer->signer->certificate));
		der_end(&sink, list);
		der_end(&sink, at);
	}
	der_end(&sink, basic);
	return sink_written(&sink);
}

static struct span response_of(const struct answer *answer, uint8_t buffer[4096])
{
	static const uint8_t successful = 0;
	uint8_t basic[4096];
	struct span bytes = basic_of(answer, basic);
	struct sink sink;
	size_t response, at, inner;
	sink_init(&sink, buffer, 4096);
	response = der_begin(&sink, ASN1_SEQUENCE);
	der_put(&sink, ASN1_ENUMERATED, span_make(&successful, 1));
	at = der_begin(&sink, ASN1_CONTEXT_WITH(0));
	inner = der_begin(&sink, ASN1_SEQUENCE);
	assert_int_equal(asn1_put_oid(&sink, "1.3.6.1.5.5.7.48.1.1"), RC_OK);
	der_put(&sink, ASN1_OCTET_STRING, bytes);
	der_end(&sink, inner);
	der_end(&sink, at);
	der_end(&sink, response);
	assert_int_equal(sink_rc(&sink), RC_OK);
	return sink_written(&sink);
}

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
	return (struct answer){ OCSP_GOOD, NOW - 60, NOW + 60, &gw, &root, &root, false };
}

static enum rc read_about_gw(const struct answer *answer, struct ocsp_answer *out,
			     struct diag *diag)
{
	uint8_t buffer[4096];
	return ocsp_read(response_of(answer, buffer), gw.certificate, root.certificate, NOW, 0, out,
			 diag);
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
	assert_int_equal(out.revocation.when, NOW - 99);
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
	answer.about = &other;
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
	answer.signer = &responder;
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
	answer.signer = &gw;
	assert_int_equal(read_about_gw(&answer, &out, NULL), RC_AUTH_FAILED);
	answer.with_certificate = true;
	assert_int_equal(read_about_gw(&answer, &out, NULL), RC_AUTH_FAILED);
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
		assert_int_not_equal(ocsp_read(span_make(altered, i), gw.certificate,
					       root.certificate, NOW, 0, &out, NULL),
				     RC_OK);
		altered[i] ^= (uint8_t)(1u << i % 8);
		assert_int_not_equal(ocsp_read(span_make(altered, der.len), gw.certificate,
					       root.certificate, NOW, 0, &out, NULL),
				     RC_OK);
	}
}

static void the_responders_errors_are_told(void **state)
{
	static const uint8_t later[] = { 0x30, 3, 0x0a, 1, 3 }, garbage[] = { 'n', 'o' };
	struct ocsp_answer out;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(
		ocsp_read(SPAN_OF(later), gw.certificate, root.certificate, NOW, 0, &out, &diag),
		RC_TEMPORARY_FAILURE);
	assert_says(diag, "try later");
	assert_int_equal(
		ocsp_read(SPAN_OF(garbage), gw.certificate, root.certificate, NOW, 0, &out, &diag),
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
		cmocka_unit_test(an_answer_cut_or_altered_anywhere_proves_nothing),
		cmocka_unit_test(the_responders_errors_are_told),
	};
	return cmocka_run_group_tests(tests, parties_make, parties_free);
}
