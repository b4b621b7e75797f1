/* SPDX-License-Identifier: Apache-2.0 */
/* ModeCfg: a server leases addresses by IKEv1, and clients protect what they are given. */
#include "exchange/office.h"
#include "peer/pool.h"
#include "sa/extra.h"

#define PULL "\tkeyexchange=ikev1\n\tmodecfgpull=yes\n"
#define PUSH "\tkeyexchange=ikev1\n\tmodecfgpull=no\n"
#define SERVER_OF(how)                                                                             \
	"conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"                             \
	"\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n" how
#define SERVER SERVER_OF(PULL)
#define POOL   SERVER "\trightaddresspool=10.9.0.0/24\n"
#define ASKS   "\tleftsourceip=%config\n" PULL
#define WAITS  "\tleftsourceip=%config\n" PUSH
#define TELLS  SERVER_OF(PUSH) "\trightaddresspool=10.9.0.0/24\n"

static void run(struct office *office, unsigned seconds)
{
	world_run(office->world, (usec_t)seconds * USEC_PER_SEC);
}

static enum simulated_verdict packet(struct end *from, struct end *to, const char *src,
				     const char *dst)
{
	struct ip_range a, b;

	assert_int_equal(range_parse(src, &a, NULL), RC_OK);
	assert_int_equal(range_parse(dst, &b, NULL), RC_OK);
	struct selector s = selector_make(&a, 0, 0), d = selector_make(&b, 0, 0);
	return kernel_simulated_packet(from->kernel, to->kernel, &s, &d, 84);
}

/* The client sends with that address, and gets answers to it. */
static void assert_has(struct office *office, unsigned i, const char *address)
{
	if (packet(&office->clients[i], &office->server, address, "10.2.0.7") !=
		    SIMULATED_ARRIVED ||
	    packet(&office->server, &office->clients[i], "10.2.0.7", address) != SIMULATED_ARRIVED)
		fail_msg("client: %s\nserver: %s", office->clients[i].journal,
			 office->server.journal);
}

static const struct ike_config *config_of(struct end *end)
{
	struct child_sa *child = tunnel_current(peers_tunnel(&end->gateway->peers, "t"));

	assert_non_null(child);
	assert_non_null(child->ike->extra);
	assert_non_null(child->ike->extra->config);
	return child->ike->extra->config;
}

static void add(void *context, const struct pool_info *pool)
{
	unsigned *used = context;

	*used += (unsigned)pool->used;
}

static unsigned used(const struct office *office)
{
	unsigned count = 0;

	pools_walk(office->server.gateway->peers.pools, add, &count);
	return count;
}

static void every_client_protects_the_address_that_it_is_given(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	for (unsigned i = 0; i < 3; i++) {
		char id[16];
		(void)snprintf(id, sizeof(id), "@client%u", i);
		(void)office_client(&office, i, id, ASKS);
		run(&office, 2);
	}
	assert_has(&office, 0, "10.9.0.1");
	assert_has(&office, 1, "10.9.0.2");
	assert_has(&office, 2, "10.9.0.3");
	assert_int_not_equal(packet(&office.clients[0], &office.server, "10.9.0.2", "10.2.0.7"),
			     SIMULATED_ARRIVED);
	assert_int_equal(used(&office), 3);
	office_end(&office);
}

static void a_client_learns_dns_its_domain_and_a_greeting(void **state)
{
	struct office office;
	const struct ike_config *config;

	(void)state;
	office_start(&office,
		     POOL "\tmodecfgdns=10.2.0.53,10.2.0.54\n"
			  "\tmodecfgdomains=\"corp.example, lab.example\"\n"
			  "\tmodecfgbanner=Welcome\n\tcisco-split=yes\n",
		     NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 2);
	config = config_of(&office.clients[0]);
	assert_int_equal(config->dns_count, 2);
	assert_int_equal(config->dns[1].bytes[3], 54);
	assert_string_equal(config->domains, "corp.example lab.example");
	assert_string_equal(config->banner, "Welcome");
	office_end(&office);
}

