/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "exchange/authority.h"
#include "ikev1/private.h"

#define CONF                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n\tauthby=ecdsa\n"       \
	"\tauto=add\n"

/* What v1_certs_request() writes when so many CAs are trusted. */
static unsigned requests(uint16_t auth, unsigned cas, bool *named)
{
	struct authority authorities[10];
	struct x509_ca list[10];
	struct x509_trust *trust;
	struct ike_header header = { .spi_i = 1,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_MAIN };
	struct ike_message message;
	struct arena arena;
	struct sink sink;
	struct writer writer;
	struct step step;
	struct pair pair;
	uint8_t buffer[4000];
	char name[40];
	unsigned count;

	pair_start(&pair, 1, CONF, CONF, NULL, NULL);
	for (unsigned i = 0; i < cas; i++) {
		(void)snprintf(name, sizeof(name), "CN=CA %u", i);
		authority_new(&authorities[i], NULL, name, 0);
		list[i] = (struct x509_ca){ authorities[i].certificate, (char *)"ca", i != 1 };
	}
	assert_int_equal(x509_trust_of(list, cas, &trust), RC_OK);
	keyring_trust_set(pair.west.gateway->keyring, trust);
	x509_trust_unref(trust);
	step = (struct step){ .env = &pair.west.gateway->env };
	arena_init(&arena, 1u << 20);
	sink_init(&sink, buffer, sizeof(buffer));
	writer_message(&writer, &sink, &header);
	isakmp_bytes_emit(&writer, ISAKMP_NONCE, span_make("0123456789", 10));
	assert_int_equal(v1_certs_request(&step, auth, &writer), RC_OK);
	assert_int_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(isakmp_message_parse(&arena, sink_written(&sink), &message, NULL), RC_OK);
	count = isakmp_payload_count(&message, ISAKMP_CR);
	assert_int_equal(v1_certs_asked(&message), count > 0);
	*named = count > 0 && v1_payload(&message, ISAKMP_CR)->body.len > 1;
	arena_free(&arena);
	pair_end(&pair);
	for (unsigned i = 0; i < cas; i++)
		authority_free(&authorities[i]);
	return count;
}

static void each_trusted_ca_is_asked_for_by_its_name(void **state)
{
	bool named;

	(void)state;
	assert_int_equal(requests(OAKLEY_RSA_SIG, 3, &named), 2); /* one of them is not trusted */
	assert_true(named);
	assert_int_equal(requests(OAKLEY_PRESHARED_KEY, 3, &named), 0);
}

static void of_too_many_or_none_any_is_asked_for(void **state)
{
	bool named;

	(void)state;
	assert_int_equal(requests(OAKLEY_ECDSA_256, 10, &named), 1);
	assert_false(named);
	assert_int_equal(requests(OAKLEY_ECDSA_256, 0, &named), 1);
	assert_false(named);
}

/* A raw key has none. */
static void only_a_certified_key_has_a_certificate_to_send(void **state)
{
	struct config_end end = { .sendcert = SENDCERT_ALWAYS };
	struct prove prove = { .method = AUTH_RSA };
	uint8_t buffer[100];
	struct writer writer;
	struct sink sink;

	(void)state;
	sink_init(&sink, buffer, sizeof(buffer));
	writer_inner(&writer, &sink);
	v1_certs_emit(&end, &prove, true, &writer);
	assert_int_equal(sink.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trusted_ca_is_asked_for_by_its_name),
		cmocka_unit_test(of_too_many_or_none_any_is_asked_for),
		cmocka_unit_test(only_a_certified_key_has_a_certificate_to_send),
	};

	return exchange_run(tests);
}
