/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1 with a NAT box between: RFC 3947 and the drafts before it, whatever the two ends know. */
#include <stdio.h>
#include "exchange/pair.h"
#include "sa/isakmp.h"
#include "unit/test.h"
#include "wire/isakmp.h"

#define SECRETS_V1 "192.0.2.1 192.0.2.2 @west @east %any : PSK \"correct horse battery staple\"\n"
#define COMMON	   "\tleftid=@west\n\trightid=@east\n\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n"
#define NETS	   "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
#define INSIDE	   "conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" NETS COMMON
#define ANYBODY	   "conn t\n\tleft=%any\n\tright=192.0.2.2\n" NETS COMMON

struct box {
	struct pair pair;
	unsigned rfc, draft; /* clear messages with NAT-D of that number */
	unsigned from_500;   /* messages at port 500 */
};

/* How many payloads of that type a clear message has. */
static unsigned payloads(const struct flight *flight, uint8_t type)
{
	size_t at = IKE_HEADER_LEN;
	uint8_t next = flight->bytes[16];
	unsigned count = 0;

	while (next != 0 && at + 4 <= flight->len) {
		count += next == type ? 1 : 0;
		next = flight->bytes[at];
		at += (size_t)flight->bytes[at + 2] << 8 | flight->bytes[at + 3];
	}
	return count;
}

static bool listen_in(void *context, struct flight *flight)
{
	struct box *box = context;

	if (flight->to.port != IKE_PORT && flight->from.port != IKE_PORT)
		return true;
	box->from_500++;
	if (flight->len < IKE_HEADER_LEN || (flight->bytes[19] & ISAKMP_FLAG_ENCRYPTION) != 0)
		return true;
	box->rfc += payloads(flight, ISAKMP_NAT_D) > 0 ? 1 : 0;
	box->draft += payloads(flight, ISAKMP_NAT_D_DRAFT) > 0 ? 1 : 0;
	return true;
}

static void begin(struct box *box, const char *west, const char *east)
{
	*box = (struct box){ .pair.world = world_new(7) };
	assert_non_null(box->pair.world);
	assert_int_equal(
		world_nat(box->pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
		RC_OK);
	end_start(box->pair.world, &box->pair.west, "west", "10.0.0.9", west, SECRETS_V1);
	end_start(box->pair.world, &box->pair.east, "east", EAST_ADDRESS, east, SECRETS_V1);
	world_tap(box->pair.world, listen_in, box);
	end_up(&box->pair.west, "t");
	world_run(box->pair.world, 5 * USEC_PER_SEC);
}

static struct ike_sa *sa_of(struct end *end, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, name);

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static void assert_through(struct box *box)
{
	struct simulated_sa sa;

	if (box->pair.west.child_up + box->pair.east.child_up != 2)
		fail_msg("west: %s\neast: %s", box->pair.west.journal, box->pair.east.journal);
	assert_true(sa_of(&box->pair.west, "t")->nat_here);
	assert_int_equal(sa_of(&box->pair.west, "t")->remote.port, IKE_NATT_PORT);
	assert_true(sa_of(&box->pair.east, "t[1]")->nat_there);
	assert_int_equal(kernel_simulated_sa_count(box->pair.east.kernel), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(kernel_simulated_sa(box->pair.east.kernel, i, &sa));
		assert_int_equal(sa.sa.encap.local_port, IKE_NATT_PORT);
		assert_int_equal(sa.sa.encap.remote_port,
				 sa_of(&box->pair.east, "t[1]")->remote.port);
	}
}

#define METHOD(which) "\tnat-ikev1-method=" which "\n"

static const struct {
	const char *west, *east;
	bool draft;
} both_know[] = {
	{ "", "", false },
	{ METHOD("rfc"), "", false },
	{ "", METHOD("rfc"), false },
	{ METHOD("drafts"), "", true },
	{ "", METHOD("drafts"), true },
	{ METHOD("drafts"), METHOD("drafts"), true },
};

static char *with(const char *conn, const char *more, const char *mode)
{
	static char text[2][1024];
	static unsigned which;

	which ^= 1;
	snprintf(text[which], sizeof(text[which]), "%s%s%s", conn, more, mode);
	return text[which];
}

static void both_know_in(const char *mode)
{
	for (unsigned i = 0; i < sizeof(both_know) / sizeof(both_know[0]); i++) {
		struct box box;
		const char *west = with(INSIDE, both_know[i].west, mode);
		begin(&box, west, with(ANYBODY, both_know[i].east, mode));
		assert_through(&box);
		assert_true(both_know[i].draft ? box.draft > 0 : box.rfc > 0);
		assert_int_equal(both_know[i].draft ? box.rfc : box.draft, 0);
		pair_end(&box.pair);
	}
}

/* Drafts 02 and 03: payloads 130 and 131, encapsulation modes 61443 and 61444, the same ports. */
static void rfc_is_spoken_where_both_know_it_and_else_the_drafts(void **state)
{
	(void)state;
	both_know_in("");
}

static void aggressive_mode_speaks_either_too(void **state)
{
	(void)state;
	both_know_in("\taggressive=yes\n");
}

/* Nobody believes in a NAT that only one of them can pass. */
static void who_has_no_way_in_common_does_without(void **state)
{
	static const char *const west[] = { METHOD("rfc"), METHOD("drafts"), METHOD("none"), "" };
	static const char *const east[] = { METHOD("drafts"), METHOD("rfc"), "", METHOD("none") };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct box box;
		const char *inside = with(INSIDE, west[i], "");
		begin(&box, inside, with(ANYBODY, east[i], ""));
		assert_int_equal(box.pair.west.ike_up, 1);
		assert_int_equal(box.rfc + box.draft, 0);
		assert_false(sa_of(&box.pair.west, "t")->encap ||
			     sa_of(&box.pair.east, "t[1]")->encap);
		assert_int_equal(sa_of(&box.pair.west, "t")->remote.port, IKE_PORT);
		pair_end(&box.pair);
	}
}

