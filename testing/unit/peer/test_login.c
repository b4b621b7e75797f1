/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/peer/peer_test.h"

#define ROAD                                                                                       \
	"\tleft=192.0.2.1\n\tleftid=@us\n\tright=%any\n\trightid=%any\n\tauthby=secret\n"          \
	"\tkeyexchange=ikev1\n"
#define USERS  "conn users\n" ROAD "\tleftxauthserver=yes\n"
#define CLIENT "203.0.113.9"
#define ELSE   "203.0.113.8"

static struct peer *instance_of(struct peer *template, const char *from, const char *user)
{
	struct identity id = { 0 };
	struct peer *peer = NULL;

	assert_int_equal(identity_parse(user, &id, NULL), RC_OK);
	assert_int_equal(instantiate(template, from, 500, "@group", &peer), RC_OK);
	assert_int_equal(peer_take_user(peer, &id), RC_OK);
	assert_int_equal(peer_link(peer), RC_OK);
	identity_free(&id);
	return peer;
}

static struct peer *found(const struct peer *template, const char *from, const char *first,
			  const char *user)
{
	struct identity ids[2] = { { 0 }, { 0 } };
	struct ip_addr local, remote;
	struct peer *peer;

	assert_int_equal(ip_parse("192.0.2.1", &local), RC_OK);
	assert_int_equal(ip_parse(from, &remote), RC_OK);
	assert_int_equal(identity_parse(first, &ids[0], NULL), RC_OK);
	assert_int_equal(identity_parse(user, &ids[1], NULL), RC_OK);
	peer = peer_of_user(template, &local, &remote, &ids[0], &ids[1]);
	identity_free(&ids[0]);
	identity_free(&ids[1]);
	return peer;
}

static void a_user_is_found_where_he_is(void **state)
{
	struct fixture *f = *state;
	struct peer *users, *alice, *bob;

	load(f, USERS);
	users = peer_named(f, "users");
	alice = instance_of(users, CLIENT, "@[alice]");
	bob = instance_of(users, CLIENT, "@[bob]");
	assert_identity(peer_client_id(alice), "@[alice]");
	assert_ptr_equal(found(users, CLIENT, "@group", "@[alice]"), alice);
	assert_ptr_equal(found(users, CLIENT, "@group", "@[bob]"), bob);
	assert_null(found(users, ELSE, "@group", "@[alice]"));
	assert_null(found(users, CLIENT, "@other", "@[alice]"));
	assert_null(found(users, CLIENT, "@group", "@[Alice]"));
}

static void what_the_operator_says_is_kept_until_it_is_forgotten(void **state)
{
	struct fixture *f = *state;
	char name[CONFIG_USERNAME_MAX + 2] = "";
	struct peer *users;

	load(f, USERS);
	users = peer_named(f, "users");
	assert_int_equal(peer_set_login(users, "alice", SPAN_OF("one")), RC_OK);
	assert_int_equal(peer_set_login(users, "bob", SPAN_OF("two")), RC_OK);
	assert_string_equal(users->login->name, "bob");
	assert_true(span_equal(secret_span(&users->login->password), SPAN_OF("two")));
	memset(name, 'a', CONFIG_USERNAME_MAX + 1);
	assert_int_equal(peer_set_login(users, name, SPAN_OF("three")), RC_LIMIT);
	assert_string_equal(users->login->name, "bob");
	peer_forget_login(users);
	peer_forget_login(users);
	assert_null(users->login);
}

static void conns_say_whether_they_ask_for_a_user(void **state)
{
	struct fixture *f = *state;

	load(f, USERS "conn plain\n" ROAD "conn hybrid\n\tleft=192.0.2.1\n\tleftid=@us\n"
		      "\tright=%any\n\tleftauth=rsasig\n\tleftcert=gw\n\trightauth=xauth\n"
		      "\tkeyexchange=ikev1\n");
	assert_int_equal(peer_user_of(peer_named(f, "users")), PEER_XAUTH);
	assert_int_equal(peer_user_of(peer_named(f, "plain")), PEER_NO_USER);
	assert_int_equal(peer_user_of(peer_named(f, "hybrid")), PEER_HYBRID);
	assert_true(peer_second_names_client(peer_named(f, "users")));
	assert_false(peer_second_names_client(peer_named(f, "plain")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(a_user_is_found_where_he_is),
		PEER_TEST(what_the_operator_says_is_kept_until_it_is_forgotten),
		PEER_TEST(conns_say_whether_they_ask_for_a_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
