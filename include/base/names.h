/* SPDX-License-Identifier: Apache-2.0 */
/* Names of enum values, both ways, and "did you mean". */
#ifndef VANTH_BASE_NAMES_H
#define VANTH_BASE_NAMES_H

#include "base/rc.h"

struct name {
	int value;
	const char *text;
};

struct names {		  /* entries end with text NULL */
	const char *what; /* "notify", "payload": for unknown values */
	const struct name *entries;
};

/* The name, or "unknown <what> 123" in buffer. */
const char *names_text(const struct names *names, int value, char *buffer, size_t size);
/* Case-insensitive. */
bool names_find(const struct names *names, const char *text, int *value);
/* The nearest name (edit distance, also transpositions), or NULL when none is near. candidates ends
 * with NULL. */
const char *names_nearest(const char *text, const char *const *candidates);

#endif
