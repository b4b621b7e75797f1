/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>
#include "unit/peer/peer_test.h"

#define US "\tleft=192.0.2.1\n\tleftid=@us\n"

static void assert_found(struct fixture *f, const char *remote, const char *idi, const char *idr,
			 const char *tunnel)
{
	struct diag diag = { "" };
	struct peer *peer = for_identity(f, "192.0.2.1", remote, idi, idr, &diag);
	if (peer == NULL)
		fail_msg("%s", diag.text);
	assert_string_equal(container_of(peer->tunnels.next, struct tunnel, in_peer)->name, tunnel);
}

static void assert_nobody(struct fixture *f, const char *remote, const char *idi, const char *idr,
			  const char *says)
{
	struct diag diag = { "" };
	assert_null(for_identity(f, "192.0.2.1", remote, idi, idr, &diag));
	assert_says(diag.text, says);
}

/* ---- addresses ---- */

static void an_exact_address_comes_before_a_range_before_any(void **state)
{
	struct fixture *f = *state;
	load(f, "conn any\n" US "\tright=%any\n"
		"conn wide\n" US "\tright=203.0.0.0/16\n"
		"conn narrow\n" US "\tright=203.0.113.0/24\n"
		"conn exact\n" US "\tright=203.0.113.9\n");
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer_named(f, "exact"));
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.10"), peer_named(f, "narrow"));
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.7.1"), peer_named(f, "wide"));
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "198.51.100.1"), peer_named(f, "any"));
	assert_null(for_addresses(f, "192.0.2.2", "203.0.113.9"));
	assert_null(for_addresses(f, "2001:db8::1", "2001:db8:1::1"));
}

static void of_equals_the_one_loaded_first_is_taken_whatever_happens(void **state)
{
	struct fixture *f = *state;
	load(f, "conn a\n" US "\tright=203.0.113.9\n\trightid=@a\n"
		"conn b\n" US "\tright=203.0.113.9\n\trightid=@b\n"
		"conn c\n" US "\tright=%any\n\trightid=@c\n"
		"conn d\n" US "\tright=%any\n\trightid=@d\n");
	for (unsigned round = 0; round < 3; round++) {
		assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer_named(f, "a"));
		assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.8"), peer_named(f, "c"));
		world_host_remove_address(f->host, "192.0.2.1");
		peers_orient(&f->peers);
		assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
		assert_int_equal(world_host_add_address(f->host, "192.0.2.1"), RC_OK);
		peers_orient(&f->peers);
	}
}

static void an_any_of_one_ip_version_does_not_take_the_other(void **state)
{
	struct fixture *f = *state;
	load(f, "conn six\n\tleft=%defaultroute\n\tright=%any6\n");
	assert_ptr_equal(for_addresses(f, "2001:db8::1", "2001:db8:1::9"), peer_named(f, "six"));
	assert_null(for_addresses(f, "192.0.2.1", "203.0.113.9"));
}

static void instances_do_not_answer_for_their_address(void **state)
{
	struct fixture *f = *state;
	load(f, "conn road\n" US "\tright=%any\n");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@a");
	assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"), peer_named(f, "road"));
}

/* ---- identities ---- */

static void an_exact_identity_comes_before_a_pattern_before_any(void **state)
{
	struct fixture *f = *state;
	load(f, "conn any\n" US "\tright=%any\n"
		"conn domain\n" US "\tright=%any\n\trightid=@*.example.org\n"
		"conn deeper\n" US "\tright=%any\n\trightid=@*.lab.example.org\n"
		"conn exact\n" US "\tright=%any\n\trightid=@a.lab.example.org\n");
	assert_found(f, "203.0.113.9", "@a.lab.example.org", NULL, "exact");
	assert_found(f, "203.0.113.9", "@A.LAB.example.org", NULL, "exact");
	assert_found(f, "203.0.113.9", "@b.lab.example.org", NULL, "deeper");
	assert_found(f, "203.0.113.9", "@b.example.org", NULL, "domain");
	assert_found(f, "203.0.113.9", "@b.example.net", NULL, "any");
	assert_found(f, "203.0.113.9", "203.0.113.9", NULL, "any");
}

static void of_equal_identities_the_nearer_address_is_taken(void **state)
{
	struct fixture *f = *state;
	load(f, "conn any\n" US "\tright=%any\n\trightid=@a\n"
		"conn range\n" US "\tright=203.0.113.0/24\n\trightid=@a\n"
		"conn exact\n" US "\tright=203.0.113.9\n\trightid=@a\n");
	assert_found(f, "203.0.113.9", "@a", NULL, "exact");
	assert_found(f, "203.0.113.10", "@a", NULL, "range");
	assert_found(f, "198.51.100.1", "@a", NULL, "any");
}

