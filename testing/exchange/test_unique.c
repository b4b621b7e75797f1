/* SPDX-License-Identifier: Apache-2.0 */
/* uniqueids=: a client that comes again, from another address or after a crash. */
#include "exchange/office.h"

#define OFFICE                                                                                     \
	"conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tleftsubnet=10.2.0.0/24\n\tright=%any\n"   \
	"\tauthby=secret\n\tauto=add\n"

static void begin(struct office *office, const char *uniqueids)
{
	char conf[600];

	(void)snprintf(conf, sizeof(conf), "config setup\n\tuniqueids=%s\n%s", uniqueids, OFFICE);
	office_start(office, conf, NULL);
}

/* The next one, which does not tell INITIAL_CONTACT. */
static struct end *client(struct office *office, const char *id)
{
	unsigned i = 0;

	while (office->clients[i].gateway != NULL)
		i++;
	assert_true(i < OFFICE_CLIENTS_MAX);
	return office_client(office, i, id, "\tinitial-contact=no\n");
}

/* The host is gone from the network, without a word. */
static void vanish(struct office *office, struct end *end)
{
	assert_int_equal(world_partition(office->world, end->host, office->server.host, true),
			 RC_OK);
}

static size_t ike_count(const struct office *office)
{
	return office->server.gateway->sas.ike_count;
}

static void a_client_that_moved_without_a_word_replaces_its_old_ike_sa(void **state)
{
	struct office office;
	struct end *first, *second;

	(void)state;
	begin(&office, "yes");
	first = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	assert_int_equal(first->child_up, 1);
	vanish(&office, first);
	second = client(&office, "@anna");
	world_run(office.world, 3 * USEC_PER_SEC);
	assert_int_equal(second->child_up, 1);
	assert_int_equal(office.server.child_down, 0); /* make before break */
	world_run(office.world, 7 * USEC_PER_SEC);
	assert_int_equal(office.server.child_down, 1);
	assert_true(end_said(&office.server, "replaced by a newer one"));
	world_run(office.world, 120 * USEC_PER_SEC);
	assert_int_equal(ike_count(&office), 1);
	assert_int_equal(office.server.gateway->peers.count, 2);
	assert_int_equal(second->child_down, 0);
	office_end(&office);
}

/* The client still hears us at its old address: it is told. */
static void the_old_ike_sa_ends_with_a_delete(void **state)
{
	struct office office;
	struct end *first;

	(void)state;
	begin(&office, "replace");
	first = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	end_up(first, "t");
	(void)client(&office, "@anna");
	world_run(office.world, 9 * USEC_PER_SEC);
	assert_int_equal(first->ike_down, 1);
	assert_true(end_said(first, "deleted by the peer"));
	office_end(&office);
}

static void a_client_that_moves_twice_quickly_is_there_once(void **state)
{
	struct office office;
	struct end *first, *second, *third;

	(void)state;
	begin(&office, "yes");
	first = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	vanish(&office, first);
	second = client(&office, "@anna");
	world_run(office.world, 500 * USEC_PER_MSEC);
	assert_int_equal(second->child_up, 1);
	vanish(&office, second);
	third = client(&office, "@anna");
	world_run(office.world, 200 * USEC_PER_SEC);
	assert_int_equal(third->child_up, 1);
	assert_int_equal(third->child_down, 0);
	assert_int_equal(ike_count(&office), 1);
	assert_int_equal(office.server.gateway->sas.child_count, 1);
	office_end(&office);
}

static bool hold_from_first(void *context, struct flight *flight)
{
	const bool *held = context;

	if (*held && flight->from.addr.bytes[3] == 1)
		flight->arrives += 30 * USEC_PER_SEC;
	return true;
}

/* What the client sent from its old address arrives when it is long somewhere else. */
static void late_packets_of_the_old_address_end_nothing_new(void **state)
{
	struct office office;
	struct end *first, *second;
	bool held = false;

	(void)state;
	begin(&office, "yes");
	world_tap(office.world, hold_from_first, &held);
	first = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	held = true;
	struct diag diag;
	assert_int_equal(gateway_down(first->gateway, "t", &diag), RC_OK); /* on its way */
	world_run(office.world, USEC_PER_SEC);
	second = client(&office, "@anna");
	world_run(office.world, 200 * USEC_PER_SEC);
	assert_int_equal(second->child_up, 1);
	assert_int_equal(second->child_down, 0);
	assert_int_equal(ike_count(&office), 1);
	office_end(&office);
}

