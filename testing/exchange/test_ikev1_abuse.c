/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of IKEv1's exchanges with each payload dropped, doubled, moved, emptied, of another
 * type or length, its HASH left as it was or made right again. */
#include "exchange/abuse.h"

static void each_message_of(const struct abuse_plan *plan, unsigned first)
{
	struct abuse abuse;

	for (unsigned message = first; message < plan->messages; message++) {
		abuse_begin(&abuse, plan, message);
		abuse_payloads(&abuse);
		abuse_end(&abuse);
	}
}

static void payloads_of_main_and_quick_mode(void **state)
{
	(void)state;
	each_message_of(&abuse_main, 0);
}

static void payloads_of_aggressive_mode(void **state)
{
	(void)state;
	each_message_of(&abuse_aggressive, 0);
}

static void payloads_of_quick_mode_with_pfs(void **state)
{
	(void)state;
	each_message_of(&abuse_pfs, 6);
}

static void payloads_of_modecfg(void **state)
{
	(void)state;
	each_message_of(&abuse_pull, 6);
	each_message_of(&abuse_push, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_of_main_and_quick_mode),
		cmocka_unit_test(payloads_of_aggressive_mode),
		cmocka_unit_test(payloads_of_quick_mode_with_pfs),
		cmocka_unit_test(payloads_of_modecfg),
	};

	return exchange_run(tests);
}
