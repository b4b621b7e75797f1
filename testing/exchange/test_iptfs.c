/* SPDX-License-Identifier: Apache-2.0 */
/* IP-TFS (iptfs=yes, RFC 9347): what both ends agree on, and what stands in their kernels. */
#include "exchange/pair.h"
#include "unit/test.h"

#define SEC USEC_PER_SEC
#define TFS "\tiptfs=yes\n"

static struct child_sa *current(struct end *end)
{
	return tunnel_current(peers_tunnel(&end->gateway->peers, "t"));
}

static void assert_kernel(struct end *end, bool iptfs)
{
	struct kernel_policy policy;
	struct simulated_sa sa;
	size_t index = 0;

	for (; kernel_simulated_sa(end->kernel, index, &sa); index++)
		assert_int_equal(sa.sa.iptfs.on, iptfs);
	assert_int_equal(index, 2);
	for (index = 0; kernel_simulated_policy(end->kernel, index, &policy); index++)
		assert_int_equal(policy.iptfs, iptfs);
	assert_int_equal(index, 3);
}

static void assert_tunnel(struct pair *pair, bool iptfs)
{
	pair_assert_tunnel(pair);
	assert_int_equal(current(&pair->west)->iptfs, iptfs);
	assert_int_equal(current(&pair->east)->iptfs, iptfs);
	assert_kernel(&pair->west, iptfs);
	assert_kernel(&pair->east, iptfs);
}

static void rekey(struct pair *pair, struct end *end)
{
	struct child_sa *child = current(end);
	uint64_t serial = child->serial;

	child->replace_at = 0;
	peer_dirty(child->tunnel->peer);
	pair_run(pair, 300 * SEC);
	assert_int_not_equal(current(end)->serial, serial);
}

static void both_ends_agree_and_keep_it_over_rekeys_of_either(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN TFS, PAIR_CONN TFS, NULL, NULL);
	for (unsigned i = 0; i < 2; i++) {
		struct end *begins = i == 0 ? &pair.west : &pair.east;
		end_up(begins, "t");
		pair_run(&pair, 6 * SEC);
		assert_tunnel(&pair, true);
		assert_true(end_said(&pair.west, "tunnel with IP-TFS"));
		assert_true(end_said(&pair.east, "tunnel with IP-TFS"));
		rekey(&pair, &pair.west);
		assert_tunnel(&pair, true);
		rekey(&pair, &pair.east);
		assert_tunnel(&pair, true);
		assert_int_equal(gateway_down(begins->gateway, "t", &diag), RC_OK);
		pair_run(&pair, 10 * SEC);
		end_assert_empty(&pair.west);
		end_assert_empty(&pair.east);
	}
	assert_int_equal(pair.west.failed + pair.east.failed, 0);
	pair_end(&pair);
}

/* Who wants it says that it is missing; who does not says nothing. */
static void a_peer_without_it_gets_a_plain_tunnel(void **state)
{
	static const char *const confs[][2] = { { PAIR_CONN TFS, PAIR_CONN },
						{ PAIR_CONN, PAIR_CONN TFS } };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct pair pair;
		pair_start(&pair, 1, confs[i][0], confs[i][1], NULL, NULL);
		end_up(&pair.west, "t");
		pair_run(&pair, 6 * SEC);
		assert_tunnel(&pair, false);
		assert_int_equal(end_said(&pair.west, "without IP-TFS"), i == 0);
		assert_int_equal(end_said(&pair.east, "without IP-TFS"), i == 1);
		pair_end(&pair);
	}
}

static void the_parameters_of_the_conn_reach_the_kernel(void **state)
{
	struct simulated_sa sa;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1,
		   PAIR_CONN TFS "\tiptfs-fragmentation=no\n\tiptfs-packet-size=1400\n"
				 "\tiptfs-max-queue-size=70000\n\tiptfs-init-delay=2ms\n"
				 "\tiptfs-reorder-window=9\n\tiptfs-drop-time=3s\n",
		   PAIR_CONN TFS, NULL, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 6 * SEC);
	assert_tunnel(&pair, true);
	assert_true(kernel_simulated_sa(pair.west.kernel, 0, &sa));
	assert_true(sa.sa.iptfs.whole);
	assert_int_equal(sa.sa.iptfs.packet_size, 1400);
	assert_int_equal(sa.sa.iptfs.queue_bytes, 70000);
	assert_int_equal(sa.sa.iptfs.init_delay, 2000);
	assert_int_equal(sa.sa.iptfs.reorder_window, 9);
	assert_int_equal(sa.sa.iptfs.drop_time, 3000000);
	assert_true(kernel_simulated_sa(pair.east.kernel, 0, &sa));
	assert_false(sa.sa.iptfs.whole);
	pair_end(&pair);
}

#define ENDS                                                                                       \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n\tmobike=yes\n" TFS

static void mobike_takes_it_along(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, "conn t\n\tleft=%defaultroute\n\tright=192.0.2.2\n" ENDS,
		   "conn t\n\tleft=%any\n\tright=192.0.2.2\n" ENDS, NULL, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 3 * SEC);
	world_host_remove_address(pair.west.host, "192.0.2.1");
	assert_int_equal(world_host_add_address(pair.west.host, "192.0.2.77"), RC_OK);
	pair_run(&pair, 30 * SEC);
	assert_kernel(&pair.west, true);
	assert_kernel(&pair.east, true);
	assert_int_equal(pair_ping(&pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(&pair, false), SIMULATED_ARRIVED);
	assert_int_equal(pair.west.child_up + pair.west.child_down, 1);
	pair_end(&pair);
}

static void a_kernel_without_it_is_told_when_the_conn_is_loaded(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, PAIR_CONN, NULL, NULL, NULL);
	kernel_simulated_without_feature(pair.west.kernel, KERNEL_HAS_IPTFS);
	end_reload(&pair.west, PAIR_CONN TFS);
	pair_run(&pair, 3 * SEC);
	assert_true(end_said(&pair.west, "iptfs=yes: this kernel has no IP-TFS"));
	assert_null(peers_tunnel(&pair.west.gateway->peers, "t"));
	pair_end(&pair);
}

/* RFC 9370: what was agreed on with CREATE_CHILD_SA lasts over the key exchanges that follow. */
static void it_lasts_over_further_key_exchanges(void **state)
{
	static const char conf[] = PAIR_CONN TFS "\tesp=aes_gcm256-dh31;addke1=dh19\n";
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, conf, conf, NULL, NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 6 * SEC);
	assert_tunnel(&pair, true);
	rekey(&pair, &pair.west);
	assert_tunnel(&pair, true);
	rekey(&pair, &pair.east);
	assert_tunnel(&pair, true);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_agree_and_keep_it_over_rekeys_of_either),
		cmocka_unit_test(a_peer_without_it_gets_a_plain_tunnel),
		cmocka_unit_test(the_parameters_of_the_conn_reach_the_kernel),
		cmocka_unit_test(mobike_takes_it_along),
		cmocka_unit_test(a_kernel_without_it_is_told_when_the_conn_is_loaded),
		cmocka_unit_test(it_lasts_over_further_key_exchanges),
	};

	return exchange_run(tests);
}
