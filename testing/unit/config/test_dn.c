/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/dn.h"

static struct diag diag;
static uint8_t der[DN_DER_MAX];
static size_t len;

static const char *hex(void)
{
	static char text[2 * DN_DER_MAX + 1];
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", der[i]);
	return text;
}

static enum rc parse(const char *text)
{
	diag.text[0] = '\0';
	return dn_parse(text, der, &len, &diag);
}

static void a_name_becomes_der_with_printable_strings(void **state)
{
	(void)state;
	assert_int_equal(parse("C=CH, O=Example, CN=gw.example.org"), RC_OK);

	assert_string_equal(hex(),
			    "3038310b30090603550406130243483110300e060355040a13074578616d706c65"
			    "311730150603550403130e67772e6578616d706c652e6f7267");
}

static void string_types_follow_the_attribute_and_the_text(void **state)
{
	(void)state;
	assert_int_equal(parse("E=a@b.c"), RC_OK);
	assert_non_null(strstr(hex(), "2a864886f70d0109011605")); /* IA5String */
	assert_int_equal(parse("CN=Z\xc3\xbcrich"), RC_OK);
	assert_non_null(strstr(hex(), "0603550403"
				      "0c07"));	  /* UTF8String */
	assert_int_equal(parse("CN=a@b"), RC_OK); /* not in PrintableString's alphabet */
	assert_non_null(strstr(hex(), "0603550403"
				      "0c03"));
	assert_int_equal(parse("DC=org"), RC_OK);
	assert_non_null(strstr(hex(), "1603"
				      "6f7267"));
}

static void escapes_and_quotes_keep_separators(void **state)
{
	char text[100];
	static const struct {
		const char *in, *out;
	} names[] = {
		{ "O=Example\\, Inc, CN=x", "O=Example\\, Inc, CN=x" },
		{ "O=\"Example, Inc\", CN=x", "O=Example\\, Inc, CN=x" },
		{ "CN=a\\2cb", "CN=a\\,b" },
		{ "CN=a+b", "CN=a\\+b" },
		{ "CN=\\ a\\ ", "CN=\\ a\\ " },
		{ "CN=a  ,O=b", "CN=a, O=b" },
		{ "/C=CH/CN=a,b", "C=CH, CN=a\\,b" },
		{ "2.5.4.3=x", "CN=x" },
		{ "1.3.6.1.4.1.311=x", "1.3.6.1.4.1.311=x" },
		{ "CN = x", "CN=x" },
		{ "CN=a\\\\b", "CN=a\\\\b" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(parse(names[i].in), RC_OK);
		assert_int_equal(dn_text(span_make(der, len), text, sizeof(text)), RC_OK);
		assert_string_equal(text, names[i].out);
	}
}

static void joined_attributes_are_sorted_as_der_wants(void **state)
{
	char text[100], sorted[100];
	(void)state;
	assert_int_equal(parse("UID=u+CN=x, O=y"), RC_OK);
	assert_int_equal(dn_text(span_make(der, len), text, sizeof(text)), RC_OK);
	assert_int_equal(parse("CN=x+UID=u, O=y"), RC_OK);
	assert_int_equal(dn_text(span_make(der, len), sorted, sizeof(sorted)), RC_OK);
	assert_string_equal(text, sorted);
	assert_string_equal(sorted, "CN=x+UID=u, O=y");
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = { "XX=y",   "CN=",	  "CN=x,", "CN=x, Inc", "CN",
					   "CN=\"x", "CN=\"x\"y", "=x",	   "1.2.3.=x",	"9.9.9=x",
					   "1.99=x", "CN=x,,O=y", "",	   NULL };
	char longest[2000];
	(void)state;
	for (unsigned i = 0; bad[i] != NULL; i++) {
		assert_int_equal(parse(bad[i]), RC_SYNTAX);
		assert_int_not_equal(diag.text[0], 0);
	}
	assert_int_equal(parse("CN=x, Inc"), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "\"Inc\" is not an attribute=value"));
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "CN=", 3);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(parse(longest), RC_SYNTAX);
	for (size_t i = 0; i + 30 < sizeof(longest); i += 30)
		memcpy(longest + i, "O=aaaaaaaaaaaaaaaaaaaaaaaaaaa,", 30);
	longest[1980 - 1] = '\0';
	assert_int_equal(parse(longest), RC_LIMIT);
}

