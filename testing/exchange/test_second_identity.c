/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that prove two identities (RFC 4739): which conn, which lease and which instance is
 * theirs. */
#include "engine/private.h"
#include "exchange/authority.h"
#include "exchange/office.h"

#define TWICE	  "\tauthby=secret\n\trightid=%any\n\trightauth2=secret\n"
#define POOL(net) "\trightaddresspool=10.9." net ".0/24\n"
#define USER(id)  "\tleftauth2=secret\n\tleftid2=" id "\n\tleftsourceip=%config\n"
#define ANY_USER  OFFICE_CONN("t") TWICE "\trightid2=%any\n" POOL("1")

static const struct ip_addr *address_of(const struct end *client)
{
	const struct peer *peer = peers_tunnel(&client->gateway->peers, "t")->peer;

	if (client->child_up == 0)
		fail_msg("%s", client->last_text);
	assert_non_null(peer->addresses);
	return &peer->addresses->ranges[0].from;
}

static void assert_address(const struct end *client, const char *expected)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_text(address_of(client), text), expected);
}

static void run(struct office *office, unsigned seconds)
{
	world_run(office->world, (usec_t)seconds * USEC_PER_SEC);
}

/* ---- the conn ---- */

static void the_second_identity_chooses_among_conns_with_the_same_first_proof(void **state)
{
	static const char server[] =
		/* clang-format off */
		OFFICE_CONN("alone") "\tauthby=secret\n\trightid=@dora\n" POOL("9")
		OFFICE_CONN("alice") TWICE "\trightid2=@alice\n" POOL("1")
		OFFICE_CONN("domain") TWICE "\trightid2=*@example.org\n" POOL("2")
		OFFICE_CONN("others") TWICE "\trightid2=%any\n" POOL("3");
	/* clang-format on */
	struct office office;

	(void)state;
	office_start(&office, server, NULL);
	assert_false(end_said(&office.server, "the first that fits"));
	(void)office_client(&office, 0, "@machine", USER("bob@example.org"));
	(void)office_client(&office, 1, "@machine", USER("@alice"));
	(void)office_client(&office, 2, "@machine", USER("@carol"));
	/* whose first proof would have been another conn's is not taken for it by the second */
	(void)office_client(&office, 3, "@machine", USER("@dora"));
	run(&office, 5);
	assert_address(&office.clients[0], "10.9.2.1");
	assert_address(&office.clients[1], "10.9.1.1");
	assert_address(&office.clients[2], "10.9.3.1");
	assert_address(&office.clients[3], "10.9.3.2");
	office_end(&office);
}

static void another_first_proof_is_not_made_up_for(void **state)
{
	static const char server[] =
		/* clang-format off */
		OFFICE_CONN("machines") TWICE "\trightid2=@alice\n" POOL("1")
		OFFICE_CONN("insisting") TWICE "\trightid2=@bob\n\tppk=insist\n" POOL("2");
	/* clang-format on */
	struct office office;

	(void)state;
	office_start(&office, server, NULL);
	(void)office_client(&office, 0, "@machine", USER("@bob"));
	run(&office, 3);
	assert_int_equal(office.clients[0].ike_up, 0);
	assert_true(end_said(&office.server, "is @bob, and conn machines expects @alice"));
	office_end(&office);
}

/* ---- the client ---- */

static void a_user_has_his_address_on_every_machine_and_replaces_himself(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, ANY_USER, NULL);
	(void)office_client(&office, 0, "@one", USER("@alice"));
	run(&office, 5);
	assert_address(&office.clients[0], "10.9.1.1");
	assert_int_equal(
		world_partition(office.world, office.clients[0].host, office.server.host, true),
		RC_OK);
	(void)office_client(&office, 1, "@two", USER("@alice") "\tinitial-contact=no\n");
	run(&office, 15);
	assert_address(&office.clients[1], "10.9.1.1");
	assert_true(end_said(&office.server, "replaced by a newer one"));
	office_end(&office);
}

static void two_users_of_one_machine_identity_are_two(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, ANY_USER, NULL);
	(void)office_client(&office, 0, "@one", USER("@alice"));
	(void)office_client(&office, 1, "@one", USER("@bob"));
	run(&office, 40);
	assert_address(&office.clients[0], "10.9.1.1");
	assert_address(&office.clients[1], "10.9.1.2");
	assert_int_equal(office.server.child_down, 0);
	assert_int_equal(office.clients[0].child_down, 0);
	office_end(&office);
}

