/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for src/proposal. The first byte says what the rest is:
 *	'1', '2', '3'	the text of ike=, ah= or esp=
 *	any other	the body of an SA payload, to be chosen from and accepted
 * Besides not crashing: what is read survives printing, an offer of a list is chosen by the same
 *list, and whatever is chosen is accepted by who offered it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "proposal/proposal.h"

#define TEXT_ROOM 65536
#define EMIT_ROOM 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_proposal: not so: %s\n", what);
	abort();
}

static struct span spi_for(uint8_t protocol)
{
	static const uint8_t spi[4] = { 1, 2, 3, 4 };
	return protocol == PROTOCOL_IKE ? SPAN_NONE : SPAN_OF(spi);
}

/* Emitted and parsed again; false when it is longer than a message. */
static bool over_the_wire(struct arena *arena, const struct wire_sa *sa, struct wire_sa *back)
{
	uint8_t *buffer = arena_alloc(arena, EMIT_ROOM);
	struct sink sink;
	struct writer writer;
	struct diag diag;
	if (buffer == NULL)
		return false;
	sink_init(&sink, buffer, EMIT_ROOM);
	writer_inner(&writer, &sink);
	wire_sa_emit(&writer, sa);
	if (sink_rc(&sink) != RC_OK)
		return false;
	must(wire_sa_parse(arena, span_make(buffer + 4, sink.len - 4), back, &diag) == RC_OK,
	     "an offer parses");
	return true;
}

/* A peer with `theirs` begins, we answer with `ours`. */
static enum rc negotiate(const struct proposal_list *ours, const struct wire_sa *offer,
			 unsigned flags, uint16_t group, struct arena *arena,
			 struct wire_sa *answer)
{
	struct proposal_choice choice = { .number = 0 };
	struct diag diag;
	char text[100];
	enum rc rc = proposal_choose(ours, offer, group, flags, &choice, &diag);
	if (rc != RC_OK)
		return rc;
	proposal_choice_text(&choice, text, sizeof(text));
	must(choice.dh == DH_NONE || proposal_has_group(ours, choice.dh), "the group is ours");
	must(choice.protocol != PROTOCOL_IKE || choice.dh != DH_NONE, "IKE has a group");
	rc = proposal_answer(arena, &choice, spi_for(choice.protocol), answer);
	must(rc == RC_OK || rc == RC_NO_MEMORY, "a choice can be answered");
	return rc;
}

static void exercise_list(const struct proposal_list *list, uint8_t protocol)
{
	struct arena arena;
	struct wire_sa offer, answer;
	struct proposal_choice accepted;
	struct diag diag;
	for (unsigned flags = 0; flags <= PROPOSAL_NO_DH; flags++) {
		arena_init(&arena, 1u << 20);
		bool sent =
			proposal_offer(&arena, list, spi_for(protocol), flags, &offer) == RC_OK &&
			over_the_wire(&arena, &offer, &offer);
		if (sent) {
			must(negotiate(list, &offer, flags, DH_NONE, &arena, &answer) == RC_OK,
			     "a list fits itself");
			must(proposal_accept(list, &answer, flags, &accepted, &diag) == RC_OK,
			     "a choice is accepted");
		}
		arena_free(&arena);
	}
}

static void exercise_text(uint8_t protocol, const char *text, bool pfs)
{
	struct proposal_list *list = NULL, *back = NULL;
	struct diag diag;
	size_t column = 0;
	enum rc rc = proposal_parse(protocol, text, pfs, &list, &column, &diag);
	must(column <= strlen(text), "the column lies in the text");
	if (rc != RC_OK)
		return;
	char *printed = malloc(TEXT_ROOM);
	must(printed != NULL, "memory");
	proposal_text(list, printed, TEXT_ROOM);
	must(proposal_parse(protocol, printed, false, &back, NULL, &diag) == RC_OK,
	     "what is printed parses");
	must(proposal_equal(list, back), "what is printed is the same list");
	exercise_list(list, protocol);
	proposal_text(list, printed, strlen(text) % 64);
	free(printed);
	proposal_free(list);
	proposal_free(back);
}

static void exercise_payload(const struct proposal_list *ours, struct span body, uint16_t group)
{
	struct arena arena;
	struct wire_sa sa, answer;
	struct proposal_choice accepted;
	struct diag diag;
	char text[300];
	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (wire_sa_parse(&arena, body, &sa, &diag) == RC_OK) {
		proposal_wire_text(&sa, text, 1 + body.len % sizeof(text));
		for (unsigned flags = 0; flags <= PROPOSAL_NO_DH; flags++) {
			if (negotiate(ours, &sa, flags, group, &arena, &answer) == RC_OK)
				must(proposal_accept(ours, &answer, flags, &accepted, &diag) ==
					     RC_OK,
				     "what we chose is ours");
			if (proposal_accept(ours, &sa, flags, &accepted, &diag) == RC_OK)
				must(sa.proposal_count == 1, "an answer is one proposal");
		}
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct proposal_list *ours[4];
	struct diag diag;
	if (ours[PROTOCOL_IKE] == NULL) {
		must(crypto_open(NULL, false, &diag) == RC_OK, "NSS opens");
		for (uint8_t p = PROTOCOL_IKE; p <= PROTOCOL_ESP; p++)
			must(proposal_default(p, p == PROTOCOL_ESP, &ours[p], &diag) == RC_OK,
			     "there are defaults");
	}
	if (size == 0)
		return 0;
	if (data[0] < '1' || data[0] > '3') {
		for (uint8_t p = PROTOCOL_IKE; p <= PROTOCOL_ESP; p++)
			exercise_payload(ours[p], span_make(data + 1, size - 1), data[0]);
		return 0;
	}
	char *text = calloc(1, size);
	must(text != NULL, "memory");
	memcpy(text, data + 1, size - 1);
	exercise_text((uint8_t)(data[0] - '0'), text, size % 2 == 0);
	free(text);
	return 0;
}
