/* SPDX-License-Identifier: Apache-2.0 */
/* A peer with all the keys that asks for SAs that are not its own, for ever more of them, or with
 * SPIs that cannot be; and that answers our own requests with whatever it likes. A tunnel with
 * somebody else stays. */
#include "engine/private.h"
#include "exchange/company.h"

static struct span bytes_of(struct road *road, uint32_t spi)
{
	uint8_t *bytes = arena_alloc(&road->arena, 4);
	struct sink sink;

	assert_non_null(bytes);
	sink_init(&sink, bytes, 4);
	sink_u32(&sink, spi);
	return sink_written(&sink);
}

/* A CREATE_CHILD_SA request for tunnel t with that SPI; with REKEY_SA for another when rekeyed is
 * not NULL. */
static struct outcome_message creates(struct road *road, uint32_t spi, enum ike_protocol protocol,
				      const uint32_t *rekeyed)
{
	const struct tunnel *tunnel = road_tunnel(&road->pair.west);
	struct outcome_message message = { .exchange = EXCHANGE_CREATE_CHILD_SA };
	static const uint8_t nonce[32] = { 7 };
	struct wire_ts local, remote;
	struct wire_ts_list tsi = { &local, 1 }, tsr = { &remote, 1 };
	struct wire_sa offer;
	struct sink sink;
	struct writer writer;

	assert_int_equal(inner_start(&road->arena, &sink, &writer), RC_OK);
	if (rekeyed != NULL) {
		struct wire_notify notify = { .type = REKEY_SA,
					      .protocol = (uint8_t)protocol,
					      .spi = bytes_of(road, *rekeyed) };
		wire_notify_emit(&writer, &notify);
	}
	assert_int_equal(proposal_offer(&road->arena, tunnel->conn->esp, bytes_of(road, spi),
					PROPOSAL_NO_DH, &offer),
			 RC_OK);
	wire_sa_emit(&writer, &offer);
	wire_nonce_emit(&writer, SPAN_OF(nonce));
	selector_to_wire(&tunnel->selectors.first.local, &local);
	selector_to_wire(&tunnel->selectors.first.remote, &remote);
	wire_ts_emit(&writer, PAYLOAD_TSi, &tsi);
	wire_ts_emit(&writer, PAYLOAD_TSr, &tsr);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	return message;
}

/* What east said to it. */
static uint16_t told(struct company *c, const struct outcome_message *message)
{
	c->road.count = 0;
	road_say(&c->road, &c->road.pair.west, message);
	assert_true(c->road.count >= 1);
	return road_notify(road_opened(&c->road, 0, road_sa(&c->road.pair.west)));
}

/* RFC 7296 §2.25.1: unknown ones, the wrong half, another protocol's, those of somebody else. */
static void a_rekey_of_what_is_not_the_peers_is_child_sa_not_found(void **state)
{
	struct company c;

	(void)state;
	company_begin(&c, "\tpfs=no\n");
	struct end *east = &c.road.pair.east;
	uint32_t own = company_child(east, "t")->spi_out;
	uint32_t wrong[] = { 0,
			     1,
			     0x12345678,
			     0xffffffff,
			     company_child(east, "t")->spi_in,
			     company_child(east, "s")->spi_out,
			     company_child(east, "s")->spi_in };
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome_message message =
			creates(&c.road, 0x1000 + i, PROTOCOL_ESP, &wrong[i]);
		assert_int_equal(told(&c, &message), CHILD_SA_NOT_FOUND);
		assert_int_equal(east->gateway->sas.child_count, 2);
	}
	struct outcome_message message = creates(&c.road, 0x2000, PROTOCOL_AH, &own);
	assert_int_equal(told(&c, &message), CHILD_SA_NOT_FOUND);
	assert_int_equal(east->gateway->sas.child_count, 2);
	assert_int_equal(east->ike_down, 0);
	assert_true(end_said(east, "which this IKE SA does not have"));
	pair_run(&c.road.pair, 60 * USEC_PER_SEC);
	assert_int_equal(pair_ping(&c.road.pair, true), SIMULATED_ARRIVED);
	company_end(&c);
}

/* SPIs below 256 are reserved (RFC 4303 §2.1), and one address cannot have one twice. */
static void an_spi_that_cannot_be_makes_no_child_sa(void **state)
{
	struct company c;

	(void)state;
	company_begin(&c, "\tpfs=no\n");
	struct end *east = &c.road.pair.east;
	uint32_t spis[] = { 0, 1, 255, company_child(east, "t")->spi_out };
	for (unsigned i = 0; i < sizeof(spis) / sizeof(spis[0]); i++) {
		struct outcome_message message = creates(&c.road, spis[i], PROTOCOL_ESP, NULL);
		assert_int_not_equal(told(&c, &message), 0);
		assert_int_equal(east->gateway->sas.child_count, 2);
	}
	assert_int_equal(east->ike_down, 0);
	assert_int_equal(pair_ping(&c.road.pair, true), SIMULATED_ARRIVED);
	company_end(&c);
}