/* A second identity that all have tells nobody from anybody. */
static void who_share_a_fixed_second_identity_are_told_by_the_first(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, OFFICE_CONN("t") TWICE "\trightid2=@staff\n" POOL("1"), NULL);
	(void)office_client(&office, 0, "@one", USER("@staff"));
	(void)office_client(&office, 1, "@two", USER("@staff"));
	run(&office, 40);
	assert_address(&office.clients[0], "10.9.1.1");
	assert_address(&office.clients[1], "10.9.1.2");
	assert_int_equal(office.server.child_down, 0);
	office_end(&office);
}

static void a_user_who_is_here_already_is_kept_out(void **state)
{
	struct office office;

	(void)state;
	office_start(&office, "config setup\n\tuniqueids=keep\n" ANY_USER, NULL);
	(void)office_client(&office, 0, "@one", USER("@alice"));
	run(&office, 5);
	(void)office_client(&office, 1, "@two", USER("@alice") "\tinitial-contact=no\n");
	run(&office, 5);
	assert_int_equal(office.clients[1].child_up, 0);
	assert_true(end_said(&office.server, "@alice has an IKE SA from 192.0.2.1"));
	office_end(&office);
}

/* ---- an instance that ends between the two proofs ---- */

struct hold {
	const struct end *from;
	unsigned sent;
};

/* Its IKE_SA_INIT and first IKE_AUTH go through, the second IKE_AUTH does not. */
static bool hold_second(void *context, struct flight *flight)
{
	struct hold *hold = context;
	char text[IP_TEXT_MAX];

	if (strcmp(ip_text(&flight->from.addr, text), "192.0.2.1") != 0)
		return true;
	return hold->sent++ < 2;
}

static struct peer *instance_in(struct office *office)
{
	const struct peer *template = peers_tunnel(&office->server.gateway->peers, "t")->peer;

	return list_empty(&template->instances)
		       ? NULL
		       : container_of(template->instances.next, struct peer, in_instances);
}

/* The client comes again, without having said that it was gone. */
static void comes_again(struct end *client, const char *more)
{
	char conf[700];

	(void)snprintf(conf, sizeof(conf),
		       "conn t\n\tleft=192.0.2.1\n\tleftid=@one\n\tright=192.0.2.100\n"
		       "\trightid=@office\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"
		       "\tauto=start\n\tinitial-contact=no\n%s",
		       more);
	end_crash(client);
	end_boot(client, conf, OFFICE_SECRET);
}

static void end_instance(struct office *office)
{
	struct peer *instance = instance_in(office);

	assert_non_null(instance);
	ike_down(office->server.gateway,
		 container_of(instance->ike_sas.next, struct ike_sa, in_peer), RC_TIMEOUT, "test");
}

static void assert_came_again(const struct office *office)
{
	const struct end *client = &office->clients[0];

	if (client->child_up != 2 || client->failed != 0)
		fail_msg("%s; %s", client->last_text, office->server.journal);
}

static void instance_ends(const char *server, const char *more)
{
	struct office office;
	struct hold hold = { .sent = 0 };
	struct end *client = &office.clients[0];

	office_start(&office, server, NULL);
	(void)office_client(&office, 0, "@one", more);
	run(&office, 5);
	assert_int_equal(client->child_up, 1);
	world_tap(office.world, hold_second, &hold);
	comes_again(client, more);
	world_run(office.world, 300 * USEC_PER_MSEC);
	end_instance(&office);
	world_run(office.world, 100 * USEC_PER_MSEC);
	assert_null(instance_in(&office));
	assert_int_equal(office.server.gateway->sas.half_open_count, 1);
	world_tap(office.world, NULL, NULL);
	run(&office, 3);
	assert_came_again(&office);
	assert_non_null(instance_in(&office));
	office_end(&office);
}

static void an_instance_that_ends_between_two_proofs_is_made_again(void **state)
{
	(void)state;
	instance_ends(OFFICE_CONN("t") TWICE, "\tleftauth2=secret\n");
	/* only the server proves itself twice */
	instance_ends(OFFICE_CONN("t") "\tauthby=secret\n\tleftauth2=secret\n\tleftid2=@vault\n",
		      "\trightauth2=secret\n\trightid2=@vault\n");
}

