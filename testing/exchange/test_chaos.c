/* SPDX-License-Identifier: Apache-2.0 */
/* Operators, kernels, networks and strangers at their worst, in random order (seeded): nothing
 * crashes or leaks, and when they let go the tunnel comes up and nothing is left over. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define SEEDS 40
#define STEPS 250

#define ENDS                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"

/* Some of these differ in what matters to the tunnel, some in nothing. */
static const char *const variants[] = {
	PAIR_CONN,
	PAIR_CONN "\tdpddelay=3s\n\tdpdtimeout=20s\n",
	PAIR_CONN "\tesp=aes_gcm128\n",
	ENDS "\tauto=ondemand\n",
	ENDS "\tauto=start\n",
	PAIR_CONN "\tikelifetime=60s\n\tsalifetime=30s\n\trekeymargin=5s\n",
	"conn t\n\tleft=%any\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n",
	"conn t\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\trightid=@west\n"
	"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n\tauto=add\n",
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
	"\tleftsubnets={10.1.0.0/24 10.3.0.0/24 10.5.0.0/24}\n\trightsubnet=10.2.0.0/24\n"
	"\tauthby=secret\n\tauto=start\n",
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
	"\tleftsubnets={10.1.0.0/24 10.3.0.0/24 10.5.0.0/24}\n\trightsubnet=10.2.0.0/24\n"
	"\tauthby=secret\n\tauto=ondemand\n",
	"conn t\n\tleft=192.0.2.1\n\tright=east.example.org\n\tleftid=@west\n\trightid=@east\n"
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=start\n",
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

struct chaos {
	struct pair pair;
	struct ip_endpoint seen_from, seen_to; /* a datagram to replay or to spoil */
	uint8_t seen[2048];
	size_t seen_len;
};

static unsigned draw(struct chaos *chaos, unsigned limit)
{
	return (unsigned)(world_random(chaos->pair.world) % limit);
}

static bool remember(void *context, struct flight *flight)
{
	struct chaos *chaos = context;

	if (flight->len > sizeof(chaos->seen) || draw(chaos, 3) != 0)
		return true;
	memcpy(chaos->seen, flight->bytes, chaos->seen_len = flight->len);
	chaos->seen_from = flight->from;
	chaos->seen_to = flight->to;
	return true;
}

static struct end *either(struct chaos *chaos)
{
	return draw(chaos, 2) == 0 ? &chaos->pair.west : &chaos->pair.east;
}

static void reconfigure(struct chaos *chaos, struct end *end)
{
	struct config *config = load_conf(variants[draw(chaos, VARIANTS)]);
	struct diag diag;
	enum rc rc = draw(chaos, 2) == 0 ? gateway_reload(end->gateway, config, &diag)
					 : gateway_add(end->gateway, config, "t", &diag);

	(void)rc;
	config_unref(config);
}

static void verb(struct chaos *chaos, struct end *end)
{
	struct diag diag;
	enum rc rc = RC_OK;

	switch (draw(chaos, 16)) {
	case 0:
	case 1:
		rc = gateway_down(end->gateway, "t", &diag);
		break;
	case 2:
		rc = gateway_route(end->gateway, "t", &diag);
		break;
	case 3:
		rc = gateway_unroute(end->gateway, "t", &diag);
		break;
	case 4:
		rc = gateway_delete(end->gateway, "t", &diag);
		break;
	case 5:
	case 6:
		reconfigure(chaos, end);
		break;
	default:
		rc = gateway_up(end->gateway, "t", &diag);
		break;
	}
	(void)rc;
}

static void upset_kernel(struct chaos *chaos, struct end *end)
{
	switch (draw(chaos, 4)) {
	case 0:
		kernel_simulated_fail(end->kernel, 1 + draw(chaos, 6), ENOBUFS, false);
		return;
	case 1:
		kernel_simulated_delay(end->kernel, draw(chaos, 3) * 300 * USEC_PER_MSEC);
		return;
	case 2:
		kernel_simulated_lose_answer(end->kernel, 0);
		return;
	case 3:
		if (end->gateway->sas.child_count > 0)
			kernel_simulated_flush(end->kernel);
		return;
	}
}

static void stranger(struct chaos *chaos)
{
	enum rc rc;

	if (chaos->seen_len == 0)
		return;
	if (draw(chaos, 2) == 0)
		chaos->seen[draw(chaos, (unsigned)chaos->seen_len)] ^= (uint8_t)draw(chaos, 256);
	rc = world_inject(chaos->pair.world, &chaos->seen_from, &chaos->seen_to,
			  span_make(chaos->seen, chaos->seen_len));
	(void)rc;
}

static void network(struct chaos *chaos)
{
	struct world_network bad = { .loss = draw(chaos, 300),
				     .duplicate = draw(chaos, 300),
				     .corrupt = draw(chaos, 100),
				     .reorder = draw(chaos, 300),
				     .delay = 20 * USEC_PER_MSEC,
				     .jitter = 20 * USEC_PER_MSEC };
	enum rc rc = world_partition(chaos->pair.world, chaos->pair.west.host,
				     chaos->pair.east.host, draw(chaos, 4) == 0);

	(void)rc;
	world_set_network(chaos->pair.world, &bad);
}

static void move(struct chaos *chaos)
{
	enum rc rc;

	world_host_remove_address(chaos->pair.west.host, WEST_ADDRESS);
	world_run(chaos->pair.world, draw(chaos, 3000) * USEC_PER_MSEC);
	rc = world_host_add_address(chaos->pair.west.host, WEST_ADDRESS);
	(void)rc;
}

static void restart(struct chaos *chaos, struct end *end)
{
	world_hold_jobs(chaos->pair.world, false); /* a gateway is freed without jobs */
	world_settle(chaos->pair.world);
	if (draw(chaos, 2) == 0) {
		end_crash(end);
	} else {
		end_stop(end);
		world_run(chaos->pair.world, draw(chaos, 8000) * USEC_PER_MSEC);
		kernel_simulated_delay(end->kernel, 0);
		gateway_unwatch(&end->watcher);
		gateway_free(end->gateway);
	}
	end_boot(end, variants[draw(chaos, VARIANTS)], NULL);
}

static void time_passes(struct chaos *chaos)
{
	static const usec_t longest[] = { 10 * USEC_PER_MSEC, 200 * USEC_PER_MSEC,
					  4 * USEC_PER_SEC };

	pair_run(&chaos->pair, (usec_t)draw(chaos, (unsigned)longest[draw(chaos, 3)]));
}

static void step(struct chaos *chaos)
{
	switch (draw(chaos, 16)) {
	case 0:
	case 1:
	case 2:
		verb(chaos, either(chaos));
		return;
	case 3:
		reconfigure(chaos, either(chaos));
		return;
	case 4:
		upset_kernel(chaos, either(chaos));
		return;
	case 5:
		network(chaos);
		return;
	case 6:
		world_hold_jobs(chaos->pair.world, draw(chaos, 2) == 0);
		return;
	case 7:
		if (draw(chaos, 6) == 0)
			restart(chaos, either(chaos));
		return;
	case 8:
		if (draw(chaos, 4) == 0)
			move(chaos);
		return;
	case 9:
	case 10:
		stranger(chaos);
		return;
	case 11:
		(void)pair_ping(&chaos->pair, draw(chaos, 2) == 0);
		return;
	default:
		time_passes(chaos);
		return;
	}
}

static void let_go(struct chaos *chaos)
{
	static const struct world_network good = { .delay = USEC_PER_MSEC };
	struct pair *pair = &chaos->pair;

	world_hold_jobs(pair->world, false);
	world_set_network(pair->world, &good);
	assert_int_equal(world_partition(pair->world, pair->west.host, pair->east.host, false),
			 RC_OK);
	for (unsigned i = 0; i < 2; i++) {
		struct end *end = i == 0 ? &pair->west : &pair->east;
		struct config *config = load_conf(PAIR_CONN);
		struct diag diag = { "" };
		kernel_simulated_delay(end->kernel, 0);
		kernel_simulated_fail(end->kernel, 0, 0, false);
		if (gateway_add(end->gateway, config, "t", &diag) != RC_OK)
			fail_msg("%s", diag.text);
		config_unref(config);
	}
}

static void assert_clean(struct pair *pair)
{
	struct diag diag;

	assert_int_equal(gateway_delete(pair->west.gateway, "t", &diag), RC_OK);
	assert_int_equal(gateway_delete(pair->east.gateway, "t", &diag), RC_OK);
	pair_run(pair, 200 * USEC_PER_SEC);
	end_assert_empty(&pair->west);
	end_assert_empty(&pair->east);
	assert_int_equal(pair->west.gateway->peers.count, 0);
	assert_int_equal(pair->east.gateway->peers.count, 0);
	assert_int_equal(pair->west.gateway->initiating, 0);
	assert_int_equal(pair->east.gateway->initiating, 0);
}

static bool comes_up(struct pair *pair)
{
	for (unsigned i = 0; i < 400; i++) {
		if (pair_comes_up(pair, USEC_PER_MSEC))
			return true;
		pair_run(pair, USEC_PER_SEC);
	}
	return false;
}

static void once(unsigned seed)
{
	struct chaos chaos = { .seen_len = 0 };

	print_message("seed %u\n", seed);
	pair_start(&chaos.pair, seed, variants[seed % VARIANTS], NULL, NULL, NULL);
	world_tap(chaos.pair.world, remember, &chaos);
	assert_int_equal(world_host_dns(chaos.pair.world, "east.example.org", EAST_ADDRESS), RC_OK);
	for (unsigned i = 0; i < STEPS; i++)
		step(&chaos);
	let_go(&chaos);
	end_up(&chaos.pair.west, "t");
	if (!comes_up(&chaos.pair))
		fail_msg("seed %u: no tunnel after all is well again", seed);
	pair_run(&chaos.pair, 200 * USEC_PER_SEC); /* what is left of before is over */
	pair_assert_tunnel(&chaos.pair);
	assert_int_equal(chaos.pair.west.gateway->counters.stuck, 0);
	assert_int_equal(chaos.pair.east.gateway->counters.stuck, 0);
	assert_clean(&chaos.pair);
	pair_end(&chaos.pair);
}

/* ---- many clients of one conn ---- */

#define CLIENTS 5
#define HUB_CONN                                                                                   \
	"conn t\n\tleft=192.0.2.2\n\tleftid=@east\n\tleftsubnet=10.2.0.0/24\n\tright=%any\n"       \
	"\trightid=@*.example.org\n\trightsubnet=10.1.0.0/16\n\tauthby=secret\n\tdpddelay=5s\n"    \
	"\tdpdtimeout=20s\n\tauto=add\n"
#define HUB_SECRETS ": PSK \"correct horse battery staple\"\n"

struct crowd {
	struct world *world;
	struct end hub, clients[CLIENTS];
	char confs[CLIENTS][400];
	char addresses[CLIENTS][16];
};

static void write_conf(struct crowd *crowd, unsigned i, const char *address)
{
	(void)snprintf(crowd->addresses[i], sizeof(crowd->addresses[i]), "%s", address);
	(void)snprintf(crowd->confs[i], sizeof(crowd->confs[i]),
		       "conn t\n\tleft=%s\n\tleftid=@c%u.example.org\n\tleftsubnet=10.1.%u.0/24\n"
		       "\tright=192.0.2.2\n\trightid=@east\n\trightsubnet=10.2.0.0/24\n"
		       "\tauthby=secret\n\tdpddelay=5s\n\tdpdtimeout=20s\n\tauto=start\n",
		       address, i, i);
}

static void crowd_start(struct crowd *crowd, unsigned seed)
{
	*crowd = (struct crowd){ .world = world_new(seed) };
	end_start(crowd->world, &crowd->hub, "hub", EAST_ADDRESS, HUB_CONN, HUB_SECRETS);
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16], address[16];
		(void)snprintf(name, sizeof(name), "client%u", i);
		(void)snprintf(address, sizeof(address), "198.51.100.%u", i + 1);
		write_conf(crowd, i, address);
		end_start(crowd->world, &crowd->clients[i], name, crowd->addresses[i],
			  crowd->confs[i], HUB_SECRETS);
	}
}

