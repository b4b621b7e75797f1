/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/selector/selector_test.h"

static struct selector_pair masks[SELECTOR_POLICIES_MAX];

static const char *text_of(unsigned count)
{
	static char text[SELECTOR_POLICIES_MAX * SELECTOR_PAIR_TEXT_MAX];
	char one[SELECTOR_TEXT_MAX];
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
					 selector_text(&masks[i].local, one));
	return text;
}

static void assert_masks(struct selector local, const char *expected)
{
	struct selector_pair pair = { local, net(local.range.from.family == AF_INET ? "0.0.0.0/0"
										    : "::/0") };
	unsigned count;

	count = selector_masks(&pair, masks, SELECTOR_POLICIES_MAX);
	assert_true(count <= SELECTOR_POLICIES_MAX);
	assert_string_equal(text_of(count), expected);
}

static void a_mask_is_itself(void **state)
{
	(void)state;
	assert_masks(net("10.0.0.0/24"), "10.0.0.0/24");
	assert_masks(net("0.0.0.0/0"), "0.0.0.0/0");
	assert_masks(net("::/0"), "::/0");
	assert_masks(sel("10.0.0.0/24", 17, 53, 53), "10.0.0.0/24/udp/53");
	assert_masks(sel("10.0.0.0/24", 17, 1024, 2047), "10.0.0.0/24/udp/1024-2047");
}

static void a_range_of_addresses_consists_of_subnets(void **state)
{
	(void)state;
	assert_masks(net("10.0.0.1-10.0.0.6"), "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32");
	assert_masks(net("0.0.0.0-255.255.255.254"),
		     "0.0.0.0/1 128.0.0.0/2 192.0.0.0/3 224.0.0.0/4 240.0.0.0/5 248.0.0.0/6 "
		     "252.0.0.0/7 254.0.0.0/8 255.0.0.0/9 255.128.0.0/10 255.192.0.0/11 "
		     "255.224.0.0/12 255.240.0.0/13 255.248.0.0/14 255.252.0.0/15 255.254.0.0/16 "
		     "255.255.0.0/17 255.255.128.0/18 255.255.192.0/19 255.255.224.0/20 "
		     "255.255.240.0/21 255.255.248.0/22 255.255.252.0/23 255.255.254.0/24 "
		     "255.255.255.0/25 255.255.255.128/26 255.255.255.192/27 255.255.255.224/28 "
		     "255.255.255.240/29 255.255.255.248/30 255.255.255.252/31 "
		     "255.255.255.254/32");
	assert_masks(net("255.255.255.253-255.255.255.255"),
		     "255.255.255.253/32 255.255.255.254/31");
	assert_masks(net("2001:db8::-2001:db8::2"), "2001:db8::/127 2001:db8::2/128");
}

static void a_range_of_ports_consists_of_masks(void **state)
{
	(void)state;
	assert_masks(sel("10.0.0.0/24", 6, 80, 83), "10.0.0.0/24/tcp/80-83");
	assert_masks(sel("10.0.0.0/24", 6, 1, 4),
		     "10.0.0.0/24/tcp/1 10.0.0.0/24/tcp/2-3 10.0.0.0/24/tcp/4");
	assert_masks(sel("10.0.0.0/24", 6, 65533, 65535),
		     "10.0.0.0/24/tcp/65533 10.0.0.0/24/tcp/65534-65535");
}

/* Linux matches a type with all its codes, or one code. */
static void icmp_types_are_not_put_together(void **state)
{
	(void)state;
	assert_masks(sel("10.0.0.0/24", 1, 0, 65535), "10.0.0.0/24/icmp");
	assert_masks(sel("10.0.0.0/24", 1, 0x0800, 0x09ff),
		     "10.0.0.0/24/icmp/8 10.0.0.0/24/icmp/9");
	assert_masks(sel("10.0.0.0/24", 1, 0x0300, 0x0301),
		     "10.0.0.0/24/icmp/3/0 10.0.0.0/24/icmp/3/1");
}

/* RFC 7296 §3.13.1: a packet has one type and code, whichever side names it. */
static void icmp_types_of_both_sides_are_the_same(void **state)
{
	struct selector_pair pair = { sel("10.0.0.0/24", 1, 0x0300, 0x05ff),
				      sel("10.1.0.0/24", 1, 0x0400, 0x08ff) };
	struct selector_pair none = { sel("10.0.0.0/24", 1, 0x0300, 0x03ff),
				      sel("10.1.0.0/24", 1, 0x0800, 0x08ff) };
	(void)state;
	unsigned count = selector_masks(&pair, masks, SELECTOR_POLICIES_MAX);
	assert_int_equal(count, 2);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(masks[i].local.port_from, masks[i].remote.port_from);
		assert_int_equal(masks[i].local.port_to, masks[i].remote.port_to);
		assert_int_equal(masks[i].local.port_from, 0x0400 + 0x0100 * i);
	}
	assert_int_equal(selector_masks(&pair, masks, 1), 2); /* no room */
	assert_int_equal(selector_masks(&none, masks, SELECTOR_POLICIES_MAX), 0);
}

static void both_sides_multiply(void **state)
{
	struct selector_pair pair = { net("10.0.0.0-10.0.0.2"), sel("10.1.0.0/24", 6, 1, 2) };
	(void)state;
	assert_int_equal(selector_masks(&pair, masks, SELECTOR_POLICIES_MAX), 4);
	assert_int_equal(masks[3].remote.port_from, 2);
	assert_int_equal(selector_masks(&pair, masks, 3), 4); /* no room */
}

static void what_takes_too_many_is_told(void **state)
{
	struct selector_pair pair = { net("10.0.0.1-10.255.255.254"), net("10.0.0.1-10.0.0.254") };
	struct selector_pair wide = { net("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"),
				      net("::/0") };
	(void)state;
	assert_true(selector_masks(&pair, masks, SELECTOR_POLICIES_MAX) > SELECTOR_POLICIES_MAX);
	assert_true(selector_masks(&wide, masks, SELECTOR_POLICIES_MAX) > SELECTOR_POLICIES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mask_is_itself),
		cmocka_unit_test(a_range_of_addresses_consists_of_subnets),
		cmocka_unit_test(a_range_of_ports_consists_of_masks),
		cmocka_unit_test(icmp_types_are_not_put_together),
		cmocka_unit_test(icmp_types_of_both_sides_are_the_same),
		cmocka_unit_test(both_sides_multiply),
		cmocka_unit_test(what_takes_too_many_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
