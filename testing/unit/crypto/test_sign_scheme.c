/* SPDX-License-Identifier: Apache-2.0 */
#include "base/names.h"
#include "crypto/sign_private.h"
#include "unit/crypto/crypto_test.h"

#define SHA256 "300d06096086480165030402010500"
#define MGF256 "301a06092a864886f70d010108" SHA256

static enum rc parse(const char *text, struct sign_scheme *out)
{
	struct bytes der = hex(text);
	struct diag diag = { "" };
	enum rc rc = sign_scheme_parse(SPAN_HEX(der), out, &diag);
	assert_true((rc == RC_OK) == (diag.text[0] == '\0'));
	return rc;
}

static void parses_as(const char *text, enum sign_form form, enum sign_hash hash, unsigned salt)
{
	struct sign_scheme scheme;
	assert_ok(parse(text, &scheme));
	assert_int_equal(scheme.form, form);
	assert_int_equal(scheme.hash, hash);
	assert_int_equal(scheme.salt, salt);
}

static void fails(const char *text, enum rc rc)
{
	struct sign_scheme scheme;
	assert_int_equal(parse(text, &scheme), rc);
}

static void every_scheme_is_read_as_it_is_written(void **state)
{
	(void)state;
	unsigned count = 0;
	for (int form = SIGN_RSA_PKCS1; form <= SIGN_ED25519; form++)
		for (int hash = 0; hash <= SIGN_IDENTITY + 1; hash++) {
			struct sign_scheme scheme = { (enum sign_form)form, (enum sign_hash)hash,
						      0 },
					   out;
			struct span der = sign_scheme_der(&scheme);
			if (der.len == 0) {
				assert_string_equal(sign_scheme_text(&scheme),
						    "an unknown signature scheme");
				continue;
			}
			assert_ok(sign_scheme_parse(der, &out, NULL));
			assert_int_equal(out.form, form);
			assert_int_equal(out.hash, hash);
			assert_int_equal(out.salt, 0);
			count++;
		}
	assert_int_equal(count, 13);
}

/* RFC 7427 appendix A */
static void the_bytes_are_those_of_rfc7427(void **state)
{
	(void)state;
	static const struct {
		struct sign_scheme scheme;
		const char *der, *text;
	} known[] = {
		{ { SIGN_RSA_PKCS1, SIGN_SHA1, 0 },
		  "300d06092a864886f70d0101050500",
		  "RSA with SHA1" },
		{ { SIGN_RSA_PKCS1, SIGN_SHA2_256, 0 },
		  "300d06092a864886f70d01010b0500",
		  "RSA with SHA2-256" },
		{ { SIGN_RSA_PKCS1, SIGN_SHA2_512, 0 },
		  "300d06092a864886f70d01010d0500",
		  "RSA with SHA2-512" },
		{ { SIGN_RSA_PSS, SIGN_SHA1, 0 },
		  "300d06092a864886f70d01010a3000",
		  "RSA-PSS with SHA1" },
		{ { SIGN_RSA_PSS, SIGN_SHA2_256, 0 },
		  "304106092a864886f70d01010a3034a00f" SHA256 "a11c" MGF256 "a203020120",
		  "RSA-PSS with SHA2-256" },
		{ { SIGN_ECDSA, SIGN_SHA1, 0 }, "300906072a8648ce3d0401", "ECDSA with SHA1" },
		{ { SIGN_ECDSA, SIGN_SHA2_256, 0 },
		  "300a06082a8648ce3d040302",
		  "ECDSA with SHA2-256" },
		{ { SIGN_ED25519, SIGN_IDENTITY, 0 }, "300506032b6570", "Ed25519" },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		assert_bytes(sign_scheme_der(&known[i].scheme), known[i].der);
		assert_string_equal(sign_scheme_text(&known[i].scheme), known[i].text);
	}
}

static void parameters_of_rsa_are_null_or_absent(void **state)
{
	(void)state;
	parses_as("300b06092a864886f70d01010b", SIGN_RSA_PKCS1, SIGN_SHA2_256, 0);
	fails("300e06092a864886f70d01010b050100", RC_SYNTAX);
	fails("300d06092a864886f70d01010b3000", RC_SYNTAX);
	fails("300f06092a864886f70d01010b05000500", RC_SYNTAX);
}

static void ecdsa_and_ed25519_have_no_parameters(void **state)
{
	(void)state;
	fails("300c06082a8648ce3d0403020500", RC_SYNTAX);
	fails("300706032b65700500", RC_SYNTAX);
}

static void pss_says_its_salt(void **state)
{
	(void)state;
	parses_as("304106092a864886f70d01010a3034a00f" SHA256 "a11c" MGF256 "a203020114",
		  SIGN_RSA_PSS, SIGN_SHA2_256, 20);
	parses_as("304206092a864886f70d01010a3035a00f" SHA256 "a11c" MGF256 "a204020200de",
		  SIGN_RSA_PSS, SIGN_SHA2_256, 222);
	parses_as("303c06092a864886f70d01010a302fa00f" SHA256 "a11c" MGF256, SIGN_RSA_PSS,
		  SIGN_SHA2_256, 20); /* the default */
	fails("304106092a864886f70d01010a3034a00f" SHA256 "a11c" MGF256 "a203020100",
	      RC_UNSUPPORTED);
	fails("304206092a864886f70d01010a3035a00f" SHA256 "a11c" MGF256 "a20402020801",
	      RC_UNSUPPORTED);
	fails("304106092a864886f70d01010a3034a00f" SHA256 "a11c" MGF256 "a2030201ff", RC_SYNTAX);
}

