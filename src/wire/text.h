/* SPDX-License-Identifier: Apache-2.0 */
/* A line that grows in a buffer of the caller's. */
#ifndef VANTH_WIRE_TEXT_H
#define VANTH_WIRE_TEXT_H

#include <stdio.h>

struct text {
	char *at;
	size_t left; /* with the NUL */
};

static inline void text_add(struct text *text, const char *part)
{
	int written = snprintf(text->at, text->left, "%s", part);
	size_t len = written < 0 ? 0 : (size_t)written;

	if (len >= text->left)
		len = text->left - 1;
	text->at += len;
	text->left -= len;
}

#endif
