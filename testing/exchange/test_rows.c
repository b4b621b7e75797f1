/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of the table is reached: those with steps, and every request that a row rejects. */
#include "exchange/pair.h"
#include "sa/extra.h"
#include "unit/test.h"

#define ADDKE PAIR_CONN "\tike=aes_gcm256-dh31;addke1=dh19\n"

static uint64_t runs[IKEV2_ROWS_MAX];

static void collect(struct end *end)
{
	for (unsigned i = 0; end->gateway != NULL && i < IKEV2_ROWS_MAX; i++)
		runs[i] += end->gateway->row_runs[i];
}

static void finish(struct pair *pair)
{
	collect(&pair->west);
	collect(&pair->east);
	pair_end(pair);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	if (!list_empty(&end->gateway->sas.half_open))
		return container_of(end->gateway->sas.half_open.next, struct ike_sa, in_half_open);
	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

/* A request to the SA of `to`, of the next message ID that it expects, as its peer would head it.
 * The body is no protected one: the row is chosen before. */
static void request_to(struct pair *pair, struct end *to, enum exchange_type exchange)
{
	struct ike_sa *sa = sa_of(to);
	struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION_2,
		.exchange = (uint8_t)exchange,
		.flags = sa->role == RESPONDER ? IKE_FLAG_INITIATOR : 0,
		.message_id = sa->recv_next,
		.next = PAYLOAD_NONE,
		.length = IKE_HEADER_LEN,
	};
	uint8_t buffer[64];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	wire_header_emit(&sink, &header);
	sink_patch_u32(&sink, 24, IKE_HEADER_LEN);
	assert_int_equal(world_inject(pair->world, &sa->remote, &sa->local, sink_written(&sink)),
			 RC_OK);
	list_for_safe(node, world_flights(pair->world))
	{
		struct flight *flight = container_of(node, struct flight, in_world);
		if (flight->len == IKE_HEADER_LEN)
			world_deliver(pair->world, flight);
	}
	world_settle(pair->world);
}

static void all_requests_to(struct pair *pair, struct end *to)
{
	request_to(pair, to, EXCHANGE_IKE_INTERMEDIATE);
	request_to(pair, to, EXCHANGE_IKE_AUTH);
	request_to(pair, to, EXCHANGE_CREATE_CHILD_SA);
	request_to(pair, to, EXCHANGE_IKE_FOLLOWUP_KE);
	request_to(pair, to, EXCHANGE_INFORMATIONAL);
	request_to(pair, to, (enum exchange_type)240);
}

/* Those too that belong to no SA. */
static void every_request_to(struct pair *pair, struct end *to)
{
	all_requests_to(pair, to);
	request_to(pair, to, EXCHANGE_IKE_SA_INIT);
	request_to(pair, to, EXCHANGE_IKE_SESSION_RESUME);
}