static void a_peer_that_asks_for_ever_more_child_sas_is_bounded(void **state)
{
	struct company c;
	size_t most = 0;

	(void)state;
	company_begin(&c, "\tpfs=no\n");
	struct end *east = &c.road.pair.east;
	for (uint32_t i = 0; i < 200 && !list_empty(&road_tunnel(east)->peer->ike_sas); i++) {
		struct outcome_message message = creates(&c.road, 0x10000 + i, PROTOCOL_ESP, NULL);
		c.road.count = 0;
		road_say(&c.road, &c.road.pair.west, &message);
		if (most < east->gateway->sas.child_count)
			most = east->gateway->sas.child_count;
	}
	assert_in_range(most, 10, 34);
	assert_true(kernel_simulated_sa_count(east->kernel) <= 80);
	company_end(&c);
}

/* ---- our requests, and what it answers ---- */

/* The question does not reach the gateway for which the test answers. */
static bool muzzle(void *context, struct flight *flight)
{
	const bool *muzzled = context;

	return !*muzzled || flight->to.addr.bytes[3] != 1;
}

/* west answers the outstanding request of east. */
static void answer(struct company *c, uint16_t type)
{
	struct ike_sa *sa = road_sa(&c->road.pair.west), *asks = road_sa(&c->road.pair.east);
	struct outcome_message message = { .exchange = EXCHANGE_CREATE_CHILD_SA };
	struct wire_notify notify = { .type = type };
	uint8_t buffer[1024];
	struct sink sink;
	struct writer writer;

	assert_int_equal(inner_start(&c->road.arena, &sink, &writer), RC_OK);
	wire_notify_emit(&writer, &notify);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	message.response = true;
	sa->recv_next++;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, asks->send_next - 1, &message, &sink),
			 RC_OK);
	assert_int_equal(
		world_inject(c->road.pair.world, &sa->local, &sa->remote, sink_written(&sink)),
		RC_OK);
	world_settle(c->road.pair.world);
	road_run(&c->road, 20 * USEC_PER_MSEC);
}

static void ask(struct company *c, enum ike_event event)
{
	struct end *east = &c->road.pair.east;
	struct ike_sa *sa = road_sa(east);
	struct child_sa *child = company_child(east, "t");

	assert_non_null(child);
	road_event(east->gateway, sa, event, NULL, NULL, event == EVENT_REKEY_CHILD ? child : NULL);
	road_run(&c->road, 20 * USEC_PER_MSEC);
	assert_non_null(sa->request.bytes);
}

/* Every error, and nonsense, to a rekey: what works goes on, or is made again; never anything of
 * somebody else's. */
static void every_notify_in_an_answer_to_a_rekey_costs_no_other_tunnel(void **state)
{
	static const enum ike_event events[] = { EVENT_REKEY_CHILD, EVENT_REKEY_IKE };

	(void)state;
	for (unsigned i = 0; i < 2 * 60; i++) {
		struct company c;
		bool muzzled = true;
		company_begin(&c, "\tpfs=no\n");
		struct end *east = &c.road.pair.east;
		world_tap(c.road.pair.world, muzzle, &muzzled);
		ask(&c, events[i % 2]);
		muzzled = false;
		answer(&c, (uint16_t)(i / 2 < 50 ? i / 2 : 16384 + i / 2 - 50));
		assert_true(c.south.child_down == 0);
		if (east->ike_down == 0 && company_child(east, "t") != NULL)
			assert_true(company_child(east, "t")->expires > host_now(east->host));
		pair_run(&c.road.pair, 30 * USEC_PER_SEC);
		assert_true(east->gateway->sas.child_count <= 2);
		if (east->ike_down > 0) { /* who says INVALID_SYNTAX has ended it too (§2.21.3) */
			end_crash(&c.road.pair.west);
			end_boot(&c.road.pair.west, PAIR_CONN, COMPANY_SECRETS);
		}
		end_up(&c.road.pair.west, "t");
		pair_run(&c.road.pair, 200 * USEC_PER_SEC);
		assert_int_equal(east->gateway->sas.child_count, 2);
		assert_int_equal(pair_ping(&c.road.pair, true), SIMULATED_ARRIVED);
		assert_int_equal(pair_ping(&c.road.pair, false), SIMULATED_ARRIVED);
		company_end(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rekey_of_what_is_not_the_peers_is_child_sa_not_found),
		cmocka_unit_test(an_spi_that_cannot_be_makes_no_child_sa),
		cmocka_unit_test(a_peer_that_asks_for_ever_more_child_sas_is_bounded),
		cmocka_unit_test(every_notify_in_an_answer_to_a_rekey_costs_no_other_tunnel),
	};

	return exchange_run(tests);
}
