/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7296 §2.19: a server leases addresses from its pool, and clients protect what they are given.
 */
#include "exchange/office.h"
#include "peer/pool.h"
#include "sa/extra.h"

#define SERVER                                                                                     \
	"conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"                             \
	"\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
#define POOL SERVER "\trightaddresspool=10.9.0.0/24\n"

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
	const char *host = strchr(address, ':') != NULL ? "fd00:2::7" : "10.2.0.7";

	assert_int_equal(packet(&office->clients[i], &office->server, address, host),
			 SIMULATED_ARRIVED);
	assert_int_equal(packet(&office->server, &office->clients[i], host, address),
			 SIMULATED_ARRIVED);
}

static const struct ike_config *config_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");
	struct child_sa *child = tunnel_current(tunnel);

	assert_non_null(child);
	assert_non_null(child->ike->extra);
	assert_non_null(child->ike->extra->config);
	return child->ike->extra->config;
}

struct usage {
	uint64_t used, remembered;
};

static void add(void *context, const struct pool_info *pool)
{
	struct usage *usage = context;

	usage->used += pool->used;
	usage->remembered += pool->remembered;
}

static void assert_used(const struct office *office, unsigned used)
{
	struct usage usage = { 0 };

	pools_walk(office->server.gateway->peers.pools, add, &usage);
	assert_int_equal(usage.used, used);
}

#define ASKS "\tleftsourceip=%config\n"

/* ---- what is leased ---- */

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
	assert_used(&office, 3);
	office_end(&office);
}

static void a_client_learns_dns_domains_and_a_greeting(void **state)
{
	struct office office;
	const struct ike_config *config;

	(void)state;
	office_start(&office,
		     POOL "\tmodecfgdns=10.2.0.53,fd00::53,10.2.0.54\n"
			  "\tmodecfgdomains=\"corp.example, lab.example\"\n"
			  "\tmodecfgbanner=Welcome\n",
		     NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 2);
	config = config_of(&office.clients[0]);
	assert_int_equal(config->dns_count, 3);
	assert_int_equal(config->dns[0].bytes[3], 53);
	assert_string_equal(config->domains, "corp.example lab.example");
	assert_string_equal(config->banner, "Welcome");
	assert_int_equal(config->addresses[0].bytes[3], 1);
	assert_false(ip_is_set(&config->addresses[1]));
	office_end(&office);
}

static void a_client_that_wants_one_ip_version_is_told_of_that_one(void **state)
{
	struct office office;
	const struct ike_config *config;

	(void)state;
	office_start(&office,
		     SERVER "\trightaddresspool=10.9.0.0/24,fd00:9::/64\n"
			    "\tmodecfgdns=10.2.0.53,fd00::53\n",
		     NULL);
	(void)office_client(&office, 0, "@a", "\tleftsourceip=%config4\n");
	(void)office_client(&office, 1, "@b", ASKS);
	run(&office, 2);
	config = config_of(&office.clients[0]);
	assert_int_equal(config->dns_count, 1);
	assert_false(ip_is_set(&config->addresses[1]));
	config = config_of(&office.clients[1]);
	assert_int_equal(config->dns_count, 2);
	assert_int_equal(config->addresses[1].bytes[15], 1);
	assert_int_equal(config->prefix6, 128);
	office_end(&office);
}

static const char server6[] = "conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"
			      "\tleftsubnet=fd00:2::/64\n\tauthby=secret\n\tauto=add\n"
			      "\trightaddresspool=fd00:9::/48/64\n";

static void start_client6(struct office *office, unsigned i, const char *id)
{
	char conf[500], address[32];

	(void)snprintf(address, sizeof(address), "192.0.2.%u", i + 1);
	(void)snprintf(conf, sizeof(conf),
		       "conn t\n\tleft=%s\n\tleftid=%s\n\tright=192.0.2.100\n\trightid=@office\n"
		       "\trightsubnet=fd00:2::/64\n\tauthby=secret\n\tauto=start\n%s",
		       address, id, ASKS);
	end_start(office->world, &office->clients[i], address, address, conf, OFFICE_SECRET);
}

