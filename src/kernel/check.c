/* SPDX-License-Identifier: Apache-2.0 */
/* What may go to a backend at all. Linux matches subnets and masked ports: a selector that it
 * cannot express is refused here, because a wider policy would protect, or let in, what nobody
 * agreed to. */
#include "kernel/algorithms.h"
#include "kernel/request.h"

#define REPLAY_WINDOW_MAX                                                                          \
	4096 /* XFRMA_REPLAY_ESN_MAX words are more, but no NIC reorders that far */

static enum rc check_range(const struct ip_range *range, struct diag *diag)
{
	char text[IP_RANGE_TEXT_MAX];
	if (!ip_is_set(&range->from) || range->to.family != range->from.family)
		return diag_fail(diag, RC_SYNTAX, "a selector without an address");
	if (range_prefix(range) < 0)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "Linux matches subnets only, and %s is none; name the subnets it "
				 "consists of",
				 range_text(range, text));
	return RC_OK;
}

/* A power of two that starts at a multiple of itself is a mask; ICMP's "a type with all its codes"
 * is one too. */
static bool ports_are_mask(uint16_t from, uint16_t to)
{
	uint32_t size = (uint32_t)to - from + 1;
	return (size & (size - 1)) == 0 && from % size == 0;
}

static enum rc check_ports(const struct selector *selector, struct diag *diag)
{
	bool any = selector->port_from == 0 && selector->port_to == UINT16_MAX;
	if (!any && selector->protocol == 0)
		return diag_fail(diag, RC_UNSUPPORTED, "a port (%u) needs a protocol",
				 (unsigned)selector->port_from);
	if (selector->port_from > selector->port_to)
		return RC_OK; /* OPAQUE is 0 to Linux */
	if (!ports_are_mask(selector->port_from, selector->port_to))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "Linux cannot match the ports %u to %u with one policy; give one "
				 "port, all, or a "
				 "power of two that starts at a multiple of itself",
				 (unsigned)selector->port_from, (unsigned)selector->port_to);
	return RC_OK;
}

static bool is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static bool all_ports(const struct selector *selector)
{
	return selector->port_from == 0 && selector->port_to == UINT16_MAX;
}

/* Type and code stand in the "ports" of either side or, the same, of both (RFC 7296 §3.13.1). */
static enum rc check_icmp(const struct selector *src, const struct selector *dst, struct diag *diag)
{
	uint8_t protocol = src->protocol != 0 ? src->protocol : dst->protocol;
	bool equal = src->port_from == dst->port_from && src->port_to == dst->port_to;
	const struct selector *one = all_ports(src) ? dst : src;
	unsigned size = 1u + one->port_to - one->port_from;
	if (!is_icmp(protocol))
		return RC_OK;
	if (!equal && !all_ports(src) && !all_ports(dst))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "source and destination name different ICMP types");
	if (size != 1 && size != 256 && size != 65536)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "Linux matches one ICMP type and code, one type, or all");
	return RC_OK;
}

static enum rc check_selectors(const struct selector *src, const struct selector *dst,
			       struct diag *diag)
{
	TRY(check_range(&src->range, diag));
	TRY(check_range(&dst->range, diag));
	if (src->range.from.family != dst->range.from.family)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "source and destination of a selector are of different families");
	if (src->protocol != dst->protocol && src->protocol != 0 && dst->protocol != 0)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "protocol %u on one side of a selector, %u on the other",
				 (unsigned)src->protocol, (unsigned)dst->protocol);
	TRY(check_ports(src, diag));
	TRY(check_ports(dst, diag));
	return check_icmp(src, dst, diag);
}

static enum rc check_key(const char *name, size_t wanted, size_t given, struct diag *diag)
{
	if (given != wanted)
		return diag_fail(diag, RC_RANGE, "%s takes a key of %zu bytes, not %zu", name,
				 wanted, given);
	return RC_OK;
}

