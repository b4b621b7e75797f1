/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1: both phases are renewed in time, by either end or by both at once; nothing is lost on the
 * way. */
#include "exchange/office.h"
#include "unit/test.h"

#define V1	   PAIR_BASE "\tkeyexchange=ikev1\n"
#define V1_ADD	   V1 "\tauto=add\n"
#define HOUR	   "\tikelifetime=1h\n"
#define DAY	   "\tikelifetime=24h\n\tsalifetime=24h\n"
#define SECRETS_V1 "192.0.2.1 192.0.2.2 @west @east : PSK \"correct horse battery staple\"\n"
#define MINUTE	   (60 * USEC_PER_SEC)

/* What goes over the wire: so many first messages of phase 1, and Quick Mode messages. */
struct ear {
	unsigned phase1, quick, informational;
	unsigned lose_phase1; /* so many of what belongs to phase 1 get lost */
	unsigned lose_quick;  /* the n-th message of Quick Mode gets lost; 0: none */
};

static bool listens(void *context, struct flight *flight)
{
	struct ear *ear = context;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK)
		return true;
	if (header.message_id == 0 && ear->lose_phase1 > 0) {
		ear->lose_phase1--;
		return false;
	}
	ear->phase1 += header.message_id == 0 && header.spi_r == 0;
	ear->quick += header.exchange == EXCHANGE_V1_QUICK;
	if (header.exchange == EXCHANGE_V1_QUICK && ear->quick == ear->lose_quick)
		return false;
	ear->informational += header.exchange == EXCHANGE_V1_INFORMATIONAL;
	return true;
}

static void begin(struct pair *pair, struct ear *ear, const char *west, const char *east)
{
	pair_start(pair, 1, west, east, SECRETS_V1, SECRETS_V1);
	end_up(&pair->west, "t");
	pair_run(pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
	*ear = (struct ear){ 0 };
	world_tap(pair->world, listens, ear);
}

static struct tunnel *tunnel_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	return tunnel;
}

static struct child_sa *child_of(struct end *end)
{
	struct child_sa *child = tunnel_current(tunnel_of(end));

	assert_non_null(child);
	return child;
}

static unsigned ikes_of(struct end *end)
{
	unsigned count = 0;

	list_for(node, &tunnel_of(end)->peer->ike_sas) count++;
	return count;
}

/* Both have the same one ISAKMP SA, and it has the one IPsec SA. */
static void assert_one_phase1(struct pair *pair)
{
	const struct ike_sa *west = child_of(&pair->west)->ike, *east = child_of(&pair->east)->ike;

	assert_int_equal(ikes_of(&pair->west), 1);
	assert_int_equal(ikes_of(&pair->east), 1);
	assert_int_equal(west->state, IKE_ESTABLISHED);
	assert_true(west->spi_i == east->spi_i && west->spi_r == east->spi_r);
	pair_assert_tunnel(pair);
}

