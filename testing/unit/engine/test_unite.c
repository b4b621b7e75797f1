/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels that were split are one again when nothing of them is up. */
#include "engine/private.h"
#include "exchange/pair.h"
#include "unit/test.h"

#define ENDS                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n"
#define TOGETHER                                                                                   \
	ENDS "\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n\trightsubnet=10.2.0.0/24,10.4.0.0/24\n"
#define APART                                                                                      \
	ENDS "\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n"                                           \
	     "\trightsubnets={10.2.0.0/24,10.4.0.0/24}\n"
#define OTHER                                                                                      \
	"conn u\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\tleftsubnet=10.5.0.0/24\n\trightsubnet=10.6.0.0/24\n\tauto=add\n"
#define ADD	 "\tauto=add\n"
#define START	 "\tauto=start\n"
#define ONDEMAND "\tauto=ondemand\n"
#define ALIVE	 "\tdpddelay=5\n\tdpdtimeout=10\n\tretransmit-tries=2\n\tretransmit-timeout=1s\n"

static unsigned policies(const struct end *end)
{
	return (unsigned)kernel_simulated_policy_count(end->kernel);
}

static struct tunnel *named(const struct end *end, const char *name)
{
	return peers_tunnel(&end->gateway->peers, name);
}

static unsigned children(const struct end *end)
{
	return (unsigned)end->gateway->sas.child_count;
}

static void assert_pings(struct pair *pair)
{
	assert_int_equal(pair_ping_hosts(pair, "10.1.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(pair, "10.1.0.5", "10.4.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(pair, "10.3.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping_hosts(pair, "10.3.0.5", "10.4.0.9"), SIMULATED_ARRIVED);
}

static void take_down(struct pair *pair, struct end *end)
{
	struct diag diag;

	assert_int_equal(gateway_down(end->gateway, "t", &diag), RC_OK);
	pair_run(pair, 5 * USEC_PER_SEC);
}

/* The peer has learnt in the meantime to take them together. */
static void the_whole_is_asked_for_in_the_next_ike_sa(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, TOGETHER START ALIVE, APART ADD, NULL, NULL);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 4);
	assert_null(named(&pair.west, "t"));
	end_crash(&pair.east);
	end_boot(&pair.east, TOGETHER ADD, PAIR_SECRETS);
	pair_run(&pair, 120 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 1);
	assert_int_equal(children(&pair.east), 1);
	assert_non_null(named(&pair.west, "t"));
	assert_int_equal(pair.west.gateway->peers.tunnel_count, 1);
	assert_int_equal(policies(&pair.west), 12);
	assert_true(end_said(&pair.west, "its 4 parts are one tunnel again"));
	assert_pings(&pair);
	take_down(&pair, &pair.west);
	end_assert_empty(&pair.west);
	pair_end(&pair);
}

/* One that has not gets its parts in the same negotiation, each time. */
static void a_peer_that_still_takes_parts_has_them_at_once(void **state)
{
	struct pair pair;
	unsigned failed;

	(void)state;
	pair_start(&pair, 2, TOGETHER START ALIVE, APART ADD, NULL, NULL);
	pair_run(&pair, 20 * USEC_PER_SEC);
	for (unsigned i = 0; i < 3; i++) {
		end_crash(&pair.east);
		end_boot(&pair.east, APART ADD, PAIR_SECRETS);
		pair_run(&pair, 120 * USEC_PER_SEC);
		failed = pair.west.failed;
		assert_int_equal(children(&pair.west), 4);
		assert_int_equal(pair.west.gateway->peers.tunnel_count, 4);
		assert_int_equal(policies(&pair.west), 12);
		assert_pings(&pair);
		pair_run(&pair, 300 * USEC_PER_SEC);
		assert_int_equal(pair.west.child_up, 4 * (i + 2)); /* nothing flaps */
		assert_int_equal(pair.west.failed, failed);
	}
	pair_end(&pair);
}

/* It has said what it takes, also in the IKE SA that this one was rekeyed to. */
static void in_the_same_ike_sa_nothing_is_tried_again(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 3, TOGETHER ADD OTHER, APART ADD OTHER, NULL, NULL);
	end_up(&pair.west, "u");
	end_up(&pair.west, "t");
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 5);
	assert_int_equal(gateway_rekey(pair.west.gateway, "t", REKEY_IKE, &diag), RC_OK);
	pair_run(&pair, 20 * USEC_PER_SEC);
	take_down(&pair, &pair.west);
	assert_int_equal(children(&pair.west), 1);
	assert_int_equal(pair.west.gateway->sas.ike_count, 1);
	assert_non_null(named(&pair.west, "t/1x1"));
	end_up(&pair.west, "t");
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 5);
	assert_false(end_said(&pair.west, "one tunnel again"));
	assert_pings(&pair);
	pair_end(&pair);
}

