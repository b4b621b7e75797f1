/* SPDX-License-Identifier: Apache-2.0 */
/* Private: adding to the collected errors of a load. */
#ifndef VANTH_CONFIG_REPORT_H
#define VANTH_CONFIG_REPORT_H

#include "config/config.h"

/* Of each kind this many are listed; the others are only counted ("and 12 more errors"). */
#define CONFIG_ERRORS_LISTED 100

struct place {
	const char *file;
	unsigned line, column; /* from 1; column 0: the whole line; line 0: the whole file */
};

void report_error(struct config_errors *errors, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_warning(struct config_errors *errors, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* False once no further error will be listed: then no need to work on a suggestion. */
bool report_listens(const struct config_errors *errors);

#endif
