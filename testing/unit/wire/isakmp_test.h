/* SPDX-License-Identifier: Apache-2.0 */
/* wire_test.h for messages of IKEv1. */
#ifndef VANTH_ISAKMP_TEST_H
#define VANTH_ISAKMP_TEST_H

#include "unit/wire/wire_test.h"
#include "wire/isakmp.h"

#define assert_ok(expr) assert_int_equal((expr), RC_OK)

/* Ends the message, parses it from an exact copy, and returns its first payload. */
static inline const struct payload *isakmp_sent(struct wire_test *t)
{
	assert_ok(writer_message_end(&t->writer));
	t->buffer[17] = IKE_VERSION_1;
	t->copy = exact_copy(sink_written(&t->sink));
	assert_ok(isakmp_message_parse(&t->arena, span_make(t->copy, t->sink.len), &t->message,
				       &t->diag));
	assert_non_null(t->message.first);
	for (const struct payload *p = t->message.first; p != NULL; p = p->next)
		assert_int_equal(p->body.ptr[-3], 0); /* no reserved bit */
	return t->message.first;
}

#endif
