/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a text and keeps what there is to say about it. */
#ifndef VANTH_TEST_CONFIG_H
#define VANTH_TEST_CONFIG_H

#include <stdio.h>
#include "unit/test.h"
#include "base/arena.h"
#include "config/config.h"
#include "config/loader.h"

struct loaded {
	struct config *config;
	struct config_errors errors;
	enum rc rc;
	char report[16384]; /* one line each: "t.conf:3:2: text" */
};

static inline void report_all(struct loaded *l)
{
	size_t used = 0;
	char line[800];
	l->report[0] = '\0';
	list_for(node, &l->errors.list)
	{
		const struct config_error *e = container_of(node, struct config_error, in_list);
		int n = snprintf(l->report + used, sizeof(l->report) - used, "%s\n",
				 config_error_text(e, line, sizeof(line)));
		used += (size_t)n < sizeof(l->report) - used ? (size_t)n : 0;
	}
}

static inline void load_span(struct loaded *l, const void *text, size_t len)
{
	config_errors_init(&l->errors);
	l->rc = config_load_text("t.conf", span_make(text, len), &l->config, &l->errors);
	report_all(l);
}

static inline void load_text(struct loaded *l, const char *text)
{
	load_span(l, text, strlen(text));
}

/* As if there were no not_yet.c. */
static inline void load_everything(struct loaded *l, const char *text)
{
	config_errors_init(&l->errors);
	l->rc = config_load_everything("t.conf", span_make(text, strlen(text)), &l->config,
				       &l->errors);
	report_all(l);
}

static inline void unload(struct loaded *l)
{
	config_unref(l->config);
	config_errors_free(&l->errors);
}

/* The text loads, and says exactly this (warnings). */
static inline void assert_loads(const char *text, const char *report)
{
	struct loaded l;
	load_text(&l, text);
	assert_string_equal(l.report, report);
	assert_int_equal(l.rc, RC_OK);
	assert_non_null(l.config);
	unload(&l);
}

static inline void assert_fails(const char *text, const char *report)
{
	struct loaded l;
	load_text(&l, text);
	assert_string_equal(l.report, report);
	assert_int_equal(l.rc, RC_SYNTAX);
	assert_null(l.config);
	unload(&l);
}

/* With everything: it says exactly this; an error when `errors`. */
static inline void assert_everything(const char *text, const char *report, unsigned errors)
{
	struct loaded l;
	load_everything(&l, text);
	assert_string_equal(l.report, report);
	assert_int_equal(l.errors.errors, errors);
	unload(&l);
}

/* With everything: CONN_A with further lines ("\n" between them) gives so many errors and warnings,
 * and the report holds this. */
static inline void assert_says(const char *settings, unsigned errors, unsigned warnings,
			       const char *needle)
{
	struct loaded l;
	char text[2048];
	snprintf(text, sizeof(text), "conn a\n left=192.0.2.1\n right=192.0.2.2\n %s\n", settings);
	load_everything(&l, text);
	if (strstr(l.report, needle) == NULL)
		print_error("%s\nsays: %s", settings, l.report);
	assert_non_null(strstr(l.report, needle));
	assert_int_equal(l.errors.errors, errors);
	assert_int_equal(l.errors.warnings, warnings);
	unload(&l);
}

#define CONN_A "conn a\n left=192.0.2.1\n right=192.0.2.2\n"

/* The only conn of CONN_A with these further lines, each indented. */
static inline void assert_setting_fails(const char *setting, const char *message)
{
	char text[1024], report[1024];
	snprintf(text, sizeof(text), CONN_A " %s\n", setting);
	snprintf(report, sizeof(report), "t.conf:4:%s\n", message);
	assert_fails(text, report);
}

static inline void load_setting(struct loaded *l, const char *setting)
{
	char text[1024];
	snprintf(text, sizeof(text), CONN_A " %s\n", setting);
	load_text(l, text);
	assert_string_equal(l->report, "");
	assert_int_equal(l->rc, RC_OK);
	assert_int_equal(l->config->conn_count, 1);
}

static inline int open_crypto(void **state)
{
	struct diag diag;
	(void)state;
	return crypto_open(NULL, false, &diag) == RC_OK ? 0 : -1;
}

static inline int close_crypto(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

#endif
