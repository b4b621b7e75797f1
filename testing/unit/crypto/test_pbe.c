/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pbe.h"
#include "base/der.h"
#include "unit/crypto/crypto_test.h"

/* One P-256 key, and what OpenSSL 3.0 makes of it: "openssl pkcs8 -topk8" with -v2 aes-256-cbc
 * -v2prf hmacWithSHA256, with -v1 PBE-SHA1-3DES, with -scrypt, with -v2 des3. */
static const char plain[] =
	"308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420ae0706362ba9"
	"eaaef49076c9d1c9d4b409bac33c58a5d5aebc3b9fdb182a4049a1440342000471b4cf332e7af34467a1"
	"8c5191fa9084e50b4763af30396fe7ef9222d59b74cbed37a078d6319d70cae904795c854ec4d4157143"
	"513339243a89f9f7f147868b";
static const char pbes2[] =
	"3081ec305706092a864886f70d01050d304a302906092a864886f70d01050c301c0408e8602130ddb053"
	"cb02020800300c06082a864886f70d02090500301d060960864801650304012a041047a2a5294277612e"
	"b12641481681a8ee04819077f2ea91dc3b612a6859b6b7376ddba8fa8c573e14151ef7c5cd9d0c2beb61"
	"75b2f406d514f154fc75278af773a61a7ee31e9d52cac2cf9ec12d03804e3cfeefa513d66402977bc09c"
	"6b3f67bf2c078fa1b37233e10f25a41748727e0b578300fe0fb735ee048d0b5cf6120ae27d813a02b14a"
	"8de6eb12b134c00b59f74959b42396cad45fcc743c1637affbb054025d";
static const char pkcs12[] =
	"3081b1301c060a2a864886f70d010c0103300e04089cf5591c546f1f460202080004819089e62ca1ac1c"
	"f3c932eab42ef5c1269cfd67094e304b3e8602afbe4caf59a124049c9e1995f063571afdefc543ff69bd"
	"ecd44841c78f4d3fb2b63259320c7476d34f4da009c53dc5cb254ae6f9d9aeb198d41e00188fd41d892a"
	"d89e412344b23866d9af533048a43e7f1e0eb9bdce95f5f157170b54ddc4c8c7b030d3fc75c873a3a378"
	"ae286fcc3a08e56e0c7a609f";
static const char with_scrypt[] =
	"3081e4304f06092a864886f70d01050d3042302106092b06010401da47040b3014040857ad4e389c9989"
	"af02024000020108020101301d060960864801650304012a041041918ccdca9b4c35d87fad7c5a3cc04b"
	"048190b71c25bfcd51e56aedf39c22377c87204d29694cd2af731e3cacd883ea3f1fbe1b84dae4cd745f"
	"6df79cb27240fd98e32c6409d9dc67afd078fba926af4632e9b631a4086895b13061113e68b54dab832d"
	"7a25899ef55c75d65143d5a8ce2729e1a33ca7d288f5a2b248392bff29e3d0b713c778c9257396181761"
	"acc8cfc2581d32cf9a2dbab2fd5e367c3ff387898a";
static const char no_password[] =
	"3081d5304006092a864886f70d01050d3033301b06092a864886f70d01050c300e0408d21db4366b9fa0"
	"d3020203e8301406082a864886f70d03070408fc525497c0aea3de0481902d60454f6af133cc98ebb849"
	"8e5f7d1d4cd5f6657a5356465b8b19cf017a421539272fca1988318d68fcb04c064a989ab2ab3fe8bd86"
	"cec296df2c620f400a3421786176aa6c2f7e15dbd114a3e29ecae2d7fda7c51ceed341a88030924e61c9"
	"90d93f343b69aea5d3ca2065827cb44ed6b9ce55162076542591367f6a3f9d3a79ba35eff08045d1bb98"
	"25d1fffb02fb";

static struct span split(struct span in, struct span *content)
{
	struct span algorithm;
	assert_ok(der_only(in, ASN1_SEQUENCE, &in));
	assert_ok(der_whole(&in, ASN1_SEQUENCE, &algorithm));
	assert_ok(der_take(&in, ASN1_OCTET_STRING, content));
	return algorithm;
}

