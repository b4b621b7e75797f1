/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect (RFC 5685): clients go where the gateway sends them, in all three exchanges, and nobody
 * else sends them anywhere. */
#include <stdio.h>
#include "exchange/pair.h"
#include "sa/redirect.h"
#include "unit/test.h"

#define OTHER_ADDRESS "192.0.2.9"
#define CLIENT	      PAIR_CONN "\taccept-redirect=yes\n"
/* the other gateway has the same identity at its own address */
#define OTHER                                                                                      \
	"conn t\n\tleft=192.0.2.9\n\tright=192.0.2.1\n\tleftid=@east\n\trightid=@west\n"           \
	"\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n\tauto=add\n"
#define ALL(to)	 "config setup\n\tglobal-redirect=yes\n\tglobal-redirect-to=" to "\n\n"
#define CONN(to) PAIR_CONN "\tsend-redirect=yes\n\tredirect-to=" to "\n"

struct scene {
	struct pair pair;
	struct end other;
};

static void begin(struct scene *scene, const char *west, const char *east, const char *other)
{
	pair_start(&scene->pair, 1, west, east, NULL, NULL);
	end_start(scene->pair.world, &scene->other, "other", OTHER_ADDRESS, other, NULL);
	end_up(&scene->pair.west, "t");
}

static void run(struct scene *scene, usec_t seconds)
{
	world_run(scene->pair.world, seconds * USEC_PER_SEC);
}

static void end(struct scene *scene)
{
	end_free(&scene->other);
	pair_end(&scene->pair);
}

static const struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	if (list_empty(&tunnel->peer->ike_sas))
		return NULL;
	return container_of(tunnel->peer->ike_sas.prev, struct ike_sa, in_peer);
}

static bool is_at(struct scene *scene, const char *address)
{
	const struct ike_sa *sa = sa_of(&scene->pair.west);
	struct ip_addr want;

	assert_int_equal(ip_parse(address, &want), RC_OK);
	return sa != NULL && sa->state == IKE_ESTABLISHED && ip_equal(&sa->remote.addr, &want) &&
	       scene->pair.west.gateway->sas.child_count == 1;
}

/* What the flight recorder of that end's peer says, as often as it does. */
static unsigned recorded(struct end *end, const char *part)
{
	const struct recorder *recorder = &peers_tunnel(&end->gateway->peers, "t")->peer->recorder;
	const struct record *record;
	unsigned count = 0;
	char text[128];

	for (unsigned i = 0; (record = recorder_at(recorder, i)) != NULL; i++)
		if (strstr(recorder_text(record, gateway_record_name, text, sizeof(text)), part) !=
		    NULL)
			count += 1 + record->repeat;
	return count;
}

static void new_clients_are_sent_on_before_anything_is_made_for_them(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT, ALL(OTHER_ADDRESS) PAIR_CONN, OTHER);
	run(&scene, 3);
	assert_true(is_at(&scene, OTHER_ADDRESS));
	assert_int_equal(scene.pair.west.failed, 0);
	assert_int_equal(scene.pair.east.gateway->sas.half_open_count, 0);
	assert_int_equal(scene.pair.east.ike_up, 0);
	assert_true(
		end_said(&scene.pair.east, "192.0.2.1:500 is sent on to 192.0.2.9 in IKE_SA_INIT"));
	assert_int_equal(recorded(&scene.pair.east,
				  "redirect to 192.0.2.9: client is sent on in IKE_SA_INIT"),
			 1);
	assert_true(end_said(&scene.pair.west, "redirected to 192.0.2.9 by 192.0.2.2"));
	assert_int_equal(recorded(&scene.pair.west, "redirect to 192.0.2.9: followed"), 1);
	assert_int_equal(scene.pair.east.gateway->counters.redirects_sent, 1);
	assert_int_equal(scene.pair.west.gateway->counters.redirects_followed, 1);
	end(&scene);
}

