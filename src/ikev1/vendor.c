/* SPDX-License-Identifier: Apache-2.0 */
/* Vendor IDs: what the ends of an ISAKMP SA can do beside RFC 2409. */
#include "ikev1/private.h"

unsigned v1_vendors_of(const struct ike_message *message)
{
	unsigned vendors = 0;

	for (const struct payload *payload = message->first; payload != NULL;
	     payload = payload->next)
		if (payload->type == ISAKMP_VID)
			vendors |= isakmp_vendor_of(payload->body);
	return vendors;
}

unsigned v1_vendors_withheld(const struct config_conn *conn)
{
	if (conn->encapsulation == TRI_NO)
		return V1_NATT;
	switch (conn->nat_method) {
	case NAT_METHOD_BOTH:
		return 0;
	case NAT_METHOD_RFC:
		return VENDOR_NATT_DRAFT_02 | VENDOR_NATT_DRAFT_03;
	case NAT_METHOD_DRAFTS:
		return VENDOR_NATT_RFC3947;
	case NAT_METHOD_NONE:
		return V1_NATT;
	}
	return V1_NATT;
}

unsigned v1_vendors_ours(const struct config_conn *conn)
{
	unsigned vendors = VENDOR_DPD;

	vendors |= V1_NATT & ~v1_vendors_withheld(conn);
	if (conn->left.xauthclient || conn->right.xauthclient)
		vendors |= VENDOR_XAUTH;
	if (conn->cisco_unity)
		vendors |= VENDOR_UNITY;
	if (conn->fragmentation != FRAGMENTATION_NO)
		vendors |= VENDOR_FRAGMENTATION;
	return vendors;
}

unsigned v1_vendors_answer(const struct config_conn *conn, const struct ike_sa *sa)
{
	return v1_vendors_ours(conn) & sa->v1->vendors;
}

void v1_fragments(struct ike_sa *sa, const struct config_conn *conn)
{
	sa->fragmentation = conn->fragmentation != FRAGMENTATION_NO;
	sa->v1->fragmentation = (uint8_t)conn->fragmentation;
}