static void pss_may_write_its_defaults_out(void **state)
{
	(void)state;
	parses_as("304606092a864886f70d01010a3039a00f" SHA256 "a11c" MGF256 "a203020120a303020101",
		  SIGN_RSA_PSS, SIGN_SHA2_256, 0);
	parses_as("301206092a864886f70d01010a3005a203020114", SIGN_RSA_PSS, SIGN_SHA1, 0);
	/* the hashes without NULL */
	parses_as("303d06092a864886f70d01010a3030a00d300b0609608648016503040201a11a301806092a8648"
		  "86f70d010108300b0609608648016503040201a203020120",
		  SIGN_RSA_PSS, SIGN_SHA2_256, 0);
}

static void pss_with_strange_parameters_is_refused(void **state)
{
	(void)state;
	/* trailer 2; MGF1 with another hash (SHA-1 by default); another MGF; an unknown hash */
	fails("304606092a864886f70d01010a3039a00f" SHA256 "a11c" MGF256 "a203020120a303020102",
	      RC_UNSUPPORTED);
	fails("302306092a864886f70d01010a3016a00f" SHA256 "a203020120", RC_UNSUPPORTED);
	fails("304106092a864886f70d01010a3034a00f" SHA256 "a11c301a06092a864886f70d010109" SHA256
	      "a203020120",
	      RC_UNSUPPORTED);
	fails("301e06092a864886f70d01010a3011a00f300d06096086480165030402090500", RC_UNSUPPORTED);
	/* no parameters at all; something else than a SEQUENCE; bytes behind; wrong order */
	fails("300b06092a864886f70d01010a", RC_SYNTAX);
	fails("300d06092a864886f70d01010a0500", RC_SYNTAX);
	fails("300f06092a864886f70d01010a30020500", RC_SYNTAX);
	fails("300f06092a864886f70d01010a30000500", RC_SYNTAX);
	fails("301706092a864886f70d01010a300aa303020101a203020114", RC_SYNTAX);
}

static void what_is_unknown_is_shown(void **state)
{
	(void)state;
	struct sign_scheme scheme;
	struct diag diag = { "" };
	struct bytes md5 = hex("300d06092a864886f70d0101040500");
	assert_int_equal(sign_scheme_parse(SPAN_HEX(md5), &scheme, &diag), RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "1.2.840.113549.1.1.4"));
	fails("", RC_SYNTAX);
	fails("3000", RC_SYNTAX);
	fails("300906072a8648ce3d040100", RC_SYNTAX);
	fails("308006072a8648ce3d0401", RC_SYNTAX);
}

static void a_scheme_fits_its_kinds_of_keys(void **state)
{
	(void)state;
	const struct sign_scheme pss = { SIGN_RSA_PSS, SIGN_SHA2_256, 0 },
				 ecdsa = { SIGN_ECDSA, SIGN_SHA2_256, 0 },
				 ed25519 = { SIGN_ED25519, SIGN_IDENTITY, 0 },
				 none = { SIGN_ED25519, SIGN_SHA2_512, 0 };
	assert_true(sign_scheme_fits(&pss, KEY_RSA));
	assert_false(sign_scheme_fits(&pss, KEY_ECDSA_P256));
	assert_true(sign_scheme_fits(&ecdsa, KEY_ECDSA_P384));
	assert_false(sign_scheme_fits(&ecdsa, KEY_RSA));
	assert_false(sign_scheme_fits(&ecdsa, KEY_ED25519));
	assert_true(sign_scheme_fits(&ed25519, KEY_ED25519));
	assert_false(sign_scheme_fits(&none, KEY_ED25519));
}

static void a_scheme_works_once_the_probe_has_seen_it(void **state)
{
	(void)state;
	const struct sign_scheme ecdsa = { SIGN_ECDSA, SIGN_SHA2_256, 0 },
				 pkcs1 = { SIGN_RSA_PKCS1, SIGN_SHA1, 0 },
				 none = { SIGN_ED25519, SIGN_SHA2_512, 0 };
	assert_false(sign_scheme_works(&ecdsa));
	assert_int_equal(open_crypto(state), 0);
	assert_true(sign_scheme_works(&ecdsa));
	assert_true(sign_scheme_works(&pkcs1));
	assert_false(sign_scheme_works(&none));
	assert_int_equal(close_crypto(state), 0);
	assert_false(sign_scheme_works(&pkcs1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scheme_is_read_as_it_is_written),
		cmocka_unit_test(the_bytes_are_those_of_rfc7427),
		cmocka_unit_test(parameters_of_rsa_are_null_or_absent),
		cmocka_unit_test(ecdsa_and_ed25519_have_no_parameters),
		cmocka_unit_test(pss_says_its_salt),
		cmocka_unit_test(pss_may_write_its_defaults_out),
		cmocka_unit_test(pss_with_strange_parameters_is_refused),
		cmocka_unit_test(what_is_unknown_is_shown),
		cmocka_unit_test(a_scheme_fits_its_kinds_of_keys),
		cmocka_unit_test(a_scheme_works_once_the_probe_has_seen_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
