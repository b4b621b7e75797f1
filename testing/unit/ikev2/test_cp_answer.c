/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/cp.h"
#include "unit/ikev2/road.h"

#define POOL_CONN                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightaddresspool=10.9.0.0/30,fd00:9::/48/64\n"                \
	"\tauthby=secret\n\tauto=add\n\tmodecfgdns=10.1.0.53,fd00::53\n"                           \
	"\tmodecfgdomains=corp.example\n\tmodecfgbanner=Hi\n"

struct asking {
	struct road road;
	struct step step;
	struct outcome out;
	struct cp_request in;
	struct diag diag;
};

static const struct wire_cp *says; /* what ask() writes */

static void fill(struct writer *writer)
{
	wire_cp_emit(writer, says);
}

static struct ike_message *reread(struct road *road, void (*write)(struct writer *))
{
	struct outcome_message message = road_inner(road, EXCHANGE_IKE_AUTH, write);
	struct ike_message *read = ARENA_NEW(&road->arena, struct ike_message);

	assert_int_equal(
		wire_inner_parse(&road->arena, message.bytes, message.first_type, read, NULL, NULL),
		RC_OK);
	return read;
}

static void ask(struct asking *a, const struct wire_cp *cp)
{
	memset(a, 0, sizeof(*a));
	road_begin(&a->road, POOL_CONN, NULL);
	says = cp;
	a->step = (struct step){ .env = &a->road.pair.west.gateway->env,
				 .arena = &a->road.arena,
				 .message = reread(&a->road, cp != NULL ? fill : NULL) };
	assert_int_equal(cp_read_request(&a->step, &a->in, &a->diag), RC_OK);
}

static struct peer *peer_of(struct asking *a)
{
	return road_tunnel(&a->road.pair.west)->peer;
}

static enum rc lease(struct asking *a)
{
	return cp_lease(&a->step, peer_of(a), &peer_of(a)->remote_id, &a->in, &a->out);
}

static void finish(struct asking *a)
{
	outcome_release(&a->out);
	road_end(&a->road);
}

/* What the reply says, type by type, in the order of the reply. */
static struct wire_cp reply_to(struct asking *a)
{
	struct sink sink;
	struct writer writer;
	struct outcome_message message = { 0 };
	struct ike_message *read = ARENA_NEW(&a->road.arena, struct ike_message);
	struct wire_cp cp;

	assert_int_equal(inner_start(&a->road.arena, &sink, &writer), RC_OK);
	assert_int_equal(cp_emit_reply(&a->step, peer_of(a), &a->in, &a->out, &writer), RC_OK);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	assert_int_equal(wire_inner_parse(&a->road.arena, message.bytes, message.first_type, read,
					  NULL, NULL),
			 RC_OK);
	assert_int_equal(
		wire_cp_parse(&a->road.arena, payload_of(read, PAYLOAD_CP)->body, &cp, NULL),
		RC_OK);
	assert_int_equal(cp.type, CP_CFG_REPLY);
	return cp;
}

static void assert_value(const struct wire_cp *cp, unsigned index, uint16_t type, const void *value,
			 size_t len)
{
	assert_true(index < cp->count);
	assert_int_equal(cp->attributes[index].type, type);
	assert_int_equal(cp->attributes[index].value.len, len);
	assert_memory_equal(cp->attributes[index].value.ptr, value, len);
}

/* RFC 7296 §3.15.1, §3.15.2, RFC 8598 §4 */
static void the_reply_has_what_was_asked_for(void **state)
{
	static struct wire_cp_attribute all[] = {
		{ .type = INTERNAL_IP4_ADDRESS }, { .type = INTERNAL_IP4_NETMASK },
		{ .type = INTERNAL_IP6_ADDRESS }, { .type = INTERNAL_IP4_DNS },
		{ .type = INTERNAL_IP6_DNS },	  { .type = INTERNAL_DNS_DOMAIN },
		{ .type = CP_UNITY_BANNER },	  { .type = INTERNAL_IP4_SUBNET },
		{ .type = SUPPORTED_ATTRIBUTES }, { .type = 0x7ffe },
	};
	static const uint8_t ip6[17] = { 0xfd, 0, 0, 9, [15] = 1, 64 };
	static const uint8_t dns6[16] = { 0xfd, 0, [15] = 0x53 };
	struct wire_cp cp = { CP_CFG_REQUEST, all, sizeof(all) / sizeof(all[0]) };
	struct wire_cp reply;
	struct asking a;

	(void)state;
	ask(&a, &cp);
	assert_int_equal(lease(&a), RC_OK);
	reply = reply_to(&a);
	assert_int_equal(reply.count, 9);
	assert_value(&reply, 0, INTERNAL_IP4_ADDRESS, "\x0a\x09\0\x01", 4);
	assert_value(&reply, 1, INTERNAL_IP4_NETMASK, "\xff\xff\xff\xff", 4);
	assert_value(&reply, 2, INTERNAL_IP6_ADDRESS, ip6, 17);
	assert_value(&reply, 3, INTERNAL_IP4_DNS, "\x0a\x01\0\x35", 4);
	assert_value(&reply, 4, INTERNAL_IP6_DNS, dns6, 16);
	assert_value(&reply, 5, INTERNAL_IP4_SUBNET, "\x0a\x01\0\0\xff\xff\xff\0", 8);
	assert_value(&reply, 6, INTERNAL_DNS_DOMAIN, "corp.example", 12);
	assert_value(&reply, 7, CP_UNITY_BANNER, "Hi", 2);
	assert_int_equal(reply.attributes[8].type, SUPPORTED_ATTRIBUTES);
	assert_int_equal(reply.attributes[8].value.len, 20);
	finish(&a);
}

