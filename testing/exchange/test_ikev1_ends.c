/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1: what ends while something else is on its way, and what must not outlive its end. */
#include "engine/private.h"
#include "exchange/office.h"
#include "unit/test.h"

#define V1_ADD	   PAIR_BASE "\tkeyexchange=ikev1\n\tauto=add\n"
#define SECRETS_V1 "192.0.2.1 192.0.2.2 @west @east : PSK \"correct horse battery staple\"\n"
#define MINUTE	   (60 * USEC_PER_SEC)

static void begin(struct pair *pair, const char *more)
{
	char conf[500];

	(void)snprintf(conf, sizeof(conf), "%s%s", V1_ADD, more);
	pair_start(pair, 1, conf, conf, SECRETS_V1, SECRETS_V1);
	end_up(&pair->west, "t");
	pair_run(pair, 3 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

static struct peer *peer_of(struct end *end)
{
	return peers_tunnel(&end->gateway->peers, "t")->peer;
}

static struct child_sa *child_of(struct end *end)
{
	struct child_sa *child = tunnel_current(peers_tunnel(&end->gateway->peers, "t"));

	assert_non_null(child);
	return child;
}

static unsigned ikes_of(struct end *end)
{
	unsigned count = 0;

	list_for(node, &peer_of(end)->ike_sas) count++;
	return count;
}

static void renew(struct end *end, enum gateway_rekey_what what)
{
	struct diag diag;

	assert_int_equal(gateway_rekey(end->gateway, "t", what, &diag), RC_OK);
}

static void ends(struct ike_sa *sa, enum rc reason)
{
	sa->delete_wanted = true;
	sa->delete_reason = reason;
	peer_dirty(sa->peer);
}

/* HASH(1), Delete of that IPsec SA and, if so, INITIAL-CONTACT. */
static size_t write_payloads(const struct ike_sa *sa, uint32_t spi, bool contact, struct sink *sink)
{
	size_t hash = sink->len + 4;

	sink_u32(sink, (uint32_t)ISAKMP_DELETE << 24 | (4u + (uint32_t)sa->suite.prf->len));
	for (size_t i = 0; i < sa->suite.prf->len; i++)
		sink_u8(sink, 0);
	sink_u32(sink, contact ? (uint32_t)ISAKMP_NOTIFICATION << 24 | 16u : 16u);
	sink_u32(sink, ISAKMP_DOI_IPSEC);
	sink_u32(sink, (uint32_t)PROTOCOL_ESP << 24 | 4u << 16 | 1u);
	sink_u32(sink, spi);
	if (contact) {
		sink_u32(sink, 12);
		sink_u32(sink, ISAKMP_DOI_IPSEC);
		sink_u32(sink, (uint32_t)PROTOCOL_IKE << 24 | IPSEC_INITIAL_CONTACT);
	}
	return hash;
}

/* The sender says so in that ISAKMP SA of its own. */
static void tell(struct pair *pair, const struct ike_sa *sa, uint32_t spi, bool contact)
{
	uint8_t bytes[300], id[4] = { 0x12, 0x34, 0x56, 0x78 }, iv[IKEV1_IV_MAX];
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .next = ISAKMP_HASH,
				     .version = 0x10,
				     .exchange = EXCHANGE_V1_INFORMATIONAL,
				     .flags = ISAKMP_FLAG_ENCRYPTION,
				     .message_id = 0x12345678 };
	struct span parts[2] = { SPAN_OF(id) };
	struct sink sink;
	size_t hash, plain, len;

	sink_init(&sink, bytes, sizeof(bytes));
	wire_header_emit(&sink, &header);
	hash = write_payloads(sa, spi, contact, &sink);
	plain = sink.len - IKE_HEADER_LEN;
	len = IKE_HEADER_LEN + ikev1_padded(&sa->suite, plain);
	parts[1] =
		span_make(bytes + hash + sa->suite.prf->len, sink.len - hash - sa->suite.prf->len);
	assert_int_equal(ikev1_hash(&sa->suite, &sa->keys, parts, 2, bytes + hash), RC_OK);
	assert_int_equal(ikev1_iv_exchange(&sa->suite, sa->v1->iv, header.message_id, iv), RC_OK);
	assert_int_equal(ikev1_encrypt(&sa->suite, &sa->keys, iv, bytes + IKE_HEADER_LEN, plain),
			 RC_OK);
	bytes[26] = (uint8_t)(len >> 8);
	bytes[27] = (uint8_t)len;
	assert_int_equal(world_inject(pair->world, &sa->local, &sa->remote, span_make(bytes, len)),
			 RC_OK);
	pair_run(pair, 100 * USEC_PER_MSEC);
}

/* ---- ends that meet ---- */

static void a_delete_and_initial_contact_in_one_message_end_it_once(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, "");
	renew(&pair.west, REKEY_IKE);
	pair_run(&pair, MINUTE);
	assert_int_equal(ikes_of(&pair.east), 1);
	tell(&pair, child_of(&pair.west)->ike, child_of(&pair.west)->spi_in, true);
	assert_int_equal(pair.east.child_down, 1);
	pair_end(&pair);
}