/* It took what the peer asked for, and takes more when the peer does, in the same IKE SA too. */
static void a_responder_takes_the_whole_again(void **state)
{
	struct pair pair;

	(void)state;
	for (unsigned keeps_ike = 0; keeps_ike < 2; keeps_ike++) {
		pair_start(&pair, 4, APART ADD OTHER, TOGETHER ADD OTHER, NULL, NULL);
		end_up(&pair.west, "t");
		if (keeps_ike != 0)
			end_up(&pair.west, "u");
		pair_run(&pair, 20 * USEC_PER_SEC);
		assert_int_equal(children(&pair.east), 4 + keeps_ike);
		assert_null(named(&pair.east, "t"));
		take_down(&pair, &pair.west);
		end_reload(&pair.west, TOGETHER ADD OTHER);
		end_up(&pair.west, "t");
		pair_run(&pair, 20 * USEC_PER_SEC);
		assert_int_equal(children(&pair.east), 1 + keeps_ike);
		assert_int_equal(pair.east.ike_up, 2 - keeps_ike);
		assert_non_null(named(&pair.east, "t"));
		assert_pings(&pair);
		pair_end(&pair);
	}
}

/* Packets find a trap all the while, and ask for what is missing. */
static void traps_stand_while_parts_become_one(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 5, TOGETHER ONDEMAND ALIVE, APART ADD, NULL, NULL);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(policies(&pair.west), 4);
	(void)pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.9");
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 1);
	end_crash(&pair.east);
	while (pair.west.ike_down == 0) {
		assert_true(policies(&pair.west) >= 4);
		assert_true(world_step(pair.world));
		if (!list_empty(&pair.west.gateway->dirty))
			assert_true(policies(&pair.west) >= 4);
	}
	for (unsigned i = 0; i < 200; i++) {
		assert_in_range(policies(&pair.west), 4, 12);
		assert_true(world_step(pair.world));
	}
	assert_non_null(named(&pair.west, "t"));
	assert_true(named(&pair.west, "t")->trap_installed);
	pair_run(&pair, 60 * USEC_PER_SEC);
	assert_int_equal(policies(&pair.west), 4);
	assert_true(list_empty(&pair.west.gateway->orphans));
	end_boot(&pair.east, TOGETHER ADD, PAIR_SECRETS);
	assert_int_equal(pair_ping_hosts(&pair, "10.3.0.5", "10.4.0.9"), SIMULATED_ACQUIRED);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_pings(&pair);
	assert_int_equal(children(&pair.west), 1);
	pair_end(&pair);
}

/* What the operator has said of a part is not said of the others. */
static void a_part_that_the_operator_took_down_stays_one(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	pair_start(&pair, 6, TOGETHER START ALIVE, APART ADD, NULL, NULL);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(gateway_down(pair.west.gateway, "t/2x2", &diag), RC_OK);
	pair_run(&pair, 10 * USEC_PER_SEC);
	end_crash(&pair.east);
	end_boot(&pair.east, TOGETHER ADD, PAIR_SECRETS);
	pair_run(&pair, 120 * USEC_PER_SEC);
	assert_non_null(named(&pair.west, "t/2x2"));
	assert_int_equal(pair_ping_hosts(&pair, "10.1.0.5", "10.2.0.9"), SIMULATED_ARRIVED);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 10 * USEC_PER_SEC);
	assert_int_equal(gateway_up(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 1);
	assert_pings(&pair);
	pair_end(&pair);
}

/* With narrowing= what the peer took may be enough; another time it may take more. */
static void what_was_not_asked_for_is_asked_for_with_the_whole(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 9, TOGETHER START ALIVE,
		   ENDS "\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n\trightsubnet=10.2.0.0/24\n" ADD,
		   NULL, NULL);
	pair_run(&pair, 20 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 1);
	assert_int_equal(named(&pair.west, "t/1x2")->wanted, WANTED_LISTEN);
	end_crash(&pair.east);
	end_boot(&pair.east, TOGETHER ADD, PAIR_SECRETS);
	pair_run(&pair, 120 * USEC_PER_SEC);
	assert_int_equal(children(&pair.west), 1);
	assert_pings(&pair);
	pair_end(&pair);
}

/* A peer that ends what has come up is not asked the sooner for there being parts that never were
 * up. */
static void attempts_at_the_part_that_was_up_count(void **state)
{
	struct pair pair;
	struct tunnel *part;

	(void)state;
	pair_start(&pair, 10, TOGETHER ADD, "", NULL, NULL);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(tunnel_split_first(named(&pair.west, "t")), RC_OK);
	part = named(&pair.west, "t/1x2");
	part->made_at = host_now(pair.west.host);
	backoff_fail(&part->backoff, pair.west.host, RC_PEER_DELETED, "gone");
	pair_run(&pair, USEC_PER_SEC);
	assert_non_null(named(&pair.west, "t"));
	assert_int_equal(named(&pair.west, "t")->backoff.attempts, 1);
	pair_end(&pair);
}

