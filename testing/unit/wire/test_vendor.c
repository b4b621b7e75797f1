/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static void vendor_id_is_the_whole_body(void **state)
{
	struct wire_test *t = *state;
	wire_vendor_emit(&t->writer, BYTES('V', 'a', 'n', 't', 'h'));
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_VENDOR);
	assert_false(p->critical);
	assert_span(p->body, BYTES('V', 'a', 'n', 't', 'h'));
}

int main(void)
{
	const struct CMUnitTest tests[] = { WIRE_TEST(vendor_id_is_the_whole_body) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
