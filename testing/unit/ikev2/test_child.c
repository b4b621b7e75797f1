/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/private.h"
#include "unit/sa/sas_test.h"

static void payloads_of_a_child_sa_come_all_or_not_at_all(void **state)
{
	struct payload tsi = { .type = PAYLOAD_TSi };
	struct ike_message message = { .count = 0 };
	struct child_exchange exchange;
	struct arena arena;
	struct diag diag;

	(void)state;
	arena_init(&arena, 65536);
	assert_int_equal(child_read(&arena, &message, &exchange, &diag), RC_OK);
	assert_false(exchange.present);
	message.first = message.last = &tsi;
	message.seen[PAYLOAD_TSi - 33] = 1;
	assert_int_equal(child_read(&arena, &message, &exchange, &diag), RC_SYNTAX);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_of_a_child_sa_come_all_or_not_at_all),
	};

	return sas_run(tests);
}
