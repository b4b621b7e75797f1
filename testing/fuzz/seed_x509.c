/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the seed files of testing/fuzz/corpus/x509_* with a CA of its own: seed_x509 <corpus>. */
#include "unit/x509/responder.h"
#include "x509_parties.h"

static int save(const char *corpus, const char *name, const char *before, struct span bytes)
{
	char path[4096];
	FILE *file;
	size_t written;

	snprintf(path, sizeof(path), "%s/%s", corpus, name);
	file = fopen(path, "wb");
	if (file == NULL)
		return 1;
	written = fwrite(before, 1, strlen(before), file) + fwrite(bytes.ptr, 1, bytes.len, file);
	return fclose(file) != 0 || written != strlen(before) + bytes.len;
}

static int save_crl(struct parties *parties, const char *corpus, const char *name, size_t count)
{
	struct x509_revoked entries[3] = { { certificate_serial(parties->leaf), PARTIES_NOW, 1 },
					   { certificate_serial(parties->ca), PARTIES_NOW, -1 },
					   { span_make("\x01", 1), PARTIES_NOW, 6 } };
	struct x509_issue_crl issue = {
		.issuer = parties->ca,
		.issuer_key = parties->key,
		.scheme = parties_scheme(),
		.revoked = entries,
		.count = count,
		.this_update = PARTIES_NOW,
		.next_update = count > 1 ? PARTIES_NOW + PARTIES_YEAR : 0,
		.number = 7,
	};
	struct diag diag = { "" };
	struct span der;

	must(x509_issue_crl(&issue, &parties->arena, &der, &diag) == RC_OK, diag.text);
	return save(corpus, name, "", der);
}

static int save_answer(const struct parties *parties, const char *corpus, const char *name,
		       enum ocsp_status status)
{
	struct answer answer = {
		.status = status,
		.this_update = PARTIES_NOW - 60,
		.next_update = status == OCSP_UNKNOWN ? 0 : PARTIES_NOW + 60,
		.about = parties->leaf,
		.issuer = parties->ca,
		.signer = parties->ca,
		.key = parties->key,
		.with_certificate = status == OCSP_REVOKED,
		.when = PARTIES_NOW - 99,
	};
	uint8_t whole[4096], tbs[1024];
	char other[64];

	snprintf(other, sizeof(other), "%s-signed", name);
	return save(corpus, name, "0", response_of(&answer, whole)) +
	       save(corpus, other, "1", tbs_of(&answer, tbs));
}

int main(int argc, char **argv)
{
	struct parties *parties = parties_make();
	int failed;

	if (argc != 2) {
		fprintf(stderr, "usage: seed_x509 <corpus>\n");
		return 2;
	}
	failed = save(argv[1], "x509_certificate/ca", "", certificate_der(parties->ca)) +
		 save(argv[1], "x509_certificate/leaf", "", certificate_der(parties->leaf)) +
		 save_crl(parties, argv[1], "x509_crl/empty", 0) +
		 save_crl(parties, argv[1], "x509_crl/one", 1) +
		 save_crl(parties, argv[1], "x509_crl/three", 3) +
		 save_answer(parties, argv[1], "x509_ocsp/good", OCSP_GOOD) +
		 save_answer(parties, argv[1], "x509_ocsp/revoked", OCSP_REVOKED) +
		 save_answer(parties, argv[1], "x509_ocsp/unknown", OCSP_UNKNOWN);
	return failed != 0;
}