static void a_bad_network_only_costs_time(void **state)
{
	struct world_network network = { .loss = 200,
					 .duplicate = 200,
					 .delay = 10 * USEC_PER_MSEC,
					 .jitter = 30 * USEC_PER_MSEC };
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	world_set_network(office.world, &network);
	(void)office_client(&office, 0, "@a", ASKS);
	(void)office_client(&office, 1, "@b", ASKS);
	run(&office, 120);
	assert_int_equal(office.clients[0].ike_up, 1);
	assert_int_equal(office.clients[1].ike_up, 1);
	assert_int_equal(used(&office), 2);
	assert_int_equal(kernel_simulated_sa_count(office.server.kernel), 4);
	office_end(&office);
}

/* A new phase 1 in time, a new lease never. */
static void the_address_stays_over_new_phases_1(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", ASKS "\tikelifetime=60s\n\trekeymargin=20s\n");
	run(&office, 300);
	assert_true(office.clients[0].ike_up > 2);
	assert_has(&office, 0, "10.9.0.1");
	assert_int_equal(used(&office), 1);
	office_end(&office);
}

static void the_lease_is_given_back_at_the_end(void **state)
{
	struct office office;
	struct diag diag;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 2);
	assert_int_equal(used(&office), 1);
	assert_int_equal(gateway_down(office.clients[0].gateway, "t", &diag), RC_OK);
	run(&office, 5);
	assert_int_equal(used(&office), 0);
	end_assert_empty(&office.server);
	office_end(&office);
}

/* ---- what is refused ---- */

/* The pool has one; both ends say why there is no tunnel, and nothing of it is left. */
static void a_full_pool_is_told_at_both_ends(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, SERVER "\trightaddresspool=10.9.0.1-10.9.0.1\n", NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 2);
	(void)office_client(&office, 1, "@b", ASKS);
	run(&office, 2);
	assert_has(&office, 0, "10.9.0.1");
	assert_int_equal(office.clients[1].ike_up, 0);
	assert_true(office.clients[1].failed > 0);
	if (!end_said(&office.clients[1], "peer gives us no address"))
		fail_msg("client: %s", office.clients[1].journal);
	assert_true(end_said(&office.server, "10.9.0.1"));
	office_end(&office);
}

/* Without ModeCfg: no client takes an address of the pool by itself. */
static void who_does_not_ask_gets_no_tunnel(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", "\tleftsubnet=10.9.0.7/32\n" PULL);
	run(&office, 5);
	assert_int_equal(office.clients[0].child_up, 0);
	assert_int_equal(kernel_simulated_sa_count(office.server.kernel), 0);
	assert_true(end_said(&office.server, "has not asked for an address"));
	office_end(&office);
}

static void a_server_without_addresses_is_named(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, SERVER, NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 5);
	assert_int_equal(office.clients[0].ike_up, 0);
	assert_true(end_said(&office.clients[0], "peer gives us no address"));
	assert_true(end_said(&office.server, "has none for it (addresspool=)"));
	office_end(&office);
}

/* The request is lost for ever: the attempt ends, and the server hears of it. */
static bool no_transaction(void *context, struct flight *flight)
{
	const unsigned *from = context;

	return flight->bytes[18] != 6 || *from == 0;
}

static void a_server_that_does_not_answer_is_asked_again_later(void **state)
{
	struct office office;
	unsigned deaf = 1;

	(void)state;
	office_start(&office, POOL, NULL);
	world_tap(office.world, no_transaction, &deaf);
	(void)office_client(&office, 0, "@a", ASKS "\tretransmit-tries=3\n");
	run(&office, 150);
	assert_int_equal(office.clients[0].ike_up, 0);
	if (!end_said(&office.clients[0], "does not answer ModeCfg"))
		fail_msg("client: %s", office.clients[0].journal);
	assert_int_equal(used(&office), 0);
	assert_int_equal(office.server.ike_down, office.server.ike_up); /* it was told */
	deaf = 0;
	run(&office, 300);
	assert_has(&office, 0, "10.9.0.1");
	office_end(&office);
}

/* ---- unasked ---- */