/* ---- transport mode: what an L2TP client does ---- */

#define SERVER                                                                                     \
	"conn t\n\tleft=192.0.2.2\n\tleftid=@east\n\tright=%any\n\ttype=transport\n"               \
	"\tleftprotoport=udp/1701\n\trightprotoport=udp/%any\n\tauthby=secret\n\tauto=add\n"
#define CLIENT(address, id)                                                                        \
	"conn t\n\tleft=" address "\n\tleftid=@" id "\n\tright=192.0.2.2\n\trightid=@east\n"       \
	"\ttype=transport\n\tleftprotoport=udp/1701\n\trightprotoport=udp/1701\n"                  \
	"\tauthby=secret\n\tauto=add\n"
#define IKEV1 "\tkeyexchange=ikev1\n"

static void assert_selectors(struct end *end, const char *name, const char *text)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, name);
	char has[SELECTORS_TEXT_MAX];

	assert_non_null(tunnel);
	assert_non_null(tunnel_current(tunnel));
	assert_string_equal(selectors_text(&tunnel_current(tunnel)->selectors, has), text);
}

/* It names its address behind the NAT; to the server it is the address that is seen. */
static void client_in_transport_mode_is_who_it_seems_to_be(void **state)
{
	static const char *const methods[] = { "", METHOD("drafts") };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct box box;
		const char *client = with(CLIENT("10.0.0.9", "west") IKEV1, methods[i], "");
		begin(&box, client, SERVER IKEV1);
		assert_through(&box);
		assert_selectors(&box.pair.west, "t",
				 "10.0.0.9/32/udp/1701 === 192.0.2.2/32/udp/1701");
		assert_selectors(&box.pair.east, "t[1]",
				 "192.0.2.2/32/udp/1701 === 198.51.100.1/32/udp/1701");
		world_run(box.pair.world, 10 * 3600 * USEC_PER_SEC); /* and so it is after rekeys */
		assert_selectors(&box.pair.east, "t[1]",
				 "192.0.2.2/32/udp/1701 === 198.51.100.1/32/udp/1701");
		assert_int_equal(box.pair.west.failed + box.pair.east.failed, 0);
		pair_end(&box.pair);
	}
}

struct office { /* two clients behind one NAT */
	struct world *world;
	struct end one, two, east;
};

