/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for src/selector: the first byte is the length of a TSi body, a TSr body follows.
 * Besides not crashing: what is narrowed lies inside ours, has a fit, and is accepted as an answer
 * by a peer who had proposed it. */
#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "selector/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_selector: not so: %s\n", what);
	abort();
}

static struct selector selector_of(const char *range, uint8_t protocol, uint16_t port)
{
	struct ip_range parsed;
	struct diag diag;
	must(range_parse(range, &parsed, &diag) == RC_OK, "a range parses");
	return selector_make(&parsed, protocol, port);
}

static void exercise(const struct selector_pair *ours, const struct wire_ts_list *tsi,
		     const struct wire_ts_list *tsr)
{
	struct selector_pair out, taken;
	struct diag diag;
	char text[SELECTOR_PAIR_TEXT_MAX];
	if (selector_check_answer(ours, tsi, tsr, &out, &diag) == RC_OK)
		must(selector_contains(&ours->local, &out.local), "an answer lies inside");
	enum rc rc = selector_narrow(ours, tsi, tsr, &out, &diag);
	must((rc == RC_OK) == (selector_fit(ours, tsi, tsr) > 0), "what fits can be narrowed");
	if (rc != RC_OK)
		return;
	must(selector_contains(&ours->local, &out.local) &&
		     selector_contains(&ours->remote, &out.remote),
	     "it lies inside ours");
	selector_pair_text(&out, text);
	struct wire_ts local, remote;
	selector_to_wire(&out.local, &local);
	selector_to_wire(&out.remote, &remote);
	struct wire_ts_list answer_i = { &remote, 1 }, answer_r = { &local, 1 };
	struct selector_pair peer = { out.remote, out.local };
	must(selector_check_answer(&peer, &answer_i, &answer_r, &taken, &diag) == RC_OK &&
		     selector_pair_equal(&peer, &taken),
	     "an answer is accepted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct selector_pair ours[] = {
		{ selector_of("0.0.0.0/0", 0, 0), selector_of("0.0.0.0/0", 0, 0) },
		{ selector_of("::/0", 0, 0), selector_of("::/0", 0, 0) },
		{ selector_of("10.0.0.0/16", 17, 53), selector_of("10.1.0.0/16", 17, 0) },
		{ selector_of("2001:db8:1::/48", 0, 0), selector_of("2001:db8:2::/48", 0, 0) },
	};
	struct arena arena;
	struct diag diag;
	struct wire_ts_list tsi, tsr;
	char text[200];
	if (size == 0)
		return 0;
	size_t first = data[0] < size ? data[0] : size - 1;
	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (wire_ts_parse(&arena, span_make(data + 1, first), &tsi, &diag) == RC_OK &&
	    wire_ts_parse(&arena, span_make(data + 1 + first, size - 1 - first), &tsr, &diag) ==
		    RC_OK) {
		selector_list_text(&tsi, text, size % sizeof(text));
		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			exercise(&ours[i], &tsi, &tsr);
	}
	arena_free(&arena);
	return 0;
}
