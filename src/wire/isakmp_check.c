/* SPDX-License-Identifier: Apache-2.0 */
/* Is a payload of IKEv1 well-formed? Asked before any handler runs, so that a handler sees no
 * malformed one. */
#include "wire/isakmp_body.h"

static enum rc size_check(struct span body, size_t most, struct diag *diag)
{
	if (body.len == 0)
		return diag_fail(diag, RC_TRUNCATED, "payload is empty");
	if (body.len > most)
		return diag_fail(diag, RC_LIMIT, "payload has %zu bytes; at most %zu are accepted",
				 body.len, most);
	return RC_OK;
}

/* A CR may name no authority. */
static enum rc cert_check(struct span body, bool request, struct diag *diag)
{
	struct wire_cert cert;

	TRY(wire_cert_parse(body, &cert, diag));
	if (cert.data.len == 0 && !request)
		return diag_fail(diag, RC_TRUNCATED, "CERT payload without certificate");
	return RC_OK;
}

static enum rc body_check(struct arena *arena, enum isakmp_payload_type type, struct span body,
			  struct diag *diag)
{
	union {
		struct isakmp_sa sa;
		struct isakmp_id id;
		struct span nonce;
		struct isakmp_notify notify;
		struct isakmp_delete delete;
		struct isakmp_config config;
		struct ip_addr addr;
		struct isakmp_fragment fragment;
	} as;

	switch (type) {
	case ISAKMP_SA:
		return isakmp_sa_parse(arena, body, &as.sa, diag);
	case ISAKMP_PROPOSAL:
	case ISAKMP_TRANSFORM:
		return diag_fail(diag, RC_SYNTAX, "payload outside an SA payload");
	case ISAKMP_KE:
		return size_check(body, LIMIT_KE, diag);
	case ISAKMP_ID:
		return isakmp_id_parse(body, &as.id, diag);
	case ISAKMP_CERT:
		return cert_check(body, false, diag);
	case ISAKMP_CR:
		return cert_check(body, true, diag);
	case ISAKMP_HASH:
	case ISAKMP_NAT_D:
		return size_check(body, LIMIT_HASH, diag);
	case ISAKMP_SIG:
		return size_check(body, LIMIT_MESSAGE, diag);
	case ISAKMP_NONCE:
		return isakmp_nonce_parse(body, &as.nonce, diag);
	case ISAKMP_NOTIFICATION:
		return isakmp_notify_parse(body, &as.notify, diag);
	case ISAKMP_DELETE:
		return isakmp_delete_parse(body, &as.delete, diag);
	case ISAKMP_ATTRIBUTES:
		return isakmp_config_parse(arena, body, &as.config, diag);
	case ISAKMP_NAT_OA:
		return isakmp_nat_oa_parse(body, &as.addr, diag);
	case ISAKMP_FRAGMENT:
		return isakmp_fragment_parse(body, &as.fragment, diag);
	case ISAKMP_NONE:
	case ISAKMP_VID:
	case ISAKMP_NAT_D_DRAFT: /* the chain has them as those of RFC 3947 */
	case ISAKMP_NAT_OA_DRAFT:
		break;
	}
	return RC_OK;
}

enum rc isakmp_payload_check(struct arena *arena, const struct payload *payload, struct diag *diag)
{
	char name[48];
	enum rc rc =
		body_check(arena, (enum isakmp_payload_type)payload->type, payload->body, diag);

	if (rc != RC_OK)
		diag_prefix(diag, "payload %u (%s)", payload->at,
			    names_text(&isakmp_payload_names, payload->type, name, sizeof(name)));
	return rc;
}
