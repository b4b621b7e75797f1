/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/private.h"
#include "unit/test.h"

static void header_tells_role_and_direction(void **state)
{
	struct ike_sa sa = { .spi_i = 1, .spi_r = 2, .role = INITIATOR };
	struct ike_header header = header_of(&sa, EXCHANGE_IKE_AUTH, false, 1);

	(void)state;
	assert_int_equal(header.flags, IKE_FLAG_INITIATOR);
	assert_int_equal(header.version, IKE_VERSION_2);
	assert_int_equal(header_of(&sa, EXCHANGE_IKE_AUTH, true, 1).flags,
			 IKE_FLAG_INITIATOR | IKE_FLAG_RESPONSE);
	sa.role = RESPONDER;
	assert_int_equal(header_of(&sa, EXCHANGE_IKE_AUTH, false, 1).flags, 0);
	header = header_of(&sa, EXCHANGE_INFORMATIONAL, true, 9);
	assert_int_equal(header.flags, IKE_FLAG_RESPONSE);
	assert_true(header.spi_i == 1 && header.spi_r == 2 && header.message_id == 9);
}

static void inner_part_without_payloads_is_empty_but_present(void **state)
{
	struct outcome_message message = { .present = false };
	struct arena arena;
	struct sink sink;
	struct writer writer;

	(void)state;
	arena_init(&arena, 65536);
	assert_int_equal(inner_start(&arena, &sink, &writer), RC_OK);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	assert_true(message.present);
	assert_int_equal(message.first_type, PAYLOAD_NONE);
	assert_int_equal(message.bytes.len, 0);
	arena_free(&arena);
}

static void inner_part_that_does_not_fit_is_refused_as_a_whole(void **state)
{
	struct outcome_message message = { .present = false };
	struct arena arena;
	struct sink sink;
	struct writer writer;

	(void)state;
	arena_init(&arena, 65536);
	assert_int_equal(inner_start(&arena, &sink, &writer), RC_OK);
	for (unsigned i = 0; i <= IKEV2_INNER_MAX / 8; i++)
		emit_notify(&writer, INITIAL_CONTACT);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_LIMIT);
	assert_false(message.present);
	arena_free(&arena);
}

static void without_memory_nothing_is_begun(void **state)
{
	struct arena arena;
	struct sink sink;
	struct writer writer;

	(void)state;
	arena_init(&arena, 16);
	assert_int_equal(inner_start(&arena, &sink, &writer), RC_NO_MEMORY);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_tells_role_and_direction),
		cmocka_unit_test(inner_part_without_payloads_is_empty_but_present),
		cmocka_unit_test(inner_part_that_does_not_fit_is_refused_as_a_whole),
		cmocka_unit_test(without_memory_nothing_is_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