static void up(struct pair *pair, const char *west_conf, const char *east_conf)
{
	pair_start(pair, 1, west_conf, east_conf, NULL, NULL);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

static void down(struct end *end)
{
	struct diag diag;

	assert_int_equal(gateway_down(end->gateway, "t", &diag), RC_OK);
}

/* Delivers the oldest flight. */
static void deliver_next(struct pair *pair)
{
	struct list *flights = world_flights(pair->world);

	assert_false(list_empty(flights));
	world_deliver(pair->world, container_of(flights->next, struct flight, in_world));
	world_settle(pair->world);
}

static void drop_all(struct pair *pair)
{
	struct list *flights = world_flights(pair->world);

	while (!list_empty(flights))
		world_drop(pair->world, container_of(flights->next, struct flight, in_world));
}

static void each_end_deletes_then_both_at_once(void)
{
	struct pair pair;

	for (unsigned who = 1; who <= 3; who++) {
		up(&pair, NULL, NULL);
		if ((who & 1) != 0)
			down(&pair.west);
		if ((who & 2) != 0)
			down(&pair.east);
		world_run(pair.world, 3 * USEC_PER_SEC);
		finish(&pair);
	}
}

#define ALIVE "\tdpddelay=10s\n\tretransmit-tries=2\n"

static void each_end_probes_and_gives_up(void)
{
	struct pair pair;

	for (unsigned dead = 0; dead < 2; dead++) {
		up(&pair, dead == 0 ? PAIR_CONN ALIVE : NULL, dead == 1 ? PAIR_CONN ALIVE : NULL);
		world_run(pair.world, 60 * USEC_PER_SEC);
		collect(dead == 0 ? &pair.east : &pair.west);
		end_crash(dead == 0 ? &pair.east : &pair.west);
		world_run(pair.world, 100 * USEC_PER_SEC);
		finish(&pair);
	}
}

static void each_end_says_goodbye_to_nobody(void)
{
	struct pair pair;

	for (unsigned dead = 0; dead < 2; dead++) {
		up(&pair, NULL, NULL);
		end_crash(dead == 0 ? &pair.east : &pair.west);
		down(dead == 0 ? &pair.west : &pair.east);
		world_run(pair.world, 300 * USEC_PER_SEC);
		finish(&pair);
	}
}

#define TWICE PAIR_CONN "\tleftauth2=secret\n\trightauth2=secret\n"

static void nobody_answers_the_initial_exchanges(const char *conf)
{
	struct pair pair;

	for (unsigned delivered = 0; delivered < 5; delivered++) {
		pair_start(&pair, 1, conf, conf, NULL, NULL);
		world_manual(pair.world, true);
		end_up(&pair.west, "t");
		world_settle(pair.world);
		for (unsigned i = 0; i < delivered; i++)
			deliver_next(&pair);
		for (unsigned i = 0; i < 200; i++) {
			drop_all(&pair);
			world_run(pair.world, USEC_PER_SEC);
		}
		finish(&pair);
	}
}

static void the_operator_stops_the_initial_exchanges(const char *conf)
{
	struct pair pair;

	for (unsigned delivered = 0; delivered < 5; delivered++) {
		pair_start(&pair, 1, conf, conf, NULL, NULL);
		world_manual(pair.world, true);
		end_up(&pair.west, "t");
		world_settle(pair.world);
		for (unsigned i = 0; i < delivered; i++)
			deliver_next(&pair);
		end_stop(&pair.west);
		end_stop(&pair.east);
		world_run(pair.world, 10 * USEC_PER_SEC);
		assert_true(pair.west.stopped && pair.east.stopped);
		finish(&pair);
	}
}

static void requests_come_too_early_or_too_late(void)
{
	struct pair pair;

	pair_start(&pair, 1, ADDKE, ADDKE, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	all_requests_to(&pair, &pair.west); /* IKE_SA_INIT is out */
	deliver_next(&pair);
	request_to(&pair, &pair.east, EXCHANGE_CREATE_CHILD_SA); /* half-open */
	request_to(&pair, &pair.east, EXCHANGE_IKE_FOLLOWUP_KE);
	request_to(&pair, &pair.east, EXCHANGE_INFORMATIONAL);
	request_to(&pair, &pair.east, (enum exchange_type)240);
	deliver_next(&pair);
	all_requests_to(&pair, &pair.west); /* IKE_INTERMEDIATE is out */
	deliver_next(&pair);
	deliver_next(&pair);
	all_requests_to(&pair, &pair.west); /* IKE_AUTH is out */
	world_manual(pair.world, false);
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	every_request_to(&pair, &pair.west);
	every_request_to(&pair, &pair.east);
	pair_assert_tunnel(&pair);
	world_manual(pair.world, true);
	down(&pair.west);
	down(&pair.east);
	world_settle(pair.world);
	every_request_to(&pair, &pair.west);
	every_request_to(&pair, &pair.east);
	finish(&pair);
}

static void requests_come_between_two_rounds(void)
{
	struct pair pair;

	pair_start(&pair, 1, TWICE, TWICE, NULL, NULL);
	world_manual(pair.world, true);
	end_up(&pair.west, "t");
	world_settle(pair.world);
	for (unsigned i = 0; i < 4; i++)
		deliver_next(&pair);
	all_requests_to(&pair, &pair.west);
	request_to(&pair, &pair.east, EXCHANGE_IKE_INTERMEDIATE);
	request_to(&pair, &pair.east, EXCHANGE_CREATE_CHILD_SA);
	request_to(&pair, &pair.east, EXCHANGE_IKE_FOLLOWUP_KE);
	request_to(&pair, &pair.east, EXCHANGE_INFORMATIONAL);
	request_to(&pair, &pair.east, (enum exchange_type)240);
	world_manual(pair.world, false);
	world_run(pair.world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	finish(&pair);
}

static struct child_sa *child_of(struct end *end)
{
	return tunnel_current(peers_tunnel(&end->gateway->peers, "t"));
}

static void due(struct end *end, bool ike)
{
	struct child_sa *child = child_of(end);

	if (ike)
		child->ike->replace_at = host_now(end->host);
	else
		child->replace_at = host_now(end->host);
	peer_dirty(child->tunnel->peer);
}

/* What comes for an IKE SA between its successor and its end is answered. */
static void rekey_slowly(struct pair *pair, struct end *from, struct end *to)
{
	world_manual(pair->world, true);
	due(from, true);
	world_settle(pair->world);
	deliver_next(pair);
	every_request_to(pair, to);
	world_manual(pair->world, false);
	world_run(pair->world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

static void each_end_rekeys(void)
{
	struct pair pair;

	up(&pair, NULL, NULL);
	due(&pair.west, false);
	world_run(pair.world, 10 * USEC_PER_SEC);
	due(&pair.east, false);
	world_run(pair.world, 10 * USEC_PER_SEC);
	rekey_slowly(&pair, &pair.west, &pair.east);
	rekey_slowly(&pair, &pair.east, &pair.west);
	finish(&pair);
}

static void each_end_rekeys_with_more_key_exchanges(void)
{
	struct pair pair;

	up(&pair, ADDKE, ADDKE);
	due(&pair.west, true);
	world_run(pair.world, 10 * USEC_PER_SEC);
	due(&pair.east, true);
	world_run(pair.world, 10 * USEC_PER_SEC);
	pair_assert_tunnel(&pair);
	finish(&pair);
}

/* The peer deletes a Child SA that is wanted: another is asked for in the same IKE SA. */
static void each_end_makes_its_child_sa_again(void)
{
	struct pair pair;

	for (unsigned flip = 0; flip < 2; flip++) {
		up(&pair, NULL, NULL);
		if (flip != 0)
			rekey_slowly(&pair, &pair.east, &pair.west);
		world_run(pair.world, 10 * USEC_PER_SEC);
		child_of(&pair.east)->delete_reason = RC_OPERATOR;
		child_of(&pair.east)->delete_wanted = true;
		peers_tunnel(&pair.east.gateway->peers, "t")->wanted = WANTED_UP;
		child_of(&pair.east)->ike->peer->busy++;
		peer_dirty(child_of(&pair.east)->ike->peer);
		child_of(&pair.east)->ike->peer->busy--;
		world_run(pair.world, 20 * USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		finish(&pair);
	}
}

/* Two Child SAs in one IKE SA come with CREATE_CHILD_SA; the end of one alone is asked for already.
 */
static void add_child(struct end *end)
{
	struct child_sa *first = tunnel_current(peers_tunnel(&end->gateway->peers, "t"));
	struct child_sa *second;

	assert_int_equal(child_sa_new(&end->gateway->sas, &second), RC_OK);
	second->tunnel = first->tunnel;
	second->ike = first->ike;
	second->spi_out = first->spi_out + 1;
	second->selectors = first->selectors;
	second->local = first->local;
	second->remote = first->remote;
	second->choice = first->choice;
	second->state = CHILD_UP;
	second->delete_wanted = true;
	second->delete_reason = RC_OPERATOR;
	second->expires = second->replace_at = USEC_NEVER;
	assert_int_equal(child_sa_link(&end->gateway->sas, second), RC_OK);
	peer_dirty(first->tunnel->peer);
}

static void each_end_deletes_one_of_two_child_sas(void)
{
	struct pair pair;

	up(&pair, NULL, NULL);
	add_child(&pair.west);
	add_child(&pair.east);
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(pair.west.gateway->sas.child_count, 1);
	assert_int_equal(pair.east.gateway->sas.child_count, 1);
	pair_assert_tunnel(&pair);
	finish(&pair);
}

static void tell(struct end *end)
{
	static const uint8_t secret[32] = "secret";

	gateway_crash_secret(end->gateway, secret);
	ike_extra_of(sa_of(end))->tell = TELL_CRASH_TOKEN;
	peer_dirty(sa_of(end)->peer);
}

static void each_end_tells_its_crash_token(void)
{
	struct pair pair;

	up(&pair, NULL, NULL);
	tell(&pair.west);
	tell(&pair.east);
	world_run(pair.world, 2 * USEC_PER_SEC);
	assert_non_null(sa_of(&pair.west)->extra->crash_token);
	assert_non_null(sa_of(&pair.east)->extra->crash_token);
	finish(&pair);
}

static void new_address(struct end *end, const char *address)
{
	assert_int_equal(world_host_add_address(end->host, address), RC_OK);
}

static void each_end_has_something_to_say_of_addresses(void)
{
	struct pair pair;

	up(&pair, PAIR_CONN "\tmobike=yes\n", PAIR_CONN "\tmobike=yes\n");
	new_address(&pair.west, "192.0.2.3");
	new_address(&pair.east, "192.0.2.4");
	world_run(pair.world, 2 * USEC_PER_SEC);
	finish(&pair);
}

static void the_session_is_resumed(void)
{
#define RESUMES PAIR_CONN "\tsession-resumption=yes\n\tdpddelay=10s\n\tretransmit-tries=4\n"
	struct pair pair;

	up(&pair, RESUMES, RESUMES);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, true), RC_OK);
	world_run(pair.world, 25 * USEC_PER_SEC);
	assert_int_equal(world_partition(pair.world, pair.west.host, pair.east.host, false), RC_OK);
	world_run(pair.world, 5 * USEC_PER_SEC);
	finish(&pair);
}

/* Answers are matched with what was asked before a row is looked for; nothing raises an event of
 * ours for an SA in which it makes no sense; IKE_SA_INIT requests never belong to an SA. */
static bool is_guarded(const struct ike_row *row)
{
	if (row->steps != NULL)
		return false;
	switch (row->event) {
	case EVENT_INTERMEDIATE_REQUEST:
	case EVENT_AUTH_REQUEST:
	case EVENT_CREATE_CHILD_REQUEST:
	case EVENT_FOLLOWUP_REQUEST:
	case EVENT_INFORMATIONAL_REQUEST:
	case EVENT_OTHER_REQUEST:
		return row->state == IKE_START;
	case EVENT_INITIATE:
	case EVENT_SA_INIT_REQUEST: /* with an SPI of ours none begins */
	case EVENT_RESUME_REQUEST:
	case EVENT_RESUME_RESPONSE:
	case EVENT_SA_INIT_RESPONSE:
	case EVENT_INTERMEDIATE_RESPONSE:
	case EVENT_AUTH_RESPONSE:
	case EVENT_CREATE_CHILD_RESPONSE:
	case EVENT_FOLLOWUP_RESPONSE:
	case EVENT_INFORMATIONAL_RESPONSE:
	case EVENT_MOVE:
	case EVENT_PROBE:
	case EVENT_TELL:
	case EVENT_CREATE_CHILD:
	case EVENT_REKEY_CHILD:
	case EVENT_REKEY_IKE:
	case EVENT_DELETE_CHILD:
	case EVENT_DELETE_IKE:
	case EVENT_GIVE_UP:
	case EVENT_TRANSACTION:
	case EVENT_MAIN:
	case EVENT_AGGRESSIVE:
	case EVENT_QUICK_REQUEST:
	case EVENT_QUICK_RESPONSE:
	case EVENT_QUICK_PROOF:
	case EVENT_V1_INFORMATIONAL:
	case EVENT_TRANSACTION_REQUEST:
	case EVENT_TRANSACTION_RESPONSE:
	case EVENT_V1_OTHER:
	case IKE_EVENT_COUNT:
		break;
	}
	return true;
}

static void every_row_is_reached(void **state)
{
	const struct ike_row *row;
	char from[48], event[48];
	unsigned missing = 0;

	(void)state;
	each_end_deletes_then_both_at_once();
	each_end_probes_and_gives_up();
	each_end_says_goodbye_to_nobody();
	nobody_answers_the_initial_exchanges(ADDKE);
	nobody_answers_the_initial_exchanges(TWICE);
	the_operator_stops_the_initial_exchanges(ADDKE);
	the_operator_stops_the_initial_exchanges(TWICE);
	requests_come_between_two_rounds();
	requests_come_too_early_or_too_late();
	each_end_rekeys();
	each_end_rekeys_with_more_key_exchanges();
	each_end_makes_its_child_sa_again();
	each_end_deletes_one_of_two_child_sas();
	each_end_tells_its_crash_token();
	each_end_has_something_to_say_of_addresses();
	the_session_is_resumed();
	for (unsigned i = 0; (row = ikev2_row_at(i)) != NULL; i++) {
		if (runs[i] > 0 || is_guarded(row))
			continue;
		missing++;
		print_error("never reached: %s, %s, %s: %s\n",
			    names_text(&ike_state_names, (int)row->state, from, sizeof(from)),
			    row->role == INITIATOR ? "initiator" : "responder",
			    names_text(&ike_event_names, (int)row->event, event, sizeof(event)),
			    row->story);
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row_is_reached) };

	return exchange_run(tests);
}
