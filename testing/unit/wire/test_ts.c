/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

/* 10.0.0.0-10.0.0.255 TCP port 80; 2001:db8::-2001:db8::f, everything. */
static const uint8_t two_selectors[] = {
	2, 0, 0, 0,  7,	   6, 0,    16,	  0,	80, 0,	 80,   10, 0, 0, 0, 10, 0, 0, 255,
	8, 0, 0, 40, 0,	   0, 0xff, 0xff, 0x20, 1,  0xd, 0xb8, 0,  0, 0, 0, 0,	0, 0, 0,
	0, 0, 0, 0,  0x20, 1, 0xd,  0xb8, 0,	0,  0,	 0,    0,  0, 0, 0, 0,	0, 0, 15,
};

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_ts_list list;
	return wire_ts_parse(arena, body, &list, diag);
}

static enum rc changed(size_t at, uint8_t value)
{
	uint8_t bytes[sizeof(two_selectors)];
	memcpy(bytes, two_selectors, sizeof(bytes));
	bytes[at] = value;
	return body_rc(parse, SPAN_OF(bytes));
}

static void both_families_are_read(void **state)
{
	struct wire_test *t = *state;
	struct wire_ts_list list;
	char text[IP_RANGE_TEXT_MAX];
	assert_int_equal(wire_ts_parse(&t->arena, SPAN_OF(two_selectors), &list, &t->diag), RC_OK);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].type, TS_IPV4_ADDR_RANGE);
	assert_int_equal(list.items[0].protocol, 6);
	assert_int_equal(list.items[0].port_from, 80);
	assert_int_equal(list.items[0].port_to, 80);
	assert_string_equal(range_text(&list.items[0].range, text), "10.0.0.0/24");
	assert_int_equal(list.items[1].port_from, 0);
	assert_int_equal(list.items[1].port_to, 65535);
	assert_string_equal(range_text(&list.items[1].range, text), "2001:db8::/124");
}

static void selectors_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_ts_list list;
	assert_int_equal(wire_ts_parse(&t->arena, SPAN_OF(two_selectors), &list, &t->diag), RC_OK);
	wire_ts_emit(&t->writer, PAYLOAD_TSi, &list);
	wire_ts_emit(&t->writer, PAYLOAD_TSr, &list);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_TSi);
	assert_int_equal(p->next->type, PAYLOAD_TSr);
	assert_span(p->body, SPAN_OF(two_selectors));
	assert_span(p->next->body, SPAN_OF(two_selectors));
}

static void selectors_are_refused_when_cut_at_any_byte(void **state)
{
	(void)state;
	check_cuts(parse, SPAN_OF(two_selectors), sizeof(two_selectors));
	check_flips(parse, SPAN_OF(two_selectors));
}

static void trailing_bytes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(changed(0, 1), RC_TRAILING);
	assert_int_equal(changed(0, 3), RC_TRUNCATED);
}

static void wrong_lengths_are_refused(void **state)
{
	(void)state;
	assert_int_equal(changed(7, 3), RC_SYNTAX);
	assert_int_equal(changed(7, 15), RC_SYNTAX);
	assert_int_equal(changed(7, 17), RC_SYNTAX);
	assert_int_equal(changed(6, 1), RC_TRUNCATED);
	assert_int_equal(changed(23, 41), RC_TRUNCATED);
	assert_int_equal(changed(4, 8), RC_SYNTAX); /* IPv6 in the length of IPv4 */
}

static void no_selectors_at_all_is_refused(void **state)
{
	(void)state;
	assert_int_equal(body_rc(parse, BYTES(0, 0, 0, 0)), RC_SYNTAX);
}

static void count_beyond_the_limit_is_refused(void **state)
{
	uint8_t bytes[4 + 16 * (LIMIT_SELECTORS + 1)] = { LIMIT_SELECTORS };
	(void)state;
	for (unsigned i = 0; i <= LIMIT_SELECTORS; i++) {
		bytes[4 + 16 * i] = TS_IPV4_ADDR_RANGE;
		bytes[7 + 16 * i] = 16;
	}
	assert_int_equal(body_rc(parse, span_make(bytes, sizeof(bytes) - 16)), RC_OK);
	bytes[0]++;
	assert_int_equal(body_rc(parse, SPAN_OF(bytes)), RC_LIMIT);
}

