/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/path.h"
#include "x509_test.h"

/* NameConstraints with one subtree: side 0 permitted, 1 excluded. */
static struct span constraint(unsigned side, uint8_t tag, struct span base)
{
	uint8_t buffer[256];
	struct sink sink;
	size_t all, list, one;
	sink_init(&sink, buffer, sizeof(buffer));
	all = der_begin(&sink, ASN1_SEQUENCE);
	list = der_begin(&sink, (uint8_t)ASN1_CONTEXT_WITH(side));
	one = der_begin(&sink, ASN1_SEQUENCE);
	der_put(&sink, tag, base);
	der_end(&sink, one);
	der_end(&sink, list);
	der_end(&sink, all);
	assert_int_equal(sink_rc(&sink), RC_OK);
	return pki_extension("2.5.29.30", true, sink_written(&sink));
}

static enum rc check(struct span extension, const struct x509_issue *leaf, struct diag *diag)
{
	struct party ca = pki_make((struct x509_issue){ .subject = "CN=ca",
							.ca = true,
							.path_length = -1,
							.extensions = &extension,
							.extension_count = 1 },
				   NULL);
	struct party gw = pki_make(*leaf, &ca);
	const struct certificate *path[] = { gw.certificate, ca.certificate };
	enum rc rc = path_check_constraints(path, 2, diag);
	pki_free(&gw);
	pki_free(&ca);
	return rc;
}

/* May a leaf with this alternative name live below a CA with that constraint? */
static bool allowed(unsigned side, uint8_t tag, const char *base, const char *name)
{
	struct identity id = pki_identity(name);
	struct x509_issue leaf = { .subject = "", .names = &id, .name_count = 1 };
	struct diag diag = { "" };
	enum rc rc = check(constraint(side, tag, span_make(base, strlen(base))), &leaf, &diag);
	identity_free(&id);
	if (rc != RC_OK)
		assert_says(diag, "name constraints");
	return rc == RC_OK;
}

static void host_names_are_compared_by_label(void **state)
{
	(void)state;
	assert_true(allowed(0, NAME_DNS, "example.org", "gw.example.org"));
	assert_true(allowed(0, NAME_DNS, "example.org", "a.b.EXAMPLE.org"));
	assert_true(allowed(0, NAME_DNS, "example.org", "example.org"));
	assert_false(allowed(0, NAME_DNS, "example.org", "badexample.org"));
	assert_false(allowed(0, NAME_DNS, "example.org", "example.org.evil.net"));
	assert_false(allowed(0, NAME_DNS, ".example.org", "example.org"));
	assert_true(allowed(0, NAME_DNS, ".example.org", "gw.example.org"));
	assert_false(allowed(1, NAME_DNS, "example.org", "gw.example.org"));
	assert_true(allowed(1, NAME_DNS, "example.org", "gw.example.net"));
	assert_true(allowed(0, NAME_DNS, "", "gw.example.net"));
	assert_false(allowed(1, NAME_DNS, "", "gw.example.net"));
}

static void mail_addresses_are_compared_by_box_host_or_domain(void **state)
{
	(void)state;
	assert_true(allowed(0, NAME_MAIL, "root@example.org", "root@EXAMPLE.org"));
	assert_false(allowed(0, NAME_MAIL, "root@example.org", "Root@example.org"));
	assert_true(allowed(0, NAME_MAIL, "example.org", "any@example.org"));
	assert_false(allowed(0, NAME_MAIL, "example.org", "any@mx.example.org"));
	assert_true(allowed(0, NAME_MAIL, ".example.org", "any@mx.example.org"));
	assert_false(allowed(0, NAME_MAIL, ".example.org", "any@example.org"));
	assert_false(allowed(1, NAME_MAIL, "example.org", "any@example.org"));
}

