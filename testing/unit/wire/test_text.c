/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static struct payload chain(uint8_t type, bool encrypted, struct payload *next)
{
	return (struct payload){ .type = type, .encrypted = encrypted, .next = next };
}

static struct ike_message message_of(uint8_t exchange, uint8_t flags, uint32_t id,
				     struct payload *first)
{
	return (struct ike_message){ .header = test_header(exchange, flags, id), .first = first };
}

static void protected_message_shows_what_was_inside(void **state)
{
	char buffer[128];
	struct payload tsr = chain(PAYLOAD_TSr, true, NULL), tsi = chain(PAYLOAD_TSi, true, &tsr);
	struct payload sa = chain(PAYLOAD_SA, true, &tsi), auth = chain(PAYLOAD_AUTH, true, &sa);
	struct payload id = chain(PAYLOAD_IDr, true, &auth), sk = chain(PAYLOAD_SK, false, &id);
	struct ike_message m = message_of(EXCHANGE_IKE_AUTH, IKE_FLAG_RESPONSE, 1, &sk);
	(void)state;
	assert_string_equal(wire_message_text(&m, buffer, sizeof(buffer)),
			    "IKE_AUTH response 1 [SK: IDr AUTH SA TSi TSr]");
}

static void clear_message_names_its_notifies_and_nonce(void **state)
{
	char buffer[128];
	struct payload odd = chain(PAYLOAD_NOTIFY, false, NULL);
	struct payload cookie = chain(PAYLOAD_NOTIFY, false, &odd);
	struct payload unknown = chain(200, false, &cookie);
	struct payload nonce = chain(PAYLOAD_NONCE, false, &unknown);
	struct ike_message m = message_of(EXCHANGE_IKE_SA_INIT, IKE_FLAG_INITIATOR, 0, &nonce);
	(void)state;
	cookie.body = BYTES(0, 0, 0x40, 0x06, 1);
	odd.body = BYTES(0, 0, 0x40);
	assert_string_equal(wire_message_text(&m, buffer, sizeof(buffer)),
			    "IKE_SA_INIT request 0 [Ni unknown payload 200 N(COOKIE) N]");
	m.header.flags = IKE_FLAG_RESPONSE;
	assert_non_null(strstr(wire_message_text(&m, buffer, sizeof(buffer)), "response 0 [Nr "));
}

static void clear_and_inner_payloads_are_kept_apart(void **state)
{
	char buffer[128];
	struct payload del = chain(PAYLOAD_DELETE, true, NULL), sk = chain(PAYLOAD_SK, false, &del);
	struct payload vendor = chain(PAYLOAD_VENDOR, false, &sk);
	struct ike_message m = message_of(EXCHANGE_INFORMATIONAL, 0, 4294967295u, &vendor);
	(void)state;
	assert_string_equal(wire_message_text(&m, buffer, sizeof(buffer)),
			    "INFORMATIONAL request 4294967295 [V SK: D]");
}

static void empty_and_unknown_messages_have_a_text(void **state)
{
	char buffer[128];
	struct ike_message m = message_of(99, 0, 2, NULL);
	(void)state;
	assert_string_equal(wire_message_text(&m, buffer, sizeof(buffer)),
			    "unknown exchange type 99 request 2 []");
}

static void short_buffer_cuts_the_text(void **state)
{
	struct payload sk = chain(PAYLOAD_SK, false, NULL);
	struct ike_message m = message_of(EXCHANGE_IKE_AUTH, 0, 1, &sk);
	const char *full = "IKE_AUTH request 1 [SK]";
	(void)state;
	for (size_t size = 1; size <= strlen(full) + 1; size++) {
		char *buffer = malloc(size);
		wire_message_text(&m, buffer, size);
		assert_int_equal(strlen(buffer), size - 1);
		assert_memory_equal(buffer, full, size - 1);
		free(buffer);
	}
	assert_string_equal(wire_message_text(&m, NULL, 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protected_message_shows_what_was_inside),
		cmocka_unit_test(clear_message_names_its_notifies_and_nonce),
		cmocka_unit_test(clear_and_inner_payloads_are_kept_apart),
		cmocka_unit_test(empty_and_unknown_messages_have_a_text),
		cmocka_unit_test(short_buffer_cuts_the_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
