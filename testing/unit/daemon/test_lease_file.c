/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/lease_file.h"
#include "base/arena.h"
#include "unit/daemon/place.h"

static const struct config_pool *a_pool(void)
{
	static struct config_pool pool = { .lease = 32 };

	assert_int_equal(range_parse("10.9.0.0/16", &pool.range, NULL), RC_OK);
	return &pool;
}

/* An identity of so many bytes, at 10.9.1.NUMBER. */
static void add(struct lease_text *text, uint8_t number, uint16_t len)
{
	uint8_t *bytes = mem_alloc(len);
	struct identity owner = { .type = ID_KEY_ID, .data = bytes, .len = len };
	struct pool_lease_info info = { .pool = a_pool(), .since = 1000 + number, .owner = &owner };

	assert_non_null(bytes);
	for (unsigned i = 0; i < len; i++)
		bytes[i] = (uint8_t)(number + i);
	assert_int_equal(ip_parse("10.9.1.0", &info.addr), RC_OK);
	info.addr.bytes[3] = number;
	lease_text_add(text, &info);
	mem_free(bytes);
}

static void append_to(struct place *place, uint8_t number, uint64_t generation)
{
	struct lease_text text = { 0 };
	struct diag diag;

	add(&text, number, 5);
	assert_int_equal(lease_file_append(place_path(place, "leases"), &text, generation, &diag),
			 RC_OK);
	lease_text_wipe(&text);
}

static void append(struct place *place, uint8_t number)
{
	append_to(place, number, 0);
}

static void write_one(struct place *place, uint8_t number, uint64_t generation)
{
	struct lease_text text = { 0 };
	struct diag diag;

	add(&text, number, 5);
	assert_int_equal(lease_file_write(place_path(place, "leases"), &text, generation, &diag),
			 RC_OK);
	lease_text_wipe(&text);
}

static enum rc read_both(struct place *place, struct lease_memory *memory, bool *journal)
{
	struct diag diag;

	*memory = (struct lease_memory){ 0 };
	return lease_file_read(place_path(place, "leases"), memory, journal, &diag);
}

/* All bytes, and as many as an identity may have. */
static void what_is_written_is_read(void **state)
{
	static const uint16_t lens[] = { 1, 127, 128, 129, 256, 1024, 1025 };
	struct lease_text text = { 0 };
	struct lease_memory memory;
	struct place place;
	struct diag diag;
	bool journal;

	(void)state;
	place_begin(&place);
	assert_int_equal(read_both(&place, &memory, &journal), RC_NOT_FOUND);
	for (uint8_t i = 0; i < 7; i++)
		add(&text, i, lens[i]);
	assert_int_equal(lease_file_write(place_path(&place, "leases"), &text, 1, &diag), RC_OK);
	lease_text_wipe(&text);
	assert_int_equal(read_both(&place, &memory, &journal), RC_OK);
	assert_false(journal);
	assert_int_equal(memory.count, 6); /* the last one is too long */
	for (uint8_t i = 0; i < 6; i++) {
		assert_true(range_equal(&memory.list[i].pool.range, &a_pool()->range));
		assert_int_equal(memory.list[i].since, 1000 + i);
		assert_int_equal(memory.list[i].addr.bytes[3], i);
		assert_int_equal(memory.list[i].owner.len, lens[i]);
		for (unsigned j = 0; j < lens[i]; j++)
			assert_int_equal(memory.list[i].owner.data[j], (uint8_t)(i + j));
	}
	lease_memory_wipe(&memory);
	place_end(&place);
}

static void the_journal_comes_behind_the_file_until_that_is_written(void **state)
{
	struct lease_text text = { 0 };
	struct lease_memory memory;
	struct place place;
	struct diag diag;
	bool journal;

	(void)state;
	place_begin(&place);
	append(&place, 1);
	append(&place, 2);
	add(&text, 3, 5);
	assert_int_equal(read_both(&place, &memory, &journal), RC_OK);
	assert_true(journal);
	assert_int_equal(memory.count, 2);
	lease_memory_wipe(&memory);
	assert_int_equal(lease_file_write(place_path(&place, "leases"), &text, 1, &diag), RC_OK);
	lease_text_wipe(&text);
	append_to(&place, 4, 1);
	assert_int_equal(read_both(&place, &memory, &journal), RC_OK);
	assert_int_equal(memory.count, 2);
	assert_int_equal(memory.list[0].addr.bytes[3], 3);
	assert_int_equal(memory.list[1].addr.bytes[3], 4);
	assert_true(memory.list[1].order > memory.list[0].order);
	lease_memory_wipe(&memory);
	place_end(&place);
}

