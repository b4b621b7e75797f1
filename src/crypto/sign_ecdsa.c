/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of an ECDSA signature: r | s (RFC 4754 §7), and Ecdsa-Sig-Value in DER (RFC 3279
 * §2.2.3). NSS knows the first. */
#include <string.h>
#include "base/der.h"
#include "crypto/sign_private.h"

static enum rc number_to_raw(const struct curve *curve, struct span *in, uint8_t *out)
{
	struct span number;
	if (der_unsigned(in, &number) != RC_OK || number.len > curve->len)
		return RC_AUTH_FAILED;
	memset(out, 0, curve->len);
	memcpy(out + curve->len - number.len, number.ptr, number.len);
	return RC_OK;
}

enum rc ecdsa_to_raw(const struct curve *curve, enum signature_form form, struct span signature,
		     uint8_t *raw)
{
	struct span body;
	if (form == SIGNATURE_RAW) {
		if (signature.len != 2u * curve->len)
			return RC_AUTH_FAILED;
		memcpy(raw, signature.ptr, signature.len);
	} else {
		if (der_only(signature, ASN1_SEQUENCE, &body) != RC_OK)
			return RC_AUTH_FAILED;
		TRY(number_to_raw(curve, &body, raw));
		TRY(number_to_raw(curve, &body, raw + curve->len));
		if (body.len != 0)
			return RC_AUTH_FAILED;
	}
	return curve_has_scalar(curve, raw) && curve_has_scalar(curve, raw + curve->len)
		       ? RC_OK
		       : RC_AUTH_FAILED;
}

/* Each number: tag, length, a sign byte. */
size_t ecdsa_der_max(const struct curve *curve)
{
	return 3 + 2 * (3 + (size_t)curve->len);
}

enum rc ecdsa_from_raw(const struct curve *curve, enum signature_form form, const uint8_t *raw,
		       uint8_t *out, size_t *out_len)
{
	struct sink sink;
	sink_init(&sink, out, ecdsa_der_max(curve));
	if (form == SIGNATURE_RAW) {
		sink_bytes(&sink, raw, 2u * curve->len);
	} else {
		size_t at = der_begin(&sink, ASN1_SEQUENCE);
		der_put_unsigned(&sink, span_make(raw, curve->len));
		der_put_unsigned(&sink, span_make(raw + curve->len, curve->len));
		der_end(&sink, at);
	}
	*out_len = sink.len;
	return sink_rc(&sink);
}
