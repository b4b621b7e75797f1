/* SPDX-License-Identifier: Apache-2.0 */
/* AH (phase2=ah, RFC 4302) and IPComp (compress=yes, RFC 7296 §2.22): what both ends agree on, and
 * what stands in their kernels. */
#include "exchange/pair.h"
#include "kernel/algorithms.h"
#include "sa/compress.h"
#include "unit/test.h"
#include "wire/iana.h"

#define SEC USEC_PER_SEC

static struct child_sa *current(struct end *end)
{
	return tunnel_current(peers_tunnel(&end->gateway->peers, "t"));
}

static unsigned count_protocol(struct end *end, uint8_t protocol)
{
	struct simulated_sa sa;
	unsigned count = 0;

	for (size_t index = 0; kernel_simulated_sa(end->kernel, index, &sa); index++)
		count += sa.sa.protocol == protocol;
	return count;
}

static bool both_arrive(struct pair *pair)
{
	return pair_ping(pair, true) == SIMULATED_ARRIVED &&
	       pair_ping(pair, false) == SIMULATED_ARRIVED;
}

static void rekey(struct end *end)
{
	struct child_sa *child = current(end);

	assert_non_null(child);
	child->replace_at = 0;
	peer_dirty(child->tunnel->peer);
}

/* ---- AH ---- */

#define ENDS                                                                                       \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n"
#define AH "\tphase2=ah\n\tah=sha2_256\n"

static void assert_ah(struct pair *pair)
{
	assert_int_equal(count_protocol(&pair->west, PROTOCOL_AH), 2);
	assert_int_equal(count_protocol(&pair->east, PROTOCOL_AH), 2);
	assert_int_equal(kernel_simulated_sa_count(pair->west.kernel), 2);
	pair_assert_tunnel(pair);
}

static void ah_protects_and_is_rekeyed_from_either_end(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_START AH, PAIR_CONN AH, NULL, NULL);
	pair_run(&pair, 6 * SEC);
	assert_ah(&pair);
	struct child_sa *first = current(&pair.west);
	uint64_t serial = first->serial;
	rekey(&pair.west);
	pair_run(&pair, 300 * SEC);
	assert_ah(&pair);
	assert_int_not_equal(current(&pair.west)->serial, serial);
	serial = current(&pair.east)->serial;
	rekey(&pair.east);
	pair_run(&pair, 300 * SEC);
	assert_ah(&pair);
	assert_int_not_equal(current(&pair.east)->serial, serial);
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 10 * SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void refused(const char *west, const char *east, const char *west_says,
		    const char *east_says)
{
	struct pair pair;

	pair_start(&pair, 1, west, east, NULL, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * SEC);
	end_assert_childless(&pair.west);
	end_assert_childless(&pair.east);
	if (west_says != NULL)
		assert_true(end_said(&pair.west, west_says));
	if (east_says != NULL)
		assert_true(end_said(&pair.east, east_says));
	pair_end(&pair);
}

static void esp_and_ah_do_not_agree(void **state)
{
	(void)state;
	refused(PAIR_CONN AH, PAIR_CONN, "NO_PROPOSAL_CHOSEN", "AH");
	refused(PAIR_CONN, PAIR_CONN AH, "NO_PROPOSAL_CHOSEN", "AH");
}

/* It moves with MOBIKE, but not behind a NAT. */
static void ah_is_refused_where_a_nat_is_between(void **state)
{
	static const char west[] = "conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" ENDS AH;
	static const char east[] = "conn t\n\tleft=%any\n\tright=192.0.2.2\n" ENDS AH;
	struct pair pair = { .world = world_new(7) };

	(void)state;
	assert_int_equal(world_nat(pair.world, "10.0.0.0/24", "198.51.100.1", 60 * SEC), RC_OK);
	end_start(pair.world, &pair.west, "west", "10.0.0.9", west, NULL);
	end_start(pair.world, &pair.east, "east", EAST_ADDRESS, east, NULL);
	end_up(&pair.west, "t");
	world_run(pair.world, 2 * SEC);
	assert_int_equal(pair.west.ike_up, 1);
	assert_int_equal(pair.west.child_up + pair.east.child_up, 0);
	assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), 0);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 0);
	assert_true(end_said(&pair.east, "AH cannot pass the NAT"));
	pair_end(&pair);
}

