/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/private.h"
#include "unit/peer/peer_test.h"

static uint64_t hash_of(struct fixture *f, const char *text)
{
	struct identity id = { 0 };
	uint64_t hash;
	assert_int_equal(identity_parse(text, &id, NULL), RC_OK);
	hash = index_identity_hash(&f->peers, NULL, &id);
	identity_free(&id);
	return hash;
}

static void equal_identities_have_equal_keys(void **state)
{
	struct fixture *f = *state;
	assert_true(hash_of(f, "@GW.example.org") == hash_of(f, "@gw.EXAMPLE.org"));
	assert_true(hash_of(f, "a@Example.org") == hash_of(f, "a@example.org"));
	assert_true(hash_of(f, "CN=Gate Way, O=Us") == hash_of(f, "CN=gate  way,O=us"));
	assert_true(hash_of(f, "192.0.2.1") == hash_of(f, "192.0.2.1"));
}

static void different_identities_have_different_keys(void **state)
{
	static const char *const ids[] = { "@a",	"@b",	       "a@b",	     "192.0.2.1",
					   "192.0.2.2", "2001:db8::1", "@[a]",	     "@[A]",
					   "CN=a, O=b", "CN=a, O=c",   "CN=ab, O=c", "%any",
					   "@#61626364" };
	const size_t count = sizeof(ids) / sizeof(ids[0]);
	struct fixture *f = *state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (hash_of(f, ids[i]) == hash_of(f, ids[j]))
				fail_msg("%s and %s", ids[i], ids[j]);
}

static void the_address_is_part_of_the_key(void **state)
{
	struct fixture *f = *state;
	struct identity id = { .type = ID_FQDN, .len = 1, .data = (uint8_t[]){ 'a' } };
	struct ip_addr a = addr_of("192.0.2.1"), b = addr_of("192.0.2.2");
	assert_true(index_identity_hash(&f->peers, &a, &id) !=
		    index_identity_hash(&f->peers, &b, &id));
	assert_true(index_identity_hash(&f->peers, &a, &id) !=
		    index_identity_hash(&f->peers, NULL, &id));
	assert_true(index_place_hash(&f->peers, &a, &b) != index_place_hash(&f->peers, &b, &a));
}

/* The value of a name may be any string type, and lengths may take several bytes. */
static void names_are_compared_across_string_types(void **state)
{
	struct fixture *f = *state;
	uint8_t printable[] = { 0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03,
				0x55, 0x04, 0x03, 0x13, 0x02, 'a',  'b' };
	uint8_t utf8[] = { 0x30, 0x81, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06,
			   0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, 'A',  'b' };
	struct identity a = { ID_DER_ASN1_DN, sizeof(printable), printable };
	struct identity b = { ID_DER_ASN1_DN, sizeof(utf8), utf8 };
	assert_true(index_identity_hash(&f->peers, NULL, &a) ==
		    index_identity_hash(&f->peers, NULL, &b));
	utf8[15] = 'c';
	assert_true(index_identity_hash(&f->peers, NULL, &a) !=
		    index_identity_hash(&f->peers, NULL, &b));
}

static void a_name_cut_off_anywhere_is_read_no_further(void **state)
{
	struct fixture *f = *state;
	static const uint8_t der[] = { 0x30, 0x82, 0x00, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06,
				       0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, 'A',	 'b' };
	for (uint16_t len = 1; len <= sizeof(der); len++) {
		uint8_t *copy = mem_alloc(len); /* so that the sanitizer sees its end */
		struct identity id = { ID_DER_ASN1_DN, len, copy };
		memcpy(copy, der, len);
		(void)index_identity_hash(&f->peers, NULL, &id);
		memset(copy, 0xff, len);
		(void)index_identity_hash(&f->peers, NULL, &id);
		mem_free(copy);
	}
}

static void a_peer_stands_in_the_indexes_only_while_it_can_be_met(void **state)
{
	struct fixture *f = *state;
	struct peers *peers = &f->peers;
	struct peer *peer;
	load(f, "conn office\n\tleft=192.0.2.1\n\tright=203.0.113.9\n"
		"conn road\n\tleft=192.0.2.1\n\tright=%any\n"
		"conn known\n\tleft=192.0.2.1\n\tright=%any\n\trightid=@known\n"
		"conn net\n\tleft=192.0.2.1\n\tright=203.0.113.0/24\n");
	assert_int_equal(peers->places.count, 1);
	assert_int_equal(peers->identities.count, 2); /* office, known */
	assert_ptr_equal(peers->ranges.next, &peer_named(f, "net")->in_templates);
	assert_ptr_equal(peers->anys.next, &peer_named(f, "road")->in_templates);
	assert_ptr_equal(peers->anys.prev, &peer_named(f, "known")->in_templates);
	assert_ptr_equal(peers->wildcards.next, &peer_named(f, "road")->in_wildcards);
	assert_ptr_equal(peers->wildcards.prev, &peer_named(f, "net")->in_wildcards);
	peer = peer_named(f, "office");
	index_remove(peer);
	index_remove(peer);
	assert_int_equal(peers->places.count, 0);
	assert_int_equal(peers->identities.count, 1);
	peer->oriented = false;
	index_add(peer);
	assert_int_equal(peers->places.count, 0);
	peer->oriented = peer->doomed = true;
	index_add(peer);
	assert_int_equal(peers->places.count, 0);
	peer->doomed = false;
	index_add(peer);
	assert_int_equal(peers->places.count, 1);
}

static void instances_stand_by_identity_alone(void **state)
{
	struct fixture *f = *state;
	load(f, "conn road\n\tleft=192.0.2.1\n\tright=%any\n");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@a");
	assert_int_equal(f->peers.places.count, 0);
	assert_int_equal(f->peers.identities.count, 1);
}

static void narrow_ranges_stand_before_wide_ones_and_old_before_young(void **state)
{
	static const char *const order[] = { "single", "c24", "d24", "b16", "odd", "a8" };
	struct fixture *f = *state;
	struct list *node;
	load(f, "conn a8\n\tleft=192.0.2.1\n\tright=10.0.0.0/8\n"
		"conn b16\n\tleft=192.0.2.1\n\tright=10.1.0.0/16\n"
		"conn odd\n\tleft=192.0.2.1\n\tright=10.4.0.0/15\n"
		"conn c24\n\tleft=192.0.2.1\n\tright=10.1.1.0/24\n"
		"conn d24\n\tleft=192.0.2.1\n\tright=10.2.1.0/24\n"
		"conn single\n\tleft=192.0.2.1\n\tright=10.2.1.4/31\n");
	node = f->peers.ranges.next;
	for (unsigned i = 0; i < 6; i++, node = node->next)
		assert_string_equal(container_of(node, struct peer, in_templates)->conn->name,
				    order[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(equal_identities_have_equal_keys),
		PEER_TEST(different_identities_have_different_keys),
		PEER_TEST(the_address_is_part_of_the_key),
		PEER_TEST(names_are_compared_across_string_types),
		PEER_TEST(a_name_cut_off_anywhere_is_read_no_further),
		PEER_TEST(a_peer_stands_in_the_indexes_only_while_it_can_be_met),
		PEER_TEST(instances_stand_by_identity_alone),
		PEER_TEST(narrow_ranges_stand_before_wide_ones_and_old_before_young),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
