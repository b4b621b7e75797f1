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

/* A value that its field cannot hold makes the whole message fail with RC_LIMIT at its end. */
static inline bool emit_fits(struct sink *sink, size_t value, size_t most)
{
	if (value > most)
		sink->full = true;
	return !sink->full;
}

#endif