static void a_client_is_told_its_address_unasked(void **state)
{
	struct office office;

	(void)state;
	office_start(&office,
		     TELLS "\tmodecfgdns=10.2.0.53\n\tmodecfgdomains=corp.example\n"
			   "\tmodecfgbanner=Hi\n",
		     NULL);
	(void)office_client(&office, 0, "@a", WAITS);
	(void)office_client(&office, 1, "@b", WAITS);
	run(&office, 5);
	assert_has(&office, 0, "10.9.0.1");
	assert_has(&office, 1, "10.9.0.2");
	assert_int_equal(used(&office), 2);
	assert_int_equal(config_of(&office.clients[0])->dns_count, 1);
	assert_string_equal(config_of(&office.clients[0])->domains, "corp.example");
	assert_string_equal(config_of(&office.clients[0])->banner, "Hi");
	run(&office, 300);
	assert_int_equal(office.clients[0].ike_down + office.server.ike_down, 0);
	office_end(&office);
}

static void told_over_a_bad_network_it_only_costs_time(void **state)
{
	struct world_network network = { .loss = 200,
					 .duplicate = 200,
					 .delay = 10 * USEC_PER_MSEC,
					 .jitter = 30 * USEC_PER_MSEC };
	struct office office;

	(void)state;
	office_start(&office, TELLS, NULL);
	world_set_network(office.world, &network);
	(void)office_client(&office, 0, "@a", WAITS);
	(void)office_client(&office, 1, "@b", WAITS);
	run(&office, 120);
	assert_int_equal(office.clients[0].ike_up, 1);
	assert_int_equal(office.clients[1].ike_up, 1);
	assert_int_equal(used(&office), 2);
	assert_int_equal(kernel_simulated_sa_count(office.server.kernel), 4);
	office_end(&office);
}

/* The two ends are set otherwise: asked and told, it is one address. */
static void who_asks_a_server_that_tells_has_one_address(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, TELLS, NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 5);
	assert_has(&office, 0, "10.9.0.1");
	assert_int_equal(used(&office), 1);
	run(&office, 300);
	assert_int_equal(office.server.ike_down + office.clients[0].ike_down, 0);
	office_end(&office);
}

static void who_waits_for_a_server_that_waits_too_says_so(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", WAITS "\tretransmit-tries=3\n");
	run(&office, 60);
	assert_int_equal(office.clients[0].ike_up, 0);
	if (!end_said(&office.clients[0], "tells us no address"))
		fail_msg("client: %s", office.clients[0].journal);
	assert_int_equal(used(&office), 0);
	office_end(&office);
}

static void of_a_full_pool_nothing_is_told_but_that(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, SERVER_OF(PUSH) "\trightaddresspool=10.9.0.1-10.9.0.1\n", NULL);
	(void)office_client(&office, 0, "@a", WAITS);
	run(&office, 2);
	(void)office_client(&office, 1, "@b", WAITS);
	run(&office, 2);
	assert_has(&office, 0, "10.9.0.1");
	assert_int_equal(office.clients[1].ike_up, 0);
	assert_true(office.clients[1].failed > 0);
	assert_true(end_said(&office.clients[1], "before it gave us an address"));
	assert_true(end_said(&office.server, "10.9.0.1"));
	office_end(&office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_client_protects_the_address_that_it_is_given),
		cmocka_unit_test(a_client_learns_dns_its_domain_and_a_greeting),
		cmocka_unit_test(a_bad_network_only_costs_time),
		cmocka_unit_test(the_address_stays_over_new_phases_1),
		cmocka_unit_test(the_lease_is_given_back_at_the_end),
		cmocka_unit_test(a_full_pool_is_told_at_both_ends),
		cmocka_unit_test(who_does_not_ask_gets_no_tunnel),
		cmocka_unit_test(a_server_without_addresses_is_named),
		cmocka_unit_test(a_server_that_does_not_answer_is_asked_again_later),
		cmocka_unit_test(a_client_is_told_its_address_unasked),
		cmocka_unit_test(told_over_a_bad_network_it_only_costs_time),
		cmocka_unit_test(who_asks_a_server_that_tells_has_one_address),
		cmocka_unit_test(who_waits_for_a_server_that_waits_too_says_so),
		cmocka_unit_test(of_a_full_pool_nothing_is_told_but_that),
	};

	return exchange_run(tests);
}
