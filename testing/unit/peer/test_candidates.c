/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_test.h"

#define US     "\tleft=192.0.2.1\n\tleftid=@us\n"
#define STRONG "\tike=aes256-sha2_512-dh20\n"
#define PLAIN  "\tike=aes128-sha2_256-dh19\n"
#define OLD    "\tike=aes128-sha1-dh14\n"

static void assert_candidates(struct fixture *f, const char *remote, const char *names)
{
	struct ip_addr local = addr_of("192.0.2.1"), from = addr_of(remote);
	const struct peer *found[PEER_CANDIDATES_MAX];
	unsigned count = peers_candidates(&f->peers, &local, &from, found);
	char text[400] = "";

	for (unsigned i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? " " : "",
			 found[i]->conn->name);
	assert_string_equal(text, names);
}

static void there_is_one_for_each_ike_exact_addresses_first(void **state)
{
	struct fixture *f = *state;

	load(f,
	     "conn any\n" US "\tright=%any\n" OLD "conn net\n" US "\tright=203.0.113.0/24\n" PLAIN
	     "conn a\n" US "\tright=203.0.113.9\n\trightid=@a\n" STRONG "conn b\n" US
	     "\tright=203.0.113.9\n\trightid=@b\n" STRONG
	     "conn wide\n\tleft=%any\n\tright=203.0.113.9\n\trightid=@c\n" OLD "conn late\n" US
	     "\tright=%any\n\trightid=@d\n" STRONG);
	assert_candidates(f, "203.0.113.9", "a wide net");
	assert_candidates(f, "203.0.113.8", "net any late");
	assert_candidates(f, "198.51.100.1", "any late");
}

static void those_of_one_address_stand_in_order_of_loading(void **state)
{
	static const char *const ikes[] = { STRONG, PLAIN, OLD };
	struct fixture *f = *state;
	char text[200];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 "conn c%u\n" US "\tright=203.0.113.9\n%s"
			 "conn d%u\n" US "\tright=203.0.113.9\n\trightid=@d%u\n%s",
			 i, ikes[i], i, i, ikes[2 - i]);
		load(f, text);
	}
	assert_candidates(f, "203.0.113.9", "c0 d0 c1");
}

/* IKEv1 agrees on how to authenticate before it knows who it is. */
static void of_ikev1_there_is_one_for_each_way_to_authenticate(void **state)
{
	struct fixture *f = *state;
	struct ip_addr local = addr_of("192.0.2.1"), from = addr_of("203.0.113.9");
	const struct peer *found[PEER_CANDIDATES_MAX];

	load(f,
	     "conn two\n" US "\tright=%any\n" OLD "conn key\n" US
	     "\tright=%any\n\tkeyexchange=ikev1\n\tauthby=secret\n" OLD "conn rsa\n" US
	     "\tright=%any\n\trightid=@b\n\tkeyexchange=ikev1\n\tauthby=rsasig\n"
	     "\tleftcert=x\n" OLD "conn again\n" US
	     "\tright=%any\n\trightid=@c\n\tkeyexchange=ikev1\n\tauthby=secret\n" OLD
	     "conn other\n" US "\tright=%any\n\trightid=@d\n\tkeyexchange=ikev1\n\tauthby=rsasig\n"
	     "\tleftcert=y\n" OLD);
	assert_int_equal(peers_candidates_v1(&f->peers, &local, &from, false, found), 3);
	assert_string_equal(found[0]->conn->name, "key");
	assert_string_equal(found[1]->conn->name, "rsa");
	assert_string_equal(found[2]->conn->name, "other");
	assert_candidates(f, "203.0.113.9", "two");
}

static void strangers_are_weighed_against_so_many_and_no_more(void **state)
{
	struct fixture *f = *state;
	const struct peer *found[PEER_CANDIDATES_MAX];
	struct ip_addr local = addr_of("192.0.2.1"), from = addr_of("203.0.113.9");
	char *text = mem_alloc(200 * 100);
	size_t used = 0;

	for (unsigned i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, 200 * 100 - used,
					 "conn c%u\n" US "\tright=203.0.113.9\n\trightid=@p%u\n"
					 "\tike=%s-dh%u+dh%u\n",
					 i, i, i < 20 ? "aes256-sha1" : "aes128-sha1", 14 + i % 4,
					 i % 20 < 4    ? 18
					 : i % 20 < 8  ? 19
					 : i % 20 < 12 ? 20
					 : i % 20 < 16 ? 21
						       : 31);
	load(f, text);
	mem_free(text);
	assert_int_equal(peers_candidates(&f->peers, &local, &from, found), PEER_CANDIDATES_MAX);
}

static void count_twin(void *context, struct peer *other)
{
	unsigned *count = context;

	(void)other;
	(*count)++;
}

static unsigned twins_of(const struct peer *peer)
{
	unsigned count = 0;

	peer_twins(peer, count_twin, &count);
	return count;
}

static void twins_differ_in_nothing_but_their_ike_settings(void **state)
{
	struct fixture *f = *state;

	load(f, "conn a\n" US "\tright=203.0.113.9\n\trightid=@a\n" STRONG "conn b\n" US
		"\tright=203.0.113.9\n\trightid=@a\n" OLD "conn c\n" US
		"\tright=203.0.113.9\n\trightid=@c\n" OLD "conn d\n" US
		"\tright=203.0.113.8\n\trightid=@a\n" OLD);
	assert_int_equal(twins_of(peer_named(f, "a")), 1);
	assert_int_equal(twins_of(peer_named(f, "b")), 1);
	assert_int_equal(twins_of(peer_named(f, "c")), 0);
	assert_int_equal(twins_of(peer_named(f, "d")), 0);
}

static void clients_of_two_templates_are_twins_but_those_of_one_are_not(void **state)
{
	struct fixture *f = *state;

	load(f, "conn new\n" US "\tright=%any\n" STRONG "conn old\n" US "\tright=%any\n" OLD);
	const struct peer *a = linked_instance(peer_named(f, "new"), "203.0.113.9", 500, "@a");
	linked_instance(peer_named(f, "new"), "203.0.113.9", 4500, "@a");
	assert_int_equal(twins_of(a), 0);
	linked_instance(peer_named(f, "old"), "203.0.113.9", 500, "@a");
	linked_instance(peer_named(f, "old"), "203.0.113.9", 500, "@b");
	linked_instance(peer_named(f, "old"), "203.0.113.8", 500, "@a");
	assert_int_equal(twins_of(a), 1);
	assert_int_equal(twins_of(peer_named(f, "new")), 0);
	const struct peer *nobody =
		linked_instance(peer_named(f, "new"), "203.0.113.7", 500, "%null");
	linked_instance(peer_named(f, "old"), "203.0.113.7", 500, "%null");
	assert_int_equal(twins_of(nobody), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(there_is_one_for_each_ike_exact_addresses_first),
		PEER_TEST(those_of_one_address_stand_in_order_of_loading),
		PEER_TEST(of_ikev1_there_is_one_for_each_way_to_authenticate),
		PEER_TEST(of_ikev1_there_is_one_for_each_way_to_authenticate),
		PEER_TEST(strangers_are_weighed_against_so_many_and_no_more),
		PEER_TEST(twins_differ_in_nothing_but_their_ike_settings),
		PEER_TEST(clients_of_two_templates_are_twins_but_those_of_one_are_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
