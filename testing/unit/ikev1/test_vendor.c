/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev1/private.h"
#include "unit/test.h"

#define NATT (VENDOR_NATT_RFC3947 | VENDOR_NATT_DRAFT_02 | VENDOR_NATT_DRAFT_03)

struct letter {
	struct arena arena;
	struct sink sink;
	struct writer writer;
	struct ike_message message;
	uint8_t bytes[8192];
};

static void letter_begin(struct letter *letter)
{
	struct ike_header header = { .spi_i = 1,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_MAIN };

	arena_init(&letter->arena, 65536);
	sink_init(&letter->sink, letter->bytes, sizeof(letter->bytes));
	writer_message(&letter->writer, &letter->sink, &header);
}

static unsigned letter_read(struct letter *letter)
{
	unsigned vendors;

	assert_int_equal(writer_message_end(&letter->writer), RC_OK);
	assert_int_equal(isakmp_message_parse(&letter->arena, sink_written(&letter->sink),
					      &letter->message, NULL),
			 RC_OK);
	vendors = v1_vendors_of(&letter->message);
	arena_free(&letter->arena);
	return vendors;
}

static void what_we_say_is_what_the_peer_reads(void **state)
{
	static const enum config_tristate all[] = { TRI_NO, TRI_YES, TRI_AUTO };
	struct letter letter;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct config_conn conn = { .encapsulation = all[i] };
		letter_begin(&letter);
		isakmp_vendor_emit(&letter.writer, v1_vendors_ours(&conn));
		assert_int_equal(letter_read(&letter), v1_vendors_ours(&conn));
	}
}

static void what_ciscos_look_for_is_said_where_the_conn_wants_it(void **state)
{
	struct config_conn conn = { .cisco_unity = false };

	(void)state;
	assert_int_equal(v1_vendors_ours(&conn) & VENDOR_UNITY, 0);
	conn.cisco_unity = true;
	assert_int_equal(v1_vendors_ours(&conn) & VENDOR_UNITY, VENDOR_UNITY);
}

static void nat_traversal_is_announced_unless_encapsulation_is_off(void **state)
{
	struct config_conn conn = { .encapsulation = TRI_AUTO };

	(void)state;
	assert_int_equal(v1_vendors_ours(&conn) & NATT, NATT);
	conn.encapsulation = TRI_YES;
	assert_int_equal(v1_vendors_ours(&conn) & NATT, NATT);
	conn.encapsulation = TRI_NO;
	assert_int_equal(v1_vendors_ours(&conn) & NATT, 0);
}

static void nat_ikev1_method_says_which_of_the_ways_is_announced(void **state)
{
	struct config_conn conn = { .encapsulation = TRI_AUTO, .nat_method = NAT_METHOD_RFC };

	(void)state;
	assert_int_equal(v1_vendors_ours(&conn) & NATT, VENDOR_NATT_RFC3947);
	conn.nat_method = NAT_METHOD_DRAFTS;
	assert_int_equal(v1_vendors_ours(&conn) & NATT,
			 VENDOR_NATT_DRAFT_02 | VENDOR_NATT_DRAFT_03);
	conn.nat_method = NAT_METHOD_NONE;
	assert_int_equal(v1_vendors_ours(&conn) & NATT, 0);
	assert_int_equal(v1_vendors_withheld(&conn), NATT);
}

/* RFC 3706 §5.1: who does not announce it is not asked. */
static void dead_peer_detection_is_always_announced(void **state)
{
	struct config_conn conn = { .encapsulation = TRI_NO, .fragmentation = FRAGMENTATION_NO };

	(void)state;
	assert_int_equal(v1_vendors_ours(&conn), VENDOR_DPD);
}

/* Nor does an answer tell more than was asked about. */
static void a_responder_announces_what_both_ends_can_alone(void **state)
{
	const struct config_conn conn = { .encapsulation = TRI_AUTO, .cisco_unity = true };
	struct isakmp v1 = { .vendors = 0 };
	struct ike_sa sa = { .v1 = &v1 };

	(void)state;
	assert_int_equal(v1_vendors_answer(&conn, &sa), 0);
	v1.vendors = VENDOR_DPD | VENDOR_NATT_RFC3947 | VENDOR_WINDOWS;
	assert_int_equal(v1_vendors_answer(&conn, &sa), VENDOR_DPD | VENDOR_NATT_RFC3947);
	v1.vendors = UINT32_MAX;
	assert_int_equal(v1_vendors_answer(&conn, &sa), v1_vendors_ours(&conn));
}

