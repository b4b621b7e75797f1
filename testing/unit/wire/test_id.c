/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static const uint8_t fqdn[] = { ID_FQDN, 0, 0, 0, 'a', '.', 'b' };

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_id id;
	(void)arena;
	return wire_id_parse(body, &id, diag);
}

static enum rc parse_id(uint8_t type, const void *data, size_t len)
{
	uint8_t bytes[4 + LIMIT_ID + 1] = { type };
	if (len != 0)
		memcpy(bytes + 4, data, len);
	return body_rc(parse, span_make(bytes, 4 + len));
}

static void both_identities_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_id id = { ID_FQDN, BYTES('a', '.', 'b') }, back;
	wire_id_emit(&t->writer, PAYLOAD_IDi, &id);
	wire_id_emit(&t->writer, PAYLOAD_IDr, &id);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_IDi);
	assert_int_equal(p->next->type, PAYLOAD_IDr);
	assert_span(p->body, SPAN_OF(fqdn));
	assert_int_equal(wire_id_parse(p->next->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.type, ID_FQDN);
	assert_span(back.data, id.data);
}

static void body_for_auth_is_the_payload_without_its_header(void **state)
{
	struct wire_test *t = *state;
	struct wire_id id = { ID_FQDN, BYTES('a', '.', 'b') };
	sink_init(&t->sink, t->buffer, sizeof(t->buffer));
	wire_id_body_emit(&t->sink, &id);
	assert_span(sink_written(&t->sink), SPAN_OF(fqdn));
}

static void identity_without_data_is_refused(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(fqdn), 5);
	check_flips(parse, SPAN_OF(fqdn));
	assert_int_equal(parse_id(ID_KEY_ID, NULL, 0), RC_TRUNCATED);
	assert_int_equal(parse_id(ID_NULL, NULL, 0), RC_OK);
}

static void addresses_must_have_their_length(void **state)
{
	uint8_t zero[17] = { 0 };
	(void)state;
	for (size_t len = 1; len <= 17; len++) {
		assert_int_equal(parse_id(ID_IPV4_ADDR, zero, len), len == 4 ? RC_OK : RC_SYNTAX);
		assert_int_equal(parse_id(ID_IPV6_ADDR, zero, len), len == 16 ? RC_OK : RC_SYNTAX);
		assert_int_equal(parse_id(ID_KEY_ID, zero, len), RC_OK);
	}
}

/* RFC 7296 §3.5 */
static void names_with_control_characters_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_id(ID_FQDN, "a\0b", 3), RC_SYNTAX);
	assert_int_equal(parse_id(ID_FQDN, "ab\0", 3), RC_SYNTAX);
	assert_int_equal(parse_id(ID_RFC822_ADDR, "a@b\n", 4), RC_SYNTAX);
	assert_int_equal(parse_id(ID_RFC822_ADDR, "a@b\x7f", 4), RC_SYNTAX);
	assert_int_equal(parse_id(ID_RFC822_ADDR, "a b@c", 5), RC_OK);
	assert_int_equal(parse_id(ID_FQDN, "\xc3\xa4.de", 5), RC_OK); /* UTF-8 */
	assert_int_equal(parse_id(ID_DER_ASN1_DN, "\0\n", 2), RC_OK);
}

static void refusal_names_the_type(void **state)
{
	struct wire_test *t = *state;
	struct wire_id id;
	assert_int_equal(wire_id_parse(BYTES(ID_IPV4_ADDR, 0, 0, 0, 1), &id, &t->diag), RC_SYNTAX);
	assert_non_null(strstr(t->diag.text, "ID_IPV4_ADDR has 1 bytes; expected 4"));
}

static void unknown_types_and_reserved_bytes_pass(void **state)
{
	(void)state;
	assert_int_equal(parse_id(201, "x", 1), RC_OK);
	assert_int_equal(body_rc(parse, BYTES(ID_FQDN, 1, 2, 3, 'a')), RC_OK);
}

static void absurdly_long_identity_is_refused(void **state)
{
	static const uint8_t zero[LIMIT_ID + 1];
	(void)state;
	assert_int_equal(parse_id(ID_KEY_ID, zero, LIMIT_ID), RC_OK);
	assert_int_equal(parse_id(ID_KEY_ID, zero, LIMIT_ID + 1), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(both_identities_survive_a_round_trip),
		WIRE_TEST(body_for_auth_is_the_payload_without_its_header),
		WIRE_TEST(identity_without_data_is_refused),
		WIRE_TEST(addresses_must_have_their_length),
		WIRE_TEST(names_with_control_characters_are_refused),
		WIRE_TEST(refusal_names_the_type),
		WIRE_TEST(unknown_types_and_reserved_bytes_pass),
		WIRE_TEST(absurdly_long_identity_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
