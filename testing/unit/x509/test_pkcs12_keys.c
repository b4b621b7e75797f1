/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pkcs12_keys.h"
#include <stdio.h>
#include "unit/x509/pkcs12_test.h"

#define MAX 2

static unsigned keys_in(const char *hex, const char *password, enum rc want)
{
	struct private_key *keys[MAX];
	struct arena arena;
	struct diag diag = { "" };
	unsigned count = 7, found;
	enum rc rc;
	arena_init(&arena, 1 << 16);
	rc = pkcs12_keys(p12_bytes(&arena, hex), password, keys, MAX, &count, &diag);
	if (rc != want)
		fail_msg("%s: %s", rc_name(rc), diag.text);
	found = count;
	while (count > 0)
		private_key_unref(keys[--count]);
	arena_free(&arena);
	return found;
}

static void keys_are_found_however_they_are_encrypted(void **state)
{
	(void)state;
	assert_int_equal(keys_in(p12_modern, "secret", RC_OK), 1);
	assert_int_equal(keys_in(p12_legacy, "secret", RC_OK), 1);
	assert_int_equal(keys_in(p12_open, "", RC_OK), 1);
	assert_int_equal(keys_in(p12_sealed, "secret", RC_OK), 1);
	assert_int_equal(keys_in(p12_two, "secret", RC_OK), 2);
	assert_int_equal(keys_in(p12_keyless, "secret", RC_OK), 0);
}

static void another_password_opens_none(void **state)
{
	(void)state;
	assert_int_equal(keys_in(p12_modern, "Secret", RC_AUTH_FAILED), 0);
	assert_int_equal(keys_in(p12_legacy, "", RC_AUTH_FAILED), 0);
}

static enum rc checked(struct span file, struct diag *diag)
{
	return pkcs12_check(file, diag);
}

static void rounds_are_counted_before_anything_is_opened(void **state)
{
	struct arena arena;
	struct diag diag = { "" };
	(void)state;
	arena_init(&arena, 1 << 16);
	assert_int_equal(checked(p12_bytes(&arena, p12_modern), &diag), RC_OK);
	assert_int_equal(checked(p12_bytes(&arena, p12_legacy), &diag), RC_OK);
	assert_int_equal(checked(p12_bytes(&arena, p12_slow), &diag), RC_LIMIT);
	assert_says(diag, "5000001");
	assert_says(diag, "-iter");
	arena_free(&arena);
}

/* Each byte once: nothing crashes, and nothing is found that was not there. */
static void damaged_files_are_refused_or_harmless(void **state)
{
	struct private_key *keys[MAX];
	struct arena arena;
	struct span file;
	struct diag diag = { "" };
	uint8_t *copy;
	unsigned count;
	(void)state;
	arena_init(&arena, 1 << 16);
	file = p12_bytes(&arena, p12_two);
	for (size_t len = 0; len < file.len; len++)
		assert_int_not_equal(checked(span_make(file.ptr, len), &diag), RC_OK);
	copy = arena_alloc(&arena, file.len);
	assert_non_null(copy);
	for (size_t at = 0; at < file.len; at += 3) {
		memcpy(copy, file.ptr, file.len);
		copy[at] ^= 0x81;
		if (checked(span_make(copy, file.len), &diag) != RC_OK)
			continue;
		if (pkcs12_keys(span_make(copy, file.len), "secret", keys, MAX, &count, NULL) !=
		    RC_OK)
			assert_int_equal(count, 0);
		while (count > 0)
			private_key_unref(keys[--count]);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_however_they_are_encrypted),
		cmocka_unit_test(another_password_opens_none),
		cmocka_unit_test(rounds_are_counted_before_anything_is_opened),
		cmocka_unit_test(damaged_files_are_refused_or_harmless),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
