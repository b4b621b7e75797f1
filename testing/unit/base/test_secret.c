/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "base/secret.h"
#include "base/mem_fault.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if SANITIZING
#include <sanitizer/asan_interface.h>
#define SHOW(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
#else
#define SHOW(ptr, len) ((void)(ptr))
#endif

static bool all_are(const uint8_t *ptr, uint8_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ptr[i] != value)
			return false;
	return true;
}

static void new_secret_is_zero_in_every_size(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 70000; len += len < 600 ? 1 : 777)
		for (int twice = 0; twice < 2; twice++) { /* the second comes from used memory */
			struct secret secret = { 0 };
			enum rc rc = secret_alloc(&secret, len);
			assert_int_equal(rc, len <= 65536 ? RC_OK : RC_LIMIT);
			if (rc != RC_OK)
				continue;
			assert_int_equal(secret.len, len);
			assert_true(all_are(secret.ptr, 0, len));
			memset(secret.ptr, 0xa5, len);
			secret_wipe(&secret);
			assert_null(secret.ptr);
			assert_int_equal(secret.len, 0);
		}
}

static void limit_is_64_kibibytes(void **state)
{
	struct secret secret = { 0 };
	(void)state;
	assert_int_equal(secret_alloc(&secret, 65536), RC_OK);
	secret.ptr[65535] = 1;
	assert_int_equal(secret_alloc(&secret, 65537), RC_LIMIT);
	assert_null(secret.ptr);
}

static void empty_secret_needs_no_memory(void **state)
{
	struct secret secret = { 0 };
	(void)state;
	assert_int_equal(secret_alloc(&secret, 0), RC_OK);
	assert_null(secret.ptr);
	assert_int_equal(secret_set(&secret, SPAN_NONE), RC_OK);
	secret_wipe(&secret);
}

static void freed_memory_is_wiped(void **state)
{
	struct secret secret = { 0 }, stays = { 0 };
	(void)state;
	assert_int_equal(secret_alloc(&stays, 40), RC_OK); /* keeps the pages */
	assert_int_equal(
		secret_set(&secret, span_make("0123456789012345678901234567890123456789", 40)),
		RC_OK);
	const uint8_t *slot = secret.ptr;
	secret_wipe(&secret);
	SHOW(slot, 40); /* the sanitizer guards freed slots */
	assert_true(all_are(slot, 0, 40));
	secret_wipe(&stays);
}

static void set_replaces_what_was_there(void **state)
{
	struct secret secret = { 0 };
	(void)state;
	assert_int_equal(secret_set(&secret, span_make("first", 5)), RC_OK);
	assert_int_equal(secret_set(&secret, span_make("second one", 10)), RC_OK);
	assert_true(span_equal_text(secret_span(&secret), "second one"));
	secret_wipe(&secret);
}

static void set_may_take_a_part_of_itself(void **state)
{
	struct secret secret = { 0 };
	(void)state;
	assert_int_equal(secret_set(&secret, span_make("0123456789", 10)), RC_OK);
	assert_int_equal(secret_set(&secret, span_make(secret.ptr + 4, 6)), RC_OK);
	assert_true(span_equal_text(secret_span(&secret), "456789"));
	secret_wipe(&secret);
}

static void failed_set_leaves_an_empty_secret(void **state)
{
	struct secret secret = { 0 };
	(void)state;
	assert_int_equal(secret_set(&secret, span_make("old", 3)), RC_OK);
	mem_fail_nth(1);
	assert_int_equal(secret_set(&secret, span_make("new", 3)), RC_NO_MEMORY);
	assert_null(secret.ptr);
	assert_int_equal(secret.len, 0);
}

static void move_wipes_the_target_and_empties_the_source(void **state)
{
	struct secret from = { 0 }, to = { 0 };
	(void)state;
	assert_int_equal(secret_set(&from, span_make("key", 3)), RC_OK);
	assert_int_equal(secret_set(&to, span_make("other", 5)), RC_OK);
	const uint8_t *ptr = from.ptr;
	secret_move(&to, &from);
	assert_ptr_equal(to.ptr, ptr);
	assert_null(from.ptr);
	secret_move(&to, &to);
	assert_true(span_equal_text(secret_span(&to), "key"));
	secret_wipe(&to);
}