static void the_identity_weighs_more_than_the_address(void **state)
{
	struct fixture *f = *state;
	load(f, "conn pattern\n" US "\tright=203.0.113.9\n\trightid=@*.example.org\n"
		"conn exact\n" US "\tright=%any\n\trightid=@a.example.org\n");
	assert_found(f, "203.0.113.9", "@a.example.org", NULL, "exact");
	assert_found(f, "203.0.113.9", "@b.example.org", NULL, "pattern");
	assert_nobody(f, "203.0.113.10", "@b.example.org", NULL, "which no conn expects");
}

static void peers_at_one_address_are_told_apart_by_identity(void **state)
{
	struct fixture *f = *state;
	load(f, "conn a\n" US "\tright=203.0.113.9\n\trightid=@a\n"
		"conn b\n" US "\tright=203.0.113.9\n\trightid=b@example.org\n"
		"conn c\n" US "\tright=203.0.113.9\n\trightid=\"CN=c, O=Example\"\n"
		"conn d\n" US "\tright=203.0.113.9\n\trightid=@[d]\n"
		"conn e\n" US "\tright=203.0.113.9\n");
	assert_found(f, "203.0.113.9", "@a", NULL, "a");
	assert_found(f, "203.0.113.9", "b@example.ORG", NULL, "b");
	assert_found(f, "203.0.113.9", "CN=C,  O=example", NULL, "c");
	assert_found(f, "203.0.113.9", "@[d]", NULL, "d");
	assert_found(f, "203.0.113.9", "203.0.113.9", NULL, "e");
	assert_nobody(f, "203.0.113.9", "B@example.org", NULL, "which no conn expects");
	assert_nobody(f, "203.0.113.8", "@a", NULL, "none is for that address");
}

static void the_identity_that_the_peer_asks_for_must_be_ours(void **state)
{
	struct fixture *f = *state;
	load(f, "conn a\n\tleft=192.0.2.1\n\tleftid=@one\n\tright=%any\n"
		"conn b\n\tleft=192.0.2.1\n\tleftid=@two\n\tright=%any\n");
	assert_found(f, "203.0.113.9", "@x", "@two", "b");
	assert_found(f, "203.0.113.9", "@x", "@one", "a");
	assert_found(f, "203.0.113.9", "@x", NULL, "a");
	assert_nobody(f, "203.0.113.9", "@x", "@three", "asks for @three");
}

static void nobody_is_told_with_what_was_asked_and_what_is_expected(void **state)
{
	struct fixture *f = *state;
	load(f, "conn office\n" US "\tright=203.0.113.9\n\trightid=@office\n"
		"conn road\n\tleft=192.0.2.1\n\tright=%any\n\trightid=@*.example.org\n");
	assert_nobody(f, "203.0.113.9", "@stranger", "@us",
		      "peer 203.0.113.9 is @stranger and asks for @us at our 192.0.2.1, which no "
		      "conn expects: conn office expects @office and is @us, conn road expects "
		      "@*.example.org and is 192.0.2.1");
	assert_nobody(f, "203.0.113.8", "@stranger", NULL, "conn road expects");
}

static void a_hostile_identity_fits_nobody_and_breaks_nothing(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[65535];
	struct ip_addr local = addr_of("192.0.2.1"), remote = addr_of("203.0.113.9");
	struct diag diag = { "" };
	load(f, "conn office\n" US "\tright=203.0.113.9\n\trightid=@office\n"
		"conn dn\n" US "\tright=203.0.113.9\n\trightid=\"CN=c, O=Example\"\n"
		"conn road\n\tleft=192.0.2.1\n\tright=%any\n\trightid=@*.example.org\n");
	for (unsigned type = 1; type < 256; type++)
		for (unsigned fill = 0; fill < 256; fill += 5) {
			static const uint16_t lengths[] = { 0, 1, 3, 16, 1024, 65535 };
			for (unsigned i = 0; i < 6; i++) {
				struct identity id = { (uint8_t)type, lengths[i], bytes };
				struct peer_claim claim = { .idi = &id, .idr = &id };
				if (lengths[i] > 1024 && fill % 25 != 0)
					continue;
				memset(bytes, (int)fill, lengths[i]);
				assert_null(peers_for_identity(&f->peers, &local, &remote, &claim,
							       &diag));
			}
		}
}

