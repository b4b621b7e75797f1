/* SPDX-License-Identifier: Apache-2.0 */
/* Objects as bytes; what Linux makes of them is in test_netlink.c. */
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip.h>
#include <string.h>
#include "network/netlink/netlink.h"
#include "unit/test.h"

static _Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX];

static const struct nlmsghdr *encode(const struct network_object *object, bool add)
{
	memset(bytes, 0, sizeof(bytes));
	return netlink_encode(bytes, object, add, 3);
}

static const struct nlattr *nested(const struct nlattr *parent, uint16_t type)
{
	const struct nlattr *attr = mnl_attr_get_payload(parent);
	const uint8_t *end = (const uint8_t *)attr + mnl_attr_get_payload_len(parent);

	for (; (const uint8_t *)attr < end; attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static void link_is_up_in_our_group_and_has_its_if_id(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec7", .if_id = 7 };
	size_t head = sizeof(struct ifinfomsg);

	(void)state;
	const struct nlmsghdr *message = encode(&link, true);
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(message->nlmsg_flags,
			 NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	assert_int_equal(info->ifi_flags & IFF_UP, IFF_UP);
	assert_int_equal(mnl_attr_get_u32(netlink_attribute(message, head, IFLA_GROUP, 4)),
			 NETWORK_LINK_GROUP);
	const struct nlattr *kind = netlink_attribute(message, head, IFLA_LINKINFO, 4);
	assert_string_equal(mnl_attr_get_str(nested(kind, IFLA_INFO_KIND)), "xfrm");
	assert_int_equal(mnl_attr_get_u32(nested(nested(kind, IFLA_INFO_DATA), IFLA_XFRM_IF_ID)),
			 7);
	message = encode(&link, false);
	assert_int_equal(message->nlmsg_type, RTM_DELLINK);
	assert_string_equal(mnl_attr_get_str(netlink_attribute(message, head, IFLA_IFNAME, 1)),
			    "ipsec7");
	assert_null(netlink_attribute(message, head, IFLA_LINKINFO, 0));
}

static struct network_object vti(const char *local, const char *remote)
{
	struct network_object link = {
		.kind = NETWORK_LINK, .device = "vti5", .vti = true, .ikey = 5, .okey = 0x60
	};

	assert_int_equal(ip_parse(local, &link.addr), RC_OK);
	assert_int_equal(ip_parse(remote, &link.via), RC_OK);
	return link;
}

static void assert_vti(const struct nlmsghdr *message, const char *name,
		       const struct network_object *link)
{
	const struct nlattr *kind =
		netlink_attribute(message, sizeof(struct ifinfomsg), IFLA_LINKINFO, 4);
	const struct nlattr *data = nested(kind, IFLA_INFO_DATA);
	size_t len = ip_len(link->addr.family);

	assert_string_equal(mnl_attr_get_str(nested(kind, IFLA_INFO_KIND)), name);
	assert_int_equal(mnl_attr_get_u32(nested(data, IFLA_VTI_IKEY)), htonl(5));
	assert_int_equal(mnl_attr_get_u32(nested(data, IFLA_VTI_OKEY)), htonl(0x60));
	assert_int_equal(mnl_attr_get_payload_len(nested(data, IFLA_VTI_LOCAL)), len);
	assert_memory_equal(mnl_attr_get_payload(nested(data, IFLA_VTI_LOCAL)), link->addr.bytes,
			    len);
	assert_memory_equal(mnl_attr_get_payload(nested(data, IFLA_VTI_REMOTE)), link->via.bytes,
			    len);
}

static void vti_device_has_its_ends_and_marks(void **state)
{
	struct network_object v4 = vti("192.0.2.1", "192.0.2.2");
	struct network_object v6 = vti("2001:db8::1", "2001:db8::2");
	size_t head = sizeof(struct ifinfomsg);

	(void)state;
	assert_vti(encode(&v4, true), "vti", &v4);
	assert_vti(encode(&v6, true), "vti6", &v6);
	assert_int_equal(
		mnl_attr_get_u32(netlink_attribute(encode(&v4, true), head, IFLA_GROUP, 4)),
		NETWORK_LINK_GROUP);
	memset(bytes, 0, sizeof(bytes));
	const struct nlmsghdr *change = netlink_change_encode(bytes, &v4);
	assert_int_equal(change->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_vti(change, "vti", &v4);
}

/* Otherwise Linux drops what comes out of it: the policies have a mark that it has no more. */
static void vti_device_asks_no_policy_again(void **state)
{
	struct network_object link = vti("192.0.2.1", "192.0.2.2");

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	const struct nlmsghdr *message = netlink_settings_encode(bytes, &link);
	const struct nlattr *all =
		netlink_attribute(message, sizeof(struct ifinfomsg), IFLA_AF_SPEC, 4);
	const struct nlattr *settings = nested(nested(all, AF_INET), IFLA_INET_CONF);
	assert_int_equal(mnl_attr_get_u32(nested(settings, IPV4_DEVCONF_NOPOLICY)), 1);
	assert_int_equal(mnl_attr_get_u32(nested(settings, IPV4_DEVCONF_RP_FILTER)), 2);
	assert_string_equal(mnl_attr_get_str(netlink_attribute(message, sizeof(struct ifinfomsg),
							       IFLA_IFNAME, 1)),
			    "vti5");
}

static void route_names_our_protocol_also_when_it_goes(void **state)
{
	struct network_object route = { .kind = NETWORK_ROUTE,
					.device = "eth0",
					.len = 24,
					.table = HOST_TABLE_TUNNELS,
					.metric = 9 };

	(void)state;
	assert_int_equal(ip_parse("10.2.0.0", &route.addr), RC_OK);
	for (unsigned add = 0; add < 2; add++) {
		const struct nlmsghdr *message = encode(&route, add != 0);
		const struct rtmsg *info = mnl_nlmsg_get_payload(message);
		assert_int_equal(info->rtm_protocol, HOST_PROTOCOL);
		assert_int_equal(info->rtm_scope, RT_SCOPE_LINK);
		assert_int_equal(info->rtm_table, HOST_TABLE_TUNNELS);
		assert_int_equal(
			mnl_attr_get_u32(netlink_attribute(message, sizeof(*info), RTA_OIF, 4)), 3);
		assert_int_equal(mnl_attr_get_u32(netlink_attribute(message, sizeof(*info),
								    RTA_PRIORITY, 4)),
				 9);
		assert_null(netlink_attribute(message, sizeof(*info), RTA_METRICS, 0));
	}
	assert_int_equal(ip_parse("192.0.2.9", &route.via), RC_OK);
	const struct rtmsg *info = mnl_nlmsg_get_payload(encode(&route, true));
	assert_int_equal(info->rtm_scope, RT_SCOPE_UNIVERSE);
}

static void attribute_that_is_short_or_missing_is_not_found(void **state)
{
	struct network_object rule = { .kind = NETWORK_RULE,
				       .addr = { .family = AF_INET },
				       .table = HOST_TABLE_TUNNELS };
	size_t head = sizeof(struct fib_rule_hdr);

	(void)state;
	struct nlmsghdr *message = (void *)(uintptr_t)encode(&rule, true);
	assert_non_null(netlink_attribute(message, head, FRA_FWMARK, 4));
	assert_null(netlink_attribute(message, head, FRA_FWMARK, 5));
	assert_null(netlink_attribute(message, head, FRA_SUPPRESS_PREFIXLEN, 4));
	for (uint32_t len = 0; len < message->nlmsg_len; len++) { /* cut anywhere */
		struct nlmsghdr cut = *message;
		_Alignas(8) uint8_t part[NETLINK_MESSAGE_MAX] = { 0 };
		memcpy(part, message, len);
		if (len < sizeof(cut))
			continue;
		cut.nlmsg_len = len;
		memcpy(part, &cut, sizeof(cut));
		assert_null(netlink_attribute((void *)part, head, FRA_FWMASK, 4));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_is_up_in_our_group_and_has_its_if_id),
		cmocka_unit_test(vti_device_has_its_ends_and_marks),
		cmocka_unit_test(vti_device_asks_no_policy_again),
		cmocka_unit_test(route_names_our_protocol_also_when_it_goes),
		cmocka_unit_test(attribute_that_is_short_or_missing_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
