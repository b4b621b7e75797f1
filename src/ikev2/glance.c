/* SPDX-License-Identifier: Apache-2.0 */
/* A look at an IKE_SA_INIT request without memory for it: enough to ask for a cookie, or to check
 * one (RFC 7296 §2.6). What the payloads hold is read later, when the cookie was good. */
#include "ikev2/private.h"

static enum rc once(bool *seen, const char *name, struct diag *diag)
{
	if (*seen)
		return diag_fail(diag, RC_SYNTAX, "IKE_SA_INIT request with two %s payloads", name);
	*seen = true;
	return RC_OK;
}

struct seen {
	bool sa, ke, nonce;
};

static enum rc look_at(uint8_t type, struct span body, struct seen *seen, struct init_glance *out,
		       struct diag *diag)
{
	struct wire_notify notify;

	if (type == PAYLOAD_SA)
		return once(&seen->sa, "SA", diag);
	if (type == PAYLOAD_KE)
		return once(&seen->ke, "KE", diag);
	if (type == PAYLOAD_NONCE) {
		TRY(once(&seen->nonce, "nonce", diag));
		return wire_nonce_parse(body, &out->ni, diag);
	}
	if (type == PAYLOAD_NOTIFY && out->cookie.ptr == NULL &&
	    wire_notify_parse(body, &notify, NULL) == RC_OK && notify.type == COOKIE)
		out->cookie = notify.data;
	return RC_OK;
}

static enum rc next_payload(struct span *in, uint8_t *next, struct span *body, struct diag *diag)
{
	uint8_t flags;
	uint16_t len;

	if (span_u8(in, next) != RC_OK || span_u8(in, &flags) != RC_OK ||
	    span_u16(in, &len) != RC_OK || len < 4 || span_take(in, len - 4u, body) != RC_OK)
		return diag_fail(diag, RC_TRUNCATED,
				 "IKE_SA_INIT request whose payloads do not fit into it");
	return RC_OK;
}

enum rc ikev2_init_glance(struct span datagram, const struct ike_header *header,
			  struct init_glance *out, struct diag *diag)
{
	struct span in = datagram, skipped, body;
	struct seen seen = { false, false, false };
	uint8_t type = header->next, next;
	unsigned count = 0;

	*out = (struct init_glance){ SPAN_NONE, SPAN_NONE };
	TRY(span_take(&in, IKE_HEADER_LEN, &skipped));
	for (; type != PAYLOAD_NONE; type = next) {
		if (++count > LIMIT_PAYLOADS)
			return diag_fail(diag, RC_LIMIT, "more than %d payloads", LIMIT_PAYLOADS);
		TRY(next_payload(&in, &next, &body, diag));
		TRY(look_at(type, body, &seen, out, diag));
	}
	if (in.len > 0)
		return diag_fail(diag, RC_TRAILING, "%zu bytes after the last payload", in.len);
	if (header->exchange == EXCHANGE_IKE_SESSION_RESUME)
		return seen.nonce ? RC_OK
				  : diag_fail(diag, RC_SYNTAX,
					      "IKE_SESSION_RESUME request without nonce");
	if (!seen.sa || !seen.ke || !seen.nonce)
		return diag_fail(diag, RC_SYNTAX, "IKE_SA_INIT request without SA, KE or nonce");
	return RC_OK;
}