static void proven_clients_are_sent_on_without_a_child_sa(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT, CONN(OTHER_ADDRESS), OTHER);
	run(&scene, 3);
	assert_true(is_at(&scene, OTHER_ADDRESS));
	assert_int_equal(scene.pair.east.ike_up, 1);
	assert_int_equal(scene.pair.east.child_up, 0);
	end_assert_empty(&scene.pair.east);
	assert_true(
		end_said(&scene.pair.east, "192.0.2.1:500 is sent on to 192.0.2.9 in IKE_AUTH"));
	assert_int_equal(recorded(&scene.pair.east, "client is sent on in IKE_AUTH"), 1);
	end(&scene);
}

static void connected_clients_are_sent_on_make_before_break(void **state)
{
	struct scene scene;
	struct diag diag;

	(void)state;
	begin(&scene, CLIENT, NULL, OTHER);
	run(&scene, 2);
	pair_assert_tunnel(&scene.pair);
	assert_int_equal(gateway_redirect(scene.pair.east.gateway, "t", OTHER_ADDRESS, &diag),
			 RC_OK);
	run(&scene, 70);
	assert_true(is_at(&scene, OTHER_ADDRESS));
	assert_true(end_said(&scene.pair.east, "sent on to 192.0.2.9: its IKE SA ends within"));
	assert_int_equal(recorded(&scene.pair.east, "client that is connected is sent on"), 1);
	assert_int_equal(scene.pair.west.failed, 0);
	assert_int_equal(scene.pair.east.gateway->sas.ike_count, 0);
	end(&scene);
}

static void gateway_may_be_named(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, PAIR_CONN, ALL("vpn.example.org") PAIR_CONN, OTHER);
	end(&scene);
	pair_start(&scene.pair, 1, CLIENT, ALL("vpn.example.org") PAIR_CONN, NULL, NULL);
	end_start(scene.pair.world, &scene.other, "other", OTHER_ADDRESS, OTHER, NULL);
	assert_int_equal(world_host_dns(scene.pair.world, "vpn.example.org", OTHER_ADDRESS), RC_OK);
	end_up(&scene.pair.west, "t");
	run(&scene, 3);
	assert_true(is_at(&scene, OTHER_ADDRESS));
	end(&scene);
}

static void client_that_does_not_want_it_is_served(void **state)
{
	struct scene scene;
	struct diag diag;

	(void)state;
	begin(&scene, PAIR_CONN, ALL(OTHER_ADDRESS) CONN(OTHER_ADDRESS), OTHER);
	run(&scene, 3);
	assert_true(is_at(&scene, EAST_ADDRESS));
	assert_int_equal(gateway_redirect(scene.pair.east.gateway, NULL, OTHER_ADDRESS, &diag),
			 RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "accepts redirects"));
	end(&scene);
}

static void only_allowed_gateways_are_gone_to(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT "\taccept-redirect-to=192.0.2.32/28\n", ALL(OTHER_ADDRESS) PAIR_CONN,
	      OTHER);
	run(&scene, 3);
	assert_false(is_at(&scene, OTHER_ADDRESS));
	assert_true(scene.pair.west.failed > 0);
	assert_non_null(strstr(scene.pair.west.last_text, "does not allow"));
	assert_true(recorded(&scene.pair.west, "the conn does not allow it") > 0);
	assert_true(scene.pair.west.gateway->counters.redirects_refused > 0);
	end(&scene);
	begin(&scene, CLIENT "\taccept-redirect-to=192.0.2.0/28\n", ALL(OTHER_ADDRESS) PAIR_CONN,
	      OTHER);
	run(&scene, 3);
	assert_true(is_at(&scene, OTHER_ADDRESS));
	end(&scene);
}

