/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config_test.h"
#include "config/source.h"

static char folder[64];

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_folder(void **state)
{
	char sub[100];
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/vanth-include-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(sub, sizeof(sub), "%s/d", folder);
	return mkdir(sub, 0700);
}

static int remove_folder(void **state)
{
	char command[100];
	char *const argv[] = { "rm", "-rf", folder, NULL };
	pid_t pid = fork();
	(void)state;
	(void)command;
	if (pid == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	return 0;
}

/* Loads <folder>/<name>; the report has "D" for the folder. */
static void load_file(struct loaded *l, const char *name)
{
	char path[200], *at;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	config_errors_init(&l->errors);
	l->rc = config_load(path, &l->config, &l->errors);
	report_all(l);
	while ((at = strstr(l->report, folder)) != NULL) {
		*at = 'D';
		memmove(at + 1, at + strlen(folder), strlen(at + strlen(folder)) + 1);
	}
}

static void names_are_relative_to_the_including_file(void **state)
{
	struct loaded l;
	(void)state;
	write_file("main.conf", "include d/one.conf\nconn b\n left=192.0.2.1\n right=192.0.2.3\n");
	write_file("d/one.conf", "include two.conf\n");
	write_file("d/two.conf", "conn %default\n dpddelay=7\n" CONN_A);
	load_file(&l, "main.conf");
	assert_string_equal(l.report, "");
	assert_int_equal(l.rc, RC_OK);
	assert_int_equal(l.config->conn_count, 2);
	assert_non_null(strstr(l.config->conns[0]->file, "/d/two.conf"));
	assert_int_equal(l.config->conns[0]->line, 3);
	assert_int_equal(l.config->conns[1]->dpddelay, 7 * USEC_PER_SEC);
	unload(&l);
}

static void wildcards_take_every_file_in_order_or_none(void **state)
{
	struct loaded l;
	(void)state;
	write_file("main.conf", "include d/*.inc\ninclude nothing/*.conf\ninclude {p,q}.brace\n");
	write_file("d/b.inc", "conn second\n left=192.0.2.1\n right=192.0.2.3\n");
	write_file("d/a.inc", "conn first\n left=192.0.2.1\n right=192.0.2.2\n");
	write_file("p.brace", "conn third\n left=192.0.2.1\n right=192.0.2.4\n");
	write_file("q.brace", "");
	load_file(&l, "main.conf");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conn_count, 3);
	assert_string_equal(l.config->conns[0]->name, "first");
	assert_string_equal(l.config->conns[2]->name, "third");
	unload(&l);
}

static void a_missing_file_is_an_error_at_the_include(void **state)
{
	struct loaded l;
	(void)state;
	write_file("main.conf", "include gone.conf\ninclude\ninclude d\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.report, "D/main.conf:1:9: include: D/gone.conf cannot be opened: No "
				      "such file or directory\n"
				      "D/main.conf:2:8: include: the file name is missing\n"
				      "D/main.conf:3:9: include: D/d is not a regular file\n");
	assert_int_equal(l.rc, RC_SYNTAX);
	unload(&l);
	load_file(&l, "absent.conf");
	assert_string_equal(l.report,
			    "D/absent.conf: cannot be opened: No such file or directory\n");
	assert_int_equal(l.rc, RC_IO);
	unload(&l);
}

static void a_file_that_includes_itself_is_an_error(void **state)
{
	struct loaded l;
	(void)state;
	write_file("main.conf", "include other.conf\n");
	write_file("other.conf", "include ./main.conf\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.report,
			    "D/other.conf:1:9: include: D/./main.conf includes itself by way of "
			    "D/other.conf\n");
	unload(&l);
}

static void includes_are_only_so_deep(void **state)
{
	struct loaded l;
	char name[20], text[40];
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "deep%u.conf", i);
		snprintf(text, sizeof(text), "include deep%u.conf\n", i + 1);
		write_file(name, text);
	}
	write_file("deep20.conf", "");
	load_file(&l, "deep0.conf");
	assert_string_equal(l.report, "D/deep15.conf:1:9: include: more than 16 files deep\n");
	unload(&l);
}

static void a_setting_after_an_include_of_sections_has_no_section(void **state)
{
	struct loaded l;
	(void)state;
	write_file("main.conf", "conn x\n left=192.0.2.1\n include part.conf\n auto=add\n"
				" include inside.conf\n rekey=no\n");
	write_file("part.conf", " right=192.0.2.2\n");
	write_file("inside.conf", "conn y\n left=192.0.2.1\n right=192.0.2.3\n");
	load_file(&l, "main.conf");
	assert_string_equal(l.report,
			    "D/main.conf:6:2: rekey= stands in no section: start one with config "
			    "setup, conn NAME or ca NAME\n");
	unload(&l);
}

static void text_from_memory_includes_nothing(void **state)
{
	(void)state;
	assert_fails("include /etc/passwd\n",
		     "t.conf:1:9: include: not possible here: the text is not a file\n");
}

static void devices_and_fifos_are_not_read(void **state)
{
	struct source_file file;
	struct diag diag;
	char path[200];
	(void)state;
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(source_read(path, SOURCE_PLAIN, &file, &diag), RC_IO);
	assert_string_equal(diag.text, "is not a regular file");
	assert_int_equal(source_read("/dev/zero", SOURCE_PLAIN, &file, &diag), RC_IO);
	assert_null(file.text);
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
	struct source_file file;
	struct diag diag;
	char path[200];
	(void)state;
	write_file("key", ": PSK \"x\"\n");
	snprintf(path, sizeof(path), "%s/key", folder);
	for (mode_t mode = 0; mode < 0100; mode++) {
		enum rc expected = mode == 0 ? RC_OK : RC_PERMISSION;
		assert_int_equal(chmod(path, 0600 | mode), 0);
		assert_int_equal(source_read(path, SOURCE_SECRET, &file, &diag), expected);
		if (mode != 0)
			assert_non_null(strstr(diag.text, "chmod 600 "));
		source_free(&file);
		assert_int_equal(source_read(path, SOURCE_SECRET_LAX, &file, &diag), RC_OK);
		source_free(&file);
	}
}

static void a_huge_file_is_refused(void **state)
{
	struct source_file file;
	struct diag diag;
	char path[200];
	(void)state;
	snprintf(path, sizeof(path), "%s/huge", folder);
	write_file("huge", "");
	assert_int_equal(truncate(path, (off_t)SOURCE_FILE_MAX + 1), 0);
	assert_int_equal(source_read(path, SOURCE_PLAIN, &file, &diag), RC_LIMIT);
	assert_string_equal(diag.text, "has 67108865 bytes; at most 67108864 are allowed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_relative_to_the_including_file),
		cmocka_unit_test(wildcards_take_every_file_in_order_or_none),
		cmocka_unit_test(a_missing_file_is_an_error_at_the_include),
		cmocka_unit_test(a_file_that_includes_itself_is_an_error),
		cmocka_unit_test(includes_are_only_so_deep),
		cmocka_unit_test(a_setting_after_an_include_of_sections_has_no_section),
		cmocka_unit_test(text_from_memory_includes_nothing),
		cmocka_unit_test(devices_and_fifos_are_not_read),
		cmocka_unit_test(a_secret_that_others_can_read_is_refused),
		cmocka_unit_test(a_huge_file_is_refused),
	};
	if (open_crypto(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, make_folder, remove_folder) | close_crypto(NULL);
}