static bool address_allowed(unsigned side, struct span base, const char *name)
{
	struct identity id = pki_identity(name);
	struct x509_issue leaf = { .subject = "", .names = &id, .name_count = 1 };
	enum rc rc = check(constraint(side, NAME_IP, base), &leaf, NULL);
	identity_free(&id);
	return rc == RC_OK;
}

static void addresses_are_compared_under_their_mask(void **state)
{
	static const uint8_t ten[] = { 10, 1, 0, 0, 255, 255, 0, 0 };
	static const uint8_t six[32] = { 0x20, 1, 0xd, 0xb8, [16] = 255, 255, 255, 255 };
	(void)state;
	assert_true(address_allowed(0, SPAN_OF(ten), "10.1.2.3"));
	assert_false(address_allowed(0, SPAN_OF(ten), "10.2.2.3"));
	assert_false(address_allowed(0, SPAN_OF(ten), "2001:db8::1")); /* an address too */
	assert_true(address_allowed(0, SPAN_OF(six), "2001:db8::1"));
	assert_false(address_allowed(1, SPAN_OF(six), "2001:db8::1"));
	assert_true(address_allowed(1, SPAN_OF(ten), "2001:db8::1"));
}

static bool subject_allowed(unsigned side, const char *base, const char *subject)
{
	struct identity id = pki_identity(base);
	struct x509_issue leaf = { .subject = subject };
	enum rc rc =
		check(constraint(side, NAME_DIRECTORY, span_make(id.data, id.len)), &leaf, NULL);
	identity_free(&id);
	return rc == RC_OK;
}

static void subjects_are_compared_rdn_by_rdn(void **state)
{
	(void)state;
	assert_true(subject_allowed(0, "C=CH, O=Example", "C=CH, O=example, CN=gw"));
	assert_true(subject_allowed(0, "C=CH, O=Example", "C=CH, O=Example"));
	assert_false(subject_allowed(0, "C=CH, O=Example", "C=CH, O=Other, CN=gw"));
	assert_false(subject_allowed(0, "C=CH, O=Example", "C=CH"));
	assert_false(subject_allowed(0, "C=CH", "O=Example, C=CH"));
	assert_false(subject_allowed(0, "C=CH, O=Example", "C=CH, O=Example+OU=x, CN=gw"));
	assert_false(subject_allowed(1, "C=CH, O=Example", "C=CH, O=Example, CN=gw"));
	assert_true(subject_allowed(1, "C=CH, O=Example", "C=CH, O=Other"));
}

static void a_mail_address_in_the_subject_counts_when_there_is_no_other(void **state)
{
	struct identity other = pki_identity("any@example.org");
	struct x509_issue leaf = { .subject = "CN=gw, E=any@evil.net" };
	struct span extension = constraint(0, NAME_MAIL, span_make("example.org", 11));
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(check(extension, &leaf, &diag), RC_AUTH_FAILED);
	assert_says(diag, "any@evil.net");
	leaf.names = &other;
	leaf.name_count = 1;
	assert_int_equal(check(extension, &leaf, &diag), RC_OK);
	identity_free(&other);
}

static void a_constraint_of_another_kind_does_not_matter(void **state)
{
	(void)state;
	assert_true(allowed(0, NAME_MAIL, "example.org", "gw.example.net"));
	assert_true(allowed(1, NAME_DNS, "example.org", "any@example.org"));
}

