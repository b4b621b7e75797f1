/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "engine/private.h"
#include "exchange/pair.h"
#include "unit/test.h"

static enum wanted after(const char *settings, bool death, enum wanted before)
{
	char conf[600];
	struct pair pair;
	struct tunnel *tunnel;
	enum wanted wanted;

	(void)snprintf(conf, sizeof(conf), "%s%s\tdpddelay=10s\n", PAIR_BASE, settings);
	pair_start(&pair, 1, conf, NULL, NULL, NULL);
	tunnel = peers_tunnel(&pair.west.gateway->peers, "t");
	tunnel->wanted = before;
	if (death)
		want_after_death(pair.west.gateway, tunnel);
	else
		want_after_up(pair.west.gateway, tunnel);
	wanted = tunnel->wanted;
	pair_end(&pair);
	return wanted;
}

static void only_auto_keep_wants_more_after_it_came_up(void **state)
{
	(void)state;
	assert_int_equal(after("\tauto=keep\n", false, WANTED_LISTEN), WANTED_UP);
	assert_int_equal(after("\tauto=keep\n", false, WANTED_DOWN), WANTED_DOWN);
	assert_int_equal(after("\tauto=add\n", false, WANTED_LISTEN), WANTED_LISTEN);
}

static void dpdaction_is_for_what_is_only_answered(void **state)
{
	(void)state;
	assert_int_equal(after("\tauto=add\n\tdpdaction=hold\n", true, WANTED_LISTEN),
			 WANTED_ON_DEMAND);
	assert_int_equal(after("\tauto=add\n\tdpdaction=restart\n", true, WANTED_LISTEN),
			 WANTED_UP);
	assert_int_equal(after("\tauto=add\n\tdpdaction=clear\n", true, WANTED_LISTEN),
			 WANTED_LISTEN);
	assert_int_equal(after("\tauto=add\n", true, WANTED_LISTEN), WANTED_LISTEN);
	assert_int_equal(after("\tauto=start\n\tdpdaction=hold\n", true, WANTED_UP), WANTED_UP);
	assert_int_equal(after("\tauto=add\n\tdpdaction=restart\n", true, WANTED_DOWN),
			 WANTED_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_auto_keep_wants_more_after_it_came_up),
		cmocka_unit_test(dpdaction_is_for_what_is_only_answered),
	};

	return exchange_run(tests);
}
