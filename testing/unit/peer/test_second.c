/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

#define ROAD	  "\tleft=192.0.2.1\n\tleftid=@us\n\tright=%any\n\trightid=%any\n\tauthby=secret\n"
#define TWICE(id) ROAD "\trightauth2=secret\n" id
#define CLIENT	  "203.0.113.9"

static void an_identity_that_many_may_have_names_the_client(void **state)
{
	struct fixture *f = *state;
	load(f,
	     "conn once\n" ROAD
	     "conn same\n" TWICE("") "conn fixed\n" TWICE("\trightid2=@staff\n") "conn any\n" TWICE(
		     "\trightid2=%any\n") "conn "
					  "pattern\n" TWICE("\trightid2=@*.example.org\n"));
	assert_false(peer_second_names_client(peer_named(f, "once")));
	assert_false(peer_second_names_client(peer_named(f, "same")));
	assert_false(peer_second_names_client(peer_named(f, "fixed")));
	assert_true(peer_second_names_client(peer_named(f, "any")));
	assert_true(peer_second_names_client(peer_named(f, "pattern")));
}

static struct peer *instance_for(struct peer *template, const char *first, const char *second)
{
	struct identity id = { 0 };
	struct peer *peer = NULL;

	assert_int_equal(identity_parse(second, &id, NULL), RC_OK);
	assert_int_equal(instantiate(template, CLIENT, 500, first, &peer), RC_OK);
	assert_int_equal(peer_take_user(peer, &id), RC_OK);
	assert_int_equal(peer_take_user(peer, &id), RC_OK); /* twice is harmless */
	assert_int_equal(peer_link(peer), RC_OK);
	identity_free(&id);
	return peer;
}

static void a_client_is_who_the_conn_says(void **state)
{
	struct fixture *f = *state;
	load(f,
	     "conn any\n" TWICE("\trightid2=%any\n") "conn fixed\n" TWICE("\trightid2=@staff\n"));
	assert_identity(peer_client_id(instance_for(peer_named(f, "any"), "@one", "@alice")),
			"@alice");
	assert_identity(peer_client_id(instance_for(peer_named(f, "fixed"), "@one", "@staff")),
			"@one");
}

static void count(void *context, struct peer *other)
{
	unsigned *found = context;

	(void)other;
	(*found)++;
}

static void a_user_is_found_on_his_other_machines(void **state)
{
	struct fixture *f = *state;
	struct peer *any, *alice;
	unsigned found = 0;

	load(f, "conn any\n" TWICE("\trightid2=%any\n"));
	any = peer_named(f, "any");
	alice = instance_for(any, "@one", "@alice");
	(void)instance_for(any, "@two", "@alice");
	(void)instance_for(any, "@one", "@bob");
	peer_other_instances(alice, count, &found);
	assert_int_equal(found, 1);
}

/* The conn or instance for that second identity; base: the conn of the first proof. */
static struct peer *for_second(struct fixture *f, const char *base, const char *second)
{
	struct ip_addr local = addr_of("192.0.2.1"), remote = addr_of(CLIENT);
	struct identity one = { 0 }, two = { 0 };
	const struct peer_claim claim = { .idi = &one, .another = true, .multiple = true };
	const struct peer_second proof = { peer_named(f, base), &two, AUTHBY_SECRET };
	struct peer *peer;

	assert_int_equal(identity_parse("@one", &one, NULL), RC_OK);
	assert_int_equal(identity_parse(second, &two, NULL), RC_OK);
	peer = peers_for_second(&f->peers, &local, &remote, &claim, &proof);
	identity_free(&one);
	identity_free(&two);
	return peer;
}

static void the_nearest_second_identity_is_taken(void **state)
{
	struct fixture *f = *state;
	load(f, "conn any\n" TWICE("\trightid2=%any\n") "conn exact\n" TWICE(
			"\trightid2=@a.example.org\n") "conn domain\n" TWICE("\trightid2=@*."
									     "example.org\n"));
	assert_ptr_equal(for_second(f, "any", "@a.example.org"), peer_named(f, "exact"));
	assert_ptr_equal(for_second(f, "exact", "@b.example.org"), peer_named(f, "domain"));
	assert_ptr_equal(for_second(f, "exact", "@somebody"), peer_named(f, "any"));
	assert_null(strstr(f->logged, "first that fits")); /* they are told apart */
}

static void a_conn_with_another_first_proof_is_none_to_choose(void **state)
{
	struct fixture *f = *state;
	/* clang-format off */
	load(f, "conn base\n" TWICE("\trightid2=@alice\n")
		"conn same\n" TWICE("\trightid2=@bob\n")
		"conn method\n" TWICE("\trightid2=@b1\n\trightauth=secret,ecdsa\n")
		"conn ca\n" TWICE("\trightid2=@b2\n\trightca=\"CN=ca\"\n")
		"conn ppk\n" TWICE("\trightid2=@b3\n\tppk=insist\n")
		"conn ours\n" TWICE("\trightid2=@b4\n\tleftauth2=secret\n\tleftid2=@we\n")
		"conn us\n\tleft=192.0.2.1\n\tleftid=@others\n\tright=%any\n\trightid=%any\n"
			"\tauthby=secret\n\trightauth2=secret\n\trightid2=@b5\n"
		"conn once\n" ROAD);
	/* clang-format on */
	assert_ptr_equal(for_second(f, "base", "@bob"), peer_named(f, "same"));
	assert_ptr_equal(for_second(f, "base", "@b1"), peer_named(f, "base"));
	assert_ptr_equal(for_second(f, "base", "@b2"), peer_named(f, "base"));
	assert_ptr_equal(for_second(f, "base", "@b3"), peer_named(f, "base"));
	assert_ptr_equal(for_second(f, "base", "@b4"), peer_named(f, "base"));
	assert_ptr_equal(for_second(f, "base", "@b5"), peer_named(f, "base"));
	assert_non_null(strstr(f->logged, "conn method has the same left, right and identities"));
}

static void two_users_behind_one_address_have_an_instance_each(void **state)
{
	struct fixture *f = *state;
	struct peer *any, *alice, *bob;

	load(f, "conn any\n" TWICE("\trightid2=%any\n"));
	any = peer_named(f, "any");
	alice = instance_for(any, "@one", "@alice");
	bob = instance_for(any, "@one", "@bob");
	assert_ptr_equal(for_second(f, "any", "@alice"), alice);
	assert_ptr_equal(for_second(f, "any", "@bob"), bob);
	assert_ptr_equal(for_second(f, "any", "@carol"), any);
	/* before the second proof it is not known whose instance it is */
	assert_ptr_equal(for_identity(f, "192.0.2.1", CLIENT, "@one", NULL, NULL), any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(an_identity_that_many_may_have_names_the_client),
		PEER_TEST(a_client_is_who_the_conn_says),
		PEER_TEST(a_user_is_found_on_his_other_machines),
		PEER_TEST(the_nearest_second_identity_is_taken),
		PEER_TEST(a_conn_with_another_first_proof_is_none_to_choose),
		PEER_TEST(two_users_behind_one_address_have_an_instance_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
