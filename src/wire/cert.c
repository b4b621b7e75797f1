/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate and Certificate Request payloads, RFC 7296 §3.6 and §3.7: the same layout. */
#include "wire/body.h"

enum rc wire_cert_parse(struct span body, struct wire_cert *out, struct diag *diag)
{
	struct wire_cert cert;

	TRY(body_needs(body, 1, "CERT or CERTREQ", diag));
	TRY(span_u8(&body, &cert.encoding));
	cert.data = body;
	*out = cert;
	return RC_OK;
}

void wire_cert_emit(struct writer *writer, enum payload_type which, const struct wire_cert *cert)
{
	writer_payload_begin(writer, which, false);
	sink_u8(writer->sink, cert->encoding);
	sink_span(writer->sink, cert->data);
	writer_payload_end(writer);
}