static void run_and_ping(struct pair *pair, usec_t duration)
{
	for (usec_t end = duration; end > 0; end -= USEC_PER_SEC) {
		pair_run(pair, USEC_PER_SEC);
		assert_int_equal(pair_ping(pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(pair, false), SIMULATED_ARRIVED);
	}
}

/* ---- phase 1 ---- */

static void phase_1_is_renewed_and_its_ipsec_sas_go_on(void **state)
{
	struct pair pair;
	struct ear ear;
	uint32_t spi;
	uint64_t cookie;

	(void)state;
	begin(&pair, &ear, V1_ADD HOUR, V1_ADD HOUR);
	spi = child_of(&pair.west)->spi_in;
	cookie = child_of(&pair.west)->ike->spi_i;
	run_and_ping(&pair, 62 * MINUTE);
	assert_int_equal(ear.phase1, 1);
	assert_int_equal(ear.quick, 0);
	assert_int_equal(child_of(&pair.west)->spi_in, spi);
	assert_true(child_of(&pair.west)->ike->spi_i != cookie);
	assert_int_equal(pair.west.child_down + pair.east.child_down, 0);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

static void aggressive_mode_is_renewed_as_aggressive_mode(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, V1_ADD HOUR "\taggressive=yes\n", V1_ADD HOUR "\taggressive=yes\n");
	run_and_ping(&pair, 62 * MINUTE);
	assert_int_equal(ear.phase1, 1);
	assert_int_equal(ear.quick, 0);
	assert_int_equal(pair.west.ike_up, 2);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

static void the_end_with_the_shorter_lifetime_begins_whoever_began_before(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, V1_ADD DAY, V1_ADD HOUR);
	run_and_ping(&pair, 62 * MINUTE);
	assert_int_equal(ear.quick, 0);
	assert_int_equal(pair.east.ike_up, 2);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

/* A lifetime after the other, for a day. */
static void a_tunnel_of_many_phase_1s_has_lost_nothing(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, V1_ADD "\tikelifetime=10m\n\trekeymargin=2m\n\tsalifetime=24h\n",
	      V1_ADD "\tikelifetime=10m\n\trekeymargin=2m\n\tsalifetime=24h\n");
	for (unsigned i = 0; i < 24 * 6; i++) {
		pair_run(&pair, 10 * MINUTE);
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	}
	assert_true(pair.west.ike_up > 100);
	assert_true(ear.phase1 < 300);
	pair_run(&pair, MINUTE);
	assert_true(ikes_of(&pair.west) <= 2);
	pair_end(&pair);
}

static void rekey_no_leaves_phase_1_to_its_end(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, V1_ADD HOUR "\trekey=no\n", V1_ADD HOUR "\trekey=no\n");
	run_and_ping(&pair, 59 * MINUTE);
	assert_int_equal(ear.phase1, 0);
	run_and_ping(&pair, 2 * MINUTE);
	assert_int_equal(pair.west.ike_down, 1);
	pair_end(&pair);
}

static void the_operator_renews_phase_1(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	begin(&pair, &ear, V1_ADD, V1_ADD);
	assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_IKE, &diag), RC_OK);
	run_and_ping(&pair, MINUTE);
	assert_int_equal(ear.phase1, 1);
	assert_int_equal(ear.quick, 0);
	assert_int_equal(pair.east.ike_up, 2);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

/* It has just come up, begun by the other end, when it is to be replaced. */
static void what_has_just_come_up_is_renewed_once_too(void **state)
{
	struct world_network network = { .delay = 20 * USEC_PER_MSEC };

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		begin(&pair, &ear, V1_ADD, V1_ADD);
		world_set_network(pair.world, &network);
		for (unsigned n = 0; n < i % 3 + 1; n++) /* other cookies */
			assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_IKE, &diag),
					 RC_OK);
		pair_run(&pair, (500 + i * 100) * USEC_PER_MSEC);
		assert_int_equal(pair.east.ike_up, 2);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
		run_and_ping(&pair, 2 * MINUTE);
		assert_int_equal(ear.phase1, 2);
		assert_one_phase1(&pair);
		pair_end(&pair);
	}
}

static void when_both_begin_at_once_one_settles_and_nobody_loses(void **state)
{
	struct world_network network = { .delay = 200 * USEC_PER_MSEC };

	(void)state;
	for (unsigned apart = 0; apart < 10; apart++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		begin(&pair, &ear, V1_ADD, V1_ADD);
		world_set_network(pair.world, &network);
		assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_IKE, &diag), RC_OK);
		pair_run(&pair, apart * 150 * USEC_PER_MSEC);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
		run_and_ping(&pair, 2 * MINUTE);
		assert_int_equal(ear.quick, 0);
		assert_in_range(ear.phase1, 1, 2);
		assert_int_equal(pair.west.child_down + pair.east.child_down, 0);
		assert_one_phase1(&pair);
		pair_end(&pair);
	}
}

static void a_bad_network_only_costs_time(void **state)
{
	struct world_network network = { .loss = 200,
					 .duplicate = 200,
					 .delay = 10 * USEC_PER_MSEC,
					 .jitter = 30 * USEC_PER_MSEC };

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		begin(&pair, &ear, V1_ADD, V1_ADD);
		world_set_network(pair.world, &network);
		if (i % 2 == 0)
			assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_IKE, &diag),
					 RC_OK);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
		run_and_ping(&pair, 4 * MINUTE);
		assert_int_equal(pair.west.child_down + pair.east.child_down, 0);
		pair_end(&pair);
	}
}