/* Signatures are verified by workers: what happens meanwhile. */
static void an_instance_that_ends_while_a_signature_is_verified_is_made_again(void **state)
{
	static const struct wish wish = { .subject = "CN=one",
					  .name = "@one",
					  .kind = KEY_ECDSA_P256 };
	static const char signs[] = "\tleftauth=ecdsa\n\trightauth=secret\n\tleftcert=one\n";
	struct office office;
	struct authority ca;
	struct end *client = &office.clients[0];
	struct peer *instance;
	struct list *half_open;

	(void)state;
	office_start(&office,
		     OFFICE_CONN("t") "\trightid=%any\n\tleftauth=secret\n\trightauth=ecdsa\n",
		     NULL);
	half_open = &office.server.gateway->sas.half_open;
	(void)office_client(&office, 0, "@one", signs);
	authority_new(&ca, NULL, "CN=Test CA", client->host->ops->wall(client->host));
	authority_trusted(&ca, &office.server);
	authority_certifies(&ca, client, "one", &wish, NULL);
	run(&office, 10);
	assert_int_equal(client->child_up, 1);
	client->failed = 0; /* before it had its certificate */
	comes_again(client, signs);
	authority_certifies(&ca, client, "one", &wish, NULL);
	while (list_empty(half_open) ||
	       container_of(half_open->next, struct ike_sa, in_half_open)->errand == NULL)
		assert_true(world_step(office.world));
	instance = instance_in(&office);
	end_instance(&office);
	reconcile(office.server.gateway, instance);
	assert_null(instance_in(&office));
	run(&office, 3);
	assert_came_again(&office);
	office_end(&office);
	authority_free(&ca);
}

/* Two conns of one group: who is who says the second identity, fixed in each. */
static void users_with_a_conn_each_are_two(void **state)
{
	static const char server[] =
		/* clang-format off */
		OFFICE_CONN("alice") TWICE "\trightid2=@alice\n" POOL("1")
		OFFICE_CONN("bob") TWICE "\trightid2=@bob\n" POOL("1");
	/* clang-format on */
	struct office office;

	(void)state;
	office_start(&office, server, NULL);
	(void)office_client(&office, 0, "@machine", USER("@alice"));
	run(&office, 5);
	(void)office_client(&office, 1, "@machine", USER("@bob"));
	run(&office, 40);
	assert_address(&office.clients[0], "10.9.1.1");
	assert_address(&office.clients[1], "10.9.1.2");
	assert_int_equal(office.server.child_down, 0);
	office_end(&office);
}

/* INITIAL_CONTACT, from behind the same NAT. */
static void one_proof_does_not_end_what_took_two(void **state)
{
	static const char server[] =
		/* clang-format off */
		OFFICE_CONN("staff") TWICE "\trightid2=%any\n"
		OFFICE_CONN("guests") "\tauthby=secret\n\trightid=%any\n";
	/* clang-format on */
	struct office office;
	struct end *client = &office.clients[0];

	(void)state;
	office_start(&office, server, NULL);
	(void)office_client(&office, 0, "@one", "\tleftauth2=secret\n\tleftid2=@alice\n");
	run(&office, 5);
	assert_int_equal(client->child_up, 1);
	end_crash(client); /* somebody else behind the same NAT */
	end_boot(client,
		 "conn t\n\tleft=192.0.2.1\n\tleftid=@alice\n\tright=192.0.2.100\n"
		 "\trightid=@office\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=start\n",
		 OFFICE_SECRET);
	run(&office, 3);
	assert_int_equal(client->child_up, 1); /* nor is what she has the guest's */
	assert_int_equal(office.server.child_down, 0);
	office_end(&office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_identity_chooses_among_conns_with_the_same_first_proof),
		cmocka_unit_test(another_first_proof_is_not_made_up_for),
		cmocka_unit_test(a_user_has_his_address_on_every_machine_and_replaces_himself),
		cmocka_unit_test(two_users_of_one_machine_identity_are_two),
		cmocka_unit_test(users_with_a_conn_each_are_two),
		cmocka_unit_test(one_proof_does_not_end_what_took_two),
		cmocka_unit_test(who_share_a_fixed_second_identity_are_told_by_the_first),
		cmocka_unit_test(a_user_who_is_here_already_is_kept_out),
		cmocka_unit_test(an_instance_that_ends_between_two_proofs_is_made_again),
		cmocka_unit_test(an_instance_that_ends_while_a_signature_is_verified_is_made_again),
	};

	return exchange_run(tests);
}
