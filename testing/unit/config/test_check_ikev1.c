/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

#define V1 "keyexchange=ikev1\n authby=secret"
#define BY_KEYS                                                                                    \
	"IKEv1 proves identities by shared keys, RSA and ECDSA: write authby=secret, rsasig or "   \
	"ecdsa, "

static struct loaded l;

/* CONN_A with these settings and nothing to say about it. */
static const struct config_conn *loaded(const char *settings)
{
	load_setting(&l, settings);
	return l.config->conns[0];
}

static void every_spelling_of_ikev1_loads(void **state)
{
	static const char *const words[] = { "keyexchange=ikev1", "ikev2=no", "ikev2=never",
					     "ikev2=permit" };
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char text[100];
		snprintf(text, sizeof(text), "%s\n authby=secret", words[i]);
		assert_int_equal(loaded(text)->ikev2, 0);
		unload(&l);
	}
	assert_int_not_equal(loaded("authby=secret")->ikev2, 0);
	unload(&l);
}

/* SHA-1 for old peers, and no AEAD in phase 1, which has none. */
static void defaults_are_those_that_ikev1_can_say(void **state)
{
	const struct config_conn *conn = loaded(V1 "\n pfs=no");
	char text[400];

	(void)state;
	proposal_text(conn->ike, text, sizeof(text));
	assert_string_equal(text, "AES_CBC_256+AES_CBC_128-HMAC_SHA2_256+HMAC_SHA2_512+HMAC_SHA1-"
				  "DH31+MODP2048+DH19+MODP3072");
	proposal_text(conn->esp, text, sizeof(text));
	assert_string_equal(text, "AES_GCM_16_256+AES_GCM_16_128, AES_CBC_256+AES_CBC_128-"
				  "HMAC_SHA2_512_256+HMAC_SHA2_256_128+HMAC_SHA1_96");
	unload(&l);
	conn = loaded(V1 "\n pfs=no\n phase2=ah");
	proposal_text(conn->esp, text, sizeof(text));
	assert_string_equal(text, "HMAC_SHA2_512_256+HMAC_SHA2_256_128+HMAC_SHA1_96");
	unload(&l);
}

static void what_ikev1_has_too_loads(void **state)
{
	(void)state;
	assert_says(V1 "\n type=transport", 0, 0, "");
	assert_says(V1 "\n leftsubnets=10.0.0.0/24,10.0.1.0/24", 0, 0, "");
	assert_says(V1 "\n leftsubnet=10.0.0.0/24", 0, 0, "");
	assert_says(V1 "\n rightprotoport=tcp/80\n leftprotoport=tcp", 0, 0, "");
	assert_says(V1 "\n ppk=yes\n mobike=yes\n esn=yes", 0, 0, "");
	assert_says(V1 "\n ike=aes128-sha1-modp2048\n esp=3des-sha1", 0, 0, "");
	assert_says("keyexchange=ikev1\n type=passthrough\n authby=never\n"
		    " leftsubnet=10.0.0.0/24,10.0.1.0/24",
		    0, 0, "");
}

/* At authby=, and once for both ends. */
static void proofs_that_ikev1_does_not_have_are_refused(void **state)
{
	(void)state;
	assert_says("keyexchange=ikev1\n authby=null", 1, 0,
		    "t.conf:5:2: conn a: " BY_KEYS "or keyexchange=ikev2\n");
	assert_says("keyexchange=ikev1\n authby=eddsa", 1, 1, "t.conf:5:2: conn a: " BY_KEYS);
	assert_says(V1 "\n leftauth=secret\n rightauth=null", 1, 0, "t.conf:7:2: conn a: " BY_KEYS);
	assert_says("authby=null", 0, 0, "");
}

