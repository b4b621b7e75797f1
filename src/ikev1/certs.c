/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ends say about certificates (rfc2408 §3.9, §3.10). */
#include "ikev1/private.h"

#define REQUESTS_MAX 8 /* of more CAs none is named: "any" */

static unsigned trusted_count(const struct x509_trust *trust)
{
	const struct x509_ca *ca;
	unsigned count = 0;

	for (size_t i = 0; (ca = x509_trust_at(trust, i)) != NULL && count <= REQUESTS_MAX; i++)
		count += ca->trusted ? 1 : 0;
	return count;
}

/* A CA is named by its DN, one in each payload. */
enum rc v1_certs_request(const struct step *step, uint16_t auth, struct writer *writer)
{
	const struct x509_trust *trust;
	struct wire_cert request = { .encoding = CERT_X509_SIGNATURE };
	const struct x509_ca *ca;
	unsigned count;

	if (!v1_signs(auth))
		return RC_OK;
	trust = keyring_trust(step->env->keyring);
	count = trusted_count(trust);
	if (count == 0 || count > REQUESTS_MAX)
		isakmp_cert_emit(writer, ISAKMP_CR, &request);
	for (size_t i = 0; count <= REQUESTS_MAX && (ca = x509_trust_at(trust, i)) != NULL; i++) {
		if (!ca->trusted)
			continue;
		request.data = certificate_subject(ca->certificate);
		isakmp_cert_emit(writer, ISAKMP_CR, &request);
	}
	return RC_OK;
}

bool v1_certs_asked(const struct ike_message *message)
{
	return v1_payload(message, ISAKMP_CR) != NULL;
}

void v1_certs_emit(const struct config_end *local, const struct prove *prove, bool asked,
		   struct writer *writer)
{
	for (unsigned i = 0; i < prove_certificates(local, prove, asked); i++) {
		const struct wire_cert cert = prove_certificate(prove, i);
		isakmp_cert_emit(writer, ISAKMP_CERT, &cert);
	}
}
