/* SPDX-License-Identifier: Apache-2.0 */
/* What of a dump is ours; that Linux then removes it is in test_netlink.c. */
#include <linux/fib_rules.h>
#include <string.h>
#include "network/netlink/netlink.h"
#include "unit/test.h"

static _Alignas(8) uint8_t dumped[NETLINK_MESSAGE_MAX], removal[NETLINK_MESSAGE_MAX];

static const struct nlmsghdr *show(const struct network_object *object)
{
	memset(dumped, 0, sizeof(dumped));
	return netlink_encode(dumped, object, true, 3);
}

static const struct nlmsghdr *removes(void)
{
	memset(removal, 0, sizeof(removal));
	return netlink_stale_encode(removal, (void *)dumped);
}

static void each_kind_of_ours_is_removed(void **state)
{
	static const struct {
		struct network_object object;
		uint16_t type;
	} ours[] = {
		{ { .kind = NETWORK_LINK, .device = "ipsec1", .if_id = 1 }, RTM_DELLINK },
		{ { .kind = NETWORK_LINK, .device = "vanth1" }, RTM_DELLINK },
		{ { .kind = NETWORK_LINK,
		    .device = "vti5",
		    .vti = true,
		    .addr = { .family = AF_INET },
		    .via = { .family = AF_INET } },
		  RTM_DELLINK },
		{ { .kind = NETWORK_LINK,
		    .device = "vti6",
		    .vti = true,
		    .addr = { .family = AF_INET6 },
		    .via = { .family = AF_INET6 } },
		  RTM_DELLINK },
		{ { .kind = NETWORK_ADDRESS, .addr = { .family = AF_INET6 }, .len = 128 },
		  RTM_DELADDR },
		{ { .kind = NETWORK_RULE, .addr = { .family = AF_INET }, .table = 86 },
		  RTM_DELRULE },
		{ { .kind = NETWORK_ROUTE, .addr = { .family = AF_INET }, .table = 86 },
		  RTM_DELROUTE },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		(void)show(&ours[i].object);
		const struct nlmsghdr *message = removes();
		assert_non_null(message);
		assert_int_equal(message->nlmsg_type, ours[i].type);
		assert_int_equal(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	}
}

static void what_is_of_others_stays(void **state)
{
	struct network_object route = { .kind = NETWORK_ROUTE,
					.addr = { .family = AF_INET },
					.table = 254 };
	struct network_object address = { .kind = NETWORK_ADDRESS, .addr = { .family = AF_INET } };

	(void)state;
	struct nlmsghdr *message = (void *)(uintptr_t)show(&route);
	struct rtmsg *info = mnl_nlmsg_get_payload(message);
	info->rtm_protocol = RTPROT_STATIC;
	assert_null(removes());
	info->rtm_protocol = HOST_PROTOCOL;
	info->rtm_flags = RTM_F_CLONED;
	assert_null(removes());
	message = (void *)(uintptr_t)show(&address);
	struct nlattr *attr = (void *)(uintptr_t)netlink_attribute(
		message, sizeof(struct ifaddrmsg), IFA_PROTO, 1);
	*(uint8_t *)mnl_attr_get_payload(attr) = 2;
	assert_null(removes());
}

/* Somebody has put another interface into our group. */
static void link_of_another_kind_stays(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "ipsec1", .if_id = 1 };
	char *kind;

	(void)state;
	(void)show(&link);
	assert_non_null(removes());
	kind = memmem(dumped, sizeof(dumped), "xfrm", 5);
	assert_non_null(kind);
	memcpy(kind, "veth", 5);
	assert_null(removes());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_ours_is_removed),
		cmocka_unit_test(what_is_of_others_stays),
		cmocka_unit_test(link_of_another_kind_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
