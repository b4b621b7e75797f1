/* SPDX-License-Identifier: Apache-2.0 */
/* rfc3947 §5.2, §6: transport mode with a NAT between. The peer names its address behind the NAT,
 * as everybody's L2TP client does; to this end it is the address that its packets come from. The
 * original addresses go along as NAT-OA: Linux needs none, as its ESP input does not look at the
 * checksums inside. */
#include "ikev1/private.h"

static bool is_transport(const struct isakmp_attribute *attribute)
{
	return attribute->type == IPSEC_ENCAPSULATION_MODE && attribute->basic &&
	       (attribute->value == ENCAPSULATION_TRANSPORT ||
		attribute->value == ENCAPSULATION_UDP_TRANSPORT ||
		attribute->value == ENCAPSULATION_UDP_TRANSPORT_DRAFT);
}

bool v1_offers_transport(const struct isakmp_sa *offer)
{
	for (unsigned i = 0; i < offer->proposal_count; i++) {
		const struct isakmp_proposal *proposal = &offer->proposals[i];
		for (unsigned j = 0; j < proposal->transform_count; j++) {
			const struct isakmp_transform *transform = &proposal->transforms[j];
			for (unsigned k = 0; k < transform->attribute_count; k++)
				if (is_transport(&transform->attributes[k]))
					return true;
		}
	}
	return false;
}

/* In transport mode a side is one address. */
static void substitute(struct wire_ts_list *list, const struct ip_addr *by)
{
	struct ip_range *range = &list->items[0].range;

	if (range->from.family == by->family && ip_equal(&range->from, &range->to))
		*range = range_single(by);
}

void v1_see_through_nat(const struct ike_sa *sa, bool ours, struct wire_ts_list *tsi,
			struct wire_ts_list *tsr)
{
	if (sa->nat_here)
		substitute(ours ? tsi : tsr, &sa->local.addr);
	if (sa->nat_there)
		substitute(ours ? tsr : tsi, &sa->remote.addr);
}

void v1_nat_oa_emit(const struct ike_sa *sa, const struct tunnel *tunnel, bool initiator,
		    struct writer *writer)
{
	bool draft = (v1_natt(sa, NULL) & VENDOR_NATT_RFC3947) == 0;
	enum isakmp_payload_type type = draft ? ISAKMP_NAT_OA_DRAFT : ISAKMP_NAT_OA;

	if (!sa->encap || tunnel->conn->type != TYPE_TRANSPORT)
		return;
	isakmp_nat_oa_emit(writer, type, initiator ? &sa->local.addr : &sa->remote.addr);
	isakmp_nat_oa_emit(writer, type, initiator ? &sa->remote.addr : &sa->local.addr);
}