/* Two conns for the same clients: the one that allows the method of the proof. */
static void the_method_of_the_proof_decides_between_equals(void **state)
{
	static const struct {
		unsigned methods;
		const char *conn;
	} cases[] = { { AUTHBY_SECRET, "a" }, { AUTHBY_SIGNATURE, "b" }, { 0, "a" } };
	struct fixture *f = *state;
	struct ip_addr local = addr_of("192.0.2.1"), remote = addr_of("198.51.100.7");
	struct diag diag = { "" };
	struct identity id = { 0 };

	load(f, "conn a\n\tleft=192.0.2.1\n\tright=%any\n\tauthby=secret\n"
		"conn b\n\tleft=192.0.2.1\n\tright=%any\n\tauthby=rsasig\n\tleftcert=gw\n");
	assert_int_equal(identity_parse("@somebody", &id, NULL), RC_OK);
	for (unsigned i = 0; i < 3; i++) {
		struct peer_claim claim = { .idi = &id, .methods = cases[i].methods };
		const struct peer *peer =
			peers_for_identity(&f->peers, &local, &remote, &claim, &diag);
		assert_non_null(peer);
		assert_string_equal(peer->conn->name, cases[i].conn);
	}
	identity_free(&id);
}

/* Two conns for the same peer: the one that allows what IKE_SA_INIT has chosen. */
static void the_algorithms_that_were_chosen_decide_between_equals(void **state)
{
	static const struct {
		uint16_t group;
		const char *conn;
	} cases[] = { { DH_ECP_384, "a" }, { DH_MODP_2048, "b" }, { DH_CURVE25519, "a" } };
	struct fixture *f = *state;
	struct ip_addr local = addr_of("192.0.2.1"), remote = addr_of("198.51.100.7");
	struct diag diag = { "" };
	struct identity id = { 0 };

	load(f, "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.7\n\trightid=@somebody\n"
		"\tike=aes128-sha1-dh20\n"
		"conn b\n\tleft=192.0.2.1\n\tright=%any\n\tike=aes128-sha1-dh14\n");
	assert_int_equal(identity_parse("@somebody", &id, NULL), RC_OK);
	for (unsigned i = 0; i < 3; i++) {
		struct proposal_choice choice = { .protocol = PROTOCOL_IKE,
						  .encr = ENCR_AES_CBC,
						  .encr_bits = 128,
						  .prf = PRF_HMAC_SHA1,
						  .integ = INTEG_HMAC_SHA1_96,
						  .dh = cases[i].group };
		struct peer_claim claim = { .idi = &id, .choice = &choice };
		const struct peer *peer =
			peers_for_identity(&f->peers, &local, &remote, &claim, &diag);
		assert_non_null(peer);
		assert_string_equal(peer->conn->name, cases[i].conn);
	}
	identity_free(&id);
}

static struct wire_ts_list one_range(const char *text, struct wire_ts *ts)
{
	struct ip_range range;

	assert_int_equal(range_parse(text, &range, NULL), RC_OK);
	*ts = (struct wire_ts){ .type = TS_IPV4_ADDR_RANGE, .port_to = 65535, .range = range };
	return (struct wire_ts_list){ .count = 1, .items = ts };
}

static void what_is_to_be_protected_decides_between_twins(void **state)
{
	static const struct {
		const char *remote, *conn;
	} cases[] = { { "10.1.0.0/24", "a" }, { "10.2.0.0/24", "b" }, { "10.3.0.0/24", "a" } };
	struct fixture *f = *state;
	struct ip_addr local = addr_of("192.0.2.1"), remote = addr_of("198.51.100.7");
	struct identity id = { 0 };
	struct diag diag = { "" };

	load(f, "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.7\n\trightsubnet=10.1.0.0/24\n"
		"\tike=aes128-sha1-dh20\n"
		"conn b\n\tleft=192.0.2.1\n\tright=198.51.100.7\n\trightsubnet=10.2.0.0/24\n"
		"\tike=aes128-sha1-dh14\n");
	assert_int_equal(identity_parse("198.51.100.7", &id, NULL), RC_OK);
	for (unsigned i = 0; i < 3; i++) {
		struct wire_ts ts[2];
		struct wire_ts_list tsi = one_range(cases[i].remote, &ts[0]);
		struct wire_ts_list tsr = one_range("192.0.2.1", &ts[1]);
		struct peer_claim claim = { .idi = &id, .tsi = &tsi, .tsr = &tsr };
		const struct peer *peer =
			peers_for_identity(&f->peers, &local, &remote, &claim, &diag);
		assert_non_null(peer);
		assert_string_equal(peer->conn->name, cases[i].conn);
	}
	identity_free(&id);
}

/* ---- instances ---- */