static void a_client_gets_a_subnet_of_its_own(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, server6, NULL);
	start_client6(&office, 0, "@a");
	run(&office, 2);
	start_client6(&office, 1, "@b");
	run(&office, 2);
	assert_has(&office, 0, "fd00:9::1");
	assert_has(&office, 0, "fd00:9::ffff");
	assert_has(&office, 1, "fd00:9:0:1::77");
	assert_int_not_equal(
		packet(&office.clients[0], &office.server, "fd00:9:0:1::77", "fd00:2::7"),
		SIMULATED_ARRIVED);
	office_end(&office);
}

/* ---- what is refused ---- */

static void a_used_up_pool_is_told_and_the_next_client_waits_for_an_address(void **state)
{
	struct diag diag;
	struct office office;

	(void)state;
	office_start(&office, SERVER "\trightaddresspool=10.9.0.7-10.9.0.8\n", NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	(void)office_client(&office, 1, "@b", ASKS);
	run(&office, 2);
	(void)office_client(&office, 2, "@c", ASKS);
	run(&office, 2);
	assert_true(end_said(&office.server, "no IPv4 address is left for @c: all 2 of"));
	assert_int_equal(office.clients[2].last_reason, RC_NO_ADDRESS);
	assert_true(strstr(office.clients[2].last_text, "INTERNAL_ADDRESS_FAILURE") != NULL);
	assert_int_equal(office.clients[2].child_up, 0);
	assert_has(&office, 0, "10.9.0.7");
	assert_int_equal(gateway_down(office.clients[1].gateway, "t", &diag), RC_OK);
	run(&office, 90);
	assert_int_equal(office.clients[2].child_up, 1);
	assert_has(&office, 2, "10.9.0.8");
	assert_used(&office, 2);
	office_end(&office);
}

/* §3.15.4, FAILED_CP_REQUIRED */
static void a_client_that_does_not_ask_gets_no_child_sa(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", "");
	run(&office, 2);
	assert_int_equal(office.clients[0].child_up, 0);
	assert_int_equal(office.clients[0].last_reason, RC_CP_REQUIRED);
	assert_true(end_said(&office.server, "asks for no address"));
	assert_used(&office, 0);
	office_end(&office);
}

static void a_server_without_a_pool_is_left_with_a_reason(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, SERVER "\trightsubnet=0.0.0.0/0\n", NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 2);
	assert_int_equal(office.clients[0].last_reason, RC_NO_ADDRESS);
	assert_true(end_said(&office.clients[0], "gives us no IPv4 address"));
	run(&office, 60);
	assert_int_equal(office.server.gateway->sas.child_count, 0);
	office_end(&office);
}

/* ---- whose it is ---- */

static void the_same_client_gets_the_same_address_again(void **state)
{
	struct diag diag;
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 2);
	assert_int_equal(gateway_down(office.clients[0].gateway, "t", &diag), RC_OK);
	run(&office, 2);
	assert_used(&office, 0);
	(void)office_client(&office, 1, "@b", ASKS);
	run(&office, 2);
	(void)office_client(&office, 2, "@a", ASKS); /* elsewhere */
	run(&office, 2);
	assert_has(&office, 1, "10.9.0.2");
	assert_has(&office, 2, "10.9.0.1");
	office_end(&office);
}

static void a_client_that_comes_again_from_elsewhere_takes_its_address_along(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", ASKS);
	run(&office, 2);
	end_crash(&office.clients[0]);
	(void)office_client(&office, 1, "@a", ASKS);
	run(&office, 60);
	assert_has(&office, 1, "10.9.0.1");
	assert_used(&office, 1);
	assert_int_equal(office.server.gateway->sas.child_count, 1);
	office_end(&office);
}