static void office_open(struct office *office, const char *one, const char *two, const char *east)
{
	memset(office, 0, sizeof(*office));
	office->world = world_new(7);
	assert_non_null(office->world);
	assert_int_equal(world_nat(office->world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
			 RC_OK);
	end_start(office->world, &office->one, "one", "10.0.0.9", one, SECRETS_V1);
	end_start(office->world, &office->two, "two", "10.0.0.10", two, SECRETS_V1);
	end_start(office->world, &office->east, "east", EAST_ADDRESS, east, SECRETS_V1);
	end_up(&office->one, "t");
	end_up(&office->two, "t");
	world_run(office->world, 5 * USEC_PER_SEC);
}

static void office_close(struct office *office)
{
	end_free(&office->one);
	end_free(&office->two);
	end_free(&office->east);
	world_free(office->world);
}

static void assert_told_apart(struct office *office)
{
	const uint32_t one = peers_tunnel(&office->east.gateway->peers, "t[1]")->reqid;
	struct kernel_policy policy;
	struct simulated_sa sa;
	unsigned marked = 0;

	assert_int_equal(kernel_simulated_policy_count(office->east.kernel), 4);
	for (size_t i = 0; kernel_simulated_policy(office->east.kernel, i, &policy); i++) {
		assert_int_equal(policy.mark, policy.reqid);
		marked += policy.mark == one ? 1 : 0;
	}
	assert_int_equal(marked, 2);
	assert_int_equal(kernel_simulated_sa_count(office->east.kernel), 4);
	for (size_t i = 0; kernel_simulated_sa(office->east.kernel, i, &sa); i++)
		assert_true(sa.sa.mark == 0 || sa.sa.mark == sa.sa.reqid);
}

/* To the server both are 198.51.100.1, and both speak from port 1701. */
static void clients_behind_one_nat_are_told_apart_by_a_mark_of_their_own(void **state)
{
	static const char *const version[] = { IKEV1, "" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct office office;
		const char *one = with(CLIENT("10.0.0.9", "one"), version[i], "");
		const char *two = with(CLIENT("10.0.0.10", "two"), version[i], "");
		char server[1024];
		snprintf(server, sizeof(server), "%s\tmark=%%unique\n%s", SERVER, version[i]);
		office_open(&office, one, two, server);
		if (office.east.child_up != 2)
			fail_msg("%s", office.east.journal);
		assert_told_apart(&office);
		assert_int_equal(gateway_down(office.one.gateway, "t", NULL), RC_OK);
		world_run(office.world, 5 * USEC_PER_SEC);
		assert_int_equal(kernel_simulated_policy_count(office.east.kernel), 2);
		assert_int_equal(office.two.child_down, 0);
		office_close(&office);
	}
}

static void without_marks_the_second_client_behind_a_nat_is_refused(void **state)
{
	struct office office;

	(void)state;
	office_open(&office, CLIENT("10.0.0.9", "one") IKEV1, CLIENT("10.0.0.10", "two") IKEV1,
		    SERVER IKEV1);
	assert_int_equal(office.east.child_up, 1);
	assert_true(end_said(&office.east, "(mark=%unique tells clients behind one NAT apart)"));
	office_close(&office);
}

/* ---- rightsubnet=vhost:, vnet: ---- */

#define ROAD(net)                                                                                  \
	"conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" net "\trightsubnet=10.2.0.0/24\n" COMMON
#define GATEWAY(nets)                                                                              \
	"config setup\n\tvirtual-private=%v4:10.0.0.0/8,%v4:192.168.0.0/16,%v4:!10.2.0.0/16\n"     \
	"conn t\n\tleft=%any\n\tright=192.0.2.2\n\tleftsubnet=" nets                               \
	"\n\trightsubnet=10.2.0.0/24\n" COMMON

static void assert_has(const char *road, const char *gateway, const char *has)
{
	struct box box;

	begin(&box, road, gateway);
	assert_through(&box);
	assert_selectors(&box.pair.east, "t[1]", has);
	world_run(box.pair.world, 10 * 3600 * USEC_PER_SEC); /* and after rekeys */
	assert_selectors(&box.pair.east, "t[1]", has);
	assert_int_equal(box.pair.west.failed + box.pair.east.failed, 0);
	pair_end(&box.pair);
}

static void road_warrior_has_its_private_address(void **state)
{
	(void)state;
	assert_has(ROAD(""), GATEWAY("vhost:%priv,%no"), "10.2.0.0/24 === 10.0.0.9/32");
	assert_has(ROAD("\tleftsubnet=192.168.7.5/32\n"), GATEWAY("vhost:%priv"),
		   "10.2.0.0/24 === 192.168.7.5/32");
	assert_has(ROAD("\tleftsubnet=192.168.7.0/24\n"), GATEWAY("vnet:%priv"),
		   "10.2.0.0/24 === 192.168.7.0/24");
	assert_has(ROAD("\tleftsubnet=172.16.0.0/24\n"), GATEWAY("vnet:%no,%v4:172.16.0.0/12"),
		   "10.2.0.0/24 === 172.16.0.0/24");
}

/* Its side replaces the IPsec SA, with what the client chose and not with all it may have. */
static void gateway_that_replaces_asks_for_the_same(void **state)
{
	struct box box;

	(void)state;
	begin(&box, ROAD(""), GATEWAY("vhost:%priv") "\tsalifetime=20m\n");
	assert_through(&box);
	world_run(box.pair.world, 2 * 3600 * USEC_PER_SEC);
	assert_selectors(&box.pair.west, "t", "10.0.0.9/32 === 10.2.0.0/24");
	assert_int_equal(box.pair.west.failed + box.pair.east.failed, 0);
	pair_end(&box.pair);
}

static void what_is_not_virtual_private_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *road, *gateway, *said;
	} cases[] = {
		{ ROAD("\tleftsubnet=10.2.3.4/32\n"), GATEWAY("vhost:%priv"), "excludes it" },
		{ ROAD("\tleftsubnet=10.0.0.0/8\n"), GATEWAY("vnet:%priv"), "excludes it" },
		{ ROAD("\tleftsubnet=192.168.7.0/24\n"), GATEWAY("vhost:%priv"),
		  "more than one address" },
		{ ROAD("\tleftsubnet=172.16.0.0/24\n"), GATEWAY("vnet:%priv"), "does not have" },
		{ ROAD(""), GATEWAY("vhost:%no"), "does not have" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct box box;
		begin(&box, cases[i].road, cases[i].gateway);
		assert_int_equal(box.pair.east.child_up, 0);
		if (!end_said(&box.pair.east, cases[i].said))
			fail_msg("%u: %s", i, box.pair.east.journal);
		end_assert_childless(&box.pair.east);
		pair_end(&box.pair);
	}
}

