/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/wire_test.h"

static enum rc parse(struct arena *arena, struct span body, struct diag *diag)
{
	struct wire_cert cert;
	(void)arena;
	return wire_cert_parse(body, &cert, diag);
}

static void cert_and_certreq_survive_a_round_trip(void **state)
{
	struct wire_test *t = *state;
	struct wire_cert cert = { CERT_X509_SIGNATURE, BYTES(0x30, 1, 0) }, back;
	wire_cert_emit(&t->writer, PAYLOAD_CERT, &cert);
	wire_cert_emit(&t->writer, PAYLOAD_CERTREQ, &cert);
	const struct payload *p = sent_plain(t);
	assert_int_equal(p->type, PAYLOAD_CERT);
	assert_span(p->body, BYTES(4, 0x30, 1, 0));
	assert_int_equal(p->next->type, PAYLOAD_CERTREQ);
	assert_int_equal(wire_cert_parse(p->next->body, &back, &t->diag), RC_OK);
	assert_int_equal(back.encoding, CERT_X509_SIGNATURE);
	assert_span(back.data, cert.data);
}

static void only_the_encoding_is_required(void **state)
{
	(void)state;
	check_cuts(parse, BYTES(4, 1, 2, 3), 1);
	check_flips(parse, BYTES(4, 1, 2, 3));
	assert_int_equal(body_rc(parse, SPAN_NONE), RC_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(cert_and_certreq_survive_a_round_trip),
		WIRE_TEST(only_the_encoding_is_required),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
