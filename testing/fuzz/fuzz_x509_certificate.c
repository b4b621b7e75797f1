/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for what peers send as certificates. Besides not crashing: what was taken has its own
 * bytes and can be shown; nothing is trusted. */
#include <string.h>
#include "x509_parties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct certificate *certificate)
{
	char text[IDENTITY_TEXT_MAX], serial[64];
	uint8_t hash[32];

	must(strlen(certificate_subject_text(certificate, text)) < IDENTITY_TEXT_MAX, "subject");
	must(strlen(certificate_issuer_text(certificate, text)) < IDENTITY_TEXT_MAX, "issuer");
	must(strlen(certificate_serial_text(certificate, serial)) < 64, "serial number");
	certificate_fingerprint(certificate, hash);
	certificate_ca_hash(certificate, hash);
	must(!certificate_is_ca(certificate) || certificate_not_after(certificate) != INT64_MAX,
	     "dates are read");
}

static void look_into(const struct certificate *certificate)
{
	struct identity id = { 0 }, own = { 0 };
	struct public_key *key = NULL;
	struct span url;
	struct diag diag = { "" };

	for (unsigned i = 0; certificate_alternative(certificate, i, &id); i++)
		must(id.type == ID_NONE || certificate_names(certificate, &id),
		     "a certificate carries the names that it has");
	for (unsigned i = 0; certificate_crl_url(certificate, i, &url); i++)
		must(url.len > 7, "a URL is one");
	for (unsigned i = 0; certificate_ocsp_url(certificate, i, &url); i++)
		must(url.len > 7, "a URL is one");
	if (certificate_crl_other(certificate, &url))
		must(url.len <= CERTIFICATE_SIZE_MAX, "a URL is within its certificate");
	if (certificate_identity(certificate, &own) == RC_OK)
		identity_free(&own);
	if (certificate_key(certificate, &key, &diag) == RC_OK)
		public_key_unref(key);
	else
		must(diag.text[0] != '\0', "a refusal says why");
}

/* Beside a good chain, and as the peer's own. */
static void verify(const struct parties *parties, struct span der)
{
	struct x509_ca ca = { parties->ca, (char *)"root", true };
	struct span ders[] = { certificate_der(parties->leaf), der };
	struct x509_trust *trust = NULL;
	struct diag diag = { "" };

	must(x509_trust_of(&ca, 1, &trust) == RC_OK, "there is memory");
	struct x509_verify both = { .trust = trust, .ders = ders, .count = 2, .now = PARTIES_NOW };
	struct x509_verify alone = {
		.trust = trust, .ders = &ders[1], .count = 1, .now = PARTIES_NOW
	};
	must(x509_verify(&both, &diag) == RC_OK, "what stands beside a good chain is no harm");
	must(x509_verify(&alone, &diag) != RC_OK && diag.text[0] != '\0',
	     "nobody is trusted whom the CA did not sign");
	x509_verify_wipe(&both);
	x509_verify_wipe(&alone);
	x509_trust_unref(trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct parties *parties = parties_make();
	struct certificate *certificate = NULL;
	struct span der = span_make(data, size);
	struct diag diag = { "" };

	if (certificate_parse(der, &certificate, &diag) == RC_OK) {
		must(span_equal(certificate_der(certificate), der),
		     "a certificate keeps its bytes");
		show(certificate);
		look_into(certificate);
		certificate_unref(certificate);
	} else {
		must(diag.text[0] != '\0', "a refusal says why");
	}
	if (size > 0 && data[size / 2] % 32 == 0) /* signatures take their time */
		verify(parties, der);
	return 0;
}