static void equal_compares_length_and_every_byte(void **state)
{
	uint8_t a[64], b[64];
	(void)state;
	memset(a, 7, sizeof(a));
	memset(b, 7, sizeof(b));
	assert_true(secret_equal(SPAN_OF(a), SPAN_OF(b)));
	assert_true(secret_equal(SPAN_NONE, SPAN_NONE));
	assert_false(secret_equal(span_make(a, 63), SPAN_OF(b)));
	for (size_t i = 0; i < 64; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			b[i] ^= (uint8_t)(1u << bit);
			assert_false(secret_equal(SPAN_OF(a), SPAN_OF(b)));
			b[i] ^= (uint8_t)(1u << bit);
		}
}

static void wipe_zeroes_and_takes_nothing(void **state)
{
	uint8_t bytes[8];
	(void)state;
	memset(bytes, 1, 8);
	wipe(bytes + 1, 6);
	assert_memory_equal(bytes, "\1\0\0\0\0\0\0\1", 8);
	wipe(NULL, 0);
}

static size_t resident_kib(void)
{
	unsigned long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu %lu", &pages, &resident), 2);
	fclose(file);
	return resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

/* 100,000 tunnels: the pool may cost at most the rounding to 16 bytes. */
static void many_small_secrets_are_compact_and_the_memory_comes_back(void **state)
{
	enum { MANY = 200000 };
	(void)state;
	struct secret *secrets = calloc(MANY, sizeof(*secrets));
	assert_non_null(secrets);
	memset(secrets, 0, MANY * sizeof(*secrets));
	size_t before = resident_kib();
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(secret_alloc(&secrets[i], 32), RC_OK);
		memset(secrets[i].ptr, (int)(i & 0xff), 32);
	}
	size_t used = resident_kib() - before;
	for (size_t i = 0; i < MANY; i++)
		assert_true(all_are(secrets[i].ptr, (uint8_t)(i & 0xff), 32));
	for (size_t i = 0; i < MANY; i++)
		if (i % 30000 != 0) /* these few keep their regions */
			secret_wipe(&secrets[i]);
	size_t left = resident_kib() - before;
	for (size_t i = 0; i < MANY; i++)
		secret_wipe(&secrets[i]);
	if (!SANITIZING) {
		assert_in_range(left, 1, 600);
		assert_in_range(used, 6000, 6900); /* 6,250 KiB of slots */
		assert_in_range(resident_kib(), 1, before + 300);
	}
	free(secrets);
}

static void random_history_never_mixes_secrets(void **state)
{
	enum { COUNT = 2000 };
	static struct secret secrets[COUNT];
	uint64_t random = 9;
	(void)state;
	for (int step = 0; step < 100000; step++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		size_t at = (random >> 40) % COUNT;
		struct secret *secret = &secrets[at];
		assert_true(all_are(secret->ptr, (uint8_t)(at * 31), secret->len));
		if ((random >> 33) % 3 == 0) {
			secret_wipe(secret);
			continue;
		}
		size_t len = (random >> 20) % ((random >> 35) % 10 == 0 ? 3000 : 70);
		assert_int_equal(secret_alloc(secret, len), RC_OK);
		assert_true(all_are(secret->ptr, 0, len));
		if (len > 0)
			memset(secret->ptr, (uint8_t)(at * 31), len);
	}
	for (size_t i = 0; i < COUNT; i++)
		secret_wipe(&secrets[i]);
}

static pthread_barrier_t start;

static void *use_secrets(void *context)
{
	struct secret secrets[64] = { 0 };
	uint8_t mark = (uint8_t)(uintptr_t)context;
	intptr_t wrong = 0;
	pthread_barrier_wait(&start); /* all at once */
	for (unsigned i = 0; i < 300000; i++) {
		struct secret *secret = &secrets[i * 7 % 64];
		wrong += !all_are(secret->ptr, mark, secret->len);
		wrong += secret_alloc(secret, i % 30 + 1) != RC_OK;
		wrong += !all_are(secret->ptr, 0, secret->len);
		memset(secret->ptr, mark, secret->len);
	}
	for (unsigned i = 0; i < 64; i++)
		secret_wipe(&secrets[i]);
	return (void *)wrong;
}