/* ---- both ---- */

#define ROAMER	 "conn t\n\tleft=%defaultroute\n\tright=192.0.2.2\n\tmobike=yes\n" ENDS
#define FOLLOWER "conn t\n\tleft=%any\n\tright=192.0.2.2\n\tmobike=yes\n" ENDS

static void move_west(struct pair *pair, const char *to)
{
	world_host_remove_address(pair->west.host, "192.0.2.1");
	assert_int_equal(world_host_add_address(pair->west.host, to), RC_OK);
	pair_run(pair, 30 * SEC);
}

static void mobike_takes_both_along(void **state)
{
	static const char *const confs[][2] = { { ROAMER AH, FOLLOWER AH },
						{ ROAMER "\tcompress=yes\n",
						  FOLLOWER "\tcompress=yes\n" } };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct simulated_sa sa;
		struct ip_addr there;
		struct pair pair;
		assert_int_equal(ip_parse("192.0.2.77", &there), RC_OK);
		pair_start(&pair, 1, confs[i][0], confs[i][1], NULL, NULL);
		end_up(&pair.west, "t");
		pair_run(&pair, 3 * SEC);
		size_t count = kernel_simulated_sa_count(pair.west.kernel);
		assert_int_equal(count, i == 0 ? 2 : 4);
		move_west(&pair, "192.0.2.77");
		assert_int_equal(kernel_simulated_sa_count(pair.west.kernel), count);
		assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), count);
		for (size_t at = 0; kernel_simulated_sa(pair.east.kernel, at, &sa); at++)
			assert_true(ip_equal(&sa.sa.src, &there) || ip_equal(&sa.sa.dst, &there));
		assert_true(both_arrive(&pair));
		assert_int_equal(pair.west.child_up + pair.west.child_down, 1);
		pair_end(&pair);
	}
}

/* ---- IPComp ---- */

#define ZIP "\tcompress=yes\n"

static void assert_compressed(struct pair *pair)
{
	struct child_sa *west = current(&pair->west), *east = current(&pair->east);

	assert_non_null(west->compress);
	assert_non_null(east->compress);
	assert_int_equal(west->compress->cpi_in, east->compress->cpi_out);
	assert_int_equal(west->compress->cpi_out, east->compress->cpi_in);
	assert_int_equal(count_protocol(&pair->west, KERNEL_IPCOMP), 2);
	assert_int_equal(count_protocol(&pair->east, KERNEL_IPCOMP), 2);
	assert_int_equal(kernel_simulated_sa_count(pair->west.kernel), 4);
	assert_int_equal(kernel_simulated_policy_count(pair->west.kernel), 3);
	assert_true(both_arrive(pair));
}

static void assert_plain(struct pair *pair)
{
	pair_assert_tunnel(pair);
	assert_null(current(&pair->west)->compress);
	assert_null(current(&pair->east)->compress);
	assert_int_equal(kernel_simulated_sa_count(pair->west.kernel), 2);
}

static void packets_are_compressed_before_and_after_rekeys_of_either_end(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_START ZIP, PAIR_CONN ZIP, NULL, NULL);
	pair_run(&pair, 6 * SEC);
	assert_compressed(&pair);
	for (unsigned i = 0; i < 4; i++) {
		struct end *end = i % 2 == 0 ? &pair.west : &pair.east;
		uint64_t serial = current(end)->serial;
		rekey(end);
		pair_run(&pair, 300 * SEC);
		assert_int_not_equal(current(end)->serial, serial);
		assert_compressed(&pair);
	}
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 10 * SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

static void both_ends_rekey_a_compressed_one_at_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct pair pair;
		pair_start(&pair, seed, PAIR_START ZIP, PAIR_CONN ZIP, NULL, NULL);
		pair_run(&pair, 6 * SEC);
		rekey(&pair.west);
		rekey(&pair.east);
		pair_run(&pair, 300 * SEC);
		assert_compressed(&pair);
		pair_end(&pair);
	}
}