static void a_constraint_that_is_not_understood_refuses_names_of_its_kind(void **state)
{
	static const uint8_t uri[] = { 0x30, 12,  0x86, 10,  'h', 't', 't',
				       'p',  ':', '/',	'/', 'a', '.', 'b' };
	struct span name = pki_extension("2.5.29.17", false, SPAN_OF(uri));
	struct x509_issue leaf = { .extensions = &name, .extension_count = 1 };
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(check(constraint(1, NAME_URI, span_make("c.d", 3)), &leaf, &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "not understood");
	leaf.extension_count = 0;
	assert_int_equal(check(constraint(1, NAME_URI, span_make("c.d", 3)), &leaf, &diag), RC_OK);
}

static void a_refusal_names_the_name_and_the_ca(void **state)
{
	struct identity id = pki_identity("gw.evil.net");
	struct x509_issue leaf = { .names = &id, .name_count = 1 };
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(check(constraint(0, NAME_DNS, span_make("example.org", 11)), &leaf, &diag),
			 RC_AUTH_FAILED);
	assert_string_equal(diag.text, "\"@gw.evil.net\" is not among the names that the CA "
				       "\"CN=ca\" may certify (name constraints)");
	identity_free(&id);
}

static enum rc lengths(int root_length, int ca_length, const char *middle, struct diag *diag)
{
	struct party root = pki_make(
		(struct x509_issue){ .subject = "CN=root", .ca = true, .path_length = root_length },
		NULL);
	struct party ca = pki_make(
		(struct x509_issue){ .subject = middle, .ca = true, .path_length = ca_length },
		&root);
	struct party gw = pki_leaf("CN=gw", NULL, &ca);
	const struct certificate *path[] = { gw.certificate, ca.certificate, root.certificate };
	enum rc rc = path_check_constraints(path, 3, diag);
	pki_free(&gw);
	pki_free(&ca);
	pki_free(&root);
	return rc;
}

static void a_path_length_counts_the_cas_below(void **state)
{
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(lengths(1, 0, "CN=ca", &diag), RC_OK);
	assert_int_equal(lengths(0, 0, "CN=ca", &diag), RC_AUTH_FAILED);
	assert_says(diag, "allows 0 CAs below it (path length), but there are 1");
	/* a CA that renews itself does not count */
	assert_int_equal(lengths(0, 0, "CN=root", &diag), RC_OK);
}

static void endless_comparing_is_given_up(void **state)
{
	/* 500 names, 500 constraints, at each of two CAs: half a million comparisons */
	static uint8_t names[8192], trees[8192];
	struct sink name_sink, tree_sink;
	struct span extension, name;
	struct diag diag = { "" };
	size_t all, list, at;
	(void)state;
	sink_init(&name_sink, names, sizeof(names));
	sink_init(&tree_sink, trees, sizeof(trees));
	at = der_begin(&name_sink, ASN1_SEQUENCE);
	all = der_begin(&tree_sink, ASN1_SEQUENCE);
	list = der_begin(&tree_sink, ASN1_CONTEXT_WITH(1));
	for (int i = 0; i < 500; i++) {
		size_t one = der_begin(&tree_sink, ASN1_SEQUENCE);
		der_put(&tree_sink, NAME_DNS, span_make("evil.net", 8));
		der_end(&tree_sink, one);
		der_put(&name_sink, NAME_DNS, span_make("gw.org", 6));
	}
	der_end(&name_sink, at);
	der_end(&tree_sink, list);
	der_end(&tree_sink, all);
	name = pki_extension("2.5.29.17", false, sink_written(&name_sink));
	extension = pki_extension("2.5.29.30", true, sink_written(&tree_sink));
	assert_int_equal(check(extension,
			       &(struct x509_issue){ .extensions = &name, .extension_count = 1 },
			       &diag),
			 RC_AUTH_FAILED);
	assert_says(diag, "too many to be compared");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_names_are_compared_by_label),
		cmocka_unit_test(mail_addresses_are_compared_by_box_host_or_domain),
		cmocka_unit_test(addresses_are_compared_under_their_mask),
		cmocka_unit_test(subjects_are_compared_rdn_by_rdn),
		cmocka_unit_test(a_mail_address_in_the_subject_counts_when_there_is_no_other),
		cmocka_unit_test(a_constraint_of_another_kind_does_not_matter),
		cmocka_unit_test(a_constraint_that_is_not_understood_refuses_names_of_its_kind),
		cmocka_unit_test(a_refusal_names_the_name_and_the_ca),
		cmocka_unit_test(a_path_length_counts_the_cas_below),
		cmocka_unit_test(endless_comparing_is_given_up),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
