/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "host/virtual/private.h"

#define ENTRIES 500

static struct agenda agenda_with_room(unsigned entries)
{
	struct agenda agenda = { 0 };

	for (unsigned i = 0; i < entries; i++)
		assert_int_equal(agenda_reserve(&agenda), RC_OK);
	return agenda;
}

static void entries_come_out_by_time(void **state)
{
	static struct agenda_entry entries[ENTRIES];
	struct agenda agenda = agenda_with_room(ENTRIES);
	struct generator generator;
	usec_t last = 0;

	(void)state;
	memset(entries, 0, sizeof(entries));
	generator_init(&generator, 5, 1);
	for (int i = 0; i < ENTRIES; i++)
		agenda_set(&agenda, &entries[i], (usec_t)(generator_next(&generator) % 1000));
	for (int i = 0; i < ENTRIES; i += 3) /* move some, cancel some */
		agenda_set(&agenda, &entries[i], (usec_t)(generator_next(&generator) % 1000));
	for (int i = 1; i < ENTRIES; i += 3)
		agenda_cancel(&agenda, &entries[i]);
	for (int left = ENTRIES - (ENTRIES + 1) / 3; left > 0; left--) {
		struct agenda_entry *entry;

		assert_int_not_equal(agenda_next(&agenda), USEC_NEVER);
		entry = agenda_pop(&agenda);
		assert_true(entry->due >= last);
		assert_int_not_equal((entry - entries) % 3, 1);
		last = entry->due;
	}
	assert_int_equal(agenda_next(&agenda), USEC_NEVER);
	agenda_free(&agenda);
}

static void equal_times_keep_the_order_of_setting(void **state)
{
	static struct agenda_entry entries[ENTRIES];
	struct agenda agenda = agenda_with_room(ENTRIES);

	(void)state;
	memset(entries, 0, sizeof(entries));
	for (int i = 0; i < ENTRIES; i++)
		agenda_set(&agenda, &entries[i], 42);
	for (int i = 0; i < ENTRIES; i++)
		assert_ptr_equal(agenda_pop(&agenda), &entries[i]);
	agenda_free(&agenda);
}

static void cancel_of_an_absent_entry_changes_nothing(void **state)
{
	struct agenda_entry in = { 0 }, out = { 0 };
	struct agenda agenda = agenda_with_room(2);

	(void)state;
	agenda_set(&agenda, &in, 1);
	agenda_cancel(&agenda, &out);
	assert_ptr_equal(agenda_pop(&agenda), &in);
	agenda_cancel(&agenda, &in);
	assert_int_equal(agenda_next(&agenda), USEC_NEVER);
	agenda_free(&agenda);
}

static void reserve_without_memory_leaves_the_agenda_whole(void **state)
{
	struct agenda agenda = agenda_with_room(64); /* the first growth is full */
	struct agenda_entry entry = { 0 };

	(void)state;
	agenda_set(&agenda, &entry, 9);
	mem_fail_nth(1);
	assert_int_equal(agenda_reserve(&agenda), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_int_equal(agenda.reserved, 64);
	assert_int_equal(agenda_reserve(&agenda), RC_OK);
	assert_ptr_equal(agenda_pop(&agenda), &entry);
	agenda_free(&agenda);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_out_by_time),
		cmocka_unit_test(equal_times_keep_the_order_of_setting),
		cmocka_unit_test(cancel_of_an_absent_entry_changes_nothing),
		cmocka_unit_test(reserve_without_memory_leaves_the_agenda_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
