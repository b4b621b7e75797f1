/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody on the path who knows every SPI and message ID but no key, and peers that mean harm. */
#include "exchange/pair.h"
#include "unit/test.h"

static struct ip_endpoint endpoint(const char *address, uint16_t port)
{
	struct ip_endpoint out = { .port = port };

	assert_int_equal(ip_parse(address, &out.addr), RC_OK);
	return out;
}

static void inject(struct pair *pair, const char *from, const char *to, struct span bytes)
{
	struct ip_endpoint a = endpoint(from, IKE_PORT), b = endpoint(to, IKE_PORT);

	assert_int_equal(world_inject(pair->world, &a, &b, bytes), RC_OK);
	world_run(pair->world, 100 * USEC_PER_MSEC);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

/* Header and an SK payload with that many bytes of rubbish. */
static struct span forge(const struct ike_sa *sa, enum exchange_type exchange, uint8_t flags,
			 uint32_t message_id, size_t body, uint8_t buffer[256])
{
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .next = PAYLOAD_SK,
				     .version = IKE_VERSION_2,
				     .exchange = (uint8_t)exchange,
				     .flags = flags,
				     .message_id = message_id,
				     .length = (uint32_t)(IKE_HEADER_LEN + 4 + body) };
	struct sink sink;

	memset(buffer, 0x5a, 256);
	sink_init(&sink, buffer, 256);
	wire_header_emit(&sink, &header);
	sink_patch_u8(&sink, 16, PAYLOAD_SK);
	sink_patch_u32(&sink, 24, header.length);
	sink_u8(&sink, PAYLOAD_NONE);
	sink_u8(&sink, 0);
	sink_u16(&sink, (uint16_t)(4 + body));
	return span_make(buffer, header.length);
}

static void pair_with_tunnel(struct pair *pair)
{
	pair_start(pair, 1, NULL, NULL, NULL, NULL);
	end_up(&pair->west, "t");
	world_run(pair->world, 2 * USEC_PER_SEC);
	pair_assert_tunnel(pair);
}

/* RFC 7296 §2.21: nothing that is not authenticated ends an IKE SA, or is answered in it. */
static void forged_requests_of_any_length_change_nothing(void **state)
{
	struct pair pair;
	uint8_t buffer[256];

	(void)state;
	pair_with_tunnel(&pair);
	for (size_t body = 0; body < 80; body++) {
		struct ike_sa *east = sa_of(&pair.east);
		uint64_t sent = pair.east.gateway->counters.datagrams_out;
		inject(&pair, WEST_ADDRESS, EAST_ADDRESS,
		       forge(east, EXCHANGE_INFORMATIONAL, IKE_FLAG_INITIATOR, east->recv_next,
			     body, buffer));
		assert_int_equal(pair.east.gateway->counters.datagrams_out, sent);
		assert_int_equal(pair.east.ike_down, 0);
	}
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forged_requests_of_any_length_change_nothing),
	};
	struct diag diag;

	if (crypto_open(NULL, false, &diag) != RC_OK)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_close();
	return failed;
}
