/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>
#include "config_test.h"
#include "config/secrets_private.h"

static struct secrets *secrets;
static struct config_errors errors;

static void load_secrets(const char *text)
{
	config_errors_init(&errors);
	assert_int_equal(secrets_load_text("s", span_make(text, strlen(text)), &secrets, &errors),
			 RC_OK);
}

static void done(void)
{
	secrets_free(secrets);
	config_errors_free(&errors);
}

static struct diag diag;

/* The key for these, "-" for none. Addresses may be NULL. */
static const char *key(const char *local, const char *local_addr, const char *remote,
		       const char *remote_addr)
{
	static char text[100];
	struct identity ids[2];
	struct ip_addr addrs[2] = { { 0 }, { 0 } };
	struct span psk;
	enum rc rc;
	assert_int_equal(identity_parse(local, &ids[0], NULL), RC_OK);
	assert_int_equal(identity_parse(remote, &ids[1], NULL), RC_OK);
	if (local_addr != NULL)
		assert_int_equal(ip_parse(local_addr, &addrs[0]), RC_OK);
	if (remote_addr != NULL)
		assert_int_equal(ip_parse(remote_addr, &addrs[1]), RC_OK);
	rc = secrets_psk(secrets, &ids[0], &addrs[0], &ids[1], &addrs[1], &psk, &diag);
	identity_free(&ids[0]);
	identity_free(&ids[1]);
	if (rc != RC_OK) {
		assert_int_equal(rc, RC_NOT_FOUND);
		return "-";
	}
	snprintf(text, sizeof(text), "%.*s", (int)psk.len, (const char *)psk.ptr);
	return text;
}

/* Every kind of entry for "we are @a, the peer is @b.x.org", best first. */
static const char *const ladder[] = {
	"@a @b.x.org", "@a *.x.org",   "@a *.org", "@a %any",	"@a",	"@b.x.org %any",
	"@b.x.org",    "*.x.org %any", "*.x.org",  "%any %any", "%any", "",
};
#define STEPS (sizeof(ladder) / sizeof(ladder[0]))

static void the_entry_that_says_most_wins_in_any_order(void **state)
{
	char text[200], expected[20];
	(void)state;
	for (unsigned i = 0; i < STEPS; i++)
		for (unsigned k = 0; k < STEPS; k++) {
			unsigned best = i < k ? i : k;
			snprintf(text, sizeof(text), "%s%s: PSK \"key%u\"\n%s%s: PSK \"key%u\"\n",
				 ladder[i], ladder[i][0] != '\0' ? " " : "", i, ladder[k],
				 ladder[k][0] != '\0' ? " " : "", k);
			load_secrets(text);
			snprintf(expected, sizeof(expected), "key%u", best);
			assert_string_equal(key("@a", NULL, "@b.x.org", "192.0.2.2"), expected);
			done();
		}
}

static void an_entry_for_others_is_never_used(void **state)
{
	static const char *const others[] = {
		"@a @c",   "@c @b.x.org",	  "@c",	      "*.y.org", "@a *.y.org",
		"@c %any", "192.0.2.9 192.0.2.2", "@a @c @d", NULL
	};
	char text[100];
	(void)state;
	for (unsigned i = 0; others[i] != NULL; i++) {
		snprintf(text, sizeof(text), "%s : PSK \"x\"\n", others[i]);
		load_secrets(text);
		assert_string_equal(key("@a", "192.0.2.1", "@b.x.org", "192.0.2.2"), "-");
		done();
	}
}

static void a_list_is_for_any_two_of_its_members(void **state)
{
	(void)state;
	load_secrets("@a @b @c @d : PSK \"x\"\n");
	assert_string_equal(key("@a", NULL, "@d", NULL), "x");
	assert_string_equal(key("@d", NULL, "@b", NULL), "x");
	assert_string_equal(key("@a", NULL, "@e", NULL), "-");
	assert_string_equal(key("@e", NULL, "@a", NULL), "-");
	done();
}

