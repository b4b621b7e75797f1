/* SPDX-License-Identifier: Apache-2.0 */
/* Session resumption (RFC 5723): a lost IKE SA comes back with its ticket; a ticket that is
 * changed, replayed, too old or revoked leads to a new session and to nothing else. */
#include "exchange/pair.h"
#include "sa/extra.h"
#include "sa/ticket.h"
#include "unit/test.h"

#define RESUMES "\tsession-resumption=yes\n"
#define LOSES	"\tdpddelay=10s\n\tretransmit-tries=4\n" /* gives up after 15.5 s */
#define LOST	(25 * USEC_PER_SEC)
#define SLICE	(100 * USEC_PER_MSEC)
#define CLIENT	PAIR_CONN RESUMES LOSES
#define GATEWAY PAIR_CONN RESUMES

struct ear {
	unsigned inits, resumes; /* requests from west */
	uint8_t resume[2048];	 /* the last one */
	size_t len;
	bool change; /* a bit of each ticket on its way */
};

static bool overhear(void *context, struct flight *flight)
{
	struct ear *ear = context;

	if (flight->len < IKE_HEADER_LEN || (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0)
		return true;
	ear->inits += flight->bytes[18] == EXCHANGE_IKE_SA_INIT;
	if (flight->bytes[18] != EXCHANGE_IKE_SESSION_RESUME)
		return true;
	ear->resumes++;
	if (ear->change)
		flight->bytes[IKE_HEADER_LEN + 36 + 60] ^= 1;
	ear->len = flight->len;
	memcpy(ear->resume, flight->bytes, flight->len);
	return true;
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.prev, struct ike_sa, in_peer);
}

static void begin(struct pair *pair, struct ear *ear, const char *client, const char *gateway)
{
	*ear = (struct ear){ .inits = 0 };
	pair_start(pair, 1, client, gateway, NULL, NULL);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
	world_tap(pair->world, overhear, ear);
}

static void cut(struct pair *pair, bool cut)
{
	assert_int_equal(world_partition(pair->world, pair->west.host, pair->east.host, cut),
			 RC_OK);
}

/* West gives its IKE SA up; the next attempt is under way when the network is back. */
static void lose(struct pair *pair)
{
	unsigned before = pair->west.ike_down;

	cut(pair, true);
	for (usec_t waited = 0; pair->west.ike_down == before; waited += SLICE) {
		assert_true(waited < LOST * 10);
		world_run(pair->world, SLICE);
	}
	cut(pair, false);
}

static void lost_session_is_resumed_without_key_exchange(void **state)
{
	struct pair pair;
	struct ear ear;
	uint64_t old;

	(void)state;
	begin(&pair, &ear, CLIENT "\tinitial-contact=no\n", GATEWAY);
	assert_non_null(sa_of(&pair.west)->extra->ticket);
	old = sa_of(&pair.east)->serial;
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair); /* the old SAs of east have gone without a word */
	assert_true(sa_of(&pair.east)->serial != old);
	assert_int_equal(ear.inits, 0);
	assert_true(ear.resumes > 0);
	assert_true(end_said(&pair.east, "the peer resumed its session"));
	assert_int_equal(pair.west.failed, 0);
	assert_non_null(sa_of(&pair.west)->extra->ticket); /* a new one */
	pair_end(&pair);
}

static void resumed_session_can_be_resumed_again(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	for (unsigned i = 0; i < 3; i++) {
		lose(&pair);
		world_run(pair.world, 10 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
	}
	assert_int_equal(ear.inits, 0);
	pair_end(&pair);
}

static void nobody_asks_for_a_ticket_or_gives_one_unless_told_to(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, PAIR_CONN LOSES, GATEWAY);
	assert_null(sa_of(&pair.west)->extra);
	assert_null(pair.east.gateway->sas.ticket_keys);
	pair_end(&pair);
	begin(&pair, &ear, CLIENT, PAIR_CONN);
	assert_null(sa_of(&pair.west)->extra->ticket);
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(ear.resumes, 0);
	pair_end(&pair);
}

static void ticket_works_under_cookies(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT, "config setup\n\tddos-mode=busy\n\n" GATEWAY);
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(ear.inits, 0);
	assert_true(pair.east.gateway->counters.cookies_sent >= 2);
	pair_end(&pair);
}

/* ---- a new session instead ---- */

static void changed_ticket_is_refused_and_a_new_session_begins_at_once(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	ear.change = true;
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(ear.resumes > 0 && ear.inits > 0);
	assert_int_equal(pair.west.failed, 0);
	assert_true(end_said(&pair.east, "the ticket was changed"));
	pair_end(&pair);
}