static void roam(struct crowd *crowd, unsigned i)
{
	struct end *client = &crowd->clients[i];
	unsigned host = 1 + (unsigned)(world_random(crowd->world) % 250);
	char address[16];

	(void)snprintf(address, sizeof(address), "203.0.113.%u", host);
	if (world_host_add_address(client->host, address) != RC_OK)
		return;
	end_crash(client);
	world_host_remove_address(client->host, crowd->addresses[i]);
	write_conf(crowd, i, address);
	end_boot(client, crowd->confs[i], HUB_SECRETS);
}

static void crowd_step(struct crowd *crowd)
{
	unsigned i = (unsigned)(world_random(crowd->world) % CLIENTS);
	struct end *client = &crowd->clients[i];
	struct diag diag;
	enum rc rc = RC_OK;

	switch (world_random(crowd->world) % 8) {
	case 0:
		rc = gateway_down(client->gateway, "t", &diag);
		break;
	case 1:
		rc = gateway_up(client->gateway, "t", &diag);
		break;
	case 2:
		rc = world_partition(crowd->world, client->host, crowd->hub.host,
				     world_random(crowd->world) % 2 == 0);
		break;
	case 3:
		roam(crowd, i);
		break;
	case 4:
		end_crash(client);
		end_boot(client, crowd->confs[i], HUB_SECRETS);
		break;
	case 5:
		kernel_simulated_fail(crowd->hub.kernel,
				      1 + (unsigned)(world_random(crowd->world) % 8), ENOBUFS,
				      false);
		break;
	default:
		break;
	}
	(void)rc;
	world_run(crowd->world, (usec_t)(world_random(crowd->world) % 5000) * USEC_PER_MSEC);
}