static void the_address_stands_for_an_identity_that_is_not_given(void **state)
{
	(void)state;
	load_secrets("192.0.2.1 192.0.2.2 : PSK \"four\"\n2001:db8::1 2001:db8::2 : PSK \"six\"\n"
		     "@a 192.0.2.3 : PSK \"mixed\"\n");
	assert_string_equal(key("%any", "192.0.2.1", "%any", "192.0.2.2"), "four");
	assert_string_equal(key("192.0.2.1", "198.51.100.1", "192.0.2.2", NULL), "four");
	assert_string_equal(key("%any", "2001:db8::1", "%any", "2001:db8::2"), "six");
	assert_string_equal(key("@a", "192.0.2.1", "%any", "192.0.2.3"), "mixed");
	/* a given identity is what counts, not the address */
	assert_string_equal(key("@z", "192.0.2.1", "%any", "192.0.2.2"), "-");
	done();
}

static void any6_is_for_who_has_an_ipv6_address(void **state)
{
	(void)state;
	load_secrets("@a %any6 : PSK \"six\"\n@a 0.0.0.0 : PSK \"any\"\n");
	assert_string_equal(key("@a", NULL, "@b", "192.0.2.2"), "any");
	done();
	load_secrets("@a %any6 : PSK \"six\"\n");
	assert_string_equal(key("@a", NULL, "@b", "2001:db8::2"), "six");
	assert_string_equal(key("@a", NULL, "2001:db8::2", NULL), "six");
	assert_string_equal(key("@a", NULL, "@b", "192.0.2.2"), "-");
	assert_string_equal(key("@a", NULL, "@b", NULL), "-");
	done();
	load_secrets("%any %any6 : PSK \"all\"\n");
	assert_string_equal(key("@a", NULL, "@b", "2001:db8::2"), "all");
	done();
}

static void the_first_of_equals_wins(void **state)
{
	(void)state;
	load_secrets("@a : PSK \"first\"\n@a : PSK \"second\"\n");
	assert_string_equal(key("@a", NULL, "@b", NULL), "first");
	assert_int_equal(errors.warnings, 1);
	done();
}

static void names_match_whatever_their_case(void **state)
{
	(void)state;
	load_secrets("@GW.Example.org \"C=CH, O=Some  Org\" : PSK \"x\"\n");
	assert_string_equal(key("@gw.example.ORG", NULL, "c=ch, o=some org", NULL), "x");
	done();
}

static void the_message_names_both_identities(void **state)
{
	(void)state;
	load_secrets("@a @b : PSK \"x\"\n");
	assert_string_equal(key("@a", NULL, "%any", "192.0.2.7"), "-");
	assert_string_equal(diag.text, "no preshared key for us (@a) and the peer (192.0.2.7) "
				       "among 1 in ipsec.secrets: add "
				       "a line \"@a 192.0.2.7 : PSK ...\"");
	done();
}

static void lookup_does_not_grow_with_the_entries(void **state)
{
	const unsigned count = 20000;
	size_t size = count * 60U, used = 0;
	char *text = mem_alloc(size), name[40], expected[20];
	struct timespec start, end;
	(void)state;
	for (unsigned i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "@gw @p%u.example.org : PSK \"key%u\"\n", i, i);
	load_secrets(text);
	mem_free(text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "@p%u.example.org", i);
		snprintf(expected, sizeof(expected), "key%u", i);
		assert_string_equal(key("@gw", NULL, name, NULL), expected);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	/* a walk over all would take 20,000 times 400 microseconds */
	assert_true(end.tv_sec - start.tv_sec < 3);
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_entry_that_says_most_wins_in_any_order),
		cmocka_unit_test(an_entry_for_others_is_never_used),
		cmocka_unit_test(a_list_is_for_any_two_of_its_members),
		cmocka_unit_test(the_address_stands_for_an_identity_that_is_not_given),
		cmocka_unit_test(any6_is_for_who_has_an_ipv6_address),
		cmocka_unit_test(the_first_of_equals_wins),
		cmocka_unit_test(names_match_whatever_their_case),
		cmocka_unit_test(the_message_names_both_identities),
		cmocka_unit_test(lookup_does_not_grow_with_the_entries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
