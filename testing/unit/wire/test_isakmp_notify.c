/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static const uint8_t dpd[] = {
	0,  0,	  0,	1,  PROTOCOL_IKE,
	16, 0x8d, 0x28, /* R-U-THERE */
	1,  2,	  3,	4,  5,
	6,  7,	  8,	9,  10,
	11, 12,	  13,	14, 15,
	16, 0,	  0,	0,  7,
};
static const uint8_t two_esp[] = {
	0, 0, 0, 1, PROTOCOL_ESP, 4, 0, 2, 1, 1, 1, 1, 2, 2, 2, 2,
};

static enum rc parse_notify(struct arena *arena, struct span body, struct diag *diag)
{
	struct isakmp_notify notify;
	(void)arena;
	return isakmp_notify_parse(body, &notify, diag);
}

static enum rc parse_delete(struct arena *arena, struct span body, struct diag *diag)
{
	struct isakmp_delete payload;
	(void)arena;
	return isakmp_delete_parse(body, &payload, diag);
}

static void notifications_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_notify notify;
	assert_ok(isakmp_notify_parse(SPAN_OF(dpd), &notify, &t->diag));
	assert_int_equal(notify.doi, ISAKMP_DOI_IPSEC);
	assert_int_equal(notify.protocol, PROTOCOL_IKE);
	assert_int_equal(notify.type, ISAKMP_R_U_THERE);
	assert_span(notify.spi, span_make(dpd + 8, 16));
	assert_span(notify.data, BYTES(0, 0, 0, 7));
	isakmp_notify_emit(&t->writer, &notify);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_NOTIFICATION);
	assert_span(p->body, SPAN_OF(dpd));
}

static void a_probe_has_cookies_and_a_sequence_number(void **state)
{
	uint8_t bytes[sizeof(dpd) + 1];
	(void)state;
	check_cuts(parse_notify, SPAN_OF(dpd), sizeof(dpd));
	check_flips(parse_notify, SPAN_OF(dpd));
	memcpy(bytes, dpd, sizeof(dpd));
	bytes[7] = 0x29; /* the ACK */
	assert_int_equal(body_rc(parse_notify, span_make(bytes, sizeof(dpd))), RC_OK);
	assert_int_equal(body_rc(parse_notify, SPAN_OF(bytes)), RC_SYNTAX);
	bytes[5] = 8;
	assert_int_equal(body_rc(parse_notify, span_make(bytes, 20)), RC_SYNTAX);
	/* some peers send no cookies */
	assert_int_equal(body_rc(parse_notify, BYTES(0, 0, 0, 1, 1, 0, 0x8d, 0x28, 0, 0, 0, 1)),
			 RC_OK);
}

static void other_notifications_may_carry_anything(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse_notify, BYTES(0, 0, 0, 0, 1, 0, 0, 14)), RC_OK);
	assert_int_equal(body_rc(parse_notify, BYTES(9, 9, 9, 9, 77, 1, 0xff, 0xff, 1, 2, 3)),
			 RC_OK);
	assert_int_equal(body_rc(parse_notify, BYTES(0, 0, 0, 1, 3, 4, 0, 14, 1, 2, 3)),
			 RC_TRUNCATED);
}

static void a_responders_lifetime_is_whole_attributes(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse_notify,
				 BYTES(0, 0, 0, 1, 3, 0, 0x60, 0, 0x80, 1, 0, 1, 0, 2, 0, 2, 1, 1)),
			 RC_OK);
	assert_int_equal(body_rc(parse_notify,
				 BYTES(0, 0, 0, 1, 3, 0, 0x60, 0, 0x80, 1, 0, 1, 0, 2, 0, 4, 1, 1)),
			 RC_TRUNCATED);
	assert_int_equal(body_rc(parse_notify, BYTES(0, 0, 0, 1, 3, 0, 0x60, 0, 0x80, 1, 0)),
			 RC_TRUNCATED);
}

static void deletes_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_delete payload;
	assert_ok(isakmp_delete_parse(SPAN_OF(two_esp), &payload, &t->diag));
	assert_int_equal(payload.protocol, PROTOCOL_ESP);
	assert_int_equal(payload.count, 2);
	assert_span(payload.spis, BYTES(1, 1, 1, 1, 2, 2, 2, 2));
	isakmp_delete_emit(&t->writer, &payload);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_DELETE);
	assert_span(p->body, SPAN_OF(two_esp));
}

static void a_delete_has_the_spis_it_says(void **state)
{
	uint8_t bytes[sizeof(two_esp) + 1];
	(void)state;
	check_cuts(parse_delete, SPAN_OF(two_esp), sizeof(two_esp));
	check_flips(parse_delete, SPAN_OF(two_esp));
	memcpy(bytes, two_esp, sizeof(two_esp));
	assert_int_equal(body_rc(parse_delete, SPAN_OF(bytes)), RC_TRAILING);
	bytes[7] = 3;
	assert_int_equal(body_rc(parse_delete, SPAN_OF(bytes)), RC_TRUNCATED);
}

static enum rc delete_of(uint8_t protocol, uint8_t size, uint16_t count)
{
	uint8_t bytes[8 + (LIMIT_DELETE_SPIS + 1) * 16] = { 0, 0, 0, 1, protocol, size };
	bytes[6] = (uint8_t)(count >> 8);
	bytes[7] = (uint8_t)count;
	size_t len = (size_t)size * count;
	return body_rc(parse_delete,
		       span_make(bytes, len < sizeof(bytes) - 8 ? 8 + len : sizeof(bytes)));
}

static void spis_have_the_size_of_their_protocol(void **state)
{
	(void)state;
	assert_int_equal(delete_of(PROTOCOL_IKE, 16, 1), RC_OK);
	assert_int_equal(delete_of(PROTOCOL_IKE, 4, 1), RC_SYNTAX);
	assert_int_equal(delete_of(PROTOCOL_ESP, 16, 1), RC_SYNTAX);
	assert_int_equal(delete_of(PROTOCOL_AH, 4, 1), RC_OK);
	assert_int_equal(delete_of(ISAKMP_PROTOCOL_IPCOMP, 2, 1), RC_OK);
	assert_int_equal(delete_of(ISAKMP_PROTOCOL_IPCOMP, 3, 1), RC_SYNTAX);
	assert_int_equal(delete_of(77, 0, 0), RC_OK);
	assert_int_equal(delete_of(PROTOCOL_ESP, 4, LIMIT_DELETE_SPIS), RC_OK);
	assert_int_equal(delete_of(PROTOCOL_ESP, 4, LIMIT_DELETE_SPIS + 1), RC_LIMIT);
	assert_int_equal(delete_of(77, 0, 65535), RC_LIMIT);
}

static void an_spi_too_long_for_its_length_fails_the_message(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_notify notify = { .spi = span_make(t->buffer, 256) };
	isakmp_notify_emit(&t->writer, &notify);
	assert_int_equal(writer_message_end(&t->writer), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(notifications_survive_a_round_trip),
		WIRE_TEST(a_probe_has_cookies_and_a_sequence_number),
		WIRE_TEST(other_notifications_may_carry_anything),
		WIRE_TEST(a_responders_lifetime_is_whole_attributes),
		WIRE_TEST(deletes_survive_a_round_trip),
		WIRE_TEST(a_delete_has_the_spis_it_says),
		WIRE_TEST(spis_have_the_size_of_their_protocol),
		WIRE_TEST(an_spi_too_long_for_its_length_fails_the_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
