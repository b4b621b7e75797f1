/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/auth_answer.h"
#include "unit/ikev2/road.h"

static enum rc sees(struct step *step, struct outcome *out)
{
	out->diag.text[0] = step->message->header.message_id == 1 ? 'y' : 'n';
	return RC_AUTH_FAILED;
}

/* Whatever becomes of it: the answer goes to the request that came. */
static void the_first_request_is_at_hand_only_for_a_while(void **state)
{
	struct ike_message first = { .header.message_id = 1 }, now = { .header.message_id = 2 };
	struct auth_request in = { .first = &first };
	struct step step = { .message = &now, .scratch = &in };
	struct outcome out = { .diag.text = "" };

	(void)state;
	assert_int_equal(auth_in_first(&step, &out, sees), RC_AUTH_FAILED);
	assert_int_equal(out.diag.text[0], 'y');
	assert_ptr_equal(step.message, &now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_request_is_at_hand_only_for_a_while),
	};

	return exchange_run(tests);
}