static void threads_share_the_pools(void **state)
{
	pthread_t threads[4];
	(void)state;
	assert_int_equal(pthread_barrier_init(&start, NULL, 4), 0);
	for (uintptr_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_secrets, (void *)(i + 1)),
				 0);
	for (int i = 0; i < 4; i++) {
		void *wrong;
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	pthread_barrier_destroy(&start);
}

/* The flags of the mapping that holds ptr, from /proc/self/smaps; "lo" locked, "dd" not in dumps.
 */
static bool mapping_has(const void *ptr, const char *flag)
{
	char line[512];
	bool inside = false, has = false;
	FILE *file = fopen("/proc/self/smaps", "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (uintptr_t)ptr >= from && (uintptr_t)ptr < to;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			has = has || strstr(line, flag) != NULL;
	}
	fclose(file);
	return has;
}

static void pages_stay_out_of_core_dumps_and_are_locked(void **state)
{
	static const size_t lens[] = { 20, 600, 2000, 5000 };
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct secret secret = { 0 };
		assert_int_equal(secret_alloc(&secret, lens[i]), RC_OK);
		assert_true(mapping_has(secret.ptr, " dd"));
		if (!SANITIZING && secret_unlocked() == 0) /* there mlock does nothing */
			assert_true(mapping_has(secret.ptr, " lo"));
		secret_wipe(&secret);
	}
}

#if !SANITIZING /* whose mlock does nothing */
/* In a child process, because the limit cannot be raised again; the status tells which check
 * failed. */
static int child_without_lock_limit(void)
{
	struct rlimit none = { 0, 0 };
	struct secret small = { 0 }, large = { 0 };
	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && seteuid(65534) != 0))
		return 77;
	size_t before = secret_unlocked();
	if (secret_alloc(&small, 1000) != RC_OK || secret_alloc(&large, 5000) != RC_OK)
		return 1;
	size_t both = secret_unlocked();
	if (both < before + 16384 + 5000)
		return 2;
	memset(large.ptr, 1, 5000);
	secret_wipe(&large);
	if (secret_unlocked() + 5000 > both)
		return 3;
	secret_wipe(&small);
	static struct secret many[100];
	for (int i = 0; i < 100; i++)
		if (secret_alloc(&many[i], 1000) != RC_OK)
			return 4;
	if (secret_unlocked() < before + 100000)
		return 5;
	for (int i = 0; i < 100; i++)
		secret_wipe(&many[i]);
	return secret_unlocked() > before + 16384 ? 6 : 0;
}

static void memory_that_cannot_be_locked_is_used_and_counted(void **state)
{
	int status = 0;
	(void)state;
	pid_t child = fork();
	if (child == 0)
		_exit(child_without_lock_limit());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}
#endif

static int stop_failing(void **state)
{
	(void)state;
	mem_fail_nth(0);
	return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, stop_failing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_small_secrets_are_compact_and_the_memory_comes_back),
#if !SANITIZING
		TEST(memory_that_cannot_be_locked_is_used_and_counted),
#endif
		TEST(new_secret_is_zero_in_every_size),
		TEST(limit_is_64_kibibytes),
		TEST(empty_secret_needs_no_memory),
		TEST(freed_memory_is_wiped),
		TEST(set_replaces_what_was_there),
		TEST(set_may_take_a_part_of_itself),
		TEST(failed_set_leaves_an_empty_secret),
		TEST(move_wipes_the_target_and_empties_the_source),
		TEST(equal_compares_length_and_every_byte),
		TEST(wipe_zeroes_and_takes_nothing),
		TEST(random_history_never_mixes_secrets),
		TEST(threads_share_the_pools),
		TEST(pages_stay_out_of_core_dumps_and_are_locked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
