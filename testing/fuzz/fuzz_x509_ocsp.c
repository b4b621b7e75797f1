/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for what responders answer. The first byte says whether a whole answer follows, or
 * the part that is signed: it is signed here then, so that its content is read too. Besides not
 * crashing: a refusal has a reason, and no answer of another time is taken. */
#include <string.h>
#include "x509/ocsp.h"
#include "x509_fixed.h"
#include "x509_parties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t basic_buffer[8192], whole_buffer[8400];

static struct span put_basic(const struct parties *parties, struct span tbs)
{
	const struct sign_scheme scheme = parties_scheme();
	uint8_t signature[256];
	struct sink sink;
	size_t len = 0, at;

	must(signature_make(parties->key, &scheme, SIGNATURE_DER, &tbs, 1, 0, signature, &len,
			    NULL) == RC_OK,
	     "the CA signs");
	sink_init(&sink, basic_buffer, sizeof(basic_buffer));
	at = der_begin(&sink, ASN1_SEQUENCE);
	sink_span(&sink, tbs);
	sink_span(&sink, sign_scheme_der(&scheme));
	asn1_put_bits(&sink, span_make(signature, len));
	der_end(&sink, at);
	return sink_rc(&sink) == RC_OK ? sink_written(&sink) : SPAN_NONE;
}

static struct span put_whole(struct span basic)
{
	static const uint8_t successful = 0;
	struct sink sink;
	size_t response, at, inner;

	sink_init(&sink, whole_buffer, sizeof(whole_buffer));
	response = der_begin(&sink, ASN1_SEQUENCE);
	der_put(&sink, ASN1_ENUMERATED, span_make(&successful, 1));
	at = der_begin(&sink, ASN1_CONTEXT_WITH(0));
	inner = der_begin(&sink, ASN1_SEQUENCE);
	must(asn1_put_oid(&sink, "1.3.6.1.5.5.7.48.1.1") == RC_OK, "there is room");
	der_put(&sink, ASN1_OCTET_STRING, basic);
	der_end(&sink, inner);
	der_end(&sink, at);
	der_end(&sink, response);
	return sink_rc(&sink) == RC_OK ? sink_written(&sink) : SPAN_NONE;
}

static struct certificate *fixed(struct span der)
{
	struct certificate *certificate = NULL;
	struct diag diag = { "" };

	must(certificate_parse(der, &certificate, &diag) == RC_OK, diag.text);
	return certificate;
}

/* trusted: whose signature is believed beside the fixed CA's, whose key nobody has. */
static enum rc read(struct span der, const struct certificate *trusted, struct ocsp_answer *answer)
{
	static struct certificate *ca, *leaf;
	struct diag diag = { "" };
	enum rc rc;

	if (ca == NULL)
		ca = fixed(SPAN_OF(fixed_ca));
	if (leaf == NULL)
		leaf = fixed(SPAN_OF(fixed_leaf));
	rc = ocsp_read(der, certificate_serial(leaf), ca, trusted, PARTIES_NOW, 0, answer, &diag);
	must(rc == RC_OK || diag.text[0] != '\0', "a refusal says why");
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct parties *parties = parties_make();
	struct ocsp_answer answer;
	struct span rest, content;

	if (size == 0 || size > 4096)
		return 0;
	rest = span_make(data + 1, size - 1);
	if (data[0] % 2 == 0) {
		(void)read(rest, NULL, &answer); /* the seeds themselves are good */
		return 0;
	}
	if (der_only(rest, ASN1_SEQUENCE, &content) != RC_OK || data[size / 2] % 8 != 0)
		return 0; /* signatures take their time */
	if (read(put_whole(put_basic(parties, rest)), parties->ca, &answer) != RC_OK)
		return 0;
	must(answer.this_update <= PARTIES_NOW + OCSP_SKEW && answer.next_update >= PARTIES_NOW,
	     "an answer is of now");
	return 0;
}
