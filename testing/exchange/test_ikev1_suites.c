/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms that IKEv1's peers may have, in Libreswan's and strongSwan's spelling. */
#include <stdio.h>
#include "engine/private.h"
#include "exchange/pair.h"
#include "unit/test.h"

struct suites {
	const char *ike, *esp;
	uint16_t encr, prf;
};

static void each_suite_makes_a_tunnel(void **state)
{
	static const struct suites all[] = {
		{ "3des-sha1-modp2048", "3des-sha1", ENCR_3DES, PRF_HMAC_SHA1 },
		{ "3des-sha2_256;dh14", "aes128-sha1", ENCR_3DES, PRF_HMAC_SHA2_256 },
		{ "camellia256-sha256-ecp256", "camellia256-sha2_256", ENCR_CAMELLIA_CBC,
		  PRF_HMAC_SHA2_256 },
		{ "camellia_cbc_128-sha2_512-dh31", "camellia128-sha1", ENCR_CAMELLIA_CBC,
		  PRF_HMAC_SHA2_512 },
		{ "aes128-sha1-modp2048!", "aes128-sha1!", ENCR_AES_CBC, PRF_HMAC_SHA1 },
		{ "aes192-sha384-ecp384", "aes192-sha384", ENCR_AES_CBC, PRF_HMAC_SHA2_384 },
		{ "aes256-sha512-ecp521", "aes256-sha512", ENCR_AES_CBC, PRF_HMAC_SHA2_512 },
		{ "aes_cbc_256-hmac_sha2_256-modp3072", "aes_gcm_16_256", ENCR_AES_CBC,
		  PRF_HMAC_SHA2_256 },
		{ "aes256-sha2-modp4096", "aes256gcm16", ENCR_AES_CBC, PRF_HMAC_SHA2_256 },
		{ "aes-sha1", "null-sha1", ENCR_AES_CBC, PRF_HMAC_SHA1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char conf[600];
		struct pair pair;
		struct tunnel *tunnel;
		const struct ike_sa *sa;
		snprintf(conf, sizeof(conf),
			 PAIR_BASE "\tkeyexchange=ikev1\n\tauto=add\n\tpfs=no\n"
				   "\tike=\"%s\"\n\tesp=\"%s\"\n",
			 all[i].ike, all[i].esp);
		pair_start(&pair, 1 + i, conf, conf, NULL, NULL);
		end_up(&pair.west, "t");
		if (!pair_comes_up(&pair, 10 * USEC_PER_SEC))
			fail_msg("%s: west: %s; east: %s", all[i].ike, pair.west.journal,
				 pair.east.journal);
		pair_run(&pair, USEC_PER_SEC);
		pair_assert_tunnel(&pair);
		tunnel = peers_tunnel(&pair.east.gateway->peers, "t");
		sa = container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
		assert_int_equal(sa->choice.encr, all[i].encr);
		assert_int_equal(sa->choice.prf, all[i].prf);
		pair_end(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_suite_makes_a_tunnel),
	};

	return exchange_run(tests);
}
