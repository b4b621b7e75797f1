/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include "x509/crl.h"
#include "x509_test.h"

static struct arena made;

static int open_all(void **state)
{
	arena_init(&made, 64u << 20);
	return pki_open(state);
}

static int close_all(void **state)
{
	arena_free(&made);
	return pki_close(state);
}

static struct span issue(struct x509_issue_crl crl, const struct party *issuer)
{
	struct span der;
	struct diag diag = { "" };
	crl.issuer = issuer->certificate;
	crl.issuer_key = issuer->key;
	crl.scheme = ecdsa;
	if (crl.this_update == 0)
		crl.this_update = NOW - DAY;
	if (x509_issue_crl(&crl, &made, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return der;
}

static struct crl *parse(struct span der)
{
	struct crl *crl = NULL;
	struct diag diag = { "" };
	if (crl_parse(der, &crl, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return crl;
}

static void what_was_revoked_is_found(void **state)
{
	struct party root = pki_root("CN=root");
	struct party good = pki_leaf("CN=good", NULL, &root), bad = pki_leaf("CN=bad", NULL, &root);
	struct x509_revoked revoked = { certificate_serial(bad.certificate), NOW - 5, 1 };
	struct crl *crl = parse(issue(
		(struct x509_issue_crl){
			.revoked = &revoked, .count = 1, .next_update = NOW + DAY, .number = 7 },
		&root));
	struct revoked found;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(crl->this_update, NOW - DAY);
	assert_int_equal(crl->next_update, NOW + DAY);
	assert_int_equal(crl_check_issuer(crl, root.certificate, 0, &diag), RC_OK);
	assert_true(crl_covers(crl, bad.certificate));
	assert_false(crl_find(crl, certificate_serial(good.certificate), &found));
	assert_true(crl_find(crl, certificate_serial(bad.certificate), &found));
	assert_int_equal(found.when, NOW - 5);
	assert_string_equal(revocation_reason(found.reason), "key compromise");
	crl_unref(crl);
	pki_free(&good);
	pki_free(&bad);
	pki_free(&root);
}

static void only_its_issuers_crl_counts(void **state)
{
	struct party root = pki_root("CN=root"), namesake = pki_root("CN=root");
	struct party other = pki_root("CN=other"), gw = pki_leaf("CN=gw", NULL, &other);
	struct party mute = pki_make(
		(struct x509_issue){
			.subject = "CN=mute", .ca = true, .path_length = -1, .key_usage = 0x0400 },
		NULL);
	struct crl *crl = parse(issue((struct x509_issue_crl){ .number = 1 }, &root));
	struct crl *muted = parse(issue((struct x509_issue_crl){ .number = 1 }, &mute));
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(crl_check_issuer(crl, namesake.certificate, 0, &diag), RC_AUTH_FAILED);
	assert_says(diag, "not made by the key");
	assert_int_equal(crl_check_issuer(crl, other.certificate, 0, &diag), RC_AUTH_FAILED);
	assert_says(diag, "of the issuer \"CN=root\"");
	assert_int_equal(crl_check_issuer(muted, mute.certificate, 0, &diag), RC_AUTH_FAILED);
	assert_says(diag, "no cRLSign");
	assert_false(crl_covers(crl, gw.certificate));
	crl_unref(crl);
	crl_unref(muted);
	pki_free(&mute);
	pki_free(&gw);
	pki_free(&other);
	pki_free(&namesake);
	pki_free(&root);
}

static void many_serial_numbers_in_any_order_are_all_found(void **state)
{
	enum { MANY = 20000 };
	struct party root = pki_root("CN=root");
	struct x509_revoked *revoked = calloc(MANY, sizeof(*revoked));
	uint8_t(*serials)[3] = calloc(MANY, 3);
	struct revoked found;
	struct crl *crl;
	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t mixed = (i * 7919) % MANY; /* each once, out of order */
		serials[i][0] = 0x40;
		serials[i][1] = (uint8_t)(mixed >> 8);
		serials[i][2] = (uint8_t)mixed;
		revoked[i] = (struct x509_revoked){ span_make(serials[i], 3), NOW - i, -1 };
	}
	crl = parse(issue((struct x509_issue_crl){ .revoked = revoked, .count = MANY, .number = 1 },
			  &root));
	assert_int_equal(crl->count, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(crl_find(crl, span_make(serials[i], 3), &found));
		assert_int_equal(found.when, NOW - i);
	}
	assert_false(crl_find(crl, span_make("\x3f\x01\x01", 3), &found));
	assert_false(crl_find(crl, span_make("\x41\x01\x01", 3), &found));
	assert_false(crl_find(crl, SPAN_NONE, &found));
	crl_unref(crl);
	free(revoked);
	free(serials);
	pki_free(&root);
}

static enum rc with_extension(struct span extension, struct crl **out, struct diag *diag)
{
	struct party root = pki_root("CN=root");
	enum rc rc = crl_parse(issue((struct x509_issue_crl){ .extensions = &extension,
							      .extension_count = 1,
							      .number = 1 },
				     &root),
			       out, diag);
	pki_free(&root);
	return rc;
}

static void kinds_that_are_not_used_are_refused_by_name(void **state)
{
	static const uint8_t number[] = { 2, 1, 1 }, indirect[] = { 0x30, 3, 0x84, 1, 0xff };
	static const uint8_t reasons[] = { 0x30, 4, 0x83, 2, 1, 2 };
	static const uint8_t attributes[] = { 0x30, 3, 0x85, 1, 0xff };
	struct crl *crl = NULL;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(
		with_extension(pki_extension("2.5.29.27", true, SPAN_OF(number)), &crl, &diag),
		RC_UNSUPPORTED);
	assert_says(diag, "delta CRL");
	assert_int_equal(
		with_extension(pki_extension("2.5.29.28", true, SPAN_OF(indirect)), &crl, &diag),
		RC_UNSUPPORTED);
	assert_says(diag, "indirect CRL");
	assert_int_equal(
		with_extension(pki_extension("2.5.29.28", true, SPAN_OF(reasons)), &crl, &diag),
		RC_UNSUPPORTED);
	assert_says(diag, "some reasons only");
	assert_int_equal(
		with_extension(pki_extension("2.5.29.28", true, SPAN_OF(attributes)), &crl, &diag),
		RC_UNSUPPORTED);
	assert_int_equal(
		with_extension(pki_extension("1.2.3.4", true, SPAN_OF(number)), &crl, &diag),
		RC_UNSUPPORTED);
	assert_says(diag, "critical extension 1.2.3.4");
	assert_null(crl);
	assert_int_equal(
		with_extension(pki_extension("1.2.3.4", false, SPAN_OF(number)), &crl, &diag),
		RC_OK);
	crl_unref(crl);
}

static void a_crl_for_users_or_cas_covers_those_only(void **state)
{
	static const uint8_t users[] = { 0x30, 3, 0x81, 1, 0xff },
			     cas[] = { 0x30, 3, 0x82, 1, 0xff };
	struct party root = pki_root("CN=root"), middle = pki_ca("CN=middle", &root);
	struct party gw = pki_leaf("CN=gw", NULL, &root);
	struct crl *for_users = NULL, *for_cas = NULL;
	(void)state;
	assert_int_equal(
		with_extension(pki_extension("2.5.29.28", true, SPAN_OF(users)), &for_users, NULL),
		RC_OK);
	assert_int_equal(
		with_extension(pki_extension("2.5.29.28", true, SPAN_OF(cas)), &for_cas, NULL),
		RC_OK);
	assert_true(crl_covers(for_users, gw.certificate));
	assert_false(crl_covers(for_users, middle.certificate));
	assert_false(crl_covers(for_cas, gw.certificate));
	assert_true(crl_covers(for_cas, middle.certificate));
	crl_unref(for_users);
	crl_unref(for_cas);
	pki_free(&gw);
	pki_free(&middle);
	pki_free(&root);
}

static void a_crl_of_one_point_covers_certificates_that_name_it(void **state)
{
	static const uint8_t point[] = { 0x30, 17,  0xa0, 15,  0xa0, 13,  0x86, 11,  'h', 't',
					 't',  'p', ':',  '/', '/',  'a', '/',	'1', '2' };
	struct party root = pki_root("CN=root");
	struct party here = pki_make((struct x509_issue){ .crl_url = "http://a/12" }, &root);
	struct party there = pki_make((struct x509_issue){ .crl_url = "http://a/13" }, &root);
	struct party nowhere = pki_leaf("CN=gw", NULL, &root);
	struct crl *crl = NULL;
	(void)state;
	assert_int_equal(
		with_extension(pki_extension("2.5.29.28", true, SPAN_OF(point)), &crl, NULL),
		RC_OK);
	assert_true(crl_covers(crl, here.certificate));
	assert_false(crl_covers(crl, there.certificate));
	assert_false(crl_covers(crl, nowhere.certificate));
	crl_unref(crl);
	pki_free(&here);
	pki_free(&there);
	pki_free(&nowhere);
	pki_free(&root);
}

static void a_crl_cut_or_altered_anywhere_proves_nothing(void **state)
{
	struct party root = pki_root("CN=root");
	static const uint8_t serial[] = { 1, 2, 3 };
	struct x509_revoked revoked = { SPAN_OF(serial), NOW, 4 };
	struct span der = issue(
		(struct x509_issue_crl){ .revoked = &revoked, .count = 1, .number = 1 }, &root);
	struct crl *crl = NULL;
	(void)state;
	for (size_t i = 0; i < der.len; i++) {
		uint8_t *bytes = malloc(der.len);
		memcpy(bytes, der.ptr, der.len);
		assert_int_equal(crl_parse(span_make(bytes, i), &crl, NULL), RC_SYNTAX);
		bytes[i] ^= (uint8_t)(1u << i % 8);
		if (crl_parse(span_make(bytes, der.len), &crl, NULL) == RC_OK) {
			assert_int_not_equal(crl_check_issuer(crl, root.certificate, 0, NULL),
					     RC_OK);
			crl_unref(crl);
		}
		free(bytes);
	}
	pki_free(&root);
}

static void lack_of_memory_is_told(void **state)
{
	struct party root = pki_root("CN=root");
	struct span der = issue((struct x509_issue_crl){ .number = 1 }, &root);
	struct crl *crl = NULL;
	(void)state;
	mem_fail_nth(1);
	assert_int_equal(crl_parse(der, &crl, NULL), RC_NO_MEMORY);
	mem_fail_nth(0);
	pki_free(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_revoked_is_found),
		cmocka_unit_test(only_its_issuers_crl_counts),
		cmocka_unit_test(many_serial_numbers_in_any_order_are_all_found),
		cmocka_unit_test(kinds_that_are_not_used_are_refused_by_name),
		cmocka_unit_test(a_crl_for_users_or_cas_covers_those_only),
		cmocka_unit_test(a_crl_of_one_point_covers_certificates_that_name_it),
		cmocka_unit_test(a_crl_cut_or_altered_anywhere_proves_nothing),
		cmocka_unit_test(lack_of_memory_is_told),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
