/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/authority.h"
#include "ikev2/certs.h"
#include "unit/ikev2/road.h"

#define CERTS                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n\tauthby=ecdsa\n"
#define WEST CERTS "\tleftcert=west\n"
#define EAST CERTS "\trightcert=east\n"

static void certified(struct road *road, struct authority *ca, const char *west, const char *east)
{
	static const struct wish w = { .subject = "CN=west",
				       .name = "@west",
				       .kind = KEY_ECDSA_P256 };
	static const struct wish e = { .subject = "CN=east",
				       .name = "@east",
				       .kind = KEY_ECDSA_P256 };
	struct pair *pair = &road->pair;

	road_begin(road, west, east);
	authority_new(ca, NULL, "CN=Test CA", pair->west.host->ops->wall(pair->west.host));
	authority_trusted(ca, &pair->west);
	authority_trusted(ca, &pair->east);
	authority_certifies(ca, &pair->west, "west", &w, NULL);
	authority_certifies(ca, &pair->east, "east", &e, NULL);
	end_up(&pair->west, "t");
	road_run(road, 2 * USEC_PER_SEC);
}

static void finish(struct road *road, struct authority *ca)
{
	road_end(road);
	authority_free(ca);
}

/* RFC 7427 §4 */
static void hashes_are_announced_by_those_who_sign(void **state)
{
	struct authority ca;
	struct road road;

	(void)state;
	certified(&road, &ca, WEST, EAST);
	uint16_t west = certs_hashes(road_heard(&road, 0)),
		 east = certs_hashes(road_heard(&road, 1));
	assert_int_equal(west, prove_hashes());
	assert_int_equal(east, prove_hashes());
	assert_false((west & HASH_BIT(SIGN_SHA1)) != 0);
	finish(&road, &ca);
	road_begin(&road, NULL, NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, USEC_PER_SEC);
	assert_int_equal(certs_hashes(road_heard(&road, 0)), 0);
	assert_int_equal(certs_hashes(road_heard(&road, 1)), 0);
	road_end(&road);
}

/* RFC 7296 §3.7: SHA-1 of the CA's SubjectPublicKeyInfo. */
static void the_trusted_cas_are_named(void **state)
{
	const struct payload *payload;
	struct wire_cert request;
	struct authority ca;
	struct road road;
	uint8_t hash[20];

	(void)state;
	certified(&road, &ca, WEST, EAST);
	payload = payload_of(road_heard(&road, 1), PAYLOAD_CERTREQ);
	assert_non_null(payload);
	assert_int_equal(wire_cert_parse(payload->body, &request, NULL), RC_OK);
	assert_int_equal(request.encoding, CERT_X509_SIGNATURE);
	certificate_ca_hash(ca.certificate, hash);
	assert_true(span_equal(request.data, SPAN_OF(hash)));
	finish(&road, &ca);
}

/* An intermediate CA of our own database is no anchor. */
static void what_is_not_trusted_is_not_named(void **state)
{
	static const struct wish west = { .subject = "CN=west",
					  .name = "@west",
					  .kind = KEY_ECDSA_P256 };
	struct authority ca, between;
	struct wire_cert request;
	struct x509_trust *trust;
	struct road road;

	(void)state;
	road_begin(&road, WEST, EAST);
	int64_t now = road.pair.west.host->ops->wall(road.pair.west.host);
	authority_new(&ca, NULL, "CN=Test CA", now);
	authority_new(&between, &ca, "CN=Between", now);
	struct x509_ca cas[] = { { between.certificate, (char *)"between", false },
				 { ca.certificate, (char *)"ca", true } };
	assert_int_equal(x509_trust_of(cas, 2, &trust), RC_OK);
	keyring_trust_set(road.pair.east.gateway->keyring, trust);
	x509_trust_unref(trust);
	authority_trusted(&ca, &road.pair.west);
	authority_certifies(&ca, &road.pair.west, "west", &west, NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	const struct payload *payload = payload_of(road_heard(&road, 1), PAYLOAD_CERTREQ);
	assert_non_null(payload);
	assert_int_equal(wire_cert_parse(payload->body, &request, NULL), RC_OK);
	assert_int_equal(request.data.len, 20);
	road_end(&road);
	authority_free(&between);
	authority_free(&ca);
}

static unsigned sent(const char *west)
{
	struct authority ca;
	struct road road;
	unsigned count;

	certified(&road, &ca, west, EAST);
	count = wire_payload_count(road_opened(&road, 2, road_sa(&road.pair.east)), PAYLOAD_CERT);
	finish(&road, &ca);
	return count;
}

static void a_certificate_goes_to_who_asks_unless_forbidden(void **state)
{
	(void)state;
	assert_int_equal(sent(WEST), 1);
	assert_int_equal(sent(WEST "\tleftsendcert=always\n"), 1);
}

/* leftsendcert=never: then the peer must know the key. */
static void a_certificate_that_is_not_sent_is_told_to_be_missing(void **state)
{
	struct authority ca;
	struct road road;

	(void)state;
	certified(&road, &ca, WEST "\tleftsendcert=never\n", EAST);
	assert_int_equal(road.pair.west.ike_up, 0);
	assert_true(end_said(&road.pair.east, "sent no certificate"));
	finish(&road, &ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_announced_by_those_who_sign),
		cmocka_unit_test(the_trusted_cas_are_named),
		cmocka_unit_test(what_is_not_trusted_is_not_named),
		cmocka_unit_test(a_certificate_goes_to_who_asks_unless_forbidden),
		cmocka_unit_test(a_certificate_that_is_not_sent_is_told_to_be_missing),
	};

	return exchange_run(tests);
}
