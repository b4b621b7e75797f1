/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/renewal.h"

static struct ike_message *request_of(struct road *road, const char *conf)
{
	road_up(road, conf, conf);
	renewal_begin(road, &road->pair.west, false);
	assert_int_equal(road->count, 1);
	return road_opened(road, 0, road_sa(&road->pair.east));
}

/* RFC 7296 §1.3.3: the SPI that we receive with. */
static void rekey_names_the_inbound_spi_and_offers_a_group(void **state)
{
	struct road road;
	struct wire_notify notify;
	uint32_t spi;

	(void)state;
	struct ike_message *request = request_of(&road, NULL);
	assert_true(notify_find(request, REKEY_SA, &notify));
	assert_int_equal(notify.protocol, PROTOCOL_ESP);
	assert_int_equal(span_u32(&notify.spi, &spi), RC_OK);
	assert_int_equal(spi, tunnel_current(road_tunnel(&road.pair.west))->spi_in);
	assert_non_null(payload_of(request, PAYLOAD_KE));
	assert_non_null(payload_of(request, PAYLOAD_TSi));
	road_end(&road);
}

static void without_pfs_there_is_no_ke(void **state)
{
	struct road road;

	(void)state;
	assert_null(payload_of(request_of(&road, PAIR_CONN "\tpfs=no\n"), PAYLOAD_KE));
	road_end(&road);
}

static void fill_not_found(struct writer *writer)
{
	emit_notify(writer, CHILD_SA_NOT_FOUND);
}

static void fill_busy(struct writer *writer)
{
	emit_notify(writer, TEMPORARY_FAILURE);
}

static void fill_no_more(struct writer *writer)
{
	emit_notify(writer, NO_ADDITIONAL_SAS);
}

/* §2.25: we believed in it alone. */
static void child_sa_that_the_peer_does_not_have_ends(void **state)
{
	struct road road;
	uint64_t serial;

	(void)state;
	(void)request_of(&road, NULL);
	serial = tunnel_current(road_tunnel(&road.pair.west))->serial;
	renewal_answer(&road, &road.pair.east, fill_not_found);
	assert_null(child_sa_by_serial(road_sa(&road.pair.west), serial));
	road_end(&road);
}

static void busy_peer_is_asked_again_later(void **state)
{
	struct road road;

	(void)state;
	(void)request_of(&road, NULL);
	renewal_answer(&road, &road.pair.east, fill_busy);
	struct ike_sa *sa = road_sa(&road.pair.west);
	assert_null(sa->creation);
	assert_null(sa->request.bytes);
	assert_true(sa->retry_at > host_now(road.pair.west.host));
	assert_int_equal(road.pair.west.child_down, 0);
	road_end(&road);
}

/* §1.3: it makes no more of them: a whole new IKE SA will. */
static void peer_that_makes_no_more_sas_gets_a_new_ike_sa(void **state)
{
	struct road road;

	(void)state;
	(void)request_of(&road, NULL);
	road.count = 0;
	renewal_answer(&road, &road.pair.east, fill_no_more);
	assert_true(road_sa(&road.pair.west)->no_additional);
	assert_true(road.count > 0);
	assert_int_equal(road_heard(&road, 0)->header.exchange, EXCHANGE_IKE_SA_INIT);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rekey_names_the_inbound_spi_and_offers_a_group),
		cmocka_unit_test(without_pfs_there_is_no_ke),
		cmocka_unit_test(child_sa_that_the_peer_does_not_have_ends),
		cmocka_unit_test(busy_peer_is_asked_again_later),
		cmocka_unit_test(peer_that_makes_no_more_sas_gets_a_new_ike_sa),
	};

	return exchange_run(tests);
}