static void a_peer_that_is_away_for_the_renewal_gets_it_when_it_is_back(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	begin(&pair, &ear, V1_ADD, V1_ADD);
	ear.lose_phase1 = 20;
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	run_and_ping(&pair, 10 * MINUTE);
	assert_int_equal(ear.lose_phase1, 0);
	assert_int_equal(pair.west.child_down + pair.east.child_down, 0);
	assert_int_equal(pair.west.ike_up, 2);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

/* Renewing takes until just before the end, and the end comes first. */
static void an_isakmp_sa_that_ends_while_it_is_renewed_costs_no_ipsec_sa(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	begin(&pair, &ear, V1_ADD, V1_ADD);
	ear.lose_phase1 = 1;
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&pair, 10 * USEC_PER_MSEC); /* begun, and its first message is lost */
	child_of(&pair.west)->ike->expires = 0;
	child_of(&pair.east)->ike->expires = 0;
	run_and_ping(&pair, 2 * MINUTE);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

#define SIBLINGS                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnets={10.2.0.0/24,10.3.0.0/24,10.4.0.0/24}\n"         \
	"\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n"

static void siblings_go_on_with_the_same_new_phase_1(void **state)
{
	struct pair pair;
	struct ear ear = { 0 };
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, SIBLINGS, SIBLINGS, SECRETS_V1, SECRETS_V1);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 3);
	world_tap(pair.world, listens, &ear);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&pair, MINUTE);
	assert_int_equal(ear.phase1, 1);
	assert_int_equal(ear.quick, 0);
	assert_int_equal(pair.west.child_down + pair.east.child_down, 0);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.1", "10.2.0.1"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.1", "10.4.0.1"), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* ---- clients ---- */

#define SERVER                                                                                     \
	"conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"                             \
	"\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n\tkeyexchange=ikev1\n"             \
	"\trightaddresspool=10.9.0.0/24\n"
#define CLIENT "\tleftsourceip=%config\n\tkeyexchange=ikev1\n"

static enum simulated_verdict packet(struct end *from, struct end *to, const char *src,
				     const char *dst)
{
	struct ip_range a, b;

	assert_int_equal(range_parse(src, &a, NULL), RC_OK);
	assert_int_equal(range_parse(dst, &b, NULL), RC_OK);
	struct selector s = selector_make(&a, 0, 0), d = selector_make(&b, 0, 0);
	return kernel_simulated_packet(from->kernel, to->kernel, &s, &d, 84);
}

static void a_client_keeps_its_address_and_its_ipsec_sa(void **state)
{
	static const char *const how[] = { "\tmodecfgpull=yes\n", "\tmodecfgpull=no\n" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct office office;
		struct end *client;
		struct diag diag;
		char server_conf[400], client_conf[200];
		uint32_t spi;
		(void)snprintf(server_conf, sizeof(server_conf), "%s%s", SERVER, how[i]);
		(void)snprintf(client_conf, sizeof(client_conf), "%s%s", CLIENT, how[i]);
		office_start(&office, server_conf, NULL);
		client = office_client(&office, 0, "@client0", client_conf);
		world_run(office.world, 5 * USEC_PER_SEC);
		spi = child_of(client)->spi_in;
		assert_int_equal(gateway_rekey(client->gateway, "t", REKEY_IKE, &diag), RC_OK);
		for (unsigned second = 0; second < 120; second++) {
			world_run(office.world, USEC_PER_SEC);
			assert_int_equal(packet(client, &office.server, "10.9.0.1", "10.2.0.7"),
					 SIMULATED_ARRIVED);
			assert_int_equal(packet(&office.server, client, "10.2.0.7", "10.9.0.1"),
					 SIMULATED_ARRIVED);
		}
		assert_int_equal(client->ike_up, 2);
		assert_int_equal(child_of(client)->spi_in, spi);
		assert_int_equal(ikes_of(client), 1);
		assert_int_equal(office.server.child_down, 0);
		office_end(&office);
	}
}

/* West is behind a NAT box that forgets what is silent; its new phase 1 comes from another port. */
#define COMMON                                                                                     \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n"
#define INSIDE	"config setup\n\tkeep-alive=0\nconn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" COMMON
#define ANYBODY "conn t\n\tleft=%any\n\tright=192.0.2.2\n" COMMON

