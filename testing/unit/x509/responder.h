/* SPDX-License-Identifier: Apache-2.0 */
/* An OCSP responder for tests: what it is made to say, signed. */
#ifndef VANTH_TEST_RESPONDER_H
#define VANTH_TEST_RESPONDER_H

#include "unit/test.h"
#include "x509/ocsp.h"

/* Signs with ECDSA and SHA-256. */
struct answer {
	enum ocsp_status status;
	int64_t this_update, next_update; /* next_update 0: none told */
	const struct certificate *about, *issuer, *signer;
	struct private_key *key; /* of the signer */
	bool with_certificate;	 /* the signer's goes along */
	int64_t when;		 /* OCSP_REVOKED */
};

/* CertID out of a request for it. */
static inline struct span cert_id(const struct answer *answer, uint8_t buffer[OCSP_REQUEST_MAX])
{
	struct span in, id = SPAN_NONE;
	size_t len = 0;
	assert_int_equal(
		ocsp_request(certificate_serial(answer->about), answer->issuer, buffer, &len),
		RC_OK);
	in = span_make(buffer, len);
	for (int i = 0; i < 4; i++)
		assert_int_equal(der_only(in, ASN1_SEQUENCE, &in), RC_OK);
	assert_int_equal(der_whole(&in, ASN1_SEQUENCE, &id), RC_OK);
	assert_int_equal(in.len, 0);
	return id;
}

static inline void put_single(struct sink *out, const struct answer *answer)
{
	uint8_t request[OCSP_REQUEST_MAX];
	size_t single = der_begin(out, ASN1_SEQUENCE), at;
	sink_span(out, cert_id(answer, request));
	if (answer->status == OCSP_REVOKED) {
		at = der_begin(out, ASN1_CONTEXT_WITH(1));
		asn1_put_generalized(out, answer->when);
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

static inline struct span tbs_of(const struct answer *answer, uint8_t buffer[1024])
{
	struct sink sink;
	size_t tbs, at;
	uint8_t hash[20] = { 0 };
	sink_init(&sink, buffer, 1024);
	tbs = der_begin(&sink, ASN1_SEQUENCE);
	at = der_begin(&sink, ASN1_CONTEXT_WITH(2));
	der_put(&sink, ASN1_OCTET_STRING, SPAN_OF(hash));
	der_end(&sink, at);
	asn1_put_generalized(&sink, answer->this_update);
	at = der_begin(&sink, ASN1_SEQUENCE);
	put_single(&sink, answer);
	der_end(&sink, at);
	der_end(&sink, tbs);
	return sink_written(&sink);
}

static inline struct span basic_of(const struct answer *answer, uint8_t buffer[4096])
{
	uint8_t tbs_buffer[1024], signature[256];
	struct span tbs = tbs_of(answer, tbs_buffer);
	const struct sign_scheme ecdsa = { .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 };
	struct sink sink;
	size_t len = 0, basic, at, list;
	assert_int_equal(signature_make(answer->key, &ecdsa, SIGNATURE_DER, &tbs, 1, 0, signature,
					&len, NULL),
			 RC_OK);
	sink_init(&sink, buffer, 4096);
	basic = der_begin(&sink, ASN1_SEQUENCE);
	sink_span(&sink, tbs);
	sink_span(&sink, sign_scheme_der(&ecdsa));
	asn1_put_bits(&sink, span_make(signature, len));
	if (answer->with_certificate) {
		at = der_begin(&sink, ASN1_CONTEXT_WITH(0));
		list = der_begin(&sink, ASN1_SEQUENCE);
		sink_span(&sink, certificate_der(answer->signer));
		der_end(&sink, list);
		der_end(&sink, at);
	}
	der_end(&sink, basic);
	return sink_written(&sink);
}

static inline struct span response_of(const struct answer *answer, uint8_t buffer[4096])
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

#endif
