/* SPDX-License-Identifier: Apache-2.0 */
/* IPsec SAs of IKEv1 whose ISAKMP SA has gone (architecture.md §6), case by case. East is the
 * server: it forgets both, and its Delete of the IPsec SA gets lost. */
#include <stdio.h>
#include "engine/private.h"
#include "exchange/pair.h"
#include "unit/test.h"

#define V1	   PAIR_BASE "\tkeyexchange=ikev1\n"
#define V1_ADD	   V1 "\tauto=add\n"
#define WANTED	   V1 "\tauto=start\n"
#define SECRETS_V1 ": PSK \"correct horse battery staple\"\n"
#define INTERVAL   (500 * USEC_PER_MSEC) /* before the first retransmission, at most */
#define ONE_SECOND USEC_PER_SEC

/* Listens, and takes what the test says. */
struct thief {
	unsigned informational, quick; /* so many of them are lost, of the host `from` */
	const char *from;
	bool half;	 /* of a phase 1 that that host begins only the first message arrives */
	uint64_t begun;	 /* its cookie */
	bool no_dpd;	 /* nobody's vendor ID of DPD arrives */
	unsigned phases; /* phase 1s that were begun, of either end */
	uint64_t last;	 /* cookie of the initiator of the last one */
};

static const uint8_t dpd_id[] = { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9,
				  0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00 };

static void take_dpd_out(struct flight *flight)
{
	uint8_t *found = memmem(flight->bytes, flight->len, dpd_id, sizeof(dpd_id));

	if (found != NULL)
		found[0] ^= 0xff;
}

static bool is_from(const struct thief *thief, const struct flight *flight)
{
	char from[IP_TEXT_MAX];

	return strcmp(ip_text(&flight->from.addr, from), thief->from) == 0;
}

static bool goes_on(struct thief *thief, const struct flight *flight,
		    const struct ike_header *header)
{
	if (header->exchange != EXCHANGE_V1_MAIN || !is_from(thief, flight))
		return false;
	if (header->spi_r == 0)
		thief->begun = header->spi_i;
	return header->spi_r != 0 && header->spi_i == thief->begun;
}

static bool taken(const struct thief *thief, const struct flight *flight, unsigned *left)
{
	if (*left == 0 || !is_from(thief, flight))
		return false;
	--*left;
	return true;
}

static bool steals(void *context, struct flight *flight)
{
	struct thief *thief = context;
	size_t marker = flight->to.port == IKE_NATT_PORT ? 4 : 0;
	struct ike_header header;

	if (wire_header_parse(span_make(flight->bytes + marker, flight->len - marker), &header,
			      NULL) != RC_OK)
		return true;
	if (thief->half && goes_on(thief, flight, &header))
		return false;
	if (thief->no_dpd)
		take_dpd_out(flight);
	if ((header.exchange == EXCHANGE_V1_MAIN || header.exchange == EXCHANGE_V1_AGGRESSIVE) &&
	    header.spi_r == 0 && header.spi_i != thief->last) {
		thief->last = header.spi_i;
		thief->phases++;
	}
	if (header.exchange == EXCHANGE_V1_INFORMATIONAL)
		return !taken(thief, flight, &thief->informational);
	return header.exchange != EXCHANGE_V1_QUICK || !taken(thief, flight, &thief->quick);
}

struct play {
	struct pair pair;
	struct thief thief;
};

static struct tunnel *tunnel_of(struct end *end, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, name);

	assert_non_null(tunnel);
	return tunnel;
}

static struct ike_sa *sa_of(struct end *end)
{
	struct peer *peer = tunnel_of(end, "t")->peer;

	assert_false(list_empty(&peer->ike_sas));
	return container_of(peer->ike_sas.next, struct ike_sa, in_peer);
}

static struct child_sa *child_of(struct end *end)
{
	struct child_sa *child = tunnel_current(tunnel_of(end, "t"));

	assert_non_null(child);
	return child;
}

static void begin(struct play *play, const char *west, const char *east)
{
	*play = (struct play){ .thief.from = EAST_ADDRESS };
	pair_start(&play->pair, 1, west, east, SECRETS_V1, SECRETS_V1);
}