static enum rc check_integ(const struct kernel_sa *sa, struct diag *diag)
{
	const struct algorithm_integ *integ = kernel_algorithm_integ(sa->integ);
	if (sa->integ == INTEG_NONE)
		return diag_fail(diag, RC_UNSUPPORTED, "an SA without integrity protection");
	if (integ == NULL)
		return diag_fail(diag, RC_UNSUPPORTED, "Linux has no integrity algorithm %u",
				 (unsigned)sa->integ);
	return check_key(integ->name, integ->key_bits / 8u, sa->integ_key.len, diag);
}

static enum rc check_encr(const struct kernel_sa *sa, struct diag *diag)
{
	const struct algorithm_encr *encr = kernel_algorithm_encr(sa->encr);
	if (encr == NULL)
		return diag_fail(diag, RC_UNSUPPORTED, "Linux has no ESP cipher %u",
				 (unsigned)sa->encr);
	int bytes = kernel_algorithm_key_bytes(encr, sa->encr_bits);
	if (bytes < 0)
		return diag_fail(diag, RC_UNSUPPORTED, "%s has no keys of %u bits", encr->name,
				 (unsigned)sa->encr_bits);
	TRY(check_key(encr->name, (size_t)bytes, sa->encr_key.len, diag));
	if (encr->icv_bits == 0)
		return check_integ(sa, diag);
	if (sa->integ != INTEG_NONE)
		return diag_fail(diag, RC_UNSUPPORTED, "%s takes no integrity algorithm beside it",
				 encr->name);
	return RC_OK;
}

static enum rc check_plain(const struct kernel_sa *sa, struct diag *diag)
{
	if (sa->encr != ENCR_NONE || sa->integ != INTEG_NONE || sa->esn || sa->replay_window != 0 ||
	    sa->encap.local_port != 0 || sa->compressed)
		return diag_fail(diag, RC_UNSUPPORTED, "an IPComp SA that protects");
	return RC_OK;
}

static enum rc check_sa_id(const struct kernel_sa *sa, struct diag *diag)
{
	if (!ip_is_set(&sa->dst))
		return diag_fail(diag, RC_SYNTAX, "an SA without a destination address");
	if (sa->protocol != PROTOCOL_ESP && sa->protocol != PROTOCOL_AH &&
	    sa->protocol != KERNEL_IPCOMP)
		return diag_fail(diag, RC_UNSUPPORTED, "protocol %u is neither ESP, AH nor IPComp",
				 (unsigned)sa->protocol);
	if (sa->protocol == KERNEL_IPCOMP && sa->spi > UINT16_MAX)
		return diag_fail(diag, RC_RANGE, "%u is no CPI: they have 16 bits",
				 (unsigned)sa->spi);
	if (sa->spi < 256) /* RFC 4303 §2.1 */
		return diag_fail(diag, RC_RANGE, "SPI %u is reserved; SPIs start at 256",
				 (unsigned)sa->spi);
	return RC_OK;
}

enum rc kernel_check_sa(const struct kernel_sa *sa, struct diag *diag)
{
	TRY(check_sa_id(sa, diag));
	if (sa->src.family != sa->dst.family)
		return diag_fail(diag, RC_SYNTAX, "the ends of an SA are of different families");
	if (sa->mode > KERNEL_TRANSPORT ||
	    (sa->direction != KERNEL_IN && sa->direction != KERNEL_OUT))
		return diag_fail(diag, RC_SYNTAX, "an SA with unknown mode %u or direction %u",
				 (unsigned)sa->mode, (unsigned)sa->direction);
	if (sa->replay_window > REPLAY_WINDOW_MAX)
		return diag_fail(diag, RC_RANGE, "a replay window of %u packets; at most %u",
				 (unsigned)sa->replay_window, (unsigned)REPLAY_WINDOW_MAX);
	if (sa->mode != KERNEL_TUNNEL && (sa->hide_dscp || sa->fragments || sa->restore_dscp))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "an SA in transport mode has one header: nothing can be copied "
				 "between two");
	if (sa->tfc != 0 && (sa->mode != KERNEL_TUNNEL || sa->protocol != PROTOCOL_ESP ||
			     sa->direction != KERNEL_OUT || sa->compressed))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "Linux pads only what goes out in ESP tunnels without IPComp");
	if (sa->iptfs.on && (sa->mode != KERNEL_TUNNEL || sa->protocol != PROTOCOL_ESP ||
			     sa->compressed || sa->tfc != 0))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "IP-TFS is for ESP tunnels without IPComp and padding");
	if (sa->mode == KERNEL_TRANSPORT)
		TRY(check_selectors(&sa->selector_src, &sa->selector_dst, diag));
	if (sa->protocol == KERNEL_IPCOMP)
		return check_plain(sa, diag);
	return sa->protocol == PROTOCOL_AH ? check_integ(sa, diag) : check_encr(sa, diag);
}

