/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

static const uint8_t id_body[] = { ID_FQDN, 0, 0, 0, 'w', 'e', 's', 't' };
static const uint8_t value[32] = { 7 };

struct theirs_of {
	struct arena arena;
	struct ike_message message;
	struct step step;
	struct v1_theirs theirs;
	struct diag diag;
};

/* A message with an ID and these payloads behind it. */
static enum rc reads(struct theirs_of *t, uint16_t auth, const enum isakmp_payload_type *types,
		     unsigned count)
{
	struct ike_header header = { .spi_i = 1,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_MAIN };
	static uint8_t buffer[1000];
	struct writer writer;
	struct sink sink;

	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, 1u << 20);
	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	isakmp_bytes_emit(&writer, ISAKMP_ID, SPAN_OF(id_body));
	for (unsigned i = 0; i < count; i++)
		isakmp_bytes_emit(&writer, types[i], SPAN_OF(value));
	assert_int_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(isakmp_message_parse(&t->arena, sink_written(&sink), &t->message, NULL),
			 RC_OK);
	t->step = (struct step){ .arena = &t->arena, .message = &t->message };
	return v1_theirs_read(&t->step, auth, false, SPAN_OF(id_body), &t->theirs, &t->diag);
}

static enum rc rc_of(uint16_t auth, const enum isakmp_payload_type *types, unsigned count)
{
	struct theirs_of t;
	enum rc rc = reads(&t, auth, types, count);

	if (rc == RC_OK) {
		assert_int_equal(t.theirs.identity.type, ID_FQDN);
		assert_int_equal(t.theirs.identity.len, 4);
	}
	arena_free(&t.arena);
	return rc;
}

static void the_method_says_which_proof_is_expected(void **state)
{
	static const enum isakmp_payload_type hash[] = { ISAKMP_HASH }, sig[] = { ISAKMP_SIG },
					      both[] = { ISAKMP_HASH, ISAKMP_SIG };

	(void)state;
	assert_int_equal(rc_of(OAKLEY_PRESHARED_KEY, hash, 1), RC_OK);
	assert_int_equal(rc_of(OAKLEY_PRESHARED_KEY, sig, 1), RC_DROP);
	assert_int_equal(rc_of(OAKLEY_PRESHARED_KEY, both, 2), RC_DROP);
	assert_int_equal(rc_of(OAKLEY_PRESHARED_KEY, both, 0), RC_DROP);
	assert_int_equal(rc_of(OAKLEY_RSA_SIG, sig, 1), RC_OK);
	assert_int_equal(rc_of(OAKLEY_RSA_SIG, hash, 1), RC_DROP);
	assert_int_equal(rc_of(OAKLEY_ECDSA_256, both, 2), RC_DROP);
	assert_int_equal(rc_of(OAKLEY_ECDSA_521, both, 0), RC_DROP);
}

/* A signature is no HASH: nothing is said of it before it is verified. */
static void with_signatures_the_hash_waits_for_the_verification(void **state)
{
	static const enum isakmp_payload_type sig[] = { ISAKMP_SIG };
	struct theirs_of t;
	struct outcome out = { .diag = { "" } };

	(void)state;
	assert_int_equal(reads(&t, OAKLEY_RSA_SIG, sig, 1), RC_OK);
	assert_int_equal(v1_theirs_hash(&t.step, OAKLEY_RSA_SIG, true, &t.theirs, &out), RC_OK);
	assert_false(out.heard);
	assert_false(out.established);
	arena_free(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_method_says_which_proof_is_expected),
		cmocka_unit_test(with_signatures_the_hash_waits_for_the_verification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