static void a_peer_that_comes_again_finds_its_instance(void **state)
{
	struct fixture *f = *state;
	load(f, "conn road\n" US "\tright=%any\n");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@a");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 4500, "@b");
	assert_found(f, "203.0.113.9", "@a", NULL, "road[1]");
	assert_found(f, "203.0.113.9", "@b", "@us", "road[2]");
	assert_found(f, "203.0.113.9", "@c", NULL, "road");
	assert_found(f, "203.0.113.10", "@a", NULL, "road"); /* it moved: a new one */
	peer_free(peer_named(f, "road[1]"));
	assert_found(f, "203.0.113.9", "@a", NULL, "road");
}

static void an_instance_does_not_outrank_a_better_template(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, "conn road\n" US "\tright=%any\n");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@a");
	load(f, "conn special\n" US "\tright=%any\n\trightid=@a\n");
	assert_found(f, "203.0.113.9", "@a", NULL, "special");
	assert_int_equal(peer_unload(&f->peers, "special", &diag), RC_OK);
	assert_found(f, "203.0.113.9", "@a", NULL, "road[1]");
}

static void an_instance_at_another_address_of_ours_is_another_one(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	assert_int_equal(world_host_add_address(f->host, "192.0.2.2"), RC_OK);
	load(f, "conn one\n" US "\tright=%any\n"
		"conn two\n\tleft=192.0.2.2\n\tright=%any\n");
	linked_instance(peer_named(f, "one"), "203.0.113.9", 500, "@a");
	assert_ptr_equal(for_identity(f, "192.0.2.2", "203.0.113.9", "@a", NULL, &diag),
			 peer_named(f, "two"));
}

static void an_instance_from_before_we_moved_is_another_one(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	load(f, "conn road\n\tleft=%defaultroute\n\tright=%any\n");
	linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@a");
	world_host_remove_address(f->host, "192.0.2.1");
	assert_int_equal(world_host_add_address(f->host, "192.0.2.2"), RC_OK);
	peers_orient(&f->peers);
	assert_ptr_equal(for_identity(f, "192.0.2.2", "203.0.113.9", "@a", NULL, &diag),
			 peer_named(f, "road"));
	assert_null(for_identity(f, "192.0.2.1", "203.0.113.9", "@a", NULL, &diag));
}

static void a_star_that_a_peer_calls_itself_is_not_a_pattern(void **state)
{
	struct fixture *f = *state;
	struct peer *instance;
	load(f, "conn road\n" US "\tright=%any\n");
	instance = linked_instance(peer_named(f, "road"), "203.0.113.9", 500, "@*.example.org");
	assert_found(f, "203.0.113.9", "@*.example.org", NULL, "road[1]");
	assert_found(f, "203.0.113.9", "@a.example.org", NULL, "road");
	assert_true(expect_identity(instance, "@*.example.org"));
}

/* ---- Child SAs ---- */

static struct tunnel *tunnel_for(struct peer *peer, const char *tsi, const char *tsr,
				 bool transport)
{
	struct wire_ts i = { .type = TS_IPV4_ADDR_RANGE, .port_to = 65535 }, r = i;
	struct wire_ts_list is = { &i, 1 }, rs = { &r, 1 };
	assert_int_equal(range_parse(tsi, &i.range, NULL), RC_OK);
	assert_int_equal(range_parse(tsr, &r.range, NULL), RC_OK);
	return peer_tunnel_for(peer, &is, &rs, transport);
}

static void the_best_fitting_tunnel_is_chosen(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct peer *peer;
	load(f, "conn office\n" US "\tleftsubnets={10.0.0.0/24,10.0.0.0/16}\n"
		"\tright=203.0.113.9\n\trightsubnet=10.9.0.0/24\n"
		"conn hosts\n" US "\tright=203.0.113.9\n");
	peer = peer_named(f, "hosts");
	assert_ptr_equal(tunnel_for(peer, "10.9.0.0/24", "10.0.0.0/24", false),
			 tunnel_named(f, "office/1x1"));
	assert_ptr_equal(tunnel_for(peer, "10.9.0.0/24", "10.0.0.0/16", false),
			 tunnel_named(f, "office/2x1"));
	assert_ptr_equal(tunnel_for(peer, "203.0.113.9", "192.0.2.1", false),
			 tunnel_named(f, "hosts"));
	assert_null(tunnel_for(peer, "10.8.0.0/24", "10.0.0.0/24", false));
	assert_int_equal(peer_unload(&f->peers, "hosts", &diag), RC_OK);
	assert_null(tunnel_for(peer, "203.0.113.9", "192.0.2.1", false));
}

