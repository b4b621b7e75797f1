/* SPDX-License-Identifier: Apache-2.0 */
/* Places that are not one gateway with one address: several clients behind one NAT box, link-local
 * peers. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define CLIENTS 3

struct box {
	struct world *world;
	struct end gateway, clients[CLIENTS];
};

static struct selector host_of(const char *address)
{
	struct ip_range range;

	assert_int_equal(range_parse(address, &range, NULL), RC_OK);
	return selector_make(&range, 0, 0);
}

static void client_start(struct box *box, unsigned i, const char *more)
{
	char conf[600], name[16], address[32], secrets[] = "@east : PSK \"correct horse\"\n";

	(void)snprintf(name, sizeof(name), "client%u", i);
	(void)snprintf(address, sizeof(address), "10.0.0.%u", i + 9);
	(void)snprintf(conf, sizeof(conf),
		       "conn t\n\tleft=%s\n\tright=192.0.2.2\n\tleftid=@%s\n\trightid=@east\n"
		       "\tauthby=secret\n\tauto=start\n",
		       address, name);
	if (more == NULL)
		(void)snprintf(conf + strlen(conf), sizeof(conf) - strlen(conf),
			       "\tleftsubnet=10.1.%u.0/24\n\trightsubnet=10.2.0.0/24\n", i);
	else
		(void)snprintf(conf + strlen(conf), sizeof(conf) - strlen(conf), "%s", more);
	end_start(box->world, &box->clients[i], name, address, conf, secrets);
}

static void box_start(struct box *box, const char *gateway, const char *client)
{
	*box = (struct box){ .world = world_new(5) };
	assert_non_null(box->world);
	assert_int_equal(world_nat(box->world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
			 RC_OK);
	end_start(box->world, &box->gateway, "east", EAST_ADDRESS, gateway,
		  "@east : PSK \"correct horse\"\n");
	for (unsigned i = 0; i < CLIENTS; i++)
		client_start(box, i, client);
}

static void box_end(struct box *box)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		end_free(&box->clients[i]);
	end_free(&box->gateway);
	world_free(box->world);
}

static void assert_ping(struct box *box, unsigned i)
{
	char inside[32];

	(void)snprintf(inside, sizeof(inside), "10.1.%u.7", i);
	struct selector src = host_of("10.2.0.7"), dst = host_of(inside);
	/* the two ends know the client by different addresses: the box is between them */
	assert_int_equal(kernel_simulated_packet(box->gateway.kernel, NULL, &src, &dst, 84),
			 SIMULATED_NO_SA);
}

#define SUBNETS                                                                                    \
	"conn t\n\tleft=%any\n\tright=192.0.2.2\n\trightid=@east\n\tleftid=%any\n"                 \
	"\tleftsubnet=10.1.0.0/16\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

static void clients_behind_one_box_have_tunnels_of_their_own(void **state)
{
	struct box box;
	uint32_t ports = 0;

	(void)state;
	box_start(&box, SUBNETS, NULL);
	world_run(box.world, 5 * USEC_PER_SEC);
	assert_int_equal(box.gateway.gateway->sas.child_count, CLIENTS);
	assert_int_equal(kernel_simulated_sa_count(box.gateway.kernel), 2 * CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_ping(&box, i);
	/* each by its own port of the box, and each goes on with it when the box forgets */
	world_nat_flush(box.world);
	for (unsigned i = 0; i < CLIENTS; i++)
		assert_int_equal(box.clients[i].child_up, 1);
	struct simulated_sa sa;
	for (size_t i = 0; kernel_simulated_sa(box.gateway.kernel, i, &sa); i++)
		ports += sa.sa.direction == KERNEL_OUT ? sa.sa.encap.remote_port : 0;
	assert_true(ports > 3 * 10000);
	box_end(&box);
}

#define TRANSPORT                                                                                  \
	"conn t\n\tleft=%any\n\tright=192.0.2.2\n\trightid=@east\n\tleftid=%any\n"                 \
	"\ttype=transport\n\tauthby=secret\n\tauto=add\n"

/* In transport mode all of them are the box to the gateway's kernel: one has it, the others are
 * refused, and nobody is robbed. */
static void transport_mode_from_behind_one_box_is_for_one_client(void **state)
{
	struct box box;
	unsigned up = 0;

	(void)state;
	box_start(&box, TRANSPORT, "\ttype=transport\n");
	world_run(box.world, 30 * USEC_PER_SEC);
	for (unsigned i = 0; i < CLIENTS; i++) {
		up += box.clients[i].gateway->sas.child_count > 0;
		assert_true(box.clients[i].child_down == 0);
	}
	assert_int_equal(up, 1);
	assert_int_equal(kernel_simulated_sa_count(box.gateway.kernel), 2);
	assert_int_equal(box.gateway.child_down, 0);
	box_end(&box);
}

/* ---- IPv6 ---- */

#define LINK                                                                                       \
	"conn t\n\tleft=fe80::1%1\n\tright=fe80::2%1\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=2001:db8:1::/64\n\trightsubnet=2001:db8:2::/64\n\tauthby=secret\n"           \
	"\tauto=add\n"

static void peers_may_have_link_local_addresses(void **state)
{
	struct selector west = host_of("2001:db8:1::7"), east = host_of("2001:db8:2::7");
	struct pair pair = { .world = world_new(3) };

	(void)state;
	end_start(pair.world, &pair.west, "west", "fe80::1%1", LINK, NULL);
	end_start(pair.world, &pair.east, "east", "fe80::2%1", LINK, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up + pair.east.child_up, 2);
	assert_int_equal(
		kernel_simulated_packet(pair.west.kernel, pair.east.kernel, &west, &east, 84),
		SIMULATED_ARRIVED);
	assert_int_equal(
		kernel_simulated_packet(pair.east.kernel, pair.west.kernel, &east, &west, 84),
		SIMULATED_ARRIVED);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_behind_one_box_have_tunnels_of_their_own),
		cmocka_unit_test(transport_mode_from_behind_one_box_is_for_one_client),
		cmocka_unit_test(peers_may_have_link_local_addresses),
	};

	return exchange_run(tests);
}