static void who_does_not_want_it_goes_without(void **state)
{
	static const char *const confs[][2] = { { PAIR_CONN ZIP, PAIR_CONN },
						{ PAIR_CONN, PAIR_CONN ZIP } };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct pair pair;
		pair_start(&pair, 1, confs[i][0], confs[i][1], NULL, NULL);
		end_up(&pair.west, "t");
		pair_run(&pair, 6 * SEC);
		assert_plain(&pair);
		pair_end(&pair);
	}
}

/* With the same conn at both ends. */
static void starts(struct pair *pair, const char *conf)
{
	pair_start(pair, 1, conf, conf, NULL, NULL);
	end_up(&pair->west, "t");
	pair_run(pair, 6 * SEC);
	assert_int_equal(pair->west.child_up, 1);
}

static void a_tunnel_between_ip_versions_is_not_compressed(void **state)
{
	static const char six[] =
		"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		"\tleftsubnet=2001:db8:1::/64\n\trightsubnet=2001:db8:2::/64\n\tauthby=secret\n"
		"\tcompress=yes\n\tauto=add\n";
	struct pair pair;

	(void)state;
	starts(&pair, six);
	assert_null(current(&pair.west)->compress);
	assert_int_equal(kernel_simulated_sa_count(pair.east.kernel), 2);
	pair_end(&pair);
}

static void a_kernel_that_cannot_is_told_when_the_conn_is_loaded(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN, NULL, NULL, NULL);
	kernel_simulated_without_feature(pair.west.kernel, KERNEL_HAS_AH);
	kernel_simulated_without_feature(pair.west.kernel, KERNEL_HAS_IPCOMP);
	end_reload(&pair.west, PAIR_CONN ZIP);
	pair_run(&pair, 3 * SEC);
	assert_true(end_said(&pair.west, "compress=yes: this kernel makes no IPComp SA"));
	assert_null(peers_tunnel(&pair.west.gateway->peers, "t"));
	end_reload(&pair.west, PAIR_CONN AH);
	pair_run(&pair, 3 * SEC);
	assert_true(end_said(&pair.west, "ah=: this kernel makes no AH SA"));
	end_reload(&pair.west, PAIR_CONN);
	pair_run(&pair, 3 * SEC);
	assert_non_null(peers_tunnel(&pair.west.gateway->peers, "t"));
	pair_end(&pair);
}

/* Whichever request is refused: nothing is left, and the next attempt comes up. */
static void a_kernel_that_refuses_any_part_leaves_nothing_half_installed(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 7; nth++) {
		struct pair pair;
		pair_start(&pair, 1, PAIR_START ZIP, PAIR_CONN ZIP, NULL, NULL);
		kernel_simulated_fail(nth % 2 ? pair.west.kernel : pair.east.kernel, nth, 12,
				      false);
		pair_run(&pair, 60 * SEC);
		assert_compressed(&pair);
		pair_end(&pair);
	}
}

static void transport_mode_is_compressed_too(void **state)
{
	static const char transport[] =
		"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		"\ttype=transport\n\tcompress=yes\n\tauthby=secret\n\tauto=add\n";
	struct pair pair;

	(void)state;
	starts(&pair, transport);
	assert_non_null(current(&pair.west)->compress);
	assert_int_equal(count_protocol(&pair.east, KERNEL_IPCOMP), 2);
	assert_int_equal(pair_ping_hosts(&pair, WEST_ADDRESS, EAST_ADDRESS), SIMULATED_ARRIVED);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ah_protects_and_is_rekeyed_from_either_end),
		cmocka_unit_test(esp_and_ah_do_not_agree),
		cmocka_unit_test(ah_is_refused_where_a_nat_is_between),
		cmocka_unit_test(mobike_takes_both_along),
		cmocka_unit_test(packets_are_compressed_before_and_after_rekeys_of_either_end),
		cmocka_unit_test(both_ends_rekey_a_compressed_one_at_once),
		cmocka_unit_test(who_does_not_want_it_goes_without),
		cmocka_unit_test(a_tunnel_between_ip_versions_is_not_compressed),
		cmocka_unit_test(a_kernel_that_cannot_is_told_when_the_conn_is_loaded),
		cmocka_unit_test(a_kernel_that_refuses_any_part_leaves_nothing_half_installed),
		cmocka_unit_test(transport_mode_is_compressed_too),
	};

	return exchange_run(tests);
}