/* Fails under ASan or valgrind alone. */
static void an_ipsec_sa_may_end_by_another_isakmp_sa_while_it_is_rekeyed(void **state)
{
	struct ike_sa *old = NULL;
	struct pair pair;

	(void)state;
	begin(&pair, "\tpfs=yes\n");
	renew(&pair.west, REKEY_IKE);
	pair_run(&pair, 3 * USEC_PER_SEC);
	assert_int_equal(ikes_of(&pair.west), 2);
	world_hold_jobs(pair.world, true);
	renew(&pair.west, REKEY_CHILD);
	world_settle(pair.world);
	assert_int_equal(world_jobs_waiting(pair.world), 1);
	list_for(node, &peer_of(&pair.east)->ike_sas)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa != child_of(&pair.east)->ike)
			old = sa;
	}
	assert_non_null(old);
	tell(&pair, old, child_of(&pair.east)->spi_in, false);
	assert_int_equal(pair.west.child_down, 1);
	world_hold_jobs(pair.world, false);
	pair_run(&pair, 10 * USEC_PER_SEC);
	pair_end(&pair);
}

/* ---- what must not outlive it ---- */

/* Revoked while something is asked that is never answered. */
static void a_peer_that_is_not_trusted_any_more_gains_nothing_by_silence(void **state)
{
	struct pair pair;
	struct ike_sa *sa;

	(void)state;
	begin(&pair, "");
	end_crash(&pair.west);
	pair_run(&pair, 10 * MINUTE);
	renew(&pair.east, REKEY_CHILD);
	pair_run(&pair, USEC_PER_SEC);
	sa = child_of(&pair.east)->ike;
	assert_non_null(sa->request.bytes);
	ends(sa, RC_AUTH_FAILED);
	pair_run(&pair, 30 * MINUTE);
	assert_int_equal(pair.east.child_down, 1);
	assert_int_equal(pair.east.gateway->sas.ike_count, 0);
	pair_end(&pair);
}

static void a_rekey_comes_to_its_end_without_its_isakmp_sa(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, "");
	peers_tunnel(&pair.west.gateway->peers, "t")->wanted = WANTED_LISTEN;
	renew(&pair.west, REKEY_CHILD);
	pair_run(&pair, USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 2);
	ends(child_of(&pair.east)->ike, RC_TIMEOUT);
	pair_run(&pair, MINUTE);
	assert_int_equal(child_of(&pair.west)->ike->state, IKEV1_GONE);
	assert_null(child_of(&pair.west)->waiting_keymat.ptr);
	assert_int_equal(pair.west.gateway->sas.child_count, 1);
	pair_end(&pair);
}

/* ---- two ISAKMP SAs without a purpose ---- */

static bool loses(void *context, struct flight *flight)
{
	const bool *informational = context;
	struct ike_header header;

	return !*informational || flight->from.addr.bytes[3] != 1 ||
	       wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	       header.exchange != EXCHANGE_V1_INFORMATIONAL;
}