static void without_uniqueids_one_identity_may_have_two_addresses(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, "config setup\n\tuniqueids=no\n" POOL, NULL);
	(void)office_client(&office, 0, "@a", ASKS "\tinitial-contact=no\n");
	run(&office, 2);
	(void)office_client(&office, 1, "@a", ASKS "\tinitial-contact=no\n");
	run(&office, 2);
	assert_has(&office, 0, "10.9.0.1");
	assert_has(&office, 1, "10.9.0.2");
	assert_used(&office, 2);
	office_end(&office);
}

/* ---- how long ---- */

static void the_address_stays_over_rekeys_and_reauthentication(void **state)
{
	static const char *const lives[] = {
		"\tikelifetime=10m\n\tsalifetime=4m\n",
		"\tikelifetime=10m\n\tsalifetime=4m\n\treauth=yes\n",
	};
	struct office office;
	char conf[200];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		office_start(&office, POOL, NULL);
		(void)snprintf(conf, sizeof(conf), "%s%s", ASKS, lives[i]);
		(void)office_client(&office, 0, "@a", conf);
		run(&office, 2);
		(void)office_client(&office, 1, "@b", conf);
		for (unsigned minute = 0; minute < 45; minute++) {
			run(&office, 60);
			assert_has(&office, 0, "10.9.0.1");
			assert_has(&office, 1, "10.9.0.2");
			assert_used(&office, 2);
		}
		assert_int_equal(config_of(&office.clients[0])->addresses[0].bytes[3], 1);
		assert_int_equal(office.clients[0].failed + office.server.failed, 0);
		office_end(&office);
	}
}

static void lost_and_doubled_messages_cost_no_second_address(void **state)
{
	struct office office;
	const struct world_network bad = { .loss = 250, .duplicate = 300, .delay = 10000 };

	(void)state;
	office_start(&office, POOL, NULL);
	world_set_network(office.world, &bad);
	(void)office_client(&office, 0, "@a", ASKS);
	(void)office_client(&office, 1, "@b", ASKS);
	run(&office, 120);
	assert_used(&office, 2);
	assert_int_equal(office.clients[0].child_up, 1);
	assert_int_equal(office.clients[1].child_up, 1);
	office_end(&office);
}

/* The server forgets, the client does not: it asks for what it had. */
static void after_a_crash_of_the_server_clients_keep_their_addresses(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, POOL, NULL);
	(void)office_client(&office, 0, "@a", ASKS "\tdpddelay=10s\n\tdpdretry=2s\n");
	run(&office, 2);
	(void)office_client(&office, 1, "@b", ASKS "\tdpddelay=10s\n\tdpdretry=2s\n");
	run(&office, 2);
	end_crash(&office.server);
	end_boot(&office.server, POOL, OFFICE_SECRET);
	run(&office, 600);
	assert_has(&office, 0, "10.9.0.1");
	assert_has(&office, 1, "10.9.0.2");
	office_end(&office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_client_protects_the_address_that_it_is_given),
		cmocka_unit_test(a_client_learns_dns_domains_and_a_greeting),
		cmocka_unit_test(a_client_that_wants_one_ip_version_is_told_of_that_one),
		cmocka_unit_test(a_client_gets_a_subnet_of_its_own),
		cmocka_unit_test(a_used_up_pool_is_told_and_the_next_client_waits_for_an_address),
		cmocka_unit_test(a_client_that_does_not_ask_gets_no_child_sa),
		cmocka_unit_test(a_server_without_a_pool_is_left_with_a_reason),
		cmocka_unit_test(the_same_client_gets_the_same_address_again),
		cmocka_unit_test(a_client_that_comes_again_from_elsewhere_takes_its_address_along),
		cmocka_unit_test(without_uniqueids_one_identity_may_have_two_addresses),
		cmocka_unit_test(the_address_stays_over_rekeys_and_reauthentication),
		cmocka_unit_test(lost_and_doubled_messages_cost_no_second_address),
		cmocka_unit_test(after_a_crash_of_the_server_clients_keep_their_addresses),
	};

	return exchange_run(tests);
}
