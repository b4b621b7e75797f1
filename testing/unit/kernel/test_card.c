/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <net/if.h>
#include "unit/kernel/messages.h"

/* Every Linux of ours knows the feature, and the loopback is no card. */
static void the_loopback_cannot(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	assert_int_equal(xfrm_card_can(if_nametoindex("lo")), CARD_CANNOT);
	xfrm_card_text(if_nametoindex("lo"), text);
	assert_string_equal(text, "lo has no ESP offload (ethtool -k lo says esp-hw-offload)");
}

static void of_a_device_that_is_not_there_nothing_is_known(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	assert_int_equal(xfrm_card_can(0), CARD_UNKNOWN);
	assert_int_equal(xfrm_card_can(INT32_MAX), CARD_UNKNOWN);
	xfrm_card_text(INT32_MAX, text);
	assert_string_equal(text, "the network card has no ESP offload");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loopback_cannot),
		cmocka_unit_test(of_a_device_that_is_not_there_nothing_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