static void gateway_that_has_restarted_refuses_and_a_new_session_begins(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	end_crash(&pair.east);
	world_run(pair.world, LOST);
	end_boot(&pair.east, GATEWAY, NULL);
	world_run(pair.world, 20 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_true(ear.resumes > 0 && ear.inits > 0);
	assert_true(end_said(&pair.east, "from before a restart"));
	pair_end(&pair);
}

#define NEW_SECRETS "@west @east : PSK \"another secret than before\"\n"

/* Who was given another key may not come in with the old one's ticket. */
static void new_shared_key_ends_every_ticket(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	gateway_reload_secrets(pair.east.gateway, load_secrets(NEW_SECRETS));
	gateway_reload_secrets(pair.west.gateway, load_secrets(NEW_SECRETS));
	lose(&pair);
	world_run(pair.world, 45 * USEC_PER_SEC);
	assert_true(end_said(&pair.east, "the shared key has changed since"));
	pair_assert_tunnel(&pair);
	assert_true(ear.inits > 0);
	pair_end(&pair);
}

static void ticket_is_not_used_after_its_time_nor_for_a_session_that_was_ended(void **state)
{
	struct pair pair;
	struct ear ear;
	struct diag diag;

	(void)state;
	begin(&pair, &ear, CLIENT "\tkeyingtries=1\n", GATEWAY "\tikelifetime=60s\n");
	lose(&pair);
	cut(&pair, true);
	world_run(pair.world, 80 * USEC_PER_SEC);
	cut(&pair, false);
	ear.resumes = 0;
	end_up(&pair.west, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(ear.resumes, 0);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	world_run(pair.world, 10 * USEC_PER_SEC);
	end_up(&pair.west, "t");
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(ear.resumes, 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* ---- those who mean harm ---- */

#define ANYBODY ": PSK \"correct horse battery staple\"\n"
#define OTHER                                                                                      \
	"conn u\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@wess\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.9.0.0/24\n\tauthby=secret\n\tauto=add\n"

/* A client with a ticket in its own name says in IKE_AUTH that it is somebody else. */
static void ticket_does_not_prove_another_identity(void **state)
{
	struct ear ear = { .inits = 0 };
	struct identity *id;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, CLIENT, GATEWAY "\n" OTHER RESUMES, ANYBODY, ANYBODY);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	world_tap(pair.world, overhear, &ear);
	id = &peers_tunnel(&pair.west.gateway->peers, "t")->peer->local_id;
	assert_int_equal(id->len, 4);
	id->data[3] = 's';
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_true(ear.resumes > 0);
	assert_true(end_said(&pair.east, "the identities are not those of the session"));
	assert_false(end_said(&pair.east, "the peer resumed its session"));
	pair_end(&pair);
}

/* Another gateway with the same keys is not the one that the session was with. */
static void session_is_resumed_with_its_own_gateway_only(void **state)
{
	struct identity *id;
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	id = &sa_of(&pair.west)->extra->ticket->gateway;
	assert_int_equal(id->len, 4);
	id->data[3] = 's';
	lose(&pair);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_true(ear.resumes > 0);
	assert_true(end_said(&pair.west, "somebody else resumes it"));
	assert_true(ear.inits > 0); /* a new session, as the ticket is used up */
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* authlifetime= was shortened since the ticket was given, and is over by now. */
static void ticket_is_refused_when_the_authentication_has_ended(void **state)
{
	struct pair pair;
	struct ear ear;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY "\tauthlifetime=300s\n");
	cut(&pair, true);
	end_reload(&pair.east, GATEWAY "\tauthlifetime=15s\n");
	lose(&pair);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_true(ear.resumes > 0);
	assert_true(end_said(&pair.east, "the session's authentication has ended"));
	assert_true(ear.inits > 0);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	pair_end(&pair);
}

/* Seen on the wire, it makes a half-open IKE SA that nobody can go on with. */
static void replayed_ticket_gets_nobody_in(void **state)
{
	struct ip_endpoint from = { .port = IKE_PORT }, to = { .port = IKE_PORT };
	struct pair pair;
	struct ear ear;
	uint64_t serial;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(ip_parse("192.0.2.66", &from.addr), RC_OK);
	assert_int_equal(ip_parse(EAST_ADDRESS, &to.addr), RC_OK);
	serial = sa_of(&pair.east)->serial;
	assert_int_equal(world_inject(pair.world, &from, &to, span_make(ear.resume, ear.len)),
			 RC_OK);
	world_run(pair.world, USEC_PER_SEC);
	world_run(pair.world, 60 * USEC_PER_SEC);
	assert_int_equal(sa_of(&pair.east)->serial, serial);
	assert_int_equal(pair.east.gateway->sas.half_open_count, 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void answers_that_nobody_asked_for_or_without_sense_are_dropped(void **state)
{
	struct ip_endpoint from = { .port = IKE_PORT }, to = { .port = IKE_PORT };
	struct ike_header header = { .version = IKE_VERSION_2,
				     .exchange = EXCHANGE_IKE_SESSION_RESUME,
				     .flags = IKE_FLAG_RESPONSE };
	struct pair pair;
	struct ear ear;
	uint8_t buffer[256];
	struct writer writer;
	struct sink sink;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	cut(&pair, true);
	world_run(pair.world, LOST);
	assert_int_equal(ip_parse(EAST_ADDRESS, &from.addr), RC_OK);
	assert_int_equal(ip_parse(WEST_ADDRESS, &to.addr), RC_OK);
	header.spi_i = sa_of(&pair.west)->spi_i;
	header.spi_r = 77;
	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header); /* no payload at all */
	assert_int_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(world_inject(pair.world, &from, &to, sink_written(&sink)), RC_OK);
	world_settle(pair.world);
	assert_int_equal(sa_of(&pair.west)->state, IKEV2_INIT_SENT);
	assert_non_null(sa_of(&pair.west)->larval->resume);
	cut(&pair, false);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(ear.inits, 0);
	pair_end(&pair);
}

/* ---- together with other extensions ---- */

/* Resumption proves no identity: the end of the authentication stays where it was. */
static void authentication_ends_when_it_would_have(void **state)
{
	struct pair pair;
	struct ear ear;
	usec_t ends;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY "\tauthlifetime=300s\n");
	ends = sa_of(&pair.west)->auth_ends;
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	assert_int_equal(ear.inits, 0);
	assert_true(sa_of(&pair.west)->must_reauth);
	assert_true(sa_of(&pair.west)->auth_ends <= ends + 2 * USEC_PER_SEC);
	assert_true(sa_of(&pair.east)->auth_ends <= ends + 2 * USEC_PER_SEC);
	world_run(pair.world, 290 * USEC_PER_SEC);
	assert_true(ear.inits > 0); /* and then it is a whole authentication */
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

static void rekeyed_ike_sa_asks_for_another_ticket(void **state)
{
	struct pair pair;
	struct ear ear;
	struct ike_sa *west;
	usec_t old;

	(void)state;
	begin(&pair, &ear, CLIENT, GATEWAY);
	west = sa_of(&pair.west);
	old = west->extra->ticket->expires;
	west->extra->tell = TELL_TICKET;
	peer_dirty(west->peer);
	world_run(pair.world, USEC_PER_SEC);
	assert_non_null(west->extra->ticket);
	assert_true(west->extra->ticket->expires > old);
	assert_int_equal(west->extra->tell, 0);
	lose(&pair);
	world_run(pair.world, 10 * USEC_PER_SEC);
	assert_int_equal(ear.inits, 0);
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_session_is_resumed_without_key_exchange),
		cmocka_unit_test(resumed_session_can_be_resumed_again),
		cmocka_unit_test(nobody_asks_for_a_ticket_or_gives_one_unless_told_to),
		cmocka_unit_test(ticket_works_under_cookies),
		cmocka_unit_test(changed_ticket_is_refused_and_a_new_session_begins_at_once),
		cmocka_unit_test(gateway_that_has_restarted_refuses_and_a_new_session_begins),
		cmocka_unit_test(new_shared_key_ends_every_ticket),
		cmocka_unit_test(
			ticket_is_not_used_after_its_time_nor_for_a_session_that_was_ended),
		cmocka_unit_test(ticket_does_not_prove_another_identity),
		cmocka_unit_test(session_is_resumed_with_its_own_gateway_only),
		cmocka_unit_test(ticket_is_refused_when_the_authentication_has_ended),
		cmocka_unit_test(replayed_ticket_gets_nobody_in),
		cmocka_unit_test(answers_that_nobody_asked_for_or_without_sense_are_dropped),
		cmocka_unit_test(authentication_ends_when_it_would_have),
		cmocka_unit_test(rekeyed_ike_sa_asks_for_another_ticket),
	};

	return exchange_run(tests);
}