static void the_mode_decides_between_equal_selectors(void **state)
{
	struct fixture *f = *state;
	struct peer *peer;
	load(f, "conn tunnel\n" US "\tright=203.0.113.9\n"
		"conn transport\n\ttype=transport\n" US "\tright=203.0.113.9\n");
	peer = peer_named(f, "tunnel");
	assert_ptr_equal(tunnel_for(peer, "203.0.113.9", "192.0.2.1", true),
			 tunnel_named(f, "transport"));
	assert_ptr_equal(tunnel_for(peer, "203.0.113.9", "192.0.2.1", false),
			 tunnel_named(f, "tunnel"));
}

/* ---- many ---- */

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void ten_thousand_instances_behind_one_address_are_no_burden(void **state)
{
	struct fixture *f = *state;
	const unsigned count = 10000;
	double begin, made, found;
	load(f, "conn road\n" US "\tright=%any\n");
	begin = seconds();
	for (unsigned i = 0; i < count; i++) {
		char id[16];
		snprintf(id, sizeof(id), "@p%u", i);
		linked_instance(peer_named(f, "road"), "203.0.113.9", (uint16_t)(i + 1), id);
	}
	made = seconds();
	for (unsigned i = 0; i < count; i++) {
		char id[16], name[24];
		snprintf(id, sizeof(id), "@p%u", i);
		snprintf(name, sizeof(name), "road[%u]", i + 1);
		assert_found(f, "203.0.113.9", id, "@us", name);
		assert_ptr_equal(for_addresses(f, "192.0.2.1", "203.0.113.9"),
				 peer_named(f, "road"));
	}
	found = seconds();
	print_message("%u instances: made in %.0f ms, found in %.0f ms\n", count,
		      (made - begin) * 1e3, (found - made) * 1e3);
}

/* RFC 4739: whoever does not announce the second proof that his conn asks for is not taken for
 * another one's, which asks for one only. */
static void a_peer_does_not_get_out_of_its_second_proof_by_silence(void **state)
{
	struct fixture *f = *state;
	const struct ip_addr local = addr_of("192.0.2.1"), remote = addr_of("203.0.113.9");

	load(f, "conn twice\n" US "\tright=%any\n\trightid=laptop@corp\n\trightauth2=secret\n"
		"\trightid2=@user\n"
		"conn once\n" US "\tright=%any\n\trightid=*@corp\n");
	for (unsigned announces = 0; announces < 2; announces++) {
		struct identity id;
		struct diag diag;
		assert_int_equal(identity_parse("laptop@corp", &id, &diag), RC_OK);
		struct peer_claim claim = { .idi = &id,
					    .another = announces != 0,
					    .multiple = announces != 0 };
		assert_ptr_equal(peers_for_identity(&f->peers, &local, &remote, &claim, &diag),
				 peer_named(f, "twice"));
		identity_free(&id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PEER_TEST(an_exact_address_comes_before_a_range_before_any),
		PEER_TEST(a_peer_does_not_get_out_of_its_second_proof_by_silence),
		PEER_TEST(of_equals_the_one_loaded_first_is_taken_whatever_happens),
		PEER_TEST(an_any_of_one_ip_version_does_not_take_the_other),
		PEER_TEST(instances_do_not_answer_for_their_address),
		PEER_TEST(an_exact_identity_comes_before_a_pattern_before_any),
		PEER_TEST(of_equal_identities_the_nearer_address_is_taken),
		PEER_TEST(the_identity_weighs_more_than_the_address),
		PEER_TEST(peers_at_one_address_are_told_apart_by_identity),
		PEER_TEST(the_identity_that_the_peer_asks_for_must_be_ours),
		PEER_TEST(nobody_is_told_with_what_was_asked_and_what_is_expected),
		PEER_TEST(a_hostile_identity_fits_nobody_and_breaks_nothing),
		PEER_TEST(the_algorithms_that_were_chosen_decide_between_equals),
		PEER_TEST(what_is_to_be_protected_decides_between_twins),
		PEER_TEST(the_method_of_the_proof_decides_between_equals),
		PEER_TEST(a_peer_that_comes_again_finds_its_instance),
		PEER_TEST(an_instance_does_not_outrank_a_better_template),
		PEER_TEST(an_instance_at_another_address_of_ours_is_another_one),
		PEER_TEST(an_instance_from_before_we_moved_is_another_one),
		PEER_TEST(a_star_that_a_peer_calls_itself_is_not_a_pattern),
		PEER_TEST(the_best_fitting_tunnel_is_chosen),
		PEER_TEST(the_mode_decides_between_equal_selectors),
		PEER_TEST(ten_thousand_instances_behind_one_address_are_no_burden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
