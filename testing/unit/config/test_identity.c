/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

static struct diag diag;

static struct identity make(const char *text)
{
	struct identity id;
	diag.text[0] = '\0';
	if (identity_parse(text, &id, &diag) != RC_OK)
		fail_msg("%s: %s", text, diag.text);
	return id;
}

static void every_form_of_identity_is_read_and_written(void **state)
{
	static const struct {
		const char *in;
		unsigned type;
		const char *out;
	} forms[] = {
		{ "192.0.2.1", ID_IPV4_ADDR, "192.0.2.1" },
		{ "2001:db8::1", ID_IPV6_ADDR, "2001:db8::1" },
		{ "@gw.example.org", ID_FQDN, "@gw.example.org" },
		{ "gw.example.org", ID_FQDN, "@gw.example.org" },
		{ "@east", ID_FQDN, "@east" },
		{ "@user@example.org", ID_RFC822_ADDR, "user@example.org" },
		{ "@@user@example.org", ID_RFC822_ADDR, "user@example.org" },
		{ "user@example.org", ID_RFC822_ADDR, "user@example.org" },
		{ "@[group one]", ID_KEY_ID, "@#67726f7570206f6e65" },
		{ "@[group]", ID_KEY_ID, "@[group]" },
		{ "@#6b6579", ID_KEY_ID, "@[key]" },
		{ "@#00ff", ID_KEY_ID, "@#00ff" },
		{ "%any", ID_NONE, "%any" },
		{ "0.0.0.0", ID_NONE, "%any" },
		{ "%none", ID_NULL, "%none" },
		{ "C=CH, O=Example, CN=gw", ID_DER_ASN1_DN, "C=CH, O=Example, CN=gw" },
		{ "/C=CH/O=Example/CN=gw", ID_DER_ASN1_DN, "C=CH, O=Example, CN=gw" },
		{ "fqdn:192.0.2.1", ID_FQDN, "@192.0.2.1" },
		{ "keyid:#6b6579", ID_KEY_ID, "@[key]" },
		{ "keyid:abc", ID_KEY_ID, "@[abc]" },
		{ "email:a@b.c", ID_RFC822_ADDR, "a@b.c" },
		{ "ipv4:192.0.2.1", ID_IPV4_ADDR, "192.0.2.1" },
		{ "ipv6:::1", ID_IPV6_ADDR, "::1" },
		{ "@~300d310b3009060355040613024348", ID_DER_ASN1_DN, "C=CH" },
	};
	char text[IDENTITY_TEXT_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct identity id = make(forms[i].in);
		assert_int_equal(id.type, forms[i].type);
		assert_string_equal(identity_text(&id, text), forms[i].out);
		identity_free(&id);
		assert_null(id.data);
	}
}

static void what_is_no_identity_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *in, *message;
	} bad[] = {
		{ "10.0.0.300", "\"10.0.0.300\" is not an IP address (to use it as a name, write "
				"@10.0.0.300)" },
		{ "@", "the identity is empty" },
		{ "", "the identity is empty" },
		{ "a b",
		  "\"a b\" is not an identity: expected an address, @host.name, user@domain, a "
		  "distinguished name, @[key ID] or %any" },
		{ "@a b", "\"a b\": blanks are not allowed in a host name" },
		{ "@#6b6", "\"6b6\" is not an even number of hex digits (at most 2048)" },
		{ "@#xx", "\"xx\" holds something other than hex digits" },
		{ "@[x", "\"@[x\": a key ID is written @[text]" },
		{ "%fromcert",
		  "%fromcert is for leftid= and rightid= only: write the identity itself" },
		{ "%myid", "unknown identity \"%myid\" (known: %any, %none)" },
		{ "@~3000ff", "\"3000ff\" is not the DER form of a name" },
		{ "ipv4:::1", "\"::1\" is not an IPv4 address" },
	};
	struct identity id;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(identity_parse(bad[i].in, &id, &diag), RC_OK);
		assert_string_equal(diag.text, bad[i].message);
		assert_null(id.data);
	}
}

static unsigned match(const char *pattern, const char *text)
{
	struct identity p = make(pattern), id = make(text);
	unsigned score = identity_match(&p, &id);
	identity_free(&p);
	identity_free(&id);
	return score;
}

static bool equal(const char *a, const char *b)
{
	struct identity x = make(a), y = make(b);
	uint8_t kx[IDENTITY_KEY_MAX], ky[IDENTITY_KEY_MAX];
	bool same = identity_equal(&x, &y);
	size_t lx = identity_key(&x, kx), ly = identity_key(&y, ky);
	if (same)
		assert_true(span_equal(span_make(kx, lx), span_make(ky, ly)));
	identity_free(&x);
	identity_free(&y);
	return same;
}

static void names_are_equal_whatever_their_case(void **state)
{
	(void)state;
	assert_true(equal("@GW.example.org", "gw.EXAMPLE.org"));
	assert_true(equal("user@Example.org", "user@example.ORG"));
	assert_false(equal("User@example.org", "user@example.org"));
	assert_false(equal("@a.example.org", "@b.example.org"));
	assert_false(equal("@a", "@ab"));
	assert_true(equal("192.0.2.1", "192.0.2.1"));
	assert_false(equal("192.0.2.1", "@192.0.2.1"));
	assert_false(equal("@[key]", "@[KEY]"));
	assert_true(equal("C=CH, O=Some  Example, CN=GW", "c=ch,o=some example,cn=gw"));
	assert_false(equal("C=CH, O=A", "O=A, C=CH"));
	assert_false(equal("C=CH, O=A", "C=CH"));
	assert_false(equal("CN=ab", "CN=a b"));
	assert_true(equal("%any", "%any"));
	assert_true(equal("%none", "%none"));
	assert_false(equal("%none", "%any"));
}