static void first_gateway_is_asked_again_when_the_new_one_fails(void **state)
{
	struct scene scene;
	struct diag diag;

	(void)state;
	begin(&scene, CLIENT "\tretransmit-tries=2\n", NULL, OTHER);
	run(&scene, 2);
	end_crash(&scene.other);
	assert_int_equal(gateway_redirect(scene.pair.east.gateway, "t", OTHER_ADDRESS, &diag),
			 RC_OK);
	run(&scene, 180);
	assert_true(end_said(&scene.pair.west, "back to the first one"));
	assert_int_equal(recorded(&scene.pair.west, "to 192.0.2.9: the gateway fails"), 1);
	assert_true(is_at(&scene, EAST_ADDRESS));
	end_boot(&scene.other, OTHER, NULL);
	end(&scene);
}

static void client_that_stays_says_why(void **state)
{
	struct scene scene;
	struct diag diag;

	(void)state;
	begin(&scene, CLIENT "\taccept-redirect-to=192.0.2.32/28\n", NULL, OTHER);
	run(&scene, 2);
	assert_int_equal(gateway_redirect(scene.pair.east.gateway, "t", OTHER_ADDRESS, &diag),
			 RC_OK);
	run(&scene, 2);
	assert_true(end_said(&scene.pair.west,
			     "not followed: the peer redirects us to 192.0.2.9, which conn t"));
	assert_int_equal(recorded(&scene.pair.west, "the conn does not allow it"), 1);
	assert_true(is_at(&scene, EAST_ADDRESS));
	end(&scene);
}

static void gateway_without_address_is_told(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT, ALL("vpn.example.org") PAIR_CONN, OTHER);
	run(&scene, 3);
	assert_true(end_said(&scene.pair.west, "that we are redirected to has no address"));
	assert_true(recorded(&scene.pair.west, "name has no address") > 0);
	end(&scene);
}

/* Under a flood a line each would be a flood of its own. */
static void redirects_under_a_flood_are_counted(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT,
	      "config setup\n\tglobal-redirect=auto\n\tddos-mode=busy\n"
	      "\tglobal-redirect-to=" OTHER_ADDRESS "\n\n" PAIR_CONN,
	      OTHER);
	run(&scene, 3);
	assert_true(is_at(&scene, OTHER_ADDRESS));
	assert_false(end_said(&scene.pair.east, "in IKE_SA_INIT"));
	run(&scene, 61);
	assert_true(end_said(&scene.pair.east, "1 clients were sent on to another gateway in the"));
	assert_int_equal(scene.pair.east.gateway->counters.redirects_sent, 1);
	end(&scene);
}

static void clients_of_a_list_go_where_their_address_says(void **state)
{
	struct ip_addr client, self;
	struct redirect_target nowhere = { .name = "" }, want;
	struct scene scene;
	struct diag diag;
	bool other;

	(void)state;
	assert_int_equal(ip_parse(WEST_ADDRESS, &client), RC_OK);
	assert_int_equal(ip_parse(EAST_ADDRESS, &self), RC_OK);
	/* of these one is there; 192.0.2.2 is the gateway itself */
	for (unsigned i = 0; i < 8; i++) {
		char list[64];
		(void)snprintf(list, sizeof(list), "192.0.2.2,192.0.2.%u," OTHER_ADDRESS, 80 + i);
		assert_true(redirect_list_pick(list, &client, &self, &nowhere, &want));
		other = want.addr.bytes[3] == 9;
		begin(&scene, CLIENT, NULL, OTHER);
		assert_int_equal(
			gateway_global_redirect(scene.pair.east.gateway, "yes", list, &diag),
			RC_OK);
		run(&scene, 3);
		assert_int_equal(is_at(&scene, OTHER_ADDRESS), other);
		assert_int_equal(recorded(&scene.pair.west, "redirect to 192.0.2.9: followed"),
				 other);
		end(&scene);
	}
}

/* ---- circles ---- */

#define OTHER_BACK "config setup\n\tglobal-redirect=yes\n\tglobal-redirect-to=192.0.2.2\n\n" OTHER

static void two_gateways_do_not_send_a_client_to_and_fro(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT, ALL(OTHER_ADDRESS) PAIR_CONN, OTHER_BACK);
	run(&scene, 3);
	assert_true(is_at(&scene, OTHER_ADDRESS)); /* REDIRECTED_FROM says where it comes from */
	end(&scene);
}