/* Our answer never reached the new address: what works stays. */
static bool lose_to_second(void *context, struct flight *flight)
{
	const bool *muted = context;

	return !*muted || flight->to.addr.bytes[3] != 2 || flight->bytes[18] != EXCHANGE_IKE_AUTH;
}

static void an_ike_sa_that_never_proves_to_work_replaces_nothing(void **state)
{
	struct office office;
	struct end *first, *second;
	bool muted = true;

	(void)state;
	begin(&office, "yes");
	world_tap(office.world, lose_to_second, &muted);
	first = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	second = client(&office, "@anna");
	world_run(office.world, 15 * USEC_PER_SEC);
	assert_int_equal(second->child_up, 0);
	vanish(&office, second);
	world_run(office.world, 300 * USEC_PER_SEC);
	assert_int_equal(first->child_down, 0);
	assert_int_equal(first->child_up, 1);
	assert_int_equal(ike_count(&office), 1);
	office_end(&office);
}

static void other_clients_are_left_alone(void **state)
{
	struct office office;
	struct end *anna, *bert;

	(void)state;
	begin(&office, "yes");
	anna = client(&office, "@anna");
	bert = client(&office, "@bert");
	world_run(office.world, 10 * USEC_PER_SEC);
	(void)client(&office, "@bert");
	(void)client(&office, "@eve");
	world_run(office.world, 120 * USEC_PER_SEC);
	assert_int_equal(anna->child_down, 0);
	assert_true(bert->child_down > 0);
	office_end(&office);
}

#define ONE_SECRET(id, psk) "@office " id " : PSK \"" psk "\"\n"

/* Whoever says to be anna, and cannot prove it. */
static void nobody_is_replaced_by_who_cannot_prove_the_identity(void **state)
{
	struct office office;
	struct end *anna, *thief;

	(void)state;
	begin(&office, "yes");
	anna = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	thief = client(&office, "@anna");
	gateway_reload_secrets(thief->gateway, load_secrets(": PSK \"another battery staple\"\n"));
	world_run(office.world, 120 * USEC_PER_SEC);
	assert_int_equal(thief->child_up, 0);
	assert_int_equal(thief->last_reason, RC_AUTH_FAILED);
	assert_int_equal(anna->child_down, 0);
	office_end(&office);
}

static void uniqueids_no_and_never_let_the_old_one_be(void **state)
{
	static const char *const modes[] = { "no", "never" };
	struct office office;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(&office, modes[i]);
		(void)client(&office, "@anna");
		world_run(office.world, 10 * USEC_PER_SEC);
		(void)client(&office, "@anna");
		world_run(office.world, 120 * USEC_PER_SEC);
		assert_int_equal(ike_count(&office), 2);
		assert_int_equal(office.server.child_down, 0);
		office_end(&office);
	}
}

static void uniqueids_keep_refuses_who_is_here_already(void **state)
{
	struct office office;
	struct end *first, *second;
	struct diag diag;

	(void)state;
	begin(&office, "keep");
	first = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	second = client(&office, "@anna");
	world_run(office.world, 10 * USEC_PER_SEC);
	assert_int_equal(second->child_up, 0);
	assert_int_equal(second->last_reason, RC_AUTH_FAILED);
	assert_true(end_said(&office.server, "uniqueids=keep"));
	assert_int_equal(gateway_down(first->gateway, "t", &diag), RC_OK);
	world_run(office.world, 600 * USEC_PER_SEC);
	assert_int_equal(second->child_up, 1);
	office_end(&office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_moved_without_a_word_replaces_its_old_ike_sa),
		cmocka_unit_test(the_old_ike_sa_ends_with_a_delete),
		cmocka_unit_test(a_client_that_moves_twice_quickly_is_there_once),
		cmocka_unit_test(late_packets_of_the_old_address_end_nothing_new),
		cmocka_unit_test(an_ike_sa_that_never_proves_to_work_replaces_nothing),
		cmocka_unit_test(other_clients_are_left_alone),
		cmocka_unit_test(nobody_is_replaced_by_who_cannot_prove_the_identity),
		cmocka_unit_test(uniqueids_no_and_never_let_the_old_one_be),
		cmocka_unit_test(uniqueids_keep_refuses_who_is_here_already),
	};

	return exchange_run(tests);
}
