/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "network/private.h"
#include "unit/test.h"

static struct network_object route(const char *to, uint8_t len)
{
	struct network_object object = {
		.kind = NETWORK_ROUTE, .device = "eth0", .len = len, .table = HOST_TABLE_MAIN
	};

	assert_int_equal(ip_parse(to, &object.addr), RC_OK);
	return object;
}

static void every_field_tells_objects_apart(void **state)
{
	struct network_object a = route("10.2.0.0", 24), b[11];

	(void)state;
	for (unsigned i = 0; i < 11; i++)
		b[i] = a;
	assert_true(network_object_equal(&a, &b[0]));
	b[0].kind = NETWORK_ADDRESS;
	b[1].device[3] = '1';
	b[2].len = 25;
	b[3].mtu = 1300;
	b[4].metric = 7;
	b[5].table = HOST_TABLE_TUNNELS;
	assert_int_equal(ip_parse("10.9.0.7", &b[6].source), RC_OK);
	assert_int_equal(ip_parse("192.0.2.9", &b[7].via), RC_OK);
	b[8].vti = true;
	b[9].ikey = 5;
	b[10].okey = 5;
	for (unsigned i = 0; i < 11; i++)
		assert_false(network_object_equal(&a, &b[i]));
}

static void text_says_what_it_is_and_where(void **state)
{
	struct network_object object = route("10.2.0.0", 24);
	char text[NETWORK_TEXT_MAX];

	(void)state;
	assert_string_equal(network_object_text(&object, text), "the route 10.2.0.0/24 dev eth0");
	assert_int_equal(ip_parse("192.0.2.9", &object.via), RC_OK);
	assert_int_equal(ip_parse("10.9.0.7", &object.source), RC_OK);
	assert_string_equal(network_object_text(&object, text),
			    "the route 10.2.0.0/24 via 192.0.2.9 dev eth0 src 10.9.0.7");
	object.kind = NETWORK_ADDRESS;
	assert_string_equal(network_object_text(&object, text), "the address 10.2.0.0/24 on eth0");
	object.kind = NETWORK_RULE;
	object.device[0] = '\0';
	object.proto = 50;
	assert_string_equal(network_object_text(&object, text),
			    "the rule for IP protocol 50 from 10.9.0.7 to 10.2.0.0 (rp_filter)");
	object.source = (struct ip_addr){ .family = AF_UNSPEC };
	object.port = 500;
	object.len = 0;
	memcpy(object.device, "lo", 3);
	assert_string_equal(network_object_text(&object, text),
			    "the rule for IP protocol 50 of this host port 500 (rp_filter)");
	object.device[0] = '\0';
	object.proto = 0;
	assert_string_equal(network_object_text(&object, text),
			    "the IPv4 rule for routing table 254");
	object = (struct network_object){ .kind = NETWORK_LINK, .device = "ipsec7", .if_id = 7 };
	assert_string_equal(network_object_text(&object, text),
			    "the xfrm interface ipsec7 (if_id 7)");
	object = (struct network_object){
		.kind = NETWORK_LINK, .device = "vti5", .vti = true, .ikey = 5, .okey = 16
	};
	assert_int_equal(ip_parse("192.0.2.1", &object.addr), RC_OK);
	object.via = ip_any(AF_INET);
	assert_string_equal(network_object_text(&object, text),
			    "the VTI device vti5 (local 192.0.2.1, remote 0.0.0.0, marks 0x5 and "
			    "0x10)");
	assert_non_null(strstr(network_errno_hint(&object, EOPNOTSUPP), "modprobe ip_vti"));
	assert_non_null(strstr(network_errno_hint(&object, EADDRINUSE), "vti-shared=yes"));
}

static void plan_takes_each_object_once_and_has_an_end(void **state)
{
	struct network_plan plan = { .count = 0 };
	struct network_object object = route("10.0.0.0", 24);

	(void)state;
	for (unsigned i = 0; i < NETWORK_PLAN_MAX; i++) {
		object.addr.bytes[1] = (uint8_t)i;
		network_plan_add(&plan, &object);
		network_plan_add(&plan, &object);
	}
	assert_int_equal(plan.count, NETWORK_PLAN_MAX);
	assert_false(plan.too_long);
	object.addr.bytes[1]++;
	network_plan_add(&plan, &object);
	assert_int_equal(plan.count, NETWORK_PLAN_MAX);
	assert_true(plan.too_long);
}

static void refusals_come_with_what_to_do(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .if_id = 1 };
	struct network_object object = route("10.0.0.0", 24);

	(void)state;
	assert_non_null(strstr(network_errno_hint(&link, EOPNOTSUPP), "modprobe xfrm_interface"));
	assert_non_null(strstr(network_errno_hint(&object, EPERM), "CAP_NET_ADMIN"));
	assert_string_equal(network_errno_hint(&object, EINVAL), "");
	object.source = object.addr;
	assert_non_null(strstr(network_errno_hint(&object, EINVAL), "address of this host"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_tells_objects_apart),
		cmocka_unit_test(text_says_what_it_is_and_where),
		cmocka_unit_test(plan_takes_each_object_once_and_has_an_end),
		cmocka_unit_test(refusals_come_with_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
