/* SPDX-License-Identifier: Apache-2.0 */
/* Making text from peers and files safe to show. */
#ifndef VANTH_BASE_TEXT_H
#define VANTH_BASE_TEXT_H

#include <stddef.h>

/* Copies text into out with everything unprintable shown as \xNN: control characters (also C1),
 * bytes that are not UTF-8, line separators and characters that turn the direction of writing. What
 * does not fit is cut at a whole character and ends with "..." (size 4 and more). Escaping twice
 * changes nothing. Returns strlen(out); size 0 writes nothing. out and text must not overlap. */
size_t text_escape(char *out, size_t size, const char *text);

#endif
