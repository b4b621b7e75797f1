/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/private.h"
#include "x509_test.h"

/* extensions_parse() of a list of these. */
static enum rc parse(const struct span *list, unsigned count, struct extensions *out,
		     struct diag *diag)
{
	uint8_t buffer[1024];
	struct sink sink;
	size_t at;
	sink_init(&sink, buffer, sizeof(buffer));
	at = der_begin(&sink, ASN1_SEQUENCE);
	for (unsigned i = 0; i < count; i++)
		sink_span(&sink, list[i]);
	der_end(&sink, at);
	return extensions_parse(sink_written(&sink), out, diag);
}

static enum rc parse_one(const char *oid, bool critical, struct span value, struct extensions *out,
			 struct diag *diag)
{
	struct span extension = pki_extension(oid, critical, value);
	return parse(&extension, 1, out, diag);
}

static void an_extension_twice_is_refused(void **state)
{
	static const uint8_t basic[] = { 0x30, 0 };
	struct span extension = pki_extension("2.5.29.19", true, SPAN_OF(basic));
	struct span twice[] = { extension, extension };
	struct extensions extensions;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(parse(twice, 1, &extensions, &diag), RC_OK);
	assert_int_equal(parse(twice, 2, &extensions, &diag), RC_SYNTAX);
	assert_says(diag, "basicConstraints stands there twice");
}

static void an_empty_list_is_refused(void **state)
{
	struct extensions extensions;
	(void)state;
	assert_int_equal(parse(NULL, 0, &extensions, NULL), RC_SYNTAX);
}

static void what_is_critical_and_unknown_is_remembered(void **state)
{
	static const uint8_t value[] = { 5, 0 };
	struct extensions extensions;
	char text[DER_OID_TEXT_MAX];
	(void)state;
	assert_int_equal(parse_one("1.2.3.4", true, SPAN_OF(value), &extensions, NULL), RC_OK);
	assert_string_equal(der_oid_text(extensions.critical, text), "1.2.3.4");
	assert_int_equal(parse_one("1.2.3.4", false, SPAN_OF(value), &extensions, NULL), RC_OK);
	assert_int_equal(extensions.critical.len, 0);
	/* policy constraints could ask for a policy */
	assert_int_equal(parse_one("2.5.29.36", true, SPAN_OF(value), &extensions, NULL), RC_OK);
	assert_int_not_equal(extensions.critical.len, 0);
	assert_int_equal(parse_one("2.5.29.32", true, SPAN_OF(value), &extensions, NULL), RC_OK);
	assert_int_equal(extensions.critical.len, 0);
}

static void basic_constraints_tell_a_ca_and_its_path_length(void **state)
{
	static const uint8_t ca[] = { 0x30, 6, 1, 1, 0xff, 2, 1, 3 }, no_ca[] = { 0x30, 0 };
	static const uint8_t broken[] = { 0x30, 3, 1, 1, 1 }, more[] = { 0x30, 2, 5, 0 };
	struct extensions extensions;
	(void)state;
	assert_int_equal(parse_one("2.5.29.19", true, SPAN_OF(ca), &extensions, NULL), RC_OK);
	assert_true(extensions.basic && extensions.ca);
	assert_int_equal(extensions.path_length, 3);
	assert_int_equal(parse_one("2.5.29.19", true, SPAN_OF(no_ca), &extensions, NULL), RC_OK);
	assert_true(extensions.basic && !extensions.ca);
	assert_int_equal(extensions.path_length, -1);
	assert_int_equal(parse_one("2.5.29.19", true, SPAN_OF(broken), &extensions, NULL),
			 RC_SYNTAX);
	assert_int_equal(parse_one("2.5.29.19", true, SPAN_OF(more), &extensions, NULL), RC_SYNTAX);
}

