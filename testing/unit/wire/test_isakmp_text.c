/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static struct ike_message message_of(uint8_t exchange, uint8_t flags, uint32_t id,
				     struct payload *first)
{
	return (struct ike_message){ .header = test_header(exchange, flags, id), .first = first };
}

static void a_line_names_the_exchange_and_its_payloads(void **state)
{
	char b[128];
	struct payload vid = { .type = ISAKMP_VID }, sa = { .type = ISAKMP_SA, .next = &vid };
	struct ike_message m = message_of(EXCHANGE_V1_MAIN, 0, 0, &sa);
	(void)state;
	assert_string_equal(isakmp_message_text(&m, b, sizeof(b)), "Main Mode [SA VID]");
	m.header.exchange = EXCHANGE_V1_QUICK;
	m.header.message_id = 0x5b3f0a1;
	vid.type = ISAKMP_NAT_OA;
	sa.type = 99;
	assert_string_equal(isakmp_message_text(&m, b, sizeof(b)),
			    "Quick Mode 05b3f0a1 [unknown payload 99 NAT-OA]");
}

static void what_is_not_decrypted_says_so(void **state)
{
	char b[128];
	struct ike_message m =
		message_of(EXCHANGE_V1_INFORMATIONAL, ISAKMP_FLAG_ENCRYPTION, 1, NULL);
	(void)state;
	assert_string_equal(isakmp_message_text(&m, b, sizeof(b)),
			    "Informational 00000001 [encrypted]");
	m.header.flags = 0;
	m.header.exchange = 77;
	assert_string_equal(isakmp_message_text(&m, b, sizeof(b)),
			    "unknown exchange 77 00000001 []");
}

static void notifications_say_what_they_tell(void **state)
{
	char b[128];
	struct payload cut = { .type = ISAKMP_NOTIFICATION, .body = BYTES(0, 0, 0, 1, 1, 0, 1) };
	struct payload full = { .type = ISAKMP_NOTIFICATION,
				.next = &cut,
				.body = BYTES(0, 0, 0, 1, 1, 200, 0x8d, 0x28) };
	struct ike_message m = message_of(EXCHANGE_V1_INFORMATIONAL, 0, 0, &full);
	(void)state;
	assert_string_equal(isakmp_message_text(&m, b, sizeof(b)),
			    "Informational [N(R_U_THERE) N]");
}

static void a_short_buffer_is_never_overrun(void **state)
{
	char b[64];
	struct payload sa = { .type = ISAKMP_SA };
	struct ike_message m = message_of(EXCHANGE_V1_MAIN, 0, 0, &sa);
	(void)state;
	for (size_t size = 1; size < 15; size++) {
		memset(b, 'x', sizeof(b));
		isakmp_message_text(&m, b, size);
		assert_int_equal(strlen(b), size - 1);
		assert_int_equal(strncmp(b, "Main Mode [SA]", size - 1), 0);
		assert_int_equal(b[size], 'x');
	}
	assert_string_equal(isakmp_message_text(&m, b, 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(a_line_names_the_exchange_and_its_payloads),
		WIRE_TEST(what_is_not_decrypted_says_so),
		WIRE_TEST(notifications_say_what_they_tell),
		WIRE_TEST(a_short_buffer_is_never_overrun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
