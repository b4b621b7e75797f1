/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

#define TRANSPORT                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tauthby=secret\n\ttype=transport\n\tauto=add\n\tkeyexchange=ikev1\n"

static bool offers(uint16_t type, bool basic, uint16_t value)
{
	struct isakmp_attribute attributes[] = { { .type = 5, .basic = true, .value = 2 },
						 { .type = type, .basic = basic, .value = value } };
	struct isakmp_transform transform = { .attributes = attributes, .attribute_count = 2 };
	struct isakmp_proposal proposals[] = {
		{ .protocol = PROTOCOL_AH },
		{ .protocol = PROTOCOL_ESP, .transforms = &transform, .transform_count = 1 },
	};
	const struct isakmp_sa sa = { .proposals = proposals, .proposal_count = 2 };

	return v1_offers_transport(&sa);
}

static void transport_mode_has_three_numbers(void **state)
{
	(void)state;
	assert_true(offers(IPSEC_ENCAPSULATION_MODE, true, ENCAPSULATION_TRANSPORT));
	assert_true(offers(IPSEC_ENCAPSULATION_MODE, true, ENCAPSULATION_UDP_TRANSPORT));
	assert_true(offers(IPSEC_ENCAPSULATION_MODE, true, ENCAPSULATION_UDP_TRANSPORT_DRAFT));
	assert_false(offers(IPSEC_ENCAPSULATION_MODE, true, ENCAPSULATION_UDP_TUNNEL));
	assert_false(offers(IPSEC_ENCAPSULATION_MODE, false, ENCAPSULATION_TRANSPORT));
	assert_false(offers(6, true, ENCAPSULATION_TRANSPORT));
}

struct scene {
	struct ike_sa sa;
	struct wire_ts i, r;
	struct wire_ts_list tsi, tsr;
};

static struct wire_ts ts_of(const char *text)
{
	struct wire_ts ts = { .port_to = UINT16_MAX };

	assert_int_equal(range_parse(text, &ts.range, NULL), RC_OK);
	return ts;
}

static void see(struct scene *scene, bool ours, const char *i, const char *r)
{
	scene->i = ts_of(i);
	scene->r = ts_of(r);
	scene->tsi = (struct wire_ts_list){ &scene->i, 1 };
	scene->tsr = (struct wire_ts_list){ &scene->r, 1 };
	assert_int_equal(ip_parse("192.0.2.2", &scene->sa.local.addr), RC_OK);
	assert_int_equal(ip_parse("198.51.100.1", &scene->sa.remote.addr), RC_OK);
	v1_see_through_nat(&scene->sa, ours, &scene->tsi, &scene->tsr);
}

static void assert_sees(const struct scene *scene, const char *i, const char *r)
{
	char text[IP_RANGE_TEXT_MAX];

	assert_string_equal(range_text(&scene->i.range, text), i);
	assert_string_equal(range_text(&scene->r.range, text), r);
}

static void who_is_behind_a_nat_is_known_by_the_address_seen(void **state)
{
	struct scene scene = { .sa.nat_there = true };

	(void)state;
	see(&scene, false, "10.0.0.9", "192.0.2.2");
	assert_sees(&scene, "198.51.100.1/32", "192.0.2.2/32");
	see(&scene, true, "192.0.2.2", "10.0.0.9"); /* an answer */
	assert_sees(&scene, "192.0.2.2/32", "198.51.100.1/32");
	scene.sa = (struct ike_sa){ .nat_here = true };
	see(&scene, false, "198.51.100.1", "203.0.113.5");
	assert_sees(&scene, "198.51.100.1/32", "192.0.2.2/32");
	see(&scene, true, "203.0.113.5", "198.51.100.1");
	assert_sees(&scene, "192.0.2.2/32", "198.51.100.1/32");
}

static void without_a_nat_or_one_address_nothing_is_replaced(void **state)
{
	struct scene scene = { .sa.nat_there = false };

	(void)state;
	see(&scene, false, "10.0.0.9", "203.0.113.5");
	assert_sees(&scene, "10.0.0.9/32", "203.0.113.5/32");
	scene.sa.nat_there = scene.sa.nat_here = true;
	see(&scene, false, "10.0.0.0/24", "2001:db8::1"); /* a subnet; the other family */
	assert_sees(&scene, "10.0.0.0/24", "2001:db8::1/128");
}

/* What west writes: how many NAT-OA, and the first one's address. */
static unsigned says(struct v1_road *road, bool initiator, struct span *number, uint8_t *last)
{
	struct ike_message message = { .header.next = ISAKMP_NAT_OA };
	struct ip_addr addr = { .family = AF_UNSPEC };
	struct sink sink;
	struct writer writer;

	assert_int_equal(v1_inner_begin(&road->arena, &sink, &writer), RC_OK);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, SPAN_OF("something before"));
	v1_nat_oa_emit(v1_sa(&road->pair.west), v1_tunnel(&road->pair.west), initiator, &writer);
	*number = sink_written(&sink);
	message.header.next = ISAKMP_NONCE;
	assert_int_equal(isakmp_inner_parse(&road->arena, *number, &message, NULL), RC_OK);
	if (isakmp_payload_find(&message, ISAKMP_NAT_OA) != NULL) {
		assert_int_equal(
			isakmp_nat_oa_parse(isakmp_payload_find(&message, ISAKMP_NAT_OA)->body,
					    &addr, NULL),
			RC_OK);
		*last = addr.bytes[3];
	}
	return isakmp_payload_count(&message, ISAKMP_NAT_OA);
}

static void original_addresses_go_with_transport_mode_in_udp(void **state)
{
	struct v1_road road;
	struct span bytes;
	uint8_t last = 0;

	(void)state;
	v1_road_begin(&road, TRANSPORT, TRANSPORT);
	v1_road_try(&road, 3 * USEC_PER_SEC);
	struct ike_sa *sa = v1_sa(&road.pair.west);
	assert_int_equal(says(&road, true, &bytes, &last), 0);
	sa->encap = true;
	assert_int_equal(says(&road, true, &bytes, &last), 2);
	assert_int_equal(last, 1);		       /* NAT-OAi: its own */
	assert_int_equal(bytes.ptr[0], ISAKMP_NAT_OA); /* what follows the nonce */
	assert_int_equal(says(&road, false, &bytes, &last), 2);
	assert_int_equal(last, 2);
	sa->v1->withheld = VENDOR_NATT_RFC3947;
	assert_int_equal(says(&road, true, &bytes, &last), 2);
	assert_int_equal(bytes.ptr[0], ISAKMP_NAT_OA_DRAFT);
	sa->encap = false;
	v1_road_end(&road);
	v1_road_up(&road, NULL, NULL);
	v1_sa(&road.pair.west)->encap = true; /* a tunnel needs none */
	assert_int_equal(says(&road, true, &bytes, &last), 0);
	v1_sa(&road.pair.west)->encap = false;
	v1_road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transport_mode_has_three_numbers),
		cmocka_unit_test(who_is_behind_a_nat_is_known_by_the_address_seen),
		cmocka_unit_test(without_a_nat_or_one_address_nothing_is_replaced),
		cmocka_unit_test(original_addresses_go_with_transport_mode_in_udp),
	};

	return exchange_run(tests);
}