/* 192.168.1.2 at home is 192.168.1.2 in every other home. */
static void what_one_road_warrior_has_is_nobody_elses(void **state)
{
	struct office office;
	char two[1024];

	(void)state;
	snprintf(two, sizeof(two), "%s\tleftid=@two\n",
		 "conn t\n\tleft=10.0.0.10\n\tright=192.0.2.2\n\tleftsubnet=192.168.1.2/32\n"
		 "\trightsubnet=10.2.0.0/24\n\trightid=@east\n\tauthby=secret\n"
		 "\tkeyexchange=ikev1\n\tauto=add\n");
	office_open(&office, ROAD("\tleftsubnet=192.168.1.2/32\n"), two,
		    "config setup\n\tvirtual-private=%v4:192.168.0.0/16\n"
		    "conn t\n\tleft=%any\n\tright=192.0.2.2\n\tleftsubnet=vhost:%priv\n"
		    "\trightsubnet=10.2.0.0/24\n\trightid=@east\n\tauthby=secret\n"
		    "\tkeyexchange=ikev1\n\tauto=add\n");
	assert_int_equal(office.east.child_up, 1);
	assert_true(end_said(&office.east, "in use by") || end_said(&office.east, "somebody else"));
	office_close(&office);
}

/* ---- the NAT box has a new mapping ---- */

/* Every SA of east's kernel goes to, or comes from, that port of the box. */
static void assert_esp_at(struct box *box, uint16_t port)
{
	struct simulated_sa sa;

	assert_int_equal(kernel_simulated_sa_count(box->pair.east.kernel), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(kernel_simulated_sa(box->pair.east.kernel, i, &sa));
		assert_int_equal(sa.sa.encap.remote_port, port);
	}
	assert_int_equal(box->pair.west.child_up + box->pair.east.child_up, 2);
	assert_int_equal(box->pair.west.child_down + box->pair.east.child_down, 0);
}

static struct child_sa *child_of(struct end *end, const char *name)
{
	struct child_sa *child = tunnel_current(peers_tunnel(&end->gateway->peers, name));

	assert_non_null(child);
	return child;
}

static void a_new_mapping_is_followed_from_the_first_authenticated_message(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE "\tdpddelay=10s\n", ANYBODY);
	uint16_t before = sa_of(&box.pair.east, "t[1]")->remote.port;
	world_nat_flush(box.pair.world);
	world_run(box.pair.world, 25 * USEC_PER_SEC);
	assert_int_not_equal(sa_of(&box.pair.east, "t[1]")->remote.port, before);
	assert_esp_at(&box, sa_of(&box.pair.east, "t[1]")->remote.port);
	assert_int_equal(box.pair.west.ike_down + box.pair.east.ike_down, 0);
	pair_end(&box.pair);
}

static void see_esp_from(struct box *box, const char *address, uint16_t port)
{
	struct ip_endpoint mapped = { .port = port };

	assert_int_equal(ip_parse(address, &mapped.addr), RC_OK);
	kernel_simulated_mapping(box->pair.east.kernel, child_of(&box->pair.east, "t[1]")->spi_in,
				 &mapped);
	world_settle(box->pair.world);
	world_run(box->pair.world, 10 * USEC_PER_SEC);
}

