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

unsigned v1_vendors_ours(const struct config_conn *conn)
{
	unsigned vendors = VENDOR_DPD;

	if (conn->encapsulation != TRI_NO)
		vendors |= VENDOR_NATT_RFC3947 | VENDOR_NATT_DRAFT_03 | VENDOR_NATT_DRAFT_02;
	return vendors;
}
