/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever builds what acts on a setting deletes its row, and nothing here has to change. */
#include "config_test.h"
#include "config/keywords.h"

static const struct keyword *find(const char *name, enum keyword_section section)
{
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++)
		if (k->section == section && strcmp(k->info.name, name) == 0)
			return k;
	return NULL;
}

static void every_row_names_a_keyword_of_ours(void **state)
{
	enum keyword_section section;
	const char *name;
	(void)state;
	for (unsigned i = 0; (name = keyword_not_yet_name(i, &section)) != NULL; i++)
		assert_non_null(find(name, section));
}

/* Defaults are what is done. */
static void no_default_is_refused(void **state)
{
	enum keyword_section section;
	const char *name;
	(void)state;
	for (unsigned i = 0; (name = keyword_not_yet_name(i, &section)) != NULL; i++) {
		const struct keyword *k = find(name, section);
		struct finding finding = { 0 };
		if (k->info.defaults != NULL)
			assert_int_equal(keyword_not_yet(k, k->info.defaults, &finding), RC_OK);
	}
}

static bool has_row(const char *name, enum keyword_section in)
{
	enum keyword_section section;
	const char *row;
	for (unsigned i = 0; (row = keyword_not_yet_name(i, &section)) != NULL; i++)
		if (section == in && strcmp(row, name) == 0)
			return true;
	return false;
}

/* What is refused is refused at its place in the value, and loads without the table. */
static void what_nobody_acts_on_is_refused(void **state)
{
	static const struct {
		const char *name, *setting, *message;
		enum keyword_section section;
	} cases[] = {
		{ "cat", "leftcat=yes",
		  "10: leftcat=: \"yes\" is not supported: it translates addresses in the packet "
		  "filter, which is yours: leave it out and write the rule there (nft snat to the "
		  "address that the gateway gives, or masquerade) (accepted: no)",
		  SECTION_END },
		{ "dns-match-id", "dns-match-id=yes",
		  "15: dns-match-id=: \"yes\" is not supported: names in the reverse DNS are "
		  "given by whoever has the address; a certificate, a raw key or a secret proves "
		  "the identity (accepted: no)",
		  SECTION_CONN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (has_row(cases[i].name, cases[i].section))
			assert_setting_fails(cases[i].setting, cases[i].message);
	}
}

static void what_is_done_anyway_may_be_said(void **state)
{
	(void)state;
	assert_loads("config setup\n crl-strict=no\n crlcheckinterval=0\n ocsp-enable=off\n" CONN_A
		     " authby=secret\n type=tunnel\n compress=no\n phase2=esp\n"
		     " leftrsasigkey=%none\n nic-offload=auto\n decap-dscp=no\n iptfs=0\n"
		     " leftsourceip=10.0.0.1\n leftupdown=%disabled\n leftid=@gw\n",
		     "");
}

static void the_manual_says_so(void **state)
{
	enum keyword_section section;
	const char *name;
	(void)state;
	for (unsigned i = 0; (name = keyword_not_yet_name(i, &section)) != NULL; i++) {
		char text[NOT_YET_TEXT_MAX] = "";
		assert_ptr_equal(keyword_not_yet_text(find(name, section), text), text);
		assert_true(strlen(text) < NOT_YET_TEXT_MAX - 1);
		assert_non_null(strstr(text, "ot supported yet"));
	}
	assert_null(keyword_not_yet_text(find("ikelifetime", SECTION_CONN), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_names_a_keyword_of_ours),
		cmocka_unit_test(no_default_is_refused),
		cmocka_unit_test(what_nobody_acts_on_is_refused),
		cmocka_unit_test(what_is_done_anyway_may_be_said),
		cmocka_unit_test(the_manual_says_so),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