static void ipsec_sas_follow_to_where_the_new_phase_1_comes_from(void **state)
{
	struct pair pair = { .world = world_new(7) };
	struct diag diag;
	struct simulated_sa before, after;
	uint32_t spi;

	(void)state;
	assert_int_equal(world_nat(pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
			 RC_OK);
	end_start(pair.world, &pair.west, "west", "10.0.0.9", INSIDE, SECRETS_V1);
	end_start(pair.world, &pair.east, "east", EAST_ADDRESS, ANYBODY, SECRETS_V1);
	end_up(&pair.west, "t");
	world_run(pair.world, 5 * USEC_PER_SEC);
	spi = child_of(&pair.west)->spi_in;
	assert_true(kernel_simulated_sa(pair.east.kernel, 0, &before));
	world_run(pair.world, 10 * MINUTE);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(child_of(&pair.west)->spi_in, spi);
	assert_true(kernel_simulated_sa(pair.east.kernel, 0, &after));
	assert_int_equal(after.sa.spi, before.sa.spi);
	assert_int_not_equal(after.sa.encap.remote_port, before.sa.encap.remote_port);
	pair_end(&pair);
}

/* ---- what goes over the new one ---- */

static void liveness_and_deletes_go_over_the_new_one(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	begin(&pair, &ear, V1_ADD "\tdpddelay=30\n", V1_ADD "\tdpddelay=30\n");
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&pair, 5 * MINUTE); /* in silence: packets would be proof enough */
	assert_one_phase1(&pair);
	assert_true(ear.informational >= 8);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 5 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void a_delete_over_the_old_one_is_heard_too(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	begin(&pair, &ear, V1_ADD, V1_ADD);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(ikes_of(&pair.east), 2);
	assert_int_equal(gateway_down(pair.east.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 5 * USEC_PER_SEC);
	end_assert_childless(&pair.west);
	end_assert_childless(&pair.east);
	pair_end(&pair);
}

/* Each ISAKMP SA's first cookie, and whose Informational exchanges get lost. */
struct wire_of {
	uint64_t deaf;
	unsigned lost, passed;
};

static bool is_deaf_in(void *context, struct flight *flight)
{
	struct wire_of *wire = context;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_INFORMATIONAL)
		return true;
	wire->lost += header.spi_i == wire->deaf;
	wire->passed += header.spi_i != wire->deaf;
	return header.spi_i != wire->deaf;
}

/* One of three IPsec SAs ends: that goes over both ISAKMP SAs. */
static void end_one(struct pair *pair, struct child_sa *child, struct wire_of *wire)
{
	world_tap(pair->world, is_deaf_in, wire);
	child->tunnel->wanted = WANTED_LISTEN;
	child->delete_wanted = true;
	child->delete_reason = RC_OPERATOR;
	peer_dirty(child->ike->peer);
	pair_run(pair, 100 * USEC_PER_MSEC);
	assert_int_equal(wire->lost, 1);
	assert_int_equal(wire->passed, 1);
	assert_int_equal(pair->west.gateway->sas.child_count, 2);
	assert_int_equal(pair->east.gateway->sas.child_count, 2);
}

/* strongSwan looks for it in that one only; a message that is not answered may get lost, too. */
static void a_delete_goes_over_every_isakmp_sa_and_one_is_enough(void **state)
{
	(void)state;
	for (unsigned deaf = 0; deaf < 2; deaf++) {
		struct pair pair;
		struct wire_of wire = { 0 };
		struct diag diag;
		struct child_sa *child;
		uint64_t old;
		pair_start(&pair, 1, SIBLINGS, SIBLINGS, SECRETS_V1, SECRETS_V1);
		end_up(&pair.west, "t");
		pair_run(&pair, 5 * USEC_PER_SEC);
		child = tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t/1x2"));
		assert_non_null(child);
		old = child->ike->spi_i;
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
		pair_run(&pair, USEC_PER_SEC);
		assert_int_not_equal(child->ike->spi_i, old);
		wire.deaf = deaf == 0 ? old : child->ike->spi_i;
		end_one(&pair, child, &wire);
		pair_end(&pair);
	}
}

/* What is down is down with all that served it: nothing of it lingers at the peer. */
static void when_the_last_ipsec_sa_goes_so_does_every_isakmp_sa(void **state)
{
	for (unsigned side = 0; side < 2; side++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		(void)state;
		begin(&pair, &ear, V1_ADD, V1_ADD);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
		pair_run(&pair, USEC_PER_SEC);
		assert_int_equal(ikes_of(&pair.east), 2);
		assert_int_equal(
			gateway_down(side == 0 ? pair.west.gateway : pair.east.gateway, "t", &diag),
			RC_OK);
		pair_run(&pair, 100 * USEC_PER_MSEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
		pair_end(&pair);
	}
}

struct echo {
	uint64_t cookie;
	struct span last; /* of west's Informational exchanges in that one */
	uint8_t bytes[1024];
};

static bool keeps_last(void *context, struct flight *flight)
{
	struct echo *echo = context;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_INFORMATIONAL || header.spi_i != echo->cookie ||
	    flight->from.addr.bytes[3] != 1 || flight->len > sizeof(echo->bytes))
		return true;
	memcpy(echo->bytes, flight->bytes, flight->len);
	echo->last = span_make(echo->bytes, flight->len);
	return true;
}

/* Somebody sends it back: of a peer without DPD every message is a sign of life. */
static void a_delete_over_another_isakmp_sa_is_not_heard_when_it_comes_back(void **state)
{
	struct pair pair;
	struct echo echo = { .cookie = 0 };
	struct diag diag;
	struct child_sa *child;
	struct ike_sa *old;
	usec_t heard;

	(void)state;
	pair_start(&pair, 1, SIBLINGS, SIBLINGS, SECRETS_V1, SECRETS_V1);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	child = tunnel_current(peers_tunnel(&pair.west.gateway->peers, "t/1x2"));
	old = child->ike;
	old->v1->vendors &= ~(unsigned)VENDOR_DPD;
	echo.cookie = old->spi_i;
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	assert_ptr_not_equal(child->ike, old);
	world_tap(pair.world, keeps_last, &echo);
	child->tunnel->wanted = WANTED_LISTEN;
	child->delete_wanted = true;
	child->delete_reason = RC_OPERATOR;
	peer_dirty(child->ike->peer);
	pair_run(&pair, USEC_PER_SEC);
	assert_true(echo.last.len > 0);
	heard = old->last_heard;
	assert_int_equal(world_inject(pair.world, &old->remote, &old->local, echo.last), RC_OK);
	pair_run(&pair, 100 * USEC_PER_MSEC);
	assert_int_equal(old->last_heard, heard);
	pair_end(&pair);
}

static void a_quick_mode_under_way_survives_the_change(void **state)
{
	struct world_network network = { .delay = 200 * USEC_PER_MSEC };

	(void)state;
	for (unsigned apart = 0; apart < 10; apart++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		begin(&pair, &ear, V1_ADD, V1_ADD);
		world_set_network(pair.world, &network);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
		pair_run(&pair, apart * 150 * USEC_PER_MSEC);
		assert_int_equal(
			gateway_rekey(apart % 2 == 0 ? pair.west.gateway : pair.east.gateway, "t",
				      REKEY_CHILD, &diag),
			RC_OK);
		run_and_ping(&pair, 2 * MINUTE);
		assert_int_equal(ear.phase1, 1);
		assert_int_equal(pair.west.child_up, 2);
		assert_one_phase1(&pair);
		pair_end(&pair);
	}
}

static void a_peer_that_starts_anew_takes_nothing_old_along(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, V1_ADD, V1_ADD);
	end_crash(&pair.west);
	end_boot(&pair.west, V1_ADD, SECRETS_V1);
	end_up(&pair.west, "t");
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 2);
	assert_int_equal(ikes_of(&pair.east), 1);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* ---- phase 2 ---- */

