/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/cp.h"
#include "sa/extra.h"
#include "unit/ikev2/road.h"

#define CLIENT_CONN                                                                                \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\trightsubnet=10.2.0.0/24\n\tleftsourceip=%config\n\tauthby=secret\n\tauto=add\n"

/* Another gateway, which any address of this host may talk to. */
#define OTHER_CONN                                                                                 \
	"conn other\n\tleft=%any\n\tright=10.9.0.66\n\tleftid=@west\n\trightid=@other\n"           \
	"\tauthby=secret\n\tauto=add\n"

struct answer {
	struct road road;
	struct ike_sa sa;
	struct step step;
	struct outcome out;
};

static const struct wire_cp *says; /* what fill() writes; NULL: nothing */

static void fill(struct writer *writer)
{
	if (says != NULL)
		wire_cp_emit(writer, says);
}

static struct ike_message *reread(struct road *road, const struct outcome_message *message)
{
	struct ike_message *read = ARENA_NEW(&road->arena, struct ike_message);

	assert_int_equal(wire_inner_parse(&road->arena, message->bytes, message->first_type, read,
					  NULL, NULL),
			 RC_OK);
	return read;
}

static enum rc answered(struct answer *a, const struct wire_cp *cp)
{
	struct outcome_message message;

	memset(a, 0, sizeof(*a));
	road_begin(&a->road, CLIENT_CONN OTHER_CONN, NULL);
	says = cp;
	message = road_inner(&a->road, EXCHANGE_IKE_AUTH, fill);
	assert_int_equal(ip_parse("192.0.2.1", &a->sa.local.addr), RC_OK);
	assert_int_equal(ip_parse("192.0.2.2", &a->sa.remote.addr), RC_OK);
	a->step = (struct step){ .sa = &a->sa,
				 .env = &a->road.pair.west.gateway->env,
				 .arena = &a->road.arena,
				 .message = reread(&a->road, &message) };
	return cp_read_reply(&a->step, road_tunnel(&a->road.pair.west), &a->out);
}

#define VALUE(text)                                                                                \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

static void names_that_are_none_and_control_characters_do_not_come_in(void **state)
{
	static struct wire_cp_attribute some[] = {
		{ INTERNAL_IP4_ADDRESS, VALUE("\x0a\x09\0\x05") },
		{ INTERNAL_DNS_DOMAIN, VALUE("good.example") },
		{ INTERNAL_DNS_DOMAIN, VALUE("evil\nnameserver 6.6.6.6") },
		{ INTERNAL_DNS_DOMAIN, VALUE("nul\0here") },
		{ INTERNAL_DNS_DOMAIN, VALUE("-option") },
		{ INTERNAL_DNS_DOMAIN, VALUE("$(reboot)") },
		{ INTERNAL_DNS_DOMAIN, VALUE(".") },
		{ INTERNAL_DNS_DOMAIN, VALUE("a..b") },
		{ INTERNAL_DNS_DOMAIN, VALUE(".a") },
		{ INTERNAL_DNS_DOMAIN,
		  VALUE("a.0123456789012345678901234567890123456789012345678901234567890123") },
		{ INTERNAL_DNS_DOMAIN, VALUE("other.example") },
		{ CP_UNITY_BANNER, VALUE("Hello\x1b[2J") },
	};
	struct wire_cp cp = { CP_CFG_REPLY, some, sizeof(some) / sizeof(some[0]) };
	struct answer a;

	(void)state;
	assert_int_equal(answered(&a, &cp), RC_OK);
	assert_string_equal(a.out.config->domains, "good.example other.example");
	assert_null(strchr(a.out.config->banner, '\x1b'));
	assert_int_equal(a.out.config->addresses[0].bytes[3], 5);
	road_end(&a.road);
}

static void more_than_there_is_room_for_is_left_out(void **state)
{
	static struct wire_cp_attribute many[LIMIT_CP_ATTRIBUTES];
	struct wire_cp cp = { CP_CFG_REPLY, many, LIMIT_CP_ATTRIBUTES };
	struct answer a;

	(void)state;
	for (unsigned i = 0; i < LIMIT_CP_ATTRIBUTES; i++)
		many[i] = i % 2 == 0 ? (struct wire_cp_attribute){ INTERNAL_IP4_DNS,
								   VALUE("\x01\x02\x03\x04") }
				     : (struct wire_cp_attribute){ INTERNAL_DNS_DOMAIN,
								   VALUE("a-rather-long-name."
									 "and-more-of-it."
									 "example") };
	many[0] = (struct wire_cp_attribute){ INTERNAL_IP4_ADDRESS, VALUE("\x0a\x09\0\x05") };
	assert_int_equal(answered(&a, &cp), RC_OK);
	assert_true(a.out.config->dns_count <= IKE_CONFIG_DNS_MAX);
	assert_true(strlen(a.out.config->domains) < IKE_CONFIG_TEXT_MAX);
	road_end(&a.road);
}

static void without_an_address_of_the_tunnels_version_there_is_none(void **state)
{
	static struct wire_cp_attribute none[] = { { INTERNAL_IP4_ADDRESS, VALUE("\0\0\0\0") },
						   { INTERNAL_IP4_DNS, VALUE("\x0a\x02\0\x35") } };
	struct wire_cp cp = { CP_CFG_REPLY, none, 2 };
	struct answer a;

	(void)state;
	assert_int_equal(answered(&a, &cp), RC_NO_ADDRESS);
	assert_null(a.out.config);
	road_end(&a.road);
	assert_int_equal(answered(&a, NULL), RC_NO_ADDRESS);
	road_end(&a.road);
}

