/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static const uint8_t identity[] = { EAP_RESPONSE, 7, 0, 8, 1, 'b', 'o', 'b' };

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_eap eap;
	(void)arena;
	return wire_eap_parse(body, &eap, diag);
}

static void response_survives_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_eap eap = {
		.code = EAP_RESPONSE, .identifier = 7, .type = 1, .data = BYTES('b', 'o', 'b')
	};
	struct wire_eap back;
	wire_eap_emit(&t->writer, &eap);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_EAP);
	assert_span(p->body, SPAN_OF(identity));
	assert_int_equal(wire_eap_parse(p->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.code, EAP_RESPONSE);
	assert_int_equal(back.identifier, 7);
	assert_int_equal(back.type, 1);
	assert_span(back.data, eap.data);
	assert_span(back.raw, SPAN_OF(identity));
}

static void success_has_no_type(void **state)
{
	struct wire_test *t = *state;
	struct wire_eap eap = { .code = EAP_SUCCESS, .identifier = 9, .type = 4 }, back;
	wire_eap_emit(&t->writer, &eap);
	const struct payload *p = sent_plain(t);
	assert_span(p->body, BYTES(EAP_SUCCESS, 9, 0, 4));
	assert_int_equal(wire_eap_parse(p->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.type, 0);
	assert_int_equal(back.data.len, 0);
}

static void raw_packet_is_sent_as_it_is(void **state)
{
	struct wire_test *t = *state;
	struct wire_eap eap = { .code = EAP_FAILURE, .raw = SPAN_OF(identity) };
	wire_eap_emit(&t->writer, &eap);
	assert_span(sent_plain(t)->body, SPAN_OF(identity));
}

static void eap_is_refused_when_cut_at_any_byte(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(identity), sizeof(identity));
	check_flips(parse, SPAN_OF(identity));
	assert_int_equal(body_rc(parse, span_make(identity, 7)), RC_TRUNCATED);
}

static void trailing_bytes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(EAP_RESPONSE, 7, 0, 5, 1, 2)), RC_TRAILING);
	assert_int_equal(body_rc(parse, BYTES(EAP_SUCCESS, 7, 0, 5, 1)), RC_TRAILING);
	assert_int_equal(body_rc(parse, BYTES(EAP_FAILURE, 7, 0, 4, 1)), RC_TRAILING);
}

static void request_without_a_type_is_refused(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(EAP_REQUEST, 7, 0, 4)), RC_TRUNCATED);
	assert_int_equal(body_rc(parse, BYTES(EAP_REQUEST, 7, 0, 5, 1)), RC_OK);
}

static void unknown_codes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(0, 7, 0, 4)), RC_SYNTAX);
	assert_int_equal(body_rc(parse, BYTES(5, 7, 0, 4)), RC_SYNTAX);
}

static void packet_longer_than_its_field_fails_the_message(void **state)
{
	struct wire_test *t = *state;
	uint8_t *zero = calloc(1, UINT16_MAX);
	struct wire_eap eap = { .code = EAP_REQUEST, .data = { zero, UINT16_MAX } };
	wire_eap_emit(&t->writer, &eap);
	assert_int_equal(writer_message_end(&t->writer), RC_LIMIT);
	free(zero);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(response_survives_a_round_trip),
		WIRE_TEST(success_has_no_type),
		WIRE_TEST(raw_packet_is_sent_as_it_is),
		WIRE_TEST(eap_is_refused_when_cut_at_any_byte),
		WIRE_TEST(trailing_bytes_are_refused),
		WIRE_TEST(request_without_a_type_is_refused),
		WIRE_TEST(unknown_codes_are_refused),
		WIRE_TEST(packet_longer_than_its_field_fails_the_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
