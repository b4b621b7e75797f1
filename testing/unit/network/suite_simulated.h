/* SPDX-License-Identifier: Apache-2.0 */
/* The suite on a simulated host. */
#ifndef VANTH_TEST_NETWORK_SUITE_SIMULATED_H
#define VANTH_TEST_NETWORK_SUITE_SIMULATED_H

#include "network/simulated.h"
#include "unit/network/suite.h"

static struct network *suite_network(struct host *host)
{
	struct network *network;

	assert_int_equal(network_simulated_new(host, NULL, &network), RC_OK);
	return network;
}

static const char *suite_device(void)
{
	return "eth0";
}

static bool suite_is_there(struct suite *suite, const struct network_object *object)
{
	return network_simulated_has(suite->network, object);
}

#endif