static void overhear(struct play *play)
{
	world_tap(play->pair.world, steals, &play->thief);
}

static void begin_up(struct play *play, const char *west, const char *east)
{
	begin(play, west, east);
	end_up(&play->pair.west, "t");
	pair_run(&play->pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&play->pair);
	overhear(play);
}

/* The field case. `lost`: of East's Deletes; one ISAKMP SA's Delete follows them. */
static void server_forgets(struct play *play, unsigned lost)
{
	struct diag diag;

	play->thief.informational = lost;
	assert_int_equal(gateway_down(play->pair.east.gateway, "t", &diag), RC_OK);
	pair_run(&play->pair, 20 * USEC_PER_MSEC);
	assert_int_equal(play->thief.informational, 0);
}

static void heals(struct play *play, usec_t within)
{
	pair_run(&play->pair, within);
	if (pair_ping(&play->pair, true) != SIMULATED_ARRIVED)
		fail_msg("west: %s\neast: %s", play->pair.west.journal, play->pair.east.journal);
	pair_run(&play->pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&play->pair);
}

static void expire(struct end *end, usec_t when)
{
	struct ike_sa *sa = sa_of(end);

	sa->expires = when;
	life_arm(end->gateway, sa);
}

/* ---- the field case ---- */

static void traffic_flows_again_within_a_retransmission_and_a_negotiation(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, WANTED, V1_ADD);
	server_forgets(&play, 1);
	assert_int_equal(pair_ping(&play.pair, true), SIMULATED_NO_SA); /* dead for ever, before */
	heals(&play, INTERVAL + 100 * USEC_PER_MSEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(play.pair.west.child_up, 2);
	pair_end(&play.pair);
}

static void it_is_told_once_when_and_why_and_what_follows(void **state)
{
	struct play play;
	char text[160];
	const char *first;

	(void)state;
	begin_up(&play, WANTED "\tretransmit-jitter=0%\n", V1_ADD);
	(void)snprintf(text, sizeof(text),
		       "the ISAKMP SA #%llu is gone after 3 seconds: the peer deleted it; replace "
		       "IPsec SA #%llu in 0.5 seconds (SPI %08x)",
		       (unsigned long long)sa_of(&play.pair.west)->serial,
		       (unsigned long long)child_of(&play.pair.west)->serial,
		       child_of(&play.pair.west)->spi_in);
	server_forgets(&play, 1);
	assert_int_equal(sa_of(&play.pair.west)->v1->gone_by, RC_PEER_DELETED);
	assert_true(sa_of(&play.pair.west)->v1->gone_at > world_now(play.pair.world) - ONE_SECOND);
	first = strstr(play.pair.west.journal, text);
	if (first == NULL)
		fail_msg("no \"%s\" in: %s", text, play.pair.west.journal);
	heals(&play, 5 * USEC_PER_SEC);
	assert_null(strstr(strstr(play.pair.west.journal, text) + strlen(text), "is gone after"));
	pair_end(&play.pair);
}

/* ---- siblings ---- */

#define SIBLINGS                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnets={10.2.0.0/24,10.3.0.0/24,10.4.0.0/24}\n"         \
	"\tauthby=secret\n\tkeyexchange=ikev1\n"

static void siblings_that_fire_within_a_second_make_one_phase_1(void **state)
{
	struct play play;
	usec_t when;

	(void)state;
	begin(&play, SIBLINGS "\tauto=add\n", SIBLINGS "\tauto=add\n");
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 5 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.child_up, 3);
	overhear(&play);
	when = world_now(play.pair.world) + 10 * USEC_PER_SEC;
	server_forgets(&play, 3);
	list_for(node, &tunnel_of(&play.pair.west, "t/1x2")->peer->tunnels)
	{
		struct tunnel *tunnel = container_of(node, struct tunnel, in_peer);
		struct child_sa *child = tunnel_current(tunnel);
		assert_non_null(child);
		assert_int_equal(child->ike->state, IKEV1_GONE);
		child->ike->replace_at = USEC_NEVER;
		child->replace_at = when;
		when += 300 * USEC_PER_MSEC;
		life_arm(play.pair.west.gateway, child->ike);
	}
	pair_run(&play.pair, 15 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(play.pair.west.child_up, 6);
	pair_run(&play.pair, 60 * USEC_PER_SEC);
	assert_int_equal(kernel_simulated_sa_count(play.pair.west.kernel), 6);
	assert_int_equal(kernel_simulated_sa_count(play.pair.east.kernel), 6);
	pair_end(&play.pair);
}