static void client_does_not_run_in_circles(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT, CONN(OTHER_ADDRESS),
	      OTHER "\tsend-redirect=yes\n\tredirect-to=192.0.2.2\n");
	run(&scene, 20);
	assert_true(end_said(&scene.pair.west, "in circles"));
	assert_true(recorded(&scene.pair.west, "refused: too many of them") > 0);
	assert_true(scene.pair.west.ike_up <= REDIRECTS_MAX + 3);
	assert_true(scene.pair.west.failed > 0);
	end(&scene);
}

/* ---- those who mean harm ---- */

struct forger {
	struct world *world;
	bool nonce;
	unsigned count;
};

/* Answers west's IKE_SA_INIT before east can. */
static bool forge(void *context, struct flight *flight)
{
	struct forger *forger = context;
	struct ike_header header;
	uint8_t buffer[256], data[6 + 32] = { 1, 4, 192, 0, 2, 66 };
	struct sink sink;

	if (flight->len < IKE_HEADER_LEN || flight->bytes[18] != EXCHANGE_IKE_SA_INIT ||
	    (flight->bytes[19] & IKE_FLAG_RESPONSE) != 0)
		return true;
	assert_int_equal(wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL),
			 RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_emit_notify(&sink, &header, 0, REDIRECT,
					   span_make(data, forger->nonce ? sizeof(data) : 6)),
			 RC_OK);
	assert_int_equal(
		world_inject(forger->world, &flight->to, &flight->from, sink_written(&sink)),
		RC_OK);
	forger->count++;
	return true;
}

static void redirect_without_our_nonce_is_not_obeyed(void **state)
{
	struct scene scene;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct forger forger = { .nonce = i == 1 };
		pair_start(&scene.pair, 1, CLIENT, NULL, NULL, NULL);
		end_start(scene.pair.world, &scene.other, "other", OTHER_ADDRESS, OTHER, NULL);
		forger.world = scene.pair.world;
		world_tap(scene.pair.world, forge, &forger);
		end_up(&scene.pair.west, "t");
		run(&scene, 5);
		assert_true(forger.count > 0);
		assert_true(is_at(&scene, EAST_ADDRESS));
		assert_true(end_said(&scene.pair.west, "without our nonce"));
		end(&scene);
	}
}

static void gateway_with_another_identity_is_not_trusted(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, CLIENT, ALL(OTHER_ADDRESS) PAIR_CONN,
	      "conn t\n\tleft=192.0.2.9\n\tright=192.0.2.1\n\tleftid=@thief\n\trightid=@west\n"
	      "\tleftsubnet=10.2.0.0/24\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n\tauto=add\n");
	run(&scene, 3);
	assert_false(is_at(&scene, OTHER_ADDRESS));
	assert_int_equal(scene.pair.west.child_up, 0);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_clients_are_sent_on_before_anything_is_made_for_them),
		cmocka_unit_test(proven_clients_are_sent_on_without_a_child_sa),
		cmocka_unit_test(connected_clients_are_sent_on_make_before_break),
		cmocka_unit_test(gateway_may_be_named),
		cmocka_unit_test(client_that_does_not_want_it_is_served),
		cmocka_unit_test(only_allowed_gateways_are_gone_to),
		cmocka_unit_test(first_gateway_is_asked_again_when_the_new_one_fails),
		cmocka_unit_test(client_that_stays_says_why),
		cmocka_unit_test(gateway_without_address_is_told),
		cmocka_unit_test(redirects_under_a_flood_are_counted),
		cmocka_unit_test(clients_of_a_list_go_where_their_address_says),
		cmocka_unit_test(two_gateways_do_not_send_a_client_to_and_fro),
		cmocka_unit_test(client_does_not_run_in_circles),
		cmocka_unit_test(redirect_without_our_nonce_is_not_obeyed),
		cmocka_unit_test(gateway_with_another_identity_is_not_trusted),
	};

	return exchange_run(tests);
}
