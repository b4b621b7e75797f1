/* SPDX-License-Identifier: Apache-2.0 */
/* What a message says is gone; that Linux sends it is in test_netlink.c. */
#include <linux/if.h>
#include <string.h>
#include "network/netlink/netlink.h"
#include "unit/test.h"

static _Alignas(8) uint8_t bytes[NETLINK_MESSAGE_MAX];

/* As Linux tells that it is gone. */
static struct nlmsghdr *gone(const struct network_object *object)
{
	memset(bytes, 0, sizeof(bytes));
	struct nlmsghdr *message = netlink_encode(bytes, object, true, 0);
	message->nlmsg_type++; /* RTM_NEWx, RTM_DELx */
	return message;
}

static const struct network_object ours[] = {
	{ .kind = NETWORK_LINK, .device = "ipsec1" },
	{ .kind = NETWORK_RULE, .addr = { .family = AF_INET }, .table = 86 },
	{ .kind = NETWORK_RULE, .addr = { .family = AF_INET6 }, .table = 254 },
	{ .kind = NETWORK_RULE,
	  .addr = { .family = AF_INET, .bytes = { 192, 0, 2, 9 } },
	  .len = 32,
	  .proto = 17,
	  .source = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } },
	  .table = 254 },
	{ .kind = NETWORK_RULE,
	  .device = "lo",
	  .addr = { .family = AF_INET },
	  .proto = 17,
	  .port = 4500,
	  .table = 254 },
	{ .kind = NETWORK_ROUTE,
	  .addr = { .family = AF_INET, .bytes = { 10, 2 } },
	  .len = 24,
	  .table = 254,
	  .metric = 7 },
	{ .kind = NETWORK_ROUTE, .addr = { .family = AF_INET6 }, .table = 86 },
	{ .kind = NETWORK_ADDRESS, .addr = { .family = AF_INET, .bytes = { 10, 9 } }, .len = 32 },
};

static void each_kind_is_known_by_what_linux_shows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct network_object out;
		assert_true(netlink_lost_read(gone(&ours[i]), &out));
		assert_true(network_object_equal(&out, &ours[i]));
	}
}

static void metric_that_linux_takes_for_ipv6_is_none(void **state)
{
	struct network_object route = ours[6], out;

	(void)state;
	route.metric = 1024;
	assert_true(netlink_lost_read(gone(&route), &out));
	assert_int_equal(out.metric, 0);
}

/* We may use it. */
static void what_others_had_is_news_too(void **state)
{
	struct network_object out;
	struct nlmsghdr *message = gone(&ours[5]);

	(void)state;
	((struct rtmsg *)mnl_nlmsg_get_payload(message))->rtm_protocol = RTPROT_STATIC;
	assert_true(netlink_lost_read(message, &out));
	assert_true(network_object_equal(&out, &ours[5]));
	message = gone(&ours[5]);
	((struct rtmsg *)mnl_nlmsg_get_payload(message))->rtm_family = AF_MPLS;
	assert_false(netlink_lost_read(message, &out));
	message = gone(&ours[5]);
	message->nlmsg_type = RTM_NEWROUTE;
	assert_false(netlink_lost_read(message, &out));
}

static void route_in_the_place_of_another_says_so(void **state)
{
	struct network_object route = ours[5], out;
	struct nlmsghdr *message;

	(void)state;
	route.via = (struct ip_addr){ .family = AF_INET, .bytes = { 192, 0, 2, 9 } };
	message = gone(&route);
	message->nlmsg_type = RTM_NEWROUTE;
	message->nlmsg_flags = 0;
	assert_false(netlink_replaced_read(message, &out));
	message->nlmsg_flags = NLM_F_REPLACE;
	assert_true(netlink_replaced_read(message, &out));
	assert_true(network_object_equal(&out, &route));
	((struct rtmsg *)mnl_nlmsg_get_payload(message))->rtm_tos = 8; /* another place */
	assert_false(netlink_replaced_read(message, &out));
	message = gone(&route);
	assert_false(netlink_replaced_read(message, &out));
}

static void link_counts_while_it_is_down(void **state)
{
	struct network_object out;
	struct nlmsghdr *message = gone(&ours[0]);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	(void)state;
	message->nlmsg_type = RTM_NEWLINK;
	info->ifi_flags = IFF_UP;
	assert_false(netlink_lost_read(message, &out));
	info->ifi_flags = 0;
	assert_true(netlink_lost_read(message, &out));
}

static void message_that_is_cut_off_is_no_news(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct nlmsghdr *message = gone(&ours[i]);
		uint32_t len = message->nlmsg_len;
		for (uint32_t cut = NLMSG_HDRLEN; cut < len; cut++) {
			struct network_object out;
			message->nlmsg_len = cut;
			(void)netlink_lost_read(message, &out); /* the sanitizer looks on */
		}
		message->nlmsg_len = NLMSG_HDRLEN;
		assert_false(netlink_lost_read(message, &(struct network_object){ 0 }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_known_by_what_linux_shows),
		cmocka_unit_test(metric_that_linux_takes_for_ipv6_is_none),
		cmocka_unit_test(what_others_had_is_news_too),
		cmocka_unit_test(route_in_the_place_of_another_says_so),
		cmocka_unit_test(link_counts_while_it_is_down),
		cmocka_unit_test(message_that_is_cut_off_is_no_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
