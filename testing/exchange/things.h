/* SPDX-License-Identifier: Apache-2.0 */
/* What tunnels have put on a simulated host. */
#ifndef VANTH_TEST_THINGS_H
#define VANTH_TEST_THINGS_H

#include "exchange/pair.h"
#include "unit/test.h"

static inline bool has(const struct end *end, struct network_object object)
{
	return network_simulated_has(end->network, &object);
}

static inline unsigned things(const struct end *end)
{
	unsigned count = 0;

	for (unsigned kind = NETWORK_LINK; kind <= NETWORK_ROUTE; kind++)
		count += network_simulated_count(end->network, kind);
	return count;
}

static inline void down(struct pair *pair, struct end *end, const char *name)
{
	struct diag diag;

	assert_int_equal(gateway_down(end->gateway, name, &diag), RC_OK);
	pair_run(pair, 2 * USEC_PER_SEC);
}

#endif