static void ipsec_sas_are_rekeyed_before_they_end_and_nothing_is_lost(void **state)
{
	struct pair pair;
	struct ear ear;
	uint32_t old;

	(void)state;
	begin(&pair, &ear, V1_ADD "\tsalifetime=1h\n", V1_ADD "\tsalifetime=1h\n");
	old = child_of(&pair.west)->spi_in;
	run_and_ping(&pair, 62 * MINUTE);
	assert_true(child_of(&pair.west)->spi_in != old);
	assert_int_equal(ear.quick, 3);
	assert_int_equal(ear.phase1, 0);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

static void either_end_may_rekey_and_both_at_once(void **state)
{
	struct world_network network = { .delay = 200 * USEC_PER_MSEC };

	(void)state;
	for (unsigned apart = 0; apart < 10; apart++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		begin(&pair, &ear, V1_ADD, V1_ADD);
		world_set_network(pair.world, &network);
		assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_CHILD, &diag), RC_OK);
		pair_run(&pair, apart * 100 * USEC_PER_MSEC);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
		run_and_ping(&pair, MINUTE);
		assert_true(ear.quick <= 9);
		assert_one_phase1(&pair);
		pair_end(&pair);
	}
}

/* Deletes that went out while the kernel did not send with the newest IPsec SA yet. */
struct hasty {
	struct pair *pair;
	unsigned deletes, early;
};

