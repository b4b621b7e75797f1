/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "exchange/pair.h"
#include "unit/test.h"

#define OFFICE                                                                                     \
	"conn t\n\tleft=192.0.2.2\n\tleftid=@east\n\tleftsubnet=10.2.0.0/24\n\tright=%any\n"       \
	"\trightid=@west\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n\tauto=add\n"

struct twice {
	struct pair pair;
	struct peer *first, *second; /* instances of one client */
};

static struct ike_sa *ike_of(struct peer *peer)
{
	return container_of(peer->ike_sas.next, struct ike_sa, in_peer);
}

/* The same IKE SA as if it had come from two addresses: the second instance gets a stand-in. */
static void twice_begin(struct twice *t, struct ike_sa *heir)
{
	struct ip_endpoint remote = { .port = 500 };
	struct gateway *gateway;

	pair_start(&t->pair, 1, PAIR_START, OFFICE, NULL, NULL);
	world_run(t->pair.world, 3 * USEC_PER_SEC);
	gateway = t->pair.east.gateway;
	struct peer *template = peers_tunnel(&gateway->peers, "t")->peer;
	t->first = container_of(template->instances.next, struct peer, in_instances);
	assert_int_equal(ip_parse("192.0.2.9", &remote.addr), RC_OK);
	assert_int_equal(peer_instantiate(template, &template->local, &remote, &t->first->remote_id,
					  &t->second),
			 RC_OK);
	assert_int_equal(peer_link(t->second), RC_OK);
	*heir = (struct ike_sa){ .state = IKE_ESTABLISHED, .peer = t->second };
	heir->born = ike_of(t->first)->established + 1;
	heir->established = heir->last_heard = heir->born + 1;
	list_append(&t->second->ike_sas, &heir->in_peer);
}

static void twice_end(struct twice *t, struct ike_sa *heir)
{
	list_remove(&heir->in_peer);
	peer_free(t->second);
	pair_end(&t->pair);
}

static void the_earlier_one_goes_when_the_newer_has_proven_to_work(void **state)
{
	struct ike_sa heir;
	struct twice t;

	(void)state;
	twice_begin(&t, &heir);
	struct ike_sa *old = ike_of(t.first);
	unique_rule(t.pair.east.gateway, t.first);
	assert_false(old->delete_wanted); /* its grace */
	heir.established = host_now(t.pair.east.host) - UNIQUE_GRACE;
	heir.last_heard = heir.established + 1;
	unique_rule(t.pair.east.gateway, t.first);
	assert_true(old->delete_wanted);
	assert_int_equal(old->delete_reason, RC_REPLACED);
	twice_end(&t, &heir);
}

static void of_two_that_cross_neither_goes(void **state)
{
	struct ike_sa heir;
	struct twice t;

	(void)state;
	twice_begin(&t, &heir);
	struct ike_sa *old = ike_of(t.first);
	heir.born = old->established; /* began before the other one was up */
	heir.established = host_now(t.pair.east.host) - UNIQUE_GRACE;
	heir.last_heard = heir.established + 1;
	unique_rule(t.pair.east.gateway, t.first);
	assert_false(old->delete_wanted);
	unique_rule(t.pair.east.gateway, t.second);
	assert_false(heir.delete_wanted);
	twice_end(&t, &heir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earlier_one_goes_when_the_newer_has_proven_to_work),
		cmocka_unit_test(of_two_that_cross_neither_goes),
	};

	return exchange_run(tests);
}
