/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

struct scene {
	struct config config;
	struct config_conn conn;
	struct peer peer;
	struct tunnel tunnel;
	struct ike_sa sa;
};

static void begin(struct scene *scene, enum config_virtual kind, bool no, bool private)
{
	struct config_virtual_nets *out = &scene->config.setup.virtual_out;

	memset(scene, 0, sizeof(*scene));
	scene->conn.right = (struct config_end){ .virtual_kind = kind,
						 .virtual_no = no,
						 .virtual_private = private };
	scene->peer.left_is_local = true;
	scene->peer.conn = &scene->conn;
	scene->peer.config = &scene->config;
	scene->tunnel.peer = &scene->peer;
	scene->tunnel.conn = &scene->conn;
	out->count = 1;
	assert_int_equal(range_parse("10.2.0.0/16", &out->items[0], NULL), RC_OK);
	assert_int_equal(ip_parse("198.51.100.1", &scene->sa.remote.addr), RC_OK);
}

static enum rc asks(const struct scene *scene, const char *for_)
{
	struct ip_range range;
	struct diag diag;

	assert_int_equal(range_parse(for_, &range, NULL), RC_OK);
	return v1_virtual_check(&scene->sa, &scene->tunnel, &range, &diag);
}

static void host_has_one_address_and_net_a_subnet(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, VIRTUAL_HOST, false, true);
	assert_int_equal(asks(&scene, "10.0.0.9"), RC_OK);
	assert_int_equal(asks(&scene, "10.0.0.0/24"), RC_TS_UNACCEPTABLE);
	begin(&scene, VIRTUAL_NET, false, true);
	assert_int_equal(asks(&scene, "10.0.0.0/24"), RC_OK);
	begin(&scene, VIRTUAL_NONE, false, false);
	assert_int_equal(asks(&scene, "10.0.0.0/8"), RC_OK);
}

static void its_own_address_is_for_those_without_a_nat(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, VIRTUAL_HOST, true, false);
	assert_int_equal(asks(&scene, "198.51.100.1"), RC_OK);
	begin(&scene, VIRTUAL_HOST, false, true);
	assert_int_equal(asks(&scene, "198.51.100.1"), RC_TS_UNACCEPTABLE);
}

static void not_even_a_part_may_be_excluded(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, VIRTUAL_NET, true, true);
	assert_int_equal(asks(&scene, "10.2.3.0/24"), RC_TS_UNACCEPTABLE);
	assert_int_equal(asks(&scene, "10.0.0.0/8"), RC_TS_UNACCEPTABLE);
	assert_int_equal(asks(&scene, "10.3.0.0/16"), RC_OK);
}

static void in_transport_mode_it_is_asked_whether_there_may_be_a_nat(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, VIRTUAL_HOST, true, false);
	scene.conn.type = TYPE_TRANSPORT;
	assert_int_equal(asks(&scene, "198.51.100.1"), RC_OK);
	scene.sa.nat_there = true;
	assert_int_equal(asks(&scene, "198.51.100.1"), RC_TS_UNACCEPTABLE);
	scene.conn.right.virtual_private = true;
	assert_int_equal(asks(&scene, "198.51.100.1"), RC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_has_one_address_and_net_a_subnet),
		cmocka_unit_test(its_own_address_is_for_those_without_a_nat),
		cmocka_unit_test(not_even_a_part_may_be_excluded),
		cmocka_unit_test(in_transport_mode_it_is_asked_whether_there_may_be_a_nat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
