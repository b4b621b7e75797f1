/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/arena.h"
#include "log/log.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The test's own journal: it takes the place of libsystemd's function. */
static char journal[16][4096];
static int journal_fields;

int sd_journal_sendv(const struct iovec *iov, int n);
int sd_journal_sendv(const struct iovec *iov, int n)
{
	journal_fields = n;
	for (int i = 0; i < n && i < 16; i++)
		snprintf(journal[i], sizeof(journal[i]), "%.*s", (int)iov[i].iov_len,
			 (const char *)iov[i].iov_base);
	return 0;
}

static bool journal_has(const char *field)
{
	for (int i = 0; i < journal_fields; i++)
		if (strcmp(journal[i], field) == 0)
			return true;
	return false;
}

static char folder[] = "/tmp/vanth-sinks-XXXXXX";
static char path[64], moved[64];

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(moved, sizeof(moved), "%s/log.1", folder);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	mem_fail_nth(0);
	unlink(path);
	unlink(moved);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *content(const char *of)
{
	static char text[20000];
	FILE *file = fopen(of, "r");
	if (file == NULL)
		return "(none)";
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static struct log *log_to(struct log_sink sink)
{
	struct log *log = log_new(LOG_LEVEL_DEBUG);
	assert_non_null(log);
	assert_int_equal(log_add_sink(log, sink), RC_OK);
	return log;
}

static struct log *log_to_file(void)
{
	struct log_sink sink;
	struct diag diag;
	assert_int_equal(log_sink_file(path, &sink, &diag), RC_OK);
	return log_to(sink);
}

/* What the subject looks like on stderr. */
static const char *on_stderr(const struct log_subject *subject)
{
	struct log *log = log_to(log_sink_stderr());
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), saved = dup(STDERR_FILENO);
	assert_true(file >= 0 && saved >= 0);
	dup2(file, STDERR_FILENO);
	log_write(log, LOG_LEVEL_INFO, subject, "hello %d", 5);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(file);
	log_free(log);
	return content(path);
}

static void stderr_line_starts_with_its_subject(void **state)
{
	(void)state;
	assert_string_equal(on_stderr(NULL), "hello 5\n");
	assert_string_equal(on_stderr(&(struct log_subject){ .peer = "office" }),
			    "\"office\": hello 5\n");
	assert_string_equal(
		on_stderr(&(struct log_subject){ "office", "office/1x2", 41, "192.0.2.1:500", "" }),
		"\"office/1x2\" #41: hello 5\n");
	assert_string_equal(on_stderr(&(struct log_subject){ .remote = "192.0.2.1:500" }),
			    "192.0.2.1:500: hello 5\n");
	assert_string_equal(
		on_stderr(&(struct log_subject){ .remote = "192.0.2.1:500", .serial = 7 }),
		"192.0.2.1:500 #7: hello 5\n");
	assert_string_equal(on_stderr(&(struct log_subject){ .serial = UINT64_MAX }),
			    "#18446744073709551615: hello 5\n");
}

static void file_lines_have_time_and_level_and_are_appended(void **state)
{
	int year, end = 0;
	unsigned month, day, hour, minute, second, micro;
	(void)state;
	struct log *log = log_to_file();
	log_write(log, LOG_LEVEL_WARNING, NULL, "one");
	log_free(log);
	log = log_to_file();
	log_write(log, LOG_LEVEL_INFO, &(struct log_subject){ .peer = "p" }, "two");
	log_free(log);
	const char *text = content(path);
	assert_int_equal(sscanf(text, "%d-%u-%uT%u:%u:%u.%6uZ %n", &year, &month, &day, &hour,
				&minute, &second, &micro, &end),
			 7);
	assert_in_range(year, 2020, 3000);
	assert_memory_equal(text + end, "warning: one\n", 13);
	assert_non_null(strstr(text, "Z info: \"p\": two\n"));
}

static void file_is_not_for_everybody(void **state)
{
	struct stat info;
	(void)state;
	mode_t before = umask(0);
	log_free(log_to_file());
	umask(before);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0640);
}

static void reopened_file_follows_rotation(void **state)
{
	(void)state;
	struct log *log = log_to_file();
	log_write(log, LOG_LEVEL_INFO, NULL, "before");
	assert_int_equal(rename(path, moved), 0);
	log_write(log, LOG_LEVEL_INFO, NULL, "meanwhile");
	log_reopen(log);
	log_write(log, LOG_LEVEL_INFO, NULL, "after");
	log_free(log);
	assert_non_null(strstr(content(moved), "meanwhile"));
	assert_null(strstr(content(moved), "after"));
	assert_null(strstr(content(path), "meanwhile"));
	assert_non_null(strstr(content(path), "after"));
}

