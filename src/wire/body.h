/* SPDX-License-Identifier: Apache-2.0 */
/* What the payload files share: checks that name the payload, and the reserved fields. */
#ifndef VANTH_WIRE_BODY_H
#define VANTH_WIRE_BODY_H

#include "wire/payloads.h"

/* RC_TRUNCATED unless the body has at least so many bytes. */
static inline enum rc body_needs(struct span body, size_t least, const char *what,
				 struct diag *diag)
{
	if (body.len >= least)
		return RC_OK;
	return diag_fail(diag, RC_TRUNCATED,
			 "%s payload has %zu bytes after its header; expected at least %zu", what,
			 body.len, least);
}

/* RFC 7296 §2.5: ignored on receipt. */
static inline enum rc body_skip(struct span *body, size_t len)
{
	struct span ignored;
	return span_take(body, len, &ignored);
}

/* RFC 7296 §3.5 of names: "The string MUST NOT contain any terminators (e.g., NULL, CR, etc.)." */
static inline bool body_is_text(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return false;
	return true;
}

/* What follows the numbers of a Delete payload: so many SPIs of that size, and no more. */
static inline enum rc body_is_spis(struct span body, unsigned count, unsigned size,
				   struct diag *diag)
{
	size_t expected = (size_t)count * size;

	if (count > LIMIT_DELETE_SPIS)
		return diag_fail(diag, RC_LIMIT,
				 "Delete payload has %u SPIs; at most %d are accepted", count,
				 LIMIT_DELETE_SPIS);
	if (body.len != expected)
		return diag_fail(diag, body.len < expected ? RC_TRUNCATED : RC_TRAILING,
				 "Delete payload has %zu bytes of SPIs; expected %zu", body.len,
				 expected);
	return RC_OK;
}

/* A value that its field cannot hold makes the whole message fail with RC_LIMIT at its end. */
static inline bool emit_fits(struct sink *sink, size_t value, size_t most)
{
	if (value > most)
		sink->full = true;
	return !sink->full;
}

#endif
