/* SPDX-License-Identifier: Apache-2.0 */
/* Lists from text, and SA payloads from lists, for the tests of this folder. */
#ifndef VANTH_TEST_PROPOSAL_H
#define VANTH_TEST_PROPOSAL_H

#include "unit/test.h"
#include <stdio.h>
#include "base/arena.h"
#include "wire/limits.h"
#include "proposal/proposal.h"

#define TEXT_MAX 2048

static inline int nss_open(void **state)
{
	struct diag diag;
	(void)state;
	return crypto_open(NULL, false, &diag) == RC_OK ? 0 : -1;
}

static inline int nss_close(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

/* NULL, with the sentence printed, when it does not parse. */
static inline struct proposal_list *parsed(uint8_t protocol, const char *text, bool pfs)
{
	struct proposal_list *list = NULL;
	struct diag diag = { "" };
	if (proposal_parse(protocol, text, pfs, &list, NULL, &diag) != RC_OK)
		print_error("%s: %s\n", text, diag.text);
	return list;
}

static inline void assert_reads_as(uint8_t protocol, const char *text, const char *expected)
{
	char got[TEXT_MAX];
	struct proposal_list *list = parsed(protocol, text, false);
	assert_non_null(list);
	proposal_text(list, got, sizeof(got));
	assert_string_equal(got, expected);
	proposal_free(list);
}

static inline void assert_refused(uint8_t protocol, const char *text, enum rc rc, size_t column,
				  const char *says)
{
	struct proposal_list *list = NULL;
	struct diag diag = { "" };
	size_t at = 999;
	enum rc got = proposal_parse(protocol, text, false, &list, &at, &diag);
	if (got != rc || at != column || strstr(diag.text, says) == NULL)
		fail_msg("\"%s\": rc %s, column %zu, \"%s\"; expected %s, %zu, \"%s\"", text,
			 rc_name(got), at, diag.text, rc_name(rc), column, says);
	assert_null(list);
}

static const uint8_t test_spi[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static inline struct span spi_for(uint8_t protocol)
{
	return protocol == PROTOCOL_IKE ? SPAN_NONE : span_make(test_spi, 4);
}

/* What a peer with this ike= or esp= offers. */
static inline struct wire_sa offered(struct arena *arena, uint8_t protocol, const char *text,
				     unsigned flags)
{
	struct wire_sa sa;
	struct proposal_list *list = parsed(protocol, text, false);
	assert_non_null(list);
	assert_int_equal(proposal_offer(arena, list, spi_for(protocol), flags, &sa), RC_OK);
	proposal_free(list);
	return sa;
}

/* The SA payload after a trip over the wire: emitted and parsed again. */
static inline struct wire_sa over_the_wire(struct arena *arena, const struct wire_sa *sa)
{
	uint8_t *buffer = arena_alloc(arena, 16384);
	struct sink sink;
	struct writer writer;
	struct wire_sa back = { 0 };
	struct diag diag = { "" };
	assert_non_null(buffer);
	sink_init(&sink, buffer, 16384);
	writer_inner(&writer, &sink);
	wire_sa_emit(&writer, sa);
	assert_int_equal(sink_rc(&sink), RC_OK);
	struct span body = span_make(buffer + 4, sink.len - 4);
	enum rc rc = wire_sa_parse(arena, body, &back, &diag);
	if (rc != RC_OK)
		fail_msg("%s", diag.text);
	return back;
}

#endif
