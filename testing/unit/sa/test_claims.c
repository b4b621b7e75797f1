/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/sa/sas_test.h"

#define TEMPLATE                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftid=@west\n\tauthby=secret\n\tauto=add\n"    \
	"\tleftsubnet=10.1.0.0/24\n"
#define WIDE TEMPLATE "\trightsubnet=10.64.0.0/10\n"

static struct peer *client(struct sas_fixture *f, const char *id)
{
	struct ip_endpoint remote = sas_endpoint("192.0.2.2", 500);
	struct ip_addr local = sas_endpoint("192.0.2.1", 0).addr;
	struct identity identity;
	struct diag diag;
	struct peer *peer;

	assert_int_equal(identity_parse(id, &identity, &diag), RC_OK);
	assert_int_equal(peer_instantiate(peers_tunnel(&f->peers, "t")->peer, &local, &remote,
					  &identity, &peer),
			 RC_OK);
	assert_int_equal(peer_link(peer), RC_OK);
	identity_free(&identity);
	return peer;
}

static struct child_sa *claim(struct sas_fixture *f, struct peer *peer, const char *remote,
			      uint8_t protocol, uint32_t spi)
{
	struct child_sa *child = sas_child(f, NULL, "t", spi);

	child->tunnel = container_of(peer->tunnels.next, struct tunnel, in_peer);
	assert_int_equal(range_parse(remote, &child->selectors.first.remote.range, NULL), RC_OK);
	child->selectors.first.local.protocol = child->selectors.first.remote.protocol = protocol;
	return child;
}

static const struct child_sa *rival_of(struct sas_fixture *f, struct peer *peer, const char *remote,
				       uint8_t protocol)
{
	struct child_sa *child = claim(f, peer, remote, protocol, 0x9999);
	struct selector claimed;
	const struct child_sa *rival = claims_rival(&f->sas, child, &claimed);

	child_sa_free(&f->sas, child);
	return rival;
}

static void parts_and_more_of_what_another_has_are_told(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, WIDE);
	struct peer *one = client(&f, "@one"), *two = client(&f, "@two");
	struct peer *again = client(&f, "@one");
	struct child_sa *has = claim(&f, one, "10.65.0.0/16", 6, 0x1111);
	assert_int_equal(child_sa_claim(&f.sas, has), RC_OK);
	assert_ptr_equal(rival_of(&f, two, "10.65.1.0/24", 0), has);
	assert_ptr_equal(rival_of(&f, two, "10.64.0.0/10", 6), has);
	assert_null(rival_of(&f, two, "10.65.1.0/24", 17));
	assert_null(rival_of(&f, two, "10.66.0.0/16", 6));
	assert_null(rival_of(&f, again, "10.65.1.0/24", 6));
	assert_null(rival_of(&f, one, "10.65.1.0/24", 6));
	child_sa_free(&f.sas, has);
	assert_null(rival_of(&f, two, "10.65.1.0/24", 6));
	assert_null(f.sas.claims.root);
	sas_end(&f);
}

/* Their own addresses need no more memory than before. */
static void clients_without_a_choice_have_no_claims(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, TEMPLATE);
	struct child_sa *has = claim(&f, client(&f, "@one"), "192.0.2.2", 0, 0x1111);
	assert_int_equal(child_sa_claim(&f.sas, has), RC_OK);
	assert_null(has->claims);
	child_sa_free(&f.sas, has);
	sas_end(&f);
}

static void without_memory_nothing_is_claimed(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, WIDE);
	struct child_sa *has = claim(&f, client(&f, "@one"), "10.65.0.0/16", 0, 0x1111);
	mem_fail_nth(1);
	assert_int_equal(child_sa_claim(&f.sas, has), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_null(f.sas.claims.root);
	child_sa_free(&f.sas, has);
	sas_end(&f);
}

/* RFC 7619 */
static void who_says_nothing_of_himself_is_nobody_else(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, WIDE);
	struct peer *one = client(&f, "%null"), *two = client(&f, "%null");
	struct peer *again = client(&f, "%null");
	two->remote.bytes[3] = 77;
	struct child_sa *has = claim(&f, one, "10.65.0.0/16", 6, 0x1111);
	assert_int_equal(child_sa_claim(&f.sas, has), RC_OK);
	assert_ptr_equal(rival_of(&f, two, "10.65.1.0/24", 0), has);
	assert_null(rival_of(&f, one, "10.65.1.0/24", 0));
	assert_null(rival_of(&f, again, "10.65.1.0/24", 0)); /* from the address that has it */
	child_sa_free(&f.sas, has);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_says_nothing_of_himself_is_nobody_else),
		cmocka_unit_test(parts_and_more_of_what_another_has_are_told),
		cmocka_unit_test(clients_without_a_choice_have_no_claims),
		cmocka_unit_test(without_memory_nothing_is_claimed),
	};
	return sas_run(tests);
}