static void the_reply_has_nothing_else(void **state)
{
	static struct wire_cp_attribute one[] = { { .type = INTERNAL_IP4_ADDRESS } };
	struct wire_cp cp = { CP_CFG_REQUEST, one, 1 };
	struct asking a;

	(void)state;
	ask(&a, &cp);
	assert_int_equal(lease(&a), RC_OK);
	assert_null(a.out.leases[1]);
	assert_int_equal(reply_to(&a).count, 1);
	finish(&a);
}

static void a_lease_goes_back_with_the_event(void **state)
{
	static struct wire_cp_attribute one[] = { { .type = INTERNAL_IP4_ADDRESS } };
	struct wire_cp cp = { CP_CFG_REQUEST, one, 1 };
	struct selectors leased;
	char text[SELECTORS_TEXT_MAX];
	struct asking a;

	(void)state;
	ask(&a, &cp);
	for (unsigned i = 0; i < 5; i++) { /* the pool has two */
		assert_int_equal(lease(&a), RC_OK);
		assert_int_equal(
			client_leased(road_tunnel(&a.road.pair.west), &a.out, &leased, &a.out.diag),
			RC_OK);
		assert_string_equal(selectors_text(&leased, text), "10.1.0.0/24 === 10.9.0.1/32");
		selectors_drop(&leased);
		outcome_release(&a.out);
	}
	assert_null(peer_of(&a)->addresses);
	finish(&a);
}

static void who_asks_for_no_address_is_told_so(void **state)
{
	static struct wire_cp_attribute dns[] = { { .type = INTERNAL_IP4_DNS } };
	struct wire_cp cp = { CP_CFG_REQUEST, dns, 1 }, set = { CP_CFG_SET, dns, 1 };
	struct asking a;

	(void)state;
	ask(&a, &cp);
	assert_int_equal(lease(&a), RC_CP_REQUIRED);
	finish(&a);
	ask(&a, NULL);
	assert_int_equal(lease(&a), RC_CP_REQUIRED);
	finish(&a);
	ask(&a, &set);
	assert_false(a.in.present);
	finish(&a);
}

/* §3.15.1: 0.0.0.0 is no wish; another one is */
static void the_first_address_of_a_kind_is_a_wish(void **state)
{
	static struct wire_cp_attribute some[] = {
		{ INTERNAL_IP4_ADDRESS, { (const uint8_t *)"\0\0\0\0", 4 } },
		{ INTERNAL_IP4_ADDRESS, { (const uint8_t *)"\x0a\x09\0\x02", 4 } },
		{ INTERNAL_IP4_ADDRESS, { (const uint8_t *)"\x0a\x09\0\x01", 4 } },
	};
	struct wire_cp cp = { CP_CFG_REQUEST, some, 3 };
	struct wire_cp reply;
	struct asking a;

	(void)state;
	ask(&a, &cp);
	assert_int_equal(lease(&a), RC_OK);
	reply = reply_to(&a);
	assert_value(&reply, 0, INTERNAL_IP4_ADDRESS, "\x0a\x09\0\x02", 4);
	finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reply_has_what_was_asked_for),
		cmocka_unit_test(the_reply_has_nothing_else),
		cmocka_unit_test(a_lease_goes_back_with_the_event),
		cmocka_unit_test(who_asks_for_no_address_is_told_so),
		cmocka_unit_test(the_first_address_of_a_kind_is_a_wish),
	};

	return exchange_run(tests);
}