static void more_specific_patterns_score_higher(void **state)
{
	(void)state;
	assert_true(match("%any", "@a.example.org") == 1);
	assert_true(match("*.example.org", "@a.example.org") > match("*.org", "@a.example.org"));
	assert_true(match("*.org", "@a.example.org") > match("%any", "@a.example.org"));
	assert_true(match("@a.example.org", "@A.example.org") >
		    match("*.example.org", "@a.example.org"));
	assert_true(match("*@example.org", "u@example.org") > 1);
	assert_true(match("C=CH, CN=*", "C=CH, CN=x") > 1);
	assert_true(match("C=CH, CN=*", "C=CH, CN=x") > match("C=*, CN=*", "C=CH, CN=x"));
	assert_true(match("C=CH, CN=x", "C=CH, CN=x") > match("C=CH, CN=*", "C=CH, CN=x"));
}

static void wildcards_match_no_more_than_they_say(void **state)
{
	(void)state;
	assert_int_equal(match("*.example.org", "@example.org"), 0);
	assert_int_equal(match("*.example.org", "@badexample.org"), 0);
	assert_int_equal(match("*.example.org", "@.example.org"), 0);
	assert_int_equal(match("*@example.org", "u@x.example.org"), 0);
	assert_int_equal(match("*.example.org", "u@a.example.org"), 0);
	assert_int_equal(match("C=CH, CN=*", "C=DE, CN=x"), 0);
	assert_int_equal(match("C=CH, CN=*", "C=CH"), 0);
	assert_int_equal(match("@a", "@b"), 0);
	assert_int_equal(match("192.0.2.1", "192.0.2.2"), 0);
	assert_int_equal(match("%none", "%any"), 0);
	/* a peer that names itself like a wildcard gets no exact match from it */
	assert_true(match("*.example.org", "*.example.org") < 1000);
}

static void only_patterns_have_wildcards(void **state)
{
	static const struct {
		const char *text;
		bool wild;
	} ids[] = { { "%any", true },	 { "*.a.org", true },	 { "*@a.org", true },
		    { "C=*", true },	 { "@a.org", false },	 { "a*.org", false },
		    { "@[*.a]", false }, { "192.0.2.1", false }, { "CN=a*", false },
		    { "%none", false } };
	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct identity id = make(ids[i].text);
		assert_int_equal(identity_has_wildcard(&id), ids[i].wild);
		identity_free(&id);
	}
}

static void identities_go_to_the_wire_and_back(void **state)
{
	struct identity id = make("@gw.example.org"), back, copy;
	struct wire_id wire = identity_to_wire(&id);
	(void)state;
	assert_int_equal(wire.type, ID_FQDN);
	assert_true(span_equal_text(wire.data, "gw.example.org"));
	assert_int_equal(identity_from_wire(&wire, &back), RC_OK);
	assert_true(identity_equal(&id, &back));
	assert_int_equal(identity_copy(&id, &copy), RC_OK);
	assert_ptr_not_equal(copy.data, id.data);
	assert_true(identity_equal(&id, &copy));
	identity_free(&id);
	identity_free(&back);
	identity_free(&copy);
}

static void a_broken_name_from_the_wire_is_refused(void **state)
{
	static const uint8_t broken[] = { 0x30, 0x05, 0x31, 0x03, 0x30 };
	struct wire_id wire = { ID_DER_ASN1_DN, SPAN_OF(broken) };
	struct identity id;
	(void)state;
	assert_int_equal(identity_from_wire(&wire, &id), RC_SYNTAX);
	assert_null(id.data);
}

static void text_of_a_hostile_identity_is_printable_and_bounded(void **state)
{
	uint8_t bytes[1000];
	struct identity id = { .len = sizeof(bytes), .data = bytes };
	char text[IDENTITY_TEXT_MAX];
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		memset(bytes, (int)type, sizeof(bytes));
		id.type = (uint8_t)type;
		identity_text(&id, text);
		assert_true(strlen(text) < IDENTITY_TEXT_MAX);
		for (const char *p = text; *p != '\0'; p++)
			assert_true(*p >= ' ' && *p < 0x7f);
	}
}

static void no_identity_leaks_when_memory_is_out(void **state)
{
	struct identity id;
	(void)state;
	mem_fail_nth(1);
	assert_int_equal(identity_parse("@a", &id, &diag), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_int_equal(id.type, ID_NONE);
	assert_null(id.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_identity_is_read_and_written),
		cmocka_unit_test(what_is_no_identity_is_refused_with_a_reason),
		cmocka_unit_test(names_are_equal_whatever_their_case),
		cmocka_unit_test(more_specific_patterns_score_higher),
		cmocka_unit_test(wildcards_match_no_more_than_they_say),
		cmocka_unit_test(only_patterns_have_wildcards),
		cmocka_unit_test(identities_go_to_the_wire_and_back),
		cmocka_unit_test(a_broken_name_from_the_wire_is_refused),
		cmocka_unit_test(text_of_a_hostile_identity_is_printable_and_bounded),
		cmocka_unit_test(no_identity_leaks_when_memory_is_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
