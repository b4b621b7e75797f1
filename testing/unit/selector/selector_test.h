/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors from text, for the tests of this folder. */
#ifndef VANTH_TEST_SELECTOR_H
#define VANTH_TEST_SELECTOR_H

#include "unit/test.h"
#include <stdio.h>
#include <string.h>
#include "selector/selector.h"

static inline struct selector sel(const char *range, uint8_t protocol, uint16_t from, uint16_t to)
{
	struct selector s = { .protocol = protocol, .port_from = from, .port_to = to };
	struct diag diag;
	if (range_parse(range, &s.range, &diag) != RC_OK)
		fail_msg("%s: %s", range, diag.text);
	return s;
}

static inline struct selector net(const char *range)
{
	return sel(range, 0, 0, UINT16_MAX);
}

static inline struct selector_pair nets(const char *local, const char *remote)
{
	return (struct selector_pair){ net(local), net(remote) };
}

struct ts {
	struct wire_ts items[LIMIT_SELECTORS];
	struct wire_ts_list list;
};

static inline void ts_add(struct ts *ts, struct selector s)
{
	ts->list.items = ts->items;
	selector_to_wire(&s, &ts->items[ts->list.count++]);
}

static inline void ts_add_unknown(struct ts *ts)
{
	ts->list.items = ts->items;
	ts->items[ts->list.count++] = (struct wire_ts){ .type = 9, .port_to = UINT16_MAX };
}

static inline void ts_of(struct ts *ts, const char *first, const char *second)
{
	*ts = (struct ts){ .list = { .count = 0 } };
	ts_add(ts, net(first));
	if (second != NULL)
		ts_add(ts, net(second));
}

#endif
