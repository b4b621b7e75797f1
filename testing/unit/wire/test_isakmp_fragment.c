/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static enum rc parse_fragment(struct arena *arena, struct span body, struct diag *diag)
{
	struct isakmp_fragment fragment;
	(void)arena;
	return isakmp_fragment_parse(body, &fragment, diag);
}

static void fragments_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct isakmp_fragment fragment = { 0x1234, 3, true, BYTES(7, 7, 7) }, back;
	isakmp_fragment_emit(&t->writer, &fragment);
	fragment.last = false;
	isakmp_fragment_emit(&t->writer, &fragment);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_FRAGMENT);
	assert_ok(isakmp_fragment_parse(p->body, &back, &t->diag));
	assert_int_equal(back.id, 0x1234);
	assert_int_equal(back.number, 3);
	assert_true(back.last);
	assert_span(back.data, BYTES(7, 7, 7));
	assert_ok(isakmp_fragment_parse(p->next->body, &back, &t->diag));
	assert_false(back.last);
}

static void a_fragment_has_a_number_and_bytes(void **state)
{
	(void)state;
	check_cuts(parse_fragment, BYTES(0, 1, 1, 0, 9, 9), 5);
	assert_int_equal(body_rc(parse_fragment, BYTES(0, 1, 0, 1, 9)), RC_SYNTAX);
	assert_int_equal(body_rc(parse_fragment, BYTES(0, 1, 255, 0xfe, 9)), RC_OK);
}

#define MESSAGE_LEN 3000u

/* A message as anybody would have it cut, of a quick mode. */
static struct span whole_message(uint8_t *bytes)
{
	struct ike_header header = { .spi_i = 1,
				     .spi_r = 2,
				     .next = ISAKMP_HASH,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_QUICK,
				     .flags = ISAKMP_FLAG_ENCRYPTION,
				     .message_id = 0x12345678,
				     .length = MESSAGE_LEN };
	struct sink sink;

	for (unsigned i = 0; i < MESSAGE_LEN; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	sink_init(&sink, bytes, MESSAGE_LEN);
	wire_header_emit(&sink, &header);
	return span_make(bytes, MESSAGE_LEN);
}

static struct span cut(struct span message, size_t limit, unsigned number, uint8_t *buffer)
{
	struct sink sink;

	sink_init(&sink, buffer, limit);
	assert_ok(isakmp_fragment_of(message, limit, 77, number, &sink));
	return sink_written(&sink);
}

static void the_parts_of_a_message_are_that_message(void **state)
{
	static const size_t limits[] = { 60, 96, 548, 1248, 1536, 2999, 4000 };
	uint8_t bytes[MESSAGE_LEN], part[4096], again[MESSAGE_LEN];
	struct span message = whole_message(bytes);

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		unsigned count = isakmp_fragment_count(message.len, limits[i]);
		size_t len = 0;
		for (unsigned number = 1; number <= count; number++) {
			struct span datagram = cut(message, limits[i], number, part);
			struct isakmp_fragment fragment;
			struct ike_header header;
			assert_true(datagram.len <= limits[i]);
			assert_ok(isakmp_fragment_read(datagram, &header, &fragment, NULL));
			assert_int_equal(header.spi_i, 1);
			assert_int_equal(header.spi_r, 2);
			assert_int_equal(header.exchange, EXCHANGE_V1_MAIN);
			assert_int_equal(header.message_id, 0);
			assert_int_equal(header.flags, 0);
			assert_int_equal(fragment.id, 77);
			assert_int_equal(fragment.number, number);
			assert_int_equal(fragment.last, number == count);
			memcpy(again + len, fragment.data.ptr, fragment.data.len);
			len += fragment.data.len;
		}
		if (limits[i] == 60) {
			assert_int_equal(count, 0); /* more than anybody puts together */
			continue;
		}
		assert_span(span_make(again, len), message);
	}
}

static void aggressive_mode_keeps_its_name(void **state)
{
	uint8_t bytes[MESSAGE_LEN], part[1000];
	struct isakmp_fragment fragment;
	struct ike_header header;
	struct span datagram;

	(void)state;
	(void)whole_message(bytes);
	bytes[18] = EXCHANGE_V1_AGGRESSIVE;
	datagram = cut(span_make(bytes, sizeof(bytes)), sizeof(part), 2, part);
	assert_ok(isakmp_fragment_read(datagram, &header, &fragment, NULL));
	assert_int_equal(header.exchange, EXCHANGE_V1_AGGRESSIVE);
}

static void there_are_no_parts_beyond_the_last_or_without_room(void **state)
{
	uint8_t bytes[MESSAGE_LEN], part[1000];
	struct span message = whole_message(bytes);
	struct sink sink;

	(void)state;
	sink_init(&sink, part, sizeof(part));
	assert_int_equal(isakmp_fragment_count(message.len, sizeof(part)), 4);
	assert_int_equal(isakmp_fragment_of(message, sizeof(part), 1, 0, &sink), RC_LIMIT);
	assert_int_equal(isakmp_fragment_of(message, sizeof(part), 1, 5, &sink), RC_LIMIT);
	for (size_t limit = 0; limit <= 36; limit++)
		assert_int_equal(isakmp_fragment_count(message.len, limit), 0);
	assert_int_equal(isakmp_fragment_count(64, 37), 64);
	assert_int_equal(isakmp_fragment_count(65, 37), 0);
	assert_int_equal(isakmp_fragment_of(message, 20, 1, 1, &sink), RC_LIMIT);
}

static void a_fragment_fills_its_message_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{ 16, ISAKMP_VID }, { 17, IKE_VERSION_2 },
		{ 27, 0xff },	    { 28, ISAKMP_FRAGMENT },
		{ 30, 4 },	    { 31, 0 },
		{ 31, 7 },	    { 34, 0 },
	};
	uint8_t bytes[MESSAGE_LEN], part[500], copy[500];
	struct span datagram = cut(whole_message(bytes), sizeof(part), 1, part);
	struct isakmp_fragment fragment;
	struct ike_header header;

	(void)state;
	assert_ok(isakmp_fragment_read(datagram, &header, &fragment, NULL));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(copy, part, datagram.len);
		copy[wrong[i].at] = wrong[i].value;
		assert_int_not_equal(isakmp_fragment_read(span_make(copy, datagram.len), &header,
							  &fragment, NULL),
				     RC_OK);
	}
	for (size_t len = 0; len < datagram.len; len++) {
		uint8_t *exact = exact_copy(span_make(part, len));
		assert_int_not_equal(
			isakmp_fragment_read(span_make(exact, len), &header, &fragment, NULL),
			RC_OK);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(fragments_survive_a_round_trip),
		WIRE_TEST(a_fragment_has_a_number_and_bytes),
		WIRE_TEST(the_parts_of_a_message_are_that_message),
		WIRE_TEST(aggressive_mode_keeps_its_name),
		WIRE_TEST(there_are_no_parts_beyond_the_last_or_without_room),
		WIRE_TEST(a_fragment_fills_its_message_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
