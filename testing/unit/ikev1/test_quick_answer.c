/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

#define V1_NETS(left, right)                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=" left "\n\trightsubnet=" right "\n\tauthby=secret\n"                        \
	"\tkeyexchange=ikev1\n\tauto=add\n"

/* Main Mode is done, and east refuses the Quick Mode with that in its log. */
static void assert_refused(const char *west, const char *east, const char *why)
{
	struct v1_road road;

	v1_road_begin(&road, west, east);
	v1_road_try(&road, USEC_PER_SEC);
	assert_int_equal(road.pair.east.ike_up, 1);
	assert_int_equal(road.pair.east.child_up + road.pair.west.child_up, 0);
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 0);
	assert_int_equal(road.pair.east.gateway->sas.child_count, 0);
	if (!end_said(&road.pair.east, why))
		fail_msg("no \"%s\" in\n%s", why, road.pair.east.journal);
	v1_road_end(&road);
}

static void selectors_that_are_not_ours_are_refused(void **state)
{
	(void)state;
	assert_refused(V1_NETS("10.1.0.0/24", "10.3.0.0/24"), NULL, "peer asked for");
	assert_refused(V1_NETS("10.9.0.0/24", "10.2.0.0/24"), NULL, "peer asked for");
}

/* IKEv1 does not narrow: RFC 2409 §5.5 knows no answer with less. */
static void more_than_ours_is_refused_and_not_narrowed(void **state)
{
	(void)state;
	assert_refused(V1_NETS("10.1.0.0/24", "10.2.0.0/16"), NULL, "peer asked for");
	assert_refused(V1_NETS("10.0.0.0/8", "10.2.0.0/24"), NULL, "peer asked for");
}

static void without_the_pfs_that_we_ask_for_it_is_refused(void **state)
{
	(void)state;
	assert_refused(V1_ADD "\tpfs=no\n", V1_ADD "\tpfs=yes\n", "no PFS");
}

static void other_algorithms_or_another_group_are_refused(void **state)
{
	(void)state;
	assert_refused(V1_ADD "\tesp=aes128-sha1\n", V1_ADD "\tesp=aes_gcm256\n", "no proposal");
	assert_refused(
		V1_ADD "\tesp=aes_gcm256-modp2048\n", V1_ADD "\tesp=aes_gcm256-modp3072\n",
		"peer asks for PFS with MODP2048; conn t has AES_GCM_16_256-MODP3072 (esp=)");
}

#define V1_HOSTS(type)                                                                             \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tkeyexchange=ikev1\n\tauto=add\n\ttype=" type "\n"

static void transport_mode_is_no_tunnel(void **state)
{
	(void)state;
	assert_refused(V1_HOSTS("transport"), V1_HOSTS("tunnel"), "no proposal");
	assert_refused(V1_HOSTS("tunnel"), V1_HOSTS("transport"), "no proposal");
}

static bool lose_third(struct flight *flight, unsigned nth)
{
	(void)flight;
	return nth != 8;
}

/* The second block, which is of the HASH only. */
static bool spoil_third(struct flight *flight, unsigned nth)
{
	if (nth == 8)
		flight->bytes[IKE_HEADER_LEN + 16] ^= 1;
	return true;
}

static void it_receives_before_it_answers_and_sends_after_hash_3(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = lose_third;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 1);
	assert_int_equal(pair_ping(&road.pair, true), SIMULATED_ARRIVED);
	v1_repeat(&road, 8);
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 2);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void a_wrong_hash_3_proves_nothing_and_ends_nothing(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_begin(&road, NULL, NULL);
	road.meddle = spoil_third;
	v1_road_try(&road, 200 * USEC_PER_MSEC);
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 1);
	assert_true(end_said(&road.pair.east, "HASH(3) of a Quick Mode is wrong"));
	v1_repeat(&road, 8); /* what the ear heard is what west sent */
	assert_int_equal(kernel_simulated_sa_count(road.pair.east.kernel), 2);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void the_request_again_gets_the_same_answer_and_no_other_sa(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	v1_repeat(&road, 6);
	assert_int_equal(road.count, 11);
	assert_true(v1_same(&road, 7, 9));  /* the answer */
	assert_true(v1_same(&road, 8, 10)); /* and what west says to it */
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void hash_3_again_is_not_answered(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	v1_repeat(&road, 8);
	assert_int_equal(road.count, 9);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void put_too_little(struct writer *writer, void *context)
{
	uint8_t nonce[4] = { 1 };

	(void)context;
	isakmp_bytes_emit(writer, ISAKMP_NONCE, SPAN_OF(nonce));
}

static void a_request_without_sa_is_not_answered(void **state)
{
	struct v1_road road;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	v1_say(&road, &road.pair.west, EXCHANGE_V1_QUICK, 99, false, put_too_little, NULL);
	assert_int_equal(road.count, 9);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

static void either_end_may_begin(void **state)
{
	struct v1_road road;
	struct diag diag;
	uint32_t old;

	(void)state;
	v1_road_up(&road, NULL, NULL);
	old = v1_child(&road.pair.east)->spi_in;
	assert_int_equal(gateway_rekey(road.pair.east.gateway, "t", REKEY_CHILD, &diag), RC_OK);
	v1_road_run(&road, 60 * USEC_PER_SEC);
	assert_int_not_equal(v1_child(&road.pair.east)->spi_in, old);
	assert_int_equal(road.pair.west.ike_up, 1);
	pair_assert_tunnel(&road.pair);
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_that_are_not_ours_are_refused),
		cmocka_unit_test(more_than_ours_is_refused_and_not_narrowed),
		cmocka_unit_test(without_the_pfs_that_we_ask_for_it_is_refused),
		cmocka_unit_test(other_algorithms_or_another_group_are_refused),
		cmocka_unit_test(transport_mode_is_no_tunnel),
		cmocka_unit_test(it_receives_before_it_answers_and_sends_after_hash_3),
		cmocka_unit_test(a_wrong_hash_3_proves_nothing_and_ends_nothing),
		cmocka_unit_test(the_request_again_gets_the_same_answer_and_no_other_sa),
		cmocka_unit_test(hash_3_again_is_not_answered),
		cmocka_unit_test(a_request_without_sa_is_not_answered),
		cmocka_unit_test(either_end_may_begin),
	};

	return exchange_run(tests);
}
