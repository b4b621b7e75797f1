/* SPDX-License-Identifier: Apache-2.0 */
#include "x509_test.h"

static struct party with_names(const char *subject, const char *const *names, unsigned count)
{
	struct identity ids[8];
	struct party party;
	for (unsigned i = 0; i < count; i++)
		ids[i] = pki_identity(names[i]);
	party = pki_make(
		(struct x509_issue){ .subject = subject, .names = ids, .name_count = count }, NULL);
	for (unsigned i = 0; i < count; i++)
		identity_free(&ids[i]);
	return party;
}

static bool named(const struct party *party, const char *text)
{
	struct identity id = pki_identity(text);
	bool yes = certificate_names(party->certificate, &id);
	identity_free(&id);
	return yes;
}

static const char *const many[] = { "gw.example.org", "admin@example.org", "192.0.2.1",
				    "2001:db8::1" };

static void alternatives_come_one_by_one(void **state)
{
	struct party gw = with_names("CN=gw", many, 4);
	struct identity id;
	char text[IDENTITY_TEXT_MAX];
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct identity wanted = pki_identity(many[i]);
		assert_true(certificate_alternative(gw.certificate, i, &id));
		assert_true(identity_equal(&id, &wanted));
		identity_free(&wanted);
	}
	assert_false(certificate_alternative(gw.certificate, 4, &id));
	assert_string_equal(identity_text(&id, text), "%any");
	pki_free(&gw);
}

static void an_identity_is_found_among_the_alternatives(void **state)
{
	struct party gw = with_names("CN=gw", many, 4);
	(void)state;
	assert_true(named(&gw, "@GW.example.org"));
	assert_true(named(&gw, "admin@example.org"));
	assert_true(named(&gw, "192.0.2.1"));
	assert_true(named(&gw, "2001:db8::1"));
	assert_false(named(&gw, "@other.example.org"));
	assert_false(named(&gw, "@example.org"));
	assert_false(named(&gw, "192.0.2.2"));
	assert_false(named(&gw, "Admin@example.org"));
	pki_free(&gw);
}

static void a_name_is_not_found_in_the_wrong_place(void **state)
{
	static const char *const one[] = { "gw.example.org" };
	struct party gw = with_names("CN=plain.example.org", one, 1);
	(void)state;
	assert_false(named(&gw, "@plain.example.org")); /* the CN is no host name */
	assert_false(named(&gw, "@[gw.example.org]"));	/* a key ID never is */
	assert_false(named(&gw, "@@gw.example.org"));
	assert_false(named(&gw, "%any"));
	pki_free(&gw);
}

static void a_distinguished_name_is_the_subject_or_nothing(void **state)
{
	struct party gw = with_names("CN=gw, O=Example", many, 1);
	struct party bare = with_names("", many, 1);
	(void)state;
	assert_true(named(&gw, "CN=gw, O=Example"));
	assert_true(named(&gw, "CN=GW,O=example"));
	assert_false(named(&gw, "CN=gw"));
	assert_false(named(&gw, "O=Example, CN=gw"));
	assert_false(named(&gw, "CN=*, O=Example")); /* a wildcard is for rightid=, not for proof */
	assert_false(named(&bare, "CN=gw"));
	pki_free(&gw);
	pki_free(&bare);
}

static void fromcert_is_the_subject_and_else_the_first_alternative(void **state)
{
	struct party gw = with_names("CN=gw", many, 2), bare = with_names("", many, 2);
	struct party nothing = with_names("", many, 0);
	struct identity id;
	char text[IDENTITY_TEXT_MAX];
	(void)state;
	assert_int_equal(certificate_identity(gw.certificate, &id), RC_OK);
	assert_string_equal(identity_text(&id, text), "CN=gw");
	identity_free(&id);
	assert_int_equal(certificate_identity(bare.certificate, &id), RC_OK);
	assert_string_equal(identity_text(&id, text), "@gw.example.org");
	identity_free(&id);
	assert_int_equal(certificate_identity(nothing.certificate, &id), RC_NOT_FOUND);
	assert_string_equal(certificate_subject_text(nothing.certificate, text), "(no name)");
	pki_free(&gw);
	pki_free(&bare);
	pki_free(&nothing);
}

static void urls_are_found_when_they_are_http(void **state)
{
	struct party gw = pki_make((struct x509_issue){ .crl_url = "http://crl.example.org/a.crl",
							.ocsp_url = "HTTP://ocsp.example.org/" },
				   NULL);
	struct span url;
	(void)state;
	assert_true(certificate_crl_url(gw.certificate, 0, &url));
	assert_true(span_equal_text(url, "http://crl.example.org/a.crl"));
	assert_false(certificate_crl_url(gw.certificate, 1, &url));
	assert_true(certificate_ocsp_url(gw.certificate, 0, &url));
	assert_true(span_equal_text(url, "HTTP://ocsp.example.org/"));
	assert_false(certificate_ocsp_url(gw.certificate, 1, &url));
	pki_free(&gw);
}

static void urls_of_other_schemes_are_left_out(void **state)
{
	struct party gw = pki_make((struct x509_issue){ .crl_url = "ldap://example.org/cn=a",
							.ocsp_url = "https://example.org/" },
				   NULL);
	struct party bare = pki_make((struct x509_issue){ .crl_url = "http://" }, NULL);
	struct span url;
	(void)state;
	assert_false(certificate_crl_url(gw.certificate, 0, &url));
	assert_false(certificate_ocsp_url(gw.certificate, 0, &url));
	assert_false(certificate_crl_url(bare.certificate, 0, &url));
	pki_free(&gw);
	pki_free(&bare);
}

static void a_crl_of_another_issuer_or_for_some_reasons_is_no_place_to_ask(void **state)
{
	/* two points: [0] fullName http://a/ with [1] reasons; the same with [2] cRLIssuer */
	static const uint8_t points[] = { 0x30, 38,   0x30, 17,	  0xa0, 11,   0xa0, 9,	  0x86, 7,
					  'h',	't',  't',  'p',  ':',	'/',  '/',  0x81, 2,	1,
					  2,	0x30, 17,   0xa0, 11,	0xa0, 9,    0x86, 7,	'h',
					  't',	't',  'p',  ':',  '/',	'/',  0xa2, 2,	  0x30, 0 };
	uint8_t bytes[64];
	struct span url, extension;
	struct party gw;
	(void)state;
	memcpy(bytes, points, sizeof(points));
	extension = pki_extension("2.5.29.31", false, span_make(bytes, sizeof(points)));
	gw = pki_make((struct x509_issue){ .extensions = &extension, .extension_count = 1 }, NULL);
	assert_false(certificate_crl_url(gw.certificate, 0, &url));
	pki_free(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alternatives_come_one_by_one),
		cmocka_unit_test(an_identity_is_found_among_the_alternatives),
		cmocka_unit_test(a_name_is_not_found_in_the_wrong_place),
		cmocka_unit_test(a_distinguished_name_is_the_subject_or_nothing),
		cmocka_unit_test(fromcert_is_the_subject_and_else_the_first_alternative),
		cmocka_unit_test(urls_are_found_when_they_are_http),
		cmocka_unit_test(urls_of_other_schemes_are_left_out),
		cmocka_unit_test(a_crl_of_another_issuer_or_for_some_reasons_is_no_place_to_ask),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
