/* SPDX-License-Identifier: Apache-2.0 */
/* Private: files in, include patterns to file names. */
#ifndef VANTH_CONFIG_SOURCE_H
#define VANTH_CONFIG_SOURCE_H

#include <sys/types.h>
#include "config/report.h"

#define SOURCE_FILE_MAX	 (64U << 20)  /* 100,000 conns with ten lines each have about 30 MB */
#define SOURCE_TOTAL_MAX (256U << 20) /* of all files of a load */
#define SOURCE_FILES_MAX 20000	      /* one file a conn */
#define SOURCE_DEPTH_MAX 16	      /* includes inside of includes */

struct source_file {
	char *text; /* len bytes and a NUL */
	size_t len;
	dev_t device;
	ino_t inode;
};
enum source_kind {
	SOURCE_PLAIN,
	SOURCE_SECRET,	   /* group and others must not read it */
	SOURCE_SECRET_LAX, /* for tests: whoever may read it */
};
/* Regular files only. RC_IO, RC_PERMISSION (a secret that others can read), RC_LIMIT, RC_NO_MEMORY.
 */
enum rc source_read(const char *path, enum source_kind kind, struct source_file *out,
		    struct diag *diag) MUST_CHECK;
enum rc source_copy(struct span text, struct source_file *out) MUST_CHECK;
/* Wipes the text. */
void source_free(struct source_file *file);

/* The files that are open on the way down, to see a file that includes itself, and what all took.
 */
struct source_stack {
	struct {
		dev_t device;
		ino_t inode;
		const char *name;
	} open[SOURCE_DEPTH_MAX];
	unsigned depth, files;
	size_t bytes;
	bool may_include; /* false: text from memory */
	enum source_kind kind;
};
/* Reads path and puts it on the stack; says what is wrong at `at` (line 0: at path itself). */
enum rc source_push(struct source_stack *stack, const char *path, struct place at,
		    struct config_errors *errors, struct source_file *out) MUST_CHECK;
void source_pop(struct source_stack *stack);

/* Calls visit for each file of an include pattern, which is relative to the folder of at.file. A
 * pattern with wildcards may match nothing. */
enum rc source_include(const struct source_stack *stack, const char *pattern, struct place at,
		       struct config_errors *errors,
		       enum rc (*visit)(void *context, const char *path, struct place at),
		       void *context) MUST_CHECK;

#endif