/* The mapping is made by a keepalive, which authenticates nothing. */
static void esp_from_a_new_port_is_followed_and_the_isakmp_sa_after_an_answer(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE, ANYBODY);
	uint16_t before = sa_of(&box.pair.east, "t[1]")->remote.port;
	world_nat_flush(box.pair.world);
	world_run(box.pair.world, 25 * USEC_PER_SEC);
	assert_int_equal(sa_of(&box.pair.east, "t[1]")->remote.port, before);
	see_esp_from(&box, "198.51.100.1", (uint16_t)(before + 1));
	assert_int_equal(sa_of(&box.pair.east, "t[1]")->remote.port, before + 1);
	assert_esp_at(&box, (uint16_t)(before + 1));
	assert_null(sa_of(&box.pair.east, "t[1]")->check);
	pair_end(&box.pair);
}

static void esp_from_a_foreign_address_is_not_believed_without_an_answer(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE, ANYBODY);
	uint16_t port = sa_of(&box.pair.east, "t[1]")->remote.port;
	for (unsigned i = 0; i < 3; i++)
		see_esp_from(&box, "203.0.113.66", 4500);
	assert_esp_at(&box, port);
	assert_int_equal(sa_of(&box.pair.east, "t[1]")->remote.addr.bytes[0], 198);
	assert_int_equal(box.pair.east.ike_down, 0);
	pair_end(&box.pair);
}

static bool loses_the_first(void *context, struct flight *flight)
{
	unsigned *left = context;

	if (flight->from.addr.bytes[0] != 198 || *left == 0)
		return true;
	--*left;
	return false;
}

/* Its ISAKMP SA is gone and nobody can call it behind its NAT: what it sends by is what is used. */
static void client_without_phase_1_behind_a_nat_is_waited_for(void **state)
{
	unsigned lose = 1;
	struct box box;

	(void)state;
	begin(&box, INSIDE, ANYBODY);
	uint16_t before = sa_of(&box.pair.east, "t[1]")->remote.port;
	world_tap(box.pair.world, loses_the_first, &lose);
	assert_int_equal(gateway_down(box.pair.west.gateway, "t", NULL), RC_OK);
	world_run(box.pair.world, USEC_PER_SEC);
	assert_int_equal(lose, 0);
	assert_true(end_said(&box.pair.east, "we cannot begin"));
	see_esp_from(&box, "198.51.100.1", (uint16_t)(before + 7));
	assert_int_equal(child_of(&box.pair.east, "t[1]")->encap.remote_port, before + 7);
	see_esp_from(&box, "203.0.113.66", (uint16_t)(before + 8));
	assert_int_equal(child_of(&box.pair.east, "t[1]")->encap.remote_port, before + 7);
	assert_int_equal(child_of(&box.pair.east, "t[1]")->remote.bytes[0], 198);
	world_run(box.pair.world, 600 * USEC_PER_SEC);
	assert_int_equal(box.pair.east.child_down, 0);
	end_up(&box.pair.west, "t");
	world_run(box.pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(box.pair.west.kernel), 2);
	assert_int_equal(kernel_simulated_sa_count(box.pair.east.kernel), 2);
	assert_int_equal(child_of(&box.pair.east, "t[1]")->encap.remote_port,
			 sa_of(&box.pair.east, "t[1]")->remote.port);
	pair_end(&box.pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_is_spoken_where_both_know_it_and_else_the_drafts),
		cmocka_unit_test(aggressive_mode_speaks_either_too),
		cmocka_unit_test(who_has_no_way_in_common_does_without),
		cmocka_unit_test(client_in_transport_mode_is_who_it_seems_to_be),
		cmocka_unit_test(clients_behind_one_nat_are_told_apart_by_a_mark_of_their_own),
		cmocka_unit_test(road_warrior_has_its_private_address),
		cmocka_unit_test(gateway_that_replaces_asks_for_the_same),
		cmocka_unit_test(what_is_not_virtual_private_is_refused_with_the_reason),
		cmocka_unit_test(what_one_road_warrior_has_is_nobody_elses),
		cmocka_unit_test(a_new_mapping_is_followed_from_the_first_authenticated_message),
		cmocka_unit_test(esp_from_a_new_port_is_followed_and_the_isakmp_sa_after_an_answer),
		cmocka_unit_test(esp_from_a_foreign_address_is_not_believed_without_an_answer),
		cmocka_unit_test(client_without_phase_1_behind_a_nat_is_waited_for),
		cmocka_unit_test(without_marks_the_second_client_behind_a_nat_is_refused),
	};

	return exchange_run(tests);
}
