/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/road.h"

#define NONCE_BYTE 0x42

/* A request of these payloads; bodies are only as right as a glance can tell. */
static struct span request_of(const uint8_t *types, size_t count, uint8_t buffer[1024])
{
	struct ike_header header = { .spi_i = 1,
				     .version = IKE_VERSION_2,
				     .exchange = EXCHANGE_IKE_SA_INIT,
				     .flags = IKE_FLAG_INITIATOR };
	struct wire_notify cookie = { .type = COOKIE, .data = SPAN_OF("a cookie") };
	struct wire_notify other = { .type = NAT_DETECTION_SOURCE_IP, .data = SPAN_OF("x") };
	uint8_t nonce[32];
	struct writer writer;
	struct sink sink;

	memset(nonce, NONCE_BYTE, sizeof(nonce));
	sink_init(&sink, buffer, 1024);
	writer_message(&writer, &sink, &header);
	for (size_t i = 0; i < count; i++) {
		if (types[i] == PAYLOAD_NONCE) {
			wire_nonce_emit(&writer, SPAN_OF(nonce));
		} else if (types[i] == PAYLOAD_NOTIFY) {
			wire_notify_emit(&writer, &cookie);
		} else if (types[i] == PAYLOAD_VENDOR) {
			wire_notify_emit(&writer, &other);
		} else {
			writer_payload_begin(&writer, (enum payload_type)types[i], false);
			sink_bytes(&sink, nonce, sizeof(nonce));
			writer_payload_end(&writer);
		}
	}
	assert_int_equal(writer_message_end(&writer), RC_OK);
	return sink_written(&sink);
}

static enum rc glance(struct span bytes, struct init_glance *out)
{
	struct ike_header header;
	struct diag diag;

	if (wire_header_parse(bytes, &header, &diag) != RC_OK)
		return RC_TRUNCATED;
	return ikev2_init_glance(bytes, &header, out, &diag);
}

static enum rc glance_at(const uint8_t *types, size_t count, struct init_glance *out)
{
	uint8_t buffer[1024];

	return glance(request_of(types, count, buffer), out);
}

static void nonce_and_cookie_are_found_without_memory(void **state)
{
	static const uint8_t types[] = { PAYLOAD_NOTIFY, PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE,
					 PAYLOAD_VENDOR };
	struct init_glance out;
	uint8_t buffer[1024];
	struct span bytes = request_of(types, sizeof(types), buffer);

	(void)state;
	mem_fail_nth(1);
	assert_int_equal(glance(bytes, &out), RC_OK);
	mem_fail_nth(0);
	assert_int_equal(out.ni.len, 32);
	assert_int_equal(out.ni.ptr[31], NONCE_BYTE);
	assert_true(span_equal(out.cookie, SPAN_OF("a cookie")));
	assert_int_equal(glance_at(types + 1, sizeof(types) - 1, &out), RC_OK);
	assert_null(out.cookie.ptr);
}

static void request_without_its_payloads_is_no_request(void **state)
{
	static const uint8_t no_sa[] = { PAYLOAD_KE, PAYLOAD_NONCE },
			     no_ke[] = { PAYLOAD_SA, PAYLOAD_NONCE },
			     no_nonce[] = { PAYLOAD_SA, PAYLOAD_KE },
			     two_sa[] = { PAYLOAD_SA, PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE },
			     two_ke[] = { PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_KE, PAYLOAD_NONCE },
			     two_nonces[] = { PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE,
					      PAYLOAD_NONCE };
	struct init_glance out;

	(void)state;
	assert_int_equal(glance_at(no_sa, sizeof(no_sa), &out), RC_SYNTAX);
	assert_int_equal(glance_at(no_ke, sizeof(no_ke), &out), RC_SYNTAX);
	assert_int_equal(glance_at(no_nonce, sizeof(no_nonce), &out), RC_SYNTAX);
	assert_int_equal(glance_at(two_sa, sizeof(two_sa), &out), RC_SYNTAX);
	assert_int_equal(glance_at(two_ke, sizeof(two_ke), &out), RC_SYNTAX);
	assert_int_equal(glance_at(two_nonces, sizeof(two_nonces), &out), RC_SYNTAX);
	assert_int_equal(glance_at(no_sa, 0, &out), RC_SYNTAX);
}

static void chain_of_payloads_must_fit_exactly(void **state)
{
	static const uint8_t types[] = { PAYLOAD_SA, PAYLOAD_KE, PAYLOAD_NONCE };
	uint8_t buffer[1024];
	struct init_glance out;
	struct span bytes = request_of(types, sizeof(types), buffer);

	(void)state;
	for (size_t len = IKE_HEADER_LEN; len < bytes.len; len++) {
		buffer[26] = (uint8_t)(len >> 8);
		buffer[27] = (uint8_t)len;
		assert_int_not_equal(glance(span_make(buffer, len), &out), RC_OK);
	}
	memset(buffer + bytes.len, 0, 1);
	buffer[26] = (uint8_t)((bytes.len + 1) >> 8);
	buffer[27] = (uint8_t)(bytes.len + 1);
	assert_int_equal(glance(span_make(buffer, bytes.len + 1), &out), RC_TRAILING);
	bytes = request_of(types, sizeof(types), buffer);
	buffer[IKE_HEADER_LEN + 3] = 3; /* shorter than its own header */
	assert_int_equal(glance(bytes, &out), RC_TRUNCATED);
}

static void payloads_are_counted(void **state)
{
	uint8_t buffer[1024];
	struct init_glance out;
	struct ike_header header = { .next = PAYLOAD_VENDOR };
	struct diag diag;

	(void)state;
	memset(buffer, 0, sizeof(buffer));
	for (size_t at = IKE_HEADER_LEN; at + 4 <= sizeof(buffer); at += 4) {
		buffer[at] = PAYLOAD_VENDOR;
		buffer[at + 3] = 4;
	}
	assert_int_equal(ikev2_init_glance(SPAN_OF(buffer), &header, &out, &diag), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nonce_and_cookie_are_found_without_memory),
		cmocka_unit_test(request_without_its_payloads_is_no_request),
		cmocka_unit_test(chain_of_payloads_must_fit_exactly),
		cmocka_unit_test(payloads_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