static bool half_installed(struct end *end)
{
	list_for(node, &tunnel_of(end)->child_sas)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		if (child->waiting_keymat.ptr != NULL && child->promotions > 0)
			return true;
	}
	return false;
}

static bool is_hasty(void *context, struct flight *flight)
{
	struct hasty *hasty = context;
	struct ike_header header;
	bool west = flight->from.addr.bytes[3] == 1;

	if (wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_INFORMATIONAL)
		return true;
	hasty->deletes++;
	hasty->early += half_installed(west ? &hasty->pair->west : &hasty->pair->east);
	return true;
}

/* A packet that leaves by the old one after its Delete finds nobody: the third message comes later
 * than the grace ends, and the kernel takes its time. */
static void an_old_one_is_deleted_when_the_kernel_sends_with_the_new_one(void **state)
{
	struct world_network network = { .delay = 700 * USEC_PER_MSEC };

	(void)state;
	for (unsigned apart = 0; apart < 10; apart++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		struct hasty hasty = { .pair = &pair };
		begin(&pair, &ear, V1_ADD, V1_ADD);
		world_set_network(pair.world, &network);
		kernel_simulated_delay(pair.west.kernel, 50 * USEC_PER_MSEC);
		kernel_simulated_delay(pair.east.kernel, 50 * USEC_PER_MSEC);
		world_tap(pair.world, is_hasty, &hasty);
		assert_int_equal(gateway_rekey(pair.east.gateway, "t", REKEY_CHILD, &diag), RC_OK);
		pair_run(&pair, apart * 100 * USEC_PER_MSEC);
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
		run_and_ping(&pair, 20 * USEC_PER_SEC);
		assert_true(hasty.deletes > 0);
		assert_int_equal(hasty.early, 0);
		assert_one_phase1(&pair);
		pair_end(&pair);
	}
}

/* The first, the second and the third message of the rekeying. */
static void whatever_gets_lost_of_a_rekeying_no_packet_does(void **state)
{
	(void)state;
	for (unsigned lost = 1; lost <= 3; lost++) {
		struct pair pair;
		struct ear ear;
		struct diag diag;
		uint32_t old;
		begin(&pair, &ear, V1_ADD, V1_ADD);
		old = child_of(&pair.west)->spi_in;
		ear.lose_quick = lost;
		assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
		run_and_ping(&pair, MINUTE);
		assert_true(child_of(&pair.west)->spi_in != old);
		assert_one_phase1(&pair);
		pair_end(&pair);
	}
}

static void the_old_ipsec_sa_is_used_until_the_peer_has_the_new_one(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;
	const struct child_sa *child;

	(void)state;
	begin(&pair, &ear, V1_ADD, V1_ADD);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	pair_run(&pair, USEC_PER_SEC);
	child = child_of(&pair.west);
	assert_non_null(child->waiting_keymat.ptr); /* three of it are out, nothing answers */
	assert_int_equal(pair.west.child_down, 0);
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_null(child->waiting_keymat.ptr);
	assert_int_equal(pair.west.child_down, 1);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

static void ipsec_sas_are_rekeyed_by_volume(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, V1_ADD "\tipsec-max-packets=1000\n", V1_ADD);
	for (unsigned i = 0; i < 3000; i++) {
		assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
		pair_run(&pair, 100 * USEC_PER_MSEC);
	}
	assert_in_range(pair.west.child_up, 3, 10);
	pair_end(&pair);
}

/* ---- lifetimes ---- */

