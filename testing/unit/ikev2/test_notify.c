/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/private.h"
#include "unit/test.h"

static void answer_of_a_failure_is_an_error_notify_or_silence(void **state)
{
	(void)state;
	for (unsigned rc = 0; rc < RC_COUNT; rc++) {
		uint16_t type = ikev2_notify_of((enum rc)rc);
		assert_true(type == 0 || notify_is_error(type));
	}
	assert_int_equal(ikev2_notify_of(RC_AUTH_FAILED), AUTHENTICATION_FAILED);
	assert_int_equal(ikev2_notify_of(RC_NO_PROPOSAL), NO_PROPOSAL_CHOSEN);
	assert_int_equal(ikev2_notify_of(RC_CRITICAL), UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(ikev2_notify_of(RC_KERNEL), TEMPORARY_FAILURE);
	assert_int_equal(ikev2_notify_of(RC_TRUNCATED), INVALID_SYNTAX);
}

/* What was not authenticated, and what is only ours, is not answered. */
static void nothing_is_said_to_forgers_and_about_our_own_decisions(void **state)
{
	static const enum rc silent[] = { RC_OK,	RC_SUSPEND,	 RC_DROP,
					  RC_INTEGRITY, RC_TIMEOUT,	 RC_OPERATOR,
					  RC_SHUTDOWN,	RC_PEER_DELETED, RC_CANCELLED,
					  RC_REPLACED,	RC_PEER_REFUSED };

	(void)state;
	for (unsigned i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		assert_int_equal(ikev2_notify_of(silent[i]), 0);
}

static void notify_of_the_peer_means_what_ours_would(void **state)
{
	static const enum rc same[] = { RC_NO_PROPOSAL, RC_AUTH_FAILED, RC_TS_UNACCEPTABLE,
					RC_NO_ADDITIONAL_SAS, RC_TEMPORARY_FAILURE };

	(void)state;
	for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(notify_rc(ikev2_notify_of(same[i])), same[i]);
	assert_int_equal(notify_rc(INVALID_SYNTAX), RC_PEER_REFUSED);
	assert_int_equal(notify_rc(8191), RC_PEER_REFUSED);
}

static void only_three_notifies_end_an_ike_sa(void **state)
{
	unsigned count = 0;

	(void)state;
	for (unsigned type = 0; type < 65536; type++)
		count += notify_ends_ike((uint16_t)type);
	assert_int_equal(count, 3);
	assert_true(notify_ends_ike(AUTHENTICATION_FAILED));
	assert_false(notify_ends_ike(TS_UNACCEPTABLE));
}

static void clear_answer_repeats_the_header_and_holds_the_notify(void **state)
{
	struct ike_header request = { .spi_i = 1,
				      .spi_r = 0,
				      .version = 0x30,
				      .exchange = EXCHANGE_IKE_SA_INIT,
				      .flags = IKE_FLAG_INITIATOR,
				      .message_id = 7 };
	struct ike_message message;
	struct wire_notify notify;
	struct arena arena;
	struct sink sink;
	uint8_t buffer[128];

	(void)state;
	arena_init(&arena, 65536);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_emit_notify(&sink, &request, 5, COOKIE, SPAN_OF("abc")), RC_OK);
	assert_int_equal(wire_message_parse(&arena, sink_written(&sink), &message, NULL, NULL),
			 RC_OK);
	assert_int_equal(message.header.spi_i, 1);
	assert_int_equal(message.header.spi_r, 5);
	assert_int_equal(message.header.version, IKE_VERSION_2);
	assert_int_equal(message.header.flags, IKE_FLAG_RESPONSE);
	assert_int_equal(message.header.message_id, 7);
	assert_true(notify_find(&message, COOKIE, &notify));
	assert_true(span_equal(notify.data, SPAN_OF("abc")));
	assert_false(notify_error(&message, &notify));
	arena_free(&arena);
}

static void clear_answer_to_a_responder_carries_the_initiators_flag(void **state)
{
	struct ike_header request = { .spi_i = 1, .spi_r = 2, .exchange = EXCHANGE_INFORMATIONAL };
	struct ike_header answer;
	struct sink sink;
	uint8_t buffer[128];

	(void)state;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_emit_notify(&sink, &request, 0, INVALID_IKE_SPI, SPAN_NONE), RC_OK);
	assert_int_equal(wire_header_parse(sink_written(&sink), &answer, NULL), RC_OK);
	assert_int_equal(answer.flags, IKE_FLAG_RESPONSE | IKE_FLAG_INITIATOR);
	assert_int_equal(answer.spi_r, 2);
}

static void read_inner(struct arena *arena, const struct outcome_message *inner,
		       struct ike_message *out)
{
	*out = (struct ike_message){ .count = 0 };
	assert_int_equal(wire_inner_parse(arena, inner->bytes, inner->first_type, out, NULL, NULL),
			 RC_OK);
}

static void first_error_is_found_behind_status_notifies(void **state)
{
	struct outcome_message inner = { .present = false };
	struct ike_message message;
	struct wire_notify notify;
	struct arena arena;
	struct sink sink;
	struct writer writer;

	(void)state;
	arena_init(&arena, 65536);
	assert_int_equal(inner_start(&arena, &sink, &writer), RC_OK);
	emit_notify(&writer, INITIAL_CONTACT);
	emit_notify(&writer, TS_UNACCEPTABLE);
	emit_notify(&writer, NO_PROPOSAL_CHOSEN);
	assert_int_equal(inner_finish(&writer, &sink, &inner), RC_OK);
	read_inner(&arena, &inner, &message);
	assert_true(notify_error(&message, &notify));
	assert_int_equal(notify.type, TS_UNACCEPTABLE);
	assert_true(notify_find(&message, NO_PROPOSAL_CHOSEN, &notify));
	assert_false(notify_find(&message, USE_TRANSPORT_MODE, &notify));
	assert_int_equal(notify.type, NOTIFY_NONE);
	arena_free(&arena);
}

/* §2.21.2 */
static void goodbye_is_a_delete_after_the_notify_that_tells_why(void **state)
{
	struct outcome_message inner = { .present = false };
	struct ike_message message;
	struct arena arena;

	(void)state;
	arena_init(&arena, 65536);
	assert_int_equal(ikev2_inner_goodbye(&arena, AUTHENTICATION_FAILED, &inner), RC_OK);
	read_inner(&arena, &inner, &message);
	assert_int_equal(message.first->type, PAYLOAD_NOTIFY);
	assert_int_equal(message.last->type, PAYLOAD_DELETE);
	assert_int_equal(ikev2_inner_goodbye(&arena, TS_UNACCEPTABLE, &inner), RC_OK);
	read_inner(&arena, &inner, &message);
	assert_int_equal(message.count, 1);
	assert_int_equal(message.first->type, PAYLOAD_DELETE);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_of_a_failure_is_an_error_notify_or_silence),
		cmocka_unit_test(nothing_is_said_to_forgers_and_about_our_own_decisions),
		cmocka_unit_test(notify_of_the_peer_means_what_ours_would),
		cmocka_unit_test(only_three_notifies_end_an_ike_sa),
		cmocka_unit_test(clear_answer_repeats_the_header_and_holds_the_notify),
		cmocka_unit_test(clear_answer_to_a_responder_carries_the_initiators_flag),
		cmocka_unit_test(first_error_is_found_behind_status_notifies),
		cmocka_unit_test(goodbye_is_a_delete_after_the_notify_that_tells_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