static void old_file_stays_when_the_new_one_cannot_be_opened(void **state)
{
	(void)state;
	struct log *log = log_to_file();
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	log_reopen(log);
	log_write(log, LOG_LEVEL_INFO, NULL, "still here");
	log_free(log);
	assert_int_equal(rmdir(path), 0);
	assert_non_null(strstr(content(moved), "still here"));
}

static void file_that_cannot_be_opened_is_explained(void **state)
{
	struct log_sink sink;
	struct diag diag;
	(void)state;
	assert_int_equal(log_sink_file("/no/such/folder/log", &sink, &diag), RC_IO);
	assert_string_equal(diag.text,
			    "cannot open log file \"/no/such/folder/log\": No such file or "
			    "directory (expected a path we may append to)");
	assert_int_equal(log_sink_file(folder, &sink, &diag), RC_IO);
	assert_non_null(strstr(diag.text, "Is a directory"));
}

static void file_sink_survives_lack_of_memory(void **state)
{
	struct log_sink sink;
	struct diag diag;
	(void)state;
	for (uint64_t n = 1; n <= 2; n++) {
		mem_fail_nth(n);
		assert_int_equal(log_sink_file(path, &sink, &diag), RC_NO_MEMORY);
		assert_non_null(strstr(diag.text, "no memory"));
	}
}

static void *write_many(void *log)
{
	for (int i = 0; i < 50; i++)
		log_write(log, LOG_LEVEL_INFO, NULL, "0123456789012345678901234567890123456789");
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	pthread_t threads[4];
	unsigned lines = 0;
	(void)state;
	struct log *log = log_to_file();
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, log), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	log_free(log);
	for (const char *at = content(path); *at != '\0'; lines++) {
		const char *end = strchr(at, '\n');
		assert_non_null(end);
		assert_int_equal(end - at, 27 + 7 + 40);
		at = end + 1;
	}
	assert_int_equal(lines, 200);
}

static void journal_gets_every_field(void **state)
{
	struct log_subject subject = { "office", "office/1x2", 41, "192.0.2.1:500", "NO_PROPOSAL" };
	(void)state;
	struct log *log = log_to(log_sink_journal());
	log_write(log, LOG_LEVEL_ERROR, &subject, "it went %s", "down");
	assert_true(journal_has("MESSAGE=\"office/1x2\" #41: it went down"));
	assert_true(journal_has("PRIORITY=3"));
	assert_true(journal_has("SYSLOG_IDENTIFIER=vanth"));
	assert_true(journal_has("VANTH_PEER=office"));
	assert_true(journal_has("VANTH_TUNNEL=office/1x2"));
	assert_true(journal_has("VANTH_REMOTE=192.0.2.1:500"));
	assert_true(journal_has("VANTH_REASON=NO_PROPOSAL"));
	assert_true(journal_has("VANTH_SA=41"));
	assert_int_equal(journal_fields, 8);
	log_free(log);
}

static void journal_gets_no_empty_fields(void **state)
{
	(void)state;
	struct log *log = log_to(log_sink_journal());
	log_write(log, LOG_LEVEL_DEBUG, NULL, "plain");
	assert_int_equal(journal_fields, 3);
	assert_true(journal_has("MESSAGE=plain"));
	assert_true(journal_has("PRIORITY=7"));
	log_free(log);
}

static void journal_priorities_follow_the_levels(void **state)
{
	static const enum log_level levels[] = { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING,
						 LOG_LEVEL_NOTICE, LOG_LEVEL_INFO,
						 LOG_LEVEL_DEBUG };
	(void)state;
	struct log *log = log_to(log_sink_journal());
	for (int i = 0; i < 5; i++) {
		char expected[32];
		log_write(log, levels[i], NULL, "x");
		snprintf(expected, sizeof(expected), "PRIORITY=%d", 3 + i);
		assert_true(journal_has(expected));
	}
	log_free(log);
}

#define TEST(name) cmocka_unit_test_teardown(name, remove_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stderr_line_starts_with_its_subject),
		TEST(file_lines_have_time_and_level_and_are_appended),
		TEST(file_is_not_for_everybody),
		TEST(reopened_file_follows_rotation),
		TEST(old_file_stays_when_the_new_one_cannot_be_opened),
		TEST(file_that_cannot_be_opened_is_explained),
		TEST(file_sink_survives_lack_of_memory),
		TEST(lines_of_threads_do_not_mix),
		TEST(journal_gets_every_field),
		TEST(journal_gets_no_empty_fields),
		TEST(journal_priorities_follow_the_levels),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
