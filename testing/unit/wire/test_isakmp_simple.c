/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"

static enum rc parse_nonce(struct arena *arena, struct span body, struct diag *diag)
{
	struct span nonce;
	(void)arena;
	return isakmp_nonce_parse(body, &nonce, diag);
}

static enum rc parse_nat_oa(struct arena *arena, struct span body, struct diag *diag)
{
	struct ip_addr addr;
	(void)arena;
	return isakmp_nat_oa_parse(body, &addr, diag);
}

static void a_nonce_has_8_to_256_bytes(void **state)
{
	uint8_t bytes[257] = { 0 };
	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++)
		assert_int_equal(body_rc(parse_nonce, span_make(bytes, len)),
				 len >= 8 && len <= 256 ? RC_OK : RC_SYNTAX);
}

static void bytes_are_the_whole_body(void **state)
{
	struct wire_test *t = *state;
	isakmp_bytes_emit(&t->writer, ISAKMP_SIG, BYTES(1, 2, 3));
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_SIG);
	assert_span(p->body, BYTES(1, 2, 3));
}

static void certificates_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_cert cert = { CERT_X509_SIGNATURE, BYTES(9, 8) }, back;
	isakmp_cert_emit(&t->writer, ISAKMP_CERT, &cert);
	isakmp_cert_emit(&t->writer, ISAKMP_CR, &cert);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(p->type, ISAKMP_CERT);
	assert_int_equal(p->next->type, ISAKMP_CR);
	assert_ok(wire_cert_parse(p->next->body, &back, &t->diag));
	assert_int_equal(back.encoding, CERT_X509_SIGNATURE);
	assert_span(back.data, BYTES(9, 8));
}

static void nat_oa_holds_one_address(void **state)
{
	static const char *const addrs[] = { "192.0.2.7", "2001:db8::7" };
	struct wire_test *t = *state;
	struct ip_addr want[2], got;
	for (int i = 0; i < 2; i++) {
		assert_ok(ip_parse(addrs[i], &want[i]));
		isakmp_nat_oa_emit(&t->writer, ISAKMP_NAT_OA, &want[i]);
	}
	const struct payload *p = isakmp_sent(t);
	for (int i = 0; i < 2; i++, p = p->next) {
		assert_int_equal(p->type, ISAKMP_NAT_OA);
		assert_ok(isakmp_nat_oa_parse(p->body, &got, &t->diag));
		assert_true(ip_equal(&got, &want[i]));
		check_cuts(parse_nat_oa, p->body, p->body.len);
	}
	assert_int_equal(body_rc(parse_nat_oa, BYTES(ID_FQDN, 0, 0, 0, 1, 2, 3, 4)), RC_SYNTAX);
	assert_int_equal(body_rc(parse_nat_oa, BYTES(ID_IPV6_ADDR, 0, 0, 0, 1, 2, 3, 4)),
			 RC_SYNTAX);
	assert_int_equal(body_rc(parse_nat_oa, BYTES(ID_IPV4_ADDR, 1, 2, 3, 1, 2, 3, 4)), RC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(a_nonce_has_8_to_256_bytes),
		WIRE_TEST(bytes_are_the_whole_body),
		WIRE_TEST(certificates_survive_a_round_trip),
		WIRE_TEST(nat_oa_holds_one_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