#define SECOND                                                                                     \
	"conn u\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.3.0.0/24\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tauto=add\n"

/* u began phase 1; t lives in it. */
static void phase_1_that_a_sibling_began_is_not_missed(void **state)
{
	struct play play;
	struct diag diag;

	(void)state;
	begin(&play, V1_ADD "\tdpddelay=10\n" SECOND "\tdpddelay=10\n", V1_ADD SECOND);
	end_up(&play.pair.west, "u");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	overhear(&play);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 0);
	assert_int_equal(gateway_down(play.pair.west.gateway, "u", &diag), RC_OK);
	pair_run(&play.pair, 100 * USEC_PER_SEC);
	assert_false(end_said(&play.pair.west, "is gone"));
	assert_false(end_said(&play.pair.east, "is gone"));
	assert_int_equal(play.thief.phases, 0);
	pair_assert_tunnel(&play.pair);
	pair_end(&play.pair);
}

/* ---- another phase 1 is on its way ---- */

static void slow_network(struct play *play, usec_t delay)
{
	const struct world_network network = { .delay = delay };

	world_set_network(play->pair.world, &network);
}

/* A sibling of the tunnel has begun one: it serves for both. */
static void a_phase_1_that_we_have_begun_is_waited_for(void **state)
{
	struct play play;

	(void)state;
	begin(&play, V1_ADD SECOND, V1_ADD SECOND);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	overhear(&play);
	server_forgets(&play, 1);
	slow_network(&play, 200 * USEC_PER_MSEC);
	end_up(&play.pair.west, "u"); /* before the replacement is due, and not done when it is */
	pair_run(&play.pair, 600 * USEC_PER_MSEC);
	assert_true(child_of(&play.pair.west)->must_replace);
	assert_int_equal(play.pair.west.ike_up, 1);
	pair_run(&play.pair, 10 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(play.pair.west.child_up, 3);
	assert_int_equal(pair_ping(&play.pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&play.pair, "10.1.0.1", "10.3.0.1"), SIMULATED_ARRIVED);
	pair_end(&play.pair);
}

static void a_phase_1_that_the_peer_has_begun_is_waited_for(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, WANTED "\tretransmit-timeout=2s\n", V1_ADD "\tretransmit-timeout=2s\n");
	slow_network(&play, 400 * USEC_PER_MSEC);
	play.thief.informational = 1;
	assert_int_equal(gateway_down(play.pair.east.gateway, "t", &(struct diag){ "" }), RC_OK);
	pair_run(&play.pair, 1200 * USEC_PER_MSEC);
	end_up(&play.pair.east, "t");
	pair_run(&play.pair, 1400 * USEC_PER_MSEC); /* then ours would have been due */
	assert_int_equal(play.pair.west.gateway->sas.half_open_count, 1);
	assert_true(sa_of(&play.pair.west)->v1->waited);
	heals(&play, 10 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	pair_end(&play.pair);
}

/* East remembers u alone, and makes it anew. Its phase 1 is there; t would still be dead. */
static void what_the_peer_leaves_out_is_replaced_in_its_phase_1(void **state)
{
	struct play play;

	(void)state;
	begin(&play, WANTED SECOND,
	      V1_ADD "\tinitial-contact=no\n" SECOND "\tinitial-contact=no\n");
	end_up(&play.pair.west, "u");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.child_up, 2);
	overhear(&play);
	play.thief.informational = 2;
	assert_int_equal(gateway_down(play.pair.east.gateway, "t", &(struct diag){ "" }), RC_OK);
	assert_int_equal(gateway_down(play.pair.east.gateway, "u", &(struct diag){ "" }), RC_OK);
	pair_run(&play.pair, 20 * USEC_PER_MSEC);
	end_up(&play.pair.east, "u");
	pair_run(&play.pair, 200 * USEC_PER_MSEC);
	assert_int_equal(play.pair.east.child_up, 3);
	assert_int_equal(pair_ping(&play.pair, true), SIMULATED_NO_SA);
	pair_run(&play.pair, 10 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(pair_ping(&play.pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(&play.pair, "10.1.0.1", "10.3.0.1"), SIMULATED_ARRIVED);
	pair_end(&play.pair);
}

/* Somebody who only pretends to begin does not keep us from it. */
static void a_phase_1_that_never_ends_is_waited_for_once(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, WANTED, V1_ADD);
	play.thief.half = true;
	server_forgets(&play, 1);
	end_up(&play.pair.east, "t");
	pair_run(&play.pair, 700 * USEC_PER_MSEC);
	assert_true(
		half_open_here(&play.pair.west.gateway->sas, &sa_of(&play.pair.west)->remote.addr));
	assert_true(sa_of(&play.pair.west)->v1->waited);
	heals(&play, 10 * USEC_PER_SEC);
	pair_end(&play.pair);
}

static void both_ends_at_once_end_with_one_tunnel(void **state)
{
	struct play play;
	usec_t when;

	(void)state;
	begin_up(&play, WANTED, V1_ADD);
	tunnel_of(&play.pair.east, "t")->wanted = WANTED_UP;
	when = world_now(play.pair.world) + 10 * USEC_PER_SEC;
	play.thief.informational = 2; /* neither hears of the other */
	play.thief.from = EAST_ADDRESS;
	expire(&play.pair.west, when);
	expire(&play.pair.east, when);
	pair_run(&play.pair, 11 * USEC_PER_SEC);
	heals(&play, 10 * USEC_PER_SEC);
	assert_in_range(play.thief.phases, 1, 2);
	pair_end(&play.pair);
}

/* ---- between the event and its end ---- */

static void a_delete_that_comes_while_a_rekey_is_worked_on_is_heard_after_it(void **state)
{
	struct play play;
	struct diag diag;

	(void)state;
	begin_up(&play, WANTED "\tpfs=yes\n", V1_ADD "\tpfs=yes\n");
	world_hold_jobs(play.pair.world, true);
	assert_int_equal(gateway_rekey(play.pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	world_settle(play.pair.world);
	assert_int_equal(world_jobs_waiting(play.pair.world), 1);
	play.thief.quick = 1;
	play.thief.from = WEST_ADDRESS;
	assert_int_equal(gateway_down(play.pair.east.gateway, "t", &diag), RC_OK);
	play.thief.from = EAST_ADDRESS;
	play.thief.informational = 1;
	pair_run(&play.pair, 20 * USEC_PER_MSEC);
	assert_int_equal(sa_of(&play.pair.west)->state, IKE_ESTABLISHED);
	world_hold_jobs(play.pair.world, false);
	heals(&play, 5 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	pair_end(&play.pair);
}

static void a_rekey_under_way_is_already_its_replacement(void **state)
{
	struct play play;
	struct diag diag;
	char text[80];

	(void)state;
	begin_up(&play, WANTED, V1_ADD);
	play.thief.from = WEST_ADDRESS;
	play.thief.quick = 9;
	assert_int_equal(gateway_rekey(play.pair.west.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	pair_run(&play.pair, 20 * USEC_PER_MSEC);
	assert_int_equal(play.thief.quick, 8);
	play.thief.quick = 0;
	play.thief.from = EAST_ADDRESS;
	(void)snprintf(text, sizeof(text), "already replacing IPsec SA #%llu in ",
		       (unsigned long long)child_of(&play.pair.west)->serial);
	server_forgets(&play, 1);
	if (!end_said(&play.pair.west, text))
		fail_msg("%s", play.pair.west.journal);
	heals(&play, 5 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(play.pair.west.child_up, 2);
	pair_end(&play.pair);
}

static void what_is_due_sooner_anyway_is_not_put_off(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, V1_ADD "\tdpddelay=60\n", V1_ADD);
	tunnel_of(&play.pair.west, "t")->wanted = WANTED_LISTEN;
	child_of(&play.pair.west)->replace_at = world_now(play.pair.world) + 5 * USEC_PER_SEC;
	server_forgets(&play, 1);
	assert_true(end_said(&play.pair.west, "already replacing IPsec SA #"));
	assert_true(end_said(&play.pair.west, " in 5.0 seconds"));
	pair_run(&play.pair, 4 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 0);
	heals(&play, 2 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.child_up, 2);
	pair_end(&play.pair);
}

static void a_conn_that_is_removed_is_not_begun_again(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, WANTED, V1_ADD);
	server_forgets(&play, 1);
	end_reload(&play.pair.west, SECOND);
	pair_run(&play.pair, 60 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 0);
	end_assert_empty(&play.pair.west);
	assert_null(peers_tunnel(&play.pair.west.gateway->peers, "t"));
	pair_end(&play.pair);
}

static void a_conn_that_is_reloaded_meanwhile_is_begun_as_it_is_now(void **state)
{
	static const char *const changed[] = { WANTED "\tdpddelay=40\n",
					       WANTED "\tesp=aes256-sha2_256\n",
					       WANTED "\tike=aes256-sha2_256-modp2048\n" };
	struct play play;

	(void)state;
	for (unsigned i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		begin_up(&play, WANTED, V1_ADD);
		server_forgets(&play, 1);
		end_reload(&play.pair.west, changed[i]);
		heals(&play, 5 * USEC_PER_SEC);
		assert_int_equal(play.thief.phases, 1);
		pair_end(&play.pair);
	}
}

/* ---- lifetimes and the clock ---- */

static void rekey_no_leaves_no_tunnel_dead(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, WANTED "\trekey=no\n", V1_ADD);
	server_forgets(&play, 1);
	heals(&play, 5 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	pair_end(&play.pair);
}

static void an_isakmp_sa_that_ends_just_when_its_child_is_due_costs_one_phase_1(void **state)
{
	struct play play;
	usec_t when;

	(void)state;
	begin_up(&play, WANTED "\trekey=no\n", V1_ADD);
	when = world_now(play.pair.world) + 10 * USEC_PER_SEC;
	child_of(&play.pair.west)->replace_at = when;
	expire(&play.pair.west, when);
	pair_run(&play.pair, 11 * USEC_PER_SEC);
	assert_true(end_said(&play.pair.west, "is gone"));
	assert_true(end_said(&play.pair.west, "its lifetime is over; already replacing IPsec SA"));
	heals(&play, 5 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(play.pair.west.child_up, 2);
	pair_end(&play.pair);
}

/* The host slept for an hour: to the SAs everything is that much longer ago. */
static void after_a_jump_of_the_clock_it_is_replaced_once(void **state)
{
	const usec_t hour = 3600 * USEC_PER_SEC;
	struct play play;
	struct ike_sa *sa;
	struct child_sa *child;

	(void)state;
	begin_up(&play, WANTED "\tdpddelay=30\n", V1_ADD);
	server_forgets(&play, 1);
	sa = sa_of(&play.pair.west);
	child = child_of(&play.pair.west);
	assert_int_equal(sa->state, IKEV1_GONE);
	sa->established -= hour;
	sa->last_heard -= hour;
	sa->replace_at -= hour;
	child->born -= hour;
	child->replace_at = world_now(play.pair.world) - hour / 2;
	life_arm(play.pair.west.gateway, sa);
	heals(&play, 5 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(play.pair.west.child_up, 2);
	pair_end(&play.pair);
}

/* ---- the other end ---- */

static void a_new_phase_1_without_dpd_is_as_good_and_is_not_probed(void **state)
{
	struct play play;
	uint64_t sent;

	(void)state;
	begin_up(&play, WANTED "\tdpddelay=10\n", V1_ADD);
	play.thief.no_dpd = true;
	server_forgets(&play, 1);
	heals(&play, 5 * USEC_PER_SEC);
	assert_int_equal(sa_of(&play.pair.west)->v1->vendors & VENDOR_DPD, 0);
	sent = play.pair.west.gateway->counters.datagrams_out;
	pair_run(&play.pair, 300 * USEC_PER_SEC);
	assert_int_equal(play.pair.west.gateway->counters.datagrams_out, sent);
	pair_assert_tunnel(&play.pair);
	pair_end(&play.pair);
}

static void initial_contact_is_not_said_while_an_ipsec_sa_is_up(void **state)
{
	const char *said;
	struct play play;

	(void)state;
	begin_up(&play, WANTED "\taggressive=yes\n", V1_ADD "\taggressive=yes\n");
	expire(&play.pair.west, world_now(play.pair.world) + ONE_SECOND);
	pair_run(&play.pair, 1100 * USEC_PER_MSEC);
	assert_int_equal(sa_of(&play.pair.east)->state, IKEV1_GONE);
	pair_run(&play.pair, 4 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	assert_int_equal(play.pair.east.ike_up, 2);
	said = strstr(play.pair.east.journal, "N(INITIAL_CONTACT)"); /* the first phase 1 */
	assert_non_null(said);
	assert_null(strstr(said + 1, "N(INITIAL_CONTACT)"));
	pair_run(&play.pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&play.pair);
	assert_true(sa_of(&play.pair.west)->v1->aggressive);
	assert_true(sa_of(&play.pair.east)->v1->aggressive);
	pair_end(&play.pair);
}

/* What a peer that has restarted does not know is not kept by who waits for it. */
static void initial_contact_ends_what_waits_for_its_phase_1(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, V1_ADD "\taggressive=yes\n", V1_ADD "\taggressive=yes\n");
	tunnel_of(&play.pair.west, "t")->wanted = WANTED_LISTEN;
	expire(&play.pair.west, world_now(play.pair.world) + ONE_SECOND);
	pair_run(&play.pair, 2 * ONE_SECOND);
	assert_int_equal(sa_of(&play.pair.east)->state, IKEV1_GONE);
	end_crash(&play.pair.west);
	end_boot(&play.pair.west, WANTED "\taggressive=yes\n", SECRETS_V1);
	pair_run(&play.pair, 500 * USEC_PER_MSEC);
	assert_int_equal(play.pair.east.child_down, 1);
	assert_int_equal(play.pair.east.gateway->sas.child_count, 1);
	pair_end(&play.pair);
}

/* It deletes each ISAKMP SA as soon as it has it. */
static void a_peer_that_keeps_no_isakmp_sa_is_asked_ever_more_seldom(void **state)
{
	struct play play;
	struct diag diag;

	(void)state;
	begin_up(&play, WANTED, V1_ADD);
	for (unsigned i = 0; i < 600; i++) {
		struct peer *peer = tunnel_of(&play.pair.east, "t")->peer;
		pair_run(&play.pair, USEC_PER_SEC);
		if (list_empty(&peer->ike_sas) || sa_of(&play.pair.east)->state != IKE_ESTABLISHED)
			continue;
		play.thief.informational = 1;
		assert_int_equal(gateway_down(play.pair.east.gateway, "t", &diag), RC_OK);
	}
	assert_in_range(play.thief.phases, 3, 16);
	heals(&play, 600 * USEC_PER_SEC);
	pair_end(&play.pair);
}

#define ANY                                                                                        \
	"conn t\n\tleft=192.0.2.2\n\tright=%any\n\tleftid=@east\n\trightid=@west\n"                \
	"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tauto=add\n"
#define INSIDE                                                                                     \
	"conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"            \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tdpddelay=20\n"

static void begin_road_warrior(struct play *play, const char *west, const char *east)
{
	*play = (struct play){ .thief.from = "198.51.100.1", .pair.world = world_new(7) };
	assert_non_null(play->pair.world);
	assert_int_equal(
		world_nat(play->pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
		RC_OK);
	end_start(play->pair.world, &play->pair.west, "west", "10.0.0.9", west, SECRETS_V1);
	end_start(play->pair.world, &play->pair.east, "east", EAST_ADDRESS, east, SECRETS_V1);
	end_up(&play->pair.west, "t");
	world_run(play->pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(play->pair.east.child_up, 1);
	overhear(play);
}

static void assert_same(struct pair *pair)
{
	struct child_sa *west = tunnel_current(tunnel_of(&pair->west, "t"));
	struct tunnel *east = peers_tunnel(&pair->east.gateway->peers, "t[1]");

	if (east == NULL)
		east = tunnel_of(&pair->east, "t[2]");
	assert_non_null(west);
	assert_non_null(tunnel_current(east));
	assert_int_equal(west->spi_out, tunnel_current(east)->spi_in);
	assert_int_equal(west->spi_in, tunnel_current(east)->spi_out);
}

/* The server times the client out; none of its Deletes finds the way through the NAT. */
static void a_road_warrior_behind_a_nat_that_forgot_comes_back(void **state)
{
	struct play play;

	(void)state;
	begin_road_warrior(&play, INSIDE "\tauto=start\n", ANY "\tdpddelay=10\n");
	for (unsigned i = 0; i < 90 && play.pair.east.ike_down == 0; i++) {
		play.thief.informational = 99; /* it sleeps, and so does its mapping */
		world_nat_flush(play.pair.world);
		world_run(play.pair.world, USEC_PER_SEC);
	}
	assert_int_equal(play.pair.east.ike_down, 1);
	play.thief.informational = 0;
	world_run(play.pair.world, 200 * USEC_PER_SEC);
	assert_true(play.pair.west.child_up > 1);
	assert_same(&play.pair);
	pair_end(&play.pair);
}

/* And the server that has lost its ISAKMP SA says nothing to an address that is nobody's. */
static void a_road_warrior_whose_mapping_is_gone_is_waited_for_in_silence(void **state)
{
	struct play play;
	struct diag diag;
	uint64_t sent;

	(void)state;
	begin_road_warrior(&play, INSIDE "\tauto=add\n", ANY "\tdpddelay=10\n");
	play.thief.informational = 1;
	assert_int_equal(gateway_down(play.pair.west.gateway, "t", &diag), RC_OK);
	world_run(play.pair.world, 100 * USEC_PER_MSEC);
	assert_true(end_said(&play.pair.east, "we cannot begin"));
	world_nat_flush(play.pair.world);
	sent = play.pair.east.gateway->counters.datagrams_out;
	world_run(play.pair.world, 300 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.gateway->counters.datagrams_out, sent);
	assert_null(strstr(strstr(play.pair.east.journal, "we cannot begin") + 1,
			   "we cannot begin")); /* once */
	end_up(&play.pair.west, "t");
	world_run(play.pair.world, 60 * USEC_PER_SEC);
	assert_same(&play.pair);
	pair_end(&play.pair);
}

/* Nobody has written down alice's password. */
#define USER "\tleftxauthclient=yes\n\tleftusername=alice\n"

static void say_password(struct play *play)
{
	struct diag diag = { "" };

	if (gateway_login(play->pair.west.gateway, "t", "alice", span_make("wonderland", 10),
			  &diag) != RC_OK)
		fail_msg("%s", diag.text);
}

static void where_xauth_needs_a_human_it_goes_on_and_says_so_once(void **state)
{
	static const char words[] = "we cannot begin: no password for the user \"alice\"";
	struct play play;

	(void)state;
	begin(&play, V1_ADD USER, V1_ADD USER "\txauthby=alwaysok\n");
	say_password(&play);
	end_up(&play.pair.west, "t");
	pair_run(&play.pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&play.pair);
	overhear(&play);
	peer_forget_login(tunnel_of(&play.pair.west, "t")->peer);
	server_forgets(&play, 1);
	if (!end_said(&play.pair.west, words))
		fail_msg("%s", play.pair.west.journal);
	pair_run(&play.pair, 600 * USEC_PER_SEC);
	assert_null(strstr(strstr(play.pair.west.journal, words) + 1, words));
	assert_int_equal(play.thief.phases, 0);
	assert_int_equal(play.pair.west.child_down, 0);
	assert_int_equal(kernel_simulated_sa_count(play.pair.west.kernel), 2);
	say_password(&play);
	heals(&play, 70 * USEC_PER_SEC);
	assert_int_equal(play.thief.phases, 1);
	pair_end(&play.pair);
}

/* ---- packets ---- */

/* Both ends have the IPsec SA yet: not one packet is lost while it is replaced. */
static void traffic_goes_on_while_it_is_replaced(void **state)
{
	struct play play;

	(void)state;
	begin_up(&play, WANTED, V1_ADD);
	expire(&play.pair.west, world_now(play.pair.world) + ONE_SECOND);
	for (unsigned i = 0; i < 500; i++) {
		pair_run(&play.pair, 20 * USEC_PER_MSEC);
		assert_int_equal(pair_ping(&play.pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&play.pair, false), SIMULATED_ARRIVED);
	}
	assert_int_equal(play.pair.west.child_up, 2);
	assert_int_equal(play.thief.phases, 1);
	pair_run(&play.pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&play.pair);
	pair_end(&play.pair);
}

/* The rule asks neither for packets nor for silence. */
static void an_idle_tunnel_is_replaced_as_one_with_traffic_is(void **state)
{
	struct play play;

	(void)state;
	for (unsigned traffic = 0; traffic < 2; traffic++) {
		begin_up(&play, WANTED, V1_ADD);
		server_forgets(&play, 1);
		for (unsigned i = 0; i < 100; i++) {
			pair_run(&play.pair, 20 * USEC_PER_MSEC);
			if (traffic > 0)
				(void)pair_ping(&play.pair, true);
		}
		assert_int_equal(play.pair.west.child_up, 2);
		assert_int_equal(play.thief.phases, 1);
		pair_run(&play.pair, 60 * USEC_PER_SEC);
		pair_assert_tunnel(&play.pair);
		pair_end(&play.pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traffic_flows_again_within_a_retransmission_and_a_negotiation),
		cmocka_unit_test(it_is_told_once_when_and_why_and_what_follows),
		cmocka_unit_test(siblings_that_fire_within_a_second_make_one_phase_1),
		cmocka_unit_test(phase_1_that_a_sibling_began_is_not_missed),
		cmocka_unit_test(a_phase_1_that_we_have_begun_is_waited_for),
		cmocka_unit_test(a_phase_1_that_the_peer_has_begun_is_waited_for),
		cmocka_unit_test(what_the_peer_leaves_out_is_replaced_in_its_phase_1),
		cmocka_unit_test(a_phase_1_that_never_ends_is_waited_for_once),
		cmocka_unit_test(both_ends_at_once_end_with_one_tunnel),
		cmocka_unit_test(a_delete_that_comes_while_a_rekey_is_worked_on_is_heard_after_it),
		cmocka_unit_test(a_rekey_under_way_is_already_its_replacement),
		cmocka_unit_test(what_is_due_sooner_anyway_is_not_put_off),
		cmocka_unit_test(a_conn_that_is_removed_is_not_begun_again),
		cmocka_unit_test(a_conn_that_is_reloaded_meanwhile_is_begun_as_it_is_now),
		cmocka_unit_test(rekey_no_leaves_no_tunnel_dead),
		cmocka_unit_test(
			an_isakmp_sa_that_ends_just_when_its_child_is_due_costs_one_phase_1),
		cmocka_unit_test(after_a_jump_of_the_clock_it_is_replaced_once),
		cmocka_unit_test(a_new_phase_1_without_dpd_is_as_good_and_is_not_probed),
		cmocka_unit_test(initial_contact_is_not_said_while_an_ipsec_sa_is_up),
		cmocka_unit_test(initial_contact_ends_what_waits_for_its_phase_1),
		cmocka_unit_test(a_peer_that_keeps_no_isakmp_sa_is_asked_ever_more_seldom),
		cmocka_unit_test(a_road_warrior_behind_a_nat_that_forgot_comes_back),
		cmocka_unit_test(a_road_warrior_whose_mapping_is_gone_is_waited_for_in_silence),
		cmocka_unit_test(where_xauth_needs_a_human_it_goes_on_and_says_so_once),
		cmocka_unit_test(traffic_goes_on_while_it_is_replaced),
		cmocka_unit_test(an_idle_tunnel_is_replaced_as_one_with_traffic_is),
	};

	return exchange_run(tests);
}
