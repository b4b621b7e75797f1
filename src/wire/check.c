/* SPDX-License-Identifier: Apache-2.0 */
/* Is a payload well-formed? Asked before any handler runs, so that a handler sees no malformed one.
 */
#include "wire/body.h"

/* §3.6: a certificate is never empty, other than a CERTREQ, which may name no authority. */
static enum rc cert_check(struct span body, struct diag *diag)
{
	struct wire_cert cert;

	TRY(wire_cert_parse(body, &cert, diag));
	if (cert.data.len == 0)
		return diag_fail(diag, RC_TRUNCATED, "CERT payload without certificate");
	return RC_OK;
}

static enum rc body_check(struct arena *arena, enum payload_type type, struct span body,
			  struct diag *diag)
{
	union {
		struct wire_sa sa;
		struct wire_ke ke;
		struct wire_id id;
		struct wire_cert cert;
		struct wire_auth auth;
		struct span nonce;
		struct wire_notify notify;
		struct wire_delete delete;
		struct wire_ts_list ts;
		struct wire_cp cp;
		struct wire_eap eap;
	} as;

	switch (type) {
	case PAYLOAD_SA:
		return wire_sa_parse(arena, body, &as.sa, diag);
	case PAYLOAD_KE:
		return wire_ke_parse(body, &as.ke, diag);
	case PAYLOAD_IDi:
	case PAYLOAD_IDr:
		return wire_id_parse(body, &as.id, diag);
	case PAYLOAD_CERT:
		return cert_check(body, diag);
	case PAYLOAD_CERTREQ:
		return wire_cert_parse(body, &as.cert, diag);
	case PAYLOAD_AUTH:
		return wire_auth_parse(body, &as.auth, diag);
	case PAYLOAD_NONCE:
		return wire_nonce_parse(body, &as.nonce, diag);
	case PAYLOAD_NOTIFY:
		return wire_notify_parse(body, &as.notify, diag);
	case PAYLOAD_DELETE:
		return wire_delete_parse(body, &as.delete, diag);
	case PAYLOAD_TSi:
	case PAYLOAD_TSr:
		return wire_ts_parse(arena, body, &as.ts, diag);
	case PAYLOAD_CP:
		return wire_cp_parse(arena, body, &as.cp, diag);
	case PAYLOAD_EAP:
		return wire_eap_parse(body, &as.eap, diag);
	case PAYLOAD_NONE:
	case PAYLOAD_VENDOR:
	case PAYLOAD_SK:
	case PAYLOAD_SKF:
		break;
	}
	return RC_OK;
}

enum rc wire_payload_check(struct arena *arena, const struct payload *payload, struct diag *diag)
{
	char name[32];
	enum rc rc = body_check(arena, (enum payload_type)payload->type, payload->body, diag);

	if (rc != RC_OK)
		diag_prefix(diag, "payload %u (%s)", payload->at,
			    names_text(&payload_names, payload->type, name, sizeof(name)));
	return rc;
}