/* Of three texts of one length, altered or cut at each byte, those before it count. */
static void a_damaged_journal_counts_up_to_the_damage(void **state)
{
	char bytes[2000], path[128];
	struct lease_memory memory;
	struct place place;
	bool journal;
	size_t len;
	FILE *file;

	(void)state;
	place_begin(&place);
	for (uint8_t i = 1; i <= 3; i++)
		append(&place, i);
	(void)snprintf(path, sizeof(path), "%s", place_path(&place, "leases.journal"));
	file = fopen(path, "r");
	len = fread(bytes, 1, sizeof(bytes), file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(len % 3, 0);
	for (size_t i = 0; i < 2 * len; i++) {
		size_t size = i < len ? len : i - len;
		if (i < len)
			bytes[i] = (char)(bytes[i] ^ 4);
		file = fopen(path, "w");
		assert_int_equal(fwrite(bytes, 1, size, file), size);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(read_both(&place, &memory, &journal), RC_OK);
		assert_int_equal(memory.count, (i < len ? i : size) / (len / 3));
		lease_memory_wipe(&memory);
		if (i < len)
			bytes[i] = (char)(bytes[i] ^ 4);
	}
	place_end(&place);
}

/* The crash came between the renaming of the file and the end of its journal. What is appended to
 * that later counts. */
static void a_journal_older_than_the_file_does_not_count(void **state)
{
	char journal[128], kept[128];
	struct lease_memory memory;
	struct place place;
	bool there;

	(void)state;
	place_begin(&place);
	(void)snprintf(journal, sizeof(journal), "%s", place_path(&place, "leases.journal"));
	(void)snprintf(kept, sizeof(kept), "%s", place_path(&place, "kept"));
	write_one(&place, 1, 7);
	append_to(&place, 2, 7);
	append_to(&place, 3, 7);
	assert_int_equal(link(journal, kept), 0);
	write_one(&place, 4, 8);
	assert_int_equal(rename(kept, journal), 0);
	assert_int_equal(read_both(&place, &memory, &there), RC_OK);
	assert_true(there); /* it is to be written anew */
	assert_int_equal(memory.generation, 8);
	assert_int_equal(memory.count, 1);
	assert_int_equal(memory.list[0].addr.bytes[3], 4);
	lease_memory_wipe(&memory);
	append_to(&place, 5, 8);
	assert_int_equal(read_both(&place, &memory, &there), RC_OK);
	assert_int_equal(memory.count, 2);
	assert_int_equal(memory.list[1].addr.bytes[3], 5);
	lease_memory_wipe(&memory);
	place_end(&place);
}

/* The file is damaged: what came later is not. */
static void the_journal_counts_without_its_file(void **state)
{
	struct lease_memory memory;
	struct place place;
	bool journal;

	(void)state;
	place_begin(&place);
	append(&place, 7);
	(void)place_file(&place, "leases", "vanth leases 2 0000000000000009\nnonsense\n", 0600);
	assert_int_equal(read_both(&place, &memory, &journal), RC_SYNTAX);
	assert_true(journal);
	assert_int_equal(memory.count, 1);
	lease_memory_wipe(&memory);
	place_end(&place);
}

static void without_memory_it_says_so(void **state)
{
	struct lease_text text = { 0 };
	struct place place;
	struct diag diag;

	(void)state;
	place_begin(&place);
	for (unsigned nth = 1; text.len == 0 || text.failed; nth++) {
		struct pool_lease_info info = { .pool = a_pool(), .since = 1 };
		struct identity owner = { .type = ID_KEY_ID,
					  .data = (uint8_t *)(uintptr_t) "x",
					  .len = 1 };
		info.owner = &owner;
		info.addr = a_pool()->range.to;
		lease_text_wipe(&text);
		mem_fail_nth(nth);
		lease_text_add(&text, &info);
		mem_fail_nth(0);
		if (text.failed)
			assert_int_equal(
				lease_file_append(place_path(&place, "leases"), &text, 0, &diag),
				RC_NO_MEMORY);
		assert_true(nth < 20);
	}
	lease_text_wipe(&text);
	place_end(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_journal_comes_behind_the_file_until_that_is_written),
		cmocka_unit_test(a_damaged_journal_counts_up_to_the_damage),
		cmocka_unit_test(a_journal_older_than_the_file_does_not_count),
		cmocka_unit_test(the_journal_counts_without_its_file),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, place_crypto_open, place_crypto_close);
}