static void inverted_ranges_are_refused(void **state)
{
	(void)state;
	assert_int_equal(changed(16, 9), RC_SYNTAX);
	assert_int_equal(changed(9, 81), RC_SYNTAX); /* ports 81 to 80 */
	assert_int_equal(body_rc(parse, BYTES(1, 0, 0, 0, 7, 6, 0, 16, 0xff, 0xff, 0, 1, 1, 1, 1, 1,
					      1, 1, 1, 1)),
			 RC_SYNTAX);
	assert_int_equal(
		body_rc(parse, BYTES(1, 0, 0, 0, 7, 6, 0, 16, 0, 9, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)),
		RC_SYNTAX);
}

/* §3.13.1 */
static void opaque_ports_are_kept(void **state)
{
	struct wire_test *t = *state;
	uint8_t bytes[20];
	struct wire_ts_list list;
	memcpy(bytes, two_selectors, sizeof(bytes));
	bytes[0] = 1;
	bytes[8] = bytes[9] = 0xff;
	bytes[10] = bytes[11] = 0;
	assert_int_equal(wire_ts_parse(&t->arena, SPAN_OF(bytes), &list, &t->diag), RC_OK);
	assert_int_equal(list.items[0].port_from, 65535);
	assert_int_equal(list.items[0].port_to, 0);
}

static void unknown_type_is_stepped_over_with_its_range_unset(void **state)
{
	struct wire_test *t = *state;
	struct wire_ts_list list;
	struct span bytes = BYTES(2, 0, 0, 0, 10, 0, 0, 6, 1, 2, 7, 0, 0, 16, 0, 0, 0xff, 0xff, 1,
				  2, 3, 4, 1, 2, 3, 4);
	assert_int_equal(wire_ts_parse(&t->arena, bytes, &list, &t->diag), RC_OK);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].type, 10);
	assert_false(ip_is_set(&list.items[0].range.from));
	assert_true(ip_is_set(&list.items[1].range.from));
	assert_int_equal(body_rc(parse, BYTES(1, 0, 0, 0, 9, 0, 0, 4)), RC_OK);
}

static void reserved_bytes_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(changed(1, 0xff), RC_OK);
	assert_int_equal(changed(3, 0xff), RC_OK);
}

static void failing_allocation_is_reported(void **state)
{
	struct wire_test *t = *state;
	struct arena small;
	struct wire_ts_list list;
	arena_init(&small, 16);
	assert_int_equal(wire_ts_parse(&small, SPAN_OF(two_selectors), &list, &t->diag),
			 RC_NO_MEMORY);
	arena_free(&small);
}

static void emitting_more_than_a_field_holds_fails_the_message(void **state)
{
	struct wire_test *t = *state;
	struct wire_ts_list list = { calloc(256, sizeof(struct wire_ts)), 256 };
	wire_ts_emit(&t->writer, PAYLOAD_TSi, &list);
	assert_int_equal(writer_message_end(&t->writer), RC_LIMIT);
	free(list.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(both_families_are_read),
		WIRE_TEST(selectors_survive_a_round_trip),
		WIRE_TEST(selectors_are_refused_when_cut_at_any_byte),
		WIRE_TEST(trailing_bytes_are_refused),
		WIRE_TEST(wrong_lengths_are_refused),
		WIRE_TEST(no_selectors_at_all_is_refused),
		WIRE_TEST(count_beyond_the_limit_is_refused),
		WIRE_TEST(inverted_ranges_are_refused),
		WIRE_TEST(opaque_ports_are_kept),
		WIRE_TEST(unknown_type_is_stepped_over_with_its_range_unset),
		WIRE_TEST(reserved_bytes_are_ignored),
		WIRE_TEST(failing_allocation_is_reported),
		WIRE_TEST(emitting_more_than_a_field_holds_fails_the_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