static void a_responder_that_lives_shorter_says_so_and_the_initiator_acts_on_it(void **state)
{
	struct pair pair;
	struct ear ear;
	uint32_t old;

	(void)state;
	begin(&pair, &ear, V1_ADD DAY, V1_ADD "\tikelifetime=2h\n\tsalifetime=1h\n");
	assert_int_equal(child_of(&pair.west)->peer_seconds, 3600);
	assert_int_equal(child_of(&pair.west)->ike->v1->seconds, 7200);
	old = child_of(&pair.west)->spi_in;
	run_and_ping(&pair, 56 * MINUTE);
	assert_true(child_of(&pair.west)->spi_in != old);
	assert_true(child_of(&pair.west)->initiator);
	run_and_ping(&pair, 66 * MINUTE);
	assert_int_equal(child_of(&pair.west)->ike->role, INITIATOR);
	assert_int_equal(pair.west.ike_up, 2);
	assert_one_phase1(&pair);
	pair_end(&pair);
}

static void what_the_initiator_offers_is_renewed_in_time_by_who_only_accepted(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, V1_ADD "\tikelifetime=2h\n\tsalifetime=1h\n\trekey=no\n", V1_ADD DAY);
	assert_int_equal(child_of(&pair.east)->peer_seconds, 3600);
	assert_int_equal(ear.informational, 0); /* nothing to tell */
	run_and_ping(&pair, 121 * MINUTE);
	assert_false(child_of(&pair.west)->initiator);
	assert_int_equal(child_of(&pair.east)->ike->role, INITIATOR);
	assert_int_equal(ear.phase1, 1);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phase_1_is_renewed_and_its_ipsec_sas_go_on),
		cmocka_unit_test(aggressive_mode_is_renewed_as_aggressive_mode),
		cmocka_unit_test(the_end_with_the_shorter_lifetime_begins_whoever_began_before),
		cmocka_unit_test(a_tunnel_of_many_phase_1s_has_lost_nothing),
		cmocka_unit_test(rekey_no_leaves_phase_1_to_its_end),
		cmocka_unit_test(the_operator_renews_phase_1),
		cmocka_unit_test(what_has_just_come_up_is_renewed_once_too),
		cmocka_unit_test(when_both_begin_at_once_one_settles_and_nobody_loses),
		cmocka_unit_test(a_bad_network_only_costs_time),
		cmocka_unit_test(a_peer_that_is_away_for_the_renewal_gets_it_when_it_is_back),
		cmocka_unit_test(an_isakmp_sa_that_ends_while_it_is_renewed_costs_no_ipsec_sa),
		cmocka_unit_test(siblings_go_on_with_the_same_new_phase_1),
		cmocka_unit_test(a_client_keeps_its_address_and_its_ipsec_sa),
		cmocka_unit_test(ipsec_sas_follow_to_where_the_new_phase_1_comes_from),
		cmocka_unit_test(liveness_and_deletes_go_over_the_new_one),
		cmocka_unit_test(a_delete_over_the_old_one_is_heard_too),
		cmocka_unit_test(a_delete_goes_over_every_isakmp_sa_and_one_is_enough),
		cmocka_unit_test(when_the_last_ipsec_sa_goes_so_does_every_isakmp_sa),
		cmocka_unit_test(a_delete_over_another_isakmp_sa_is_not_heard_when_it_comes_back),
		cmocka_unit_test(a_quick_mode_under_way_survives_the_change),
		cmocka_unit_test(a_peer_that_starts_anew_takes_nothing_old_along),
		cmocka_unit_test(ipsec_sas_are_rekeyed_before_they_end_and_nothing_is_lost),
		cmocka_unit_test(either_end_may_rekey_and_both_at_once),
		cmocka_unit_test(an_old_one_is_deleted_when_the_kernel_sends_with_the_new_one),
		cmocka_unit_test(whatever_gets_lost_of_a_rekeying_no_packet_does),
		cmocka_unit_test(the_old_ipsec_sa_is_used_until_the_peer_has_the_new_one),
		cmocka_unit_test(ipsec_sas_are_rekeyed_by_volume),
		cmocka_unit_test(
			a_responder_that_lives_shorter_says_so_and_the_initiator_acts_on_it),
		cmocka_unit_test(what_the_initiator_offers_is_renewed_in_time_by_who_only_accepted),
	};

	return exchange_run(tests);
}