static void the_configured_reqid_is_the_whole_ones(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 7, TOGETHER START ALIVE "\treqid=77\n", APART ADD, NULL, NULL);
	pair_run(&pair, 20 * USEC_PER_SEC);
	end_crash(&pair.east);
	end_boot(&pair.east, TOGETHER ADD, PAIR_SECRETS);
	pair_run(&pair, 120 * USEC_PER_SEC);
	assert_non_null(named(&pair.west, "t"));
	assert_int_equal(named(&pair.west, "t")->reqid, 77);
	pair_end(&pair);
}

/* Whatever allocation fails: nothing is lost, and it comes up when there is memory again. */
static void any_one_allocation_may_fail(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 40; n++) {
		struct pair pair;
		struct peer *peer;
		pair_start(&pair, 8, TOGETHER ONDEMAND, "", NULL, NULL);
		pair_run(&pair, USEC_PER_SEC);
		peer = named(&pair.west, "t")->peer;
		peer->busy++; /* not at once */
		assert_int_equal(tunnel_split_first(named(&pair.west, "t")), RC_OK);
		pair_run(&pair, USEC_PER_SEC);
		peer->busy--;
		assert_true(named(&pair.west, "t/2x1")->trap_installed);
		mem_fail_nth(n);
		reconcile(pair.west.gateway, peer);
		mem_fail_nth(0);
		pair_run(&pair, USEC_PER_SEC);
		assert_int_equal(policies(&pair.west), 4); /* of the parts, or of the whole */
		pair_run(&pair, 60 * USEC_PER_SEC);
		assert_non_null(named(&pair.west, "t"));
		assert_int_equal(pair.west.gateway->peers.tunnel_count, 1);
		assert_int_equal(policies(&pair.west), 4);
		assert_true(list_empty(&pair.west.gateway->orphans));
		pair_end(&pair);
	}
}

/* A peer that takes one pair in a Child SA, says so with SINGLE_PAIR_REQUIRED, and ends an IKE SA
 * whose first Child SA it refused. */
static struct {
	const struct kernel_ops *real;
	struct kernel_ops ops;
	void (*done)(struct kernel_request *request);
	bool refused;
	struct watcher watcher;
} stern;

static void refuse(struct kernel_request *request)
{
	request->rc = RC_SINGLE_PAIR;
	request->done = stern.done;
	stern.done(request);
}

static void submit(struct kernel *kernel, struct kernel_request *request)
{
	const struct errand *errand = request->owner;

	if (request->op == KERNEL_SA_ADD && errand != NULL && errand->out.child != NULL &&
	    !selectors_single(&errand->out.child->selectors)) {
		stern.done = request->done;
		request->done = refuse;
		stern.refused = true;
		kernel_simulated_fail(kernel, 1, 22, false);
	}
	stern.real->submit(kernel, request);
}

static void ends_it(struct watcher *watcher, const struct gateway_event *event)
{
	(void)watcher;
	if (event->type != GATEWAY_IKE_UP || !stern.refused)
		return;
	stern.refused = false;
	list_for(node, &event->peer->ike_sas)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		sa->delete_wanted = true;
		sa->delete_reason = RC_CANCELLED;
	}
	peer_dirty(container_of(event->peer->ike_sas.next, struct ike_sa, in_peer)->peer);
}

/* The whole is not asked for in each new IKE SA, at once and for ever. */
static void a_peer_that_refuses_the_whole_and_ends_the_ike_sa_gets_the_parts(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 11, TOGETHER ADD, TOGETHER ADD, NULL, NULL);
	stern.real = pair.east.kernel->ops;
	stern.ops = *stern.real;
	stern.ops.submit = submit;
	pair.east.kernel->ops = &stern.ops;
	stern.watcher.event = ends_it;
	gateway_watch(pair.east.gateway, &stern.watcher);
	end_up(&pair.west, "t");
	for (unsigned i = 0; i < 400 && children(&pair.west) < 4; i++)
		(void)world_step(pair.world);
	assert_int_equal(children(&pair.west), 4);
	assert_int_equal(pair.west.ike_up, 2);
	gateway_unwatch(&stern.watcher);
	pair.east.kernel->ops = stern.real;
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_is_asked_for_in_the_next_ike_sa),
		cmocka_unit_test(a_peer_that_still_takes_parts_has_them_at_once),
		cmocka_unit_test(in_the_same_ike_sa_nothing_is_tried_again),
		cmocka_unit_test(a_responder_takes_the_whole_again),
		cmocka_unit_test(traps_stand_while_parts_become_one),
		cmocka_unit_test(a_part_that_the_operator_took_down_stays_one),
		cmocka_unit_test(what_was_not_asked_for_is_asked_for_with_the_whole),
		cmocka_unit_test(attempts_at_the_part_that_was_up_count),
		cmocka_unit_test(a_peer_that_refuses_the_whole_and_ends_the_ike_sa_gets_the_parts),
		cmocka_unit_test(the_configured_reqid_is_the_whole_ones),
		cmocka_unit_test(any_one_allocation_may_fail),
	};
	return exchange_run(tests);
}