/* As with a peer that never deletes the one that it has begun. */
static void down_ends_two_isakmp_sas_too(void **state)
{
	struct pair pair;
	struct diag diag;
	bool lost = false;

	(void)state;
	begin(&pair, "");
	peers_tunnel(&pair.west.gateway->peers, "t")->wanted = WANTED_LISTEN;
	renew(&pair.east, REKEY_IKE);
	world_tap(pair.world, loses, &lost);
	pair_run(&pair, 30 * USEC_PER_SEC);
	lost = true;
	pair_run(&pair, 30 * USEC_PER_SEC);
	assert_int_equal(ikes_of(&pair.east), 2);
	assert_int_equal(gateway_down(pair.east.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 10 * MINUTE);
	assert_int_equal(pair.east.gateway->sas.ike_count, 0);
	pair_end(&pair);
}

/* ---- uniqueids= ---- */

#define CLIENT "\tinitial-contact=no\n\tkeyexchange=ikev1\n"

/* The client comes from another address; its first ISAKMP SA may have ended before. */
static struct end *comes_again(struct office *office, const char *unique, bool gone)
{
	char conf[500];
	struct end *first;

	(void)snprintf(conf, sizeof(conf),
		       "config setup\n\tuniqueids=%s\nconn t\n\tleft=192.0.2.100\n"
		       "\tleftid=@office\n\tleftsubnet=10.2.0.0/24\n\tright=%%any\n"
		       "\tauthby=secret\n\tauto=add\n\tkeyexchange=ikev1\n",
		       unique);
	office_start(office, conf, NULL);
	first = office_client(office, 0, "@anna", CLIENT);
	world_run(office->world, 10 * USEC_PER_SEC);
	assert_int_equal(first->child_up, 1);
	assert_int_equal(world_partition(office->world, first->host, office->server.host, true),
			 RC_OK);
	list_for(node, &office->server.gateway->peers.list)
	{
		struct peer *peer = container_of(node, struct peer, in_peers);
		if (gone && !list_empty(&peer->ike_sas))
			ends(container_of(peer->ike_sas.next, struct ike_sa, in_peer), RC_TIMEOUT);
	}
	world_run(office->world, 10 * USEC_PER_SEC);
	first = office_client(office, 1, "@anna", CLIENT);
	world_run(office->world, 120 * USEC_PER_SEC);
	return first;
}

static void uniqueids_yes_ends_what_has_no_isakmp_sa_any_more(void **state)
{
	struct office office;

	(void)state;
	assert_int_equal(comes_again(&office, "yes", true)->child_up, 1);
	assert_int_equal(office.server.gateway->sas.child_count, 1);
	assert_int_equal(office.server.gateway->sas.ike_count, 1);
	office_end(&office);
}

static void uniqueids_keep_refuses_a_client_of_ikev1_too(void **state)
{
	struct office office;

	(void)state;
	assert_int_equal(comes_again(&office, "keep", false)->child_up, 0);
	assert_true(end_said(&office.server, "uniqueids=keep"));
	office_end(&office);
}

#define SIBLINGS(how)                                                                              \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"    \
	"\tkeyexchange=ikev1\n\tdpddelay=10s\n\tauto=" how "\n"

static bool loses_telling(void *context, struct flight *flight)
{
	unsigned *left = context;
	struct ike_header header;

	if (*left == 0 ||
	    wire_header_parse(span_make(flight->bytes, flight->len), &header, NULL) != RC_OK ||
	    header.exchange != EXCHANGE_V1_INFORMATIONAL || flight->from.addr.bytes[3] != 2)
		return true;
	--*left;
	return false;
}

/* The ISAKMP SA lives and answers R-U-THERE: nobody else would notice. */
static void a_delete_that_gets_lost_is_said_again(void **state)
{
	struct pair pair;
	struct child_sa *child;
	unsigned left = 1, dead = 0;

	(void)state;
	pair_start(&pair, 1, SIBLINGS("start"), SIBLINGS("add"), SECRETS_V1, SECRETS_V1);
	pair_run(&pair, MINUTE);
	child = tunnel_current(peers_tunnel(&pair.east.gateway->peers, "t/2x1"));
	assert_non_null(child);
	world_tap(pair.world, loses_telling, &left);
	child->delete_wanted = true;
	child->delete_reason = RC_OPERATOR;
	peer_dirty(child->tunnel->peer);
	for (unsigned i = 0; i < 600; i++) {
		pair_run(&pair, USEC_PER_SEC);
		dead += pair_ping_hosts(&pair, "10.1.0.7", "10.2.0.7") != SIMULATED_ARRIVED ||
			pair_ping_hosts(&pair, "10.3.0.7", "10.2.0.7") != SIMULATED_ARRIVED;
	}
	assert_int_equal(left, 0);
	assert_in_range(dead, 0, 20);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delete_that_gets_lost_is_said_again),
		cmocka_unit_test(a_delete_and_initial_contact_in_one_message_end_it_once),
		cmocka_unit_test(an_ipsec_sa_may_end_by_another_isakmp_sa_while_it_is_rekeyed),
		cmocka_unit_test(a_peer_that_is_not_trusted_any_more_gains_nothing_by_silence),
		cmocka_unit_test(a_rekey_comes_to_its_end_without_its_isakmp_sa),
		cmocka_unit_test(down_ends_two_isakmp_sas_too),
		cmocka_unit_test(uniqueids_yes_ends_what_has_no_isakmp_sa_any_more),
		cmocka_unit_test(uniqueids_keep_refuses_a_client_of_ikev1_too),
	};

	return exchange_run(tests);
}