static void aggressive_mode_with_a_shared_key_says_what_it_leaks(void **state)
{
	(void)state;
	assert_says(V1 "\n aggressive=yes", 0, 1,
		    "warning: conn a: aggressive=yes with a shared key: a hash of it goes to "
		    "whoever asks");
	assert_says(V1 "\n aggrmode=no", 0, 0, "");
	assert_says("aggrmode=yes", 1, 0,
		    "t.conf:4:2: conn a: aggressive= is of IKEv1: write keyexchange=ikev1 too\n");
}

static void both_ends_prove_themselves_alike(void **state)
{
	(void)state;
	assert_says("keyexchange=ikev1\n leftauth=secret\n rightauth=rsasig", 1, 0,
		    "both ends prove themselves in the same way");
}

static void a_second_proof_is_refused(void **state)
{
	(void)state;
	assert_says(V1 "\n rightauth2=secret\n rightid2=@b", 1, 0,
		    "t.conf:6:2: conn a: rightauth2= with keyexchange=ikev1: IKEv1 has no second "
		    "proof\n");
}

static void addresses_for_clients_load_asked_for_or_not(void **state)
{
	(void)state;
	assert_says(V1 "\n modecfgpull=yes\n rightaddresspool=10.1.0.1-10.1.0.9", 0, 0, "");
	assert_says(V1 "\n modecfgpull=yes\n leftmodecfgclient=yes", 0, 0, "");
	assert_says(V1 "\n rightaddresspool=10.1.0.1-10.1.0.9", 0, 0, "");
	assert_says(V1 "\n leftsourceip=%config", 0, 0, "");
	assert_true(loaded(V1 "\n leftsourceip=%config\n modeconfig=pull")->modecfgpull);
	unload(&l);
	assert_false(loaded(V1 "\n leftsourceip=%config\n modeconfig=push")->modecfgpull);
	unload(&l);
	assert_true(loaded(V1 "\n leftsourceip=%config\n remote-peer-type=cisco")->cisco_unity);
	unload(&l);
	assert_false(loaded(V1 "\n leftsourceip=%config\n remote-peer-type=ietf")->cisco_unity);
	unload(&l);
	assert_says(V1 "\n modecfgpull=yes\n leftsourceip=%config", 0, 0, "");
	assert_says(V1 "\n leftsubnet=2001:db8::/64\n rightaddresspool=fd00:9::/64", 0, 0, "");
}

/* RFC 2407 §4.6.2: one subnet, one port. */
static void selectors_that_an_id_cannot_hold_are_refused(void **state)
{
	(void)state;
	assert_says(
		V1 "\n rightsubnet=10.0.0.0/24,10.0.1.0/24", 1, 0,
		"t.conf:6:2: conn a: rightsubnet= with keyexchange=ikev1: an SA of IKEv1 has one "
		"subnet: write subnets=, or cisco-split=yes where clients of a pool are told "
		"them\n");
	assert_says(V1 "\n cisco-split=yes\n rightsubnet=10.0.0.0/24,10.0.1.0/24", 1, 0, "");
	assert_says(V1 "\n cisco-split=yes\n rightsubnet=10.0.0.0/24,10.0.1.0/24\n"
		       " leftaddresspool=10.9.0.1-10.9.0.9",
		    0, 0, "");
	assert_says(V1 "\n cisco-split=yes\n rightsubnet=10.0.0.0/24,2001:db8::/64\n"
		       " leftaddresspool=10.9.0.1-10.9.0.9",
		    1, 0, "");
	assert_says(
		V1 "\n leftprotoport=tcp/100-200", 1, 0,
		"t.conf:6:2: conn a: leftprotoport= with keyexchange=ikev1: IKEv1 says one port, "
		"or all of them\n");
	assert_says("leftprotoport=tcp/100-200\n rightsubnet=10.0.0.0/24,10.0.1.0/24", 0, 0, "");
}

