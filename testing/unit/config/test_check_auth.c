/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

#define KEY "leftpubkey=0sAQID"

static void keys_and_methods_fit_together(void **state)
{
	(void)state;
	assert_says("leftcert=gw", 0, 0, "");
	assert_says("leftauth=xauth-hybrid", 1, 0, "ecdsa-sha2_384, ...)\n"); /* whole words */
	assert_says("leftcert=gw\n rightca=%same\n leftid=%fromcert", 0, 0, "");
	assert_says("authby=rsasig\n leftckaid=aabb", 0, 0, "");
	assert_says("authby=rsasig\n rightpubkey=0sAQID\n leftcert=gw\n rightid=@peer", 0, 0, "");
	assert_says("authby=ecdsa\n leftcert=gw\n rightrsasigkey=%cert", 0, 0, "");
	assert_says("leftauth=pubkey\n rightauth=secret\n leftcert=gw", 0, 0, "");
	assert_says("leftauth=null\n rightauth=pubkey\n rightcert=gw", 0, 0, "");
}

static void a_key_that_is_not_used_is_told(void **state)
{
	(void)state;
	assert_says("authby=secret\n leftcert=gw", 0, 1,
		    "t.conf:5:2: warning: conn a: leftcert= is not used: left proves its identity "
		    "without a key (authby=, leftauth=)\n");
	assert_says("leftauth=secret\n rightauth=rsasig\n leftckaid=aa\n rightcert=gw", 0, 1,
		    "t.conf:6:2: warning: conn a: leftckaid= is not used");
}

static void who_signs_needs_a_key(void **state)
{
	(void)state;
	assert_says("authby=rsasig", 0, 1,
		    "t.conf:4:2: warning: conn a: neither end has leftcert=, leftckaid= or "
		    "leftpubkey=: this host has nothing to sign with\n");
	assert_says("leftauth=ecdsa\n rightauth=secret", 0, 0, ""); /* this host may be right */
}

static void one_end_has_one_key(void **state)
{
	(void)state;
	assert_says("leftcert=gw\n " KEY, 1, 0,
		    "t.conf:4:2: conn a: leftcert= and a raw key of the same end: write one of "
		    "them, or %cert\n");
	assert_says("leftcert=gw\n leftpubkey=%cert", 0, 0, "");
}

static void a_certificate_must_be_there_to_take_its_subject(void **state)
{
	(void)state;
	assert_says("leftid=%fromcert", 1, 0,
		    "t.conf:4:2: conn a: leftid=%fromcert, and left has no certificate: write the "
		    "identity\n");
	assert_says(KEY "\n leftid=%fromcert", 1, 0, "left has no certificate");
	assert_says("authby=rsasig\n leftcert=gw\n rightid=%fromcert", 0, 0, "");
}

static void null_stands_alone(void **state)
{
	(void)state;
	assert_says("leftauth=null,secret\n rightauth=secret", 1, 0,
		    "t.conf:4:2: conn a: null proves nothing and cannot stand beside another "
		    "method (RFC 7619): write a conn for each\n");
	assert_says("authby=null", 0, 0, "");
}

static void one_end_names_the_ca(void **state)
{
	(void)state;
	assert_says("leftcert=gw\n leftca=%same\n rightca=%same", 1, 0,
		    "t.conf:6:2: conn a: leftca= and rightca= are both %same: one of them must "
		    "name the CA\n");
	assert_says("leftcert=gw\n leftca=CN=ca\n rightca=%same", 0, 0, "");
}

static void a_shunt_needs_no_keys(void **state)
{
	(void)state;
	assert_says("type=reject\n authby=never", 0, 0, "");
	assert_says("type=tunnel\n authby=never", 1, 0, "authby=never is only for");
}

static void what_asks_about_revocation_is_complete(void **state)
{
	(void)state;
	assert_everything("config setup\n ocsp-strict=yes\n" CONN_A,
			  "t.conf:2:2: warning: ocsp-strict= has no effect without "
			  "ocsp-enable=yes\n",
			  0);
	assert_everything("config setup\n ocsp-enable=yes\n ocsp-strict=yes\n"
			  " ocsp-uri=http://ocsp.example.org/\n ocsp-trustname=ocsp\n" CONN_A,
			  "", 0);
	assert_everything("config setup\n ocsp-trustname=ocsp\n" CONN_A,
			  "t.conf:2:2: ocsp-trustname= needs ocsp-uri=: whose answers does it "
			  "sign?\n",
			  1);
	assert_everything("config setup\n ocsp-uri=https://ocsp.example.org/\n" CONN_A,
			  "t.conf:2:2: ocsp-uri=https://ocsp.example.org/: it must begin with "
			  "http:// (answers are signed; https would need certificates of its "
			  "own)\n",
			  1);
	assert_everything("config setup\n ocsp-cache-min-age=2d\n" CONN_A,
			  "t.conf:2:2: ocsp-cache-min-age is longer than ocsp-cache-max-age\n", 1);
}

/* RFC 4739 */
static void a_second_proof_fits_together(void **state)
{
	(void)state;
	assert_says("authby=secret\n leftauth2=secret\n leftid2=@alice\n rightauth2=psk\n "
		    "rightid2=@bob",
		    0, 0, "");
	assert_says("leftcert=gw\n leftcert2=user\n leftid2=%fromcert\n leftca2=CN=ca", 0, 0, "");
	assert_says("authby=secret\n rightid2=@alice", 1, 0,
		    "t.conf:5:2: conn a: rightauth2= is missing: without it there is no second "
		    "proof of right\n");
	assert_says("authby=secret\n leftauth2=null", 1, 0, "null proves nothing");
	assert_says("authby=null\n leftauth2=secret", 1, 0, "null proves nothing");
	assert_says("authby=secret\n leftauth2=secret\n leftid2=@u\n leftcert2=user", 0, 1,
		    "leftcert2= is not used");
	assert_says("authby=secret\n leftauth=null\n rightauth2=rsasig", 1, 0, "nor that of the");
	assert_says("authby=secret\n leftauth2=secret", 0, 1, "proves the same twice");
	assert_says("authby=secret\n leftauth2=psk\n leftid2=%fromcert", 1, 0,
		    "there is no leftcert2=");
	assert_says("authby=secret\n leftauth2=rsasig\n leftcert2=a\n leftca2=%same", 1, 0,
		    "name the CA");
	assert_says("authby=secret\n leftauth2=secret\n leftid2=@u\n session-resumption=yes", 0, 1,
		    "every session is proven anew");
	assert_says("authby=secret\n rightauth2=eap-mschapv2", 1, 0, "EAP comes with");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_methods_fit_together),
		cmocka_unit_test(a_key_that_is_not_used_is_told),
		cmocka_unit_test(who_signs_needs_a_key),
		cmocka_unit_test(one_end_has_one_key),
		cmocka_unit_test(a_certificate_must_be_there_to_take_its_subject),
		cmocka_unit_test(null_stands_alone),
		cmocka_unit_test(a_second_proof_fits_together),
		cmocka_unit_test(one_end_names_the_ca),
		cmocka_unit_test(a_shunt_needs_no_keys),
		cmocka_unit_test(what_asks_about_revocation_is_complete),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