static enum rc open_it(const char *what, const char *password, struct secret *out,
		       struct diag *diag)
{
	struct bytes bytes = hex(what);
	struct span content, algorithm = split(SPAN_HEX(bytes), &content);
	return pbe_decrypt(algorithm, password, content, out, diag);
}

static void opens_with(const char *what, const char *password)
{
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };
	if (open_it(what, password, &out, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_bytes(secret_span(&out), plain);
	secret_wipe(&out);
}

static void keys_of_openssl_are_decrypted(void **state)
{
	(void)state;
	opens_with(pbes2, "p\xc3\xa4ssw\xc3\xb6rt");
	opens_with(pkcs12, "p\xc3\xa4ssw\xc3\xb6rt");
	opens_with(no_password, "");
}

static void a_wrong_password_is_told(void **state)
{
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(open_it(pbes2, "passwort", &out, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "password"));
	assert_null(out.ptr);
	assert_int_equal(open_it(pkcs12, "", &out, &diag), RC_AUTH_FAILED);
	assert_int_equal(open_it(pkcs12, "\xff\xfe", &out, &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "UTF-8"));
	assert_null(out.ptr);
}

static void other_schemes_are_named(void **state)
{
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(open_it(with_scrypt, "x", &out, &diag), RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "1.3.6.1.4.1.11591.4.11"));
}

/* The rounds of the first one, 0800, stand behind its salt. */
static void rounds_are_bounded(void **state)
{
	static const uint8_t before[] = { 0x02, 0x02, 0x08, 0x00 };
	struct bytes bytes = hex(pbes2);
	struct span content, algorithm = split(SPAN_HEX(bytes), &content);
	uint8_t made[200];
	struct diag diag = { "" };
	struct secret out = { NULL, 0 };
	uint32_t rounds = 0;
	uint8_t *at;
	(void)state;
	assert_ok(pbe_rounds(algorithm, &rounds, &diag));
	assert_int_equal(rounds, 2048);
	assert_true(algorithm.len < sizeof(made));
	memcpy(made, algorithm.ptr, algorithm.len);
	at = memmem(made, algorithm.len, before, sizeof(before));
	assert_non_null(at);
	/* the salt loses a byte to the number */
	memcpy(at - 1, "\x02\x03\x4c\x4b\x41", 5); /* 5000001 */
	at[-9] = 7;
	assert_int_equal(pbe_rounds(span_make(made, algorithm.len), &rounds, &diag), RC_LIMIT);
	assert_non_null(strstr(diag.text, "5000001"));
	assert_int_equal(pbe_decrypt(span_make(made, algorithm.len), "x", content, &out, &diag),
			 RC_LIMIT);
	at[3]--;
	assert_ok(pbe_rounds(span_make(made, algorithm.len), &rounds, &diag));
}

static void broken_parameters_are_refused(void **state)
{
	struct bytes bytes = hex(pbes2);
	struct span content, algorithm = split(SPAN_HEX(bytes), &content);
	struct diag diag = { "" };
	uint32_t rounds;
	(void)state;
	for (size_t len = 0; len < algorithm.len; len++)
		assert_int_not_equal(pbe_rounds(span_make(algorithm.ptr, len), &rounds, &diag),
				     RC_OK);
}

static void passwords_become_bmp_strings(void **state)
{
	struct secret out = { NULL, 0 };
	struct diag diag = { "" };
	char longest[1002];
	(void)state;
	assert_ok(pbe_bmp("a\xc3\xa4", &out, &diag));
	assert_bytes(secret_span(&out), "006100e40000");
	assert_ok(pbe_bmp("", &out, &diag));
	assert_bytes(secret_span(&out), "0000");
	secret_wipe(&out);
	memset(longest, 'a', 1001);
	longest[1001] = '\0';
	assert_int_equal(pbe_bmp(longest, &out, &diag), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_openssl_are_decrypted),
		cmocka_unit_test(a_wrong_password_is_told),
		cmocka_unit_test(other_schemes_are_named),
		cmocka_unit_test(rounds_are_bounded),
		cmocka_unit_test(broken_parameters_are_refused),
		cmocka_unit_test(passwords_become_bmp_strings),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
