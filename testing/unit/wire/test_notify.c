/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_notify notify;
	(void)arena;
	return wire_notify_parse(body, &notify, diag);
}

static enum rc parse_notify(uint16_t type, uint8_t spi_size, size_t data_len)
{
	uint8_t bytes[512] = { PROTOCOL_ESP, spi_size, (uint8_t)(type >> 8), (uint8_t)type };
	return body_rc(parse, span_make(bytes, 4u + spi_size + data_len));
}

static void notify_with_spi_and_data_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_notify notify = { PROTOCOL_ESP, REKEY_SA, BYTES(1, 2, 3, 4), BYTES(9) }, back;
	wire_notify_emit(&t->writer, &notify);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_NOTIFY);
	assert_span(p->body, BYTES(3, 4, 0x40, 0x09, 1, 2, 3, 4, 9));
	assert_int_equal(wire_notify_parse(p->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.protocol, PROTOCOL_ESP);
	assert_int_equal(back.type, REKEY_SA);
	assert_span(back.spi, notify.spi);
	assert_span(back.data, notify.data);
}

/* §3.10: "If the SPI field is empty, this field MUST be sent as zero". */
static void protocol_is_sent_as_zero_without_an_spi(void **state)
{
	struct wire_test *t = *state;
	struct wire_notify notify = { .protocol = PROTOCOL_IKE, .type = INITIAL_CONTACT };
	wire_notify_emit(&t->writer, &notify);
	assert_span(sent_plain(t)->body, BYTES(0, 0, 0x40, 0));
}

static void notify_is_refused_when_its_header_or_spi_is_cut(void **state)
{
	(void)state;
	check_cuts(parse, BYTES(3, 4, 0x40, 0x09, 1, 2, 3, 4, 9), 8);
	check_flips(parse, BYTES(3, 4, 0x40, 0x09, 1, 2, 3, 4, 9));
	check_cuts(parse, BYTES(0, 0, 0, 14), 4);
	assert_int_equal(body_rc(parse, BYTES(3, 4, 0, 14, 1, 2, 3)), RC_TRUNCATED);
}

static void cookie_has_1_to_64_bytes(void **state)
{
	(void)state;
	assert_int_equal(parse_notify(COOKIE, 0, 0), RC_SYNTAX);
	assert_int_equal(parse_notify(COOKIE, 0, 1), RC_OK);
	assert_int_equal(parse_notify(COOKIE, 0, LIMIT_COOKIE), RC_OK);
	assert_int_equal(parse_notify(COOKIE, 0, LIMIT_COOKIE + 1), RC_LIMIT);
	assert_int_equal(parse_notify(COOKIE2, 0, 7), RC_SYNTAX);
	assert_int_equal(parse_notify(COOKIE2, 0, 8), RC_OK);
	assert_int_equal(parse_notify(COOKIE2, 0, 65), RC_SYNTAX);
}

static void fixed_forms_are_enforced(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		size_t len;
	} forms[] = { { INVALID_KE_PAYLOAD, 2 },
		      { INVALID_MESSAGE_ID, 4 },
		      { UNSUPPORTED_CRITICAL_PAYLOAD, 1 },
		      { SET_WINDOW_SIZE, 4 },
		      { NAT_DETECTION_SOURCE_IP, 20 },
		      { NAT_DETECTION_DESTINATION_IP, 20 },
		      { ADDITIONAL_IP4_ADDRESS, 4 },
		      { ADDITIONAL_IP6_ADDRESS, 16 },
		      { AUTH_LIFETIME, 4 } };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		for (size_t len = 0; len < 24; len++)
			assert_int_equal(parse_notify(forms[i].type, 0, len),
					 len == forms[i].len ? RC_OK : RC_SYNTAX);
}

static void hash_algorithms_come_in_pairs_of_bytes(void **state)
{
	(void)state;
	assert_int_equal(parse_notify(SIGNATURE_HASH_ALGORITHMS, 0, 0), RC_SYNTAX);
	assert_int_equal(parse_notify(SIGNATURE_HASH_ALGORITHMS, 0, 6), RC_OK);
	assert_int_equal(parse_notify(SIGNATURE_HASH_ALGORITHMS, 0, 7), RC_SYNTAX);
}

static void rekey_needs_an_spi_of_four_bytes(void **state)
{
	(void)state;
	assert_int_equal(parse_notify(REKEY_SA, 0, 0), RC_SYNTAX);
	assert_int_equal(parse_notify(REKEY_SA, 8, 0), RC_SYNTAX);
	assert_int_equal(parse_notify(REKEY_SA, 4, 0), RC_OK);
}

static void unknown_types_may_carry_anything(void **state)
{
	(void)state;
	assert_int_equal(parse_notify(40960, 16, 100), RC_OK);
	assert_int_equal(parse_notify(8191, 0, 0), RC_OK);
}

static void refusal_names_the_notify(void **state)
{
	struct wire_test *t = *state;
	struct wire_notify notify;
	assert_int_equal(wire_notify_parse(BYTES(0, 0, 0, 17, 1), &notify, &t->diag), RC_SYNTAX);
	assert_non_null(strstr(t->diag.text, "INVALID_KE_PAYLOAD"));
}

static void spi_too_long_for_its_field_fails_the_message(void **state)
{
	struct wire_test *t = *state;
	static const uint8_t spi[256];
	struct wire_notify notify = { .type = INVALID_SPI, .spi = SPAN_OF(spi) };
	wire_notify_emit(&t->writer, &notify);
	assert_int_equal(writer_message_end(&t->writer), RC_LIMIT);
}

static void errors_are_below_the_first_status_type(void **state)
{
	(void)state;
	assert_true(notify_is_error(NO_PROPOSAL_CHOSEN));
	assert_true(notify_is_error(16383));
	assert_false(notify_is_error(INITIAL_CONTACT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(notify_with_spi_and_data_survives_a_round_trip),
		WIRE_TEST(protocol_is_sent_as_zero_without_an_spi),
		WIRE_TEST(notify_is_refused_when_its_header_or_spi_is_cut),
		WIRE_TEST(cookie_has_1_to_64_bytes),
		WIRE_TEST(fixed_forms_are_enforced),
		WIRE_TEST(hash_algorithms_come_in_pairs_of_bytes),
		WIRE_TEST(rekey_needs_an_spi_of_four_bytes),
		WIRE_TEST(unknown_types_may_carry_anything),
		WIRE_TEST(refusal_names_the_notify),
		WIRE_TEST(spi_too_long_for_its_field_fails_the_message),
		WIRE_TEST(errors_are_below_the_first_status_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
