/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/ppk.h"
#include "unit/ikev2/road.h"

#define WITH_PPK PAIR_SECRETS "@west @east : PPKS \"ppk-1\" \"a post-quantum preshared key\"\n"

static void begin(struct road *road, const char *west, const char *east)
{
	memset(road, 0, sizeof(*road));
	arena_init(&road->arena, 1u << 24);
	pair_start(&road->pair, 1, west, east, WITH_PPK, WITH_PPK);
	world_tap(road->pair.world, road_listen, road);
	end_up(&road->pair.west, "t");
	road_run(road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road->pair);
}

static struct wire_notify found(const struct ike_message *message, enum notify_type type)
{
	struct wire_notify notify;

	assert_true(notify_find(message, type, &notify));
	return notify;
}

/* The IKE_AUTH messages are sealed with keys that a PPK does not change. */
static void the_notifies_are_those_of_the_rfc(void **state)
{
	struct road road;
	struct wire_notify notify;
	const struct ike_message *message;

	(void)state;
	begin(&road, PAIR_CONN "\tppk=yes\n", PAIR_CONN "\tppk=yes\n");
	assert_int_equal(found(road_heard(&road, 0), USE_PPK).data.len, 0);
	assert_int_equal(found(road_heard(&road, 1), USE_PPK).data.len, 0);
	message = road_opened(&road, 2, road_sa(&road.pair.east));
	notify = found(message, PPK_IDENTITY);
	assert_int_equal(notify.data.len, 6);
	assert_memory_equal(notify.data.ptr, "\2ppk-1", 6); /* PPK_ID_FIXED */
	assert_int_equal(found(message, NO_PPK_AUTH).data.len, 64);
	message = road_opened(&road, 3, road_sa(&road.pair.west));
	assert_int_equal(found(message, PPK_IDENTITY).data.len, 0);
	assert_false(notify_find(message, NO_PPK_AUTH, &notify));
	road_end(&road);
}

static void who_insists_sends_no_way_around(void **state)
{
	struct road road;
	struct wire_notify notify;
	const struct ike_message *message;

	(void)state;
	begin(&road, PAIR_CONN "\tppk=insist\n", PAIR_CONN "\tppk=yes\n");
	message = road_opened(&road, 2, road_sa(&road.pair.east));
	assert_true(notify_find(message, PPK_IDENTITY, &notify));
	assert_false(notify_find(message, NO_PPK_AUTH, &notify));
	road_end(&road);
}

static void who_has_ppk_no_says_nothing_of_it(void **state)
{
	struct road road;
	struct wire_notify notify;

	(void)state;
	begin(&road, NULL, PAIR_CONN "\tppk=yes\n");
	assert_false(notify_find(road_heard(&road, 0), USE_PPK, &notify));
	assert_false(notify_find(road_heard(&road, 1), USE_PPK, &notify));
	road_end(&road);
}

static void ppk_identity_is_read_with_either_type(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		enum rc rc;
		size_t id;
	} cases[] = {
		{ "", 0, RC_SYNTAX, 0 },  { "\2", 1, RC_SYNTAX, 0 }, { "\2x", 2, RC_OK, 1 },
		{ "\1xyz", 4, RC_OK, 3 }, { "\3xyz", 4, RC_OK, 0 },
	};
	struct ike_larval larval = { .use_ppk = true };
	struct ike_sa sa = { .larval = &larval };
	struct ppk_request request;
	struct diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t body[16] = { 0, 0, PPK_IDENTITY >> 8, PPK_IDENTITY & 0xff };
		struct payload payload = { .type = PAYLOAD_NOTIFY,
					   .body = span_make(body, 4 + cases[i].len) };
		struct ike_message message = { .first = &payload };
		struct step step = { .sa = &sa, .message = &message };
		memcpy(body + 4, cases[i].data, cases[i].len);
		assert_int_equal(ppk_read_request(&step, &request, &diag), cases[i].rc);
		assert_int_equal(request.id.len, cases[i].id);
		assert_int_equal(request.offered, cases[i].rc == RC_OK);
		larval.use_ppk = false; /* not agreed on in IKE_SA_INIT: not looked at */
		assert_int_equal(ppk_read_request(&step, &request, &diag), RC_OK);
		assert_false(request.offered);
		larval.use_ppk = true;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_notifies_are_those_of_the_rfc),
		cmocka_unit_test(who_insists_sends_no_way_around),
		cmocka_unit_test(who_has_ppk_no_says_nothing_of_it),
		cmocka_unit_test(ppk_identity_is_read_with_either_type),
	};

	return exchange_run(tests);
}