/* What identifies a policy. */
static enum rc check_policy_id(const struct kernel_policy *policy, struct diag *diag)
{
	if (policy->direction > KERNEL_FWD)
		return diag_fail(diag, RC_SYNTAX, "a policy with unknown direction %u",
				 (unsigned)policy->direction);
	return check_selectors(&policy->src, &policy->dst, diag);
}

enum rc kernel_check_policy(const struct kernel_policy *policy, struct diag *diag)
{
	TRY(check_policy_id(policy, diag));
	if (policy->action > KERNEL_BLOCK || policy->mode > KERNEL_TRANSPORT)
		return diag_fail(diag, RC_SYNTAX, "a policy with unknown action %u or mode %u",
				 (unsigned)policy->action, (unsigned)policy->mode);
	if (policy->action != KERNEL_PROTECT)
		return RC_OK;
	if (policy->protocol != PROTOCOL_ESP && policy->protocol != PROTOCOL_AH)
		return diag_fail(diag, RC_UNSUPPORTED, "protocol %u is neither ESP nor AH",
				 (unsigned)policy->protocol);
	if (policy->compress && policy->mode == KERNEL_TUNNEL &&
	    policy->src.range.from.family != policy->tunnel_dst.family)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "Linux compresses no packets of one IP version in a tunnel of the "
				 "other");
	if (ip_is_set(&policy->tunnel_src) && ip_is_set(&policy->tunnel_dst) &&
	    policy->tunnel_src.family != policy->tunnel_dst.family)
		return diag_fail(diag, RC_SYNTAX, "the ends of a tunnel are of different families");
	return RC_OK;
}

static enum rc check_move(const struct kernel_request *request, struct diag *diag)
{
	const struct kernel_sa *sa = &request->sa;
	const struct kernel_place *to = &request->to;
	TRY(check_sa_id(sa, diag));
	if (!ip_is_set(&to->dst) || to->src.family != to->dst.family)
		return diag_fail(diag, RC_SYNTAX, "an SA cannot move to where it has no addresses");
	if (sa->mode != KERNEL_TUNNEL &&
	    !(ip_equal(&sa->src, &to->src) && ip_equal(&sa->dst, &to->dst)))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "an SA in transport mode cannot move to other addresses");
	return RC_OK;
}

enum rc kernel_check_request(struct kernel_request *request)
{
	switch (request->op) {
	case KERNEL_SA_ADD:
		return kernel_check_sa(&request->sa, &request->diag);
	case KERNEL_SA_DELETE:
	case KERNEL_SA_QUERY:
		return check_sa_id(&request->sa, &request->diag);
	case KERNEL_SA_MOVE:
		return check_move(request, &request->diag);
	case KERNEL_POLICY_SET:
		return kernel_check_policy(&request->policy, &request->diag);
	case KERNEL_POLICY_DELETE:
		return check_policy_id(&request->policy, &request->diag);
	}
	return diag_fail(&request->diag, RC_INTERNAL, "unknown kernel operation %d",
			 (int)request->op);
}
