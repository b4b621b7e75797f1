/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

#define TRANSPORT                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\ttype=transport\n\tauto=add\n"

struct scene {
	struct road road;
	struct wire_ts tsi[2], tsr[1];
	struct child_exchange in;
	struct step step;
};

static struct wire_ts ts_of(const char *text)
{
	struct wire_ts ts = { .port_to = UINT16_MAX };

	assert_int_equal(range_parse(text, &ts.range, NULL), RC_OK);
	return ts;
}

/* East is asked by west, whose address behind its NAT is 10.0.0.9. */
static void begin(struct scene *scene, const char *conf)
{
	memset(scene, 0, sizeof(*scene));
	road_begin(&scene->road, conf, conf);
	end_up(&scene->road.pair.west, "t");
	road_run(&scene->road, 2 * USEC_PER_SEC);
	scene->tsi[0] = scene->tsi[1] = ts_of("10.0.0.9");
	scene->tsr[0] = ts_of("203.0.113.5");
	scene->in = (struct child_exchange){ .tsi = { scene->tsi, 2 },
					     .tsr = { scene->tsr, 1 },
					     .present = true,
					     .transport = true };
	struct ike_sa *sa = road_sa(&scene->road.pair.east);
	scene->step = (struct step){ .sa = sa, .local = sa->local, .remote = sa->remote };
}

static void see(struct scene *scene, bool there, bool here)
{
	scene->step.sa->nat_there = there;
	scene->step.sa->nat_here = here;
	child_see_through_nat(&scene->step, scene->step.sa->peer, &scene->in);
}

static void what_is_behind_a_nat_is_known_by_the_outer_addresses(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, TRANSPORT);
	see(&scene, true, false);
	assert_true(ip_equal(&scene.tsi[0].range.from, &scene.step.remote.addr));
	assert_true(ip_equal(&scene.tsi[1].range.to, &scene.step.remote.addr));
	assert_int_equal(scene.in.real_i.bytes[0], 10);
	assert_int_equal(scene.tsr[0].range.from.bytes[0], 203); /* no NAT here */
	assert_false(ip_is_set(&scene.in.real_r));
	see(&scene, false, true);
	assert_true(ip_equal(&scene.tsr[0].range.from, &scene.step.local.addr));
	assert_int_equal(scene.in.real_r.bytes[0], 203);
	road_end(&scene.road);
}

static void without_nat_or_in_tunnel_mode_nothing_is_replaced(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, TRANSPORT);
	see(&scene, false, false);
	scene.in.transport = false;
	see(&scene, true, true);
	scene.in.transport = true;
	scene.tsi[1] = ts_of("10.0.0.0/24"); /* not one address */
	see(&scene, true, false);
	assert_int_equal(scene.tsi[0].range.from.bytes[0], 10);
	assert_false(ip_is_set(&scene.in.real_i) || ip_is_set(&scene.in.real_r));
	road_end(&scene.road);
	begin(&scene, PAIR_CONN);
	see(&scene, true, true); /* a tunnel is made where transport was asked for */
	assert_int_equal(scene.tsi[0].range.from.bytes[0], 10);
	road_end(&scene.road);
}

/* West asked for its own address; east answers with the one that it sees. */
static void an_answer_may_have_the_addresses_outside(void **state)
{
	struct scene scene;
	struct tunnel *tunnel;

	(void)state;
	begin(&scene, TRANSPORT);
	scene.step.sa = road_sa(&scene.road.pair.west);
	tunnel = road_tunnel(&scene.road.pair.west);
	child_see_answer_through_nat(&scene.step, tunnel, &scene.in); /* no NAT */
	assert_int_equal(scene.tsi[0].range.from.bytes[0], 10);
	scene.step.sa->nat_here = true;
	child_see_answer_through_nat(&scene.step, tunnel, &scene.in);
	assert_true(ip_equal(&scene.tsi[0].range.from, &scene.step.sa->local.addr));
	assert_true(ip_equal(&scene.tsi[1].range.to, &scene.step.sa->local.addr));
	assert_int_equal(scene.tsr[0].range.from.bytes[0], 203);
	scene.step.sa->nat_there = true;
	scene.tsi[0] = ts_of("10.0.0.0/24"); /* not one address: it is not understood */
	scene.in.transport = false;
	child_see_answer_through_nat(&scene.step, tunnel, &scene.in);
	assert_int_equal(scene.tsr[0].range.from.bytes[0], 203);
	scene.in.transport = true;
	child_see_answer_through_nat(&scene.step, tunnel, &scene.in);
	assert_true(ip_equal(&scene.tsr[0].range.from, &scene.step.sa->remote.addr));
	assert_int_equal(scene.tsi[0].range.from.bytes[0], 10);
	road_end(&scene.road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_behind_a_nat_is_known_by_the_outer_addresses),
		cmocka_unit_test(without_nat_or_in_tunnel_mode_nothing_is_replaced),
		cmocka_unit_test(an_answer_may_have_the_addresses_outside),
	};

	return exchange_run(tests);
}