static void what_we_do_not_speak_is_not_announced(void **state)
{
	struct config_conn conn = { .encapsulation = TRI_YES, .fragmentation = FRAGMENTATION_NO };

	(void)state;
	assert_int_equal(v1_vendors_ours(&conn), NATT | VENDOR_DPD);
}

static void fragments_are_taken_and_sent_as_the_conn_says(void **state)
{
	static const enum config_fragmentation all[] = { FRAGMENTATION_NO, FRAGMENTATION_YES,
							 FRAGMENTATION_ACCEPT,
							 FRAGMENTATION_FORCE };
	struct ike_sa sa = { .serial = 1 };
	struct isakmp v1 = { .auth = 1 };

	(void)state;
	sa.v1 = &v1;
	for (unsigned i = 0; i < 4; i++) {
		struct config_conn conn = { .fragmentation = all[i] };
		bool takes = all[i] != FRAGMENTATION_NO;
		assert_int_equal((v1_vendors_ours(&conn) & VENDOR_FRAGMENTATION) != 0, takes);
		v1_fragments(&sa, &conn);
		assert_int_equal(sa.fragmentation, takes);
		assert_int_equal(v1.fragmentation, all[i]);
	}
}

static void vendor_ids_are_found_wherever_they_stand_and_however_often(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter);
	isakmp_vendor_emit(&letter.writer, VENDOR_XAUTH);
	isakmp_bytes_emit(&letter.writer, ISAKMP_NONCE, SPAN_OF("between them"));
	isakmp_vendor_emit(&letter.writer, VENDOR_DPD);
	isakmp_vendor_emit(&letter.writer, VENDOR_DPD | VENDOR_NATT_DRAFT_02);
	assert_int_equal(letter_read(&letter), VENDOR_XAUTH | VENDOR_DPD | VENDOR_NATT_DRAFT_02);
}

static void message_without_vendor_ids_has_none(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter);
	assert_int_equal(letter_read(&letter), 0);
	letter_begin(&letter);
	isakmp_bytes_emit(&letter.writer, ISAKMP_NONCE, SPAN_OF("a nonce and no more"));
	assert_int_equal(letter_read(&letter), 0);
}

/* The bytes of DPD's, RFC 3706 §5.1. */
static const uint8_t dpd[] = { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9,
			       0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00 };

static void same_bytes_in_another_payload_are_no_vendor_id(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter);
	isakmp_bytes_emit(&letter.writer, ISAKMP_NONCE, SPAN_OF(dpd));
	isakmp_bytes_emit(&letter.writer, ISAKMP_NAT_D, SPAN_OF(dpd));
	assert_int_equal(letter_read(&letter), 0);
	letter_begin(&letter);
	isakmp_bytes_emit(&letter.writer, ISAKMP_VID, SPAN_OF(dpd));
	assert_int_equal(letter_read(&letter), VENDOR_DPD);
}

static void unknown_empty_cut_and_long_vendor_ids_do_not_matter(void **state)
{
	static const uint8_t much[4000] = { 0xaf };
	struct letter letter;

	(void)state;
	letter_begin(&letter);
	isakmp_bytes_emit(&letter.writer, ISAKMP_VID, SPAN_NONE);
	isakmp_bytes_emit(&letter.writer, ISAKMP_VID, SPAN_OF("nobody knows it"));
	isakmp_bytes_emit(&letter.writer, ISAKMP_VID, SPAN_OF(much));
	for (size_t len = 1; len < sizeof(dpd); len++)
		isakmp_bytes_emit(&letter.writer, ISAKMP_VID, span_make(dpd, len));
	assert_int_equal(letter_read(&letter), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_say_is_what_the_peer_reads),
		cmocka_unit_test(what_ciscos_look_for_is_said_where_the_conn_wants_it),
		cmocka_unit_test(nat_traversal_is_announced_unless_encapsulation_is_off),
		cmocka_unit_test(nat_ikev1_method_says_which_of_the_ways_is_announced),
		cmocka_unit_test(dead_peer_detection_is_always_announced),
		cmocka_unit_test(a_responder_announces_what_both_ends_can_alone),
		cmocka_unit_test(what_we_do_not_speak_is_not_announced),
		cmocka_unit_test(fragments_are_taken_and_sent_as_the_conn_says),
		cmocka_unit_test(vendor_ids_are_found_wherever_they_stand_and_however_often),
		cmocka_unit_test(message_without_vendor_ids_has_none),
		cmocka_unit_test(same_bytes_in_another_payload_are_no_vendor_id),
		cmocka_unit_test(unknown_empty_cut_and_long_vendor_ids_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