static void what_only_ikev2_agrees_on_is_refused(void **state)
{
	(void)state;
	assert_says(V1 "\n compress=yes", 1, 0,
		    "t.conf:6:2: conn a: compress= with keyexchange=ikev1: IPComp is agreed on in "
		    "IKEv2 only here: write compress=no, at both ends\n");
	assert_says(V1 "\n iptfs=yes", 1, 0, "t.conf:6:2: conn a: iptfs= with keyexchange=ikev1");
	assert_says(V1 "\n ppk=insist", 1, 0,
		    "t.conf:6:2: conn a: ppk= with keyexchange=ikev1: IKEv1 has none");
	assert_says("authby=secret\n compress=yes\n ppk=insist", 0, 0, "");
}

static void a_policy_against_ikev1_has_no_conns_of_it(void **state)
{
	static const struct {
		const char *setup;
		unsigned errors;
	} all[] = { { "", 0 },
		    { "config setup\n ikev1-policy=accept\n", 0 },
		    { "config setup\n ikev1-policy=drop\n", 1 },
		    { "config setup\n ikev1-policy=reject\n", 1 } };
	char text[400];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text),
			 "%sconn a\n left=192.0.2.1\n right=192.0.2.2\n " V1 "\n", all[i].setup);
		load_everything(&l, text);
		assert_int_equal(l.errors.errors, all[i].errors);
		if (all[i].errors > 0)
			assert_non_null(strstr(l.report, "write ikev1-policy=accept"));
		unload(&l);
		snprintf(text, sizeof(text),
			 "%sconn a\n left=192.0.2.1\n right=192.0.2.2\n authby=secret\n",
			 all[i].setup);
		load_everything(&l, text);
		assert_int_equal(l.errors.errors, 0);
		unload(&l);
	}
}

/* 3DES and Camellia are there for old peers, with a warning; IKEv2 has no place for them. */
static void old_ciphers_are_of_ikev1_alone(void **state)
{
	(void)state;
	assert_says(V1 "\n ike=3des-sha1-modp2048", 0, 1, "is old: use aes256");
	assert_says(V1 "\n ike=camellia256-sha2_256-modp2048", 0, 1, "\"camellia_cbc\" in ike=");
	assert_says("authby=secret\n ike=3des-sha1-modp2048", 1, 0, "is of IKEv1 alone");
	assert_says("authby=secret\n ike=aes256-sha1-modp2048", 0, 0, "");
}

static void algorithms_that_ikev1_cannot_say_are_refused(void **state)
{
	(void)state;
	assert_says(V1 "\n ike=aes_gcm256-sha2_512-dh19", 1, 0,
		    "t.conf:6:2: conn a: nothing of ike= can be said in IKEv1: it needs a cipher "
		    "with integrity (aes256-sha2_256) and a MODP or ECP group\n");
	assert_says(V1 "\n ike=aes256-sha2_256-dh19;addke1=dh20", 1, 0, "nothing of ike= can be");
	assert_says(V1 "\n esp=chacha20_poly1305", 1, 0,
		    "t.conf:6:2: conn a: nothing of esp= can be said");
	assert_says(V1 "\n ike=aes_gcm256-sha2_512-dh19,aes256-sha2_256-dh19\n"
		       " esp=chacha20_poly1305,aes_gcm128",
		    0, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_against_ikev1_has_no_conns_of_it),
		cmocka_unit_test(old_ciphers_are_of_ikev1_alone),
		cmocka_unit_test(every_spelling_of_ikev1_loads),
		cmocka_unit_test(defaults_are_those_that_ikev1_can_say),
		cmocka_unit_test(what_ikev1_has_too_loads),
		cmocka_unit_test(proofs_that_ikev1_does_not_have_are_refused),
		cmocka_unit_test(aggressive_mode_with_a_shared_key_says_what_it_leaks),
		cmocka_unit_test(both_ends_prove_themselves_alike),
		cmocka_unit_test(a_second_proof_is_refused),
		cmocka_unit_test(addresses_for_clients_load_asked_for_or_not),
		cmocka_unit_test(selectors_that_an_id_cannot_hold_are_refused),
		cmocka_unit_test(what_only_ikev2_agrees_on_is_refused),
		cmocka_unit_test(algorithms_that_ikev1_cannot_say_are_refused),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
