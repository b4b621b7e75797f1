/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/private.h"
#include "unit/daemon/place.h"

static void secret_is_made_once_for_root_alone_and_is_the_same_afterwards(void **state)
{
	struct place place;
	struct diag diag = { "" };
	struct stat found;
	uint8_t first[32] = { 0 }, again[32] = { 0 }, nothing[32] = { 0 };

	(void)state;
	place_begin(&place);
	assert_int_equal(crash_secret(place.dir, first, &diag), RC_OK);
	assert_memory_not_equal(first, nothing, sizeof(first));
	assert_int_equal(stat(place_path(&place, "crash.secret"), &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(found.st_size, 32);
	assert_int_equal(crash_secret(place.dir, again, &diag), RC_OK);
	assert_memory_equal(first, again, sizeof(first));
	place_end(&place);
}

static void secret_that_others_can_read_is_refused_and_says_what_to_do(void **state)
{
	struct place place;
	struct diag diag = { "" };
	uint8_t secret[32];

	(void)state;
	place_begin(&place);
	(void)place_file(&place, "crash.secret", "0123456789abcdef0123456789abcdef", 0644);
	assert_int_equal(crash_secret(place.dir, secret, &diag), RC_PERMISSION);
	assert_non_null(strstr(diag.text, "others can read it: remove it"));
	place_end(&place);
}

static void half_a_secret_is_replaced_and_a_link_is_not_followed(void **state)
{
	struct place place;
	struct diag diag = { "" };
	uint8_t secret[32];

	(void)state;
	place_begin(&place);
	(void)place_file(&place, "crash.secret", "short", 0600);
	assert_int_equal(crash_secret(place.dir, secret, &diag), RC_OK);
	assert_int_equal(unlink(place_path(&place, "crash.secret")), 0);
	assert_int_equal(symlink("elsewhere", place_path(&place, "crash.secret")), 0);
	assert_int_equal(crash_secret(place.dir, secret, &diag), RC_IO);
	place_end(&place);
}

static void directory_that_is_not_there_is_told(void **state)
{
	struct diag diag = { "" };
	uint8_t secret[32];

	(void)state;
	assert_int_equal(crash_secret("/nonexistent", secret, &diag), RC_IO);
	assert_non_null(strstr(diag.text, "/nonexistent/crash.secret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secret_is_made_once_for_root_alone_and_is_the_same_afterwards),
		cmocka_unit_test(secret_that_others_can_read_is_refused_and_says_what_to_do),
		cmocka_unit_test(half_a_secret_is_replaced_and_a_link_is_not_followed),
		cmocka_unit_test(directory_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
