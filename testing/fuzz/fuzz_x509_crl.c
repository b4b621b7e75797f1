/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for what servers give as CRLs. Besides not crashing: each of its entries is found by
 * its serial number; none is believed that the CA did not sign. */
#include <string.h>
#include "x509/crl.h"
#include "x509_parties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void find_all(const struct crl *crl)
{
	for (uint32_t i = 0; i < crl->count; i++) {
		struct span in =
			span_make(crl->bytes + crl->entries[i], crl->der.len - crl->entries[i]);
		struct span body, serial = SPAN_NONE;
		struct revoked revoked;
		must(crl->entries[i] < crl->der.len, "an entry lies within its CRL");
		must(der_take(&in, ASN1_SEQUENCE, &body) == RC_OK &&
			     der_take(&body, ASN1_INTEGER, &serial) == RC_OK,
		     "an entry is one");
		must(crl_find(crl, serial, &revoked), "an entry is found");
		must(revocation_reason(revoked.reason)[0] != '\0', "a reason has words");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct parties *parties = parties_make();
	struct crl *crl = NULL;
	struct diag diag = { "" };
	struct revoked revoked;

	if (crl_parse(span_make(data, size), &crl, &diag) != RC_OK) {
		must(diag.text[0] != '\0', "a refusal says why");
		return 0;
	}
	find_all(crl);
	(void)crl_find(crl, certificate_serial(parties->leaf), &revoked);
	(void)crl_covers(crl, parties->leaf);
	(void)crl_covers(crl, parties->ca);
	must(crl_check_issuer(crl, parties->ca, 0, &diag) != RC_OK && diag.text[0] != '\0',
	     "no CRL is believed that the CA did not sign");
	crl_unref(crl);
	return 0;
}