static struct selector user(unsigned a, unsigned b)
{
	char text[20];
	struct ip_range range;

	(void)snprintf(text, sizeof(text), "10.%u.%u.7", a, b);
	assert_int_equal(range_parse(text, &range, NULL), RC_OK);
	return selector_make(&range, 0, 0);
}

static void assert_reached(struct crowd *crowd, unsigned i)
{
	struct selector client = user(1, i), office = user(2, 0);
	struct kernel *hub = crowd->hub.kernel, *other = crowd->clients[i].kernel;

	assert_int_equal(kernel_simulated_packet(other, hub, &client, &office, 84),
			 SIMULATED_ARRIVED);
	assert_int_equal(kernel_simulated_packet(hub, other, &office, &client, 84),
			 SIMULATED_ARRIVED);
}

static void crowd_once(unsigned seed)
{
	struct crowd crowd;
	struct diag diag;

	print_message("crowd %u\n", seed);
	crowd_start(&crowd, seed);
	for (unsigned i = 0; i < STEPS / 2; i++)
		crowd_step(&crowd);
	kernel_simulated_fail(crowd.hub.kernel, 0, 0, false);
	for (unsigned i = 0; i < CLIENTS; i++) {
		assert_int_equal(
			world_partition(crowd.world, crowd.clients[i].host, crowd.hub.host, false),
			RC_OK);
		assert_int_equal(gateway_up(crowd.clients[i].gateway, "t", &diag), RC_OK);
	}
	world_run(crowd.world, 700 * USEC_PER_SEC);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_reached(&crowd, i);
	assert_int_equal(crowd.hub.gateway->sas.child_count, CLIENTS);
	assert_int_equal(crowd.hub.gateway->peers.count, CLIENTS + 1);
	assert_int_equal(kernel_simulated_policy_count(crowd.hub.kernel), 3 * CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_int_equal(gateway_delete(crowd.clients[i].gateway, "t", &diag), RC_OK);
	world_run(crowd.world, 200 * USEC_PER_SEC);
	end_assert_empty(&crowd.hub);
	assert_int_equal(crowd.hub.gateway->peers.count, 1);
	for (unsigned i = 0; i < CLIENTS; i++)
		end_free(&crowd.clients[i]);
	end_free(&crowd.hub);
	world_free(crowd.world);
}

static void each_seed(void (*fn)(unsigned seed))
{
	const char *from = getenv("VANTH_TEST_SEED"), *count = getenv("VANTH_TEST_SEEDS");
	unsigned first = from != NULL ? (unsigned)strtoul(from, NULL, 10) : 1;
	unsigned seeds = count != NULL	? (unsigned)strtoul(count, NULL, 10)
			 : from != NULL ? 1
					: SEEDS;

	for (unsigned i = 0; i < seeds; i++)
		fn(first + i);
}

static void everything_at_once_and_the_tunnel_still_comes_up(void **state)
{
	(void)state;
	each_seed(once);
}

static void clients_come_go_and_roam_and_each_keeps_its_own(void **state)
{
	(void)state;
	each_seed(crowd_once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_at_once_and_the_tunnel_still_comes_up),
		cmocka_unit_test(clients_come_go_and_roam_and_each_keeps_its_own),
	};
	struct diag diag;

	if (crypto_open(NULL, false, &diag) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