static void a_host_name_with_a_nul_is_refused(void **state)
{
	static const uint8_t names[] = { 0x30, 6, 0x82, 4, 'a', 0, 'b', 'c' };
	static const uint8_t blank[] = { 0x30, 5, 0x82, 3, 'a', ' ', 'b' },
			     none[] = { 0x30, 2, 0x82, 0 };
	struct extensions extensions;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(parse_one("2.5.29.17", false, SPAN_OF(names), &extensions, &diag),
			 RC_SYNTAX);
	assert_says(diag, "subjectAltName is broken: a name");
	assert_int_equal(parse_one("2.5.29.17", false, SPAN_OF(blank), &extensions, NULL),
			 RC_SYNTAX);
	assert_int_equal(parse_one("2.5.29.17", false, SPAN_OF(none), &extensions, NULL),
			 RC_SYNTAX);
}

static void an_address_of_a_strange_length_is_refused(void **state)
{
	static const uint8_t names[] = { 0x30, 7, 0x87, 5, 1, 2, 3, 4, 5 };
	struct extensions extensions;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(parse_one("2.5.29.17", false, SPAN_OF(names), &extensions, &diag),
			 RC_SYNTAX);
	assert_says(diag, "5 bytes");
}

static void constraints_with_a_minimum_are_refused(void **state)
{
	static const uint8_t good[] = { 0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, 'a' };
	static const uint8_t minimum[] = { 0x30, 10, 0xa0, 8, 0x30, 6, 0x82, 1, 'a', 0x80, 1, 1 };
	static const uint8_t mask[] = { 0x30, 10, 0xa1, 8, 0x30, 6, 0x87, 4, 10, 0, 0, 0 };
	static const uint8_t none[] = { 0x30, 0 }, empty[] = { 0x30, 2, 0xa0, 0 };
	struct extensions extensions;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(parse_one("2.5.29.30", true, SPAN_OF(good), &extensions, &diag), RC_OK);
	assert_int_equal(extensions.permitted.len, 5);
	assert_int_equal(parse_one("2.5.29.30", true, SPAN_OF(minimum), &extensions, &diag),
			 RC_SYNTAX);
	assert_says(diag, "minimum");
	assert_int_equal(parse_one("2.5.29.30", true, SPAN_OF(mask), &extensions, &diag),
			 RC_SYNTAX);
	assert_int_equal(parse_one("2.5.29.30", true, SPAN_OF(none), &extensions, &diag),
			 RC_SYNTAX);
	assert_int_equal(parse_one("2.5.29.30", true, SPAN_OF(empty), &extensions, &diag),
			 RC_SYNTAX);
}

static uint8_t purposes_of(const char *const *usages)
{
	struct party gw = pki_make((struct x509_issue){ .usages = usages }, NULL);
	uint8_t purposes = gw.certificate->extensions.purposes;
	assert_true(gw.certificate->extensions.has_purposes);
	pki_free(&gw);
	return purposes;
}

static void extended_key_usages_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(purposes_of((const char *const[]){ "2.5.29.37.0", NULL }), PURPOSE_ANY);
	assert_int_equal(purposes_of((const char *const[]){ "1.3.6.1.5.5.7.3.17", NULL }),
			 PURPOSE_IPSEC);
	assert_int_equal(purposes_of((const char *const[]){ "1.3.6.1.5.5.8.2.2", NULL }),
			 PURPOSE_IPSEC);
	assert_int_equal(purposes_of((const char *const[]){ "1.3.6.1.5.5.7.3.1", NULL }),
			 PURPOSE_IPSEC);
	assert_int_equal(purposes_of((const char *const[]){ "1.3.6.1.5.5.7.3.3", NULL }),
			 PURPOSE_OTHER);
	assert_int_equal(purposes_of((const char *const[]){ "1.3.6.1.5.5.7.3.9",
							    "1.3.6.1.5.5.7.3.2", NULL }),
			 PURPOSE_IPSEC | PURPOSE_OCSP_SIGNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_extension_twice_is_refused),
		cmocka_unit_test(an_empty_list_is_refused),
		cmocka_unit_test(what_is_critical_and_unknown_is_remembered),
		cmocka_unit_test(basic_constraints_tell_a_ca_and_its_path_length),
		cmocka_unit_test(a_host_name_with_a_nul_is_refused),
		cmocka_unit_test(an_address_of_a_strange_length_is_refused),
		cmocka_unit_test(constraints_with_a_minimum_are_refused),
		cmocka_unit_test(extended_key_usages_are_told_apart),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
