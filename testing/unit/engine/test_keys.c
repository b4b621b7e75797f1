/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "exchange/authority.h"
#include "unit/ikev2/road.h"

#define FROM_CERT                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=%fromcert\n\trightid=@east\n"       \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n\tauthby=ecdsa\n"        \
	"\tleftcert=west\n"

static void a_gateway_has_a_keyring_from_the_start(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, NULL, NULL, NULL, NULL);
	assert_non_null(pair.west.gateway->keyring);
	assert_ptr_equal(pair.west.gateway->env.keyring, pair.west.gateway->keyring);
	pair_end(&pair);
}

/* The conn waits for its certificate, and says so; then it has its name. */
static void an_identity_comes_as_soon_as_its_certificate_is_there(void **state)
{
	static const struct wish wish = { .subject = "CN=west, O=Example", .kind = KEY_ECDSA_P256 };
	char text[IDENTITY_TEXT_MAX];
	struct authority ca;
	struct pair pair;

	(void)state;
	pair_start(&pair, 1, FROM_CERT, NULL, NULL, NULL);
	struct peer *peer = road_tunnel(&pair.west)->peer;
	assert_false(peer->oriented);
	authority_new(&ca, NULL, "CN=Test CA", pair.west.host->ops->wall(pair.west.host));
	authority_certifies(&ca, &pair.west, "west", &wish, NULL);
	assert_true(peer->oriented);
	assert_string_equal(identity_text(&peer->local_id, text), "CN=west, O=Example");
	pair_end(&pair);
	authority_free(&ca);
}

static void reading_keys_again_leaves_sas_alone(void **state)
{
	struct diag diag = { "" };
	struct x509_trust *trust;
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	assert_int_equal(x509_trust_load(&trust, &diag), RC_OK);
	gateway_renew_keys(road.pair.west.gateway, trust);
	road_run(&road, USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.count, 0);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gateway_has_a_keyring_from_the_start),
		cmocka_unit_test(an_identity_comes_as_soon_as_its_certificate_is_there),
		cmocka_unit_test(reading_keys_again_leaves_sas_alone),
	};

	return exchange_run(tests);
}