/* With such an address on this host something else of it would be gone. */
static void addresses_that_are_not_the_peers_to_give_are_not_taken(void **state)
{
	static const char bad[][5] = { "\x7f\0\0\x01",	 "\xe0\0\0\x05",     "\xff\xff\xff\xff",
				       "\0\x01\x02\x03", "\xa9\xfe\x01\x01", "\xc0\0\x02\x01",
				       "\xc0\0\x02\x02" };
	static struct wire_cp_attribute some[] = { { INTERNAL_IP4_ADDRESS,
						     VALUE("\x0a\x09\0\x05") },
						   { INTERNAL_IP4_DNS, VALUE("\x7f\0\0\x01") } };
	struct wire_cp cp = { CP_CFG_REPLY, some, 2 };
	struct answer a;

	(void)state;
	assert_int_equal(answered(&a, &cp), RC_OK);
	assert_int_equal(a.out.config->dns_count, 0);
	road_end(&a.road);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		some[0].value = span_make((const uint8_t *)bad[i], 4);
		assert_int_equal(answered(&a, &cp), RC_NO_ADDRESS);
		assert_null(a.out.config);
		road_end(&a.road);
	}
}

static void an_address_outside_of_what_the_peer_lets_in_is_refused(void **state)
{
	static struct wire_cp_attribute one[] = { { INTERNAL_IP4_ADDRESS,
						    VALUE("\x0a\x09\0\x05") } };
	struct wire_cp cp = { CP_CFG_REPLY, one, 1 };
	char text[SELECTORS_TEXT_MAX];
	struct child_sa child = { 0 };
	struct diag diag;
	struct answer a;

	(void)state;
	assert_int_equal(answered(&a, &cp), RC_OK);
	child.tunnel = road_tunnel(&a.road.pair.west);
	assert_int_equal(cp_asking(child.tunnel, &child.selectors, &diag), RC_OK);
	assert_string_equal(selectors_text(&child.selectors, text), "0.0.0.0/0 === 10.2.0.0/24");
	assert_int_equal(cp_take(&a.out, &child, &diag), RC_OK);
	assert_string_equal(selectors_text(&child.selectors, text), "10.9.0.5/32 === 10.2.0.0/24");
	assert_int_equal(range_parse("10.9.0.6", &child.selectors.first.local.range, NULL), RC_OK);
	assert_int_equal(cp_take(&a.out, &child, &diag), RC_TS_UNACCEPTABLE);
	road_end(&a.road);
}

/* The address that we had is asked for again (§3.15.1). */
static void the_request_names_what_we_had(void **state)
{
	struct road road;
	struct ip_range had[2] = { { .from = { 0 } } };
	struct outcome_message message = { 0 };
	struct ike_message *read;
	struct wire_cp cp;
	struct sink sink;
	struct writer writer;

	(void)state;
	road_begin(&road, CLIENT_CONN, NULL);
	struct step step = { .arena = &road.arena };
	struct peer *peer = road_tunnel(&road.pair.west)->peer;
	assert_int_equal(range_parse("10.9.0.5", &had[0], NULL), RC_OK);
	assert_int_equal(peer_take_ranges(peer, had), RC_OK);
	assert_int_equal(inner_start(&road.arena, &sink, &writer), RC_OK);
	assert_int_equal(cp_emit_request(&step, peer, &writer), RC_OK);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	read = reread(&road, &message);
	assert_int_equal(wire_cp_parse(&road.arena, payload_of(read, PAYLOAD_CP)->body, &cp, NULL),
			 RC_OK);
	assert_int_equal(cp.type, CP_CFG_REQUEST);
	assert_int_equal(cp.count, 6);
	assert_int_equal(cp.attributes[0].type, INTERNAL_IP4_ADDRESS);
	assert_memory_equal(cp.attributes[0].value.ptr, "\x0a\x09\0\x05", 4);
	assert_int_equal(cp.attributes[2].type, INTERNAL_IP6_ADDRESS);
	assert_int_equal(cp.attributes[2].value.len, 0);
	road_end(&road);
}

static void the_address_of_another_gateway_is_not_taken(void **state)
{
	static struct wire_cp_attribute some[] = { { INTERNAL_IP4_ADDRESS,
						     VALUE("\x0a\x09\0\x42") } };
	struct wire_cp cp = { CP_CFG_REPLY, some, 1 };
	struct answer a;

	(void)state;
	assert_int_equal(answered(&a, &cp), RC_NO_ADDRESS);
	assert_string_equal(a.out.diag.text,
			    "the peer gives us 10.9.0.66, which is the address of the peer of conn "
			    "other: its pool must not have it");
	assert_null(a.out.config);
	road_end(&a.road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_none_and_control_characters_do_not_come_in),
		cmocka_unit_test(more_than_there_is_room_for_is_left_out),
		cmocka_unit_test(without_an_address_of_the_tunnels_version_there_is_none),
		cmocka_unit_test(addresses_that_are_not_the_peers_to_give_are_not_taken),
		cmocka_unit_test(the_address_of_another_gateway_is_not_taken),
		cmocka_unit_test(an_address_outside_of_what_the_peer_lets_in_is_refused),
		cmocka_unit_test(the_request_names_what_we_had),
	};

	return exchange_run(tests);
}