static void every_cut_of_a_name_is_seen_as_broken(void **state)
{
	uint8_t copy[DN_DER_MAX];
	(void)state;
	assert_int_equal(parse("C=CH, O=Example, CN=gw"), RC_OK);
	assert_true(dn_valid(span_make(der, len)));
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = mem_alloc(cut + 1);
		memcpy(exact, der, cut);
		assert_false(dn_valid(span_make(exact, cut)));
		mem_free(exact);
	}
	memcpy(copy, der, len);
	copy[len] = 0;
	assert_false(dn_valid(span_make(copy, len + 1)));
}

static void every_flipped_bit_of_a_name_is_harmless(void **state)
{
	uint8_t copy[DN_DER_MAX], folded[IDENTITY_KEY_MAX];
	char text[100];
	(void)state;
	assert_int_equal(parse("C=CH, O=Example+CN=gw"), RC_OK);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		struct span span = span_make(copy, len);
		struct sink sink;
		bool valid;
		memcpy(copy, der, len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		valid = dn_valid(span);
		assert_int_equal(dn_text(span, text, sizeof(text)) == RC_OK, valid);
		assert_int_equal(dn_match(span, span, NULL), valid);
		sink_init(&sink, folded, sizeof(folded));
		assert_int_equal(dn_fold(span, &sink) == RC_OK, valid);
	}
}

static bool match(const char *a, const char *b, unsigned *wildcards)
{
	uint8_t first[DN_DER_MAX];
	size_t first_len;
	assert_int_equal(parse(a), RC_OK);
	memcpy(first, der, len);
	first_len = len;
	assert_int_equal(parse(b), RC_OK);
	return dn_match(span_make(first, first_len), span_make(der, len), wildcards);
}

static void string_type_case_and_blanks_do_not_matter(void **state)
{
	(void)state;
	assert_true(match("CN=Some  Gate", "CN=some gate", NULL));
	assert_true(match("CN=\" a \"", "CN=a", NULL));
	assert_true(match("E=A@b", "E=a@B", NULL));
	assert_false(match("CN=some gate", "CN=somegate", NULL));
	assert_false(match("CN=a", "CN=ab", NULL));
	assert_false(match("CN=ab", "CN=a", NULL));
	assert_false(match("CN=a+O=b", "CN=a,O=b", NULL));
	assert_false(match("CN=a", "OU=a", NULL));
}

static void a_star_matches_only_when_wildcards_are_asked_for(void **state)
{
	unsigned wildcards = 9;
	(void)state;
	assert_true(match("C=CH, CN=*", "C=CH, CN=x", &wildcards));
	assert_int_equal(wildcards, 1);
	assert_false(match("C=CH, CN=*", "C=CH, CN=x", NULL));
	assert_false(match("C=CH, CN=x", "C=CH, CN=*", &wildcards));
	assert_false(match("C=CH, CN=x*", "C=CH, CN=xy", &wildcards));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_becomes_der_with_printable_strings),
		cmocka_unit_test(string_types_follow_the_attribute_and_the_text),
		cmocka_unit_test(escapes_and_quotes_keep_separators),
		cmocka_unit_test(joined_attributes_are_sorted_as_der_wants),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(every_cut_of_a_name_is_seen_as_broken),
		cmocka_unit_test(every_flipped_bit_of_a_name_is_harmless),
		cmocka_unit_test(string_type_case_and_blanks_do_not_matter),
		cmocka_unit_test(a_star_matches_only_when_wildcards_are_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
